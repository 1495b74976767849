/* Money in another currency than the campaign's, as verify expects it. Private to verify*.c. */
#ifndef QUAN_APP_VERIFY_MONEY_H
#define QUAN_APP_VERIFY_MONEY_H

#include "app/verify_part.h"

typedef struct verify_money_place {
    uint64_t template; /* 0: of the campaign */
    int32_t day;
    uint8_t dimension; /* 0: what tally counts */
    str value;         /* of goods */
} verify_money_place;
/* Empty: it is the campaign's. */
str verify_foreign(const verify_terms *of, str currency);
/* The expected amounts, by MONEY_…; NULL: the currency or the value cannot be one. */
int64_t *verify_money_at(verify *v, const verify_terms *of, const verify_money_place *at,
                         str currency);
MUST_USE result verify_money(verify *v); /* compares */

#endif
