/* The escrow protocol of pool.h as a small model: three lanes of a store in memory, requests that
 * take and give, messages delivered first in first out per pair of lanes in any interleaving, asks
 * as the app makes them. After every step the invariants of pool.h are recomputed from the rows:
 *   - pool.total = pool.free + what the leases have out; out = the slice's free and consumed and
 *     what is on its way; a closed lease has nothing unused and no grant on its way
 *   - never over: what is consumed is what the requests took, and within the total
 *   - never falsely dry: who is told "none" lacked pieces at some moment since he asked
 *   - a limit that was lowered: a lane that has seen it takes nothing beyond it
 * One scenario is walked through in every interleaving, others by chance. */
#include "domain/limit/pool.h"

#include "base/id.h"
#include "domain/limit/pool_model_test.h"
#include "domain/limit/terms.h"
#include "port/store.h"

enum {
    HOME_SLOT_NUMBER = 30, /* lane 0 */
    QUEUE_MAX = 64,
    CALLS_MAX = 48,
    STEPS_MAX = CHOICES_MAX,
};
#define NOW_MS INT64_C(1760000000000)

typedef struct sent {
    uint16_t act;
    lease_in in;
} sent;

typedef struct call {
    request request; /* first */
    int64_t n, goes; /* as the script has them */
    bool done, submitted;
    int64_t least_left; /* the least that was left of all, while it waited */
    bool home_behind;   /* the home went by an older configuration than the lane, while it waited */
} call;

static struct world {
    store *store;
    uint64_t owner;
    pool_name pool;
    const scenario *is;
    config *configs[CONFIGS_MAX];
    size_t sees[LANES]; /* which configuration */
    const config *pinned;
    sent queue[LANES][LANES][QUEUE_MAX];
    size_t head[LANES][LANES], tail[LANES][LANES];
    ask asks[LANES];
    call calls[CALLS_MAX];
    int64_t used; /* taken less given */
} w;

/* ---- the store's hooks ---- */

static int64_t on_clock(void *context)
{
    (void)context;
    return NOW_MS;
}

static const config *on_pin(void *context)
{
    (void)context;
    return w.pinned;
}

static void on_committed(void *context, uint16_t lane, const store_message *messages, size_t n)
{
    (void)context;
    arena *memory = arena_new(0);
    for (size_t i = 0; i < n; i++) {
        uint16_t to = messages[i].to_lane != UINT16_MAX
                          ? messages[i].to_lane
                          : store_lane_of_slot(w.store, messages[i].slot);
        size_t at = w.tail[lane][to]++;
        assert_true(at < QUEUE_MAX);
        sent *s = &w.queue[lane][to][at];
        s->act = messages[i].act;
        result r = record_decode(&lease_in_record, messages[i].input, memory, &s->in);
        assert_int_equal(r, R_DONE);
        for (size_t a = 0; a < LANES && s->act == LEASE_RETURN_ACT && s->in.amount > 0; a++)
            w.asks[a].returns[lane] = w.tail[lane][to];
    }
    arena_free(memory);
}

static void wait_for_what_is_sent(ask *a)
{
    a->phase = ASK_BARRIER;
    for (size_t from = 0; from < LANES; from++) {
        a->barrier[from] = w.tail[from][0];
        a->returns[from] = 0;
    }
}

static void begin_ask(ask *a, int64_t need, uint64_t ticket)
{
    *a = (ask){.need = need, .ticket = ticket};
    wait_for_what_is_sent(a);
}

static void on_wanted(void *context, uint16_t lane, const request *r)
{
    (void)context;
    assert_true(pool_name_eq(r->waits_for, w.pool));
    ask *a = &w.asks[lane];
    if (a->phase == ASK_NONE) {
        begin_ask(a, r->waits_need, r->ticket);
        return;
    }
    a->late_ticket = r->ticket;
    if (r->waits_need > a->late_need)
        a->late_need = r->waits_need;
}

/* ---- requests ---- */

typedef struct lease_call {
    request request; /* first */
    uint16_t act;
    lease_in in;
    lease_out out;
    bool done;
} lease_call;

static result run_lease(uow *u, request *r)
{
    lease_call *c = (lease_call *)r;
    c->out = (lease_out){0};
    switch (c->act) {
    case LEASE_GRANT_ACT:
        return lease_grant_decide(u, &c->in, NULL);
    case LEASE_RECALL_ACT:
        return lease_recall_decide(u, &c->in, NULL);
    case LEASE_RETURN_ACT:
        return lease_return_decide(u, &c->in, NULL);
    default:
        return lease_ask_decide(u, &c->in, &c->out);
    }
}

