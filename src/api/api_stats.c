/* Statistics of campaigns and templates. */
#include "api/convert.h"
#include "api/slow.h"
#include "app/query_stats.h"
#include "domain/limit/pool.h"
#include "domain/stats/tally.h"

/* The parameters of both operations, which are the same but for the id. */
typedef struct stats_wish {
    const campaign *campaign;
    const template *template; /* NULL: of the campaign */
    wire_stats_by by;
    int32_t from_day, until_day;
    size_t page_size;
    str after; /* goods: the last one of the page before */
} stats_wish;

static counts_ask ask_of(const stats_wish *w)
{
    return (counts_ask){.campaign = w->campaign->id,
                        .template = w->template == NULL ? 0 : w->template->id,
                        .from_day = w->from_day,
                        .until_day = w->until_day};
}

static wire_stats_row row_shown(const tally *t, bool with_day, str currency)
{
    return (wire_stats_row){.has_day = with_day,
                            .day = t->day,
                            .issued = t->issued,
                            .held = t->held,
                            .released = t->released,
                            .redeemed = t->redeemed,
                            .returned = t->returned,
                            .expired = t->expired,
                            .voided = t->voided,
                            .users = t->users,
                            .discount = sum_of(t->discount_minor, currency),
                            .discount_returned = sum_of(t->discount_returned_minor, currency),
                            .orders = sum_of(t->order_minor, currency),
                            .orders_returned = sum_of(t->order_returned_minor, currency),
                            .adds = sum_of(t->adds_minor, currency),
                            .adds_returned = sum_of(t->adds_returned_minor, currency)};
}

static str code_of(api_call *c, const tally_money *row)
{
    char code[TALLY_CURRENCY_BYTES];
    tally_currency_code(row->currency, code);
    return arena_str(c->memory, (str){code, sizeof code});
}

/* Those of one group, which stand together, from *at on. */
static size_t money_rows(const stats_money *all, size_t *at, int32_t day, str value)
{
    while (*at < all->n && (all->rows[*at].day < day || (all->rows[*at].day == day &&
                                                         str_cmp(all->rows[*at].value, value) < 0)))
        (*at)++;
    size_t n = 0;
    while (*at + n < all->n && all->rows[*at + n].day == day &&
           str_eq(all->rows[*at + n].value, value))
        n++;
    return n;
}

static void put_money(api_call *c, const stats_money *all, size_t *at, wire_stats_row *row)
{
    size_t n = money_rows(all, at, row->has_day ? row->day : 0, S(""));
    row->has_other_currencies = n > 0;
    row->other_currencies.n = n;
    row->other_currencies.items = ARENA_ARRAY(c->memory, wire_stats_money, n);
    for (size_t i = 0; i < n; i++) {
        const tally_money *m = &all->rows[*at + i];
        str code = code_of(c, m);
        row->other_currencies.items[i] =
            (wire_stats_money){.discount = sum_of(m->discount_minor, code),
                               .discount_returned = sum_of(m->discount_returned_minor, code),
                               .orders = sum_of(m->order_minor, code),
                               .orders_returned = sum_of(m->order_returned_minor, code),
                               .adds = sum_of(m->adds_minor, code),
                               .adds_returned = sum_of(m->adds_returned_minor, code)};
    }
}

static void put_value_money(api_call *c, const stats_money *all, size_t *at, wire_goods_row *row)
{
    size_t n = money_rows(all, at, 0, row->value);
    row->has_other_currencies = n > 0;
    row->other_currencies.n = n;
    row->other_currencies.items = ARENA_ARRAY(c->memory, wire_goods_money, n);
    for (size_t i = 0; i < n; i++) {
        const tally_money *m = &all->rows[*at + i];
        str code = code_of(c, m);
        row->other_currencies.items[i] =
            (wire_goods_money){.orders = sum_of(m->order_minor, code),
                               .discount = sum_of(m->discount_minor, code),
                               .returned = sum_of(m->order_returned_minor, code)};
    }
}

static void put_counts(api_call *c, const stats_days *from, const stats_wish *w, wire_stats *out)
{
    str currency = w->campaign->currency;
    bool by_day = w->by == WIRE_STATS_BY_DAY;
    out->has_held_now = true;
    out->held_now = from->held_now;
    out->has_counts = true;
    out->counts.n = by_day ? from->n : 1;
    out->counts.items = ARENA_ARRAY(c->memory, wire_stats_row, out->counts.n);
    for (size_t i = 0; i < out->counts.n; i++)
        out->counts.items[i] = row_shown(by_day ? &from->days[i] : &from->total, by_day, currency);
}

