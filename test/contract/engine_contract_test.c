/* What every engine must do with rows: the same tests for the engine in memory, for it with
 * withheld rows, aborted commits and split batches, and for RocksDB, stepped and threaded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/id.h"
#include "test/lib/store_fixture.h"

enum { SLOT = 7, OTHER_SLOT = SLOT + FIXTURE_LANES, MEMBER = 5 };

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

/* ---- acts ---- */

static result coupon_put(uow *u, job_act *a)
{
    coupon *c = coupon_get(u, a->request.slot, a->id);
    if (uow_pending(u))
        return R_AGAIN;
    if (c != NULL)
        coupon_edit(u, c);
    else
        c = coupon_new(u, a->request.slot, a->id);
    c->member = (uint32_t)a->member;
    c->revision++;
    c->expires_at_ms = a->number;
    c->closed = a->flag;
    return R_DONE;
}

static result coupon_look(uow *u, job_act *a)
{
    coupon *c = coupon_get(u, a->request.slot, a->id);
    if (uow_pending(u))
        return R_AGAIN;
    a->out_n = c != NULL;
    a->out[0] = c != NULL ? c->revision : 0;
    a->out[1] = c != NULL ? c->member : 0;
    a->out[2] = c != NULL ? (uint64_t)c->expires_at_ms : 0;
    return R_DONE;
}

static result coupon_drop(uow *u, job_act *a)
{
    coupon *c = coupon_get(u, a->request.slot, a->id);
    if (uow_pending(u))
        return R_AGAIN;
    if (c == NULL)
        return R_NOT_FOUND;
    coupon_delete(u, c);
    return R_DONE;
}

static result coupon_replace(uow *u, job_act *a)
{
    coupon *c = coupon_get(u, a->request.slot, a->id);
    if (uow_pending(u))
        return R_AGAIN;
    if (c != NULL) {
        coupon_edit(u, c);
        c->revision = 99; /* goes with the row */
        coupon_delete(u, c);
    }
    c = coupon_new(u, a->request.slot, a->id);
    c->member = (uint32_t)a->member;
    c->revision = 1;
    c->expires_at_ms = a->number;
    return R_DONE;
}

static result coupon_put_refused(uow *u, job_act *a)
{
    usage *counted = usage_get(u, a->request.slot, (uint32_t)a->member, 1);
    result r = coupon_put(u, a);
    if (r != R_DONE)
        return r;
    if (counted != NULL) {
        usage_edit(u, counted);
        counted->cells.items[0].n = 1000;
        counted->cells.n = 0;
    }
    coupon *extra = coupon_new(u, a->request.slot, a->id + 1000000);
    extra->member = (uint32_t)a->member;
    event e = {.kind = EVENT_KIND_COUPON_ISSUED, .coupon = a->id};
    uow_event(u, &e);
    uow_due(u, (due_name){DUE_KIND_COUPON, a->id, 0}, FIXTURE_START_MS);
    uow_send(u, 1, 1, &coupon_ref_record, &(coupon_ref){.coupon = a->id});
    return uow_refuse(u, R_LIMIT_REACHED, "at most %d of %s", 3, "these");
}

static result coupon_drop_refused(uow *u, job_act *a)
{
    result r = coupon_drop(u, a);
    return r == R_DONE ? R_SOLD_OUT : r;
}

static result scan(uow *u, job_act *a, int index, const coupon *from, uint8_t columns)
{
    void *rows[8];
    uow_range range = {&coupon_table, index, from, columns, a->flag};
    size_t n = uow_scan(u, &range, (size_t)a->number, rows);
    if (uow_pending(u))
        return R_AGAIN;
    a->out_n = n;
    for (size_t i = 0; i < n; i++)
        a->out[i] = ((coupon *)rows[i])->id;
    return R_DONE;
}

static result wallet_scan(uow *u, job_act *a)
{
    coupon from = {.slot = a->request.slot, .member = (uint32_t)a->member, .id = a->id};
    return scan(u, a, 0, &from, 2);
}

