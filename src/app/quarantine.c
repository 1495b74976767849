/* What is in hand, and the list of suspects: see quarantine.h.
 *
 * The list is a copy of the rows of all lanes, so that a lane need not read its rows for every act:
 * while it is empty, which is nearly always, beginning an act is one load and some stores. A row
 * changes with a commit of its lane, the list after it. */
#include "app/quarantine.h"

#include <stdlib.h>

#include "app/act_wait.h"
#include "app/inner.h"
#include "port/disk.h"
#include "port/log.h"
#include "port/random.h"

enum { CELL_BYTES = 64, CELLS_BYTES = CELL_BYTES * STORE_LANES_MAX, WHY_MAX = 1024 };
#define CELL_MARK UINT64_C(0x71756172616e3031)

/* Written by its lane's thread, read by a later process. */
typedef struct cell {
    uint64_t mark, process;
    uint64_t hi, lo;
    uint16_t act, slot;
    uint8_t kind;
    _Atomic uint32_t running;
    _Atomic uint32_t signal; /* that it got; 0: none was seen */
    uint8_t spare[16];
} cell;
_Static_assert(sizeof(cell) == CELL_BYTES, "a cell a cache line, all of them a page");

typedef struct listed {
    uint16_t lane;
    uint8_t kind;
    uint64_t hi, lo;
    bool held;
} listed;

struct quarantines {
    cell *cells;  /* in the file, or `memory` where there is none */
    void *mapped; /* NULL: no file */
    cell memory[STORE_LANES_MAX];
    _Atomic uint64_t held;
    _Atomic size_t n; /* changed under the lock; read without it to see that there are none */
    pthread_mutex_t lock;
    listed *items; /* ascending */
    size_t room;
};

static _Thread_local cell *in_hand;

void quarantine_signal(int number)
{
    cell *c = in_hand;
    if (c != NULL)
        atomic_store(&c->signal, (uint32_t)number);
}

uint64_t quarantine_count(app *a)
{
    return atomic_load(&a->quarantines->held);
}

quarantines *quarantines_new(void)
{
    quarantines *q = calloc(1, sizeof(*q)); /* freed by quarantines_free */
    CHECK(q != NULL);
    CHECK(pthread_mutex_init(&q->lock, NULL) == 0);
    q->cells = q->memory;
    return q;
}

void quarantines_free(quarantines *q)
{
    if (q == NULL)
        return;
    if (q->mapped != NULL)
        disk_unmap(q->mapped, CELLS_BYTES);
    (void)pthread_mutex_destroy(&q->lock);
    free(q->items);
    free(q);
}

/* ---- the list ---- */

static int by_name(const void *left, const void *right)
{
    const listed *a = left, *b = right;
    if (a->lane != b->lane)
        return a->lane < b->lane ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->hi != b->hi)
        return a->hi < b->hi ? -1 : 1;
    return a->lo == b->lo ? 0 : a->lo < b->lo ? -1 : 1;
}

static listed *find(const quarantines *q, uint16_t lane, const suspect *s)
{
    listed key = {.lane = lane, .kind = s->kind, .hi = s->hi, .lo = s->lo};
    size_t n = atomic_load(&q->n);
    return n == 0 ? NULL : bsearch(&key, q->items, n, sizeof(key), by_name);
}

static suspicion look(quarantines *q, uint16_t lane, const suspect *s)
{
    (void)pthread_mutex_lock(&q->lock);
    const listed *known = find(q, lane, s);
    suspicion found = known == NULL ? SUSPICION_NONE
                      : known->held ? SUSPICION_HELD
                                    : SUSPICION_CRASHED;
    (void)pthread_mutex_unlock(&q->lock);
    return found;
}

static void forget(quarantines *q, uint16_t lane, const suspect *s)
{
    (void)pthread_mutex_lock(&q->lock);
    listed *known = find(q, lane, s);
    if (known != NULL) {
        size_t n = atomic_load(&q->n) - 1;
        memmove(known, known + 1, (size_t)(q->items + n - known) * sizeof(*known));
        atomic_store(&q->n, n);
    }
    (void)pthread_mutex_unlock(&q->lock);
}

static void add(quarantines *q, const quarantine *row)
{
    size_t n = atomic_load(&q->n);
    if (n == q->room) {
        q->room = q->room == 0 ? 64 : q->room * 2;
        q->items = realloc(q->items, q->room * sizeof(*q->items)); /* freed by quarantines_free */
        CHECK(q->items != NULL);
    }
    q->items[n] = (listed){row->lane, row->kind, row->hi, row->lo, quarantine_holds(row)};
    atomic_store(&q->n, n + 1);
}

