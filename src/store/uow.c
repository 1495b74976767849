/* The unit of work as acts see it: rows, events, messages, ids, refusals. See domain/uow.h.
 *
 * Invariants: one entry, and one place in memory, for each key that the batch has touched; an entry
 * is written only by the act that is running, after its undo is recorded, and only when its home is
 * this lane. Scans are in scan.c. */
#include "domain/uow.h"

#include <stdarg.h>

#include "base/hash.h"
#include "base/time.h"
#include "store/unit.h"

enum { WITHHOLD_ONE_IN = 4 };

/* ---- the identity map ---- */

static void map_place(unit_entry **map, size_t capacity, unit_entry *e)
{
    size_t i = e->hash & (capacity - 1);
    while (map[i] != NULL)
        i = (i + 1) & (capacity - 1);
    map[i] = e;
}

static void map_grow(uow *u)
{
    size_t capacity = u->map_capacity * 2;
    unit_entry **map = ARENA_ARRAY(u->memory, unit_entry *, capacity);
    for (size_t i = 0; i < u->map_capacity; i++)
        if (u->map[i] != NULL)
            map_place(map, capacity, u->map[i]);
    u->map = map;
    u->map_capacity = capacity;
}

unit_entry *unit_entry_at(uow *u, const table *t, str key)
{
    uint64_t hash = hash64(key, 0);
    for (size_t i = hash & (u->map_capacity - 1); u->map[i] != NULL;
         i = (i + 1) & (u->map_capacity - 1))
        if (u->map[i]->hash == hash && str_eq(u->map[i]->key, key))
            return u->map[i];
    if (u->map_n * 2 >= u->map_capacity)
        map_grow(u);
    unit_entry *e = ARENA_NEW(u->memory, unit_entry);
    e->table = t;
    e->hash = hash;
    e->key = arena_str(u->memory, key);
    map_place(u->map, u->map_capacity, e);
    u->map_n++;
    return e;
}

void unit_seen(uow *u, unit_entry *e)
{
    if (!u->engine->checked || e->seen_run == u->run)
        return;
    e->seen_run = u->run;
    unit_entry **slot = unit_list_add(u, &u->seen, sizeof(unit_entry *));
    *slot = e;
}

void unit_entry_known(uow *u, unit_entry *e, void *row)
{
    e->state = ENTRY_KNOWN;
    unit_entry_bind(e, row);
    if (row != NULL && u->engine->checked) {
        e->shadow = arena_alloc(u->memory, e->table->record.size);
        record_copy(&e->table->record, row, u->memory, e->shadow);
    }
}

bool unit_withholds(uow *u)
{
    if (u->immediate)
        return false;
    if (u->random != NULL && unit_random(u->random) % WITHHOLD_ONE_IN == 0)
        return true;
    return u->engine->withholds;
}

uint64_t unit_random(uint64_t *state)
{
    *state ^= *state >> 12; /* xorshift64*, Vigna 2016 */
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717) >> 32;
}

/* ---- get ---- */

static void *row_with_key(arena *memory, const table *t, str key)
{
    void *row = engine_row_new(memory, t);
    result r = row_decode_key(t, key, memory, row);
    CHECK(r == R_DONE); /* it was encoded a moment ago */
    return row;
}

void unit_entry_loaded(uow *u, unit_entry *e, const load_item *item)
{
    if (item->outcome != R_DONE) {
        e->state = ENTRY_BROKEN;
        e->failure = item->outcome;
        return;
    }
    unit_entry_known(u, e, item->found ? item->row : NULL);
}

static void fail(uow *u, result why)
{
    u->failure = why;
    u->pending = true;
}

static void read_one(uow *u, load_item *item)
{
    read_request wish = {.items = item, .n = 1};
    u->engine->ops->read(u->engine, u->at, &wish, u->memory);
}

static void *read_row(uow *u, const table *t, str key)
{
    load_item item = {.table = t, .key = key, .row = row_with_key(u->memory, t, key)};
    read_one(u, &item);
    if (item.outcome != R_DONE)
        fail(u, item.outcome);
    return item.outcome == R_DONE && item.found ? item.row : NULL;
}

