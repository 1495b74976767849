/* The lines that a coupon is good for: all, a white list or a black list of skus and categories.
 *
 * A list is compiled into one hash set over both dimensions, so asking costs two probes whatever
 * its length. The memory is the caller's. Private to domain/price. */
#ifndef QUAN_DOMAIN_PRICE_SCOPE_H
#define QUAN_DOMAIN_PRICE_SCOPE_H

#include "domain/table.gen.h"

typedef struct scope_slot {
    uint32_t tag; /* of the hash: spares comparing text */
    uint32_t at;  /* in text */
    uint32_t length;
    uint8_t dimension; /* 0: the slot is free */
} scope_slot;

typedef struct scope {
    uint8_t mode;
    uint32_t mask; /* slots - 1; the slots are a power of two, at most half full */
    const scope_slot *slots;
    const char *text;
} scope;

/* Bytes that scope_build needs; 0 for all. */
size_t scope_size(const template_version *version);
/* memory is zeroed and aligned for scope_slot; keeps no pointer into version. */
void scope_build(const template_version *version, void *memory, scope *out);
bool scope_covers(const scope *s, str sku, str category);

#endif
