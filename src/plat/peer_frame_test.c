/* The bytes between two servers: what is written is read, and nothing else is. */
#include "plat/peer_frame.h"

#include "base/test_help.h"

static void frames_are_read_as_they_were_written(void **state)
{
    (void)state;
    static const peer_frame frames[] = {
        {.kind = PEER_CALL, .id = UINT64_MAX, .bytes = {"abc", 3}},
        {.kind = PEER_PING, .id = 7},
        {.kind = PEER_ANSWER, .code = R_UNKNOWN, .id = 1},
        {.kind = PEER_ANSWER, .code = R_DONE, .id = 2, .bytes = {"\0x", 2}},
        {.kind = PEER_LEAVING},
    };
    buf out;
    buf_init(&out, 4096);
    for (size_t i = 0; i < ARRAY_LEN(frames); i++)
        peer_frame_write(&out, &frames[i]);
    str rest = buf_view(&out);
    for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
        peer_frame f;
        assert_true(peer_frame_next(&rest, &f));
        assert_int_equal(f.kind, frames[i].kind);
        assert_int_equal(f.code, frames[i].code);
        assert_true(f.id == frames[i].id);
        assert_str(f.bytes, frames[i].bytes);
    }
    assert_int_equal(rest.n, 0);
    for (size_t n = 1; n < PEER_FRAME_HEAD + 3; n++) {
        peer_frame f;
        rest = (str){out.p, n};
        assert_false(peer_frame_next(&rest, &f));
    }
    buf_free(&out);
}

/* One byte of a frame's head changed to each other value. */
static void heads_that_are_none_are_refused(void **state)
{
    (void)state;
    buf out;
    buf_init(&out, 4096);
    peer_frame_write(&out, &(peer_frame){.kind = PEER_PING, .id = 9});
    for (size_t at = 0; at < 8; at++) { /* an id may be any */
        char was = out.p[at];
        for (unsigned v = 0; v < 256; v++) {
            out.p[at] = (char)v;
            str rest = buf_view(&out);
            peer_frame f;
            bool good = peer_frame_next(&rest, &f);
            bool empty = at == 0 && v >= PEER_HELLO && v <= PEER_LEAVING;
            assert_int_equal(good, out.p[at] == was || empty);
        }
        out.p[at] = was;
    }
    buf_free(&out);
}

static void greetings_tell_version_and_nonce(void **state)
{
    (void)state;
    uint8_t nonce[PEER_NONCE_BYTES], read[PEER_NONCE_BYTES];
    for (size_t i = 0; i < sizeof nonce; i++)
        nonce[i] = (uint8_t)(200 + i);
    char bytes[PEER_GREETING_BYTES];
    uint16_t protocol;
    peer_greeting_write(nonce, bytes);
    assert_true(peer_greeting_read((str){bytes, sizeof bytes}, &protocol, read));
    assert_int_equal(protocol, PEER_PROTOCOL);
    assert_memory_equal(read, nonce, sizeof nonce);
    bytes[PEER_MAGIC_BYTES + 1] = 2;
    assert_true(peer_greeting_read((str){bytes, sizeof bytes}, &protocol, read));
    assert_int_equal(protocol, 0x200 + PEER_PROTOCOL);
    for (size_t i = 0; i < PEER_MAGIC_BYTES; i++) {
        bytes[i] ^= 1;
        assert_false(peer_greeting_read((str){bytes, sizeof bytes}, &protocol, read));
        bytes[i] ^= 1;
    }
}

static void records_have_a_length_that_they_may_have(void **state)
{
    (void)state;
    enum { EXTRA = 17 };
    static const struct {
        uint32_t n;
        bool good;
    } lengths[] = {{0, false},
                   {EXTRA + PEER_FRAME_HEAD - 1, false},
                   {EXTRA + PEER_FRAME_HEAD, true},
                   {EXTRA + PEER_RECORD_MAX, true},
                   {EXTRA + PEER_RECORD_MAX + 1, false},
                   {UINT32_MAX, false}};
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        char head[PEER_RECORD_HEAD];
        size_t n = 1;
        peer_record_head(lengths[i].n, head);
        assert_int_equal(peer_record_length((str){head, sizeof head}, EXTRA, &n), lengths[i].good);
        assert_true(!lengths[i].good || n == lengths[i].n);
        assert_true(peer_record_length((str){head, sizeof head - 1}, EXTRA, &n));
        assert_int_equal(n, 0);
    }
}

static void hellos_are_read_as_they_were_written(void **state)
{
    (void)state;
    peer_hello h = {S("a"), S(""), S("0123456789")}, read;
    buf out;
    buf_init(&out, 4096);
    peer_hello_write(&out, &h);
    assert_true(peer_hello_read(buf_view(&out), &read));
    assert_str(read.from, h.from);
    assert_str(read.to, h.to);
    assert_str(read.identity, h.identity);
    for (size_t n = 0; n < out.n; n++)
        assert_false(peer_hello_read((str){out.p, n}, &read));
    buf_char(&out, '\0');
    assert_false(peer_hello_read(buf_view(&out), &read));
    buf_free(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_read_as_they_were_written),
        cmocka_unit_test(heads_that_are_none_are_refused),
        cmocka_unit_test(greetings_tell_version_and_nonce),
        cmocka_unit_test(records_have_a_length_that_they_may_have),
        cmocka_unit_test(hellos_are_read_as_they_were_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
