/* Users who become one, or are forgotten, while anything else happens to them: claims, orders,
 * offers, voids, other merges, and numbers that are bound to them and unbound with what waits for
 * those, on lanes that are stepped in random order, so that messages come late. Whatever comes
 * first: at the end no two merges make a circle, each coupon has one owner, nothing is left with a
 * number that was bound since, nobody is counted twice, nobody who is forgotten has anything, and
 * all that is stored agrees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "app/query_coupons.h"
#include "app/query_phones.h"
#include "app/query_users.h"
#include "domain/coupon/erase.h"
#include "domain/coupon/move.h"
#include "domain/phone/holder.h"
#include "port/store_care.h"
#include "test/lib/domain_fixture.h"

enum { USERS = 5, NUMBERS = 2, SEEDS = 200, STEPS = 100, COUPONS_MAX = 200, WALLET_MAX = 300 };

static const str names[USERS] = {{"ann", 3}, {"bob", 3}, {"cid", 3}, {"dee", 3}, {"eve", 3}};

typedef struct ground {
    fix *shop;
    uint64_t random;
    uint64_t template_id;
    uint64_t coupons[COUPONS_MAX]; /* by their first ids */
    size_t n;
    fix_act *acts[STEPS];
    size_t acts_n;
    uint64_t sequence; /* of bindings: later ones are higher */
} ground;

static uint32_t pick(ground *g, uint32_t n)
{
    g->random ^= g->random << 13;
    g->random ^= g->random >> 7;
    g->random ^= g->random << 17;
    return (uint32_t)(g->random >> 20) % n;
}

static void begin(ground *g, act_id id, uint16_t slot, const void *in, size_t out_bytes)
{
    g->acts[g->acts_n++] =
        fix_submit(g->shop, id, slot, in, arena_alloc(g->shop->memory, out_bytes));
}

/* ---- what happens ---- */

static void claim(ground *g, str who)
{
    issue_in *in = ARENA_NEW(g->shop->memory, issue_in);
    issue_item *item = ARENA_NEW(g->shop->memory, issue_item);
    *item = (issue_item){.template = g->template_id, .count = 1 + pick(g, 3)};
    *in = (issue_in){.merchant = g->shop->merchant,
                     .user = who,
                     .source = COUPON_SOURCE_CLAIM,
                     .mode = ISSUE_MODE_ALL_OR_NONE};
    in->items.items = item;
    in->items.n = 1;
    begin(g, ACT_ID_issue, slot_of_user(in->merchant, who), in, sizeof(issue_out));
}

static void merge(ground *g, str from, str to)
{
    move_begin_in *in = ARENA_NEW(g->shop->memory, move_begin_in);
    *in = (move_begin_in){
        .merchant = g->shop->merchant, .user = from, .to = to, .reason = MOVE_REASON_MERGE};
    begin(g, ACT_ID_move_begin, slot_of_user(in->merchant, from), in, sizeof(move_begin_out));
}

static void forget(ground *g, str who)
{
    erase_in *in = ARENA_NEW(g->shop->memory, erase_in);
    *in = (erase_in){.merchant = g->shop->merchant,
                     .user = who,
                     .hi = pick(g, UINT32_MAX),
                     .lo = pick(g, UINT32_MAX)};
    begin(g, ACT_ID_erase, slot_of_user(in->merchant, who), in, sizeof(erase_out));
}

static void offer(ground *g, uint64_t id, str from, str to)
{
    transfer_offer_in *in = ARENA_NEW(g->shop->memory, transfer_offer_in);
    *in = (transfer_offer_in){.merchant = g->shop->merchant, .coupon = id, .user = from, .to = to};
    begin(g, ACT_ID_transfer_offer, id_slot(id), in, sizeof(transfer_offer_out));
}

static void end_coupon(ground *g, uint64_t id)
{
    void_in *in = ARENA_NEW(g->shop->memory, void_in);
    *in =
        (void_in){.merchant = g->shop->merchant,
                  .coupon = id,
                  .reason = pick(g, 2) == 0 ? VOID_REASON_REQUESTED : VOID_REASON_ISSUED_IN_ERROR};
    begin(g, ACT_ID_void, id_slot(id), in, sizeof(void_out));
}

