/* What the configuring acts share, inside a unit of work of the mem store. */
#include "domain/campaign/act_part.h"
#include "domain/campaign/world_test.h"
#include "port/store.h"

typedef struct problem {
    const char *field, *code, *detail;
} problem;

static result complain_decide(uow *u, const void *in, void *out)
{
    (void)out;
    issues *found = issues_new(uow_memory(u));
    for (const problem *p = in; p->code != NULL; p++)
        issues_add(found, str_of(p->field), str_of(p->code), "%s", p->detail);
    return act_check(u, found);
}

static result run_decide(world *w, acts_decide *decide, const void *in)
{
    act_run run;
    act_submit_run(w, &run, decide, in, 1);
    return act_wait(w, &run);
}

static void the_first_issue_is_the_detail(void **state)
{
    (void)state;
    static const struct {
        problem problems[3];
        result expected;
        const char *detail;
    } rows[] = {
        {{{NULL, NULL, NULL}}, R_DONE, ""},
        {{{"name", "required", "1 to 200 characters"}, {"zone", "required", "a zone"}},
         R_INVALID,
         "name: 1 to 200 characters"},
        {{{"", "required", "at least one field"}}, R_INVALID, "at least one field"},
        {{{"zone", "not_editable", "stays"}}, R_NOT_EDITABLE, "zone: stays"},
        {{{"zone", "not_editable", "stays"}, {"name", "required", "a name"}},
         R_INVALID,
         "zone: stays"},
    };
    world w;
    world_open(&w, 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        w.detail = S("");
        assert_int_equal(run_decide(&w, complain_decide, rows[i].problems), rows[i].expected);
        expect_detail(&w, rows[i].detail);
    }
    world_close(&w);
}

static result limits_decide(uow *u, const void *in, void *out)
{
    (void)in;
    (void)out;
    const limit_rule old[] = {
        {LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 3, 0, 5, 2},
        {LIMIT_MEASURE_MONEY, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 9, 0, 7, 3}};
    const limit_rule next[] = {
        {LIMIT_MEASURE_MONEY, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 8, 0, 1, 1}, /* other max */
        {LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_WEEK, 3, 0, 1,
         1}, /* other period */
        {LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_STORE, LIMIT_PERIOD_DAY, 3, 0, 1,
         1}, /* other subject */
        {LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 3, 0, 1, 1},
    };
    const int64_t expected[] = {7, RULES_DAY(3), RULES_DAY(3), 5};
    const uint32_t versions[] = {3, 6, 6, 2};
    act_limit_edit edit = {old, next, ARRAY_LEN(old), ARRAY_LEN(next), 6};
    const limit_rule *made = act_limits(u, &edit);
    for (size_t i = 0; i < ARRAY_LEN(next); i++) {
        limit_rule wanted = next[i];
        wanted.since_ms = expected[i];
        wanted.since_version = versions[i];
        assert_true(record_equal(&limit_rule_record, &made[i], &wanted));
    }
    edit.n = 0;
    assert_null(act_limits(u, &edit));
    return R_DONE;
}

static void a_limit_that_counts_the_same_counts_on(void **state)
{
    (void)state;
    world w;
    world_open(&w, 0);
    w.now_ms = RULES_DAY(3);
    assert_int_equal(run_decide(&w, limits_decide, NULL), R_DONE);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_issue_is_the_detail),
        cmocka_unit_test(a_limit_that_counts_the_same_counts_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
