/* Acts on campaigns, on the mem store: creation, edits, states, versions, events. */
#include "domain/campaign/acts_test.h"
#include "port/store.h"

static void create(world *w)
{
    merchant_put_in m = rules_good_merchant();
    m.slot = 1;
    campaign_create_in in = rules_good_campaign();
    limit_rule limit = {
        LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_CAMPAIGN, LIMIT_PERIOD_DAY, 3, 0, 99, 0};
    in.merchant = put_merchant(w, &m)->id;
    in.slot = 9876;
    in.budget_mode = BUDGET_MODE_AT_REDEEM;
    in.budget_minor = 500000;
    in.limits.items = &limit;
    in.limits.n = 1;
    campaign *c = create_campaign(w, &in);
    campaign expected = {.slot = 9876,
                         .id = c->id,
                         .merchant = in.merchant,
                         .version = 1,
                         .state = CAMPAIGN_STATE_DRAFT,
                         .name = in.name,
                         .currency = in.currency,
                         .claim_from_ms = in.claim_from_ms,
                         .claim_until_ms = in.claim_until_ms,
                         .use_from_ms = in.use_from_ms,
                         .use_until_ms = in.use_until_ms,
                         .budget_mode = BUDGET_MODE_AT_REDEEM,
                         .budget_minor = 500000,
                         .created_at_ms = w->now_ms,
                         .updated_at_ms = w->now_ms};
    limit.since_ms = w->now_ms;
    limit.since_version = 1;
    expected.limits.items = &limit;
    expected.limits.n = 1;
    assert_int_equal(id_slot(c->id), 9876);
    assert_true(record_equal(&campaign_table.record, c, &expected));

    event events[EVENTS_MAX];
    assert_int_equal(world_events(w, events), 1);
    event made = {.kind = EVENT_KIND_CAMPAIGN_CREATED,
                  .at_ms = w->now_ms,
                  .merchant = in.merchant,
                  .campaign = c->id,
                  .revision = 1};
    assert_true(record_equal(&event_record, &events[0], &made));
}

static void refuse_to_create(world *w)
{
    campaign_create_in in = rules_good_campaign();
    act_expect(w, campaign_create_decide, &in, in.slot, R_NOT_FOUND); /* no such merchant */
    merchant_put_in m = rules_good_merchant();
    in.merchant = put_merchant(w, &m)->id;
    in.claim_until_ms = in.claim_from_ms;
    in.budget_mode = 0;
    act_expect(w, campaign_create_decide, &in, in.slot, R_INVALID);
    expect_detail(w, "claim_window.until: later than claim_window.from: the window holds from and "
                     "not until");
    assert_int_equal(world_event_count(w, EVENT_KIND_CAMPAIGN_CREATED), 0);
}

static void edit(world *w)
{
    limit_rule limits[] = {
        {LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 3, 0, 0, 0},
        {LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_ROLLING, 3, MS_HOUR, 0, 0}};
    campaign *c = world_campaign(w);
    w->now_ms = RULES_DAY(1);
    campaign_edit_in in = {.merchant = c->merchant,
                           .campaign = c->id,
                           .if_version = 1,
                           .fields = CAMPAIGN_LIMITS,
                           .name = S("not read")};
    in.limits.items = limits;
    in.limits.n = 2;
    campaign *second = edit_campaign(w, &in);
    assert_int_equal(second->version, 2);
    assert_int_equal(second->updated_at_ms, RULES_DAY(1));
    assert_int_equal(second->created_at_ms, RULES_DAY(0));
    assert_true(str_eq(second->name, c->name));
    assert_int_equal(second->limits.items[0].since_ms, RULES_DAY(1));
    assert_int_equal(second->limits.items[1].since_ms, RULES_DAY(1));

    w->now_ms = RULES_DAY(2);
    in.if_version = 2;
    limits[0].max = 9;            /* counts on */
    limits[1].window_ms = MS_DAY; /* counts something else */
    campaign *third = edit_campaign(w, &in);
    assert_int_equal(third->limits.items[0].max, 9);
    assert_int_equal(third->limits.items[0].since_ms, RULES_DAY(1));
    assert_int_equal(third->limits.items[1].since_ms, RULES_DAY(2));
    assert_int_equal(third->limits.items[0].since_version, 2);
    assert_int_equal(third->limits.items[1].since_version, 3);

    in = (campaign_edit_in){.merchant = c->merchant,
                            .campaign = c->id,
                            .fields = CAMPAIGN_NAME | CAMPAIGN_CLAIM_FROM | CAMPAIGN_CLAIM_UNTIL |
                                      CAMPAIGN_USE_FROM | CAMPAIGN_USE_UNTIL,
                            .name = S("Summer"),
                            .claim_from_ms = RULES_DAY(30),
                            .claim_until_ms = RULES_DAY(31),
                            .use_from_ms = RULES_DAY(32),
                            .use_until_ms = RULES_DAY(33)};
    campaign *fourth = edit_campaign(w, &in);
    assert_true(str_eq(fourth->name, S("Summer")));
    assert_int_equal(fourth->claim_from_ms, RULES_DAY(30));
    assert_int_equal(fourth->claim_until_ms, RULES_DAY(31));
    assert_int_equal(fourth->use_from_ms, RULES_DAY(32));
    assert_int_equal(fourth->use_until_ms, RULES_DAY(33));
    assert_int_equal(fourth->limits.n, 2); /* was not sent */
    assert_int_equal(fourth->limits.items[0].since_ms, RULES_DAY(1));
    assert_int_equal(fourth->version, 4);
    assert_int_equal(world_event_count(w, EVENT_KIND_CAMPAIGN_CHANGED), 3);
}

