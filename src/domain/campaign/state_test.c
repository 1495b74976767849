/* The states of a campaign: every pair of states, and every way back from disabled. */
#include "domain/campaign/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/table.gen.h"

enum { DRAFT = 1, ACTIVE, PAUSED, ENDED, DISABLED };

/* From a row to a column: no, y(es). Row and column 0 are no state. */
static const char *const pairs[] = {
    /*             -     draft active paused ended disabled */
    [0] = "......",        /* no state */
    [DRAFT] = "..y..y",    /* draft */
    [ACTIVE] = "...yyy",   /* active */
    [PAUSED] = "..y.yy",   /* paused */
    [ENDED] = ".....y",    /* ended */
    [DISABLED] = "......", /* disabled: see back_from_disabled */
};

/* The row is the state before. */
static const char *const back_from_disabled[] = {
    [0] = "......",        /* cannot be */
    [DRAFT] = ".yy...",    /* was a draft */
    [ACTIVE] = "..yyy.",   /* was active */
    [PAUSED] = "..yyy.",   /* was paused */
    [ENDED] = "....y.",    /* was ended: never issues again */
    [DISABLED] = "......", /* cannot be */
};

static void expect_go(uint8_t from, uint8_t before, uint8_t to, char expected)
{
    if (campaign_may_go(from, before, to) == (expected == 'y'))
        return;
    fail_msg("from %u (disabled from %u) to %u: expected %c", from, before, to, expected);
}

static void every_pair_of_states(void **state)
{
    (void)state;
    assert_int_equal(CAMPAIGN_STATE_COUNT, DISABLED + 1);
    for (uint8_t from = 0; from < CAMPAIGN_STATE_DISABLED; from++)
        for (uint8_t before = 0; before < CAMPAIGN_STATE_COUNT; before++)
            for (uint8_t to = 0; to < CAMPAIGN_STATE_COUNT; to++)
                expect_go(from, before, to, pairs[from][to]);
}

static void every_way_back_from_disabled(void **state)
{
    (void)state;
    for (uint8_t before = 0; before < CAMPAIGN_STATE_COUNT; before++)
        for (uint8_t to = 0; to < CAMPAIGN_STATE_COUNT; to++)
            expect_go(CAMPAIGN_STATE_DISABLED, before, to, back_from_disabled[before][to]);
}

static void numbers_that_are_no_state_allow_nothing(void **state)
{
    (void)state;
    for (unsigned n = CAMPAIGN_STATE_COUNT; n <= UINT8_MAX; n++) {
        uint8_t odd = (uint8_t)n;
        for (uint8_t s = 0; s < CAMPAIGN_STATE_COUNT; s++) {
            assert_false(campaign_may_go(odd, 0, s));
            assert_false(campaign_may_go(s, CAMPAIGN_STATE_ACTIVE, odd));
            assert_false(campaign_may_go(CAMPAIGN_STATE_DISABLED, odd, s));
        }
        assert_false(campaign_may_issue(odd));
        assert_false(campaign_may_hold(odd));
    }
}

/* Whatever is done to an ended campaign, it never comes to a state that issues. */
static void an_ended_campaign_never_issues_again(void **state)
{
    (void)state;
    bool seen[CAMPAIGN_STATE_COUNT][CAMPAIGN_STATE_COUNT] = {{false}};
    seen[CAMPAIGN_STATE_ENDED][0] = true;
    for (int round = 0; round < 30; round++) {
        for (uint8_t from = 1; from < CAMPAIGN_STATE_COUNT; from++) {
            for (uint8_t before = 0; before < CAMPAIGN_STATE_COUNT; before++) {
                for (uint8_t to = 1; seen[from][before] && to < CAMPAIGN_STATE_COUNT; to++) {
                    if (!campaign_may_go(from, before, to))
                        continue;
                    assert_false(campaign_may_issue(to));
                    seen[to][to == CAMPAIGN_STATE_DISABLED ? from : 0] = true;
                }
            }
        }
    }
    assert_true(seen[CAMPAIGN_STATE_DISABLED][CAMPAIGN_STATE_ENDED]);
}

static void what_a_state_lets_happen(void **state)
{
    (void)state;
    static const struct {
        uint8_t state;
        bool issue, hold;
    } rows[] = {
        {0, false, false},
        {CAMPAIGN_STATE_DRAFT, false, false},
        {CAMPAIGN_STATE_ACTIVE, true, true},
        {CAMPAIGN_STATE_PAUSED, false, true},
        {CAMPAIGN_STATE_ENDED, false, true},
        {CAMPAIGN_STATE_DISABLED, false, false},
    };
    assert_int_equal(ARRAY_LEN(rows), CAMPAIGN_STATE_COUNT);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(campaign_may_issue(rows[i].state), rows[i].issue);
        assert_int_equal(campaign_may_hold(rows[i].state), rows[i].hold);
    }
}

static void a_disabled_campaign_is_edited_like_before(void **state)
{
    (void)state;
    for (uint8_t s = 1; s < CAMPAIGN_STATE_DISABLED; s++) {
        assert_int_equal(campaign_lasting_state(s, 0), s);
        assert_int_equal(campaign_lasting_state(CAMPAIGN_STATE_DISABLED, s), s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_states),
        cmocka_unit_test(every_way_back_from_disabled),
        cmocka_unit_test(numbers_that_are_no_state_allow_nothing),
        cmocka_unit_test(an_ended_campaign_never_issues_again),
        cmocka_unit_test(what_a_state_lets_happen),
        cmocka_unit_test(a_disabled_campaign_is_edited_like_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
