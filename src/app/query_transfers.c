/* See query_transfers.h. */
#include "app/query_transfers.h"

#include "app/query_coupons.h"
#include "base/id.h"
#include "domain/coupon/transfer.h"

const received *query_received(app_view *v, const transfer *row)
{
    if (row == NULL || row->reservations.n == 0)
        return NULL;
    const reservation *taking = row->reservations.items;
    return received_get(v->rows, taking->slot, row->id);
}

/* What an act answered that has no name outside was busy. */
static result reason_of(const transfer *row)
{
    result r = (result)row->reason;
    return result_kind_of(r) == RESULT_INTERNAL ? R_UNAVAILABLE : r;
}

bool query_transfer(app_view *v, uint64_t of_merchant, uint64_t id, transfer_seen *out)
{
    const transfer *row = transfer_get(v->rows, id_slot(id), id);
    if (row == NULL || row->merchant != of_merchant)
        return false;
    int64_t now_ms = uow_now(v->rows);
    const received *by = query_received(v, row);
    *out = (transfer_seen){.row = row,
                           .state = transfer_state_at(row, now_ms),
                           .sender = query_user_name(v, row->slot, row->member),
                           .received = row->received,
                           .ended_at_ms = row->ended_at_ms,
                           .reason = reason_of(row)};
    if (out->state == TRANSFER_STATE_OPEN || out->state == TRANSFER_STATE_ACCEPTED)
        out->receiver = row->receiver;
    if (by != NULL) {
        out->state = TRANSFER_STATE_ACCEPTED;
        out->receiver = row->taker;
        out->received = by->coupon;
        out->ended_at_ms = by->at_ms;
    } else if (out->state == TRANSFER_STATE_EXPIRED && row->state == TRANSFER_STATE_OPEN) {
        out->ended_at_ms = row->deadline_ms;
    }
    return true;
}

/* Its transfer, which is in the sender's slot. */
static bool see_received(app_view *v, uint64_t of_merchant, const void *row, transfer_seen *out)
{
    return query_transfer(v, of_merchant, ((const received *)row)->transfer, out);
}

static bool see_sent(app_view *v, uint64_t of_merchant, const void *row, transfer_seen *out)
{
    return query_transfer(v, of_merchant, ((const transfer *)row)->id, out);
}

size_t query_transfers(app_view *v, const transfers_ask *ask, transfer_seen *out, bool *more)
{
    uint16_t slot = slot_of_user(ask->merchant, ask->user);
    const user *who = user_get(v->rows, slot, ask->merchant, ask->user);
    *more = false;
    if (who == NULL)
        return 0;
    transfer sent = {.slot = slot, .member = who->member, .id = ask->after};
    received came = {.slot = slot, .member = who->member, .transfer = ask->after};
    uow_range range = {.table = ask->received ? &received_table : &transfer_table,
                       .index = ask->received ? RECEIVED_BY_CAME : TRANSFER_BY_SENT,
                       .from = ask->received ? (const void *)&came : &sent,
                       .prefix_columns = 2,
                       .after = ask->after != 0};
    void *rows[UOW_SCAN_MAX];
    size_t got = uow_scan(v->rows, &range, ask->limit + 1, rows), n = 0;
    *more = got > ask->limit;
    for (size_t i = 0; i < got && i < ask->limit; i++)
        n += ask->received ? see_received(v, ask->merchant, rows[i], &out[n])
                           : see_sent(v, ask->merchant, rows[i], &out[n]);
    return n;
}

static bool see_owner(app_view *v, uint64_t id, coupon_owner *out)
{
    const coupon *row = coupon_get(v->rows, id_slot(id), id);
    if (row == NULL)
        return false;
    const received *by =
        row->transfer == 0 ? NULL : received_get(v->rows, row->slot, row->transfer);
    *out = (coupon_owner){.user = query_user_name(v, row->slot, row->member),
                          .coupon = id,
                          .from_ms = by == NULL ? row->issued_at_ms : by->at_ms,
                          .transfer = row->transfer};
    return true;
}

size_t query_owners(app_view *v, uint64_t of_merchant, uint64_t coupon_id,
                    coupon_owner out[COUPON_OWNERS_MAX])
{
    coupon_seen last;
    uint64_t id = query_coupon_now(v, coupon_id);
    if (!query_coupon(v, of_merchant, id, &last))
        return 0;
    const received *by =
        last.row->transfer == 0 ? NULL : received_get(v->rows, id_slot(id), last.row->transfer);
    size_t n = 0;
    for (size_t i = 0; by != NULL && i < by->earlier.n && n + 1 < COUPON_OWNERS_MAX; i++)
        n += see_owner(v, by->earlier.items[i].coupon, &out[n]);
    n += see_owner(v, id, &out[n]);
    for (size_t i = 0; i + 1 < n; i++)
        out[i].until_ms = out[i + 1].from_ms;
    return n;
}