static void want(uow *u, unit_entry *e)
{
    e->row = row_with_key(u->memory, e->table, e->key);
    e->state = ENTRY_WANTED;
    if (unit_withholds(u)) {
        unit_entry **slot = unit_list_add(u, &u->wanted, sizeof(unit_entry *));
        *slot = e;
        return;
    }
    load_item item = {.table = e->table, .key = e->key, .row = e->row};
    read_one(u, &item);
    unit_entry_loaded(u, e, &item);
}

void *uow_get(uow *u, const table *t, const void *key_row)
{
    unit_key k;
    str key = unit_key_of(&k, t, key_row);
    if (u->reading)
        return read_row(u, t, key);
    unit_entry *e = unit_entry_at(u, t, key);
    if (e->state == ENTRY_UNREAD)
        want(u, e);
    if (e->state == ENTRY_BROKEN)
        fail(u, e->failure);
    if (e->state != ENTRY_KNOWN) {
        u->pending = true;
        return NULL;
    }
    unit_seen(u, e);
    return e->row;
}

bool uow_pending(const uow *u)
{
    return u->pending;
}

/* ---- new, edit, delete ---- */

/* A lane writes its own rows only, and an act those of its slot and of the lane that runs it: two
 * lanes never write one row, and a slot can move. */
static void check_home(const uow *u, const unit_entry *e)
{
    CHECK(!u->reading);
    uint16_t home = (uint16_t)((uint8_t)e->key.p[1] << 8 | (uint8_t)e->key.p[2]);
    if (e->table->home == HOME_LANE) {
        CHECK(home == u->lane);
        return;
    }
    CHECK(slot_map_lane(u->slots, home) == u->lane);
    if (u->engine->checked && u->request != NULL && !u->request->to_lane)
        CHECK(home == u->request->slot);
}

static void save(uow *u, unit_entry *e, const void *image)
{
    check_home(u, e);
    unit_undo *d = unit_list_add(u, &u->undo, sizeof(unit_undo));
    *d = (unit_undo){.entry = e,
                     .row = e->row,
                     .image = image,
                     .before = e->before,
                     .state = e->state,
                     .changed = e->changed};
    e->saved_run = u->run;
    unit_seen(u, e);
}

static void mark_changed(uow *u, unit_entry *e, const void *committed)
{
    if (!e->changed)
        e->before = committed;
    e->changed = true;
    if (e->listed)
        return;
    e->listed = true;
    e->next = u->changed_of[e->table->number];
    u->changed_of[e->table->number] = e;
    unit_entry **slot = unit_list_add(u, &u->changed, sizeof(unit_entry *));
    *slot = e;
}

/* Lists are written in place, so an image has its own; text never is. */
static void copy_lists(const record_type *r, void *record, arena *memory)
{
    for (size_t i = 0; i < r->n; i++) {
        const column *c = &r->columns[i];
        if (c->type != COLUMN_LIST)
            continue;
        list l;
        memcpy(&l, (char *)record + c->offset, sizeof(l));
        if (l.n == 0)
            continue;
        void *items = arena_alloc_array(memory, c->element->size, l.n);
        memcpy(items, l.items, l.n * c->element->size);
        for (size_t k = 0; k < l.n; k++)
            copy_lists(c->element, (char *)items + k * c->element->size, memory);
        l.items = items;
        memcpy((char *)record + c->offset, &l, sizeof(l));
    }
}

static void *image_of(uow *u, const table *t, const void *row)
{
    void *image = engine_row_new(u->memory, t);
    memcpy(image, row, t->record.size);
    engine_row_set_rev(image, engine_row_rev(row));
    copy_lists(&t->record, image, u->memory);
    return image;
}

void *uow_new(uow *u, const table *t, const void *key_row)
{
    CHECK(!u->reading);
    unit_key k;
    unit_entry *e = unit_entry_at(u, t, unit_key_of(&k, t, key_row));
    CHECK(e->state != ENTRY_KNOWN || e->row == NULL);
    save(u, e, NULL);
    mark_changed(u, e, NULL);
    e->state = ENTRY_KNOWN;
    unit_entry_bind(e, row_with_key(u->memory, t, e->key));
    return e->row;
}

void uow_edit(uow *u, void *row)
{
    CHECK(!u->reading);
    unit_entry *e = unit_entry_of(row);
    CHECK(e->state == ENTRY_KNOWN && e->row == row);
    if (e->saved_run == u->run)
        return;
    const void *image = image_of(u, e->table, row);
    save(u, e, image);
    mark_changed(u, e, image);
}

