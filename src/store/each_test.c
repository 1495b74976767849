/* store_each on every engine: all rows of a span and nothing else, point tables and indexes too, as
 * of the snapshot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/id.h"
#include "test/lib/store_fixture.h"

enum { COUPONS = 300, FIRST_SLOT = 100, SLOTS = 50 };

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

static result coupon_put(uow *u, job_act *a)
{
    coupon *c = coupon_get(u, a->request.slot, a->id);
    if (uow_pending(u))
        return R_AGAIN;
    if (c == NULL)
        c = coupon_new(u, a->request.slot, a->id);
    else
        coupon_edit(u, c);
    c->member = (uint32_t)a->member;
    c->version = 1;
    return R_DONE;
}

static uint16_t slot_of(uint64_t i)
{
    return (uint16_t)(FIRST_SLOT + i % SLOTS);
}

static void put(store_fixture *f, uint64_t i, uint64_t member_of)
{
    job_act a = store_fixture_act(f, slot_of(i), coupon_put);
    a.id = i + 1;
    a.member = member_of;
    assert_int_equal(store_fixture_run(f, &a), R_DONE);
}

typedef struct seen {
    size_t n, limit, damaged;
    uint64_t ids, members, versions;
    uint16_t last_slot;
    bool ascending;
} seen;

static bool see(void *context, str key, const void *row)
{
    seen *s = context;
    assert_true(key.n > 0);
    const coupon *c = row;
    s->n++;
    if (c == NULL) {
        s->damaged++;
        return true;
    }
    s->ids += c->id;
    s->members += c->member;
    s->versions += c->version;
    s->ascending = s->ascending && c->slot >= s->last_slot;
    s->last_slot = c->slot;
    return s->n != s->limit;
}

static seen walk(uow *view, int index, uint16_t from, uint32_t until)
{
    seen s = {.ascending = true};
    store_span span = {.table = &coupon_table, .index = index, .from = from, .until = until};
    assert_int_equal(store_each(view, &span, see, &s), R_DONE);
    assert_true(s.ascending);
    return s;
}

static void all_rows_of_a_span_come_once(void **state)
{
    store_fixture *f = *state;
    uint64_t ids = 0, part = 0;
    for (uint64_t i = 0; i < COUPONS; i++) {
        put(f, i, 1);
        ids += i + 1;
        part += slot_of(i) < FIRST_SLOT + 10 ? i + 1 : 0;
    }
    arena *memory = arena_new(0);
    uow *view = store_fixture_read(f, memory);
    seen all = walk(view, -1, 0, SLOT_COUNT);
    assert_int_equal(all.n, COUPONS);
    assert_int_equal(all.ids, ids);
    seen first = walk(view, -1, FIRST_SLOT, FIRST_SLOT + 10);
    seen rest = walk(view, -1, FIRST_SLOT + 10, UINT16_MAX + 1);
    assert_int_equal(first.ids, part);
    assert_int_equal(rest.ids, ids - part);
    assert_int_equal(walk(view, -1, 0, FIRST_SLOT).n, 0);
    assert_int_equal(walk(view, -1, FIRST_SLOT, FIRST_SLOT).n, 0);
    assert_int_equal(store_read_end(view), R_DONE);
    arena_free(memory);
}

static void index_entries_come_without_rows(void **state)
{
    store_fixture *f = *state;
    for (uint64_t i = 0; i < COUPONS; i++)
        put(f, i, i);
    arena *memory = arena_new(0);
    uow *view = store_fixture_read(f, memory);
    seen rows = walk(view, -1, 0, SLOT_COUNT), wallet = walk(view, 0, 0, SLOT_COUNT);
    assert_int_equal(rows.versions, COUPONS);
    assert_int_equal(wallet.n, COUPONS);
    assert_int_equal(wallet.ids, rows.ids);
    assert_int_equal(wallet.members, rows.members);
    assert_int_equal(wallet.versions, 0); /* not among the index's columns */
    assert_int_equal(store_read_end(view), R_DONE);
    arena_free(memory);
}

static void what_is_committed_later_is_not_seen(void **state)
{
    store_fixture *f = *state;
    put(f, 1, 1);
    arena *memory = arena_new(0);
    uow *view = store_fixture_read(f, memory);
    put(f, 1, 1000);
    put(f, 2, 1000);
    seen s = walk(view, -1, 0, SLOT_COUNT);
    assert_int_equal(s.n, 1);
    assert_int_equal(s.members, 1);
    assert_int_equal(store_read_end(view), R_DONE);
    arena_free(memory);
}

static void the_visit_ends_the_walk(void **state)
{
    store_fixture *f = *state;
    for (uint64_t i = 0; i < 10; i++)
        put(f, i, 1);
    arena *memory = arena_new(0);
    uow *view = store_fixture_read(f, memory);
    seen s = {.limit = 4};
    store_span span = {.table = &coupon_table, .index = -1, .until = SLOT_COUNT};
    assert_int_equal(store_each(view, &span, see, &s), R_DONE);
    assert_int_equal(s.n, 4);
    assert_int_equal(store_read_end(view), R_DONE);
    arena_free(memory);
}

int main(void)
{
    static const fixture_kind kinds[] = {{"mem", FIXTURE_MEM, 0, false, 0},
                                         {"rocks", FIXTURE_ROCKS, 0, false, 0},
                                         {"rocks threads", FIXTURE_ROCKS, 0, true, 0}};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_rows_of_a_span_come_once, open_store, close_store),
        cmocka_unit_test_setup_teardown(index_entries_come_without_rows, open_store, close_store),
        cmocka_unit_test_setup_teardown(what_is_committed_later_is_not_seen, open_store,
                                        close_store),
        cmocka_unit_test_setup_teardown(the_visit_ends_the_walk, open_store, close_store),
    };
    int failed = 0;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        kind = &kinds[i];
        failed += cmocka_run_group_tests_name(kinds[i].name, tests, NULL, NULL);
    }
    return failed;
}
