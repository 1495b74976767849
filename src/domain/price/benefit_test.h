/* For tests that make templates: benefits by terms, one at a time. Terms come from a ring that is
 * used again after TEST_TERMS_MAX of them, so a template is made and handed over at once. */
#ifndef QUAN_DOMAIN_PRICE_BENEFIT_TEST_H
#define QUAN_DOMAIN_PRICE_BENEFIT_TEST_H

#include <string.h>

#include "domain/price/benefit.h"

enum { TEST_TERMS_MAX = 65536 };

static benefit_term test_terms[TEST_TERMS_MAX];
static size_t test_terms_n;

static inline benefit_term *test_terms_room(size_t n)
{
    if (test_terms_n + n > TEST_TERMS_MAX) {
        test_terms_n = 0;
    }
    test_terms_n += n;
    return test_terms + test_terms_n - n;
}

/* `from` with this value at a place, in order; 0 takes it out. */
static inline benefit_term *test_term(const benefit_term *from, size_t *n, uint8_t place,
                                      int64_t value)
{
    benefit_term *to = test_terms_room(*n + 1);
    size_t count = 0;
    bool put = value == 0;
    for (size_t i = 0; i <= *n; i++) {
        if (!put && (i == *n || from[i].nth > 0 || from[i].term >= place)) {
            to[count++] = (benefit_term){.term = place, .value = value};
            put = true;
        }
        if (i < *n && (from[i].nth > 0 || from[i].term != place)) {
            to[count++] = from[i];
        }
    }
    *n = count;
    return to;
}

static inline int64_t test_term_at(const benefit_term *of, size_t n, uint8_t place)
{
    for (size_t i = 0; i < n; i++) {
        if (of[i].term == place && of[i].nth == 0) {
            return of[i].value;
        }
    }
    return 0;
}

/* `from` with each of its amounts listed in one more currency: nine tenths of it. */
static inline benefit_term *test_listed(const benefit_term *from, size_t *n, uint8_t kind,
                                        str currency)
{
    benefit_term *to = test_terms_room(*n * 2);
    size_t count = 0;
    for (size_t i = 0; i < *n; i++) {
        to[count++] = from[i];
        if (benefit_param_at(kind, from[i].term)->type == BENEFIT_MONEY) {
            to[count] = from[i];
            to[count].value = from[i].value - from[i].value / 10;
            to[count++].text = currency;
        }
    }
    *n = count;
    return to;
}

/* Of a row with `terms`. */
#define TEST_LIST(row, currency)                                                                   \
    ((row).terms.items = test_listed((row).terms.items, &(row).terms.n, (row).benefit, currency))
#define TEST_SET(row, place, number)                                                               \
    ((row).terms.items = test_term((row).terms.items, &(row).terms.n, place, number))
#define TEST_GET(row, place) test_term_at((row).terms.items, (row).terms.n, place)
/* An initializer of `terms`: one value that is not 0. */
#define TEST_TERM(place, number)                                                                   \
    {                                                                                              \
        test_term(NULL, &(size_t){0}, place, number), 1                                            \
    }

#endif
