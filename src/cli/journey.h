/* The retailer's year in memory: campaigns, whom they were sent to, their coupons with white lists,
 * and what was redeemed when.
 *
 * Read from the files of "The Complete Journey" (journey_read), or made with the same shape
 * (journey_make). Households and products keep the data's own numbers as text. Dates are day
 * numbers. What the data does not have is chosen here, always the same way: see journey_benefit and
 * journey_price. */
#ifndef QUAN_CLI_JOURNEY_H
#define QUAN_CLI_JOURNEY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/result.h"

typedef struct journey_coupon {
    uint32_t campaign; /* index */
    str upc;
    str *products; /* white list */
    size_t n, capacity;
} journey_coupon;

typedef struct journey_campaign {
    uint32_t number; /* of the data */
    str type;
    int32_t from, until; /* days; until is exclusive (the data's end date + 1) */
    str *households;
    size_t household_count, capacity;
    uint32_t first_coupon, coupon_count; /* in coupons[]; they are sorted by campaign */
    uint32_t redemptions;                /* that the data says */
} journey_campaign;

typedef struct journey_redemption {
    int32_t day;
    uint32_t coupon; /* index */
    uint32_t row;    /* in the data: the order within a day */
    str household;
} journey_redemption;

typedef struct journey {
    arena *memory;
    journey_campaign *campaigns; /* by from, then number */
    size_t campaign_count;
    journey_coupon *coupons;
    size_t coupon_count;
    journey_redemption *redemptions; /* by day, then as in the data */
    size_t redemption_count;
    struct journey_products *products; /* category and price by product */
    size_t product_rows, pairs,
        grants; /* white list rows; (campaign, household); households x coupons */
} journey;

/* R_DONE, R_NOT_FOUND, R_INVALID, R_IO with a sentence in *why. directory holds .csv.gz files. */
MUST_USE result journey_read(str directory, journey **out, buf *why);
/* A year of the same shape; scale is the percentage of the real households and coupons, 1 … 100. */
journey *journey_make(uint64_t seed, uint32_t scale);
void journey_free(journey *j);

typedef struct journey_product {
    str category;       /* may be empty */
    int64_t unit_minor; /* price of one unit before discounts, US cents */
    bool seen;          /* the price is from the transactions sample */
} journey_product;
/* Price: the median of what the sample's lines say ((sales value + retail, coupon and match
 * discounts) / quantity), or for a product that the sample lacks the median over all lines of its
 * category, or of everything. */
journey_product journey_price(const journey *j, str product);

/* Face value, which the data lacks: from a hash of the coupon's number, so that it is always the
 * same. Two of three are an amount off (50 to 200 cents in steps of 25), one of three is 10, 15, 20
 * or 25 percent with a cap of 300 cents. */
typedef struct journey_benefit_value {
    int64_t amount_minor; /* 0: percent */
    uint32_t percent_bp;
    int64_t cap_minor;
} journey_benefit_value;
journey_benefit_value journey_benefit(const journey_coupon *c);

#endif
