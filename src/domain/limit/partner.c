/* Codes of partners as pieces of stock: see partner.h.
 *
 * Rows that are gone leave traces which a scan has to pass. So pool and slice keep the number that
 * none of theirs is below (first). */
#include "domain/limit/partner.h"

#include "base/id.h"
#include "domain/campaign/rules.h"
#include "domain/limit/pool.h"

bool partner_has(const config *c, pool_name which)
{
    if (which.kind != POOL_KIND_STOCK)
        return false;
    const config_template *t = config_find_template(c, which.owner);
    return t != NULL && t->row->partner.n > 0;
}

/* ---- home ---- */

void partner_home_load(uow *u, const pool *p, partner_shelf *out)
{
    partner_code from = {.slot = p->slot, .template = p->owner, .number = p->first};
    uow_range range = {
        .table = &partner_code_table, .index = -1, .from = &from, .prefix_columns = 2};
    out->rows = ARENA_ARRAY(uow_memory(u), void *, PARTNER_GRANT_MAX);
    out->n = uow_scan(u, &range, PARTNER_GRANT_MAX, out->rows);
}

void partner_home_take(uow *u, pool *p, const partner_shelf *from, lease_in *message)
{
    size_t n = (size_t)message->amount;
    CHECK(n <= from->n); /* the home has a row for each that is free */
    message->codes.items = ARENA_ARRAY(uow_memory(u), carried_code, n);
    message->codes.n = n;
    for (size_t i = 0; i < n; i++) {
        partner_code *row = from->rows[i];
        message->codes.items[i] = (carried_code){row->number, row->sealed};
        p->first = row->number + 1;
        partner_code_delete(u, row);
    }
}

void partner_home_put(uow *u, pool *p, const lease_in *message)
{
    for (size_t i = 0; i < message->codes.n; i++) {
        const carried_code *c = &message->codes.items[i];
        partner_code_new(u, p->slot, p->owner, c->number)->sealed = c->sealed;
        if (c->number < p->first)
            p->first = c->number;
    }
}

/* ---- lane ---- */

void partner_lane_load(uow *u, const slice *row, size_t limit, partner_shelf *out)
{
    *out = (partner_shelf){0};
    if (row == NULL)
        return;
    lane_code from = {.lane = row->lane, .template = row->owner, .number = row->first};
    uow_range range = {.table = &lane_code_table, .index = -1, .from = &from, .prefix_columns = 2};
    out->rows = ARENA_ARRAY(uow_memory(u), void *, limit);
    out->n = uow_scan(u, &range, limit, out->rows);
}

void partner_lane_put(uow *u, slice *row, const lease_in *message)
{
    for (size_t i = 0; i < message->codes.n; i++) {
        const carried_code *c = &message->codes.items[i];
        lane_code_new(u, row->lane, row->owner, c->number)->sealed = c->sealed;
        if ((i == 0 && row->free == 0) || c->number < row->first)
            row->first = c->number;
    }
}

void partner_lane_take(uow *u, slice *row, const partner_shelf *from, lease_in *message)
{
    CHECK((int64_t)from->n == row->free);
    message->codes.items = ARENA_ARRAY(uow_memory(u), carried_code, from->n);
    message->codes.n = from->n;
    for (size_t i = 0; i < from->n; i++) {
        lane_code *code = from->rows[i];
        message->codes.items[i] = (carried_code){code->number, code->sealed};
        lane_code_delete(u, code);
    }
}

str partner_lane_give(uow *u, lane_code *row, uint64_t coupon_id)
{
    given_code *given = given_code_new(u, id_slot(coupon_id), coupon_id);
    slice *of = slice_get(u, row->lane, row->template, POOL_KIND_STOCK, 0, 0);
    given->number = row->number;
    given->sealed = arena_str(uow_memory(u), row->sealed); /* its row goes */
    slice_edit(u, of);
    of->first = row->number + 1;
    lane_code_delete(u, row);
    return given->sealed;
}

/* ---- adding ---- */

typedef struct partner_desk {
    uow *u;
    const partner_put_in *in;
    partner_put_out *out;
    template *template;
    pool *pool;
    int64_t from; /* number of the first that this act adds */
} partner_desk;

static partner_known *known_of(const partner_desk *d, size_t i)
{
    const partner_line *line = &d->in->lines.items[i];
    return partner_known_get(d->u, id_slot(d->in->template), d->in->template, line->hi, line->lo);
}

static result load(partner_desk *d)
{
    uow *u = d->u;
    uint16_t slot = id_slot(d->in->template);
    d->template = template_get(u, slot, d->in->template);
    d->pool = pool_get(u, slot, d->in->template, POOL_KIND_STOCK, 0, 0);
    for (size_t i = 0; i < d->in->lines.n; i++)
        (void)known_of(d, i);
    if (uow_pending(u))
        return R_AGAIN;
    if (d->template == NULL || d->template->merchant != d->in->merchant)
        return uow_refuse(u, R_NOT_FOUND, "There is no such template.");
    if (d->template->partner.n == 0)
        return uow_refuse(u, R_NOT_EDITABLE, "Its coupons take no codes of a partner.");
    if (d->template->stock > STOCK_MAX - PARTNER_LINES_MAX)
        return uow_refuse_field(u, S("codes"), S("too_many"), "no more of them");
    return R_DONE;
}

static void add(partner_desk *d, size_t i)
{
    const partner_line *line = &d->in->lines.items[i];
    uint16_t slot = d->template->slot;
    const partner_known *known = known_of(d, i);
    if (known != NULL) {
        bool twice = (int64_t)known->number >= d->from;
        d->out->rest.items[d->out->rest.n++] = (rest_line){line->line, twice};
        return;
    }
    uint64_t number = (uint64_t)d->template->stock;
    partner_known_new(d->u, slot, d->in->template, line->hi, line->lo)->number = number;
    partner_code_new(d->u, slot, d->in->template, number)->sealed = line->sealed;
    d->template->stock++;
    d->out->accepted++;
}

static void stock(partner_desk *d)
{
    pool *p = d->pool;
    if (p == NULL)
        p = pool_new(d->u, d->template->slot, d->template->id, POOL_KIND_STOCK, 0, 0);
    else
        pool_edit(d->u, p);
    if (p->free == 0)
        p->first = (uint64_t)d->from;
    p->total += d->out->accepted;
    p->free += d->out->accepted;
}

result partner_put_decide(uow *u, const void *input, void *output)
{
    const partner_put_in *in = input;
    partner_desk d = {.u = u, .in = in, .out = output};
    if (in->lines.n > PARTNER_LINES_MAX)
        return uow_refuse_field(u, S("codes"), S("too_many"), "at most %d", PARTNER_LINES_MAX);
    result r = load(&d);
    if (r != R_DONE)
        return r;
    *d.out = (partner_put_out){0};
    d.out->rest.items = ARENA_ARRAY(uow_memory(u), rest_line, in->lines.n);
    d.from = d.template->stock;
    template_edit(u, d.template);
    for (size_t i = 0; i < in->lines.n; i++)
        add(&d, i);
    d.out->total = d.template->stock;
    if (d.out->accepted == 0)
        return R_DONE;
    d.template->updated_at_ms = uow_now(u);
    stock(&d);
    event e = {.kind = EVENT_KIND_TEMPLATE_CHANGED,
               .at_ms = uow_now(u),
               .merchant = in->merchant,
               .campaign = d.template->campaign,
               .template = in->template,
               .revision = d.template->version};
    uow_event(u, &e);
    return R_DONE;
}
