/* Fuzzes what is read of another server: the greeting, the length of a record, and the frames of an
 * opened one, a hello among them.
 *
 * Must hold for every input: nothing is read beyond it (a copy of its own size shows that), frames
 * lie in it one behind the other, and what was read is written as the same bytes. */
#include <stdlib.h>

#include "plat/peer_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_hello(str bytes)
{
    peer_hello h;
    if (!peer_hello_read(bytes, &h))
        return;
    buf again;
    buf_init(&again, 1024);
    peer_hello_write(&again, &h);
    CHECK(str_eq(buf_view(&again), bytes));
    buf_free(&again);
}

static void check_frames(str record)
{
    str rest = record;
    buf again;
    buf_init(&again, SIZE_MAX / 4);
    while (rest.n > 0) {
        peer_frame f;
        const char *at = rest.p;
        if (!peer_frame_next(&rest, &f))
            break;
        CHECK(f.bytes.p == at + PEER_FRAME_HEAD && rest.p == f.bytes.p + f.bytes.n);
        CHECK(rest.p + rest.n == record.p + record.n);
        CHECK(f.kind == PEER_ANSWER ? peer_answer_is_known(f.code) : f.code == 0);
        peer_frame_write(&again, &f);
        CHECK(again.n == (size_t)(rest.p - record.p));
        if (f.kind == PEER_HELLO)
            check_hello(f.bytes);
    }
    CHECK(memcmp(again.p == NULL ? "" : again.p, record.p, again.n) == 0);
    buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size == 0 ? 1 : size);
    CHECK(copy != NULL);
    memcpy(copy, data, size);
    str s = {copy, size};
    uint8_t nonce[PEER_NONCE_BYTES];
    char greeting[PEER_GREETING_BYTES];
    uint16_t protocol;
    if (size >= PEER_GREETING_BYTES) {
        s.n = PEER_GREETING_BYTES;
        if (peer_greeting_read(s, &protocol, nonce) && protocol == PEER_PROTOCOL) {
            peer_greeting_write(nonce, greeting);
            CHECK(memcmp(greeting, copy, PEER_GREETING_BYTES) == 0);
        }
        s.n = size;
    }
    size_t n;
    if (peer_record_length(s, 17, &n) && n > 0)
        CHECK(n >= 17 + PEER_FRAME_HEAD && n <= 17 + PEER_RECORD_MAX);
    check_frames(s);
    check_hello(s);
    free(copy);
    return 0;
}