static void lease_done(request *r)
{
    ((lease_call *)r)->done = true;
}

static void step(uint16_t lane)
{
    w.pinned = w.configs[w.sees[lane]];
    while (store_step(w.store) > 0)
        MAYBE(lane);
}

static lease_out run_on_lane(uint16_t act, lease_in in, uint16_t lane)
{
    lease_call c = {.act = act,
                    .in = in,
                    .request = {.run = run_lease,
                                .done = lease_done,
                                .slot = (uint16_t)(HOME_SLOT_NUMBER + lane),
                                .lane = lane,
                                .to_lane = act == LEASE_GRANT_ACT || act == LEASE_RECALL_ACT,
                                .class = CLASS_INTERNAL}};
    result r = store_submit(w.store, &c.request);
    assert_int_equal(r, R_DONE);
    step(lane);
    assert_true(c.done);
    assert_int_equal(c.request.outcome, R_DONE);
    return c.out;
}

static result run_call(uow *u, request *r)
{
    call *c = (call *)r;
    slice_set *set = slice_set_new(u);
    slice_load(set, w.pool);
    if (uow_pending(u))
        return R_AGAIN;
    if (c->n < 0)
        slice_give(set, w.pool, -c->n);
    for (int64_t i = 0; i < c->goes && c->n > 0; i++) {
        int64_t part = c->n / c->goes, have = 0;
        result answer = slice_want(set, w.pool, part, &have);
        if (answer != R_DONE)
            return answer;
        if (have < part)
            return R_SOLD_OUT;
        slice_take(set, w.pool, part);
    }
    slice_settle(set);
    return R_DONE;
}

/* The most that may be used: by the configurations from this lane's on that anybody has seen. */
static int64_t most_allowed(uint16_t lane)
{
    size_t newest = 0;
    for (size_t l = 0; l < LANES; l++)
        newest = w.sees[l] > newest ? w.sees[l] : newest;
    int64_t most = 0;
    for (size_t i = w.sees[lane]; i <= newest; i++)
        most = w.is->totals[i] > most ? w.is->totals[i] : most;
    return most;
}

/* What is left, as the least generous configuration that any lane may go by has it. */
static int64_t left_now(void)
{
    int64_t least = INT64_MAX;
    for (size_t lane = 0; lane < LANES; lane++)
        if (w.is->totals[w.sees[lane]] < least)
            least = w.is->totals[w.sees[lane]];
    return least - w.used;
}

static void call_done(request *r)
{
    call *c = (call *)r;
    uint16_t lane = store_lane_of_slot(w.store, r->slot);
    c->done = true;
    if (r->outcome == R_DONE) {
        w.used += c->n;
        assert_true(c->n < 0 || w.used <= most_allowed(lane));
        return;
    }
    if (r->outcome == R_UNAVAILABLE && (c->home_behind || w.sees[0] < w.sees[lane]))
        return;
    assert_int_equal(r->outcome, R_SOLD_OUT);
    if (left_now() < c->least_left)
        c->least_left = left_now();
    assert_true(c->least_left < c->n); /* never falsely dry */
}

/* ---- invariants ---- */

static int64_t on_the_way(uint16_t act, size_t from, size_t to, uint16_t lane)
{
    int64_t n = 0;
    for (size_t i = w.head[from][to]; i < w.tail[from][to]; i++)
        if (w.queue[from][to][i].act == act && w.queue[from][to][i].in.lane == lane)
            n += w.queue[from][to][i].in.amount;
    return n;
}

static void check_lease(uow *u, const pool_lease *l, int64_t *consumed)
{
    const slice *s =
        slice_get(u, l->lane, w.pool.owner, w.pool.kind, w.pool.period, w.pool.subject);
    int64_t granted = on_the_way(LEASE_GRANT_ACT, 0, l->lane, l->lane);
    int64_t returned = on_the_way(LEASE_RETURN_ACT, l->lane, 0, l->lane);
    int64_t unused = s == NULL ? 0 : s->free;
    *consumed += s == NULL ? 0 : s->consumed;
    assert_true(unused >= 0);
    assert_int_equal(l->out, unused + (s == NULL ? 0 : s->consumed) + granted + returned);
    if (!l->open) {
        assert_int_equal(unused + granted, 0);
        assert_false(l->recalled);
    }
}

