/* Applying deadlines and ends: see due.h. */
#include "domain/coupon/due.h"

#include "base/id.h"
#include "domain/code/exchange.h"
#include "domain/code/guess.h"
#include "domain/coupon/erase.h"
#include "domain/coupon/move.h"
#include "domain/coupon/state.h"
#include "domain/coupon/transfer.h"
#include "domain/limit/subject.h"
#include "domain/saga/saga.h"
#include "domain/stats/tally.h"

/* ---- finding ---- */

static bool is_due_coupon(const coupon *row)
{
    return row != NULL && coupon_is_waiting(row->state);
}

static bool is_due_hold(const uow *u, const hold *row)
{
    return row != NULL && row->state == HOLD_STATE_OPEN && row->deadline_ms <= uow_now(u);
}

/* False: there is no room for more. */
static bool look_at_coupon(due_rows *d, uint64_t id)
{
    coupon *row = coupon_get(d->c.u, id_slot(id), id);
    if (is_due_coupon(row) && d->coupon_count < SWEEP_MAX)
        d->coupons[d->coupon_count++] = row;
    return d->coupon_count < SWEEP_MAX;
}

static bool look_at_hold(due_rows *d, uint64_t id)
{
    hold *row = hold_get(d->c.u, id_slot(id), id);
    if (is_due_hold(d->c.u, row) && d->hold_count < SWEEP_MAX)
        d->holds[d->hold_count++] = row;
    return d->hold_count < SWEEP_MAX;
}

static bool look_at_subject(due_rows *d, const due_entry *e)
{
    subject_open *row = subject_open_get(d->c.u, slot_of_hash(e->id), e->id, e->lo);
    if (row != NULL && d->subject_count < SWEEP_MAX)
        d->subjects[d->subject_count++] = row;
    return d->subject_count < SWEEP_MAX;
}

static bool look_at_code(due_rows *d, const due_entry *e)
{
    exchange_code *row =
        exchange_code_get(d->c.u, code_place_slot(e->lo), e->id, e->lo / SLOT_COUNT);
    if (row != NULL && d->code_count < SWEEP_MAX)
        d->codes[d->code_count++] = row;
    return d->code_count < SWEEP_MAX;
}

/* Entries of rows that are gone may name this one, too. */
static bool look_at_guesses(due_rows *d, const due_entry *e)
{
    code_guesses *row = code_guesses_get(d->c.u, slot_of_hash(e->id), e->id, e->lo);
    bool seen = row == NULL;
    for (size_t i = 0; i < d->guesses_count && !seen; i++)
        seen = d->guesses[i] == row;
    if (!seen && d->guesses_count < SWEEP_MAX)
        d->guesses[d->guesses_count++] = row;
    return d->guesses_count < SWEEP_MAX;
}

static bool look_at_transfer(due_rows *d, const due_entry *e)
{
    transfer *row = transfer_get(d->c.u, id_slot(e->id), e->id);
    bool seen = row == NULL || row->state != TRANSFER_STATE_OPEN;
    for (size_t i = 0; i < d->transfer_count && !seen; i++)
        seen = d->transfers[i] == row;
    if (!seen && d->transfer_count < SWEEP_MAX)
        d->transfers[d->transfer_count++] = row;
    return d->transfer_count < SWEEP_MAX;
}

static bool look(due_rows *d, uint8_t kind, const due_entry *e)
{
    switch (kind) {
    case DUE_KIND_COUPON:
        return look_at_coupon(d, e->id);
    case DUE_KIND_HOLD:
        return look_at_hold(d, e->id);
    case DUE_KIND_CODE:
        return look_at_code(d, e);
    case DUE_KIND_GUESSES:
        return look_at_guesses(d, e);
    case DUE_KIND_OFFER:
    case DUE_KIND_TRANSFER:
        return look_at_transfer(d, e);
    case DUE_KIND_MOVE:
    case DUE_KIND_ERASURE:
        return true; /* due_apply wakes it */
    default:
        return look_at_subject(d, e);
    }
}

static bool is_now(const due_rows *d, const due_block *b, const due_entry *e)
{
    return b->at_ms + e->after_ms <= uow_now(d->c.u);
}

/* False: there is no room for more. */
static bool search_block(due_rows *d, const due_block *b)
{
    for (size_t i = 0; i < b->entries.n; i++) {
        const due_entry *e = &b->entries.items[i];
        bool is_ours = d->block != NULL || id_slot(e->id) == d->c.slot;
        bool looks = d->lost != 0 || is_now(d, b, e);
        if (is_ours && looks && !look(d, b->kind, e))
            return false;
    }
    return true;
}

/* The next page of blocks, strictly after *from, which becomes its last. False: the search is over,
 * because no more is due or there is no room for more. */
static bool search_page(due_rows *d, due_block *from, bool after)
{
    uow *u = d->c.u;
    void *blocks[DUE_PAGE];
    uow_range range = {
        .table = &due_block_table, .index = -1, .from = from, .prefix_columns = 2, .after = after};
    size_t n = uow_scan(u, &range, DUE_PAGE, blocks);
    for (size_t i = 0; i < n; i++) {
        const due_block *b = blocks[i];
        if (b->at_ms > uow_now(u))
            return false;
        if (!search_block(d, b)) {
            d->more = true;
            return false;
        }
    }
    if (n == DUE_PAGE)
        *from = *(const due_block *)blocks[n - 1];
    return n == DUE_PAGE;
}

