/* What quantities of a line cost; a shopper of whom nothing is told. Holds no state. */
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
