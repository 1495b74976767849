/* Columns to PostgreSQL's binary forms and back; and what a result may not hold. */
#include "store/pg/binary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "domain/table.gen.h"

/* A result of one row and one value. */
static PGresult *result_of(const void *bytes, int n)
{
    PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    assert_non_null(r);
    PGresAttDesc field = {.name = (char *)(uintptr_t) "x", .format = 1};
    assert_int_equal(PQsetResultAttrs(r, 1, &field), 1);
    assert_int_equal(PQsetvalue(r, 0, 0, (char *)(uintptr_t)bytes, n), 1);
    return r;
}

/* The one element of an array parameter. */
static str element_of(const binary_params *p)
{
    enum { HEAD = 20, LENGTH = 4 };
    assert_true(p->bytes.n >= HEAD + LENGTH);
    const uint8_t *n = (const uint8_t *)p->bytes.p + HEAD;
    str s = {p->bytes.p + HEAD + LENGTH, p->bytes.n - HEAD - LENGTH};
    assert_int_equal((size_t)n[0] << 24 | (size_t)n[1] << 16 | (size_t)n[2] << 8 | n[3], s.n);
    return s;
}

static void assert_kept(const record_type *t, const void *row, void *out, arena *memory)
{
    binary_params p;
    binary_init(&p);
    for (size_t i = 0; i < t->n; i++) {
        binary_clear(&p);
        binary_column(&p, &t->columns[i], &row, 1);
        str s = element_of(&p);
        PGresult *r = result_of(s.n > 0 ? s.p : "", (int)s.n);
        assert_int_equal(binary_read((binary_cell){r, 0, 0}, &t->columns[i], memory, out), R_DONE);
        PQclear(r);
    }
    binary_free(&p);
    assert_true(record_equal(t, row, out));
}

static void every_type_comes_back(void **state)
{
    (void)state;
    arena *memory = arena_new(0);
    static const uint64_t ids[] = {0, 1, UINT64_C(1) << 63, UINT64_MAX};
    static const int64_t moneys[] = {0, -1, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        coupon c = {.slot = 9999,
                    .id = ids[i],
                    .member = i % 2 == 0 ? UINT32_MAX : 0,
                    .state = (uint8_t)(i * 85),
                    .closed = i % 2 == 0,
                    .expires_at_ms = moneys[i]},
               back = {0};
        assert_kept(&coupon_table.record, &c, &back, memory);
        usage_cell cells[2] = {{.owner = ids[i], .n = moneys[i]}, {.measure = 3}};
        usage u = {.slot = 1, .cells = {cells, i % 3}}, u_back = {0};
        assert_kept(&usage_table.record, &u, &u_back, memory);
        tally y = {.day = i % 2 == 0 ? INT32_MIN : INT32_MAX}, y_back = {0};
        assert_kept(&tally_table.record, &y, &y_back, memory);
        user m = {.name = i == 0 ? S("") : (str){"a\0\xff", 3}}, m_back = {0};
        assert_kept(&user_table.record, &m, &m_back, memory);
    }
    arena_free(memory);
}

/* So that the order of what is stored is that of the numbers. */
static void numbers_are_stored_in_their_order(void **state)
{
    (void)state;
    static const uint64_t ids[] = {0, 1, (UINT64_C(1) << 63) - 1, UINT64_C(1) << 63, UINT64_MAX};
    int64_t before = INT64_MIN;
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        coupon c = {.id = ids[i]};
        const void *row = &c;
        binary_params p;
        binary_init(&p);
        binary_column(&p, &coupon_table.record.columns[1], &row, 1);
        str s = element_of(&p);
        PGresult *r = result_of(s.p, (int)s.n);
        int64_t stored;
        assert_true(binary_read_i64((binary_cell){r, 0, 0}, &stored));
        assert_true(i == 0 ? stored == INT64_MIN : stored > before);
        before = stored;
        PQclear(r);
        binary_free(&p);
    }
}

static result read_as(const char *name, const char *bytes, int n)
{
    const record_type *t = &coupon_table.record;
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->columns[i].name, name) == 0) {
            coupon c = {0};
            arena *memory = arena_new(0);
            PGresult *r = n < 0 ? result_of(NULL, -1) : result_of(bytes, n);
            result outcome = binary_read((binary_cell){r, 0, 0}, &t->columns[i], memory, &c);
            PQclear(r);
            arena_free(memory);
            return outcome;
        }
    fail();
    return R_DONE;
}

static void what_no_column_holds_is_corrupt(void **state)
{
    (void)state;
    assert_int_equal(read_as("closed", "\1", 1), R_DONE);
    assert_int_equal(read_as("closed", "\2", 1), R_CORRUPT);
    assert_int_equal(read_as("closed", NULL, -1), R_CORRUPT); /* NULL */
    assert_int_equal(read_as("state", "\0\xff", 2), R_DONE);
    assert_int_equal(read_as("state", "\1\0", 2), R_CORRUPT); /* 256 */
    assert_int_equal(read_as("state", "\xff\xff", 2), R_CORRUPT);
    assert_int_equal(read_as("slot", "\0\0\xff\xff", 4), R_DONE);
    assert_int_equal(read_as("slot", "\0\1\0\0", 4), R_CORRUPT);
    assert_int_equal(read_as("slot", "\0\0", 2), R_CORRUPT);
    assert_int_equal(read_as("member", "\0\0\0\0\xff\xff\xff\xff", 8), R_DONE);
    assert_int_equal(read_as("member", "\0\0\0\1\0\0\0\0", 8), R_CORRUPT);
    assert_int_equal(read_as("id", "\0\0\0\0", 4), R_CORRUPT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_back),
        cmocka_unit_test(numbers_are_stored_in_their_order),
        cmocka_unit_test(what_no_column_holds_is_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
