/* Claims and grants: one user in one act, or many users in a batch of acts. */
#ifndef QUAN_API_ISSUE_H
#define QUAN_API_ISSUE_H

#include "api/call.h"

/* The outcome of an issue act as the API shows it. */
wire_claim claim_shown(api_call *c, const issue_out *out);

/* Submits one act for each input, so many at once, and calls `then` on the loop thread when all
 * have ended. Each has an idempotency key of its own, made of the call's and its index, so that a
 * repeat gives what was answered its first answer and tries the rest again. */
typedef struct batch_item {
    result code;
    str detail;
    const issue_out *out; /* when code is R_DONE */
} batch_item;
typedef struct batch {
    size_t n;
    batch_item *items; /* in the order of the inputs */
    void *context;
} batch;
enum { BATCH_ITEMS_MAX = 1000, BATCH_AT_ONCE = 256 };
typedef void batch_then(api_call *c, batch *b);
/* An issue act, and whom limits by subject count for it. */
typedef struct issue_ask {
    issue_in in;
    reserve_ask reserve;
} issue_ask;
/* asks: n of them, in the call's memory. The batch is c->state. */
void batch_run(api_call *c, const issue_ask *asks, size_t n, batch_then *then, void *context);

#endif
