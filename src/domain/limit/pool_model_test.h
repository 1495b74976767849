/* What runs of the escrow model are about, and their choices: by chance, or one digit after another
 * until every sequence has been. */
#ifndef QUAN_DOMAIN_LIMIT_POOL_MODEL_TEST_H
#define QUAN_DOMAIN_LIMIT_POOL_MODEL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { LANES = 3, CHOICES_MAX = 400, CONFIGS_MAX = 4 };

typedef enum ask_phase { ASK_NONE, ASK_BARRIER, ASK_RECALLING, ASK_GRANTED } ask_phase;

/* One ask of a lane, as app/lease.c makes it. */
typedef struct ask {
    ask_phase phase;
    int64_t need, late_need;
    uint64_t ticket, late_ticket;
    size_t barrier[LANES]; /* messages that must have reached the home from each lane */
    bool disturbed;        /* a lane has committed a return since */
} ask;

typedef struct script {
    uint16_t lane;
    int64_t n;
} script;

/* What a run of the model is about. */
typedef struct scenario {
    uint8_t kind; /* POOL_KIND_STOCK, or POOL_KIND_CLAIMS: then the configurations follow */
    int64_t totals[CONFIGS_MAX];
    size_t configs;
    const script *calls;
    size_t n;
} scenario;

static struct {
    uint64_t dice; /* 0: the odometer chooses */
    size_t digit[CHOICES_MAX], base[CHOICES_MAX], n, at;
} choices;

/* One of 0 … n - 1. */
static size_t choose(size_t n)
{
    if (choices.dice != 0) {
        choices.dice ^= choices.dice << 13; /* xorshift64, Marsaglia 2003 */
        choices.dice ^= choices.dice >> 7;
        choices.dice ^= choices.dice << 17;
        return (size_t)(choices.dice % n);
    }
    assert_true(choices.at < CHOICES_MAX);
    if (choices.at == choices.n) {
        choices.digit[choices.n] = 0;
        choices.base[choices.n++] = n;
    }
    return choices.digit[choices.at++];
}

/* On to the next sequence; false when all have been. */
static bool choices_next(void)
{
    choices.at = 0;
    while (choices.n > 0 && choices.digit[choices.n - 1] + 1 == choices.base[choices.n - 1])
        choices.n--;
    if (choices.n == 0)
        return false;
    choices.digit[choices.n - 1]++;
    return true;
}

#endif
