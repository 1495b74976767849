/* Snapshots of an index: parts that are shared, small ones merged on the way: see find.h.
 *
 * Invariant: an id is alive in at most one part. */
#include "domain/find/index.h"

#include <stdlib.h>
#include <string.h>

/* Entries on their way into a segment, with references of their own. */
typedef struct gathered {
    find_entry *items;
    size_t n, capacity;
} gathered;

/* ---- parts ---- */

/* Takes the references over. */
static find_part *part_new(find_segment *segment, roaring_bitmap_t *dead)
{
    find_part *p = calloc(1, sizeof(*p)); /* part_free frees */
    CHECK(p != NULL && dead != NULL);
    atomic_init(&p->references, 1);
    p->segment = segment;
    p->dead = dead;
    p->live = segment->n - (uint32_t)roaring_bitmap_get_cardinality(dead);
    return p;
}

static find_part *part_share(find_part *p)
{
    atomic_fetch_add_explicit(&p->references, 1, memory_order_relaxed);
    return p;
}

static void part_free(find_part *p)
{
    if (atomic_fetch_sub_explicit(&p->references, 1, memory_order_acq_rel) == 1) {
        find_segment_free(p->segment);
        roaring_bitmap_free(p->dead);
        free(p);
    }
}

/* The part without these entries: itself, or one that differs in what is dead. */
static find_part *part_without(find_part *p, const gathered *gone)
{
    roaring_bitmap_t *dead = NULL;
    for (size_t i = 0; i < gone->n; i++) {
        uint32_t at = find_segment_from(p->segment, gone->items[i].id);
        if (at == p->segment->n || p->segment->entries[at].id != gone->items[i].id) {
            continue;
        }
        if (dead == NULL) {
            dead = roaring_bitmap_copy(p->dead);
            CHECK(dead != NULL);
        }
        roaring_bitmap_add(dead, at);
    }
    if (dead == NULL) {
        return part_share(p);
    }
    atomic_fetch_add_explicit(&p->segment->references, 1, memory_order_relaxed);
    return part_new(p->segment, dead);
}

/* ---- entries ---- */

static void gather(gathered *to, const find_entry *e)
{
    if (to->n == to->capacity) {
        to->capacity = to->capacity == 0 ? 16 : to->capacity * 2;
        to->items = realloc(to->items, to->capacity * sizeof(*to->items)); /* segment_of frees */
        CHECK(to->items != NULL);
    }
    config_template_share(e->template);
    to->items[to->n++] = *e;
}

static void gather_part(gathered *to, const find_part *p)
{
    roaring_uint32_iterator_t dead;
    roaring_init_iterator(p->dead, &dead);
    for (uint32_t i = 0; i < p->segment->n; i++) {
        if (dead.has_value && dead.current_value == i) {
            (void)roaring_advance_uint32_iterator(&dead);
        } else {
            gather(to, &p->segment->entries[i]);
        }
    }
}

