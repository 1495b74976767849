/* Sets of texts as open-addressing hash tables: a probe whatever the size. Private to domain/rule.
 *
 * The memory is the caller's: slots and one pool of text, which several sets share. */
#ifndef QUAN_DOMAIN_RULE_SET_H
#define QUAN_DOMAIN_RULE_SET_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

typedef struct rule_slot {
    uint32_t tag; /* of the hash: spares comparing text */
    uint32_t at;  /* in the pool */
    uint16_t length;
    uint16_t nth; /* 1, 2 … in the order in which they came; 0: the slot is free */
} rule_slot;

typedef struct rule_set {
    rule_slot *slots; /* mask + 1 of them, zeroed before the first text; at most half are taken */
    uint32_t mask;
    const char *pool;
} rule_set;

/* A power of two, for n texts. */
uint32_t rule_set_slots(size_t n);
/* The text is in the pool at `at` already, at most 65,535 bytes. False: it is there already. */
bool rule_set_add(rule_set *s, uint32_t at, uint16_t length, uint16_t nth);
/* Its place, from 1; 0: it is not there. The empty text never is. */
uint16_t rule_set_find(const rule_set *s, str text);

#endif
