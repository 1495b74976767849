/* Limits by phone, e-mail, device … as the act at its home sees them: what was reserved
 * for it, what it takes of that and what it gives back. The other end is subject.h.
 *
 * A set serves one act, or a part of one, and is settled once, at its end: one message to each
 * subject that has a reservation or gets something back. Kept in the memory of the unit of work. */
#ifndef QUAN_DOMAIN_LIMIT_GRANT_H
#define QUAN_DOMAIN_LIMIT_GRANT_H

#include "base/result.h"
#include "domain/limit/usage.h"

typedef struct grant_set grant_set;

/* One limit of a subject. Rolling ones that differ in their window only count in the same cells. */
typedef struct grant_key {
    uint8_t subject; /* limit_subject */
    uint64_t campaign;
    usage_key cell;
    int64_t window_ms; /* rolling only */
} grant_key;

static inline bool limit_grant_same_cells(const limit_grant *a, const limit_grant *b)
{
    return a->subject == b->subject && a->campaign == b->campaign && a->owner == b->owner &&
           a->measure == b->measure && a->period == b->period &&
           a->since_version == b->since_version;
}

grant_set *grant_set_new(uow *u);
/* What came with the act: the subjects that it names, and what was reserved. */
typedef struct grant_input {
    const reserved_subject *subjects;
    size_t subject_count;
    const limit_grant *grants;
    size_t grant_count;
} grant_input;
void grant_set_fill(grant_set *s, const grant_input *in);

/* Lowers *have to what may still be taken. R_DONE; R_LIMIT_SUBJECT_MISSING: the act does not name
 * this subject; R_UNRESERVED: it does, but nothing was asked about this count, or what there is of
 * it was to be given back by this act, which gives back before it takes, and has not. */
MUST_USE result grant_want(grant_set *s, const grant_key *key, int64_t *have);
/* n: what grant_want gave. Returns what was taken; its applied is the caller's. */
limit_take grant_take(grant_set *s, const grant_key *key, int64_t n);
void grant_give(grant_set *s, const limit_take *take, int64_t n);
/* Sends. R_DONE; R_UNRESERVED: what was taken is not reserved (any more), or what it should have
 * been given back for was not given back. */
MUST_USE result grant_settle(grant_set *s);

#endif
