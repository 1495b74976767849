/* One world under random acts: does a step and says what was answered. See model.h. */
#include "test/lib/model.h"

#include "app/order.h"
#include "app/sweep.h"
#include "base/id.h"
#include "base/time.h"
#include "domain/campaign/config.h"
#include "domain/price/benefit_test.h"
#include "domain/rule/word.h"

enum { FIRST_SLOT = 1234, HOLD_MS = 15 * 60 * 1000, CAMPAIGN_LIMITS = 32 };

str model_user(uint32_t number)
{
    static const char *const names[MODEL_USERS] = {"ann", "bob", "cid", "dee", "eve",
                                                   "fay", "gus", "hal", "ida"};
    return str_of(names[number]);
}

static uint16_t user_slot(const model_side *s, uint32_t user_number)
{
    return slot_of_user(s->merchant, model_user(user_number));
}

static result run_reserved(model_side *s, world_act *one, const reserve_ask *reserve)
{
    one->memory = s->memory;
    one->reserve = reserve;
    return world_run(&s->world, one);
}

static result run(model_side *s, act_id id, uint16_t slot, const void *in, void *out)
{
    return run_reserved(s, &(world_act){.id = id, .slot = slot, .in = in, .out = out}, NULL);
}

static reserve_ask naming(model_side *s, uint8_t device)
{
    reserve_ask ask = {0};
    if (device > 0)
        ask.names.device = arena_printf(s->memory, "device-%u", device);
    return ask;
}

/* ---- the ground ---- */

static uint64_t make_campaign(model_side *s, uint8_t budget_kind, int64_t budget)
{
    campaign_create_in in = {.slot = (uint16_t)(FIRST_SLOT + budget_kind),
                             .merchant = s->merchant,
                             .name = S("Spring"),
                             .currency = S("USD"),
                             .claim_from_ms = MODEL_START_MS,
                             .claim_until_ms = MODEL_START_MS + 150 * MS_DAY,
                             .use_from_ms = MODEL_START_MS,
                             .use_until_ms = MODEL_START_MS + 180 * MS_DAY,
                             .budget_mode = budget_kind,
                             .budget_minor = budget};
    row_out out = {0};
    result r = run(s, ACT_ID_campaign_create, in.slot, &in, &out);
    CHECK(r == R_DONE);
    campaign_state_in go = {
        .merchant = s->merchant, .campaign = out.id, .state = CAMPAIGN_STATE_ACTIVE};
    row_out ignored = {0};
    r = run(s, ACT_ID_campaign_state, in.slot, &go, &ignored);
    CHECK(r == R_DONE);
    return out.id;
}

/* What the templates are at first: two of each campaign. */
static template_put_in template_of(const model_side *s, uint32_t number)
{
    static rule_node goods[] = {{.op = RULE_OP_IN, .fact = RULE_FACT_LINE_SKU, .n = 2},
                                {.op = RULE_OP_VALUE, .text = {"a", 1}},
                                {.op = RULE_OP_VALUE, .text = {"b", 1}}};
    static limit_rule limits[MODEL_TEMPLATES][2] = {
        {{LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, 5, 0, 0, 0},
         {LIMIT_MEASURE_UNITS, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_ROLLING, 12, MS_DAY, 0, 0}},
        {{LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 2, 0, 0, 0},
         {LIMIT_MEASURE_MONEY, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_DAY, 2500, 0, 0, 0}},
        {{LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_STORE, LIMIT_PERIOD_WEEK, 6, 0, 0, 0},
         {LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_EVER, 9, 0, 0, 0}},
        {{LIMIT_MEASURE_UNITS, LIMIT_SUBJECT_TEMPLATE, LIMIT_PERIOD_DAY, 9, 0, 0, 0}},
    };
    static const uint8_t refunds[] = {REFUND_RULE_KEEP, REFUND_RULE_REPRICE, REFUND_RULE_CLAW_BACK,
                                      REFUND_RULE_REPRICE};
    bool amount = number % 2 == 0;
    template_put_in in = {
        .merchant = s->merchant,
        .campaign = s->campaigns[number / 2],
        .stock = number == 3 ? -1 : 40,
        .name = S("Some off"),
        .benefit = amount ? BENEFIT_KIND_AMOUNT_OFF : BENEFIT_KIND_PERCENT_OFF,
        .terms = TEST_TERM(TERM_AMOUNT_OFF_AMOUNT, amount ? 700 : 150000),
        .validity = VALIDITY_KIND_AFTER_ISSUE,
        .delay_days = number == 1 ? 1 : 0,
        .duration_days = 8,
        .whole_days = number == 3,
        .refund = refunds[number],
        .grace_days = number == 2 ? 5 : 0,
        .reach = EDIT_REACH_NEW_ONLY,
    };
    TEST_SET(in, TERM_COMMON_CAP, number == 1 ? 1200 : 0);
    TEST_SET(in, TERM_COMMON_MINIMUM_SPEND, number == 3 ? 0 : 2000);
    in.scope.items = goods;
    in.scope.n = number == 2 ? ARRAY_LEN(goods) : 0;
    in.limits.items = limits[number];
    in.limits.n = number == 3 ? 1 : 2;
    return in;
}

