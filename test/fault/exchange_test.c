/* Codes that are exchanged on a disk that fails: two users try each code at once, and a write or a
 * sync fails, or the disk gets full, somewhere in between. After the next start, or when there is
 * space again, the same keys get the one truth: each code has one coupon, what was acknowledged is
 * there, and no code is kept for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "app/codes.h"
#include "app/sweep.h"
#include "base/id.h"
#include "base/time.h"
#include "domain/campaign/config.h"
#include "domain/price/benefit_test.h"
#include "domain/saga/saga.h"
#include "test/fault/shim/shim.c" /* its functions take the place of libc's in this program */
#include "test/lib/world.h"

enum { CODES = 12, TRIES = 2 * CODES, MIB = 1024 * 1024, WHY_BYTES = 10000 };
#define NOW_MS INT64_C(1767225600000)

typedef struct ground {
    world world;
    uint64_t format, first, template;
    world_act acts[TRIES];
    issue_out before[TRIES]; /* what was acknowledged while the disk failed */
    bool acknowledged[TRIES];
} ground;

static fault_control controls[64]; /* one a world: RocksDB's threads may outlive theirs */

static fault_control *arm(const world *w)
{
    static size_t used;
    assert_true(used < ARRAY_LEN(controls));
    fault_control *control = &controls[used++];
    snprintf(control->under, sizeof(control->under), "%s", w->path);
    fault_now = control;
    return control;
}

/* ---- the ground ---- */

static row_out make(world *w, act_id id, uint16_t slot, const void *in)
{
    row_out out = {0};
    world_act one = {.id = id, .slot = slot, .in = in, .out = &out, .memory = w->memory};
    if (world_run(w, &one) != R_DONE)
        fail_msg("act %d: %.*s", (int)id, STR_ARG(one.detail));
    return out;
}

static void make_template(ground *g)
{
    world *w = &g->world;
    campaign_create_in create = {.slot = 77,
                                 .merchant = w->merchant,
                                 .name = S("Spring"),
                                 .currency = S("USD"),
                                 .claim_from_ms = NOW_MS,
                                 .claim_until_ms = NOW_MS + 30 * MS_DAY,
                                 .use_from_ms = NOW_MS,
                                 .use_until_ms = NOW_MS + 60 * MS_DAY,
                                 .budget_mode = BUDGET_MODE_NONE};
    uint64_t id = make(w, ACT_ID_campaign_create, create.slot, &create).id;
    campaign_state_in go = {
        .merchant = w->merchant, .campaign = id, .state = CAMPAIGN_STATE_ACTIVE};
    (void)make(w, ACT_ID_campaign_state, create.slot, &go);
    template_put_in put = {.merchant = w->merchant,
                           .campaign = id,
                           .stock = CODES,
                           .name = S("Ticket"),
                           .benefit = BENEFIT_KIND_AMOUNT_OFF,
                           .validity = VALIDITY_KIND_AFTER_ISSUE,
                           .duration_days = 10,
                           .reach = EDIT_REACH_NEW_ONLY,
                           .refund = REFUND_RULE_KEEP,
                           .apply = APPLY_MODE_COUPON};
    TEST_SET(put, TERM_AMOUNT_OFF_AMOUNT, 500);
    g->template = make(w, ACT_ID_template_put, create.slot, &put).id;
}

static void make_codes(ground *g)
{
    world *w = &g->world;
    uint16_t home = id_slot(w->merchant);
    code_format_put_in format = {.merchant = w->merchant,
                                 .name = S("Partners"),
                                 .alphabet = code_alphabet_crockford,
                                 .length = 12,
                                 .check = true,
                                 .expected = CODES,
                                 .purpose = CODE_PURPOSE_EXCHANGE};
    result r = codes_key_make(world_app(w), w->merchant, w->memory, &format.sealed);
    assert_int_equal(r, R_DONE);
    g->format = make(w, ACT_ID_code_format_put, home, &format).id;
    code_batch_put_in batch = {.merchant = w->merchant,
                               .fields = CODE_BATCH_NAME,
                               .name = S("Cinema"),
                               .format = g->format,
                               .template = g->template,
                               .count = CODES};
    uint64_t id = make(w, ACT_ID_code_batch_put, home, &batch).id;
    config *c = (config *)(uintptr_t)app_config(world_app(w));
    g->first = config_find_code_batch(c, id)->first;
    config_free(c);
}

/* The i-th try: of code i / 2. */
static void make_try(ground *g, size_t i)
{
    static const reserve_ask nobody = {0};
    arena *memory = g->world.memory;
    issue_in *in = ARENA_NEW(memory, issue_in);
    in->merchant = g->world.merchant;
    in->user = arena_printf(memory, "u-%zu", i);
    in->source = COUPON_SOURCE_EXCHANGE;
    in->mode = ISSUE_MODE_ALL_OR_NONE;
    in->items.items = ARENA_NEW(memory, issue_item);
    in->items.items[0] = (issue_item){g->template, 1};
    in->items.n = 1;
    in->codes.items = ARENA_NEW(memory, code_use);
    in->codes.items[0] = (code_use){.format = g->format, .place = g->first + i / 2, .told = true};
    in->codes.n = 1;
    g->acts[i] = (world_act){.id = ACT_ID_issue,
                             .slot = slot_of_user(in->merchant, in->user),
                             .in = in,
                             .out = ARENA_NEW(memory, issue_out),
                             .memory = memory,
                             .reserve = &nobody,
                             .key = {.merchant = in->merchant,
                                     .subject = in->user,
                                     .key = arena_printf(memory, "k-%zu", i),
                                     .body = 7}};
}

