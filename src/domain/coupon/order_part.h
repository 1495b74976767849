/* What hold and redeem share: an order that was priced, and the coupons it uses. Private to
 * domain/coupon. */
#ifndef QUAN_DOMAIN_COUPON_ORDER_PART_H
#define QUAN_DOMAIN_COUPON_ORDER_PART_H

#include "domain/coupon/acts.h"
#include "domain/coupon/close.h"
#include "domain/coupon/due.h"
#include "domain/coupon/member.h"
#include "domain/coupon/party.h"
#include "domain/stats/order.h"

/* A use of the order: applied[i] of the order is coupons[i]. */
typedef struct order_coupon {
    coupon *row;            /* NULL: an automatic template */
    bool many;              /* it has more than one use (use.h) */
    coupon_use *use;        /* of such a coupon; NULL: nothing is used yet */
    int64_t own_minor;      /* of reserved_minor, what its own reservation gave */
    int64_t reserved_minor; /* budget that this use has taken */
} order_coupon;

typedef struct order_desk {
    order_counters c;
    const order_in *in;
    order_facts facts;
    terms *of; /* [applied] */
    order_coupon *coupons;
    int64_t *units; /* [applied] of the lines that it discounts, or adds to */
    member_place who;
    order_ref *ref; /* NULL: the number is new */
    bool confirms;  /* what an open hold has taken */
    bool partial;   /* what a budget has left will do (BUDGET of the policy) */
    hold **closing; /* open holds that this act ends first */
    size_t closing_count;
    due_rows *due; /* what this act applies first; NULL: it has what it needs without */
    limit_takes takes;
    party_list parties;
} order_desk;

party_use order_party_use(const order_desk *d, size_t i);
/* Of its whole discount. ref: of the hold or redemption. */
order_use order_use_of(const order_desk *d, size_t i, uint64_t ref);

/* R_INVALID where figures do not add up or bounds are exceeded; needs no rows. */
MUST_USE result order_check(uow *u, const order_in *in);
/* Looks up the order, its coupons and whatever the act may change; refuses by what they are. goods:
 * it will be redeemed. Where limits or budget would not do, what is due in the slot is looked up,
 * too. R_AGAIN. */
MUST_USE result order_open(order_desk *d, bool goods);
/* Refuses a price whose grounds are not so any more; applies what is due, ends the holds that give
 * way, then checks every coupon and takes limits and budget. `id` is that of the hold or redemption
 * to be. Writes. */
MUST_USE result order_confirm(order_desk *d, uint64_t id);
/* The order's row now names this hold or redemption. Writes. */
void order_name(order_desk *d, uint64_t hold_id, uint64_t redemption_id);

/* A copy in the unit of work, whose lines nothing has come back of. */
order_line *order_lines_copy(uow *u, const order_line *lines, size_t n);

#endif
