/* What lanes promise whatever the engine: ids, act time, events and messages in order, parking,
 * bounded queues, classes, halting and draining. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/id.h"
#include "base/time.h"
#include "test/lib/store_fixture.h"

enum { SLOT = 7, MEMBER = 5, MANY = 700 };

static const fixture_kind *kind;

static int open_store(void **state)
{
    *state = store_fixture_open(kind, FIXTURE_LANES);
    return 0;
}

static int close_store(void **state)
{
    store_fixture_close(*state);
    return 0;
}

static uint16_t home(store_fixture *f)
{
    return store_lane_of_slot(f->store, SLOT);
}

static void halt(store_fixture *f, bool halted)
{
    store_halt_lane(f->store, home(f), halted);
}

static job_act *acts_new(store_fixture *f, size_t n, result (*decide)(uow *, job_act *))
{
    job_act *acts = calloc(n, sizeof(*acts)); /* the test frees */
    CHECK(acts != NULL);
    for (size_t i = 0; i < n; i++) {
        acts[i] = store_fixture_act(f, SLOT, decide);
        acts[i].id = i;
    }
    return acts;
}

static void run_together(store_fixture *f, job_act *acts, size_t n)
{
    halt(f, true);
    for (size_t i = 0; i < n; i++)
        store_fixture_submit(f, &acts[i]);
    halt(f, false);
    for (size_t i = 0; i < n; i++)
        store_fixture_settle(f, &acts[i]);
}

/* ---- ids and time ---- */

static result draw(uow *u, job_act *a)
{
    slot_head *row = slot_head_get(u, a->request.slot);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL)
        row = slot_head_new(u, a->request.slot);
    slot_head_edit(u, row);
    row->members++;
    a->out[0] = uow_next_id(u, a->request.slot);
    a->out[1] = uow_next_id(u, a->request.slot);
    a->out[2] = (uint64_t)uow_now(u);
    return a->id % 3 == 2 ? R_SOLD_OUT : R_DONE;
}

static void ids_are_unique_and_ascend(void **state)
{
    store_fixture *f = *state;
    job_act *acts = acts_new(f, MANY, draw); /* more ids than a millisecond has */
    run_together(f, acts, MANY);
    uint64_t last = 0;
    for (size_t i = 0; i < MANY; i++)
        for (size_t k = 0; k < 2; k++) {
            assert_true(acts[i].out[k] > last);
            assert_int_equal(id_slot(acts[i].out[k]), SLOT);
            last = acts[i].out[k];
        }
    assert_int_equal(id_time_ms(acts[0].out[0]), FIXTURE_START_MS);
    f->clock_ms -= 5000;
    job_act later = store_fixture_act(f, SLOT, draw);
    assert_int_equal(store_fixture_run(f, &later), R_DONE);
    assert_true(later.out[0] > last);
    free(acts);
}

static void act_time_never_goes_back(void **state)
{
    store_fixture *f = *state;
    static const int64_t steps[] = {0, 10, -3000, 1, 4000, -MS_DAY, 5};
    int64_t last = 0;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        f->clock_ms += steps[i];
        job_act a = store_fixture_act(f, SLOT, draw);
        assert_int_equal(store_fixture_run(f, &a), R_DONE);
        assert_true((int64_t)a.out[2] >= last);
        assert_int_equal(a.request.act_time_ms, (int64_t)a.out[2]);
        last = (int64_t)a.out[2];
    }
    assert_int_equal(last, FIXTURE_START_MS + 10 - 3000 + 1 + 4000);
}

/* ---- events and messages ---- */

static result tell(uow *u, job_act *a)
{
    for (uint64_t i = 0; i < 3; i++)
        uow_event(u, &(event){.kind = EVENT_KIND_COUPON_HELD, .coupon = a->id, .ref = i});
    coupon_ref input = {.coupon = a->id};
    uow_send(u, 9, SLOT + 1, &coupon_ref_record, &input);
    uow_send_lane(u, 8, 1, &coupon_ref_record, &input);
    return a->id % 4 == 3 ? R_SOLD_OUT : R_DONE;
}

static size_t read_events(uow *u, uint16_t lane, uint64_t *coupons, size_t most)
{
    void *rows[100];
    event_block from = {.lane = lane};
    uint64_t expected = 1;
    size_t n = 0;
    for (size_t got = 100; got == 100;) {
        uow_range range = {&event_block_table, -1, &from, 1, from.first != 0};
        got = uow_scan(u, &range, 100, rows);
        for (size_t i = 0; i < got; i++) {
            event_block *b = rows[i];
            assert_true(b->first == expected);
            expected += b->events.n;
            for (size_t k = 0; k < b->events.n && n < most; k++)
                coupons[n++] = b->events.items[k].coupon;
            from.first = b->first;
        }
    }
    return n;
}

