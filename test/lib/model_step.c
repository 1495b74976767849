/* Makes random steps that often make sense, and sometimes do not: see model.h. */
#include "app/query_stats.h"
#include "base/time.h"
#include "domain/campaign/config.h"
#include "domain/coupon/move.h"
#include "domain/limit/pool.h"
#include "test/lib/model.h"

enum { SETTLE_STEPS = 3 };

uint64_t model_next(model *m) /* xorshift64* */
{
    m->random ^= m->random >> 12;
    m->random ^= m->random << 25;
    m->random ^= m->random >> 27;
    return m->random * UINT64_C(2685821657736338717);
}

uint32_t model_below(model *m, uint32_t n)
{
    return (uint32_t)(model_next(m) >> 33) % n;
}

bool model_chance(model *m, uint32_t percent)
{
    return model_below(m, 100) < percent;
}

/* Name, and how often each kind comes, of a thousand. */
static const struct {
    const char *name;
    uint16_t odds;
} kinds[STEP_KIND_COUNT] = {
    [STEP_ISSUE] = {"issue", 106},      [STEP_HOLD] = {"hold", 84},
    [STEP_TRANSFER] = {"transfer", 37}, [STEP_OFFER] = {"offer", 20},
    [STEP_TAKE] = {"take", 25},         [STEP_END] = {"end", 10},
    [STEP_EXCHANGE] = {"exchange", 56}, [STEP_BATCH] = {"batch", 20},
    [STEP_SUPPLY] = {"supply", 9},      [STEP_IMPORT] = {"import", 9},
    [STEP_BIND] = {"bind", 10},         [STEP_WORD] = {"word", 10},
    [STEP_PREFIX] = {"prefix", 3},      [STEP_REDEEM_HOLD] = {"confirm", 70},
    [STEP_REDEEM] = {"redeem", 66},     [STEP_RELEASE] = {"release", 25},
    [STEP_RETURN] = {"return", 66},     [STEP_VOID] = {"void", 40},
    [STEP_STATE] = {"state", 25},       [STEP_WINDOW] = {"window", 20},
    [STEP_LIMITS] = {"limits", 20},     [STEP_MERCHANT] = {"merchant", 20},
    [STEP_TEMPLATE] = {"template", 30}, [STEP_STOCK] = {"stock", 25},
    [STEP_BUDGET] = {"budget", 20},     [STEP_REPEAT] = {"repeat", 15},
    [STEP_SWEEP] = {"sweep", 18},       [STEP_WALLET] = {"wallet", 10},
    [STEP_STATS] = {"stats", 10},       [STEP_CLOCK] = {"clock", 70},
    [STEP_RESTART] = {"restart", 5},    [STEP_MERGE] = {"merge", 12},
    [STEP_PHONE] = {"phone", 18},       [STEP_ERASE] = {"erase", 6},
    [STEP_HISTORY] = {"history", 10},
};

static step_kind choose(model *m)
{
    uint32_t left = model_below(m, 1000);
    uint32_t kind = 0;
    while (left >= kinds[kind].odds)
        left -= kinds[kind++].odds;
    return (step_kind)kind;
}

/* ---- coupons and orders ---- */

/* Mostly a newer one, of the user. */
static uint32_t pick_coupon(model *m, const model_side *s, uint32_t user_number)
{
    uint32_t n = s->coupon_count, i = n - 1;
    bool any = model_chance(m, 5);
    for (int tries = 0; tries < 60; tries++) {
        uint32_t span = n < 60 || model_chance(m, 10) ? n : 60;
        i = n - 1 - model_below(m, span);
        if (any || model_is(s, s->coupon_user[i], user_number))
            break;
    }
    return i;
}

static uint32_t pick_hold(model *m, const model_side *s)
{
    uint32_t recent = s->hold_count < 8 || model_chance(m, 15) ? s->hold_count : 8;
    return s->hold_count - 1 - model_below(m, recent);
}

