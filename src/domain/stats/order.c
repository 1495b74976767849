/* Counting orders: see order.h. */
#include "domain/stats/order.h"

enum { GROUPS = 3 }; /* of goods: sku, channel, store */

static size_t groups_of(const order_facts *o, size_t line, tally_group out[GROUPS])
{
    out[0] = (tally_group){GOODS_DIMENSION_SKU, o->lines[line].sku};
    out[1] = (tally_group){GOODS_DIMENSION_CHANNEL, o->channel};
    out[2] = (tally_group){GOODS_DIMENSION_STORE, o->store};
    return GROUPS;
}

void order_tally_load(uow *u, const order_facts *o)
{
    for (size_t i = 0; i < o->applied_count; i++)
        tally_load(u, &o->of[i]);
    for (size_t i = 0; i < o->share_count; i++) {
        tally_group groups[GROUPS];
        size_t n = groups_of(o, o->shares[i].line, groups);
        for (size_t g = 0; g < n; g++)
            tally_load_goods(u, &o->of[o->shares[i].applied], groups[g]);
    }
}

/* Is this coupon the first of its template (campaign) in the order? */
static bool is_first(const order_facts *o, size_t applied, bool by_campaign)
{
    for (size_t i = 0; i < applied; i++)
        if (by_campaign ? o->of[i].campaign->row->id == o->of[applied].campaign->row->id
                        : o->applied[i].template == o->applied[applied].template)
            return false;
    return true;
}

/* ---- redeemed ---- */

/* skus[line]: the first line with the same sku, so that a coupon is counted once for each. */
static size_t *same_skus(uow *u, const order_facts *o)
{
    size_t *first = ARENA_ARRAY(uow_memory(u), size_t, o->line_count);
    for (size_t i = 0; i < o->line_count; i++)
        while (!str_eq(o->lines[first[i]].sku, o->lines[i].sku))
            first[i]++;
    return first;
}

/* [share]: is it the first of its template on its line? Units and list price count once for a
 * template, however many of its coupons discount the line. */
static bool *first_shares(uow *u, const order_facts *o)
{
    bool *first = ARENA_ARRAY(uow_memory(u), bool, o->share_count);
    bool *has = ARENA_ARRAY(uow_memory(u), bool, o->applied_count * o->line_count);
    for (size_t i = 0; i < o->share_count; i++) {
        const line_share *s = &o->shares[i];
        first[i] = true;
        for (size_t a = 0; a < s->applied; a++)
            if (o->applied[a].template == o->applied[s->applied].template &&
                has[a * o->line_count + s->line])
                first[i] = false;
        has[s->applied * o->line_count + s->line] = true;
    }
    return first;
}

static void count_goods(tally_goods *row, const order_line *line, const line_share *s, bool first)
{
    if (row == NULL)
        return;
    row->discount_minor += s->discount_minor;
    if (first) {
        row->quantity += line->quantity;
        row->order_minor += line->quantity * line->unit_minor;
    }
}

static void count_use(tally_goods *row)
{
    if (row != NULL)
        row->redemptions++;
}

void order_tally_redeemed(uow *u, const order_facts *o, int64_t subtotal_minor)
{
    for (size_t i = 0; i < o->applied_count; i++) {
        if (is_first(o, i, false))
            tally_of(u, &o->of[i])->order_minor += subtotal_minor;
        if (is_first(o, i, true))
            tally_of_campaign(u, &o->of[i])->order_minor += subtotal_minor;
        count_use(tally_goods_of(u, &o->of[i], (tally_group){GOODS_DIMENSION_CHANNEL, o->channel}));
        count_use(tally_goods_of(u, &o->of[i], (tally_group){GOODS_DIMENSION_STORE, o->store}));
    }
    const size_t *skus = same_skus(u, o);
    const bool *first = first_shares(u, o);
    size_t *counted = ARENA_ARRAY(uow_memory(u), size_t, o->line_count); /* coupon + 1, by sku */
    for (size_t i = 0; i < o->share_count; i++) {
        const line_share *s = &o->shares[i];
        const order_line *line = &o->lines[s->line];
        const terms *of = &o->of[s->applied];
        tally_group groups[GROUPS];
        size_t n = groups_of(o, s->line, groups);
        for (size_t g = 0; g < n; g++)
            count_goods(tally_goods_of(u, of, groups[g]), line, s, first[i]);
        if (counted[skus[s->line]] != s->applied + (size_t)1) {
            counted[skus[s->line]] = s->applied + (size_t)1; /* shares come by coupon */
            count_use(tally_goods_of(u, of, groups[0]));
        }
    }
}

/* ---- returned ---- */

static void count_back(tally_goods *row, const order_line *line, int64_t quantity)
{
    if (row == NULL)
        return;
    row->returned_quantity += quantity;
    row->returned_minor += quantity * line->unit_minor;
}

void order_tally_returned(uow *u, const order_facts *o, const order_back *back)
{
    for (size_t i = 0; i < o->applied_count; i++) {
        if (is_first(o, i, false))
            tally_of(u, &o->of[i])->order_returned_minor += back->worth_minor;
        if (is_first(o, i, true))
            tally_of_campaign(u, &o->of[i])->order_returned_minor += back->worth_minor;
    }
    int64_t *quantity = ARENA_ARRAY(uow_memory(u), int64_t, o->line_count);
    for (size_t i = 0; i < back->n; i++)
        quantity[back->now[i].line] += back->now[i].quantity;
    const bool *first = first_shares(u, o);
    for (size_t i = 0; i < o->share_count; i++) {
        const line_share *s = &o->shares[i];
        if (quantity[s->line] == 0 || !first[i])
            continue;
        tally_group groups[GROUPS];
        size_t n = groups_of(o, s->line, groups);
        for (size_t g = 0; g < n; g++)
            count_back(tally_goods_of(u, &o->of[s->applied], groups[g]), &o->lines[s->line],
                       quantity[s->line]);
    }
}
