/* See query_due.h. Mirrors what the sweep does (domain/coupon/sweep.c), without writing. */
#include "app/query_due.h"

#include <stdlib.h>

#include "base/id.h"
#include "domain/coupon/use.h"
#include "port/store.h"

enum { DUE_PAGE = 100 };

typedef struct due_of {
    uint64_t id;
    uint8_t kind;
} due_of;

typedef struct walk {
    app_view *v;
    int64_t now_ms;
    due_of *entries; /* room for watch->most */
    size_t n;
    bool full; /* of more there may be */
    const due_watch *watch;
} walk;

/* ---- what each entry means ---- */

static bool is_past_its_end(const walk *w, const coupon *row)
{
    return w->now_ms >= config_expires_at_ms(w->v->config, row);
}

static void coupon_due(walk *w, uint64_t id)
{
    const coupon *row = coupon_get(w->v->rows, id_slot(id), id);
    if (row == NULL || !coupon_is_waiting(row->state) || !is_past_its_end(w, row))
        return; /* it has moved on, or an edit has given it more time */
    due_change change = {.template = config_find_template(w->v->config, row->template),
                         .expired = true,
                         .budget_minor = row->reserved_minor};
    w->watch->change(w->watch->context, &change);
}

/* Its hold, or the first of its holds, lets it go. */
static void coupon_ends(const walk *w, const coupon *held, due_change *change)
{
    change->expired = is_past_its_end(w, held);
    if (change->expired)
        change->budget_minor += held->reserved_minor;
}

/* One use of several comes back, and with it what the hold had of the coupon's own reservation:
 * that is free only where the coupon is over, too. One that waits has an entry of its own. */
static void use_due(const walk *w, const hold *by, const coupon *held, due_change *change)
{
    const coupon_use *use = coupon_use_get(w->v->rows, held->slot, held->id);
    bool first = true;
    for (size_t i = 0; use != NULL && i < use->held.n; i++) {
        const held_use *h = &use->held.items[i];
        if (h->hold == by->id && !coupon_is_closed(held->state) && !is_past_its_end(w, held))
            change->budget_minor -= h->reserved_minor;
        if (h->hold == by->id && first && held->state == COUPON_STATE_HELD)
            coupon_ends(w, held, change);
        first = first && h->deadline_ms > w->now_ms;
    }
}

static void parties_due(const hold *row, size_t applied, due_change *change)
{
    size_t from = 0;
    while (from < row->parties.n && row->parties.items[from].applied != applied)
        from++;
    change->parties = row->parties.items + from;
    while (from < row->parties.n && row->parties.items[from].applied == applied) {
        change->party_count++;
        from++;
    }
}

static void hold_ends(const walk *w, const hold *row)
{
    for (size_t i = 0; i < row->applied.n; i++) {
        const applied_coupon *a = &row->applied.items[i];
        bool automatic = a->coupon == 0;
        const coupon *held = automatic ? NULL : coupon_get(w->v->rows, row->slot, a->coupon);
        if (held == NULL && !automatic)
            return; /* could not be read */
        due_change change = {.template = config_find_template(w->v->config, a->template),
                             .released = true,
                             .budget_minor = a->reserved_minor};
        if (held != NULL && use_is_many(change.template))
            use_due(w, row, held, &change);
        else if (held != NULL)
            coupon_ends(w, held, &change);
        parties_due(row, i, &change);
        w->watch->change(w->watch->context, &change);
    }
}

static void hold_due(walk *w, uint64_t id)
{
    const hold *row = hold_get(w->v->rows, id_slot(id), id);
    if (row == NULL || row->state != HOLD_STATE_OPEN || row->deadline_ms > w->now_ms)
        return;
    if (w->watch->hold != NULL)
        w->watch->hold(w->watch->context, row);
    hold_ends(w, row);
}

/* ---- collecting ---- */

/* False: nothing behind it is due, or too much is. */
static bool block_due(walk *w, const due_block *b)
{
    for (size_t i = 0; i < b->entries.n; i++) {
        const due_entry *e = &b->entries.items[i];
        if (b->at_ms + e->after_ms > w->now_ms)
            break; /* a later block may begin earlier */
        if (w->n == w->watch->most) {
            w->full = true;
            return false;
        }
        w->entries[w->n++] = (due_of){e->id, b->kind};
    }
    return b->at_ms <= w->now_ms;
}

static void lane_due(walk *w, uint16_t lane, uint8_t kind)
{
    due_block first = {.lane = lane, .kind = kind};
    const due_block *from = &first;
    bool due = true;
    size_t n = DUE_PAGE;
    while (due && n == DUE_PAGE) {
        void *page[DUE_PAGE];
        uow_range range = {.table = &due_block_table,
                           .index = -1,
                           .from = from,
                           .prefix_columns = 2,
                           .after = from != &first};
        n = uow_scan(w->v->rows, &range, DUE_PAGE, page);
        for (size_t i = 0; i < n && due; i++)
            due = block_due(w, page[i]);
        from = n > 0 ? page[n - 1] : from;
    }
}

static int by_id(const void *a, const void *b)
{
    uint64_t x = ((const due_of *)a)->id, y = ((const due_of *)b)->id;
    return x < y ? -1 : x > y;
}

static walk walk_of(app_view *v, const due_watch *watch)
{
    return (walk){.v = v, .now_ms = uow_now(v->rows), .watch = watch};
}

void query_hold_end(app_view *v, const hold *row, const due_watch *watch)
{
    walk w = walk_of(v, watch);
    hold_ends(&w, row);
}

bool query_due(app_view *v, const due_watch *watch)
{
    static const uint8_t kinds[] = {DUE_KIND_COUPON, DUE_KIND_HOLD};
    walk w = walk_of(v, watch);
    uint16_t lanes = uow_lane_count(v->rows);
    w.entries = ARENA_ARRAY(v->memory, due_of, watch->most);
    for (uint16_t i = 0; i < lanes; i++)
        for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
            lane_due(&w, (uint16_t)((watch->first_lane + i) % lanes), kinds[k]);
    if (w.n > 1)
        qsort(w.entries, w.n, sizeof(*w.entries), by_id);
    for (size_t i = 0; i < w.n; i++) {
        if (i > 0 && w.entries[i].id == w.entries[i - 1].id)
            continue; /* a row may have several entries */
        if (w.entries[i].kind == DUE_KIND_COUPON)
            coupon_due(&w, w.entries[i].id);
        else
            hold_due(&w, w.entries[i].id);
    }
    return !w.full;
}
