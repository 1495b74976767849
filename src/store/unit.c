/* The unit of work: runs, undo, loading and what a batch commits. The acts' side is in uow.c.
 *
 * Invariants: an entry that is `changed` holds in `before` what is committed under its key; undoing
 * a run leaves map, rows, events, messages and ids as they were before it, but for entries that it
 * has brought in. Does no I/O of its own and knows no queue. */
#include "store/unit.h"

#include <stdlib.h>

enum { LIST_FIRST = 32, MAP_FIRST = 256, DUE_NEAR = 8 };

/* In front of a row. */
typedef struct row_room {
    unit_entry *entry;
    int64_t rev;
} row_room;

static row_room room_of(const void *row)
{
    row_room room;
    memcpy(&room, (const char *)row - sizeof(room), sizeof(room));
    return room;
}

static void set_room(void *row, row_room room)
{
    memcpy((char *)row - sizeof(room), &room, sizeof(room));
}

void *engine_row_new(arena *memory, const table *t)
{
    char *p = arena_alloc(memory, sizeof(row_room) + t->record.size);
    return p + sizeof(row_room);
}

void engine_row_set_rev(void *row, int64_t rev)
{
    set_room(row, (row_room){room_of(row).entry, rev});
}

int64_t engine_row_rev(const void *row)
{
    return room_of(row).rev;
}

unit_entry *unit_entry_of(const void *row)
{
    unit_entry *e = room_of(row).entry;
    CHECK(e != NULL);
    return e;
}

void unit_entry_bind(unit_entry *e, void *row)
{
    e->row = row;
    if (row != NULL)
        set_room(row, (row_room){e, room_of(row).rev});
}

str unit_key_of(unit_key *k, const table *t, const void *row)
{
    buf b = {.p = k->bytes, .capacity = sizeof(k->bytes), .max = sizeof(k->bytes)};
    row_encode_key(t, row, &b);
    return buf_view(&b);
}

void *unit_list_add(uow *u, unit_list *l, size_t item_size)
{
    if (l->n == l->capacity) {
        size_t capacity = l->capacity == 0 ? (size_t)LIST_FIRST : l->capacity * 2;
        void *items = arena_alloc_array(u->memory, item_size, capacity);
        if (l->n > 0)
            memcpy(items, l->items, l->n * item_size);
        l->items = items;
        l->capacity = capacity;
    }
    return (char *)l->items + item_size * l->n++;
}

/* ---- begin ---- */

void unit_begin(uow *u, const unit_setup *setup)
{
    size_t capacity = MAP_FIRST;
    while (capacity < setup->rows_hint * 2)
        capacity *= 2;
    *u = (uow){.engine = setup->engine,
               .memory = setup->memory,
               .config = setup->config,
               .lane = setup->lane,
               .slots = setup->slots,
               .at = setup->at,
               .now_ms = setup->clock_ms,
               .time_last = setup->time_last,
               .id_last = setup->id_last,
               .random = setup->random,
               .map = ARENA_ARRAY(setup->memory, unit_entry *, capacity),
               .map_capacity = capacity,
               .run = 1};
    unit_key key;
    u->head = unit_entry_at(u, &lane_head_table,
                            unit_key_of(&key, &lane_head_table, &(lane_head){.lane = u->lane}));
    u->immediate = !u->engine->withholds;
    (void)lane_head_get(u, u->lane);
    u->immediate = false;
}

result unit_open(uow *u)
{
    if (unit_wants(u))
        unit_load(u);
    u->failure = R_DONE;
    const lane_head *head = lane_head_get(u, u->lane);
    if (u->failure != R_DONE)
        return u->failure;
    if (head != NULL && head->map_version != u->slots->version)
        return R_MAP_CHANGED;
    const engine_ops *ops = u->engine->ops;
    u->server_ms = ops->clock_ms != NULL ? ops->clock_ms(u->at) : 0;
    if (u->server_ms != 0)
        u->now_ms = u->server_ms;
    if (u->time_last > u->now_ms)
        u->now_ms = u->time_last;
    if (head != NULL) {
        u->now_ms = head->time_ms > u->now_ms ? head->time_ms : u->now_ms;
        u->id_last = head->id_last > u->id_last ? head->id_last : u->id_last;
        u->epoch = head->epoch;
    }
    u->due_last = head == NULL ? 0 : head->due_last;
    return R_DONE;
}

void unit_begin_reading(uow *u, engine *e, arena *memory, const snapshot *at)
{
    *u = (uow){.engine = e, .memory = memory, .at = at, .reading = true};
}

/* ---- runs ---- */

