/* Parts of imports as they come in a stepped store: again, cut off at every step, beside a format
 * and a word; and what verify says of rows made wrong. */
#include <stdio.h>

#include "app/import_test.h"
#include "domain/code/exchange.h"

enum { MANY = 3000 };

/* More than one act of a lane, and the same again. */
static void many_codes_go_to_their_lanes(void **state)
{
    MAYBE(state);
    static char text[MANY][16];
    static str lines[MANY];
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(text[i], sizeof(text[i]), "C%06d", i);
        lines[i] = (str){text[i], 7};
    }
    seen s = import_lines(1, lines, MANY);
    assert_int_equal(s.code, R_DONE);
    assert_int_equal(s.accepted, MANY);
    s = import_lines(1, lines, MANY);
    assert_int_equal(s.accepted, MANY);
    assert_int_equal(head_of(batch_id).lines, MANY);
    for (int i = 0; i < MANY; i += 97)
        assert_int_equal(found(lines[i]), batch_id);
    fix_verify(shop);
    assert_int_equal(end_import(true), R_DONE);
    (void)app_settle(shop->app);
    assert_int_equal(head_of(batch_id).state, UPLOAD_STATE_REMOVED);
    assert_int_equal(head_of(batch_id).removed, MANY);
    assert_int_equal(found(lines[7]), 0);
    fix_verify(shop);
}

/* Of a text that is refused, what comes again in the same part is refused for the same. */
static void a_text_that_comes_again_has_the_fate_of_the_first(void **state)
{
    MAYBE(state);
    code_word_put_in word = {
        .merchant = shop->merchant, .word = S("SPRING10"), .template = template_id};
    (void)put(ACT_ID_code_word_put, &word);
    str lines[] = {S("spring10"), S("AAAA"), S("Spring-10"), S("aaaa"), S("x"), S("x")};
    seen s = import_lines(1, lines, ARRAY_LEN(lines));
    static const upload_line expected[] = {{0, LINE_FATE_ALREADY_OURS, 0},
                                           {2, LINE_FATE_ALREADY_OURS, 0},
                                           {3, LINE_FATE_DUPLICATE, 2},
                                           {4, LINE_FATE_TOO_SHORT, 0},
                                           {5, LINE_FATE_TOO_SHORT, 0}};
    assert_int_equal(s.accepted, 1);
    assert_int_equal(s.n, ARRAY_LEN(expected));
    for (size_t i = 0; i < s.n; i++) {
        assert_int_equal(s.rest[i].at, expected[i].at);
        assert_int_equal(s.rest[i].fate, expected[i].fate);
        assert_int_equal(s.rest[i].first, expected[i].first);
    }
}

/* The lane of one of the codes, which is not that of the import itself. */
static uint16_t lane_of_some(void)
{
    store *s = app_store(shop->app);
    uint16_t home = store_lane_of_slot(s, id_slot(batch_id)), lane = home;
    for (size_t i = 0; i < FEW && lane == home; i++)
        lane = store_lane_of_slot(s, imported_code_slot(shop->merchant, few[i]));
    assert_int_not_equal(lane, home);
    return lane;
}

/* A request is held up at any step, its codes placed in some lanes and not in others, when the part
 * comes again. One of the two is the answer, and each code is there once. */
static void a_part_that_is_held_up_is_sent_again(void **state)
{
    store *s;
    int overtaken = 0;
    for (int steps = 0; steps < 8; steps++) {
        seen first, again;
        s = app_store(shop->app);
        uint16_t still = lane_of_some();
        begin(1, few, FEW, &first);
        step(steps);
        store_halt_lane(s, still, true);
        (void)app_settle(shop->app);
        begin(1, few, FEW, &again);
        (void)app_settle(shop->app);
        store_halt_lane(s, still, false);
        (void)app_settle(shop->app);
        assert_true(first.there && again.there);
        assert_true(first.code == R_DONE || first.code == R_BUSY);
        assert_int_equal(again.code, R_DONE);
        assert_int_equal(again.accepted, FEW);
        assert_int_equal(head_of(batch_id).lines, FEW);
        overtaken += first.code == R_BUSY;
        fix_verify(shop);
        (void)tear_down(state);
        (void)set_up(state);
    }
    assert_in_range(overtaken, 1, 7);
}

