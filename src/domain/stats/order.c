/* Counting orders: see order.h. Rows by channel and store are written once a coupon, rows by sku
 * once a share. */
#include "domain/stats/order.h"

#include "domain/rule/cart.h"

/* The first share of its template on its line counts the units: once for a template, however many
 * of its coupons discount the line. */
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

static tally_group sku_of(const order_facts *o, size_t line)
{
    return (tally_group){GOODS_DIMENSION_SKU, o->lines[line].sku};
}

static tally_group channel_of(const order_facts *o)
{
    return (tally_group){GOODS_DIMENSION_CHANNEL, o->channel};
}

static tally_group store_of(const order_facts *o)
{
    return (tally_group){GOODS_DIMENSION_STORE, o->store};
}

static void load_group(uow *u, const order_facts *o, size_t applied, tally_group group)
{
    const terms *of = &o->of[applied];
    tally_load_goods(u, of, &(tally_goods_place){group, tally_foreign(of, o->currency)});
}

void order_tally_load(uow *u, const order_facts *o)
{
    for (size_t i = 0; i < o->applied_count; i++) {
        tally_load(u, &o->of[i]);
        tally_load_money(u, &o->of[i], tally_foreign(&o->of[i], o->currency));
        load_group(u, o, i, channel_of(o));
        load_group(u, o, i, store_of(o));
    }
    for (size_t i = 0; i < o->share_count; i++)
        load_group(u, o, o->shares[i].applied, sku_of(o, o->shares[i].line));
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

/* What goods rows gain; their other columns are not read. */
static void add(tally_goods *row, const tally_goods *more)
{
    row->quantity += more->quantity;
    row->order_minor += more->order_minor;
    row->discount_minor += more->discount_minor;
    row->returned_quantity += more->returned_quantity;
    row->returned_minor += more->returned_minor;
}

static void add_group(uow *u, const order_facts *o, size_t applied, tally_group group,
                      const tally_goods *more)
{
    const terms *of = &o->of[applied];
    tally_add_goods(u, of, &(tally_goods_place){group, tally_foreign(of, o->currency)}, more);
}

/* Rows by channel and store of each coupon: the sums over its lines. */
static void add_sums(uow *u, const order_facts *o, const tally_goods *sums)
{
    for (size_t i = 0; i < o->applied_count; i++) {
        add_group(u, o, i, channel_of(o), &sums[i]);
        add_group(u, o, i, store_of(o), &sums[i]);
    }
}

/* Amounts of the whole order: once for each template, and once for each campaign. */
static void add_order(uow *u, const order_facts *o, const tally_sums *more)
{
    for (size_t i = 0; i < o->applied_count; i++) {
        const terms *of = &o->of[i];
        str foreign = tally_foreign(of, o->currency);
        if (is_first(o, i, false))
            tally_add(u, of, (tally_place){false, foreign}, more);
        if (is_first(o, i, true))
            tally_add(u, of, (tally_place){true, foreign}, more);
    }
}

/* skus[line]: the first line with the same sku, so that a coupon is counted once for each. */
static size_t *same_skus(uow *u, const order_facts *o)
{
    size_t *first = ARENA_ARRAY(uow_memory(u), size_t, o->line_count);
    for (size_t i = 0; i < o->line_count; i++)
        while (!str_eq(o->lines[first[i]].sku, o->lines[i].sku))
            first[i]++;
    return first;
}

void order_tally_redeemed(uow *u, const order_facts *o, int64_t subtotal_minor)
{
    tally_goods *sums = ARENA_ARRAY(uow_memory(u), tally_goods, o->applied_count);
    add_order(u, o, &(tally_sums){.order_minor = subtotal_minor});
    const size_t *skus = same_skus(u, o);
    const bool *first = first_shares(u, o);
    size_t *counted = ARENA_ARRAY(uow_memory(u), size_t, o->line_count); /* coupon + 1, by sku */
    for (size_t i = 0; i < o->share_count; i++) {
        const line_share *s = &o->shares[i];
        const order_line *line = &o->lines[s->line];
        tally_goods more = {.discount_minor = s->discount_minor};
        if (first[i]) {
            more.quantity = cart_line_units(line, line->quantity);
            more.order_minor = cart_line_list(line);
        }
        add(&sums[s->applied], &more);
        if (counted[skus[s->line]] != s->applied + (size_t)1)
            more.redemptions = 1; /* shares come by coupon */
        counted[skus[s->line]] = s->applied + (size_t)1;
        add_group(u, o, s->applied, sku_of(o, s->line), &more);
    }
    for (size_t i = 0; i < o->applied_count; i++)
        sums[i].redemptions = 1;
    add_sums(u, o, sums);
}

void order_tally_returned(uow *u, const order_facts *o, const order_back *back)
{
    tally_goods *sums = ARENA_ARRAY(uow_memory(u), tally_goods, o->applied_count);
    add_order(u, o, &(tally_sums){.order_returned_minor = back->worth_minor});
    bool *comes = ARENA_ARRAY(uow_memory(u), bool, o->line_count);
    int64_t *worth = ARENA_ARRAY(uow_memory(u), int64_t, o->line_count);
    for (size_t i = 0; i < back->n; i++) {
        comes[back->now[i].line] = true;
        worth[back->now[i].line] += back->now[i].worth_minor;
    }
    const bool *first = first_shares(u, o);
    for (size_t i = 0; i < o->share_count; i++) {
        const line_share *s = &o->shares[i];
        if (!comes[s->line] || !first[i])
            continue;
        tally_goods more = {.returned_quantity = back->units[s->line],
                            .returned_minor = worth[s->line]};
        add(&sums[s->applied], &more);
        add_group(u, o, s->applied, sku_of(o, s->line), &more);
    }
    add_sums(u, o, sums);
}
