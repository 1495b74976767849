/* Coupons as the API shows them, and by their codes. */
#ifndef QUAN_API_COUPON_H
#define QUAN_API_COUPON_H

#include "api/call.h"
#include "app/query_coupons.h"

wire_coupon coupon_shown(const coupon_seen *seen);
/* Adds their codes, where the merchant has a format for them. */
void coupons_put_codes(api_call *c, wire_coupon *coupons, size_t n);

/* Coupons of one user, by codes that were typed. */
typedef struct coupons_coded {
    result refusal; /* CODE_INVALID: one is over, and the caller may not know; only an act that was
                       answered before is answered */
    str user;
    wire_id_list coupons;
} coupons_coded;
/* False: the call has ended. */
MUST_USE bool coupons_by_code(api_call *c, const wire_str_list *codes, coupons_coded *out);

#endif
