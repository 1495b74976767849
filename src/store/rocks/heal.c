/* Opening and closing the database, and opening it again after the disk was full.
 *
 * RocksDB stops writing for good when a write finds no space, and its C interface has no way to
 * resume. So the database is closed and opened again, with nobody inside; a reserve file that is
 * deleted first makes room for that. Reads go on behind it, and commits once the reserve can be had
 * again. What a failed sync has left behind is never trusted: that ends the process. */
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "domain/table.gen.h"
#include "store/rocks/files.h"
#include "store/rocks/rocks.h"

static bool contains(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

result rocks_classify(char *error, buf *why)
{
    /* A sync that failed for want of space may have dropped what was written before: RocksDB's
     * message says "While fdatasync", "While fsync", "While sync_file_range". */
    bool space = contains(error, "No space left") || contains(error, "Disk quota exceeded");
    result r = space && !contains(error, "sync") ? R_STORAGE_FULL : R_IO;
    if (contains(error, "Corruption"))
        r = R_CORRUPT;
    if (why != NULL)
        buf_printf(why, "RocksDB: %s", error);
    rocksdb_free(error);
    return r;
}

typedef enum opening { OPEN_READ_ONLY, OPEN_FLUSHING, OPEN_QUICK } opening;

static result open_with(rocks *r, opening how, buf *why)
{
    char *error = NULL;
    bool read_only = how == OPEN_READ_ONLY, quick = how == OPEN_QUICK;
    const rocksdb_options_t *db = quick ? r->options.db_quick : r->options.db;
    const rocksdb_options_t *families[ROCKS_FAMILIES];
    for (size_t i = 0; i < ROCKS_FAMILIES; i++)
        families[i] = quick ? r->options.families_quick[i] : r->options.families[i];
    rocks_open *o = &r->open;
    *o = (rocks_open){0};
    if (read_only)
        o->db = rocksdb_open_for_read_only_column_families(
            db, r->path, ROCKS_FAMILIES, rocks_family_names, families, o->families, 0, &error);
    else
        o->db = rocksdb_open_column_families(db, r->path, ROCKS_FAMILIES, rocks_family_names,
                                             families, o->families, &error);
    if (error != NULL) {
        *o = (rocks_open){0};
        return rocks_classify(error, why);
    }
    atomic_fetch_add(&r->generation, 1);
    return R_DONE;
}

void rocks_close_db(rocks *r)
{
    if (r->open.db == NULL)
        return;
    for (size_t i = 0; i < ROCKS_FAMILIES; i++)
        rocksdb_column_family_handle_destroy(r->open.families[i]);
    rocksdb_close(r->open.db);
    r->open = (rocks_open){0};
}

/* Memory tables of the size that they have ordinarily: the large ones become flushable. */
static void shrink_memory(rocks *r)
{
    static const char *const names[] = {"write_buffer_size"};
    for (size_t i = 0; i < ROCKS_FAMILIES; i++) {
        char size[32];
        const char *values[] = {size};
        snprintf(size, sizeof(size), "%zu",
                 rocksdb_options_get_write_buffer_size(r->options.families[i]));
        char *error = NULL; /* of writing it down, which opening does again */
        rocksdb_set_options_cf(r->open.db, r->open.families[i], 1, names, values, &error);
        rocksdb_free(error);
    }
}

/* With the reserve's room, and no more than that: enough to open and to read. */
static result open_full(rocks *r, buf *why)
{
    files_reserve_drop(r->path);
    atomic_store(&r->full, true);
    result outcome = files_sync_logs(r->path);
    if (outcome == R_DONE)
        outcome = open_with(r, OPEN_QUICK, why);
    if (outcome == R_DONE)
        shrink_memory(r);
    if (outcome == R_DONE && files_reserve(r->path))
        atomic_store(&r->full, false);
    return outcome;
}

result rocks_open_db(rocks *r, const store_options *options, buf *why)
{
    if (options->read_only)
        return open_with(r, OPEN_READ_ONLY, why);
    bool room = files_reserve(r->path);
    files_reserve_drop(r->path);
    if (!room && !files_can_open(r->path)) {
        buf_printf(why, "there is no space left to open the store in %s", r->path);
        return R_STORAGE_FULL;
    }
    if (!room)
        return open_full(r, why);
    /* Ordinarily what the logs hold is written to tables and synced while opening: so nothing that
     * a failed sync has left in the page cache alone is believed. */
    result outcome = open_with(r, OPEN_FLUSHING, why);
    if (outcome == R_STORAGE_FULL) {
        buf_clear(why);
        return open_full(r, why);
    }
    atomic_store(&r->full, outcome == R_DONE && !files_reserve(r->path));
    return outcome;
}

result rocks_heal(rocks *r, uint64_t generation)
{
    result outcome = R_DONE;
    gate_close(&r->gate);
    if (atomic_load(&r->generation) == generation) {
        rocks_close_db(r);
        outcome = open_full(r, NULL);
    } else if (r->open.db == NULL) {
        outcome = R_IO;
    }
    gate_open(&r->gate);
    return outcome == R_DONE ? R_DONE : R_IO;
}

bool rocks_has_space(rocks *r)
{
    if (files_space_is_low(r->path))
        return false;
    if (!atomic_load(&r->full))
        return true;
    if (!files_reserve(r->path))
        return false;
    atomic_store(&r->full, false);
    return true;
}
