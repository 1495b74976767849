/* Rules for merchants, keys and campaigns: each rule a row, with all the issues it must give. */
#include "domain/campaign/rules_test.h"

#include "domain/campaign/rules_part.h"

static arena *memory;

static const rules_row merchant_rows[] = {
    {"", ""},
    {"name=", "name required"},
    {"zone=", "zone required"},
    {"zone=Europe/Zurich", ""}, /* whether it exists is asked elsewhere */
    {"currency=", "currency required"},
    {"currency=cny", "currency not_allowed"},
    {"currency=XXQ", "currency not_allowed"},
    {"currency=JPY", ""},
    {"name= zone= currency=x", "name required; zone required; currency not_allowed"},
};

static void merchant_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(merchant_rows); i++) {
        merchant_put_in in = rules_good_merchant();
        issues *found = issues_new(memory);
        rules_change(&merchant_put_in_record, &in, merchant_rows[i].change);
        rules_merchant(NULL, &in, found);
        rules_expect(found, merchant_rows[i].issues, merchant_rows[i].change);
    }
}

static void the_zone_of_a_merchant_stays(void **state)
{
    (void)state;
    merchant now = {.zone = S("Asia/Shanghai")};
    merchant_put_in in = rules_good_merchant();
    issues *same = issues_new(memory);
    rules_merchant(&now, &in, same);
    rules_expect(same, "", "the same zone");
    in.zone = S("Europe/Zurich");
    in.currency = S("CHF");
    issues *other = issues_new(memory);
    rules_merchant(&now, &in, other);
    rules_expect(other, "zone not_editable", "another zone");
    assert_int_equal(rules_result(other), R_NOT_EDITABLE);
}

static void a_zone_name_has_at_most_64_printable_bytes(void **state)
{
    (void)state;
    char text[ZONE_NAME_MAX + 1];
    memset(text, 'z', sizeof(text));
    static const char *const expected[] = {"", "zone too_long"};
    for (size_t more = 0; more < 2; more++) {
        merchant_put_in in = rules_good_merchant();
        in.zone = (str){text, ZONE_NAME_MAX + more};
        issues *found = issues_new(memory);
        rules_merchant(NULL, &in, found);
        rules_expect(found, expected[more], "a long zone");
    }
    merchant_put_in in = rules_good_merchant();
    in.zone = S("Asia\n");
    issues *found = issues_new(memory);
    rules_merchant(NULL, &in, found);
    rules_expect(found, "zone not_allowed", "a zone with a line feed");
}

/* Counts characters and not bytes; the wording of names is the same everywhere. */
static void names(void **state)
{
    (void)state;
    static const struct {
        str part;
        size_t times;
        const char *issues;
    } rows[] = {
        {S("x"), 1, ""},
        {S("x"), 200, ""},
        {S("x"), 201, "name too_long"},
        {S("\xe5\x88\xb8"), 200, ""}, /* three bytes each */
        {S("\xe5\x88\xb8"), 201, "name too_long"},
        {S("\xf0\x9f\x8e\x81"), 200, ""}, /* four bytes each */
        {S("\xf0\x9f\x8e\x81"), 201, "name too_long"},
        {S(" "), 3, "name required"},
        {S("a "), 3, ""},
        {S("a\tb"), 1, "name not_allowed"},
        {S("a\x7f"), 1, "name not_allowed"},
        {S("a\xc2\x85"), 1, "name not_allowed"}, /* C1 */
        {S("a\xff"), 1, "name not_allowed"},
        {S("\xe5\x88"), 1, "name not_allowed"},
        {S("a\0b"), 1, "name not_allowed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf text;
        buf_init(&text, 4096);
        for (size_t n = 0; n < rows[i].times; n++)
            buf_str(&text, rows[i].part);
        issues *found = issues_new(memory);
        rules_name(buf_view(&text), found);
        rules_expect(found, rows[i].issues, "name");
        buf_free(&text);
    }
}

static const rules_row key_rows[] = {
    {"", ""},
    {"name=", "name required"},
    {"scopes=0", "scopes required"},
    {"scopes=15", ""},
    {"scopes=16", "scopes not_allowed"},
    {"scopes=4294967295", "scopes not_allowed"},
    {"expires_at_ms=d2", ""},
    {"expires_at_ms=d1", "expires_at out_of_range"},
    {"expires_at_ms=d0", "expires_at out_of_range"},
    {"expires_at_ms=-1", "expires_at out_of_range"},
    {"expires_at_ms=253402300799999", ""},
    {"expires_at_ms=253402300800000", "expires_at out_of_range"},
    {"name= scopes=32 expires_at_ms=5",
     "name required; scopes not_allowed; expires_at out_of_range"},
};

static void key_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(key_rows); i++) {
        key_put_in in = {.hi = 1, .lo = 2, .merchant = 1, .scopes = KEY_READ, .name = S("till")};
        issues *found = issues_new(memory);
        rules_change(&key_put_in_record, &in, key_rows[i].change);
        rules_key(&in, RULES_DAY(1), found);
        rules_expect(found, key_rows[i].issues, key_rows[i].change);
    }
}

