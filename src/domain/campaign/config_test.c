/* Snapshots: what they hold, what they share, which version rules, and that no other sees a change.
 */
#include "domain/campaign/config.h"

#include <pthread.h>

#include "base/test_help.h"
#include "domain/price/benefit_test.h"

static const zone here = {.name = {"Here", 4}, .first_offset_ms = 3600000};

static merchant some_merchant(uint64_t id, const char *name)
{
    return (merchant){.id = id, .name = str_of(name), .zone = S("Here"), .currency = S("CNY")};
}

static campaign some_campaign(uint64_t id, uint64_t owner, const char *name)
{
    return (campaign){.id = id, .merchant = owner, .name = str_of(name), .currency = S("CNY")};
}

static template some_template(uint64_t id, uint64_t owner, uint32_t version)
{
    return (template){
        .id = id, .merchant = 1, .campaign = owner, .version = version, .stock = (int64_t)id};
}

static template_version some_version(uint64_t id, uint32_t version, uint8_t reach)
{
    return (template_version){.template = id,
                              .version = version,
                              .name = S("ten off"),
                              .benefit = BENEFIT_KIND_AMOUNT_OFF,
                              .terms = TEST_TERM(TERM_AMOUNT_OFF_AMOUNT, 1000 + version),
                              .validity = VALIDITY_KIND_FIXED,
                              .reach = reach};
}

/* c with these; gives the next and frees c. */
static config *add_template(config *c, uint64_t id, uint64_t owner, uint32_t version, uint8_t reach)
{
    template row = some_template(id, owner, version);
    template_version v = some_version(id, version, reach);
    config *next = config_with_template(c, &row, &v);
    config_free(c);
    return next;
}

static void an_empty_snapshot_has_nothing(void **state)
{
    (void)state;
    config *c = config_empty();
    assert_int_equal(config_epoch(c), 0);
    assert_null(config_find_merchant(c, 1));
    assert_null(config_find_campaign(c, 1));
    assert_null(config_find_template(c, 1));
    assert_int_equal(config_merchants(c, 0, 4, NULL), 0);
    assert_int_equal(config_campaigns(c, 1, 0, 4, NULL), 0);
    assert_int_equal(config_templates(c, 1, 0, 4, NULL), 0);
    config_free(c);
    config_free(NULL);
}

static void rows_are_copied_to_the_last_byte(void **state)
{
    (void)state;
    char name[] = "shop";
    char sku[] = "sku-1";
    limit_rule limits[] = {{.measure = LIMIT_MEASURE_CLAIMS, .max = 3}, {.max = 4}};
    arena *memory = arena_new(0);
    str of_sku = str_of(sku);
    rule_tree goods = rule_list(S("line.sku"), &of_sku, 1, memory);
    merchant m = some_merchant(1, name);
    m.limits.items = limits;
    m.limits.n = 2;
    campaign k = some_campaign(2, 1, name);
    template t = some_template(3, 2, 1);
    template_version v = some_version(3, 1, EDIT_REACH_NEW_ONLY);
    v.name = str_of(name);
    v.scope.items = goods.items;
    v.scope.n = goods.n;
    config *c = config_empty();
    config_put_merchant(c, &m, &here);
    config_put_campaign(c, &k);
    config_put_template(c, &t, &v);
    memset(name, 'x', sizeof(name) - 1);
    memset(sku, 'x', sizeof(sku) - 1);
    memset(limits, 0, sizeof(limits));
    arena_free(memory);
    const config_merchant *merchant_1 = config_find_merchant(c, 1);
    assert_str(merchant_1->row->name, S("shop"));
    assert_int_equal(merchant_1->row->limits.n, 2);
    assert_int_equal(merchant_1->row->limits.items[0].max, 3);
    assert_int_equal(merchant_1->row->limits.items[1].max, 4);
    assert_ptr_equal(merchant_1->zone, &here);
    assert_str(config_find_campaign(c, 2)->row->name, S("shop"));
    const config_template *template_3 = config_find_template(c, 3);
    const template_version *version = config_version(template_3, 1);
    assert_int_equal(template_3->row->stock, 3);
    assert_str(version->name, S("shop"));
    assert_str(version->scope.items[1].text, S("sku-1"));
    assert_int_equal(version->limits.n, 0);
    assert_null(version->limits.items);
    assert_non_null(config_rule(template_3, 1));
    config_free(c);
}

