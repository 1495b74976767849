/* Presets against the splits of their systems, told once more the way each of them reckons: floors
 * of negative numbers, deltas, remainders from the end. Random carts and discounts; none may differ
 * by a cent. Left out is what the page docs/reference/preset.md tells as a limit. */
#include "domain/price/preset.h"

#include "domain/price/price_test.h"

enum { TRIALS = 20000, LINES = 6 };

typedef __int128 wide;

typedef struct sample {
    size_t n;
    int64_t unit[LINES], quantity[LINES], price[LINES]; /* price: of the line */
    int64_t all;                                        /* of the cart */
    int64_t amount, millionths;                         /* what the coupon gives: one is 0 */
} sample;

static uint64_t seed;

static int64_t below(int64_t n)
{
    return (int64_t)random_below(&seed, (uint64_t)n);
}

static int64_t half_up(wide num, wide den)
{
    return (int64_t)((2 * num + den) / (2 * den));
}

static int64_t half_down(wide num, wide den)
{
    return (int64_t)((2 * num + den - 1) / (2 * den));
}

static int64_t sum_of(const int64_t *values, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
    }
    return sum;
}

/* Lines by a key, the greatest first or last; equal ones as they stand. */
static void sort_lines(const int64_t *key, size_t n, bool falling, size_t *order)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        while (at > 0 && (falling ? key[i] > key[order[at - 1]] : key[i] < key[order[at - 1]])) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
}

/* ---- how each system splits; false: told as a limit ---- */

/* Shares are negative: floored, then the worst errors get a cent back. */
static bool vendure(const sample *s, int64_t *parts)
{
    int64_t rounded[LINES], error[LINES], added = 0; /* error: over the price of the cart */
    for (size_t i = 0; i < s->n; i++) {
        wide exact = (wide)s->amount * s->price[i];
        rounded[i] = -(int64_t)((exact + s->all - 1) / s->all);
        error[i] = (int64_t)(-exact - (wide)rounded[i] * s->all);
        added += rounded[i];
    }
    while (added < -s->amount) {
        int64_t worst = 0;
        size_t at = s->n;
        for (size_t i = 0; i < s->n; i++) {
            if (error[i] > worst) {
                worst = error[i];
                at = i;
            }
        }
        rounded[at]++;
        error[at] -= s->all;
        added++;
    }
    for (size_t i = 0; i < s->n; i++) {
        parts[i] = -rounded[i];
    }
    return true;
}

static bool sylius(const sample *s, int64_t *parts)
{
    for (size_t i = 0; i < s->n; i++) {
        parts[i] = half_down((wide)s->price[i] * s->amount, s->all);
    }
    int64_t missing = s->amount - sum_of(parts, s->n);
    bool nothing = sum_of(parts, s->n) == 0;
    for (int64_t i = 0; i < (missing < 0 ? -missing : missing); i++) {
        parts[i] += missing < 0 ? -1 : 1;
    }
    return !nothing;
}

static bool solidus(const sample *s, int64_t *parts)
{
    int64_t left = s->amount, weight = s->all;
    for (size_t i = s->n; i-- > 0;) {
        parts[i] = weight == 0 ? 0 : (int64_t)((wide)left * s->price[i] / weight);
        left -= parts[i];
        weight -= s->price[i];
    }
    return true;
}

/* The delta is over the price of the cart, and so little above 0 that a half is rounded up. */
static bool magento(const sample *s, int64_t *parts)
{
    wide delta = 0;
    for (size_t i = 0; i < s->n; i++) {
        wide share = (wide)s->amount * s->price[i] + delta;
        parts[i] = half_up(share, s->all);
        delta = share - (wide)parts[i] * s->all;
    }
    return true;
}

static bool saleor(const sample *s, int64_t *parts)
{
    int64_t left = s->amount;
    for (size_t i = 0; i < s->n; i++) {
        bool half = (wide)2 * s->price[i] * s->amount % s->all == 0;
        if (i + 1 < s->n && half && (wide)s->price[i] * s->amount % s->all != 0) {
            return false;
        }
        parts[i] = i + 1 < s->n ? half_up((wide)s->price[i] * s->amount, s->all) : left;
        left -= parts[i];
    }
    return true;
}

static bool django_oscar(const sample *s, int64_t *parts)
{
    size_t order[LINES];
    int64_t applied = 0;
    sort_lines(s->unit, s->n, false, order);
    for (size_t i = 0; i < s->n; i++) {
        size_t line = order[i];
        parts[line] = i + 1 < s->n ? (int64_t)((wide)s->price[line] * s->amount / s->all)
                                   : s->amount - applied;
        applied += parts[line];
    }
    return true;
}

static bool drupal_commerce(const sample *s, int64_t *parts)
{
    int64_t left = half_up((wide)s->all * s->millionths, BENEFIT_PERCENT_ONE);
    for (size_t i = 0; i < s->n; i++) {
        int64_t share = half_down((wide)s->price[i] * s->millionths, BENEFIT_PERCENT_ONE);
        parts[i] = share > left ? left : share;
        left -= parts[i];
    }
    for (size_t i = 0; left > 0; i = (i + 1) % s->n) {
        parts[i]++;
        left--;
    }
    return true;
}

