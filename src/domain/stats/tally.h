/* Counting: what happened, by campaign, template and day. Rows of the lane that runs the act,
 * written in the same commit and summed when they are read; a day is the merchant's.
 *
 * The row of a template counts what its coupons did. Columns that do not add up over templates are
 * kept once more in the campaign's own row (template 0): users, order_minor and
 * order_returned_minor; its other columns are 0.
 *   issued, held, released, redeemed, returned, expired, voided   coupons, on the day it happened;
 *             returned: given back to the user, or over by then
 *   confirmed redeemed out of a hold; over all days, held - released - confirmed are held now
 *   users     users whose first coupon of the template (campaign) this was
 *   discount  given at redemptions; discount_returned: taken back by returns
 *   adds      added to what sellers receive; adds_returned: of that, taken back by returns
 *   order     subtotal of the orders that used one, once an order; order_returned: list price of
 *             what came back of them
 * Goods rows split redemptions by sku, channel and store. They count the order lines that the
 * template's coupons discounted: redemptions of coupons, units (cart_line_units), list price,
 * discount. Texts of no bytes have no row.
 *
 * Rows of parties: what each party of the template's funding pays of discounts, and of that, what
 * returns have taken back.
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

/* One group of goods. */
typedef struct tally_group {
    goods_dimension dimension;
    str value; /* at most TALLY_VALUE_MAX bytes */
} tally_group;
enum { TALLY_VALUE_MAX = 128 };

void tally_load_goods(uow *u, const terms *of, tally_group group);
/* NULL for an empty text. */
tally_goods *tally_goods_of(uow *u, const terms *of, tally_group group);

/* party: its number. */
void tally_load_party(uow *u, const terms *of, uint16_t party);
tally_party *tally_party_of(uow *u, const terms *of, uint16_t party);

#endif
