/* A persistent ordered map from (owner, id) to shared objects: the index of a snapshot.
 *
 * A B+ tree whose nodes and objects are counted. Maps that were copied share all nodes; putting
 * into one copies the path to the entry, never what another map sees. Entries are replaced, not
 * deleted. Reading takes no count. Private to domain/campaign/config*.c. */
#ifndef QUAN_DOMAIN_CAMPAIGN_CONFIG_MAP_H
#define QUAN_DOMAIN_CAMPAIGN_CONFIG_MAP_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* The head of everything that is shared. Begins with one reference, its maker's. */
typedef struct config_object {
    atomic_uint references;
    void (*drop)(struct config_object *o); /* frees it, when the last reference is gone */
} config_object;

void config_object_init(config_object *o, void (*drop)(config_object *o));
void config_object_take(config_object *o);
void config_object_drop(config_object *o);

typedef struct config_key {
    uint64_t owner, id; /* ordered by owner, then id */
} config_key;

typedef struct config_map {
    struct config_node *root; /* NULL: empty */
} config_map;

config_map config_map_copy(const config_map *m); /* shares everything */
void config_map_free(config_map *m);
/* Takes a reference of its own; the object that was there before loses one. */
void config_map_put(config_map *m, config_key key, config_object *value);
const config_object *config_map_find(const config_map *m, config_key key); /* NULL: none */

/* Calls put(out, 0 … n - 1, object) for the owner's entries behind after.id, ascending, at most
 * limit; returns n. */
typedef void config_map_visit(void *out, size_t i, const config_object *o);
size_t config_map_scan(const config_map *m, config_key after, size_t limit, config_map_visit *put,
                       void *out);

#endif
