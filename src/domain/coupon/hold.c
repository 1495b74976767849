/* The acts that lock coupons for an order and let them go again: see acts.h. */
#include "base/id.h"
#include "domain/coupon/order_part.h"
#include "domain/coupon/use.h"

static void hold_coupon(order_desk *d, const hold *row, size_t i)
{
    uow *u = d->c.u;
    const applied_coupon *a = &row->applied.items[i];
    const order_coupon *c = &d->coupons[i];
    tally_of(u, &d->of[i])->held++;
    if (!c->many) {
        order_use use = order_use_of(d, i, row->id);
        order_use_move(u, &use, EVENT_KIND_COUPON_HELD);
        return;
    }
    use_desk of = {u, d->of[i].template, c->row, c->use};
    held_use more = {.hold = row->id,
                     .at_ms = row->created_at_ms,
                     .deadline_ms = row->deadline_ms,
                     .discount_minor = a->discount_minor,
                     .reserved_minor = c->own_minor};
    use_hold(&of, &more, a->version);
}

static const hold *hold_write(order_desk *d, uint64_t id)
{
    uow *u = d->c.u;
    const order_in *in = d->in;
    hold *row = hold_new(u, d->c.slot, id);
    ORDER_FREEZE(d, row);
    row->created_at_ms = uow_now(u);
    row->deadline_ms = in->deadline_ms;
    row->basis = in->basis;
    hold_move(u, row, HOLD_STATE_OPEN);
    for (size_t i = 0; i < in->applied.n; i++)
        hold_coupon(d, row, i);
    return row;
}

/* Each open hold of a coupon is looked at whenever it is used. */
static result check_holds(const order_desk *d)
{
    for (size_t i = 0; i < d->facts.applied_count; i++) {
        const coupon_use *use = d->coupons[i].use;
        if (use != NULL && use->held.n >= USE_HOLDS_MAX)
            return uow_refuse(d->c.u, R_COUPON_NOT_AVAILABLE, "A coupon has %d open holds.",
                              USE_HOLDS_MAX);
    }
    return R_DONE;
}

void hold_ahead(uow *u, const void *input)
{
    const order_in *in = input;
    order_desk d = {.in = in, .c = {.u = u, .slot = slot_of_user(in->merchant, in->user)}};
    order_ahead(&d, false);
}

result hold_decide(uow *u, const void *input, void *output)
{
    const order_in *in = input;
    order_out *out = output;
    result r = order_check(u, in);
    if (r != R_DONE)
        return r;
    if (in->deadline_ms <= uow_now(u))
        return uow_refuse(u, R_INVALID, "The deadline has passed.");
    order_desk d = {.in = in, .c = {.u = u, .slot = slot_of_user(in->merchant, in->user)}};
    r = order_open(&d, false);
    if (r != R_DONE)
        return r;
    uint64_t id = uow_next_id(u, d.c.slot);
    r = order_confirm(&d, id);
    if (r == R_DONE)
        r = check_holds(&d);
    if (r != R_DONE)
        return r;
    const hold *row = hold_write(&d, id);
    order_name(&d, id, 0);
    *out = (order_out){.hold = id,
                       .at_ms = row->created_at_ms,
                       .deadline_ms = row->deadline_ms,
                       .subtotal_minor = row->subtotal_minor,
                       .discount_minor = row->discount_minor};
    slice_settle(d.c.slices);
    return limit_book_settle(d.c.book);
}

result release_decide(uow *u, const void *input, void *output)
{
    const hold_ref_in *in = input;
    hold_ref_out *out = output;
    uint16_t slot = id_slot(in->hold);
    hold *row = hold_get(u, slot, in->hold);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL || row->merchant != in->merchant)
        return uow_refuse(u, R_NOT_FOUND, "There is no such hold.");
    *out = (hold_ref_out){.hold = row->id, .state = HOLD_STATE_RELEASED};
    if (row->state == HOLD_STATE_RELEASED)
        return R_DONE;
    if (row->state == HOLD_STATE_EXPIRED) {
        hold_move(u, row, HOLD_STATE_RELEASED);
        return R_DONE;
    }
    if (row->state != HOLD_STATE_OPEN)
        return uow_refuse(u, R_HOLD_NOT_OPEN, "The hold is %.*s.",
                          STR_ARG(hold_state_name(row->state)));
    order_counters c = order_counters_new(u, slot, row->member);
    hold_close_load(&c, row);
    if (uow_pending(u))
        return R_AGAIN;
    hold_close(&c, row, HOLD_STATE_RELEASED);
    slice_settle(c.slices);
    return limit_book_settle(c.book);
}