void model_side_open(model_side *s, const world_engine *engine)
{
    *s = (model_side){.memory = arena_new(0)};
    world_open(&s->world, engine, MODEL_START_MS);
    s->merchant = world_merchant(&s->world, S("Deli"), S("America/New_York"));
    s->campaigns[0] = make_campaign(s, BUDGET_MODE_AT_ISSUE, 50000);
    s->campaigns[1] = make_campaign(s, BUDGET_MODE_AT_REDEEM, 20000);
    for (uint32_t i = 0; i < MODEL_TEMPLATES; i++) {
        template_put_in in = template_of(s, i);
        row_out out = {0};
        result r = run(s, ACT_ID_template_put, id_slot(in.campaign), &in, &out);
        CHECK(r == R_DONE);
        s->templates[i] = out.id;
        s->was_unlimited[i] = in.stock < 0;
    }
}

void model_side_close(model_side *s)
{
    world_close(&s->world);
    arena_free(s->memory);
}

/* ---- numbers of ids ---- */

static uint32_t number_of(const uint64_t *ids, uint32_t n, uint64_t id)
{
    uint32_t i = 0;
    while (i < n && ids[i] != id)
        i++;
    return i;
}

static void keep(uint64_t *ids, uint32_t *n, uint64_t id)
{
    CHECK(*n < MODEL_THINGS_MAX);
    ids[(*n)++] = id;
}

/* ---- steps ---- */

static void say(buf *facts, result r)
{
    str code = result_code(r);
    buf_printf(facts, "%.*s", STR_ARG(code));
}

static str store_name(uint8_t number)
{
    return number == 0 ? (str){NULL, 0} : number == 1 ? S("north") : S("south");
}

static void step_issue(model_side *s, const model_step *step, buf *facts)
{
    issue_item items[2];
    size_t n = 0;
    for (uint32_t i = 0; i < 2; i++)
        if (step->counts[i] > 0)
            items[n++] =
                (issue_item){s->templates[(step->template + i) % MODEL_TEMPLATES], step->counts[i]};
    issue_in in = {.merchant = s->merchant,
                   .user = model_user(step->user),
                   .source = COUPON_SOURCE_CLAIM,
                   .mode = step->word,
                   .store = store_name(step->store)};
    in.items.items = items;
    in.items.n = n;
    issue_out out = {0};
    reserve_ask ask = naming(s, step->device);
    world_act one = {.id = ACT_ID_issue, .slot = user_slot(s, step->user), .in = &in, .out = &out};
    result r = run_reserved(s, &one, &ask);
    say(facts, r);
    if (r != R_DONE)
        return;
    for (size_t i = 0; i < out.coupons.n; i++) {
        const issued_coupon *c = &out.coupons.items[i];
        s->devices[s->coupon_count] = step->device;
        keep(s->coupons, &s->coupon_count, c->coupon);
        buf_printf(facts, " t%u.%u %lld..%lld",
                   number_of(s->templates, MODEL_TEMPLATES, c->template), c->version,
                   (long long)c->valid_from_ms, (long long)c->expires_at_ms);
    }
    for (size_t i = 0; i < out.refusals.n; i++)
        buf_printf(facts, " no %u %u", out.refusals.items[i].item, out.refusals.items[i].result);
}

/* As the API does: priced on a snapshot, where refusals end it, then the act. */
static result priced(model_side *s, const model_step *step, str number, order_priced *out,
                     reserve_ask *reserve)
{
    static const char *const skus[MODEL_LINES] = {"a", "b", "c"};
    order_line lines[MODEL_LINES];
    uint64_t coupons[MODEL_COUPONS];
    order_ask ask = {.merchant = s->merchant,
                     .user = model_user(step->user),
                     .currency = S("USD"),
                     .store = store_name(step->store),
                     .lines = lines,
                     .coupons = coupons,
                     .coupon_count = step->coupon_count};
    for (size_t i = 0; i < MODEL_LINES; i++)
        if (step->quantities[i] > 0)
            lines[ask.line_count++] = (order_line){.sku = str_of(skus[i]),
                                                   .quantity = step->quantities[i],
                                                   .unit_minor = step->prices[i]};
    for (size_t i = 0; i < step->coupon_count; i++)
        coupons[i] = s->coupons[step->coupons[i]];
    app_view v;
    result r = app_view_open(s->world.app, s->memory, &v);
    CHECK(r == R_DONE);
    ask.order_number = number;
    ask.subjects = subjects_named(&reserve->names);
    r = order_price(&v, &ask, out);
    if (r == R_DONE)
        reserve_credits(&v, &out->in, out->hold, reserve);
    app_view_close(&v);
    return r == R_DONE && out->refused != NULL ? out->refused->result : r;
}

