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
};

typedef struct find_entry {
    uint64_t id, merchant;
    const config_template *template;    /* a reference */
    const price_rule *rule;             /* of its newest version */
    int64_t spend_minor;                /* of its minimum spends the lowest */
    char currency[FIND_CURRENCY_BYTES]; /* of the campaign */
} find_entry;

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
    find_entry *entries;
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

/* Those of the question that may fit; roaring_bitmap_free frees it. */
roaring_bitmap_t *find_segment_ask(const find_segment *s, const find_question *q,
                                   const find_has *has, arena *memory);

/* The upper bits of a key, which the directory goes by. */
static inline size_t find_head(const find_segment *s, uint64_t key)
{
    return s->bits == 0 ? 0 : key >> (64 - s->bits);
}

void find_mark(find_marks *m, uint64_t fact);
bool find_is_marked(const find_marks *m, uint64_t fact);

#endif
