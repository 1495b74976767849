/* In which currencies a template is good: listed, any, and what counting money does to it. */
#include "domain/campaign/currency.h"
#include "domain/price/example_test.h"

static bool takes(const campaign *of, const limit_rule *limits, size_t n, const price_rule *rule,
                  const char *currency)
{
    template_version v = {.version = 1};
    limit_rule own[2];
    memcpy(own, limits, n * sizeof(*own));
    v.limits.items = own;
    v.limits.n = n;
    return currency_takes(of, &v, (currency_rule){&v, rule}, str_of(currency));
}

static void what_counts_money_counts_one_currency(void **state)
{
    (void)state;
    const price_rule *listed =
        coupon_of(
            read_benefit("'kind':'amount_off','amount':[@500,{'amount':800,'currency':'JPY'}]"))
            .rule;
    const price_rule *any =
        coupon_of(read_benefit("'kind':'percent_off','percent':'10','any_currency':true")).rule;
    const price_rule *own = coupon_of(read_benefit("'kind':'percent_off','percent':'10'")).rule;
    limit_rule units[] = {{.measure = LIMIT_MEASURE_REDEMPTIONS}, {.measure = LIMIT_MEASURE_UNITS}};
    limit_rule money[] = {{.measure = LIMIT_MEASURE_CLAIMS}, {.measure = LIMIT_MEASURE_MONEY}};
    campaign plain = {.currency = S("CNY"), .budget_mode = BUDGET_MODE_NONE};
    campaign budgeted = plain, limited = plain;
    budgeted.budget_mode = BUDGET_MODE_AT_REDEEM;
    limited.limits.items = money;
    limited.limits.n = 2;
    const struct {
        const campaign *of;
        const limit_rule *limits;
        const price_rule *rule;
        const char *good;
    } rows[] = {
        {&plain, units, listed, "CNY JPY"}, {&plain, units, any, "CNY JPY EUR"},
        {&plain, units, own, "CNY"},        {&plain, money, listed, "CNY"},
        {&plain, money, any, "CNY"},        {&budgeted, units, listed, "CNY"},
        {&budgeted, units, any, "CNY"},     {&limited, units, listed, "CNY"},
        {&limited, units, any, "CNY"},
    };
    const char *const codes[] = {"CNY", "JPY", "EUR"};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t k = 0; k < ARRAY_LEN(codes); k++) {
            bool good = strstr(rows[i].good, codes[k]) != NULL;
            if (takes(rows[i].of, rows[i].limits, 2, rows[i].rule, codes[k]) != good) {
                fail_msg("row %zu: %s is good: not %d", i, codes[k], good);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRICE_TEST(what_counts_money_counts_one_currency),
    };
    return cmocka_run_group_tests_name("currency", tests, NULL, NULL);
}
