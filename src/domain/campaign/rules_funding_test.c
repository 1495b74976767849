/* Rules for who pays: every problem of a funding, and the numbers that parties keep from version to
 * version. kind 1 platform, 2 merchant, 3 advertiser, 4 partner; budget_minor=-1: none. */
#include <stdio.h>

#include "domain/campaign/rules_test.h"
#include "domain/price/fund.h"

static arena *memory;

#define SHARE(kind, share) "budget_minor=-1 kind=" #kind " share=" #share
#define FIRST(kind, first) "budget_minor=-1 kind=" #kind " first_minor=" #first

enum { PARTIES = FUND_PARTIES_MAX + 1 };

static fund_party parties[PARTIES];

static template_put_in funded(const char *const changes[PARTIES])
{
    template_put_in in = rules_good_template();
    size_t n = 0;
    memset(parties, 0, sizeof(parties));
    for (; n < PARTIES && changes[n] != NULL; n++)
        rules_change(&fund_party_record, &parties[n], changes[n]);
    in.funding.items = parties;
    in.funding.n = n;
    return in;
}

static const struct {
    const char *parties[PARTIES];
    const char *issues;
} rows[] = {
    {{NULL}, ""},
    {{SHARE(2, 1000000)}, ""},
    {{SHARE(2, 999999)}, "funding out_of_range"},
    {{SHARE(2, 1000001)}, "funding[0].share out_of_range"},
    {{SHARE(1, 500000), SHARE(2, 500000)}, ""},
    {{SHARE(1, 500000), SHARE(2, 499999)}, "funding out_of_range"},
    {{SHARE(1, 500000), SHARE(2, 500001)}, "funding out_of_range"},
    {{SHARE(1, 0), SHARE(2, 1000000)}, ""},
    {{SHARE(1, 1000000), SHARE(2, 0)}, ""},
    {{SHARE(1, -1), SHARE(2, 1000000)}, "funding[0].share out_of_range"},
    /* who */
    {{SHARE(0, 1000000)}, "funding[0].party not_allowed"},
    {{SHARE(5, 1000000)}, "funding[0].party not_allowed"},
    {{SHARE(4, 1000000)}, "funding[0].name required"},
    {{SHARE(4, 1000000) " name=A"}, ""},
    {{SHARE(2, 1000000) " name=A\x01"}, "funding[0].name bad_format"},
    {{SHARE(3, 1000000) " name=0123456789012345678901234567890123456789012345678901234567890123"},
     ""},
    {{SHARE(3, 1000000) " name=01234567890123456789012345678901234567890123456789012345678901234"},
     "funding[0].name too_long"},
    {{SHARE(3, 500000) " name=A", SHARE(3, 500000) " name=B"}, ""},
    {{SHARE(3, 500000) " name=A", SHARE(4, 500000) " name=A"}, ""},
    {{SHARE(3, 500000), SHARE(3, 500000)}, "funding[1].party duplicate"},
    {{SHARE(1, 250000), SHARE(2, 250000), SHARE(3, 250000), SHARE(4, 250000) " name=A"}, ""},
    {{SHARE(1, 250000), SHARE(2, 250000), SHARE(3, 250000), SHARE(4, 250000) " name=A",
      SHARE(4, 0) " name=B"},
     "funding too_many"},
    /* how much */
    {{FIRST(3, 300), SHARE(2, 1000000)}, ""},
    {{FIRST(3, 1000000000000000), SHARE(2, 1000000)}, ""},
    {{FIRST(3, 1000000000000001), SHARE(2, 1000000)}, "funding[0].first out_of_range"},
    {{FIRST(3, -1), SHARE(2, 1000000)}, "funding[0].first out_of_range"},
    {{FIRST(3, 300) " share=5", SHARE(2, 999995)}, "funding[0].share not_allowed"},
    {{FIRST(3, 300) " at_most_minor=5", SHARE(2, 1000000)}, "funding[0].at_most not_allowed"},
    {{SHARE(3, 500000) " at_most_minor=5", SHARE(2, 500000)}, ""},
    {{SHARE(3, 500000) " at_most_minor=-5", SHARE(2, 500000)}, "funding[0].at_most out_of_range"},
    {{"kind=3 share=500000 budget_minor=0", SHARE(2, 500000)}, ""},
    {{"kind=3 share=500000 budget_minor=-2", SHARE(2, 500000)}, "funding[0].budget out_of_range"},
    {{"kind=3 first_minor=5 budget_minor=1000000000000000", SHARE(2, 1000000)}, ""},
    /* the last pays the rest */
    {{FIRST(3, 300)}, "funding[0].first not_allowed"},
    {{SHARE(2, 1000000), FIRST(3, 300)}, "funding[1].first not_allowed"},
    {{SHARE(2, 1000000) " at_most_minor=5"}, "funding[0].at_most not_allowed"},
    {{"kind=2 share=1000000 budget_minor=5"}, "funding[0].budget not_allowed"},
    {{SHARE(4, 5), FIRST(3, 300), "kind=9 share=5 budget_minor=5"},
     "funding[0].name required; funding[2].party not_allowed; funding[2].budget not_allowed"},
};

