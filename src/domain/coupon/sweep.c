/* The act that applies deadlines and ends to the rows of one due block: see acts.h. Answers do not
 * depend on it: state.h tells what a row that is due means, and acts that lack what is due to come
 * back apply it themselves (due.h). */
#include "domain/coupon/due.h"

result sweep_decide(uow *u, const void *input, void *output)
{
    const sweep_in *in = input;
    bool tries =
        in->kind == DUE_KIND_SUBJECT || in->kind == DUE_KIND_CODE || in->kind == DUE_KIND_TRANSFER;
    if (in->lane != uow_lane(u) || (in->lost != 0 && !tries))
        return R_INVALID;
    due_block *block = due_block_get(u, in->lane, in->kind, in->at_ms, in->number);
    if (uow_pending(u))
        return R_AGAIN;
    if (block == NULL)
        return R_DONE;
    order_counters c = order_counters_new(u, 0, 0);
    due_rows *d = due_find_in(c, block, in->lost);
    if (uow_pending(u))
        return R_AGAIN;
    due_load(d);
    if (uow_pending(u))
        return R_AGAIN;
    *(sweep_out *)output = due_apply(d);
    slice_settle(c.slices);
    return limit_book_settle(c.book);
}
