/* Histories with what operators change while claims run, with all kinds of claims, and with answers
 * that cross: bad ones, and a good one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/fault/kill_oracle/bad.h"

/* ---- what operators change ---- */

static void paused_campaign_issues(bed *b)
{
    changed(b, OP_STATE, 0, KNOWN_PAUSED);
    (void)claimed(b, U0, HOT, "c1");
    changed(b, OP_STATE, 0, KNOWN_ACTIVE); /* asked for afterwards: no excuse */
    judge(b);
}

static void ended_campaign_issues(bed *b)
{
    changed(b, OP_STATE, 0, KNOWN_PAUSED);
    changed(b, OP_STATE, 0, KNOWN_ENDED);
    (void)claimed(b, U0, HOT, "c1");
    judge(b);
}

static void active_campaign_is_called_stopped(bed *b)
{
    changed(b, OP_STATE, 0, KNOWN_PAUSED);
    changed(b, OP_STATE, 0, KNOWN_ACTIVE);
    refuse(b, ask_claim(b, U0, HOT), R_CAMPAIGN_NOT_ACTIVE);
    changed(b, OP_STATE, 0, KNOWN_PAUSED);
    judge(b);
}

static void stock_goes_below_what_is_issued(bed *b)
{
    (void)claimed(b, U0, HOT, "c1");
    (void)claimed(b, U1, HOT, "c2");
    changed(b, OP_STOCK, HOT, 1);
    changed(b, OP_STOCK, HOT, 5);
    judge(b);
}

static void more_than_the_lower_stock_is_issued(bed *b)
{
    changed(b, OP_STOCK, HOT, 1);
    (void)claimed(b, U0, HOT, "c1");
    (void)claimed(b, U1, HOT, "c2");
    judge(b);
}

static void added_stock_is_not_there(bed *b)
{
    (void)claimed(b, U0, HOT, "c1");
    changed(b, OP_STOCK, HOT, 7);
    judge(b);
    counted c = stats_of_one_claim();
    oracle_stats(b->o, HOT, &c);
}

static void sold_out_after_stock_was_added(bed *b)
{
    static const char *const ids[] = {"c1", "c2", "c3"};
    for (uint32_t i = 0; i < 3; i++)
        (void)claimed(b, i, HOT, ids[i]);
    changed(b, OP_STOCK, HOT, 4);
    refuse(b, ask_claim(b, 4, HOT), R_SOLD_OUT);
    judge(b);
}

static void target_that_fits_is_refused(bed *b)
{
    (void)claimed(b, U0, HOT, "c1");
    refuse(b, ask_change(b, OP_STOCK, HOT, 1), R_NOT_EDITABLE);
    judge(b);
}

static void budget_that_fits_is_refused(bed *b)
{
    (void)held(b, claimed(b, U0, SHORT_OF_MONEY, "c1"), "h1");
    refuse(b, ask_change(b, OP_BUDGET, 1, 500), R_NOT_EDITABLE);
    judge(b);
}

static void added_budget_is_not_there(bed *b)
{
    uint32_t hold = held(b, claimed(b, U0, SHORT_OF_MONEY, "c1"), "h1");
    changed(b, OP_BUDGET, 1, 900);
    judge(b);
    counted c = {.issued = 1, .held = 1, .held_now = 1, .stock_remaining = -1};
    c.budget_remaining = 700 - b->h->ops[hold].discount;
    oracle_stats(b->o, SHORT_OF_MONEY, &c);
}

/* ---- kinds of claims ---- */

/* Best effort: three of HOT and one of SPREAD are asked for; HOT gives one. */
static void give_less(bed *b, result missed_first, result missed_second)
{
    uint32_t number = ask_claim(b, U0, HOT);
    b->h->ops[number].best_effort = true;
    b->h->ops[number].count = 3;
    b->h->ops[number].second = SPREAD;
    answer a = {
        .status = 201, .content = S("c1"), .coupon_n = 1, .missed = {missed_first, missed_second}};
    a.coupons[0].id = S("c1");
    a.coupons[0].template = HOT;
    tell(b, number, &a);
    judge(b);
}

static void best_effort_gives_less_without_a_word(bed *b)
{
    give_less(b, R_LIMIT_REACHED, R_DONE);
}

static void best_effort_misses_what_is_unlimited(bed *b)
{
    (void)claimed(b, U0, HOT, "c0");
    give_less(b, R_LIMIT_REACHED, R_SOLD_OUT);
}

static void best_effort_misses_what_is_there(bed *b)
{
    give_less(b, R_SOLD_OUT, R_CAMPAIGN_NOT_ACTIVE);
}

