/* Who pays for a discount: the rules of fund.h in worked examples, an oracle that follows the words
 * in fractions, and what holds for all: both margins exact, no part negative, units that sum. */
#include "domain/price/fund.h"

#include "base/money.h"
#include "base/test_help.h"

enum { TRIALS = 60000, LINES = 12, PERCENT = 10000 };

static uint64_t seed;

static int64_t below(int64_t n)
{
    return (int64_t)random_below(&seed, (uint64_t)n);
}

static fund_party by_share(int64_t millionths, int64_t at_most_minor, int64_t budget_minor)
{
    return (fund_party){
        .share = millionths, .at_most_minor = at_most_minor, .budget_minor = budget_minor};
}

static fund_party first(int64_t minor, int64_t budget_minor)
{
    return (fund_party){.first_minor = minor, .budget_minor = budget_minor};
}

/* Budgets are as the parties have them. */
static result ask(void *context, const fund_party *p, int64_t want_minor, int64_t *have_minor)
{
    size_t *asked = context;
    ++*asked;
    bool all = p->budget_minor < 0 || p->budget_minor >= want_minor;
    *have_minor = all ? want_minor : p->budget_minor;
    return R_DONE;
}

static void split(const fund_party *parties, size_t n, int64_t discount, int64_t *paid)
{
    size_t asked = 0;
    assert_int_equal(fund_split(&(fund_use){parties, n, discount, ask, &asked}, paid), R_DONE);
    assert_true(asked < n); /* each but the last, at most once */
}

