/* The same random acts on every engine, with and without an adversary, and with two stores that
 * have the same databases open and take turns, have the same outcomes to the last id, and leave the
 * same rows, events and messages behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/id.h"
#include "test/lib/database.h"
#include "test/lib/store_fixture.h"

enum {
    SEEDS = 4,
    ROUNDS = 25,
    ROUND_ACTS = 90,
    SLOTS = 6,
    MEMBERS = 3,
    IDS = 12,
    SCAN_ROWS = 4,
    STEPS_MAX = 3,
    TEXT_MAX = 64 * 1024 * 1024,
};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12; /* xorshift64* */
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717) >> 33;
}

/* ---- one act: reads first, as acts must, then up to three writes ---- */

typedef struct seen_rows {
    coupon *one, *next, *gone;
    usage *counts;
    void *wallet[SCAN_ROWS], *of_slot[SCAN_ROWS];
    size_t wallet_n, of_slot_n;
} seen_rows;

static bool read_rows(uow *u, job_act *a, seen_rows *s)
{
    uint16_t slot = a->request.slot;
    s->one = coupon_get(u, slot, a->id);
    s->counts = usage_get(u, slot, (uint32_t)a->member, 1);
    coupon wallet = {.slot = slot, .member = (uint32_t)a->member, .closed = a->flag};
    coupon from = {.slot = slot, .member = (uint32_t)(a->number % 5)};
    s->wallet_n =
        uow_scan(u, &(uow_range){&coupon_table, 0, &wallet, 3, false}, SCAN_ROWS, s->wallet);
    s->of_slot_n = uow_scan(u, &(uow_range){&coupon_table, 0, &from, 1, a->flag}, 2, s->of_slot);
    if (uow_pending(u))
        return false;
    /* What to read next is told by what was read. */
    s->next = s->one != NULL ? coupon_get(u, slot, s->one->ref) : NULL;
    return !uow_pending(u);
}

static void write_coupon(uow *u, job_act *a, seen_rows *s, uint64_t how)
{
    if (s->one != NULL && how % 3 == 0) {
        coupon_delete(u, s->one);
        s->gone = s->one;
        s->one = NULL;
        return;
    }
    if (s->one == NULL)
        s->one = coupon_new(u, a->request.slot, a->id);
    coupon_edit(u, s->one);
    s->one->member = (uint32_t)a->member;
    s->one->revision++;
    s->one->ref = how % IDS + 1;
    s->one->closed = how % 4 == 0;
    s->one->template = uow_next_id(u, a->request.slot);
}

static void write_counts(uow *u, job_act *a, seen_rows *s, uint64_t how)
{
    if (s->counts == NULL) {
        s->counts = usage_new(u, a->request.slot, (uint32_t)a->member, 1);
        s->counts->cells.items = ARENA_ARRAY(uow_memory(u), usage_cell, 2);
        s->counts->cells.n = 2;
    }
    usage_edit(u, s->counts);
    s->counts->cells.items[how % 2].n += (int64_t)how % 100;
}

static void write_something(uow *u, job_act *a, seen_rows *s, uint64_t how)
{
    switch (how % 6) {
    case 0:
    case 1:
        write_coupon(u, a, s, how / 6);
        break;
    case 2:
        write_counts(u, a, s, how / 6);
        break;
    case 3:
        uow_event(u, &(event){.kind = 1, .coupon = a->id, .ref = uow_next_id(u, a->request.slot)});
        break;
    case 4:
        uow_send(u, (uint16_t)(how % 7), (uint16_t)(how % SLOTS), &coupon_ref_record,
                 &(coupon_ref){.coupon = how});
        break;
    default:
        if (s->wallet_n > 0 && s->wallet[0] != s->gone) {
            coupon *first = s->wallet[0];
            coupon_edit(u, first);
            first->revision += 100;
            first->closed = !first->closed;
        }
    }
}

static void note(job_act *a, uint64_t v)
{
    a->out[0] = a->out[0] * UINT64_C(0x100000001b3) ^ v;
}

static result mixed(uow *u, job_act *a)
{
    seen_rows s = {0};
    a->out[0] = 0;
    if (!read_rows(u, a, &s))
        return R_AGAIN;
    note(a, s.one != NULL ? s.one->revision : 0);
    note(a, s.next != NULL ? s.next->revision : 0);
    for (size_t i = 0; i < s.wallet_n; i++)
        note(a, ((coupon *)s.wallet[i])->id * 1000 + ((coupon *)s.wallet[i])->revision);
    for (size_t i = 0; i < s.of_slot_n; i++)
        note(a, ((coupon *)s.of_slot[i])->id);
    uint64_t random = (uint64_t)a->number * 2654435761U + 1;
    uint64_t steps = next_random(&random) % (STEPS_MAX + 1);
    for (uint64_t i = 0; i < steps; i++)
        write_something(u, a, &s, next_random(&random));
    note(a, (uint64_t)uow_now(u));
    note(a, uow_next_id(u, a->request.slot));
    if (next_random(&random) % 9 == 0) {
        store_rollback(u);
        uow_event(u, &(event){.kind = 2, .coupon = a->id});
    }
    if (next_random(&random) % 4 == 0)
        return uow_refuse(u, R_LIMIT_REACHED, "refused %u", (unsigned)(random % 1000));
    return R_DONE;
}

/* ---- a run of many ---- */

static uint64_t text_hash(buf *text)
{
    assert_false(buf_overflowed(text));
    return hash64(buf_view(text), 0);
}

