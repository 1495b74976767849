/* What the worlds of the model begin with: a merchant, three campaigns, two templates of each, two
 * automatic ones; and dice for limits. See model.h. */
#include "base/id.h"
#include "base/time.h"
#include "domain/campaign/config.h"
#include "domain/price/benefit_test.h"
#include "domain/rule/word.h"
#include "test/lib/model.h"

enum { FIRST_SLOT = 1234 };

str model_user(uint32_t number)
{
    static const char *const names[MODEL_USERS] = {"ann", "bob", "cid", "dee", "eve",
                                                   "fay", "gus", "hal", "ida"};
    return str_of(names[number]);
}

uint32_t model_campaign_of(uint32_t template_number)
{
    uint32_t first = MODEL_CAMPAIGNS - MODEL_PROMOTIONS;
    return template_number < MODEL_TEMPLATES ? template_number / 2
                                             : first + template_number - MODEL_TEMPLATES;
}

static void make(model_side *s, act_id id, uint16_t slot, const void *in, row_out *out)
{
    world_act one = {.id = id, .slot = slot, .in = in, .out = out, .memory = s->memory};
    result r = world_run(&s->world, &one);
    CHECK(r == R_DONE);
}

static uint64_t make_campaign(model_side *s, uint8_t budget_kind, int64_t budget)
{
    int64_t claim_days = budget_kind == BUDGET_MODE_AT_ISSUE ? 150
                         : budget_kind == BUDGET_MODE_NONE   ? 3
                                                             : 6;
    campaign_create_in in = {.slot = (uint16_t)(FIRST_SLOT + budget_kind),
                             .merchant = s->merchant,
                             .name = S("Spring"),
                             .currency = S("USD"),
                             .claim_from_ms = MODEL_START_MS,
                             .claim_until_ms = MODEL_START_MS + claim_days * MS_DAY,
                             .use_from_ms = MODEL_START_MS,
                             .use_until_ms = MODEL_START_MS + (claim_days + 3) * MS_DAY,
                             .budget_mode = budget_kind,
                             .budget_minor = budget};
    row_out out = {0}, ignored = {0};
    make(s, ACT_ID_campaign_create, in.slot, &in, &out);
    campaign_state_in go = {
        .merchant = s->merchant, .campaign = out.id, .state = CAMPAIGN_STATE_ACTIVE};
    make(s, ACT_ID_campaign_state, in.slot, &go, &ignored);
    return out.id;
}

/* ---- limits ---- */

enum { FIRST_LIMITS = 2 };
static const limit_rule first_limits[MODEL_ALL][FIRST_LIMITS] = {
    {{LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, MODEL_CLAIMS_EVER, 0, 0, 0},
     {LIMIT_MEASURE_UNITS, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_ROLLING, 12, MS_DAY, 0, 0}},
    {{LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 2, 0, 0, 0},
     {LIMIT_MEASURE_MONEY, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_DAY, 2500, 0, 0, 0}},
    {{LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_EVER, MODEL_DEVICE_CLAIMS, 0, 0, 0},
     {LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_STORE, LIMIT_PERIOD_WEEK, 6, 0, 0, 0}},
    {{LIMIT_MEASURE_UNITS, LIMIT_SUBJECT_TEMPLATE, LIMIT_PERIOD_DAY, 9, 0, 0, 0}},
    {{LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_ROLLING, 6, 30 * MS_HOUR, 0, 0}},
    {{LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_TEMPLATE, LIMIT_PERIOD_MONTH, 20, 0, 0, 0}},
    {{LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 2, 0, 0, 0},
     {LIMIT_MEASURE_MONEY, LIMIT_SUBJECT_TEMPLATE, LIMIT_PERIOD_WEEK, 6000, 0, 0, 0}},
    {{LIMIT_MEASURE_UNITS, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_DAY, 8, 0, 0, 0},
     {LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, 9, 0, 0, 0}},
};