static void say_order(model_side *s, const model_step *step, result r, const order_out *out,
                      buf *facts)
{
    say(facts, r);
    if (r != R_DONE)
        return;
    buf_printf(facts, " %lld at %lld until %lld", (long long)out->discount_minor,
               (long long)out->at_ms, (long long)out->deadline_ms);
    if (step->kind == STEP_HOLD)
        keep(s->holds, &s->hold_count, out->hold);
    else
        keep(s->redemptions, &s->redemption_count, out->redemption);
}

static void step_order(model_side *s, const model_step *step, buf *facts)
{
    order_priced p = {0};
    order_out out = {0};
    str number = arena_printf(s->memory, "o-%u", step->order);
    reserve_ask ask = naming(s, step->device);
    result r = priced(s, step, number, &p, &ask);
    bool hold_it = step->kind == STEP_HOLD;
    if (r == R_DONE) {
        p.in.order_number = number;
        p.in.deadline_ms = hold_it ? app_now_ms(s->world.app) + HOLD_MS : 0;
        world_act one = {.id = hold_it ? ACT_ID_hold : ACT_ID_redeem,
                         .slot = user_slot(s, step->user),
                         .in = &p.in,
                         .out = &out};
        r = run_reserved(s, &one, &ask);
    }
    say_order(s, step, r, &out, facts);
}

static void step_confirm(model_side *s, const model_step *step, buf *facts)
{
    order_in in = {.merchant = s->merchant, .hold = s->holds[step->hold]};
    order_out out = {0};
    reserve_ask ask = naming(s, step->device);
    in.subjects.items = subjects_unreserved(&ask.names, s->memory, &in.subjects.n);
    result r = run(s, ACT_ID_redeem, id_slot(in.hold), &in, &out);
    if (r == R_UNRESERVED) {
        app_view v;
        result open = app_view_open(s->world.app, s->memory, &v);
        CHECK(open == R_DONE);
        reserve_late(&v, &in, &ask);
        app_view_close(&v);
        world_act one = {.id = ACT_ID_redeem, .slot = id_slot(in.hold), .in = &in, .out = &out};
        r = run_reserved(s, &one, &ask);
    }
    say_order(s, step, r, &out, facts);
}

static void step_release(model_side *s, const model_step *step, buf *facts)
{
    hold_ref_in in = {.merchant = s->merchant, .hold = s->holds[step->hold]};
    hold_ref_out out = {0};
    result r = run(s, ACT_ID_release, id_slot(in.hold), &in, &out);
    say(facts, r);
    buf_printf(facts, " %u", out.state);
}

static void step_return(model_side *s, const model_step *step, buf *facts)
{
    return_line lines[MODEL_LINES];
    return_in in = {.merchant = s->merchant, .redemption = s->redemptions[step->redemption]};
    in.lines.items = lines;
    for (size_t i = 0; i < MODEL_LINES; i++)
        if (step->quantities[i] > 0)
            lines[in.lines.n++] =
                (return_line){.line = (uint16_t)i, .quantity = step->quantities[i]};
    return_out out = {0};
    result r = run(s, ACT_ID_give_back, id_slot(in.redemption), &in, &out);
    say(facts, r);
    if (r != R_DONE)
        return;
    buf_printf(facts, " %lld:", (long long)out.refund_minor);
    for (size_t i = 0; i < out.lines.n; i++)
        buf_printf(facts, " %lldx%u=%lld", (long long)out.lines.items[i].quantity,
                   out.lines.items[i].line, (long long)out.lines.items[i].refund_minor);
    for (size_t i = 0; i < out.restored.n; i++)
        buf_printf(facts, " c%u",
                   number_of(s->coupons, s->coupon_count, out.restored.items[i].coupon));
}

