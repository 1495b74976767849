/* Coupons as the API shows them, and by their codes. */
#ifndef QUAN_API_COUPON_H
#define QUAN_API_COUPON_H

#include "api/call.h"
#include "app/query_coupons.h"
#include "domain/price/policy.h"

wire_coupon coupon_shown(api_call *c, const coupon_seen *seen);
/* Adds their codes, where the merchant has a format for them. */
void coupons_put_codes(api_call *c, wire_coupon *coupons, size_t n);

/* Coupons of one user, by codes that were typed. */
typedef struct coupons_coded {
    str user; /* given; or whose coupon the first of `coupons` is; empty: nobody's */
    str home; /* the same of all codes, though the caller may not know: where an act is repeated */
    uint64_t *coupons; /* [n]: 0 where a code names none, as far as the caller may know */
    size_t n;
    bool refused; /* one is 0: CODE_INVALID */
} coupons_coded;
/* Looks at all codes, and notes how many name none; c->guess is there. out: user and home are
 * given, or empty. False: the call has ended. */
MUST_USE bool coupons_by_code(api_call *c, const wire_str_list *codes, const price_policy *policy,
                              coupons_coded *out);
/* What was typed as it is to be read; where the policy tells capitals from small letters, one with
 * these as a text that is no code. */
str code_by_policy(api_call *c, const price_policy *policy, str typed);
price_policy policy_of_merchant(api_call *c);

#endif
