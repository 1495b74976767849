/* Bad histories: each has one flaw, which must be flagged. Include cmocka.h before. */
#ifndef QUAN_TEST_KILL_ORACLE_BAD_H
#define QUAN_TEST_KILL_ORACLE_BAD_H

#include "test/fault/kill_oracle/bed.h"

enum { BAD_HISTORIES_MAX = 200 };

typedef struct bad_history {
    const char *name;
    flaw expected;
    void (*play)(bed *b);
} bad_history;

#define BAD(play, flaw)                                                                            \
    {                                                                                              \
#play, FLAW_##flaw, play                                                                   \
    }

/* A test for each; how many. */
size_t bad_tests(const bad_history *all, size_t n, struct CMUnitTest *tests);

/* operators.c: what operators change, kinds of claims, answers that cross. */
extern const bad_history bad_of_operators[];
extern const size_t bad_of_operators_n;
extern const bad_history bad_of_transfers[]; /* transfers.c */
extern const size_t bad_of_transfers_n;
void transfers_have_no_flaw(void **state);
counted stats_of_one_claim(void); /* of HOT */
void what_operators_may_do_has_no_flaw(void **state);

#endif
