/* Codes that a partner gives: each coupon of a template takes one of them with its issue.
 *
 * They are the template's stock, piece by piece: the escrow of limit/pool.h counts them and says
 * when they are sold out, and whatever of its messages moves pieces brings their codes along. So
 *   partner_code rows at the home   = pool.free
 *   lane_code rows of a lane        = slice.free
 * and what is in a message is in no row. An issue takes the first of its lane, in its own commit,
 * so a code is never with two coupons, and a coupon of such a template never without. A code that
 * somebody has had never comes back, whatever becomes of the coupon.
 *
 * Codes are numbered as they come. All here are sealed by the server's master key; which ones a
 * template has had is known by a hash, for ever.
 *
 * PUT adds codes. Runs at the slot of the template.
 *   NOT_FOUND     no such template of the merchant
 *   NOT_EDITABLE  its coupons take no codes
 *   INVALID       no lines or too many; more codes than a stock may have */
#ifndef QUAN_DOMAIN_LIMIT_PARTNER_H
#define QUAN_DOMAIN_LIMIT_PARTNER_H

#include "domain/campaign/config.h"
#include "domain/uow.h"

enum {
    PARTNER_NAME_MAX = 64,    /* bytes */
    PARTNER_CODE_MAX = 256,   /* bytes of one, before it is sealed */
    PARTNER_LINES_MAX = 1000, /* of one act */
    PARTNER_GRANT_MAX = 200,  /* codes of one grant: messages stay small */
    PARTNER_HELD_MAX = 1000,  /* a lane never has so many */
};

/* Is this pool the stock of such a template? */
bool partner_has(const config *c, pool_name which);

/* ---- the home's side: gets first ---- */
typedef struct partner_shelf {
    void **rows; /* partner_code, or lane_code, ascending by number */
    size_t n;
} partner_shelf;
/* Enough for any grant. */
void partner_home_load(uow *u, const pool *p, partner_shelf *out);
/* Takes the first n off the shelf into the message; p is being edited. */
void partner_home_take(uow *u, pool *p, const partner_shelf *from, lease_in *message);
/* What a return brings back. */
void partner_home_put(uow *u, pool *p, const lease_in *message);

/* ---- the lane's ---- */
/* At most `limit` of what the slice has; row NULL: nothing. */
void partner_lane_load(uow *u, const slice *row, size_t limit, partner_shelf *out);
/* row is being edited, and `free` not changed yet. */
void partner_lane_put(uow *u, slice *row, const lease_in *message);
/* Everything into the message, which goes home. */
void partner_lane_take(uow *u, slice *row, const partner_shelf *from, lease_in *message);
/* One for a coupon; its code. The slice counts by itself (slice_take). */
str partner_lane_give(uow *u, lane_code *row, uint64_t coupon);

result partner_put_decide(uow *u, const void *in, void *out);

#endif
