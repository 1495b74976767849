/* Bob, whom amy has become, and who has a phone: of him there is a row in every column of every
 * table that may have a user's name (src/app/erase_names_test.c sees to that), but for those that
 * come up only while he is erased. He has a coupon that can be used, one that he has offered, one
 * that an order holds, and one that cid gave him; another of cid's is offered to him, one is just
 * being given. */
#ifndef QUAN_TEST_PERSON_H
#define QUAN_TEST_PERSON_H

#include "base/time.h"
#include "test/lib/domain_fixture.h"

#define PERSON_BOB      S("bob-summers")
#define PERSON_AMY      S("amy-winters")
#define PERSON_OFFER_MS (30 * MS_SECOND) /* how long what is offered to him stands */

enum { PERSON_COUPONS = 4, PERSON_NAMES = 3 };

typedef struct person {
    uint64_t campaign, template;
    uint64_t coupons[PERSON_COUPONS]; /* his own; the third is held */
    uint64_t hold;
    uint64_t order;          /* amy's, before */
    uint64_t move;           /* by which she became him */
    uint64_t word;           /* for him alone */
    str names[PERSON_NAMES]; /* his, amy's, and that of the number's holder */
    guesses_place earlier;   /* amy's failed tries of codes */
} person;

/* In an empty shop. */
void person_make(person *p, fix *shop);
/* What the API does first: the word is nobody's. */
void person_take_word(const person *p, fix *shop);
/* As the API has it. p lives as long. */
erase_in person_erasing(person *p, const fix *shop);

#endif
