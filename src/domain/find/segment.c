/* Building a segment: postings as pairs of key and template, sorted by key, then cut into lists. */
#include "domain/find/segment.h"

#include <stdlib.h>
#include <string.h>

typedef struct pair {
    uint64_t key;
    uint32_t template;
} pair;

/* How often terms are needed, roughly: several may share a counter. Only chooses between lists. */
typedef struct sketch {
    uint32_t *counts;
    uint64_t mask;
} sketch;

typedef struct builder {
    find_segment *s;
    arena *scratch; /* of one template */
    sketch often;
    pair *pairs;
    size_t n, capacity;
} builder;

enum { SKETCH_MIN = 1024, SKETCH_MAX = 1 << 24, RADIX_BITS = 8, RADIX = 1 << RADIX_BITS };

/* Every block here is freed by find_segment_free, or by find_segment_new at its end. */
static void *room(size_t n, size_t size)
{
    void *p = calloc(n > 0 ? n : 1, size);
    CHECK(p != NULL);
    return p;
}

void find_mark(find_marks *m, uint64_t fact)
{
    m->bits[fact / 64 % FIND_MARK_WORDS] |= UINT64_C(1) << fact % 64;
}

bool find_is_marked(const find_marks *m, uint64_t fact)
{
    return (m->bits[fact / 64 % FIND_MARK_WORDS] >> fact % 64 & 1) != 0;
}

/* ---- what each template posts ---- */

static uint32_t *counter(const builder *b, uint64_t shop, find_term term)
{
    find_place place = {shop, 0, FIND_CLASS_NONE};
    return &b->often.counts[find_key(&place, term) & b->often.mask];
}

static void count_terms(const builder *b, uint64_t shop, const find_terms *terms)
{
    for (size_t i = 0; i < terms->n; i++) {
        (*counter(b, shop, terms->items[i]))++;
    }
}

static void count_all(builder *b)
{
    uint64_t counters = SKETCH_MIN;
    while (counters < (uint64_t)b->s->n * 8 && counters < SKETCH_MAX) {
        counters *= 2;
    }
    b->often = (sketch){room(counters, sizeof(uint32_t)), counters - 1};
    for (uint32_t i = 0; i < b->s->n; i++) {
        find_needs needs;
        arena_reset(b->scratch);
        find_needs_of(find_rule(&b->s->entries[i]), b->scratch, &needs);
        count_terms(b, b->s->entries[i].merchant, &needs.lines);
        count_terms(b, b->s->entries[i].merchant, &needs.cart);
    }
}

static uint64_t cost(const builder *b, uint64_t shop, const find_terms *terms)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < terms->n; i++) {
        sum += *counter(b, shop, terms->items[i]);
    }
    return sum;
}

static void post(builder *b, const find_place *place, find_term term, uint32_t number)
{
    if (b->n == b->capacity) {
        b->capacity = b->capacity == 0 ? 256 : b->capacity * 2;
        /* find_segment_new frees */
        b->pairs = realloc(b->pairs, b->capacity * sizeof(*b->pairs));
        CHECK(b->pairs != NULL);
    }
    b->pairs[b->n++] = (pair){find_key(place, term), number};
}

static void post_all(builder *b, const find_place *place, const find_terms *terms, uint32_t number)
{
    find_marks *marks = place->class == FIND_CLASS_CART ? &b->s->cart : &b->s->lines;
    for (size_t i = 0; i < terms->n; i++) {
        find_mark(marks, terms->items[i].fact);
        post(b, place, terms->items[i], number);
    }
}

/* The fact as one with lists of its own, or MIXED. */
static uint64_t aside_of(find_segment *s, uint64_t fact)
{
    for (size_t i = 0; i < s->aside_count; i++) {
        if (s->aside[i] == fact) {
            return fact;
        }
    }
    if (fact == FIND_FACT_MIXED || s->aside_count == FIND_ASIDE_MAX) {
        return FIND_FACT_MIXED;
    }
    s->aside[s->aside_count++] = fact;
    return fact;
}

static void post_template(builder *b, uint32_t number)
{
    const find_entry *e = &b->s->entries[number];
    find_needs needs;
    arena_reset(b->scratch);
    find_needs_of(find_rule(e), b->scratch, &needs);
    find_place place = {e->merchant, 0, FIND_CLASS_EVERY};
    post(b, &place, find_term_any, number);
    bool by_cart =
        needs.cart.n > 0 && cost(b, e->merchant, &needs.cart) < cost(b, e->merchant, &needs.lines);
    if (by_cart) {
        place.class = FIND_CLASS_CART;
        post_all(b, &place, &needs.cart, number);
        place = (find_place){e->merchant, aside_of(b->s, needs.cart_fact), FIND_CLASS_ASIDE};
    } else {
        place.class = FIND_CLASS_LINES;
    }
    post_all(b, &place, &needs.lines, number);
}

/* ---- lists ---- */

/* By key; pairs of one key stay as they are: by ascending template. */
static void sort_pairs(builder *b)
{
    pair *from = b->pairs, *to = room(b->n, sizeof(pair));
    for (unsigned shift = 0; shift < 64; shift += RADIX_BITS) {
        size_t starts[RADIX + 1] = {0};
        for (size_t i = 0; i < b->n; i++) {
            starts[(from[i].key >> shift) % RADIX + 1]++;
        }
        for (size_t i = 0; i < RADIX; i++) {
            starts[i + 1] += starts[i];
        }
        for (size_t i = 0; i < b->n; i++) {
            to[starts[(from[i].key >> shift) % RADIX]++] = from[i];
        }
        pair *swap = from;
        from = to;
        to = swap;
    }
    b->pairs = from; /* an even number of turns: what it was */
    free(to);
}

