/* Coupons with more than one use: so many uses, or a stored value, money until it is gone. What is
 * used of one is in its coupon_use row; a coupon with one use has no such row and pays for nothing
 * here: its own row says all.
 *
 * Whether coupons of a template have more than one use never changes with its versions. The version
 * that rules a coupon is pinned while anything of it is used or held: an edit with reach all_unused
 * no longer reaches it.
 *
 * Each open hold has a use of its own, and the money of its discount; so several orders may hold
 * one coupon while uses (and money) are left, and no two of them ever the same use.
 *   uses left  = uses - redeemed - held - lapsed - gone   redeemed: but for those given back
 *   money left = value - redeemed - held - lapsed - gone  of a stored value; never below 0
 * gone: what users had of it before it was transferred to this one.
 * One more use is possible while a use is left and, of a stored value, money.
 *
 * Interval: from when one use was taken (held, or redeemed directly) to when the next is. A use
 * that is given back counts no more. The one before it was at least an interval earlier, so to
 * remember the last one is enough.
 *
 * Its states, by event; `room` tells which (use_room):
 *   held                  available                      -> room
 *   released              available, held                -> room
 *   redeemed              available, held                -> room
 *   returned, credited    available, held, redeemed      -> room
 *   room:  a use is left: available;  none, but one is held: held;  else redeemed
 *   released, redeemed,   expired, voided, transferred   -> as it was
 *   returned, credited
 *   returned, credited    offered                        -> offered
 *   returned, credited    expired -> available           where grace_days give it more time, for
 *                                                        what came back since: the rest has lapsed
 *   issued, expired, voided and transfers as in state.h; open holds stay good until their deadline
 * Private to domain/coupon but for what reads and verify ask. */
#ifndef QUAN_DOMAIN_COUPON_USE_H
#define QUAN_DOMAIN_COUPON_USE_H

#include "domain/coupon/state.h"

enum { USE_HOLDS_MAX = 10 }; /* open holds that may have uses of one coupon */

/* Have coupons of the template more than one use? */
bool use_is_many(const config_template *t);
/* A coupon at a moment: holds that count no more are left aside. */
typedef struct use_ask {
    const config_template *of;
    const coupon *row;
    const coupon_use *use; /* NULL: nothing is used */
    int64_t now_ms;        /* holds past their deadline do not count; 0: all count */
    uint64_t but;          /* nor does this hold; 0: none */
} use_ask;

/* Has its version been pinned by what is used of it? */
bool use_pins(const use_ask *ask);
/* The version that rules the coupon. */
uint32_t use_version(const use_ask *ask);

typedef struct use_left {
    uint32_t uses;       /* PRICE_USES_ANY: no end */
    int64_t value_minor; /* of a stored value, when issued; -1: another kind */
    int64_t money_minor; /* of a stored value, what is left; else 0 */
    int64_t worth_minor; /* the most that it can still give; -1: no bound */
    int64_t again_at_ms; /* the next use, by the interval; 0: at any time */
    size_t held;         /* holds that count */
    bool used;           /* something of it is redeemed, or gone */
} use_left;
use_left use_left_of(const use_ask *ask);
/* Is one more use possible, interval aside? */
bool use_has_room(const use_left *left);

/* As coupon_state_at; what it has left as well. */
coupon_now use_state_at(const config *c, const use_ask *ask, use_left *left);

/* The state after an event. False: the table has no such step. */
typedef enum use_room { USE_LEFT, USE_HELD, USE_NONE } use_room;
MUST_USE bool use_step(uint8_t from, event_kind happening, use_room room, uint8_t *to);

/* ---- writing: rows of the unit of work; use is NULL where there was none before ---- */

typedef struct use_desk {
    uow *u;
    const config_template *of;
    coupon *row;
    coupon_use *use;
} use_desk;

/* A use of the version for an open hold. */
void use_hold(use_desk *d, const held_use *more, uint32_t version);
/* A use at once, or that of the hold (0: none): it is redeemed. */
typedef struct use_redeemed {
    uint64_t hold, redemption;
    uint32_t version;
    int64_t discount_minor;
} use_redeemed;
void use_redeem(use_desk *d, const use_redeemed *how);
/* The hold ends: what it gives back to the coupon's own reservation. Its use and its money come
 * back, too, unless the coupon has come to its end since it was taken: then they have lapsed, also
 * where grace_days have given the coupon more time. */
int64_t use_release(use_desk *d, uint64_t hold_id);
/* The coupon has come to its end: what is neither redeemed nor held has lapsed. Before it moves,
 * or before anything comes back to one that was used up or held at its end. */
void use_lapse(use_desk *d);
/* A return of an order: complete, the use is given back; of a stored value the money in any case.
 * lives: the coupon is not past its end, or has been given more time (row->expires_at_ms is right).
 * Does nothing where nothing comes back. */
typedef struct use_returned {
    uint64_t redemption, ref;
    int64_t back_minor;
    bool complete, lives;
} use_returned;
void use_return(use_desk *d, const use_returned *back);
/* What is gone of it when it goes to another user: into the columns of `out`. No hold has any. */
void use_carry(const use_desk *d, carried_coupon *out);
/* The same at the coupon that it becomes. */
void use_receive(use_desk *d, const carried_coupon *in);

#endif
