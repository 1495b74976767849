/* Page tokens: base64url of the bytes and a checksum that knows the list they belong to. Positions
 * are written in the same way, and belong to the store.
 *
 * The checksum finds mistakes (a token of another list, a cut one); it is no secret and guards
 * nothing: whatever a token says, a list shows only what its caller may see. */
#include "api/call.h"
#include "base/hash.h"
#include "domain/row.h"

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

static str seal(arena *memory, uint32_t sum, str bytes)
{
    CHECK(bytes.n <= TOKEN_BYTES_MAX);
    char *all = arena_alloc(memory, CHECK_BYTES + bytes.n);
    memcpy(all, &sum, CHECK_BYTES);
    if (bytes.n > 0)
        memcpy(all + CHECK_BYTES, bytes.p, bytes.n);
    return encode(memory, (str){all, CHECK_BYTES + bytes.n});
}

/* False: it is nothing that seal has made. */
static bool unseal(arena *memory, str token, uint32_t *sum, str *bytes)
{
    str all;
    if (!decode(memory, token, &all) || all.n < CHECK_BYTES || !str_eq(token, encode(memory, all)))
        return false;
    memcpy(sum, all.p, CHECK_BYTES);
    *bytes = (str){all.p + CHECK_BYTES, all.n - CHECK_BYTES};
    return true;
}

str call_token_write(api_call *c, str bytes)
{
    return seal(c->memory, checksum(c, bytes), bytes);
}

bool call_token_read(api_call *c, str token, str *bytes)
{
    uint32_t sum;
    *bytes = S("");
    if (token.n == 0)
        return true;
    if (unseal(c->memory, token, &sum, bytes) && sum == checksum(c, *bytes))
        return true;
    call_refuse(c, R_BAD_PAGE_TOKEN, S(""));
    return false;
}

static uint32_t position_sum(str bytes)
{
    return hash32_check(S("Quan-Position"), bytes);
}

str call_position(api_call *c)
{
    store_position here;
    store_position_here(app_store(c->app), c->memory, &here);
    if (here.places.n == 0)
        return S("");
    str bytes = record_bytes(&store_position_record, &here, c->memory);
    return seal(c->memory, position_sum(bytes), bytes);
}

bool call_position_read(arena *memory, str text, store_position *out)
{
    uint32_t sum;
    str bytes;
    if (!unseal(memory, text, &sum, &bytes) || sum != position_sum(bytes) ||
        record_decode(&store_position_record, bytes, memory, out) != R_DONE)
        return false;
    bool good = out->places.n > 0;
    for (size_t i = 0; i < out->places.n; i++) {
        const shard_place *at = &out->places.items[i];
        good = good && at->shard < STORE_SHARDS_MAX && at->timeline >= 0 && at->at > 0 &&
               (i == 0 || at->shard > at[-1].shard);
    }
    return good;
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
