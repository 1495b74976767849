/* set_price 套餐: different goods, so many of each, together at one price, as often as the cart has
 * them all. Of a sku on several lines the units of earlier ones go first. */
#include "domain/price/kind.h"

enum { QUANTITY = TERM_SET_PRICE_QUANTITY - TERM_SET_PRICE_MEMBERS - 1 };

static void check(const benefit_values *t, issues *found)
{
    for (size_t i = 0; i < t->item_count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (str_eq(t->texts[k], t->texts[i])) {
                str field = arena_printf(found->memory, "benefit.members[%zu].sku", i);
                issues_add(found, field, S("duplicate"), "is a member already");
            }
        }
    }
}

static int64_t units_of(const kind_base *base, str sku)
{
    int64_t units = 0;
    for (size_t i = 0; i < base->n; i++) {
        units += str_eq(base->lines[i].sku, sku) ? base->lines[i].units : 0;
    }
    return units;
}

static int64_t take(const kind_base *base, str sku, int64_t units, kind_offer *out)
{
    int64_t minor = 0;
    for (size_t i = 0; i < base->n && units > 0; i++) {
        const kind_line *line = &base->lines[i];
        if (str_eq(line->sku, sku)) {
            out->units[i] = units < line->units ? units : line->units;
            out->amounts[i] = kind_units_minor(line, out->units[i]);
            minor += out->amounts[i];
            units -= out->units[i];
        }
    }
    return minor;
}

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    int64_t sets = INT64_MAX;
    for (size_t i = 0; i < t->item_count; i++) {
        int64_t need = t->items[i][QUANTITY], has = units_of(base, t->texts[i]);
        if (has < need) {
            out->reason = S("incomplete_set");
            out->missing_units += need - has;
        }
        sets = has / need < sets ? has / need : sets;
    }
    sets = kind_at_most(sets, t->v[TERM_SET_PRICE_TIMES]);
    if (sets == 0) {
        return;
    }
    int64_t minor = 0;
    memset(out->units, 0, base->n * sizeof(*out->units));
    for (size_t i = 0; i < t->item_count; i++) {
        minor += take(base, t->texts[i], sets * t->items[i][QUANTITY], out);
    }
    int64_t then = kind_times(sets, t->v[TERM_SET_PRICE_PRICE]);
    if (minor > then) {
        out->how = KIND_TOTAL;
        out->total_minor = minor - then;
    }
}

const price_kind kind_set_price = {.group = KIND_UNITS, .check = check, .offer = offer};