static void check_invariants(void)
{
    arena *memory = arena_new(0);
    uow *u;
    result r = store_read_begin(w.store, memory, NOW_MS, &u);
    assert_int_equal(r, R_DONE);
    const pool *p =
        pool_get(u, HOME_SLOT_NUMBER, w.pool.owner, w.pool.kind, w.pool.period, w.pool.subject);
    int64_t consumed = 0, out = 0;
    for (size_t i = 0; p != NULL && i < p->leases.n; i++) {
        check_lease(u, &p->leases.items[i], &consumed);
        out += p->leases.items[i].out;
    }
    if (p != NULL) {
        assert_true(p->free >= 0);
        assert_int_equal(p->total, p->free + out);
        assert_true(consumed <= p->total);
    }
    assert_int_equal(consumed, w.used);
    r = store_read_end(u);
    assert_int_equal(r, R_DONE);
    arena_free(memory);
}

/* ---- steps ---- */

typedef enum step_kind { STEP_CALL, STEP_DELIVER, STEP_ASK, STEP_SEE } step_kind;
typedef struct possible {
    step_kind kind;
    size_t a, b;
} possible;

static bool has_reached(const size_t marks[LANES])
{
    for (size_t from = 0; from < LANES; from++)
        if (w.head[from][0] < marks[from])
            return false;
    return true;
}

/* Giving back needs something that this lane has taken. */
static bool may_submit(size_t i)
{
    const script *of = &w.is->calls[i];
    if (w.calls[i].submitted)
        return false;
    if (of->n > 0)
        return true;
    for (size_t k = 0; k < i; k++)
        if (w.is->calls[k].lane == of->lane && w.is->calls[k].n == -of->n && w.calls[k].done &&
            w.calls[k].request.outcome == R_DONE)
            return true;
    return false;
}

static size_t possible_steps(possible *out)
{
    size_t n = 0;
    for (size_t lane = 0; lane < LANES; lane++) {
        for (size_t i = 0; i < w.is->n; i++) {
            if (w.is->calls[i].lane != lane || w.calls[i].submitted)
                continue;
            if (may_submit(i))
                out[n++] = (possible){STEP_CALL, i, 0};
            break; /* a lane's calls come in their order */
        }
        if (w.asks[lane].phase == ASK_BARRIER && has_reached(w.asks[lane].barrier))
            out[n++] = (possible){STEP_ASK, lane, 0};
        for (size_t to = 0; to < LANES; to++)
            if (w.head[lane][to] < w.tail[lane][to])
                out[n++] = (possible){STEP_DELIVER, lane, to};
        if (w.sees[lane] + 1 < w.is->configs)
            out[n++] = (possible){STEP_SEE, lane, 0};
    }
    return n;
}

static void submit(size_t i)
{
    call *c = &w.calls[i];
    uint16_t lane = w.is->calls[i].lane;
    *c = (call){.n = w.is->calls[i].n,
                .goes = w.is->calls[i].goes == 0 ? 1 : w.is->calls[i].goes,
                .submitted = true,
                .least_left = INT64_MAX,
                .request = {.run = run_call,
                            .done = call_done,
                            .slot = (uint16_t)(HOME_SLOT_NUMBER + lane),
                            .class = CLASS_ISSUE}};
    result r = store_submit(w.store, &c->request);
    assert_int_equal(r, R_DONE);
    step(lane);
}

static void wake(uint16_t lane, bool dry, uint64_t up_to)
{
    store_wake(w.store, lane, w.pool, dry ? WORD_DRY : WORD_NONE, up_to);
    step(lane);
}

/* The ask has its answer; those that were parked since begin the next. */
static void finish_ask(uint16_t lane, bool dry)
{
    ask a = w.asks[lane];
    w.asks[lane] = (ask){0};
    if (dry && a.late_ticket != 0)
        begin_ask(&w.asks[lane], a.late_need, a.late_ticket);
    wake(lane, dry, dry ? a.ticket : UINT64_MAX);
}

