/* What a lane makes of every way a commit or a load can end: on an engine that does as it is
 * told. */
#include "store/lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SLOT = 5, ACTS = 8, SCRIPT_MAX = 200 };

/* ---- the engine ---- */

static struct {
    engine engine;
    result script[SCRIPT_MAX]; /* how commits end; R_DONE behind it */
    size_t commits, sizes[SCRIPT_MAX];
    uint64_t broken; /* coupons with this id cannot be read */
    bool head_broken;
    uint32_t format;
    uint64_t map_version; /* of a head that is there; 0: it is not */
    size_t loads;
} fake;

static void fake_read(engine *e, const snapshot *at, const read_request *wanted, arena *memory)
{
    (void)e;
    (void)at;
    (void)memory;
    fake.loads += wanted->n > 0;
    for (size_t i = 0; i < wanted->scans_n; i++)
        wanted->scans[i].outcome = R_CORRUPT;
    load_item *items = wanted->items;
    for (size_t i = 0; i < wanted->n; i++) {
        items[i].found = false;
        items[i].outcome = R_DONE;
        if (items[i].table == &coupon_table && ((coupon *)items[i].row)->id == fake.broken)
            items[i].outcome = R_CORRUPT;
        if (items[i].table == &lane_head_table && fake.head_broken)
            items[i].outcome = R_IO;
        if (items[i].table == &lane_head_table && fake.map_version != 0) {
            items[i].found = true;
            ((lane_head *)items[i].row)->map_version = fake.map_version;
        }
        if (items[i].table == &store_head_table) {
            items[i].found = true;
            ((store_head *)items[i].row)->lanes = 1;
            ((store_head *)items[i].row)->format = fake.format;
        }
    }
}

static result fake_commit(engine *e, uint16_t number, const change *changes, size_t n)
{
    (void)e;
    (void)number;
    assert_ptr_equal(changes[0].table, &lane_head_table);
    assert_true(fake.commits < SCRIPT_MAX);
    fake.sizes[fake.commits] = n - 1;
    return fake.script[fake.commits++];
}

static void fake_close(engine *e)
{
    (void)e;
}

static const engine_ops fake_ops = {
    .name = "fake", .close = fake_close, .read = fake_read, .commit = fake_commit};

/* ---- the layers above ---- */

static store *s;
static request acts[ACTS];
static uint64_t ids[ACTS];
static size_t done, committed, failed, pinned, done_when_committed;
static result failed_why;

static void on_committed(void *context, uint16_t number, const store_message *messages, size_t n)
{
    (void)context;
    (void)number;
    (void)messages;
    (void)n;
    done_when_committed = done;
    committed++;
}

static void on_failed(void *context, result why)
{
    (void)context;
    failed_why = why;
    failed++;
}

static const config *on_pin(void *context)
{
    (void)context;
    pinned++;
    return NULL;
}

static void on_done(request *r)
{
    (void)r;
    done++;
}

static result put(uow *u, request *r)
{
    uint64_t id = ids[r - acts];
    if (id == 0)
        return R_SOLD_OUT;
    coupon *c = coupon_get(u, r->slot, id);
    if (uow_pending(u))
        return R_AGAIN;
    if (c == NULL)
        coupon_new(u, r->slot, id);
    return R_DONE;
}

static result scan(uow *u, request *r)
{
    coupon from = {.slot = r->slot};
    void *rows[1];
    uow_range range = {&coupon_table, 0, &from, 1, false};
    size_t n = uow_scan(u, &range, 1, rows);
    return uow_pending(u) ? R_AGAIN : n == 0 ? R_DONE : R_INTERNAL;
}

static int begin(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    memset(acts, 0, sizeof(acts));
    done = committed = failed = pinned = 0;
    fake.engine.ops = &fake_ops;
    fake.format = STORE_FORMAT;
    fake.engine.withholds = true;
    store_hooks hooks = {.committed = on_committed, .failed = on_failed, .config_pin = on_pin};
    store_options options = {.lanes = 1};
    buf why;
    buf_init(&why, 100);
    return store_open_engine(&fake.engine, &options, &hooks, &s, &why) != R_DONE;
}

static int finish(void **state)
{
    (void)state;
    store_close(s);
    return 0;
}

static void submit(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ids[i] = i + 1;
        acts[i] = (request){.run = put, .done = on_done, .slot = SLOT, .class = CLASS_ISSUE};
        assert_int_equal(store_submit(s, &acts[i]), R_DONE);
    }
}

