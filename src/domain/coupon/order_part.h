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
    transfer *offer;        /* that it is in; NULL: none */
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
/* Gets what order_open will ask for, as far as it can be named yet (act_ahead of app/act.h). */
void order_ahead(order_desk *d, bool goods);
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

/* Copies in the unit of work: lines that nothing has come back of, and what is applied with what
 * each use has reserved. */
order_line *order_lines_copy(uow *u, const order_line *lines, size_t n);
applied_coupon *order_applied_copy(const order_desk *d);

/* Fills the columns that a hold and a redemption have alike, once limits and budget are taken. */
#define ORDER_FREEZE(d, row)                                                                       \
    do {                                                                                           \
        (row)->merchant = (d)->in->merchant;                                                       \
        (row)->member = (d)->who.ordinal;                                                          \
        (row)->order_number = (d)->in->order_number;                                               \
        (row)->currency = (d)->in->currency;                                                       \
        (row)->subtotal_minor = (d)->in->subtotal_minor;                                           \
        (row)->discount_minor = (d)->in->discount_minor;                                           \
        (row)->store = (d)->in->store;                                                             \
        (row)->channel = (d)->in->channel;                                                         \
        (row)->lines.items = order_lines_copy((d)->c.u, (d)->in->lines.items, (d)->in->lines.n);   \
        (row)->lines.n = (d)->in->lines.n;                                                         \
        (row)->applied.items = order_applied_copy(d);                                              \
        (row)->applied.n = (d)->in->applied.n;                                                     \
        ORDER_LIST(d, row, (d)->in, shares);                                                       \
        ORDER_LIST(d, row, (d)->in, adds);                                                         \
        ORDER_LIST(d, row, (d)->in, policy);                                                       \
        ORDER_LIST(d, row, (d)->in, groups);                                                       \
        ORDER_LIST(d, row, (d)->in, asked);                                                        \
        ORDER_LIST(d, row, d, takes);                                                              \
        ORDER_LIST(d, row, d, parties);                                                            \
    } while (0)
#define ORDER_LIST(d, row, from, list)                                                             \
    ((row)->list.items = arena_copy(uow_memory((d)->c.u), (from)->list.items,                      \
                                    sizeof(*(from)->list.items), (from)->list.n),                  \
     (row)->list.n = (from)->list.n)

#endif
