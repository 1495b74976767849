/* The oracle of the kill test finds what is wrong: histories made by hand, each with one flaw that
 * must be flagged, and one without any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/fault/kill_oracle/bad.h"

/* ---- bad histories ---- */

static void claim_is_gone(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    judge(b);
    oracle_coupon(b->o, c, &(seen_coupon){.found = false});
}

static void coupon_is_in_no_wallet(bed *b)
{
    (void)claimed(b, U0, HOT, "c1");
    (void)claimed(b, U1, HOT, "c2");
    judge(b);
    oracle_wallet(b->o, U1, S("c2"));
    oracle_wallets_end(b->o);
}

static void hold_is_gone(bed *b)
{
    uint32_t hold = held(b, claimed(b, U0, HOT, "c1"), "h1");
    judge(b);
    oracle_hold(b->o, hold, false, S(""));
}

static void redemption_is_gone(bed *b)
{
    uint32_t r = redeemed(b, claimed(b, U0, HOT, "c1"), NOTHING, "r1");
    judge(b);
    oracle_redemption(b->o, r, &(seen_redemption){.found = false});
}

static void return_is_gone(bed *b)
{
    uint32_t r = redeemed(b, claimed(b, U0, HOT, "c1"), NOTHING, "r1");
    uint32_t back = given_back(b, r, b->h->ops[r].total, true);
    judge(b);
    oracle_return(b->o, back, false, 0);
}

static void coupon_has_another_owner(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    judge(b);
    oracle_coupon(b->o, c, &(seen_coupon){true, U1, HOT, S("available"), S("claim")});
}

static void coupon_has_another_template(bed *b)
{
    uint32_t number = ask_claim(b, U0, HOT);
    answer a = {.status = 201, .content = S("c1"), .coupon_n = 1};
    a.coupons[0].id = S("c1");
    a.coupons[0].template = SPREAD;
    tell(b, number, &a);
}

static void coupon_is_in_a_strange_wallet(bed *b)
{
    (void)claimed(b, U0, HOT, "c1");
    (void)claimed(b, U1, HOT, "c2");
    judge(b);
    oracle_wallet(b->o, U1, S("c1"));
}

static void refused_claim_shows_up(bed *b)
{
    uint32_t number = ask_claim(b, U0, HOT);
    refuse(b, number, R_SOLD_OUT);
    judge(b);
    oracle_wallet(b->o, U0, S("c9"));
}

static void two_claims_get_one_coupon(bed *b)
{
    (void)claimed(b, U0, HOT, "c1");
    give(b, ask_claim(b, U1, HOT), S("c1"));
}

static void wallet_shows_a_coupon_twice(bed *b)
{
    (void)claimed(b, U0, HOT, "c1");
    judge(b);
    oracle_wallet(b->o, U0, S("c1"));
    oracle_wallet(b->o, U0, S("c1"));
}

static uint32_t ask_exchange(bed *b, uint32_t user, uint32_t code)
{
    uint32_t number = ask_claim(b, user, SPREAD);
    b->h->ops[number].typed = code + 1;
    return number;
}

static uint32_t some_code(bed *b)
{
    (void)history_codes(b->h, S("cbt_a"));
    return history_code(b->h, &(known_code){S("K7"), SPREAD, 0});
}

static void one_code_gives_two_coupons(bed *b)
{
    uint32_t code = some_code(b);
    give(b, ask_exchange(b, U0, code), S("c1"));
    give(b, ask_exchange(b, U1, code), S("c2"));
    judge(b);
}

static void fresh_code_is_called_used(bed *b)
{
    uint32_t code = some_code(b), number = ask_exchange(b, U0, code);
    refuse(b, number, R_CODE_USED);
    judge(b);
}

static void claim_is_told_of_a_code(bed *b)
{
    refuse(b, ask_claim(b, U0, SPREAD), R_CODE_USED);
}

static void exchanged_coupon_is_a_claim(bed *b)
{
    give(b, ask_exchange(b, U0, some_code(b)), S("c1"));
    judge(b);
    oracle_coupon(b->o, 0, &(seen_coupon){true, U0, SPREAD, S("available"), S("claim")});
}

