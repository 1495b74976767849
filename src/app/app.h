/* The application: one store, its configuration snapshot, the relay of messages between lanes and
 * the leases. Everything that serves (api, job, cli) goes through it.
 *
 * Threads: all functions from any thread unless they say otherwise. */
#ifndef QUAN_APP_APP_H
#define QUAN_APP_APP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/result.h"
#include "domain/campaign/config.h"
#include "port/store.h"

typedef struct app app;
typedef struct find_index find_index; /* domain/find/find.h */

typedef struct app_options {
    str engine; /* "rocks", "pg" or "mem" */
    store_options store;
    str state;    /* pg: the directory of this server alone for what is in hand; empty: none */
    str code_key; /* seals the keys of codes: SECRET_MASTER_BYTES; empty: no codes. Lives as long */
    const zone *(*zone_find)(str name); /* NULL for an unknown zone; zones live for ever */
    int64_t (*clock_ms)(void *context);
    void *clock_context;
    void (*failed)(void *context, result why); /* the store stopped acknowledging */
    void *failed_context;
    /* The other servers of the store, which is opened as one of several; NULL: there are none, or
     * each runs what it is asked. Lives as long. */
    const struct peers *peers;
} app_options;

/* Opens the store, reads the configuration, delivers what was on its way. *why says what is wrong.
 */
MUST_USE result app_open(const app_options *options, app **out, buf *why);
void app_drain(app *a);
void app_close(app *a);
store *app_store(app *a);
/* The clock (with server_clock the database server's, as far as it is known), but never earlier
 * than what it has said before or a lane has committed: when the clock goes back, reads and prices
 * stay where acts are. */
int64_t app_now_ms(app *a);

/* The newest configuration; release it with config_free. */
const config *app_config(app *a);
const zone *app_zone(app *a, str name);
rule_zones app_zones(const app *a); /* the same, to hand on */

/* Tries to reach databases that are away (store_reach). Where other servers have the store open,
 * too, reads what they have changed of the configuration, and goes on telling lanes of own edits
 * that could not be told. Called every half second by one thread; binding edits do not wait for it.
 * Every five minutes it compares all rows, which app_compare_config does at once: R_DONE, or why it
 * did not come to its end. */
void app_follow(app *a);
MUST_USE result app_compare_config(app *a);
/* Of several servers: how many changes of the configuration are published here, anyone's. It only
 * grows; a server with fewer than another one is late. */
uint64_t app_config_edits(app *a);

/* All that was edited and answered before now, by whichever server, is in app_config after it. Asks
 * the database only where there are other servers, and no shard that is away. R_DONE, or
 * R_UNAVAILABLE. */
MUST_USE result app_catch_up(app *a);

/* The index over the newest configuration's templates; release it with find_free. A template whose
 * change was answered is in it. */
const find_index *app_find_index(app *a);
/* Merges what is worth merging in the index, which may take seconds and keeps nobody waiting:
 * called now and then, by one thread. */
void app_merge_index(app *a);

/* Reading on a snapshot, with the newest configuration pinned. */
typedef struct app_view {
    app *app;
    const config *config;
    uow *rows;
    arena *memory;
} app_view;
MUST_USE result app_view_open(app *a, arena *memory, app_view *out);
/* For one home: see store_read_begin_at. NULL: for any. */
MUST_USE result app_view_open_at(app *a, const store_home *home, arena *memory, app_view *out);
/* R_DONE, or why a row that was asked for could not be read. */
result app_view_close(app_view *v);

/* Stepped mode: runs lanes, relay and leases until nothing moves; how many requests ended. */
size_t app_settle(app *a);

/* Sends again what a full disk held up: called every second or so. */
void app_tick(app *a);

/* Found by key hash; false when unknown, revoked or expired. */
typedef struct app_principal {
    uint64_t key;      /* id */
    uint64_t merchant; /* 0: the operator */
    uint32_t scopes;
    hash128 hash; /* of the key, as app_authenticate got it */
} app_principal;
bool app_authenticate(app *a, uint64_t hi, uint64_t lo, app_principal *out);

#endif
