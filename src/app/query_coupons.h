/* Coupons as their owners see them: one by id, or the wallet of a user. States are those of the
 * view's moment, or the one that is asked for, whether or not the sweep has come by; and whether or
 * not the confirmation of a transfer has: a coupon has one owner in every view. */
#ifndef QUAN_APP_QUERY_COUPONS_H
#define QUAN_APP_QUERY_COUPONS_H

#include "app/app.h"
#include "domain/coupon/use.h"

typedef struct coupon_seen {
    const coupon *row;
    const config_template *template;
    coupon_now now;
    uint32_t version; /* that rules it */
    bool many;        /* it has more than one use: `left` tells */
    use_left left;
    int64_t now_ms;
    str currency; /* of its campaign */
    str user;
    str sealed; /* the partner's code that came with it; empty: none */
} coupon_seen;

/* The id that a coupon has now which had this one; itself where it was not transferred, or is none.
 */
uint64_t query_coupon_now(app_view *v, uint64_t id);
/* A row as it is at this moment: one that is offered where that is over, one way or the other. */
const coupon *query_coupon_at(app_view *v, const coupon *row, int64_t now_ms);
/* False when this merchant has no such coupon. */
MUST_USE bool query_coupon(app_view *v, uint64_t of_merchant, uint64_t id, coupon_seen *out);

/* Where a page of a wallet ended: open ones come first, in each part by id; then (wallet_ask.now)
 * the closed ones that stayed under names that are his since, by their moves. */
typedef struct wallet_place {
    bool closed;
    uint64_t id;   /* 0: at the start of the part */
    uint64_t move; /* user_move of the name; 0: his own */
} wallet_place;

typedef struct wallet_ask {
    uint64_t merchant;
    str user;
    bool now;             /* by any name that he has had: that of who he is now */
    uint8_t state;        /* coupon_state; 0: all */
    bool not_yet_valid;   /* with AVAILABLE: only these, else only those that are valid */
    bool partly_used;     /* with AVAILABLE likewise */
    bool usable;          /* with AVAILABLE: those that are valid, partly used or not */
    str asset;            /* only those that carry one of this type; empty: all */
    const int64_t *at_ms; /* with the rows of the view, states as of then; NULL: its own moment */
    wallet_place after;
    size_t limit;
} wallet_ask;

enum { WALLET_LOOK_MAX = 2000 }; /* coupons looked at for one page */

/* Fills at most ask->limit and returns how many. *next is where to go on, *more whether there may
 * be more; a page may hold fewer than asked for, or none, and more come after it. */
size_t query_wallet(app_view *v, const wallet_ask *ask, coupon_seen *out, wallet_place *next,
                    bool *more);

/* The partner's code that came with a coupon of this template, sealed, by the id that it was issued
 * with; empty: none. */
str query_partner_code(app_view *v, const config_template *of, uint64_t coupon_id);

/* The user's own name by its number; empty when there is none. */
str query_user_name(app_view *v, uint16_t slot, uint32_t number);

#endif
