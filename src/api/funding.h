/* Who pays for discounts, between rows and wire: the funding of a template, and what its parties
 * pay of an order or get back. Lists are made in the call's memory. */
#ifndef QUAN_API_FUNDING_H
#define QUAN_API_FUNDING_H

#include "api/convert.h"
#include "domain/campaign/config.h"

/* Those who pay for coupons of the version; and as sent, whose problems go to c->problems. */
wire_funding_party_list funding_shown(api_call *c, const template_version *v, str currency);
fund_party *funding_in(api_call *c, const wire_funding_party_list *from, str currency);

/* What parties pay of an order, or get back of it. */
typedef struct funding_row {
    const config *config; /* knows every template of `applied` but those with a version here */
    const template_version *const *versions; /* [applied] of drafts, else NULL; NULL: no drafts */
    str currency;
    const applied_coupon *applied;
    const party_share *parties;
    size_t n;
    bool redeemed; /* shows what came back, too */
    bool fresh;    /* as it was at first: nothing has come back */
    const line_share *shares;
    size_t share_count, line_count;
} funding_row;
/* Of the order; of one applied coupon, line by line. None: the list is empty. */
wire_payer_list funding_payers(api_call *c, const funding_row *o);
wire_coupon_payer_list funding_coupon_payers(api_call *c, const funding_row *o, size_t applied);

#endif
