/* The state table of campaigns: which change is allowed, and what a state lets happen. Data only;
 * the act that changes a state is campaign_acts.c. */
#include "domain/campaign/state.h"

#include "domain/table.gen.h"

#define TO(state) (1u << CAMPAIGN_STATE_##state)

/* Bits of the states that each can go to. From disabled it depends on the state before. */
static const uint8_t next_states[CAMPAIGN_STATE_COUNT] = {
    [CAMPAIGN_STATE_DRAFT] = TO(ACTIVE) | TO(DISABLED),
    [CAMPAIGN_STATE_ACTIVE] = TO(PAUSED) | TO(ENDED) | TO(DISABLED),
    [CAMPAIGN_STATE_PAUSED] = TO(ACTIVE) | TO(ENDED) | TO(DISABLED),
    [CAMPAIGN_STATE_ENDED] = TO(DISABLED),
    [CAMPAIGN_STATE_DISABLED] = 0,
};

/* A draft has issued nothing that could be held. */
static const struct {
    bool issue, hold;
} allowed[CAMPAIGN_STATE_COUNT] = {
    [CAMPAIGN_STATE_ACTIVE] = {.issue = true, .hold = true},
    [CAMPAIGN_STATE_PAUSED] = {.issue = false, .hold = true},
    [CAMPAIGN_STATE_ENDED] = {.issue = false, .hold = true},
};

static bool reaches(uint8_t from, uint8_t to)
{
    return from < CAMPAIGN_STATE_COUNT && to < CAMPAIGN_STATE_COUNT &&
           (next_states[from] >> to & 1u) != 0;
}

bool campaign_may_go(uint8_t from, uint8_t disabled_from, uint8_t to)
{
    if (from != CAMPAIGN_STATE_DISABLED)
        return reaches(from, to);
    if (to == CAMPAIGN_STATE_DISABLED || disabled_from >= CAMPAIGN_STATE_COUNT ||
        next_states[disabled_from] == 0)
        return false;
    return to == disabled_from || reaches(disabled_from, to);
}

uint8_t campaign_lasting_state(uint8_t state, uint8_t disabled_from)
{
    return state == CAMPAIGN_STATE_DISABLED ? disabled_from : state;
}

bool campaign_may_issue(uint8_t state)
{
    return state < CAMPAIGN_STATE_COUNT && allowed[state].issue;
}

bool campaign_may_hold(uint8_t state)
{
    return state < CAMPAIGN_STATE_COUNT && allowed[state].hold;
}
