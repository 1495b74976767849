/* The year, act by act: see replay.h. Grants fly many at a time; a redemption waits for its own
 * answer, because its order is priced on what came before. Half of the redemptions go through a
 * hold, half are direct. */
#include <stdlib.h>

#include "app/order.h"
#include "app/reserve.h"
#include "base/id.h"
#include "base/time.h"
#include "cli/names.h"
#include "cli/replay.h"
#include "domain/coupon/acts.h"
#include "domain/price/benefit.h"

enum { REPLAY_HOUR_GRANTS = 6, REPLAY_HOUR_ORDERS = 12 };

void replay_at(replay *r, int32_t day, int64_t ms_of_day)
{
    atomic_store(&r->now_ms, (int64_t)day * MS_DAY + ms_of_day);
}

static void note_refusal(replay *r, const char *what, const act_call *call)
{
    if (r->refusals++ == 0) {
        r->first_refusal = arena_printf(r->memory, "%s: %.*s %.*s", what,
                                        STR_ARG(result_code(call->code)), STR_ARG(call->detail));
    }
}

/* One act, waited for. */
static bool act_now(replay *r, const char *what, act_call *call)
{
    call->app = r->app;
    call->out = arena_alloc(call->memory, act_find((uint16_t)call->id)->out->size);
    if (cli_act(call) != R_DONE || call->code != R_DONE) {
        note_refusal(r, what, call);
        return false;
    }
    return true;
}

static uint64_t make_row(replay *r, const char *what, act_call call)
{
    return act_now(r, what, &call) ? ((row_out *)call.out)->id : 0;
}

static bool make_merchant(replay *r)
{
    merchant_put_in in = {.slot = slot_of_hash(84),
                          .name = S("The Complete Journey"),
                          .zone = S("UTC"),
                          .currency = S("USD"),
                          .secret = merchant_secret(r->memory)};
    r->merchant = make_row(
        r, "merchant",
        (act_call){.id = ACT_ID_merchant_put, .slot = in.slot, .in = &in, .memory = r->memory});
    return r->merchant != 0;
}

static bool make_template(replay *r, const journey_campaign *from, replay_campaign *to, uint32_t k)
{
    const journey_coupon *c = &r->year->coupons[from->first_coupon + k];
    journey_benefit_value worth = journey_benefit(c);
    arena *memory = arena_new(0);
    template_put_in in = {.merchant = r->merchant,
                          .campaign = to->id,
                          .stock = -1,
                          .name = c->upc,
                          .benefit = worth.amount_minor > 0 ? BENEFIT_KIND_AMOUNT_OFF
                                                            : BENEFIT_KIND_PERCENT_OFF,
                          .validity = VALIDITY_KIND_FIXED,
                          .valid_from_ms = (int64_t)from->from * MS_DAY,
                          .valid_until_ms = (int64_t)from->until * MS_DAY,
                          .refund = REFUND_RULE_REPRICE,
                          .reach = EDIT_REACH_NEW_ONLY};
    bool fixed = worth.amount_minor > 0;
    benefit_term values[] = {
        {.term = fixed ? TERM_AMOUNT_OFF_AMOUNT : TERM_PERCENT_OFF_PERCENT,
         .value = fixed ? worth.amount_minor
                        : (int64_t)worth.percent_bp * (BENEFIT_PERCENT_ONE / 10000)},
        {.term = TERM_COMMON_CAP, .value = worth.cap_minor},
    };
    in.terms.items = values;
    in.terms.n = worth.cap_minor > 0 ? 2 : 1;
    rule_tree goods = rule_list(S("line.sku"), c->products, c->n, memory);
    in.scope.items = goods.items;
    in.scope.n = goods.n;
    to->templates[k] = make_row(
        r, "template",
        (act_call){
            .id = ACT_ID_template_put, .slot = id_slot(to->id), .in = &in, .memory = memory});
    arena_free(memory);
    return to->templates[k] != 0;
}

