/* Counters by key: a hash map from bytes to a fixed number of int64, zero at first. For verify:
 * millions of keys, added to and walked, never taken from. Not thread-safe. */
#ifndef QUAN_APP_VERIFY_MAP_H
#define QUAN_APP_VERIFY_MAP_H

#include "base/str.h"

typedef struct verify_map verify_map;

verify_map *verify_map_new(size_t values); /* of each key */
void verify_map_free(verify_map *m);       /* NULL is allowed */
void verify_map_clear(verify_map *m);
size_t verify_map_count(const verify_map *m);
/* The values of the key, made when there are none. Valid until the next call. */
int64_t *verify_map_at(verify_map *m, str key);
int64_t *verify_map_find(verify_map *m, str key); /* NULL when none */
/* The i-th key in the order of making. */
int64_t *verify_map_item(verify_map *m, size_t i, str *key);

#endif
