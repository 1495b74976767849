/* Finding: the templates that a user may claim, and the coupons of a user that may be used, for a
 * cart, a page that shows a product, or at all.
 *
 * What is said of a cart is what a quote of that one coupon would say. Of a page: the scope covers
 * the product, and what is known (time, store, shopper) refutes no condition. Nothing is promised:
 * a claim or a hold decides. */
#ifndef QUAN_APP_QUERY_FIND_H
#define QUAN_APP_QUERY_FIND_H

#include "app/order.h"
#include "app/query_coupons.h"
#include "domain/find/find.h"

enum {
    FIND_LOOK_MAX = 20000, /* templates whose rule is asked for one page */
    FIND_ROWS_MAX = 1000,  /* of these, whose stock and limits are looked up */
};

typedef struct find_ask {
    find_way way;
    /* user: empty for anybody, or who is known by the subjects that are named; FIND_PAGE: the
     * product is its line, of 1 piece */
    order_ask cart;
    size_t limit;
    uint64_t after;      /* templates: behind this id */
    wallet_place wallet; /* coupons: behind this place */
} find_ask;

typedef struct template_found {
    const config_template *template;
    const template_version *version;
    const config_campaign *campaign;
    int64_t left;    /* pieces that are left; -1: unlimited */
    int64_t allowed; /* that limits of the user and the subjects allow; -1: none counts by those */
    uint8_t missing_subject; /* by which a limit on claims counts, and it is not named; 0: none */
    bool priced;             /* FIND_CART: */
    price_verdict verdict;   /* what one coupon of it would do */
} template_found;

typedef struct template_found_page {
    template_found *items; /* in the view's memory, pointing into its configuration */
    size_t n;
    uint64_t next; /* where to go on … */
    bool more;     /* … if there may be more; also where a page came to its bounds */
} template_found_page;

/* By ascending id. Left out: what issuing would refuse for its campaign, its windows, what is left
 * of stock, budget and limits of a store and of all, and limits of the user. To a budget what is
 * due and not swept has come back: where more than ROOM_DUE_MAX (room.h) is, it is taken to have
 * enough. Limits by a phone, e-mail address, device … are looked at where it is named, beside
 * what acts on their way keep, and those of a store where one is. R_DONE; else as price_cart. */
MUST_USE result query_templates(app_view *v, const find_ask *ask, template_found_page *out);

typedef struct coupon_found {
    coupon_seen seen;
    price_coupon one; /* with the version that rules it */
    bool priced;      /* as above */
    price_verdict verdict;
    uint8_t missing_subject; /* as above, of limits on uses */
} coupon_found;

typedef struct coupon_found_page {
    coupon_found *items; /* as above */
    size_t n;
    wallet_place next;
    bool more;
} coupon_found_page;

/* Of those that are available and valid now, in the order of the wallet: by id. Left out: one that
 * limits on uses or a budget have no room for (room.h), FIND_CART: as a quote of it alone would
 * say. Limits by a phone, e-mail address, device … are looked at where it is named. */
MUST_USE result query_usable(app_view *v, const find_ask *ask, coupon_found_page *out);

#endif
