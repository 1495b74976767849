/* The act on templates, on the mem store: versions, their limits and whom an edit may reach. */
#include "domain/campaign/acts_test.h"
#include "domain/price/benefit_test.h"
#include "domain/rule/word.h"
#include "port/store.h"

static template_put_in good_template(const campaign *c)
{
    template_put_in in = rules_good_template();
    in.merchant = c->merchant;
    in.campaign = c->id;
    return in;
}

/* Decides for the tests alone: rows as they would be after very many acts. */
static result crowd_decide(uow *u, const void *in, void *out)
{
    (void)out;
    const uint64_t *id = in;
    campaign *row = campaign_get(u, id_slot(*id), *id);
    if (uow_pending(u))
        return R_AGAIN;
    campaign_edit(u, row);
    row->templates = TEMPLATES_MAX - 1;
    return R_DONE;
}

static result age_decide(uow *u, const void *in, void *out)
{
    (void)out;
    const uint64_t *id = in;
    template *row = template_get(u, id_slot(*id), *id);
    template_version *last = template_version_get(u, id_slot(*id), *id, 1);
    if (uow_pending(u))
        return R_AGAIN;
    template_edit(u, row);
    row->version = VERSIONS_MAX - 1;
    template_version *v = template_version_new(u, row->slot, row->id, VERSIONS_MAX - 1);
    template_version made = *last;
    made.version = VERSIONS_MAX - 1;
    *v = made;
    return R_DONE;
}

static campaign read_campaign(world *w, uint64_t id)
{
    uow *u;
    assert_int_equal(store_read_begin(w->store, w->memory, w->now_ms, &u), R_DONE);
    campaign row = *campaign_get(u, id_slot(id), id);
    assert_int_equal(store_read_end(u), R_DONE);
    return row;
}

static template_version read_version(world *w, uint64_t id, uint32_t version)
{
    uow *u;
    template_version copy;
    assert_int_equal(store_read_begin(w->store, w->memory, w->now_ms, &u), R_DONE);
    const template_version *row = template_version_get(u, id_slot(id), id, version);
    assert_non_null(row);
    record_copy(&template_version_table.record, row, w->memory, &copy);
    assert_int_equal(store_read_end(u), R_DONE);
    return copy;
}

static void create(world *w)
{
    limit_rule limit = {
        LIMIT_MEASURE_UNITS, LIMIT_SUBJECT_TEMPLATE, LIMIT_PERIOD_EVER, 3, 0, 99, 0};
    str tea = S("tea");
    rule_tree goods = rule_list(S("line.categories"), &tea, 1, w->memory);
    campaign *c = world_campaign(w);
    template_put_in in = good_template(c);
    in.scope.items = goods.items;
    in.scope.n = goods.n;
    in.limits.items = &limit;
    in.limits.n = 1;
    w->now_ms = RULES_DAY(1);
    put_template_rows made = put_template(w, &in);
    template expected = {.slot = c->slot,
                         .id = made.row->id,
                         .merchant = c->merchant,
                         .campaign = c->id,
                         .version = 1,
                         .stock = 100,
                         .created_at_ms = RULES_DAY(1),
                         .updated_at_ms = RULES_DAY(1),
                         .apply = APPLY_MODE_COUPON};
    assert_int_equal(id_slot(made.row->id), c->slot);
    assert_true(record_equal(&template_table.record, made.row, &expected));
    template_version v = rules_version_of(&in);
    v.slot = c->slot;
    v.template = made.row->id;
    v.version = 1;
    v.created_at_ms = RULES_DAY(1);
    v.use_until_ms = c->use_until_ms;
    limit.since_ms = RULES_DAY(1);
    limit.since_version = 1;
    assert_true(record_equal(&template_version_table.record, made.version, &v));
    assert_int_equal(made.version->reach, EDIT_REACH_NEW_ONLY);

    campaign parent = read_campaign(w, c->id);
    assert_int_equal(parent.templates, 1);
    assert_int_equal(parent.version, 1); /* what If-Match guards has not changed */
    event events[EVENTS_MAX], told = {.kind = EVENT_KIND_TEMPLATE_CREATED,
                                      .at_ms = RULES_DAY(1),
                                      .merchant = c->merchant,
                                      .campaign = c->id,
                                      .template = made.row->id,
                                      .revision = 1};
    assert_int_equal(world_events(w, events), 2);
    assert_true(record_equal(&event_record, &events[1], &told));
    in.stock = -1;
    assert_int_equal(put_template(w, &in).row->stock, -1);
    assert_int_equal(read_campaign(w, c->id).templates, 2);
}

