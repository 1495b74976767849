/* What a quote says of limits and budgets is what the hold after it does, while nothing else
 * happens: a hold of what the quote applied is granted at its price; of one coupon more that the
 * quote had no room for, it is refused with the same word and the same limit; and a choice is the
 * best of all sets of which that is so. Deadlines pass and nobody sweeps. The seed of a failure is
 * printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "app/order.h"
#include "domain/limit/level.h"
#include "domain/price/benefit_test.h"
#include "domain/rule/cart.h"
#include "test/lib/domain_fixture.h"

enum {
    SEEDS = 15,
    SEEDS_NIGHTLY = 400,
    STEPS = 350,
    USERS = 3,
    CAMPAIGNS = 3,
    TEMPLATES = 6,
    PROMOTIONS = 2,
    KEPT_MAX = 600,
    NAMED = 4,
    LINES = 2,
};

typedef struct run {
    fix *f;
    uint64_t random;
    uint64_t campaigns[CAMPAIGNS], templates[TEMPLATES];
    uint64_t coupons[KEPT_MAX], holds[KEPT_MAX], redemptions[KEPT_MAX];
    uint64_t owner[KEPT_MAX]; /* of coupons[i] */
    size_t coupon_n, hold_n, redemption_n, orders;
    uint64_t user; /* of the order at hand */
    uint64_t named[NAMED];
    order_line lines[LINES];
    fix_order order;
    size_t held, refused, chosen, unproven; /* how often */
} run;

static uint64_t below(run *r, uint64_t n)
{
    r->random ^= r->random >> 12;
    r->random ^= r->random << 25;
    r->random ^= r->random >> 27;
    return (r->random * UINT64_C(2685821657736338717) >> 11) % n;
}

static str name(run *r, const char *what, uint64_t i)
{
    return arena_printf(r->f->memory, "%s-%llu", what, (unsigned long long)i);
}

/* ---- the shop ---- */

static limit_rule any_limit(run *r, limit_measure measure, limit_subject all)
{
    const limit_subject subjects[] = {LIMIT_SUBJECT_USER, LIMIT_SUBJECT_USER, LIMIT_SUBJECT_DEVICE,
                                      LIMIT_SUBJECT_STORE, all};
    const limit_period periods[] = {LIMIT_PERIOD_DAY, LIMIT_PERIOD_DAY, LIMIT_PERIOD_WEEK,
                                    LIMIT_PERIOD_ROLLING, LIMIT_PERIOD_EVER};
    limit_rule rule = fix_limit(measure, subjects[below(r, ARRAY_LEN(subjects))],
                                periods[below(r, ARRAY_LEN(periods))], (int64_t)(1 + below(r, 4)));
    bool may_roll = limit_way_of(rule.subject) != LIMIT_SHARED && measure != LIMIT_MEASURE_MONEY;
    if (rule.period == LIMIT_PERIOD_ROLLING && !may_roll)
        rule.period = LIMIT_PERIOD_DAY;
    if (rule.period == LIMIT_PERIOD_ROLLING)
        rule.window_ms = 2 * MS_HOUR;
    if (rule.period == LIMIT_PERIOD_EVER)
        rule.max += 30;
    if (measure == LIMIT_MEASURE_MONEY)
        rule.max *= 700;
    if (measure == LIMIT_MEASURE_UNITS)
        rule.max *= 2;
    return rule;
}

static size_t some_limits(run *r, limit_rule *out, limit_subject all)
{
    static const limit_measure measures[] = {LIMIT_MEASURE_REDEMPTIONS, LIMIT_MEASURE_MONEY,
                                             LIMIT_MEASURE_UNITS};
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(measures); i++)
        if (below(r, 3) == 0)
            out[n++] = any_limit(r, measures[i], all);
    return n;
}