/* A cent to each unit of the lines in their order, as far as there is something left of them. */
static void woocommerce_rest(const sample *s, const size_t *order, int64_t left, int64_t *parts)
{
    for (size_t k = 0; k < s->n; k++) {
        size_t i = order[k];
        for (int64_t unit = 0; unit < s->quantity[i] && left > 0; unit++) {
            int64_t one = parts[i] < s->price[i];
            parts[i] += one;
            left -= one;
        }
    }
}

/* False where price times quantity puts lines in another order than their prices do. */
static bool woocommerce_order(const sample *s, size_t *order)
{
    int64_t key[LINES];
    size_t by_price[LINES];
    for (size_t i = 0; i < s->n; i++) {
        key[i] = s->price[i] * s->quantity[i];
    }
    sort_lines(key, s->n, true, order);
    sort_lines(s->price, s->n, true, by_price);
    return memcmp(order, by_price, s->n * sizeof *order) == 0;
}

static bool woocommerce_percent(const sample *s, int64_t *parts)
{
    size_t order[LINES];
    int64_t total = half_down((wide)s->all * s->millionths, BENEFIT_PERCENT_ONE);
    for (size_t i = 0; i < s->n; i++) {
        parts[i] = (int64_t)((wide)s->price[i] * s->millionths / BENEFIT_PERCENT_ONE);
    }
    bool same = woocommerce_order(s, order);
    woocommerce_rest(s, order, total - sum_of(parts, s->n), parts);
    return same;
}

/* The same for each unit, as long as that is a cent at least; then the rest by cents. */
static bool woocommerce_amount(const sample *s, int64_t *parts)
{
    size_t order[LINES];
    bool same = woocommerce_order(s, order);
    int64_t left = s->amount;
    memset(parts, 0, s->n * sizeof *parts);
    for (;;) {
        int64_t units = 0;
        for (size_t i = 0; i < s->n; i++) {
            units += parts[i] < s->price[i] ? s->quantity[i] : 0;
        }
        int64_t each = units == 0 ? 0 : left / units;
        if (left == 0 || each == 0) {
            woocommerce_rest(s, order, left, parts);
            return same;
        }
        for (size_t i = 0; i < s->n; i++) {
            int64_t room = s->price[i] - parts[i], share = each * s->quantity[i];
            parts[i] += share < room ? share : room;
        }
        left = s->amount - sum_of(parts, s->n);
    }
}

/* ---- comparing ---- */

typedef struct method {
    const char *preset, *what;
    bool percent;
    bool (*split)(const sample *s, int64_t *parts);
} method;

static const method methods[] = {
    {"vendure", "amount", false, vendure},
    {"sylius", "amount", false, sylius},
    {"solidus", "amount", false, solidus},
    {"magento", "amount", false, magento},
    {"saleor", "amount", false, saleor},
    {"django_oscar", "amount", false, django_oscar},
    {"drupal_commerce", "percentage", true, drupal_commerce},
    {"woocommerce", "percentage", true, woocommerce_percent},
    {"woocommerce", "amount", false, woocommerce_amount},
};

static sample random_sample(bool percent)
{
    sample s = {.n = 1 + (size_t)below(LINES)};
    int64_t dear = below(2) == 0 ? 12 : 3000;
    for (size_t i = 0; i < s.n; i++) {
        s.unit[i] = 1 + below(dear);
        s.quantity[i] = 1 + below(below(2) == 0 ? 1 : 5);
        s.price[i] = s.unit[i] * s.quantity[i];
        s.all += s.price[i];
    }
    s.millionths = !percent ? 0 : below(2) == 0 ? 50000 * (1 + below(20)) : 1 + below(1000000);
    s.amount = percent ? 0 : 1 + below(s.all);
    return s;
}

/* A share above what the line costs, or below nothing: the systems differ in what they do then. */
static bool is_possible(const sample *s, const int64_t *parts)
{
    for (size_t i = 0; i < s->n; i++) {
        if (parts[i] < 0 || parts[i] > s->price[i]) {
            return false;
        }
    }
    return true;
}

static void price_sample(const sample *s, const price_policy *policy, int64_t *parts)
{
    order_line lines[LINES];
    template_version v =
        s->amount > 0 ? amount_off(s->amount, 0) : version_of(BENEFIT_KIND_PERCENT_OFF);
    price_result p;
    for (size_t i = 0; i < s->n; i++) {
        lines[i] = line_of("a", "", s->quantity[i], s->unit[i]);
    }
    if (s->amount == 0) {
        TEST_SET(v, TERM_PERCENT_OFF_PERCENT, s->millionths);
    }
    cart c = cart_of(lines, s->n);
    price_coupon one = coupon_of(v);
    price_ask ask = {.cart = &c, .coupons = &one, .n = 1, .policy = *policy};
    assert_int_equal(price_cart(&ask, memory, &p), R_DONE);
    memcpy(parts, p.line_discount_minor, s->n * sizeof *parts);
    forget_rules();
}

