/* What the files of this folder share: the parts of an app. Nobody outside src/app includes it. */
#ifndef QUAN_APP_INNER_H
#define QUAN_APP_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "app/act.h"
#include "app/app.h"
#include "app/quarantine.h"
#include "domain/saga/saga.h"
#include "port/metric.h"
#include "port/peers.h"

typedef struct relay relay;
typedef struct leases leases;
typedef struct keyring keyring;
typedef struct quarantines quarantines;
typedef struct dues dues;
typedef struct finder finder;
typedef struct guesses guesses;
typedef struct feed feed;
typedef struct errands errands;

struct app {
    app_options options;
    store *store;
    relay *relay;
    leases *leases;
    keyring *keys;
    quarantines *quarantines;
    dues *dues;
    finder *finder;
    guesses *guesses;
    feed *feed;                   /* of several servers */
    errands *errands;             /* errand.h; NULL: the store is not open */
    pthread_mutex_t publish_lock; /* one publisher at a time */
    pthread_mutex_t config_lock;  /* guards the pointer: exchanging it and taking a share */
    config *config;
    _Atomic int64_t ahead_ms;  /* of the clock: the database server's, as it was seen last */
    _Atomic int64_t latest_ms; /* what app_now_ms has said, or a lane's head */
    atomic_bool draining;
    atomic_bool peers_changed;
    uint64_t ticks; /* of the one thread that ticks */
    pthread_mutex_t away_lock;
    pthread_cond_t all_back;
    uint64_t away, away_begun; /* under way outside the store: away.h */
};

/* calls.c: is it this server's to run? Also where there are no others. */
bool app_is_mine(const app *a, uint16_t lane);

/* act.c: a call that the app makes to itself: owns its memory, which act_own_free drops. */
typedef struct own_call {
    act_call call; /* first */
    arena *memory;
} own_call;
own_call *own_call_new(app *a, act_id id, uint16_t slot);
void own_call_free(own_call *c);
/* A counter of tries, by what they keep: of those of SAGA_OF_LIMIT. */
static inline metric saga_metric(metric of_limits, saga_kind kind)
{
    return (metric)((int)of_limits + (int)kind);
}
_Static_assert(METRIC_TRIES_LATE_LIMIT + SAGA_KINDS - 1 == METRIC_TRIES_LATE_MOVE, "in order");
issue act_wrong(const issue *from, arena *memory); /* a copy */

/* finder.c: the index over templates (domain/find), which follows the configuration. */
finder *finder_new(void);
void finder_free(finder *f);
/* With publish_lock held (or while opening), after c was published: these templates, or all. */
void finder_put(finder *f, const config *c, const config_template *const *templates, size_t n);
void finder_put_all(finder *f, const config *c);

/* guess.c: tries of codes that are under way. */
guesses *guesses_new(void);
void guesses_free(guesses *g);

/* keyring.c */
keyring *keyring_new(void);
void keyring_free(keyring *k);
void keyring_put(keyring *k, const api_key *row);
bool keyring_has(keyring *k, const api_key *row); /* exactly as it is */
bool keyring_find(keyring *k, uint64_t hi, uint64_t lo, int64_t now_ms, app_principal *out);

/* quarantine.c: see quarantine.h. Which act is running on a lane, by a name that the next process
 * knows again. On the lane's thread. */
typedef struct suspect {
    uint8_t kind; /* suspect_kind */
    uint16_t act, slot;
    uint64_t hi, lo;
} suspect;
typedef enum suspicion { SUSPICION_NONE, SUSPICION_CRASHED, SUSPICION_HELD } suspicion;
quarantines *quarantines_new(void);
void quarantines_free(quarantines *q);
/* When opening, before anything runs: counts what an earlier process left in hand. */
MUST_USE result quarantines_load(app *a, buf *why);
/* Before it runs; SUSPICION_HELD: it must not, and is not in hand. */
suspicion quarantine_begin(app *a, uint16_t lane, const suspect *s);
void quarantine_over(app *a, uint16_t lane); /* when it has run, however it ended */
/* Inside run, where it comes to its end: the row of a suspect. R_AGAIN, R_DONE. */
MUST_USE result quarantine_row(uow *u, const suspect *s, quarantine **row);
/* It is durable that this one is not suspect any more. */
void quarantine_forgiven(app *a, uint16_t lane, const suspect *s);
/* Inside run: a message that its lane passes over. row: of quarantine_row; NULL: it never ran. */
typedef struct quarantine_message {
    suspect name;
    uint16_t to_lane;
    str input;
} quarantine_message;
void quarantine_aside(uow *u, quarantine *row, const quarantine_message *m);
/* It is durable that a message was set aside; held: it was on the list before. */
void quarantine_told(app *a, const suspect *s, bool held);

