/* Applies what is due before somebody is told that there is none: see inner.h.
 *
 * A pass is over what is due in all lanes when it begins: block after block of each lane, the lanes
 * at once, each block by the same act as the sweep's. Of a kind at most one pass runs; who asks
 * meanwhile gets the next one, because this one may have looked too early for him. A block whose
 * act is quarantined is passed over, as the sweep does; any other refusal fails the pass. */
#include <stdlib.h>

#include "app/inner.h"

typedef struct pass {
    uint64_t begun, over, good; /* numbers; good: of the last one that did not fail */
    uint32_t left;              /* lanes with an act on its way, and who begins it; 0: none runs */
    bool bad;
    bool next; /* somebody waits for the one behind it */
} pass;

struct dues {
    app *app;
    pthread_mutex_t lock;
    pass passes[DUE_KIND_COUNT];
};

/* Of an act on its way; in its memory. */
typedef struct step {
    sweep_in in;
    int64_t now_ms;
} step;

size_t due_blocks(uow *rows, const due_block *behind, int64_t now_ms, due_block *out, size_t max)
{
    void *found[DUE_BLOCKS_MAX];
    CHECK(max <= DUE_BLOCKS_MAX);
    uow_range range = {.table = &due_block_table,
                       .index = -1,
                       .from = behind,
                       .prefix_columns = 2,
                       .after = behind->number != 0};
    size_t n = uow_scan(rows, &range, max, found), due = 0;
    while (due < n && ((const due_block *)found[due])->at_ms <= now_ms) {
        out[due] = *(const due_block *)found[due];
        out[due++].entries.n = 0; /* its memory goes */
    }
    return due;
}

/* ---- one lane ---- */

static void run(dues *d, uint8_t kind);
static bool lane_over(dues *d, uint8_t kind, bool bad);
static void applied(act_call *call);

static bool submit(dues *d, const due_block *b, int64_t now_ms)
{
    own_call *own = own_call_new(d->app, ACT_ID_sweep, b->lane);
    step *s = ARENA_NEW(own->memory, step);
    *s = (step){.in = sweep_of(b), .now_ms = now_ms};
    own->call.in = &s->in;
    own->call.item = b->number;
    own->call.request.to_lane = true;
    own->call.request.lane = b->lane;
    own->call.done = applied;
    own->call.context = s;
    if (act_submit(&own->call) == R_DONE)
        return true;
    own_call_free(own);
    return false;
}

static result find_next(dues *d, const step *s, due_block *next, size_t *n)
{
    arena *memory = arena_new(0);
    uow *rows;
    due_block last = {s->in.lane, s->in.kind, s->in.at_ms, s->in.number, {0}};
    result r = store_read_begin(d->app->store, memory, s->now_ms, &rows);
    if (r == R_DONE) {
        *n = due_blocks(rows, &last, s->now_ms, next, 1);
        r = store_read_end(rows);
    }
    arena_free(memory);
    return r;
}

/* On its lane's thread. */
static void applied(act_call *call)
{
    dues *d = call->app->dues;
    const step *s = call->context;
    uint8_t kind = s->in.kind;
    int64_t now_ms = s->now_ms;
    due_block next;
    size_t n = 0;
    bool bad = call->code != R_DONE && call->code != R_QUARANTINED;
    if (!bad)
        bad = find_next(d, s, &next, &n) != R_DONE;
    own_call_free((own_call *)call);
    if (!bad && n > 0) {
        if (submit(d, &next, now_ms))
            return;
        bad = true;
    }
    if (lane_over(d, kind, bad))
        run(d, kind);
}

/* ---- passes ---- */

static void begin(pass *p)
{
    p->begun++;
    p->left = 1;
    p->bad = false;
    p->next = false;
}

/* True: the next pass has begun, and is the caller's to run. */
static bool lane_over(dues *d, uint8_t kind, bool bad)
{
    pass *p = &d->passes[kind];
    (void)pthread_mutex_lock(&d->lock);
    p->bad = p->bad || bad;
    bool ended = --p->left == 0, more = ended && p->next;
    if (ended) {
        p->over = p->begun;
        p->good = p->bad ? p->good : p->begun;
    }
    if (more)
        begin(p);
    (void)pthread_mutex_unlock(&d->lock);
    if (ended)
        leases_due_applied(d->app->leases);
    return more;
}

/* What each lane begins with; n: how many lanes have anything. */
static result look(dues *d, uint8_t kind, int64_t now_ms, due_block first[STORE_LANES_MAX],
                   size_t *n)
{
    arena *memory = arena_new(0);
    uow *rows;
    *n = 0;
    result r = store_read_begin(d->app->store, memory, now_ms, &rows);
    if (r == R_DONE) {
        for (uint16_t lane = 0; lane < store_lanes(d->app->store); lane++)
            *n += due_blocks(rows, &(due_block){.lane = lane, .kind = kind}, now_ms, &first[*n], 1);
        r = store_read_end(rows);
    }
    arena_free(memory);
    return r;
}

/* A pass that has begun, and those behind it that end at once. */
static void run(dues *d, uint8_t kind)
{
    bool more = true;
    while (more) {
        due_block first[STORE_LANES_MAX];
        size_t n;
        int64_t now_ms = app_now_ms(d->app);
        bool bad = look(d, kind, now_ms, first, &n) != R_DONE;
        (void)pthread_mutex_lock(&d->lock);
        d->passes[kind].left += bad ? 0 : (uint32_t)n;
        (void)pthread_mutex_unlock(&d->lock);
        for (size_t i = 0; i < n && !bad; i++)
            if (!submit(d, &first[i], now_ms))
                (void)lane_over(d, kind, true); /* ours is still to come: it is not the last */
        more = lane_over(d, kind, bad);
    }
}

uint64_t dues_want(dues *d, uint8_t kind)
{
    pass *p = &d->passes[kind];
    (void)pthread_mutex_lock(&d->lock);
    bool first = p->left == 0;
    if (first)
        begin(p);
    else
        p->next = true;
    uint64_t number = first ? p->begun : p->begun + 1;
    (void)pthread_mutex_unlock(&d->lock);
    if (first)
        run(d, kind);
    return number;
}

due_pass_state dues_state(dues *d, uint8_t kind, uint64_t number)
{
    const pass *p = &d->passes[kind];
    (void)pthread_mutex_lock(&d->lock);
    due_pass_state is = p->over < number   ? DUE_PASS_RUNS
                        : p->good < number ? DUE_PASS_FAILED
                                           : DUE_PASS_OVER;
    (void)pthread_mutex_unlock(&d->lock);
    return is;
}

dues *dues_new(app *a)
{
    dues *d = calloc(1, sizeof(*d)); /* freed by dues_free */
    CHECK(d != NULL);
    d->app = a;
    CHECK(pthread_mutex_init(&d->lock, NULL) == 0);
    return d;
}

void dues_free(dues *d)
{
    if (d == NULL)
        return;
    (void)pthread_mutex_destroy(&d->lock);
    free(d);
}