static void the_next_snapshot_leaves_the_one_before_alone(void **state)
{
    (void)state;
    merchant m = some_merchant(1, "old");
    campaign k = some_campaign(2, 1, "old");
    config *zero = config_empty();
    config *one = config_with_merchant(zero, &m, &here);
    config *two = config_with_campaign(one, &k);
    m.name = S("new");
    k.name = S("new");
    config *three = config_with_merchant(two, &m, &zone_utc);
    config *four = config_with_campaign(three, &k);
    assert_int_equal(config_epoch(zero), 0);
    assert_int_equal(config_epoch(four), 4);
    assert_null(config_find_merchant(zero, 1));
    assert_null(config_find_campaign(one, 2));
    assert_str(config_find_merchant(two, 1)->row->name, S("old"));
    assert_str(config_find_merchant(three, 1)->row->name, S("new"));
    assert_ptr_equal(config_find_merchant(two, 1)->zone, &here);
    assert_ptr_equal(config_find_merchant(four, 1)->zone, &zone_utc);
    assert_str(config_find_campaign(three, 2)->row->name, S("old"));
    assert_str(config_find_campaign(four, 2)->row->name, S("new"));
    /* what did not change is the same memory */
    assert_ptr_equal(config_find_merchant(one, 1), config_find_merchant(two, 1));
    assert_ptr_equal(config_find_campaign(two, 2), config_find_campaign(three, 2));
    config_free(two);
    config_free(zero);
    config_free(four);
    assert_str(config_find_campaign(three, 2)->row->name, S("old"));
    config_free(three);
    config_free(one);
}

static void an_edit_adds_a_version_and_keeps_the_older_ones(void **state)
{
    (void)state;
    config *c = add_template(config_empty(), 3, 2, 1, EDIT_REACH_NEW_ONLY);
    config *first = config_share(c);
    c = add_template(c, 3, 2, 2, EDIT_REACH_NEW_ONLY);
    const config_template *before = config_find_template(first, 3);
    const config_template *after = config_find_template(c, 3);
    assert_int_equal(before->version_count, 1);
    assert_int_equal(after->version_count, 2);
    assert_int_equal(after->row->version, 2);
    assert_ptr_equal(config_version(before, 1), config_version(after, 1));
    assert_ptr_equal(config_rule(before, 1), config_rule(after, 1));
    assert_null(config_version(before, 2));
    assert_null(config_rule(before, 2));
    assert_null(config_version(after, 0));
    assert_null(config_rule(after, 0));
    assert_int_equal(TEST_GET(*config_version(after, 2), TERM_AMOUNT_OFF_AMOUNT), 1002);
    config_free(first);
    assert_int_equal(
        TEST_GET(*config_version(config_find_template(c, 3), 1), TERM_AMOUNT_OFF_AMOUNT), 1001);
    config_free(c);
}

static void a_row_without_a_new_version_takes_the_old_ones_place(void **state)
{
    (void)state;
    config *c = add_template(config_empty(), 3, 2, 1, EDIT_REACH_NEW_ONLY);
    c = add_template(c, 3, 2, 2, EDIT_REACH_NEW_ONLY);
    template row = some_template(3, 2, 2);
    template_version again = some_version(3, 2, EDIT_REACH_ALL_UNUSED);
    TEST_SET(again, TERM_AMOUNT_OFF_AMOUNT, 1); /* versions do not change: this is not read */
    row.stock = 99;
    config *next = config_with_template(c, &row, &again);
    const config_template *t = config_find_template(next, 3);
    assert_int_equal(t->row->stock, 99);
    assert_int_equal(t->version_count, 2);
    assert_int_equal(t->reaching, 0);
    assert_int_equal(TEST_GET(*config_version(t, 2), TERM_AMOUNT_OFF_AMOUNT), 1002);
    const config_template *listed[2];
    assert_int_equal(config_templates(next, 2, 0, 2, listed), 1);
    assert_ptr_equal(listed[0], t);
    config_free(c);
    config_free(next);
}