static void fill_cart(model *m, model_step *step)
{
    for (size_t i = 0; i < MODEL_LINES; i++) {
        step->quantities[i] = i == 0 || model_chance(m, 60) ? 1 + model_below(m, 4) : 0;
        step->prices[i] = 1 + model_below(m, model_chance(m, 70) ? 3000 : 300);
    }
}

/* A new order; one that is held already, changed; or any that there was. */
static void fill_order(model *m, const model_side *s, model_step *step)
{
    static const int64_t spans[] = {MS_MINUTE, 15 * MS_MINUTE, 15 * MS_MINUTE, 2 * MS_DAY};
    step->ms = spans[model_below(m, ARRAY_LEN(spans))];
    if (s->hold_count > 0 && model_chance(m, 20)) {
        uint32_t held = pick_hold(m, s);
        step->user = s->hold_user[held];
        step->order = s->hold_order[held];
    } else {
        uint32_t recent = s->coupon_count < 60 ? s->coupon_count : 60;
        uint32_t person = s->coupon_user[s->coupon_count - 1 - model_below(m, recent)];
        step->user = person == MODEL_NOBODY ? step->user : model_caller_of(person);
        step->user = model_alias(m, s, step->user);
        step->order =
            model_chance(m, 90) || m->orders == 0 ? m->orders++ : model_below(m, m->orders);
    }
    step->store = (uint8_t)model_below(m, 3);
    step->channel = (uint8_t)model_below(m, 3);
    step->by_code = model_chance(m, 25);
    step->twice = model_chance(m, 6);
    fill_cart(m, step);
    uint32_t wanted = model_chance(m, 70) ? 1 : model_below(m, MODEL_COUPONS + 1);
    for (uint32_t i = 0; i < wanted; i++) {
        uint32_t one = pick_coupon(m, s, step->user);
        bool twice = false;
        for (uint32_t k = 0; k < step->coupon_count; k++)
            twice |= step->coupons[k] == one;
        if (!twice)
            step->coupons[step->coupon_count++] = one;
    }
}

static void fill_issue(model *m, model_step *step)
{
    if (model_chance(m, 15))
        step->user = MODEL_USERS + model_below(m, MODEL_PHONES);
    step->word = model_chance(m, 60) ? ISSUE_MODE_ALL_OR_NONE : ISSUE_MODE_BEST_EFFORT;
    step->store = (uint8_t)model_below(m, 3);
    step->channel = (uint8_t)model_below(m, 3);
    step->counts[0] = 1 + model_below(m, model_chance(m, 80) ? 2 : 9);
    step->counts[1] = model_chance(m, 30) ? 1 + model_below(m, 3) : 0;
}

/* ---- time and configuration ---- */

/* Others; or the same with other maxima. */
static uint64_t next_limits(model *m, uint64_t now)
{
    uint64_t other = model_next(m);
    return now == 0 || model_chance(m, 40) ? other | 4 : (now & ~UINT64_C(3)) | (other & 3);
}

/* When the windows of this campaign end now. */
static void ends_of(model_side *s, uint32_t number, int64_t ends_ms[2])
{
    config *c = (config *)(uintptr_t)app_config(world_app(&s->world));
    const campaign *of = config_find_campaign(c, s->campaigns[number])->row;
    ends_ms[0] = of->claim_until_ms;
    ends_ms[1] = of->use_until_ms;
    config_free(c); /* the share that app_config gave */
}

/* Just before, at or just behind the end of a window or batch that ends within some days, which the
 * next steps then try; 0: none. */
static int64_t near_end(model *m, model_side *s)
{
    static const int64_t around[] = {-1, 0, 0, 1, 999, 1000};
    int64_t ends_ms[2], by = around[model_below(m, ARRAY_LEN(around))];
    const model_book *b = &s->book;
    uint32_t number = model_below(m, MODEL_CAMPAIGNS), batch = model_below(m, b->batch_count + 1);
    bool of_batch = batch < b->batch_count && model_chance(m, 40);
    ends_of(s, number, ends_ms);
    int64_t end = (of_batch ? b->batches[batch].of.end_ms : ends_ms[model_chance(m, 30)]) + by;
    if (end <= m->now_ms || end >= m->now_ms + 3 * MS_DAY)
        return 0;
    if (of_batch) {
        m->code_next = batch + 1;
    } else {
        m->list_template = 2 * number + model_below(m, 2);
        m->list_left = 2;
    }
    return end;
}