static void do_ask(uint16_t lane)
{
    lease_in in = {.owner = w.pool.owner,
                   .kind = w.pool.kind,
                   .period = w.pool.period,
                   .subject = w.pool.subject,
                   .lane = lane,
                   .amount = w.asks[lane].need};
    lease_out out = run_on_lane(0, in, 0);
    w.asks[lane].clear = has_reached(w.asks[lane].returns);
    if (out.verdict == ASK_VERDICT_GRANTED)
        w.asks[lane].phase = ASK_GRANTED;
    else if (out.verdict == ASK_VERDICT_RECALLING)
        w.asks[lane].phase = ASK_RECALLING;
    else if (!w.asks[lane].clear)
        wait_for_what_is_sent(&w.asks[lane]);
    else
        finish_ask(lane, true);
}

static void deliver(uint16_t from, uint16_t to)
{
    sent s = w.queue[from][to][w.head[from][to]++];
    (void)run_on_lane(s.act, s.in, to);
    if (s.act == LEASE_GRANT_ACT && w.asks[to].phase == ASK_GRANTED)
        finish_ask(to, s.in.closed && w.asks[to].clear);
    if (s.act == LEASE_RECALL_ACT)
        assert_int_not_equal(w.asks[to].phase, ASK_GRANTED);
    for (uint16_t lane = 0; lane < LANES && s.act == LEASE_RETURN_ACT; lane++)
        if (w.asks[lane].phase == ASK_RECALLING)
            wait_for_what_is_sent(&w.asks[lane]);
}

static void do_step(possible p)
{
    switch (p.kind) {
    case STEP_CALL:
        submit(p.a);
        break;
    case STEP_ASK:
        do_ask((uint16_t)p.a);
        break;
    case STEP_DELIVER:
        deliver((uint16_t)p.a, (uint16_t)p.b);
        break;
    case STEP_SEE:
        w.sees[p.a]++;
    }
    for (size_t i = 0; i < w.is->n; i++) {
        call *c = &w.calls[i];
        if (!c->submitted || c->done)
            continue;
        if (left_now() < c->least_left)
            c->least_left = left_now();
        c->home_behind = c->home_behind || w.sees[0] < w.sees[w.is->calls[i].lane];
    }
}

/* ---- runs ---- */

static void begin_run(const scenario *is)
{
    static uint64_t runs; /* each has a pool of its own in the same store */
    store *s = w.store;
    memset(&w, 0, sizeof w);
    w.store = s;
    w.is = is;
    w.owner = id_make(NOW_MS + (int64_t)runs++, HOME_SLOT_NUMBER, 0);
    limit_rule rule = {.measure = LIMIT_MEASURE_CLAIMS, .period = LIMIT_PERIOD_EVER};
    w.pool =
        is->kind == POOL_KIND_STOCK ? pool_stock(w.owner) : pool_of_limit(w.owner, &rule, 0, 0);
    for (size_t i = 0; i < is->configs; i++)
        w.configs[i] = configured(w.owner, is->totals[i]);
}

static void run(const scenario *is)
{
    possible steps[2 * LANES + LANES * LANES + LANES];
    begin_run(is);
    size_t taken = 0;
    for (size_t n = possible_steps(steps); n > 0; n = possible_steps(steps)) {
        assert_true(taken++ < STEPS_MAX); /* it comes to an end */
        do_step(steps[n == 1 ? 0 : choose(n)]);
        check_invariants();
    }
    for (size_t i = 0; i < is->n; i++)
        assert_true(w.calls[i].done || !w.calls[i].submitted); /* nobody waits for ever */
    for (size_t i = 0; i < is->configs; i++)
        config_free(w.configs[i]);
}

static void by_chance(const scenario *is, size_t runs)
{
    for (size_t i = 0; i < runs; i++) {
        choices.dice = 0x9e3779b97f4a7c15u + i * 0x1234567u;
        run(is);
    }
    choices.dice = 0;
}

static size_t in_every_interleaving(const scenario *is)
{
    size_t runs = 0;
    choices.n = choices.at = 0;
    do {
        run(is);
        runs++;
    } while (choices_next());
    return runs;
}

static void the_last_piece_in_every_interleaving(void **state)
{
    (void)state;
    static const script calls[] = {{1, 1, 0}, {1, -1, 0}, {2, 1, 0}};
    static const scenario is = {
        .kind = POOL_KIND_STOCK, .totals = {1}, .configs = 1, .calls = calls, .n = 3};
    assert_true(in_every_interleaving(&is) > 40);
}