static void every_problem_is_told(void **state)
{
    (void)state;
    campaign parent = rules_good_row(CAMPAIGN_STATE_ACTIVE);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        template_put_in in = funded(rows[i].parties);
        issues *found = issues_new(memory);
        rules_template_create(&parent, &in, found);
        rules_expect(found, rows[i].issues, rows[i].parties[0] == NULL ? "" : rows[i].parties[0]);
    }
}

/* ---- numbers ---- */

/* The next version of now; its parties as "number name number- name": a - is a past one. */
static template_version *next(const template_version *now, const char *const changes[PARTIES],
                              const char *expected)
{
    template_put_in in = funded(changes);
    template_version *made = ARENA_NEW(memory, template_version);
    assert_true(rules_funding_made(now, &in, memory, made));
    buf text;
    buf_init(&text, 1000);
    for (size_t i = 0; i < made->funding.n; i++) {
        const fund_party *p = &made->funding.items[i];
        buf_printf(&text, "%s%u%s %.*s", i == 0 ? "" : " ", p->number, p->past ? "-" : "",
                   STR_ARG(p->name));
    }
    if (!str_eq(buf_view(&text), str_of(expected)))
        fail_msg("gives %.*s, expected %s", STR_ARG(buf_view(&text)), expected);
    buf_free(&text);
    return made;
}

static void a_party_keeps_its_number_for_ever(void **state)
{
    (void)state;
    static const char *const ab[PARTIES] = {SHARE(4, 1) " name=a", SHARE(4, 1) " name=b"};
    static const char *const bc[PARTIES] = {SHARE(4, 1) " name=b", SHARE(4, 1) " name=c"};
    static const char *const a[PARTIES] = {SHARE(4, 7) " name=a number=9 past=1"};
    static const char *const other_a[PARTIES] = {SHARE(3, 7) " name=a"};
    static const char *const nobody[PARTIES] = {NULL};
    template_version *v = next(NULL, ab, "1 a 2 b");
    v = next(v, bc, "2 b 3 c 1- a");
    v = next(v, nobody, "2- b 3- c 1- a");
    v = next(v, a, "1 a 2- b 3- c");
    assert_int_equal(fund_find(v, 1)->share, 7);
    assert_int_equal(fund_find(v, 2)->share, 1);
    v = next(v, other_a, "4 a 1- a 2- b 3- c");
    assert_null(fund_find(v, 5));
    size_t n;
    assert_ptr_equal(fund_parties(v, &n), v->funding.items);
    assert_int_equal(n, 1);
    v = next(v, nobody, "4- a 1- a 2- b 3- c");
    MAYBE(fund_parties(v, &n));
    assert_int_equal(n, 0);
}

static void there_is_an_end_of_numbers(void **state)
{
    (void)state;
    template_version *v = NULL;
    for (int i = 0; i <= FUND_NUMBERS_MAX; i++) {
        char change[64];
        (void)snprintf(change, sizeof(change), SHARE(4, 1000000) " name=p%d", i);
        const char *const one[PARTIES] = {change};
        template_put_in in = funded(one);
        parties[0].name = arena_str(memory, parties[0].name); /* the change goes */
        template_version *made = ARENA_NEW(memory, template_version);
        assert_int_equal(rules_funding_made(v, &in, memory, made), i < FUND_NUMBERS_MAX);
        v = made;
    }
}

static int set_up(void **state)
{
    (void)state;
    memory = arena_new(0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(memory);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_problem_is_told),
        cmocka_unit_test(a_party_keeps_its_number_for_ever),
        cmocka_unit_test(there_is_an_end_of_numbers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