static void grant_is_shown_as_a_claim(bed *b)
{
    uint32_t number = ask_claim(b, U0, HOT);
    b->h->ops[number].grant = true;
    give(b, number, S("c1"));
    show_coupon(b, 0, "available");
}

static void stats_miss_a_hold(bed *b)
{
    (void)held(b, claimed(b, U0, SPREAD, "c1"), "h1");
    judge(b);
    counted c = {.issued = 1, .held = 1, .stock_remaining = -1, .budget_remaining = -1};
    oracle_stats(b->o, SPREAD, &c);
}

static void refused_claim_sent_again_stays_without_an_answer(bed *b)
{
    uint32_t number = ask_claim(b, U0, HOT);
    refuse(b, number, R_CAMPAIGN_NOT_ACTIVE);
    history_send(b->h, number);
    tell(b, number, &(answer){.status = 0});
    judge(b);
}

static void lost_answer_is_not_told_by_one_that_flew_with_it(bed *b)
{
    uint32_t number = ask_claim(b, U0, HOT);
    history_send(b->h, number);
    tell(b, number, &(answer){.status = 0});
    refuse(b, number, R_CAMPAIGN_NOT_ACTIVE);
    judge(b);
}

const bad_history bad_of_operators[] = {
    BAD(paused_campaign_issues, WHILE_STOPPED),
    BAD(ended_campaign_issues, WHILE_STOPPED),
    BAD(active_campaign_is_called_stopped, FALSE_REFUSAL),
    BAD(stock_goes_below_what_is_issued, OVER_STOCK),
    BAD(more_than_the_lower_stock_is_issued, OVER_STOCK),
    BAD(added_stock_is_not_there, WRONG_STOCK),
    BAD(sold_out_after_stock_was_added, FALSE_SOLD_OUT),
    BAD(target_that_fits_is_refused, FALSE_REFUSAL),
    BAD(budget_that_fits_is_refused, FALSE_REFUSAL),
    BAD(added_budget_is_not_there, WRONG_STOCK),
    BAD(best_effort_gives_less_without_a_word, SHORT),
    BAD(best_effort_misses_what_is_unlimited, FALSE_REFUSAL),
    BAD(best_effort_misses_what_is_there, FALSE_SOLD_OUT),
    BAD(grant_is_shown_as_a_claim, FOREIGN),
    BAD(stats_miss_a_hold, WRONG_COUNT),
    BAD(refused_claim_sent_again_stays_without_an_answer, UNSETTLED),
    BAD(lost_answer_is_not_told_by_one_that_flew_with_it, UNSETTLED),
};
const size_t bad_of_operators_n = ARRAY_LEN(bad_of_operators);

/* ---- and a good one ---- */

void what_operators_may_do_has_no_flaw(void **state)
{
    (void)state;
    bed b = bed_new();
    b.f.quiet = false;
    uint32_t early = ask_claim(&b, U0, HOT); /* runs while all the rest happens */
    uint32_t pause = ask_change(&b, OP_STATE, 0, KNOWN_PAUSED);
    refuse(&b, ask_claim(&b, U1, HOT), R_CAMPAIGN_NOT_ACTIVE);
    tell(&b, pause, &(answer){.status = 200, .content = S("changed")});
    uint32_t twice = ask_claim(&b, U1, HOT);
    history_send(b.h, twice);
    changed(&b, OP_STATE, 0, KNOWN_ACTIVE);
    give(&b, twice, S("c1"));
    refuse(&b, twice, R_CAMPAIGN_NOT_ACTIVE); /* before the resumption; heard late */
    changed(&b, OP_STOCK, HOT, 1);
    refuse(&b, ask_claim(&b, U2, HOT), R_SOLD_OUT);
    refuse(&b, ask_change(&b, OP_STOCK, HOT, 0), R_NOT_EDITABLE);
    changed(&b, OP_STOCK, HOT, 2);
    give(&b, early, S("c2"));
    refuse(&b, ask_claim(&b, U2, HOT), R_SOLD_OUT);
    uint32_t hold = held(&b, claimed(&b, U0, SHORT_OF_MONEY, "c3"), "h1");
    changed(&b, OP_BUDGET, 1, 600);
    judge(&b);
    counted c = {.issued = 2, .budget_remaining = -1};
    oracle_stats(b.o, HOT, &c);
    c = (counted){.issued = 1, .held = 1, .held_now = 1, .stock_remaining = -1};
    c.budget_remaining = 600 - b.h->ops[hold].discount;
    oracle_stats(b.o, SHORT_OF_MONEY, &c);
    assert_int_equal(b.f.n, 0);
    bed_free(&b);
}
