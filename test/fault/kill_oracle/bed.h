/* Telling histories by hand: requests are asked, answers given, and the oracle judges. */
#ifndef QUAN_TEST_KILL_ORACLE_BED_H
#define QUAN_TEST_KILL_ORACLE_BED_H

#include "test/lib/oracle/oracle.h"

/* Templates: stock 3, 2 a user, 5.00 off; 10 % off; 5.00 off with a budget of 7.00 at redeem. */
enum { HOT, SPREAD, SHORT_OF_MONEY, BY_DEVICE, U0 = 0, U1, U2 };

typedef struct bed {
    history *h;
    flaws f;
    oracle *o; /* NULL before judge */
} bed;

bed bed_new(void);
void bed_free(bed *b);
void judge(bed *b); /* once; behind the history */

/* An op that was sent; an answer to it. */
uint32_t ask_claim(bed *b, uint32_t user, uint32_t template);
uint32_t ask_use(bed *b, op_kind kind, uint32_t coupon, uint32_t of);
uint32_t ask_transfer(bed *b, uint32_t coupon, uint32_t receiver);
answer price(const bed *b, uint32_t number, const char *id);
void tell(bed *b, uint32_t number, const answer *a);
void refuse(bed *b, uint32_t number, result code);
void give(bed *b, uint32_t number, str id);

/* Ops that were sent and done: the coupon of a claim or transfer, else the number. */
uint32_t claimed(bed *b, uint32_t user, uint32_t template, const char *id);
uint32_t held(bed *b, uint32_t coupon, const char *id);
uint32_t redeemed(bed *b, uint32_t coupon, uint32_t hold, const char *id);
uint32_t transferred(bed *b, uint32_t coupon, uint32_t receiver, const char *id);
void released(bed *b, uint32_t hold);
void voided(bed *b, uint32_t coupon);
uint32_t given_back(bed *b, uint32_t redemption, int64_t refund, bool restored); /* all goods */

/* What the operator does to a campaign's state, a template's stock, a campaign's budget: sent, and
 * sent and done. */
uint32_t ask_change(bed *b, op_kind kind, uint32_t subject, int64_t target);
void changed(bed *b, op_kind kind, uint32_t subject, int64_t target);

void show_coupon(bed *b, uint32_t coupon, const char *state);

#endif
