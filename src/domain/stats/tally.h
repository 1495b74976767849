/* Counting: what happened, by campaign, template and day. Rows of the lane that runs the act,
 * written in the same commit and summed when they are read; a day is the merchant's.
 *
 * The row of a template counts what its coupons did. Columns that do not add up over templates are
 * kept once more in the campaign's own row (template 0): users, order_minor and
 * order_returned_minor; its other columns are 0.
 *   issued, held, released, redeemed, returned, expired, voided   coupons, on the day it happened;
 *             returned: given back to the user, or over by then
 *   confirmed redeemed out of a hold; over all days, held - released - confirmed are held now
 *   users     users whose first coupon of the template (campaign) this was; of an automatic
 *             template, or with such in the campaign, whose first redemption
 *   discount  given at redemptions; discount_returned: taken back by returns
 *   adds      added to what sellers receive; adds_returned: of that, taken back by returns
 *   order     subtotal of the orders that used one, once an order; order_returned: list price of
 *             what came back of them
 * Goods rows split redemptions by sku, channel and store. They count the order lines that the
 * template's coupons discounted: redemptions of coupons, units (cart_line_units), list price,
 * discount. Texts of no bytes have no row.
 *
 * Rows of batches of codes, and of words: exchanges; and, as above but for all days together, what
 * became of coupons that know where they came from (coupon.batch): redeemed, returned, voided.
 * coupon/state.h counts these with the event.
 *
 * Rows of parties: what each party of the template's funding pays of discounts, and of that, what
 * returns have taken back.
 * Amounts of these rows are in the campaign's currency. What an order in another one brings is in
 * rows of their own by currency (tally_money), with the same meaning; its counts are here.
 *
 * tally_of and the like must follow a tally_load of the same in the same run. */
#ifndef QUAN_DOMAIN_STATS_TALLY_H
#define QUAN_DOMAIN_STATS_TALLY_H

#include "domain/limit/terms.h"

/* Gets today's rows of the template and of its campaign. */
void tally_load(uow *u, const terms *of);
/* Today's row, made when there is none, ready to be written. */
tally *tally_of(uow *u, const terms *of);
tally *tally_of_campaign(uow *u, const terms *of);

/* Of a batch of codes, or a word; 0: nothing. The load of a coupon's comes before it may be
 * redeemed, returned or voided. */
void tally_load_code(uow *u, uint64_t batch);
tally_code *tally_of_code(uow *u, uint64_t batch);

/* One group of goods. */
typedef struct tally_group {
    goods_dimension dimension;
    str value; /* at most TALLY_VALUE_MAX bytes */
} tally_group;
enum { TALLY_VALUE_MAX = 128 };

/* ---- money, in whatever currency ---- */

/* The currency of an order where it is not the campaign's; else empty. */
str tally_foreign(const terms *of, str currency);
/* A currency as a number of a key, and back. */
enum { TALLY_CURRENCY_BYTES = 3 };
uint32_t tally_currency(str code);
void tally_currency_code(uint32_t number, char out[TALLY_CURRENCY_BYTES]);

/* What is added. */
typedef struct tally_sums {
    int64_t discount_minor, discount_returned_minor;
    int64_t order_minor, order_returned_minor;
    int64_t adds_minor, adds_returned_minor;
} tally_sums;

/* foreign: as tally_foreign gives it. */
typedef struct tally_place {
    bool campaign; /* its own row, not the template's */
    str foreign;
} tally_place;
/* Beside tally_load. The row of counts is there then, too, so that each day has one. */
void tally_load_money(uow *u, const terms *of, str foreign);
void tally_add(uow *u, const terms *of, tally_place to, const tally_sums *more);

typedef struct tally_goods_place {
    tally_group group;
    str foreign;
} tally_goods_place;
void tally_load_goods(uow *u, const terms *of, const tally_goods_place *to);
/* Columns of `more` that are no keys; nothing for an empty text. */
void tally_add_goods(uow *u, const terms *of, const tally_goods_place *to, const tally_goods *more);

/* party: its number. */
void tally_load_party(uow *u, const terms *of, uint16_t party);
tally_party *tally_party_of(uow *u, const terms *of, uint16_t party);

#endif
