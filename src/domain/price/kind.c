/* The table of benefit kinds, and what kinds share. Holds no state. */
#include "domain/price/kind.h"

#define PARAM(KIND, place, NAME, name, TYPE, need, initial, min, max, text)
#define FIELD(KIND, place, NAME, name, TYPE, need, initial, min, max, text)
#define CHOICE(KIND, place, number, NAME, name, text)
#define KIND(number, NAME, name, text)                                                             \
    extern const price_kind kind_##name;                                                           \
    _Static_assert((number) == BENEFIT_KIND_##NAME, "kind.def has the numbers of table.def");
#include "domain/price/kind.def"
#undef KIND

/* What all kinds have is no kind. */
const price_kind kind_common = {.targets = KIND_ELIGIBLE};

static const price_kind *const kinds[] = {
#define KIND(number, NAME, name, text) [number] = &kind_##name,
#include "domain/price/kind.def"
#undef KIND
};

const price_kind *kind_find(uint8_t number)
{
    return number != BENEFIT_KIND_COMMON && number < ARRAY_LEN(kinds) ? kinds[number] : NULL;
}

int64_t kind_at_most(int64_t value, int64_t most)
{
    return most > 0 && value > most ? most : value;
}

int64_t kind_times(int64_t a, int64_t b)
{
    __int128 product = (__int128)a * b;
    return product > FINE_MAX ? FINE_MAX : (int64_t)product;
}

int64_t kind_units_minor(const kind_line *line, int64_t units)
{
    if (units >= line->units) {
        return line->price_minor;
    }
    __int128 share = (__int128)line->price_minor * units;
    return (int64_t)((2 * share + line->units) / (2 * (__int128)line->units));
}

/* ---- the order of units ---- */

static bool goes_before(const kind_line *lines, int64_t word, uint16_t a, uint16_t b)
{
    __int128 x = (__int128)lines[a].price_minor * lines[b].units;
    __int128 y = (__int128)lines[b].price_minor * lines[a].units;
    if (word == WORD_COMMON_CART_ORDER || x == y) {
        return a < b;
    }
    return word == WORD_COMMON_CHEAPEST ? x < y : x > y;
}

/* Merges sorted runs until one is left: at most n log n comparisons, no memory but its own. */
void kind_order(const kind_base *base, int64_t word, uint16_t *order)
{
    uint16_t other[CART_LINES_MAX];
    for (size_t i = 0; i < base->n; i++) {
        order[i] = (uint16_t)i;
    }
    for (size_t run = 1; run < base->n && word != WORD_COMMON_CART_ORDER; run *= 2) {
        for (size_t from = 0; from < base->n; from += 2 * run) {
            size_t middle = from + run < base->n ? from + run : base->n;
            size_t until = middle + run < base->n ? middle + run : base->n;
            size_t a = from, b = middle;
            for (size_t i = from; i < until; i++) {
                bool first = b == until ||
                             (a < middle && goes_before(base->lines, word, order[a], order[b]));
                other[i] = order[first ? a++ : b++];
            }
        }
        memcpy(order, other, base->n * sizeof(*order));
    }
}

/* ---- offers ---- */

void kind_offer_units(const kind_base *base, int64_t word, int64_t units, kind_offer *out)
{
    uint16_t order[CART_LINES_MAX];
    kind_order(base, word, order);
    for (size_t i = 0; i < base->n; i++) {
        const kind_line *line = &base->lines[order[i]];
        int64_t taken = units < line->units ? units : line->units;
        out->units[order[i]] = taken;
        out->amounts[order[i]] = kind_units_minor(line, taken);
        units -= taken;
    }
    out->how = KIND_EACH;
}

void kind_offer_paid(const kind_base *base, int64_t word, int64_t units, kind_offer *out)
{
    uint16_t order[CART_LINES_MAX];
    kind_order(base, word, order);
    for (size_t i = 0; i < base->n; i++) {
        int64_t free = base->lines[order[i]].units - out->units[order[i]];
        out->paid[order[i]] = units < free ? units : free;
        units -= out->paid[order[i]];
    }
}

void kind_offer_total(const kind_base *base, int64_t discount_minor, kind_offer *out)
{
    if (discount_minor <= 0) {
        return;
    }
    for (size_t i = 0; i < base->n; i++) {
        out->amounts[i] = base->lines[i].price_minor;
    }
    out->how = KIND_TOTAL;
    out->total_minor = discount_minor < base->price_minor ? discount_minor : base->price_minor;
}

void kind_offer_above(const kind_base *base, size_t at, int64_t units, int64_t price_minor,
                      kind_offer *out)
{
    int64_t now = kind_units_minor(&base->lines[at], units);
    int64_t then = kind_times(units, price_minor);
    out->how = KIND_EACH;
    out->units[at] = units;
    out->amounts[at] = now > then ? now - then : 0;
}

void kind_offer_percent(const kind_base *base, int64_t millionths, kind_offer *out)
{
    for (size_t i = 0; i < base->n; i++) {
        out->amounts[i] = base->lines[i].price_minor;
    }
    out->how = KIND_EACH;
    out->num = millionths;
    out->den = BENEFIT_PERCENT_ONE;
}
