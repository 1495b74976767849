/* Any bytes as a stored value of any table (the first byte chooses it): refused, or decoded
 * into a row that encodes to the same bytes. What an older version wrote, as a whole or as an item
 * of a list, encodes to other bytes, which are then those. The checksum is put right first, else
 * nothing would get past it. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/hash.h"
#include "domain/table.gen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { VALUE_MAX = 65536, VALUE_GROWN_MAX = 16 * VALUE_MAX };

/* Are there items that an older version wrote shorter? */
static bool has_older_items(const record_type *r)
{
    for (size_t i = 0; i < r->n; i++) {
        const record_type *of = r->columns[i].element;
        if (of != NULL && (of->version > 1 || has_older_items(of)))
            return true;
    }
    return false;
}

static void check_encoded_once(const table *t, str key, str value, arena *memory)
{
    void *row = arena_alloc(memory, t->record.size);
    buf again;
    buf_init(&again, VALUE_GROWN_MAX);
    CHECK(row_decode_value(t, key, value, memory, row) == R_DONE);
    row_encode_value(t, row, &again);
    CHECK(str_eq(buf_view(&again), value));
    buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 1 || n > VALUE_MAX)
        return 0;
    const table *t = tables[data[0] % tables_count];
    arena *memory = arena_new(0);
    void *row = arena_alloc(memory, t->record.size);
    buf key, value;
    buf_init(&key, ROW_KEY_MAX);
    buf_init(&value, VALUE_MAX + 16);
    row_encode_key(t, row, &key);
    buf_add(&value, data + 1, n - 1);
    uint32_t sum = hash32_check(buf_view(&key), buf_view(&value));
    unsigned char tail[4] = {(unsigned char)sum, (unsigned char)(sum >> 8),
                             (unsigned char)(sum >> 16), (unsigned char)(sum >> 24)};
    buf_add(&value, tail, sizeof tail);
    if (row_decode_value(t, buf_view(&key), buf_view(&value), memory, row) == R_DONE) {
        buf again;
        buf_init(&again, VALUE_GROWN_MAX);
        row_encode_value(t, row, &again);
        bool same = str_eq(buf_view(&again), buf_view(&value));
        CHECK(same || value.p[0] != again.p[0] || has_older_items(&t->record));
        check_encoded_once(t, buf_view(&key), buf_view(&again), memory);
        buf_free(&again);
    }
    buf_free(&key);
    buf_free(&value);
    arena_free(memory);
    return 0;
}
