/* The act by which a merchant ends a coupon: see acts.h. */
#include "base/id.h"
#include "domain/coupon/acts.h"
#include "domain/coupon/grasp.h"
#include "domain/stats/tally.h"

typedef struct void_desk {
    coupon_grasp g;
    const void_in *in;
    limit_takes claims;
    coupon_take *taken; /* what limits by phone, e-mail … have counted; NULL: nothing */
    received *by;       /* what brought it; NULL: it was issued to its user */
} void_desk;

/* Holds that are open stay good; but what was used, or may be, was not issued in error. */
static result void_find(void_desk *d)
{
    uow *u = d->g.c.u;
    result r = grasp_find(&d->g, d->in->merchant, d->in->coupon);
    if (r != R_DONE)
        return r;
    if (d->g.row->transfer != 0)
        d->by = received_get(u, d->g.row->slot, d->g.row->transfer);
    if (uow_pending(u))
        return R_AGAIN;
    if (d->in->reason == VOID_REASON_ISSUED_IN_ERROR && use_is_many(d->g.of.template) &&
        (d->g.left.used || d->g.left.held > 0))
        return uow_refuse(u, R_COUPON_NOT_AVAILABLE, "The coupon is partly used.");
    if (!coupon_is_waiting(d->g.now.state))
        return uow_refuse(u, R_COUPON_NOT_AVAILABLE, "The coupon is %.*s.",
                          STR_ARG(coupon_state_name(d->g.now.state)));
    return R_DONE;
}

static void void_load(void_desk *d)
{
    grasp_load(&d->g);
    const order_counters *c = &d->g.c;
    const coupon *row = d->g.row;
    coupon_end_load(c, &d->g.of, row);
    tally_load_code(c->u, row->batch);
    if (d->in->reason != VOID_REASON_ISSUED_IN_ERROR)
        return;
    limit_book_claims_of(c->book, &d->g.of, &(limit_claim){row, d->by}, &d->claims);
    for (size_t i = 0; i < d->claims.n; i++)
        limit_book_load_take(c->book, &d->claims.items[i]);
    d->taken = coupon_take_get(c->u, row->slot, row->id);
    if (row->stocked)
        slice_load(c->slices, pool_stock(row->template));
}

void void_ahead(uow *u, const void *input)
{
    const void_in *in = input;
    void_desk d = {.g.c.u = u, .in = in};
    d.g.row = coupon_get(u, id_slot(in->coupon), in->coupon);
    if (d.g.row == NULL || !terms_find(uow_config(u), d.g.row->template, &d.g.of))
        return;
    if (d.g.row->transfer != 0)
        d.by = received_get(u, d.g.row->slot, d.g.row->transfer);
    void_load(&d);
}

result void_decide(uow *u, const void *input, void *output)
{
    const void_in *in = input;
    void_out *out = output;
    if (void_reason_name(in->reason).n == 0)
        return uow_refuse(u, R_INVALID, "reason is none of the known words");
    void_desk d = {.g.c.u = u, .in = in};
    result r = void_find(&d);
    if (r != R_DONE)
        return r;
    void_load(&d);
    if (uow_pending(u))
        return R_AGAIN;
    coupon *row = d.g.row;
    const order_counters *c = &d.g.c;
    grasp_apply(&d.g);
    coupon_void(c, &d.g.of, row, (void_reason)in->reason);
    for (size_t i = 0; i < d.claims.n; i++)
        limit_book_give(c->book, &d.g.of, &d.claims.items[i], 1);
    for (size_t i = 0; d.taken != NULL && i < d.taken->takes.n; i++) {
        limit_take take = d.taken->takes.items[i];
        limit_book_give(c->book, &d.g.of, &take, take.n);
    }
    if (d.taken != NULL)
        coupon_take_delete(u, d.taken);
    if (in->reason == VOID_REASON_ISSUED_IN_ERROR && row->stocked &&
        d.g.of.template->row->partner.n == 0) /* a partner's code has been seen */
        slice_give(c->slices, pool_stock(row->template), 1);
    *out = (void_out){.coupon = row->id, .at_ms = uow_now(u)};
    slice_settle(c->slices);
    return limit_book_settle(c->book);
}
