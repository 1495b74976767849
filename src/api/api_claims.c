/* Claims, batches of claims, and grants. */
#include "api/convert.h"
#include "api/holder.h"
#include "api/issue.h"
#include "base/hash.h"
#include "domain/limit/level.h"

enum { CLAIM_COUPONS_MAX = 100 };

/* ---- outcomes ---- */

static wire_issued_coupon_list coupons_shown(api_call *c, const issue_out *out)
{
    wire_issued_coupon_list shown = {
        .items = ARENA_ARRAY(c->memory, wire_issued_coupon, out->coupons.n), .n = out->coupons.n};
    for (size_t i = 0; i < shown.n; i++) {
        const issued_coupon *from = &out->coupons.items[i];
        shown.items[i] = (wire_issued_coupon){.id = from->coupon,
                                              .template = from->template,
                                              .template_version = from->version,
                                              .issued_at = from->issued_at_ms,
                                              .valid_from = from->valid_from_ms,
                                              .expires_at = from->expires_at_ms};
        shown.items[i].has_partner_code =
            partner_code_shown(c, config_find_template(call_config(c), from->template),
                               from->sealed, &shown.items[i].partner_code);
    }
    return shown;
}

wire_claim claim_shown(api_call *c, const issue_out *out)
{
    wire_claim shown = {.coupons = coupons_shown(c, out), .has_refusals = out->refusals.n > 0};
    shown.refusals.n = out->refusals.n;
    shown.refusals.items = ARENA_ARRAY(c->memory, wire_refused_item, out->refusals.n);
    for (size_t i = 0; i < out->refusals.n; i++) {
        const issue_refusal *from = &out->refusals.items[i];
        shown.refusals.items[i] = (wire_refused_item){
            .item = from->item,
            .problem = call_item_problem(c, (result)from->result, from->detail)};
    }
    return shown;
}

/* ---- inputs ---- */

/* field: where the items stand, "" or "claims[3]." for the report. */
static void put_several(api_call *c, const wire_claim_several *b, str field, issue_ask *out)
{
    issue_in *in = &out->in;
    int64_t total = 0;
    issue_item *items = ARENA_ARRAY(c->memory, issue_item, b->items.n);
    for (size_t i = 0; i < b->items.n; i++) {
        total += b->items.items[i].count;
        items[i] = (issue_item){.template = b->items.items[i].template,
                                .count = (uint32_t)b->items.items[i].count};
    }
    if (total > CLAIM_COUPONS_MAX)
        issues_add(c->problems, arena_printf(c->memory, "%.*sitems", STR_ARG(field)), S("too_many"),
                   "at most %d coupons in all", CLAIM_COUPONS_MAX);
    in->mode = (uint8_t)b->mode;
    in->store = b->store;
    in->items.items = items;
    in->items.n = b->items.n;
    if (b->has_subjects)
        out->reserve.names =
            subjects_in(c, &b->subjects, arena_printf(c->memory, "%.*ssubjects", STR_ARG(field)));
}

static void put_one(api_call *c, const wire_claim_one *b, str field, issue_ask *out)
{
    issue_in *in = &out->in;
    in->mode = ISSUE_MODE_ALL_OR_NONE;
    in->store = b->store;
    in->items.items = ARENA_NEW(c->memory, issue_item);
    in->items.items[0] = (issue_item){.template = b->template, .count = (uint32_t)b->count};
    in->items.n = 1;
    if (b->has_subjects)
        out->reserve.names =
            subjects_in(c, &b->subjects, arena_printf(c->memory, "%.*ssubjects", STR_ARG(field)));
}

static void put_claim(api_call *c, const wire_claim_create *b, str field, issue_ask *out)
{
    out->in.merchant = c->who.merchant;
    out->in.source = COUPON_SOURCE_CLAIM;
    bool one = b->tag == WIRE_CLAIM_CREATE_TAG_TEMPLATE;
    if (one)
        put_one(c, &b->of.template, field, out);
    else
        put_several(c, &b->of.items, field, out);
    holder who =
        holder_asked(c, &(holder_ask){.user = one ? b->of.template.user : b->of.items.user,
                                      .phone = one ? b->of.template.phone : b->of.items.phone,
                                      .field = field});
    out->in.user = who.name;
    holder_counts(&who, &out->reserve.names);
}