/* Of the slot: by member. */
static result slot_scan(uow *u, job_act *a)
{
    coupon from = {.slot = a->request.slot};
    return scan(u, a, 0, &from, 1);
}

/* ---- helpers ---- */

static result run(store_fixture *f, result (*decide)(uow *, job_act *), uint64_t id, uint64_t owner,
                  int64_t number)
{
    job_act a = store_fixture_act(f, SLOT, decide);
    a.id = id;
    a.member = owner;
    a.number = number;
    return store_fixture_run(f, &a);
}

static job_act look(store_fixture *f, uint64_t id)
{
    job_act a = store_fixture_act(f, SLOT, coupon_look);
    a.id = id;
    assert_int_equal(store_fixture_run(f, &a), R_DONE);
    return a;
}

static void assert_scan(store_fixture *f, result (*decide)(uow *, job_act *), uint64_t from,
                        const char *expected)
{
    job_act a = store_fixture_act(f, SLOT, decide);
    a.member = MEMBER;
    a.number = 8;
    a.id = from;
    a.flag = from != 0;
    assert_int_equal(store_fixture_run(f, &a), R_DONE);
    char text[100] = "";
    for (size_t i = 0, n = 0; i < a.out_n; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%llu", i > 0 ? " " : "",
                              (unsigned long long)a.out[i]);
    assert_string_equal(text, expected);
}

static int by_time(const void *a, const void *b)
{
    const due_entry *x = a, *y = b;
    if (x->after_ms != y->after_ms)
        return x->after_ms < y->after_ms ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Entries of the lane as time:id, blocks between bars. The adversary splits batches, so that there
 * may be more blocks: then the entries alone are compared. */
static void assert_dues(store_fixture *f, const char *expected)
{
    arena *memory = arena_new(0);
    uow *view = store_fixture_read(f, memory);
    void *blocks[16];
    uow_range range = {&due_block_table, -1, &(due_block){.lane = SLOT % FIXTURE_LANES}, 1, false};
    size_t n = uow_scan(view, &range, ARRAY_LEN(blocks), blocks), k = 0;
    due_entry all[16];
    bool ends[16] = {false};
    for (size_t i = 0; i < n; i++) {
        const due_block *b = blocks[i];
        for (size_t e = 0; e < b->entries.n; e++, k++) {
            all[k] = b->entries.items[e];
            all[k].after_ms += b->at_ms - FIXTURE_START_MS;
        }
        ends[k - 1] = true;
    }
    bool split = f->kind.adversary != 0;
    if (split)
        qsort(all, k, sizeof(all[0]), by_time);
    buf found, wanted;
    buf_init(&found, 1000);
    buf_init(&wanted, 1000);
    for (size_t i = 0; i < k; i++)
        buf_printf(&found, "%lld:%llu%s", (long long)all[i].after_ms, (unsigned long long)all[i].id,
                   i + 1 == k          ? ""
                   : ends[i] && !split ? " | "
                                       : " ");
    for (const char *at = expected; *at != '\0'; at++)
        if (!split || (*at != '|' && !(*at == ' ' && at[1] == '|')))
            buf_char(&wanted, *at);
    assert_true(str_eq(buf_view(&found), buf_view(&wanted)));
    buf_free(&found);
    buf_free(&wanted);
    assert_int_equal(store_read_end(view), R_DONE);
    arena_free(memory);
}

/* Submits all before any runs, where that can be had: one batch, unless the adversary splits it. */
static void run_together(store_fixture *f, job_act *acts, size_t n)
{
    uint16_t home = store_lane_of_slot(f->store, SLOT);
    store_halt_lane(f->store, home, true);
    for (size_t i = 0; i < n; i++)
        store_fixture_submit(f, &acts[i]);
    store_halt_lane(f->store, home, false);
    for (size_t i = 0; i < n; i++)
        store_fixture_settle(f, &acts[i]);
}

static job_act act(store_fixture *f, result (*decide)(uow *, job_act *), uint64_t id,
                   int64_t number)
{
    job_act a = store_fixture_act(f, SLOT, decide);
    a.id = id;
    a.member = MEMBER;
    a.number = number;
    return a;
}

/* ---- rows ---- */

static void what_is_written_is_read_by_the_next_batch(void **state)
{
    store_fixture *f = *state;
    assert_int_equal(look(f, 1).out_n, 0);
    assert_int_equal(run(f, coupon_put, 1, MEMBER, 50), R_DONE);
    job_act seen = look(f, 1);
    assert_int_equal(seen.out_n, 1);
    assert_int_equal(seen.out[0], 1);
    assert_int_equal(seen.out[1], MEMBER);
    assert_int_equal(seen.out[2], 50);
    assert_int_equal(run(f, coupon_put, 1, 6, 60), R_DONE);
    assert_int_equal(look(f, 1).out[0], 2);
    assert_int_equal(run(f, coupon_drop, 1, 0, 0), R_DONE);
    assert_int_equal(look(f, 1).out_n, 0);
    assert_int_equal(run(f, coupon_drop, 1, 0, 0), R_NOT_FOUND);
}

static void what_is_written_is_read_within_the_batch(void **state)
{
    store_fixture *f = *state;
    job_act acts[] = {act(f, coupon_put, 1, 10),    act(f, coupon_look, 1, 0),
                      act(f, coupon_put, 1, 20),    act(f, coupon_look, 1, 0),
                      act(f, coupon_drop, 1, 0),    act(f, coupon_look, 1, 0),
                      act(f, coupon_replace, 1, 5), act(f, coupon_look, 1, 0),
                      act(f, coupon_replace, 1, 6), act(f, coupon_look, 1, 0)};
    run_together(f, acts, 10);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(acts[i].request.outcome, R_DONE);
        assert_int_equal(acts[i].request.act_time_ms, FIXTURE_START_MS);
    }
    assert_int_equal(acts[1].out[0], 1);
    assert_int_equal(acts[3].out[0], 2);
    assert_int_equal(acts[5].out_n, 0);
    assert_int_equal(acts[7].out[0], 1);
    assert_int_equal(acts[9].out[2], 6);
    assert_int_equal(look(f, 1).out[2], 6);
    assert_scan(f, wallet_scan, 0, "1");
    assert_scan(f, slot_scan, 0, "1");
}

