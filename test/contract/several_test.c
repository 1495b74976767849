/* Two servers of one store in PostgreSQL: any of them takes any request, what they promise together
 * is as exact as of one, and nobody is told that there is none while there is some. Also when they
 * disagree about whose a lane is, cannot hear each other, or one of them stops for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "app/act_wait.h"
#include "app/inner.h"
#include "base/id.h"
#include "port/clock.h"
#include "port/metric.h"
#include "test/lib/cutter.h"
#include "test/lib/servers.h"

enum { STOCK = 60, CLAIMERS = 8, ALL_LANES = 0xffff, RUSH_MS = 60000, NAME_MAX_ = 48 };

static uint64_t make_template(servers *s, int64_t stock)
{
    campaign_create_in c = fix_campaign_in(s->shop);
    template_put_in t = fix_template_in(s->shop, fix_campaign(s->shop, &c));
    t.stock = stock;
    return fix_template(s->shop, &t);
}

static void open_both(servers *s)
{
    servers_open(s, 0);
    servers_open(s, 1);
}

static void close_both(servers *s)
{
    servers_verify(s);
    servers_free(s);
}

/* ---- a rush ---- */

typedef struct claimer {
    servers *all;
    int number;
    uint64_t template_id;
    unsigned nth;
    _Atomic uint32_t *issued;
    uint32_t stock;
    bool keyed;  /* repeats what has no answer */
    size_t away; /* 503 */
    bool wrong;
} claimer;

/* Until it has an answer that is one. */
static result claim_one(claimer *c, unsigned nth)
{
    char name[NAME_MAX_], key[NAME_MAX_];
    int n = snprintf(name, sizeof(name), "c%u-%u", c->nth, nth);
    int k = snprintf(key, sizeof(key), "k%u-%u", c->nth, nth);
    server_ask ask = {.number = c->number, .name = {name, (size_t)n}};
    if (c->keyed)
        ask.key = (str){key, (size_t)k};
    result r;
    do {
        r = servers_claim(c->all, &ask, c->template_id, NULL);
        c->away += r == R_UNAVAILABLE;
    } while (r == R_UNAVAILABLE || (c->keyed && r == R_UNKNOWN));
    return r;
}

/* Claims until it is told that there are none, which must be true: each of the others has at most
 * one claim that is decided and not answered yet. */
static void *claim_all(void *context)
{
    claimer *c = context;
    int64_t until_ms = clock_monotonic_ms() + RUSH_MS;
    for (unsigned i = 0; clock_monotonic_ms() < until_ms; i++) {
        result r = claim_one(c, i);
        if (r == R_SOLD_OUT) {
            c->wrong = atomic_load(c->issued) + CLAIMERS <= c->stock;
            return NULL;
        }
        if (r != R_DONE)
            fprintf(stderr, "claim: %.*s\n", STR_ARG(result_code(r)));
        atomic_fetch_add(c->issued, 1);
    }
    fprintf(stderr, "nobody says that it is sold out\n");
    c->wrong = true;
    return NULL;
}

static void rush(servers *s, uint64_t template_id, bool keyed)
{
    pthread_t threads[CLAIMERS];
    claimer claimers[CLAIMERS];
    _Atomic uint32_t issued = 0;
    size_t away = 0;
    int64_t begun = clock_monotonic_ms();
    for (int i = 0; i < CLAIMERS; i++) {
        claimers[i] = (claimer){.all = s,
                                .number = i % SERVERS,
                                .template_id = template_id,
                                .nth = (unsigned)i,
                                .issued = &issued,
                                .stock = STOCK,
                                .keyed = keyed};
        assert_int_equal(pthread_create(&threads[i], NULL, claim_all, &claimers[i]), 0);
    }
    for (int i = 0; i < CLAIMERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(claimers[i].wrong);
        away += claimers[i].away;
    }
    print_message("%u issued, %zu refused for now, %llu calls, %lld ms\n", atomic_load(&issued),
                  away, (unsigned long long)atomic_load(&s->wire.calls),
                  (long long)(clock_monotonic_ms() - begun));
    assert_int_equal(atomic_load(&issued), STOCK);
}