/* Whose it is by what is committed, and its id now; an order of one coupon, to its end. */
static void order(ground *g, uint64_t first)
{
    app_view v;
    coupon_seen seen;
    uint64_t id_of_order;
    assert_int_equal(app_view_open(g->shop->app, g->shop->memory, &v), R_DONE);
    uint64_t id = query_coupon_now(&v, first);
    assert_true(query_coupon(&v, g->shop->merchant, id, &seen));
    str who = arena_str(g->shop->memory, seen.user);
    assert_int_equal(app_view_close(&v), R_DONE);
    if (erase_is_pseudonym(who))
        return; /* nobody can name him */
    order_line line = {.sku = S("tea"), .quantity = 1, .unit_minor = 5000};
    fix_order of = {.user = who,
                    .number = arena_printf(g->shop->memory, "o%zu", g->acts_n),
                    .coupons = &id,
                    .coupon_count = 1,
                    .lines = &line,
                    .line_count = 1};
    if (pick(g, 2) == 0)
        (void)fix_hold(g->shop, &of, &id_of_order);
    else if (fix_redeem(g->shop, &of, &id_of_order) == R_DONE && pick(g, 2) == 0)
        (void)fix_return(g->shop, id_of_order, NULL, 0, &(return_out){0});
}

/* ---- numbers ---- */

static str holder_of(const ground *g, uint64_t number, uint32_t generation)
{
    phone_number n = {.hash = {number + 1, number + 2}, .generation = generation};
    return phone_holder(&n, g->shop->memory);
}

static uint32_t generation_now(const ground *g, app_view *v, uint64_t number)
{
    const phone *row = query_phone(v, g->shop->merchant, holder_of(g, number, 0));
    return row == NULL ? 0 : row->generation;
}

/* By what is committed: it may be bound by then, and refused. */
static void claim_by_number(ground *g, uint64_t number)
{
    app_view v;
    assert_int_equal(app_view_open(g->shop->app, g->shop->memory, &v), R_DONE);
    uint32_t generation = generation_now(g, &v, number);
    assert_int_equal(app_view_close(&v), R_DONE);
    claim(g, holder_of(g, number, generation));
}

static void bind(ground *g, uint64_t number, str who)
{
    phone_bind_in *in = ARENA_NEW(g->shop->memory, phone_bind_in);
    *in = (phone_bind_in){.merchant = g->shop->merchant,
                          .hi = number + 1,
                          .lo = number + 2,
                          .user = who,
                          .sequence = ++g->sequence};
    begin(g, ACT_ID_phone_bind, slot_of_user(in->merchant, holder_of(g, number, 0)), in,
          sizeof(phone_bind_out));
}

static void unbind(ground *g, str who)
{
    user_phone_end_in *in = ARENA_NEW(g->shop->memory, user_phone_end_in);
    *in = (user_phone_end_in){.merchant = g->shop->merchant, .user = who};
    begin(g, ACT_ID_user_phone_end, slot_of_user(in->merchant, who), in,
          sizeof(user_phone_end_out));
}

static void something_of_a_number(ground *g, str who)
{
    uint64_t number = pick(g, NUMBERS);
    switch (pick(g, 4)) {
    case 0:
        unbind(g, who);
        break;
    case 1:
        bind(g, number, who);
        break;
    default:
        claim_by_number(g, number);
    }
}

static void something(ground *g)
{
    str one = names[pick(g, USERS)], other = names[pick(g, USERS)];
    uint64_t id = g->coupons[pick(g, (uint32_t)g->n)];
    switch (pick(g, 9)) {
    case 7:
    case 8:
        something_of_a_number(g, one);
        break;
    case 0:
    case 1:
        claim(g, one);
        break;
    case 2:
        merge(g, one, other);
        break;
    case 3:
        offer(g, id, one, other);
        break;
    case 4:
        end_coupon(g, id);
        break;
    case 5:
        if (pick(g, 2) == 0)
            forget(g, one);
        break;
    default:
        if (pick(g, 3) == 0)
            order(g, id);
    }
}

/* Some lanes go on, others are late. */
static void some_steps(ground *g)
{
    store *s = app_store(g->shop->app);
    uint16_t lanes = store_lanes(s);
    for (uint32_t n = pick(g, 6); n > 0; n--) {
        for (uint16_t lane = 0; lane < lanes; lane++)
            store_halt_lane(s, lane, pick(g, 2) == 0);
        (void)store_step(s);
    }
    for (uint16_t lane = 0; lane < lanes; lane++)
        store_halt_lane(s, lane, false);
}

/* ---- what is left ---- */

static size_t open_of(const ground *g, app_view *v, str who)
{
    wallet_place next;
    bool more;
    coupon_seen *wallet = ARENA_ARRAY(g->shop->memory, coupon_seen, WALLET_MAX);
    wallet_ask ask = {.merchant = g->shop->merchant, .user = who, .limit = WALLET_MAX};
    size_t n = query_wallet(v, &ask, wallet, &next, &more), open = 0;
    for (size_t k = 0; k < n; k++)
        open += !coupon_is_closed(wallet[k].now.state);
    return open;
}