static const rules_row campaign_rows[] = {
    {"", ""},
    {"name=", "name required"},
    {"currency=", "currency required"},
    {"currency=RMB", "currency not_allowed"},
    {"claim_from_ms=0", ""},
    {"claim_from_ms=-1", "claim_window.from out_of_range"},
    {"claim_until_ms=d0", "claim_window.until out_of_range"},
    {"claim_from_ms=d11", "claim_window.until out_of_range"},
    {"claim_until_ms=1700000000001", ""},
    {"use_from_ms=d20", "use_window.until out_of_range"},
    {"use_until_ms=253402300799999", ""},
    {"use_until_ms=253402300800000", "use_window.until out_of_range"},
    {"use_until_ms=d10", ""},
    {"use_until_ms=863999999 use_from_ms=0", "use_window.until out_of_range"},
    {"claim_until_ms=d21", "use_window.until out_of_range"},
    {"use_from_ms=d12", ""}, /* used after the last claim */
    {"use_from_ms=-5 use_until_ms=-9223372036854775808",
     "use_window.from out_of_range; use_window.until out_of_range"},
    {"budget_mode=0", "budget.mode not_allowed"},
    {"budget_mode=4", "budget.mode not_allowed"},
    {"budget_minor=1", "budget.total not_allowed"},
    {"budget_mode=2 budget_minor=1", ""},
    {"budget_mode=3 budget_minor=1000000000000000", ""},
    {"budget_mode=3 budget_minor=1000000000000001", "budget.total out_of_range"},
    {"budget_mode=2 budget_minor=0", "budget.total out_of_range"},
    {"budget_mode=2 budget_minor=-1", "budget.total out_of_range"},
    {"name= currency=x claim_until_ms=5 use_until_ms=5 budget_mode=9",
     "name required; currency not_allowed; claim_window.until out_of_range; "
     "use_window.until out_of_range; budget.mode not_allowed"},
};

static void campaign_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(campaign_rows); i++) {
        campaign_create_in in = rules_good_campaign();
        issues *found = issues_new(memory);
        rules_change(&campaign_create_in_record, &in, campaign_rows[i].change);
        rules_campaign_create(&in, found);
        rules_expect(found, campaign_rows[i].issues, campaign_rows[i].change);
    }
}

/* Edits: 2 claim_from, 4 claim_until, 8 use_from, 16 use_until. */
static const struct {
    uint8_t state, before;
    rules_row row;
} edit_rows[] = {
    {1, 0, {"fields=0", " required"}},
    {1, 0, {"fields=64", " required"}},
    {1, 0, {"fields=1 name=Summer", ""}},
    {1, 0, {"fields=1", "name required"}},
    {1, 0, {"fields=32", ""}},
    {1, 0, {"fields=30 claim_from_ms=d1 claim_until_ms=d2 use_from_ms=d1 use_until_ms=d4", ""}},
    {1, 0, {"fields=16 use_until_ms=d9", "use_window.until out_of_range"}},
    {1, 0, {"fields=4 claim_until_ms=d21", "use_window.until out_of_range"}},
    {1, 0, {"fields=20 claim_until_ms=d21 use_until_ms=d21", ""}},
    {1, 0, {"fields=2 claim_from_ms=d10", "claim_window.until out_of_range"}},
    {1, 0, {"fields=8 use_from_ms=-1 name=", "use_window.from out_of_range"}},
    {2, 0, {"fields=1 name=Summer", ""}},
    {2, 0, {"fields=2 claim_from_ms=d1", ""}},
    {2, 0, {"fields=4 claim_until_ms=d1", ""}},
    {2, 0, {"fields=16 use_until_ms=d19", "use_window.until not_editable"}},
    {2, 0, {"fields=16 use_until_ms=d20", ""}},
    {2, 0, {"fields=16 use_until_ms=d21", ""}},
    {2, 0, {"fields=8 use_from_ms=d-1", ""}},
    {2, 0, {"fields=8 use_from_ms=d1", "use_window.from not_editable"}},
    {3,
     0,
     {"fields=24 use_from_ms=d1 use_until_ms=d11",
      "use_window.from not_editable; use_window.until not_editable"}},
    {3, 0, {"fields=4 claim_until_ms=d11", ""}},
    {4, 0, {"fields=1 name=Summer", ""}},
    {4, 0, {"fields=16 use_until_ms=d21", ""}},
    {4, 0, {"fields=16 use_until_ms=d11", "use_window.until not_editable"}},
    {4,
     0,
     {"fields=6 claim_from_ms=d1 claim_until_ms=d11",
      "claim_window.from not_editable; claim_window.until not_editable"}},
    {4, 0, {"fields=6 claim_from_ms=d0 claim_until_ms=d10", ""}},
    {5, 1, {"fields=16 use_until_ms=d11", ""}},
    {5, 2, {"fields=16 use_until_ms=d11", "use_window.until not_editable"}},
    {5, 4, {"fields=4 claim_until_ms=d11", "claim_window.until not_editable"}},
};