typedef struct rush_case {
    const char *name;
    uint32_t first, second;
    peer_wire_fate wire;
} rush_case;

static void claims_of_one_stock_from_both(void **state)
{
    (void)state;
    static const rush_case cases[] = {
        {"each has half", 0x5, 0xa, WIRE_WHOLE},
        {"both have all", ALL_LANES, ALL_LANES, WIRE_WHOLE},
        {"nobody has any", 0, 0, WIRE_WHOLE},
        {"they cannot hear each other", 0x5, 0xa, WIRE_CUT},
        {"answers are lost", 0x5, 0xa, WIRE_LOSES},
        {"some of each", 0x7, 0xc, WIRE_MIXED},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        servers *s = servers_new(true);
        uint64_t t = make_template(s, STOCK);
        peer_wire_own(&s->wire, cases[i].first, cases[i].second);
        atomic_store(&s->wire.fate, cases[i].wire);
        print_message("%s: ", cases[i].name);
        open_both(s);
        rush(s, t, cases[i].wire != WIRE_WHOLE);
        close_both(s);
    }
}

/* ---- there is always one ---- */

enum { ROUNDS = 40 };

typedef struct guest {
    servers *all;
    int number;
    unsigned nth;
    uint64_t template_id;
    size_t away; /* 503 */
    bool wrong;
} guest;

/* Claims and gives back, in turn. Who asks has none, so the others cannot have all. */
static void *come_and_go(void *context)
{
    guest *g = context;
    char name[NAME_MAX_];
    uint64_t coupon_id = 0;
    for (unsigned i = 0; i < ROUNDS && !g->wrong; i++) {
        int n = snprintf(name, sizeof(name), "g%u-%u", g->nth, i);
        server_ask ask = {.number = g->number, .name = {name, (size_t)n}};
        result r = servers_claim(g->all, &ask, g->template_id, &coupon_id);
        if (r == R_UNAVAILABLE) {
            g->away++;
            continue;
        }
        g->wrong = r != R_DONE;
        while (r == R_DONE && (r = servers_void(g->all, g->number, coupon_id)) == R_UNAVAILABLE)
            r = R_DONE;
        g->wrong = g->wrong || r != R_DONE;
        if (g->wrong)
            fprintf(stderr, "%.*s\n", STR_ARG(result_code(r)));
    }
    return NULL;
}