/* ---- handlers ---- */

static void claimed(api_call *c)
{
    wire_claim shown = claim_shown(c, c->act.out);
    call_answer(c, 201, &wire_claim_type, &shown);
}

static void claim_missing(api_call *c)
{
    const issue_ask *ask = c->state;
    uint32_t wanted = 0;
    if (c->act.code != R_LIMIT_SUBJECT_MISSING)
        return;
    for (size_t i = 0; i < ask->in.items.n; i++) {
        terms of;
        if (terms_find(call_config(c), ask->in.items.items[i].template, &of) &&
            of.merchant->row->id == c->who.merchant)
            wanted |= limit_subjects_of(&of, 1U << LIMIT_MEASURE_CLAIMS);
    }
    subjects_missing(c, wanted & ~subjects_named(&ask->reserve.names));
}

void api_claim_create(api_call *c)
{
    issue_ask *ask = ARENA_NEW(c->memory, issue_ask);
    c->state = ask;
    put_claim(c, c->body, S(""), ask);
    str *name = &ask->in.user;
    if (!holders_now(c, &name, 1, HOLDER_ACTS))
        return;
    ask->in.user = call_user(c, ask->in.user);
    call_act(c, &(act_ask){.id = ACT_ID_issue,
                           .slot = slot_of_user(ask->in.merchant, ask->in.user),
                           .subject = ask->in.user,
                           .in = &ask->in,
                           .then = claimed,
                           .explain = claim_missing,
                           .reserve = &ask->reserve});
}

static void batch_claimed(api_call *c, batch *b)
{
    wire_claim_batch_result shown = {0};
    shown.results.items = ARENA_ARRAY(c->memory, wire_claim_result, b->n);
    shown.results.n = b->n;
    for (size_t i = 0; i < b->n; i++) {
        const batch_item *from = &b->items[i];
        wire_claim_result *to = &shown.results.items[i];
        to->has_claim = from->code == R_DONE;
        to->has_problem = !to->has_claim;
        shown.issued += to->has_claim;
        shown.refused += to->has_problem;
        if (to->has_claim)
            to->claim = claim_shown(c, from->out);
        else
            to->problem = call_item_problem(c, from->code, from->detail);
    }
    call_answer(c, 200, &wire_claim_batch_result_type, &shown);
}

void api_claim_batch(api_call *c)
{
    const wire_claim_batch *b = c->body;
    issue_ask *asks = ARENA_ARRAY(c->memory, issue_ask, b->claims.n);
    str **names = ARENA_ARRAY(c->memory, str *, b->claims.n);
    for (size_t i = 0; i < b->claims.n; i++) {
        put_claim(c, &b->claims.items[i], arena_printf(c->memory, "claims[%zu].", i), &asks[i]);
        names[i] = &asks[i].in.user;
    }
    if (c->problems->n > 0)
        call_invalid(c);
    else if (holders_now(c, names, b->claims.n, HOLDER_ACTS))
        batch_run(c, asks, b->claims.n, batch_claimed, NULL);
}

/* ---- grants ---- */

/* To whom, in the order of the request. */
typedef struct grant_plan {
    const char *list; /* member of the body: "users" or "phones" */
    const holder *to;
    size_t n;
} grant_plan;

static void granted(api_call *c, batch *b)
{
    const grant_plan *plan = b->context;
    wire_grant_results shown = {0};
    shown.results.items = ARENA_ARRAY(c->memory, wire_grant_result, b->n);
    shown.results.n = b->n;
    for (size_t i = 0; i < b->n; i++) {
        const batch_item *from = &b->items[i];
        wire_grant_result *to = &shown.results.items[i];
        HOLDER_SHOWN(to, plan->to[i].name);
        to->has_coupons = from->code == R_DONE;
        to->has_problem = !to->has_coupons;
        shown.granted += to->has_coupons;
        shown.refused += to->has_problem;
        if (to->has_coupons)
            to->coupons = coupons_shown(c, from->out);
        else
            to->problem = call_item_problem(c, from->code, from->detail);
    }
    call_answer(c, 200, &wire_grant_results_type, &shown);
}