static void limit_merchant(run *r)
{
    limit_rule limits[1] = {fix_limit(LIMIT_MEASURE_REDEMPTIONS,
                                      below(r, 2) == 0 ? LIMIT_SUBJECT_USER : LIMIT_SUBJECT_DEVICE,
                                      LIMIT_PERIOD_DAY, (int64_t)(3 + below(r, 4)))};
    merchant_put_in in = {
        .id = r->f->merchant, .name = S("Shop"), .zone = S("Test/East"), .currency = S("USD")};
    in.limits.items = limits;
    in.limits.n = below(r, 2);
    row_out out = {0};
    assert_int_equal(fix_run(r->f, ACT_ID_merchant_put, id_slot(in.id), &in, &out), R_DONE);
}

static void make_campaign(run *r, size_t i)
{
    limit_rule limits[3];
    campaign_create_in in = fix_campaign_in(r->f);
    in.slot = (uint16_t)(100 + 37 * i);
    in.budget_mode = (uint8_t)(BUDGET_MODE_NONE + i % 3);
    in.budget_minor = in.budget_mode == BUDGET_MODE_NONE ? 0 : 50000;
    in.limits.items = limits;
    in.limits.n = some_limits(r, limits, LIMIT_SUBJECT_CAMPAIGN);
    r->campaigns[i] = fix_campaign(r->f, &in);
}

static uint64_t make_template(run *r, uint64_t campaign_id, bool automatic)
{
    limit_rule limits[3];
    template_put_in in = fix_template_in(r->f, campaign_id);
    in.uses = automatic ? 1 : (uint32_t)(1 + 2 * below(r, 2));
    in.apply = automatic ? APPLY_MODE_AUTOMATIC : in.apply;
    TEST_SET(in, TERM_AMOUNT_OFF_AMOUNT, (int64_t)(100 + below(r, 900)));
    TEST_SET(in, TERM_COMMON_MINIMUM_SPEND, below(r, 2) == 0 ? 0 : 2000);
    in.limits.items = limits;
    in.limits.n = some_limits(r, limits, LIMIT_SUBJECT_TEMPLATE);
    return fix_template(r->f, &in);
}

static void open_shop(run *r, size_t promotions)
{
    limit_merchant(r);
    for (size_t i = 0; i < CAMPAIGNS; i++)
        make_campaign(r, i);
    for (size_t i = 0; i < TEMPLATES; i++)
        r->templates[i] = make_template(r, r->campaigns[i % CAMPAIGNS], false);
    for (size_t i = 0; i < promotions; i++)
        (void)make_template(r, r->campaigns[0], true);
}

/* ---- an order ---- */

static void any_order(run *r)
{
    bool again = r->orders > 0 && below(r, 3) == 0;
    r->f->names = (subject_names){.device = name(r, "device", below(r, 2))};
    r->user = below(r, USERS);
    for (size_t i = 0; i < LINES; i++) {
        bool weighed = below(r, 2) == 0;
        r->lines[i] = (order_line){.sku = name(r, "sku", i),
                                   .category = S("food"),
                                   .marks = weighed ? LINE_WEIGHED : 0,
                                   .quantity = (int64_t)(1 + below(r, weighed ? 2500 : 3)),
                                   .unit_minor = (int64_t)(500 + below(r, 2000))};
    }
    r->order = (fix_order){
        .user = name(r, "user", r->user),
        .number = name(r, "order", again ? r->orders - 1 - below(r, r->orders) % 4 : r->orders),
        .store = name(r, "store", below(r, 2)),
        .channel = S("web"),
        .coupons = r->named,
        .lines = r->lines,
        .line_count = LINES};
    r->orders += !again;
    size_t most = below(r, NAMED + 1);
    for (size_t tries = 0; tries < 40 && r->order.coupon_count < most; tries++) {
        size_t i = r->coupon_n == 0 ? 0 : below(r, r->coupon_n), k = 0;
        while (k < r->order.coupon_count && r->named[k] != r->coupons[i])
            k++;
        if (r->coupon_n > 0 && r->owner[i] == r->user && k == r->order.coupon_count)
            r->named[r->order.coupon_count++] = r->coupons[i];
    }
}