static void there_is_always_one(void **state)
{
    (void)state;
    static const rush_case cases[] = {
        {"each has half", 0x5, 0xa, WIRE_WHOLE},
        {"both have all", ALL_LANES, ALL_LANES, WIRE_WHOLE},
        {"nobody has any", 0, 0, WIRE_WHOLE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        servers *s = servers_new(true);
        uint64_t t = make_template(s, CLAIMERS);
        peer_wire_own(&s->wire, cases[i].first, cases[i].second);
        open_both(s);
        pthread_t threads[CLAIMERS];
        guest guests[CLAIMERS];
        size_t away = 0;
        int64_t begun = clock_monotonic_ms();
        for (unsigned k = 0; k < CLAIMERS; k++) {
            guests[k] = (guest){.all = s, .number = (int)k % SERVERS, .nth = k, .template_id = t};
            assert_int_equal(pthread_create(&threads[k], NULL, come_and_go, &guests[k]), 0);
        }
        for (unsigned k = 0; k < CLAIMERS; k++) {
            assert_int_equal(pthread_join(threads[k], NULL), 0);
            assert_false(guests[k].wrong);
            away += guests[k].away;
        }
        print_message("%s: %zu of %d refused for now, %llu calls, %lld ms\n", cases[i].name, away,
                      CLAIMERS * ROUNDS, (unsigned long long)atomic_load(&s->wire.calls),
                      (long long)(clock_monotonic_ms() - begun));
        assert_true(away < CLAIMERS * ROUNDS / 2);
        close_both(s);
    }
}

/* ---- coupons that go from hand to hand ---- */

enum { HANDS = 6, PASSES = 12, DEVICES = 5 };

typedef struct hand {
    servers *all;
    unsigned nth;
    uint64_t template_id;
    unsigned claimed, passed;
    bool wrong;
} hand;

/* Claims a coupon, and passes it on, asking the one server and the other in turn. Every device may
 * have so many: all of them together a little less than what is tried. */
static void *pass_on(void *context)
{
    hand *h = context;
    char names[2][NAME_MAX_], key[NAME_MAX_], device[NAME_MAX_];
    uint64_t coupon_id = 0;
    str from = {NULL, 0};
    unsigned got = 0;
    for (unsigned i = 0; i < PASSES; i++) {
        int n = snprintf(names[got % 2], NAME_MAX_, "h%u-%u", h->nth, i);
        int k = snprintf(key, sizeof(key), "k%u-%u", h->nth, i);
        int d = snprintf(device, sizeof(device), "d%u", (h->nth + i) % DEVICES);
        server_ask ask = {.number = (int)(i % SERVERS),
                          .name = {names[got % 2], (size_t)n},
                          .device = {device, (size_t)d},
                          .key = {key, (size_t)k}};
        result r;
        do
            r = from.n == 0 ? servers_claim(h->all, &ask, h->template_id, &coupon_id)
                            : servers_transfer(h->all, &ask, from, h->template_id, &coupon_id);
        while (r == R_UNAVAILABLE || r == R_UNKNOWN || r == R_BUSY);
        if (r == R_DONE) {
            h->claimed += from.n == 0;
            h->passed += from.n != 0;
            from = ask.name;
            got++;
        } else if (r != R_LIMIT_REACHED) {
            fprintf(stderr, "%.*s\n", STR_ARG(result_code(r)));
            h->wrong = true;
            return NULL;
        }
    }
    return NULL;
}

static void coupons_go_from_hand_to_hand(servers *s, uint32_t each)
{
    campaign_create_in c = fix_campaign_in(s->shop);
    template_put_in t = fix_template_in(s->shop, fix_campaign(s->shop, &c));
    limit_rule rule =
        fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_EVER, each);
    t.limits.items = &rule;
    t.limits.n = 1;
    t.transfers = PASSES;
    t.offer_ms = MS_DAY;
    uint64_t template_id = fix_template(s->shop, &t);
    open_both(s);
    hand hands[HANDS];
    pthread_t threads[HANDS];
    unsigned got = 0, passed = 0;
    for (unsigned i = 0; i < HANDS; i++) {
        hands[i] = (hand){.all = s, .nth = i, .template_id = template_id};
        assert_int_equal(pthread_create(&threads[i], NULL, pass_on, &hands[i]), 0);
    }
    for (unsigned i = 0; i < HANDS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(hands[i].wrong);
        got += hands[i].claimed + hands[i].passed;
        passed += hands[i].passed;
    }
    print_message("%u claimed, %u passed on, %llu calls\n", got - passed, passed,
                  (unsigned long long)atomic_load(&s->wire.calls));
    assert_true(got <= DEVICES * each && passed > 0);
    if (HANDS * PASSES <= DEVICES * each)
        assert_int_equal(got, HANDS * PASSES);
}

static void transfers_between_lanes_of_both(void **state)
{
    (void)state;
    static const rush_case cases[] = {
        {"each has half", 0x5, 0xa, WIRE_WHOLE},
        {"both have all", ALL_LANES, ALL_LANES, WIRE_WHOLE},
        /* not with lost answers: what a try keeps that nobody knows of is let go by its deadline */
        {"calls as they come", 0x7, 0xc, WIRE_ROUGH},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        servers *s = servers_new(true);
        peer_wire_own(&s->wire, cases[i].first, cases[i].second);
        atomic_store(&s->wire.fate, cases[i].wire);
        print_message("%s: ", cases[i].name);
        coupons_go_from_hand_to_hand(s, i == 0 ? HANDS * PASSES : 2 * HANDS);
        close_both(s);
    }
}