static void campaign_edit_rules(void **state)
{
    (void)state;
    config *c = config_empty();
    for (size_t i = 0; i < ARRAY_LEN(edit_rows); i++) {
        campaign now = rules_good_row(edit_rows[i].state);
        now.disabled_from = edit_rows[i].before;
        campaign_edit_in in = {.merchant = 1, .campaign = 7};
        issues *found = issues_new(memory);
        rules_change(&campaign_edit_in_record, &in, edit_rows[i].row.change);
        rules_campaign_edit(c, &now, &in, found);
        rules_expect(found, edit_rows[i].row.issues, edit_rows[i].row.change);
    }
    config_free(c);
}

static config *with_template(config *c, uint64_t id, template_put_in in)
{
    template row = {.id = id, .merchant = 1, .campaign = 7, .version = 1};
    template_version v = rules_version_of(&in);
    v.template = id;
    v.version = 1;
    config *next = config_with_template(c, &row, &v);
    config_free(c);
    return next;
}

/* 300 that are valid after issue and do not care, one with a window in the middle. */
static void a_draft_keeps_its_templates_usable(void **state)
{
    (void)state;
    config *c = config_empty();
    campaign now = rules_good_row(CAMPAIGN_STATE_DRAFT);
    config *with_merchant = config_with_merchant(c, &(merchant){.id = 1}, &zone_utc);
    config_free(c);
    c = config_with_campaign(with_merchant, &now);
    config_free(with_merchant);
    template_put_in free_one = rules_good_template();
    free_one.validity = VALIDITY_KIND_AFTER_ISSUE;
    for (uint64_t id = 1; id <= 300; id++)
        c = with_template(c, id, free_one);
    campaign_edit_in in = {
        .campaign = 7, .fields = CAMPAIGN_USE_FROM, .use_from_ms = RULES_DAY(15)};
    issues *before = issues_new(memory);
    rules_campaign_edit(c, &now, &in, before);
    rules_expect(before, "", "no template with a fixed window");
    c = with_template(c, 301, rules_good_template());
    issues *after = issues_new(memory);
    rules_campaign_edit(c, &now, &in, after);
    rules_expect(after, "use_window out_of_range", "a template until day 15");
    in.use_from_ms = RULES_DAY(15) - 1;
    issues *touching = issues_new(memory);
    rules_campaign_edit(c, &now, &in, touching);
    rules_expect(touching, "", "one ms is left of it");
    config_free(c);
}

static void not_editable_is_the_result_only_when_all_issues_are(void **state)
{
    (void)state;
    issues *found = issues_new(memory);
    assert_int_equal(rules_result(found), R_DONE);
    issues_add(found, S("a"), S("not_editable"), "stays");
    assert_int_equal(rules_result(found), R_NOT_EDITABLE);
    issues_add(found, S("b"), S("required"), "needed");
    assert_int_equal(rules_result(found), R_INVALID);
}

int main(void)
{
    memory = arena_new(0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merchant_rules),
        cmocka_unit_test(the_zone_of_a_merchant_stays),
        cmocka_unit_test(a_zone_name_has_at_most_64_printable_bytes),
        cmocka_unit_test(names),
        cmocka_unit_test(key_rules),
        cmocka_unit_test(campaign_rules),
        cmocka_unit_test(campaign_edit_rules),
        cmocka_unit_test(a_draft_keeps_its_templates_usable),
        cmocka_unit_test(not_editable_is_the_result_only_when_all_issues_are),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(memory);
    return failed;
}
