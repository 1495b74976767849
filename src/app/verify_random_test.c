/* verify is silent on a healthy store: whatever acts ran, whichever limits and budgets there are,
 * also when the store withholds rows and splits batches. The seed of a failure is printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "app/verify.h"
#include "base/id.h"
#include "base/time.h"
#include "domain/limit/level.h"
#include "domain/limit/pool.h"
#include "domain/price/benefit_test.h"
#include "test/lib/domain_fixture.h"

enum {
    SEEDS = 6,
    STEPS = 600,
    USERS = 12,
    CAMPAIGNS = 4,
    TEMPLATES = 8,
    PROMOTIONS = 3,
    KEPT_MAX = 400,
    STORES = 3,
    DEVICES = 5,
    VERIFY_EVERY = 150,
};

typedef struct run {
    fix *f;
    uint64_t random;
    uint64_t campaigns[CAMPAIGNS], templates[TEMPLATES];
    uint64_t coupons[KEPT_MAX], holds[KEPT_MAX], redemptions[KEPT_MAX];
    uint64_t owner[KEPT_MAX]; /* user of coupons[i] */
    size_t coupon_n, hold_n, redemption_n, orders;
    int64_t stock[TEMPLATES];
    size_t done;
    uint64_t promotions[PROMOTIONS];
    size_t promoted; /* redemptions with one */
    size_t euros;    /* redemptions in them */
} run;

static uint64_t below(run *r, uint64_t n)
{
    r->random ^= r->random >> 12;
    r->random ^= r->random << 25;
    r->random ^= r->random >> 27;
    return (r->random * UINT64_C(2685821657736338717) >> 11) % n;
}

static str user_name(run *r, uint64_t i)
{
    return arena_printf(r->f->memory, "user-%llu", (unsigned long long)i);
}

static str store_name(run *r)
{
    uint64_t i = below(r, STORES + 1);
    return i == STORES ? (str){NULL, 0}
                       : arena_printf(r->f->memory, "store-%llu", (unsigned long long)i);
}

/* One of a few devices and phones, or none. */
static void name_subjects(run *r)
{
    r->f->names = (subject_names){0};
    if (below(r, 8) > 0)
        r->f->names.device =
            arena_printf(r->f->memory, "device-%llu", (unsigned long long)below(r, DEVICES));
    if (below(r, 8) > 0)
        r->f->names.phone =
            arena_printf(r->f->memory, "phone-%llu", (unsigned long long)below(r, DEVICES));
}

static const int64_t lots = 1000;

static limit_rule any_limit(run *r, limit_subject all)
{
    const limit_subject subjects[] = {LIMIT_SUBJECT_USER,  LIMIT_SUBJECT_USER,
                                      LIMIT_SUBJECT_STORE, LIMIT_SUBJECT_DEVICE,
                                      LIMIT_SUBJECT_PHONE, all};
    limit_rule rule = fix_limit((limit_measure)(1 + below(r, LIMIT_MEASURE_COUNT - 1)),
                                subjects[below(r, ARRAY_LEN(subjects))],
                                (limit_period)(1 + below(r, LIMIT_PERIOD_COUNT - 1)),
                                (int64_t)(2 + below(r, 30)));
    if (rule.measure == LIMIT_MEASURE_MONEY)
        rule.max *= lots;
    bool may_roll =
        limit_way_of(rule.subject) != LIMIT_SHARED && rule.measure != LIMIT_MEASURE_MONEY;
    if (rule.period == LIMIT_PERIOD_ROLLING && !may_roll)
        rule.period = LIMIT_PERIOD_DAY;
    if (rule.period == LIMIT_PERIOD_ROLLING)
        rule.window_ms = 3 * MS_DAY;
    return rule;
}

/* One each of what can be limited, so that rules do not say the same twice. */
static size_t some_limits(run *r, limit_rule *out, size_t most, limit_subject all)
{
    size_t n = 0;
    for (size_t wanted = below(r, most + 1); n < wanted; n++) {
        out[n] = any_limit(r, all);
        for (size_t i = 0; i < n; i++)
            if (out[i].measure == out[n].measure)
                return n;
    }
    return n;
}

static void limit_merchant(run *r)
{
    limit_rule limits[4];
    merchant_put_in in = {
        .id = r->f->merchant, .name = S("Shop"), .zone = S("Test/East"), .currency = S("USD")};
    in.limits.items = limits;
    in.limits.n = some_limits(r, limits, 3, LIMIT_SUBJECT_USER);
    for (size_t i = 0; i < in.limits.n; i++) {
        if (limits[i].subject == LIMIT_SUBJECT_STORE)
            limits[i].subject = LIMIT_SUBJECT_USER;
        limits[i].max += 10;
        if (limits[i].measure == LIMIT_MEASURE_MONEY)
            limits[i].measure = LIMIT_MEASURE_UNITS;
    }
    row_out out = {0};
    MAYBE(fix_run(r->f, ACT_ID_merchant_put, id_slot(in.id), &in, &out) == R_DONE);
}

