/* A shop for tests of the domain's acts: see domain_fixture.h. */
#include "test/lib/domain_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/query_coupons.h"
#include "app/sweep.h"
#include "app/verify.h"
#include "base/id.h"
#include "domain/limit/pool.h"
#include "domain/price/benefit_test.h"

enum { LANES = 3, STEPS_MAX = 100000 };

static const zone zone_east = {.name = {"Test/East", 9}, .first_offset_ms = 8 * 3600 * 1000};

static const zone *on_zone(str name)
{
    return str_eq(name, zone_east.name) ? &zone_east : NULL;
}

static int64_t on_clock(void *context)
{
    return ((fix *)context)->clock_ms;
}

/* ---- acts ---- */

static void on_done(act_call *call)
{
    *(bool *)call->context = true;
}

static void settle(fix *f, const bool *ended)
{
    for (int steps = 0; !*ended; steps++) {
        CHECK(steps < STEPS_MAX);
        if (app_settle(f->app) == 0)
            f->clock_ms++; /* a parked request runs into its deadline */
    }
}

static bool names_subjects(act_id id)
{
    return id == ACT_ID_issue || id == ACT_ID_hold || id == ACT_ID_redeem;
}

/* ask: for an act that names subjects; NULL else. */
static result run(fix *f, act_call given, const reserve_ask *ask)
{
    bool ended = false;
    act_call *call = ARENA_NEW(f->memory, act_call);
    *call = given;
    call->app = f->app;
    call->memory = f->memory;
    call->done = on_done;
    call->context = &ended;
    result r = ask == NULL ? act_submit(call) : reserve_submit(call, ask);
    CHECK(r == R_DONE);
    settle(f, &ended);
    (void)app_settle(f->app);
    f->detail = call->detail;
    return call->code;
}

result fix_run(fix *f, act_id id, uint16_t slot, const void *in, void *out)
{
    reserve_ask ask = {.names = f->names};
    act_call call = {.id = id, .slot = slot, .in = in, .out = out};
    return run(f, call, names_subjects(id) ? &ask : NULL);
}

fix_act *fix_submit(fix *f, act_id id, uint16_t slot, const void *in, void *out)
{
    fix_act *a = ARENA_NEW(f->memory, fix_act);
    a->call = (act_call){.app = f->app,
                         .id = id,
                         .slot = slot,
                         .in = in,
                         .out = out,
                         .memory = f->memory,
                         .done = on_done,
                         .context = &a->ended};
    result r = act_submit(&a->call);
    CHECK(r == R_DONE);
    return a;
}

void fix_run_many(fix *f, const fix_many *many)
{
    fix_act **acts = ARENA_ARRAY(f->memory, fix_act *, many->n);
    for (size_t i = 0; i < many->n; i++)
        acts[i] = fix_submit(f, many->id, many->slot(many->in[i]), many->in[i], many->out[i]);
    for (size_t i = 0; i < many->n; i++) {
        settle(f, &acts[i]->ended);
        many->codes[i] = acts[i]->call.code;
    }
    (void)app_settle(f->app);
}

static void must(fix *f, result r)
{
    if (r != R_DONE)
        fprintf(stderr, "%.*s: %.*s\n", STR_ARG(result_code(r)), STR_ARG(f->detail));
    CHECK(r == R_DONE);
}

/* ---- opening ---- */

static void open_app(fix *f)
{
    buf why;
    buf_init(&why, 4096);
    result r = app_open(&f->options, &f->app, &why);
    buf_free(&why);
    CHECK(r == R_DONE);
}

