/* Scopes as open-addressing hash sets: slots first, then the text of the items.
 *
 * Invariants: at most half of the slots are taken, so a probe ends; an item is stored once.
 * Equality is of bytes. Category trees and other dimensions are not known here. */
#include "domain/price/scope.h"

#include "base/hash.h"

static uint64_t scope_hash(uint8_t dimension, str value)
{
    return hash64(value, dimension);
}

static size_t scope_slots(const template_version *version)
{
    size_t slots = 4;
    while (slots < version->items.n * 2) {
        slots *= 2;
    }
    return slots;
}

size_t scope_size(const template_version *version)
{
    if (version->scope == SCOPE_MODE_ALL) {
        return 0;
    }
    size_t text = 0;
    for (size_t i = 0; i < version->items.n; i++) {
        text += version->items.items[i].value.n;
    }
    CHECK(text <= UINT32_MAX);
    return scope_slots(version) * sizeof(scope_slot) + text;
}

static str slot_text(const scope *s, const scope_slot *slot)
{
    return (str){s->text + slot->at, slot->length};
}

/* Where the item is, or the free slot where it belongs. */
static uint32_t scope_probe(const scope *s, uint8_t dimension, str value)
{
    uint64_t hash = scope_hash(dimension, value);
    uint32_t tag = (uint32_t)(hash >> 32);
    uint32_t at = (uint32_t)hash & s->mask;
    for (;; at = (at + 1) & s->mask) {
        const scope_slot *slot = &s->slots[at];
        if (slot->dimension == 0 || (slot->tag == tag && slot->dimension == dimension &&
                                     str_eq(slot_text(s, slot), value))) {
            return at;
        }
    }
}

void scope_build(const template_version *version, void *memory, scope *out)
{
    *out = (scope){.mode = version->scope};
    if (version->scope == SCOPE_MODE_ALL) {
        return;
    }
    CHECK(version->items.n <= UINT32_MAX / 4);
    size_t slot_count = scope_slots(version);
    scope_slot *slots = memory;
    char *text = (char *)(slots + slot_count);
    uint32_t used = 0;
    out->mask = (uint32_t)(slot_count - 1);
    out->slots = slots;
    out->text = text;
    for (size_t i = 0; i < version->items.n; i++) {
        const scope_item *item = &version->items.items[i];
        uint32_t at = scope_probe(out, item->dimension, item->value);
        if (slots[at].dimension != 0 || item->dimension == 0 || item->value.n == 0) {
            continue; /* there already, or covers nothing */
        }
        memcpy(text + used, item->value.p, item->value.n);
        slots[at] = (scope_slot){
            .tag = (uint32_t)(scope_hash(item->dimension, item->value) >> 32),
            .at = used,
            .length = (uint32_t)item->value.n,
            .dimension = item->dimension,
        };
        used += (uint32_t)item->value.n;
    }
}

static bool scope_has(const scope *s, uint8_t dimension, str value)
{
    return value.n > 0 && s->slots[scope_probe(s, dimension, value)].dimension != 0;
}

bool scope_covers(const scope *s, str sku, str category)
{
    if (s->mode == SCOPE_MODE_ALL) {
        return true;
    }
    bool listed =
        scope_has(s, SCOPE_DIMENSION_SKU, sku) || scope_has(s, SCOPE_DIMENSION_CATEGORY, category);
    return listed == (s->mode == SCOPE_MODE_ONLY);
}