static void a_refused_act_rolls_back_alone(void **state)
{
    store_fixture *f = *state;
    assert_int_equal(run(f, coupon_put, 1, MEMBER, 10), R_DONE);
    job_act acts[] = {act(f, coupon_put, 2, 20),         act(f, coupon_put_refused, 1, 99),
                      act(f, coupon_put_refused, 2, 99), act(f, coupon_drop_refused, 1, 0),
                      act(f, coupon_put_refused, 3, 99), act(f, coupon_look, 1, 0),
                      act(f, coupon_look, 2, 0),         act(f, coupon_look, 3, 0)};
    run_together(f, acts, 8);
    assert_int_equal(acts[0].request.outcome, R_DONE);
    assert_int_equal(acts[1].request.outcome, R_LIMIT_REACHED);
    assert_string_equal(acts[1].detail, "at most 3 of these");
    assert_int_equal(acts[2].request.outcome, R_LIMIT_REACHED);
    assert_int_equal(acts[3].request.outcome, R_SOLD_OUT);
    assert_string_equal(acts[3].detail, "");
    assert_int_equal(acts[5].out[2], 10);
    assert_int_equal(acts[6].out[2], 20);
    assert_int_equal(acts[7].out_n, 0);
    assert_int_equal(look(f, 1).out[2], 10);
    assert_int_equal(look(f, 2).out[2], 20);
    assert_int_equal(look(f, 3).out_n, 0);
    assert_int_equal(look(f, 1000001).out_n, 0);
    assert_scan(f, wallet_scan, 0, "1 2");
    assert_int_equal(f->messages_n, 0);
    assert_dues(f, "");
}

/* ---- due blocks ---- */

