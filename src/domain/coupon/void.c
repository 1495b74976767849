/* The act by which a merchant ends a coupon: see acts.h. */
#include "base/id.h"
#include "domain/coupon/acts.h"
#include "domain/coupon/close.h"
#include "domain/coupon/use.h"
#include "domain/stats/tally.h"

typedef struct void_desk {
    order_counters c;
    const void_in *in;
    coupon *row;
    terms of;
    hold *stale[USE_HOLDS_MAX]; /* past their deadline, and still holding the coupon */
    size_t stale_count;
    limit_takes claims;
    coupon_take *taken; /* what limits by phone, e-mail … have counted; NULL: nothing */
} void_desk;

static result find_hold(void_desk *d, coupon_now *now)
{
    uow *u = d->c.u;
    hold *by = d->row->state == COUPON_STATE_HELD ? hold_get(u, d->c.slot, d->row->ref) : NULL;
    if (uow_pending(u))
        return R_AGAIN;
    *now = coupon_state_at(uow_config(u), d->row, by, uow_now(u));
    if (by != NULL)
        d->stale[d->stale_count++] = by;
    return R_DONE;
}

/* Holds that are open stay good; but what was used, or may be, was not issued in error. */
static result find_uses(void_desk *d, coupon_now *now)
{
    uow *u = d->c.u;
    coupon_use *use = coupon_use_get(u, d->c.slot, d->row->id);
    if (uow_pending(u))
        return R_AGAIN;
    use_ask ask = {.of = d->of.template, .row = d->row, .use = use, .now_ms = uow_now(u)};
    use_left left;
    *now = use_state_at(uow_config(u), &ask, &left);
    if (d->in->reason == VOID_REASON_ISSUED_IN_ERROR && (left.used || left.held > 0))
        return uow_refuse(u, R_COUPON_NOT_AVAILABLE, "The coupon is partly used.");
    for (size_t i = 0; use != NULL && i < use->held.n; i++)
        if (use->held.items[i].deadline_ms <= uow_now(u))
            d->stale[d->stale_count++] = hold_get(u, d->c.slot, use->held.items[i].hold);
    return uow_pending(u) ? R_AGAIN : R_DONE;
}

static result void_find(void_desk *d)
{
    uow *u = d->c.u;
    d->row = coupon_get(u, d->c.slot, d->in->coupon);
    if (uow_pending(u))
        return R_AGAIN;
    if (d->row == NULL || !terms_find(uow_config(u), d->row->template, &d->of) ||
        d->of.merchant->row->id != d->in->merchant)
        return uow_refuse(u, R_NOT_FOUND, "There is no such coupon.");
    coupon_now now;
    result r = use_is_many(d->of.template) ? find_uses(d, &now) : find_hold(d, &now);
    if (r != R_DONE)
        return r;
    if (now.state != COUPON_STATE_AVAILABLE && now.state != COUPON_STATE_OFFERED)
        return uow_refuse(u, R_COUPON_NOT_AVAILABLE, "The coupon is %.*s.",
                          STR_ARG(coupon_state_name(now.state)));
    return R_DONE;
}

static void void_load(void_desk *d)
{
    d->c = order_counters_new(d->c.u, d->c.slot, d->row->member);
    coupon_end_load(&d->c, &d->of, d->row);
    tally_load_code(d->c.u, d->row->batch);
    for (size_t i = 0; i < d->stale_count; i++)
        hold_close_load(&d->c, d->stale[i]);
    if (d->in->reason != VOID_REASON_ISSUED_IN_ERROR)
        return;
    limit_book_claims_of(d->c.book, &d->of, d->row, &d->claims);
    for (size_t i = 0; i < d->claims.n; i++)
        limit_book_load_take(d->c.book, &d->claims.items[i]);
    d->taken = coupon_take_get(d->c.u, d->c.slot, d->row->id);
    if (d->row->stocked)
        slice_load(d->c.slices, pool_stock(d->row->template));
}

result void_decide(uow *u, const void *input, void *output)
{
    const void_in *in = input;
    void_out *out = output;
    if (void_reason_name(in->reason).n == 0)
        return uow_refuse(u, R_INVALID, "reason is none of the known words");
    void_desk d = {.c = {.u = u, .slot = id_slot(in->coupon)}, .in = in};
    result r = void_find(&d);
    if (r != R_DONE)
        return r;
    void_load(&d);
    if (uow_pending(u))
        return R_AGAIN;
    for (size_t i = 0; i < d.stale_count; i++)
        hold_close(&d.c, d.stale[i], HOLD_STATE_EXPIRED);
    coupon_end(&d.c, &d.of, d.row, EVENT_KIND_COUPON_VOIDED);
    d.row->ref = in->reason; /* tells whoever recounts whether stock and limits came back */
    tally_of(u, &d.of)->voided++;
    for (size_t i = 0; i < d.claims.n; i++)
        limit_book_give(d.c.book, &d.of, &d.claims.items[i], 1);
    for (size_t i = 0; d.taken != NULL && i < d.taken->takes.n; i++) {
        limit_take take = d.taken->takes.items[i];
        limit_book_give(d.c.book, &d.of, &take, take.n);
    }
    if (d.taken != NULL)
        coupon_take_delete(u, d.taken);
    if (in->reason == VOID_REASON_ISSUED_IN_ERROR && d.row->stocked &&
        d.of.template->row->partner.n == 0) /* a partner's code has been seen */
        slice_give(d.c.slices, pool_stock(d.row->template), 1);
    *out = (void_out){.coupon = d.row->id, .at_ms = uow_now(u)};
    slice_settle(d.c.slices);
    return limit_book_settle(d.c.book);
}