static void the_effective_version_follows_edits_that_reach_all(void **state)
{
    (void)state;
    enum { NEW = EDIT_REACH_NEW_ONLY, ALL = EDIT_REACH_ALL_UNUSED };
    const struct {
        uint8_t reach[5];     /* of versions 1 … 5; 0: not there */
        uint32_t expected[5]; /* for coupons that pinned 1 … 5 */
    } rows[] = {
        {{NEW}, {1}},
        {{NEW, NEW, NEW}, {1, 2, 3}},
        {{NEW, ALL}, {2, 2}},
        {{NEW, ALL, NEW}, {2, 2, 3}},
        {{NEW, NEW, ALL, NEW, NEW}, {3, 3, 3, 4, 5}},
        {{NEW, ALL, NEW, ALL, NEW}, {4, 4, 4, 4, 5}},
        {{NEW, ALL, ALL, ALL, ALL}, {5, 5, 5, 5, 5}},
        {{ALL, NEW}, {1, 2}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        config *c = config_empty();
        uint32_t n = 0;
        for (; n < 5 && rows[i].reach[n] != 0; n++) {
            c = add_template(c, 3, 2, n + 1, rows[i].reach[n]);
        }
        const config_template *t = config_find_template(c, 3);
        for (uint32_t pinned = 1; pinned <= n; pinned++) {
            assert_int_equal(config_effective(t, pinned), rows[i].expected[pinned - 1]);
        }
        config_free(c);
    }
}

static void lists_are_ascending_and_paged(void **state)
{
    (void)state;
    enum { OWNERS = 30, EACH = 100 };
    config *c = config_empty();
    for (uint64_t i = EACH; i >= 1; i--) {
        for (uint64_t owner = 1; owner <= OWNERS; owner++) {
            uint64_t id = i * 1000 + owner;
            merchant m = some_merchant(id, "m");
            campaign k = some_campaign(id, owner, "k");
            template t = some_template(id, owner, 1);
            template_version v = some_version(id, 1, EDIT_REACH_NEW_ONLY);
            config_put_merchant(c, &m, &here);
            config_put_campaign(c, &k);
            config_put_template(c, &t, &v);
        }
    }
    assert_int_equal(config_epoch(c), 3 * OWNERS * EACH);
    const config_campaign *campaigns[7];
    const config_template *templates[7];
    uint64_t after = 0;
    for (uint64_t seen = 0; seen < EACH;) {
        size_t n = config_campaigns(c, 5, after, 7, campaigns);
        assert_int_equal(n, config_templates(c, 5, after, 7, templates));
        assert_int_equal(n, EACH - seen < 7 ? EACH - seen : 7);
        for (size_t i = 0; i < n; i++) {
            after = ++seen * 1000 + 5;
            assert_true(campaigns[i]->row->id == after && templates[i]->row->id == after);
        }
    }
    assert_int_equal(config_campaigns(c, 5, after, 7, campaigns), 0);
    assert_int_equal(config_templates(c, OWNERS + 1, 0, 7, templates), 0);
    const config_merchant *merchants[7];
    assert_int_equal(config_merchants(c, 1030, 7, merchants), 7);
    assert_int_equal(merchants[0]->row->id, 2001);
    assert_int_equal(merchants[6]->row->id, 2007);
    config_free(c);
}

static void many_templates_share_and_stay(void **state)
{
    (void)state;
    enum { N = 50000 };
    config *c = config_empty();
    for (uint64_t id = 1; id <= N; id++) {
        template t = some_template(id, 1 + id % 500, 1);
        template_version v = some_version(id, 1, EDIT_REACH_NEW_ONLY);
        config_put_template(c, &t, &v);
    }
    config *old = config_share(c);
    uint64_t random = 0x7e39;
    for (int i = 0; i < 5000; i++) {
        uint64_t id = 1 + random_below(&random, N);
        const config_template *t = config_find_template(c, id);
        c = add_template(c, id, 1 + id % 500, t->version_count + 1, EDIT_REACH_ALL_UNUSED);
    }
    for (uint64_t id = 1; id <= N; id++) {
        const config_template *before = config_find_template(old, id);
        const config_template *after = config_find_template(c, id);
        assert_int_equal(before->version_count, 1);
        assert_true((before == after) == (after->version_count == 1));
        assert_int_equal(config_effective(after, 1), after->version_count);
    }
    config_free(old);
    config_free(c);
}

/* ---- threads ---- */

typedef struct shop {
    pthread_mutex_t lock;
    config *newest;
    bool stop;
} shop;

static config *newest(shop *s, bool *stop)
{
    (void)pthread_mutex_lock(&s->lock);
    config *c = config_share(s->newest);
    *stop = s->stop;
    (void)pthread_mutex_unlock(&s->lock);
    return c;
}

static void *read_snapshots(void *argument)
{
    shop *s = argument;
    uint64_t sum = 0;
    for (bool stop = false; !stop;) {
        config *c = newest(s, &stop);
        const config_template *page[50];
        size_t n = config_templates(c, 2, 0, 50, page);
        for (size_t i = 0; i < n; i++) {
            const config_template *t = page[i];
            sum += (uint64_t)TEST_GET(*config_version(t, t->version_count), TERM_AMOUNT_OFF_AMOUNT);
        }
        config_free(c);
    }
    return sum == 0 ? NULL : s;
}

static void readers_and_a_publisher_do_not_meet(void **state)
{
    (void)state;
    enum { READERS = 3, EDITS = 3000 };
    shop s = {.lock = PTHREAD_MUTEX_INITIALIZER};
    s.newest = add_template(config_empty(), 1, 2, 1, EDIT_REACH_NEW_ONLY);
    pthread_t readers[READERS];
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, read_snapshots, &s), 0);
    }
    for (uint64_t i = 0; i < EDITS; i++) {
        uint64_t id = 1 + i % 100;
        bool stop;
        config *c = newest(&s, &stop);
        const config_template *t = config_find_template(c, id);
        uint32_t version = t == NULL ? 1 : t->version_count + 1;
        config *next = add_template(c, id, 2, version, EDIT_REACH_NEW_ONLY);
        (void)pthread_mutex_lock(&s.lock);
        config *old = s.newest;
        s.newest = next;
        s.stop = i + 1 == EDITS;
        (void)pthread_mutex_unlock(&s.lock);
        config_free(old);
    }
    for (int i = 0; i < READERS; i++) {
        void *read_some = NULL;
        assert_int_equal(pthread_join(readers[i], &read_some), 0);
        assert_non_null(read_some);
    }
    config_free(s.newest);
}