static void refuse_to_create(world *w)
{
    campaign *c = world_campaign(w);
    template_put_in in = good_template(c);
    in.merchant++;
    act_expect(w, template_put_decide, &in, c->slot, R_NOT_FOUND);
    in.merchant--;
    in.campaign++;
    act_expect(w, template_put_decide, &in, c->slot, R_NOT_FOUND);
    in.campaign--;
    TEST_SET(in, TERM_AMOUNT_OFF_AMOUNT, 0);
    act_expect(w, template_put_decide, &in, c->slot, R_INVALID);
    expect_detail(w, "benefit.amount: this field must be present");
    assert_int_equal(read_campaign(w, c->id).templates, 0);
    go_campaign(w, c, CAMPAIGN_STATE_ACTIVE);
    TEST_SET(in, TERM_AMOUNT_OFF_AMOUNT, 1);
    put_template(w, &in);
    go_campaign(w, c, CAMPAIGN_STATE_ENDED);
    act_expect(w, template_put_decide, &in, c->slot, R_CAMPAIGN_NOT_ACTIVE);
    expect_detail(w, "The campaign has ended.");
    go_campaign(w, c, CAMPAIGN_STATE_DISABLED);
    act_expect(w, template_put_decide, &in, c->slot, R_CAMPAIGN_NOT_ACTIVE);
    assert_int_equal(read_campaign(w, c->id).templates, 1);
    assert_int_equal(world_event_count(w, EVENT_KIND_TEMPLATE_CREATED), 1);
}

static void fill_the_campaign(world *w)
{
    campaign *c = world_campaign(w);
    template_put_in in = good_template(c);
    act_expect(w, crowd_decide, &c->id, c->slot, R_DONE);
    put_template(w, &in);
    act_expect(w, template_put_decide, &in, c->slot, R_TOO_MANY);
    expect_detail(w, "A campaign has at most 100000 templates.");
    assert_int_equal(read_campaign(w, c->id).templates, TEMPLATES_MAX);
}

static void edit(world *w)
{
    limit_rule limits[] = {
        {LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 3, 0, 0, 0},
        {LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, 7, 0, 0, 0}};
    campaign *c = world_campaign(w);
    template_put_in in = good_template(c);
    in.limits.items = limits;
    in.limits.n = 1;
    put_template_rows first = put_template(w, &in);
    uint64_t id = first.row->id;

    w->now_ms = RULES_DAY(1);
    in.template = id;
    in.if_version = 1;
    in.stock = 5; /* not read: it changes by target */
    TEST_SET(in, TERM_AMOUNT_OFF_AMOUNT, 2000);
    in.limits.n = 2;
    in.reach = EDIT_REACH_ALL_UNUSED;
    put_template_rows second = put_template(w, &in);
    assert_true(second.row->id == id && second.row->version == 2 && second.row->stock == 100);
    assert_int_equal(second.row->created_at_ms, RULES_DAY(0));
    assert_int_equal(second.row->updated_at_ms, RULES_DAY(1));
    assert_int_equal(TEST_GET(*second.version, TERM_AMOUNT_OFF_AMOUNT), 2000);
    assert_int_equal(second.version->reach, EDIT_REACH_ALL_UNUSED);
    assert_int_equal(second.version->created_at_ms, RULES_DAY(1));
    assert_int_equal(second.version->limits.items[0].since_ms, RULES_DAY(0));
    assert_int_equal(second.version->limits.items[1].since_ms, RULES_DAY(1));
    assert_int_equal(second.version->limits.items[0].since_version, 1);
    assert_int_equal(second.version->limits.items[1].since_version, 2);
    template_version before = read_version(w, id, 1);
    assert_true(record_equal(&template_version_table.record, &before, first.version));

    in.campaign = 0; /* whoever knows the template need not know its campaign */
    in.if_version = 0;
    in.reach = 0;
    put_template_rows third = put_template(w, &in);
    assert_int_equal(third.version->reach, EDIT_REACH_NEW_ONLY);
    assert_int_equal(third.version->version, 3);
    assert_int_equal(read_campaign(w, c->id).templates, 1);
    assert_int_equal(world_event_count(w, EVENT_KIND_TEMPLATE_CHANGED), 2);
}

