/* verify finds what is wrong with the log of the configuration: a healthy shop's, made wrong, and
 * the field that must be named. */
#include "app/verify_flaw_test.h"

#include "domain/table.gen.h"

static bool last_is_lost(uow *u)
{
    lane_head *head = lane_head_get(u, uow_lane(u));
    if (head == NULL)
        return false;
    lane_head_edit(u, head);
    head->config_last++;
    return true;
}

static bool one_between_is_lost(uow *u)
{
    enum { FURTHER = 3 };
    lane_head *head = lane_head_get(u, uow_lane(u));
    if (head == NULL)
        return false;
    lane_head_edit(u, head);
    (void)config_edit_new(u, head->lane, head->config_last + 1);
    head->config_last += FURTHER;
    (void)config_edit_new(u, head->lane, head->config_last);
    return true;
}

static void each_flaw_is_named(void **state)
{
    MAYBE(state);
    static const flaw flaws[] = {
        {"last_is_lost", last_is_lost, "lane", "config_last"},
        {"one_between_is_lost", one_between_is_lost, "lane", "number of an edit"},
    };
    for (size_t i = 0; i < ARRAY_LEN(flaws); i++) {
        fix *shop = fix_open((fix_options){0});
        verify_summary sum = {0};
        assert_int_equal(verify_app(shop->app, &(verify_options){0}, &sum), R_DONE);
        assert_int_equal(sum.differences, 0);
        flaw_is_named(shop, id_slot(shop->merchant), &flaws[i]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_flaw_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