static void refuse_to_edit(world *w)
{
    campaign *c = world_campaign(w);
    campaign_edit_in in = {.merchant = c->merchant,
                           .campaign = c->id,
                           .fields = CAMPAIGN_USE_UNTIL,
                           .use_until_ms = RULES_DAY(19)};
    in.merchant++; /* another's */
    act_expect(w, campaign_edit_decide, &in, c->slot, R_NOT_FOUND);
    in.merchant--;
    in.campaign++;
    act_expect(w, campaign_edit_decide, &in, c->slot, R_NOT_FOUND);
    in.campaign--;
    in.if_version = 7;
    act_expect(w, campaign_edit_decide, &in, c->slot, R_VERSION_MISMATCH);
    in.if_version = 1;
    in.fields = 0;
    act_expect(w, campaign_edit_decide, &in, c->slot, R_INVALID);
    expect_detail(w, "at least one of name, claim_window, use_window, limits");
    in.fields = CAMPAIGN_USE_UNTIL;
    in.use_until_ms = RULES_DAY(9);
    act_expect(w, campaign_edit_decide, &in, c->slot, R_INVALID);
    assert_int_equal(go_campaign(w, c, CAMPAIGN_STATE_ACTIVE)->version, 2);
    in.if_version = 2;
    in.use_until_ms = RULES_DAY(19);
    act_expect(w, campaign_edit_decide, &in, c->slot, R_NOT_EDITABLE);
    expect_detail(w, "use_window.until: the same or later: coupons of this campaign are out");
    in.use_until_ms = RULES_DAY(21);
    assert_int_equal(edit_campaign(w, &in)->use_until_ms, RULES_DAY(21));
    assert_int_equal(world_event_count(w, EVENT_KIND_CAMPAIGN_CHANGED), 2);
}

/* Two operators who read the same version: one of them is told. */
static void edit_at_once(world *w)
{
    campaign *c = world_campaign(w);
    campaign_edit_in ins[2];
    act_run runs[2];
    for (size_t i = 0; i < 2; i++) {
        ins[i] = (campaign_edit_in){.merchant = c->merchant,
                                    .campaign = c->id,
                                    .if_version = 1,
                                    .fields = CAMPAIGN_NAME,
                                    .name = i == 0 ? S("first") : S("second")};
        act_submit_run(w, &runs[i], campaign_edit_decide, &ins[i], c->slot);
    }
    assert_int_equal(act_wait(w, &runs[0]), R_DONE);
    assert_int_equal(act_wait(w, &runs[1]), R_VERSION_MISMATCH);
    assert_true(str_eq(take_campaign(w, runs[0].out)->name, S("first")));
}

static void expect_no_way(world *w, const campaign *c, uint8_t state, const char *detail)
{
    campaign_state_in in = {.merchant = c->merchant, .campaign = c->id, .state = state};
    act_expect(w, campaign_state_decide, &in, c->slot, R_STATE_CHANGE_NOT_ALLOWED);
    expect_detail(w, detail);
}