/* One in two templates is good in euros, too, where nothing counts money. */
static void no_money(limit_rule *limits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (limits[i].measure == LIMIT_MEASURE_MONEY)
            limits[i].measure = LIMIT_MEASURE_UNITS;
}

static bool has_euros(size_t campaign_i)
{
    return campaign_i % 3 == 0;
}

static void make_campaign(run *r, size_t i)
{
    limit_rule limits[4];
    campaign_create_in in = fix_campaign_in(r->f);
    in.slot = (uint16_t)(100 + 37 * i);
    in.budget_mode = (uint8_t)(BUDGET_MODE_NONE + i % 3);
    in.budget_minor = in.budget_mode == BUDGET_MODE_NONE ? 0 : 60 * lots;
    in.limits.items = limits;
    in.limits.n = some_limits(r, limits, 3, LIMIT_SUBJECT_CAMPAIGN);
    if (has_euros(i))
        no_money(limits, in.limits.n);
    r->campaigns[i] = fix_campaign(r->f, &in);
}

/* Of its coupons: one use, a number, or as many as their money lasts for. Campaigns take turns, so
 * each kind meets each mode of budget; what adds for sellers is in one that has none. */
enum { ONE = '1', MANY = 'n', MONEY = '$', ADDS = '+' };
static const char uses_of[TEMPLATES + 1] = "1$nn1n$+";

static void some_uses(run *r, size_t i, template_put_in *in)
{
    if (uses_of[i] == ONE)
        return;
    if (uses_of[i] == ADDS) {
        in->benefit = BENEFIT_KIND_ADD_ON; /* as much */
        return;
    }
    bool stored = uses_of[i] == MONEY;
    in->uses = stored ? 0 : (uint32_t)(2 + below(r, 4));
    in->use_interval_ms = below(r, 3) == 0 ? (int64_t)(1 + below(r, 30)) * MS_HOUR : 0;
    if (stored) {
        in->benefit = BENEFIT_KIND_STORED_VALUE;
        TEST_SET(*in, TERM_STORED_VALUE_VALUE, (int64_t)(1000 + below(r, 9000)));
    }
}

static void make_template(run *r, size_t i)
{
    limit_rule limits[4];
    template_put_in in = fix_template_in(r->f, r->campaigns[i % CAMPAIGNS]);
    in.stock = i % 3 == 0 ? -1 : (int64_t)(10 + below(r, 60));
    r->stock[i] = in.stock;
    TEST_SET(in, TERM_AMOUNT_OFF_AMOUNT, (int64_t)(100 + below(r, 2000)));
    TEST_SET(in, TERM_COMMON_MINIMUM_SPEND, below(r, 2) == 0 ? 0 : 1000);
    some_uses(r, i, &in);
    in.refund = (uint8_t)(1 + below(r, 3));
    in.grace_days = (uint32_t)below(r, 3);
    in.validity = VALIDITY_KIND_AFTER_ISSUE;
    in.valid_from_ms = 0;
    in.valid_until_ms = 0;
    in.duration_days = (uint32_t)(1 + below(r, 6));
    in.limits.items = limits;
    in.limits.n = some_limits(r, limits, 3, LIMIT_SUBJECT_TEMPLATE);
    if (has_euros(i % CAMPAIGNS) && in.benefit != BENEFIT_KIND_STORED_VALUE) {
        no_money(limits, in.limits.n);
        TEST_LIST(in, S("EUR"));
    }
    r->templates[i] = fix_template(r->f, &in);
}

/* In campaigns without a budget and with one at redeem, in turn. */
static void put_promotion(run *r, size_t i)
{
    limit_rule limits[4];
    template_put_in in = fix_template_in(r->f, r->campaigns[i % 2 == 0 ? 0 : 2]);
    in.template = r->promotions[i];
    in.apply = APPLY_MODE_AUTOMATIC;
    in.reach = EDIT_REACH_NEW_ONLY;
    in.priority = (int32_t)below(r, 3) - 1;
    in.refund = (uint8_t)(1 + below(r, 3));
    TEST_SET(in, TERM_AMOUNT_OFF_AMOUNT, (int64_t)(50 + below(r, 300)));
    TEST_SET(in, TERM_COMMON_MINIMUM_SPEND, below(r, 2) == 0 ? 0 : 1000);
    in.limits.items = limits;
    in.limits.n = some_limits(r, limits, 3, LIMIT_SUBJECT_TEMPLATE);
    for (size_t k = 0; k < in.limits.n; k++)
        if (limits[k].measure == LIMIT_MEASURE_CLAIMS)
            in.limits.n = k;
    if (i % 2 == 0) {
        no_money(limits, in.limits.n);
        TEST_LIST(in, S("EUR"));
    }
    r->promotions[i] = fix_template(r->f, &in);
}