/* Two requests with the same part at once: one may be told to send it again, none counts twice. */
static void the_same_part_twice_at_once_counts_once(void **state)
{
    MAYBE(state);
    seen a, b;
    begin(1, few, FEW, &a);
    begin(1, few, FEW, &b);
    (void)app_settle(shop->app);
    assert_true(a.there && b.there);
    assert_true(a.code == R_DONE || a.code == R_BUSY);
    assert_true(b.code == R_DONE || b.code == R_BUSY);
    assert_true(a.code == R_DONE || b.code == R_DONE);
    assert_int_equal(head_of(batch_id).accepted, FEW);
    seen c = import_lines(1, few, FEW);
    assert_int_equal(c.accepted, FEW);
    fix_verify(shop);
}

/* Steps from the one to the other; below 0: the part comes second. */
enum { BEFORE = 4, BEHIND = 12 };

/* NULL: it is an imported code already. */
static fix_act *send_word(const code_word_put_in *word, row_out *out)
{
    code_word_put_in *in = ARENA_NEW(shop->memory, code_word_put_in);
    app_view v;
    *in = *word;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    bool is = codes_word_is_imported(&v, shop->merchant, word->word, &in->parts);
    assert_int_equal(app_view_close(&v), R_DONE);
    return is ? NULL : fix_submit(shop, ACT_ID_code_word_put, id_slot(shop->merchant), in, out);
}

/* A word that is made while the part comes in: the code, or the word, never both. */
static void a_word_and_a_code_are_never_both(void **state)
{
    code_word_put_in word = {.merchant = shop->merchant, .word = few[0], .template = template_id};
    int words = 0, codes = 0;
    for (int steps = -BEFORE; steps < BEHIND; steps++) {
        seen s;
        row_out out = {0};
        fix_act *a = steps < 0 ? send_word(&word, &out) : NULL;
        step(-steps - 1);
        begin(1, few, FEW, &s);
        step(steps);
        if (steps >= 0)
            a = send_word(&word, &out);
        (void)app_settle(shop->app);
        assert_true(s.there && (a == NULL || a->ended));
        bool made = a != NULL && a->call.code == R_DONE;
        assert_int_equal(s.code, R_DONE);
        assert_int_equal(s.accepted, made ? FEW - 1 : FEW);
        words += made;
        codes += !made;
        fix_verify(shop);
        (void)tear_down(state);
        (void)set_up(state);
    }
    assert_true(words >= BEFORE && codes > 0);
}

static void formats_and_imports_at_once_share_no_text(void **state)
{
    int formats = 0, codes = 0;
    for (int steps = -BEFORE; steps < BEHIND; steps++) {
        seen s;
        code_format_put_in in = {.merchant = shop->merchant,
                                 .name = S("F"),
                                 .alphabet = S("ABCDEFGH"),
                                 .length = 7,
                                 .expected = 1,
                                 .reason = S("a test")};
        str lines[] = {S("ABCDEFG"), S("ZZZZZZZ")};
        row_out out = {0};
        uint16_t home = id_slot(shop->merchant);
        assert_int_equal(codes_key_make(shop->app, shop->merchant, shop->memory, &in.sealed),
                         R_DONE);
        fix_act *a = steps < 0 ? fix_submit(shop, ACT_ID_code_format_put, home, &in, &out) : NULL;
        step(-steps - 1);
        begin(1, lines, 2, &s);
        step(steps);
        if (a == NULL)
            a = fix_submit(shop, ACT_ID_code_format_put, home, &in, &out);
        (void)app_settle(shop->app);
        assert_true(a->ended && s.there);
        assert_int_equal(s.accepted, a->call.code == R_DONE ? 1 : 2);
        formats += a->call.code == R_DONE;
        codes += a->call.code != R_DONE;
        fix_verify(shop);
        (void)tear_down(state);
        (void)set_up(state);
    }
    assert_true(formats >= BEFORE && codes > 0);
}

