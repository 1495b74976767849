/* Asking a segment: the lists of all terms that the question has, put together. */
#include <string.h>

#include "domain/find/segment.h"

enum { KEYS_FIRST = 256, RADIX_BITS = 8, RADIX = 1 << RADIX_BITS };

typedef struct asker {
    const find_segment *s;
    arena *memory;
    uint64_t *keys;
    size_t n, capacity;
} asker;

static void ask(asker *a, const find_place *place, find_term term)
{
    if (a->n == a->capacity) {
        size_t capacity = a->capacity == 0 ? KEYS_FIRST : a->capacity * 2;
        uint64_t *grown = ARENA_ARRAY(a->memory, uint64_t, capacity);
        if (a->n > 0) {
            memcpy(grown, a->keys, a->n * sizeof(*grown));
        }
        a->keys = grown;
        a->capacity = capacity;
    }
    uint64_t key = find_key(place, term);
    __builtin_prefetch(&a->s->directory[find_head(a->s, key)]);
    a->keys[a->n++] = key;
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

/* In place; spare has as much room. A bitmap takes ascending numbers several times faster. */
static void sort(uint32_t *numbers, uint32_t *spare, size_t n)
{
    uint32_t *from = numbers, *to = spare;
    for (unsigned shift = 0; shift < 32; shift += RADIX_BITS) {
        size_t starts[RADIX + 1] = {0};
        for (size_t i = 0; i < n; i++) {
            starts[(from[i] >> shift) % RADIX + 1]++;
        }
        for (size_t i = 0; i < RADIX; i++) {
            starts[i + 1] += starts[i];
        }
        for (size_t i = 0; i < n; i++) {
            to[starts[(from[i] >> shift) % RADIX]++] = from[i];
        }
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
}

roaring_bitmap_t *find_segment_ask(const find_segment *s, const find_question *q,
                                   const find_has *has, arena *memory)
{
    asker a = {.s = s, .memory = memory};
    ask_question(&a, q, has);
    const roaring_bitmap_t **bitmaps = ARENA_ARRAY(memory, const roaring_bitmap_t *, a.n + 1);
    const find_list **lists = ARENA_ARRAY(memory, const find_list *, a.n);
    size_t found = 0, large = 0;
    for (size_t i = 0; i < a.n; i++) {
        __builtin_prefetch(&s->lists[s->directory[find_head(s, a.keys[i])]]);
    }
    for (size_t i = 0; i < a.n; i++) {
        const find_list *l = list_of(s, a.keys[i]);
        if (l != NULL && l->n > FIND_LIST_SHORT) {
            bitmaps[large++] = s->bitmaps[l->at];
        } else if (l != NULL) {
            __builtin_prefetch(&s->pool[l->n > 1 ? l->at : 0]);
            lists[found++] = l;
        }
    }
    roaring_bitmap_t *out =
        large == 1 ? roaring_bitmap_copy(bitmaps[0]) : roaring_bitmap_or_many(large, bitmaps);
    CHECK(out != NULL);
    uint32_t *numbers = ARENA_ARRAY(memory, uint32_t, found * FIND_LIST_SHORT * 2);
    size_t n = 0;
    for (size_t i = 0; i < found; i++) {
        const uint32_t *of = lists[i]->n == 1 ? &lists[i]->at : &s->pool[lists[i]->at];
        memcpy(numbers + n, of, lists[i]->n * sizeof(*numbers));
        n += lists[i]->n;
    }
    sort(numbers, numbers + n, n);
    roaring_bitmap_add_many(out, n, numbers);
    return out;
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