/* relay.c */
relay *relay_new(app *a);
void relay_free(relay *r);
/* The store's hook: messages of one lane, in order. */
void relay_committed(relay *r, uint16_t lane, const store_message *messages, size_t n);
void relay_kick(relay *r); /* sends what waits, also after a full disk: called now and then */
MUST_USE result
relay_load(relay *r); /* when opening: what an earlier process had committed and not delivered */
/* What others have left in the outboxes of this server's lanes; relay_kick sends it.
 * R_UNAVAILABLE: but for those of shards that are away. */
MUST_USE result relay_look(relay *r);
/* Of another server. False: it is none, and is not applied. */
bool relay_serve(relay *r, const peer_bundle *in, peers_answered *answer, void *of);
/* How far the messages to a lane must have been applied so that everything committed until now has
 * arrived there. */
typedef struct relay_mark {
    uint64_t sequence[STORE_LANES_MAX];
} relay_mark;
void relay_mark_now(relay *r, uint16_t to_lane, relay_mark *mark);
bool relay_reached(relay *r, uint16_t to_lane, const relay_mark *mark);
/* Of a pair: the highest sequence known to be applied. */
uint64_t relay_applied_last(relay *r, uint16_t from, uint16_t to);
/* relay_view.c: the same as of rows, where other servers write them, too: the mark is what is in
 * the outboxes. R_UNAVAILABLE: of those that could be read. */
MUST_USE result relay_mark_read(relay *r, uint16_t to_lane, relay_mark *mark);
/* On the home's lane, after a batch that left its head at `revision`: nothing of this pool was on
 * its way home then. False also where that cannot be told. */
bool relay_nothing_returns(relay *r, pool_name which, uint64_t revision);

/* lease.c: also what else requests are parked for */
leases *leases_new(app *a);
void leases_free(leases *l);
void leases_wanted(leases *l, uint16_t lane, const request *r); /* r was parked */
void leases_gone(leases *l, const request *r); /* one that was parked at some time has ended */
/* A message was applied on a lane, or an act that might have been one: a grant wakes who waits for
 * it, the end of an act who waits for its subject, anything else may let an ask go on. */
void leases_applied(leases *l, uint16_t lane, uint16_t act, const void *input);
void leases_delivered(leases *l, uint16_t lane); /* after each bundle */
/* A lane has committed these, and the relay knows of them: before its requests are answered. */
void leases_committed(leases *l, const store_message *messages, size_t n);
void leases_due_applied(leases *l); /* a pass is over */
void leases_tick(leases *l);        /* now and then: asks that have heard nothing for long */
/* Of another server, for those who wait there. False: it is none. */
bool leases_serve(leases *l, const peer_ask *in, peers_answered *answer, void *of);

/* user_count.c: metrics of what an act or a message has come to, which is durable and no replay. */
void user_count(uint16_t act, result code, const void *out);
/* turn.c: which lane may ask for a pool, where acts need pieces of several. Of the leases, under
 * their lock. */
/* Moves of a request before it gets a turn. One of so many pools that are short gets it without
 * having lost any; that harms nobody. */
enum { TURN_AFTER = 4 };
typedef struct turn turn;
typedef struct turns {
    turn *first;
    size_t n;
} turns;
bool turns_let(const turns *all, uint16_t lane, pool_name which);
void turns_wanted(turns *all, uint16_t lane, const request *r); /* r was parked */
bool turns_gone(turns *all, const request *r);                  /* it has ended: had it a turn? */
void turns_free(turns *all);

/* due.c: what is due may give back what somebody lacks, so it is applied before he is told that
 * there is none. */
dues *dues_new(app *a);
void dues_free(dues *d);
/* The number of a pass that applies all that is due of this kind (due_kind) now, in every lane. It
 * may be over already. */
uint64_t dues_want(dues *d, uint8_t kind);
/* When opening: asks at once about the acts that an earlier process had on their way and can never
 * come (domain/saga/saga.h). Else who needs what they keep would wait until their deadline. */
void dues_ask_lost(dues *d);
void dues_earlier(dues *d, const lane_head *head); /* before that, as the process finds it */
/* A pass that failed is over, too, once a later one did not fail: that one applied the same. */
typedef enum due_pass_state { DUE_PASS_RUNS, DUE_PASS_OVER, DUE_PASS_FAILED } due_pass_state;
due_pass_state dues_state(dues *d, uint8_t kind, uint64_t pass);
/* The blocks of a lane and kind that are due, without their entries, in order; behind that of this
 * number, where there is one. */
enum { DUE_BLOCKS_MAX = 32 };
size_t due_blocks(uow *rows, const due_block *behind, int64_t now_ms, due_block *out, size_t max);
static inline sweep_in sweep_of(const due_block *b)
{
    return (sweep_in){.lane = b->lane, .kind = b->kind, .at_ms = b->at_ms, .number = b->number};
}

#endif
