/* See query_stats.h. Rows are collected, sorted, and neighbours that belong together added up. */
#include "app/query_stats.h"

#include <stdlib.h>

#include "app/query_due.h"
#include "domain/price/fund.h"

enum { ROWS_FIRST = 64 };

/* ---- counts ---- */

typedef struct collected_counts {
    arena *memory;
    const counts_ask *ask;
    int64_t held_now;
    tally *rows;
    size_t n, capacity;
} collected_counts;

/* What a row brings to the answer: of a campaign, the columns that do not add up over templates
 * come from its own row alone. */
static tally part_of(const collected_counts *c, const tally *row)
{
    tally part = *row;
    if (row->template != c->ask->template) {
        part.users = 0;
        part.order_minor = 0;
        part.order_returned_minor = 0;
    }
    return part;
}

static void collect_counts(void *context, const tally *row)
{
    collected_counts *c = context;
    c->held_now += row->held - row->released - row->confirmed;
    if (row->day < c->ask->from_day || row->day >= c->ask->until_day)
        return;
    if (c->n == c->capacity) {
        size_t capacity = c->capacity == 0 ? ROWS_FIRST : c->capacity * 2;
        tally *rows = ARENA_ARRAY(c->memory, tally, capacity);
        if (c->n > 0)
            memcpy(rows, c->rows, c->n * sizeof *rows);
        c->rows = rows;
        c->capacity = capacity;
    }
    c->rows[c->n++] = part_of(c, row);
}

static void add(tally *sum, const tally *row)
{
    sum->issued += row->issued;
    sum->held += row->held;
    sum->released += row->released;
    sum->redeemed += row->redeemed;
    sum->returned += row->returned;
    sum->expired += row->expired;
    sum->voided += row->voided;
    sum->users += row->users;
    sum->discount_minor += row->discount_minor;
    sum->discount_returned_minor += row->discount_returned_minor;
    sum->order_minor += row->order_minor;
    sum->order_returned_minor += row->order_returned_minor;
    sum->adds_minor += row->adds_minor;
    sum->adds_returned_minor += row->adds_returned_minor;
}

static int by_day(const void *a, const void *b)
{
    int32_t x = ((const tally *)a)->day;
    int32_t y = ((const tally *)b)->day;
    return (x > y) - (x < y);
}

/* What is due, as a row of today. */
typedef struct due_counts {
    const counts_ask *ask;
    tally today;
    int64_t budget_minor;
} due_counts;

static void collect_due(void *context, const due_change *change)
{
    due_counts *d = context;
    const template *of = change->template->row;
    if (of->campaign != d->ask->campaign)
        return;
    d->budget_minor += change->budget_minor; /* one budget for all its templates */
    if (d->ask->template != 0 && of->id != d->ask->template)
        return;
    d->today.released += change->released;
    d->today.expired += change->expired;
}

static int32_t today_of(app_view *v, uint64_t campaign_id)
{
    const config_campaign *of = config_find_campaign(v->config, campaign_id);
    const config_merchant *owner =
        of == NULL ? NULL : config_find_merchant(v->config, of->row->merchant);
    return zone_day(owner == NULL ? &zone_utc : owner->zone, uow_now(v->rows));
}

static void collect_all_due(app_view *v, collected_counts *c, due_counts *d)
{
    due_watch watch = {.change = collect_due, .context = d, .most = DUE_LOOK_MAX};
    (void)query_due(v, &watch);
    d->today.day = today_of(v, d->ask->campaign);
    d->today.template = d->ask->template;
    if (d->today.released > 0 || d->today.expired > 0)
        collect_counts(c, &d->today);
}