static int by_id(const void *a, const void *b)
{
    const find_entry *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Uses them up. */
static find_part *part_of(gathered *all)
{
    CHECK(all->n <= UINT32_MAX);
    if (all->n > 1) {
        qsort(all->items, all->n, sizeof(*all->items), by_id);
    }
    find_segment *s = find_segment_new(all->items, (uint32_t)all->n);
    free(all->items);
    return part_new(s, roaring_bitmap_create());
}

static find_entry entry_of(const config *c, const config_template *t)
{
    const config_campaign *of = config_find_campaign(c, t->row->campaign);
    const price_rule *rule = config_rule(t, t->row->version);
    CHECK(of != NULL && rule != NULL && of->row->currency.n == FIND_CURRENCY_BYTES);
    find_entry e = {.id = t->row->id,
                    .merchant = t->row->merchant,
                    .template = t,
                    .fit = price_fit_of(rule),
                    .spend_minor = price_rule_minimum_spend(rule)};
    memcpy(e.currency, of->row->currency.p, FIND_CURRENCY_BYTES);
    return e;
}

/* ---- snapshots ---- */

find_index *find_empty(void)
{
    find_index *x = calloc(1, sizeof(*x)); /* find_free frees */
    CHECK(x != NULL);
    atomic_init(&x->references, 1);
    return x;
}

find_index *find_share(const find_index *x)
{
    find_index *counted = (find_index *)x; /* the count is no part of what a snapshot says */
    atomic_fetch_add_explicit(&counted->references, 1, memory_order_relaxed);
    return counted;
}

bool find_is_last(const find_index *x)
{
    return atomic_load_explicit(&x->references, memory_order_acquire) == 1;
}

void find_free(find_index *x)
{
    if (x == NULL || atomic_fetch_sub_explicit(&x->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < x->n; i++) {
        part_free(x->parts[i]);
    }
    free(x);
}

static void append(find_index *x, find_part *p)
{
    CHECK(x->n <= FIND_SEGMENTS_MAX);
    x->parts[x->n++] = p;
}

/* Is the last part to be merged with so many that come? */
static bool absorbs(const find_index *x, size_t kept, size_t coming)
{
    if (x->n <= kept) {
        return false;
    }
    size_t live = x->parts[x->n - 1]->live;
    return x->n >= FIND_SEGMENTS_MAX ||
           (live <= coming * FIND_GROWTH && live + coming <= FIND_SMALL_MAX);
}

find_index *find_with(const find_index *x, const config *c, const config_template *const *templates,
                      size_t n, size_t kept)
{
    find_index *next = find_empty();
    gathered coming = {0};
    for (size_t i = 0; i < n; i++) {
        find_entry e = entry_of(c, templates[i]);
        gather(&coming, &e);
    }
    for (size_t i = 0; i < x->n; i++) {
        append(next, part_without(x->parts[i], &coming));
    }
    while (absorbs(next, kept, coming.n)) {
        find_part *last = next->parts[--next->n];
        gather_part(&coming, last);
        part_free(last);
    }
    if (coming.n > 0) {
        append(next, part_of(&coming));
    }
    return next;
}

/* ---- merging aside ---- */

struct find_merger {
    find_index *from;
    size_t first; /* the part from which on all become one */
    find_part *made;
};

find_merger *find_merge(const find_index *x)
{
    size_t first = x->n, behind = 0;
    for (size_t i = x->n; i-- > 0;) {
        const find_part *p = x->parts[i];
        bool wasteful = p->segment->n - p->live > p->live / 4 + FIND_SMALL_MAX;
        if (wasteful || (behind > 0 && p->live <= behind * FIND_GROWTH)) {
            first = i;
        }
        behind += p->live;
    }
    if (first == x->n) {
        return NULL;
    }
    find_merger *m = calloc(1, sizeof(*m)); /* find_merged frees */
    CHECK(m != NULL);
    m->from = find_share(x);
    m->first = first;
    return m;
}

size_t find_merge_kept(const find_merger *m)
{
    return m->from->n;
}

void find_merge_build(find_merger *m)
{
    gathered all = {0};
    for (size_t i = m->first; i < m->from->n; i++) {
        gather_part(&all, m->from->parts[i]);
    }
    m->made = part_of(&all);
}

/* What has died in parts while they were being merged. */
static void gather_dead(gathered *to, const find_part *then, const find_part *now)
{
    roaring_bitmap_t *since = roaring_bitmap_andnot(now->dead, then->dead);
    CHECK(since != NULL);
    roaring_uint32_iterator_t i;
    for (roaring_init_iterator(since, &i); i.has_value; roaring_advance_uint32_iterator(&i)) {
        gather(to, &now->segment->entries[i.current_value]);
    }
    roaring_bitmap_free(since);
}

find_index *find_merged(const find_index *x, find_merger *m)
{
    find_index *next = find_empty();
    gathered gone = {0};
    size_t kept = m->from->n;
    CHECK(m->made != NULL && x->n >= kept);
    for (size_t i = m->first; i < kept; i++) {
        CHECK(x->parts[i]->segment == m->from->parts[i]->segment);
        gather_dead(&gone, m->from->parts[i], x->parts[i]);
    }
    for (size_t i = 0; i < m->first; i++) {
        append(next, part_share(x->parts[i]));
    }
    append(next, part_without(m->made, &gone));
    for (size_t i = kept; i < x->n; i++) {
        append(next, part_share(x->parts[i]));
    }
    for (size_t i = 0; i < gone.n; i++) {
        config_template_free(gone.items[i].template);
    }
    free(gone.items);
    part_free(m->made);
    find_free(m->from);
    free(m);
    return next;
}

void find_measure(const find_index *x, find_figures *out)
{
    *out = (find_figures){.segments = x->n, .bytes = sizeof(*x)};
    for (size_t i = 0; i < x->n; i++) {
        const find_part *p = x->parts[i];
        out->templates += p->segment->n;
        out->terms += p->segment->list_count;
        out->postings += p->segment->postings;
        out->bytes += sizeof(*p) + p->segment->bytes + roaring_bitmap_size_in_bytes(p->dead);
    }
}