/* Those of its generations that are over; a user whose it is has it, too. */
static size_t nothing_waits_for(ground *g, uint64_t number)
{
    app_view v;
    assert_int_equal(app_view_open(g->shop->app, g->shop->memory, &v), R_DONE);
    uint32_t generations = generation_now(g, &v, number);
    for (uint32_t i = 0; i < generations; i++)
        assert_int_equal(open_of(g, &v, holder_of(g, number, i)), 0);
    const phone *row = query_phone(&v, g->shop->merchant, holder_of(g, number, 0));
    if (row != NULL && row->binding != 0) {
        str now = query_user_now(&v, g->shop->merchant, row->user);
        const user_phone *his = query_user_phone(&v, g->shop->merchant, now);
        assert_true(his != NULL && his->binding == row->binding);
    }
    assert_int_equal(app_view_close(&v), R_DONE);
    return generations;
}

/* How many are another one. */
static size_t everybody_is_somebody(ground *g)
{
    app_view v;
    size_t open = 0, merged = 0;
    assert_int_equal(app_view_open(g->shop->app, g->shop->memory, &v), R_DONE);
    for (size_t i = 0; i < USERS; i++) {
        user_seen seen;
        str now = query_user_now(&v, g->shop->merchant, names[i]);
        str to;
        assert_int_equal(query_user_may(&v, g->shop->merchant, now, &to), R_DONE);
        if (!query_user(&v, g->shop->merchant, names[i], &seen) || seen.move == NULL)
            continue;
        open += open_of(g, &v, names[i]);
        merged++;
    }
    assert_int_equal(open, 0); /* who is another one has nothing that can be used */
    assert_int_equal(app_view_close(&v), R_DONE);
    return merged;
}

static bool see_erasure(void *context, str key, const void *row)
{
    size_t *n = context;
    const erasure *e = row;
    MAYBE(key);
    assert_int_not_equal(e->state, ERASURE_STATE_OPEN);
    *n += e->state == ERASURE_STATE_DONE && e->member != 0;
    return true;
}

/* How many are forgotten: all of what was begun is over. */
static size_t forgotten(ground *g)
{
    app_view v;
    size_t n = 0;
    store_span span = {.table = &erasure_table, .index = -1, .until = UINT16_MAX + 1U};
    assert_int_equal(app_view_open(g->shop->app, g->shop->memory, &v), R_DONE);
    assert_int_equal(store_each(v.rows, &span, see_erasure, &n), R_DONE);
    assert_int_equal(app_view_close(&v), R_DONE);
    return n;
}

typedef struct course_end {
    size_t merged, forgotten, bound;
} course_end;

static void one_course(uint64_t seed, course_end *sum)
{
    ground g = {.shop = fix_open((fix_options){.adversary = seed % 4}),
                .random = seed * UINT64_C(0x9e3779b97f4a7c15)};
    limit_rule rule = fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 12);
    campaign_create_in in = fix_campaign_in(g.shop);
    in.budget_mode = BUDGET_MODE_AT_ISSUE;
    in.budget_minor = 1000000;
    template_put_in t = fix_template_in(g.shop, fix_campaign(g.shop, &in));
    t.limits.items = &rule;
    t.limits.n = 1;
    t.transfers = 3;
    t.offer_ms = MS_HOUR;
    g.template_id = fix_template(g.shop, &t);
    for (size_t i = 0; i < USERS; i++) {
        assert_int_equal(fix_claim(g.shop, names[i], g.template_id, 3, g.coupons + g.n), R_DONE);
        g.n += 3;
    }
    while (g.acts_n + 1 < STEPS && pick(&g, 200) != 0) {
        something(&g);
        some_steps(&g);
    }
    for (int i = 0; i < 4; i++) { /* holds end, and what had to wait goes on */
        (void)app_settle(g.shop->app);
        fix_pass(g.shop, 11 * MS_MINUTE);
        fix_sweep(g.shop);
    }
    (void)app_settle(g.shop->app);
    for (size_t i = 0; i < g.acts_n; i++)
        assert_true(g.acts[i]->ended);
    sum->merged += everybody_is_somebody(&g);
    sum->forgotten += forgotten(&g);
    for (uint64_t i = 0; i < NUMBERS; i++)
        sum->bound += nothing_waits_for(&g, i);
    fix_verify(g.shop);
    fix_close(g.shop);
}

static void whatever_comes_first(void **state)
{
    (void)state;
    const char *nightly = getenv("QUAN_NIGHTLY");
    uint64_t seeds = nightly == NULL ? SEEDS : SEEDS * 50;
    course_end sum = {0};
    for (uint64_t seed = 1; seed <= seeds; seed++)
        one_course(seed, &sum);
    assert_true(sum.merged > seeds && sum.merged < seeds * (USERS - 1));
    assert_true(sum.forgotten > seeds && sum.bound > seeds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_comes_first)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
