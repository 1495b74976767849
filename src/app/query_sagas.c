/* See query_sagas.h. A later kind of saga adds its table to the walk, and its settle act to
 * domain/saga/saga.c. */
#include "app/query_sagas.h"

#include "base/id.h"
#include "domain/saga/saga.h"

enum { PAGE = 100 };

typedef struct walk {
    app_view *v;
    int64_t now_ms;
    void (*each)(void *context, const saga_open *s);
    void *context;
    uint64_t *aside; /* tries that a message names which was set aside */
    size_t n, capacity;
} walk;

str saga_state_name(saga_state s)
{
    static const str names[] = {[SAGA_ON_ITS_WAY] = S("on_its_way"),
                                [SAGA_LATE] = S("late"),
                                [SAGA_QUARANTINED] = S("quarantined")};
    return names[s];
}

/* ---- what is set aside ---- */

static void add_aside(walk *w, const quarantine *q)
{
    arena *memory = w->v->memory;
    uint64_t id = q->aside ? saga_ends(q->act, q->input, memory).reservation : 0;
    if (id == 0)
        return;
    if (w->n == w->capacity) {
        w->capacity = w->capacity == 0 ? 16 : w->capacity * 2;
        uint64_t *grown = ARENA_ARRAY(memory, uint64_t, w->capacity);
        if (w->n > 0)
            memcpy(grown, w->aside, w->n * sizeof(*grown));
        w->aside = grown;
    }
    w->aside[w->n++] = id;
}

static void find_aside(walk *w)
{
    void *rows[PAGE];
    quarantine from = {0};
    uow_range range = {.table = &quarantine_table, .index = -1, .from = &from};
    size_t n;
    do {
        n = uow_scan(w->v->rows, &range, PAGE, rows);
        for (size_t i = 0; i < n; i++)
            add_aside(w, rows[i]);
        if (n > 0)
            from = *(const quarantine *)rows[n - 1];
        range.after = true;
    } while (n == PAGE);
}

static saga_state state_of(const walk *w, const reservation *r)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->aside[i] == r->id)
            return SAGA_QUARANTINED;
    return w->now_ms < r->deadline_ms ? SAGA_ON_ITS_WAY : SAGA_LATE;
}

static void tell(const walk *w, const reservation *r, saga_open s)
{
    s.state = state_of(w, r);
    s.id = r->id;
    s.home = r->slot;
    s.deadline_ms = r->deadline_ms;
    s.asks_at_ms = r->due_at_ms;
    w->each(w->context, &s);
}

/* ---- limits by phone, e-mail, device … ---- */

static str keeps(arena *memory, const subject_open *row, uint64_t id)
{
    str text = arena_printf(memory, "subject %016llx%016llx keeps", (unsigned long long)row->hi,
                            (unsigned long long)row->lo);
    for (size_t i = 0; i < row->counts.n; i++) {
        const reserved_count *k = &row->counts.items[i];
        if (k->reservation == id)
            text = arena_printf(memory, "%.*s %lld %.*s", STR_ARG(text), (long long)k->n,
                                STR_ARG(limit_measure_name(k->measure)));
    }
    return text;
}

static bool see_subject(void *context, str key, const void *stored)
{
    MAYBE(key);
    const walk *w = context;
    const subject_open *row = stored;
    arena *memory = arena_new(0);
    for (size_t i = 0; row != NULL && i < row->reservations.n; i++) {
        const reservation *r = &row->reservations.items[i];
        tell(w, r,
             (saga_open){.kind = S("limit_reservation"),
                         .keeps = keeps(memory, row, r->id),
                         .slot = row->slot});
    }
    arena_free(memory);
    return row != NULL;
}

/* ---- codes ---- */

static bool see_code(void *context, str key, const void *stored)
{
    MAYBE(key);
    const walk *w = context;
    const exchange_code *row = stored;
    arena *memory = arena_new(0);
    for (size_t i = 0; row != NULL && i < row->reservations.n; i++) {
        const reservation *r = &row->reservations.items[i];
        char format[ID_TEXT_MAX];
        (void)id_text(ID_CODE_FORMAT, row->format, format);
        tell(w, r,
             (saga_open){.kind = S("code_exchange"),
                         .keeps = arena_printf(memory, "%s keeps the code of serial %llu", format,
                                               (unsigned long long)row->serial),
                         .slot = row->slot});
    }
    arena_free(memory);
    return row != NULL;
}

/* ---- transfers ---- */

static bool see_transfer(void *context, str key, const void *stored)
{
    MAYBE(key);
    const walk *w = context;
    const transfer *row = stored;
    arena *memory = arena_new(0);
    for (size_t i = 0; row != NULL && i < row->reservations.n; i++) {
        const reservation *r = &row->reservations.items[i];
        char id[ID_TEXT_MAX], coupon_id[ID_TEXT_MAX];
        (void)id_text(ID_TRANSFER, row->id, id);
        (void)id_text(ID_COUPON, row->coupon, coupon_id);
        tell(w, r,
             (saga_open){.kind = row->move != 0 ? S("move") : S("transfer"),
                         .keeps = arena_printf(memory, "%s keeps %s", id, coupon_id),
                         .slot = row->slot});
    }
    arena_free(memory);
    return row != NULL;
}

result query_sagas(app_view *v, void (*each)(void *context, const saga_open *s), void *context)
{
    walk w = {.v = v, .now_ms = uow_now(v->rows), .each = each, .context = context};
    find_aside(&w);
    store_span all = {&subject_open_table, -1, 0, SLOT_COUNT};
    store_span codes = {&exchange_code_table, -1, 0, SLOT_COUNT};
    store_span transfers = {&transfer_table, -1, 0, SLOT_COUNT};
    result r = store_each(v->rows, &all, see_subject, &w);
    if (r == R_DONE)
        r = store_each(v->rows, &codes, see_code, &w);
    return r == R_DONE ? store_each(v->rows, &transfers, see_transfer, &w) : r;
}
