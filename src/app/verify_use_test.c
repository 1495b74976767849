/* verify finds what is wrong with coupons that have more than one use, that add for sellers or send
 * something along: a healthy shop, one row made wrong, and the field that must be named. */
#include "app/verify_flaw_test.h"
#include "domain/price/benefit_test.h"
#include "domain/price/policy.h"

static fix *shop;
static uint64_t many;  /* a use of it is redeemed, one held, one left */
static uint64_t one;   /* a coupon with one use */
static uint64_t bonus; /* the redemption of one that adds for sellers */
static uint64_t sent;  /* the redemption of one with a gift that is sent along; it is back */
static uint64_t asked; /* the return that asked for it */
static uint16_t slot;

static void send_gift(fix_order o, template_put_in t)
{
    static benefit_term mug[] = {{.term = TERM_GIFT_SKU, .text = {"mug", 3}}};
    return_out back = {0};
    t.benefit = BENEFIT_KIND_GIFT;
    t.terms.items = mug;
    t.terms.n = 1;
    uint64_t giving = fix_claim_one(shop, S("ann"), fix_template(shop, &t));
    o.number = S("o-4");
    o.coupons = &giving;
    assert_int_equal(fix_redeem(shop, &o, &sent), R_DONE);
    assert_int_equal(fix_return(shop, sent, NULL, 0, &back), R_DONE);
    asked = back.return_id;
}

static void open_shop(void)
{
    shop = fix_open((fix_options){0});
    policy_choice sends = {13, GIFT_MISSING_ADD};
    merchant_put_in merchant_in = fix_merchant_in(shop);
    merchant_in.policy.items = &sends;
    merchant_in.policy.n = 1;
    fix_merchant(shop, &merchant_in);
    campaign_create_in in = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &in));
    one = fix_claim_one(shop, S("ann"), fix_template(shop, &t));
    t.uses = 3;
    many = fix_claim_one(shop, S("ann"), fix_template(shop, &t));
    slot = id_slot(many);
    order_line line = {.sku = S("tea"), .quantity = 1, .unit_minor = 3000};
    fix_order o = {.user = S("ann"),
                   .number = S("o-1"),
                   .coupons = &many,
                   .coupon_count = 1,
                   .lines = &line,
                   .line_count = 1};
    uint64_t redemption_id, hold_id, adding;
    assert_int_equal(fix_redeem(shop, &o, &redemption_id), R_DONE);
    o.number = S("o-2");
    assert_int_equal(fix_hold(shop, &o, &hold_id), R_DONE);
    t.uses = 0;
    t.benefit = BENEFIT_KIND_ADD_ON; /* as much */
    adding = fix_claim_one(shop, S("ann"), fix_template(shop, &t));
    o.number = S("o-3");
    o.coupons = &adding;
    assert_int_equal(fix_redeem(shop, &o, &bonus), R_DONE);
    send_gift(o, t);
}

/* ---- making a row wrong ---- */

FLAW(one_more, coupon_use, slot, many, row->redeemed += 1)
FLAW(lapsed, coupon_use, slot, many, row->lapsed = 2)
FLAW(lapsed_early, coupon_use, slot, many, row->lapsed_at_ms = 1)
FLAW(lapsed_late, coupon_use, slot, many, row->lapsed_at_ms = INT64_MAX)
FLAW(money, coupon_use, slot, many, row->redeemed_minor = 5)
FLAW(none_held, coupon_use, slot, many, row->held.n = 0)
FLAW(other_hold, coupon_use, slot, many, row->held.items[0].hold += 1)
FLAW(deadline, coupon_use, slot, many, row->held.items[0].deadline_ms += 1)
FLAW(taken_at, coupon_use, slot, many, row->held.items[0].at_ms += 1)
FLAW(discount, coupon_use, slot, many, row->held.items[0].discount_minor += 1)
FLAW(reserved, coupon_use, slot, many, row->held.items[0].reserved_minor += 1)
FLAW(revived, coupon_use, slot, many, row->revivals = 1)
FLAW(used_up, coupon, slot, many, row->state = COUPON_STATE_REDEEMED)
FLAW(named, coupon, slot, many, row->ref = 7)

FLAW(added, redemption, slot, bonus, row->adds.items[0].discount_minor += 1)
FLAW(added_nowhere, redemption, slot, bonus, row->adds.items[0].line = 9)
FLAW(other_gift, redemption, slot, sent, row->applied.items[0].gift = S("cup"))
FLAW(gift_of_none, redemption, slot, bonus, row->applied.items[0].gift_units = 1)
FLAW(gift_back, redemption, slot, sent, row->applied.items[0].gift_back = 0)
FLAW(more_gifts, redemption, slot, sent, row->applied.items[0].gift_units = 2)
FLAW(no_gift, order_return, slot, asked, row->gifts.n = 0)
FLAW(gift_nowhere, order_return, slot, asked, row->gifts.items[0].applied = 1)

static bool gone(uow *u)
{
    coupon_use *row = coupon_use_get(u, slot, many);
    if (row != NULL)
        coupon_use_delete(u, row);
    return row != NULL;
}

static bool of_one(uow *u)
{
    return coupon_use_new(u, slot, one) != NULL;
}

static bool of_nobody(uow *u)
{
    return coupon_use_new(u, slot, many + 1) != NULL;
}

static const flaw flaws[] = {
    {"one_more", one_more, "coupon", "uses redeemed"},
    {"lapsed", lapsed, "coupon", "no more uses than there were"},
    {"lapsed_early", lapsed_early, "coupon", "what has lapsed did so in its time"},
    {"lapsed_late", lapsed_late, "coupon", "what has lapsed did so in its time"},
    {"money", money, "coupon", "money redeemed"},
    {"none_held", none_held, "coupon", "uses held"},
    {"other_hold", other_hold, "hold", "its coupon knows its use"},
    {"deadline", deadline, "hold", "deadline_ms of the use"},
    {"taken_at", taken_at, "hold", "at_ms of the use"},
    {"discount", discount, "hold", "discount_minor of the use"},
    {"reserved", reserved, "hold", "the use has no more reserved than its hold"},
    {"revived", revived, "tally", "expired in all"},
    {"used_up", used_up, "coupon", "state"},
    {"named", named, "coupon", "ref"},
    {"added", added, "coupon", "ledger bonus"},
    {"added_nowhere", added_nowhere, "redemption", "what is added names coupons and lines"},
    {"other_gift", other_gift, "redemption", "its gifts are what their templates give"},
    {"gift_of_none", gift_of_none, "redemption", "its gifts are what their templates give"},
    {"gift_back", gift_back, "redemption", "gifts asked back"},
    {"more_gifts", more_gifts, "redemption",
     "no more gifts are asked back than were sent, with all goods all of them"},
    {"no_gift", no_gift, "redemption", "gifts asked back"},
    {"gift_nowhere", gift_nowhere, "return", "its gifts are there"},
    {"gone", gone, "coupon", "uses redeemed"},
    {"of_one", of_one, "coupon", "it has no row of uses"},
    {"of_nobody", of_nobody, "coupon", "the coupon of the uses is there"},
};

static void every_flaw_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(flaws); i++) {
        open_shop();
        flaw_is_named(shop, slot, &flaws[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flaw_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
