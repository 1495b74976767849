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
 * failed, and then nothing commits any more.
 *
 * Where other servers write the same lanes, nothing is sent before all that a lane has committed
 * earlier for the same one: inbox would count it as applied. A lane numbers its messages without a
 * gap, so what this server does not know of shows in its next commit, or when it looks into the
 * outbox: from then on the pair is read from there. A bundle for a lane of another server is sent
 * to that one; it runs here when that one does not answer. Each message may be sent by several
 * servers; it is applied once. */
#include <stdlib.h>

#include "app/calls.h"
#include "app/errand.h"
#include "app/relay_part.h"
#include "port/clock.h"
#include "port/log.h"
#include "port/metric.h"

uint16_t relay_lane_for(const relay *r, uint16_t slot, uint16_t to_lane)
{
    return to_lane != UINT16_MAX ? to_lane : store_lane_of_slot(r->app->store, slot);
}

static void send_next(relay *r, uint16_t from, uint16_t to);

static void drop_queue(pair *p)
{
    while (p->first != NULL) {
        message *m = p->first;
        p->first = m->next;
        free(m);
    }
    p->queued = 0;
}

/* ---- bundles ---- */

void relay_applied(relay *r, uint16_t from, uint16_t to, uint64_t sequence)
{
    pair *p = &r->pairs[from][to];
    (void)pthread_mutex_lock(&r->lock);
    p->applied = p->applied < sequence ? sequence : p->applied;
    (void)pthread_mutex_unlock(&r->lock);
}

/* The store has failed, or the disk is full: what is in the outbox waits there for relay_kick. */
static void held_up(bundle *b)
{
    relay *r = b->relay;
    pair *p = &r->pairs[b->from][b->to];
    (void)pthread_mutex_lock(&r->lock);
    drop_queue(p);
    p->loaded = b->messages[0]->sequence - 1;
    p->busy = false;
    (void)pthread_mutex_unlock(&r->lock);
    bundle_free(b);
}

/* Those that it did not apply are the first again. */
static void put_back(pair *p, bundle *b)
{
    while (b->taken > b->n) {
        message *m = b->messages[--b->taken];
        m->next = p->first;
        if (p->first == NULL) {
            p->end = &m->next;
        }
        p->first = m;
        p->queued++;
    }
}

static void delivered(bundle *b)
{
    relay *r = b->relay;
    uint16_t from = b->from, to = b->to;
    for (size_t i = 0; i < b->n; i++) {
        int64_t took_ns = clock_monotonic_ns() - b->messages[i]->since_ns;
        metric_observe(METRIC_RELAY_DELAY, (uint64_t)took_ns / 1000);
    }
    relay_applied(r, from, to, b->messages[b->n - 1]->sequence);
    (void)pthread_mutex_lock(&r->lock);
    put_back(&r->pairs[from][to], b);
    r->pairs[from][to].busy = false;
    (void)pthread_mutex_unlock(&r->lock);
    bundle_forget(b);
    bundle_free(b);
    send_next(r, from, to);
    leases_delivered(r->app->leases, to);
}

/* On its lane's thread. */
static void bundle_done(request *q)
{
    bundle *b = (bundle *)q;
    if (q->outcome != R_DONE) {
        held_up(b);
        return;
    }
    relay_applied(b->relay, b->from, b->to, b->messages[b->n - 1]->sequence);
    bundle_tell(b); /* before anything behind a grant is sent */
    delivered(b);
}

static void run_here(bundle *b)
{
    if (store_submit(b->relay->app->store, &b->request) != R_DONE) {
        bundle_free(b); /* a failed store: the outbox keeps them; busy stays set, nothing is sent
                           any more */
    }
}

/* Applying it twice does no harm: where it is not known what has become of it, it runs here. */
static void answered(void *of, result code, str bytes)
{
    bundle *b = of;
    peer_answer a;
    if (code == R_DONE && record_decode(&peer_answer_record, bytes, b->memory, &a) == R_DONE &&
        a.code == R_DONE) {
        delivered(b);
    } else {
        run_here(b);
    }
}

static void send_away(bundle *b)
{
    arena *memory = arena_new(0);
    peer_letter *letters = ARENA_ARRAY(memory, peer_letter, b->n);
    for (size_t i = 0; i < b->n; i++) {
        const message *m = b->messages[i];
        letters[i] = (peer_letter){m->sequence, m->act, m->slot, m->to_lane, {m->input, m->n}};
    }
    peer_bundle out = {b->from, b->to, {letters, b->n}};
    call_send(b->relay->app, b->to, &(call_message){CALL_BUNDLE, &peer_bundle_record, &out},
              answered, b);
    arena_free(memory);
}

/* ---- queues ---- */

static void push(pair *p, const store_message *m)
{
    message *copy = message_new(m);
    if (p->end == NULL || p->first == NULL) {
        p->end = &p->first;
    }
    *p->end = copy;
    p->end = &copy->next;
    p->queued++;
    p->loaded = m->sequence;
}

/* One page of the outbox of `from`, behind *after, which is moved on. A page that cannot be read
 * gives nothing. */
static result read_page(relay *r, uint16_t from, pair *p, uint64_t *after)
{
    arena *memory = arena_new(0);
    uow *rows;
    store_home home = {.lane = from, .of_lane = true, .reached = true};
    result read = store_read_bare(r->app->store, &home, memory, 0, &rows);
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
        *after = o->sequence;
        if (o->sequence <= p->loaded) {
            continue; /* relay_committed has been here, too */
        }
        if (&r->pairs[from][relay_lane_for(r, o->slot, o->to_lane)] == p) {
            push(p, &(store_message){from, o->sequence, o->act, o->slot, o->to_lane, o->input});
        }
        p->loaded = o->sequence;
    }
    (void)pthread_mutex_unlock(&r->lock);
    read = store_read_end(rows);
    arena_free(memory);
    return read;
}