static order_priced quote(run *r, const uint64_t *coupons, size_t n, const order_best *best)
{
    app_view v;
    order_priced out;
    order_ask ask = {.merchant = r->f->merchant,
                     .user = r->order.user,
                     .currency = S("USD"),
                     .store = r->order.store,
                     .channel = r->order.channel,
                     .lines = r->lines,
                     .line_count = LINES,
                     .coupons = coupons,
                     .coupon_count = n,
                     .best = best,
                     .order_number = r->order.number,
                     .subjects = subjects_named(&r->f->names),
                     .names = &r->f->names,
                     .quote = true};
    assert_int_equal(app_view_open(r->f->app, r->f->memory, &v), R_DONE);
    assert_int_equal(order_price(&v, &ask, &out), R_DONE);
    assert_int_equal(app_view_close(&v), R_DONE);
    return out;
}

/* A hold of what was applied gets that. */
static void hold_it(run *r, const order_priced *q)
{
    uint64_t coupons[NAMED], id;
    fix_order o = r->order;
    o.coupons = coupons;
    o.coupon_count = 0;
    for (size_t i = 0; i < q->coupon_count; i++)
        if (q->verdicts[i].result == R_DONE)
            coupons[o.coupon_count++] = q->verdicts[i].coupon;
    if (q->in.applied.n == 0)
        return;
    result code = fix_hold(r->f, &o, &id);
    if (code != R_DONE)
        fail_msg("the hold is refused: %.*s %.*s", STR_ARG(result_code(code)),
                 STR_ARG(r->f->detail));
    hold row = fix_hold_row(r->f, id);
    assert_int_equal(row.discount_minor, q->in.discount_minor);
    assert_int_equal(row.applied.n, q->in.applied.n);
    for (size_t i = 0; i < row.applied.n; i++) {
        assert_int_equal(row.applied.items[i].coupon, q->in.applied.items[i].coupon);
        assert_int_equal(row.applied.items[i].template, q->in.applied.items[i].template);
        assert_int_equal(row.applied.items[i].discount_minor,
                         q->in.applied.items[i].discount_minor);
    }
    r->held++;
    if (r->hold_n < KEPT_MAX)
        r->holds[r->hold_n++] = id;
}

static bool is_room(result code)
{
    return code == R_LIMIT_REACHED || code == R_BUDGET_EXHAUSTED;
}

/* Where one coupon has no room and the others apply, a hold of all says so, too. */
static void refuse_it(run *r, const order_priced *q)
{
    const order_verdict *one = NULL;
    size_t others = 0;
    uint64_t id;
    for (size_t i = 0; i < q->coupon_count; i++) {
        const order_verdict *verdict = &q->verdicts[i];
        one = is_room(verdict->result) ? verdict : one;
        others += verdict->result == R_DONE;
    }
    if (one == NULL || others + 1 != q->coupon_count)
        return;
    result code = fix_hold(r->f, &r->order, &id);
    if (code == R_NOT_APPLICABLE)
        return; /* beside it another one does not apply */
    if (code != one->result)
        fail_msg("%.*s was quoted, but it is %.*s: %.*s", STR_ARG(result_code(one->result)),
                 STR_ARG(result_code(code)), STR_ARG(r->f->detail));
    if (one->result == R_LIMIT_REACHED && !str_eq(r->f->detail, one->detail))
        fail_msg("\"%.*s\" was quoted, but it is \"%.*s\"", STR_ARG(one->detail),
                 STR_ARG(r->f->detail));
    r->refused++;
}

static void quote_named(run *r)
{
    any_order(r);
    order_priced q = quote(r, r->named, r->order.coupon_count, NULL);
    if (q.redemption != 0)
        return;
    refuse_it(r, &q);
    hold_it(r, &q);
}