/* Drops what a template posts twice: nodes of ranges that touch. */
static void drop_twins(builder *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (n == 0 || b->pairs[i].key != b->pairs[n - 1].key ||
            b->pairs[i].template != b->pairs[n - 1].template) {
            b->pairs[n++] = b->pairs[i];
        }
    }
    b->n = n;
}

static size_t list_end(const builder *b, size_t from)
{
    size_t to = from + 1;
    while (to < b->n && b->pairs[to].key == b->pairs[from].key) {
        to++;
    }
    return to;
}

static void size_lists(const builder *b)
{
    find_segment *s = b->s;
    for (size_t i = 0, end; i < b->n; i = end) {
        end = list_end(b, i);
        s->list_count++;
        s->bitmap_count += end - i > FIND_LIST_SHORT;
        s->pool_count += end - i > 1 && end - i <= FIND_LIST_SHORT ? end - i : 0;
    }
    while (s->bits < 24 && (size_t)2 << s->bits <= s->list_count) {
        s->bits++;
    }
}

static roaring_bitmap_t *bitmap_of(const pair *pairs, size_t n)
{
    uint32_t *numbers = room(n, sizeof(uint32_t));
    for (size_t i = 0; i < n; i++) {
        numbers[i] = pairs[i].template;
    }
    roaring_bitmap_t *r = roaring_bitmap_of_ptr(n, numbers);
    CHECK(r != NULL);
    (void)roaring_bitmap_run_optimize(r);
    (void)roaring_bitmap_shrink_to_fit(r);
    free(numbers);
    return r;
}

static void make_list(const builder *b, size_t from, size_t to, find_list *out)
{
    find_segment *s = b->s;
    *out = (find_list){.key = b->pairs[from].key, .n = (uint32_t)(to - from)};
    if (out->n == 1) {
        out->at = b->pairs[from].template;
    } else if (out->n > FIND_LIST_SHORT) {
        out->at = (uint32_t)s->bitmap_count;
        s->bitmaps[s->bitmap_count] = bitmap_of(&b->pairs[from], out->n);
        s->bytes += roaring_bitmap_size_in_bytes(s->bitmaps[s->bitmap_count++]);
    } else {
        out->at = (uint32_t)s->pool_count;
        for (size_t i = from; i < to; i++) {
            s->pool[s->pool_count++] = b->pairs[i].template;
        }
    }
}

static void make_lists(const builder *b)
{
    find_segment *s = b->s;
    size_lists(b);
    size_t ends = ((size_t)1 << s->bits) + 1;
    s->lists = room(s->list_count, sizeof(*s->lists));
    s->pool = room(s->pool_count, sizeof(*s->pool));
    s->bitmaps = room(s->bitmap_count, sizeof(roaring_bitmap_t *));
    s->directory = room(ends, sizeof(*s->directory));
    s->bytes += s->list_count * sizeof(*s->lists) + s->pool_count * sizeof(*s->pool) +
                s->bitmap_count * sizeof(roaring_bitmap_t *) + ends * sizeof(*s->directory);
    s->pool_count = s->bitmap_count = 0;
    size_t at = 0, next = 0;
    for (size_t i = 0, end; i < b->n; i = end) {
        end = list_end(b, i);
        make_list(b, i, end, &s->lists[at]);
        for (size_t head = find_head(s, s->lists[at].key); next <= head; next++) {
            s->directory[next] = (uint32_t)at;
        }
        at++;
    }
    while (next < ends) {
        s->directory[next++] = (uint32_t)at;
    }
    s->postings = b->n;
}

find_segment *find_segment_new(const find_entry *entries, uint32_t n)
{
    find_segment *s = room(1, sizeof(*s));
    builder b = {.s = s, .scratch = arena_new(0)};
    atomic_init(&s->references, 1);
    s->n = n;
    s->block = room((size_t)n + 1, sizeof(*s->entries));
    uintptr_t behind = (uintptr_t)s->block % FIND_CACHE_LINE;
    s->entries = (find_entry *)(s->block + (behind > 0 ? FIND_CACHE_LINE - behind : 0));
    s->aside = room(FIND_ASIDE_MAX, sizeof(*s->aside));
    s->bytes = sizeof(*s) + n * sizeof(*s->entries) + FIND_ASIDE_MAX * sizeof(*s->aside);
    memcpy(s->entries, entries, n * sizeof(*entries));
    count_all(&b);
    for (uint32_t i = 0; i < n; i++) {
        post_template(&b, i);
    }
    free(b.often.counts);
    arena_free(b.scratch);
    sort_pairs(&b);
    drop_twins(&b);
    make_lists(&b);
    free(b.pairs);
    return s;
}

void find_segment_free(find_segment *s)
{
    if (s == NULL || atomic_fetch_sub_explicit(&s->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (uint32_t i = 0; i < s->n; i++) {
        config_template_free(s->entries[i].template);
    }
    for (size_t i = 0; i < s->bitmap_count; i++) {
        roaring_bitmap_free(s->bitmaps[i]);
    }
    free(s->block);
    free(s->lists);
    free(s->directory);
    free(s->pool);
    free(s->bitmaps);
    free(s->aside);
    free(s);
}