static limit_rule any_rule(model *dice, limit_subject all)
{
    static const int64_t windows[] = {MS_HOUR, 6 * MS_HOUR, 30 * MS_HOUR};
    limit_rule rule = {.measure = (uint8_t)(1 + model_below(dice, LIMIT_MEASURE_COUNT - 1)),
                       .subject = LIMIT_SUBJECT_USER,
                       .period = (uint8_t)(1 + model_below(dice, LIMIT_PERIOD_MONTH))};
    if (all == 0 && rule.measure == LIMIT_MEASURE_MONEY)
        rule.measure = LIMIT_MEASURE_UNITS;
    if (all != 0 && model_chance(dice, 50))
        rule.subject = model_chance(dice, 50) ? LIMIT_SUBJECT_STORE : (uint8_t)all;
    else if (model_chance(dice, 30))
        rule.subject = LIMIT_SUBJECT_DEVICE;
    bool by_one = rule.subject == LIMIT_SUBJECT_USER || rule.subject == LIMIT_SUBJECT_DEVICE;
    bool may_roll = by_one && rule.measure != LIMIT_MEASURE_MONEY;
    if (may_roll && model_chance(dice, 40)) {
        rule.period = LIMIT_PERIOD_ROLLING;
        rule.window_ms = windows[model_below(dice, ARRAY_LEN(windows))];
    }
    rule.max = by_one ? 1 + model_below(dice, 6) : 3 + model_below(dice, 40);
    if (rule.measure != LIMIT_MEASURE_CLAIMS)
        rule.max *= rule.measure == LIMIT_MEASURE_MONEY ? 700 : 2;
    if (model_chance(dice, 4))
        rule.max = 0;
    return rule;
}

static bool same_count(const limit_rule *a, const limit_rule *b)
{
    return a->measure == b->measure && a->subject == b->subject && a->period == b->period &&
           a->window_ms == b->window_ms;
}

/* Some more behind the n that are there. The lowest two bits of the dice only say how large. */
static size_t add_limits(uint64_t random, limit_subject all, limit_rule *rules, size_t n)
{
    model dice = {.random = random | 3};
    size_t wanted = n;
    while (wanted < MODEL_LIMITS && model_chance(&dice, 45))
        wanted++;
    while (n < wanted) {
        rules[n] = any_rule(&dice, all);
        size_t twin = 0;
        while (!same_count(&rules[twin], &rules[n]))
            twin++;
        rules[n].max = rules[n].max * (1 + (int64_t)(random & 3)) / 2;
        if (twin == n)
            n++;
    }
    return n;
}

/* Of an automatic template nobody claims anything. */
static size_t without_claims(limit_rule *rules, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (rules[i].measure != LIMIT_MEASURE_CLAIMS)
            rules[kept++] = rules[i];
    return kept;
}

size_t model_limits(uint64_t dice, limit_subject all, limit_rule out[MODEL_LIMITS])
{
    return add_limits(dice, all, out, 0);
}

/* ---- templates ---- */

/* Kinds of benefit, each drawn for a template with these terms. */
enum { BENEFIT_TERMS = 3 };
static const struct {
    uint8_t kind;
    struct {
        uint8_t place;
        int64_t value;
    } terms[BENEFIT_TERMS];
} benefits[] = {
    {BENEFIT_KIND_AMOUNT_OFF, {{TERM_AMOUNT_OFF_AMOUNT, 700}}},
    {BENEFIT_KIND_PERCENT_OFF, {{TERM_PERCENT_OFF_PERCENT, 150000}}},
    {BENEFIT_KIND_AMOUNT_OFF,
     {{TERM_AMOUNT_OFF_AMOUNT, 150}, {TERM_AMOUNT_OFF_PER, WORD_AMOUNT_OFF_UNIT}}},
    {BENEFIT_KIND_REDUCE_TO, {{TERM_REDUCE_TO_AMOUNT, 1500}}},
    {BENEFIT_KIND_PER_FULL_CUT,
     {{TERM_PER_FULL_CUT_FULL, 1000},
      {TERM_PER_FULL_CUT_AMOUNT, 120},
      {TERM_PER_FULL_CUT_TIMES, 5}}},
    {BENEFIT_KIND_EXCHANGE, {{TERM_EXCHANGE_PRICE, 100}, {TERM_EXCHANGE_QUANTITY, 2}}},
    {BENEFIT_KIND_BUY_X_GET_Y, {{TERM_BUY_X_GET_Y_BUY, 2}, {TERM_BUY_X_GET_Y_GET, 1}}},
    {BENEFIT_KIND_NTH_ITEM, {{TERM_NTH_ITEM_NTH, 2}, {TERM_NTH_ITEM_PERCENT, 500000}}},
    {BENEFIT_KIND_CHEAPEST_FREE, {{TERM_CHEAPEST_FREE_OF, 3}}},
    {BENEFIT_KIND_FIXED_PRICE, {{TERM_FIXED_PRICE_PRICE, 900}}},
    {BENEFIT_KIND_FIRST_UNITS, {{TERM_FIRST_UNITS_UNITS, 2}, {TERM_FIRST_UNITS_PRICE, 500}}},
    {BENEFIT_KIND_STORED_VALUE, {{TERM_STORED_VALUE_VALUE, MODEL_VALUE}}},
    {BENEFIT_KIND_ADD_ON, {{TERM_ADD_ON_AMOUNT, 250}}},
    {BENEFIT_KIND_ADD_ON, {{TERM_ADD_ON_PERCENT, 70000}}},
    {BENEFIT_KIND_HAND_OVER, {{0, 0}}},
};

