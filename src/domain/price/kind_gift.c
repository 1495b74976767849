/* gift 赠品: so many units of a sku free; those that the cart has not are told. */
#include "domain/price/kind.h"

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    int64_t missing = t->v[TERM_GIFT_QUANTITY];
    for (size_t i = 0; i < base->n; i++) {
        const kind_line *line = &base->lines[i];
        out->units[i] = missing < line->units ? missing : line->units;
        out->amounts[i] = kind_units_minor(line, out->units[i]);
        missing -= out->units[i];
    }
    out->how = KIND_EACH;
    out->gift = t->text;
    out->gift_units = missing;
    out->reason = missing > 0 ? S("gift_missing") : S("");
}

const price_kind kind_gift = {.targets = KIND_GIFTS, .offer = offer};
