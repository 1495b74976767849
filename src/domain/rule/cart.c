/* What quantities of a line cost. Holds no state. */
#include "domain/rule/cart.h"

#include "base/money.h"

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