void unit_undo_all(uow *u)
{
    unit_undo *items = u->undo.items;
    for (size_t i = u->undo.n; i > 0; i--) {
        unit_undo *d = &items[i - 1];
        unit_entry *e = d->entry;
        if (d->image != NULL)
            memcpy(d->row, d->image, e->table->record.size);
        e->row = d->row;
        e->before = d->before;
        e->state = d->state;
        e->changed = d->changed;
    }
    u->undo.n = 0;
    u->events.n = u->events_mark;
    u->dues.n = u->dues_mark;
    u->messages.n = u->messages_mark;
    u->run++; /* rows that were saved must be saved again before they are edited again */
}

/* Every row that the run has seen is as it was, but for those it edited and kept. */
void unit_check_run(uow *u, bool kept)
{
    unit_entry **items = u->seen.items;
    for (size_t i = 0; i < u->seen.n; i++) {
        unit_entry *e = items[i];
        if (e->state != ENTRY_KNOWN || e->row == NULL)
            continue;
        if (kept && e->saved_run == u->run) {
            e->shadow = arena_alloc(u->memory, e->table->record.size);
            record_copy(&e->table->record, e->row, u->memory, e->shadow);
        } else {
            CHECK(record_equal(&e->table->record, e->row, e->shadow)); /* else: no uow_edit */
        }
    }
}

static result run_once(uow *u, request *r)
{
    u->run++;
    u->request = r;
    u->undo.n = 0;
    u->seen.n = 0;
    u->events_mark = u->events.n;
    u->dues_mark = u->dues.n;
    u->messages_mark = u->messages.n;
    u->id_mark = u->id_last;
    u->pending = false;
    u->waits = false;
    u->failure = R_DONE;
    u->detail = (str){NULL, 0};
    u->wrong = (issue){0};
    r->runs++;
    result outcome = r->run(u, r);
    /* An act that went on with NULL for a row that is only not here yet has decided nothing. */
    if (u->pending)
        outcome = R_AGAIN;
    if (u->failure != R_DONE)
        outcome = u->failure;
    if (outcome == R_WAIT && !u->waits)
        outcome = R_INTERNAL;
    return outcome;
}

result unit_run(uow *u, request *r)
{
    result outcome = run_once(u, r);
    if (outcome != R_DONE)
        unit_undo_all(u);
    /* Nobody has seen the ids of a run that is repeated: the repetition draws the same ones. */
    if (outcome == R_AGAIN)
        u->id_last = u->id_mark;
    if (u->engine->checked)
        unit_check_run(u, outcome == R_DONE);
    u->request = NULL;
    return outcome;
}

bool unit_probe(uow *u, request *r)
{
    bool complete = run_once(u, r) != R_AGAIN;
    unit_undo_all(u);
    u->id_last = u->id_mark;
    if (u->engine->checked)
        unit_check_run(u, false);
    u->request = NULL;
    return complete;
}

/* ---- loading ---- */

bool unit_wants(const uow *u)
{
    if (u->wanted.n > 0)
        return true;
    for (const unit_scan *s = u->scans; s != NULL; s = s->next)
        if (s->state == ENTRY_WANTED)
            return true;
    return false;
}

void unit_load(uow *u)
{
    unit_entry **wanted = u->wanted.items;
    load_item *items = ARENA_ARRAY(u->memory, load_item, u->wanted.n);
    unit_entry **entries = ARENA_ARRAY(u->memory, unit_entry *, u->wanted.n);
    size_t n = 0;
    for (size_t i = 0; i < u->wanted.n; i++) {
        unit_entry *e = wanted[i];
        if (e->state != ENTRY_WANTED)
            continue; /* a scan or an act has brought it meanwhile */
        items[n] = (load_item){.table = e->table, .key = e->key, .row = e->row};
        entries[n++] = e;
    }
    u->wanted.n = 0;
    size_t scans_n = 0;
    for (const unit_scan *s = u->scans; s != NULL; s = s->next)
        scans_n += s->state == ENTRY_WANTED;
    scan_item *scans = ARENA_ARRAY(u->memory, scan_item, scans_n);
    scans_n = 0;
    for (const unit_scan *s = u->scans; s != NULL; s = s->next)
        if (s->state == ENTRY_WANTED)
            scans[scans_n++].request = s->request;
    size_t links_n;
    link_item *links = unit_links_wanted(u, &links_n);
    read_request wish = {items, n, scans, scans_n, links, links_n};
    if (n + scans_n > 0)
        u->engine->ops->read(u->engine, u->at, &wish, u->memory);
    for (size_t i = 0; i < n; i++)
        unit_entry_loaded(u, entries[i], &items[i]);
    for (size_t i = 0; i < links_n; i++)
        unit_link_loaded(u, &links[i]);
    scans_n = 0;
    for (unit_scan *s = u->scans; s != NULL; s = s->next)
        if (s->state == ENTRY_WANTED)
            unit_scan_loaded(s, &scans[scans_n++]);
}

/* ---- due blocks ---- */

