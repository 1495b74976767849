/* Drops idempotency records whose time is over, while RocksDB compacts.
 *
 * Acts treat a record that is older than STORE_ANSWER_KEEP_MS as absent, by the act time of their
 * lane, which never goes back. The filter uses the act time of a batch of that lane that is already
 * committed, so it drops only what every act to come would not look at: nobody can tell whether it
 * has run. A record that it cannot read it keeps. */
#include <stdlib.h>

#include "base/time.h"
#include "domain/table.gen.h"
#include "store/rocks/rocks.h"
#include "store/unit.h"

/* Filters run on RocksDB's threads. Its own locks order them behind the making of the factory and
 * before the end of closing; this count and rocks.filters say so to checkers as well, which
 * do not see into the library. */
static _Atomic unsigned factories;

typedef struct keep {
    rocks *rocks;
    arena *memory; /* of one compaction, which is one thread */
} keep;

static void keep_destroy(void *state)
{
    keep *k = state;
    rocks *r = k->rocks;
    arena_free(k->memory);
    free(k);
    atomic_fetch_sub(&r->filters, 1);
}

static const char *keep_name(void *state)
{
    (void)state;
    return "quan.keep";
}

/* RocksDB's signature. */
static unsigned char is_over(void *state, int level, const char *key, size_t key_n,
                             const char *value, size_t value_n, char **new_value,
                             size_t *new_value_n, unsigned char *changed)
{
    (void)level;
    (void)new_value;
    (void)new_value_n;
    *changed = 0;
    keep *k = state;
    const slot_map *map = k->rocks->kv.engine.map;
    if (key_n == 0 || (uint8_t)key[0] != idempotency_table.number || map == NULL)
        return 0;
    arena_reset(k->memory);
    idempotency row = {0};
    str k_bytes = {key, key_n}, v_bytes = {value, value_n};
    if (row_decode_key(&idempotency_table, k_bytes, k->memory, &row) != R_DONE ||
        row_decode_value(&idempotency_table, k_bytes, v_bytes, k->memory, &row) != R_DONE)
        return 0;
    int64_t now = atomic_load(&k->rocks->act_time_ms[slot_map_lane(map, row.slot)]);
    return now - row.at_ms >= STORE_ANSWER_KEEP_MS;
}

static rocksdb_compactionfilter_t *keep_new(void *state, rocksdb_compactionfiltercontext_t *context)
{
    (void)context;
    (void)atomic_load(&factories);
    keep *k = malloc(sizeof(*k)); /* freed by keep_destroy */
    CHECK(k != NULL);
    *k = (keep){.rocks = state, .memory = arena_new(0)};
    atomic_fetch_add(&k->rocks->filters, 1);
    return rocksdb_compactionfilter_create(k, keep_destroy, is_over, keep_name);
}

static void factory_destroy(void *state)
{
    (void)state;
}

rocksdb_compactionfilterfactory_t *rocks_keep_filter(rocks *r)
{
    atomic_fetch_add(&factories, 1);
    return rocksdb_compactionfilterfactory_create(r, factory_destroy, keep_new, keep_name);
}
