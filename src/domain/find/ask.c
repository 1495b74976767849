/* Asking a segment: the lists of all terms that the question has, put together. */
#include <string.h>

#include "domain/find/segment.h"

enum { KEYS_FIRST = 256, RADIX_BITS = 8, RADIX = 1 << RADIX_BITS };

typedef struct asked {
    uint64_t key;
    const find_list *list;
    uint32_t line;
} asked;

typedef struct asker {
    const find_segment *s;
    arena *memory;
    asked *keys;
    size_t n, capacity;
} asker;

static void ask(asker *a, const find_place *place, find_term term)
{
    if (a->n == a->capacity) {
        size_t capacity = a->capacity == 0 ? KEYS_FIRST : a->capacity * 2;
        asked *grown = ARENA_ARRAY(a->memory, asked, capacity);
        if (a->n > 0) {
            memcpy(grown, a->keys, a->n * sizeof(*grown));
        }
        a->keys = grown;
        a->capacity = capacity;
    }
    uint64_t key = find_key(place, term);
    __builtin_prefetch(&a->s->directory[find_head(a->s, key)]);
    bool of_line = place->class == FIND_CLASS_LINES || place->class == FIND_CLASS_ASIDE;
    a->keys[a->n++] = (asked){.key = key, .line = of_line ? term.line : PRICE_LINE_ANY};
}

static void ask_all(asker *a, const find_place *place, const find_terms *terms)
{
    bool of_cart = place->class == FIND_CLASS_CART;
    const find_marks *marks = of_cart ? &a->s->cart : &a->s->lines;
    for (size_t i = 0; i < terms->n; i++) {
        if (find_is_marked(marks, terms->items[i].fact)) {
            ask(a, place, terms->items[i]);
        }
    }
}

static bool is_known(const find_has *has, uint64_t fact)
{
    size_t low = 0, high = has->known_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (has->known[middle] < fact) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < has->known_count && has->known[low] == fact;
}

static void ask_aside(asker *a, uint64_t shop, const find_has *has)
{
    find_place place = {shop, FIND_FACT_MIXED, FIND_CLASS_ASIDE};
    ask_all(a, &place, &has->lines);
    for (size_t i = 0; i < a->s->aside_count; i++) {
        place.aside = a->s->aside[i];
        if (!is_known(has, place.aside)) {
            ask_all(a, &place, &has->lines);
        }
    }
}

static void ask_question(asker *a, const find_question *q, const find_has *has)
{
    find_place place = {q->merchant, 0, FIND_CLASS_EVERY};
    if (q->way == FIND_ALL) {
        ask(a, &place, find_term_any);
        return;
    }
    place.class = FIND_CLASS_LINES;
    ask_all(a, &place, &has->lines);
    place.class = FIND_CLASS_CART;
    ask_all(a, &place, &has->cart);
    if (q->way == FIND_CART) {
        ask_all(a, &place, &has->lines);
    } else {
        ask_aside(a, q->merchant, has);
    }
}

static const find_list *list_of(const find_segment *s, uint64_t key)
{
    size_t head = find_head(s, key);
    for (uint32_t i = s->directory[head]; i < s->directory[head + 1]; i++) {
        if (s->lists[i].key == key) {
            return &s->lists[i];
        }
    }
    return NULL;
}

/* By number; spare has as much room. Gives which of the two has them then. */
static find_candidate *sort(find_candidate *from, find_candidate *spare, size_t n, uint32_t highest)
{
    find_candidate *to = spare;
    for (unsigned shift = 0; shift < 32 && highest >> shift > 0; shift += RADIX_BITS) {
        uint32_t starts[RADIX + 1] = {0};
        for (size_t i = 0; i < n; i++) {
            starts[(from[i].number >> shift) % RADIX + 1]++;
        }
        for (size_t i = 0; i < RADIX; i++) {
            starts[i + 1] += starts[i];
        }
        for (size_t i = 0; i < n; i++) {
            to[starts[(from[i].number >> shift) % RADIX]++] = from[i];
        }
        find_candidate *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

/* Finds the lists of all keys, and puts the short ones first. Gives how many these are. */
static size_t find_lists(asker *a)
{
    const find_segment *s = a->s;
    size_t few = 0, n = 0;
    for (size_t i = 0; i < a->n; i++) {
        __builtin_prefetch(&s->lists[s->directory[find_head(s, a->keys[i].key)]]);
    }
    for (size_t i = 0; i < a->n; i++) {
        asked one = a->keys[i];
        one.list = list_of(s, one.key);
        if (one.list == NULL) {
            continue;
        }
        a->keys[n] = one;
        if (one.list->n <= FIND_LIST_SHORT) {
            __builtin_prefetch(&s->pool[one.list->n > 1 ? one.list->at : 0]);
            a->keys[n] = a->keys[few];
            a->keys[few++] = one;
        }
        n++;
    }
    a->n = n;
    return few;
}

static void unite_long(const asker *a, size_t few, find_candidates *out)
{
    size_t n = a->n - few;
    const roaring_bitmap_t **bitmaps = ARENA_ARRAY(a->memory, const roaring_bitmap_t *, n);
    for (size_t i = 0; i < n; i++) {
        bitmaps[i] = a->s->bitmaps[a->keys[few + i].list->at];
    }
    if (n > 1) {
        out->made = roaring_bitmap_or_many(n, bitmaps);
        CHECK(out->made != NULL);
    }
    out->many = n > 1 ? out->made : n == 1 ? bitmaps[0] : NULL;
}

static void sort_short(const asker *a, size_t few, find_candidates *out)
{
    const find_segment *s = a->s;
    size_t room = 0;
    for (size_t i = 0; i < few; i++) {
        room += a->keys[i].list->n;
    }
    find_candidate *all = ARENA_ARRAY(a->memory, find_candidate, 2 * room);
    for (size_t i = 0; i < few; i++) {
        const find_list *l = a->keys[i].list;
        const uint32_t *numbers = l->n == 1 ? &l->at : &s->pool[l->at];
        for (size_t k = 0; k < l->n; k++) {
            all[out->n++] = (find_candidate){numbers[k], a->keys[i].line};
        }
    }
    out->few = sort(all, all + room, room, s->n - 1);
}

find_candidates find_segment_ask(const find_segment *s, const find_question *q, const find_has *has,
                                 arena *memory)
{
    asker a = {.s = s, .memory = memory};
    find_candidates out = {0};
    ask_question(&a, q, has);
    size_t few = find_lists(&a);
    unite_long(&a, few, &out);
    sort_short(&a, few, &out);
    return out;
}

void find_candidates_free(find_candidates *c)
{
    if (c->made != NULL) {
        roaring_bitmap_free(c->made);
    }
}

uint32_t find_segment_from(const find_segment *s, uint64_t id)
{
    uint32_t low = 0, high = s->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->entries[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
