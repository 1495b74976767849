/* What leaves a user's slot when all that he has goes to another: see move.h. */
#include "base/id.h"
#include "domain/coupon/acts.h"
#include "domain/coupon/move_part.h"
#include "domain/coupon/transfer.h"
#include "domain/coupon/use.h"
#include "domain/limit/usage.h"

/* ---- counts ---- */

static void look_at_usage(uow *u, const user_move *row, usage *key, move_load *out)
{
    usage *counts = usage_get(u, row->slot, key->member, key->campaign);
    if (usage_counts(counts))
        out->usages[out->usage_count++] = counts;
}

/* Those for the merchant come with the first page of campaigns. */
result move_find_counts(uow *u, const user_move *row, uint32_t ordinal, move_load *out)
{
    const config_campaign *page[MOVE_CAMPAIGNS_MAX];
    size_t n = config_campaigns(uow_config(u), row->merchant, row->after, MOVE_CAMPAIGNS_MAX, page);
    usage key = {.member = ordinal};
    if (row->after == 0)
        look_at_usage(u, row, &key, out);
    for (size_t i = 0; i < n; i++) {
        key.campaign = page[i]->row->id;
        look_at_usage(u, row, &key, out);
    }
    out->page_full = n == MOVE_CAMPAIGNS_MAX;
    out->last = n == 0 ? row->after : page[n - 1]->row->id;
    return uow_pending(u) ? R_AGAIN : R_DONE;
}

/* ---- coupons ---- */

/* What it depends on whether a coupon can go. */
typedef struct parcel {
    coupon *row;
    terms of;
    transfer *offer; /* that it is in; NULL: none */
    coupon_use *use;
    const received *by;
} parcel;

static parcel look_at_coupon(uow *u, coupon *row)
{
    parcel p = {.row = row, .of = terms_of(uow_config(u), row->template)};
    if (row->state == COUPON_STATE_OFFERED)
        p.offer = transfer_get(u, row->slot, row->ref);
    if (use_is_many(p.of.template))
        p.use = coupon_use_get(u, row->slot, row->id);
    if (row->transfer != 0)
        p.by = received_get(u, row->slot, row->transfer);
    return p;
}

/* Not past its end: the sweep is about to close those. Not held, and nobody is just taking it. */
static bool can_go(const uow *u, const parcel *p)
{
    const coupon *row = p->row;
    if (uow_now(u) >= config_expires_at_ms(uow_config(u), row) ||
        (p->use != NULL && p->use->held.n > 0))
        return false;
    return row->state == COUPON_STATE_AVAILABLE ||
           (p->offer != NULL && p->offer->state == TRANSFER_STATE_OPEN &&
            p->offer->reservations.n == 0);
}

result move_find_coupons(uow *u, const user_move *row, uint32_t ordinal, move_load *out)
{
    void *page[MOVE_COUPONS_MAX];
    parcel parcels[MOVE_COUPONS_MAX];
    coupon from = {.slot = row->slot, .member = ordinal, .closed = false, .id = row->after};
    uow_range range = {&coupon_table, COUPON_BY_WALLET, &from, 3, row->after != 0};
    size_t n = uow_scan(u, &range, MOVE_COUPONS_MAX, page);
    if (uow_pending(u))
        return R_AGAIN;
    for (size_t i = 0; i < n; i++)
        parcels[i] = look_at_coupon(u, page[i]);
    if (uow_pending(u))
        return R_AGAIN;
    for (size_t i = 0; i < n; i++) {
        if (can_go(u, &parcels[i]))
            out->coupons[out->coupon_count++] = parcels[i].row;
        else
            out->waiting++;
    }
    out->page_full = n == MOVE_COUPONS_MAX;
    out->last = n == 0 ? 0 : ((const coupon *)page[n - 1])->id;
    return R_DONE;
}

static uint32_t version_of(const parcel *p)
{
    use_ask ask = {.of = p->of.template, .row = p->row, .use = p->use};
    return use_is_many(p->of.template) ? use_version(&ask)
                                       : config_effective(p->of.template, p->row->version);
}

/* It is offered to the receiver alone, and kept for the message. */
static transfer *offer(uow *u, const user_move *move, const parcel *p)
{
    coupon *row = p->row;
    if (p->offer != NULL)
        transfer_close(u, p->offer, row,
                       transfer_is_over(p->offer, uow_now(u)) ? TRANSFER_STATE_EXPIRED
                                                              : TRANSFER_STATE_CANCELLED);
    transfer *t = transfer_new(u, row->slot, uow_next_id(u, row->slot));
    t->merchant = move->merchant;
    t->coupon = row->id;
    t->member = row->member;
    t->receiver = move->to;
    t->taker = move->to;
    t->state = TRANSFER_STATE_OPEN;
    t->direct = true;
    t->created_at_ms = uow_now(u);
    t->move = move->id;
    coupon_move(u, row,
                &(coupon_event){.happening = EVENT_KIND_COUPON_OFFERED,
                                .ref = t->id,
                                .version = version_of(p)});
    reservation *r = ARENA_NEW(uow_memory(u), reservation);
    *r = (reservation){.id = uow_next_id(u, row->slot),
                       .slot = slot_of_user(move->merchant, move->to),
                       .deadline_ms = uow_now(u) + MOVE_ROUND_MS,
                       .due_at_ms = uow_now(u) + MOVE_ROUND_MS};
    t->reservations.items = r;
    t->reservations.n = 1;
    uow_due(u, (due_name){DUE_KIND_TRANSFER, t->id, 0}, r->due_at_ms);
    return t;
}

static void pack(uow *u, const user_move *move, const parcel *p, moved_coupon *out)
{
    const coupon *row = p->row;
    const received *by = p->by;
    carried_coupon *carried = transfer_carry(u, row, p->use, by);
    const transfer *t = offer(u, move, p);
    const reservation *r = t->reservations.items;
    *out = (moved_coupon){.transfer = t->id, .reservation = r->id, .deadline_ms = r->deadline_ms};
    out->carried.items = carried;
    out->carried.n = 1;
    out->brought = row->transfer;
    if (by == NULL) {
        out->counted_ms = row->issued_at_ms;
        out->merchant_version = row->merchant_version;
        out->campaign_version = row->campaign_version;
        out->template_version = row->version;
        return;
    }
    out->counted_ms = by->move != 0 ? by->counted_ms : by->at_ms;
    out->merchant_version = by->merchant_version;
    out->campaign_version = by->campaign_version;
    out->template_version = by->template_version;
}

/* ---- the message ---- */

void move_send(uow *u, const user_move *row, const move_load *of)
{
    arena *memory = uow_memory(u);
    move_take_in in = {
        .merchant = row->merchant, .move = row->id, .round = row->round, .to = row->to};
    in.usages.items = ARENA_ARRAY(memory, carried_usage, of->usage_count);
    in.usages.n = of->usage_count;
    for (size_t i = 0; i < of->usage_count; i++) {
        usage_edit(u, of->usages[i]);
        usage_send(memory, of->usages[i], row, &in.usages.items[i]);
    }
    in.coupons.items = ARENA_ARRAY(memory, moved_coupon, of->coupon_count);
    in.coupons.n = of->coupon_count;
    for (size_t i = 0; i < of->coupon_count; i++) {
        parcel p = look_at_coupon(u, of->coupons[i]);
        pack(u, row, &p, &in.coupons.items[i]);
    }
    uow_send(u, MOVE_TAKE_ACT, slot_of_user(row->merchant, row->to), &move_take_in_record, &in);
}