void uow_delete(uow *u, void *row)
{
    CHECK(!u->reading);
    unit_entry *e = unit_entry_of(row);
    CHECK(e->state == ENTRY_KNOWN && e->row == row);
    save(u, e, NULL);
    mark_changed(u, e, row);
    e->row = NULL;
}

void store_rollback(uow *u)
{
    CHECK(!u->reading);
    unit_undo_all(u);
}

str store_detail(const uow *u)
{
    return u->detail;
}

/* ---- the act's surroundings ---- */

arena *uow_memory(uow *u)
{
    return u->memory;
}

int64_t uow_now(const uow *u)
{
    return u->now_ms;
}

uint16_t uow_lane(const uow *u)
{
    return u->lane;
}

uint16_t uow_lane_count(const uow *u)
{
    return u->slots->lanes;
}

const config *uow_config(const uow *u)
{
    return u->config;
}

/* Time and sequence only ever grow; when a millisecond's numbers are used up, the next one's are
 * borrowed, and the head remembers that. Another lane may have drawn the same time and sequence,
 * but never for a slot of this lane. */
uint64_t uow_next_id(uow *u, uint16_t slot)
{
    CHECK(!u->reading);
    CHECK(slot_map_lane(u->slots, slot) == u->lane);
    int64_t time = id_time_ms(u->id_last);
    unsigned sequence = (unsigned)(u->id_last & (ID_SEQUENCE_COUNT - 1)) + 1;
    if (u->now_ms > time) {
        time = u->now_ms;
        sequence = 0;
    } else if (sequence == ID_SEQUENCE_COUNT) {
        time++;
        sequence = 0;
    }
    u->id_last = id_make(time, 0, (uint16_t)sequence);
    return id_make(time, slot, (uint16_t)sequence);
}

void uow_event(uow *u, const void *what)
{
    CHECK(!u->reading);
    event *e = unit_list_add(u, &u->events, sizeof(event));
    record_copy(&event_record, what, u->memory, e);
}

void uow_due(uow *u, due_name what, int64_t at_ms)
{
    CHECK(!u->reading);
    unit_due one = {what, at_ms};
    if (at_ms <= u->now_ms) {
        unit_due_block(u, &one, 1);
        return;
    }
    unit_due *d = unit_list_add(u, &u->dues, sizeof(unit_due));
    *d = one;
}

void uow_send_again(uow *u, uint16_t act, uint16_t slot, uint16_t to_lane, str input)
{
    CHECK(!u->reading && (to_lane == UINT16_MAX || to_lane < u->slots->lanes));
    unit_message *m = unit_list_add(u, &u->messages, sizeof(unit_message));
    *m = (unit_message){act, slot, to_lane, arena_str(u->memory, input)};
}

void uow_send(uow *u, uint16_t act, uint16_t slot, const record_type *type, const void *input)
{
    uow_send_again(u, act, slot, UINT16_MAX, record_bytes(type, input, u->memory));
}

void uow_send_lane(uow *u, uint16_t act, uint16_t lane, const record_type *type, const void *input)
{
    uow_send_again(u, act, 0, lane, record_bytes(type, input, u->memory));
}

result uow_refuse(uow *u, result r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    u->detail = arena_vprintf(u->memory, format, args);
    va_end(args);
    return r;
}

result uow_refuse_field(uow *u, str field, str code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    u->wrong.detail = arena_vprintf(u->memory, format, args);
    va_end(args);
    u->wrong.field = arena_str(u->memory, field);
    u->wrong.code = code;
    return uow_refuse(u, R_INVALID, "%.*s: %.*s", STR_ARG(field), STR_ARG(u->wrong.detail));
}

void uow_wait_for(uow *u, pool_name which, int64_t need)
{
    CHECK(!u->reading);
    u->waits = true;
    u->waits_for = which;
    u->waits_need = need;
}

bool uow_dry(const uow *u, pool_name which, int64_t need)
{
    const request *r = u->request;
    for (size_t i = 0; r != NULL && i < r->dry_count; i++)
        if (pool_name_eq(r->dry[i].pool, which))
            return r->dry[i].need >= need;
    return false;
}
