/* The ends of imports in a stepped store: cancelled at every step, where its codes are and nowhere
 * else; and finished without a part that nobody sends any more. */
#include "app/import_test.h"
#include "domain/code/exchange.h"

/* ---- cancelling ---- */

/* An attempt that is overtaken by the cancellation leaves no code behind, at whatever step. */
static void a_cancelled_part_leaves_no_code(void **state)
{
    for (int steps = 0; steps < 12; steps++) {
        seen s;
        begin(1, few, FEW, &s);
        for (int i = 0; i < steps; i++)
            (void)store_step(app_store(shop->app));
        assert_int_equal(end_import(true), R_DONE);
        (void)app_settle(shop->app);
        assert_true(s.there);
        assert_int_equal(head_of(batch_id).state, UPLOAD_STATE_REMOVED);
        for (size_t i = 0; i < FEW; i++)
            assert_int_equal(found(few[i]), 0);
        fix_verify(shop);
        (void)tear_down(state);
        (void)set_up(state);
    }
}

static uint64_t commits(void)
{
    store_metrics m;
    store_metrics_read(app_store(shop->app), &m);
    return m.requests;
}

/* As imports were before they noted their slots. */
static bool forget_slots(uow *u)
{
    upload *row = upload_get(u, id_slot(batch_id), batch_id);
    if (row == NULL)
        return false;
    upload_edit(u, row);
    row->slots = (str){NULL, 0};
    return true;
}

/* Of FEW codes: each has a slot or more to be looked at, not every slot there is. */
static void cancelling_looks_where_the_codes_are(void **state)
{
    static const struct {
        size_t lines;
        bool of_before;
        uint64_t least, most; /* requests of lanes */
    } cases[] = {{0, false, 1, 8}, {FEW, false, 2 * FEW, 8 * FEW}, {FEW, true, 600, UINT64_MAX}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (cases[i].lines > 0)
            assert_int_equal(import_lines(1, few, cases[i].lines).accepted, cases[i].lines);
        if (cases[i].of_before)
            make_wrong(shop, id_slot(batch_id), forget_slots);
        uint64_t begun = commits();
        assert_int_equal(end_import(true), R_DONE);
        (void)app_settle(shop->app);
        assert_in_range(commits() - begun, cases[i].least, cases[i].most);
        assert_int_equal(head_of(batch_id).state, UPLOAD_STATE_REMOVED);
        assert_int_equal(head_of(batch_id).removed, cases[i].lines);
        fix_verify(shop);
        (void)tear_down(state);
        (void)set_up(state);
    }
}

/* ---- a part that nobody sends any more ---- */

static uint16_t slot_of_some(size_t i)
{
    return imported_code_slot(shop->merchant, few[i]);
}

/* The last two lines are in a part that has begun, and one of them is placed. anywhere: every slot
 * is noted, so that taking it out is a long walk. */
static void vanish_from(bool anywhere)
{
    char *bits = slot_bits_new(shop->memory);
    code_part_out begun = {0};
    code_place_out placed = {0};
    code_mask masks[SHAPE_MASKS_MAX];
    shape like = {0};
    assert_int_equal(import_lines(1, few, FEW - 2).accepted, FEW - 2);
    for (size_t i = FEW - 2; i < FEW; i++) {
        bits_add(bits, slot_of_some(i));
        shape_add(&like, few[i]);
    }
    if (anywhere)
        memset(bits, 0xff, SLOT_BITS_BYTES);
    code_part_in part = {.merchant = shop->merchant,
                         .batch = batch_id,
                         .first = FEW - 1,
                         .lines = 2,
                         .slots = {bits, SLOT_BITS_BYTES}};
    part.masks.items = masks;
    part.masks.n = shape_masks(&like, masks);
    assert_int_equal(fix_run(shop, ACT_ID_code_part, id_slot(batch_id), &part, &begun), R_DONE);
    code_line last = {.line = FEW, .slot = slot_of_some(FEW - 1), .code = few[FEW - 1]};
    code_place_in in = {.merchant = shop->merchant, .batch = batch_id, .attempt = begun.attempt};
    in.lines.items = &last;
    in.lines.n = 1;
    assert_int_equal(fix_run(shop, ACT_ID_code_place, last.slot, &in, &placed), R_DONE);
    assert_int_equal(placed.lines.items[0].fate, LINE_FATE_ACCEPTED);
}

static void vanish(void)
{
    vanish_from(false);
}

static result reserve(size_t i)
{
    uint16_t slot = slot_of_some(i);
    code_reserve_in in = {.merchant = shop->merchant,
                          .format = batch_id,
                          .place = (uint64_t)(i + 1) * SLOT_COUNT + slot,
                          .told = true};
    code_reserve_out out = {0};
    return fix_run(shop, ACT_ID_code_reserve, slot, &in, &out);
}

