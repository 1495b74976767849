/* Random returns of random orders: every sequence under every mix of rules ends exactly at what was
 * paid; with one coupon every refund is the one that the rule's own words give, computed unit by
 * unit. */
#include "domain/price/refund_test.h"

enum { TRIALS = 100000, LINES = 6, COUPONS = 3, UNITS = 5, RETURNS_MAX = LINES * UNITS };

static const char *const names[] = {"a", "b", "c"};
static uint64_t seed;

static int64_t random_amount(int64_t below)
{
    return (int64_t)random_below(&seed, (uint64_t)below);
}

static template_version random_version(void)
{
    template_version v;
    if (random_below(&seed, 2) == 0) {
        v = amount_off(1 + random_amount(5000), random_amount(15000));
    } else {
        v = percent_off((uint32_t)(1 + random_amount(10000)),
                        random_below(&seed, 2) == 0 ? 0 : random_amount(3000),
                        random_amount(15000));
    }
    if (random_below(&seed, 3) == 0) {
        TEST_SET(v, TERM_COMMON_MINIMUM_SPEND, 0);
    }
    if (random_below(&seed, 3) == 0) {
        scope_item item = {SCOPE_DIMENSION_SKU,
                           str_of(names[random_below(&seed, ARRAY_LEN(names))])};
        v = scoped(v, random_below(&seed, 2) == 0 ? SCOPE_MODE_ONLY : SCOPE_MODE_EXCEPT, &item, 1);
    }
    return v;
}

static test_order random_order(size_t coupons_max)
{
    order_line lines[LINES];
    price_coupon coupons[COUPONS];
    size_t n = 1 + (size_t)random_below(&seed, LINES);
    size_t m = 1 + (size_t)random_below(&seed, coupons_max);
    for (size_t i = 0; i < n; i++) {
        int64_t unit = random_below(&seed, 5) == 0 ? random_amount(3) : random_amount(6000);
        lines[i] = line_of(names[random_below(&seed, ARRAY_LEN(names))], "",
                           1 + random_amount(UNITS), unit);
    }
    for (size_t i = 0; i < m; i++) {
        coupons[i] = coupon_of(random_version());
    }
    test_order o = order_of(lines, n, coupons, m);
    for (size_t i = 0; i < m; i++) {
        o.refund_rules[i] = (uint8_t)random_below(&seed, REFUND_RULE_COUNT);
    }
    return o;
}

/* Some units of some lines that are still there; gives how many entries, 0 when all is back. */
static size_t random_return(const test_order *o, return_line *now)
{
    size_t n = 0;
    bool all = random_below(&seed, 8) == 0;
    while (n == 0) {
        bool any = false;
        for (size_t i = 0; i < o->row.lines.n; i++) {
            const order_line *line = &o->row.lines.items[i];
            int64_t left = line->quantity - line->returned;
            any |= left > 0;
            if (left > 0 && (all || random_below(&seed, 3) == 0)) {
                int64_t quantity = all ? left : 1 + random_amount(left);
                now[n++] = (return_line){.line = (uint16_t)i, .quantity = quantity};
            }
        }
        if (!any) {
            return 0;
        }
    }
    return n;
}

static void every_sequence_ends_at_what_was_paid(void **state)
{
    (void)state;
    seed = 0xbacc;
    for (int trial = 0; trial < TRIALS; trial++) {
        arena_reset(memory);
        forget_rules();
        test_order o = random_order(COUPONS);
        int64_t back[COUPONS] = {0};
        return_line now[LINES];
        int returns = 0;
        for (size_t n; (n = random_return(&o, now)) > 0; returns++) {
            int64_t parts[COUPONS * LINES];
            return_plan plan = plan_of(&o, now, n);
            assert_int_equal(price_return_discounts(&plan, memory, parts), R_DONE);
            for (size_t i = 0; i < o.row.applied.n * o.row.lines.n; i++) {
                assert_true(parts[i] >= 0);
                back[i / o.row.lines.n] += parts[i];
            }
            (void)give_back(&o, now, n);
        }
        assert_true(returns <= RETURNS_MAX);
        assert_int_equal(o.row.refunded_minor, o.row.subtotal_minor - o.row.discount_minor);
        for (size_t c = 0; c < o.row.applied.n; c++) {
            assert_int_equal(back[c], o.row.applied.items[c].discount_minor);
        }
    }
}

