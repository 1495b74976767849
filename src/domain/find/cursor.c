/* A question put to all parts of a snapshot: what each may have, put into one order, and each
 * template asked with its own rule: see find.h. */
#include "domain/find/index.h"

enum { CHUNK = 32 };

/* One part's candidates, some read ahead. */
typedef struct stream {
    const find_segment *segment;
    roaring_bitmap_t *all;
    roaring_uint32_iterator_t at;
    uint32_t chunk[CHUNK];
    uint32_t read, n;
} stream;

struct find_cursor {
    find_question q;
    price_probe *probe;
    int64_t total_minor;
    uint64_t position;
    size_t n;
    stream streams[FIND_SEGMENTS_MAX + 1];
};

/* The rules of candidates are anywhere in memory: they are on their way before they are asked. */
static bool refill(stream *s)
{
    if (s->read == s->n) {
        s->read = 0;
        s->n = roaring_read_uint32_iterator(&s->at, s->chunk, CHUNK);
        for (uint32_t i = 0; i < s->n; i++) {
            __builtin_prefetch(&s->segment->entries[s->chunk[i]]);
        }
        for (uint32_t i = 0; i < s->n; i++) {
            __builtin_prefetch(s->segment->entries[s->chunk[i]].rule);
        }
        for (uint32_t i = 0; i < s->n; i++) {
            price_rule_prefetch(s->segment->entries[s->chunk[i]].rule);
        }
    }
    return s->n > 0;
}

static const find_entry *head(const stream *s)
{
    return &s->segment->entries[s->chunk[s->read]];
}

static void open_part(find_cursor *c, const find_part *p, const find_has *has, uint64_t after,
                      arena *memory)
{
    stream *s = &c->streams[c->n];
    roaring_bitmap_t *all = find_segment_ask(p->segment, &c->q, has, memory);
    if (p->live < p->segment->n) {
        roaring_bitmap_andnot_inplace(all, p->dead);
    }
    *s = (stream){.segment = p->segment, .all = all};
    roaring_init_iterator(all, &s->at);
    if (after > 0) {
        uint32_t from = find_segment_from(p->segment, after + 1);
        (void)roaring_move_uint32_iterator_equalorlarger(&s->at, from);
    }
    if (refill(s)) {
        c->n++;
    } else {
        roaring_bitmap_free(all);
    }
}

result find_open(const find_index *x, const find_question *q, uint64_t after, arena *memory,
                 find_cursor **out)
{
    price_probe_cart of = {q->cart, q->policy, q->way != FIND_CART};
    find_cursor *c = ARENA_NEW(memory, find_cursor);
    *out = NULL;
    c->q = *q;
    c->position = after;
    result r = price_probe_new(&of, memory, &c->probe);
    if (r != R_DONE) {
        return r;
    }
    find_has has;
    find_has_of(q, c->probe, memory, &has);
    c->total_minor = price_probe_total(c->probe);
    for (size_t i = 0; i < x->n; i++) {
        open_part(c, x->parts[i], &has, after, memory);
    }
    *out = c;
    return R_DONE;
}

static bool fits(const find_cursor *c, const find_entry *e)
{
    str own = {e->currency, FIND_CURRENCY_BYTES};
    if (e->merchant != c->q.merchant) {
        return false;
    }
    if (c->q.way != FIND_ALL && !str_eq(own, c->q.cart->currency) &&
        !price_rule_takes(e->rule, c->q.cart->currency, own)) {
        return false;
    }
    if (c->q.way == FIND_CART && e->spend_minor > c->total_minor) {
        return false;
    }
    return price_probe_fits(c->probe, e->rule);
}

static stream *lowest(find_cursor *c)
{
    stream *best = &c->streams[0];
    for (size_t i = 1; i < c->n; i++) {
        if (head(&c->streams[i])->id < head(best)->id) {
            best = &c->streams[i];
        }
    }
    return best;
}

static void step(find_cursor *c, stream *s)
{
    s->read++;
    if (!refill(s)) {
        roaring_bitmap_free(s->all);
        *s = c->streams[--c->n];
    }
}

const config_template *find_next(find_cursor *c, size_t *looks)
{
    while (c->n > 0 && *looks > 0) {
        stream *s = lowest(c);
        const find_entry *e = head(s);
        (*looks)--;
        c->position = e->id;
        step(c, s);
        if (fits(c, e)) {
            return e->template;
        }
    }
    return NULL;
}

uint64_t find_position(const find_cursor *c)
{
    return c->position;
}

price_probe *find_probe(find_cursor *c)
{
    return c->probe;
}

void find_close(find_cursor *c)
{
    for (size_t i = 0; c != NULL && i < c->n; i++) {
        roaring_bitmap_free(c->streams[i].all);
    }
}
