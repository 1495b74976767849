/* Steps of the model that are acts on coupons and orders. See model.h. */
#include "app/order.h"
#include "app/query_coupons.h"
#include "app/query_phones.h"
#include "app/query_users.h"
#include "base/id.h"
#include "domain/phone/holder.h"
#include "domain/price/named.h"
#include "domain/price/policy.h"
#include "domain/rule/cart.h"
#include "test/lib/model.h"

/* ---- numbers of ids ---- */

static uint32_t number_of(const uint64_t *ids, uint32_t n, uint64_t id)
{
    uint32_t i = 0;
    while (i < n && ids[i] != id)
        i++;
    return i;
}

static uint32_t keep(uint64_t *ids, uint32_t *n, uint64_t id)
{
    CHECK(*n < MODEL_THINGS_MAX);
    ids[*n] = id;
    return (*n)++;
}

/* ---- issuing ---- */

uint32_t model_issued(const model_step *step, uint32_t i)
{
    uint32_t t = step->template;
    return t < MODEL_TEMPLATES ? (t + i) % MODEL_TEMPLATES : t; /* of which nobody has coupons */
}

str model_store(uint8_t number)
{
    return number == 0 ? (str){NULL, 0} : number == 1 ? S("north") : S("south");
}

static void begin_issue(model_side *s, const model_step *step, world_act *a)
{
    issue_item *items = ARENA_ARRAY(s->memory, issue_item, 2);
    issue_in in = {.merchant = s->merchant,
                   .user = model_name(s, step),
                   .source = step->channel == 0 ? COUPON_SOURCE_GRANT : COUPON_SOURCE_CLAIM,
                   .mode = step->word,
                   .store = model_store(step->store)};
    in.items.items = items;
    for (uint32_t i = 0; i < 2; i++)
        if (step->counts[i] > 0)
            items[in.items.n++] =
                (issue_item){s->templates[model_issued(step, i)], step->counts[i]};
    a->reserve = model_naming(s, step->device);
    model_set(s, a, ACT_ID_issue, slot_of_user(s->merchant, in.user), &in);
}

void model_keep_issued(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    const issue_out *out = a->out;
    model_say(facts, a->code);
    if (a->code != R_DONE)
        return;
    for (size_t i = 0; i < out->coupons.n; i++) {
        const issued_coupon *c = &out->coupons.items[i];
        uint32_t number = keep(s->coupons, &s->coupon_count, c->coupon);
        s->coupon_user[number] = model_person(s, ((const issue_in *)a->in)->user);
        s->coupon_store[number] = step->store;
        s->coupon_device[number] = step->device;
        model_given(s, c->template, c->sealed);
        buf_printf(facts, " t%u.%u %lld..%lld", number_of(s->templates, MODEL_ALL, c->template),
                   c->version, (long long)c->valid_from_ms, (long long)c->expires_at_ms);
    }
    for (size_t i = 0; i < out->refusals.n; i++)
        buf_printf(facts, " no %u %u", out->refusals.items[i].item, out->refusals.items[i].result);
}

/* ---- orders ---- */

static void fill_ask(model_side *s, const model_step *step, order_ask *ask,
                     order_line lines[MODEL_LINES])
{
    static const str skus[MODEL_LINES] = {{"a", 1}, {"b", 1}, {"c", 1}};
    static const str categories[MODEL_LINES] = {{"food", 4}, {NULL, 0}, {"toys", 4}};
    static const str channels[] = {{NULL, 0}, {"app", 3}, {"till", 4}};
    static const char end[] = {CART_SEPARATOR, '\0'};
    *ask = (order_ask){.merchant = s->merchant,
                       .user = model_name(s, step),
                       .currency = S("USD"),
                       .store = model_store(step->store),
                       .channel = channels[step->channel],
                       .lines = lines,
                       .order_number = arena_printf(s->memory, "o-%u", step->order)};
    for (size_t i = 0; i < MODEL_LINES; i++) {
        if (step->quantities[i] == 0)
            continue;
        order_line *line = &lines[ask->line_count++];
        *line = (order_line){.sku = skus[i],
                             .category = categories[i],
                             .quantity = step->quantities[i],
                             .unit_minor = step->prices[i]};
        if (categories[i].n > 0)
            line->categories = arena_printf(s->memory, "%.*s%s", STR_ARG(categories[i]), end);
    }
}

