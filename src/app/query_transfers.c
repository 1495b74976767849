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
                           .receiver = row->receiver,
                           .received = row->received,
                           .ended_at_ms = row->ended_at_ms,
                           .reason = reason_of(row)};
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