static void versions_of_a_moment(void **state)
{
    (void)state;
    template_version rows[] = {
        {.version = 1, .created_at_ms = 100, .reach = EDIT_REACH_NEW_ONLY},
        {.version = 2, .created_at_ms = 200, .reach = EDIT_REACH_ALL_UNUSED},
        {.version = 3, .created_at_ms = 200, .reach = EDIT_REACH_NEW_ONLY},
        {.version = 4, .created_at_ms = 300, .reach = EDIT_REACH_ALL_UNUSED},
    };
    const template_version *versions[] = {&rows[0], &rows[1], &rows[2], &rows[3]};
    config_template t = {.versions = versions, .version_count = 4, .reaching = 4};
    static const struct {
        int64_t at_ms;
        uint32_t newest, of_first, of_third;
    } moments[] = {{99, 0, 1, 3},  {100, 1, 1, 3}, {199, 1, 1, 3},
                   {200, 3, 2, 3}, {300, 4, 4, 4}, {INT64_MAX, 4, 4, 4}};
    for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
        assert_int_equal(config_version_at(&t, moments[i].at_ms), moments[i].newest);
        assert_int_equal(config_effective_at(&t, 1, moments[i].at_ms), moments[i].of_first);
        assert_int_equal(config_effective_at(&t, 3, moments[i].at_ms), moments[i].of_third);
    }
    for (uint32_t pinned = 1; pinned <= 4; pinned++) {
        assert_int_equal(config_effective_at(&t, pinned, INT64_MAX), config_effective(&t, pinned));
    }
}

static config *add_automatic(config *c, uint64_t id, uint64_t owner)
{
    template row = some_template(id, owner, 1);
    row.apply = APPLY_MODE_AUTOMATIC;
    template_version v = some_version(id, 1, EDIT_REACH_NEW_ONLY);
    config *next = config_with_template(c, &row, &v);
    config_free(c);
    return next;
}