static result due_put(uow *u, job_act *a)
{
    uow_due(u, (due_name){DUE_KIND_COUPON, a->id, 0}, FIXTURE_START_MS + a->number);
    return a->flag ? R_LIMIT_REACHED : R_DONE;
}

static void entries_of_a_batch_share_blocks_by_time(void **state)
{
    store_fixture *f = *state;
    job_act acts[] = {act(f, due_put, 5, 8000), act(f, due_put, 4, 8001), act(f, due_put, 3, 9000),
                      act(f, due_put, 2, 9001), act(f, due_put, 1, -5),   act(f, due_put, 9, -8),
                      act(f, due_put, 7, 8000), act(f, due_put, 8, 8000)};
    acts[7].flag = true; /* refused: its entry goes */
    run_together(f, acts, 8);
    /* By time, then id; two have passed: rows at once; the last is beyond an eighth of the way. */
    assert_dues(f, "-8:9 | -5:1 | 8000:5 8000:7 8001:4 9000:3 | 9001:2");
}

static result usage_add(uow *u, job_act *a)
{
    usage *row = usage_get(u, a->request.slot, MEMBER, 1);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL) {
        row = usage_new(u, a->request.slot, MEMBER, 1);
        row->cells.items = ARENA_ARRAY(uow_memory(u), usage_cell, 1);
        row->cells.n = 1;
    }
    usage_edit(u, row);
    row->cells.items[0].n += a->number; /* in place */
    a->out[0] = (uint64_t)row->cells.items[0].n;
    return a->flag ? R_LIMIT_REACHED : R_DONE;
}

static void lists_edited_in_place_roll_back_too(void **state)
{
    store_fixture *f = *state;
    job_act acts[] = {act(f, usage_add, 0, 1), act(f, usage_add, 0, 10), act(f, usage_add, 0, 100),
                      act(f, usage_add, 0, 1000)};
    acts[1].flag = true;
    run_together(f, acts, 4);
    assert_int_equal(acts[0].out[0], 1);
    assert_int_equal(acts[1].request.outcome, R_LIMIT_REACHED);
    assert_int_equal(acts[2].out[0], 101);
    assert_int_equal(acts[3].out[0], 1101);
    job_act last = act(f, usage_add, 0, 0);
    assert_int_equal(store_fixture_run(f, &last), R_DONE);
    assert_int_equal(last.out[0], 1101);
}

static result refuse_and_remember(uow *u, job_act *a)
{
    coupon *c = coupon_get(u, a->request.slot, 1);
    idempotency *kept = idempotency_get(u, a->request.slot, 1, a->id);
    if (uow_pending(u))
        return R_AGAIN;
    a->out[0] = kept != NULL ? kept->result : 0;
    if (kept != NULL)
        return R_DONE;
    coupon_edit(u, c);
    c->revision = 77;
    uow_event(u, &(event){.kind = EVENT_KIND_COUPON_VOIDED});
    result r = uow_refuse(u, R_LIMIT_REACHED, "no more");
    str detail = store_detail(u);
    store_rollback(u);
    coupon_edit(u, c); /* may be edited again behind it */
    c->revision += 10;
    kept = idempotency_new(u, a->request.slot, 1, a->id);
    kept->result = (uint32_t)r;
    kept->detail = detail;
    return R_DONE;
}

static void rollback_inside_a_run_keeps_what_follows(void **state)
{
    store_fixture *f = *state;
    assert_int_equal(run(f, coupon_put, 1, MEMBER, 10), R_DONE);
    job_act acts[] = {act(f, refuse_and_remember, 8, 0), act(f, refuse_and_remember, 8, 0)};
    run_together(f, acts, 2);
    assert_int_equal(acts[0].out[0], 0);
    assert_int_equal(acts[1].out[0], R_LIMIT_REACHED);
    assert_int_equal(look(f, 1).out[0], 11);
}

/* ---- scans and indexes ---- */