void unit_due_block(uow *u, const unit_due *dues, size_t n)
{
    due_block *block = due_block_new(u, u->lane, dues[0].what.kind, dues[0].at_ms, ++u->due_last);
    block->entries.items = ARENA_ARRAY(u->memory, due_entry, n);
    block->entries.n = n;
    for (size_t i = 0; i < n; i++)
        block->entries.items[i] =
            (due_entry){dues[i].what.id, dues[i].what.lo, dues[i].at_ms - dues[0].at_ms};
}

static int by_due(const void *a, const void *b)
{
    const unit_due *x = a, *y = b;
    if (x->what.kind != y->what.kind)
        return x->what.kind < y->what.kind ? -1 : 1;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return x->what.id < y->what.id ? -1 : x->what.id > y->what.id;
}

/* Entries share a block with the first one while they are within an eighth of the way to it. What
 * the sweep finds before its time goes into another block, so an entry moves but a few times,
 * however far ahead it began. */
static void write_dues(uow *u)
{
    unit_due *dues = u->dues.items;
    size_t n = 0;
    if (u->dues.n > 1)
        qsort(dues, u->dues.n, sizeof(*dues), by_due);
    for (size_t from = 0; from < u->dues.n; from += n) {
        int64_t at = dues[from].at_ms, until = at + (at - u->now_ms) / DUE_NEAR;
        for (n = 1; n < UOW_DUE_MAX && from + n < u->dues.n; n++)
            if (dues[from + n].what.kind != dues[from].what.kind || dues[from + n].at_ms > until)
                break;
        unit_due_block(u, dues + from, n);
    }
}

/* ---- what is committed ---- */

static bool has_net_change(const unit_entry *e)
{
    return e->changed && (e->before != NULL || e->row != NULL);
}

static lane_head *head_to_write(uow *u)
{
    lane_head *head = u->head->row;
    if (head == NULL)
        return lane_head_new(u, u->lane);
    uow_edit(u, head);
    return head;
}

static const store_message *write_messages(uow *u, lane_head *head)
{
    unit_message *from = u->messages.items;
    store_message *out = ARENA_ARRAY(u->memory, store_message, u->messages.n);
    for (size_t i = 0; i < u->messages.n; i++) {
        outbox *row = outbox_new(u, u->lane, ++head->outbox_last);
        row->act = from[i].act;
        row->slot = from[i].slot;
        row->to_lane = from[i].to_lane;
        row->at_ms = u->now_ms;
        row->input = from[i].input;
        out[i] = (store_message){.from_lane = u->lane,
                                 .sequence = row->sequence,
                                 .act = row->act,
                                 .slot = row->slot,
                                 .to_lane = row->to_lane,
                                 .input = row->input};
    }
    return out;
}

static void write_events(uow *u, lane_head *head)
{
    event_block *block = event_block_new(u, u->lane, head->event_last + 1);
    block->events.items = u->events.items;
    block->events.n = u->events.n;
    head->event_last += u->events.n;
}

static void collect(uow *u, unit_changes *out)
{
    unit_entry **entries = u->changed.items;
    change *items = ARENA_ARRAY(u->memory, change, u->changed.n);
    size_t n = 1; /* the head comes first: engines that guard want it so */
    for (size_t i = 0; i < u->changed.n; i++) {
        unit_entry *e = entries[i];
        if (!has_net_change(e))
            continue;
        change *c = e == u->head ? &items[0] : &items[n++];
        *c = (change){.table = e->table, .key = e->key, .before = e->before, .after = e->row};
        if (u->engine->checked && e->row != NULL) {
            unit_key key; /* differs when an act has changed a key column */
            CHECK(str_eq(unit_key_of(&key, e->table, e->row), e->key));
        }
    }
    out->items = items;
    out->n = n;
}

void unit_finish(uow *u, unit_changes *out)
{
    *out = (unit_changes){0};
    bool any = u->engine->shared || u->events.n > 0 || u->dues.n > 0 || u->messages.n > 0;
    unit_entry **entries = u->changed.items;
    for (size_t i = 0; i < u->changed.n && !any; i++)
        any = has_net_change(entries[i]);
    if (!any)
        return;
    u->run++;
    lane_head *head = head_to_write(u);
    head->revision++;
    head->map_version = u->slots->version;
    if (u->raises) {
        head->epoch++;
        head->config_seen.items = u->config_seen;
        head->config_seen.n = u->config_seen == NULL ? 0 : u->slots->lanes;
    }
    head->time_ms = u->now_ms;
    head->id_last = u->id_last;
    out->messages_n = u->messages.n;
    if (u->messages.n > 0)
        out->messages = write_messages(u, head);
    if (u->events.n > 0)
        write_events(u, head);
    write_dues(u);
    head->due_last = u->due_last;
    collect(u, out);
}
