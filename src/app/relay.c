/* The relay: carries outbox messages from the lane that committed them to the lane they are for,
 * exactly once and in order.
 *
 * For each pair (from, to) of lanes there is one queue and at most one bundle on its way. A bundle
 * runs as one request on `to`: it applies its messages in order and raises inbox(to, from) in the
 * same commit, so a repeated message finds itself applied. A message that is refused is consumed
 * without effect (its act told its sender by another message, if anybody must know). Afterwards the
 * sender's outbox rows are deleted. What a crash left undelivered is read from the outbox when
 * opening. A message that crashed the process twice, or cannot be read, is set aside
 * (quarantine.h), and the next ones go on.
 *
 * At most RELAY_QUEUE_MAX messages of a pair are held in memory; beyond that the pair reads them
 * again from the outbox. Does not retry: CLASS_INTERNAL is never refused but by a store that has
 * failed, and then nothing commits any more. */
#include <stdlib.h>

#include "app/inner.h"
#include "port/clock.h"
#include "port/log.h"
#include "port/metric.h"

enum { RELAY_QUEUE_MAX = 65536, RELAY_BUNDLE_MAX = 64 };

typedef struct message {
    struct message *next;
    uint64_t sequence;
    int64_t since_ns; /* when it was committed, or found */
    uint16_t act, slot, to_lane;
    size_t n;
    char input[];
} message;

typedef struct pair {
    message *first, **end;
    size_t queued;
    uint64_t seen; /* highest sequence committed for this pair */
    uint64_t
        loaded; /* how far the outbox is, or was, in memory; below seen: the rest is read again */
    uint64_t applied; /* highest sequence applied at `to` */
    bool busy;        /* a bundle is on its way */
} pair;

struct relay {
    app *app;
    uint16_t lanes;
    pthread_mutex_t lock;
    pair pairs[STORE_LANES_MAX][STORE_LANES_MAX]; /* [from][to] */
};

typedef enum fate { FATE_OLD, FATE_APPLIED, FATE_REFUSED, FATE_ASIDE } fate;

typedef struct bundle {
    request request; /* first */
    relay *relay;
    arena *memory;
    uint16_t from, to;
    size_t n;
    message *messages[RELAY_BUNDLE_MAX];
    void *inputs[RELAY_BUNDLE_MAX]; /* NULL: not decoded yet */
    /* by this bundle's last run */
    fate fates[RELAY_BUNDLE_MAX];
    suspicion known[RELAY_BUNDLE_MAX];
} bundle;

static uint16_t lane_for(const relay *r, uint16_t slot, uint16_t to_lane)
{
    return to_lane != UINT16_MAX ? to_lane : store_lane_of_slot(r->app->store, slot);
}

static suspect name_of(const bundle *b, size_t i)
{
    const message *m = b->messages[i];
    return (suspect){SUSPECT_KIND_MESSAGE, m->act, m->slot, b->from, m->sequence};
}

static bool is_readable(bundle *b, size_t i, const act *a)
{
    const message *m = b->messages[i];
    if (a == NULL || (a->flags & ACT_MESSAGE) == 0) {
        return false; /* of a later version, say */
    }
    if (b->inputs[i] != NULL) {
        return true;
    }
    void *input = arena_alloc(b->memory, a->in->size);
    if (record_decode(a->in, (str){m->input, m->n}, b->memory, input) != R_DONE) {
        return false;
    }
    b->inputs[i] = input;
    return true;
}

/* What its act says, or R_QUARANTINED: it is not for us to run. */
static result decide_one(uow *u, bundle *b, size_t i)
{
    const act *a = act_find(b->messages[i]->act);
    suspect name = name_of(b, i);
    app *of = b->relay->app;
    b->known[i] = quarantine_begin(of, b->to, &name);
    if (b->known[i] == SUSPICION_HELD) {
        return R_QUARANTINED;
    }
    result code = R_QUARANTINED;
    if (is_readable(b, i, a)) {
        code = a->decide(u, b->inputs[i], arena_alloc(uow_memory(u), a->out->size));
        CHECK(code != R_WAIT); /* a message that waits would hold up all behind it */
    }
    quarantine_over(of, b->to);
    return code;
}

/* One pass over the messages. R_DONE, R_AGAIN, or R_STALE: one was refused, and the pass is made
 * again without it, because what it wrote was taken back with everything before it. Behind one that
 * misses rows the others only say what they miss: a bundle may ask for rows LANE_AGAIN_MAX times,
 * which is not often enough for each message in turn. */