fix *fix_open(fix_options options)
{
    fix *f = calloc(1, sizeof(*f)); /* freed by fix_close */
    CHECK(f != NULL);
    f->clock_ms = FIX_START_MS;
    f->memory = arena_new((size_t)1 << 30);
    f->options =
        (app_options){.engine = options.pg != NULL    ? S("pg")
                                : options.rocks.n > 0 ? S("rocks")
                                                      : S("mem"),
                      .store = {.path = options.rocks,
                                .urls = options.pg,
                                .shards = options.shards,
                                .several = options.several,
                                .lanes = options.lanes == 0 ? LANES : options.lanes,
                                .adversary = options.adversary},
                      .code_key = options.code_key == NULL ? S("the master key of a test: 32 by.")
                                                           : *options.code_key,
                      .zone_find = on_zone,
                      .clock_ms = on_clock,
                      .clock_context = f};
    open_app(f);
    merchant_put_in in = fix_merchant_in(f);
    row_out out = {0};
    must(f, fix_run(f, ACT_ID_merchant_put, in.slot, &in, &out));
    f->merchant = out.id;
    return f;
}

void fix_crash(fix *f, str directory)
{
    buf why;
    buf_init(&why, 4096);
    result r = store_checkpoint(app_store(f->app), directory, &why);
    buf_free(&why);
    CHECK(r == R_DONE);
    app_close(f->app);
    f->options.store.path = directory;
    open_app(f);
}

void fix_close(fix *f)
{
    app_close(f->app);
    arena_free(f->memory);
    free(f);
}

static void on_difference(void *context, const verify_difference *d)
{
    (void)context;
    fprintf(stderr, "%s %.*s: %.*s is %.*s, not %.*s\n", d->check, STR_ARG(d->subject),
            STR_ARG(d->field), STR_ARG(d->actual), STR_ARG(d->expected));
}

void fix_verify(fix *f)
{
    verify_options options = {.found = on_difference};
    verify_summary summary = {0};
    result r = verify_app(f->app, &options, &summary);
    CHECK(r == R_DONE && summary.differences == 0);
}

static void keep_saga(void *context, const saga_open *s)
{
    saga_open *out = context;
    CHECK(out->kind.n == 0); /* there is one */
    *out = *s;
}

saga_open fix_saga(fix *f)
{
    app_view v;
    saga_open found = {.kind = S("")};
    CHECK(app_view_open(f->app, f->memory, &v) == R_DONE);
    CHECK(query_sagas(&v, keep_saga, &found) == R_DONE);
    CHECK(app_view_close(&v) == R_DONE);
    return found;
}

void fix_pass(fix *f, int64_t ms)
{
    f->clock_ms += ms;
}

/* ---- configuration ---- */

merchant_put_in fix_merchant_in(const fix *f)
{
    return (merchant_put_in){.slot = slot_of_user(0, S("shop")),
                             .id = f->merchant,
                             .name = S("Shop"),
                             .zone = zone_east.name,
                             .currency = S("USD"),
                             .secret = S("0123456789abcdef0123456789abcdef")};
}

void fix_merchant(fix *f, const merchant_put_in *in)
{
    row_out out = {0};
    must(f, fix_run(f, ACT_ID_merchant_put, id_slot(in->id), in, &out));
}

limit_rule fix_limit(limit_measure measure, limit_subject subject, limit_period period, int64_t max)
{
    return (limit_rule){.measure = (uint8_t)measure,
                        .subject = (uint8_t)subject,
                        .period = (uint8_t)period,
                        .max = max};
}

campaign_create_in fix_campaign_in(const fix *f)
{
    return (campaign_create_in){.slot = 17,
                                .merchant = f->merchant,
                                .name = S("Campaign"),
                                .currency = S("USD"),
                                .claim_from_ms = FIX_START_MS - MS_DAY,
                                .claim_until_ms = FIX_END_MS,
                                .use_from_ms = FIX_START_MS - MS_DAY,
                                .use_until_ms = FIX_END_MS,
                                .budget_mode = BUDGET_MODE_NONE};
}

uint64_t fix_campaign(fix *f, const campaign_create_in *in)
{
    row_out out = {0};
    must(f, fix_run(f, ACT_ID_campaign_create, in->slot, in, &out));
    fix_campaign_state(f, out.id, CAMPAIGN_STATE_ACTIVE);
    return out.id;
}

