/* The act that changes stock and budget by target. See pool.h.
 *
 * The pool is brought to the target with the row that configures it, in one commit. From then on
 * the pool has a row, so that no older snapshot of the configuration can begin it with another
 * total. */
#include <inttypes.h>

#include "base/id.h"
#include "base/money.h"
#include "domain/campaign/rules.h"
#include "domain/limit/pool.h"

typedef struct pool_desk {
    uow *u;
    const pool_change_in *in;
    pool_name name;
    template *template;
    const template_version *version;
    campaign *campaign;
    pool *row; /* NULL: nobody has asked yet */
} pool_desk;

static result check_input(uow *u, const pool_change_in *in)
{
    bool stock = in->kind == POOL_KIND_STOCK;
    if (!stock && in->kind != POOL_KIND_BUDGET)
        return uow_refuse(u, R_INVALID, "kind is stock or budget");
    int64_t least = stock ? -1 : 1, most = stock ? STOCK_MAX : MONEY_MAX;
    if (in->target < least || in->target > most)
        return uow_refuse_field(u, S("target"), S("out_of_range"), "%" PRId64 " to %" PRId64, least,
                                most);
    return R_DONE;
}

static result load(pool_desk *d)
{
    uow *u = d->u;
    uint16_t slot = id_slot(d->in->owner);
    if (d->in->kind == POOL_KIND_STOCK)
        d->template = template_get(u, slot, d->in->owner);
    else
        d->campaign = campaign_get(u, slot, d->in->owner);
    d->row = pool_get(u, slot, d->name.owner, d->name.kind, 0, 0);
    if (uow_pending(u))
        return R_AGAIN;
    bool ours = d->template != NULL   ? d->template->merchant == d->in->merchant
                : d->campaign != NULL ? d->campaign->merchant == d->in->merchant
                                      : false;
    if (!ours)
        return uow_refuse(u, R_NOT_FOUND, "There is no such template or campaign.");
    if (d->template != NULL)
        d->version = template_version_get(u, slot, d->template->id, d->template->version);
    if (uow_pending(u))
        return R_AGAIN;
    CHECK(d->template == NULL || d->version != NULL); /* written in one commit */
    return R_DONE;
}

/* Takes the pool from its total to the target, or tells why not yet or not at all. */
static result move_pool(const pool_desk *d)
{
    uow *u = d->u;
    pool *p = d->row;
    int64_t target = d->in->target;
    if (target < 0)
        return R_DONE; /* unlimited: what the pool has counted stays, nobody takes from it */
    if (p == NULL) {
        p = pool_new(u, id_slot(d->in->owner), d->name.owner, d->name.kind, 0, 0);
        p->total = target;
        p->free = target;
        return R_DONE;
    }
    int64_t more = target - p->total;
    if (p->free + more >= 0) {
        pool_edit(u, p);
        p->total = target;
        p->free += more;
        return R_DONE;
    }
    bool settled = uow_dry(u, d->name, more); /* nothing was due or on its way home */
    for (size_t i = 0; i < p->leases.n; i++)
        settled = settled && !p->leases.items[i].open;
    if (!settled) {
        uow_wait_for(u, d->name, more);
        return R_WAIT;
    }
    return uow_refuse(u, R_NOT_EDITABLE, "%" PRId64 " is used already: that is the lowest target.",
                      p->total - p->free);
}

static void announce(const pool_desk *d, uint32_t version)
{
    event e = {.kind =
                   d->template != NULL ? EVENT_KIND_TEMPLATE_CHANGED : EVENT_KIND_CAMPAIGN_CHANGED,
               .at_ms = uow_now(d->u),
               .merchant = d->in->merchant,
               .campaign = d->template != NULL ? d->template->campaign : d->campaign->id,
               .template = d->template != NULL ? d->template->id : 0,
               .revision = version};
    uow_event(d->u, &e);
}

static void write_template(const pool_desk *d, row_out *out)
{
    template *t = d->template;
    template_edit(d->u, t);
    t->stock = d->in->target;
    t->updated_at_ms = uow_now(d->u);
    *out = (row_out){
        .id = t->id,
        .version = t->version,
        .row = record_bytes(&template_table.record, t, uow_memory(d->u)),
        .version_row = record_bytes(&template_version_table.record, d->version, uow_memory(d->u))};
}

static void write_campaign(const pool_desk *d, row_out *out)
{
    campaign *c = d->campaign;
    campaign_edit(d->u, c);
    c->budget_minor = d->in->target;
    c->version++;
    c->updated_at_ms = uow_now(d->u);
    *out = (row_out){.id = c->id,
                     .version = c->version,
                     .row = record_bytes(&campaign_table.record, c, uow_memory(d->u))};
}

result pool_change_decide(uow *u, const void *input, void *output)
{
    const pool_change_in *in = input;
    row_out *out = output;
    pool_desk d = {.u = u, .in = in, .name = {.owner = in->owner, .kind = in->kind}};
    result r = check_input(u, in);
    if (r == R_DONE)
        r = load(&d);
    if (r != R_DONE)
        return r;
    if (d.template != NULL && d.template->apply == APPLY_MODE_AUTOMATIC)
        return uow_refuse(u, R_NOT_EDITABLE, "An automatic template has no stock.");
    if (d.template != NULL && d.template->partner.n > 0)
        return uow_refuse(u, R_NOT_EDITABLE, "Its stock are the codes of a partner: add some.");
    if (d.campaign != NULL && d.campaign->budget_mode == BUDGET_MODE_NONE)
        return uow_refuse(u, R_NOT_EDITABLE, "The campaign has no budget.");
    int64_t now = d.template != NULL ? d.template->stock : d.campaign->budget_minor;
    if (now != in->current)
        return uow_refuse(u, R_CURRENT_VALUE_MISMATCH, "The current value is %" PRId64 ".", now);
    r = move_pool(&d);
    if (r != R_DONE)
        return r;
    if (d.template != NULL)
        write_template(&d, out);
    else
        write_campaign(&d, out);
    announce(&d, out->version);
    return R_DONE;
}
