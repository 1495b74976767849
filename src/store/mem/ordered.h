/* An ordered map of bytes with versions: what the mem engine stores in.
 *
 * A skip list whose towers are drawn from a hash of the key, so the same keys give the same list.
 * Each key has its values newest first, each with the number of the commit that wrote it; older
 * ones are kept while a snapshot may need them. Owns copies of keys and values. Not thread-safe. */
#ifndef QUAN_STORE_MEM_ORDERED_H
#define QUAN_STORE_MEM_ORDERED_H

#include "base/str.h"

typedef struct ordered ordered;
typedef struct ordered_node ordered_node;

ordered *ordered_new(void);
void ordered_free(ordered *o);
/* Writes value (NULL: deletes) as of commit `at`; versions that no snapshot from oldest on can see
 * are dropped. */
void ordered_put(ordered *o, str key, const str *value, uint64_t at, uint64_t oldest);
/* As of commit `at`; false when absent. */
bool ordered_get(const ordered *o, str key, uint64_t at, str *value);
/* The first node whose key is >= key; the next one; NULL at the end. Nodes may be absent at `at`.
 */
const ordered_node *ordered_seek(const ordered *o, str key);
const ordered_node *ordered_next(const ordered_node *n);
str ordered_key(const ordered_node *n);
bool ordered_value(const ordered_node *n, uint64_t at, str *value);

#endif
