/* Rules for limits: which measure, subject and period go together for whom, and the ranges. */
#include "domain/campaign/rules_test.h"

#include "domain/campaign/rules_part.h"

enum { CLAIMS = 1, REDEMPTIONS, MONEY, UNITS };
enum { USER = 1, PHONE, DEVICE, CARD, ADDRESS, STORE, TEMPLATE, CAMPAIGN, EMAIL };
enum { EVER = 1, DAY, WEEK, MONTH, ROLLING };
#define OF_M LIMITS_OF_MERCHANT
#define OF_C LIMITS_OF_CAMPAIGN
#define OF_T LIMITS_OF_TEMPLATE

static arena *memory;

static const struct {
    limit_owner owner;
    limit_rule rule;
    const char *issues;
} rows[] = {
    {OF_T, {CLAIMS, USER, DAY, 3, 0, 0, 0}, ""},
    {OF_T, {CLAIMS, USER, EVER, 0, 0, 0, 0}, ""},
    {OF_T, {CLAIMS, USER, WEEK, -1, 0, 0, 0}, "limits[0].max out_of_range"},
    {OF_T, {CLAIMS, USER, MONTH, INT64_C(1000000000000), 0, 0, 0}, ""},
    {OF_T, {CLAIMS, USER, MONTH, INT64_C(1000000000001), 0, 0, 0}, "limits[0].max out_of_range"},
    {OF_T, {MONEY, USER, MONTH, INT64_C(1000000000000000), 0, 0, 0}, ""},
    {OF_T, {MONEY, USER, MONTH, INT64_C(1000000000000001), 0, 0, 0}, "limits[0].max out_of_range"},
    {OF_T, {UNITS, STORE, DAY, 5, 0, 0, 0}, ""},
    {OF_T, {REDEMPTIONS, TEMPLATE, DAY, 5, 0, 0, 0}, ""},
    {OF_T, {CLAIMS, CAMPAIGN, DAY, 5, 0, 0, 0}, "limits[0].subject not_allowed"},
    {OF_C, {CLAIMS, CAMPAIGN, DAY, 5, 0, 0, 0}, ""},
    {OF_C, {MONEY, STORE, WEEK, 5, 0, 0, 0}, ""},
    {OF_C, {CLAIMS, TEMPLATE, DAY, 5, 0, 0, 0}, "limits[0].subject not_allowed"},
    {OF_C, {CLAIMS, PHONE, DAY, 5, 0, 0, 0}, ""},
    {OF_T, {MONEY, DEVICE, EVER, 5, 0, 0, 0}, ""},
    {OF_M, {UNITS, CARD, MONTH, 5, 0, 0, 0}, ""},
    {OF_M, {CLAIMS, EMAIL, EVER, 5, 0, 0, 0}, ""},
    {OF_C, {UNITS, EMAIL, ROLLING, 5, 60000, 0, 0}, ""},
    {OF_T, {MONEY, EMAIL, WEEK, 5, 0, 0, 0}, ""},
    {OF_T, {CLAIMS, ADDRESS, ROLLING, 5, 60000, 0, 0}, ""},
    {OF_T, {MONEY, DEVICE, ROLLING, 5, 60000, 0, 0}, "limits[0].period not_allowed"},
    {OF_M, {REDEMPTIONS, USER, DAY, 3, 0, 0, 0}, ""},
    {OF_M, {REDEMPTIONS, STORE, DAY, 3, 0, 0, 0}, "limits[0].subject not_allowed"},
    {OF_M, {MONEY, USER, DAY, 3, 0, 0, 0}, "limits[0].measure not_allowed"},
    {OF_M, {CLAIMS, USER, ROLLING, 3, 60000, 0, 0}, ""},
    {OF_T, {CLAIMS, USER, ROLLING, 1000, 366 * MS_DAY, 0, 0}, ""},
    {OF_T, {CLAIMS, USER, ROLLING, 1001, 366 * MS_DAY, 0, 0}, "limits[0].max out_of_range"},
    {OF_T, {UNITS, USER, ROLLING, 3, 59999, 0, 0}, "limits[0].window_seconds out_of_range"},
    {OF_T,
     {UNITS, USER, ROLLING, 3, 366 * MS_DAY + 1, 0, 0},
     "limits[0].window_seconds out_of_range"},
    {OF_T, {UNITS, USER, ROLLING, 3, 0, 0, 0}, "limits[0].window_seconds out_of_range"},
    {OF_T, {CLAIMS, STORE, ROLLING, 3, 60000, 0, 0}, "limits[0].period not_allowed"},
    {OF_T, {CLAIMS, TEMPLATE, ROLLING, 3, 60000, 0, 0}, "limits[0].period not_allowed"},
    {OF_C, {MONEY, USER, ROLLING, 3, 60000, 0, 0}, "limits[0].period not_allowed"},
    {OF_C, {CLAIMS, USER, DAY, 3, 60000, 0, 0}, "limits[0].window_seconds not_allowed"},
    {OF_C, {CLAIMS, USER, DAY, 3, 0, 5, 0}, ""}, /* since_ms is the act's */
    {OF_C,
     {0, 0, 0, 3, 0, 0, 0},
     "limits[0].measure not_allowed; limits[0].subject not_allowed; limits[0].period not_allowed"},
    {OF_C,
     {5, 10, 6, -3, 7, 0, 0},
     "limits[0].measure not_allowed; limits[0].subject not_allowed; limits[0].period not_allowed; "
     "limits[0].window_seconds not_allowed; limits[0].max out_of_range"},
    {OF_C,
     {255, 255, ROLLING, -3, 7, 0, 0},
     "limits[0].measure not_allowed; limits[0].subject not_allowed; limits[0].period not_allowed; "
     "limits[0].window_seconds out_of_range; limits[0].max out_of_range"},
};

