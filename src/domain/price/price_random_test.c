/* Random carts and coupons: the sums and bounds of every price, and every cent against a second
 * computation that knows nothing of the first: scopes by search, products in __int128, remainders
 * by sorting. */
#include "domain/price/price_test.h"

enum { TRIALS = 150000, LINES = 12, COUPONS = 5, NAMES = 5 };

typedef __int128 wide;

static const char *const names[NAMES] = {"", "a", "b", "c", "d"};
static uint64_t seed;

static int64_t random_amount(void)
{
    switch (random_below(&seed, 8)) {
    case 0:
        return 0;
    case 1:
        return (int64_t)random_below(&seed, 10);
    case 2:
        return (int64_t)(random_sized(&seed) % (MONEY_MAX / 1000));
    case 3:
        return 100 * (int64_t)random_below(&seed, 1000);
    default:
        return (int64_t)random_below(&seed, 20000);
    }
}

static order_line random_line(void)
{
    int64_t quantity = 1 + (int64_t)random_below(&seed, 5);
    int64_t unit = random_amount();
    if (random_below(&seed, 50) == 0) {
        quantity = 1 + (int64_t)random_below(&seed, CART_QUANTITY_MAX);
        unit %= 1000;
    }
    return line_of(names[random_below(&seed, NAMES)], names[random_below(&seed, NAMES)], quantity,
                   unit);
}

static template_version random_version(void)
{
    template_version v =
        random_below(&seed, 2) == 0
            ? amount_off(random_amount(), random_amount())
            : percent_off((uint32_t)random_below(&seed, 10001),
                          random_below(&seed, 2) == 0 ? 0 : random_amount(), random_amount());
    if (random_below(&seed, 3) == 0) {
        TEST_SET(v, TERM_COMMON_MINIMUM_SPEND, 0);
    }
    size_t n = (size_t)random_below(&seed, 4);
    scope_item *items = ARENA_ARRAY(memory, scope_item, n);
    for (size_t i = 0; i < n; i++) {
        items[i].dimension = (uint8_t)(1 + random_below(&seed, 2));
        items[i].value = str_of(names[random_below(&seed, NAMES)]);
    }
    return scoped(v, (uint8_t)(1 + random_below(&seed, 3)), items, n);
}

/* ---- the second computation ---- */

static bool naive_covers(const template_version *v, const order_line *line)
{
    bool listed = false;
    for (size_t i = 1; i < v->scope.n; i++) {
        const rule_node *node = &v->scope.items[i];
        str of_line = node[-1].fact == RULE_FACT_LINE_SKU ? line->sku : line->category;
        listed |= node->op == RULE_OP_VALUE && str_eq(node->text, of_line);
    }
    return v->scope.n == 0 || listed == (v->scope.items[0].op != RULE_OP_NOT);
}

static int64_t naive_discount(const template_version *v, int64_t base)
{
    wide discount = TEST_GET(*v, TERM_AMOUNT_OFF_AMOUNT);
    int64_t cap_minor = TEST_GET(*v, TERM_COMMON_CAP);
    if (v->benefit == BENEFIT_KIND_PERCENT_OFF) {
        discount = ((wide)base * TEST_GET(*v, TERM_PERCENT_OFF_PERCENT) * 2 + 1000000) / 2000000;
        discount = cap_minor > 0 && discount > cap_minor ? cap_minor : discount;
    }
    discount = discount > base ? base : discount;
    return base < TEST_GET(*v, TERM_COMMON_MINIMUM_SPEND) ? 0 : (int64_t)discount;
}

/* Gives the cents that rounding down left over one by one to the largest remainder that is left. */
static void naive_split(int64_t total, const int64_t *base, size_t n, int64_t *parts)
{
    wide sum = 0;
    wide remainders[LINES];
    int64_t left = total;
    for (size_t i = 0; i < n; i++) {
        sum += base[i];
    }
    for (size_t i = 0; i < n; i++) {
        parts[i] = sum == 0 ? 0 : (int64_t)((wide)total * base[i] / sum);
        remainders[i] = sum == 0 ? 0 : (wide)total * base[i] % sum;
        left -= parts[i];
    }
    for (; left > 0; left--) {
        size_t best = 0;
        for (size_t i = 1; i < n; i++) {
            best = remainders[i] > remainders[best] ? i : best;
        }
        parts[best]++;
        remainders[best] = -1;
    }
}

