/* Metrics of users who become another one, or are forgotten (domain/coupon/move.h, erase.h). */
#include "app/inner.h"
#include "base/time.h"
#include "domain/coupon/move.h"
#include "port/metric.h"

enum { US_PER_MS = 1000 };

static void took(metric which, int64_t ms)
{
    metric_observe(which, ms > 0 ? (uint64_t)ms * US_PER_MS : 0);
}

static void move_stepped(const move_step_out *out)
{
    bool merges = out->reason == MOVE_REASON_MERGE;
    if (out->late)
        metric_add(merges ? METRIC_MOVES_LATE_MERGE : METRIC_MOVES_LATE_BIND, 1);
    if (out->ended == MOVE_STATE_REFUSED)
        metric_add(METRIC_MOVES_REFUSED_MERGE, 1);
    if (out->ended != MOVE_STATE_DONE)
        return;
    metric_add(merges ? METRIC_MOVES_DONE_MERGE : METRIC_MOVES_DONE_BIND, 1);
    took(METRIC_MOVE_DURATION, out->took_ms);
}

static void erasure_stepped(const erase_step_out *out)
{
    if (out->late)
        metric_add(METRIC_ERASURES_LATE, 1);
    if (!out->ended)
        return;
    metric_add(METRIC_ERASURES_DONE, 1);
    took(METRIC_ERASURE_DURATION, out->took_ms);
}

static void erased(result code)
{
    if (code == R_DONE)
        metric_add(METRIC_ERASURES_BEGUN, 1);
    else if (code == R_USER_MERGED || code == R_USER_MERGING)
        metric_add(METRIC_ERASURES_REFUSED, 1);
}

void user_count(uint16_t number, result code, const void *out)
{
    if (number == ACT_ID_erase)
        erased(code);
    if (code != R_DONE)
        return;
    if (number == ACT_ID_move_begin && ((const move_begin_out *)out)->begun)
        metric_add(METRIC_MOVES_BEGUN_MERGE, 1);
    else if (number == ACT_ID_phone_bind && ((const phone_bind_out *)out)->moves)
        metric_add(METRIC_MOVES_BEGUN_BIND, 1);
    else if (number == ACT_ID_move_step)
        move_stepped(out);
    else if (number == ACT_ID_erase_step)
        erasure_stepped(out);
}