void fix_campaign_state(fix *f, uint64_t id, campaign_state to)
{
    campaign_state_in in = {.merchant = f->merchant, .campaign = id, .state = (uint8_t)to};
    row_out out = {0};
    must(f, fix_run(f, ACT_ID_campaign_state, id_slot(id), &in, &out));
}

template_put_in fix_template_in(const fix *f, uint64_t campaign_id)
{
    return (template_put_in){.merchant = f->merchant,
                             .campaign = campaign_id,
                             .stock = -1,
                             .name = S("Template"),
                             .benefit = BENEFIT_KIND_AMOUNT_OFF,
                             .terms = TEST_TERM(TERM_AMOUNT_OFF_AMOUNT, 1000),
                             .validity = VALIDITY_KIND_FIXED,
                             .valid_from_ms = FIX_START_MS,
                             .valid_until_ms = FIX_END_MS,
                             .refund = REFUND_RULE_KEEP,
                             .reach = EDIT_REACH_NEW_ONLY};
}

uint64_t fix_template(fix *f, const template_put_in *in)
{
    row_out out = {0};
    uint64_t home = in->template != 0 ? in->template : in->campaign;
    must(f, fix_run(f, ACT_ID_template_put, id_slot(home), in, &out));
    return out.id;
}

/* ---- coupons ---- */

result fix_claim(fix *f, str user_name, uint64_t template_id, uint32_t count, uint64_t *coupons)
{
    issue_item item = {.template = template_id, .count = count};
    issue_in in = {.merchant = f->merchant,
                   .user = user_name,
                   .source = COUPON_SOURCE_CLAIM,
                   .mode = ISSUE_MODE_ALL_OR_NONE};
    issue_out out = {0};
    in.items.items = &item;
    in.items.n = 1;
    result r = fix_run(f, ACT_ID_issue, slot_of_user(f->merchant, user_name), &in, &out);
    for (size_t i = 0; r == R_DONE && coupons != NULL && i < out.coupons.n; i++)
        coupons[i] = out.coupons.items[i].coupon;
    return r;
}

uint64_t fix_claim_one(fix *f, str user_name, uint64_t template_id)
{
    uint64_t id = 0;
    must(f, fix_claim(f, user_name, template_id, 1, &id));
    return id;
}

result fix_void(fix *f, uint64_t coupon_id, void_reason reason)
{
    void_in in = {.merchant = f->merchant, .coupon = coupon_id, .reason = (uint8_t)reason};
    void_out out = {0};
    return fix_run(f, ACT_ID_void, id_slot(coupon_id), &in, &out);
}

void fix_sweep(fix *f)
{
    must(f, sweep_all(f->app, f->clock_ms, NULL));
    (void)app_settle(f->app);
}

size_t fix_step_one_lane(fix *f, int step)
{
    store *s = app_store(f->app);
    uint16_t lanes = store_lanes(s), only = (uint16_t)(step % lanes);
    for (uint16_t lane = 0; lane < lanes; lane++)
        store_halt_lane(s, lane, lane != only);
    return store_step(s);
}

size_t fix_owned(const fix *f, app_view *v, str who)
{
    enum { WALLET_MAX = 100 };
    coupon_seen seen[WALLET_MAX];
    wallet_place next;
    bool more;
    wallet_ask ask = {.merchant = f->merchant, .user = who, .limit = WALLET_MAX};
    size_t n = query_wallet(v, &ask, seen, &next, &more), has = 0;
    CHECK(!more);
    for (size_t i = 0; i < n; i++)
        has += seen[i].now.state != COUPON_STATE_TRANSFERRED;
    return has;
}

/* ---- orders ---- */

static app_view view_of(fix *f)
{
    app_view v;
    result r = app_view_open(f->app, f->memory, &v);
    CHECK(r == R_DONE);
    return v;
}