static void open_ground(ground *g)
{
    const world_engine rocks = {.name = S("rocks"), .lanes = 2, .stepped = true};
    world_open(&g->world, &rocks, NOW_MS);
    make_template(g);
    make_codes(g);
    for (size_t i = 0; i < TRIES; i++)
        make_try(g, i);
}

/* ---- trying ---- */

/* The two of each code at once, one code after the other. */
static void try_all(ground *g)
{
    for (size_t i = 0; i < TRIES; i += 2) {
        world_act *both[] = {&g->acts[i], &g->acts[i + 1]};
        world_run_many(&g->world, both, ARRAY_LEN(both));
    }
}

static void try_on_a_bad_disk(ground *g)
{
    try_all(g);
    for (size_t i = 0; i < TRIES; i++) {
        g->acknowledged[i] = g->acts[i].code == R_DONE;
        g->before[i] = *(const issue_out *)g->acts[i].out;
        g->acts[i].out = ARENA_NEW(g->world.memory, issue_out);
    }
}

/* So late that whoever kept a code is asked, and lets it go. A restart needs none of that. */
static void let_time_pass(ground *g)
{
    for (int i = 0; i < 3; i++) {
        atomic_fetch_add(&g->world.clock_ms, SAGA_TRY_MS + SAGA_CHECK_MS);
        assert_true(world_sweep(&g->world));
    }
}

static bool on_code(void *context, str key, const void *row)
{
    MAYBE(key);
    const exchange_code *code = row;
    assert_non_null(code);
    assert_true(code->coupon != 0 && code->reservations.n == 0);
    ++*(size_t *)context;
    return true;
}

static void check_rows(ground *g)
{
    size_t used = 0;
    app_view v;
    buf why;
    arena *memory = arena_new(0);
    buf_init(&why, WHY_BYTES);
    assert_int_equal(app_view_open(world_app(&g->world), memory, &v), R_DONE);
    store_span all = {.table = &exchange_code_table, .index = -1, .from = 0, .until = SLOT_COUNT};
    assert_int_equal(store_each(v.rows, &all, on_code, &used), R_DONE);
    assert_int_equal(app_view_close(&v), R_DONE);
    assert_int_equal(used, CODES);
    if (!world_sound(&g->world, &why))
        fail_msg("%.*s", STR_ARG(buf_view(&why)));
    buf_free(&why);
    arena_free(memory);
}

/* The same keys again: each code has its coupon once, and what was told stays true. */
static void check_truth(ground *g)
{
    try_all(g);
    for (size_t i = 0; i < TRIES; i += 2) {
        const world_act *a = &g->acts[i], *b = &g->acts[i + 1];
        assert_true((a->code == R_DONE) != (b->code == R_DONE));
        assert_true(a->code == R_CODE_USED || b->code == R_CODE_USED);
    }
    for (size_t i = 0; i < TRIES; i++) {
        if (!g->acknowledged[i])
            continue;
        const issue_out *now = g->acts[i].out;
        assert_int_equal(g->acts[i].code, R_DONE);
        assert_true(g->acts[i].replayed);
        assert_true(now->coupons.items[0].coupon == g->before[i].coupons.items[0].coupon);
    }
    check_rows(g);
}

static size_t count_acknowledged(const ground *g)
{
    size_t n = 0;
    for (size_t i = 0; i < TRIES; i++)
        n += g->acknowledged[i];
    return n;
}

/* ---- the stories ---- */

static void after_a_failed_write_or_sync_each_code_has_one_coupon(void **state)
{
    static const int64_t left[] = {0, 2, 5, 13, 21};
    size_t some = 0;
    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_LEN(left); i++) {
        ground g = {0};
        open_ground(&g);
        fault_control *control = arm(&g.world);
        if (i % 2 == 0) {
            atomic_store(&control->writes_left, left[i / 2]);
            atomic_store(&control->write_error, EIO);
        } else {
            atomic_store(&control->syncs_left, left[i / 2]);
            atomic_store(&control->sync_error, EIO);
        }
        try_on_a_bad_disk(&g);
        assert_true(atomic_load(&control->failed) > 0);
        assert_true(count_acknowledged(&g) < CODES);
        some += count_acknowledged(&g) > 0;
        fault_now = NULL; /* a new disk, a new start */
        world_restart(&g.world);
        check_truth(&g);
        world_close(&g.world);
    }
    assert_true(some > 0);
}

/* A record is torn where the space ends. */
static void on_a_full_disk_codes_are_as_good_as_before(void **state)
{
    static const int64_t space[] = {0, 100, 1500, 6300};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(space); i++) {
        ground g = {0};
        open_ground(&g);
        fault_control *control = arm(&g.world);
        atomic_store(&control->space_left, space[i]);
        atomic_store(&control->counts_space, true);
        try_on_a_bad_disk(&g);
        assert_true(count_acknowledged(&g) < CODES);
        atomic_store(&control->space_left, 200LL * MIB); /* somebody has cleared up */
        if (i % 2 == 0)
            world_restart(&g.world);
        else
            let_time_pass(&g);
        check_truth(&g);
        world_close(&g.world);
        fault_now = NULL;
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_failed_write_or_sync_each_code_has_one_coupon),
        cmocka_unit_test(on_a_full_disk_codes_are_as_good_as_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
