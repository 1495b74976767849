/* Rules for templates: each rule a row, and what an edit may do to coupons that are out. */
#include "domain/campaign/rules_test.h"

static arena *memory;

/* Benefit 1 amount_off, 2 percent_off; term 1 how much, 16 minimum spend, 18 cap;
 * validity 1 fixed, 2 after_issue. */
static const rules_row create_rows[] = {
    {"", ""},
    {"name=", "name required"},
    {"stock=-1", ""},
    {"stock=0", ""},
    {"stock=1000000000000", ""},
    {"stock=-2", "stock out_of_range"},
    {"stock=1000000000001", "stock out_of_range"},
    /* benefit */
    {"benefit=0", "benefit.kind not_allowed"},
    {"benefit=99", "benefit.kind not_allowed"},
    {"t1=1", ""},
    {"t1=1000000000000000", ""},
    {"t1=0", "benefit.amount required"},
    {"t1=-1", "benefit.amount out_of_range"},
    {"t1=1000000000000001", "benefit.amount out_of_range"},
    {"t1=9000", ""}, /* more than the threshold: what the lines cost is taken off */
    {"t16=0", ""},
    {"t16=-1", "benefit.minimum_spend out_of_range"},
    {"t3=1", "benefit not_allowed"},
    {"t18=1", ""},
    {"benefit=2 t1=100", ""},
    {"benefit=2 t1=1000000 t18=5000", ""},
    {"benefit=2 t1=0", "benefit.percent required"},
    {"benefit=2 t1=1000100", "benefit.percent out_of_range"},
    {"benefit=2 t1=500 t18=-1", "benefit.cap out_of_range"},
    {"benefit=2 t1=500 t2=1", "benefit not_allowed"},
    /* validity */
    {"validity=0", "validity.kind not_allowed"},
    {"validity=3", "validity.kind not_allowed"},
    {"valid_from_ms=d15", "validity.until out_of_range"},
    {"valid_from_ms=-1", "validity.from out_of_range"},
    {"valid_until_ms=253402300800000", "validity.until out_of_range"},
    {"valid_from_ms=d-9 valid_until_ms=d99", ""}, /* clipped by the campaign */
    {"valid_from_ms=d-9 valid_until_ms=d0", "validity out_of_range"},
    {"valid_from_ms=d-9 valid_until_ms=1700000000001", ""},
    {"valid_from_ms=d20 valid_until_ms=d21", "validity out_of_range"},
    {"delay_days=1", "validity.delay_days not_allowed"},
    {"duration_days=1 whole_days=1",
     "validity.duration_days not_allowed; validity.whole_days not_allowed"},
    {"validity=2 valid_from_ms=0 valid_until_ms=0 duration_days=1", ""},
    {"validity=2 valid_from_ms=0 valid_until_ms=0 duration_days=3660 delay_days=3660 whole_days=1",
     ""},
    {"validity=2 valid_from_ms=0 valid_until_ms=0 duration_days=0",
     "validity.duration_days out_of_range"},
    {"validity=2 valid_from_ms=0 valid_until_ms=0 duration_days=3661",
     "validity.duration_days out_of_range"},
    {"validity=2 valid_from_ms=0 valid_until_ms=0 duration_days=1 delay_days=3661",
     "validity.delay_days out_of_range"},
    {"validity=2 duration_days=1", "validity.from not_allowed; validity.until not_allowed"},
    /* the rest */
    {"refund=0", "refund_rule not_allowed"},
    {"refund=3", ""},
    {"refund=4", "refund_rule not_allowed"},
    {"grace_days=366", ""},
    {"grace_days=367", "grace_days out_of_range"},
    {"uses=1", ""},
    {"uses=10000 use_interval_ms=31622400000", ""},
    {"uses=10001", "uses out_of_range"},
    {"uses=2 use_interval_ms=31622401000", "use_interval_seconds out_of_range"},
    {"uses=2 use_interval_ms=-1", "use_interval_seconds out_of_range"},
    {"use_interval_ms=1000", "use_interval_seconds not_allowed"},
    {"uses=1 use_interval_ms=1000", "use_interval_seconds not_allowed"},
    {"benefit=15 use_interval_ms=1000", ""},
    {"benefit=15 uses=2", ""},
    {"benefit=15 uses=1", "uses not_allowed"},
    {"transfers=1 offer_ms=60000", ""},
    {"transfers=16 offer_ms=2592000000", ""},
    {"transfers=17 offer_ms=60000", "transfer.at_most out_of_range"},
    {"transfers=1 offer_ms=59999", "transfer.offer_seconds out_of_range"},
    {"transfers=1 offer_ms=2592001000", "transfer.offer_seconds out_of_range"},
    {"transfers=1 offer_ms=60000 transfer_until_ms=-1", "transfer.until out_of_range"},
    {"transfers=1 offer_ms=60000 partner=Lotus stock=-1", "transfer not_allowed"},
    {"reach=1", ""},
    {"reach=2", "reach not_allowed"},
    {"reach=9", "reach not_allowed"},
    /* what applies by itself has nothing that is issued */
    {"apply=1", ""},
    {"apply=3", "apply not_allowed"},
    {"apply=2 stock=-1", ""},
    {"apply=2", "stock not_allowed"},
    {"apply=2 stock=-1 grace_days=1", "grace_days not_allowed"},
    {"apply=2 stock=-1 uses=2", "uses not_allowed"},
    {"apply=2 stock=-1 transfers=1 offer_ms=60000", "transfer not_allowed"},
    {"apply=2 stock=-1 benefit=15", "uses not_allowed"},
    {"apply=2 stock=-1 validity=2 valid_from_ms=0 valid_until_ms=0 duration_days=1",
     "validity.kind not_allowed"},
    {"apply=2 stock=-1 validity=9", "validity.kind not_allowed"},
    {"name= t1=0 validity=7 refund=9 grace_days=999 stock=-7",
     "name required; benefit.amount required; validity.kind not_allowed; "
     "refund_rule not_allowed; grace_days out_of_range; stock out_of_range"},
};