void query_stats(app_view *v, const counts_ask *ask, stats_days *out)
{
    collected_counts c = {.memory = v->memory, .ask = ask};
    counts_ask all_days = {ask->campaign, ask->template, INT32_MIN, INT32_MAX};
    due_counts due = {.ask = ask};
    query_counts(v, &all_days, collect_counts, &c);
    collect_all_due(v, &c, &due);
    if (c.n > 0)
        qsort(c.rows, c.n, sizeof *c.rows, by_day);
    *out =
        (stats_days){.days = c.rows, .due_budget_minor = due.budget_minor, .held_now = c.held_now};
    for (size_t i = 0; i < c.n; i++) {
        add(&out->total, &c.rows[i]);
        if (out->n > 0 && out->days[out->n - 1].day == c.rows[i].day)
            add(&out->days[out->n - 1], &c.rows[i]);
        else
            out->days[out->n++] = c.rows[i];
    }
}

/* ---- goods ---- */

typedef struct collected_goods {
    arena *memory;
    tally_goods *rows;
    size_t n, capacity;
} collected_goods;

static void collect_goods(void *context, const tally_goods *row)
{
    collected_goods *c = context;
    if (c->n == c->capacity) {
        size_t capacity = c->capacity == 0 ? ROWS_FIRST : c->capacity * 2;
        tally_goods *rows = ARENA_ARRAY(c->memory, tally_goods, capacity);
        if (c->n > 0)
            memcpy(rows, c->rows, c->n * sizeof *rows);
        c->rows = rows;
        c->capacity = capacity;
    }
    c->rows[c->n++] = *row;
}

static int by_value(const void *a, const void *b)
{
    return str_cmp(((const tally_goods *)a)->value, ((const tally_goods *)b)->value);
}

void query_stats_goods(app_view *v, const counts_ask *ask, goods_dimension dimension,
                       stats_goods *out)
{
    collected_goods c = {.memory = v->memory};
    query_goods(v, ask, dimension, collect_goods, &c);
    if (c.n > 0)
        qsort(c.rows, c.n, sizeof *c.rows, by_value);
    *out = (stats_goods){.rows = c.rows};
    for (size_t i = 0; i < c.n; i++) {
        const tally_goods *row = &c.rows[i];
        if (out->n == 0 || !str_eq(out->rows[out->n - 1].value, row->value)) {
            out->rows[out->n++] = *row;
            continue;
        }
        tally_goods *sum = &out->rows[out->n - 1];
        sum->redemptions += row->redemptions;
        sum->quantity += row->quantity;
        sum->order_minor += row->order_minor;
        sum->discount_minor += row->discount_minor;
        sum->returned_quantity += row->returned_quantity;
        sum->returned_minor += row->returned_minor;
    }
}

/* ---- parties ---- */

typedef struct collected_parties {
    app_view *v;
    stats_party *rows;
    size_t n, capacity;
} collected_parties;

int stats_party_order(const fund_party *a, const fund_party *b)
{
    return a->kind != b->kind ? (a->kind > b->kind) - (a->kind < b->kind)
                              : str_cmp(a->name, b->name);
}

static int by_party(const void *a, const void *b)
{
    return stats_party_order(((const stats_party *)a)->party, ((const stats_party *)b)->party);
}

static void collect_parties(void *context, const tally_party *row)
{
    collected_parties *c = context;
    const config_template *t = config_find_template(c->v->config, row->template);
    const fund_party *p =
        t == NULL ? NULL : fund_find(t->versions[t->version_count - 1], row->party);
    CHECK(p != NULL); /* the snapshot is not older than the row */
    if (c->n == c->capacity) {
        size_t capacity = c->capacity == 0 ? ROWS_FIRST : c->capacity * 2;
        stats_party *rows = ARENA_ARRAY(c->v->memory, stats_party, capacity);
        if (c->n > 0)
            memcpy(rows, c->rows, c->n * sizeof *rows);
        c->rows = rows;
        c->capacity = capacity;
    }
    c->rows[c->n++] = (stats_party){.party = p,
                                    .discount_minor = row->discount_minor,
                                    .discount_returned_minor = row->discount_returned_minor};
}

/* With nothing paid: what a template's funding names is told, whether it has paid or not. */
static void collect_named(collected_parties *c, uint64_t template_id)
{
    const config_template *t = config_find_template(c->v->config, template_id);
    const template_version *v = t == NULL ? NULL : t->versions[t->version_count - 1];
    for (size_t i = 0; v != NULL && i < v->funding.n; i++) {
        tally_party none = {.template = template_id, .party = v->funding.items[i].number};
        collect_parties(c, &none);
    }
}