/* ---- step by step ---- */

/* A claim that is not waited for. */
typedef struct pending {
    act_call call; /* first */
    issue_item item;
    issue_in in;
    issue_out out;
    bool ended;
} pending;

static void on_done(act_call *call)
{
    ((pending *)call)->ended = true;
}

static pending *claim_later(servers *s, int number, str name, uint64_t template_id)
{
    pending *p = ARENA_NEW(s->shop->memory, pending);
    p->item = (issue_item){.template = template_id, .count = 1};
    p->in = (issue_in){.merchant = s->shop->merchant,
                       .user = name,
                       .source = COUPON_SOURCE_CLAIM,
                       .mode = ISSUE_MODE_ALL_OR_NONE,
                       .items = {&p->item, 1}};
    p->call = (act_call){.app = s->servers[number].app,
                         .id = ACT_ID_issue,
                         .slot = slot_of_user(s->shop->merchant, name),
                         .in = &p->in,
                         .out = &p->out,
                         .memory = s->shop->memory,
                         .done = on_done};
    assert_int_equal(act_submit(&p->call), R_DONE);
    return p;
}

/* A claim in `lane` at this server, as far as a grant that its home has committed and that stays on
 * its way. */
static pending *leave_a_grant(servers *s, int number, uint16_t lane, uint64_t template_id)
{
    store *of = app_store(s->servers[number].app);
    pending *p = claim_later(s, number, servers_user(s, lane, 0), template_id);
    (void)store_step(of);
    store_halt_lane(of, lane, true);
    while (store_step(of) > 0)
        continue;
    assert_false(p->ended);
    return p;
}

static size_t letters(servers *s)
{
    app_view v;
    void *page[UOW_SCAN_MAX];
    arena *memory = arena_new(0);
    assert_int_equal(app_view_open(s->servers[0].app, memory, &v), R_DONE);
    outbox at = {0};
    uow_range all = {&outbox_table, -1, &at, 0, false};
    size_t n = uow_scan(v.rows, &all, ARRAY_LEN(page), page);
    assert_int_equal(app_view_close(&v), R_DONE);
    arena_free(memory);
    return n;
}

/* Three templates with the same home, and a lane that it is not. */
static uint16_t make_neighbours(servers *s, uint64_t out[3])
{
    enum { TRIES_MAX = 100 };
    const store *of = app_store(s->shop->app);
    uint16_t home = 0;
    size_t n = 0;
    for (int i = 0; n < 3; i++) {
        assert_true(i < TRIES_MAX);
        out[n] = make_template(s, STOCK);
        uint16_t its = store_lane_of_slot(of, id_slot(out[n]));
        home = n == 0 ? its : home;
        n += its == home;
    }
    return (uint16_t)((home + 1) % SERVERS_LANES);
}

/* The second server commits a message behind one of the first that is still on its way, for the
 * same lane: it must not deliver its own alone, which would count as both. */
static void an_earlier_message_of_the_other_comes_first(void **state)
{
    (void)state;
    servers *s = servers_new(false);
    uint64_t t[3];
    uint16_t lane = make_neighbours(s, t);
    peer_wire_own(&s->wire, ALL_LANES, ALL_LANES);
    open_both(s);
    server_ask ask = {.number = 1, .name = servers_user(s, lane, 1)};
    assert_int_equal(servers_claim(s, &ask, t[0], NULL), R_DONE); /* it knows the home's lane now */
    pending *first = leave_a_grant(s, 0, lane, t[1]);
    assert_int_equal(letters(s), 1);
    assert_int_equal(servers_claim(s, &ask, t[2], NULL), R_DONE);
    assert_int_equal(letters(s), 0);
    store_halt_lane(app_store(s->servers[0].app), lane, false);
    (void)app_settle(s->servers[0].app);
    assert_true(first->ended);
    assert_int_equal(first->call.code, R_DONE);
    close_both(s);
}

