/* A merchant at the API: what the demo and the benchmark ask of a server over HTTP. One
 * connection; every write carries a key of its own. */
#ifndef QUAN_CLI_SHOP_H
#define QUAN_CLI_SHOP_H

#include "base/json.h"
#include "cli/cli.h"
#include "cli/http_client.h"

typedef struct shop {
    const cli_context *cli;
    http_client *client;
    str key, currency, run;
    uint64_t sequence;
    str once;           /* Idempotency-Key of what is asked next; empty: a fresh one each */
    int64_t if_version; /* If-Match of what is asked next; 0: none */
    arena *memory;      /* of answers; shop_forget resets it */
    http_answer answer;
    json *document; /* of the last answer; NULL when it was not JSON */
} shop;

/* Connects and asks /readyz. Every function below says why it fails (cli_fail) and gives the
 * exit code. */
MUST_USE cli_exit shop_open(const cli_context *c, shop *s, const cli_server *at);
void shop_close(shop *s);
void shop_forget(shop *s); /* drops what answers hold; strings taken from them end here */

/* One request; CLI_OK when the answer has this status. Writes (all but GET) carry a fresh key. */
MUST_USE cli_exit shop_ask(shop *s, const char *method, str target, str body, int status);
/* The same without saying anything about another status: for what may be refused. 0: no answer. */
int shop_try(shop *s, const char *method, str target, str body);
/* Says what the last answer refuses, by its fields where it names some. */
cli_exit shop_refused(const shop *s, const char *method, str target);
str shop_text(const shop *s, str name); /* a member of the last answer, in the memory of the shop */
int64_t shop_amount(const shop *s, str name); /* the `amount` of a money member; 0 when absent */

MUST_USE cli_exit shop_campaign(shop *s, str name, str *id); /* a year around now, as a draft */
typedef struct shop_template {
    str name;
    int64_t amount_minor, cap_minor, minimum_minor;
    str percent;      /* where amount_minor is 0 */
    int64_t stock;    /* -1: unlimited */
    int64_t per_user; /* claims a user may make; 0: no limit */
} shop_template;
MUST_USE cli_exit shop_template_create(shop *s, str campaign_id, const shop_template *t, str *id);
MUST_USE cli_exit shop_start(shop *s, str campaign_id);

#endif
