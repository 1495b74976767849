/* Names of phones' holders: see holder.h. Stored, so they never change: the mark, each half of the
 * hash and the generation, the highest byte first. */
#include "domain/phone/holder.h"

static void put(char *at, uint64_t v, size_t n)
{
    for (size_t i = n; i > 0; i--, v >>= 8)
        at[i - 1] = (char)v;
}

static uint64_t get(const char *at, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | (unsigned char)at[i];
    return v;
}

str phone_holder(const phone_number *of, arena *memory)
{
    char *name = arena_alloc(memory, PHONE_HOLDER_BYTES);
    name[0] = (char)SLOT_NAME_MARK;
    put(name + 1, of->hash.hi, 8);
    put(name + 9, of->hash.lo, 8);
    put(name + SLOT_NAME_BYTES, of->generation, 4);
    return (str){name, PHONE_HOLDER_BYTES};
}

phone_number phone_of_holder(str name)
{
    CHECK(phone_is_holder(name));
    return (phone_number){.hash = {get(name.p + 1, 8), get(name.p + 9, 8)},
                          .generation = (uint32_t)get(name.p + SLOT_NAME_BYTES, 4)};
}