static result claim(run *r)
{
    uint64_t i = below(r, USERS);
    if (r->coupon_n + 3 > KEPT_MAX)
        return R_DONE;
    uint64_t made[3];
    issue_item items[2] = {{r->templates[below(r, TEMPLATES)], (uint32_t)(1 + below(r, 2))},
                           {r->templates[below(r, TEMPLATES)], 1}};
    issue_in in = {.merchant = r->f->merchant,
                   .user = user_name(r, i),
                   .source = COUPON_SOURCE_CLAIM,
                   .mode = (uint8_t)(1 + below(r, 2)),
                   .store = store_name(r)};
    in.items.items = items;
    in.items.n = 1 + below(r, 2);
    issue_out out = {0};
    MAYBE(made);
    result code = fix_run(r->f, ACT_ID_issue, slot_of_user(r->f->merchant, in.user), &in, &out);
    for (size_t k = 0; code == R_DONE && k < out.coupons.n && r->coupon_n < KEPT_MAX; k++) {
        r->owner[r->coupon_n] = i;
        r->coupons[r->coupon_n++] = out.coupons.items[k].coupon;
    }
    return code;
}

/* Up to two coupons of one user, or none: then of anybody. */
static bool any_order(run *r, fix_order *o, uint64_t coupons[2], order_line lines[3])
{
    bool none = below(r, 6) == 0;
    if (r->coupon_n == 0)
        return false;
    size_t first = below(r, r->coupon_n), second = below(r, r->coupon_n);
    coupons[0] = r->coupons[first];
    coupons[1] = r->coupons[second];
    bool two = first != second && r->owner[first] == r->owner[second];
    static const str skus[] = {{"tea", 3}, {"cup", 3}, {"pot", 3}, {"tea", 3}};
    size_t n = 1 + below(r, 3);
    for (size_t i = 0; i < n; i++)
        lines[i] = (order_line){.sku = skus[below(r, ARRAY_LEN(skus))],
                                .category = S("drinks"),
                                .quantity = (int64_t)(1 + below(r, 3)),
                                .unit_minor = (int64_t)(200 + below(r, 3000))};
    *o = (fix_order){.user = user_name(r, none ? below(r, 2 * USERS) : r->owner[first]),
                     .number = arena_printf(r->f->memory, "o-%zu", r->orders),
                     .store = store_name(r),
                     .channel = below(r, 2) == 0 ? S("app") : S("till"),
                     .coupons = coupons,
                     .coupon_count = none  ? 0
                                     : two ? 2
                                           : 1,
                     .lines = lines,
                     .line_count = n,
                     .hold_ms = (int64_t)(1 + below(r, 20)) * MS_HOUR,
                     .currency = below(r, 4) == 0 ? S("EUR") : S("")};
    r->orders += below(r, 4) > 0; /* some numbers are used again */
    return true;
}

static result take_hold(run *r)
{
    fix_order o;
    uint64_t coupons[2];
    order_line lines[3];
    if (r->hold_n == KEPT_MAX || !any_order(r, &o, coupons, lines))
        return R_DONE;
    result code = fix_hold(r->f, &o, &r->holds[r->hold_n]);
    r->hold_n += code == R_DONE;
    return code;
}

static result redeem(run *r)
{
    fix_order o;
    uint64_t coupons[2];
    order_line lines[3];
    if (r->redemption_n == KEPT_MAX || !any_order(r, &o, coupons, lines))
        return R_DONE;
    result code =
        r->hold_n > 0 && below(r, 2) == 0
            ? fix_redeem_hold(r->f, r->holds[below(r, r->hold_n)], &r->redemptions[r->redemption_n])
            : fix_redeem(r->f, &o, &r->redemptions[r->redemption_n]);
    if (code != R_DONE)
        return code;
    redemption row = fix_redemption(r->f, r->redemptions[r->redemption_n++]);
    bool promoted = false;
    for (size_t i = 0; i < row.applied.n; i++)
        promoted = promoted || row.applied.items[i].coupon == 0;
    r->promoted += promoted;
    r->euros += str_eq(row.currency, S("EUR"));
    return R_DONE;
}

static result give_back(run *r)
{
    if (r->redemption_n == 0)
        return R_DONE;
    return_line line = {.line = (uint16_t)below(r, 3), .quantity = 1};
    return fix_return(r->f, r->redemptions[below(r, r->redemption_n)], &line, below(r, 3) > 0,
                      NULL);
}