static void scans_are_in_order_bounded_and_resumable(void **state)
{
    store_fixture *f = *state;
    for (uint64_t id = 12; id > 0; id--)
        assert_int_equal(run(f, coupon_put, id * 10, id % 3 == 0 ? 6 : MEMBER, 0), R_DONE);
    assert_scan(f, wallet_scan, 0, "10 20 40 50 70 80 100 110");
    assert_scan(f, wallet_scan, 40, "50 70 80 100 110");
    assert_scan(f, wallet_scan, 110, "");
    job_act a = act(f, wallet_scan, 0, 3);
    assert_int_equal(store_fixture_run(f, &a), R_DONE);
    assert_int_equal(a.out_n, 3);
    a = act(f, wallet_scan, 50, 2); /* from a row on, itself included */
    assert_int_equal(store_fixture_run(f, &a), R_DONE);
    assert_int_equal(a.out[0], 50);
    assert_int_equal(a.out[1], 70);
}

static void indexes_follow_their_rows(void **state)
{
    store_fixture *f = *state;
    assert_int_equal(run(f, coupon_put, 1, 30, 0), R_DONE);
    assert_int_equal(run(f, coupon_put, 2, 20, 0), R_DONE);
    assert_int_equal(run(f, coupon_put, 3, MEMBER, 0), R_DONE);
    assert_int_equal(run(f, coupon_put, 4, MEMBER, 0), R_DONE);
    assert_scan(f, slot_scan, 0, "3 4 2 1");
    assert_int_equal(run(f, coupon_put, 3, 40, 0), R_DONE);
    assert_scan(f, slot_scan, 0, "4 2 1 3");
    assert_int_equal(run(f, coupon_put, 2, MEMBER, 0), R_DONE);
    assert_int_equal(run(f, coupon_put, 1, 50, 0), R_DONE);
    assert_scan(f, slot_scan, 0, "2 4 3 1");
    assert_scan(f, wallet_scan, 0, "2 4");
    assert_int_equal(run(f, coupon_replace, 2, 45, 0), R_DONE);
    assert_int_equal(run(f, coupon_drop, 3, 0, 0), R_DONE);
    assert_scan(f, slot_scan, 0, "4 2 1");
    assert_scan(f, wallet_scan, 0, "4");
}

static void scans_see_what_the_batch_has_written(void **state)
{
    store_fixture *f = *state;
    for (uint64_t id = 1; id <= 9; id++)
        assert_int_equal(run(f, coupon_put, id * 10, MEMBER, (int64_t)id), R_DONE);
    job_act acts[] = {act(f, coupon_drop, 10, 0), act(f, coupon_drop, 20, 0),
                      act(f, coupon_put, 25, 1),  act(f, coupon_put, 30, 100),
                      act(f, wallet_scan, 0, 8),  act(f, slot_scan, 0, 8),
                      act(f, coupon_put, 95, 2),  act(f, coupon_drop, 90, 0),
                      act(f, wallet_scan, 0, 3),  act(f, wallet_scan, 0, 8)};
    acts[3].flag = true; /* closed: behind the others */
    run_together(f, acts, 10);
    static const uint64_t wallet[] = {25, 40, 50, 60, 70, 80, 90, 30};
    assert_int_equal(acts[4].out_n, 8);
    assert_memory_equal(acts[4].out, wallet, sizeof(wallet));
    assert_int_equal(acts[5].out_n, 8);
    assert_memory_equal(acts[5].out, wallet, sizeof(wallet));
    assert_int_equal(acts[8].out_n, 3);
    assert_memory_equal(acts[8].out, wallet, 3 * sizeof(uint64_t));
    assert_scan(f, wallet_scan, 0, "25 40 50 60 70 80 95 30");
}

static result job_scan(uow *u, job_act *a)
{
    void *rows[8];
    job from = {.slot = a->request.slot, .id = a->id};
    uow_range range = {&job_table, -1, &from, 1, a->flag};
    a->out_n = uow_scan(u, &range, 8, rows);
    if (uow_pending(u))
        return R_AGAIN;
    for (size_t i = 0; i < a->out_n; i++)
        a->out[i] = ((job *)rows[i])->id;
    return R_DONE;
}

