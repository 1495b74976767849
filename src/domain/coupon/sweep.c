/* The act that applies deadlines and ends to the rows of one slot: see acts.h. Answers do not
 * depend on it: state.h tells what a row that is due means, and acts that lack what is due to come
 * back apply it themselves (due.h). */
#include "base/id.h"
#include "domain/coupon/due.h"
#include "domain/limit/subject.h"

/* Subjects for which an act is on its way that is past its deadline. */
static size_t find_subjects(uow *u, uint16_t slot, size_t limit, void **rows)
{
    subject_open from = {.slot = slot};
    uow_range by_due = {&subject_open_table, SUBJECT_OPEN_BY_DUE, &from, 1, false};
    size_t n = uow_scan(u, &by_due, limit, rows), due = 0;
    while (due < n && ((subject_open *)rows[due])->due_at_ms <= uow_now(u))
        due++;
    return due;
}

result sweep_decide(uow *u, const void *input, void *output)
{
    const sweep_in *in = input;
    if (in->slot >= SLOT_COUNT)
        return R_INVALID;
    size_t limit = in->limit < 1 || in->limit > SWEEP_MAX ? SWEEP_MAX : in->limit;
    order_counters c = order_counters_new(u, in->slot, 0);
    due_rows *d = due_find(c, limit, limit);
    void **subjects = ARENA_ARRAY(uow_memory(u), void *, limit);
    size_t subject_count = find_subjects(u, in->slot, limit, subjects);
    if (uow_pending(u))
        return R_AGAIN;
    due_load(d);
    if (uow_pending(u))
        return R_AGAIN;
    sweep_out *out = output;
    *out = due_apply(d);
    out->more = out->more || subject_count == limit;
    for (size_t i = 0; i < subject_count; i++)
        out->asked += subject_ask(u, subjects[i]);
    slice_settle(c.slices);
    return limit_book_settle(c.book);
}
