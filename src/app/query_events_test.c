/* Places in the event feed as bytes: what is written is read again, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/query_events.h"

static const uint64_t numbers[] = {0, 1, 127, 128, 16383, 16384, UINT64_MAX - 1, UINT64_MAX};

static feed_place a_place(uint16_t lanes)
{
    feed_place p = {.lanes = lanes};
    for (uint16_t i = 0; i < lanes; i++) {
        p.at[i].first = numbers[i % ARRAY_LEN(numbers)];
        p.at[i].read = numbers[(i + 3) % ARRAY_LEN(numbers)];
    }
    return p;
}

static void a_place_is_read_as_it_was_written(void **state)
{
    MAYBE(state);
    for (uint16_t lanes = 1; lanes <= STORE_LANES_MAX; lanes++) {
        feed_place from = a_place(lanes);
        feed_place to;
        buf bytes;
        buf_init(&bytes, 4096);
        feed_place_write(&from, &bytes);
        assert_true(feed_place_read(buf_view(&bytes), &to));
        assert_memory_equal(&from, &to, sizeof from);
        for (size_t n = 0; n < bytes.n; n++) /* cut off */
            assert_false(feed_place_read((str){bytes.p, n}, &to));
        buf_char(&bytes, '\0'); /* more behind it */
        assert_false(feed_place_read(buf_view(&bytes), &to));
        buf_free(&bytes);
    }
}

static void other_bytes_are_no_place(void **state)
{
    MAYBE(state);
    feed_place p;
    assert_false(feed_place_read(S("\x00"), &p));
    assert_false(feed_place_read(S("\x41"), &p)); /* 65 lanes */
    assert_false(feed_place_read(S("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), &p));
    uint64_t random = 7;
    for (int i = 0; i < 20000; i++) {
        char bytes[64];
        for (size_t k = 0; k < sizeof bytes; k++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            bytes[k] = (char)(random >> 40);
        }
        bytes[0] &= 7;
        bool found = feed_place_read((str){bytes, (size_t)i % sizeof bytes}, &p);
        MAYBE(found);
        assert_true(p.lanes <= STORE_LANES_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_read_as_it_was_written),
        cmocka_unit_test(other_bytes_are_no_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