static void worked_examples(void **state)
{
    (void)state;
    const struct {
        size_t n;
        fund_party parties[FUND_PARTIES_MAX];
        int64_t discount, paid[FUND_PARTIES_MAX];
    } rows[] = {
        {1, {by_share(1000000, 0, -1)}, 999, {999}},
        /* a half cent to the earlier; thirds by largest remainder */
        {2, {by_share(500000, 0, -1), by_share(500000, 0, -1)}, 101, {51, 50}},
        {3,
         {by_share(333333, 0, -1), by_share(333333, 0, -1), by_share(333334, 0, -1)},
         100,
         {33, 33, 34}},
        {3, {by_share(333334, 0, -1), by_share(333333, 0, -1), by_share(333333, 0, -1)}, 1, {1}},
        /* the first 3.00, then 60 : 40 */
        {3,
         {first(300, -1), by_share(600000, 0, -1), by_share(400000, 0, -1)},
         1000,
         {300, 420, 280}},
        {3, {first(300, -1), by_share(600000, 0, -1), by_share(400000, 0, -1)}, 200, {200}},
        /* in their order, and before shares wherever they stand */
        {3, {by_share(1000, 0, -1), first(300, -1), by_share(999000, 0, -1)}, 1300, {1, 300, 999}},
        {3, {first(300, -1), first(500, -1), by_share(1000000, 0, -1)}, 700, {300, 400}},
        /* a cap: what is beyond it falls on the next by share */
        {3,
         {by_share(500000, 100, -1), by_share(250000, 0, -1), by_share(250000, 0, -1)},
         1000,
         {100, 650, 250}},
        {3,
         {by_share(500000, 100, -1), by_share(250000, 300, -1), by_share(250000, 0, -1)},
         1000,
         {100, 300, 600}},
        {2, {by_share(1000000, 300, -1), by_share(0, 0, -1)}, 1000, {300, 700}},
        {2, {by_share(1000000, 300, -1), by_share(0, 0, -1)}, 299, {299}},
        /* what those before it have no room for comes to no party before them */
        {3,
         {by_share(100000, 0, -1), by_share(800000, 50, -1), by_share(100000, 0, -1)},
         100,
         {10, 50, 40}},
        /* a budget likewise; of `first`, what it lacks goes to the shares */
        {2, {by_share(500000, 0, 120), by_share(500000, 0, -1)}, 1000, {120, 880}},
        {2, {by_share(500000, 0, 0), by_share(500000, 0, -1)}, 1000, {0, 1000}},
        {2, {by_share(500000, 200, 300), by_share(500000, 0, -1)}, 1000, {200, 800}},
        {3,
         {first(300, 100), by_share(500000, 0, -1), by_share(500000, 0, -1)},
         1000,
         {100, 450, 450}},
        /* nothing, and the most there is */
        {2, {by_share(500000, 0, -1), by_share(500000, 0, -1)}, 0, {0, 0}},
        {2,
         {by_share(999999, 0, -1), by_share(1, 0, -1)},
         MONEY_MAX,
         {INT64_C(999999000000000), INT64_C(1000000000)}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t paid[FUND_PARTIES_MAX] = {0};
        split(rows[i].parties, rows[i].n, rows[i].discount, paid);
        for (size_t k = 0; k < rows[i].n; k++)
            if (paid[k] != rows[i].paid[k])
                fail_msg("row %zu party %zu: %lld", i, k, (long long)paid[k]);
    }
}

static result wait_for(void *context, const fund_party *p, int64_t want_minor, int64_t *have_minor)
{
    const fund_party *whom = context;
    *have_minor = want_minor;
    return p == whom ? R_WAIT : R_DONE;
}

static void what_an_ask_answers_ends_the_split(void **state)
{
    (void)state;
    fund_party parties[] = {first(300, 1), by_share(500000, 0, 1), by_share(500000, 0, -1)};
    int64_t paid[3];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(fund_split(&(fund_use){parties, 3, 1000, wait_for, &parties[i]}, paid),
                         R_WAIT);
    assert_int_equal(fund_split(&(fund_use){parties, 3, 1000, wait_for, &parties[2]}, paid),
                     R_DONE);
    assert_int_equal(fund_split(&(fund_use){parties, 3, 1000, NULL, NULL}, paid), R_DONE);
    assert_int_equal(paid[0], 300);
    assert_int_equal(paid[1], 350);
}

/* ---- random fundings ---- */

typedef struct random_funding {
    fund_party parties[FUND_PARTIES_MAX];
    size_t n;
} random_funding;

static random_funding any_funding(void)
{
    random_funding f = {.n = 1 + (size_t)below(FUND_PARTIES_MAX)};
    int64_t left = 1000000;
    for (size_t i = 0; i < f.n; i++) {
        bool last = i + 1 == f.n;
        int64_t budget = below(3) == 0 ? below(5000) : -1,
                cap = below(3) == 0 ? 1 + below(3000) : 0;
        int64_t share = last            ? left
                        : below(4) == 0 ? below(left + 1)
                                        : below(left / PERCENT + 1) * PERCENT;
        bool is_first = !last && below(4) == 0;
        f.parties[i] = is_first ? first(1 + below(2000), budget)
                                : by_share(share, last ? 0 : cap, last ? -1 : budget);
        left -= f.parties[i].share;
    }
    return f;
}

static int64_t any_discount(void)
{
    return below(50) == 0 ? below(MONEY_MAX) : below(4) == 0 ? below(12) : below(20000);
}

/* In fractions of a millionth of a cent: what each would pay if cents could be cut. */
static void exact(const random_funding *f, int64_t discount, __int128 *paid)
{
    __int128 one = 1000000, left = (__int128)discount * one, over = 0;
    for (size_t i = 0; i < f->n; i++) {
        const fund_party *p = &f->parties[i];
        __int128 first_part = (__int128)p->first_minor * one;
        if (p->first_minor == 0)
            continue;
        paid[i] = first_part < left ? first_part : left;
        if (p->budget_minor >= 0 && paid[i] > p->budget_minor * one)
            paid[i] = p->budget_minor * one;
        left -= paid[i];
    }
    for (size_t i = 0; i < f->n; i++) {
        const fund_party *p = &f->parties[i];
        if (p->first_minor > 0)
            continue;
        __int128 want = left / one * p->share + over;
        paid[i] = want;
        if (p->at_most_minor > 0 && paid[i] > p->at_most_minor * one)
            paid[i] = p->at_most_minor * one;
        if (p->budget_minor >= 0 && paid[i] > p->budget_minor * one)
            paid[i] = p->budget_minor * one;
        over = want - paid[i];
    }
}

static void every_split_is_the_exact_one_to_the_cent(void **state)
{
    (void)state;
    seed = 0xf00d;
    for (int trial = 0; trial < TRIALS; trial++) {
        random_funding f = any_funding();
        int64_t discount = any_discount(), paid[FUND_PARTIES_MAX], sum = 0;
        __int128 wanted[FUND_PARTIES_MAX];
        split(f.parties, f.n, discount, paid);
        exact(&f, discount, wanted);
        for (size_t i = 0; i < f.n; i++) {
            const fund_party *p = &f.parties[i];
            __int128 off = (__int128)paid[i] * 1000000 - wanted[i];
            assert_true(paid[i] >= 0);
            assert_true(p->budget_minor < 0 || paid[i] <= p->budget_minor);
            assert_true(p->at_most_minor == 0 || paid[i] <= p->at_most_minor);
            assert_true(p->first_minor == 0 || paid[i] * 1000000 == wanted[i]);
            /* each share is less than a cent off, and so is what it hands on */
            assert_true(off > -(__int128)f.n * 1000000 && off < (__int128)f.n * 1000000);
            sum += paid[i];
        }
        assert_int_equal(sum, discount);
    }
}

typedef struct random_lines {
    int64_t discounts[LINES], parts[FUND_PARTIES_MAX * LINES], paid[FUND_PARTIES_MAX];
    int64_t total;
    size_t m;
    random_funding f;
} random_lines;

static random_lines any_lines(void)
{
    random_lines l = {.m = 1 + (size_t)below(LINES), .f = any_funding()};
    for (size_t i = 0; i < l.m; i++) {
        l.discounts[i] = below(4) == 0 ? 0 : any_discount() / LINES;
        l.total += l.discounts[i];
    }
    int64_t left[LINES];
    memcpy(left, l.discounts, sizeof(left));
    split(l.f.parties, l.f.n, l.total, l.paid);
    fund_lines(l.paid, l.f.n, left, l.m, l.parts);
    for (size_t i = 0; i < l.m; i++)
        assert_int_equal(left[i], 0);
    return l;
}

static void both_margins_are_exact_and_no_part_is_negative(void **state)
{
    (void)state;
    seed = 0xfade;
    for (int trial = 0; trial < TRIALS; trial++) {
        random_lines l = any_lines();
        for (size_t k = 0; k < l.f.n; k++) {
            int64_t sum = 0;
            for (size_t i = 0; i < l.m; i++) {
                int64_t part = l.parts[k * l.m + i];
                assert_true(part >= 0 && part <= l.discounts[i]);
                sum += part;
            }
            assert_int_equal(sum, l.paid[k]);
        }
        for (size_t i = 0; i < l.m; i++) {
            int64_t sum = 0;
            for (size_t k = 0; k < l.f.n; k++) {
                __int128 part = (__int128)l.parts[k * l.m + i] * l.total;
                __int128 exact_part = (__int128)l.discounts[i] * l.paid[k];
                __int128 most = (__int128)l.total * (__int128)l.f.n;
                assert_true(l.total == 0 || (part - exact_part < most && exact_part - part < most));
                sum += l.parts[k * l.m + i];
            }
            assert_int_equal(sum, l.discounts[i]);
        }
    }
}

/* Whatever parts of a line come back, in whatever steps: nobody gets less than nothing, and all get
 * all in the end. */
static void units_come_back_in_any_steps(void **state)
{
    (void)state;
    seed = 0xface;
    for (int trial = 0; trial < TRIALS; trial++) {
        size_t n = 1 + (size_t)below(FUND_PARTIES_MAX);
        int64_t whole[FUND_PARTIES_MAX], before[FUND_PARTIES_MAX] = {0}, total = 0;
        for (size_t k = 0; k < n; k++) {
            whole[k] = below(3) == 0 ? 0 : any_discount() / 4;
            total += whole[k];
        }
        for (int64_t back = 0; back < total;) {
            int64_t now[FUND_PARTIES_MAX], sum = 0;
            back += 1 + below(total - back);
            fund_units(whole, n, back, now);
            for (size_t k = 0; k < n; k++) {
                assert_true(now[k] >= before[k] && now[k] <= whole[k]);
                sum += now[k];
                before[k] = now[k];
            }
            assert_int_equal(sum, back);
        }
        for (size_t k = 0; k < n; k++)
            assert_int_equal(before[k], whole[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_examples),
        cmocka_unit_test(what_an_ask_answers_ends_the_split),
        cmocka_unit_test(every_split_is_the_exact_one_to_the_cent),
        cmocka_unit_test(both_margins_are_exact_and_no_part_is_negative),
        cmocka_unit_test(units_come_back_in_any_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
