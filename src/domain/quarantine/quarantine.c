/* The acts that keep the list: see quarantine.h. */
#include "domain/quarantine/quarantine.h"

#include "domain/limit/pool.h"
#include "domain/uow.h"

_Static_assert((int)QUARANTINE_MAX <= (int)UOW_SCAN_MAX, "one scan sees the rows of a lane");

/* Makes room for one more: forgets who is not suspect any more and, on a full list, who has been
 * suspect the longest. False: all of them hold an act. */
static bool make_room(uow *u, void **rows, size_t n)
{
    quarantine *oldest = NULL;
    size_t left = n;
    for (size_t i = 0; i < n; i++) {
        quarantine *row = rows[i];
        if (quarantine_holds(row))
            continue;
        if (row->last_at_ms <= uow_now(u) - QUARANTINE_KEEP_MS) {
            quarantine_delete(u, row);
            left--;
        } else if (oldest == NULL || row->last_at_ms < oldest->last_at_ms) {
            oldest = row;
        }
    }
    if (left < QUARANTINE_MAX)
        return true;
    if (oldest != NULL)
        quarantine_delete(u, oldest);
    return oldest != NULL;
}

result quarantine_count_decide(uow *u, const void *input, void *output)
{
    const quarantine_count_in *in = input;
    quarantine_out *out = output;
    uint16_t lane = uow_lane(u);
    quarantine *row = quarantine_get(u, lane, in->kind, in->hi, in->lo);
    void *rows[QUARANTINE_MAX];
    uow_range all = {&quarantine_table, -1, &(quarantine){.lane = lane}, 1, false};
    size_t n = uow_scan(u, &all, QUARANTINE_MAX, rows);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL) {
        if (!make_room(u, rows, n))
            return uow_refuse(u, R_TOO_MANY, "The list of lane %u is full.", lane);
        row = quarantine_new(u, lane, in->kind, in->hi, in->lo);
        row->id = quarantine_id(u);
        row->act = in->act;
        row->slot = in->slot;
        row->to_lane = UINT16_MAX;
        row->first_at_ms = uow_now(u);
    } else if (row->process != in->process) {
        quarantine_edit(u, row);
    }
    if (row->process != in->process) {
        row->crashes++;
        row->process = in->process;
        row->last_at_ms = uow_now(u);
    }
    *out = (quarantine_out){row->id, row->crashes};
    return R_DONE;
}

static result send_late(uow *u, const quarantine *row)
{
    result r = lease_send_late(u, row->act, row->to_lane, row->input);
    if (r != R_NOT_FOUND)
        return r == R_DONE ? r : uow_refuse(u, r, "The message cannot be read.");
    uow_send_again(u, row->act, row->slot, row->to_lane, row->input);
    return R_DONE;
}

result quarantine_end_decide(uow *u, const void *input, void *output)
{
    MAYBE(output);
    const quarantine_end_in *in = input;
    quarantine *row = quarantine_get(u, uow_lane(u), in->kind, in->hi, in->lo);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL)
        return uow_refuse(u, R_NOT_FOUND, "There is no such quarantine.");
    result r = row->aside && !in->drop ? send_late(u, row) : R_DONE;
    if (r == R_DONE)
        quarantine_delete(u, row);
    return r;
}
