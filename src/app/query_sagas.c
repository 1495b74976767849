/* See query_sagas.h. A later kind of saga adds its table to the walk, and its settle act to
 * domain/saga/saga.c. */
#include "app/query_sagas.h"

#include "base/id.h"
#include "domain/coupon/erase.h"
#include "domain/coupon/move.h"
#include "domain/saga/saga.h"

enum { PAGE = 100 };

typedef struct walk {
    app_view *v;
    int64_t now_ms;
    void (*each)(void *context, const saga_open *s);
    void *context;
    uint64_t *aside; /* what a message names that was set aside: tries, moves and erasures */
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
    if (q->aside && id == 0)
        id = saga_carries_on(q->act, q->input, memory);
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

static saga_state state_of(const walk *w, uint64_t id, bool late)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->aside[i] == id)
            return SAGA_QUARANTINED;
    return late ? SAGA_LATE : SAGA_ON_ITS_WAY;
}

static void tell(const walk *w, const reservation *r, saga_open s)
{
    s.state = state_of(w, r->id, w->now_ms >= r->deadline_ms);
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

/* ---- users who become another one, or are forgotten ---- */

static bool see_move(void *context, str key, const void *stored)
{
    MAYBE(key);
    const walk *w = context;
    const user_move *row = stored;
    if (row == NULL || row->ended_at_ms != 0)
        return row != NULL;
    arena *memory = arena_new(0);
    char id[ID_TEXT_MAX];
    (void)id_text(ID_MOVE, row->id, id);
    int64_t deadline_ms = row->created_at_ms + MOVE_ROUND_MS;
    bool late = w->now_ms >= deadline_ms && row->waiting == 0;
    saga_open s = {.kind = move_reason_name(row->reason),
                   .keeps = arena_printf(memory, "%s has moved %llu coupons, %u wait", id,
                                         (unsigned long long)row->moved, row->waiting),
                   .state = state_of(w, row->id, late),
                   .id = row->id,
                   .slot = row->slot,
                   .home = slot_of_user(row->merchant, row->to),
                   .deadline_ms = deadline_ms,
                   .asks_at_ms = row->wake_ms};
    w->each(w->context, &s);
    arena_free(memory);
    return true;
}

/* One that is asked for waits for its parts, which have no line of their own. */
static bool see_erasure(void *context, str key, const void *stored)
{
    MAYBE(key);
    const walk *w = context;
    const erasure *row = stored;
    if (row == NULL || row->state != ERASURE_STATE_OPEN || row->of != 0)
        return row != NULL;
    arena *memory = arena_new(0);
    char id[ID_TEXT_MAX];
    size_t parts = 0;
    for (size_t i = 0; i < row->parts.n; i++)
        parts += !row->parts.items[i].over;
    (void)id_text(ID_ERASURE, row->id, id);
    int64_t deadline_ms = row->created_at_ms + ERASE_ROUND_MS;
    bool late = w->now_ms >= deadline_ms && row->waiting == 0;
    saga_open s = {.kind = S("erasure"),
                   .keeps = arena_printf(memory,
                                         "%s: %u coupons wait, %zu names are not over, %u answers "
                                         "have not come",
                                         id, row->waiting, parts, row->untold),
                   .state = state_of(w, row->id, late),
                   .id = row->id,
                   .slot = row->slot,
                   .home = row->slot,
                   .deadline_ms = deadline_ms,
                   .asks_at_ms = row->wake_ms};
    w->each(w->context, &s);
    arena_free(memory);
    return true;
}

result query_sagas(app_view *v, void (*each)(void *context, const saga_open *s), void *context)
{
    static const struct {
        const table *of;
        bool (*see)(void *context, str key, const void *stored);
    } walks[] = {{&subject_open_table, see_subject},
                 {&exchange_code_table, see_code},
                 {&transfer_table, see_transfer},
                 {&user_move_table, see_move},
                 {&erasure_table, see_erasure}};
    walk w = {.v = v, .now_ms = uow_now(v->rows), .each = each, .context = context};
    result r = R_DONE;
    find_aside(&w);
    for (size_t i = 0; i < ARRAY_LEN(walks) && r == R_DONE; i++) {
        store_span all = {walks[i].of, -1, 0, SLOT_COUNT};
        r = store_each(v->rows, &all, walks[i].see, &w);
    }
    return r;
}
