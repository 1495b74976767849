/* A question put to all parts of a snapshot: what each may have, put into one order, and each
 * template asked with its own rule: see find.h. */
#include "domain/find/index.h"

enum { AHEAD = 32 };

/* One part's candidates. */
typedef struct stream {
    const find_segment *segment;
    find_candidates of;
    size_t few_at;
    roaring_uint32_iterator_t many_at, dead_at;
    find_candidate ahead[AHEAD]; /* a ring */
    size_t read, fetched, n;     /* asked; with their programs on the way; with their entries */
} stream;

struct find_cursor {
    find_question q;
    price_probe *probe;
    int64_t total_minor;
    uint64_t position;
    size_t n;
    stream *streams; /* of parts that have some left */
};

/* The lowest of both kinds of lists, once. False: there is none. */
static bool next_candidate(stream *s, find_candidate *out)
{
    bool few = s->few_at < s->of.n, many = s->of.many != NULL && s->many_at.has_value;
    if (!few && !many) {
        return false;
    }
    if (few && (!many || s->of.few[s->few_at].number < s->many_at.current_value)) {
        *out = s->of.few[s->few_at++];
    } else {
        *out = (find_candidate){s->many_at.current_value, PRICE_LINE_ANY};
        (void)roaring_advance_uint32_iterator(&s->many_at);
    }
    for (; s->few_at < s->of.n && s->of.few[s->few_at].number == out->number; s->few_at++) {
        out->line = s->of.few[s->few_at].line == out->line ? out->line : PRICE_LINE_ANY;
    }
    return true;
}

/* Asked by ascending number. */
static bool is_dead(stream *s, uint32_t number)
{
    if (s->dead_at.has_value && s->dead_at.current_value < number) {
        (void)roaring_move_uint32_iterator_equalorlarger(&s->dead_at, number);
    }
    return s->dead_at.has_value && s->dead_at.current_value == number;
}

/* Entries and programs are anywhere in memory: they are on their way some candidates before they
 * are asked. False: there is none any more. */
static bool fetch(stream *s)
{
    find_candidate one;
    while (s->n - s->read < AHEAD && next_candidate(s, &one)) {
        if (!is_dead(s, one.number)) {
            __builtin_prefetch(&s->segment->entries[one.number]);
            s->ahead[s->n++ % AHEAD] = one;
        }
    }
    for (; s->fetched < s->n && s->fetched - s->read < AHEAD / 2; s->fetched++) {
        const price_fit *fit = &s->segment->entries[s->ahead[s->fetched % AHEAD].number].fit;
        rule_prefetch(fit->scope);
        rule_prefetch(fit->conditions);
    }
    return s->n > s->read;
}

static const find_candidate *first(const stream *s)
{
    return &s->ahead[s->read % AHEAD];
}

static const find_entry *head(const stream *s)
{
    return &s->segment->entries[first(s)->number];
}

static void skip_until(stream *s, uint32_t from)
{
    while (s->few_at < s->of.n && s->of.few[s->few_at].number < from) {
        s->few_at++;
    }
    if (s->of.many != NULL) {
        (void)roaring_move_uint32_iterator_equalorlarger(&s->many_at, from);
    }
}

static void open_part(find_cursor *c, const find_part *p, const find_has *has, uint64_t after,
                      arena *memory)
{
    stream *s = &c->streams[c->n];
    *s = (stream){.segment = p->segment};
    roaring_init_iterator(p->dead, &s->dead_at);
    s->of = find_segment_ask(p->segment, &c->q, has, memory);
    if (s->of.many != NULL) {
        roaring_init_iterator(s->of.many, &s->many_at);
    }
    if (after > 0) {
        skip_until(s, find_segment_from(p->segment, after + 1));
    }
    if (fetch(s)) {
        c->n++;
    } else {
        find_candidates_free(&s->of);
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
    c->streams = ARENA_ARRAY(memory, stream, x->n);
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

static bool fits(const find_cursor *c, const find_entry *e, uint32_t line)
{
    str own = {e->currency, FIND_CURRENCY_BYTES};
    if (e->merchant != c->q.merchant) {
        return false;
    }
    if (c->q.way != FIND_ALL && !str_eq(own, c->q.cart->currency) &&
        !price_rule_takes(find_rule(e), c->q.cart->currency, own)) {
        return false;
    }
    if (c->q.way == FIND_CART && e->spend_minor > c->total_minor) {
        return false;
    }
    return price_probe_fits_at(c->probe, &e->fit, line);
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
    if (!fetch(s)) {
        find_candidates_free(&s->of);
        *s = c->streams[--c->n];
    }
}

const config_template *find_next(find_cursor *c, size_t *looks)
{
    while (c->n > 0 && *looks > 0) {
        stream *s = lowest(c);
        const find_entry *e = head(s);
        uint32_t line = first(s)->line;
        (*looks)--;
        c->position = e->id;
        step(c, s);
        if (fits(c, e, line)) {
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
        find_candidates_free(&c->streams[i].of);
    }
}
