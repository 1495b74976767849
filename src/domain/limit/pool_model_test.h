/* What runs of the escrow model are about, and their choices: by chance, or one digit after another
 * until every sequence has been. */
#ifndef QUAN_DOMAIN_LIMIT_POOL_MODEL_TEST_H
#define QUAN_DOMAIN_LIMIT_POOL_MODEL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/campaign/config.h"
#include "domain/price/benefit_test.h"

enum { LANES = 3, CHOICES_MAX = 400, CONFIGS_MAX = 4 };

typedef enum ask_phase { ASK_NONE, ASK_BARRIER, ASK_RECALLING, ASK_GRANTED } ask_phase;

/* One ask of a lane, as app/lease.c makes it. */
typedef struct ask {
    ask_phase phase;
    int64_t need, late_need;
    uint64_t ticket, late_ticket;
    size_t barrier[LANES]; /* messages that must have reached the home from each lane */
    size_t returns[LANES]; /* the last return that each has committed since */
    bool clear;            /* none of these was on its way as the home decided */
} ask;

typedef struct script {
    uint16_t lane;
    int64_t n;    /* taken; given when negative */
    int64_t goes; /* it asks in so many goes, each when it has what it asked for before; 0: one */
} script;

/* What a run of the model is about. */
typedef struct scenario {
    uint8_t kind; /* POOL_KIND_STOCK, or POOL_KIND_CLAIMS: then the configurations follow */
    int64_t totals[CONFIGS_MAX];
    size_t configs;
    const script *calls;
    size_t n;
} scenario;

/* A template with this stock, and with this limit on its claims ever. */
static config *configured(uint64_t owner, int64_t total)
{
    config *c = config_empty();
    limit_rule rule = {.measure = LIMIT_MEASURE_CLAIMS,
                       .subject = LIMIT_SUBJECT_TEMPLATE,
                       .period = LIMIT_PERIOD_EVER,
                       .max = total};
    merchant m = {.id = 1, .name = S("m"), .zone = S("UTC"), .currency = S("USD")};
    campaign of = {.id = 2, .merchant = 1, .state = CAMPAIGN_STATE_ACTIVE, .currency = S("USD")};
    template t = {.id = owner, .merchant = 1, .campaign = 2, .version = 1, .stock = total};
    template_version v = {.template = owner,
                          .version = 1,
                          .benefit = BENEFIT_KIND_AMOUNT_OFF,
                          .terms = TEST_TERM(TERM_AMOUNT_OFF_AMOUNT, 100),
                          .validity = VALIDITY_KIND_FIXED,
                          .valid_until_ms = 1};
    v.limits.items = &rule;
    v.limits.n = 1;
    config_put_merchant(c, &m, &zone_utc);
    config_put_campaign(c, &of);
    config_put_template(c, &t, &v);
    return c;
}

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