static void step(size_t n, result expected)
{
    while (done < n)
        assert_true(store_step(s) > 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(acts[i].outcome, expected);
}

/* ---- tests ---- */

static void a_batch_is_one_load_and_one_commit(void **state)
{
    (void)state;
    submit(ACTS);
    size_t before = fake.loads;
    step(ACTS, R_DONE);
    assert_int_equal(fake.loads - before, 1); /* the head and the rows of all, in one */
    assert_int_equal(fake.commits, 1);
    assert_int_equal(fake.sizes[0], ACTS);
    assert_int_equal(committed, 1);
    assert_int_equal(done_when_committed, 0); /* told before any is answered */
    assert_int_equal(pinned, 1);
}

static void a_lost_race_runs_the_batch_again(void **state)
{
    (void)state;
    fake.script[0] = R_STALE;
    fake.script[1] = R_EPOCH_CHANGED;
    submit(ACTS);
    step(ACTS, R_DONE);
    assert_int_equal(fake.commits, 3);
    assert_int_equal(pinned, 3); /* with the configuration of then */
    assert_int_equal(committed, 1);
    store_metrics m;
    store_metrics_read(s, &m);
    assert_int_equal(m.aborts, 2);
}

static void who_loses_every_race_ends_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < LANE_ABORTS_MAX; i++)
        fake.script[i] = R_STALE;
    submit(ACTS);
    while (done < ACTS)
        assert_true(store_step(s) > 0 || done == ACTS);
    assert_int_equal(fake.sizes[LANE_ABORTS_MAX - 1], 1); /* halved until it was one */
    assert_int_equal(acts[0].outcome, R_UNAVAILABLE);
    for (size_t i = 1; i < ACTS; i++)
        assert_int_equal(acts[i].outcome, R_DONE);
}

static void a_full_disk_answers_all_of_the_batch_so(void **state)
{
    (void)state;
    fake.script[0] = R_STORAGE_FULL;
    submit(ACTS);
    ids[3] = 0; /* a refusal that rests on what was not kept is no answer either */
    step(ACTS, R_STORAGE_FULL);
    assert_int_equal(committed, 0);
    assert_int_equal(failed, 0);
    done = 0;
    submit(ACTS);
    step(ACTS, R_DONE);
    assert_int_equal(committed, 1);
}

static void a_failed_commit_latches(void **state)
{
    (void)state;
    fake.script[0] = R_IO;
    submit(ACTS);
    step(ACTS, R_UNKNOWN);
    assert_int_equal(failed, 1);
    assert_int_equal(failed_why, R_IO);
    assert_int_equal(committed, 0);
    assert_int_equal(store_submit(s, &acts[0]), R_UNAVAILABLE);
}

/* Somebody has moved slots since this process has read where they are. */
static void a_lane_whose_slots_have_moved_takes_nothing_any_more(void **state)
{
    (void)state;
    fake.map_version = SLOT_MAP_NONE + 1;
    submit(ACTS);
    step(ACTS, R_UNAVAILABLE);
    assert_int_equal(fake.commits, 0);
    assert_int_equal(failed, 1);
    assert_int_equal(failed_why, R_MAP_CHANGED);
    assert_int_equal(store_submit(s, &acts[0]), R_UNAVAILABLE);
}

static void refusals_alone_commit_nothing(void **state)
{
    (void)state;
    submit(2);
    ids[0] = ids[1] = 0;
    step(2, R_SOLD_OUT);
    assert_int_equal(fake.commits, 0);
    assert_int_equal(committed, 0);
}

static void a_row_that_cannot_be_read_fails_its_act_alone(void **state)
{
    (void)state;
    fake.broken = 3;
    submit(ACTS);
    while (done < ACTS)
        assert_true(store_step(s) > 0);
    for (size_t i = 0; i < ACTS; i++)
        assert_int_equal(acts[i].outcome, ids[i] == 3 ? R_CORRUPT : R_DONE);
    assert_int_equal(fake.sizes[0], ACTS - 1);
}

static void a_scan_that_cannot_be_read_fails_its_act_alone(void **state)
{
    (void)state;
    submit(2);
    acts[0].run = scan;
    while (done < 2)
        assert_true(store_step(s) > 0);
    assert_int_equal(acts[0].outcome, R_CORRUPT);
    assert_int_equal(acts[1].outcome, R_DONE);
}

static void without_its_head_a_lane_answers_why(void **state)
{
    (void)state;
    fake.head_broken = true;
    submit(2);
    step(2, R_IO);
    assert_int_equal(fake.commits, 0);
    fake.head_broken = false;
    done = 0;
    submit(2);
    step(2, R_DONE);
}

static void a_store_of_another_format_is_refused(void **state)
{
    (void)state;
    static const uint32_t formats[] = {STORE_FORMAT - 1, STORE_FORMAT + 1};
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        fake.format = formats[i];
        buf why;
        buf_init(&why, 1000);
        store *other = NULL;
        store_options options = {.lanes = 1};
        assert_int_equal(store_open_engine(&fake.engine, &options, NULL, &other, &why), R_CORRUPT);
        assert_true(str_starts(buf_view(&why), S("the store has format ")));
        assert_null(other);
        buf_free(&why);
    }
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, finish)
    static const struct CMUnitTest tests[] = {
        EACH(a_batch_is_one_load_and_one_commit),
        EACH(a_lost_race_runs_the_batch_again),
        EACH(who_loses_every_race_ends_alone),
        EACH(a_full_disk_answers_all_of_the_batch_so),
        EACH(a_failed_commit_latches),
        EACH(a_lane_whose_slots_have_moved_takes_nothing_any_more),
        EACH(refusals_alone_commit_nothing),
        EACH(a_row_that_cannot_be_read_fails_its_act_alone),
        EACH(a_scan_that_cannot_be_read_fails_its_act_alone),
        EACH(without_its_head_a_lane_answers_why),
        EACH(a_store_of_another_format_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
