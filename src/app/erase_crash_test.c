/* Bob is forgotten (test/lib/person.h), of whom there is a row of every kind that may have a name;
 * and a process is killed between any two commits, messages and all. In what is left he is himself
 * or nobody; the erasure comes to its end by itself; then no row has a name of his, none of his
 * coupons can be used, and what was counted is what it was. Then what verify finds wrong in such a
 * shop. */
#include "app/verify_flaw_test.h"

#include "app/query_coupons.h"
#include "app/query_users.h"
#include "domain/coupon/erase.h"
#include "domain/coupon/move.h"
#include "port/store_care.h"
#include "test/lib/crash.h"
#include "test/lib/person.h"
#include "test/lib/row_texts.h"

enum { ALL = 6 };

#define BOB PERSON_BOB
#define AMY PERSON_AMY

static fix *shop;
static person him;

static uint16_t home(str name)
{
    return slot_of_user(shop->merchant, name);
}

/* ---- the ground ---- */

static void make_shop(void)
{
    person_make(&him, shop);
    person_take_word(&him, shop);
}

/* ---- what is seen ---- */

static bool is_known(str name)
{
    app_view v;
    user_seen seen;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    bool known = query_user(&v, shop->merchant, name, &seen);
    assert_int_equal(app_view_close(&v), R_DONE);
    return known;
}

static void see_left(void *context, const char *place)
{
    MAYBE(context);
    print_message("%s\n", place);
}

typedef struct found_rows {
    uint64_t asked, parts; /* ids: of what was asked for; how many were not */
    size_t open;
} found_rows;

static bool see_erasure(void *context, str key, const void *row)
{
    found_rows *f = context;
    const erasure *e = row;
    MAYBE(key);
    if (e->state == ERASURE_STATE_WAY)
        return true;
    f->asked = e->of == 0 && e->member != 0 ? e->id : f->asked;
    f->parts += e->of != 0;
    f->open += e->state == ERASURE_STATE_OPEN;
    return true;
}

static found_rows erasures(void)
{
    app_view v;
    found_rows f = {0};
    store_span span = {.table = &erasure_table, .index = -1, .until = UINT16_MAX + 1U};
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    assert_int_equal(store_each(v.rows, &span, see_erasure, &f), R_DONE);
    assert_int_equal(app_view_close(&v), R_DONE);
    return f;
}

/* ---- a kill ---- */

/* What was begun goes on; asked again it has been done. */
static void erase_to_the_end(void)
{
    erase_in in = person_erasing(&him, shop);
    erase_out out = {0};
    row_texts left = {him.names, PERSON_NAMES, see_left, NULL};
    bool known = is_known(BOB);
    tally was = fix_tally(shop, him.campaign, him.template);
    assert_int_equal(fix_run(shop, ACT_ID_erase, home(BOB), &in, &out), R_DONE);
    assert_int_equal(out.known, known);
    (void)app_settle(shop->app);
    assert_false(is_known(BOB));
    assert_int_equal(erasures().open, 1); /* the hold is open */
    assert_int_equal(fix_release(shop, him.hold), R_DONE);
    fix_pass(shop, ERASE_ROUND_MS);
    fix_sweep(shop);
    (void)app_settle(shop->app);
    found_rows f = erasures();
    assert_int_equal(f.open, 0);
    assert_int_equal(f.parts, 2); /* amy, and the number */
    assert_false(is_known(AMY));
    assert_int_equal(row_texts_find(shop, &left), 0);
    for (size_t i = 0; i < PERSON_COUPONS; i++)
        assert_int_equal(fix_coupon(shop, him.coupons[i]).state, COUPON_STATE_VOIDED);
    tally now = fix_tally(shop, him.campaign, him.template);
    assert_int_equal(now.issued, was.issued);
    assert_int_equal(now.redeemed, was.redeemed);
    assert_int_equal(now.users, was.users);
    assert_int_equal(now.discount_minor, was.discount_minor);
}

/* What comes back of an order of before is nobody's; and who is called so is somebody new. */
static void go_on_without_him(void)
{
    uint64_t more[ALL];
    assert_int_equal(fix_return(shop, him.order, NULL, 0, &(return_out){0}), R_DONE);
    (void)app_settle(shop->app);
    assert_int_equal(erasures().open, 0);
    assert_int_equal(fix_claim(shop, BOB, him.template, ALL, more), R_DONE);
    assert_int_equal(fix_claim(shop, AMY, him.template, ALL, more), R_DONE);
    fix_verify(shop);
}

typedef struct cuts {
    int himself, going, waiting;
} cuts;

/* Killed behind so many steps; false: all had come to rest by then. */
static bool cut_off(int steps, void *context)
{
    cuts *seen = context;
    shop = crash_open();
    make_shop();
    erase_in in = person_erasing(&him, shop);
    erase_out out = {0};
    (void)fix_submit(shop, ACT_ID_erase, home(BOB), &in, &out);
    bool moves = crash_steps(shop, steps);
    crash_now(shop);
    size_t open = erasures().open;
    seen->himself += is_known(BOB);
    seen->going += open > 1;
    seen->waiting += !is_known(BOB) && open == 1;
    fix_verify(shop);
    erase_to_the_end();
    go_on_without_him();
    crash_close(shop);
    return moves;
}

