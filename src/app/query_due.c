/* See query_due.h. Mirrors what the sweep does (domain/coupon/sweep.c), without writing. */
#include "app/query_due.h"

#include "base/id.h"
#include "domain/coupon/state.h"

enum { DUE_PAGE = 100 };

typedef struct walk {
    app_view *v;
    int64_t now_ms;
    size_t looked;
    void (*each)(void *context, const due_change *change);
    void *context;
} walk;

static bool is_past_its_end(const walk *w, const coupon *row)
{
    return w->now_ms >= config_expires_at_ms(w->v->config, row);
}

static void coupon_due(walk *w, const void *found)
{
    const coupon *row = found;
    if (!is_past_its_end(w, row))
        return; /* an edit has given it more time */
    due_change change = {.template = config_find_template(w->v->config, row->template),
                         .expired = true,
                         .budget_minor = row->reserved_minor};
    w->each(w->context, &change);
}

static void hold_due(walk *w, const void *found)
{
    const hold *row = found;
    for (size_t i = 0; i < row->applied.n; i++) {
        const applied_coupon *a = &row->applied.items[i];
        const coupon *held = coupon_get(w->v->rows, row->slot, a->coupon);
        if (held == NULL)
            return; /* could not be read */
        due_change change = {.template = config_find_template(w->v->config, a->template),
                             .released = true,
                             .expired = is_past_its_end(w, held),
                             .budget_minor = a->reserved_minor};
        if (change.expired)
            change.budget_minor += held->reserved_minor;
        w->each(w->context, &change);
    }
}

/* One of the two indexes. */
typedef struct due_source {
    const table *table;
    int index;
    size_t due_offset; /* of due_at_ms; slot is the first column of both */
    void (*due)(walk *w, const void *row);
} due_source;

static const due_source sources[] = {
    {&coupon_table, COUPON_BY_DUE, offsetof(coupon, due_at_ms), coupon_due},
    {&hold_table, HOLD_BY_DUE, offsetof(hold, due_at_ms), hold_due},
};

static int64_t due_at(const due_source *s, const void *row)
{
    int64_t at;
    memcpy(&at, (const char *)row + s->due_offset, sizeof at);
    return at;
}

static uint16_t slot_at(const void *row)
{
    uint16_t slot;
    memcpy(&slot, row, sizeof slot);
    return slot;
}
_Static_assert(offsetof(coupon, slot) == 0 && offsetof(hold, slot) == 0, "a row begins with it");

/* All of one slot, from its first row on. */
static void slot_walk(walk *w, const due_source *s, const void *first)
{
    const void *from = first;
    bool after = false;
    size_t n;
    do {
        void *page[DUE_PAGE];
        uow_range range = {.table = s->table,
                           .index = s->index,
                           .from = from,
                           .prefix_columns = 1,
                           .after = after};
        n = uow_scan(w->v->rows, &range, DUE_PAGE, page);
        for (size_t i = 0; i < n; i++) {
            if (due_at(s, page[i]) > w->now_ms || w->looked++ >= DUE_LOOK_MAX)
                return;
            s->due(w, page[i]);
            from = page[i];
        }
        after = true;
    } while (n == DUE_PAGE);
}

static void source_walk(walk *w, const due_source *s)
{
    char *from = arena_alloc(w->v->memory, s->table->record.size);
    for (uint32_t slot = 0; slot < SLOT_COUNT && w->looked < DUE_LOOK_MAX; slot++) {
        uint16_t next = (uint16_t)slot;
        void *first;
        uow_range range = {.table = s->table, .index = s->index, .from = from};
        memcpy(from, &next, sizeof next);
        if (uow_scan(w->v->rows, &range, 1, &first) == 0)
            return;
        slot = slot_at(first);
        if (due_at(s, first) <= w->now_ms)
            slot_walk(w, s, first);
    }
}

void query_due(app_view *v, void (*each)(void *context, const due_change *change), void *context)
{
    walk w = {.v = v, .now_ms = uow_now(v->rows), .each = each, .context = context};
    for (size_t i = 0; i < ARRAY_LEN(sources); i++)
        source_walk(&w, &sources[i]);
}
