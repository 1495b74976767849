/* The act that applies deadlines and ends to the rows of one slot: see acts.h. Answers do not
 * depend on it: state.h tells what a row that is due means. */
#include "base/id.h"
#include "domain/coupon/acts.h"
#include "domain/coupon/close.h"
#include "domain/coupon/state.h"
#include "domain/stats/tally.h"

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

typedef struct sweep_desk {
    uow *u;
    uint16_t slot;
    void *coupons[SWEEP_MAX], *holds[SWEEP_MAX];
    size_t coupon_count, hold_count;
    bool more;
} sweep_desk;

static void sweep_find(sweep_desk *d, size_t limit)
{
    coupon from_coupon = {.slot = d->slot};
    hold from_hold = {.slot = d->slot};
    uow_range coupons = {&coupon_table, COUPON_BY_DUE, &from_coupon, 1, false};
    uow_range holds = {&hold_table, HOLD_BY_DUE, &from_hold, 1, false};
    int64_t now = uow_now(d->u);
    size_t n = uow_scan(d->u, &coupons, limit, d->coupons);
    while (d->coupon_count < n && ((coupon *)d->coupons[d->coupon_count])->due_at_ms <= now)
        d->coupon_count++;
    n = uow_scan(d->u, &holds, limit, d->holds);
    while (d->hold_count < n && ((hold *)d->holds[d->hold_count])->due_at_ms <= now)
        d->hold_count++;
    d->more = d->coupon_count == limit || d->hold_count == limit;
}

result sweep_decide(uow *u, const void *input, void *output)
{
    const sweep_in *in = input;
    sweep_out *out = output;
    sweep_desk *d = ARENA_NEW(uow_memory(u), sweep_desk);
    d->u = u;
    d->slot = in->slot;
    if (in->slot >= SLOT_COUNT)
        return R_INVALID;
    sweep_find(d, in->limit < 1 || in->limit > SWEEP_MAX ? SWEEP_MAX : in->limit);
    if (uow_pending(u))
        return R_AGAIN;
    order_counters all = order_counters_new(u, d->slot, 0);
    order_counters *by_hold = ARENA_ARRAY(uow_memory(u), order_counters, d->hold_count);
    for (size_t i = 0; i < d->coupon_count; i++) {
        const coupon *row = d->coupons[i];
        terms of = terms_of(uow_config(u), row->template);
        coupon_end_load(&all, &of, row);
    }
    for (size_t i = 0; i < d->hold_count; i++) {
        by_hold[i] = order_counters_new(u, d->slot, ((hold *)d->holds[i])->member);
        hold_close_load(&by_hold[i], d->holds[i]);
    }
    if (uow_pending(u))
        return R_AGAIN;
    *out = (sweep_out){.more = d->more};
    for (size_t i = 0; i < d->coupon_count; i++)
        out->expired += expire(&all, d->coupons[i]) ? 1 : 0;
    slice_settle(all.slices);
    for (size_t i = 0; i < d->hold_count; i++) {
        hold_close(&by_hold[i], d->holds[i], HOLD_STATE_EXPIRED);
        slice_settle(by_hold[i].slices);
        out->released++;
    }
    return R_DONE;
}
