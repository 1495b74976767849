/* The act that applies deadlines and ends to the rows of one slot: see acts.h. Answers do not
 * depend on it: state.h tells what a row that is due means, and acts that lack what is due to come
 * back apply it themselves (due.h). */
#include "base/id.h"
#include "domain/coupon/due.h"

result sweep_decide(uow *u, const void *input, void *output)
{
    const sweep_in *in = input;
    if (in->slot >= SLOT_COUNT)
        return R_INVALID;
    size_t limit = in->limit < 1 || in->limit > SWEEP_MAX ? SWEEP_MAX : in->limit;
    order_counters c = order_counters_new(u, in->slot, 0);
    due_rows *d = due_find(c, limit, limit);
    if (uow_pending(u))
        return R_AGAIN;
    due_load(d);
    if (uow_pending(u))
        return R_AGAIN;
    *(sweep_out *)output = due_apply(d);
    slice_settle(c.slices);
    return R_DONE;
}