static void refuse_to_edit(world *w)
{
    campaign *c = world_campaign(w);
    template_put_in in = good_template(c);
    in.template = put_template(w, &in).row->id;
    in.if_version = 2;
    in.merchant++;
    act_expect(w, template_put_decide, &in, c->slot, R_NOT_FOUND);
    in.merchant--;
    in.campaign++;
    act_expect(w, template_put_decide, &in, c->slot, R_NOT_FOUND);
    in.campaign--;
    in.template ++;
    act_expect(w, template_put_decide, &in, c->slot, R_NOT_FOUND);
    in.template --;
    act_expect(w, template_put_decide, &in, c->slot, R_VERSION_MISMATCH);
    in.if_version = 1;
    in.benefit = BENEFIT_KIND_PERCENT_OFF;
    TEST_SET(in, TERM_AMOUNT_OFF_AMOUNT, 0);
    TEST_SET(in, TERM_PERCENT_OFF_PERCENT, 1000 * 100);
    act_expect(w, template_put_decide, &in, c->slot, R_NOT_EDITABLE);
    expect_detail(w, "benefit.kind: stays amount_off");
    TEST_SET(in, TERM_PERCENT_OFF_PERCENT, 0 * 100);
    act_expect(w, template_put_decide, &in, c->slot, R_INVALID);
    assert_int_equal(world_event_count(w, EVENT_KIND_TEMPLATE_CHANGED), 0);
}

/* Versions 1 until day 15, 2 (new coupons) until day 10, and so on. With `silent` the configuration
 * knows none of them and they are read from the rows. */
static void reach_versions(world *w, bool silent)
{
    campaign *c = world_campaign(w);
    template_put_in in = good_template(c);
    w->silent = silent;
    in.template = put_template(w, &in).row->id;
    in.valid_until_ms = RULES_DAY(10);
    put_template(w, &in); /* 2: for new coupons shorter is fine */
    in.reach = EDIT_REACH_ALL_UNUSED;
    in.valid_until_ms = RULES_DAY(12);
    act_expect(w, template_put_decide, &in, c->slot, R_NOT_EDITABLE);
    expect_detail(w, "validity: with reach all_unused it may only grow: coupons are out");
    in.valid_until_ms = RULES_DAY(15);
    put_template(w, &in); /* 3: longer than 2, as long as 1 */
    in.reach = EDIT_REACH_NEW_ONLY;
    in.valid_until_ms = RULES_DAY(19);
    put_template(w, &in); /* 4 */
    in.reach = EDIT_REACH_ALL_UNUSED;
    in.valid_until_ms = RULES_DAY(18);
    act_expect(w, template_put_decide, &in, c->slot, R_NOT_EDITABLE); /* shorter than 4 */
    in.valid_until_ms = RULES_DAY(19);
    assert_int_equal(put_template(w, &in).row->version, 5);
}

static void reach_published(world *w)
{
    reach_versions(w, false);
}

static void reach_unpublished(world *w)
{
    reach_versions(w, true);
}

/* A budget that is reserved at issue: the discount of coupons that are out does not outgrow it. */
static void reserve_at_issue(world *w)
{
    merchant_put_in m = rules_good_merchant();
    campaign_create_in create_in = rules_good_campaign();
    create_in.merchant = put_merchant(w, &m)->id;
    create_in.budget_mode = BUDGET_MODE_AT_ISSUE;
    create_in.budget_minor = 1000000;
    campaign *c = create_campaign(w, &create_in);
    template_put_in in = good_template(c);
    in.benefit = BENEFIT_KIND_PERCENT_OFF;
    TEST_SET(in, TERM_AMOUNT_OFF_AMOUNT, 0);
    TEST_SET(in, TERM_PERCENT_OFF_PERCENT, 1000 * 100);
    act_expect(w, template_put_decide, &in, c->slot, R_INVALID);
    expect_detail(
        w,
        "benefit.cap: a cap: the campaign's budget reserves the largest discount when it issues");
    TEST_SET(in, TERM_COMMON_CAP, 5000);
    in.template = put_template(w, &in).row->id;
    TEST_SET(in, TERM_COMMON_CAP, 5001);
    in.reach = EDIT_REACH_ALL_UNUSED;
    act_expect(w, template_put_decide, &in, c->slot, R_NOT_EDITABLE);
    TEST_SET(in, TERM_COMMON_CAP, 0);
    act_expect(w, template_put_decide, &in, c->slot, R_INVALID);
    TEST_SET(in, TERM_COMMON_CAP, 5000);
    TEST_SET(in, TERM_PERCENT_OFF_PERCENT, 2000 * 100); /* more percent under the same cap */
    assert_int_equal(put_template(w, &in).row->version, 2);
}