/* ---- what verify finds ---- */

static imported_code *code_row(uow *u)
{
    imported_code *row =
        imported_code_get(u, imported_code_slot(shop->merchant, few[0]), shop->merchant, few[0]);
    if (row != NULL)
        imported_code_edit(u, row);
    return row;
}

static bool code_lost(uow *u)
{
    imported_code *row = code_row(u);
    if (row != NULL)
        imported_code_delete(u, row);
    return row != NULL;
}

static bool code_of_none(uow *u)
{
    imported_code *row = code_row(u);
    if (row != NULL)
        row->batch++;
    return row != NULL;
}

static bool line_ahead(uow *u)
{
    imported_code *row = code_row(u);
    if (row != NULL)
        row->line = FEW + 1;
    return row != NULL;
}

static bool counted_more(uow *u)
{
    upload *row = upload_get(u, id_slot(batch_id), batch_id);
    if (row == NULL)
        return false;
    upload_edit(u, row);
    row->accepted++;
    return true;
}

static bool shape_lost(uow *u)
{
    code_shape *row = code_shape_get(u, id_slot(batch_id), shop->merchant, 0);
    if (row != NULL)
        code_shape_delete(u, row);
    return row != NULL;
}

static bool part_lost(uow *u)
{
    upload_part *row = upload_part_get(u, id_slot(batch_id), batch_id, 1);
    if (row != NULL)
        upload_part_delete(u, row);
    return row != NULL;
}

static bool slots_lost(uow *u)
{
    upload *row = upload_get(u, id_slot(batch_id), batch_id);
    if (row == NULL)
        return false;
    upload_edit(u, row);
    row->slots = (str){slot_bits_new(uow_memory(u)), SLOT_BITS_BYTES};
    return true;
}

static bool lines_less(uow *u)
{
    upload *row = upload_get(u, id_slot(batch_id), batch_id);
    if (row == NULL)
        return false;
    upload_edit(u, row);
    row->lines--;
    return true;
}

static void exchange_first(void)
{
    code_reserve_in in = {.merchant = shop->merchant,
                          .format = batch_id,
                          .place = SLOT_COUNT + imported_code_slot(shop->merchant, few[0])};
    code_reserve_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_code_reserve, code_place_slot(in.place), &in, &out),
                     R_DONE);
}

static void every_flaw_is_named(void **state)
{
    static const struct {
        flaw is;
        bool home; /* in the merchant's slot, not the code's */
        bool unfinished;
    } flaws[] = {{{"code_lost", code_lost, "import", "codes"}, false, false},
                 {{"code_lost", code_lost, "import", "rows of an exchanged code"}, false, false},
                 {{"code_of_none", code_of_none, "import", "its import is there"}, false, false},
                 {{"line_ahead", line_ahead, "import", "its part is coming in"}, false, false},
                 {{"counted_more", counted_more, "import", "accepted"}, true, false},
                 {{"counted_more", counted_more, "import", "count"}, true, false},
                 {{"shape_lost", shape_lost, "import", "it looks as noted"}, true, false},
                 {{"part_lost", part_lost, "import", "lines"}, true, false},
                 {{"lines_less", lines_less, "import", "last line"}, true, false},
                 {{"slots_lost", slots_lost, "import", "its slot is noted"}, true, true}};
    for (size_t i = 0; i < ARRAY_LEN(flaws); i++) {
        assert_int_equal(import_lines(1, few, FEW).accepted, FEW);
        if (!flaws[i].unfinished) {
            assert_int_equal(end_import(false), R_DONE);
            exchange_first();
        }
        flaw_is_named(
            shop, flaws[i].home ? id_slot(batch_id) : imported_code_slot(shop->merchant, few[0]),
            &flaws[i].is);
        (void)set_up(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(many_codes_go_to_their_lanes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_text_that_comes_again_has_the_fate_of_the_first, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_part_that_is_held_up_is_sent_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_part_twice_at_once_counts_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_word_and_a_code_are_never_both, set_up, tear_down),
        cmocka_unit_test_setup_teardown(formats_and_imports_at_once_share_no_text, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(every_flaw_is_named, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