result fix_price(fix *f, const fix_order *o, order_in *in)
{
    app_view v;
    size_t typed[ORDER_COUPONS_MAX];
    result r = app_view_open(f->app, f->memory, &v);
    CHECK(r == R_DONE);
    for (size_t i = 0; i < o->coupon_count; i++)
        typed[i] = i + 1;
    order_ask ask = {.merchant = f->merchant,
                     .typed = o->hidden ? typed : NULL,
                     .hides = o->hidden,
                     .user = o->user,
                     .currency = o->currency.n > 0 ? o->currency : S("USD"),
                     .store = o->store,
                     .channel = o->channel,
                     .lines = o->lines,
                     .line_count = o->line_count,
                     .coupons = o->coupons,
                     .coupon_count = o->coupon_count,
                     .order_number = o->number,
                     .left_out = o->left_out,
                     .left_out_count = o->left_out_count,
                     .cuts = o->cuts,
                     .cut_count = o->cut_count,
                     .subjects = subjects_named(&f->names),
                     .names = &f->names};
    order_priced priced;
    r = order_price(&v, &ask, &priced);
    if (r == R_DONE && priced.refused != NULL)
        r = priced.refused->result;
    if (r == R_DONE) {
        *in = priced.in;
        in->order_number = o->number;
        in->deadline_ms = f->clock_ms + (o->hold_ms == 0 ? 10 * MS_MINUTE : o->hold_ms);
    }
    app_view_close(&v);
    return r;
}

static result order_once(fix *f, const fix_order *o, act_id id, order_out *out)
{
    order_in in = {0};
    reserve_ask ask = {.names = f->names, .prepared = true};
    result r = fix_price(f, o, &in);
    if (r == R_DONE && in.applied.n == 0)
        r = R_NOT_APPLICABLE;
    if (r != R_DONE)
        return r;
    uint16_t slot = slot_of_user(f->merchant, o->user);
    app_view v = view_of(f);
    const user *who = user_get(v.rows, slot, f->merchant, o->user);
    const order_ref *ref =
        who == NULL ? NULL : order_ref_get(v.rows, slot, f->merchant, who->member, o->number);
    reserve_credits(&v, &in, ref == NULL ? 0 : ref->hold, &ask);
    app_view_close(&v);
    return run(f, (act_call){.id = id, .slot = slot, .in = &in, .out = out}, &ask);
}

static result order_act(fix *f, const fix_order *o, act_id id, order_out *out)
{
    uint64_t without[AUTOMATIC_MAX], left_out;
    order_cut cuts[ORDER_APPLIED_MAX];
    fix_order now = *o;
    now.left_out = without;
    now.left_out_count = 0;
    now.cuts = cuts;
    now.cut_count = 0;
    result r;
    unsigned again = 0;
    while ((r = order_once(f, &now, id, out)) == R_STALE || r == R_UNRESERVED) {
        if (r == R_UNRESERVED && again++ < ORDER_REPRICE_MAX)
            continue;
        if (r == R_UNRESERVED)
            return R_BUSY;
        str amount = f->detail, name;
        if (id_parse(ID_TEMPLATE, f->detail, &left_out)) {
            CHECK(now.left_out_count < AUTOMATIC_MAX);
            without[now.left_out_count++] = left_out;
            continue;
        }
        order_cut *more = &cuts[now.cut_count];
        if (!str_cut(&amount, ' ', &name) ||
            !(id_parse(ID_COUPON, name, &more->of) || id_parse(ID_TEMPLATE, name, &more->of)) ||
            !str_to_i64(amount, &more->most_minor))
            return r;
        CHECK(now.cut_count + 1 < ORDER_APPLIED_MAX);
        now.cut_count++;
    }
    return r;
}

result fix_hold(fix *f, const fix_order *o, uint64_t *hold_id)
{
    order_out out = {0};
    result r = order_act(f, o, ACT_ID_hold, &out);
    *hold_id = r == R_DONE ? out.hold : 0;
    return r;
}

result fix_redeem(fix *f, const fix_order *o, uint64_t *redemption_id)
{
    order_out out = {0};
    result r = order_act(f, o, ACT_ID_redeem, &out);
    *redemption_id = r == R_DONE ? out.redemption : 0;
    return r;
}

