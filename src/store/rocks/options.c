/* How RocksDB is set up. bench/micro/store_bench.c measures it.
 *
 * Small memtables that are merged before they are flushed: with large ones a flush stalled commits
 * for seconds. The point family is a hash table in memory, which cannot be read in order; so it has
 * no scans, and its inserts come from one thread, the leader of a commit group. */
#include <stdlib.h>

#include "store/rocks/rocks.h"

enum {
    CACHE_BYTES = 256 * 1024 * 1024,
    BLOOM_BITS = 10,
    BLOCK_BYTES = 4096,
    FORMAT_VERSION = 5,
};

const char *const rocks_family_names[ROCKS_FAMILIES] = {
    [KV_POINT] = "point", [KV_RANGE] = "range", [KV_LOG] = "log", [KV_SPACES] = "default"};

/* Text, as RocksDB's own OPTIONS files have it. A log whose tail is torn is a crash; damage
 * anywhere before the tail must not pass for one: it would silently drop what was acknowledged.
 * After an error RocksDB must not resume by itself: what to do is for heal.c to say.
 * RocksDB's own text log is cut down to its head: Debian builds the library with assertions, and
 * one line more after a line that found no space on the disk would end the process. */
static const char db_text[] =
    "create_if_missing=true;create_missing_column_families=true;"
    "paranoid_checks=true;wal_recovery_mode=kTolerateCorruptedTailRecords;"
    "allow_concurrent_memtable_write=false;max_total_wal_size=134217728;"
    "max_bgerror_resume_count=0;max_background_jobs=4;bytes_per_sync=1048576;"
    "skip_stats_update_on_db_open=true;stats_dump_period_sec=0;"
    "info_log_level=HEADER_LEVEL;keep_log_file_num=4;max_log_file_size=4194304";
/* Opening with next to no room: whatever the logs hold goes into memory, in tables so large that
 * none is flushed half-way. heal.c sets their size back when the database is open. */
static const char quick_text[] = "avoid_flush_during_recovery=true";
static const char quick_family_text[] = "write_buffer_size=4294967296";

/* Level 0 is let grow to half a gigabyte before it is merged: each merge rewrites the level below,
 * and what looks into its files asks their filters first. */
#define COMMON                                                                                     \
    "level_compaction_dynamic_level_bytes=true;target_file_size_base=33554432;"                    \
    "max_bytes_for_level_base=268435456;level0_file_num_compaction_trigger=16;"                    \
    "level0_slowdown_writes_trigger=40;level0_stop_writes_trigger=64;"                             \
    "compression_per_level=kNoCompression:kNoCompression:kLZ4Compression:kLZ4Compression:"         \
    "kLZ4Compression:kLZ4Compression:kLZ4Compression;bottommost_compression=kZSTD;"
static const char *const family_texts[ROCKS_FAMILIES] = {
    /* 64 K buckets, not counted whenever all are gone through: that cost 30 ms a walk. */
    [KV_POINT] =
        COMMON "write_buffer_size=8388608;max_write_buffer_number=12;"
               "min_write_buffer_number_to_merge=4;"
               "memtable_factory={id=hash_linkedlist;bucket_count=65536;log_when_flash=false};"
               "memtable_prefix_bloom_size_ratio=0.1;memtable_whole_key_filtering=false",
    /* Still smaller: inserting into a skip list that fits the processor's cache costs half. */
    [KV_RANGE] = COMMON "write_buffer_size=2097152;max_write_buffer_number=40;"
                        "min_write_buffer_number_to_merge=8;"
                        "memtable_prefix_bloom_size_ratio=0.1;memtable_whole_key_filtering=true",
    /* Small, because the oldest unflushed row decides how much log a restart reads. */
    [KV_LOG] = COMMON "write_buffer_size=4194304;max_write_buffer_number=6",
    [KV_SPACES] = "write_buffer_size=65536",
};

/* base with the options of text; takes base over. */
static rocksdb_options_t *with_text(rocksdb_options_t *base, const char *text)
{
    rocksdb_options_t *o = rocksdb_options_create();
    char *error = NULL;
    rocksdb_get_options_from_string(base, text, o, &error);
    CHECK(error == NULL); /* the texts are constants */
    rocksdb_options_destroy(base);
    return o;
}

static rocksdb_options_t *family(rocks *r, kv_space space)
{
    rocksdb_options_t *o = with_text(rocksdb_options_create(), family_texts[space]);
    rocksdb_block_based_table_options_t *b = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(b, r->options.cache);
    rocksdb_block_based_options_set_block_size(b, BLOCK_BYTES);
    rocksdb_block_based_options_set_format_version(b, FORMAT_VERSION);
    if (space == KV_POINT || space == KV_RANGE)
        rocksdb_block_based_options_set_filter_policy(
            b, rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS));
    if (space == KV_POINT) {
        rocksdb_block_based_options_set_data_block_index_type(
            b, rocksdb_block_based_table_data_block_index_type_binary_search_and_hash);
        rocksdb_options_set_prefix_extractor(o, rocksdb_slicetransform_create_noop());
        rocksdb_options_set_compaction_filter_factory(o, rocks_keep_filter(r));
    }
    if (space == KV_RANGE)
        rocksdb_options_set_prefix_extractor(
            o, rocksdb_slicetransform_create_fixed_prefix(ROCKS_RANGE_PREFIX));
    rocksdb_options_set_block_based_table_factory(o, b);
    rocksdb_block_based_options_destroy(b);
    return o;
}

void rocks_options_init(rocks *r, const store_options *options)
{
    rocks_options *o = &r->options;
    o->cache =
        rocksdb_cache_create_lru(options->cache_bytes != 0 ? options->cache_bytes : CACHE_BYTES);
    o->db = with_text(rocksdb_options_create(), db_text);
    o->db_quick = with_text(with_text(rocksdb_options_create(), db_text), quick_text);
    for (size_t i = 0; i < ROCKS_FAMILIES; i++) {
        o->families[i] = family(r, (kv_space)i);
        o->families_quick[i] = with_text(family(r, (kv_space)i), quick_family_text);
    }
    o->read = rocksdb_readoptions_create();
    o->write = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(o->write, !options->unsynced);
}

void rocks_options_free(rocks_options *o)
{
    rocksdb_writeoptions_destroy(o->write);
    rocksdb_readoptions_destroy(o->read);
    for (size_t i = 0; i < ROCKS_FAMILIES; i++) {
        rocksdb_options_destroy(o->families_quick[i]);
        rocksdb_options_destroy(o->families[i]);
    }
    rocksdb_options_destroy(o->db_quick);
    rocksdb_options_destroy(o->db);
    rocksdb_cache_destroy(o->cache);
}
