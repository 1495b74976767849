/* The act by which a user receives a coupon that is kept for him in its slot: see transfer.h. */
#include "domain/coupon/receive.h"
#include "base/id.h"
#include "domain/coupon/acts.h"
#include "domain/coupon/issue_part.h"
#include "domain/coupon/transfer.h"
#include "domain/coupon/use.h"
#include "domain/stats/ledger.h"
#include "domain/stats/tally.h"

typedef struct take_desk {
    uow *u;
    const transfer_take_in *in;
    const carried_coupon *carried;
    terms of;
    member_place who;
    slice_set *slices;
    limit_book *book;
} take_desk;

/* The columns that go along. */
static void fill(coupon *row, const carried_coupon *c)
{
    row->template = c->template;
    row->version = c->version;
    row->source = c->source;
    row->issued_at_ms = c->issued_at_ms;
    row->valid_from_ms = c->valid_from_ms;
    row->expires_at_ms = c->expires_at_ms;
    row->end_version = c->end_version;
    row->reserved_minor = c->reserved_minor;
    row->stocked = c->stocked;
    row->merchant_version = c->merchant_version;
    row->campaign_version = c->campaign_version;
    row->batch = c->batch;
}

static result check(take_desk *d)
{
    uow *u = d->u;
    const transfer_take_in *in = d->in;
    if (in->user.n < 1 || in->user.n > USER_BYTES_MAX)
        return uow_refuse(u, R_INVALID, "user: 1 to %d bytes", USER_BYTES_MAX);
    if (in->reservation == 0 || in->carried.n != 1 || uow_now(u) >= in->deadline_ms)
        return R_UNRESERVED;
    d->carried = in->carried.items;
    if (!terms_find(uow_config(u), d->carried->template, &d->of) ||
        d->of.merchant->row->id != in->merchant)
        return uow_refuse(u, R_NOT_FOUND, "There is no such coupon.");
    coupon row = {0};
    fill(&row, d->carried);
    if (uow_now(u) >= config_expires_at_ms(uow_config(u), &row))
        return uow_refuse(u, R_COUPON_EXPIRED, "%s", "");
    if (d->of.campaign->row->state == CAMPAIGN_STATE_DISABLED)
        return uow_refuse(u, R_CAMPAIGN_DISABLED, "%s", "");
    return R_DONE;
}

static limit_case claim_of(const take_desk *d)
{
    return (limit_case){.of = &d->of, .measure = LIMIT_MEASURE_CLAIMS, .received = true};
}

static void load_counters(take_desk *d)
{
    limit_case claim = claim_of(d);
    limit_book_load(d->book, &claim);
    tally_load(d->u, &d->of);
}

static result load(take_desk *d)
{
    const transfer_take_in *in = d->in;
    d->who = (member_place){
        .slot = slot_of_user(in->merchant, in->user), .merchant = in->merchant, .name = in->user};
    result r = member_find(d->u, &d->who);
    if (r != R_DONE)
        return r;
    d->slices = slice_set_new(d->u);
    d->book = limit_book_new(d->u, d->who.slot, d->who.known ? d->who.ordinal : 0, d->slices);
    grant_input reserved = {in->subjects.items, in->subjects.n, in->grants.items, in->grants.n};
    limit_book_reserved(d->book, &reserved);
    load_counters(d);
    return uow_pending(d->u) ? R_AGAIN : R_DONE;
}

/* What a user needs who is known, and one who is new. */
void transfer_take_ahead(uow *u, const void *input)
{
    const transfer_take_in *in = input;
    take_desk d = {.u = u, .in = in};
    user who = {.slot = slot_of_user(in->merchant, in->user), .merchant = in->merchant};
    who.name = in->user;
    if (check(&d) != R_DONE)
        return;
    (void)slot_head_get(u, who.slot);
    d.slices = slice_set_new(u);
    d.book = limit_book_ahead(u, &who, d.slices);
    load_counters(&d);
}

static void count(take_desk *d, limit_takes *takes)
{
    limit_case claim = claim_of(d);
    if (!d->who.known) {
        member_join(d->u, &d->who);
        limit_book_join(d->book, d->who.ordinal);
    }
    if (limit_book_first(d->book, &d->of, false))
        tally_of(d->u, &d->of)->users++;
    if (limit_book_first(d->book, &d->of, true))
        tally_of_campaign(d->u, &d->of)->users++;
    limit_book_take(d->book, &claim, 1, d->in->grants.n > 0 ? takes : NULL);
}

static void note(uow *u, const coupon *row, const receipt *of)
{
    received *how = received_new(u, row->slot, of->transfer);
    how->coupon = row->id;
    how->member = row->member;
    how->at_ms = uow_now(u);
    how->earlier.items = of->carried->earlier.items;
    how->earlier.n = of->carried->earlier.n;
    how->moves = of->carried->moves;
    if (of->moved == NULL) {
        how->merchant_version = of->of->merchant->row->version;
        how->campaign_version = of->of->campaign->row->version;
        how->template_version = of->of->template->row->version;
        return;
    }
    how->move = of->move;
    how->moves++;
    how->counted_ms = of->moved->counted_ms;
    how->merchant_version = of->moved->merchant_version;
    how->campaign_version = of->moved->campaign_version;
    how->template_version = of->moved->template_version;
}

const coupon *coupon_receive(uow *u, const receipt *of)
{
    coupon *row = coupon_new(u, of->slot, uow_next_id(u, of->slot));
    fill(row, of->carried);
    row->member = of->member;
    row->transfer = of->transfer;
    coupon_move(u, row,
                &(coupon_event){.happening = EVENT_KIND_COUPON_RECEIVED,
                                .ref = of->transfer,
                                .version = of->carried->use_version});
    use_receive(&(use_desk){.u = u, .of = of->of->template, .row = row}, of->carried);
    ledger_book b = {
        .u = u, .of = of->of, .slot = row->slot, .coupon = row->id, .ref = of->transfer};
    ledger_move(&b, ACCOUNT_TRANSFERRED, ACCOUNT_BUDGET_RESERVED, row->reserved_minor);
    note(u, row, of);
    return row;
}

result transfer_take_decide(uow *u, const void *input, void *output)
{
    take_desk d = {.u = u, .in = input};
    result r = check(&d);
    if (r == R_DONE)
        r = load(&d);
    if (r != R_DONE)
        return r;
    limit_case claim = claim_of(&d);
    limit_want want;
    r = limit_book_want(d.book, &claim, 1, &want);
    if (r != R_DONE)
        return r;
    if (want.have < 1)
        return uow_refuse(u, want.refusal, "%.*s", STR_ARG(want.why));
    limit_takes takes = {0};
    count(&d, &takes);
    const coupon *row = coupon_receive(u, &(receipt){.slot = d.who.slot,
                                                     .member = d.who.ordinal,
                                                     .transfer = d.in->transfer,
                                                     .carried = d.carried,
                                                     .of = &d.of});
    issue_write_takes(u, row, &takes);
    transfer_settle_in done = {.transfer = d.in->transfer,
                               .reservation = d.in->reservation,
                               .coupon = row->id,
                               .at_ms = uow_now(u),
                               .from = d.carried->coupon};
    uow_send(u, TRANSFER_SETTLE_ACT, id_slot(done.transfer), &transfer_settle_in_record, &done);
    *(transfer_take_out *)output = (transfer_take_out){d.in->transfer, row->id, d.carried->coupon};
    slice_settle(d.slices);
    return limit_book_settle(d.book);
}
