/* Bad histories of coupons that went to another user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/fault/kill_oracle/bad.h"

static void it_is_still_its_senders(bed *b)
{
    uint32_t c = claimed(b, U0, SPREAD, "c1");
    (void)transferred(b, c, U1, "c2");
    show_coupon(b, c, "available");
}

static void its_first_id_leads_nowhere(bed *b)
{
    uint32_t c = claimed(b, U0, SPREAD, "c1");
    (void)transferred(b, c, U1, "c2");
    judge(b);
    oracle_lookup(b->o, c, S("c1"), &(seen_coupon){true, U0, SPREAD, S("transferred"), S("claim")});
}

static void it_is_nobodys(bed *b)
{
    uint32_t c = claimed(b, U0, SPREAD, "c1");
    (void)transferred(b, c, U1, "c2");
    judge(b);
    oracle_lookup(b->o, c, S(""), &(seen_coupon){.found = false});
}

static void it_goes_to_two_users(bed *b)
{
    uint32_t c = claimed(b, U0, SPREAD, "c1");
    (void)transferred(b, c, U1, "c2");
    (void)transferred(b, c, U2, "c3");
    judge(b);
}

static void it_goes_and_is_redeemed(bed *b)
{
    uint32_t c = claimed(b, U0, SPREAD, "c1");
    (void)transferred(b, c, U1, "c2");
    (void)redeemed(b, c, NOTHING, "r1");
    judge(b);
}

static void it_gets_the_id_of_another(bed *b)
{
    uint32_t c = claimed(b, U0, SPREAD, "c1");
    (void)claimed(b, U1, SPREAD, "c2");
    (void)transferred(b, c, U1, "c2");
}

static void its_receiver_has_three_of_two(bed *b)
{
    uint32_t c = claimed(b, U0, HOT, "c1");
    (void)claimed(b, U1, HOT, "c2");
    (void)claimed(b, U1, HOT, "c3");
    (void)transferred(b, c, U1, "c4");
    judge(b);
}

static void its_receiver_is_refused_too_early(bed *b)
{
    refuse(b, ask_transfer(b, claimed(b, U0, HOT, "c1"), U1), R_LIMIT_REACHED);
    judge(b);
}

static void it_is_sold_out_at_a_transfer(bed *b)
{
    refuse(b, ask_transfer(b, claimed(b, U0, HOT, "c1"), U1), R_SOLD_OUT);
}

const bad_history bad_of_transfers[] = {
    BAD(it_is_still_its_senders, WRONG_STATE),
    BAD(its_first_id_leads_nowhere, FOREIGN),
    BAD(it_is_nobodys, LOST),
    BAD(it_goes_to_two_users, CONTRADICTION),
    BAD(it_goes_and_is_redeemed, CONTRADICTION),
    BAD(it_gets_the_id_of_another, ISSUED_TWICE),
    BAD(its_receiver_has_three_of_two, OVER_LIMIT),
    BAD(its_receiver_is_refused_too_early, FALSE_REFUSAL),
    BAD(it_is_sold_out_at_a_transfer, UNEXPECTED),
};
const size_t bad_of_transfers_n = ARRAY_LEN(bad_of_transfers);

void transfers_have_no_flaw(void **state)
{
    (void)state;
    bed b = bed_new();
    uint32_t c = claimed(&b, U0, HOT, "c1");
    uint32_t d = transferred(&b, c, U1, "c2"), e = transferred(&b, d, U2, "c3");
    refuse(&b, ask_use(&b, OP_HOLD, c, NOTHING), R_COUPON_NOT_AVAILABLE);
    (void)claimed(&b, U2, HOT, "c4");
    refuse(&b, ask_transfer(&b, claimed(&b, U1, HOT, "c5"), U2), R_LIMIT_REACHED);
    (void)redeemed(&b, e, NOTHING, "r1");
    show_coupon(&b, d, "transferred");
    for (uint32_t i = c; i <= e; i++)
        oracle_lookup(b.o, i, S("c3"), &(seen_coupon){true, U2, HOT, S("redeemed"), S("claim")});
    assert_int_equal(b.f.n, 0);
    for (int i = 0; i < FLAWS; i++)
        assert_int_equal(b.f.of[i], 0);
    bed_free(&b);
}