static void batch_counts_another_number(bed *b)
{
    give(b, ask_exchange(b, U0, some_code(b)), S("c1"));
    judge(b);
    oracle_batch(b->o, 0, 0);
}

static void claim_of_two_gets_one(bed *b)
{
    uint32_t number = ask_claim(b, U0, SPREAD);
    b->h->ops[number].count = 2;
    give(b, number, S("c1"));
}

static void four_of_three_are_issued(bed *b)
{
    static const char *const ids[] = {"c1", "c2", "c3", "c4"};
    for (uint32_t i = 0; i < 4; i++)
        (void)claimed(b, i, HOT, ids[i]);
    judge(b);
}

static void user_has_three_of_two(bed *b)
{
    (void)claimed(b, U0, HOT, "c1");
    (void)claimed(b, U0, HOT, "c2");
    (void)claimed(b, U0, HOT, "c3");
    judge(b);
}

/* Of two users that share it. */
static void device_has_three_of_two(bed *b)
{
    (void)claimed(b, U0, BY_DEVICE, "c1");
    (void)claimed(b, U1, BY_DEVICE, "c2");
    (void)claimed(b, U0, BY_DEVICE, "c3");
    judge(b);
}

static void budget_of_seven_pays_ten(bed *b)
{
    (void)redeemed(b, claimed(b, U0, SHORT_OF_MONEY, "c1"), NOTHING, "r1");
    (void)held(b, claimed(b, U1, SHORT_OF_MONEY, "c2"), "h1");
    judge(b);
}

static void same_key_gets_another_coupon(bed *b)
{
    uint32_t number = ask_claim(b, U0, SPREAD);
    give(b, number, S("c1"));
    history_send(b->h, number);
    give(b, number, S("c2"));
}

static void same_key_is_refused_later(bed *b)
{
    uint32_t number = ask_claim(b, U0, HOT);
    give(b, number, S("c1"));
    history_send(b->h, number);
    refuse(b, number, R_SOLD_OUT);
}

static void same_key_is_not_known_later(bed *b)
{
    uint32_t number = ask_claim(b, U0, HOT);
    give(b, number, S("c1"));
    history_send(b->h, number);
    tell(b, number, &(answer){.status = 404, .code = R_NOT_FOUND, .content = S("not_found")});
}

static void refusal_becomes_success(bed *b)
{
    uint32_t number = ask_claim(b, U0, HOT);
    refuse(b, number, R_LIMIT_REACHED);
    history_send(b->h, number);
    give(b, number, S("c1"));
}

static void refusal_becomes_another(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    uint32_t number = ask_use(b, OP_HOLD, c, NOTHING);
    refuse(b, number, R_COUPON_NOT_AVAILABLE);
    history_send(b->h, number);
    refuse(b, number, R_ORDER_CONFLICT);
}

static void order_consumes_two_coupons(bed *b)
{
    uint32_t first = redeemed(b, claimed(b, U0, HOT, "c1"), NOTHING, "r1");
    uint32_t second = redeemed(b, claimed(b, U0, HOT, "c2"), NOTHING, "r2");
    b->h->ops[second].order = first;
    judge(b);
}

static void hold_is_confirmed_twice(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    uint32_t hold = held(b, c, "h1");
    (void)redeemed(b, c, hold, "r1");
    (void)redeemed(b, c, hold, "r2");
    judge(b);
}

static void coupon_is_consumed_twice(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    (void)redeemed(b, c, NOTHING, "r1");
    (void)redeemed(b, c, NOTHING, "r2");
    judge(b);
}

static void hold_is_released_and_redeemed(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    uint32_t hold = held(b, c, "h1");
    released(b, hold);
    (void)redeemed(b, c, hold, "r1");
    judge(b);
}

static void coupon_is_held_twice(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    (void)held(b, c, "h1");
    (void)held(b, c, "h2");
    judge(b);
}

static void coupon_is_voided_and_redeemed(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    voided(b, c);
    (void)redeemed(b, c, NOTHING, "r1");
    judge(b);
}

static void redeemed_coupon_is_available(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    (void)redeemed(b, c, NOTHING, "r1");
    show_coupon(b, c, "available");
}

static void held_coupon_is_available(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    (void)held(b, c, "h1");
    show_coupon(b, c, "available");
}

