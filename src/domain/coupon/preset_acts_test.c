/* Settings of presets that a price alone does not show: what the acts do by them. The rows are
 * those of preset.def. RETURNED_USE: a cart is bought, given back whole, and bought again with the
 * same coupon. BUDGET: it is bought with two coupons, one after the other, of a campaign whose
 * budget at redeem is one and a half times what the first one gives. The coupon and the cart are
 * the same for all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/price/benefit.h"
#include "domain/price/preset.h"
#include "test/lib/domain_shop.h"

enum { OFF_MINOR = 100 };

typedef struct example {
    const char *preset;
    uint8_t policy, other;
    const char *coupon, *cart, *given, *instead;
} example;

static const char *const names[][2] = {
#define PRESET(NAME, name, title, text) {#NAME, #name},
#define PRESET_FILE(ID, repository, commit, path)
#define PRESET_PAGE(ID, title, url)
#define PRESET_SETTING(PRESET, POLICY, SETTING, SOURCE, text)
#define PRESET_EXAMPLE(PRESET, POLICY, OTHER, coupons, cart, given, other)
#define PRESET_LIMIT(PRESET, SOURCE, text)
#include "domain/price/preset.def"
#undef PRESET
#undef PRESET_EXAMPLE
};

static const example examples[] = {
#define PRESET(NAME, name, title, text)
#define PRESET_EXAMPLE(PRESET, POLICY, OTHER, coupons, cart, given, other)                         \
    {#PRESET, POLICY_##POLICY, POLICY##_##OTHER, coupons, cart, given, other},
#include "domain/price/preset.def"
};

static price_policy policy_named(const char *preset)
{
    price_policy policy = {0};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(names[i][0], preset) == 0) {
            assert_true(preset_find(str_of(names[i][1]), &policy));
            return policy;
        }
    }
    fail_msg("no preset %s", preset);
    return policy;
}

/* The merchant reckons so from now on. */
static void reckon_by(const price_policy *policy)
{
    merchant_put_in in = {
        .id = shop->merchant, .name = S("Shop"), .zone = S("Test/East"), .currency = S("USD")};
    policy_choice choices[UINT8_MAX];
    row_out out = {0};
    for (size_t i = 0; i < policy_count(); i++) {
        if (policy_get(policy, i) != 0) {
            choices[in.policy.n++] = (policy_choice){policy_at(i).number, policy_get(policy, i)};
        }
    }
    in.policy.items = choices;
    assert_int_equal(fix_run(shop, ACT_ID_merchant_put, id_slot(shop->merchant), &in, &out),
                     R_DONE);
}

/* What it took off, or why it was refused. */
static str bought(const fix_order *o, uint64_t *redemption_id)
{
    result r = fix_redeem(shop, o, redemption_id);
    if (r != R_DONE) {
        return result_code(r);
    }
    return arena_printf(shop->memory, "%lld",
                        (long long)fix_redemption(shop, *redemption_id).discount_minor);
}

static str played(const example *e, const price_policy *policy)
{
    static const order_line basket[] = {{.sku = {"a", 1}, .quantity = 1, .unit_minor = 1000}};
    bool budget = e->policy == POLICY_BUDGET;
    uint64_t c = campaign_with_budget(budget ? BUDGET_MODE_AT_REDEEM : BUDGET_MODE_NONE,
                                      budget ? OFF_MINOR * 3 / 2 : 0);
    uint64_t first = 0, again = 0, mine[2];
    benefit_term off = {.term = TERM_AMOUNT_OFF_AMOUNT, .value = OFF_MINOR};
    template_put_in in = fix_template_in(shop, c);
    assert_string_equal(e->coupon, "'kind':'amount_off','amount':@100");
    assert_string_equal(e->cart, "a1@1000");
    in.terms.items = &off;
    in.terms.n = 1;
    reckon_by(policy);
    assert_int_equal(fix_claim(shop, S("ann"), fix_template(shop, &in), 2, mine), R_DONE);
    fix_order o = order_of("", mine, 1);
    o.lines = basket;
    o.line_count = ARRAY_LEN(basket);
    o.number = arena_printf(shop->memory, "%llu-1", (unsigned long long)c);
    str one = bought(&o, &first);
    if (budget) {
        o.coupons = &mine[1];
    } else {
        assert_int_equal(fix_return(shop, first, NULL, 0, NULL), R_DONE);
    }
    o.number = arena_printf(shop->memory, "%llu-2", (unsigned long long)c);
    str two = bought(&o, &again);
    return arena_printf(shop->memory, "%.*s; %.*s", STR_ARG(one), STR_ARG(two));
}

static void assert_played(const example *e, const price_policy *policy, const char *expected)
{
    str given = played(e, policy);
    if (!str_eq(given, str_of(expected)))
        fail_msg("%s: %.*s, not %s", e->preset, STR_ARG(given), expected);
}

static void acts_follow_the_settings_of_presets(void **state)
{
    (void)state;
    size_t shown = 0;
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        const example *e = &examples[i];
        price_policy policy = policy_named(e->preset);
        if (e->policy != POLICY_RETURNED_USE && e->policy != POLICY_BUDGET) {
            continue;
        }
        shown++;
        assert_int_not_equal(policy_get(&policy, e->policy), e->other);
        assert_played(e, &policy, e->given);
        policy_set(&policy, e->policy, e->other);
        assert_played(e, &policy, e->instead);
    }
    assert_true(shown > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(acts_follow_the_settings_of_presets, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("preset acts", tests, NULL, NULL);
}
