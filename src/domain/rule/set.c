/* Open addressing with steps of one.
 *
 * Invariants: at most half of the slots are taken, so a probe ends; a text is stored once. Equality
 * is of bytes. */
#include "domain/rule/set.h"

#include "base/hash.h"

enum { SLOTS_MIN = 4 };

uint32_t rule_set_slots(size_t n)
{
    uint32_t slots = SLOTS_MIN;
    CHECK(n <= UINT16_MAX);
    while (slots < n * 2) {
        slots *= 2;
    }
    return slots;
}

/* Where the text is, or the free slot where it belongs. */
static rule_slot *probe(const rule_set *s, str text, uint32_t *tag)
{
    uint64_t hash = hash64(text, 0);
    uint32_t at = (uint32_t)hash & s->mask;
    *tag = (uint32_t)(hash >> 32);
    for (;; at = (at + 1) & s->mask) {
        rule_slot *slot = &s->slots[at];
        if (slot->nth == 0 || (slot->tag == *tag && slot->length == text.n &&
                               memcmp(s->pool + slot->at, text.p, text.n) == 0)) {
            return slot;
        }
    }
}

bool rule_set_add(rule_set *s, uint32_t at, uint16_t length, uint16_t nth)
{
    uint32_t tag;
    CHECK(length > 0 && nth > 0);
    rule_slot *slot = probe(s, (str){s->pool + at, length}, &tag);
    if (slot->nth != 0) {
        return false;
    }
    *slot = (rule_slot){.tag = tag, .at = at, .length = length, .nth = nth};
    return true;
}

uint16_t rule_set_find(const rule_set *s, str text)
{
    uint32_t tag;
    return text.n == 0 ? 0 : probe(s, text, &tag)->nth;
}
