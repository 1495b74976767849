/* Page tokens: base64url of the bytes and a checksum that knows the list they belong to.
 *
 * The checksum finds mistakes (a token of another list, a cut one); it is no secret and guards
 * nothing: whatever a token says, a list shows only what its caller may see. */
#include "api/call.h"
#include "base/hash.h"

enum { CHECK_BYTES = 4, TOKEN_BYTES_MAX = 1400 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static uint32_t checksum(const api_call *c, str bytes)
{
    uint64_t owner = c->who.merchant;
    return hash32_check(http_path(c->x), bytes) ^ (uint32_t)(owner ^ owner >> 32);
}

static str encode(arena *memory, str bytes)
{
    char *out = arena_alloc(memory, bytes.n * 4 / 3 + 4);
    size_t n = 0;
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < bytes.n; i++) {
        bits = bits << 8 | (uint8_t)bytes.p[i];
        for (held += 8; held >= 6; held -= 6)
            out[n++] = alphabet[bits >> (held - 6) & 63];
    }
    if (held > 0)
        out[n++] = alphabet[bits << (6 - held) & 63];
    return (str){out, n};
}

static bool decode(arena *memory, str text, str *out)
{
    char *bytes = arena_alloc(memory, text.n + 1);
    size_t n = 0;
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *at = text.p[i] == '\0' ? NULL : strchr(alphabet, text.p[i]);
        if (at == NULL)
            return false;
        bits = bits << 6 | (uint32_t)(at - alphabet);
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes[n++] = (char)(bits >> held & 255);
        }
    }
    *out = (str){bytes, n};
    return true;
}

str call_token_write(api_call *c, str bytes)
{
    CHECK(bytes.n <= TOKEN_BYTES_MAX);
    char *all = arena_alloc(c->memory, CHECK_BYTES + bytes.n);
    uint32_t sum = checksum(c, bytes);
    memcpy(all, &sum, CHECK_BYTES);
    if (bytes.n > 0)
        memcpy(all + CHECK_BYTES, bytes.p, bytes.n);
    return encode(c->memory, (str){all, CHECK_BYTES + bytes.n});
}

bool call_token_read(api_call *c, str token, str *bytes)
{
    *bytes = S("");
    if (token.n == 0)
        return true;
    str all;
    uint32_t sum;
    if (decode(c->memory, token, &all) && all.n >= CHECK_BYTES) {
        str rest = {all.p + CHECK_BYTES, all.n - CHECK_BYTES};
        memcpy(&sum, all.p, CHECK_BYTES);
        if (sum == checksum(c, rest) && str_eq(token, encode(c->memory, all))) {
            *bytes = rest;
            return true;
        }
    }
    call_refuse(c, R_BAD_PAGE_TOKEN, S(""));
    return false;
}

str call_token_of_id(api_call *c, uint64_t id)
{
    return call_token_write(c, (str){(const char *)&id, sizeof id});
}

bool call_token_id(api_call *c, str token, uint64_t *id)
{
    str bytes;
    *id = 0;
    if (!call_token_read(c, token, &bytes))
        return false;
    if (bytes.n == sizeof *id)
        memcpy(id, bytes.p, sizeof *id);
    if (bytes.n == sizeof *id || bytes.n == 0)
        return true;
    call_refuse(c, R_BAD_PAGE_TOKEN, S(""));
    return false;
}