static void tell_acts(buf *out, const job_act *acts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%d %llx %lld %s\n", acts[i].request.outcome,
                   (unsigned long long)acts[i].out[0], (long long)acts[i].request.act_time_ms,
                   acts[i].detail);
}

static void run_round(store_fixture *f, uint64_t *random, buf *out)
{
    static job_act acts[ROUND_ACTS];
    static const request_class classes[] = {CLASS_USE, CLASS_ISSUE, CLASS_OTHER};
    for (size_t i = 0; i < ROUND_ACTS; i++) {
        acts[i] = store_fixture_act(f, (uint16_t)(next_random(random) % SLOTS), mixed);
        acts[i].id = next_random(random) % IDS + 1;
        acts[i].member = next_random(random) % MEMBERS + 1;
        acts[i].number = (int64_t)next_random(random);
        acts[i].flag = next_random(random) % 2 == 0;
        acts[i].request.class = classes[next_random(random) % 3];
        store_fixture_submit(f, &acts[i]);
    }
    for (size_t i = 0; i < ROUND_ACTS; i++)
        store_fixture_settle(f, &acts[i]);
    tell_acts(out, acts, ROUND_ACTS);
    f->clock_ms += (int64_t)(next_random(random) % 40) - 10;
}

typedef struct dump {
    const table *table;
    buf *out;
} dump;

static bool tell_row(void *context, str key, const void *row)
{
    (void)key;
    dump *d = context;
    assert_non_null(row);
    if (d->table == &shard_head_table) /* as many as there are shards */
        return true;
    if (d->table == &event_block_table) { /* how events are cut into blocks may differ */
        const event_block *b = row;
        for (size_t i = 0; i < b->events.n; i++) {
            buf_printf(d->out, "event %u ", b->lane);
            record_print(&event_record, &b->events.items[i], d->out);
        }
        return true;
    }
    if (d->table == &lane_head_table) {
        lane_head head = *(const lane_head *)row;
        head.revision = 0; /* how many batches there were … */
        head.id_last = 0;  /* … and whether the last one kept anything */
        record_print(&lane_head_table.record, &head, d->out);
        return true;
    }
    record_print(&d->table->record, row, d->out);
    return true;
}

/* All that is stored. Inside a slot point tables come in no order: sums of hashes. */
static uint64_t stored(store_fixture *f)
{
    arena *memory = arena_new(0);
    uow *u = store_fixture_read(f, memory);
    uint64_t sum = 0;
    for (size_t i = 0; i < tables_count; i++)
        for (int index = -1; index < (int)tables[i]->indexes; index++) {
            buf text;
            buf_init(&text, TEXT_MAX);
            dump d = {tables[i], &text};
            store_span span = {tables[i], index, 0, UINT16_MAX + 1};
            assert_int_equal(store_each(u, &span, tell_row, &d), R_DONE);
            sum = sum * 31 + text_hash(&text);
            buf_free(&text);
        }
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
    return sum;
}

/* Of n stores with the same rows: which has a round the seed says. */
static uint64_t play_on(store_fixture *const *stores, size_t n, uint64_t seed)
{
    buf out;
    buf_init(&out, TEXT_MAX);
    uint64_t random = seed * UINT64_C(0x9e3779b97f4a7c15), turns = random;
    int64_t now_ms = FIXTURE_START_MS;
    for (int i = 0; i < ROUNDS; i++) {
        store_fixture *f = stores[next_random(&turns) % n];
        f->clock_ms = now_ms;
        run_round(f, &random, &out);
        now_ms = f->clock_ms;
    }
    uint64_t hash = text_hash(&out) ^ stored(stores[0]);
    buf_free(&out);
    return hash;
}

static uint64_t play(const fixture_kind *kind, uint64_t seed)
{
    store_fixture *f = store_fixture_open(kind, FIXTURE_LANES);
    uint64_t hash = play_on(&f, 1, seed);
    store_fixture_close(f);
    return hash;
}

static uint64_t play_in_turns(uint64_t seed, uint64_t adversary)
{
    const fixture_kind kind = {"pg", FIXTURE_PG_SEVERAL, adversary, false, 2};
    const char *urls[] = {database_take(), database_take()};
    store_fixture *two[] = {store_fixture_open_at(&kind, FIXTURE_LANES, urls),
                            store_fixture_open_at(&kind, FIXTURE_LANES, urls)};
    uint64_t hash = play_on(two, 2, seed);
    for (size_t i = 0; i < 2; i++)
        store_fixture_close(two[i]);
    for (size_t i = 0; i < 2; i++)
        database_give(urls[i]);
    return hash;
}

static void every_engine_and_every_adversary_agree(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        fixture_kind kind = {"mem", FIXTURE_MEM, 0, false, 0};
        uint64_t expected = play(&kind, seed);
        for (uint64_t adversary = 1; adversary <= SEEDS; adversary++) {
            kind.adversary = seed * 100 + adversary;
            assert_true(play(&kind, seed) == expected);
        }
        kind = (fixture_kind){"rocks", FIXTURE_ROCKS, 0, false, 0};
        assert_true(play(&kind, seed) == expected);
        kind.adversary = seed;
        assert_true(play(&kind, seed) == expected);
        kind = (fixture_kind){"pg", FIXTURE_PG, 0, false, 2};
        assert_true(play(&kind, seed) == expected);
        kind.adversary = seed;
        assert_true(play(&kind, seed) == expected);
        assert_true(play_in_turns(seed, 0) == expected);
        assert_true(play_in_turns(seed, seed) == expected);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_engine_and_every_adversary_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