static void age(world *w)
{
    campaign *c = world_campaign(w);
    template_put_in in = good_template(c);
    in.template = put_template(w, &in).row->id;
    act_expect(w, age_decide, &in.template, c->slot, R_DONE);
    w->silent = true;
    assert_int_equal(put_template(w, &in).row->version, VERSIONS_MAX);
    act_expect(w, template_put_decide, &in, c->slot, R_TOO_MANY);
    expect_detail(w, "A template has at most 1000 versions.");
}

/* The largest version that the rules admit fits its outcome. */
static void the_largest_template(world *w)
{
    campaign *c = world_campaign(w);
    template_put_in in = good_template(c);
    char *values = arena_alloc(w->memory, RULE_VALUES_MAX * RULE_ATTRIBUTE_TEXT_MAX);
    rule_node *nodes = ARENA_ARRAY(w->memory, rule_node, RULE_VALUES_MAX + 1);
    memset(values, 'x', RULE_VALUES_MAX * RULE_ATTRIBUTE_TEXT_MAX);
    nodes[0] = (rule_node){.op = RULE_OP_NOT_IN,
                           .fact = RULE_FACT_CART_ATTRIBUTE,
                           .n = RULE_VALUES_MAX,
                           .text = S("a")};
    for (size_t i = 0; i < RULE_VALUES_MAX; i++) {
        char *value = values + i * RULE_ATTRIBUTE_TEXT_MAX;
        nodes[i + 1] = (rule_node){.op = RULE_OP_VALUE, .text = {value, RULE_ATTRIBUTE_TEXT_MAX}};
        for (size_t digit = 0, rest = i; digit < 5; digit++, rest /= 10)
            value[digit] = (char)('0' + rest % 10);
    }
    str skus[] = {S("a"), S("b")};
    rule_tree goods = rule_list(S("line.sku"), skus, 2, w->memory);
    in.scope.items = goods.items;
    in.scope.n = goods.n;
    in.conditions.items = nodes;
    in.conditions.n = RULE_VALUES_MAX + 1;
    assert_int_equal(put_template(w, &in).version->conditions.n, RULE_VALUES_MAX + 1);
}

static void a_template_begins_with_version_1(void **state)
{
    (void)state;
    acts_everywhere(create);
}

static void a_template_that_is_not_right_is_not_created(void **state)
{
    (void)state;
    acts_everywhere(refuse_to_create);
}

static void a_campaign_has_at_most_100000_templates(void **state)
{
    (void)state;
    acts_everywhere(fill_the_campaign);
}

static void an_edit_makes_a_version_and_leaves_the_others(void **state)
{
    (void)state;
    acts_everywhere(edit);
}

static void an_edit_that_is_not_right_changes_nothing(void **state)
{
    (void)state;
    acts_everywhere(refuse_to_edit);
}

static void an_edit_that_reaches_coupons_may_not_shorten_them(void **state)
{
    (void)state;
    acts_everywhere(reach_published);
    acts_everywhere(reach_unpublished);
}

static void a_reserved_discount_is_bounded_for_ever(void **state)
{
    (void)state;
    acts_everywhere(reserve_at_issue);
}

static void a_template_has_at_most_1000_versions(void **state)
{
    (void)state;
    acts_everywhere(age);
}

static void the_largest_template_is_stored_and_answered(void **state)
{
    (void)state;
    world w;
    world_open(&w, 0);
    the_largest_template(&w);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_template_begins_with_version_1),
        cmocka_unit_test(a_template_that_is_not_right_is_not_created),
        cmocka_unit_test(a_campaign_has_at_most_100000_templates),
        cmocka_unit_test(an_edit_makes_a_version_and_leaves_the_others),
        cmocka_unit_test(an_edit_that_is_not_right_changes_nothing),
        cmocka_unit_test(an_edit_that_reaches_coupons_may_not_shorten_them),
        cmocka_unit_test(a_reserved_discount_is_bounded_for_ever),
        cmocka_unit_test(a_template_has_at_most_1000_versions),
        cmocka_unit_test(the_largest_template_is_stored_and_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
