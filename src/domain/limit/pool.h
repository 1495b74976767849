/* Stock, budget and shared limits as escrow: a pool at the owner's home slot, slices of it held by lanes.
 *
 * Invariants (a test and `quan verify` check them):
 *   pool.total = pool.free + sum of leases[].out
 *   leases[l].out = slice(l).free + slice(l).consumed + what is on its way between them
 *   a lane whose lease is not open has slice.free = 0, so "no free and no open lease" at the home means that there is none anywhere
 * A slice belongs to a lane, never to a server. Slices shrink near the end: a grant is about free / (4 * lanes), at least what was asked, at most
 * SLICE_MAX. Only the lane that holds a slice consumes from it, inside the act that uses it.
 *
 * Taking is all or nothing: slice_take answers R_WAIT (after uow_wait_for) when the slice has too little and the home may have more,
 * and the given refusal when the home has said that it is dry. Giving back stays in an open slice, else it goes home by message. */
#ifndef QUAN_DOMAIN_LIMIT_POOL_H
#define QUAN_DOMAIN_LIMIT_POOL_H

#include "domain/table.gen.h"

#define SLICE_MAX INT64_C(1000000000000)

/* Looks first, writes later: prepare all slices of an act (R_OK, R_AGAIN, R_WAIT, `refusal`), then take from each. */
MUST_USE result slice_prepare(uow *u, pool_name pool, int64_t need, result refusal);
void slice_take(uow *u, pool_name pool, int64_t n); /* after a prepare of at least the sum of takes */
/* Gets what slice_give will write; false while pending. */
bool slice_give_ready(uow *u, pool_name pool);
void slice_give(uow *u, pool_name pool, int64_t n);

/* What a pool holds when it is first asked for: from the configuration; -1: unlimited, has no pool. */
int64_t pool_total(const config *c, pool_name pool);

result lease_ask_decide(uow *u, const void *in, void *out);
result lease_grant_decide(uow *u, const void *in, void *out);
result lease_recall_decide(uow *u, const void *in, void *out);
result lease_return_decide(uow *u, const void *in, void *out);
result pool_change_decide(uow *u, const void *in, void *out);

#endif
