/* Transfers as their sender and their receiver see them. States are those of the view's moment,
 * whether or not the sweep, or the confirmation of the act that takes the coupon, has come by. */
#ifndef QUAN_APP_QUERY_TRANSFERS_H
#define QUAN_APP_QUERY_TRANSFERS_H

#include "app/app.h"
#include "domain/campaign/rules.h"

typedef struct transfer_seen {
    const transfer *row;
    uint8_t state; /* transfer_state */
    str sender;
    str receiver;      /* who has it, or alone may; empty: whoever has the token, or it is over */
    uint64_t received; /* what the coupon became; 0: nothing */
    int64_t ended_at_ms;
    result reason; /* of a refused one, as it was answered */
} transfer_seen;

/* False when this merchant has no such transfer. */
MUST_USE bool query_transfer(app_view *v, uint64_t of_merchant, uint64_t id, transfer_seen *out);

/* Those that a user has begun, or by which he received; ascending by id. */
typedef struct transfers_ask {
    uint64_t merchant;
    str user;
    bool received;
    uint64_t after; /* id of the last one of the page before; 0: from the first */
    size_t limit;   /* at most UOW_SCAN_MAX - 1 */
} transfers_ask;
/* Fills at most ask->limit and returns how many. *more: there are more behind the last. */
size_t query_transfers(app_view *v, const transfers_ask *ask, transfer_seen *out, bool *more);

/* Who has had a coupon: each with the id that it had then. */
typedef struct coupon_owner {
    str user;
    uint64_t coupon;
    int64_t from_ms, until_ms; /* until: 0 of the one who has it */
    uint64_t transfer;         /* that brought it; 0: it was issued to him */
} coupon_owner;
enum { COUPON_OWNERS_MAX = COUPON_IDS_MAX };
/* By any id of it, from the first user on; how many. 0: this merchant has no such coupon. */
size_t query_owners(app_view *v, uint64_t of_merchant, uint64_t coupon_id,
                    coupon_owner out[COUPON_OWNERS_MAX]);

/* What the act on its way has made of the coupon: its commit is the moment. NULL: nothing yet, or
 * none is on its way. */
const received *query_received(app_view *v, const transfer *row);

#endif
