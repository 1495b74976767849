/* Transfers as their sender and their receiver see them. States are those of the view's moment,
 * whether or not the sweep, or the confirmation of the act that takes the coupon, has come by. */
#ifndef QUAN_APP_QUERY_TRANSFERS_H
#define QUAN_APP_QUERY_TRANSFERS_H

#include "app/app.h"

typedef struct transfer_seen {
    const transfer *row;
    uint8_t state; /* transfer_state */
    str sender;
    str receiver;      /* who has it, or alone may; empty: whoever has the token */
    uint64_t received; /* what the coupon became; 0: nothing */
    int64_t ended_at_ms;
    result reason; /* of a refused one, as it was answered */
} transfer_seen;

/* False when this merchant has no such transfer. */
MUST_USE bool query_transfer(app_view *v, uint64_t of_merchant, uint64_t id, transfer_seen *out);

/* What the act on its way has made of the coupon: its commit is the moment. NULL: nothing yet, or
 * none is on its way. */
const received *query_received(app_view *v, const transfer *row);

#endif
