/* One immutable block of an index: templates by ascending id, and their posting lists. Private to
 * domain/find.
 *
 * A template's place among them is its number in the lists. A list of one is in its key's entry, a
 * short one in a pool, a long one is a roaring bitmap (CRoaring). Keys are sorted, with a directory
 * by their upper bits. */
#ifndef QUAN_DOMAIN_FIND_SEGMENT_H
#define QUAN_DOMAIN_FIND_SEGMENT_H

#include <roaring/roaring.h>
#include <stdatomic.h>

#include "domain/find/term.h"

enum {
    FIND_LIST_SHORT = 32, /* longer ones are bitmaps */
    FIND_ASIDE_MAX = 64,  /* facts that have lists of their own; others are MIXED */
    FIND_MARK_WORDS = 4,  /* 256 bits */
    FIND_CACHE_LINE = 64, /* bytes */
};

/* All that is asked of most candidates but their programs: one line of the cache. */
typedef struct find_entry {
    uint64_t id, merchant;
    const config_template *template;    /* a reference */
    price_fit fit;                      /* of the rule of its newest version */
    int64_t spend_minor;                /* of its minimum spends the lowest */
    char currency[FIND_CURRENCY_BYTES]; /* of the campaign */
} find_entry;
_Static_assert(sizeof(find_entry) == FIND_CACHE_LINE, "entries begin where lines of it do");

static inline const price_rule *find_rule(const find_entry *e)
{
    return config_rule(e->template, e->template->row->version);
}

typedef struct find_list {
    uint64_t key;
    uint32_t n;
    uint32_t at; /* n 1: the template; n <= FIND_LIST_SHORT: in the pool; else among the bitmaps */
} find_list;

/* Which facts have terms: one bit by the hash of the fact. Spares looking. */
typedef struct find_marks {
    uint64_t bits[FIND_MARK_WORDS];
} find_marks;

typedef struct find_segment {
    atomic_uint references;
    find_entry *entries; /* in the block, where a line of the cache begins */
    char *block;
    uint32_t n;
    find_list *lists;
    uint32_t *directory; /* [1 << bits, and one more] the first list whose key begins so */
    unsigned bits;
    uint32_t *pool;
    roaring_bitmap_t **bitmaps;
    size_t list_count, pool_count, bitmap_count;
    uint64_t *aside; /* facts with lists of class ASIDE; MIXED is always asked */
    size_t aside_count;
    find_marks lines, cart;
    uint64_t postings, bytes;
} find_segment;

/* entries by ascending id, each once; their references are taken over. */
find_segment *find_segment_new(const find_entry *entries, uint32_t n);
void find_segment_free(find_segment *s);

/* Where the first id that is not below this one stands. */
uint32_t find_segment_from(const find_segment *s, uint64_t id);

/* A template that may fit, and the only line that its scope may cover: no other has what it needs.
 * Or PRICE_LINE_ANY. */
typedef struct find_candidate {
    uint32_t number, line;
} find_candidate;

/* Those of the question that may fit: of short lists, by ascending number, some more than once; and
 * of long ones. */
typedef struct find_candidates {
    find_candidate *few;
    size_t n;
    const roaring_bitmap_t *many; /* NULL: none */
    roaring_bitmap_t *made;       /* many, where it belongs to nobody else: find_candidates_free */
} find_candidates;
find_candidates find_segment_ask(const find_segment *s, const find_question *q, const find_has *has,
                                 arena *memory);
void find_candidates_free(find_candidates *c);

/* The upper bits of a key, which the directory goes by. */
static inline size_t find_head(const find_segment *s, uint64_t key)
{
    return s->bits == 0 ? 0 : key >> (64 - s->bits);
}

void find_mark(find_marks *m, uint64_t fact);
bool find_is_marked(const find_marks *m, uint64_t fact);

#endif
