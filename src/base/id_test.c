/* Ids: packing and text there and back, what is refused, and slots that do not move. */
#include "base/id.h"

#include "base/test_help.h"

#define TIME_LAST_MS (ID_EPOCH_MS + (INT64_C(1) << 40) - 1)

static str text_of(id_kind kind, uint64_t id, char *out)
{
    return (str){out, id_text(kind, id, out)};
}

static void parts_come_back_and_text_comes_back(void **state)
{
    (void)state;
    uint64_t seed = 5;
    buf b;
    buf_init(&b, 64);
    for (int i = 0; i < 20000; i++) {
        int64_t time_ms = ID_EPOCH_MS + 1 + (int64_t)(next_random(&seed) >> 25);
        uint16_t slot = (uint16_t)random_below(&seed, SLOT_COUNT);
        uint16_t sequence = (uint16_t)random_below(&seed, ID_SEQUENCE_COUNT);
        id_kind kind = (id_kind)random_below(&seed, ID_KIND_COUNT);
        uint64_t id = id_make(time_ms, slot, sequence);
        assert_int_equal(id_slot(id), slot);
        assert_true(id_time_ms(id) == time_ms);
        assert_true(id_order(id) == id_make(time_ms, 0, sequence));
        char text[ID_TEXT_MAX];
        str s = text_of(kind, id, text);
        assert_int_equal(text[s.n], '\0');
        assert_int_equal(s.n, 17);
        buf_clear(&b);
        id_write(&b, kind, id);
        assert_str(buf_view(&b), s);
        uint64_t back = 0;
        assert_true(id_parse(kind, s, &back));
        assert_true(back == id);
    }
    buf_free(&b);
}

static void text_is_pinned(void **state)
{
    (void)state;
    char text[ID_TEXT_MAX];
    assert_str(text_of(ID_COUPON, id_make(INT64_C(1795334400000), 1234, 5), text),
               S("cpn_2g0z4gr00k905"));
    assert_str(text_of(ID_HOLD, id_make(ID_EPOCH_MS, 0, 1), text), S("hld_0000000000001"));
    assert_str(text_of(ID_JOB, id_make(TIME_LAST_MS, 9999, 511), text), S("job_7zzzzzzzww7zz"));
    assert_str(text_of(ID_KEY, UINT64_MAX, text), S("key_fzzzzzzzzzzzz"));
}

static void ids_and_their_text_ascend_with_time(void **state)
{
    (void)state;
    char before[ID_TEXT_MAX];
    char after[ID_TEXT_MAX];
    uint64_t a = id_make(ID_EPOCH_MS + 999, 9999, 511);
    uint64_t b = id_make(ID_EPOCH_MS + 1000, 0, 0);
    assert_true(a < b);
    assert_int_equal(str_cmp(text_of(ID_JOB, a, before), text_of(ID_JOB, b, after)), -1);
}

static void prefixes_are_three_letters_and_differ(void **state)
{
    (void)state;
    for (int i = 0; i < ID_KIND_COUNT; i++) {
        assert_int_equal(id_prefix((id_kind)i).n, 3);
        for (int j = 0; j < i; j++)
            assert_int_not_equal(str_cmp(id_prefix((id_kind)i), id_prefix((id_kind)j)), 0);
    }
    assert_str(id_prefix(ID_COUPON), S("cpn"));
}

static void capitals_are_read_and_nothing_else_is_forgiven(void **state)
{
    (void)state;
    uint64_t id = 0;
    assert_true(id_parse(ID_COUPON, S("CPN_2G0Z4GR00K905"), &id));
    assert_true(id == id_make(INT64_C(1795334400000), 1234, 5));
    static const char *const bad[] = {
        "",
        "cpn",
        "cpn_",
        "cpn_2g0z4gr00k90",
        "cpn_2g0z4gr00k9055",
        "cpn-2g0z4gr00k905",
        "cpn2g0z4gr00k9055",
        "hld_2g0z4gr00k905",
        " cpn_2g0z4gr00k905",
        "cpn_2g0z4gr00k905 ",
        "cpn_2gOz4gr00k905", /* Crockford would read O as 0: two texts for one id */
        "cpn_2g0z4grl0k905",
        "cpn_2g0z4gri0k905",
        "cpn_2g0z4gru0k905",
        "cpn_2g0z4gr-0k905",
        "cpn_2g0z4gr\xC3\xA9k905",
        "cpn_0000000000000", /* 0 is no id */
        "cpn_8000000000000", /* the granted form */
        "cpn_fzzzzzzzzzzzz",
        "cpn_g000000000000", /* 65 bits */
        "cpn_zzzzzzzzzzzzz",
        "cpn_000000004w800", /* slot 10000 */
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        id = 99;
        if (id_parse(ID_COUPON, str_of(bad[i]), &id))
            fail_msg("%s", bad[i]);
        assert_true(id == 99);
    }
    assert_false(id_parse(ID_COUPON, (str){"cpn_2g0z4gr\0000k905", 17}, &id));
    assert_false(id_parse(ID_COUPON, (str){NULL, 0}, &id));
}