/* ---- around a run ---- */

suspicion quarantine_begin(app *a, uint16_t lane, const suspect *s)
{
    quarantines *q = a->quarantines;
    suspicion known = SUSPICION_NONE;
    if (atomic_load_explicit(&q->n, memory_order_relaxed) != 0)
        known = look(q, lane, s);
    if (known == SUSPICION_HELD)
        return known;
    cell *c = &q->cells[lane];
    c->hi = s->hi;
    c->lo = s->lo;
    c->act = s->act;
    c->slot = s->slot;
    c->kind = s->kind;
    atomic_store_explicit(&c->running, 1, memory_order_release);
    in_hand = c;
    atomic_signal_fence(memory_order_seq_cst);
    return known;
}

void quarantine_over(app *a, uint16_t lane)
{
    atomic_signal_fence(memory_order_seq_cst);
    in_hand = NULL;
    atomic_store_explicit(&a->quarantines->cells[lane].running, 0, memory_order_release);
    atomic_signal_fence(memory_order_seq_cst);
}

result quarantine_row(uow *u, const suspect *s, quarantine **row)
{
    *row = quarantine_get(u, uow_lane(u), s->kind, s->hi, s->lo);
    return uow_pending(u) ? R_AGAIN : R_DONE;
}

void quarantine_forgiven(app *a, uint16_t lane, const suspect *s)
{
    forget(a->quarantines, lane, s);
}

void quarantine_aside(uow *u, quarantine *row, const quarantine_message *m)
{
    if (row == NULL) {
        row = quarantine_new(u, uow_lane(u), m->name.kind, m->name.hi, m->name.lo);
        row->id = quarantine_id(u);
        row->first_at_ms = uow_now(u);
        row->last_at_ms = uow_now(u);
    } else {
        quarantine_edit(u, row);
    }
    row->act = m->name.act;
    row->slot = m->name.slot;
    row->to_lane = m->to_lane;
    row->input = m->input;
    row->aside = true;
}

static str act_name(uint16_t number)
{
    const act *a = act_find(number);
    return a == NULL ? S("unknown") : a->name;
}

void quarantine_told(app *a, const suspect *s, bool held)
{
    if (!held)
        atomic_fetch_add(&a->quarantines->held, 1);
    log_event(LOG_ERROR, "a message was set aside", log_str("act", act_name(s->act)),
              log_u64("from_lane", s->hi), log_u64("sequence", s->lo));
}

/* ---- opening ---- */

static result submit(app *a, act_id id, uint16_t lane, const void *in, void *out)
{
    arena *memory = arena_new(0);
    act_call call = {.app = a,
                     .id = id,
                     .request = {.lane = lane, .to_lane = true},
                     .in = in,
                     .out = out,
                     .memory = memory};
    result r = act_wait(&call);
    arena_free(memory);
    return r;
}

static void count(app *a, uint16_t lane, const cell *c)
{
    quarantine_count_in in = {c->kind, c->hi, c->lo, c->act, c->slot, c->process};
    quarantine_out out = {0};
    result r = submit(a, ACT_ID_quarantine_count, lane, &in, &out);
    char id[ID_TEXT_MAX];
    log_event(LOG_ERROR, "an act was running when the process crashed",
              log_str("act", act_name(c->act)), log_u64("slot", c->slot), log_u64("lane", lane),
              log_u64("signal", atomic_load(&c->signal)),
              log_str("id", (str){id, id_text(ID_QUARANTINE, out.id, id)}),
              log_u64("crashes", out.crashes),
              log_bool("quarantined", out.crashes >= QUARANTINE_CRASHES), log_result("counted", r));
}

/* Those of `left` that count: of the thread that got the signal, where one was seen. */
static void count_all(app *a, const cell *left)
{
    uint16_t lanes = store_lanes(a->store);
    bool seen = false;
    for (uint16_t i = 0; i < lanes; i++)
        seen = seen || (left[i].running != 0 && left[i].signal != 0);
    for (uint16_t i = 0; i < lanes; i++) {
        const cell *c = &left[i];
        bool is = c->mark == CELL_MARK && c->running != 0 && c->slot < SLOT_COUNT &&
                  suspect_kind_name(c->kind).n > 0;
        if (is && (!seen || c->signal != 0))
            count(a, i, c);
    }
}

static result map_at(app *a, str directory, buf *why)
{
    arena *memory = arena_new(0);
    str path = arena_printf(memory, "%.*s/in-hand", STR_ARG(directory));
    result r = disk_map(path, CELLS_BYTES, &a->quarantines->mapped, why);
    arena_free(memory);
    return r;
}