static bool make_campaign(replay *r, size_t i)
{
    const journey_campaign *from = &r->year->campaigns[i];
    replay_campaign *to = &r->campaigns[i];
    campaign_create_in in = {.slot = slot_of_hash(from->number),
                             .merchant = r->merchant,
                             .name = arena_printf(r->memory, "Campaign %u, type %.*s", from->number,
                                                  STR_ARG(from->type)),
                             .currency = S("USD"),
                             .claim_from_ms = (int64_t)from->from * MS_DAY,
                             .claim_until_ms = (int64_t)from->until * MS_DAY,
                             .use_from_ms = (int64_t)from->from * MS_DAY,
                             .use_until_ms = (int64_t)from->until * MS_DAY,
                             .budget_mode = BUDGET_MODE_NONE};
    to->id = make_row(
        r, "campaign",
        (act_call){.id = ACT_ID_campaign_create, .slot = in.slot, .in = &in, .memory = r->memory});
    size_t cells = from->household_count * from->coupon_count;
    to->templates = ARENA_ARRAY(r->memory, uint64_t, from->coupon_count + 1);
    to->coupons = ARENA_ARRAY(r->memory, uint64_t, cells + 1);
    to->used = ARENA_ARRAY(r->memory, uint8_t, cells + 1);
    to->households = names_new(r->memory);
    for (size_t h = 0; h < from->household_count; h++) {
        (void)names_put(to->households, from->households[h]);
    }
    bool good = to->id != 0;
    for (uint32_t k = 0; good && k < from->coupon_count; k++) {
        good = make_template(r, from, to, k);
    }
    campaign_state_in start = {
        .merchant = r->merchant, .campaign = to->id, .state = CAMPAIGN_STATE_ACTIVE};
    return good && make_row(r, "start",
                            (act_call){.id = ACT_ID_campaign_state,
                                       .slot = id_slot(to->id),
                                       .in = &start,
                                       .memory = r->memory}) != 0;
}

/* Which cells of which campaign a grant fills, in the order of its items. */
typedef struct grant_note {
    replay_campaign *to;
    size_t first;
    bool extra;
} grant_note;

static void grant_landed(void *context, act_call *call)
{
    replay *r = context;
    grant_note *note = call->context;
    const issue_out *out = call->out;
    if (call->code != R_DONE) {
        note_refusal(r, "grant", call);
        return;
    }
    for (size_t i = 0; i < out->coupons.n; i++) {
        note->to->coupons[note->first + i] = out->coupons.items[i].coupon;
    }
    *(note->extra ? &note->to->extra : &note->to->granted) += (int64_t)out->coupons.n;
}

static void grant(replay *r, replay_campaign *to, str household, grant_note where, uint32_t count)
{
    act_call *call = flight_call(r->flight, ACT_ID_issue, slot_of_user(r->merchant, household));
    grant_note *note = ARENA_NEW(call->memory, grant_note);
    *note = where;
    issue_in *in = ARENA_NEW(call->memory, issue_in);
    size_t per_household = where.first;
    *in = (issue_in){.merchant = r->merchant,
                     .user = household,
                     .source = COUPON_SOURCE_GRANT,
                     .mode = ISSUE_MODE_ALL_OR_NONE};
    in->items.items = ARENA_ARRAY(call->memory, issue_item, count);
    in->items.n = count;
    uint32_t columns = r->year->campaigns[to - r->campaigns].coupon_count;
    for (uint32_t i = 0; i < count; i++) {
        in->items.items[i] = (issue_item){to->templates[(per_household + i) % columns], 1};
    }
    call->in = in;
    call->context = note;
    flight_send(r->flight, call);
}

static void grant_campaign(replay *r, size_t i)
{
    const journey_campaign *from = &r->year->campaigns[i];
    replay_campaign *to = &r->campaigns[i];
    for (size_t h = 0; h < from->household_count; h++) {
        for (uint32_t k = 0; k < from->coupon_count; k += ISSUE_COUPONS_MAX) {
            uint32_t left = from->coupon_count - k;
            grant(r, to, from->households[h], (grant_note){to, h * from->coupon_count + k, false},
                  left < ISSUE_COUPONS_MAX ? left : ISSUE_COUPONS_MAX);
        }
        r->granted += from->coupon_count;
        progress_at(&r->bar, r->granted);
    }
    flight_wait(r->flight);
}

/* A basket that the coupon is for: a product of its list, one whose price the sample knows if
 * there is one, enough of it to be worth the coupon. */
static order_line basket(const replay *r, const journey_coupon *c, size_t turn)
{
    size_t at = turn % c->n;
    for (size_t i = 0; i < c->n; i++) {
        if (journey_price(r->year, c->products[(turn + i) % c->n]).seen) {
            at = (turn + i) % c->n;
            break;
        }
    }
    journey_product product = journey_price(r->year, c->products[at]);
    return (order_line){.sku = c->products[at],
                        .category = product.category,
                        .quantity = 1 + (int64_t)(turn % 3),
                        .unit_minor = product.unit_minor > 0 ? product.unit_minor : 1};
}

