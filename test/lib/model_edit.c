/* Steps of the model that change the configuration. See model.h. */
#include "base/id.h"
#include "base/time.h"
#include "domain/campaign/config.h"
#include "domain/campaign/rules.h"
#include "domain/price/benefit_test.h"
#include "domain/price/policy.h"
#include "test/lib/model.h"

static void begin_state(model_side *s, const model_step *step, world_act *a)
{
    campaign_state_in in = {
        .merchant = s->merchant, .campaign = s->campaigns[step->campaign], .state = step->word};
    model_set(s, a, ACT_ID_campaign_state, id_slot(in.campaign), &in);
}

static void begin_window(model_side *s, const model_step *step, world_act *a)
{
    campaign_edit_in in = {.merchant = s->merchant,
                           .campaign = s->campaigns[step->campaign],
                           .fields = CAMPAIGN_CLAIM_UNTIL | CAMPAIGN_USE_UNTIL,
                           .claim_until_ms = step->ms,
                           .use_until_ms = step->amount};
    model_set(s, a, ACT_ID_campaign_edit, id_slot(in.campaign), &in);
}

static void begin_limits(model_side *s, const model_step *step, world_act *a)
{
    limit_rule *rules = ARENA_ARRAY(s->memory, limit_rule, MODEL_LIMITS);
    campaign_edit_in in = {.merchant = s->merchant,
                           .campaign = s->campaigns[step->campaign],
                           .fields = CAMPAIGN_LIMITS};
    in.limits.items = rules;
    in.limits.n = model_limits(step->limits, LIMIT_SUBJECT_CAMPAIGN, rules);
    model_set(s, a, ACT_ID_campaign_edit, id_slot(in.campaign), &in);
}

/* In the order of model.h. */
static const uint8_t policies[MODEL_POLICIES] = {POLICY_REPEATED, POLICY_WINDOW_END,
                                                 POLICY_RETURNED_USE, POLICY_BUDGET};

static void begin_merchant(model_side *s, const model_step *step, world_act *a)
{
    limit_rule *rules = ARENA_ARRAY(s->memory, limit_rule, MODEL_LIMITS);
    merchant_put_in in = {
        .id = s->merchant, .name = S("Deli"), .zone = S("America/New_York"), .currency = S("USD")};
    in.limits.items = rules;
    in.limits.n = model_limits(step->limits == 0 ? s->merchant_limits : step->limits, 0, rules);
    in.policy.items = ARENA_ARRAY(s->memory, policy_choice, MODEL_POLICIES);
    for (size_t i = 0; i < MODEL_POLICIES; i++)
        if (step->policy[i] != 0)
            in.policy.items[in.policy.n++] =
                (policy_choice){policy_at(policies[i]).number, step->policy[i]};
    for (size_t i = 0; i < in.limits.n; i++)
        rules[i].max += 6;
    model_set(s, a, ACT_ID_merchant_put, id_slot(in.id), &in);
}

static void begin_template(model_side *s, const model_step *step, world_act *a)
{
    uint32_t t = step->template;
    limit_rule *rules = ARENA_ARRAY(s->memory, limit_rule, MODEL_LIMITS);
    template_put_in in =
        model_template(s, t, step->limits == 0 ? s->limits[t] : step->limits, rules);
    in.template = s->templates[t];
    in.reach = t < MODEL_TEMPLATES ? step->word : EDIT_REACH_NEW_ONLY;
    if (in.validity == VALIDITY_KIND_FIXED)
        in.valid_until_ms += step->amount % 3 * MS_DAY;
    else
        in.duration_days = (uint32_t)(7 + step->amount % 5);
    TEST_SET(in, TERM_COMMON_MINIMUM_SPEND, step->amount % 3 * 900);
    if (in.benefit == BENEFIT_KIND_AMOUNT_OFF)
        TEST_SET(in, TERM_AMOUNT_OFF_AMOUNT, 500 + step->amount * 20);
    if (in.benefit == BENEFIT_KIND_PERCENT_OFF)
        TEST_SET(in, TERM_PERCENT_OFF_PERCENT, (500 + step->amount * 100) * 100);
    model_set(s, a, ACT_ID_template_put, id_slot(in.template), &in);
}

static void begin_pool(model_side *s, const model_step *step, world_act *a)
{
    bool stock = step->kind == STEP_STOCK;
    pool_change_in in = {.merchant = s->merchant,
                         .owner =
                             stock ? s->templates[step->template] : s->campaigns[step->campaign],
                         .kind = stock ? POOL_KIND_STOCK : POOL_KIND_BUDGET,
                         .current = step->current,
                         .target = step->amount};
    model_set(s, a, ACT_ID_pool_change, id_slot(in.owner), &in);
}

static void end_row(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    model_say(facts, a->code);
    buf_printf(facts, " v%u", ((const row_out *)a->out)->version);
    if (a->code != R_DONE)
        return;
    if (step->kind == STEP_MERCHANT)
        memcpy(s->policy, step->policy, sizeof s->policy);
    if (step->limits == 0)
        return;
    if (step->kind == STEP_TEMPLATE)
        s->limits[step->template] = step->limits;
    else if (step->kind == STEP_LIMITS)
        s->campaign_limits[step->campaign] = step->limits;
    else
        s->merchant_limits = step->limits;
}

const model_act model_edits[STEP_REPEAT] = {
    [STEP_STATE] = {begin_state, end_row},       [STEP_WINDOW] = {begin_window, end_row},
    [STEP_LIMITS] = {begin_limits, end_row},     [STEP_MERCHANT] = {begin_merchant, end_row},
    [STEP_TEMPLATE] = {begin_template, end_row}, [STEP_STOCK] = {begin_pool, end_row},
    [STEP_BUDGET] = {begin_pool, end_row},
};
