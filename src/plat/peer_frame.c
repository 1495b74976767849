/* See peer_frame.h. */
#include "plat/peer_frame.h"

static void put(char *to, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (char)(v >> 8 * i);
}

static uint64_t get(const char *from, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)(uint8_t)from[i] << 8 * i;
    return v;
}

void peer_greeting_write(const uint8_t nonce[PEER_NONCE_BYTES], char out[PEER_GREETING_BYTES])
{
    memcpy(out, PEER_MAGIC.p, PEER_MAGIC_BYTES);
    put(out + PEER_MAGIC_BYTES, PEER_PROTOCOL, 2);
    memcpy(out + PEER_MAGIC_BYTES + 2, nonce, PEER_NONCE_BYTES);
}

bool peer_greeting_read(str bytes, uint16_t *protocol, uint8_t nonce[PEER_NONCE_BYTES])
{
    CHECK(bytes.n == PEER_GREETING_BYTES);
    if (!str_starts(bytes, PEER_MAGIC))
        return false;
    *protocol = (uint16_t)get(bytes.p + PEER_MAGIC_BYTES, 2);
    memcpy(nonce, bytes.p + PEER_MAGIC_BYTES + 2, PEER_NONCE_BYTES);
    return true;
}

bool peer_record_length(str bytes, size_t extra, size_t *out)
{
    *out = 0;
    if (bytes.n < PEER_RECORD_HEAD)
        return true;
    *out = (size_t)get(bytes.p, PEER_RECORD_HEAD);
    return *out >= extra + PEER_FRAME_HEAD && *out <= extra + PEER_RECORD_MAX;
}

void peer_record_head(size_t sealed, char out[PEER_RECORD_HEAD])
{
    put(out, sealed, PEER_RECORD_HEAD);
}

void peer_frame_write(buf *out, const peer_frame *f)
{
    CHECK(f->bytes.n <= PEERS_MESSAGE_MAX);
    char *head = buf_take(out, PEER_FRAME_HEAD);
    CHECK(head != NULL);
    head[0] = (char)f->kind;
    head[1] = (char)f->code;
    put(head + 2, 0, 2);
    put(head + 4, f->bytes.n, 4);
    put(head + 8, f->id, 8);
    buf_str(out, f->bytes);
}

bool peer_frame_next(str *rest, peer_frame *out)
{
    if (rest->n < PEER_FRAME_HEAD)
        return false;
    uint8_t kind = (uint8_t)rest->p[0];
    size_t n = (size_t)get(rest->p + 4, 4);
    if (kind < PEER_HELLO || kind > PEER_LEAVING || get(rest->p + 2, 2) != 0 ||
        n > rest->n - PEER_FRAME_HEAD)
        return false;
    *out = (peer_frame){.kind = (peer_kind)kind,
                        .code = (uint8_t)rest->p[1],
                        .id = get(rest->p + 8, 8),
                        .bytes = {rest->p + PEER_FRAME_HEAD, n}};
    *rest = (str){rest->p + PEER_FRAME_HEAD + n, rest->n - PEER_FRAME_HEAD - n};
    /* Only calls, answers and the hello carry bytes, only an answer a code. */
    bool carries = kind == PEER_CALL || kind == PEER_ANSWER || kind == PEER_HELLO;
    return (carries || n == 0) &&
           (kind == PEER_ANSWER ? peer_answer_is_known(out->code) : out->code == 0);
}

static bool cut_text(str *rest, str *out)
{
    if (rest->n == 0 || (uint8_t)rest->p[0] > rest->n - 1)
        return false;
    *out = (str){rest->p + 1, (uint8_t)rest->p[0]};
    *rest = (str){out->p + out->n, rest->n - 1 - out->n};
    return true;
}

void peer_hello_write(buf *out, const peer_hello *h)
{
    const str texts[] = {h->from, h->to, h->identity};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CHECK(texts[i].n <= UINT8_MAX);
        buf_char(out, (char)texts[i].n);
        buf_str(out, texts[i]);
    }
}

bool peer_hello_read(str bytes, peer_hello *out)
{
    return cut_text(&bytes, &out->from) && cut_text(&bytes, &out->to) &&
           cut_text(&bytes, &out->identity) && bytes.n == 0;
}

bool peer_answer_is_known(uint8_t code)
{
    return code == R_DONE || code == R_BUSY || code == R_UNAVAILABLE || code == R_UNKNOWN;
}

str peer_verdict_text(peer_verdict v)
{
    static const char *const texts[PEER_VERDICTS] = {
        [PEER_WELCOME] = "welcome",
        [PEER_REFUSED_PROTOCOL] = "it speaks another version of the protocol",
        [PEER_REFUSED_SECRET] = "the secrets differ",
        [PEER_REFUSED_IDENTITY] = "it is another version of the program, or has another database",
        [PEER_REFUSED_NAME] = "the lists of servers differ, or there are two of one name",
        [PEER_REFUSED_FULL] = "too many connections"};
    return str_of(texts[v]);
}
