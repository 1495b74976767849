/* See best.h. */
#include "api/best.h"

#include "domain/price/best.h"

_Static_assert(BEST_SETS_MAX == 10, "api/quotes.yaml: alternatives are at most 9");
_Static_assert(ORDER_CANDIDATES_MAX == 40, "api/quotes.yaml: candidates are at most 40");

/* ---- what is asked ---- */

static void check_more(api_call *c, size_t i, const wire_what_if *from)
{
    const wire_cart *basket = &((const wire_quote_create *)c->body)->cart;
    str field = arena_printf(c->memory, "best.what_if[%zu].line", i);
    if ((size_t)from->line >= basket->lines.n) {
        issues_add(c->problems, field, S("not_allowed"), "the cart has %zu lines", basket->lines.n);
        return;
    }
    order_line line = order_line_asked(c, &basket->lines.items[from->line]);
    if (from->more > cart_quantity_max(&line) - line.quantity)
        issues_add(c->problems, arena_printf(c->memory, "best.what_if[%zu].more", i),
                   S("out_of_range"), "at most %lld in a line",
                   (long long)cart_quantity_max(&line));
}

static void check_add(api_call *c, size_t i, const wire_what_if *from)
{
    const wire_cart *basket = &((const wire_quote_create *)c->body)->cart;
    str currency = basket->lines.items[0].unit_price.currency;
    order_line line = order_line_asked(c, &from->add);
    if (!str_eq(from->add.unit_price.currency, currency))
        issues_add(c->problems,
                   arena_printf(c->memory, "best.what_if[%zu].add.unit_price.currency", i),
                   S("not_allowed"), "%.*s, as the cart has", STR_ARG(currency));
    if (line.quantity > cart_quantity_max(&line))
        issues_add(c->problems, arena_printf(c->memory, "best.what_if[%zu].add.quantity", i),
                   S("out_of_range"), "at most %lld pieces", (long long)CART_QUANTITY_MAX);
    if (basket->lines.n == CART_LINES_MAX)
        issues_add(c->problems, arena_printf(c->memory, "best.what_if[%zu].add", i),
                   S("not_allowed"), "the cart has %d lines already", CART_LINES_MAX);
}

static void check_what_if(api_call *c, size_t i, const wire_what_if *from)
{
    bool more = from->has_line && from->has_more && !from->has_add;
    bool add = from->has_add && !from->has_line && !from->has_more;
    if (more)
        check_more(c, i, from);
    else if (add)
        check_add(c, i, from);
    else
        issues_add(c->problems, arena_printf(c->memory, "best.what_if[%zu]", i), S("not_allowed"),
                   "either line and more, or add");
}

const wire_id_list *best_coupons(const wire_quote_create *b)
{
    return b->has_best ? &b->best.candidates : &b->coupons;
}

void best_asked(api_call *c, order_ask *ask)
{
    const wire_quote_create *b = c->body;
    if (!b->has_best)
        return;
    if (b->has_coupons)
        issues_add(c->problems, S("coupons"), S("not_allowed"), "not beside best");
    if (b->has_codes)
        issues_add(c->problems, S("codes"), S("not_allowed"), "not beside best");
    if (b->best.candidates.n + b->drafts.n > ORDER_CANDIDATES_MAX)
        issues_add(c->problems, S("best.candidates"), S("too_many"), "with the drafts at most %d",
                   ORDER_CANDIDATES_MAX);
    for (size_t i = 0; i < b->best.what_if.n; i++)
        check_what_if(c, i, &b->best.what_if.items[i]);
    order_best *best = ARENA_NEW(c->memory, order_best);
    *best =
        (order_best){.wallet = !b->best.has_candidates, .sets = 1 + (size_t)b->best.alternatives};
    ask->best = best;
}

/* ---- what the choice was ---- */

static wire_best_set set_shown(api_call *c, const order_priced *priced, const order_choice *from)
{
    str currency = priced->in.currency;
    wire_best_set out = {.discount = money_of(from->discount_minor, currency),
                         .total =
                             money_of(priced->in.subtotal_minor - from->discount_minor, currency)};
    out.coupons.items = ARENA_ARRAY(c->memory, uint64_t, from->n);
    out.drafts.items = ARENA_ARRAY(c->memory, int64_t, from->n);
    for (size_t i = 0; i < from->n; i++) {
        size_t at = from->verdicts[i];
        if (at < priced->coupon_count)
            out.coupons.items[out.coupons.n++] = priced->verdicts[at].coupon;
        else
            out.drafts.items[out.drafts.n++] = (int64_t)(at - priced->coupon_count);
    }
    out.has_drafts = out.drafts.n > 0;
    return out;
}

/* The cart with the change. */
static const order_line *lines_changed(api_call *c, const order_ask *ask, const wire_what_if *by)
{
    order_line *lines = ARENA_ARRAY(c->memory, order_line, ask->line_count + 1);
    for (size_t i = 0; i < ask->line_count; i++)
        lines[i] = ask->lines[i];
    if (by->has_add)
        lines[ask->line_count] = order_line_asked(c, &by->add);
    else
        lines[by->line].quantity += by->more;
    return lines;
}

static result what_if_shown(api_call *c, app_view *v, const order_ask *ask, const wire_what_if *by,
                            wire_best_set *out)
{
    order_priced priced;
    order_best best = {.wallet = ask->best->wallet, .sets = 1};
    order_ask changed = *ask;
    changed.best = &best;
    changed.lines = lines_changed(c, ask, by);
    changed.line_count += by->has_add;
    result r = order_price(v, &changed, &priced);
    if (r == R_DONE)
        *out = set_shown(c, &priced, &priced.choices[0]);
    return r;
}

result best_shown(api_call *c, app_view *v, const order_ask *ask, const order_priced *priced,
                  wire_best_found *out)
{
    const wire_best_ask *b = &((const wire_quote_create *)c->body)->best;
    *out = (wire_best_found){.proven = priced->proven,
                             .has_gap = !priced->proven,
                             .gap = money_of(priced->gap_minor, priced->in.currency),
                             .has_overlooked = priced->overlooked > 0,
                             .overlooked = (int64_t)priced->overlooked};
    out->coupons = set_shown(c, priced, &priced->choices[0]).coupons;
    out->alternatives.items = ARENA_ARRAY(c->memory, wire_best_set, priced->choice_count);
    for (size_t i = 1; i < priced->choice_count; i++)
        out->alternatives.items[out->alternatives.n++] = set_shown(c, priced, &priced->choices[i]);
    out->what_if.items = ARENA_ARRAY(c->memory, wire_best_set, b->what_if.n);
    out->what_if.n = b->what_if.n;
    result r = R_DONE;
    for (size_t i = 0; r == R_DONE && i < b->what_if.n; i++)
        r = what_if_shown(c, v, ask, &b->what_if.items[i], &out->what_if.items[i]);
    return r;
}
