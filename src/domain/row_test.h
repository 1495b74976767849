/* What the tests of the codec share: buffers, random rows from a seed, so that a failure repeats,
 * and round trips. */
#ifndef QUAN_DOMAIN_ROW_TEST_H
#define QUAN_DOMAIN_ROW_TEST_H

#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "domain/row_test_tables.h"

enum { TRIALS = 5000, LIST_TRIAL_MAX = 4, TEXT_TRIAL_MAX = 40, BUF_MAX = 1 << 24 };

#define ROW_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static uint64_t seed;
static arena *memory;
static buf key, value, again;

static inline int setup(void **state)
{
    (void)state;
    seed = UINT64_C(0x9e3779b97f4a7c15);
    memory = arena_new(0);
    buf_init(&key, BUF_MAX);
    buf_init(&value, BUF_MAX);
    buf_init(&again, BUF_MAX);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    arena_free(memory);
    buf_free(&key);
    buf_free(&value);
    buf_free(&again);
    return 0;
}

static inline uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Often an extreme or a small number, so that ties and borders happen. */
static inline uint64_t random_scalar(void)
{
    static const uint64_t borders[] = {0,          1,          0x7f,      0x80,
                                       0xff,       0x7fff,     0x8000,    0xffff,
                                       0x7fffffff, 0x80000000, INT64_MAX, UINT64_C(1) << 63,
                                       UINT64_MAX, 0x3fff,     0x4000};
    uint64_t r = next_random();
    return r % 3 == 0 ? next_random() : borders[r / 3 % ARRAY_LEN(borders)];
}

static inline str random_text(size_t max)
{
    size_t n = next_random() % 3 == 0 ? 0 : next_random() % (max + 1);
    char *p = arena_alloc(memory, n + 1);
    for (size_t i = 0; i < n; i++) {
        p[i] = (char)(next_random() % 3 == 0 ? next_random() : 'a');
    }
    return (str){p, n};
}

static inline void fill(const record_type *r, size_t text_max, void *record)
{
    for (size_t i = 0; i < r->n; i++) {
        const column *c = &r->columns[i];
        void *at = (char *)record + c->offset;
        static const size_t sizes[] = {1, 1, 2, 4, 8, 4, 8};
        uint64_t v = random_scalar();
        if (c->type == COLUMN_STR) {
            str s = random_text(text_max);
            memcpy(at, &s, sizeof(s));
        } else if (c->type == COLUMN_LIST) {
            list l = {NULL, next_random() % (LIST_TRIAL_MAX + 1)};
            l.items = arena_alloc(memory, l.n * c->element->size + 1);
            for (size_t k = 0; k < l.n; k++) {
                fill(c->element, text_max, (char *)l.items + k * c->element->size);
            }
            memcpy(at, &l, sizeof(l));
        } else {
            v = c->type == COLUMN_BOOL ? v & 1 : v;
            uint8_t v8 = (uint8_t)v;
            uint16_t v16 = (uint16_t)v;
            uint32_t v32 = (uint32_t)v;
            const void *from[] = {&v8, &v8, &v16, &v32, &v, &v32, &v};
            memcpy(at, from[c->type], sizes[c->type]);
        }
    }
}

static inline void encode(const table *t, const void *row)
{
    buf_clear(&key);
    buf_clear(&value);
    row_encode_key(t, row, &key);
    row_encode_value(t, row, &value);
}

static inline result decode(const table *t, str bytes, void *row)
{
    result r = row_decode_key(t, buf_view(&key), memory, row);
    return r != R_DONE ? r : row_decode_value(t, buf_view(&key), bytes, memory, row);
}

/* A block of exactly the right size, so that ASan sees a byte read too many; the caller frees it.
 */
static inline char *copy_exact(str bytes)
{
    char *block = malloc(bytes.n + (bytes.n == 0)); /* never NULL for want of bytes */
    assert_non_null(block);
    if (bytes.n > 0) {
        memcpy(block, bytes.p, bytes.n);
    }
    return block;
}

static inline result decode_exact(const table *t, str bytes, void *row)
{
    char *block = copy_exact(bytes);
    result r = decode(t, (str){block, bytes.n}, row);
    free(block);
    return r;
}

/* body with the checksum that belongs to it: damage that a checksum does not show. */
static inline str seal(str under, str body)
{
    uint32_t sum = htole32(hash32_check(under, body));
    buf_clear(&again);
    buf_str(&again, body);
    buf_add(&again, &sum, sizeof(sum));
    return buf_view(&again);
}

static inline void assert_round_trip(const table *t, const void *row)
{
    char *back = arena_alloc(memory, t->record.size);
    memset(back, 0xa5, t->record.size); /* the reader may not count on a clean row */
    encode(t, row);
    assert_int_equal(decode_exact(t, buf_view(&value), back), R_DONE);
    assert_true(record_equal(&t->record, row, back));
    assert_true(buf_view(&key).n <= ROW_KEY_MAX);
}

#endif