static void events_are_without_gaps_and_in_order(void **state)
{
    store_fixture *f = *state;
    job_act *acts = acts_new(f, 600, tell);
    run_together(f, acts, 600);
    arena *memory = arena_new(0);
    uow *u = store_fixture_read(f, memory);
    static uint64_t coupons[2000];
    size_t n = read_events(u, home(f), coupons, 2000);
    assert_int_equal(n, 450 * 3);
    for (size_t i = 0, at = 0; i < 600; i++)
        for (size_t k = 0; k < 3 && i % 4 != 3; k++)
            assert_true(coupons[at++] == i);
    assert_true(lane_head_get(u, home(f))->event_last == 450 * 3);
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
    free(acts);
}

static void messages_are_rows_and_told_in_order(void **state)
{
    store_fixture *f = *state;
    job_act *acts = acts_new(f, 40, tell);
    run_together(f, acts, 40);
    assert_int_equal(f->messages_n, 60);
    arena *memory = arena_new(0);
    uow *u = store_fixture_read(f, memory);
    for (uint64_t i = 0; i < 60; i++) {
        assert_true(f->messages[i].sequence == i + 1);
        assert_int_equal(f->messages[i].from_lane, home(f));
        outbox *row = outbox_get(u, home(f), i + 1);
        assert_non_null(row);
        assert_int_equal(row->act, i % 2 == 0 ? 9 : 8);
        assert_int_equal(row->to_lane, i % 2 == 0 ? UINT16_MAX : 1);
        assert_int_equal(row->slot, i % 2 == 0 ? SLOT + 1 : 0);
        coupon_ref input;
        assert_int_equal(record_decode(&coupon_ref_record, row->input, memory, &input), R_DONE);
        assert_true(input.coupon == i / 2 + i / 6);
    }
    assert_null(outbox_get(u, home(f), 61));
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
    free(acts);
}

/* ---- deciding ---- */

static result never_settles(uow *u, job_act *a)
{
    (void)a;
    (void)coupon_get(u, a->request.slot, a->out[7]++); /* another one each time */
    return R_AGAIN;
}

static result follow(uow *u, job_act *a)
{
    uint64_t next = 1;
    for (size_t i = 0; i < 20; i++) { /* each read tells what to read next */
        coupon *c = coupon_get(u, a->request.slot, next);
        if (uow_pending(u))
            return R_AGAIN;
        if (c == NULL) {
            c = coupon_new(u, a->request.slot, next);
            c->ref = next + 1;
        }
        next = c->ref;
    }
    a->out[0] = next;
    return R_DONE;
}

static void an_act_that_never_settles_ends_alone(void **state)
{
    store_fixture *f = *state;
    job_act acts[3];
    for (size_t i = 0; i < 3; i++)
        acts[i] = store_fixture_act(f, SLOT, i == 1 ? never_settles : follow);
    run_together(f, acts, 3);
    assert_int_equal(acts[0].request.outcome, R_DONE);
    assert_int_equal(acts[2].request.outcome, R_DONE);
    assert_int_equal(acts[2].out[0], 21);
    if (kind->adversary == 0)
        assert_int_equal(acts[1].request.outcome, R_INTERNAL);
}

/* ---- parking ---- */

static result take_piece(uow *u, job_act *a)
{
    slice *s =
        slice_get(u, uow_lane(u), a->pool.owner, a->pool.kind, a->pool.period, a->pool.subject);
    if (uow_pending(u))
        return R_AGAIN;
    if (s != NULL && s->free >= 1) {
        slice_edit(u, s);
        s->free--;
        s->consumed++;
        return R_DONE;
    }
    if (uow_dry(u, a->pool, 1))
        return R_SOLD_OUT;
    uow_wait_for(u, a->pool, 1);
    return R_WAIT;
}

static result give_pieces(uow *u, job_act *a)
{
    slice *s =
        slice_get(u, uow_lane(u), a->pool.owner, a->pool.kind, a->pool.period, a->pool.subject);
    if (uow_pending(u))
        return R_AGAIN;
    if (s == NULL)
        s = slice_new(u, uow_lane(u), a->pool.owner, a->pool.kind, a->pool.period, a->pool.subject);
    else
        slice_edit(u, s);
    s->free += a->number;
    return R_DONE;
}

static const pool_name stock = {.owner = 1, .kind = 1}, other_stock = {.owner = 2, .kind = 1};