static void put_counts_money(api_call *c, const stats_money *all, wire_stats *out)
{
    size_t at = 0;
    for (size_t i = 0; i < out->counts.n; i++)
        put_money(c, all, &at, &out->counts.items[i]);
}

static void put_goods(api_call *c, const stats_wish *w, const stats_goods *from, wire_stats *out)
{
    str currency = w->campaign->currency;
    size_t at = 0;
    while (at < from->n && w->after.n > 0 && str_cmp(from->rows[at].value, w->after) <= 0)
        at++;
    out->has_goods = true;
    out->goods.items = ARENA_ARRAY(c->memory, wire_goods_row, w->page_size);
    for (; at < from->n && out->goods.n < w->page_size; at++) {
        const tally_goods *row = &from->rows[at];
        out->goods.items[out->goods.n++] =
            (wire_goods_row){.value = row->value,
                             .redemptions = row->redemptions,
                             .quantity = row->quantity,
                             .orders = sum_of(row->order_minor, currency),
                             .discount = sum_of(row->discount_minor, currency),
                             .returned_quantity = row->returned_quantity,
                             .returned = sum_of(row->returned_minor, currency)};
    }
    out->has_next_page_token = at < from->n;
    if (out->has_next_page_token)
        out->next_page_token = call_token_write(c, from->rows[at - 1].value);
}

/* Where a page of parties ends: the kind as a letter, then the name. */
static str party_mark(api_call *c, const fund_party *p)
{
    return arena_printf(c->memory, "%c%.*s", 'a' + p->kind, STR_ARG(p->name));
}

static bool is_behind(const fund_party *p, str mark)
{
    fund_party last = {.kind = mark.n == 0 ? 0 : (uint8_t)(mark.p[0] - 'a')};
    if (mark.n == 0)
        return true;
    last.name = (str){mark.p + 1, mark.n - 1};
    return stats_party_order(p, &last) > 0;
}

static wire_party_budget_now party_budget(app_view *v, const stats_wish *w, const stats_party *row)
{
    str currency = w->campaign->currency;
    pool_left left = query_pool_left(v, pool_party(w->template->id, row->party->number));
    return (wire_party_budget_now){.total = sum_of(left.total, currency),
                                   .remaining = sum_of(left.left + row->due_minor, currency),
                                   .on_the_way = sum_of(left.on_the_way, currency)};
}

static void put_parties(api_call *c, app_view *v, const stats_wish *w, wire_stats *out)
{
    str currency = w->campaign->currency;
    counts_ask ask = ask_of(w);
    stats_parties from;
    query_stats_parties(v, &ask, &from);
    size_t at = 0;
    while (at < from.n && !is_behind(from.rows[at].party, w->after))
        at++;
    out->has_parties = true;
    out->parties.items = ARENA_ARRAY(c->memory, wire_party_row, w->page_size);
    for (; at < from.n && out->parties.n < w->page_size; at++) {
        const stats_party *row = &from.rows[at];
        wire_party_row *to = &out->parties.items[out->parties.n++];
        *to = (wire_party_row){.party = (party_kind)row->party->kind,
                               .has_name = row->party->name.n > 0,
                               .name = row->party->name,
                               .discount = sum_of(row->discount_minor, currency),
                               .discount_returned = sum_of(row->discount_returned_minor, currency)};
        to->has_budget = w->template != NULL && row->party->budget_minor >= 0;
        if (to->has_budget)
            to->budget = party_budget(v, w, row);
    }
    out->has_next_page_token = at < from.n;
    if (out->has_next_page_token)
        out->next_page_token = call_token_write(c, party_mark(c, from.rows[at - 1].party));
}

static void put_goods_money(api_call *c, const stats_money *all, wire_stats *out)
{
    size_t at = 0;
    for (size_t i = 0; i < out->goods.n; i++)
        put_value_money(c, all, &at, &out->goods.items[i]);
}

static void put_left(app_view *v, const stats_wish *w, int64_t due_minor, wire_stats *out)
{
    str currency = w->campaign->currency;
    out->has_budget = w->campaign->budget_mode != BUDGET_MODE_NONE;
    if (out->has_budget) {
        pool_left left = query_pool_left(v, pool_budget(w->campaign->id));
        out->budget = (wire_budget_now){.total = sum_of(left.total, currency),
                                        .remaining = sum_of(left.left + due_minor, currency),
                                        .on_the_way = sum_of(left.on_the_way, currency)};
    }
    out->has_stock = w->template != NULL && w->template->stock >= 0;
    if (out->has_stock) {
        pool_left left = query_pool_left(v, pool_stock(w->template->id));
        out->stock = (wire_stock_now){
            .total = left.total, .remaining = left.left, .on_the_way = left.on_the_way};
    }
}

