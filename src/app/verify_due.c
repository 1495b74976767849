/* Due blocks: that each is sound, and which entries the coupons and holds of a group have. (Those
 * of subjects are verify_subject.c's, those of codes verify_code.c's, those of failed tries
 * verify_guess.c's.)
 *
 * Blocks belong to lanes and come by time, groups are slots: so entries are sorted by what they
 * name, as many slots at a time as fit DUE_ENTRIES; each such part is one walk over the blocks. */
#include <stdio.h>
#include <stdlib.h>

#include "app/verify_transfer.h"
#include "domain/code/codes.h"

enum { DUE_ENTRIES = 1 << 20 };

typedef struct due_of {
    uint64_t id;
    int64_t at_ms;
    uint8_t kind;
} due_of;

struct verify_due {
    arena *memory; /* of items */
    due_of *items; /* ascending by id, then time: those of the slots [from, until) */
    size_t n, capacity;
    uint32_t from, until;
    uint32_t by_slot[SLOT_COUNT];
};

/* ---- blocks ---- */

/* Entries of coupons, holds and transfers name rows of their group. */
static bool names_row(uint8_t kind)
{
    return kind == DUE_KIND_COUPON || kind == DUE_KIND_HOLD || kind == DUE_KIND_OFFER ||
           kind == DUE_KIND_TRANSFER;
}

static uint16_t slot_of_entry(uint8_t kind, const due_entry *e)
{
    if (kind == DUE_KIND_CODE)
        return code_place_slot(e->lo);
    bool hashed = kind == DUE_KIND_SUBJECT || kind == DUE_KIND_GUESSES;
    return hashed ? slot_of_hash(e->id) : id_slot(e->id);
}

static void see_block(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const due_block *b = row;
    char text[32];
    int n = snprintf(text, sizeof(text), "lane %u", b->lane);
    verify_what w = {.check = "lane", .subject = {text, (size_t)n}};
    verify_must(v, &w, "a due block is not ahead of its lane",
                b->lane < v->lanes && b->number <= v->heads[b->lane].due_last);
    int64_t last = 0;
    bool sound = b->entries.n > 0 && due_kind_name(b->kind).n > 0;
    for (size_t i = 0; i < b->entries.n; i++) {
        const due_entry *e = &b->entries.items[i];
        bool named = names_row(b->kind);
        uint16_t slot = slot_of_entry(b->kind, e);
        sound = sound && e->after_ms >= last && slot < SLOT_COUNT &&
                store_lane_of_slot(app_store(v->view.app), slot) == b->lane;
        last = e->after_ms;
        if (slot < SLOT_COUNT && named)
            v->due->by_slot[slot]++;
    }
    verify_must(v, &w, "entries of a due block are in order, and of its lane", sound);
}

result verify_due_begin(verify *v)
{
    v->due = calloc(1, sizeof(*v->due)); /* freed by verify_due_end */
    CHECK(v->due != NULL);
    v->due->memory = arena_new(0);
    return verify_each(v, NULL, &due_block_table, see_block);
}

void verify_due_end(verify *v)
{
    if (v->due == NULL)
        return;
    arena_free(v->due->memory);
    free(v->due);
}

/* ---- entries ---- */

static bool collect(void *context, str key, const void *row)
{
    MAYBE(key);
    verify_due *d = context;
    const due_block *b = row;
    size_t n = b == NULL || !names_row(b->kind) ? 0 : b->entries.n;
    for (size_t i = 0; i < n; i++) {
        const due_entry *e = &b->entries.items[i];
        uint16_t slot = id_slot(e->id);
        if (slot >= d->from && slot < d->until && d->n < d->capacity)
            d->items[d->n++] = (due_of){e->id, b->at_ms + e->after_ms, b->kind};
    }
    return true;
}

static int by_id(const void *a, const void *b)
{
    const due_of *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->at_ms < y->at_ms ? -1 : x->at_ms > y->at_ms;
}

static result load(verify *v, const verify_group *g)
{
    verify_due *d = v->due;
    arena_reset(d->memory);
    d->n = d->capacity = 0;
    d->from = d->until = g->from;
    while (d->until < g->until || (d->until < SLOT_COUNT && d->capacity < DUE_ENTRIES))
        d->capacity += d->by_slot[d->until++];
    d->items = ARENA_ARRAY(d->memory, due_of, d->capacity);
    store_span span = {.table = &due_block_table, .index = -1, .until = UINT16_MAX + 1U};
    result r = store_each(v->view.rows, &span, collect, d);
    if (d->n > 1)
        qsort(d->items, d->n, sizeof(*d->items), by_id);
    return r;
}

static void see_entry(verify *v, const verify_group *g, const due_of *e)
{
    static const id_kind kinds[] = {[DUE_KIND_COUPON] = ID_COUPON,
                                    [DUE_KIND_HOLD] = ID_HOLD,
                                    [DUE_KIND_OFFER] = ID_TRANSFER,
                                    [DUE_KIND_TRANSFER] = ID_TRANSFER};
    verify_what w = {.check = "index", .kind = kinds[e->kind], .id = e->id};
    bool there = e->kind == DUE_KIND_COUPON ? verify_find_coupon(g, e->id) != NULL
                 : e->kind == DUE_KIND_HOLD ? verify_find_hold(g, e->id) != NULL
                                            : verify_find_transfer(g, e->id) != NULL;
    verify_must(v, &w, "the row of the due entry is there", there);
}

result verify_due_group(verify *v, const verify_group *g)
{
    verify_due *d = v->due;
    result r = g->until > d->until ? load(v, g) : R_DONE;
    for (size_t i = 0; i < d->n && r == R_DONE; i++)
        if (id_slot(d->items[i].id) >= g->from && id_slot(d->items[i].id) < g->until)
            see_entry(v, g, &d->items[i]);
    return r;
}

bool verify_has_due(const verify *v, due_kind kind, uint64_t id, int64_t until_ms)
{
    const verify_due *d = v->due;
    size_t low = 0, high = d->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (d->items[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < d->n && d->items[low].id == id && d->items[low].at_ms <= until_ms; low++)
        if (d->items[low].kind == kind)
            return true;
    return false;
}