static void two_pieces_and_three_lanes_in_every_interleaving(void **state)
{
    (void)state;
    static const script calls[] = {{0, 1, 0}, {1, 2, 0}, {2, 1, 0}};
    static const scenario is = {
        .kind = POOL_KIND_STOCK, .totals = {2}, .configs = 1, .calls = calls, .n = 3};
    assert_true(in_every_interleaving(&is) > 4000);
}

/* An act may need some, and then more of the same: it does not get what it holds taken away for
 * ever. */
static void more_goes_than_one_come_to_an_end(void **state)
{
    (void)state;
    static const script calls[] = {{1, 2, 2}, {2, 2, 2}, {0, 3, 3}, {1, 3, 3}, {2, 3, 3}};
    for (int64_t total = 1; total <= 8; total++) {
        scenario is = {.kind = POOL_KIND_STOCK,
                       .totals = {total},
                       .configs = 1,
                       .calls = calls,
                       .n = ARRAY_LEN(calls)};
        by_chance(&is, 200);
        is.n = 2;
        if (total <= 2)
            assert_true(in_every_interleaving(&is) > 100);
    }
}

static void many_takes_and_gives_by_chance(void **state)
{
    (void)state;
    static const script calls[] = {
        {0, 1, 0},  {0, 3, 0}, {0, -3, 0}, {0, 2, 0}, {0, 5, 0}, {1, 2, 0}, {1, -2, 0},
        {1, 1, 0},  {1, 4, 0}, {1, -4, 0}, {1, 2, 0}, {2, 1, 0}, {2, 1, 0}, {2, 6, 0},
        {2, -6, 0}, {2, 1, 0}, {2, 2, 0},  {0, 1, 0}, {1, 1, 0}, {2, 1, 0},
    };
    static const scenario is = {.kind = POOL_KIND_STOCK,
                                .totals = {9},
                                .configs = 1,
                                .calls = calls,
                                .n = ARRAY_LEN(calls)};
    by_chance(&is, 400);
}

static void slices_are_large_while_there_is_plenty(void **state)
{
    (void)state;
    static const script calls[] = {
        {0, 10, 0},   {0, 10, 0},  {1, 10, 0},  {1, 90, 0},  {2, 300, 0},
        {2, -300, 0}, {2, 200, 0}, {0, 250, 0}, {1, 400, 0},
    };
    static const scenario is = {.kind = POOL_KIND_STOCK,
                                .totals = {1000},
                                .configs = 1,
                                .calls = calls,
                                .n = ARRAY_LEN(calls)};
    by_chance(&is, 400);
}

static void a_limit_is_lowered_and_raised_while_lanes_take(void **state)
{
    (void)state;
    static const script calls[] = {
        {0, 1, 0}, {0, 2, 0}, {0, 1, 0}, {1, 2, 0}, {1, 1, 0},  {1, 3, 0}, {2, 1, 0}, {2, 1, 0},
        {2, 2, 0}, {0, 1, 0}, {1, 1, 0}, {2, 2, 0}, {2, -2, 0}, {0, 3, 0}, {1, 1, 0},
    };
    static const scenario is = {.kind = POOL_KIND_CLAIMS,
                                .totals = {20, 6, 9, 4},
                                .configs = 4,
                                .calls = calls,
                                .n = ARRAY_LEN(calls)};
    by_chance(&is, 400);
}

static int open_store(void **state)
{
    (void)state;
    store_hooks hooks = {
        .clock_ms = on_clock, .config_pin = on_pin, .committed = on_committed, .wanted = on_wanted};
    store_options options = {.lanes = LANES};
    buf why;
    buf_init(&why, 1000);
    result r = store_open_mem(&options, &hooks, &w.store, &why);
    assert_int_equal(r, R_DONE);
    buf_free(&why);
    return 0;
}

static int close_store(void **state)
{
    (void)state;
    store_close(w.store);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_piece_in_every_interleaving),
        cmocka_unit_test(two_pieces_and_three_lanes_in_every_interleaving),
        cmocka_unit_test(more_goes_than_one_come_to_an_end),
        cmocka_unit_test(many_takes_and_gives_by_chance),
        cmocka_unit_test(slices_are_large_while_there_is_plenty),
        cmocka_unit_test(a_limit_is_lowered_and_raised_while_lanes_take),
    };
    return cmocka_run_group_tests(tests, open_store, close_store);
}