static bool has_nothing(relay *r, const pair *p)
{
    (void)pthread_mutex_lock(&r->lock);
    bool nothing = p->first == NULL;
    (void)pthread_mutex_unlock(&r->lock);
    return nothing;
}

/* Reads the outbox behind p->loaded until it has something for p, or ends: then all is here that
 * was committed before. Called without the lock; only one bundle of a pair is ever being made, so
 * nobody else fills the pair meanwhile but `relay_committed`, once loaded has come to seen. */
static void refill(relay *r, uint16_t from, pair *p)
{
    (void)pthread_mutex_lock(&r->lock);
    uint64_t after = p->loaded, committed = p->seen, before;
    (void)pthread_mutex_unlock(&r->lock);
    result read;
    do {
        before = after;
        read = read_page(r, from, p, &after);
    } while (read == R_DONE && has_nothing(r, p) && after > before);
    if (read != R_DONE) { /* what is behind it waits: messages keep their order */
        /* Of a database that is away the engine tells; here it would be once for every pair. */
        if (read != R_UNAVAILABLE)
            log_event(LOG_ERROR, "the outbox cannot be read", log_u64("lane", from),
                      log_u64("behind", after), log_result("result", read));
        return;
    }
    (void)pthread_mutex_lock(&r->lock);
    if (p->first == NULL && p->loaded < committed) {
        p->loaded = committed;
    }
    (void)pthread_mutex_unlock(&r->lock);
}

static bundle *take_bundle(relay *r, uint16_t from, uint16_t to, pair *p)
{
    bundle *b = bundle_new(r, from, to);
    b->request.done = bundle_done;
    while (p->first != NULL && b->n < RELAY_BUNDLE_MAX) {
        message *m = p->first;
        p->first = m->next;
        p->queued--;
        b->messages[b->n++] = m;
        b->taken = b->n;
        if (m->act == ACT_ID_lease_grant) {
            break; /* who waits for it takes from it before the next message comes (lease.c) */
        }
    }
    return b;
}

/* The pair is busy, and has in memory what it has. */
static void send_taken(relay *r, uint16_t from, uint16_t to)
{
    pair *p = &r->pairs[from][to];
    (void)pthread_mutex_lock(&r->lock);
    bundle *b = p->first == NULL ? NULL : take_bundle(r, from, to, p);
    if (b == NULL) {
        p->busy = false;
    }
    (void)pthread_mutex_unlock(&r->lock);
    if (b == NULL) {
        return;
    }
    if (app_is_mine(r->app, to)) {
        run_here(b);
    } else {
        send_away(b);
    }
}

typedef struct refilling {
    errand errand; /* first */
    relay *relay;
    uint16_t from, to;
} refilling;

/* Late: what is in the outbox waits there for relay_kick. */
static void refill_now(errand *e, bool late)
{
    refilling of = *(refilling *)e;
    free(e);
    if (!late) {
        refill(of.relay, of.from, &of.relay->pairs[of.from][of.to]);
    }
    send_taken(of.relay, of.from, of.to);
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
    if (!empty) {
        send_taken(r, from, to);
        return;
    }
    refilling *e = malloc(sizeof(*e)); /* refill_now frees it */
    CHECK(e != NULL);
    *e = (refilling){{.run = refill_now}, r, from, to};
    errand_send(r->app, from, &e->errand);
}

static void send_lane(relay *r, uint16_t from, const bool *to_send)
{
    for (uint16_t to = 0; to < r->lanes; to++) {
        if (to_send[to]) {
            send_next(r, from, to);
        }
    }
}

void relay_committed(relay *r, uint16_t lane, const store_message *messages, size_t n)
{
    bool touched[STORE_LANES_MAX] = {false};
    if (n == 0) {
        return;
    }
    (void)pthread_mutex_lock(&r->lock);
    if (r->shared && r->last[lane] != messages[0].sequence - 1) {
        for (uint16_t to = 0; to < r->lanes; to++) { /* another server has sent something, too */
            pair *p = &r->pairs[lane][to];
            p->seen = p->seen < messages[0].sequence ? messages[0].sequence - 1 : p->seen;
            touched[to] = true;
        }
    }
    r->last[lane] = messages[n - 1].sequence;
    for (size_t i = 0; i < n; i++) {
        uint16_t to = relay_lane_for(r, messages[i].slot, messages[i].to_lane);
        pair *p = &r->pairs[lane][to];
        /* A refill may have read it already: its commit is visible before this is told. */
        if (p->queued < RELAY_QUEUE_MAX && p->loaded >= p->seen &&
            messages[i].sequence > p->loaded) {
            push(p, &messages[i]);
        }
        p->seen = p->seen < messages[i].sequence ? messages[i].sequence : p->seen;
        touched[to] = true;
    }
    (void)pthread_mutex_unlock(&r->lock);
    send_lane(r, lane, touched);
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
    r->shared = r->app->options.store.several;
    memset(r->last, r->shared ? 0xff : 0, sizeof(r->last)); /* nothing is known of any lane */
    result read = relay_look(r);
    if (read == R_DONE) {
        relay_kick(r);
    }
    return read;
}

/* ---- marks ---- */

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

uint64_t relay_applied_last(relay *r, uint16_t from, uint16_t to)
{
    (void)pthread_mutex_lock(&r->lock);
    uint64_t applied = r->pairs[from][to].applied;
    (void)pthread_mutex_unlock(&r->lock);
    return applied;
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
