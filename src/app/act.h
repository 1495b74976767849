/* Acts: the only way anything is written. One row of act.def an act; one loop (act.c) runs them
 * all: look for the idempotency record, decide, keep the outcome under the key, commit, answer
 * after it is durable.
 *
 * A caller fills an act_call in memory that lives until `done`, and submits it. Exactly one of two
 * things happens: act_submit refuses at once (BUSY, DRAINING: nothing happened), or `done` is
 * called once, on a lane's thread (or the thread that steps the store).
 *
 * Where the act's lane is another server's (port/peers.h), it runs there, and `done` is called on
 * any thread, or before act_submit returns. Where that one cannot be reached it runs here: as
 * exact, but should it wait for a slice, it may have to do so until it is refused. R_UNKNOWN: it
 * was sent, nobody knows what has become of it, and it must not run twice. */
#ifndef QUAN_APP_ACT_H
#define QUAN_APP_ACT_H

#include "app/app.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/time.h"
#include "port/store.h"

enum { ACT_CONFIG = 1, ACT_MESSAGE = 2, ACT_REPEATS = 4 };
typedef enum act_id {
#define ACT(number, name, in, out, decide, class, flags) ACT_ID_##name = (number),
#include "app/act.def"
#undef ACT
} act_id;

typedef result act_decide(uow *u, const void *in, void *out);
/* Gets only, and it must do with rows that are not here. Runs where decide has just lacked some and
 * has found nothing wrong with its input. Whatever it asks for beside what decide will need costs a
 * row of a load, and nothing on engines that read at once. */
typedef void act_ahead(uow *u, const void *in);
typedef struct act {
    uint16_t number;
    str name;
    const record_type *in, *out;
    act_decide *decide;
    request_class class;
    uint8_t flags;
} act;
const act *act_find(uint16_t number); /* NULL when none */
const act *act_at(size_t index);      /* in the order of act.def; NULL behind the last */

/* Idempotency: scoped to (merchant, operation, home subject). Without a key (n = 0) nothing is
 * looked up or kept. */
typedef struct act_key {
    uint64_t merchant;
    str subject;   /* user, campaign, job … as text */
    str key;       /* as the caller sent it, 1 … ACT_KEY_MAX bytes */
    uint64_t body; /* hash of the request body */
    /* As the version before made it, whose answers are good as well; 0: the same. */
    uint64_t body_before;
} act_key;
enum { ACT_KEY_MAX = 128 };
/* How long a key answers (DESIGN 5: at least 48 h). Older records count as absent, so that sweeping
 * them away changes nothing. */
#define ACT_KEY_KEEP_MS (72 * MS_HOUR)

typedef struct act_call act_call;
struct act_call {
    request request; /* first: the store's view */
    /* set by the caller */
    app *app;
    act_id id;
    uint16_t slot;
    const void *in; /* record of the act's input type */
    void *out;      /* record of the outcome type, zeroed; filled when code says so */
    arena *memory;  /* of the caller: outcome text and detail are kept there */
    act_key key;
    /* Of an act without a key: what it works on, where its slot does not say it. */
    uint64_t item;
    /* Of the API key that asks; zero: the server itself. Where there are several servers, a lane
     * refuses what a key asks that was revoked meanwhile. */
    hash128 asked_by;
    /* R_DONE; or what the caller has found by looking before (a quote, say): the act is then not
     * decided but refused with this, and a final refusal is kept under the key like any other. */
    result refusal;
    str refusal_detail;
    issue refusal_wrong; /* its field, where it has one: instead of the detail */
    void (*done)(act_call *call);
    void *context;     /* the caller's */
    struct saga *saga; /* saga.c's own */
    /* the answer */
    result code; /* R_DONE: out is filled */
    str detail;
    issue wrong;   /* R_INVALID: of which field, where the act says so; else without a field */
    int64_t at_ms; /* act time: of the first run when replayed */
    /* R_DONE of a configuration act, of several servers: lanes that could not be told yet. There
     * another server may still decide on the configuration before; trying goes on. */
    str unreached; /* a byte each */
    bool replayed; /* answered from the idempotency record */
    bool doubtful; /* another server may have run it, or may still: kept by a saga's attempts */
    /* act.c's own */
    hash128 key_hash;
    bool forgiven; /* its last run ended a suspicion: quarantine.h */
};

/* Under which the call's record is kept; reads id and key. */
hash128 act_key_hash(const act_call *call);
/* R_DONE, R_BUSY, R_DRAINING, R_UNAVAILABLE. */
MUST_USE result act_submit(act_call *call);

#endif