static void a_kill_at_any_step_ends_in_nobody(void **state)
{
    MAYBE(state);
    cuts seen = {0};
    if (crash_each(cut_off, &seen))
        assert_true(seen.himself > 0 && seen.going > 0 && seen.waiting > 0);
}

/* ---- flaws ---- */

static uint64_t asked_id;

static void open_erased(void)
{
    shop = fix_open((fix_options){0});
    make_shop();
    erase_to_the_end();
    fix_pass(shop, ERASE_ROUND_MS); /* no entry is left that would bring a step */
    fix_sweep(shop);
    (void)app_settle(shop->app);
    asked_id = erasures().asked;
}

static bool he_has_a_name(uow *u)
{
    erasure *row = erasure_get(u, id_slot(asked_id), asked_id);
    if (row == NULL)
        return false;
    member *m = member_get(u, row->slot, row->member);
    user *who = user_get(u, row->slot, row->merchant, row->pseudonym);
    if (m == NULL || who == NULL)
        return false;
    user was = *who;
    user_delete(u, who);
    user *now = user_new(u, was.slot, was.merchant, BOB);
    now->member = was.member;
    now->moved = was.moved;
    member_edit(u, m);
    m->name = BOB;
    return true;
}

static bool his_member_is_free(uow *u)
{
    erasure *row = erasure_get(u, id_slot(asked_id), asked_id);
    if (row == NULL)
        return false;
    member *m = member_get(u, row->slot, row->member);
    if (m == NULL)
        return false;
    member_edit(u, m);
    m->erasure = 0;
    return true;
}

static bool a_coupon_is_open(uow *u)
{
    coupon *row = coupon_get(u, id_slot(him.coupons[0]), him.coupons[0]);
    if (row == NULL)
        return false;
    coupon_edit(u, row);
    row->state = COUPON_STATE_AVAILABLE;
    row->closed = false;
    row->ref = 0;
    return true;
}

FLAW(amy_has_a_name, user_move, id_slot(him.move), him.move, row->user = AMY)
FLAW(it_has_no_end, erasure, id_slot(asked_id), asked_id, row->ended_at_ms = 0)
FLAW(it_waits_for_nothing, erasure, id_slot(asked_id), asked_id, row->untold = 1)
FLAW(it_is_nothing, erasure, id_slot(asked_id), asked_id, row->state = 9)
FLAW(it_keeps_the_name, erasure, id_slot(asked_id), asked_id, row->user = BOB)
FLAW(it_goes_no_further, erasure, id_slot(asked_id), asked_id, row->state = ERASURE_STATE_OPEN)

static bool a_part_is_not_over(uow *u)
{
    erasure *row = erasure_get(u, id_slot(asked_id), asked_id);
    if (row == NULL)
        return false;
    erasure_edit(u, row);
    row->parts.items[0].over = false;
    return true;
}

static void every_flaw_is_named(void **state)
{
    MAYBE(state);
    static const struct {
        flaw of;
        str at;
    } flaws[] = {
        {{"he_has_a_name", he_has_a_name, "erasure", "its member is called by its pseudonym"},
         {"bob-summers", 11}},
        {{"his_member_is_free", his_member_is_free, "user", "a pseudonym is that of an erasure"},
         {"bob-summers", 11}},
        {{"a_coupon_is_open", a_coupon_is_open, "erasure", "nothing of his can be used"},
         {"bob-summers", 11}},
        {{"amy_has_a_name", amy_has_a_name, "erasure", "no part that is over has a name"},
         {"amy-winters", 11}},
        {{"a_part_is_not_over", a_part_is_not_over, "erasure", "it is over when its parts are"},
         {"bob-summers", 11}},
        {{"it_has_no_end", it_has_no_end, "erasure", "it has ended, or not"}, {"bob-summers", 11}},
        {{"it_waits_for_nothing", it_waits_for_nothing, "erasure",
          "all it has sent is answered when it is over"},
         {"bob-summers", 11}},
        {{"it_is_nothing", it_is_nothing, "erasure", "state is known"}, {"bob-summers", 11}},
        {{"it_keeps_the_name", it_keeps_the_name, "erasure",
          "the name is gone behind the first stages"},
         {"bob-summers", 11}},
        {{"it_goes_no_further", it_goes_no_further, "erasure", "it goes on"}, {"bob-summers", 11}},
    };
    for (size_t i = 0; i < ARRAY_LEN(flaws); i++) {
        open_erased();
        flaw_is_named(shop, home(flaws[i].at), &flaws[i].of);
    }
}

int main(int count, char **arguments)
{
    const struct CMUnitTest kills[] = {
        cmocka_unit_test(a_kill_at_any_step_ends_in_nobody),
    };
    const struct CMUnitTest others[] = {
        cmocka_unit_test(every_flaw_is_named),
    };
    if (!crash_on(count, arguments))
        return 2;
    int failed = cmocka_run_group_tests(kills, NULL, NULL);
    return crash_is_pg() ? failed : failed + cmocka_run_group_tests(others, NULL, NULL);
}