/* ---- one coupon, in the words of the rule ---- */

/* The discount of units first … until - 1, dealt out cent by cent. */
static int64_t dealt(const order_line *line, int64_t first, int64_t until)
{
    int64_t units[UNITS] = {0};
    int64_t sum = 0;
    for (int64_t i = 0; i < line->quantity; i++) {
        units[i] = line->discount_minor / line->quantity;
    }
    for (int64_t i = 0; i < line->discount_minor % line->quantity; i++) {
        units[i]++;
    }
    for (int64_t i = first; i < until; i++) {
        sum += units[i];
    }
    return sum;
}

static int64_t discount_of_kept(const test_order *o, const int64_t *after)
{
    order_line kept[LINES];
    size_t n = 0;
    for (size_t i = 0; i < o->row.lines.n; i++) {
        kept[n] = o->row.lines.items[i];
        kept[n].quantity -= after[i];
        n += kept[n].quantity > 0 ? 1 : 0;
    }
    if (o->row.applied.n == 0) {
        return 0; /* it was not used, and does not come now */
    }
    price_coupon coupons[] = {{.coupon = 1, .rule = o->rules[0], .currency = S("CNY")}};
    cart c = cart_of(kept, n);
    return price_of(&c, coupons, 1).discount_minor;
}

static int64_t refunded_in_words(const test_order *o, const int64_t *after)
{
    int64_t paid_share = 0;
    int64_t kept_at_list = 0;
    int64_t frozen_on_kept = 0;
    int64_t paid = o->row.subtotal_minor - o->row.discount_minor;
    for (size_t i = 0; i < o->row.lines.n; i++) {
        const order_line *line = &o->row.lines.items[i];
        paid_share += after[i] * line->unit_minor - dealt(line, 0, after[i]);
        kept_at_list += (line->quantity - after[i]) * line->unit_minor;
        frozen_on_kept += dealt(line, after[i], line->quantity);
    }
    int64_t earned = discount_of_kept(o, after);
    switch (o->refund_rules[0]) {
    case REFUND_RULE_KEEP:
        return paid_share;
    case REFUND_RULE_CLAW_BACK:
        return paid_share - (frozen_on_kept > earned ? frozen_on_kept - earned : 0);
    default:
        return paid - (kept_at_list - earned);
    }
}

static void one_coupon_refunds_what_its_rule_says(void **state)
{
    (void)state;
    seed = 0x0ecc;
    int cut = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        arena_reset(memory);
        forget_rules();
        test_order o = random_order(1);
        return_line now[LINES];
        for (size_t n; (n = random_return(&o, now)) > 0;) {
            int64_t after[LINES];
            int64_t list_minor = 0;
            for (size_t i = 0; i < o.row.lines.n; i++) {
                after[i] = o.row.lines.items[i].returned;
            }
            for (size_t i = 0; i < n; i++) {
                after[now[i].line] += now[i].quantity;
                list_minor += now[i].quantity * o.row.lines.items[now[i].line].unit_minor;
            }
            int64_t expected = refunded_in_words(&o, after) - o.row.refunded_minor;
            cut += expected < 0 || expected > list_minor;
            expected = expected < 0 ? 0 : expected;
            expected = expected > list_minor ? list_minor : expected;
            assert_int_equal(give_back(&o, now, n), expected);
        }
    }
    assert_true(cut > 100); /* the bounds are about something */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRICE_TEST(every_sequence_ends_at_what_was_paid),
        PRICE_TEST(one_coupon_refunds_what_its_rule_says),
    };
    return cmocka_run_group_tests_name("refund_random", tests, NULL, NULL);
}
