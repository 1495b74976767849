/* What a priced order must look like before rows are looked at.
 *
 * The figures come from our own pricing, but money is written by them: so they must add up exactly,
 * line by line and coupon by coupon. */
#include "domain/coupon/order_part.h"

static result bad(uow *u, const char *what)
{
    return uow_refuse(u, R_INVALID, "The order %s.", what);
}

static bool line_fits(const order_line *line)
{
    const str texts[] = {line->sku,   line->category, line->product,
                         line->brand, line->model,    line->seller};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (texts[i].n > ORDER_TEXT_MAX)
            return false;
    return line->categories.n <= CART_CATEGORIES_MAX * (ORDER_TEXT_MAX + 1) &&
           line->tags.n <= CART_TAGS_MAX * (ORDER_TEXT_MAX + 1);
}

static bool texts_fit(const order_in *in)
{
    if (in->user.n < 1 || in->user.n > USER_BYTES_MAX || in->order_number.n < 1 ||
        in->order_number.n > ORDER_TEXT_MAX)
        return false;
    if (in->store.n > ORDER_TEXT_MAX || in->channel.n > ORDER_TEXT_MAX)
        return false;
    for (size_t i = 0; i < in->lines.n; i++)
        if (!line_fits(&in->lines.items[i]))
            return false;
    return true;
}

/* The subtotal, or -1. */
static int64_t sum_lines(const order_in *in)
{
    int64_t subtotal = 0, amount;
    for (size_t i = 0; i < in->lines.n; i++) {
        const order_line *line = &in->lines.items[i];
        if (line->quantity < 1 || line->quantity > cart_quantity_max(line) ||
            line->unit_minor < 0 || line->unit_minor > MONEY_MAX ||
            !cart_line_minor(line, line->quantity, &amount) || line->discount_minor < 0 ||
            line->discount_minor > amount)
            return -1;
        if (amount > MONEY_MAX - subtotal)
            return -1;
        subtotal += amount;
    }
    return subtotal;
}

/* Shares by coupon, then line, each > 0: do they sum to the discounts of coupons and of lines? */
static bool shares_add_up(uow *u, const order_in *in)
{
    int64_t *by_coupon = ARENA_ARRAY(uow_memory(u), int64_t, in->applied.n);
    int64_t *by_line = ARENA_ARRAY(uow_memory(u), int64_t, in->lines.n);
    int64_t last = -1, sum = 0;
    for (size_t i = 0; i < in->shares.n; i++) {
        const line_share *s = &in->shares.items[i];
        int64_t place = (int64_t)s->applied * CART_LINES_MAX + s->line;
        if (s->applied >= in->applied.n || s->line >= in->lines.n || place <= last ||
            s->discount_minor < 1 || s->discount_minor > MONEY_MAX - sum)
            return false;
        last = place;
        sum += s->discount_minor;
        by_coupon[s->applied] += s->discount_minor;
        by_line[s->line] += s->discount_minor;
    }
    for (size_t i = 0; i < in->applied.n; i++)
        if (by_coupon[i] != in->applied.items[i].discount_minor)
            return false;
    for (size_t i = 0; i < in->lines.n; i++)
        if (by_line[i] != in->lines.items[i].discount_minor)
            return false;
    return sum == in->discount_minor;
}

/* By coupon, then line, each > 0: of coupons and lines that are there. */
static bool adds_are_sound(const order_in *in)
{
    int64_t last = -1, sum = 0;
    for (size_t i = 0; i < in->adds.n; i++) {
        const line_share *s = &in->adds.items[i];
        int64_t at = (int64_t)s->applied * CART_LINES_MAX + s->line;
        if (s->applied >= in->applied.n || s->line >= in->lines.n || at <= last ||
            s->discount_minor < 1 || s->discount_minor > MONEY_MAX - sum)
            return false;
        last = at;
        sum += s->discount_minor;
    }
    return true;
}

static bool gifts_are_sound(const order_in *in)
{
    for (size_t i = 0; i < in->applied.n; i++) {
        const applied_coupon *a = &in->applied.items[i];
        if (a->gift.n > ORDER_TEXT_MAX || a->gift_units < 0 || a->gift_units > CART_QUANTITY_MAX ||
            (a->gift.n > 0) != (a->gift_units > 0))
            return false;
    }
    return true;
}

/* By coupon, once each; groups as a merchant may have them. */
static bool returns_are_sound(const order_in *in)
{
    int64_t last = -1;
    for (size_t i = 0; i < in->asked.n; i++) {
        const asked_conditions *a = &in->asked.items[i];
        if (a->applied >= in->applied.n || a->applied <= last || a->met.n > RULE_FROZEN_MAX)
            return false;
        last = a->applied;
    }
    for (size_t i = 0; i < in->groups.n; i++)
        if (in->groups.items[i].name.n < 1 || in->groups.items[i].name.n > ORDER_TEXT_MAX)
            return false;
    return in->groups.n <= in->applied.n;
}

/* A coupon twice, or an automatic template. */
static bool has_twice(const order_in *in)
{
    for (size_t i = 0; i < in->applied.n; i++)
        for (size_t j = 0; j < i; j++) {
            const applied_coupon *a = &in->applied.items[i], *b = &in->applied.items[j];
            if (a->coupon == b->coupon && (a->coupon != 0 || a->template == b->template))
                return true;
        }
    return false;
}

static bool has_too_many(const order_in *in)
{
    size_t coupons = 0;
    for (size_t i = 0; i < in->applied.n && i < ORDER_APPLIED_MAX; i++)
        coupons += in->applied.items[i].coupon != 0;
    return in->applied.n > ORDER_APPLIED_MAX || coupons > ORDER_COUPONS_MAX ||
           in->applied.n - coupons > AUTOMATIC_MAX;
}

result order_check(uow *u, const order_in *in)
{
    if (in->lines.n < 1 || in->lines.n > CART_LINES_MAX)
        return bad(u, "has no lines, or too many");
    if (in->applied.n < 1 || has_too_many(in) || has_twice(in))
        return bad(u, "uses no coupon, too many, or one twice");
    if (!texts_fit(in))
        return bad(u, "has a text that is empty or too long");
    if (!gifts_are_sound(in))
        return bad(u, "has a gift without a name or a number");
    if (sum_lines(in) != in->subtotal_minor || !shares_add_up(u, in) || !adds_are_sound(in))
        return bad(u, "does not add up");
    if (!returns_are_sound(in))
        return bad(u, "has conditions or groups that no coupon of it has");
    return R_DONE;
}

/* ---- copies ---- */

order_line *order_lines_copy(uow *u, const order_line *lines, size_t n)
{
    order_line *copy = ARENA_ARRAY(uow_memory(u), order_line, n);
    for (size_t i = 0; i < n; i++) {
        copy[i] = lines[i];
        copy[i].returned = 0;
        copy[i].refunded_minor = 0;
    }
    return copy;
}

applied_coupon *order_applied_copy(const order_desk *d)
{
    const order_in *in = d->in;
    applied_coupon *copy =
        ARENA_COPY(uow_memory(d->c.u), applied_coupon, in->applied.items, in->applied.n);
    for (size_t i = 0; i < in->applied.n; i++) {
        copy[i].reserved_minor = d->coupons[i].reserved_minor;
        copy[i].returned = false;
        copy[i].returned_minor = 0;
        copy[i].gift_back = 0;
    }
    return copy;
}