/* So near that the clock comes to it, or further off; that of use is never shortened. */
static void fill_window(model *m, model_side *s, model_step *step)
{
    bool near = model_chance(m, 60);
    int64_t ends_ms[2], until = m->now_ms + 1 + (int64_t)model_below(m, (uint32_t)MS_DAY);
    ends_of(s, step->campaign, ends_ms);
    step->ms = near ? until : until + (int64_t)model_below(m, 30) * MS_DAY;
    step->amount = step->ms + (near ? MS_HOUR : 5 * MS_DAY);
    if (step->amount < ends_ms[1] && model_chance(m, 95))
        step->amount = ends_ms[1];
}

static void fill_merchant(model *m, const model_side *s, model_step *step)
{
    static const uint8_t values[MODEL_POLICIES] = {2, 3, 2, 2};
    step->limits = model_chance(m, 50) ? next_limits(m, s->merchant_limits) : 0;
    for (size_t i = 0; i < MODEL_POLICIES; i++)
        step->policy[i] = (uint8_t)model_below(m, values[i]);
}

/* From a millisecond to a few days; the unruly clock goes back by hours, too. */
static int64_t next_ms(model *m, model_side *s)
{
    static const int64_t spans[] = {2, MS_SECOND, 10 * MS_MINUTE, 6 * MS_HOUR, 3 * MS_DAY};
    size_t longest = ARRAY_LEN(spans);
    int64_t end = model_chance(m, 45) ? near_end(m, s) : 0;
    if (end > 0)
        return m->now_ms = end;
    bool back = m->unruly && model_chance(m, 40);
    int64_t by = 1 + model_below(m, (uint32_t)spans[model_below(m, (uint32_t)longest - back)]);
    m->now_ms += back && m->now_ms - by > MODEL_START_MS ? -by : by;
    return m->now_ms;
}

/* So that little is left. */
static int64_t nearly_spent(model *m, model_side *s, uint32_t number, int64_t total_minor)
{
    app_view v;
    result r = app_view_open(world_app(&s->world), s->memory, &v);
    CHECK(r == R_DONE);
    pool_left now = query_pool_left(&v, pool_budget(s->campaigns[number]));
    app_view_close(&v);
    int64_t amount = total_minor - now.left - now.on_the_way + (int64_t)model_below(m, 300);
    return amount > 0 ? amount : 1;
}

static void fill_pool(model *m, model_side *s, model_step *step)
{
    const config *c = app_config(world_app(&s->world));
    if (step->kind == STEP_STOCK) {
        step->current = config_find_template(c, s->templates[step->template])->row->stock;
        step->amount = model_chance(m, 15) ? -1 : (int64_t)model_below(m, 90);
    } else {
        step->current = config_find_campaign(c, s->campaigns[step->campaign])->row->budget_minor;
        step->amount = model_chance(m, 30) ? nearly_spent(m, s, step->campaign, step->current)
                                           : 1 + (int64_t)model_below(m, 60000);
    }
    config_free((config *)(uintptr_t)c); /* the share that app_config gave */
    step->current += model_chance(m, 15) ? 1 : 0;
}

static void fill_state(model *m, model_step *step)
{
    step->word = model_chance(m, 60)   ? CAMPAIGN_STATE_ACTIVE
                 : model_chance(m, 60) ? CAMPAIGN_STATE_PAUSED
                 : model_chance(m, 85) ? CAMPAIGN_STATE_DISABLED
                                       : CAMPAIGN_STATE_ENDED;
}