static bool price_order(replay *r, const journey_redemption *d, uint64_t coupon_id, arena *memory,
                        order_in *out)
{
    const journey_coupon *c = &r->year->coupons[d->coupon];
    order_line line = basket(r, c, d->row);
    app_view v;
    if (app_view_open(r->app, memory, &v) != R_DONE) {
        return false;
    }
    order_ask ask = {.merchant = r->merchant,
                     .user = d->household,
                     .currency = S("USD"),
                     .channel = S("store"),
                     .lines = &line,
                     .line_count = 1,
                     .coupons = &coupon_id,
                     .coupon_count = 1};
    order_priced priced;
    bool good = order_price(&v, &ask, &priced) == R_DONE && priced.refused == NULL;
    if (!good && r->refusals++ == 0) {
        r->first_refusal =
            arena_printf(r->memory, "quote: %.*s",
                         STR_ARG(priced.refused == NULL ? S("error") : priced.refused->reason));
    }
    *out = priced.in;
    out->order_number = arena_printf(memory, "%.*s-%u", STR_ARG(d->household), d->row);
    app_view_close(&v);
    return good;
}

static bool redeem_one(replay *r, const journey_redemption *d, uint64_t coupon_id, arena *memory)
{
    order_in in;
    if (!price_order(r, d, coupon_id, memory, &in)) {
        return false;
    }
    uint16_t slot = slot_of_user(r->merchant, d->household);
    if (d->row % 2 == 0) {
        in.deadline_ms = atomic_load(&r->now_ms) + 15 * MS_MINUTE;
        act_call hold_call = {.id = ACT_ID_hold, .slot = slot, .in = &in, .memory = memory};
        if (!act_now(r, "hold", &hold_call)) {
            return false;
        }
        in.hold = ((order_out *)hold_call.out)->hold;
    }
    act_call call = {.id = ACT_ID_redeem, .slot = slot, .in = &in, .memory = memory};
    if (!act_now(r, "redeem", &call)) {
        return false;
    }
    const order_out *out = call.out;
    replay_campaign *to = &r->campaigns[r->year->coupons[d->coupon].campaign];
    to->redeemed++;
    to->discount_minor += out->discount_minor;
    r->orders_minor += out->subtotal_minor;
    return true;
}

static bool redeem(replay *r, const journey_redemption *d)
{
    uint32_t c = r->year->coupons[d->coupon].campaign;
    const journey_campaign *from = &r->year->campaigns[c];
    replay_campaign *to = &r->campaigns[c];
    size_t cell = (size_t)names_find(to->households, d->household) * from->coupon_count +
                  (d->coupon - from->first_coupon);
    if (to->used[cell] >
        0) { /* the household used this one before: the retailer's data has it twice */
        grant(r, to, d->household, (grant_note){to, cell, true}, 1);
        flight_wait(r->flight);
    }
    to->used[cell]++;
    arena *memory = arena_new(0);
    bool good = redeem_one(r, d, to->coupons[cell], memory);
    arena_free(memory);
    return good;
}

bool replay_run(replay *r)
{
    const journey *y = r->year;
    if (y->campaign_count == 0) {
        return true;
    }
    replay_at(r, y->campaigns[0].from - 1, 0);
    bool good = make_merchant(r);
    for (size_t i = 0; good && i < y->campaign_count; i++) {
        good = make_campaign(r, i);
    }
    flight_options options = {.app = r->app, .window = 512, .landed = grant_landed, .context = r};
    r->flight = flight_new(&options);
    progress_begin(&r->bar, r->cli, "replay: coupons granted", y->grants);
    size_t next = 0;
    for (size_t i = 0; good && i <= y->campaign_count; i++) {
        int32_t until = i < y->campaign_count ? y->campaigns[i].from : INT32_MAX;
        for (; good && next < y->redemption_count && y->redemptions[next].day < until; next++) {
            replay_at(r, y->redemptions[next].day, REPLAY_HOUR_ORDERS * MS_HOUR);
            good = redeem(r, &y->redemptions[next]);
        }
        if (good && i < y->campaign_count) {
            replay_at(r, until, REPLAY_HOUR_GRANTS * MS_HOUR);
            grant_campaign(r, i);
        }
    }
    flight_free(r->flight);
    progress_end(&r->bar);
    return good && r->refusals == 0;
}
