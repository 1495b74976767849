/* Which slots codes of an import may be in: a bit for each, so that whoever takes the codes out
 * again looks nowhere else. The empty text stands for every slot: of imports from before this was
 * noted. Stored: never changes. */
#ifndef QUAN_DOMAIN_CODE_SLOT_BITS_H
#define QUAN_DOMAIN_CODE_SLOT_BITS_H

#include "base/arena.h"
#include "base/id.h"

enum { SLOT_BITS_BYTES = SLOT_COUNT / 8 };

static inline bool bits_have(str bits, size_t at)
{
    return bits.n == 0 || ((uint8_t)bits.p[at / 8] >> at % 8 & 1) != 0;
}
static inline void bits_add(char *bits, size_t at)
{
    bits[at / 8] = (char)((uint8_t)bits[at / 8] | 1U << at % 8);
}
/* Of none of the slots. */
static inline char *slot_bits_new(arena *memory)
{
    return arena_alloc(memory, SLOT_BITS_BYTES);
}
/* Of slots that are in one of two. */
static inline str slot_bits_join(arena *memory, str a, str b)
{
    if (a.n == 0 || b.n == 0)
        return (str){NULL, 0};
    char *both = slot_bits_new(memory);
    for (size_t i = 0; i < SLOT_BITS_BYTES; i++)
        both[i] = (char)(a.p[i] | b.p[i]);
    return (str){both, SLOT_BITS_BYTES};
}

#endif