static due_rows *rows_new(order_counters c, due_block *block)
{
    due_rows *d = ARENA_NEW(uow_memory(c.u), due_rows);
    d->c = c;
    d->block = block;
    return d;
}

due_rows *due_find(order_counters c)
{
    due_rows *d = rows_new(c, NULL);
    due_block from = {.lane = uow_lane(c.u), .kind = DUE_KIND_HOLD};
    size_t page = 0;
    while (page < DUE_PAGES_MAX && search_page(d, &from, page > 0))
        page++;
    d->more = d->more || page == DUE_PAGES_MAX;
    return d;
}

due_rows *due_find_in(order_counters c, due_block *block, uint64_t lost)
{
    _Static_assert((int)UOW_DUE_MAX < (int)SWEEP_MAX, "there is room for all of a block");
    due_rows *d = rows_new(c, block);
    d->lost = lost;
    MAYBE(search_block(d, block));
    return d;
}

/* ---- applying ---- */

static order_counters of_coupon(const due_rows *d, const coupon *row)
{
    order_counters c = d->c;
    c.slot = row->slot;
    return c;
}

void due_load(due_rows *d)
{
    uow *u = d->c.u;
    d->by_hold = ARENA_ARRAY(uow_memory(u), order_counters, d->hold_count);
    for (size_t i = 0; i < d->coupon_count; i++) {
        order_counters c = of_coupon(d, d->coupons[i]);
        terms of = terms_of(uow_config(u), d->coupons[i]->template);
        coupon_end_load(&c, &of, d->coupons[i]);
    }
    for (size_t i = 0; i < d->hold_count; i++) {
        const hold *row = d->holds[i];
        d->by_hold[i] = order_counters_of(&d->c, row->slot, row->member);
        hold_close_load(&d->by_hold[i], row);
    }
    for (size_t i = 0; i < d->transfer_count; i++)
        (void)coupon_get(u, d->transfers[i]->slot, d->transfers[i]->coupon);
}

/* When to look at it again: an edit has given it more time, or an act on its way may take it. */
static int64_t look_again_at(uow *u, const coupon *row)
{
    const transfer *offer =
        row->state == COUPON_STATE_OFFERED ? transfer_get(u, row->slot, row->ref) : NULL;
    int64_t ends = config_expires_at_ms(uow_config(u), row);
    if (uow_now(u) < ends || offer == NULL || offer->reservations.n == 0)
        return ends;
    return uow_now(u) + SAGA_CHECK_MS;
}

/* False: it is not over yet; who uses its entry up has it looked at again. */
static bool expire(const due_rows *d, coupon *row)
{
    uow *u = d->c.u;
    order_counters c = of_coupon(d, row);
    terms of = terms_of(uow_config(u), row->template);
    int64_t ends = look_again_at(u, row);
    if (uow_now(u) < ends) {
        if (d->block != NULL)
            uow_due(u, (due_name){DUE_KIND_COUPON, row->id, 0}, ends);
        return false;
    }
    coupon_end(&c, &of, row, EVENT_KIND_COUPON_EXPIRED);
    tally_of(u, &of)->expired++;
    return true;
}

/* One that the act has ended with its coupon is passed over. */
static void ask_transfer(const due_rows *d, transfer *row, sweep_out *out)
{
    if (row->state != TRANSFER_STATE_OPEN)
        return;
    uint32_t asked =
        transfer_sweep(d->c.u, row, coupon_get(d->c.u, row->slot, row->coupon), d->lost);
    out->asked += asked;
    out->asked_moves += row->move != 0 ? asked : 0;
}

static void use_up(const due_rows *d, due_block *b)
{
    for (size_t i = 0; i < b->entries.n; i++) {
        const due_entry *e = &b->entries.items[i];
        if (!is_now(d, b, e))
            uow_due(d->c.u, (due_name){b->kind, e->id, e->lo}, b->at_ms + e->after_ms);
        else if (b->kind == DUE_KIND_MOVE)
            move_wake(d->c.u, e->id);
        else if (b->kind == DUE_KIND_ERASURE)
            erase_wake(d->c.u, e->id);
    }
    due_block_delete(d->c.u, b);
}

sweep_out due_apply(const due_rows *d)
{
    sweep_out out = {0};
    for (size_t i = 0; i < d->coupon_count; i++)
        if (is_due_coupon(d->coupons[i]))
            out.expired += expire(d, d->coupons[i]) ? 1 : 0;
    for (size_t i = 0; i < d->hold_count; i++) {
        if (!is_due_hold(d->c.u, d->holds[i]))
            continue;
        hold_close(&d->by_hold[i], d->holds[i], HOLD_STATE_EXPIRED);
        out.released++;
    }
    for (size_t i = 0; i < d->subject_count; i++)
        out.asked += subject_ask(d->c.u, d->subjects[i], d->lost);
    for (size_t i = 0; i < d->code_count; i++)
        out.asked += code_ask(d->c.u, d->codes[i], d->lost);
    for (size_t i = 0; i < d->guesses_count; i++)
        guess_sweep(d->c.u, d->guesses[i]);
    for (size_t i = 0; i < d->transfer_count; i++)
        ask_transfer(d, d->transfers[i], &out);
    if (d->block != NULL)
        use_up(d, d->block);
    return out;
}
