/* Secrets of webhooks and what is signed with them: Standard Webhooks 1.0
 * (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md), symmetric.
 *
 * A secret is WEBHOOK_SECRET_BYTES random bytes, shown as `whsec_` and base64, sealed in rows by
 * the server's master key. The signature of a message is `v1,` and the base64 of the HMAC-SHA256 of
 * id.timestamp.body; while two secrets are good there are two, with a space between. */
#ifndef QUAN_APP_WEBHOOK_SIGN_H
#define QUAN_APP_WEBHOOK_SIGN_H

#include "app/app.h"

enum { WEBHOOK_SECRET_BYTES = 32 };

/* A new one, sealed: R_DONE, R_CODE_KEY_MISSING. */
MUST_USE result webhook_secret_make(app *a, uint64_t merchant_id, arena *memory, str *sealed);
/* For people; empty where the server has not the key. */
str webhook_secret_shown(app *a, uint64_t merchant_id, str sealed, arena *memory);

typedef struct webhook_message {
    str id;
    int64_t at_ms;
    str body;
} webhook_message;
/* `v1,…` of one secret, as it is. */
str webhook_sign(str secret, const webhook_message *m, arena *memory);
/* Of all that are good at m->at_ms; empty where none can be opened. */
str webhook_signatures(app *a, const webhook *of, const webhook_message *m, arena *memory);

#endif