result fix_redeem_hold(fix *f, uint64_t hold_id, uint64_t *redemption_id)
{
    order_in in = {.merchant = f->merchant, .hold = hold_id};
    order_out out = {0};
    reserve_ask ask = {.names = f->names};
    act_call call = {.id = ACT_ID_redeem, .slot = id_slot(hold_id), .in = &in, .out = &out};
    in.subjects.items = subjects_unreserved(&f->names, f->memory, &in.subjects.n);
    result r = run(f, call, NULL);
    if (r == R_UNRESERVED) {
        app_view v = view_of(f);
        reserve_late(&v, &in, &ask);
        app_view_close(&v);
        r = run(f, call, &ask);
    }
    *redemption_id = r == R_DONE ? out.redemption : 0;
    return r;
}

result fix_release(fix *f, uint64_t hold_id)
{
    hold_ref_in in = {.merchant = f->merchant, .hold = hold_id};
    hold_ref_out out = {0};
    return fix_run(f, ACT_ID_release, id_slot(hold_id), &in, &out);
}

result fix_return(fix *f, uint64_t redemption_id, const return_line *lines, size_t n,
                  return_out *out)
{
    return_in in = {.merchant = f->merchant, .redemption = redemption_id};
    return_out mine = {0};
    in.lines.items = ARENA_ARRAY(f->memory, return_line, n);
    for (size_t i = 0; i < n; i++)
        in.lines.items[i] = lines[i];
    in.lines.n = n;
    result r = fix_run(f, ACT_ID_give_back, id_slot(redemption_id), &in, &mine);
    if (out != NULL)
        *out = mine;
    return r;
}

/* ---- rows ---- */

coupon fix_coupon(fix *f, uint64_t id)
{
    app_view v = view_of(f);
    coupon *row = coupon_get(v.rows, id_slot(id), id);
    CHECK(row != NULL);
    coupon copy = *row;
    app_view_close(&v);
    return copy;
}

hold fix_hold_row(fix *f, uint64_t id)
{
    app_view v = view_of(f);
    hold *row = hold_get(v.rows, id_slot(id), id);
    CHECK(row != NULL);
    hold copy = *row; /* text and lists are in the fixture's memory */
    app_view_close(&v);
    return copy;
}

redemption fix_redemption(fix *f, uint64_t id)
{
    app_view v = view_of(f);
    redemption *row = redemption_get(v.rows, id_slot(id), id);
    CHECK(row != NULL);
    redemption copy = *row;
    app_view_close(&v);
    return copy;
}

tally fix_tally(fix *f, uint64_t campaign_id, uint64_t template_id)
{
    app_view v = view_of(f);
    tally sum = {.campaign = campaign_id, .template = template_id};
    for (uint16_t lane = 0; lane < store_lanes(app_store(f->app)); lane++) {
        const tally *row =
            tally_get(v.rows, lane, campaign_id, template_id, zone_day(&zone_east, f->clock_ms));
        if (row == NULL)
            continue;
        sum.issued += row->issued;
        sum.held += row->held;
        sum.released += row->released;
        sum.redeemed += row->redeemed;
        sum.returned += row->returned;
        sum.expired += row->expired;
        sum.voided += row->voided;
        sum.users += row->users;
        sum.discount_minor += row->discount_minor;
        sum.discount_returned_minor += row->discount_returned_minor;
        sum.order_minor += row->order_minor;
        sum.order_returned_minor += row->order_returned_minor;
        sum.confirmed += row->confirmed;
    }
    app_view_close(&v);
    return sum;
}

int64_t fix_left(fix *f, pool_name which)
{
    app_view v = view_of(f);
    const pool *row = pool_get(v.rows, id_slot(which.owner), which.owner, which.kind, which.period,
                               which.subject);
    int64_t left = row == NULL ? -1 : row->total;
    for (uint16_t lane = 0; left >= 0 && lane < store_lanes(app_store(f->app)); lane++) {
        const slice *s =
            slice_get(v.rows, lane, which.owner, which.kind, which.period, which.subject);
        left -= s == NULL ? 0 : s->consumed;
    }
    app_view_close(&v);
    return left;
}