static void released_coupon_is_held(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    released(b, held(b, c, "h1"));
    show_coupon(b, c, "held");
}

static void voided_coupon_is_available(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    voided(b, c);
    show_coupon(b, c, "available");
}

static void returned_coupon_is_redeemed(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    uint32_t r = redeemed(b, c, NOTHING, "r1");
    (void)given_back(b, r, b->h->ops[r].total, true);
    show_coupon(b, c, "redeemed");
}

static void brief_hold_outlives_its_deadline(bed *b)
{
    uint32_t hold = held(b, claimed(b, U0, HOT, "c1"), "h1");
    b->h->ops[hold].brief = true;
    judge(b);
    oracle_hold(b->o, hold, true, S("open"));
}

static void discount_is_too_large(bed *b)
{
    uint32_t number = ask_use(b, OP_REDEEM, claimed(b, U0, HOT, "c1"), NOTHING);
    answer a = price(b, number, "r1");
    a.discount++;
    a.total--;
    tell(b, number, &a);
}

static void whole_return_pays_too_little(bed *b)
{
    uint32_t r = redeemed(b, claimed(b, U0, HOT, "c1"), NOTHING, "r1");
    (void)given_back(b, r, b->h->ops[r].total - 1, true);
    judge(b);
}

static void goods_come_back_twice(bed *b)
{
    uint32_t r = redeemed(b, claimed(b, U0, HOT, "c1"), NOTHING, "r1");
    (void)given_back(b, r, b->h->ops[r].total, true);
    (void)given_back(b, r, b->h->ops[r].total, true);
    judge(b);
}

static void redemption_shows_another_refund(bed *b)
{
    uint32_t r = redeemed(b, claimed(b, U0, HOT, "c1"), NOTHING, "r1");
    judge(b);
    oracle_redemption(
        b->o, r,
        &(seen_redemption){.found = true, .discount = b->h->ops[r].discount, .refunded = 1});
}

counted stats_of_one_claim(void)
{
    return (counted){.issued = 1, .stock_remaining = 2, .budget_remaining = -1};
}

static void stats_count_one_too_many(bed *b)
{
    (void)claimed(b, U0, HOT, "c1");
    judge(b);
    counted c = stats_of_one_claim();
    c.issued = 2;
    oracle_stats(b->o, HOT, &c);
}

static void stats_miss_a_discount(bed *b)
{
    uint32_t r = redeemed(b, claimed(b, U0, HOT, "c1"), NOTHING, "r1");
    judge(b);
    counted c = stats_of_one_claim();
    c.redeemed = 1;
    c.orders_minor = b->h->ops[r].subtotal;
    oracle_stats(b->o, HOT, &c);
}

static void stock_left_is_wrong(bed *b)
{
    (void)claimed(b, U0, HOT, "c1");
    judge(b);
    counted c = stats_of_one_claim();
    c.stock_remaining = 3;
    oracle_stats(b->o, HOT, &c);
}

static void budget_left_is_wrong(bed *b)
{
    uint32_t hold = held(b, claimed(b, U0, SHORT_OF_MONEY, "c1"), "h1");
    judge(b);
    counted c = {.issued = 1, .held = 1, .stock_remaining = -1};
    c.budget_remaining = 700 - b->h->ops[hold].discount + 1;
    oracle_stats(b->o, SHORT_OF_MONEY, &c);
}

static void sold_out_with_one_left(bed *b)
{
    (void)claimed(b, U0, HOT, "c1");
    (void)claimed(b, U1, HOT, "c2");
    refuse(b, ask_claim(b, 2, HOT), R_SOLD_OUT);
    (void)claimed(b, 3, HOT, "c3"); /* asked for afterwards: no excuse */
    judge(b);
}

static void limit_is_reached_too_early(bed *b)
{
    (void)claimed(b, U0, HOT, "c1");
    refuse(b, ask_claim(b, U0, HOT), R_LIMIT_REACHED);
    judge(b);
}

static void unused_coupon_is_refused(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    refuse(b, ask_use(b, OP_HOLD, c, NOTHING), R_COUPON_NOT_AVAILABLE);
    (void)redeemed(b, c, NOTHING, "r1"); /* asked for afterwards: no excuse */
    judge(b);
}

