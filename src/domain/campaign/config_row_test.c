/* Deep copies in one block: equal to the row, and nothing of them outside the block. */
#include "domain/campaign/config_row.h"

#include <stdalign.h>
#include <stdlib.h>

#include "base/test_help.h"
#include "domain/table.gen.h"

static redemption some_redemption(order_line *lines, applied_coupon *applied)
{
    redemption r = {.id = 7, .order_number = S("order-1"), .currency = S("CNY"), .returns = 2};
    lines[0] = (order_line){.sku = S("a"), .category = S("long category name"), .quantity = 3};
    lines[1] = (order_line){.sku = S("b"), .unit_minor = 99};
    applied[0] = (applied_coupon){.coupon = 5, .returned = true};
    r.lines.items = lines;
    r.lines.n = 2;
    r.applied.items = applied;
    r.applied.n = 1;
    return r;
}

static void a_copy_equals_the_row_and_outlives_it(void **state)
{
    (void)state;
    order_line lines[2], kept_lines[2];
    applied_coupon applied[1], kept_applied[1];
    redemption r = some_redemption(lines, applied);
    redemption same = some_redemption(kept_lines, kept_applied);
    void *copy;
    void *block = config_row_new(24, &redemption_table.record, &r, &copy);
    memset(lines, 0xff, sizeof(lines));
    memset(applied, 0xff, sizeof(applied));
    assert_true(record_equal(&redemption_table.record, copy, &same));
    const redemption *copied = copy;
    assert_int_equal((uintptr_t)copied->lines.items % alignof(max_align_t), 0);
    assert_int_equal((uintptr_t)copy % alignof(max_align_t), 0);
    for (size_t i = 0; i < 24; i++) {
        assert_int_equal(((const char *)block)[i], 0);
    }
    free(block);
}

static void empty_text_and_lists_need_no_memory(void **state)
{
    (void)state;
    redemption zero = {0};
    void *copy;
    void *block = config_row_new(0, &redemption_table.record, &zero, &copy);
    assert_ptr_equal(block, copy);
    assert_true(record_equal(&redemption_table.record, copy, &zero));
    assert_null(((const redemption *)copy)->lines.items);
    assert_null(((const redemption *)copy)->store.p);
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_equals_the_row_and_outlives_it),
        cmocka_unit_test(empty_text_and_lists_need_no_memory),
    };
    return cmocka_run_group_tests_name("config_row", tests, NULL, NULL);
}