static void assert_as_naive(const cart *c, const template_version *versions, size_t n,
                            const price_result *p)
{
    int64_t running[LINES];
    size_t share = 0;
    for (size_t i = 0; i < c->n; i++) {
        running[i] = c->lines[i].quantity * c->lines[i].unit_minor;
    }
    for (size_t k = 0; k < n; k++) {
        int64_t base[LINES];
        int64_t parts[LINES];
        int64_t sum = 0;
        for (size_t i = 0; i < c->n; i++) {
            base[i] = naive_covers(&versions[k], &c->lines[i]) ? running[i] : 0;
            sum += base[i];
        }
        int64_t discount = naive_discount(&versions[k], sum);
        assert_int_equal(p->verdicts[k].discount_minor, discount);
        naive_split(discount, base, c->n, parts);
        for (size_t i = 0; i < c->n; i++) {
            running[i] -= parts[i];
            if (parts[i] > 0) {
                assert_int_equal(p->shares[share].applied, k);
                assert_int_equal(p->shares[share].line, i);
                assert_int_equal(p->shares[share++].discount_minor, parts[i]);
            }
        }
    }
    assert_int_equal(share, p->share_count);
}

static void assert_same_price(const price_result *a, const price_result *b, size_t lines, size_t n)
{
    assert_memory_equal(a->line_discount_minor, b->line_discount_minor, lines * sizeof(int64_t));
    assert_int_equal(a->discount_minor, b->discount_minor);
    assert_int_equal(a->share_count, b->share_count);
    for (size_t i = 0; i < n; i++) {
        assert_str(a->verdicts[i].reason, b->verdicts[i].reason);
        assert_int_equal(a->verdicts[i].missing_minor, b->verdicts[i].missing_minor);
    }
}

static void prices_agree_with_a_second_computation(void **state)
{
    (void)state;
    seed = 0x1c0ffee5eed;
    size_t applied = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        arena_reset(memory);
        forget_rules();
        order_line lines[LINES];
        order_line before[LINES];
        template_version versions[COUPONS];
        price_coupon coupons[COUPONS];
        size_t n = 1 + (size_t)random_below(&seed, LINES);
        size_t coupon_count = 1 + (size_t)random_below(&seed, COUPONS);
        for (size_t i = 0; i < n; i++) {
            lines[i] = random_line();
        }
        for (size_t i = 0; i < coupon_count; i++) {
            versions[i] = random_version();
            coupons[i] = coupon_of(versions[i]);
        }
        memcpy(before, lines, n * sizeof(order_line));
        cart c = cart_of(lines, n);
        price_result p = price_of(&c, coupons, coupon_count);
        assert_memory_equal(lines, before, n * sizeof(order_line));
        assert_as_naive(&c, versions, coupon_count, &p);
        price_result again = price_of(&c, coupons, coupon_count);
        assert_same_price(&p, &again, n, coupon_count);
        applied += p.share_count > 0;
    }
    assert_true(applied > TRIALS / 4); /* the trials are about something */
}

/* A coupon says how much is missing; with exactly that more it applies, with a cent less not. */
static void what_is_missing_is_what_is_needed(void **state)
{
    (void)state;
    seed = 0x900d;
    int missed = 0;
    for (int trial = 0; trial < 100000; trial++) {
        arena_reset(memory);
        forget_rules();
        order_line lines[LINES + 1];
        size_t n = 1 + (size_t)random_below(&seed, LINES);
        for (size_t i = 0; i < n; i++) {
            lines[i] = random_line();
        }
        template_version v = random_version();
        v.scope.n = 0;
        price_coupon coupons[] = {coupon_of(v)};
        cart c = cart_of(lines, n);
        price_result p = price_of(&c, coupons, 1);
        if (p.verdicts[0].missing_minor == 0) {
            continue;
        }
        missed++;
        c.n = n + 1;
        lines[n] = line_of("", "", 1, p.verdicts[0].missing_minor - 1);
        assert_int_equal(price_of(&c, coupons, 1).verdicts[0].missing_minor, 1);
        lines[n].unit_minor++;
        p = price_of(&c, coupons, 1);
        assert_int_equal(p.verdicts[0].missing_minor, 0);
        assert_false(str_eq(p.verdicts[0].reason, S("below_threshold")));
    }
    assert_true(missed > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRICE_TEST(prices_agree_with_a_second_computation),
        PRICE_TEST(what_is_missing_is_what_is_needed),
    };
    return cmocka_run_group_tests_name("price_random", tests, NULL, NULL);
}