static void quote_best(run *r)
{
    order_best best = {.sets = 1};
    any_order(r);
    order_priced q = quote(r, r->named, r->order.coupon_count, &best);
    if (q.redemption != 0)
        return;
    int64_t most = 0;
    for (uint64_t set = 0; set < UINT64_C(1) << r->order.coupon_count; set++) {
        uint64_t coupons[NAMED];
        size_t n = 0;
        for (size_t i = 0; i < r->order.coupon_count; i++)
            if ((set >> i & 1) != 0)
                coupons[n++] = r->named[i];
        order_priced of = quote(r, coupons, n, NULL);
        if (of.refused == NULL && of.in.discount_minor > most)
            most = of.in.discount_minor;
    }
    assert_true(q.in.discount_minor <= most);
    assert_true(q.in.discount_minor + q.gap_minor >= most);
    if (q.proven)
        assert_int_equal(q.in.discount_minor, most);
    for (size_t i = 0; i < q.choice_count; i++)
        assert_true(q.choices[i].n <= r->order.coupon_count);
    r->chosen++;
    r->unproven += !q.proven;
    hold_it(r, &q);
}

/* ---- what else happens ---- */

static void claim(run *r)
{
    uint64_t who = below(r, USERS), made[2];
    if (r->coupon_n + ARRAY_LEN(made) > KEPT_MAX)
        return;
    if (fix_claim(r->f, name(r, "user", who), r->templates[below(r, TEMPLATES)], ARRAY_LEN(made),
                  made) != R_DONE)
        return;
    for (size_t i = 0; i < ARRAY_LEN(made); i++) {
        r->owner[r->coupon_n] = who;
        r->coupons[r->coupon_n++] = made[i];
    }
}

static void finish(run *r)
{
    uint64_t id;
    if (r->hold_n == 0)
        return;
    uint64_t hold_id = r->holds[below(r, r->hold_n)];
    if (below(r, 2) == 0)
        MAYBE(fix_release(r->f, hold_id) == R_DONE);
    else if (fix_redeem_hold(r->f, hold_id, &id) == R_DONE && r->redemption_n < KEPT_MAX)
        r->redemptions[r->redemption_n++] = id;
}

static void bring_back(run *r)
{
    if (r->redemption_n == 0)
        return;
    return_line line = {.line = (uint16_t)below(r, LINES), .quantity = (int64_t)(1 + below(r, 3))};
    uint64_t id = r->redemptions[below(r, r->redemption_n)];
    MAYBE(fix_return(r->f, id, &line, below(r, 2), NULL) == R_DONE);
}

static void step(run *r)
{
    uint64_t what = below(r, 20);
    if (what < 4)
        claim(r);
    else if (what < 10)
        quote_named(r);
    else if (what < 14)
        quote_best(r);
    else if (what < 16)
        finish(r);
    else if (what < 17)
        bring_back(r);
    else
        fix_pass(r->f, (int64_t)below(r, below(r, 4) == 0 ? 86400000 : 900000));
}

static void a_hold_does_what_the_quote_said(void **state)
{
    (void)state;
    size_t held = 0, refused = 0, proven = 0;
    size_t seeds = getenv("QUAN_NIGHTLY") == NULL ? SEEDS : SEEDS_NIGHTLY;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        run *r = calloc(1, sizeof(*r));
        CHECK(r != NULL);
        r->random = seed * UINT64_C(0x9e3779b97f4a7c15);
        r->f = fix_open((fix_options){.adversary = seed % 2 == 0 ? seed : 0});
        open_shop(r, seed % 3 == 0 ? 0 : PROMOTIONS);
        printf("seed %llu", (unsigned long long)seed);
        for (size_t i = 0; i < STEPS; i++)
            step(r);
        printf(": %zu held, %zu refused, %zu chosen, %zu of them unproven\n", r->held, r->refused,
               r->chosen, r->unproven);
        held += r->held;
        refused += r->refused;
        proven += r->chosen - r->unproven;
        fix_verify(r->f);
        fix_close(r->f);
        free(r);
    }
    assert_true(held > 40 * seeds && refused > 5 * seeds && proven > 20 * seeds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_does_what_the_quote_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