static void go_through_the_states(world *w)
{
    campaign *c = world_campaign(w);
    expect_no_way(w, c, CAMPAIGN_STATE_DRAFT, "It is draft and cannot become draft.");
    expect_no_way(w, c, CAMPAIGN_STATE_PAUSED, "It is draft and cannot become paused.");
    w->now_ms = RULES_DAY(1);
    campaign *active = go_campaign(w, c, CAMPAIGN_STATE_ACTIVE);
    assert_int_equal(active->state, CAMPAIGN_STATE_ACTIVE);
    assert_int_equal(active->version, 2);
    assert_int_equal(active->updated_at_ms, RULES_DAY(1));
    go_campaign(w, c, CAMPAIGN_STATE_PAUSED);
    campaign *disabled = go_campaign(w, c, CAMPAIGN_STATE_DISABLED);
    assert_int_equal(disabled->disabled_from, CAMPAIGN_STATE_PAUSED);
    expect_no_way(w, c, CAMPAIGN_STATE_DRAFT, "It is disabled and cannot become draft.");
    campaign *back = go_campaign(w, c, CAMPAIGN_STATE_ACTIVE);
    assert_int_equal(back->disabled_from, 0);
    go_campaign(w, c, CAMPAIGN_STATE_ENDED);
    expect_no_way(w, c, CAMPAIGN_STATE_ACTIVE, "It is ended and cannot become active.");
    go_campaign(w, c, CAMPAIGN_STATE_DISABLED);
    expect_no_way(w, c, CAMPAIGN_STATE_ACTIVE, "It is disabled and cannot become active.");
    assert_int_equal(go_campaign(w, c, CAMPAIGN_STATE_ENDED)->version, 8);
    assert_int_equal(world_event_count(w, EVENT_KIND_CAMPAIGN_CHANGED), 7);
}

static void refuse_states(world *w)
{
    campaign *c = world_campaign(w);
    campaign_state_in in = {.merchant = c->merchant + 1,
                            .campaign = c->id,
                            .if_version = 2,
                            .state = CAMPAIGN_STATE_COUNT};
    act_expect(w, campaign_state_decide, &in, c->slot, R_NOT_FOUND);
    in.merchant--;
    act_expect(w, campaign_state_decide, &in, c->slot, R_VERSION_MISMATCH);
    in.if_version = 1;
    act_expect(w, campaign_state_decide, &in, c->slot, R_INVALID);
    in.state = 0;
    act_expect(w, campaign_state_decide, &in, c->slot, R_INVALID);
    in.state = CAMPAIGN_STATE_ENDED;
    act_expect(w, campaign_state_decide, &in, c->slot, R_STATE_CHANGE_NOT_ALLOWED);
    in.state = CAMPAIGN_STATE_ACTIVE;
    act_expect(w, campaign_state_decide, &in, c->slot, R_DONE);
}

static void a_campaign_begins_as_a_draft(void **state)
{
    (void)state;
    acts_everywhere(create);
}

static void a_campaign_that_is_not_right_is_not_created(void **state)
{
    (void)state;
    acts_everywhere(refuse_to_create);
}

static void an_edit_changes_what_it_names_and_keeps_counting(void **state)
{
    (void)state;
    acts_everywhere(edit);
}

static void an_edit_that_is_not_right_changes_nothing(void **state)
{
    (void)state;
    acts_everywhere(refuse_to_edit);
}

static void of_two_edits_of_one_version_one_wins(void **state)
{
    (void)state;
    acts_everywhere(edit_at_once);
}

static void the_states_of_a_campaign(void **state)
{
    (void)state;
    acts_everywhere(go_through_the_states);
}

static void a_state_change_that_is_not_right_is_refused(void **state)
{
    (void)state;
    acts_everywhere(refuse_states);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_campaign_begins_as_a_draft),
        cmocka_unit_test(a_campaign_that_is_not_right_is_not_created),
        cmocka_unit_test(an_edit_changes_what_it_names_and_keeps_counting),
        cmocka_unit_test(an_edit_that_is_not_right_changes_nothing),
        cmocka_unit_test(of_two_edits_of_one_version_one_wins),
        cmocka_unit_test(the_states_of_a_campaign),
        cmocka_unit_test(a_state_change_that_is_not_right_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
