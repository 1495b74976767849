/* Batches of issue acts. See issue.h.
 *
 * Acts go out in waves of BATCH_AT_ONCE: a wave is one or two commits of each lane, and one caller
 * cannot fill a lane's queue. A lane's thread puts the outcome of an act into memory, so each lane
 * has an arena of its own here; the last act of a wave sends the call back to its loop. */
#include "api/issue.h"

#include "base/hash.h"
#include "domain/phone/holder.h"

typedef struct batch_seat {
    act_call call; /* first */
    issue_in in;   /* its user may be another one's name (api/call.h, call_user) */
    unsigned renamed;
    struct wave *wave;
    issue_out out;
} batch_seat;

typedef struct wave {
    batch batch;
    api_call *call;
    const issue_ask *asks;
    batch_then *then;
    hash128 key;
    size_t next;     /* input to go out next */
    size_t out_n;    /* seats that are taken */
    atomic_int left; /* acts on their way, and 1 while the wave goes out */
    uint16_t lanes;
    arena *memory[STORE_LANES_MAX];
    batch_seat *seats; /* [batch.n] */
} wave;

static void send_wave(wave *w);
static void send_item(wave *w, size_t i);
static void one_less(wave *w);

/* Items whose user has become another one, or whose number is a user's, go out again for him; how
 * many. */
static size_t send_renamed(wave *w)
{
    size_t n = 0;
    atomic_store(&w->left, 1);
    for (size_t i = w->next - w->out_n; i < w->next; i++) {
        batch_seat *s = &w->seats[i];
        bool renames = s->call.code == R_USER_MERGED || s->call.code == R_PHONE_BOUND;
        if (!renames || s->renamed == CALL_RENAMES_MAX)
            continue;
        s->in.user = arena_str(w->call->memory, s->call.detail);
        s->renamed++;
        n++;
        send_item(w, i);
    }
    if (n > 0)
        one_less(w);
    return n;
}

static void wave_back(http_exchange *x, void *argument)
{
    MAYBE(x);
    wave *w = argument;
    if (send_renamed(w) > 0)
        return;
    for (size_t i = w->next - w->out_n; i < w->next; i++) {
        const act_call *done = &w->seats[i].call;
        w->batch.items[i] =
            (batch_item){.code = done->code, .detail = done->detail, .out = &w->seats[i].out};
    }
    if (w->next < w->batch.n) {
        send_wave(w);
        return;
    }
    /* What is shown points into the lanes' memory: it is written out before that goes. */
    arena *memory[STORE_LANES_MAX];
    uint16_t lanes = w->lanes;
    memcpy(memory, w->memory, sizeof memory);
    api_call *c = w->call;
    w->then(c, &w->batch);
    for (uint16_t lane = 0; lane < lanes; lane++)
        arena_free(memory[lane]);
}

static void one_less(wave *w)
{
    if (atomic_fetch_sub(&w->left, 1) == 1)
        http_defer(w->call->x, wave_back, w);
}

static void item_done(act_call *done)
{
    one_less(((batch_seat *)done)->wave);
}

static arena *memory_of_slot(wave *w, uint16_t slot)
{
    uint16_t lane = store_lane_of_slot(app_store(w->call->app), slot);
    if (w->memory[lane] == NULL)
        w->memory[lane] = arena_new(0);
    return w->memory[lane];
}

static void send_item(wave *w, size_t i)
{
    api_call *c = w->call;
    batch_seat *s = &w->seats[i];
    const issue_in *in = &s->in;
    if (s->renamed == 0)
        s->in = w->asks[i].in;
    uint16_t slot = slot_of_user(in->merchant, in->user);
    s->wave = w;
    s->call = (act_call){
        .app = c->app,
        .id = ACT_ID_issue,
        .slot = slot,
        .in = in,
        .out = &s->out,
        .memory = memory_of_slot(w, slot),
        .asked_by = c->who.hash,
        .key = {.merchant = in->merchant,
                .subject = call_subject(c, phone_subject(in->user)),
                .key = arena_printf(c->memory, "%016llx%016llx.%zu", (unsigned long long)w->key.hi,
                                    (unsigned long long)w->key.lo, i),
                .body = c->body_hash,
                .body_before = c->body_before},
        .done = item_done};
    atomic_fetch_add(&w->left, 1);
    result r = reserve_submit(&s->call, &w->asks[i].reserve);
    if (r != R_DONE) {
        s->call.code = r;
        one_less(w);
    }
}

static void send_wave(wave *w)
{
    atomic_store(&w->left, 1);
    w->out_n = 0;
    while (w->next < w->batch.n && w->out_n < BATCH_AT_ONCE) {
        w->out_n++;
        send_item(w, w->next++);
    }
    one_less(w);
}

void batch_run(api_call *c, const issue_ask *asks, size_t n, batch_then *then, void *context)
{
    CHECK(n <= BATCH_ITEMS_MAX);
    wave *w = ARENA_NEW(c->memory, wave);
    w->batch = (batch){.n = n, .items = ARENA_ARRAY(c->memory, batch_item, n), .context = context};
    w->call = c;
    w->asks = asks;
    w->then = then;
    w->key = hash128_of(c->key, 0);
    w->lanes = store_lanes(app_store(c->app));
    w->seats = ARENA_ARRAY(c->memory, batch_seat, n);
    c->state = &w->batch;
    send_wave(w);
}