static result job_put(uow *u, job_act *a)
{
    job *j = job_get(u, a->request.slot, a->id);
    if (uow_pending(u))
        return R_AGAIN;
    if (j == NULL)
        j = job_new(u, a->request.slot, a->id);
    else
        job_edit(u, j);
    j->input = S("what to do");
    return R_DONE;
}

static void range_tables_scan_by_key(void **state)
{
    store_fixture *f = *state;
    static const uint64_t ids[] = {500, 1, UINT64_MAX, 256, 255};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(run(f, job_put, ids[i], 0, 0), R_DONE);
    job_act elsewhere = store_fixture_act(f, OTHER_SLOT, job_put);
    elsewhere.id = 2;
    assert_int_equal(store_fixture_run(f, &elsewhere), R_DONE);
    assert_scan(f, job_scan, 1, "255 256 500 18446744073709551615");
    job_act a = act(f, job_scan, 0, 0);
    assert_int_equal(store_fixture_run(f, &a), R_DONE);
    assert_int_equal(a.out_n, 5);
    assert_true(a.out[4] == UINT64_MAX);
}

/* ---- reading ---- */

static size_t wallet_size(uow *u, result expected)
{
    void *rows[8];
    coupon from = {.slot = SLOT, .member = MEMBER};
    uow_range range = {&coupon_table, 0, &from, 2, false};
    size_t n = uow_scan(u, &range, 8, rows);
    assert_int_equal(uow_pending(u), expected != R_DONE);
    return n;
}

static void a_snapshot_stands_still(void **state)
{
    store_fixture *f = *state;
    assert_int_equal(run(f, coupon_put, 1, MEMBER, 10), R_DONE);
    arena *memory = arena_new(0);
    uow *before = store_fixture_read(f, memory);
    assert_int_equal(run(f, coupon_put, 1, MEMBER, 20), R_DONE);
    assert_int_equal(run(f, coupon_put, 2, MEMBER, 20), R_DONE);
    uow *between = store_fixture_read(f, memory);
    assert_int_equal(run(f, coupon_drop, 1, 0, 0), R_DONE);
    uow *after = store_fixture_read(f, memory);
    assert_int_equal(coupon_get(before, SLOT, 1)->expires_at_ms, 10);
    assert_null(coupon_get(before, SLOT, 2));
    assert_int_equal(wallet_size(before, R_DONE), 1);
    assert_int_equal(coupon_get(between, SLOT, 1)->expires_at_ms, 20);
    assert_int_equal(wallet_size(between, R_DONE), 2);
    assert_null(coupon_get(after, SLOT, 1));
    assert_int_equal(wallet_size(after, R_DONE), 1);
    assert_int_equal(uow_now(after), FIXTURE_START_MS);
    assert_int_equal(uow_lane_count(after), FIXTURE_LANES);
    assert_int_equal(store_read_end(before), R_DONE);
    assert_int_equal(store_read_end(after), R_DONE);
    assert_int_equal(store_read_end(between), R_DONE);
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
        {"rocks, adversary", FIXTURE_ROCKS, 4, false, 0},
    };
#define EACH(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)
    static const struct CMUnitTest tests[] = {
        EACH(what_is_written_is_read_by_the_next_batch),
        EACH(what_is_written_is_read_within_the_batch),
        EACH(a_refused_act_rolls_back_alone),
        EACH(entries_of_a_batch_share_blocks_by_time),
        EACH(lists_edited_in_place_roll_back_too),
        EACH(rollback_inside_a_run_keeps_what_follows),
        EACH(scans_are_in_order_bounded_and_resumable),
        EACH(indexes_follow_their_rows),
        EACH(scans_see_what_the_batch_has_written),
        EACH(range_tables_scan_by_key),
        EACH(a_snapshot_stands_still),
    };
    int failed = 0;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        kind = &kinds[i];
        failed += cmocka_run_group_tests_name(kind->name, tests, NULL, NULL);
    }
    return failed;
}
