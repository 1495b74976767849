/* What limits and budgets leave for the coupons and promotions of a quote, on its snapshot: what
 * the hold that follows would find, which takes from them in the order in which they apply, one
 * after another (domain/coupon/order.c). Nothing is kept by it: a hold decides.
 *
 * Looked at: limits on redemptions, money and units; by user; by phone, e-mail, device …
 * where the order names them, beside what acts on their way keep; by store; of all together, with
 * what is in other lanes; a budget. What is seen as given back: what the open hold has taken that
 * the order replaces; and, where that is not enough, what is due and not swept: holds past their
 * deadline, coupons past their end. Of these at most ROOM_DUE_MAX entries are looked at, those of
 * the user's lane first; where more are due, nothing but a limit by user is said to be reached.
 *
 * A view's, in its memory: its rows and configuration are read as room is asked for. An order of
 * which nothing is limited has none, and costs a look at the configuration. */
#ifndef QUAN_APP_ROOM_H
#define QUAN_APP_ROOM_H

#include "app/order.h"
#include "domain/price/best.h"

enum { ROOM_DUE_MAX = 1000 };

typedef struct room room;

typedef struct room_ask {
    const order_ask *of;
    uint64_t replaced;           /* hold; 0: none */
    const price_coupon *coupons; /* all that may be asked about */
    size_t n;
    bool partial; /* BUDGET_PARTIAL: of a budget what is left may be taken */
} room_ask;
/* NULL: nothing limits any of them. */
room *room_new(app_view *v, const room_ask *ask);

/* What one coupon or promotion takes. Drafts (no template) take nothing. */
typedef struct room_use {
    uint64_t template, coupon; /* coupon 0: a promotion */
    int64_t discount_minor, units;
} room_use;

typedef struct room_lack {
    size_t use;
    result code; /* R_LIMIT_REACHED, R_BUDGET_EXHAUSTED */
    str text;    /* the limit, as a hold's refusal names it; else empty */
    /* The end of its day, week or month; of a rolling limit by user when enough uses are behind its
     * window; 0: it has none, or will never do. */
    int64_t until_ms;
    /* `partial`, where a budget has something left: what the use may take, its discount and no
     * more; else 0. */
    int64_t most_minor;
} room_lack;

/* Uses in the order in which they apply; *lack: the first that there is no room for. */
bool room_has(room *r, const room_use *uses, size_t n, room_lack *lack);

/* What coupons that were priced take; out: as many as apply. */
size_t room_uses(const price_ask *ask, const price_result *price, arena *memory, room_use **out);

/* Of a budget at issue: what the coupon has of it when the holds are over that count no more, and
 * the one that is replaced (0: none). After a return it may be less than the next use takes. */
int64_t room_reserved_minor(app_view *v, uint64_t coupon_id, uint64_t replaced);

/* For a choice among coupons: how many of them limits on redemptions leave, where that is fewer
 * than there are. At most max; how many. */
size_t room_quotas(room *r, const price_coupon *coupons, size_t n, best_quota *out, size_t max);

#endif