static void the_last_slot_parses_and_the_next_does_not(void **state)
{
    (void)state;
    char text[ID_TEXT_MAX];
    uint64_t id;
    uint64_t last = UINT64_C(9999) << 9;
    assert_true(id_parse(ID_COUPON, text_of(ID_COUPON, last, text), &id));
    assert_int_equal(id_slot(id), 9999);
    assert_false(id_parse(ID_COUPON, text_of(ID_COUPON, UINT64_C(10000) << 9, text), &id));
    assert_false(id_parse(ID_COUPON, text_of(ID_COUPON, UINT64_C(16383) << 9, text), &id));
}

static void slots_do_not_move(void **state)
{
    (void)state;
    assert_int_equal(slot_of_user(1, S("user-1")), 5844);
    assert_int_equal(slot_of_user(2, S("user-1")), 6732);
    assert_int_equal(slot_of_user(UINT64_C(0x0123456789abcdef), S("u")), 8409);
    assert_int_equal(slot_of_hash(0), 0);
    assert_int_equal(slot_of_hash(10000), 0);
    assert_int_equal(slot_of_hash(UINT64_MAX), UINT64_MAX % 10000);
}

static void users_spread_over_all_slots(void **state)
{
    (void)state;
    static int count[SLOT_COUNT];
    for (int i = 0; i < SLOT_COUNT * 100; i++) {
        char name[8] = {'u',
                        (char)('0' + i % 10),
                        (char)('0' + i / 10 % 10),
                        (char)('0' + i / 100 % 10),
                        (char)('0' + i / 1000 % 10),
                        (char)('0' + i / 10000 % 10),
                        (char)('0' + i / 100000 % 10),
                        'x'};
        count[slot_of_user(7, (str){name, sizeof name})]++;
    }
    /* 100 a slot with a standard deviation of 10: seven of them either way. */
    for (int i = 0; i < SLOT_COUNT; i++)
        assert_in_range(count[i], 30, 170);
}

static void before_the_epoch(void)
{
    (void)id_make(ID_EPOCH_MS - 1, 0, 0);
}

static void after_the_end(void)
{
    (void)id_make(TIME_LAST_MS + 1, 0, 0);
}

static void no_such_slot(void)
{
    (void)id_make(ID_EPOCH_MS, SLOT_COUNT, 0);
}

static void no_such_sequence(void)
{
    (void)id_make(ID_EPOCH_MS, 0, ID_SEQUENCE_COUNT);
}

static void parts_out_of_range_are_a_defect(void **state)
{
    (void)state;
    assert_true(aborts(before_the_epoch));
    assert_true(aborts(after_the_end));
    assert_true(aborts(no_such_slot));
    assert_true(aborts(no_such_sequence));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_back_and_text_comes_back),
        cmocka_unit_test(text_is_pinned),
        cmocka_unit_test(ids_and_their_text_ascend_with_time),
        cmocka_unit_test(prefixes_are_three_letters_and_differ),
        cmocka_unit_test(capitals_are_read_and_nothing_else_is_forgiven),
        cmocka_unit_test(the_last_slot_parses_and_the_next_does_not),
        cmocka_unit_test(slots_do_not_move),
        cmocka_unit_test(users_spread_over_all_slots),
        cmocka_unit_test(parts_out_of_range_are_a_defect),
    };
    return cmocka_run_group_tests_name("base/id", tests, NULL, NULL);
}