static result apply_all(uow *u, bundle *b, uint64_t last, bool *refused)
{
    bool misses = false;
    for (size_t i = 0; i < b->n; i++) {
        b->fates[i] = FATE_OLD;
        if (b->messages[i]->sequence <= last) {
            continue;
        }
        last = b->messages[i]->sequence; /* also against a message that is here twice */
        b->fates[i] = FATE_REFUSED;
        if (refused[i]) {
            continue;
        }
        result code = decide_one(u, b, i);
        misses = misses || code == R_AGAIN || uow_pending(u);
        if (misses) {
            continue;
        }
        b->fates[i] = code == R_QUARANTINED ? FATE_ASIDE : FATE_APPLIED;
        if (code != R_DONE && code != R_QUARANTINED) {
            refused[i] = true;
            store_rollback(u);
            return R_STALE;
        }
    }
    return misses ? R_AGAIN : R_DONE;
}

/* Suspects that have come to their end are not suspect any more; what was passed over is kept. */
static result settle_suspects(uow *u, bundle *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const message *m = b->messages[i];
        bool aside = b->fates[i] == FATE_ASIDE;
        if (b->fates[i] == FATE_OLD || (b->known[i] == SUSPICION_NONE && !aside)) {
            continue;
        }
        quarantine_message kept = {name_of(b, i), m->to_lane, {m->input, m->n}};
        quarantine *row;
        if (quarantine_row(u, &kept.name, &row) == R_AGAIN) {
            return R_AGAIN;
        }
        if (aside) {
            quarantine_aside(u, row, &kept);
        } else if (row != NULL) {
            quarantine_delete(u, row);
        }
    }
    return R_DONE;
}

static result bundle_run(uow *u, request *q)
{
    bundle *b = (bundle *)q;
    bool refused[RELAY_BUNDLE_MAX] = {
        false}; /* of this run: other rows may let it pass next time */
    inbox *in;
    result code;
    do { /* at most once for each message that is refused */
        in = inbox_get(u, b->to, b->from);
        if (uow_pending(u)) {
            return R_AGAIN;
        }
        code = apply_all(u, b, in == NULL ? 0 : in->last, refused);
    } while (code == R_STALE);
    if (code == R_DONE) {
        code = settle_suspects(u, b);
    }
    if (code != R_DONE) {
        return code;
    }
    if (in == NULL) {
        in = inbox_new(u, b->to, b->from);
    } else {
        inbox_edit(u, in);
    }
    if (in->last < b->messages[b->n - 1]->sequence) {
        in->last = b->messages[b->n - 1]->sequence;
    }
    return R_DONE;
}

static void send_next(relay *r, uint16_t from, uint16_t to);

/* The sender may forget: its own request on its own lane. */
typedef struct forget {
    request request; /* first */
    arena *memory;
    uint16_t lane;
    size_t n;
    uint64_t sequences[RELAY_BUNDLE_MAX];
} forget;

static result forget_run(uow *u, request *q)
{
    forget *f = (forget *)q;
    outbox *rows[RELAY_BUNDLE_MAX];
    for (size_t i = 0; i < f->n; i++) {
        rows[i] = outbox_get(u, f->lane, f->sequences[i]);
    }
    if (uow_pending(u)) {
        return R_AGAIN;
    }
    for (size_t i = 0; i < f->n; i++) {
        if (rows[i] != NULL) {
            outbox_delete(u, rows[i]);
        }
    }
    return R_DONE;
}

static void forget_done(request *q)
{
    arena_free(((forget *)q)->memory);
}

static void forget_start(const bundle *b)
{
    arena *memory = arena_new(0);
    forget *f = ARENA_NEW(memory, forget);
    *f = (forget){.request = {.run = forget_run,
                              .done = forget_done,
                              .lane = b->from,
                              .to_lane = true,
                              .class = CLASS_INTERNAL},
                  .memory = memory,
                  .lane = b->from,
                  .n = b->n};
    for (size_t i = 0; i < b->n; i++) {
        f->sequences[i] = b->messages[i]->sequence;
    }
    if (store_submit(b->relay->app->store, &f->request) != R_DONE) {
        arena_free(memory);
    }
}

static void bundle_free(bundle *b)
{
    for (size_t i = 0; i < b->n; i++) {
        free(b->messages[i]);
    }
    arena_free(b->memory);
}

static void drop_queue(pair *p)
{
    while (p->first != NULL) {
        message *m = p->first;
        p->first = m->next;
        free(m);
    }
    p->queued = 0;
}

