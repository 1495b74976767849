/* A server of this process's own, on a store in memory that is thrown away, with a clock that is
 * set by hand: what is tried in it touches nothing. It listens on a free port of the loopback
 * address, and its keys are random and known to nobody else. Not thread-safe. */
#ifndef QUAN_CLI_SANDBOX_H
#define QUAN_CLI_SANDBOX_H

#include <stdatomic.h>

#include "cli/cli.h"
#include "cli/http_client.h"

typedef struct sandbox {
    const cli_context *cli;
    _Atomic int64_t now_ms; /* the clock: never set it back */
    app *app;
    void *api;
    http_server *http;
    http_client *client;
    str operator_key;
    uint64_t asked;
} sandbox;

/* Says why it fails. sandbox_close in any case. memory: as long as the sandbox. */
MUST_USE cli_exit sandbox_open(const cli_context *c, int64_t now_ms, arena *memory, sandbox *out);
void sandbox_close(sandbox *s);

/* A key with all scopes; merchant 0: of the operator. Empty: it could not be made. */
str sandbox_key(sandbox *s, uint64_t merchant_id, arena *memory);

typedef struct sandbox_ask {
    const char *method;
    str key, target, if_match, body; /* if_match and body may be empty */
    uint64_t trace;                  /* names the request in problems; not 0 */
} sandbox_ask;
/* The same requests to a fresh sandbox get the same answers. */
http_answer sandbox_request(sandbox *s, const sandbox_ask *ask, arena *memory);

#endif
