/* What the values of verify's maps mean. Private to verify*.c.
 *
 * Expected values come from coupons, orders, ledger and events; actual ones from the counters. */
#ifndef QUAN_APP_VERIFY_COUNT_H
#define QUAN_APP_VERIFY_COUNT_H

/* Values of verify.pools, by pool, and of verify.leases, by pool and lane. */
enum {
    POOL_HOME, /* is there a row? */
    POOL_TOTAL,
    POOL_FREE,
    POOL_OUT,
    POOL_USED,    /* by slices */
    POOL_LEAST,   /* use that rows tell of: between */
    POOL_MOST,    /* … these two */
    POOL_COUNTED, /* are they told? */
    POOL_VALUES
};
enum {
    LEASE_ROW,
    LEASE_OUT,
    LEASE_OPEN,
    LEASE_SLICE, /* is there a row? */
    LEASE_SLICE_FREE,
    LEASE_SLICE_USED,
    LEASE_SLICE_OPEN,
    LEASE_GRANTS,  /* on their way to the lane */
    LEASE_RETURNS, /* on their way home */
    LEASE_ASIDE,   /* in messages that were set aside */
    LEASE_VALUES
};

enum {
    TALLY_COLUMNS = 15,
    GOODS_COLUMNS = 6,
    TOTAL_EXPECTED = 0,
    TOTAL_ACTUAL = TALLY_COLUMNS,
    TOTAL_VALUES = 2 * TALLY_COLUMNS,
    CONFIG_VALUES = 3,
    /* Values of verify.tally: three blocks of TALLY_COLUMNS. */
    TALLY_EXPECTED = 0,
    TALLY_ACTUAL = TALLY_COLUMNS,
    TALLY_EVENTS = 2 * TALLY_COLUMNS,
    TALLY_VALUES = 3 * TALLY_COLUMNS,
    /* Values of verify.parties: discount, and of that what came back. */
    PARTY_EXPECTED = 0,
    PARTY_ACTUAL = 2,
    PARTY_VALUES = 4,
    /* Values of verify.code_uses: what became of coupons of a batch of codes, or of a word. */
    CODE_USE_REDEEMED = 0,
    CODE_USE_RETURNED = 1,
    CODE_USE_VOIDED = 2,
    CODE_USE_COLUMNS = 3,
    CODE_USE_EXPECTED = 0,
    CODE_USE_ACTUAL = CODE_USE_COLUMNS,
    CODE_USE_VALUES = 2 * CODE_USE_COLUMNS,
    MONEY_COLUMNS = 6,
    MONEY_EXPECTED = 0,
    MONEY_ACTUAL = MONEY_COLUMNS,
    MONEY_VALUES = 2 * MONEY_COLUMNS,
    GOODS_EXPECTED = 0,
    GOODS_ACTUAL = GOODS_COLUMNS,
    GOODS_VALUES = 2 * GOODS_COLUMNS,
};
/* The columns of tally and of tally_goods, in their order. */
enum {
    TALLY_ISSUED,
    TALLY_HELD,
    TALLY_RELEASED,
    TALLY_REDEEMED,
    TALLY_RETURNED,
    TALLY_EXPIRED,
    TALLY_VOIDED,
    TALLY_USERS,
    TALLY_DISCOUNT,
    TALLY_DISCOUNT_RETURNED,
    TALLY_ORDER,
    TALLY_ORDER_RETURNED,
    TALLY_CONFIRMED,
    TALLY_ADDS,
    TALLY_ADDS_RETURNED
};
enum {
    GOODS_REDEMPTIONS,
    GOODS_QUANTITY,
    GOODS_ORDER,
    GOODS_DISCOUNT,
    GOODS_RETURNED_QUANTITY,
    GOODS_RETURNED
};
/* And of tally_money. */
enum {
    MONEY_DISCOUNT,
    MONEY_DISCOUNT_RETURNED,
    MONEY_ORDER,
    MONEY_ORDER_RETURNED,
    MONEY_ADDS,
    MONEY_ADDS_RETURNED
};

#endif
