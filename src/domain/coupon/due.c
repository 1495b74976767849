/* Applying deadlines and ends to rows of one slot: see due.h. */
#include "domain/coupon/due.h"

#include "domain/coupon/state.h"
#include "domain/stats/tally.h"

static bool is_due(const order_counters *c, int64_t due_at_ms)
{
    return due_at_ms <= uow_now(c->u);
}

due_rows *due_find(order_counters c, size_t coupons, size_t holds)
{
    due_rows *d = ARENA_NEW(uow_memory(c.u), due_rows);
    d->c = c;
    coupon from_coupon = {.slot = c.slot};
    hold from_hold = {.slot = c.slot};
    uow_range by_end = {&coupon_table, COUPON_BY_DUE, &from_coupon, 1, false};
    uow_range by_deadline = {&hold_table, HOLD_BY_DUE, &from_hold, 1, false};
    size_t n = coupons == 0 ? 0 : uow_scan(c.u, &by_end, coupons, d->coupons);
    while (d->coupon_count < n && is_due(&c, ((coupon *)d->coupons[d->coupon_count])->due_at_ms))
        d->coupon_count++;
    n = holds == 0 ? 0 : uow_scan(c.u, &by_deadline, holds, d->holds);
    while (d->hold_count < n && is_due(&c, ((hold *)d->holds[d->hold_count])->due_at_ms))
        d->hold_count++;
    d->more_coupons = d->coupon_count == coupons;
    d->more_holds = d->hold_count == holds;
    return d;
}

void due_load(due_rows *d)
{
    uow *u = d->c.u;
    d->by_hold = ARENA_ARRAY(uow_memory(u), order_counters, d->hold_count);
    for (size_t i = 0; i < d->coupon_count; i++) {
        const coupon *row = d->coupons[i];
        terms of = terms_of(uow_config(u), row->template);
        coupon_end_load(&d->c, &of, row);
    }
    for (size_t i = 0; i < d->hold_count; i++) {
        const hold *row = d->holds[i];
        d->by_hold[i] = order_counters_of(&d->c, row->member);
        hold_close_load(&d->by_hold[i], row);
    }
}

/* False: an edit has given it more time, and it is looked at again then. */
static bool expire(const order_counters *c, coupon *row)
{
    uow *u = c->u;
    terms of = terms_of(uow_config(u), row->template);
    int64_t ends = config_expires_at_ms(uow_config(u), row);
    if (uow_now(u) < ends) {
        coupon_edit(u, row);
        row->due_at_ms = ends;
        return false;
    }
    coupon_end(c, &of, row, EVENT_KIND_COUPON_EXPIRED);
    tally_of(u, &of)->expired++;
    return true;
}

sweep_out due_apply(const due_rows *d)
{
    sweep_out out = {.more = d->more_coupons || d->more_holds};
    for (size_t i = 0; i < d->coupon_count; i++)
        out.expired += expire(&d->c, d->coupons[i]) ? 1 : 0;
    for (size_t i = 0; i < d->hold_count; i++) {
        hold *row = d->holds[i];
        if (row->state != HOLD_STATE_OPEN)
            continue;
        hold_close(&d->by_hold[i], row, HOLD_STATE_EXPIRED);
        out.released++;
    }
    return out;
}