/* What the last run found is durable. */
static void tell(const bundle *b)
{
    app *of = b->relay->app;
    for (size_t i = 0; i < b->n; i++) {
        suspect name = name_of(b, i);
        if (b->fates[i] == FATE_APPLIED) {
            int64_t took_ns = clock_monotonic_ns() - b->messages[i]->since_ns;
            metric_observe(METRIC_RELAY_DELAY, (uint64_t)took_ns / 1000);
            leases_applied(of->leases, b->to, b->messages[i]->act, b->inputs[i]);
        }
        if (b->fates[i] == FATE_ASIDE) {
            quarantine_told(of, &name, b->known[i] == SUSPICION_HELD);
        } else if (b->fates[i] != FATE_OLD && b->known[i] == SUSPICION_CRASHED) {
            quarantine_forgiven(of, b->to, &name);
        }
    }
}

static void bundle_done(request *q)
{
    bundle *b = (bundle *)q;
    relay *r = b->relay;
    uint16_t from = b->from, to = b->to;
    if (q->outcome != R_DONE) {
        /* The store has failed, or the disk is full: what is in the outbox waits there for
         * relay_kick. */
        (void)pthread_mutex_lock(&r->lock);
        drop_queue(&r->pairs[from][to]);
        r->pairs[from][to].loaded = b->messages[0]->sequence - 1;
        r->pairs[from][to].busy = false;
        (void)pthread_mutex_unlock(&r->lock);
        bundle_free(b);
        return;
    }
    (void)pthread_mutex_lock(&r->lock);
    r->pairs[from][to].applied = b->messages[b->n - 1]->sequence;
    r->pairs[from][to].busy = false;
    (void)pthread_mutex_unlock(&r->lock);
    tell(b);
    forget_start(b);
    bundle_free(b);
    send_next(r, from, to);
    leases_delivered(r->app->leases, to);
}

static void push(pair *p, const store_message *m)
{
    message *copy = malloc(sizeof *copy + m->input.n); /* bundle_free or drop_queue frees it */
    CHECK(copy != NULL);
    *copy = (message){.sequence = m->sequence,
                      .since_ns = clock_monotonic_ns(),
                      .act = m->act,
                      .slot = m->slot,
                      .to_lane = m->to_lane,
                      .n = m->input.n};
    if (m->input.n > 0) {
        memcpy(copy->input, m->input.p, m->input.n);
    }
    if (p->end == NULL || p->first == NULL) {
        p->end = &p->first;
    }
    *p->end = copy;
    p->end = &copy->next;
    p->queued++;
    p->loaded = m->sequence;
}

/* One page of the outbox of `from`, behind *after, which is moved on: into the queue of `only`, or,
 * where that is NULL, into those of all. A page that cannot be read gives nothing. */
static result read_page(relay *r, uint16_t from, pair *only, uint64_t *after)
{
    arena *memory = arena_new(0);
    uow *rows;
    store_home home = {.lane = from, .of_lane = true};
    result read = store_read_begin_at(r->app->store, &home, memory, 0, &rows);
    if (read != R_DONE) {
        arena_free(memory);
        return read;
    }
    outbox at = {.lane = from, .sequence = *after};
    void *page[UOW_SCAN_MAX];
    uow_range range = {&outbox_table, -1, &at, 1, true};
    size_t n = uow_scan(rows, &range, ARRAY_LEN(page), page);
    (void)pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < n; i++) {
        const outbox *o = page[i];
        pair *p = &r->pairs[from][lane_for(r, o->slot, o->to_lane)];
        bool room = only != NULL ? p == only : p->queued < RELAY_QUEUE_MAX && p->loaded >= p->seen;
        if (room) {
            push(p, &(store_message){from, o->sequence, o->act, o->slot, o->to_lane, o->input});
        }
        if (only != NULL) {
            only->loaded = o->sequence;
        } else {
            p->seen = o->sequence;
        }
        *after = o->sequence;
    }
    (void)pthread_mutex_unlock(&r->lock);
    read = store_read_end(rows);
    arena_free(memory);
    return read;
}

/* Reads the outbox behind p->loaded until it has something for p, or ends. Called without the lock;
 * only one bundle of a pair is ever being made, so nobody else fills the pair meanwhile but
 * `relay_committed`, which does not while loaded < seen. */
static void refill(relay *r, uint16_t from, pair *p)
{
    uint64_t after = p->loaded, before;
    result read;
    do {
        before = after;
        read = read_page(r, from, p, &after);
    } while (read == R_DONE && p->first == NULL && after > before);
    if (read != R_DONE) { /* what is behind it waits: messages keep their order */
        log_event(LOG_ERROR, "the outbox cannot be read", log_u64("lane", from),
                  log_u64("behind", after), log_result("result", read));
    }
}

