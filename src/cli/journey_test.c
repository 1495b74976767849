/* Names and the made year: each text has one number; the same seed makes the same year, and its
 * parts agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/journey.h"
#include "cli/names.h"

static void a_text_keeps_its_number(void **state)
{
    (void)state;
    arena *memory = arena_new(0);
    names *n = names_new(memory);
    for (uint32_t i = 0; i < 5000; i++) {
        assert_int_equal(names_put(n, arena_printf(memory, "name %u", i)), i);
    }
    for (uint32_t i = 0; i < 5000; i++) {
        str text = arena_printf(memory, "name %u", i);
        assert_int_equal(names_put(n, text), i);
        assert_int_equal(names_find(n, text), i);
        assert_true(str_eq(names_text(n, i), text));
    }
    assert_int_equal(names_find(n, S("another")), NAMES_NONE);
    assert_int_equal(names_count(n), 5000);
    arena_free(memory);
}

static void a_made_year_is_whole(void **state)
{
    (void)state;
    journey *j = journey_make(1, 10);
    size_t grants = 0, redemptions = 0, rows = 0;
    for (size_t i = 0; i < j->campaign_count; i++) {
        const journey_campaign *c = &j->campaigns[i];
        assert_true(c->household_count > 0 && c->coupon_count > 0 && c->until > c->from);
        grants += c->household_count * (size_t)c->coupon_count;
        redemptions += c->redemptions;
    }
    for (size_t i = 0; i < j->coupon_count; i++) {
        rows += j->coupons[i].n;
    }
    assert_int_equal(grants, j->grants);
    assert_int_equal(redemptions, j->redemption_count);
    assert_int_equal(rows, j->product_rows);
    for (size_t i = 0; i < j->redemption_count; i++) {
        const journey_redemption *d = &j->redemptions[i];
        const journey_campaign *c = &j->campaigns[j->coupons[d->coupon].campaign];
        assert_true(d->day >= c->from && d->day < c->until);
        assert_true(i == 0 || j->redemptions[i - 1].day <= d->day);
        assert_true(journey_price(j, j->coupons[d->coupon].products[0]).unit_minor > 0);
    }
    journey_free(j);
}

static void the_same_seed_makes_the_same_year(void **state)
{
    (void)state;
    journey *a = journey_make(7, 5), *b = journey_make(7, 5), *c = journey_make(8, 5);
    assert_int_equal(a->grants, b->grants);
    assert_int_equal(a->redemption_count, b->redemption_count);
    for (size_t i = 0; i < a->redemption_count; i++) {
        assert_int_equal(a->redemptions[i].coupon, b->redemptions[i].coupon);
        assert_true(str_eq(a->redemptions[i].household, b->redemptions[i].household));
    }
    assert_true(a->grants != c->grants);
    journey_free(a);
    journey_free(b);
    journey_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_keeps_its_number),
        cmocka_unit_test(a_made_year_is_whole),
        cmocka_unit_test(the_same_seed_makes_the_same_year),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