static void an_import_ends_without_a_part_that_vanished(void **state)
{
    MAYBE(state);
    vanish();
    assert_int_equal(end_import(false), R_BUSY);
    fix_pass(shop, UPLOAD_OPEN_MS - 1);
    assert_int_equal(end_import(false), R_BUSY);
    assert_true(str_eq(shop->detail, S("A part is coming in: send it again, or finish without it "
                                       "in 1 s.")));
    fix_verify(shop);
    fix_pass(shop, 1);
    code_import_end_in in = {.merchant = shop->merchant, .batch = batch_id};
    row_out out = {0};
    fix_act *end = fix_submit(shop, ACT_ID_code_import_end, id_slot(batch_id), &in, &out);
    while (!end->ended)
        step(1);
    assert_int_equal(end->call.code, R_DONE);
    assert_int_equal(reserve(FEW - 1), R_CODE_INVALID);
    (void)app_settle(shop->app);
    upload head = head_of(batch_id);
    assert_int_equal(head.state, UPLOAD_STATE_FINISHED);
    assert_int_equal(head.lines, FEW - 2);
    assert_int_equal(head.removers, 0);
    assert_int_equal(head.removed, 0);
    assert_int_equal(found(few[FEW - 1]), 0); /* and another import may have it */
    assert_int_equal(reserve(FEW - 3), R_DONE);
    fix_verify(shop);
    batch_id = make_import();
    assert_int_equal(import_lines(1, few, FEW).accepted, 2);
    fix_verify(shop);
}

static fix_act *begin_end(bool cancel, row_out *out)
{
    static code_import_end_in in;
    in = (code_import_end_in){.merchant = shop->merchant, .batch = batch_id, .cancel = cancel};
    return fix_submit(shop, ACT_ID_code_import_end, id_slot(batch_id), &in, out);
}

/* From the answer on, whatever the chains have taken out by then: what the import does not have is
 * nobody's, and is the other's when they come by. Of a cancelled one all is counted as out. */
static void an_ended_import_keeps_no_code_from_another(void **state)
{
    enum { STARTS = 16, STEPS = 50 };
    int before = 0, behind = 0;
    for (int i = 0; i < 2 * STARTS; i++) {
        bool cancel = i % 2 == 1;
        row_out out = {0};
        uint64_t ended = batch_id, other = make_import();
        vanish_from(true);
        if (!cancel)
            fix_pass(shop, UPLOAD_OPEN_MS);
        fix_act *end = begin_end(cancel, &out);
        while (!end->ended)
            step(1);
        assert_int_equal(end->call.code, R_DONE);
        step(i / 2 * STEPS);
        bool taken_out = head_of(ended).removers == 0;
        before += !taken_out;
        behind += taken_out;
        batch_id = other;
        seen s = import_lines(1, few, FEW);
        assert_int_equal(s.code, R_DONE);
        assert_int_equal(s.accepted, cancel ? FEW : 2);
        for (size_t k = 0; k < FEW; k++)
            assert_int_equal(found(few[k]), cancel || k >= FEW - 2 ? batch_id : ended);
        upload head = head_of(ended);
        assert_int_equal(head.removers, 0);
        assert_int_equal(head.removed, cancel ? FEW - 1 : 0);
        assert_int_equal(head.state, cancel ? UPLOAD_STATE_REMOVED : UPLOAD_STATE_FINISHED);
        assert_int_equal(import_lines(1, few, FEW).accepted, s.accepted);
        assert_int_equal(end_import(false), R_DONE);
        assert_int_equal(reserve(FEW - 1), R_DONE);
        fix_verify(shop);
        (void)tear_down(state);
        (void)set_up(state);
    }
    assert_true(before > 0 && behind > 0);
}

static void what_a_part_that_vanished_has_placed_is_cancelled(void **state)
{
    MAYBE(state);
    vanish();
    assert_int_equal(end_import(true), R_DONE);
    (void)app_settle(shop->app);
    assert_int_equal(head_of(batch_id).state, UPLOAD_STATE_REMOVED);
    for (size_t i = 0; i < FEW; i++)
        assert_int_equal(found(few[i]), 0);
    fix_verify(shop);
}

/* It was only slow: the import has ended without it, at whatever step it is. */
static void a_part_that_is_too_slow_leaves_no_code(void **state)
{
    int late = 0;
    for (int steps = 1; steps < 12; steps++) {
        seen s;
        begin(1, few, FEW, &s);
        step(steps);
        fix_pass(shop, UPLOAD_OPEN_MS);
        assert_int_equal(end_import(false), R_DONE);
        (void)app_settle(shop->app);
        assert_true(s.there);
        assert_int_equal(s.code, head_of(batch_id).lines == FEW ? R_DONE : R_BUSY);
        late += s.code == R_BUSY;
        for (size_t i = 0; i < FEW; i++)
            assert_int_equal(found(few[i]), s.code == R_DONE ? batch_id : 0);
        fix_verify(shop);
        (void)tear_down(state);
        (void)set_up(state);
    }
    assert_in_range(late, 1, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cancelling_looks_where_the_codes_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_import_ends_without_a_part_that_vanished, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_ended_import_keeps_no_code_from_another, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_a_part_that_vanished_has_placed_is_cancelled, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_part_that_is_too_slow_leaves_no_code, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cancelled_part_leaves_no_code, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