static void expect_create(const campaign *parent, const template_put_in *in, const char *expected,
                          const char *what)
{
    issues *found = issues_new(memory);
    rules_template_create(parent, in, found);
    rules_expect(found, expected, what);
}

static void template_rules(void **state)
{
    (void)state;
    campaign parent = rules_good_row(CAMPAIGN_STATE_DRAFT);
    for (size_t i = 0; i < ARRAY_LEN(create_rows); i++) {
        template_put_in in = rules_good_template();
        rules_change(&template_put_in_record, &in, create_rows[i].change);
        expect_create(&parent, &in, create_rows[i].issues, create_rows[i].change);
    }
}

static void a_budget_at_issue_needs_a_largest_discount(void **state)
{
    (void)state;
    static const struct {
        uint8_t mode;
        rules_row row;
    } rows[] = {
        {BUDGET_MODE_AT_ISSUE, {"", ""}},
        {BUDGET_MODE_AT_ISSUE, {"benefit=2 t1=500", "benefit.cap required"}},
        {BUDGET_MODE_AT_ISSUE, {"benefit=2 t1=500 t18=1", ""}},
        {BUDGET_MODE_AT_REDEEM, {"benefit=2 t1=500", ""}},
        {BUDGET_MODE_NONE, {"benefit=2 t1=500", ""}},
        {BUDGET_MODE_AT_ISSUE, {"apply=2 stock=-1", "apply not_allowed"}},
        {BUDGET_MODE_AT_REDEEM, {"apply=2 stock=-1", ""}},
        {BUDGET_MODE_AT_ISSUE, {"benefit=16", "benefit.kind not_allowed"}},
        {BUDGET_MODE_AT_REDEEM, {"benefit=16", "benefit.kind not_allowed"}},
        {BUDGET_MODE_NONE, {"benefit=16", ""}},
        {BUDGET_MODE_AT_ISSUE, {"uses=10 t1=100000000000000", ""}},
        {BUDGET_MODE_AT_ISSUE, {"uses=10 t1=100000000000001", "uses out_of_range"}},
        {BUDGET_MODE_AT_REDEEM, {"uses=10 t1=100000000000001", ""}},
        {BUDGET_MODE_AT_ISSUE, {"benefit=15 t1=1000000000000000", ""}},
        /* a benefit that is wrong in itself is not asked for its largest discount */
        {BUDGET_MODE_AT_ISSUE, {"benefit=77", "benefit.kind not_allowed"}},
        {BUDGET_MODE_AT_ISSUE, {"benefit=2 t1=0", "benefit.percent required"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        campaign parent = rules_good_row(CAMPAIGN_STATE_DRAFT);
        parent.budget_mode = rows[i].mode;
        template_put_in in = rules_good_template();
        rules_change(&template_put_in_record, &in, rows[i].row.change);
        expect_create(&parent, &in, rows[i].row.issues, rows[i].row.change);
    }
}

static void trees_of_a_template(void **state)
{
    (void)state;
    str skus[] = {S("a"), S("b")};
    rule_tree goods = rule_list(S("line.sku"), skus, 2, memory);
    campaign parent = rules_good_row(CAMPAIGN_STATE_DRAFT);
    template_put_in in = rules_good_template();
    in.scope.items = goods.items;
    in.scope.n = goods.n;
    expect_create(&parent, &in, "", "a white list");
    in.scope.n = 2;
    expect_create(&parent, &in, "scope not_allowed", "a list that is cut short");
    in.scope.n = 0;
    in.conditions.items = goods.items;
    in.conditions.n = goods.n;
    expect_create(&parent, &in, "conditions not_allowed", "lines instead of a cart");
}

static void limits_of_a_template(void **state)
{
    (void)state;
    limit_rule limits[] = {
        {LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 3, 0, 0, 0},
        {LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_CAMPAIGN, LIMIT_PERIOD_DAY, 3, 0, 0, 0}};
    campaign parent = rules_good_row(CAMPAIGN_STATE_DRAFT);
    template_put_in in = rules_good_template();
    in.limits.items = limits;
    in.limits.n = ARRAY_LEN(limits);
    expect_create(&parent, &in, "limits[1].subject not_allowed", "limits");
    in.apply = APPLY_MODE_AUTOMATIC;
    in.stock = -1;
    in.limits.n = 1;
    expect_create(&parent, &in, "limits[0].measure not_allowed", "claims of what is never issued");
}

static void an_automatic_template_reaches_no_coupons(void **state)
{
    (void)state;
    campaign parent = rules_good_row(CAMPAIGN_STATE_ACTIVE);
    template_put_in in = rules_good_template();
    template_version v = rules_version_of(&in);
    const template_version *reached[] = {&v};
    template_change change = {&parent, &v, reached, 1, APPLY_MODE_AUTOMATIC, false};
    issues *found = issues_new(memory);
    rules_template_edit(&change, &in, found);
    rules_expect(found, "", "an edit");
    in.reach = EDIT_REACH_ALL_UNUSED;
    rules_template_edit(&change, &in, found);
    rules_expect(found, "reach not_allowed", "an edit with reach");
}

/* The version before is the good template; the edit is the good template with a change. */
static void expect_edit(const template_change *change, const rules_row *row)
{
    template_put_in in = rules_good_template();
    in.template = 9;
    issues *found = issues_new(memory);
    rules_change(&template_put_in_record, &in, row->change);
    rules_template_edit(change, &in, found);
    rules_expect(found, row->issues, row->change);
}

static void template_edits(void **state)
{
    (void)state;
    static const rules_row rows[] = {
        {"", ""},
        {"name=", "name required"},
        {"stock=-7", ""}, /* not read */
        {"t1=7 t16=8 grace_days=9 refund=2", ""},
        {"benefit=2 t1=500", "benefit.kind not_editable"},
        {"uses=1", ""},
        {"uses=2", "uses not_editable"},
        {"benefit=99", "benefit.kind not_allowed; benefit.kind not_editable"},
        {"reach=3", "reach not_allowed"},
        {"valid_until_ms=d14", ""}, /* new coupons only */
        {"validity=2 valid_from_ms=0 valid_until_ms=0 duration_days=3", ""},
        {"reach=2", ""},
        {"reach=2 t1=7000", ""},
        {"reach=2 valid_until_ms=d16", ""},
        {"reach=2 valid_from_ms=d4", ""},
        {"reach=2 valid_until_ms=1701295999999", "validity not_editable"}, /* 1 ms less */
        {"reach=2 valid_from_ms=1700432000001", "validity not_editable"},
        {"reach=2 validity=2 valid_from_ms=0 valid_until_ms=0 duration_days=3660",
         "validity not_editable"},
        {"reach=2 name= valid_until_ms=d14", "name required"}, /* first it must be sound */
    };
    campaign parent = rules_good_row(CAMPAIGN_STATE_ACTIVE);
    template_put_in first = rules_good_template();
    template_version v = rules_version_of(&first);
    const template_version *reached[] = {&v};
    template_change change = {&parent, &v, reached, 1, 0, false};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        expect_edit(&change, &rows[i]);
}

#define AFTER "validity=2 valid_from_ms=0 valid_until_ms=0 reach=2 "

static void days_after_issue_may_only_grow_for_coupons_that_are_out(void **state)
{
    (void)state;
    static const rules_row rows[] = {
        {AFTER "delay_days=3 duration_days=10", ""},
        {AFTER "delay_days=3 duration_days=11", ""},
        {AFTER "delay_days=2 duration_days=11", ""}, /* begins earlier, ends as before */
        {AFTER "delay_days=0 duration_days=3660", ""},
        {AFTER "delay_days=3 duration_days=9", "validity not_editable"},
        {AFTER "delay_days=2 duration_days=10", "validity not_editable"}, /* ends earlier */
        {AFTER "delay_days=4 duration_days=10", "validity not_editable"}, /* begins later */
        {AFTER "delay_days=3 duration_days=10 whole_days=1", "validity not_editable"},
        {"reach=2", "validity not_editable"}, /* fixed */
    };
    campaign parent = rules_good_row(CAMPAIGN_STATE_ACTIVE);
    template_put_in first = rules_good_template();
    rules_change(&template_put_in_record, &first, AFTER "delay_days=3 duration_days=10 reach=1");
    template_version v = rules_version_of(&first);
    const template_version *reached[] = {&v};
    template_change change = {&parent, &v, reached, 1, 0, false};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        expect_edit(&change, &rows[i]);
}

/* Version 1 lasts until day 15; version 2, for new coupons only, until day 10. */
static void every_version_that_is_out_counts(void **state)
{
    (void)state;
    static const rules_row rows[] = {
        {"reach=2 valid_until_ms=d15", ""},
        {"reach=2 valid_until_ms=d12", "validity not_editable"}, /* longer than 2, not than 1 */
        {"reach=2 valid_until_ms=d9", "validity not_editable"},
        {"reach=1 valid_until_ms=d9", ""},
    };
    campaign parent = rules_good_row(CAMPAIGN_STATE_ACTIVE);
    template_put_in first = rules_good_template(), second = rules_good_template();
    second.valid_until_ms = RULES_DAY(10);
    template_version v1 = rules_version_of(&first), v2 = rules_version_of(&second);
    const template_version *reached[] = {&v1, &v2};
    template_change change = {&parent, &v2, reached, 2, 0, false};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        expect_edit(&change, &rows[i]);
}

static void a_discount_reserved_at_issue_does_not_grow_for_coupons_that_are_out(void **state)
{
    (void)state;
    static const struct {
        uint8_t mode;
        rules_row row;
    } rows[] = {
        {BUDGET_MODE_AT_ISSUE, {"reach=2 t1=1000", ""}},
        {BUDGET_MODE_AT_ISSUE, {"reach=2 t1=900", ""}},
        {BUDGET_MODE_AT_ISSUE, {"reach=2 t1=1001", "benefit not_editable"}},
        {BUDGET_MODE_AT_ISSUE, {"reach=1 t1=1001", ""}},
        {BUDGET_MODE_AT_REDEEM, {"reach=2 t1=1001", ""}},
        {BUDGET_MODE_AT_ISSUE,
         {"reach=2 t1=1001 valid_until_ms=d14", "validity not_editable; benefit not_editable"}},
    };
    template_put_in first = rules_good_template();
    template_version v = rules_version_of(&first);
    const template_version *reached[] = {&v};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        campaign parent = rules_good_row(CAMPAIGN_STATE_ACTIVE);
        parent.budget_mode = rows[i].mode;
        template_change change = {&parent, &v, reached, 1, 0, false};
        expect_edit(&change, &rows[i].row);
    }
}

static void coupons_follow_the_last_version_that_reached_all(void **state)
{
    (void)state;
    template_version new_only = {.reach = EDIT_REACH_NEW_ONLY};
    template_version all = {.reach = EDIT_REACH_ALL_UNUSED};
    const template_version *versions[] = {&new_only, &new_only, &all, &new_only, &all, &new_only};
    static const uint32_t expected[] = {1, 1, 3, 3, 5, 5};
    for (size_t n = 1; n <= ARRAY_LEN(versions); n++)
        assert_int_equal(rules_reached(versions, n), expected[n - 1]);
}

static void a_version_is_made_of_its_input(void **state)
{
    (void)state;
    str skus[] = {S("a")};
    rule_tree goods = rule_list(S("line.sku"), skus, 1, memory);
    limit_rule limit = {LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 3, 0, 0, 0};
    template_put_in in = {0};
    rules_change(&template_put_in_record, &in,
                 "name=n benefit=2 t1=400 t16=6 t18=5 "
                 "validity=2 valid_from_ms=7 valid_until_ms=8 delay_days=9 "
                 "duration_days=10 whole_days=1 refund=2 grace_days=11 reach=2");
    in.scope.items = goods.items;
    in.scope.n = goods.n;
    in.conditions.items = goods.items + 1;
    in.conditions.n = 1;
    in.limits.items = &limit;
    in.limits.n = 1;
    template_version v = rules_version_of(&in), expected = {0};
    for (size_t i = 0; i < template_version_table.record.n; i++) {
        const column *c = &template_version_table.record.columns[i];
        if (c->type == COLUMN_LIST || i < 3 || str_eq(str_of(c->name), S("created_at_ms")) ||
            str_eq(str_of(c->name), S("use_until_ms")) || str_eq(str_of(c->name), S("window_end")))
            continue; /* key columns, time, and what the windows were, are the act's */
        const column *from = rules_column(&template_put_in_record, str_of(c->name));
        size_t size = c->type == COLUMN_STR   ? sizeof(str)
                      : c->type == COLUMN_I64 ? 8
                      : c->type == COLUMN_U32 ? 4
                                              : 1;
        memcpy((char *)&expected + c->offset, (const char *)&in + from->offset, size);
    }
    expected.scope.items = goods.items;
    expected.scope.n = goods.n;
    expected.conditions.items = goods.items + 1;
    expected.conditions.n = 1;
    expected.limits.items = &limit;
    expected.limits.n = 1;
    expected.terms.items = in.terms.items;
    expected.terms.n = 3;
    assert_true(record_equal(&template_version_table.record, &v, &expected));
    in.reach = 0;
    assert_int_equal(rules_version_of(&in).reach, EDIT_REACH_NEW_ONLY);
}

int main(void)
{
    memory = arena_new(0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(template_rules),
        cmocka_unit_test(a_budget_at_issue_needs_a_largest_discount),
        cmocka_unit_test(trees_of_a_template),
        cmocka_unit_test(limits_of_a_template),
        cmocka_unit_test(an_automatic_template_reaches_no_coupons),
        cmocka_unit_test(template_edits),
        cmocka_unit_test(days_after_issue_may_only_grow_for_coupons_that_are_out),
        cmocka_unit_test(every_version_that_is_out_counts),
        cmocka_unit_test(a_discount_reserved_at_issue_does_not_grow_for_coupons_that_are_out),
        cmocka_unit_test(coupons_follow_the_last_version_that_reached_all),
        cmocka_unit_test(a_version_is_made_of_its_input),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(memory);
    return failed;
}
