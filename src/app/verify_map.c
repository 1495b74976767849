/* See verify_map.h. Items lie one after another in one block (values, length, key bytes); the table
 * holds their places and part of their hashes, so that most misses touch no item. */
#include "app/verify_map.h"

#include <stdlib.h>

#include "base/hash.h"

enum { TABLE_FIRST = 64, KEY_BYTES_MAX = 512 };

typedef struct place {
    uint64_t hash; /* 0: free */
    size_t at;     /* of the item in bytes */
} place;

struct verify_map {
    size_t values;
    place *table; /* capacity a power of two; freed with the map */
    size_t capacity, n;
    char *bytes; /* freed with the map */
    size_t used, room;
    size_t *order; /* freed with the map */
    size_t order_room;
};

static size_t item_size(const verify_map *m, size_t key_bytes)
{
    size_t n = m->values * sizeof(int64_t) + sizeof(uint64_t) + key_bytes;
    return (n + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
}

static str item_key(const verify_map *m, size_t at)
{
    const char *p = m->bytes + at + m->values * sizeof(int64_t);
    uint64_t n;
    memcpy(&n, p, sizeof(n));
    return (str){p + sizeof(n), (size_t)n};
}

static void *grown(void *block, size_t *room, size_t item, size_t needed)
{
    if (needed <= *room)
        return block;
    while (*room < needed)
        *room = *room == 0 ? 1024 : *room * 2;
    block = realloc(block, *room * item); /* freed with the map */
    CHECK(block != NULL);
    return block;
}

verify_map *verify_map_new(size_t values)
{
    verify_map *m = calloc(1, sizeof(*m)); /* freed by verify_map_free */
    CHECK(m != NULL);
    m->values = values;
    m->capacity = TABLE_FIRST;
    m->table = calloc(m->capacity, sizeof(*m->table)); /* freed with the map */
    CHECK(m->table != NULL);
    return m;
}

void verify_map_free(verify_map *m)
{
    if (m == NULL)
        return;
    free(m->table);
    free(m->bytes);
    free(m->order);
    free(m);
}

void verify_map_clear(verify_map *m)
{
    memset(m->table, 0, m->capacity * sizeof(*m->table));
    m->n = 0;
    m->used = 0;
}

size_t verify_map_count(const verify_map *m)
{
    return m->n;
}

static place *place_of(verify_map *m, str key, uint64_t hash)
{
    size_t i = (size_t)hash & (m->capacity - 1);
    while (m->table[i].hash != 0 &&
           (m->table[i].hash != hash || !str_eq(item_key(m, m->table[i].at), key)))
        i = (i + 1) & (m->capacity - 1);
    return &m->table[i];
}

static uint64_t hash_of(str key)
{
    uint64_t hash = hash64(key, 0);
    return hash == 0 ? 1 : hash;
}

static void rehash(verify_map *m)
{
    place *old = m->table;
    size_t n = m->capacity;
    m->capacity *= 2;
    m->table = calloc(m->capacity, sizeof(*m->table)); /* freed with the map */
    CHECK(m->table != NULL);
    for (size_t i = 0; i < n; i++) {
        if (old[i].hash == 0)
            continue;
        size_t to = (size_t)old[i].hash & (m->capacity - 1);
        while (m->table[to].hash != 0)
            to = (to + 1) & (m->capacity - 1);
        m->table[to] = old[i];
    }
    free(old);
}

int64_t *verify_map_at(verify_map *m, str key)
{
    CHECK(key.n <= KEY_BYTES_MAX);
    uint64_t hash = hash_of(key);
    place *p = place_of(m, key, hash);
    if (p->hash == 0) {
        if (m->n * 2 >= m->capacity) {
            rehash(m);
            p = place_of(m, key, hash);
        }
        size_t size = item_size(m, key.n);
        m->bytes = grown(m->bytes, &m->room, 1, m->used + size);
        m->order = grown(m->order, &m->order_room, sizeof(*m->order), m->n + 1);
        char *at = m->bytes + m->used;
        memset(at, 0, size);
        uint64_t n = key.n;
        memcpy(at + m->values * sizeof(int64_t), &n, sizeof(n));
        if (key.n > 0)
            memcpy(at + m->values * sizeof(int64_t) + sizeof(n), key.p, key.n);
        *p = (place){hash, m->used};
        m->order[m->n++] = m->used;
        m->used += size;
    }
    return (int64_t *)(void *)(m->bytes + p->at);
}

int64_t *verify_map_find(verify_map *m, str key)
{
    const place *p = place_of(m, key, hash_of(key));
    return p->hash == 0 ? NULL : (int64_t *)(void *)(m->bytes + p->at);
}

int64_t *verify_map_item(verify_map *m, size_t i, str *key)
{
    CHECK(i < m->n);
    *key = item_key(m, m->order[i]);
    return (int64_t *)(void *)(m->bytes + m->order[i]);
}