static goods_dimension dimension_of(wire_stats_by by)
{
    return by == WIRE_STATS_BY_SKU       ? GOODS_DIMENSION_SKU
           : by == WIRE_STATS_BY_CHANNEL ? GOODS_DIMENSION_CHANNEL
                                         : GOODS_DIMENSION_STORE;
}

/* On the slow thread: it reads many rows. */
static void answer(api_call *c)
{
    const stats_wish *w = c->state;
    counts_ask ask = ask_of(w);
    wire_stats shown = {.campaign = w->campaign->id,
                        .has_template = w->template != NULL,
                        .template = ask.template,
                        .currency = w->campaign->currency,
                        .by = w->by};
    app_view v;
    if (!call_view(c, &v))
        return;
    bool counted = w->by == WIRE_STATS_BY_TOTAL || w->by == WIRE_STATS_BY_DAY;
    stats_days counts = {0};
    if (counted || w->campaign->budget_mode != BUDGET_MODE_NONE)
        query_stats(&v, &ask, &counts);
    stats_money money;
    if (counted) {
        bool by_day = w->by == WIRE_STATS_BY_DAY;
        put_counts(c, &counts, w, &shown);
        query_stats_money(&v, &ask, 0, by_day ? STATS_BY_DAY : STATS_IN_ALL, &money);
        put_counts_money(c, &money, &shown);
    } else if (w->by == WIRE_STATS_BY_PARTY) {
        put_parties(c, &v, w, &shown);
    } else {
        stats_goods goods;
        query_stats_goods(&v, &ask, dimension_of(w->by), &goods);
        put_goods(c, w, &goods, &shown);
        query_stats_money(&v, &ask, (uint8_t)dimension_of(w->by), STATS_BY_VALUE, &money);
        put_goods_money(c, &money, &shown);
    }
    put_left(&v, w, counts.due_budget_minor, &shown);
    if (call_view_end(c, &v))
        call_answer(c, 200, &wire_stats_type, &shown);
}

static stats_wish *wish_new(api_call *c)
{
    stats_wish *w = ARENA_NEW(c->memory, stats_wish);
    c->state = w;
    return w;
}

/* The days and the page of the wish. False: the call has ended. */
static bool put_span(api_call *c, stats_wish *w, const wire_campaign_stats_parameters *p)
{
    w->by = p->by;
    w->page_size = (size_t)p->page_size;
    w->from_day = p->has_from ? p->from : INT32_MIN;
    w->until_day = p->has_to ? p->to + 1 : INT32_MAX;
    if (w->until_day <= w->from_day) {
        issues_add(c->problems, S("to"), S("out_of_range"), "not before from");
        call_invalid(c);
        return false;
    }
    return call_token_read(c, p->page_token, &w->after);
}

void api_campaign_stats(api_call *c)
{
    const wire_campaign_stats_parameters *p = c->parameters;
    if (!call_config_now(c))
        return;
    const config_campaign *of = config_find_campaign(call_config(c), p->campaign);
    if (of == NULL || of->row->merchant != c->who.merchant) {
        call_refuse(c, R_NOT_FOUND, S(""));
        return;
    }
    stats_wish *w = wish_new(c);
    w->campaign = of->row;
    if (put_span(c, w, p))
        slow_run(c, answer);
}

void api_template_stats(api_call *c)
{
    const wire_template_stats_parameters *p = c->parameters;
    if (!call_config_now(c))
        return;
    const config_template *t = config_find_template(call_config(c), p->template);
    if (t == NULL || t->row->merchant != c->who.merchant) {
        call_refuse(c, R_NOT_FOUND, S(""));
        return;
    }
    const config_campaign *of = config_find_campaign(call_config(c), t->row->campaign);
    stats_wish *w = wish_new(c);
    w->campaign = of->row;
    w->template = t->row;
    wire_campaign_stats_parameters same = {.by = p->by,
                                           .has_from = p->has_from,
                                           .from = p->from,
                                           .has_to = p->has_to,
                                           .to = p->to,
                                           .page_size = p->page_size,
                                           .page_token = p->page_token};
    if (put_span(c, w, &same))
        slow_run(c, answer);
}