static void fill_configuration(model *m, model_side *s, model_step *step)
{
    switch (step->kind) {
    case STEP_STATE:
        fill_state(m, step);
        break;
    case STEP_WINDOW:
        fill_window(m, s, step);
        break;
    case STEP_LIMITS:
        step->limits = next_limits(m, s->campaign_limits[step->campaign]);
        break;
    case STEP_MERCHANT:
        fill_merchant(m, s, step);
        break;
    case STEP_TEMPLATE:
        step->word = model_chance(m, 50) ? EDIT_REACH_NEW_ONLY : EDIT_REACH_ALL_UNUSED;
        step->amount = (int64_t)model_below(m, 20);
        step->limits = model_chance(m, 60) ? next_limits(m, s->limits[step->template]) : 0;
        break;
    default:
        fill_pool(m, s, step);
    }
}

static void fill(model *m, model_side *s, model_step *step)
{
    switch (step->kind) {
    case STEP_ISSUE:
        fill_issue(m, step);
        break;
    case STEP_HOLD:
    case STEP_REDEEM:
        fill_order(m, s, step);
        break;
    case STEP_REDEEM_HOLD:
    case STEP_RELEASE:
        step->hold = pick_hold(m, s);
        break;
    case STEP_RETURN:
        step->redemption = model_below(m, s->redemption_count);
        for (size_t i = 0; i < MODEL_LINES; i++)
            step->quantities[i] = model_chance(m, i == 0 ? 60 : 15) ? 1 + model_below(m, 2) : 0;
        break;
    case STEP_VOID:
        step->word = (uint8_t)(1 + model_below(m, 3));
        step->coupons[step->coupon_count++] = pick_coupon(m, s, step->user);
        break;
    case STEP_EXCHANGE:
    case STEP_BATCH:
    case STEP_BIND:
    case STEP_WORD:
    case STEP_PREFIX:
        step->store = (uint8_t)model_below(m, 3);
        model_fill_code(m, s, step);
        break;
    case STEP_TRANSFER:
    case STEP_OFFER:
    case STEP_TAKE:
    case STEP_END:
        model_fill_transfer(m, s, step);
        break;
    case STEP_MERGE:
    case STEP_PHONE:
    case STEP_ERASE:
        model_fill_user(m, s, step);
        break;
    case STEP_SUPPLY:
    case STEP_IMPORT:
        model_fill_list(m, s, step);
        break;
    case STEP_REPEAT:
        step->kept = model_below(m, MODEL_KEPT);
        break;
    case STEP_CLOCK:
        step->ms = next_ms(m, s);
        m->settle = !m->unruly && s->people.way_count > 0 ? SETTLE_STEPS : 0;
        break;
    case STEP_SWEEP:
    case STEP_RESTART:
        break;
    case STEP_HISTORY:
        step->ordinal = model_below(m, MODEL_THINGS_MAX);
        break;
    case STEP_WALLET:
        step->user = model_chance(m, 15) ? MODEL_USERS + model_below(m, MODEL_PHONES) : step->user;
        /* fall through */
    case STEP_STATS:
        step->word = (uint8_t)model_below(m, COUPON_STATE_COUNT);
        step->store = (uint8_t)model_below(m, 3);
        break;
    default:
        fill_configuration(m, s, step);
    }
}

/* A grant to a list: one of its template to each user, one after the other or at once. */
static model_step make_listed(model *m)
{
    uint32_t user_number = --m->list_left;
    return (model_step){.kind = STEP_ISSUE,
                        .user = user_number,
                        .template = m->list_template,
                        .word = ISSUE_MODE_ALL_OR_NONE,
                        .device = 1,
                        .counts = {1, 0}};
}

static model_step make_exchange(model *m, const model_side *s)
{
    model_step step = {.kind = STEP_EXCHANGE, .user = model_below(m, MODEL_USERS), .device = 1};
    model_fill_exchange(m, s, TYPED_CODE, m->code_next - 1, &step);
    m->code_next = 0;
    return step;
}

