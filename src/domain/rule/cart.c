/* What quantities of a line cost, and count as; a shopper of whom nothing is told. Holds no
 * state. */
#include "domain/rule/cart.h"

#include "base/money.h"

const cart_shopper cart_shopper_unknown = {
    .known = true, .orders = -1, .spent_minor = -1, .last_order_at_ms = -1};

bool cart_line_minor(const order_line *line, int64_t quantity, int64_t *out)
{
    int64_t minor;
    bool fits =
        (line->marks & LINE_WEIGHED) != 0
            ? money_ratio(quantity, line->unit_minor, CART_QUANTITY_UNIT, ROUND_HALF_UP, &minor)
            : money_mul(quantity, line->unit_minor, &minor);
    if (!fits || minor > MONEY_MAX) {
        return false;
    }
    *out = minor;
    return true;
}

int64_t cart_line_list(const order_line *line)
{
    int64_t minor = 0;
    bool fits = cart_line_minor(line, line->quantity, &minor);
    CHECK(fits);
    return minor;
}

int64_t cart_quantity_max(const order_line *line)
{
    return CART_QUANTITY_MAX * ((line->marks & LINE_WEIGHED) != 0 ? CART_QUANTITY_UNIT : 1);
}

int64_t cart_line_units(const order_line *line, int64_t quantity)
{
    bool weighed = (line->marks & LINE_WEIGHED) != 0;
    return weighed ? (quantity + CART_QUANTITY_UNIT - 1) / CART_QUANTITY_UNIT : quantity;
}

int64_t cart_line_units_back(const order_line *line, int64_t before, int64_t now)
{
    int64_t out = line->quantity - before;
    return cart_line_units(line, out) - cart_line_units(line, out - now);
}

void cart_add_units(const order_line *lines, const line_share *shares, size_t n,
                    int64_t *by_applied)
{
    for (size_t i = 0; i < n; i++) {
        const order_line *line = &lines[shares[i].line];
        by_applied[shares[i].applied] += cart_line_units(line, line->quantity);
    }
}
