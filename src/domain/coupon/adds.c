/* See adds.h. */
#include "domain/coupon/adds.h"

#include "domain/price/price.h"
#include "domain/rule/cart.h"

adds adds_of_redemption(const redemption *row)
{
    price_policy policy = policy_of(row->policy.items, row->policy.n);
    return (adds){row->adds.items, row->adds.n, row->lines.items, policy.odd_units};
}

/* What the first units of the line have. */
static int64_t first_units(const adds *all, const line_share *s, int64_t units)
{
    const order_line *line = &all->lines[s->line];
    if ((line->marks & LINE_WEIGHED) != 0)
        return (int64_t)((__int128)s->discount_minor * units / line->quantity);
    price_units of = {s->discount_minor, line->quantity, all->odd_units};
    return price_unit_share(&of, 0, units);
}

int64_t adds_in_all(const adds *all, size_t applied)
{
    int64_t sum = 0;
    for (size_t i = 0; i < all->n; i++)
        sum += all->items[i].applied == applied ? all->items[i].discount_minor : 0;
    return sum;
}

int64_t adds_returned(const adds *all, size_t applied)
{
    int64_t sum = 0;
    for (size_t i = 0; i < all->n; i++) {
        const line_share *s = &all->items[i];
        if (s->applied == applied)
            sum += first_units(all, s, all->lines[s->line].returned);
    }
    return sum;
}

int64_t adds_returning(const adds *all, size_t applied, const return_line *now, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < all->n; i++) {
        const line_share *s = &all->items[i];
        int64_t before = all->lines[s->line].returned, units = before;
        for (size_t k = 0; k < n; k++)
            units += now[k].line == s->line ? now[k].quantity : 0;
        if (s->applied == applied)
            sum += first_units(all, s, units) - first_units(all, s, before);
    }
    return sum;
}
