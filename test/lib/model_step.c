/* Makes random steps that often make sense, and sometimes do not: see model.h. */
#include "base/time.h"
#include "domain/campaign/config.h"
#include "test/lib/model.h"

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

static bool chance(model *m, uint32_t percent)
{
    return model_below(m, 100) < percent;
}

/* How often each kind comes, in percent. */
static step_kind choose(model *m)
{
    static const uint8_t odds[STEP_KIND_COUNT] = {
        [STEP_ISSUE] = 24,  [STEP_HOLD] = 13,  [STEP_REDEEM_HOLD] = 9, [STEP_REDEEM] = 9,
        [STEP_RELEASE] = 4, [STEP_RETURN] = 9, [STEP_VOID] = 4,        [STEP_SWEEP] = 3,
        [STEP_CLOCK] = 12,  [STEP_STATE] = 3,  [STEP_LIMITS] = 2,      [STEP_TEMPLATE] = 3,
        [STEP_STOCK] = 3,   [STEP_BUDGET] = 2,
    };
    uint32_t left = model_below(m, 100);
    uint32_t kind = 0;
    while (left >= odds[kind])
        left -= odds[kind++];
    return (step_kind)kind;
}

/* Mostly a newer one, of the user. */
static uint32_t pick_coupon(model *m, const model_side *s, uint32_t user_number)
{
    uint32_t n = s->coupon_count;
    for (int tries = 0; tries < 60; tries++) {
        uint32_t span = n < 60 || chance(m, 10) ? n : 60;
        uint32_t i = n - 1 - model_below(m, span);
        if (m->coupon_user[i] == user_number || chance(m, 1))
            return i;
    }
    return n - 1;
}

static void fill_cart(model *m, model_step *step)
{
    for (size_t i = 0; i < MODEL_LINES; i++) {
        step->quantities[i] = i == 0 || chance(m, 60) ? 1 + model_below(m, 4) : 0;
        step->prices[i] = 1 + model_below(m, chance(m, 70) ? 3000 : 300);
    }
}

static void fill_order(model *m, const model_side *s, model_step *step)
{
    step->order = chance(m, 85) || m->orders == 0 ? m->orders++ : model_below(m, m->orders);
    step->store = (uint8_t)model_below(m, 3);
    fill_cart(m, step);
    uint32_t wanted = chance(m, 70) ? 1 : 1 + model_below(m, MODEL_COUPONS);
    for (uint32_t i = 0; i < wanted; i++) {
        uint32_t one = pick_coupon(m, s, step->user);
        bool twice = false;
        for (uint32_t k = 0; k < step->coupon_count; k++)
            twice |= step->coupons[k] == one;
        if (!twice)
            step->coupons[step->coupon_count++] = one;
    }
}

/* From a millisecond to a few days. */
static int64_t pause_ms(model *m)
{
    static const int64_t spans[] = {2, MS_SECOND, 10 * MS_MINUTE, 6 * MS_HOUR, 3 * MS_DAY};
    return 1 + (int64_t)model_below(m, (uint32_t)spans[model_below(m, ARRAY_LEN(spans))]);
}

static void fill_pool(model *m, model_side *s, model_step *step)
{
    const config *c = app_config(s->world.app);
    if (step->kind == STEP_STOCK) {
        step->current = config_find_template(c, s->templates[step->template])->row->stock;
        step->amount = chance(m, 15) ? -1 : (int64_t)model_below(m, 90);
    } else {
        step->current = config_find_campaign(c, s->campaigns[step->campaign])->row->budget_minor;
        step->amount = 1 + (int64_t)model_below(m, 60000);
    }
    config_free((config *)(uintptr_t)c); /* the share that app_config gave */
    step->current += chance(m, 15) ? 1 : 0;
}

