/* Applies what is due before somebody is told that there is none, and asks about the acts of an
 * earlier process: see inner.h.
 *
 * A pass is over what is due in all lanes when it begins: block after block of each lane, the lanes
 * at once, each block by the same act as the sweep's. Of a kind at most one pass runs; who asks
 * meanwhile gets the next one, because this one may have looked too early for him. A block whose
 * act is quarantined is passed over, as the sweep does; any other refusal fails the pass, and so
 * does a lane whose shard is away: it is over then when what could be applied is.
 *
 * The pass over what an earlier process had on its way is over the blocks that were there before
 * this one has taken any request, due or not: it may run while requests are served, whose tries are
 * alive. Where it fails, the sweep asks past the deadlines. */
#include <stdlib.h>

#include "app/errand.h"

typedef struct pass {
    uint64_t begun, over, good; /* numbers; good: of the last one that did not fail */
    uint32_t left;              /* lanes with an act on its way, and who begins it; 0: none runs */
    bool bad;
    bool next; /* somebody waits for the one behind it */
    bool lost; /* over what an earlier process had on its way */
} pass;

/* Which blocks of a lane a pass is over. */
typedef struct reach {
    int64_t until_ms; /* due by then */
    uint64_t number;  /* made no later than this one */
    uint64_t lost;    /* of sweep_in */
} reach;

struct dues {
    app *app;
    pthread_mutex_t lock;
    pass passes[DUE_KIND_COUNT];
    reach earlier[STORE_LANES_MAX]; /* blocks and ids that an earlier process has made */
};

/* An act on its way, or about to be. */
typedef struct step {
    sweep_in in;
    reach reach;
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

static bool submit(dues *d, const step *what)
{
    own_call *own = own_call_new(d->app, ACT_ID_sweep, what->in.lane);
    step *s = ARENA_NEW(own->memory, step);
    *s = *what;
    own->call.in = &s->in;
    own->call.item = s->in.number;
    own->call.request.to_lane = true;
    own->call.request.lane = s->in.lane;
    own->call.done = applied;
    own->call.context = s;
    if (act_submit(&own->call) == R_DONE)
        return true;
    own_call_free(own);
    return false;
}

/* Goes on to the next block; false: there is none. */
static bool find_next(uow *rows, step *s)
{
    due_block at = {s->in.lane, s->in.kind, s->in.at_ms, s->in.number, {0}};
    bool found;
    do
        found = due_blocks(rows, &at, s->reach.until_ms, &at, 1) > 0;
    while (found && at.number > s->reach.number);
    s->in.at_ms = at.at_ms;
    s->in.number = at.number;
    return found;
}

static result look_on(dues *d, step *s, bool *found)
{
    arena *memory = arena_new(0);
    uow *rows;
    store_home home = {.lane = s->in.lane, .of_lane = true, .reached = true};
    result r = store_read_bare(d->app->store, &home, memory, app_now_ms(d->app), &rows);
    if (r == R_DONE) {
        *found = find_next(rows, s);
        r = store_read_end(rows);
    }
    arena_free(memory);
    return r;
}

static void one_over(dues *d, uint8_t kind, bool bad)
{
    if (lane_over(d, kind, bad))
        run(d, kind);
}

typedef struct go_on {
    errand errand; /* first */
    dues *dues;
    step step;
} go_on;

static void go_on_now(errand *e, bool late)
{
    go_on *g = (go_on *)e;
    dues *d = g->dues;
    step s = g->step;
    bool found = false, bad = late || look_on(d, &s, &found) != R_DONE;
    free(g);
    if (bad || !found || !submit(d, &s))
        one_over(d, s.in.kind, bad || found);
}

/* On its lane's thread. */
static void applied(act_call *call)
{
    dues *d = call->app->dues;
    step s = *(const step *)call->context;
    bool bad = call->code != R_DONE && call->code != R_QUARANTINED;
    own_call_free((own_call *)call);
    if (bad) {
        one_over(d, s.in.kind, true);
        return;
    }
    go_on *g = malloc(sizeof(*g)); /* go_on_now frees it */
    CHECK(g != NULL);
    *g = (go_on){{.run = go_on_now}, d, s};
    errand_send(d->app, s.in.lane, &g->errand);
}

/* ---- passes ---- */

static void begin(pass *p)
{
    p->begun++;
    p->left = 1;
    p->bad = false;
    p->next = false;
    p->lost = false;
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

/* What each lane begins with; n: how many lanes have anything. R_UNAVAILABLE: but for those of
 * shards that are away. */
static result look(dues *d, uint8_t kind, step first[STORE_LANES_MAX], size_t *n)
{
    arena *memory = arena_new(0);
    uow *rows;
    bool lost = d->passes[kind].lost, all = true;
    store_home reached = {.reached = true};
    *n = 0;
    result r = store_read_bare(d->app->store, &reached, memory, app_now_ms(d->app), &rows);
    if (r == R_DONE) {
        reach all_due = {uow_now(rows), UINT64_MAX, 0};
        for (uint16_t lane = 0; lane < store_lanes(d->app->store); lane++) {
            step *s = &first[*n];
            bool has = store_read_has(rows, lane);
            all = all && has;
            if (!has)
                continue;
            *s = (step){.reach = lost ? d->earlier[lane] : all_due};
            s->in = (sweep_in){.lane = lane, .kind = kind, .lost = s->reach.lost};
            *n += find_next(rows, s);
        }
        r = store_read_end(rows);
        *n = r == R_DONE ? *n : 0;
    }
    arena_free(memory);
    return r == R_DONE && !all ? R_UNAVAILABLE : r;
}

typedef struct running {
    errand errand; /* first */
    dues *dues;
    uint8_t kind;
} running;

/* A pass that has begun, and those behind it that end at once. */
static void run_now(errand *e, bool late)
{
    dues *d = ((running *)e)->dues;
    uint8_t kind = ((running *)e)->kind;
    bool more = true;
    free(e);
    while (more) {
        step first[STORE_LANES_MAX];
        size_t n = 0;
        bool bad = late || look(d, kind, first, &n) != R_DONE;
        (void)pthread_mutex_lock(&d->lock);
        d->passes[kind].left += (uint32_t)n;
        (void)pthread_mutex_unlock(&d->lock);
        for (size_t i = 0; i < n; i++)
            if (!submit(d, &first[i]))
                (void)lane_over(d, kind, true); /* ours is still to come: it is not the last */
        more = lane_over(d, kind, bad);
    }
}

static void run(dues *d, uint8_t kind)
{
    running *r = malloc(sizeof(*r)); /* run_now frees it */
    CHECK(r != NULL);
    *r = (running){{.run = run_now}, d, kind};
    errand_send(d->app, ERRAND_ANY, &r->errand);
}

void dues_earlier(dues *d, const lane_head *head)
{
    d->earlier[head->lane] = (reach){INT64_MAX, head->due_last, head->id_last};
}

void dues_ask_lost(dues *d)
{
    static const uint8_t kinds[] = {DUE_KIND_SUBJECT, DUE_KIND_CODE, DUE_KIND_TRANSFER};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        begin(&d->passes[kinds[i]]);
        d->passes[kinds[i]].lost = true;
        run(d, kinds[i]);
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
