/* fixed_price 一口价: each unit, each set of so many units, or all eligible lines at a price, where
 * that is lower. Sets are made of units in the order that the terms name; one that would not become
 * cheaper is left as it is. */
#include "domain/price/kind.h"

typedef struct sets {
    const kind_base *base;
    kind_offer *out;
    int64_t size, price_minor, left; /* sets that may still be made */
    int64_t open_units, open_minor;  /* of the set that is being filled */
    int64_t discount_minor;
    size_t open_n;
    struct {
        uint16_t line;
        int64_t units, minor;
    } open[CART_LINES_MAX];
} sets;

static void take(sets *s, size_t line, int64_t units, int64_t minor)
{
    s->out->units[line] += units;
    s->out->amounts[line] += minor;
}

/* The set that is full now becomes one where it gets cheaper; its units are gone either way. */
static void close_set(sets *s)
{
    if (s->open_minor > s->price_minor) {
        for (size_t i = 0; i < s->open_n; i++) {
            take(s, s->open[i].line, s->open[i].units, s->open[i].minor);
        }
        s->discount_minor += s->open_minor - s->price_minor;
        s->left--;
    }
    s->open_n = 0;
    s->open_units = 0;
    s->open_minor = 0;
}

/* Price of units from … until - 1 of a line: parts of it always sum to the whole. */
static int64_t part_minor(const kind_line *line, int64_t from, int64_t until)
{
    return kind_units_minor(line, until) - kind_units_minor(line, from);
}

static void fill_set(sets *s, uint16_t at, int64_t from, int64_t units)
{
    int64_t minor = part_minor(&s->base->lines[at], from, from + units);
    s->open[s->open_n].line = at;
    s->open[s->open_n].units = units;
    s->open[s->open_n++].minor = minor;
    s->open_units += units;
    s->open_minor += minor;
    if (s->open_units == s->size) {
        close_set(s);
    }
}

/* Whole sets of units of one line: together, as a line may have a million. */
static int64_t fill_whole(sets *s, uint16_t at, int64_t from, int64_t units)
{
    const kind_line *line = &s->base->lines[at];
    int64_t whole = units / s->size;
    int64_t made = whole < s->left ? whole : s->left;
    int64_t minor = part_minor(line, from, from + made * s->size);
    int64_t then = kind_times(made, s->price_minor);
    if (minor > then) {
        take(s, at, made * s->size, minor);
        s->discount_minor += minor - then;
        s->left -= made;
    }
    return whole * s->size;
}

static void offer_sets(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    uint16_t order[CART_LINES_MAX];
    int64_t times = t->v[TERM_FIXED_PRICE_TIMES];
    sets s = {.base = base,
              .out = out,
              .size = t->v[TERM_FIXED_PRICE_SIZE],
              .price_minor = t->v[TERM_FIXED_PRICE_PRICE],
              .left = times > 0 ? times : INT64_MAX};
    int64_t units = 0;
    kind_order(base, t->v[TERM_FIXED_PRICE_PICK], order);
    memset(out->units, 0, base->n * sizeof(*out->units));
    for (size_t i = 0; i < base->n && s.left > 0; i++) {
        int64_t from = 0, has = base->lines[order[i]].units;
        units += has;
        if (s.open_units > 0) {
            int64_t need = s.size - s.open_units;
            from = need < has ? need : has;
            fill_set(&s, order[i], 0, from);
        }
        if (s.left > 0) {
            from += fill_whole(&s, order[i], from, has - from);
        }
        if (s.left > 0 && from < has) {
            fill_set(&s, order[i], from, has - from);
        }
    }
    if (s.discount_minor > 0) {
        out->how = KIND_TOTAL;
        out->total_minor = s.discount_minor;
    } else if (units < s.size) {
        out->reason = S("too_few_units");
        out->missing_units = s.size - units;
    }
}

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    int64_t price = t->v[TERM_FIXED_PRICE_PRICE];
    switch (t->v[TERM_FIXED_PRICE_PER]) {
    case WORD_FIXED_PRICE_SET:
        offer_sets(t, base, out);
        return;
    case WORD_FIXED_PRICE_ORDER:
        kind_offer_total(base, base->price_minor - price, out);
        return;
    default:
        break;
    }
    for (size_t i = 0; i < base->n; i++) {
        kind_offer_above(base, i, base->lines[i].units, price, out);
    }
}

/* Lower prices sort units into other sets, which may save more. But no set saves more than its
 * units that cost more than their share of the price. */
static void most(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    int64_t price = t->v[TERM_FIXED_PRICE_PRICE], sum = 0;
    if (t->v[TERM_FIXED_PRICE_PER] == WORD_FIXED_PRICE_ORDER) {
        kind_offer_total(base, base->price_minor - price, out);
        return;
    }
    bool set = t->v[TERM_FIXED_PRICE_PER] == WORD_FIXED_PRICE_SET;
    int64_t size = set ? t->v[TERM_FIXED_PRICE_SIZE] : 1;
    for (size_t i = 0; i < base->n; i++) {
        __int128 dear = (__int128)base->lines[i].price_minor * size;
        __int128 over = dear - (__int128)base->lines[i].units * price;
        sum += over > 0 ? (int64_t)((over + size - 1) / size) : 0;
    }
    kind_offer_total(base, sum, out);
}

const price_kind kind_fixed_price = {.group = KIND_UNITS, .offer = offer, .most = most};