/* As the API does; and what the policy says of one that is named twice. */
static void name_coupons(model_side *s, const model_step *step, const config *c, order_ask *ask)
{
    uint64_t *ids = ARENA_ARRAY(s->memory, uint64_t, MODEL_COUPONS + 1);
    price_policy policy = {.repeated = s->policy[0]};
    size_t n = 0, places[MODEL_COUPONS + 1];
    while (n < step->coupon_count) {
        uint32_t number = step->coupons[n];
        ids[n++] =
            step->by_code ? model_coupon_typed(s, c, number, (uint8_t)number) : s->coupons[number];
    }
    if (step->twice && n > 0) {
        ids[n] = ids[0];
        n = named_once(&policy, ids, n + 1, places);
        if (n - step->coupon_count != (policy.repeated == REPEATED_REFUSE))
            s->wrong = "a coupon that is named twice counts otherwise than the policy says";
    }
    ask->coupons = ids;
    ask->coupon_count = n;
}

/* Who knows an old name may know old ids alone. */
static void rename_coupons(model_side *s, app_view *v, order_ask *ask)
{
    uint64_t *now = ARENA_ARRAY(s->memory, uint64_t, ask->coupon_count + 1);
    for (size_t i = 0; i < ask->coupon_count; i++)
        now[i] = query_coupon_now(v, ask->coupons[i]);
    ask->coupons = now;
}

/* Of a number that is a user's nothing is priced; what somebody had may be another one's. */
static result for_whom(model_side *s, app_view *v, str name, str *now)
{
    str to = S("");
    const phone *row = phone_is_holder(name) ? query_phone(v, s->merchant, name) : NULL;
    bool bound = row != NULL && row->binding != 0;
    result r = bound ? R_PHONE_BOUND : query_user_may(v, s->merchant, name, &to);
    *now = arena_str(s->memory, bound ? row->user : to);
    return r;
}

static result refusal_of(const order_priced *out, result r)
{
    if (out->redemption != 0)
        return R_ORDER_CONFLICT;
    if (out->elsewhere)
        return R_USER_MERGING;
    if (r == R_DONE && out->refused != NULL)
        return out->refused->result;
    return r == R_DONE && out->in.applied.n == 0 ? R_NOT_APPLICABLE : r;
}

/* As the API does: priced on a snapshot, where refusals end it, then the act. */
static result priced(model_side *s, const model_step *step, const model_redo *redo,
                     order_priced *out, world_act *a)
{
    order_line *lines = ARENA_ARRAY(s->memory, order_line, MODEL_LINES);
    reserve_ask *reserve = model_naming(s, step->device);
    reserve->prepared = true;
    order_ask ask;
    fill_ask(s, step, &ask, lines);
    ask.left_out = redo->left_out;
    ask.left_out_count = redo->left_out_n;
    ask.cuts = redo->cuts;
    ask.cut_count = redo->cut_n;
    ask.subjects = subjects_named(&reserve->names);
    ask.names = &reserve->names;
    app_view v;
    result r = app_view_open(world_app(&s->world), s->memory, &v);
    CHECK(r == R_DONE);
    name_coupons(s, step, v.config, &ask);
    if (step->as.n > 0)
        rename_coupons(s, &v, &ask);
    r = refusal_of(out, order_price(&v, &ask, out));
    out->in.order_number = ask.order_number;
    out->in.names = (uint32_t)out->names;
    if (ask.coupon_count > step->coupon_count && r == R_DONE)
        s->wrong = "one coupon applies twice";
    if (r == R_DONE)
        reserve_credits(&v, &out->in, out->hold, reserve);
    result may = r == R_DONE ? R_DONE : for_whom(s, &v, ask.user, &a->detail);
    app_view_close(&v);
    a->reserve = reserve;
    return may == R_DONE ? r : may;
}

static void begin_again(model_side *s, const model_step *asked, const model_redo *redo,
                        world_act *a)
{
    order_priced p = {0};
    bool hold_it = asked->kind == STEP_HOLD;
    model_step now = *asked;
    a->in = NULL;
    for (unsigned names = 0; names <= MODEL_PERSONS; names++) {
        a->code = priced(s, &now, redo, &p, a);
        if (!model_is_renamed(a))
            break;
        now.as = a->detail;
    }
    if (a->code != R_DONE)
        return;
    p.in.deadline_ms = hold_it ? app_now_ms(world_app(&s->world)) + asked->ms : 0;
    model_set(s, a, hold_it ? ACT_ID_hold : ACT_ID_redeem, slot_of_user(s->merchant, p.in.user),
              &p.in);
}

