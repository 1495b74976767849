/* The holder of what is for a phone number that has no account: a member of a slot as users are,
 * by a name that no caller can give, because it begins with a byte that is in no UTF-8 text.
 *
 * The name is SLOT_NAME_MARK, the 128 bits that stand for the number (subject_hash of
 * app/reserve.h, the same by which limits by phone know it), and a generation; so the number itself
 * is in no row. A number has one slot: slot_of_user reads only what all its generations share.
 *
 * Whoever shows a name looks first whether it is one of these (phone_is_holder). */
#ifndef QUAN_DOMAIN_PHONE_HOLDER_H
#define QUAN_DOMAIN_PHONE_HOLDER_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/id.h"

enum { PHONE_HOLDER_BYTES = SLOT_NAME_BYTES + sizeof(uint32_t) };

typedef struct phone_number {
    hash128 hash;
    uint32_t generation; /* how often the number has been bound */
} phone_number;

static inline bool phone_is_holder(str name)
{
    return name.n == PHONE_HOLDER_BYTES && (unsigned char)name.p[0] == SLOT_NAME_MARK;
}

str phone_holder(const phone_number *of, arena *memory);
/* Of a name that is one. */
phone_number phone_of_holder(str name);
/* What idempotency keys are scoped to: of a holder's name the part that all generations share; of
 * any other all of it. */
static inline str phone_subject(str name)
{
    return phone_is_holder(name) ? (str){name.p, SLOT_NAME_BYTES} : name;
}

#endif
