/* Ops of a history as HTTP requests, and answers as the history wants them. A request depends on
 * its op alone (a batch on its ops, which are named by the first), so that it is the same whenever
 * it is sent again. */
#ifndef QUAN_TEST_KILL_REQUEST_H
#define QUAN_TEST_KILL_REQUEST_H

#include "base/buf.h"
#include "base/json.h"
#include "test/lib/oracle/history.h"

typedef struct client {
    history *h;
    str key; /* the API key */
    str run; /* in front of idempotency keys */
    flaws flaws;
} client;

void request_write(const client *c, uint32_t number, buf *out);
void request_get(const client *c, str target, buf *out);
void request_post(const client *c, str target, str body, buf *out); /* key: hash of both */

/* The parsed answer; its text lives as long as body and the document, which the caller frees. */
answer request_answer(const client *c, uint32_t number, int status, str body, json **document);
/* What the answer says of one op of a batch. */
answer request_item(const client *c, uint32_t number, const answer *whole, const json *document);
str request_text(const json *object, const char *name);       /* empty when absent */
int64_t request_number(const json *object, const char *name); /* -1 when absent */
int64_t request_amount(const json *object, const char *name); /* of a money member */
uint32_t request_template(const history *h, str id);          /* NOTHING when unknown */
/* "u17": 17; else NOTHING. */
uint32_t request_user(str name);

#endif
