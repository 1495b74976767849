/* Issue lists: copies in order, a maximum, and a count of what came after it. */
#include "base/issues.h"

#include "base/test_help.h"

static void issues_are_copied_in_order(void **state)
{
    (void)state;
    arena *a = arena_new(0);
    issues *list = issues_new(a);
    assert_int_equal(list->n, 0);
    assert_int_equal(list->dropped, 0);
    char field[] = "lines[3].quantity";
    char code[] = "out_of_range";
    issues_add(list, str_of(field), str_of(code), "must be from %d to %d", 1, 99);
    issues_add(list, (str){NULL, 0}, S("required"), "%s", "");
    memset(field, 'x', sizeof field);
    memset(code, 'x', sizeof code);
    assert_int_equal(list->n, 2);
    assert_str(list->items[0].field, S("lines[3].quantity"));
    assert_str(list->items[0].code, S("out_of_range"));
    assert_str(list->items[0].detail, S("must be from 1 to 99"));
    assert_str(list->items[1].field, S(""));
    assert_str(list->items[1].code, S("required"));
    assert_str(list->items[1].detail, S(""));
    arena_free(a);
}

static void beyond_the_maximum_they_are_only_counted(void **state)
{
    (void)state;
    arena *a = arena_new(0);
    issues *list = issues_new(a);
    for (int i = 0; i < ISSUES_MAX + 25; i++)
        issues_add(list, S("f"), S("required"), "%d", i);
    assert_int_equal(list->n, ISSUES_MAX);
    assert_int_equal(list->dropped, 25);
    assert_str(list->items[0].detail, S("0"));
    assert_str(list->items[ISSUES_MAX - 1].detail, S("99"));
    size_t used = arena_used(a);
    issues_add(list, S("f"), S("required"), "not kept");
    assert_int_equal(arena_used(a), used);
    arena_free(a);
}

static void a_part_is_told_behind_its_place(void **state)
{
    (void)state;
    arena *a = arena_new(0);
    issues *list = issues_new(a), *part = issues_new(a);
    issues_add(part, S("benefit.cap"), S("required"), "a cap");
    issues_add(part, S(""), S("wrong_type"), "an object");
    part->dropped = 3;
    issues_add_part(list, S("drafts[1].template"), part);
    issues_add_part(list, S(""), part);
    assert_int_equal(list->n, 4);
    assert_str(list->items[0].field, S("drafts[1].template.benefit.cap"));
    assert_str(list->items[0].code, S("required"));
    assert_str(list->items[0].detail, S("a cap"));
    assert_str(list->items[1].field, S("drafts[1].template"));
    assert_str(list->items[2].field, S("benefit.cap"));
    assert_str(list->items[3].field, S(""));
    assert_int_equal(list->dropped, 6);
    arena_free(a);
}

static void codes_are_those_of_the_list(void **state)
{
    (void)state;
    size_t n = 0;
    for (; issue_kind_at(n) != NULL; n++) {
        assert_true(issue_is_known(issue_kind_at(n)->code));
        assert_true(str_ends(issue_kind_at(n)->text, S(".")));
    }
    assert_true(n > 0);
    assert_false(issue_is_known(S("requird")));
    assert_false(issue_is_known(S("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(issues_are_copied_in_order),
        cmocka_unit_test(beyond_the_maximum_they_are_only_counted),
        cmocka_unit_test(a_part_is_told_behind_its_place),
        cmocka_unit_test(codes_are_those_of_the_list),
    };
    return cmocka_run_group_tests_name("base/issues", tests, NULL, NULL);
}