/* The second server stops for ever between the commit of a grant and its delivery. */
static void what_a_dead_server_has_left_is_delivered(void **state)
{
    (void)state;
    servers *s = servers_new(false);
    uint64_t t[3];
    uint16_t lane = make_neighbours(s, t);
    peer_wire_own(&s->wire, 0, ALL_LANES);
    open_both(s);
    (void)leave_a_grant(s, 1, lane, t[0]);
    assert_int_equal(letters(s), 1);
    servers_lose(s, 1);
    peer_wire_own(&s->wire, ALL_LANES, 0);
    app_tick(s->servers[0].app);
    (void)app_settle(s->servers[0].app);
    assert_int_equal(letters(s), 0);
    for (unsigned i = 0; i <= STOCK; i++) {
        server_ask ask = {.name = servers_user(s, (uint16_t)(i % SERVERS_LANES), i)};
        result r = servers_claim(s, &ask, t[0], NULL);
        assert_int_equal(r, i < STOCK ? R_DONE : R_SOLD_OUT);
    }
    close_both(s);
}

/* The second server commits the act and its answer is lost, so the first runs it, too; the message
 * that says that the try was used is still on its way. */
static void a_try_that_a_lost_answer_has_used_is_not_taken_back(void **state)
{
    (void)state;
    servers *s = servers_new(false);
    campaign_create_in c = fix_campaign_in(s->shop);
    template_put_in t = fix_template_in(s->shop, fix_campaign(s->shop, &c));
    t.transfers = 1;
    t.offer_ms = MS_DAY;
    uint64_t template_id = fix_template(s->shop, &t);
    peer_wire_own(&s->wire, ALL_LANES & ~2U, ALL_LANES);
    open_both(s);
    server_ask giver = {.name = servers_user(s, 0, 0)};
    uint64_t given;
    assert_int_equal(servers_claim(s, &giver, template_id, &given), R_DONE);
    uint64_t taken = given;
    server_ask taker = {.name = servers_user(s, 1, 1), .key = S("k")};
    atomic_store(&s->wire.fate, WIRE_LOSES);
    store_halt_lane(app_store(s->servers[1].app), 0, true);
    uint64_t calls = atomic_load(&s->wire.calls);
    assert_int_equal(servers_transfer(s, &taker, giver.name, template_id, &taken), R_DONE);
    assert_true(atomic_load(&s->wire.calls) > calls && taken != given);
    (void)app_settle(s->servers[0].app);
    assert_int_equal(fix_coupon(s->shop, given).state, COUPON_STATE_OFFERED);
    atomic_store(&s->wire.fate, WIRE_WHOLE);
    store_halt_lane(app_store(s->servers[1].app), 0, false);
    (void)app_settle(s->servers[1].app);
    assert_int_equal(fix_coupon(s->shop, given).state, COUPON_STATE_TRANSFERRED);
    assert_int_equal(fix_coupon(s->shop, taken).state, COUPON_STATE_AVAILABLE);
    close_both(s);
}

/* Of a template that the second has made, and the first has not heard of. */
static void an_answer_of_the_other_is_of_what_is_known(void **state)
{
    (void)state;
    servers *s = servers_new(false);
    campaign_create_in c = fix_campaign_in(s->shop);
    template_put_in t = fix_template_in(s->shop, fix_campaign(s->shop, &c));
    peer_wire_own(&s->wire, 0, ALL_LANES);
    open_both(s);
    row_out made = {0};
    act_call put = {.app = s->servers[1].app,
                    .id = ACT_ID_template_put,
                    .slot = id_slot(t.campaign),
                    .in = &t,
                    .out = &made,
                    .memory = s->shop->memory};
    assert_int_equal(act_wait(&put), R_DONE);
    server_ask ask = {.name = servers_user(s, 0, 0)};
    uint64_t calls = atomic_load(&s->wire.calls);
    assert_int_equal(servers_claim(s, &ask, made.id, NULL), R_DONE);
    assert_true(atomic_load(&s->wire.calls) > calls);
    config *now = (config *)(uintptr_t)app_config(s->servers[0].app);
    assert_non_null(config_find_template(now, made.id));
    config_free(now);
    close_both(s);
}

