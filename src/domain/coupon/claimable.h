/* What issuing a coupon asks of configuration and time alone, before any counter: also for those
 * who only want to know. */
#ifndef QUAN_DOMAIN_COUPON_CLAIMABLE_H
#define QUAN_DOMAIN_COUPON_CLAIMABLE_H

#include "base/result.h"
#include "domain/limit/terms.h"

typedef struct claimable {
    const template_version *version; /* that a coupon issued now pins */
    int64_t use_window[2];           /* of such a coupon */
    int64_t reserve_minor;           /* budget for it */
    bool stocked;                    /* its stock is limited */
} claimable;

/* R_DONE, and *out is whole; R_NOT_ISSUABLE, R_CAMPAIGN_DISABLED, R_CAMPAIGN_NOT_ACTIVE,
 * R_NOT_STARTED, R_WINDOW_CLOSED, and why in words. */
MUST_USE result claimable_look(const terms *of, int64_t now_ms, claimable *out, str *why);

#endif