/* Without a file (a full disk, a store in memory) nothing is known after a crash. Whoever names a
 * directory for it is told where it cannot be had. */
static result map(app *a, buf *why)
{
    const app_options *o = &a->options;
    if (o->store.read_only)
        return R_DONE;
    if (str_eq(o->engine, S("rocks"))) {
        buf whole;
        buf_init(&whole, WHY_MAX);
        if (map_at(a, o->store.path, &whole) != R_DONE)
            log_event(LOG_WARN, "acts that crash will not be known again",
                      log_str("why", buf_view(&whole)));
        buf_free(&whole);
        return R_DONE;
    }
    if (!str_eq(o->engine, S("pg")) || o->state.n == 0)
        return R_DONE;
    result r = disk_make_directory(o->state, why);
    return r == R_DONE ? map_at(a, o->state, why) : r;
}

/* One lane's rows; there are at most QUARANTINE_MAX, and messages that could not be read. */
static void list_lane(quarantines *q, uow *u, uint16_t lane)
{
    void *rows[UOW_SCAN_MAX];
    quarantine from = {.lane = lane};
    uow_range range = {&quarantine_table, -1, &from, 1, false};
    size_t n;
    do {
        n = uow_scan(u, &range, ARRAY_LEN(rows), rows);
        for (size_t i = 0; i < n; i++) {
            add(q, rows[i]);
            if (quarantine_holds(rows[i]))
                atomic_fetch_add(&q->held, 1);
        }
        if (n > 0)
            from = *(const quarantine *)rows[n - 1];
        range.after = true;
    } while (n == ARRAY_LEN(rows));
}

static result list_all(app *a)
{
    arena *memory = arena_new(0);
    uow *u;
    result r = store_read_begin(a->store, memory, 0, &u);
    if (r == R_DONE) {
        for (uint16_t lane = 0; lane < store_lanes(a->store); lane++)
            list_lane(a->quarantines, u, lane);
        r = store_read_end(u);
    }
    arena_free(memory);
    return r;
}

result quarantines_load(app *a, buf *why)
{
    quarantines *q = a->quarantines;
    result r = map(a, why);
    if (r != R_DONE)
        return r;
    if (q->mapped != NULL) {
        cell left[STORE_LANES_MAX];
        memcpy(left, q->mapped, sizeof(left));
        count_all(a, left); /* meanwhile q->memory takes what runs */
        memset(q->mapped, 0, CELLS_BYTES);
        q->cells = q->mapped;
    }
    uint64_t process = random_u64() | 1;
    for (uint16_t i = 0; i < STORE_LANES_MAX; i++) {
        q->cells[i].mark = CELL_MARK;
        q->cells[i].process = process;
    }
    r = list_all(a);
    if (r != R_DONE)
        buf_printf(why, "the list of quarantined acts cannot be read");
    return r;
}

/* ---- ending one ---- */

typedef struct wanted {
    uint64_t id;
    uint16_t lane;
    bool held;
    quarantine_end_in in;
    bool found;
} wanted;

static bool is_wanted(void *context, str key, const void *row)
{
    MAYBE(key);
    wanted *w = context;
    const quarantine *q = row;
    if (q == NULL || q->id != w->id)
        return true;
    w->lane = q->lane;
    w->held = quarantine_holds(q);
    w->in.kind = q->kind;
    w->in.hi = q->hi;
    w->in.lo = q->lo;
    w->found = true;
    return false;
}

result quarantine_end(app *a, uint64_t id, bool drop)
{
    wanted w = {.id = id, .in = {.drop = drop}};
    arena *memory = arena_new(0);
    uow *u;
    result r = store_read_begin(a->store, memory, 0, &u);
    if (r == R_DONE) {
        store_span all = {&quarantine_table, -1, 0, UINT16_MAX + 1U};
        r = store_each(u, &all, is_wanted, &w);
        result end = store_read_end(u);
        r = r == R_DONE ? end : r;
    }
    arena_free(memory);
    if (r == R_DONE && !w.found)
        r = R_NOT_FOUND;
    act_none out;
    if (r == R_DONE)
        r = submit(a, ACT_ID_quarantine_end, w.lane, &w.in, &out);
    if (r != R_DONE)
        return r;
    forget(a->quarantines, w.lane, &(suspect){.kind = w.in.kind, .hi = w.in.hi, .lo = w.in.lo});
    if (w.held)
        atomic_fetch_sub(&a->quarantines->held, 1);
    return R_DONE;
}
