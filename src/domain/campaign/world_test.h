/* The world of the tests of acts: the mem store with two lanes, stepped, and the configuration that
 * the tests publish (acts_test.h). Also: the events that came out, and running a test on the plain
 * store and then on hostile ones, which withhold rows, abort commits and split batches: what comes
 * out must be the same. */
#ifndef QUAN_DOMAIN_CAMPAIGN_WORLD_TEST_H
#define QUAN_DOMAIN_CAMPAIGN_WORLD_TEST_H

#include "domain/campaign/rules_test.h"

#include "base/id.h"
#include "domain/campaign/config.h"
#include "port/store.h"

enum { HOSTILE_SEEDS = 12, STEPS_MAX = 10000, EVENTS_MAX = 64 };

typedef result acts_decide(uow *u, const void *in, void *out);

typedef struct world {
    store *store;
    config *config;
    arena *memory;
    int64_t now_ms;
    bool silent; /* outcomes are not published: the configuration lags behind */
    str detail;  /* of the last refusal */
} world;

typedef struct act_run {
    request request; /* first */
    world *world;
    acts_decide *decide;
    const void *in;
    row_out out; /* in the world's memory */
    bool done;
} act_run;

static inline int64_t world_clock(void *context)
{
    return ((world *)context)->now_ms;
}

static inline const config *world_pin(void *context)
{
    return config_share(((world *)context)->config);
}

static inline void world_unpin(void *context, const config *c)
{
    (void)context;
    config_free((config *)(uintptr_t)c);
}

static inline void world_open(world *w, uint64_t adversary)
{
    *w = (world){.memory = arena_new(0), .now_ms = RULES_DAY(0), .config = config_empty()};
    store_options options = {.lanes = 2, .adversary = adversary};
    store_hooks hooks = {.context = w,
                         .clock_ms = world_clock,
                         .config_pin = world_pin,
                         .config_unpin = world_unpin};
    buf why;
    buf_init(&why, 1000);
    assert_int_equal(store_open_mem(&options, &hooks, &w->store, &why), R_DONE);
    buf_free(&why);
}

static inline void world_close(world *w)
{
    store_close(w->store);
    config_free(w->config);
    arena_free(w->memory);
}

static inline result act_run_decide(uow *u, request *r)
{
    act_run *run = (act_run *)r;
    run->out = (row_out){0};
    return run->decide(u, run->in, &run->out);
}

static inline void act_run_done(request *r)
{
    act_run *run = (act_run *)r;
    run->done = true;
    if (r->outcome == R_DONE)
        record_copy(&row_out_record, &run->out, run->world->memory, &run->out);
    else
        run->world->detail = arena_str(run->world->memory, r->detail);
}

/* Fills run and hands it in; the store runs it when it is stepped. */
static inline void act_submit_run(world *w, act_run *run, acts_decide *decide, const void *in,
                                  uint16_t slot)
{
    *run = (act_run){.request = {.run = act_run_decide,
                                 .done = act_run_done,
                                 .slot = slot,
                                 .class = CLASS_OTHER},
                     .world = w,
                     .decide = decide,
                     .in = in};
    assert_int_equal(store_submit(w->store, &run->request), R_DONE);
}

static inline result act_wait(world *w, act_run *run)
{
    for (int i = 0; !run->done && i < STEPS_MAX; i++)
        (void)store_step(w->store);
    assert_true(run->done);
    return run->request.outcome;
}

static inline void config_take(world *w, config *next)
{
    config_free(w->config);
    w->config = next;
}

/* The row that an act answered with, checked against the store's. */
static inline void *answered(world *w, const table *t, str encoded)
{
    void *row = arena_alloc(w->memory, t->record.size);
    assert_int_equal(record_decode(&t->record, encoded, w->memory, row), R_DONE);
    uow *u;
    assert_int_equal(store_read_begin(w->store, w->memory, w->now_ms, &u), R_DONE);
    const void *stored = uow_get(u, t, row);
    assert_non_null(stored);
    assert_true(record_equal(&t->record, stored, row));
    assert_int_equal(store_read_end(u), R_DONE);
    return row;
}

/* Runs one act and ends the test unless it answers `expected`. */
static inline row_out act_expect(world *w, acts_decide *decide, const void *in, uint16_t slot,
                                 result expected)
{
    act_run run;
    act_submit_run(w, &run, decide, in, slot);
    result r = act_wait(w, &run);
    if (r != expected)
        fail_msg("%.*s (%.*s), expected %.*s", STR_ARG(result_code(r)), STR_ARG(w->detail),
                 STR_ARG(result_code(expected)));
    return run.out;
}

static inline void expect_detail(const world *w, const char *detail)
{
    if (!str_eq(w->detail, str_of(detail)))
        fail_msg("detail is '%.*s', expected '%s'", STR_ARG(w->detail), detail);
}

/* All events so far, lane by lane; returns how many. */
static inline size_t world_events(world *w, event *out)
{
    uow *u;
    size_t n = 0;
    assert_int_equal(store_read_begin(w->store, w->memory, w->now_ms, &u), R_DONE);
    for (uint16_t lane = 0; lane < store_lanes(w->store); lane++) {
        event_block from = {.lane = lane};
        void *rows[UOW_SCAN_MAX];
        uow_range range = {&event_block_table, -1, &from, 1, false};
        size_t blocks = uow_scan(u, &range, UOW_SCAN_MAX, rows);
        for (size_t i = 0; i < blocks; i++) {
            const event_block *block = rows[i];
            for (size_t e = 0; e < block->events.n && n < EVENTS_MAX; e++)
                out[n++] = block->events.items[e];
        }
    }
    assert_int_equal(store_read_end(u), R_DONE);
    return n;
}

/* How many events of this kind there are. */
static inline size_t world_event_count(world *w, uint8_t kind)
{
    event events[EVENTS_MAX];
    size_t n = world_events(w, events), count = 0;
    for (size_t i = 0; i < n; i++)
        count += events[i].kind == kind;
    return count;
}

static inline void acts_everywhere(void (*test)(world *w))
{
    for (uint64_t seed = 0; seed <= HOSTILE_SEEDS; seed++) {
        world w;
        world_open(&w, seed);
        test(&w);
        world_close(&w);
    }
}

#endif