static bundle *take_bundle(relay *r, uint16_t from, uint16_t to, pair *p)
{
    arena *memory = arena_new(0);
    bundle *b = ARENA_NEW(memory, bundle);
    *b = (bundle){.request = {.run = bundle_run,
                              .done = bundle_done,
                              .lane = to,
                              .to_lane = true,
                              .class = CLASS_INTERNAL},
                  .relay = r,
                  .memory = memory,
                  .from = from,
                  .to = to};
    while (p->first != NULL && b->n < RELAY_BUNDLE_MAX) {
        message *m = p->first;
        p->first = m->next;
        p->queued--;
        b->messages[b->n++] = m;
        if (m->act == ACT_ID_lease_grant) {
            break; /* who waits for it takes from it before the next message comes (lease.c) */
        }
    }
    return b;
}

static void send_next(relay *r, uint16_t from, uint16_t to)
{
    pair *p = &r->pairs[from][to];
    (void)pthread_mutex_lock(&r->lock);
    if (p->busy || (p->first == NULL && p->loaded >= p->seen)) {
        (void)pthread_mutex_unlock(&r->lock);
        return;
    }
    p->busy = true;
    bool empty = p->first == NULL;
    (void)pthread_mutex_unlock(&r->lock);
    if (empty) {
        refill(r, from, p);
    }
    (void)pthread_mutex_lock(&r->lock);
    bundle *b = p->first == NULL ? NULL : take_bundle(r, from, to, p);
    if (b == NULL) {
        p->busy = false;
    }
    (void)pthread_mutex_unlock(&r->lock);
    if (b != NULL && store_submit(r->app->store, &b->request) != R_DONE) {
        bundle_free(b); /* a failed store: the outbox keeps them; busy stays set, nothing is sent
                           any more */
    }
}

void relay_committed(relay *r, uint16_t lane, const store_message *messages, size_t n)
{
    bool touched[STORE_LANES_MAX] = {false};
    (void)pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < n; i++) {
        uint16_t to = lane_for(r, messages[i].slot, messages[i].to_lane);
        pair *p = &r->pairs[lane][to];
        /* A refill may have read it already: its commit is visible before this is told. */
        if (p->queued < RELAY_QUEUE_MAX && p->loaded >= p->seen &&
            messages[i].sequence > p->loaded) {
            push(p, &messages[i]);
        }
        p->seen = messages[i].sequence;
        touched[to] = true;
    }
    (void)pthread_mutex_unlock(&r->lock);
    for (uint16_t to = 0; to < r->lanes; to++) {
        if (touched[to]) {
            send_next(r, lane, to);
        }
    }
}

void relay_kick(relay *r)
{
    for (uint16_t from = 0; from < r->lanes; from++) {
        for (uint16_t to = 0; to < r->lanes; to++) {
            send_next(r, from, to);
        }
    }
}

result relay_load(relay *r)
{
    r->lanes = store_lanes(r->app->store);
    for (uint16_t from = 0; from < r->lanes; from++) {
        uint64_t after = 0, before;
        do {
            before = after;
            result read = read_page(r, from, NULL, &after);
            if (read != R_DONE) {
                return read;
            }
        } while (after > before);
    }
    relay_kick(r);
    return R_DONE;
}

void relay_mark_now(relay *r, uint16_t to_lane, relay_mark *mark)
{
    (void)pthread_mutex_lock(&r->lock);
    for (uint16_t from = 0; from < r->lanes; from++) {
        mark->sequence[from] = r->pairs[from][to_lane].seen;
    }
    (void)pthread_mutex_unlock(&r->lock);
}

bool relay_reached(relay *r, uint16_t to_lane, const relay_mark *mark)
{
    bool reached = true;
    (void)pthread_mutex_lock(&r->lock);
    for (uint16_t from = 0; from < r->lanes; from++) {
        reached = reached && r->pairs[from][to_lane].applied >= mark->sequence[from];
    }
    (void)pthread_mutex_unlock(&r->lock);
    return reached;
}

relay *relay_new(app *a)
{
    relay *r = calloc(1, sizeof *r); /* relay_free frees it */
    CHECK(r != NULL);
    r->app = a;
    CHECK(pthread_mutex_init(&r->lock, NULL) == 0);
    return r;
}

void relay_free(relay *r)
{
    if (r == NULL) {
        return;
    }
    for (uint16_t from = 0; from < r->lanes; from++) {
        for (uint16_t to = 0; to < r->lanes; to++) {
            drop_queue(&r->pairs[from][to]);
        }
    }
    (void)pthread_mutex_destroy(&r->lock);
    free(r);
}
