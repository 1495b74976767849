/* Ending open holds, and coupons that were not used: see close.h. */
#include "domain/coupon/close.h"

#include "domain/coupon/party.h"
#include "domain/coupon/transfer.h"
#include "domain/coupon/use.h"
#include "domain/stats/ledger.h"
#include "domain/stats/tally.h"

static event_kind promotion_kind(event_kind of_coupon)
{
    switch (of_coupon) {
    case EVENT_KIND_COUPON_HELD:
        return EVENT_KIND_PROMOTION_HELD;
    case EVENT_KIND_COUPON_RELEASED:
        return EVENT_KIND_PROMOTION_RELEASED;
    case EVENT_KIND_COUPON_REDEEMED:
        return EVENT_KIND_PROMOTION_REDEEMED;
    case EVENT_KIND_COUPON_RETURNED:
        return EVENT_KIND_PROMOTION_RETURNED;
    default:
        UNREACHABLE(); /* nothing else happens to a use */
    }
}

void order_use_move(uow *u, const order_use *use, event_kind kind)
{
    if (use->row != NULL) {
        coupon_move(u, use->row, &(coupon_event){kind, use->ref, use->amount_minor, use->version});
        return;
    }
    event e = {.kind = (uint8_t)promotion_kind(kind),
               .at_ms = uow_now(u),
               .merchant = use->of->merchant->row->id,
               .campaign = use->of->campaign->row->id,
               .template = use->of->template->row->id,
               .member = use->member,
               .ref = use->ref,
               .amount_minor = use->amount_minor,
               .version = use->version};
    uow_event(u, &e);
}

order_counters order_counters_new(uow *u, uint16_t slot, uint32_t ordinal)
{
    slice_set *slices = slice_set_new(u);
    return (order_counters){
        .u = u, .slot = slot, .slices = slices, .book = limit_book_new(u, slot, ordinal, slices)};
}

order_counters order_counters_of(const order_counters *c, uint16_t slot, uint32_t ordinal)
{
    order_counters of = *c;
    of.slot = slot;
    of.book = limit_book_of(c->book, slot, ordinal);
    return of;
}

void hold_close_load(const order_counters *c, const hold *row)
{
    for (size_t i = 0; i < row->applied.n; i++) {
        const applied_coupon *a = &row->applied.items[i];
        terms of = terms_of(uow_config(c->u), a->template);
        if (a->coupon != 0)
            (void)coupon_get(c->u, c->slot, a->coupon);
        if (a->coupon != 0 && use_is_many(of.template))
            (void)coupon_use_get(c->u, c->slot, a->coupon);
        tally_load(c->u, &of);
        if (a->reserved_minor > 0)
            slice_load(c->slices, pool_budget(a->campaign));
    }
    for (size_t i = 0; i < row->takes.n; i++)
        limit_book_load_take(c->book, &row->takes.items[i]);
    party_release_load(c, row);
}

/* Of many uses, the one that the hold has. What it had reserved of the coupon's own goes back to
 * that, unless the coupon is over: how much. */
static int64_t release_use(const order_counters *c, const hold *row, const config_template *of,
                           coupon *held)
{
    use_desk d = {c->u, of, held, coupon_use_get(c->u, c->slot, held->id)};
    int64_t own_minor = use_release(&d, row->id);
    if (coupon_is_closed(held->state))
        return 0;
    held->reserved_minor += own_minor;
    return own_minor;
}

static void release_coupon(const order_counters *c, const hold *row, const applied_coupon *a)
{
    terms of = terms_of(uow_config(c->u), a->template);
    coupon *held = a->coupon == 0 ? NULL : coupon_get(c->u, c->slot, a->coupon);
    order_use use = {
        .of = &of, .row = held, .member = row->member, .ref = row->id, .version = a->version};
    bool many = a->coupon != 0 && use_is_many(of.template);
    int64_t free_minor = a->reserved_minor;
    CHECK(a->coupon == 0 || held != NULL);
    CHECK(a->coupon == 0 || many || held->ref == row->id); /* only its own hold moves it on */
    if (many)
        free_minor -= release_use(c, row, of.template, held);
    else
        order_use_move(c->u, &use, EVENT_KIND_COUPON_RELEASED);
    tally_of(c->u, &of)->released++;
    if (free_minor == 0)
        return;
    ledger_book b = {.u = c->u, .of = &of, .slot = c->slot, .coupon = a->coupon, .ref = row->id};
    ledger_move(&b, ACCOUNT_BUDGET_RESERVED, ACCOUNT_BUDGET_FREE, free_minor);
    slice_give(c->slices, pool_budget(a->campaign), free_minor);
}

void hold_close(const order_counters *c, hold *row, hold_state to)
{
    for (size_t i = 0; i < row->applied.n; i++)
        release_coupon(c, row, &row->applied.items[i]);
    for (size_t i = 0; i < row->takes.n; i++) {
        limit_take take = row->takes.items[i]; /* the row keeps what it had taken */
        terms of = terms_of(uow_config(c->u), row->applied.items[take.applied].template);
        limit_book_give(c->book, &of, &take, take.n);
    }
    party_release(c, row);
    hold_move(c->u, row, (uint8_t)to);
}

void coupon_end_load(const order_counters *c, const terms *of, const coupon *row)
{
    tally_load(c->u, of);
    if (use_is_many(of->template))
        (void)coupon_use_get(c->u, row->slot, row->id);
    if (row->state == COUPON_STATE_OFFERED)
        (void)transfer_get(c->u, row->slot, row->ref);
    if (row->reserved_minor > 0)
        slice_load(c->slices, pool_budget(of->campaign->row->id));
}

void coupon_end(const order_counters *c, const terms *of, coupon *row, event_kind how)
{
    coupon_event what = {.happening = how};
    if (row->state == COUPON_STATE_OFFERED)
        transfer_end_with(c->u, transfer_get(c->u, row->slot, row->ref),
                          how == EVENT_KIND_COUPON_EXPIRED ? TRANSFER_STATE_EXPIRED
                                                           : TRANSFER_STATE_CANCELLED);
    if (use_is_many(of->template)) {
        use_desk d = {c->u, of->template, row, coupon_use_get(c->u, row->slot, row->id)};
        if (how == EVENT_KIND_COUPON_EXPIRED)
            use_lapse(&d);
        what.version = use_version(&(use_ask){.of = of->template, .row = row, .use = d.use});
    }
    coupon_move(c->u, row, &what);
    int64_t n = row->reserved_minor;
    if (n == 0)
        return;
    row->reserved_minor = 0;
    ledger_book b = {.u = c->u, .of = of, .slot = c->slot, .coupon = row->id};
    ledger_move(&b, ACCOUNT_BUDGET_RESERVED, ACCOUNT_BUDGET_FREE, n);
    slice_give(c->slices, pool_budget(of->campaign->row->id), n);
}

void coupon_void(const order_counters *c, const terms *of, coupon *row, void_reason why)
{
    coupon_end(c, of, row, EVENT_KIND_COUPON_VOIDED);
    row->ref = why; /* tells whoever recounts whether stock and limits came back */
    tally_of(c->u, of)->voided++;
}
