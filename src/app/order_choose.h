/* Choosing the coupons of an order instead of being told them: for quotes. Private to app/order.c.
 */
#ifndef QUAN_APP_ORDER_CHOOSE_H
#define QUAN_APP_ORDER_CHOOSE_H

#include "app/room.h"
#include "domain/price/best.h"

/* Coupons that may be priced, each with the place of its verdict. */
typedef struct coupon_list {
    price_coupon prices[PRICE_COUPONS_MAX];
    int64_t expires_at_ms[PRICE_COUPONS_MAX];
    size_t verdicts[PRICE_COUPONS_MAX];
    size_t n;
} coupon_list;

void coupon_list_drop(coupon_list *of, size_t at);
/* What a price says of a coupon; or why there is no room for it. */
void order_told(order_verdict *to, const price_verdict *from);
/* Of a guest: what is only known of users is not unknown, but to be known once he is one. */
#define NEEDS_USER S("needs_user")
void order_told_guest(order_priced *out);
void order_lacks(order_verdict *to, const room_lack *lack);

/* The coupons of the user's wallet that can be used at the order's moment, at most
 * WALLET_CANDIDATES_MAX: of every template the one that expires first, then of every template the
 * next one, and so on. *more: there are others. Memory of the view.
 * Those of the open hold that the order replaces (0: none) come before. */
enum { WALLET_CANDIDATES_MAX = 100 };
const uint64_t *order_wallet(app_view *v, const order_ask *ask, uint64_t replaced, size_t *n,
                             bool *more);

/* Leaves the best set of `all` that there is room for, and automatic templates, in `chosen`; the
 * others get their verdict. Fills what order_priced tells of a choice. Where the policy takes
 * coupons as named and nobody names those of a wallet, `all` is sorted by what each takes by
 * itself, the most first. */
typedef struct coupon_choice {
    const price_ask *how; /* without coupons */
    const order_best *best;
    coupon_list *all, *chosen;
    room *room;     /* of all; NULL: nothing limits them */
    bool *doubtful; /* set: there is no room for a promotion beside some sets */
} coupon_choice;
MUST_USE result order_choose(const coupon_choice *from, arena *memory, order_priced *out);

#endif