static void step_void(model_side *s, const model_step *step, buf *facts)
{
    void_in in = {
        .merchant = s->merchant, .coupon = s->coupons[step->coupons[0]], .reason = step->word};
    void_out out = {0};
    result r = run(s, ACT_ID_void, id_slot(in.coupon), &in, &out);
    say(facts, r);
    s->in_error[step->coupons[0]] |= r == R_DONE && step->word == VOID_REASON_ISSUED_IN_ERROR;
}

static void step_sweep(model_side *s, buf *facts)
{
    result r = sweep_all(s->world.app, app_now_ms(s->world.app), NULL);
    say(facts, r);
    model_side_states(s, facts); /* not what it did: acts that lacked something did some of it */
}

/* ---- configuration ---- */

static void say_row(result r, const row_out *out, buf *facts)
{
    say(facts, r);
    buf_printf(facts, " v%u", out->version);
}

static void step_state(model_side *s, const model_step *step, buf *facts)
{
    campaign_state_in in = {
        .merchant = s->merchant, .campaign = s->campaigns[step->campaign], .state = step->word};
    row_out out = {0};
    result r = run(s, ACT_ID_campaign_state, id_slot(in.campaign), &in, &out);
    say_row(r, &out, facts);
}

static void step_limits(model_side *s, const model_step *step, buf *facts)
{
    limit_rule rules[] = {
        {LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, step->amount, 0, 0, 0},
        {LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_CAMPAIGN, LIMIT_PERIOD_WEEK, step->amount * 6, 0, 0,
         0},
        {LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_ROLLING, step->amount + 1,
         6 * MS_HOUR, 0, 0},
        {LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_WEEK, step->amount + 1, 0, 0,
         0},
        {LIMIT_MEASURE_MONEY, LIMIT_SUBJECT_STORE, LIMIT_PERIOD_DAY, step->amount * 1000, 0, 0, 0},
    };
    campaign_edit_in in = {.merchant = s->merchant,
                           .campaign = s->campaigns[step->campaign],
                           .fields = CAMPAIGN_LIMITS};
    in.limits.items = rules;
    in.limits.n = step->word; /* the first few of them */
    row_out out = {0};
    result r = run(s, ACT_ID_campaign_edit, id_slot(in.campaign), &in, &out);
    say_row(r, &out, facts);
}

static void step_template(model_side *s, const model_step *step, buf *facts)
{
    template_put_in in = template_of(s, step->template);
    in.template = s->templates[step->template];
    in.reach = step->word;
    in.duration_days = (uint32_t)(7 + step->amount % 5);
    TEST_SET(in, TERM_COMMON_MINIMUM_SPEND, step->amount % 3 * 900);
    if (in.benefit == BENEFIT_KIND_AMOUNT_OFF)
        TEST_SET(in, TERM_AMOUNT_OFF_AMOUNT, 500 + step->amount * 20);
    else
        TEST_SET(in, TERM_PERCENT_OFF_PERCENT, (500 + step->amount * 100) * 100);
    row_out out = {0};
    result r = run(s, ACT_ID_template_put, id_slot(in.template), &in, &out);
    say_row(r, &out, facts);
}

static void step_pool(model_side *s, const model_step *step, buf *facts)
{
    bool stock = step->kind == STEP_STOCK;
    pool_change_in in = {.merchant = s->merchant,
                         .owner =
                             stock ? s->templates[step->template] : s->campaigns[step->campaign],
                         .kind = stock ? POOL_KIND_STOCK : POOL_KIND_BUDGET,
                         .current = step->current,
                         .target = step->amount};
    row_out out = {0};
    result r = run(s, ACT_ID_pool_change, id_slot(in.owner), &in, &out);
    say_row(r, &out, facts);
    s->was_unlimited[step->template] |= r == R_DONE && stock && step->amount < 0;
}

void model_side_step(model_side *s, const model_step *step, buf *facts)
{
    static void (*const steps[STEP_KIND_COUNT])(model_side *, const model_step *, buf *) = {
        [STEP_ISSUE] = step_issue,     [STEP_HOLD] = step_order,
        [STEP_REDEEM] = step_order,    [STEP_REDEEM_HOLD] = step_confirm,
        [STEP_RELEASE] = step_release, [STEP_RETURN] = step_return,
        [STEP_VOID] = step_void,       [STEP_STATE] = step_state,
        [STEP_LIMITS] = step_limits,   [STEP_TEMPLATE] = step_template,
        [STEP_STOCK] = step_pool,      [STEP_BUDGET] = step_pool,
    };
    arena_reset(s->memory);
    if (step->kind == STEP_CLOCK)
        atomic_store(&s->world.clock_ms, step->ms);
    else if (step->kind == STEP_SWEEP)
        step_sweep(s, facts);
    else
        steps[step->kind](s, step, facts);
}