/* What somebody's coupons wait for, that become another's, is brought at the same place on each
 * side: a hold lapses, and what waited for it asks again after some seconds. */
static model_step make_settling(model *m)
{
    model_step step = {.kind = STEP_SWEEP, .word = m->settle == SETTLE_STEPS ? SWEEP_AGAIN : 0};
    if (m->settle-- == SETTLE_STEPS - 1) {
        step.kind = STEP_CLOCK;
        step.ms = m->now_ms += MOVE_AGAIN_MS + MS_SECOND;
    }
    return step;
}

model_step model_make(model *m, model_side *s)
{
    if (m->settle > 0)
        return make_settling(m);
    if (m->then.kind != STEP_ISSUE) {
        model_step then = m->then;
        m->then = (model_step){0};
        return then;
    }
    if (m->list_left > 0)
        return make_listed(m);
    if (m->code_next > 0 && m->code_next <= s->book.batch_count)
        return make_exchange(m, s);
    if (model_chance(m, 1)) {
        m->list_template = model_below(m, MODEL_TEMPLATES);
        m->list_left = MODEL_USERS;
    }
    model_step step = {.kind = choose(m),
                       .user = model_below(m, MODEL_USERS),
                       .campaign = model_below(m, MODEL_CAMPAIGNS),
                       .keyed = model_chance(m, 15)};
    step.device = model_chance(m, 92) ? (uint8_t)(1 + model_below(m, MODEL_DEVICES)) : 0;
    bool of_any = step.kind == STEP_TEMPLATE || step.kind == STEP_STATS || model_chance(m, 2);
    step.template = model_below(m, of_any && step.kind != STEP_STOCK ? MODEL_ALL : MODEL_TEMPLATES);
    bool of_hold = step.kind == STEP_REDEEM_HOLD || step.kind == STEP_RELEASE;
    bool of_coupon = step.kind == STEP_HOLD || step.kind == STEP_REDEEM || step.kind == STEP_VOID ||
                     (step.kind >= STEP_TRANSFER && step.kind <= STEP_END);
    if ((of_coupon && s->coupon_count == 0) || (of_hold && s->hold_count == 0) ||
        (step.kind == STEP_RETURN && s->redemption_count == 0))
        step.kind = STEP_ISSUE;
    fill(m, s, &step);
    if (step.kind < STEP_MERGE || step.kind > STEP_ERASE || m->unruly)
        return step;
    m->then = step; /* a move waits for coupons that are past their end until they are swept */
    return (model_step){.kind = STEP_SWEEP};
}

void model_step_write(const model_step *step, buf *out)
{
    buf_printf(out, "%s user %u campaign %u template %u order %u hold %u redemption %u word %u",
               kinds[step->kind].name, step->user, step->campaign, step->template, step->order,
               step->hold, step->redemption, step->word);
    buf_printf(out, " store %u channel %u device %u counts %u %u ms %lld amount %lld current %lld",
               step->store, step->channel, step->device, step->counts[0], step->counts[1],
               (long long)step->ms, (long long)step->amount, (long long)step->current);
    buf_printf(out, " code %u.%u typed %u spelled %u%s%s%s%s policy %u%u%u%u", step->code,
               step->ordinal, step->typed, step->spelling, step->told ? " told" : "",
               step->personal ? " personal" : "", step->by_code ? " by code" : "",
               step->twice ? " twice" : "", step->policy[0], step->policy[1], step->policy[2],
               step->policy[3]);
    buf_printf(out, " other %u transfer %u", step->other, step->transfer);
    buf_printf(out, " limits %llx kept %u%s", (unsigned long long)step->limits, step->kept,
               step->keyed ? " keyed" : "");
    for (uint32_t i = 0; i < step->coupon_count; i++)
        buf_printf(out, " c%u", step->coupons[i]);
    for (uint32_t i = 0; i < MODEL_LINES; i++)
        buf_printf(out, " %lldx%lld", (long long)step->quantities[i], (long long)step->prices[i]);
}