static void fill(model *m, model_side *s, model_step *step)
{
    switch (step->kind) {
    case STEP_ISSUE:
        step->word = chance(m, 60) ? ISSUE_MODE_ALL_OR_NONE : ISSUE_MODE_BEST_EFFORT;
        step->store = (uint8_t)model_below(m, 3);
        step->counts[0] = 1 + model_below(m, chance(m, 80) ? 2 : 9);
        step->counts[1] = chance(m, 30) ? 1 + model_below(m, 3) : 0;
        break;
    case STEP_HOLD:
    case STEP_REDEEM:
        fill_order(m, s, step);
        break;
    case STEP_RETURN:
        for (size_t i = 0; i < MODEL_LINES; i++)
            step->quantities[i] = chance(m, i == 0 ? 60 : 15) ? 1 + model_below(m, 2) : 0;
        break;
    case STEP_VOID:
        step->word = (uint8_t)(1 + model_below(m, 3));
        step->coupons[step->coupon_count++] = pick_coupon(m, s, step->user);
        break;
    case STEP_CLOCK:
        step->ms = m->now_ms + pause_ms(m);
        break;
    case STEP_STATE:
        step->word = chance(m, 60)   ? CAMPAIGN_STATE_ACTIVE
                     : chance(m, 60) ? CAMPAIGN_STATE_PAUSED
                                     : CAMPAIGN_STATE_DISABLED;
        break;
    case STEP_LIMITS:
        step->word = (uint8_t)model_below(m, 6);
        step->amount = 1 + (int64_t)model_below(m, 6);
        break;
    case STEP_TEMPLATE:
        step->word = chance(m, 50) ? EDIT_REACH_NEW_ONLY : EDIT_REACH_ALL_UNUSED;
        step->amount = (int64_t)model_below(m, 20);
        break;
    case STEP_STOCK:
    case STEP_BUDGET:
        fill_pool(m, s, step);
        break;
    default:
        break;
    }
}

model_step model_make(model *m, model_side *s)
{
    model_step step = {.kind = choose(m),
                       .user = model_below(m, MODEL_USERS),
                       .campaign = model_below(m, MODEL_CAMPAIGNS),
                       .template = model_below(m, MODEL_TEMPLATES)};
    bool of_hold = step.kind == STEP_REDEEM_HOLD || step.kind == STEP_RELEASE;
    bool of_coupon = step.kind == STEP_HOLD || step.kind == STEP_REDEEM || step.kind == STEP_VOID;
    if ((of_coupon && s->coupon_count == 0) || (of_hold && s->hold_count == 0) ||
        (step.kind == STEP_RETURN && s->redemption_count == 0))
        step.kind = STEP_ISSUE;
    uint32_t recent = s->hold_count < 8 || chance(m, 15) ? s->hold_count : 8;
    if (of_hold && s->hold_count > 0)
        step.hold = s->hold_count - 1 - model_below(m, recent);
    if (step.kind == STEP_RETURN)
        step.redemption = model_below(m, s->redemption_count);
    step.device = chance(m, 92) ? (uint8_t)(1 + model_below(m, MODEL_DEVICES)) : 0;
    fill(m, s, &step);
    return step;
}

void model_learn(model *m, const model_step *step, const model_side *s, uint32_t coupons_before)
{
    for (uint32_t i = coupons_before; i < s->coupon_count; i++)
        m->coupon_user[i] = step->user;
    if (step->kind == STEP_CLOCK)
        m->now_ms = step->ms;
}

void model_step_write(const model_step *step, buf *out)
{
    static const char *const names[STEP_KIND_COUNT] = {
        "issue", "hold",  "confirm", "redeem", "release",  "return", "void",
        "sweep", "clock", "state",   "limits", "template", "stock",  "budget"};
    buf_printf(out, "%s user %u campaign %u template %u order %u hold %u redemption %u word %u",
               names[step->kind], step->user, step->campaign, step->template, step->order,
               step->hold, step->redemption, step->word);
    buf_printf(out, " store %u device %u counts %u %u ms %lld amount %lld current %lld",
               step->store, step->device, step->counts[0], step->counts[1], (long long)step->ms,
               (long long)step->amount, (long long)step->current);
    for (uint32_t i = 0; i < step->coupon_count; i++)
        buf_printf(out, " c%u", step->coupons[i]);
    for (uint32_t i = 0; i < MODEL_LINES; i++)
        buf_printf(out, " %lldx%lld", (long long)step->quantities[i], (long long)step->prices[i]);
}