static void compare(const method *m, const price_policy *policy, size_t *compared)
{
    int64_t expected[LINES], got[LINES];
    sample s = random_sample(m->percent);
    if (!m->split(&s, expected) || !is_possible(&s, expected)) {
        return;
    }
    price_sample(&s, policy, got);
    ++*compared;
    for (size_t i = 0; i < s.n; i++) {
        if (got[i] != expected[i]) {
            for (size_t k = 0; k < s.n; k++) {
                print_error("%lld x %lld: %lld, not %lld\n", (long long)s.quantity[k],
                            (long long)s.unit[k], (long long)got[k], (long long)expected[k]);
            }
            fail_msg("%s, %s %lld", m->preset, m->what,
                     (long long)(m->percent ? s.millionths : s.amount));
        }
    }
}

static void presets_split_as_their_systems_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        price_policy policy;
        size_t compared = 0;
        assert_true(preset_find(str_of(methods[i].preset), &policy));
        seed = 0x5eed + i;
        for (int trial = 0; trial < TRIALS; trial++) {
            compare(&methods[i], &policy, &compared);
            arena_reset(memory);
        }
        assert_true(compared > TRIALS / 4);
    }
}

/* ---- several coupons, one after another ---- */

/* A system whose coupons are each of what those before left. */
typedef struct chain {
    const char *preset;
    bool by_line; /* percentages are rounded line by line, else for the order, which is split */
    int64_t (*round)(wide num, wide den);
    bool (*split)(const sample *s, int64_t *parts); /* NULL: percentages only */
} chain;

static const chain chains[] = {
    {"vendure", false, half_down, vendure}, {"sylius", false, half_up, sylius},
    {"saleor", false, half_up, saleor},     {"solidus", true, half_up, solidus},
    {"magento", true, half_up, NULL},
};

/* One more coupon on s, whose prices are what is left. */
static bool take_step(const chain *c, sample *s, int64_t amount, int64_t millionths)
{
    int64_t parts[LINES] = {0};
    s->amount = amount < s->all ? amount : s->all;
    if (amount == 0) {
        s->amount = c->by_line ? 0 : c->round((wide)s->all * millionths, BENEFIT_PERCENT_ONE);
    }
    for (size_t i = 0; i < s->n && amount == 0 && c->by_line; i++) {
        parts[i] = c->round((wide)s->price[i] * millionths, BENEFIT_PERCENT_ONE);
    }
    if (s->amount > 0 && (!c->split(s, parts) || !is_possible(s, parts))) {
        return false;
    }
    for (size_t i = 0; i < s->n; i++) {
        s->price[i] -= parts[i];
        s->all -= parts[i];
    }
    return true;
}

static void compare_chain(const chain *c, const price_policy *policy, size_t *compared)
{
    enum { COUPONS = 3 };
    order_line lines[LINES];
    price_coupon coupons[COUPONS];
    price_result p;
    sample s = random_sample(true), at = s;
    bool told = true;
    for (size_t i = 0; i < COUPONS; i++) {
        bool percent = c->split == NULL || below(2) == 0;
        int64_t amount = percent ? 0 : 1 + below(s.all / 2 + 1);
        int64_t millionths = below(2) == 0 ? 50000 * (1 + below(20)) : 1 + below(1000000);
        template_version v = percent ? version_of(BENEFIT_KIND_PERCENT_OFF) : amount_off(amount, 0);
        if (percent) {
            TEST_SET(v, TERM_PERCENT_OFF_PERCENT, millionths);
        }
        coupons[i] = coupon_of(v);
        told = told && take_step(c, &at, amount, millionths);
    }
    for (size_t i = 0; i < s.n; i++) {
        lines[i] = line_of("a", "", s.quantity[i], s.unit[i]);
    }
    cart in = cart_of(lines, s.n);
    price_ask ask = {.cart = &in, .coupons = coupons, .n = COUPONS, .policy = *policy};
    assert_int_equal(price_cart(&ask, memory, &p), R_DONE);
    forget_rules();
    for (size_t i = 0; told && i < s.n; i++) {
        if (s.price[i] - p.line_discount_minor[i] != at.price[i]) {
            fail_msg("%s: line %zu of %lld is left %lld, not %lld", c->preset, i,
                     (long long)s.price[i], (long long)(s.price[i] - p.line_discount_minor[i]),
                     (long long)at.price[i]);
        }
    }
    *compared += told;
}

static void presets_chain_as_their_systems_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(chains); i++) {
        price_policy policy;
        size_t compared = 0;
        assert_true(preset_find(str_of(chains[i].preset), &policy));
        seed = 0xc4a1 + i;
        for (int trial = 0; trial < TRIALS; trial++) {
            compare_chain(&chains[i], &policy, &compared);
            arena_reset(memory);
        }
        assert_true(compared > TRIALS / 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRICE_TEST(presets_split_as_their_systems_do),
        PRICE_TEST(presets_chain_as_their_systems_do),
    };
    return cmocka_run_group_tests_name("preset_random", tests, NULL, NULL);
}