static result change_stock(run *r)
{
    size_t i = below(r, TEMPLATES);
    int64_t target = below(r, 6) == 0 ? -1 : (int64_t)(5 + below(r, 80));
    pool_change_in in = {.merchant = r->f->merchant,
                         .owner = r->templates[i],
                         .kind = POOL_KIND_STOCK,
                         .current = r->stock[i],
                         .target = target};
    row_out out = {0};
    result code = fix_run(r->f, ACT_ID_pool_change, id_slot(in.owner), &in, &out);
    if (code == R_DONE)
        r->stock[i] = target;
    return code;
}

/* A new version with other limits, one in two of the same kind as before. */
static result edit_limits(run *r)
{
    limit_rule limits[4];
    size_t i = below(r, TEMPLATES);
    template_put_in in = fix_template_in(r->f, 0);
    in.template = r->templates[i];
    TEST_SET(in, TERM_AMOUNT_OFF_AMOUNT, 400);
    in.uses = uses_of[i] == MANY ? (uint32_t)(2 + below(r, 4)) : 0;
    in.reach = below(r, 2) == 0 ? EDIT_REACH_ALL_UNUSED : EDIT_REACH_NEW_ONLY;
    in.validity = VALIDITY_KIND_AFTER_ISSUE;
    in.valid_from_ms = 0;
    in.valid_until_ms = 0;
    in.duration_days = 7;
    in.limits.items = limits;
    in.limits.n = some_limits(r, limits, 3, LIMIT_SUBJECT_TEMPLATE);
    row_out out = {0};
    return fix_run(r->f, ACT_ID_template_put, id_slot(in.template), &in, &out);
}

static result step(run *r)
{
    uint64_t what = below(r, 100);
    name_subjects(r);
    if (what < 35)
        return claim(r);
    if (what < 55)
        return take_hold(r);
    if (what < 72)
        return redeem(r);
    if (what < 77)
        return r->hold_n == 0 ? R_DONE : fix_release(r->f, r->holds[below(r, r->hold_n)]);
    if (what < 85)
        return give_back(r);
    if (what < 90)
        return r->coupon_n == 0 ? R_DONE
                                : fix_void(r->f, r->coupons[below(r, r->coupon_n)],
                                           (void_reason)(1 + below(r, 3)));
    if (what < 93)
        return change_stock(r);
    if (what < 94)
        return edit_limits(r);
    if (what == 94)
        limit_merchant(r);
    else if (what == 95)
        put_promotion(r, below(r, PROMOTIONS));
    else if (what < 97)
        fix_pass(r->f, (int64_t)below(r, 20) * MS_HOUR);
    else
        fix_sweep(r->f);
    return R_DONE;
}

static void tell(void *context, const verify_difference *d)
{
    fprintf(stderr, "seed %llu: %s  %.*s  %.*s: expected %.*s, is %.*s\n",
            *(unsigned long long *)context, d->check, STR_ARG(d->subject), STR_ARG(d->field),
            STR_ARG(d->expected), STR_ARG(d->actual));
}

static void check(run *r, unsigned long long seed)
{
    verify_summary sum;
    verify_options options = {.context = &seed, .found = tell};
    assert_int_equal(verify_app(r->f->app, &options, &sum), R_DONE);
    assert_int_equal(sum.differences, 0);
}

static void run_seed(unsigned long long seed, uint64_t adversary)
{
    run r = {.f = fix_open((fix_options){.adversary = adversary}), .random = seed};
    limit_merchant(&r);
    for (size_t i = 0; i < CAMPAIGNS; i++)
        make_campaign(&r, i);
    for (size_t i = 0; i < TEMPLATES; i++)
        make_template(&r, i);
    for (size_t i = 0; i < PROMOTIONS; i++)
        put_promotion(&r, i);
    for (size_t i = 1; i <= STEPS; i++) {
        r.done += step(&r) == R_DONE;
        if (i % VERIFY_EVERY == 0)
            check(&r, seed);
    }
    assert_true(r.redemption_n > 0 && r.promoted > 0 && r.euros > 0 && r.done > STEPS / 4);
    fix_close(r.f);
}

static unsigned long long first_seed(void)
{
    const char *given = getenv("QUAN_SEED");
    uint64_t seed = 0;
    return given != NULL && str_to_u64(str_of(given), &seed) ? seed : 1;
}

static void silent_after_whatever_acts(void **state)
{
    (void)state;
    for (unsigned long long seed = first_seed(); seed < first_seed() + SEEDS; seed++)
        run_seed(seed, 0);
}

static void silent_on_an_adversarial_store(void **state)
{
    (void)state;
    for (unsigned long long seed = first_seed(); seed < first_seed() + 2; seed++)
        run_seed(seed, seed + 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silent_after_whatever_acts),
        cmocka_unit_test(silent_on_an_adversarial_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
