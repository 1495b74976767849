/* Taking hold of a coupon: see grasp.h. */
#include "domain/coupon/grasp.h"

#include "base/id.h"
#include "domain/coupon/transfer.h"

static result find_offer(coupon_grasp *g)
{
    uow *u = g->c.u;
    if (g->row->state != COUPON_STATE_OFFERED)
        return R_DONE;
    g->offer = transfer_get(u, g->row->slot, g->row->ref);
    return uow_pending(u) ? R_AGAIN : transfer_wait(u, g->offer);
}

/* Its hold, where it has only one; or those that have uses of it. */
static result find_holds(coupon_grasp *g)
{
    uow *u = g->c.u;
    const coupon *row = g->row;
    if (!use_is_many(g->of.template)) {
        hold *by = row->state == COUPON_STATE_HELD ? hold_get(u, row->slot, row->ref) : NULL;
        if (by != NULL)
            g->stale[g->stale_count++] = by;
        return uow_pending(u) ? R_AGAIN : R_DONE;
    }
    g->use = coupon_use_get(u, row->slot, row->id);
    if (uow_pending(u))
        return R_AGAIN;
    for (size_t i = 0; g->use != NULL && i < g->use->held.n; i++)
        if (g->use->held.items[i].deadline_ms <= uow_now(u))
            g->stale[g->stale_count++] = hold_get(u, row->slot, g->use->held.items[i].hold);
    return uow_pending(u) ? R_AGAIN : R_DONE;
}

static void look(coupon_grasp *g)
{
    uow *u = g->c.u;
    coupon row = *g->row;
    if (g->offer != NULL && transfer_is_over(g->offer, uow_now(u)))
        row.state = COUPON_STATE_AVAILABLE;
    use_ask ask = {.of = g->of.template, .row = &row, .use = g->use, .now_ms = uow_now(u)};
    if (use_is_many(g->of.template))
        g->now = use_state_at(uow_config(u), &ask, &g->left);
    else
        g->now = coupon_state_at(uow_config(u), &row, g->stale_count == 0 ? NULL : g->stale[0],
                                 uow_now(u));
}

result grasp_find(coupon_grasp *g, uint64_t merchant_id, uint64_t coupon_id)
{
    uow *u = g->c.u;
    g->row = coupon_get(u, id_slot(coupon_id), coupon_id);
    if (uow_pending(u))
        return R_AGAIN;
    if (g->row == NULL || !terms_find(uow_config(u), g->row->template, &g->of) ||
        g->of.merchant->row->id != merchant_id)
        return uow_refuse(u, R_NOT_FOUND, "There is no such coupon.");
    result r = find_offer(g);
    if (r == R_DONE)
        r = find_holds(g);
    if (r == R_DONE)
        look(g);
    return r;
}

void grasp_load(coupon_grasp *g)
{
    g->c = order_counters_new(g->c.u, g->row->slot, g->row->member);
    for (size_t i = 0; i < g->stale_count; i++)
        hold_close_load(&g->c, g->stale[i]);
}

void grasp_apply(const coupon_grasp *g)
{
    for (size_t i = 0; i < g->stale_count; i++)
        hold_close(&g->c, g->stale[i], HOLD_STATE_EXPIRED);
    if (g->offer != NULL && transfer_is_over(g->offer, uow_now(g->c.u)))
        transfer_close(g->c.u, g->offer, g->row, TRANSFER_STATE_EXPIRED);
}