static config *set_state(config *c, uint64_t id, uint8_t now, uint8_t before)
{
    campaign row = some_campaign(id, 1, "c");
    row.state = now;
    row.disabled_from = before;
    config *next = config_with_campaign(c, &row);
    config_free(c);
    return next;
}

static void expect_automatic(const config *c, const uint64_t *ids, size_t n)
{
    config_promotions all = config_automatic(c, 1);
    assert_int_equal(all.n, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(all.ids[i], ids[i]);
    }
}

static void automatic_templates_are_listed_until_their_campaign_is_over(void **state)
{
    (void)state;
    static const uint64_t all[] = {20, 30, 40}, left[] = {20, 40};
    config *c = set_state(config_empty(), 2, CAMPAIGN_STATE_ACTIVE, 0);
    c = set_state(c, 3, CAMPAIGN_STATE_DRAFT, 0);
    expect_automatic(c, NULL, 0);
    c = add_automatic(c, 30, 3);
    c = add_automatic(c, 40, 2);
    c = add_automatic(c, 20, 2);
    c = add_template(c, 25, 2, 1, EDIT_REACH_NEW_ONLY);
    c = add_automatic(c, 30, 3); /* the row again: a change of it */
    expect_automatic(c, all, 3);
    assert_int_equal(config_automatic(c, 9).n, 0);
    c = set_state(c, 2, CAMPAIGN_STATE_PAUSED, 0);
    c = set_state(c, 2, CAMPAIGN_STATE_DISABLED, CAMPAIGN_STATE_ACTIVE);
    expect_automatic(c, all, 3);
    config *before = config_share(c);
    c = set_state(c, 3, CAMPAIGN_STATE_ENDED, 0);
    expect_automatic(c, left, 2);
    expect_automatic(before, all, 3);
    c = add_automatic(c, 31, 3); /* as when a store is opened */
    c = set_state(c, 3, CAMPAIGN_STATE_DISABLED, CAMPAIGN_STATE_ENDED);
    expect_automatic(c, left, 2);
    c = set_state(c, 2, CAMPAIGN_STATE_ENDED, 0);
    expect_automatic(c, NULL, 0);
    config_free(before);
    config_free(c);
}

static void an_automatic_template_applies_in_its_windows(void **state)
{
    (void)state;
    campaign of = {.state = CAMPAIGN_STATE_ACTIVE, .use_from_ms = 1000, .use_until_ms = 9000};
    template row = {.version = 2};
    template_version first = {.validity = VALIDITY_KIND_FIXED, .valid_until_ms = 99};
    template_version second = {
        .validity = VALIDITY_KIND_FIXED, .valid_from_ms = 2000, .valid_until_ms = 10000};
    const template_version *versions[] = {&first, &second};
    config_campaign parent = {&of};
    config_template t = {.row = &row, .versions = versions, .version_count = 2};
    config_days days = {0};
    static const struct {
        int64_t at_ms;
        bool applies;
    } rows[] = {{1999, false}, {2000, true}, {8999, true}, {9000, false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(config_applies(&parent, &t, &days, rows[i].at_ms), rows[i].applies);
    }
    for (uint8_t s = CAMPAIGN_STATE_DRAFT; s <= CAMPAIGN_STATE_DISABLED; s++) {
        of.state = s;
        assert_int_equal(config_applies(&parent, &t, &days, 2000), s == CAMPAIGN_STATE_ACTIVE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_snapshot_has_nothing),
        cmocka_unit_test(rows_are_copied_to_the_last_byte),
        cmocka_unit_test(the_next_snapshot_leaves_the_one_before_alone),
        cmocka_unit_test(an_edit_adds_a_version_and_keeps_the_older_ones),
        cmocka_unit_test(a_row_without_a_new_version_takes_the_old_ones_place),
        cmocka_unit_test(the_effective_version_follows_edits_that_reach_all),
        cmocka_unit_test(lists_are_ascending_and_paged),
        cmocka_unit_test(many_templates_share_and_stay),
        cmocka_unit_test(versions_of_a_moment),
        cmocka_unit_test(automatic_templates_are_listed_until_their_campaign_is_over),
        cmocka_unit_test(an_automatic_template_applies_in_its_windows),
        cmocka_unit_test(readers_and_a_publisher_do_not_meet),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
