/* The table of benefit kinds, and what kinds share. Holds no state. */
#include "domain/price/kind.h"

#include "domain/price/allocate.h"

#define KIND(number, NAME, name)                                                                   \
    extern const price_kind kind_##name;                                                           \
    _Static_assert((number) == BENEFIT_KIND_##NAME, "kind.def has the numbers of table.def");
#include "domain/price/kind.def"
#undef KIND

static const price_kind *const kinds[] = {
#define KIND(number, NAME, name) [number] = &kind_##name,
#include "domain/price/kind.def"
#undef KIND
};

const price_kind *kind_find(uint8_t number)
{
    return number < ARRAY_LEN(kinds) ? kinds[number] : NULL;
}

bool kind_reaches(const kind_base *base, int64_t threshold_minor, kind_offer *out)
{
    if (base->running_minor >= threshold_minor) {
        return true;
    }
    out->reason = S("below_threshold");
    out->missing_minor = threshold_minor - base->running_minor;
    return false;
}

void kind_offer_spread(const kind_base *base, int64_t discount_minor, kind_offer *out)
{
    if (discount_minor > base->running_minor) {
        discount_minor = base->running_minor;
    }
    if (discount_minor <= 0) {
        return;
    }
    int64_t weights[CART_LINES_MAX];
    for (size_t i = 0; i < base->n; i++) {
        weights[i] = base->lines[i].running_minor;
    }
    allocate(discount_minor, weights, base->n, out->parts);
    out->discount_minor = discount_minor;
}

void kind_check_amount(str field, int64_t amount_minor, int64_t min, issues *found)
{
    if (amount_minor < min || amount_minor > MONEY_MAX) {
        issues_add(found, field, S("out_of_range"), "an amount from %lld to %lld minor units",
                   (long long)min, (long long)MONEY_MAX);
    }
}
