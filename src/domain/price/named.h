/* The coupons that a request names, where one is named twice (REPEATED of the policy). */
#ifndef QUAN_DOMAIN_PRICE_NAMED_H
#define QUAN_DOMAIN_PRICE_NAMED_H

#include "domain/price/policy.h"

/* Where ids[i] is named first: i itself, or a place before it. 0 names nothing: always i. */
size_t named_first(const uint64_t *ids, size_t i);
/* Leaves each id once, where it is named first, if the policy ignores repetitions; else all stay.
 * Gives how many are left; places: where each of those stood. */
size_t named_once(const price_policy *policy, uint64_t *ids, size_t n, size_t *places);

#endif