/* The second has no way to a database, and is alive: acts of its lanes there are the first's to do.
 */
static void what_the_other_cannot_reach_is_done_here(void **state)
{
    (void)state;
    enum { OF_SECOND = SERVERS_LANES - 1 };
    servers *s = servers_new(false);
    uint64_t t = make_template(s, -1);
    cutter *between = cutter_start(s->urls[1].p);
    const str urls[SERVERS_SHARDS] = {s->urls[0], str_of(cutter_url(between))};
    servers_open(s, 0);
    s->shop->options.store.urls = urls;
    servers_open(s, 1);
    s->shop->options.store.urls = s->urls;
    assert_false(app_is_mine(s->servers[0].app, OF_SECOND));
    cutter_set(between, CUT_ALL);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t done = metric_value(METRIC_PEER_COMPETING);
        server_ask ask = {.name = servers_user(s, OF_SECOND, i), .key = i == 0 ? S("k") : S("")};
        assert_int_equal(servers_claim(s, &ask, t, NULL), R_DONE);
        assert_true(metric_value(METRIC_PEER_COMPETING) > done);
    }
    cutter_set(between, CUT_NOTHING);
    servers_verify(s);
    servers_free(s);
    cutter_stop(between);
}

static uint64_t revision_of(app *a, uint16_t lane)
{
    app_view v;
    arena *memory = arena_new(0);
    assert_int_equal(app_view_open(a, memory, &v), R_DONE);
    uint64_t revision = lane_head_get(v.rows, lane)->revision;
    assert_int_equal(app_view_close(&v), R_DONE);
    arena_free(memory);
    return revision;
}

/* What was on its way as the home decided may have been applied, by the other server, before it is
 * looked for: where the home has gone on, nobody says that there was nothing. */
static void nothing_returns_to_a_home_that_stands_still(void **state)
{
    (void)state;
    servers *s = servers_new(false);
    uint64_t t = make_template(s, STOCK);
    peer_wire_own(&s->wire, ALL_LANES, ALL_LANES);
    open_both(s);
    app *first = s->servers[0].app;
    pool_name stock = {.owner = t, .kind = POOL_KIND_STOCK};
    uint16_t home = store_lane_of_slot(app_store(first), id_slot(t));
    server_ask ask = {.name = servers_user(s, home, 0)};
    assert_int_equal(servers_claim(s, &ask, t, NULL), R_DONE);
    uint64_t decided = revision_of(first, home);
    assert_true(relay_nothing_returns(first->relay, stock, decided));
    ask = (server_ask){.number = 1, .name = servers_user(s, home, 1)};
    assert_int_equal(servers_claim(s, &ask, t, NULL), R_DONE);
    assert_false(relay_nothing_returns(first->relay, stock, decided));
    assert_true(relay_nothing_returns(first->relay, stock, revision_of(first, home)));
    close_both(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_earlier_message_of_the_other_comes_first),
        cmocka_unit_test(what_a_dead_server_has_left_is_delivered),
        cmocka_unit_test(a_try_that_a_lost_answer_has_used_is_not_taken_back),
        cmocka_unit_test(an_answer_of_the_other_is_of_what_is_known),
        cmocka_unit_test(what_the_other_cannot_reach_is_done_here),
        cmocka_unit_test(nothing_returns_to_a_home_that_stands_still),
        cmocka_unit_test(claims_of_one_stock_from_both),
        cmocka_unit_test(there_is_always_one),
        cmocka_unit_test(transfers_between_lanes_of_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
