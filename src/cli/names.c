/* See names.h. Open addressing over the texts' hashes, at most half full. */
#include "cli/names.h"

#include "base/hash.h"

struct names {
    arena *memory;
    uint32_t n, capacity, slots; /* slots is a power of two, at least 2 * capacity */
    str *texts;
    uint32_t *table; /* number + 1; 0 is free */
};

static uint32_t *place(const names *n, str text)
{
    uint32_t i = (uint32_t)hash64(text, 0) & (n->slots - 1);
    while (n->table[i] != 0 && !str_eq(n->texts[n->table[i] - 1], text)) {
        i = (i + 1) & (n->slots - 1);
    }
    return &n->table[i];
}

static void grow(names *n, uint32_t capacity)
{
    str *texts = ARENA_ARRAY(n->memory, str, capacity);
    if (n->n > 0) {
        memcpy(texts, n->texts, n->n * sizeof *texts);
    }
    n->texts = texts;
    n->capacity = capacity;
    n->slots = capacity * 2;
    n->table = ARENA_ARRAY(n->memory, uint32_t, n->slots);
    for (uint32_t i = 0; i < n->n; i++) {
        *place(n, n->texts[i]) = i + 1;
    }
}

names *names_new(arena *memory)
{
    names *n = ARENA_NEW(memory, names);
    n->memory = memory;
    grow(n, 1024);
    return n;
}

uint32_t names_put(names *n, str text)
{
    uint32_t *at = place(n, text);
    if (*at != 0) {
        return *at - 1;
    }
    if (n->n == n->capacity) {
        CHECK(n->capacity < UINT32_C(1) << 30);
        grow(n, n->capacity * 2);
        at = place(n, text);
    }
    n->texts[n->n++] = arena_str(n->memory, text);
    *at = n->n;
    return n->n - 1;
}

uint32_t names_find(const names *n, str text)
{
    uint32_t at = *place(n, text);
    return at == 0 ? NAMES_NONE : at - 1;
}

uint32_t names_count(const names *n)
{
    return n->n;
}

str names_text(const names *n, uint32_t number)
{
    CHECK(number < n->n);
    return n->texts[number];
}