/* A user or number twice in a list is a mistake of whoever made it. */
static void check_once(api_call *c, const grant_plan *plan)
{
    size_t places = 16;
    while (places < plan->n * 2)
        places *= 2;
    uint32_t *taken = ARENA_ARRAY(c->memory, uint32_t, places); /* index + 1 */
    for (size_t i = 0; i < plan->n; i++) {
        str name = plan->to[i].name;
        size_t at = (size_t)hash64(name, 0) & (places - 1);
        while (taken[at] != 0 && !str_eq(plan->to[taken[at] - 1].name, name))
            at = (at + 1) & (places - 1);
        if (taken[at] == 0)
            taken[at] = (uint32_t)i + 1;
        else if (name.n > 0) /* else it is reported */
            issues_add(c->problems, arena_printf(c->memory, "%s[%zu]", plan->list, i),
                       S("duplicate"), "is %s[%u] already", plan->list, taken[at] - 1);
    }
}

static const grant_plan *grant_asked(api_call *c, const wire_grant_create *b)
{
    grant_plan *plan = ARENA_NEW(c->memory, grant_plan);
    const wire_str_list *named = b->has_phones ? &b->phones : &b->users;
    holder *to = ARENA_ARRAY(c->memory, holder, named->n);
    *plan = (grant_plan){.list = b->has_phones ? "phones" : "users", .to = to, .n = named->n};
    if (b->has_phones && b->has_users)
        issues_add(c->problems, S("phones"), S("not_allowed"), "beside users");
    if (!b->has_phones && !b->has_users)
        issues_add(c->problems, S("users"), S("required"), "or phones");
    for (size_t i = 0; i < named->n; i++)
        to[i] = b->has_phones
                    ? holder_of_phone(c, named->items[i], arena_printf(c->memory, "phones[%zu]", i))
                    : (holder){.name = named->items[i]};
    check_once(c, plan);
    if (b->has_subjects && b->subjects.n != plan->n)
        issues_add(c->problems, S("subjects"), S("out_of_range"), "one for each of %zu %s", plan->n,
                   plan->list);
    return plan;
}

static void fill_grant(api_call *c, const grant_plan *plan, size_t i, issue_ask *out)
{
    const wire_grant_create *b = c->body;
    out->in = (issue_in){.merchant = c->who.merchant,
                         .user = plan->to[i].name,
                         .source = COUPON_SOURCE_GRANT,
                         .mode = ISSUE_MODE_ALL_OR_NONE,
                         .store = b->store};
    if (i < b->subjects.n)
        out->reserve.names =
            subjects_in(c, &b->subjects.items[i], arena_printf(c->memory, "subjects[%zu]", i));
    holder_counts(&plan->to[i], &out->reserve.names);
}

void api_grant_create(api_call *c)
{
    const wire_grant_create *b = c->body;
    const config_template *t = config_find_template(call_config(c), b->template);
    if (t == NULL || t->row->merchant != c->who.merchant) {
        call_refuse(c, R_NOT_FOUND, S("There is no such template."));
        return;
    }
    const grant_plan *plan = grant_asked(c, b);
    issue_item *item = ARENA_NEW(c->memory, issue_item);
    *item = (issue_item){.template = b->template, .count = (uint32_t)b->count};
    issue_ask *asks = ARENA_ARRAY(c->memory, issue_ask, plan->n);
    str **names = ARENA_ARRAY(c->memory, str *, plan->n);
    for (size_t i = 0; i < plan->n; i++) {
        fill_grant(c, plan, i, &asks[i]);
        names[i] = &asks[i].in.user;
        asks[i].in.items.items = item;
        asks[i].in.items.n = 1;
    }
    if (c->problems->n > 0)
        call_invalid(c);
    else if (holders_now(c, names, plan->n, HOLDER_ACTS))
        batch_run(c, asks, plan->n, granted, (void *)(uintptr_t)plan);
}