static void fresh_order_conflicts(bed *b)
{
    refuse(b, ask_use(b, OP_HOLD, claimed(b, U0, HOT, "c1"), NOTHING), R_ORDER_CONFLICT);
    judge(b);
}

static void open_hold_is_called_closed(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    uint32_t hold = held(b, c, "h1");
    refuse(b, ask_use(b, OP_REDEEM, c, hold), R_HOLD_NOT_OPEN);
    judge(b);
}

static void long_hold_is_called_expired(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    uint32_t hold = held(b, c, "h1");
    refuse(b, ask_use(b, OP_REDEEM, c, hold), R_HOLD_EXPIRED);
    judge(b);
}

static void nothing_was_returned_yet(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    uint32_t r = redeemed(b, c, NOTHING, "r1");
    refuse(b, ask_use(b, OP_RETURN, c, r), R_NOT_RETURNABLE);
    judge(b);
}

static void unlimited_template_is_sold_out(bed *b)
{
    refuse(b, ask_claim(b, U0, SPREAD), R_SOLD_OUT);
    judge(b);
}

static void refusal_makes_no_sense(bed *b)
{
    refuse(b, ask_claim(b, U0, HOT), R_NOT_RETURNABLE);
}

static void claim_stays_without_an_answer(bed *b)
{
    tell(b, ask_claim(b, U0, HOT), &(answer){.status = 0});
    judge(b);
}

/* ---- and a good one ---- */

static void a_good_history_has_no_flaw(void **state)
{
    (void)state;
    bed b = bed_new();
    b.f.quiet = false;
    uint32_t c1 = claimed(&b, U0, HOT, "c1"), c2 = claimed(&b, U0, HOT, "c2");
    refuse(&b, ask_claim(&b, U0, HOT), R_LIMIT_REACHED);
    uint32_t unknown = ask_claim(&b, U1, HOT);
    tell(&b, unknown, &(answer){.status = 0});
    refuse(&b, ask_claim(&b, U2, HOT), R_SOLD_OUT);
    history_send(b.h, unknown);
    give(&b, unknown, S("c3"));
    history_send(b.h, unknown);
    give(&b, unknown, S("c3"));
    uint32_t code = some_code(&b);
    give(&b, ask_exchange(&b, U1, code), S("c4"));
    refuse(&b, ask_exchange(&b, U0, code), R_CODE_USED);
    uint32_t hold = held(&b, c1, "h1");
    uint32_t r = redeemed(&b, c1, hold, "r1");
    refuse(&b, ask_use(&b, OP_RELEASE, c1, hold), R_HOLD_NOT_OPEN);
    refuse(&b, ask_use(&b, OP_HOLD, c1, NOTHING), R_COUPON_NOT_AVAILABLE);
    uint32_t back = given_back(&b, r, b.h->ops[r].total, true);
    released(&b, held(&b, c1, "h2"));
    voided(&b, c2);
    show_coupon(&b, c1, "available");
    show_coupon(&b, c2, "voided");
    oracle_hold(b.o, hold, true, S("redeemed"));
    oracle_return(b.o, back, true, b.h->ops[r].total);
    counted c = {.issued = 3, .held = 2, .released = 1, .redeemed = 1, .returned = 1, .voided = 1};
    c.discount_minor = c.discount_returned_minor = b.h->ops[r].discount;
    c.orders_minor = c.orders_returned_minor = b.h->ops[r].subtotal;
    c.budget_remaining = -1;
    oracle_stats(b.o, HOT, &c);
    oracle_wallet(b.o, U0, S("c1"));
    oracle_wallet(b.o, U0, S("c2"));
    oracle_wallet(b.o, U1, S("c3"));
    oracle_wallet(b.o, U1, S("c4"));
    oracle_wallets_end(b.o);
    oracle_batch(b.o, 0, 1);
    assert_int_equal(b.f.n, 0);
    bed_free(&b);
}

