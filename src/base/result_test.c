/* The table of results: codes, numbers and kinds that clients and stored records rely on. */
#include "base/result.h"

#include "base/test_help.h"

static const struct {
    int number;
    str name;
} rows[] = {
#define RESULT(number, name, status, kind, text) {(number), {#name, sizeof(#name) - 1}},
#include "base/result.def"
#undef RESULT
};

static void a_code_is_the_name_in_lower_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        str code = result_code((result)rows[i].number);
        assert_int_equal(code.n, rows[i].name.n);
        for (size_t j = 0; j < code.n; j++) {
            char c = rows[i].name.p[j];
            assert_int_equal(code.p[j], c == '_' ? c : c - 'A' + 'a');
        }
        assert_int_equal(code.p[code.n], '\0');
    }
    assert_str(result_code(R_DONE), S("done"));
    assert_str(result_code(R_LIMIT_REACHED), S("limit_reached"));
    assert_str(result_code(R_IDEMPOTENCY_KEY_REQUIRED), S("idempotency_key_required"));
}

static void numbers_ascend_so_none_is_used_twice(void **state)
{
    (void)state;
    for (size_t i = 1; i < ARRAY_LEN(rows); i++)
        assert_true(rows[i].number > rows[i - 1].number);
}

static void numbers_that_are_stored_do_not_move(void **state)
{
    (void)state;
    assert_int_equal(R_DONE, 0);
    assert_int_equal(R_INVALID, 10);
    assert_int_equal(R_UNAUTHENTICATED, 20);
    assert_int_equal(R_IDEMPOTENCY_MISMATCH, 33);
    assert_int_equal(R_BUSY, 40);
    assert_int_equal(R_CAMPAIGN_NOT_ACTIVE, 60);
    assert_int_equal(R_SOLD_OUT, 80);
    assert_int_equal(R_COUPON_NOT_AVAILABLE, 100);
    assert_int_equal(R_AMOUNT_MISMATCH, 109);
}

static void every_row_has_a_status_and_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        result r = (result)rows[i].number;
        int status = result_http_status(r);
        assert_true(r == R_DONE ? status == 200 : status >= 400 && status <= 599);
        assert_true(str_is_printable(result_text(r)));
        assert_true(str_ends(result_text(r), S(".")));
        assert_true(result_kind_of(r) <= RESULT_INTERNAL);
        assert_true((r == R_DONE) == (result_kind_of(r) == RESULT_DONE));
    }
    assert_int_equal(result_http_status(R_STORAGE_FULL), 507);
    assert_int_equal(result_kind_of(R_SOLD_OUT), RESULT_PASSING);
    assert_int_equal(result_kind_of(R_LIMIT_REACHED), RESULT_REFUSED);
    assert_int_equal(result_kind_of(R_CORRUPT), RESULT_INTERNAL);
}

static void only_rows_are_known(void **state)
{
    (void)state;
    size_t known = 0;
    for (int number = -300; number < 1000; number++)
        known += result_is_known(number) ? 1 : 0;
    assert_int_equal(known, ARRAY_LEN(rows));
    for (int number = RESULT_NUMBER_MAX + 1; number < 1000; number++)
        assert_false(result_is_known(number));
    assert_false(result_is_known(3));
    assert_false(result_is_known(-1));
    assert_false(result_is_known(INT32_MAX));
    assert_false(result_is_known(INT32_MIN));
}

static void asks_for_no_row(void)
{
    (void)result_code((result)5);
}

static void a_number_without_a_row_is_a_defect(void **state)
{
    (void)state;
    assert_true(aborts(asks_for_no_row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_is_the_name_in_lower_case),
        cmocka_unit_test(numbers_ascend_so_none_is_used_twice),
        cmocka_unit_test(numbers_that_are_stored_do_not_move),
        cmocka_unit_test(every_row_has_a_status_and_a_sentence),
        cmocka_unit_test(only_rows_are_known),
        cmocka_unit_test(a_number_without_a_row_is_a_defect),
    };
    return cmocka_run_group_tests_name("base/result", tests, NULL, NULL);
}
