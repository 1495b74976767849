/* Rows as bytes: which keys a commit writes, and what is made of what an engine gives back. */
#include "store/kv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "domain/table.gen.h"
#include "store/unit.h"

enum { TOLD_MAX = 2000 };

static kv_engine engine_under_test;
static char told[TOLD_MAX];
static result answer;

/* + or -, the space, the key's number, and whether there is a value. */
static result record_writes(kv_engine *e, uint16_t lane, const kv_write *writes, size_t n)
{
    (void)e;
    (void)lane;
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(told + at, sizeof(told) - at, "%s%c%d:%d%s", i > 0 ? " " : "",
                               writes[i].remove ? '-' : '+', (int)writes[i].space,
                               writes[i].key.p[0], writes[i].value.n > 0 ? "=" : "");
    return answer;
}

static const kv_ops recording = {.write = record_writes};

static int begin(void **state)
{
    (void)state;
    memset(&engine_under_test, 0, sizeof(engine_under_test));
    engine_under_test.kv = &recording;
    kv_init(&engine_under_test);
    answer = R_DONE;
    told[0] = 0;
    return 0;
}

static int finish(void **state)
{
    (void)state;
    kv_free(&engine_under_test);
    return 0;
}

static void assert_writes(const coupon *before, const coupon *after, const char *expected)
{
    unit_key k;
    change c = {.table = &coupon_table,
                .key = unit_key_of(&k, &coupon_table, after != NULL ? after : before),
                .before = before,
                .after = after};
    assert_int_equal(kv_commit(&engine_under_test.engine, 0, &c, 1), R_DONE);
    assert_string_equal(told, expected);
}

static void indexes_are_written_when_they_change(void **state)
{
    (void)state;
    coupon plain = {.slot = 1, .id = 2, .member = 3}, closed = plain;
    closed.closed = true;
    assert_writes(NULL, &plain, "+0:50= +1:51");
    assert_writes(&plain, &closed, "+0:50= -1:51 +1:51");
    assert_writes(&plain, &plain, "+0:50=");
    assert_writes(&plain, NULL, "-0:50 -1:51");
}

static void tables_go_to_their_spaces(void **state)
{
    (void)state;
    assert_int_equal(kv_space_of(&coupon_table), KV_POINT);
    assert_int_equal(kv_space_of(&job_table), KV_RANGE);
    assert_int_equal(kv_space_of(&event_block_table), KV_LOG);
    assert_int_equal(kv_space_of(&outbox_table), KV_LOG);
}

static void only_what_was_written_is_counted(void **state)
{
    (void)state;
    coupon row = {.slot = 1, .id = 2};
    unit_key k;
    change c = {
        .table = &coupon_table, .key = unit_key_of(&k, &coupon_table, &row), .before = &row};
    engine *e = &engine_under_test.engine;
    answer = R_STORAGE_FULL;
    assert_int_equal(kv_commit(e, 0, &c, 1), R_STORAGE_FULL);
    assert_int_equal(atomic_load(&e->counters.deletes), 0);
    answer = R_DONE;
    assert_int_equal(kv_commit(e, 0, &c, 1), R_DONE);
    assert_int_equal(atomic_load(&e->counters.deletes), 2);
    assert_int_equal(atomic_load(&e->counters.puts), 0);
    assert_true(atomic_load(&e->counters.bytes) > 0);
}

/* ---- what cannot be read ---- */

static result give_garbage(kv_engine *e, const kv_get *get)
{
    (void)e;
    get->found(get->context, 1, S("garbage"));
    return R_DONE;
}

static result fail_get(kv_engine *e, const kv_get *get)
{
    (void)e;
    (void)get;
    return R_IO;
}

static void a_damaged_row_fails_alone_and_a_failed_read_fails_all(void **state)
{
    (void)state;
    arena *memory = arena_new(0);
    coupon keys[2] = {{.slot = 1, .id = 1}, {.slot = 1, .id = 2}};
    unit_key k[2];
    load_item items[2];
    for (size_t i = 0; i < 2; i++)
        items[i] = (load_item){.table = &coupon_table,
                               .key = unit_key_of(&k[i], &coupon_table, &keys[i]),
                               .row = engine_row_new(memory, &coupon_table)};
    read_request wanted = {.items = items, .n = 2};
    kv_ops damaged = {.get = give_garbage}, failing = {.get = fail_get};
    engine_under_test.kv = &damaged;
    kv_read(&engine_under_test.engine, NULL, &wanted, memory);
    assert_int_equal(items[0].outcome, R_DONE);
    assert_false(items[0].found);
    assert_int_equal(items[1].outcome, R_CORRUPT);
    engine_under_test.kv = &failing;
    kv_read(&engine_under_test.engine, NULL, &wanted, memory);
    assert_int_equal(items[0].outcome, R_IO);
    assert_int_equal(items[1].outcome, R_IO);
    arena_free(memory);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, finish)
    static const struct CMUnitTest tests[] = {
        EACH(indexes_are_written_when_they_change),
        EACH(tables_go_to_their_spaces),
        EACH(only_what_was_written_is_counted),
        EACH(a_damaged_row_fails_alone_and_a_failed_read_fails_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