static const bad_history bad_histories[] = {
    BAD(claim_is_gone, LOST),
    BAD(coupon_is_in_no_wallet, LOST),
    BAD(hold_is_gone, LOST),
    BAD(redemption_is_gone, LOST),
    BAD(return_is_gone, LOST),
    BAD(coupon_has_another_owner, FOREIGN),
    BAD(coupon_has_another_template, FOREIGN),
    BAD(coupon_is_in_a_strange_wallet, FOREIGN),
    BAD(refused_claim_shows_up, UNASKED),
    BAD(two_claims_get_one_coupon, ISSUED_TWICE),
    BAD(wallet_shows_a_coupon_twice, ISSUED_TWICE),
    BAD(one_code_gives_two_coupons, CODE_TWICE),
    BAD(fresh_code_is_called_used, FALSE_REFUSAL),
    BAD(claim_is_told_of_a_code, UNEXPECTED),
    BAD(exchanged_coupon_is_a_claim, FOREIGN),
    BAD(batch_counts_another_number, WRONG_COUNT),
    BAD(claim_of_two_gets_one, SHORT),
    BAD(four_of_three_are_issued, OVER_STOCK),
    BAD(user_has_three_of_two, OVER_LIMIT),
    BAD(device_has_three_of_two, OVER_LIMIT),
    BAD(budget_of_seven_pays_ten, OVER_BUDGET),
    BAD(same_key_gets_another_coupon, OTHER_ANSWER),
    BAD(same_key_is_refused_later, OTHER_ANSWER),
    BAD(same_key_is_not_known_later, OTHER_ANSWER),
    BAD(refusal_becomes_success, OTHER_ANSWER),
    BAD(refusal_becomes_another, OTHER_ANSWER),
    BAD(order_consumes_two_coupons, ORDER_TWICE),
    BAD(hold_is_confirmed_twice, ORDER_TWICE),
    BAD(coupon_is_consumed_twice, COUPON_TWICE),
    BAD(hold_is_released_and_redeemed, CONTRADICTION),
    BAD(coupon_is_held_twice, CONTRADICTION),
    BAD(coupon_is_voided_and_redeemed, CONTRADICTION),
    BAD(redeemed_coupon_is_available, WRONG_STATE),
    BAD(held_coupon_is_available, WRONG_STATE),
    BAD(released_coupon_is_held, WRONG_STATE),
    BAD(voided_coupon_is_available, WRONG_STATE),
    BAD(returned_coupon_is_redeemed, WRONG_STATE),
    BAD(brief_hold_outlives_its_deadline, WRONG_STATE),
    BAD(discount_is_too_large, WRONG_PRICE),
    BAD(whole_return_pays_too_little, WRONG_REFUND),
    BAD(goods_come_back_twice, WRONG_REFUND),
    BAD(redemption_shows_another_refund, WRONG_REFUND),
    BAD(stats_count_one_too_many, WRONG_COUNT),
    BAD(stats_miss_a_discount, WRONG_COUNT),
    BAD(stock_left_is_wrong, WRONG_STOCK),
    BAD(budget_left_is_wrong, WRONG_STOCK),
    BAD(sold_out_with_one_left, FALSE_SOLD_OUT),
    BAD(limit_is_reached_too_early, FALSE_REFUSAL),
    BAD(unused_coupon_is_refused, FALSE_REFUSAL),
    BAD(fresh_order_conflicts, FALSE_REFUSAL),
    BAD(open_hold_is_called_closed, FALSE_REFUSAL),
    BAD(long_hold_is_called_expired, FALSE_REFUSAL),
    BAD(nothing_was_returned_yet, FALSE_REFUSAL),
    BAD(unlimited_template_is_sold_out, FALSE_REFUSAL),
    BAD(refusal_makes_no_sense, UNEXPECTED),
    BAD(claim_stays_without_an_answer, UNSETTLED),
};

int main(void)
{
    struct CMUnitTest tests[BAD_HISTORIES_MAX + 3];
    size_t n = bad_tests(bad_histories, ARRAY_LEN(bad_histories), tests);
    n += bad_tests(bad_of_operators, bad_of_operators_n, &tests[n]);
    n += bad_tests(bad_of_transfers, bad_of_transfers_n, &tests[n]);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_good_history_has_no_flaw);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(what_operators_may_do_has_no_flaw);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(transfers_have_no_flaw);
    return _cmocka_run_group_tests("the oracle of the kill test", tests, n, NULL, NULL);
}