typedef struct due_parties {
    uint64_t template;
    stats_parties *of;
} due_parties;

static void collect_due_parties(void *context, const due_change *change)
{
    const due_parties *d = context;
    if (change->template->row->id != d->template)
        return;
    for (size_t i = 0; i < change->party_count; i++)
        for (size_t k = 0; k < d->of->n; k++)
            if (d->of->rows[k].party->number == change->parties[i].party)
                d->of->rows[k].due_minor += change->parties[i].reserved_minor;
}

void query_stats_parties(app_view *v, const counts_ask *ask, stats_parties *out)
{
    collected_parties c = {.v = v};
    collect_named(&c, ask->template);
    query_parties(v, ask, collect_parties, &c);
    if (c.n > 0)
        qsort(c.rows, c.n, sizeof *c.rows, by_party);
    *out = (stats_parties){.rows = c.rows};
    for (size_t i = 0; i < c.n; i++) {
        const stats_party *row = &c.rows[i];
        if (out->n == 0 || by_party(&out->rows[out->n - 1], row) != 0) {
            out->rows[out->n++] = *row;
            continue;
        }
        out->rows[out->n - 1].discount_minor += row->discount_minor;
        out->rows[out->n - 1].discount_returned_minor += row->discount_returned_minor;
    }
    due_parties due = {ask->template, out};
    due_watch watch = {.change = collect_due_parties, .context = &due, .most = DUE_LOOK_MAX};
    if (ask->template != 0)
        (void)query_due(v, &watch);
}

/* ---- money in other currencies ---- */

typedef struct collected_money {
    arena *memory;
    const counts_ask *ask;
    stats_group by;
    tally_money *rows;
    size_t n, capacity;
} collected_money;

/* Whole orders do not add up over templates: as in part_of. */
static void collect_money(void *context, const tally_money *row)
{
    collected_money *c = context;
    if (c->n == c->capacity) {
        size_t capacity = c->capacity == 0 ? ROWS_FIRST : c->capacity * 2;
        tally_money *rows = ARENA_ARRAY(c->memory, tally_money, capacity);
        if (c->n > 0)
            memcpy(rows, c->rows, c->n * sizeof *rows);
        c->rows = rows;
        c->capacity = capacity;
    }
    tally_money *part = &c->rows[c->n++];
    *part = *row;
    part->day = c->by == STATS_BY_DAY ? row->day : 0;
    if (row->dimension == 0 && row->template != c->ask->template) {
        part->order_minor = 0;
        part->order_returned_minor = 0;
    }
}

static int by_group(const void *a, const void *b)
{
    const tally_money *x = a, *y = b;
    int order = (x->day > y->day) - (x->day < y->day);
    if (order == 0)
        order = str_cmp(x->value, y->value);
    return order == 0 ? (x->currency > y->currency) - (x->currency < y->currency) : order;
}

void query_stats_money(app_view *v, const counts_ask *ask, uint8_t dimension, stats_group by,
                       stats_money *out)
{
    collected_money c = {.memory = v->memory, .ask = ask, .by = by};
    query_money(v, ask, dimension, collect_money, &c);
    if (c.n > 0)
        qsort(c.rows, c.n, sizeof *c.rows, by_group);
    *out = (stats_money){.rows = c.rows};
    for (size_t i = 0; i < c.n; i++) {
        const tally_money *row = &c.rows[i];
        if (out->n == 0 || by_group(&out->rows[out->n - 1], row) != 0) {
            out->rows[out->n++] = *row;
            continue;
        }
        tally_money *sum = &out->rows[out->n - 1];
        sum->discount_minor += row->discount_minor;
        sum->discount_returned_minor += row->discount_returned_minor;
        sum->order_minor += row->order_minor;
        sum->order_returned_minor += row->order_returned_minor;
        sum->adds_minor += row->adds_minor;
        sum->adds_returned_minor += row->adds_returned_minor;
    }
}