static void begin_order(model_side *s, const model_step *step, world_act *a)
{
    static const model_redo none;
    begin_again(s, step, &none, a);
}

static void begin_confirm(model_side *s, const model_step *step, world_act *a)
{
    order_in in = {.merchant = s->merchant, .hold = s->holds[step->hold]};
    const reserve_ask *named = model_naming(s, step->device);
    in.subjects.items = subjects_unreserved(&named->names, s->memory, &in.subjects.n);
    model_set(s, a, ACT_ID_redeem, id_slot(in.hold), &in);
}

static void begin_late(model_side *s, const model_step *step, world_act *a)
{
    order_in *in = ARENA_NEW(s->memory, order_in);
    *in = *(const order_in *)a->in;
    reserve_ask *reserve = model_naming(s, step->device);
    reserve->prepared = true;
    app_view v;
    result r = app_view_open(world_app(&s->world), s->memory, &v);
    CHECK(r == R_DONE);
    reserve_late(&v, in, reserve);
    app_view_close(&v);
    a->in = in;
    a->reserve = reserve;
}

static bool leave_out(const world_act *a, model_redo *redo)
{
    uint64_t promotion;
    if (!id_parse(ID_TEMPLATE, a->detail, &promotion))
        return false;
    CHECK(redo->left_out_n < MODEL_PROMOTIONS); /* each once */
    redo->left_out[redo->left_out_n++] = promotion;
    return true;
}

/* True: something is cut for the first time. */
static bool cut(const world_act *a, model_redo *redo)
{
    str amount = a->detail, id;
    order_cut more;
    if (!str_cut(&amount, ' ', &id) ||
        !(id_parse(ID_COUPON, id, &more.of) || id_parse(ID_TEMPLATE, id, &more.of)) ||
        !str_to_i64(amount, &more.most_minor))
        return false;
    size_t i = 0;
    while (i < redo->cut_n && redo->cuts[i].of != more.of)
        i++;
    CHECK(i < ARRAY_LEN(redo->cuts));
    bool first = i == redo->cut_n;
    redo->cut_n += first;
    int64_t most =
        first ? more.most_minor : order_cut_to(redo->cuts[i].most_minor, more.most_minor);
    redo->cuts[i] = (order_cut){more.of, most > 0 ? most : 1};
    return first;
}

bool model_act_again(model_side *s, const model_step *step, world_act *a, model_redo *redo)
{
    bool order = step->kind == STEP_HOLD || step->kind == STEP_REDEEM;
    if (step->kind == STEP_REDEEM_HOLD && a->code == R_UNRESERVED &&
        redo->tries++ < ORDER_REPRICE_MAX) {
        begin_late(s, step, a);
        return true;
    }
    bool changed = a->code == R_STALE || a->code == R_UNRESERVED;
    if (!order || !changed ||
        (!leave_out(a, redo) && !cut(a, redo) && redo->tries++ >= ORDER_REPRICE_MAX))
        return false;
    begin_again(s, step, redo, a);
    return a->in != NULL;
}

static int64_t quoted(const order_in *in)
{
    int64_t sum = 0;
    for (size_t i = 0; i < in->applied.n; i++)
        sum += in->applied.items[i].discount_minor;
    return sum;
}

/* By the policy that it was priced with, which is the merchant's where nothing else happens. */
static bool keeps_uses(model_side *s, const order_in *in)
{
    price_policy policy = policy_of(in->policy.items, in->policy.n);
    if (s->judged && in->hold == 0 && policy.returned_use != s->policy[2])
        s->wrong = "an order has another policy than its merchant";
    return policy.returned_use == RETURNED_USE_KEEP;
}