/* No budget pays for what is added for sellers, and nobody has a stored value, or something that is
 * handed over, that is automatic. */
static bool may_have(uint32_t number, uint8_t row)
{
    uint8_t kind = benefits[row].kind;
    bool owned = kind == BENEFIT_KIND_STORED_VALUE || kind == BENEFIT_KIND_HAND_OVER;
    return (kind != BENEFIT_KIND_ADD_ON || model_campaign_of(number) == MODEL_CAMPAIGNS - 1) &&
           (!owned || number < MODEL_TEMPLATES);
}

static uint8_t draw_benefit(model *dice, uint32_t number)
{
    uint8_t row;
    do
        row = (uint8_t)model_below(dice, ARRAY_LEN(benefits));
    while (!may_have(number, row));
    return row;
}

static void set_benefit(template_put_in *in, uint8_t row)
{
    in->benefit = benefits[row].kind;
    in->asset = in->benefit == BENEFIT_KIND_HAND_OVER ? S("music") : S("");
    for (size_t i = 0; i < BENEFIT_TERMS && benefits[row].terms[i].place != 0; i++)
        TEST_SET(*in, benefits[row].terms[i].place, benefits[row].terms[i].value);
}

/* Of one template in each campaign a coupon has more than one use; a stored value has its money. */
static void set_uses(template_put_in *in, uint32_t number)
{
    if (number % 2 == 1 && number < MODEL_TEMPLATES && in->benefit != BENEFIT_KIND_STORED_VALUE) {
        in->uses = MODEL_USES;
        in->use_interval_ms = number == 3 ? 6 * MS_HOUR : 0;
    }
}

/* Of some templates others than the merchant pay, by shares, first amounts, caps and budgets that
 * run out; with other dice other parties, so that some are past ones. */
static void set_funding(template_put_in *in, uint32_t number, uint64_t limits)
{
    static fund_party acme_first[] = {
        {.kind = PARTY_KIND_ADVERTISER,
         .name = {"Acme", 4},
         .first_minor = 200,
         .budget_minor = -1},
        {.kind = PARTY_KIND_MERCHANT, .share = 1000000, .budget_minor = -1}};
    static fund_party thirds[] = {
        {.kind = PARTY_KIND_PLATFORM, .share = 333333, .at_most_minor = 150, .budget_minor = -1},
        {.kind = PARTY_KIND_ADVERTISER, .name = {"Acme", 4}, .share = 333333, .budget_minor = 900},
        {.kind = PARTY_KIND_MERCHANT, .share = 333334, .budget_minor = -1}};
    static fund_party all_of_it[] = {{.kind = PARTY_KIND_PARTNER,
                                      .name = {"Bob", 3},
                                      .share = 1000000,
                                      .at_most_minor = 400,
                                      .budget_minor = 1500},
                                     {.kind = PARTY_KIND_PLATFORM, .budget_minor = -1}};
    static const struct {
        fund_party *items;
        size_t n;
    } fundings[] = {{acme_first, ARRAY_LEN(acme_first)},
                    {thirds, ARRAY_LEN(thirds)},
                    {all_of_it, ARRAY_LEN(all_of_it)},
                    {NULL, 0}};
    if (in->benefit == BENEFIT_KIND_ADD_ON || in->benefit == BENEFIT_KIND_HAND_OVER)
        return; /* it takes nothing off */
    size_t which = (number + (limits >> 2)) % ARRAY_LEN(fundings);
    in->funding.items = fundings[which].items;
    in->funding.n = fundings[which].n;
}