static void each_limit_by_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        issues *found = issues_new(memory);
        rules_limits(rows[i].owner, &rows[i].rule, 1, found);
        rules_expect(found, rows[i].issues, arena_printf(memory, "row %zu", i).p);
    }
}

static void limits_that_count_the_same_are_refused(void **state)
{
    (void)state;
    const limit_rule limits[] = {
        {CLAIMS, USER, DAY, 3, 0, 0, 0},
        {CLAIMS, USER, WEEK, 3, 0, 0, 0},
        {REDEMPTIONS, USER, DAY, 3, 0, 0, 0},
        {CLAIMS, STORE, DAY, 3, 0, 0, 0},
        {CLAIMS, USER, ROLLING, 3, 60000, 0, 0},
        {CLAIMS, USER, ROLLING, 3, 120000, 0, 0}, /* another window counts something else */
        {CLAIMS, USER, DAY, 5, 0, 9, 0},          /* another max does not */
        {CLAIMS, USER, ROLLING, 4, 120000, 0, 0},
        {CLAIMS, USER, DAY, 3, 0, 0, 0},
    };
    issues *found = issues_new(memory);
    rules_limits(LIMITS_OF_CAMPAIGN, limits, ARRAY_LEN(limits), found);
    rules_expect(found, "limits[6] duplicate; limits[7] duplicate; limits[8] duplicate", "twins");
    assert_true(str_eq(found->items[2].detail, S("limits[0] counts the same")));
}

static void there_are_at_most_sixteen(void **state)
{
    (void)state;
    limit_rule limits[LIMITS_MAX + 1];
    for (size_t i = 0; i <= LIMITS_MAX; i++)
        limits[i] = (limit_rule){CLAIMS, USER, ROLLING, 3, (int64_t)(i + 1) * MS_MINUTE, 0, 0};
    issues *most = issues_new(memory);
    rules_limits(LIMITS_OF_TEMPLATE, limits, LIMITS_MAX, most);
    rules_expect(most, "", "16 limits");
    issues *more = issues_new(memory);
    rules_limits(LIMITS_OF_TEMPLATE, limits, LIMITS_MAX + 1, more);
    rules_expect(more, "limits too_many", "17 limits");
    issues *none = issues_new(memory);
    rules_limits(LIMITS_OF_TEMPLATE, NULL, 0, none);
    rules_expect(none, "", "no limits");
}

/* Every word of table.def is either counted or refused, by every owner. */
static void no_combination_is_forgotten(void **state)
{
    (void)state;
    size_t allowed[3] = {0};
    static const limit_owner owners[] = {OF_M, OF_C, OF_T};
    for (size_t o = 0; o < ARRAY_LEN(owners); o++) {
        for (uint8_t m = 0; m <= LIMIT_MEASURE_COUNT; m++) {
            for (uint8_t s = 0; s <= LIMIT_SUBJECT_COUNT; s++) {
                for (uint8_t p = 0; p <= LIMIT_PERIOD_COUNT; p++) {
                    limit_rule rule = {m, s, p, 1, p == ROLLING ? MS_MINUTE : 0, 0, 0};
                    issues *found = issues_new(memory);
                    rules_limits(owners[o], &rule, 1, found);
                    allowed[o] += found->n == 0;
                }
            }
        }
    }
    assert_int_equal(allowed[0], 3 * 6 * 5);
    assert_int_equal(allowed[1], 4 * 8 * 4 + 3 * 6);
    assert_int_equal(allowed[2], 4 * 8 * 4 + 3 * 6);
}

int main(void)
{
    memory = arena_new(0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_limit_by_itself),
        cmocka_unit_test(limits_that_count_the_same_are_refused),
        cmocka_unit_test(there_are_at_most_sixteen),
        cmocka_unit_test(no_combination_is_forgotten),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(memory);
    return failed;
}