static void end_order(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    const order_out *out = a->out;
    model_say(facts, a->code);
    if (a->code != R_DONE)
        return;
    buf_printf(facts, " %lld at %lld until %lld", (long long)out->discount_minor,
               (long long)out->at_ms, (long long)out->deadline_ms);
    if (step->kind != STEP_REDEEM_HOLD && out->discount_minor != quoted(a->in))
        s->wrong = "another discount than was quoted";
    bool keeps = keeps_uses(s, a->in);
    if (step->kind == STEP_HOLD) {
        uint32_t i = keep(s->holds, &s->hold_count, out->hold);
        s->hold_user[i] = step->user;
        s->hold_order[i] = step->order;
        s->hold_keeps[i] = keeps;
    } else {
        uint32_t i = keep(s->redemptions, &s->redemption_count, out->redemption);
        s->redemption_keeps[i] = step->kind == STEP_REDEEM_HOLD ? s->hold_keeps[step->hold] : keeps;
    }
}

static void begin_release(model_side *s, const model_step *step, world_act *a)
{
    hold_ref_in in = {.merchant = s->merchant, .hold = s->holds[step->hold]};
    model_set(s, a, ACT_ID_release, id_slot(in.hold), &in);
}

static void end_release(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    MAYBE(s);
    MAYBE(step);
    model_say(facts, a->code);
    if (a->code == R_DONE)
        buf_printf(facts, " %u", ((const hold_ref_out *)a->out)->state);
}

static void begin_return(model_side *s, const model_step *step, world_act *a)
{
    return_line *lines = ARENA_ARRAY(s->memory, return_line, MODEL_LINES);
    return_in in = {.merchant = s->merchant, .redemption = s->redemptions[step->redemption]};
    in.lines.items = lines;
    for (size_t i = 0; i < MODEL_LINES; i++)
        if (step->quantities[i] > 0)
            lines[in.lines.n++] =
                (return_line){.line = (uint16_t)i, .quantity = step->quantities[i]};
    model_set(s, a, ACT_ID_give_back, id_slot(in.redemption), &in);
}

/* The uses of an order come back with all its goods, or never: as its policy says. */
static void check_uses(model_side *s, uint32_t number)
{
    app_view v;
    result r = app_view_open(world_app(&s->world), s->memory, &v);
    CHECK(r == R_DONE);
    uint64_t id = s->redemptions[number];
    const redemption *row = redemption_get(v.rows, id_slot(id), id);
    bool whole = true, keeps = s->redemption_keeps[number];
    for (size_t i = 0; i < row->lines.n; i++)
        whole = whole && row->lines.items[i].returned == row->lines.items[i].quantity;
    for (size_t i = 0; i < row->applied.n; i++)
        if (keeps ? row->applied.items[i].returned : whole && !row->applied.items[i].returned)
            s->wrong = "a use comes back otherwise than the order's policy says";
    app_view_close(&v);
}

static void end_return(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    const return_out *out = a->out;
    model_say(facts, a->code);
    if (a->code != R_DONE)
        return;
    check_uses(s, step->redemption);
    if (s->redemption_keeps[step->redemption] && out->restored.n > 0)
        s->wrong = "a coupon comes back where the policy keeps uses";
    buf_printf(facts, " %lld:", (long long)out->refund_minor);
    for (size_t i = 0; i < out->lines.n; i++)
        buf_printf(facts, " %lldx%u=%lld", (long long)out->lines.items[i].quantity,
                   out->lines.items[i].line, (long long)out->lines.items[i].refund_minor);
    for (size_t i = 0; i < out->restored.n; i++)
        buf_printf(facts, " c%u",
                   number_of(s->coupons, s->coupon_count, out->restored.items[i].coupon));
}

static void begin_void(model_side *s, const model_step *step, world_act *a)
{
    void_in in = {
        .merchant = s->merchant, .coupon = s->coupons[step->coupons[0]], .reason = step->word};
    model_set(s, a, ACT_ID_void, id_slot(in.coupon), &in);
}

static void end_void(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    model_say(facts, a->code);
    s->in_error[step->coupons[0]] |= a->code == R_DONE && step->word == VOID_REASON_ISSUED_IN_ERROR;
}

const model_act model_acts[STEP_REPEAT] = {
    [STEP_ISSUE] = {begin_issue, model_keep_issued},
    [STEP_HOLD] = {begin_order, end_order},
    [STEP_REDEEM_HOLD] = {begin_confirm, end_order},
    [STEP_REDEEM] = {begin_order, end_order},
    [STEP_RELEASE] = {begin_release, end_release},
    [STEP_RETURN] = {begin_return, end_return},
    [STEP_VOID] = {begin_void, end_void},
};