static void wait_for_wants(store_fixture *f, size_t n)
{
    if (!f->kind.threads) {
        while (f->wants_n < n)
            assert_true(store_step(f->store) > 0);
        return;
    }
    pthread_mutex_lock(&f->lock);
    while (f->wants_n < n)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

static job_act *parked_acts(store_fixture *f, size_t n)
{
    job_act *acts = acts_new(f, n, take_piece);
    for (size_t i = 0; i < n; i++) {
        acts[i].pool = stock;
        acts[i].request.give_up_ms = INT64_MAX;
        store_fixture_submit(f, &acts[i]);
    }
    wait_for_wants(f, n);
    return acts;
}

static uint64_t parked_now(store_fixture *f)
{
    store_metrics m;
    store_metrics_read(f->store, &m);
    return m.parked_now;
}

static void parked_acts_run_again_when_woken(void **state)
{
    store_fixture *f = *state;
    job_act *acts = parked_acts(f, 3);
    assert_int_equal(parked_now(f), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(f->wants[i].lane, home(f));
        assert_int_equal(f->wants[i].need, 1);
        assert_true(pool_name_eq(f->wants[i].pool, stock));
        assert_true(f->wants[i].ticket == i + 1);
    }
    store_wake(f->store, home(f), other_stock, WORD_DRY, UINT64_MAX); /* not theirs */
    assert_int_equal(parked_now(f), 3);
    job_act give = store_fixture_act(f, SLOT, give_pieces);
    give.pool = stock;
    give.number = 2;
    assert_int_equal(store_fixture_run(f, &give), R_DONE);
    store_wake(f->store, home(f), stock, WORD_NONE, UINT64_MAX);
    store_fixture_settle(f, &acts[0]);
    store_fixture_settle(f, &acts[1]);
    wait_for_wants(f, 4);
    assert_int_equal(acts[0].request.outcome, R_DONE);
    assert_int_equal(acts[1].request.outcome, R_DONE);
    assert_int_equal(acts[2].order, 0); /* third in line: parked again */
    store_wake(f->store, home(f), stock, WORD_DRY, f->wants[3].ticket);
    store_fixture_settle(f, &acts[2]);
    assert_int_equal(acts[2].request.outcome, R_SOLD_OUT);
    free(acts);
}

static void a_verdict_is_only_for_earlier_tickets(void **state)
{
    store_fixture *f = *state;
    job_act *acts = parked_acts(f, 2);
    store_wake(f->store, home(f), stock, WORD_DRY, f->wants[0].ticket);
    store_fixture_settle(f, &acts[0]);
    assert_int_equal(acts[0].request.outcome, R_SOLD_OUT);
    assert_int_equal(parked_now(f), 1);
    store_wake(f->store, home(f), stock, WORD_DRY, f->wants[1].ticket);
    store_fixture_settle(f, &acts[1]);
    free(acts);
}

static void a_parked_act_gives_up_at_its_deadline(void **state)
{
    store_fixture *f = *state;
    job_act a = store_fixture_act(f, SLOT, take_piece);
    a.pool = stock; /* two seconds, the default */
    store_fixture_submit(f, &a);
    wait_for_wants(f, 1);
    if (!f->kind.threads) {
        f->clock_ms += 1999;
        assert_int_equal(store_step(f->store), 0);
        f->clock_ms += 1;
    }
    store_fixture_settle(f, &a);
    assert_int_equal(a.request.outcome, R_UNAVAILABLE);
    assert_int_equal(parked_now(f), 0);
}

static void draining_ends_what_is_parked(void **state)
{
    store_fixture *f = *state;
    if (f->kind.threads)
        return; /* waits five seconds for it */
    job_act *acts = parked_acts(f, 3);
    store_drain(f->store);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(acts[i].request.outcome, R_UNAVAILABLE);
    free(acts);
}

/* ---- queues ---- */

static void a_full_queue_refuses_by_class(void **state)
{
    store_fixture *f = *state;
    job_act *acts = acts_new(f, STORE_QUEUE_MAX + 2, draw);
    halt(f, true);
    size_t n = 0;
    static const struct {
        request_class class;
        size_t most;
    } steps[] = {{CLASS_OTHER, STORE_QUEUE_MAX / 4 * 3},
                 {CLASS_ISSUE, STORE_QUEUE_MAX / 8 * 7},
                 {CLASS_USE, STORE_QUEUE_MAX}};
    for (size_t s = 0; s < ARRAY_LEN(steps); s++) {
        acts[n].request.class = steps[s].class;
        while (store_submit(f->store, &acts[n].request) == R_DONE)
            acts[++n].request.class = steps[s].class;
        assert_int_equal(n, steps[s].most);
        assert_int_equal(store_submit(f->store, &acts[n].request), R_BUSY);
    }
    acts[n].request.class = CLASS_INTERNAL;
    store_fixture_submit(f, &acts[n++]);
    halt(f, false);
    for (size_t i = 0; i < n; i++)
        store_fixture_settle(f, &acts[i]);
    free(acts);
}

static void use_goes_before_issue_goes_before_the_rest(void **state)
{
    store_fixture *f = *state;
    enum { EACH_N = 400 };
    static const request_class order[] = {CLASS_OTHER, CLASS_ISSUE, CLASS_USE, CLASS_INTERNAL};
    job_act *acts = acts_new(f, 4 * EACH_N, draw);
    for (size_t i = 0; i < 4 * (size_t)EACH_N; i++)
        acts[i].request.class = order[i / EACH_N];
    run_together(f, acts, 4 * EACH_N);
    size_t last[4];
    for (size_t c = 0; c < 4; c++) {
        last[c] = acts[(c + 1) * EACH_N - 1].order;
        for (size_t i = 1; i < EACH_N; i++) /* in order of arrival within a class */
            assert_true(acts[c * EACH_N + i].order > acts[c * EACH_N + i - 1].order);
    }
    assert_true(last[3] < last[2] && last[2] < last[1] && last[1] < last[0]);
    assert_true(acts[0].order < last[2]); /* but none starves */
    free(acts);
}

static void a_halted_lane_stops_alone(void **state)
{
    store_fixture *f = *state;
    halt(f, true);
    job_act stopped = store_fixture_act(f, SLOT, draw),
            free_one = store_fixture_act(f, SLOT + 1, draw);
    store_fixture_submit(f, &stopped);
    assert_int_equal(store_fixture_run(f, &free_one), R_DONE);
    assert_int_equal(stopped.order, 0);
    halt(f, false);
    store_fixture_settle(f, &stopped);
    assert_int_equal(stopped.request.outcome, R_DONE);
}

static void a_draining_store_takes_in_messages_only(void **state)
{
    store_fixture *f = *state;
    job_act a = store_fixture_act(f, SLOT, draw);
    store_fixture_submit(f, &a);
    store_drain(f->store);
    assert_int_not_equal(a.order, 0);
    job_act b = store_fixture_act(f, SLOT, draw), message = store_fixture_act(f, SLOT, draw);
    assert_int_equal(store_submit(f->store, &b.request), R_DRAINING);
    message.request.class = CLASS_INTERNAL;
    assert_int_equal(store_fixture_run(f, &message), R_DONE);
}

static void a_lane_can_be_addressed(void **state)
{
    store_fixture *f = *state;
    for (uint16_t i = 0; i < FIXTURE_LANES; i++) {
        job_act a = store_fixture_act(f, 0, give_pieces);
        a.request.to_lane = true;
        a.request.lane = i;
        a.pool = stock;
        a.number = i + 1;
        assert_int_equal(store_fixture_run(f, &a), R_DONE);
    }
    arena *memory = arena_new(0);
    uow *u = store_fixture_read(f, memory);
    for (uint16_t i = 0; i < FIXTURE_LANES; i++)
        assert_int_equal(slice_get(u, i, 1, 1, 0, 0)->free, i + 1);
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
}

int main(void)
{
    static const fixture_kind kinds[] = {
        {"mem", FIXTURE_MEM, 0, false, 0},
        {"mem, threads", FIXTURE_MEM, 0, true, 0},
        {"adversary 1", FIXTURE_MEM, 1, false, 0},
        {"adversary 2", FIXTURE_MEM, 2, false, 0},
        {"adversary 3", FIXTURE_MEM, 3, true, 0},
        {"rocks", FIXTURE_ROCKS, 0, false, 0},
        {"rocks, threads", FIXTURE_ROCKS, 0, true, 0},
        {"pg", FIXTURE_PG, 0, false, 2},
        {"pg, threads", FIXTURE_PG, 0, true, 2},
        {"pg, adversary", FIXTURE_PG, 5, false, 0},
    };
#define EACH(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)
    static const struct CMUnitTest tests[] = {
        EACH(ids_are_unique_and_ascend),
        EACH(act_time_never_goes_back),
        EACH(events_are_without_gaps_and_in_order),
        EACH(messages_are_rows_and_told_in_order),
        EACH(an_act_that_never_settles_ends_alone),
        EACH(parked_acts_run_again_when_woken),
        EACH(a_verdict_is_only_for_earlier_tickets),
        EACH(a_parked_act_gives_up_at_its_deadline),
        EACH(draining_ends_what_is_parked),
        EACH(a_full_queue_refuses_by_class),
        EACH(use_goes_before_issue_goes_before_the_rest),
        EACH(a_halted_lane_stops_alone),
        EACH(a_draining_store_takes_in_messages_only),
        EACH(a_lane_can_be_addressed),
    };
    int failed = 0;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        kind = &kinds[i];
        failed += cmocka_run_group_tests_name(kind->name, tests, NULL, NULL);
    }
    return failed;
}
