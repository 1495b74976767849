/* Carts and orders: from wire to what is priced, and from rows to what is shown. */
#ifndef QUAN_API_ORDER_H
#define QUAN_API_ORDER_H

#include "api/convert.h"
#include "api/funding.h"
#include "app/order.h"

/* Who wants which coupons applied to what. */
typedef struct order_wish {
    str user, phone; /* as sent, one of them; empty: not sent */
    const wire_cart *cart;
    const wire_id_list *coupons;
    const wire_str_list *codes; /* behind them */
    str client_address;         /* of who has typed them; empty: not sent */
    const wire_subjects *subjects;
    bool quote;                        /* of nobody, too; a code that is none is left to pricing */
    str coupons_field;                 /* where they are in the body; empty: coupons */
    str policy;                        /* of the request, as JSON; empty: the merchant's */
    const wire_expected_price *expect; /* NULL: none */
} order_wish;

/* Prices a held or redeemed order on a snapshot and submits the act with it; again when it was
 * stale. Fills in what order_price leaves to its caller. */
typedef struct order_job {
    order_ask ask;
    subject_names names;
    str order_number;
    int64_t patience_ms; /* of a hold: from act time to its deadline */
    act_id id;
    void (*then)(api_call *c);
    int64_t discount_minor, total_minor; /* that are expected; -1: any */
    uint32_t missing;                    /* subjects that limits count by, as pricing found */
    const uint64_t *coded;               /* what `codes` of the body name; 0: none is told */
    size_t coded_n;
    uint64_t left_out[AUTOMATIC_MAX]; /* as the act has told */
    size_t left_out_count;
    order_cut cuts[ORDER_APPLIED_MAX]; /* likewise */
    result refusal; /* R_DONE; else the act is refused with it, unless it was answered before */
    size_t cut_count;
} order_job;
/* Fills ask, names and what is expected, and reports what the schema cannot say: one currency,
 * and one that is known; a coupon twice, where the policy does not ignore it; an order of nobody.
 * Field names begin as the wire has them. False: the call has ended. */
MUST_USE bool order_asked(api_call *c, const order_wish *wish, order_job *out);

/* Who is not named is no user, whatever is told of him. NULL: nothing. */
const cart_shopper *order_guest(api_call *c, const cart_shopper *told);

/* A line of a cart as it is priced. */
order_line order_line_asked(api_call *c, const wire_cart_line *from);

/* Why there can be no hold of it. */
str order_redeemed(api_call *c, uint64_t redemption_id);

void order_submit(api_call *c, order_job *plan); /* plan: in the call's memory */

/* As a quote shows it. v: on which it was priced. (api_quotes.c) */
wire_quote quote_shown(api_call *c, app_view *v, const order_ask *ask, const order_priced *priced);

/* What a hold and a redemption have in common. */
typedef struct order_row {
    str currency;
    int64_t subtotal_minor, discount_minor;
    const order_line *lines;
    size_t line_count;
    const applied_coupon *applied;
    size_t applied_count;
    const line_share *shares;
    size_t share_count;
    const line_share *adds; /* to what sellers receive */
    size_t add_count;
    const party_share *parties;              /* that pay for coupons */
    size_t party_count;                      /* where there are any: */
    const config *config;                    /* as of funding_row */
    const template_version *const *versions; /* likewise */
    bool redeemed;                           /* shows what came back, too */
    bool fresh;                              /* as it was at first: nothing has come back */
} order_row;
wire_priced_line_list order_lines_shown(api_call *c, const order_row *o);
wire_payer_list order_payers_shown(api_call *c, const order_row *o);
wire_coupon_payer_list order_coupon_payers_shown(api_call *c, const order_row *o, size_t applied);
/* What a coupon of the order hands over. False: nothing. */
bool order_asset_shown(api_call *c, const order_row *o, size_t applied, wire_asset *out);
wire_order_coupon_list order_coupons_shown(api_call *c, const order_row *o);
/* The shares of one applied coupon. */
wire_discount_share_list order_shares_shown(api_call *c, const order_row *o, size_t applied);

#endif