template_put_in model_template(const model_side *s, uint32_t number, uint64_t limits,
                               limit_rule rules[MODEL_LIMITS])
{
    static rule_node skus[] = {{.op = RULE_OP_IN, .fact = RULE_FACT_LINE_SKU, .n = 2},
                               {.op = RULE_OP_VALUE, .text = {"a", 1}},
                               {.op = RULE_OP_VALUE, .text = {"b", 1}}};
    static rule_node food[] = {{.op = RULE_OP_HAS_ANY, .fact = RULE_FACT_LINE_CATEGORIES, .n = 1},
                               {.op = RULE_OP_VALUE, .text = {"food", 4}}};
    static rule_node others[] = {
        {.op = RULE_OP_HAS_NONE, .fact = RULE_FACT_LINE_CATEGORIES, .n = 1},
        {.op = RULE_OP_VALUE, .text = {"food", 4}}};
    static const uint8_t refunds[MODEL_ALL] = {
        REFUND_RULE_KEEP, REFUND_RULE_REPRICE,   REFUND_RULE_CLAW_BACK, REFUND_RULE_REPRICE,
        REFUND_RULE_KEEP, REFUND_RULE_CLAW_BACK, REFUND_RULE_REPRICE,   REFUND_RULE_KEEP};
    static const int64_t stocks[MODEL_ALL] = {40, 40, 40, -1, -1, 25, -1, -1};
    bool automatic = number >= MODEL_TEMPLATES;
    bool fixed = number == 4 || automatic;
    template_put_in in = {
        .merchant = s->merchant,
        .campaign = s->campaigns[model_campaign_of(number)],
        .stock = stocks[number],
        .name = S("Some off"),
        .validity = fixed ? VALIDITY_KIND_FIXED : VALIDITY_KIND_AFTER_ISSUE,
        .valid_from_ms = fixed ? MODEL_START_MS : 0,
        .valid_until_ms = fixed ? MODEL_START_MS + 40 * MS_DAY : 0,
        .delay_days = number == 1 ? 1 : 0,
        .duration_days = fixed ? 0 : 8,
        .whole_days = number == 3 || number == 5,
        .refund = refunds[number],
        .grace_days = number == 2 ? 5 : 0,
        .reach = EDIT_REACH_NEW_ONLY,
        .apply = automatic ? APPLY_MODE_AUTOMATIC : APPLY_MODE_COUPON,
    };
    set_benefit(&in, s->benefits[number]);
    set_uses(&in, number);
    set_funding(&in, number, limits);
    static const uint8_t transfers[MODEL_ALL] = {3, 2, 1, 16, 0, 2, 0, 0};
    in.transfers = transfers[number];
    in.offer_ms = in.transfers > 0 ? 5 * MS_DAY : 0;
    TEST_SET(in, TERM_COMMON_CAP, number < 2 ? 1200 : 0); /* a budget at issue asks for a bound */
    TEST_SET(in, TERM_COMMON_MINIMUM_SPEND, number == 3 ? 0 : 2000);
    in.scope.items = number == 2 ? skus : number == 4 ? others : food;
    in.scope.n = number == 2 ? ARRAY_LEN(skus) : number >= 4 ? ARRAY_LEN(food) : 0;
    bool stand = number == 0 || number == 2; /* model_bounds.c counts on the first */
    size_t n = limits == 0 ? FIRST_LIMITS : stand ? 1 : 0;
    while (n > 0 && first_limits[number][n - 1].measure == 0)
        n--;
    memcpy(rules, first_limits[number], n * sizeof *rules);
    in.limits.items = rules;
    in.limits.n = limits == 0 ? n : add_limits(limits, LIMIT_SUBJECT_TEMPLATE, rules, n);
    if (automatic)
        in.limits.n = without_claims(rules, in.limits.n);
    return in;
}

/* ---- opening ---- */

void model_side_open(model_side *s, const world_engine *engine, uint64_t dice)
{
    model benefit_dice = {.random = dice};
    *s = (model_side){.memory = arena_new(0)};
    for (uint32_t i = 0; i < MODEL_ALL; i++)
        s->benefits[i] = draw_benefit(&benefit_dice, i);
    s->partnered = model_chance(&benefit_dice, 60);
    world_open(&s->world, engine, MODEL_START_MS);
    s->merchant = world_merchant(&s->world, S("Deli"), S("America/New_York"));
    s->campaigns[0] = make_campaign(s, BUDGET_MODE_AT_ISSUE, 50000);
    s->campaigns[1] = make_campaign(s, BUDGET_MODE_AT_REDEEM, 20000);
    s->campaigns[2] = make_campaign(s, BUDGET_MODE_NONE, 0);
    for (uint32_t i = 0; i < MODEL_ALL; i++) {
        limit_rule rules[MODEL_LIMITS];
        template_put_in in = model_template(s, i, 0, rules);
        row_out out = {0};
        if (i == MODEL_PARTNERED && s->partnered) {
            in.partner = S("Lotus");
            in.stock = -1;
        }
        make(s, ACT_ID_template_put, id_slot(in.campaign), &in, &out);
        s->templates[i] = out.id;
    }
    model_codes_open(s);
    model_people_open(s);
    for (size_t i = 0; i < MODEL_KEPT; i++)
        s->kept[i].act.memory = arena_new(0);
}

void model_side_close(model_side *s)
{
    world_close(&s->world);
    for (size_t i = 0; i < MODEL_KEPT; i++)
        arena_free(s->kept[i].act.memory);
    arena_free(s->memory);
}
