/* Two servers of one store in this process: see servers.h. */
#include "test/lib/servers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/id.h"
#include "port/clock.h"
#include "port/log.h"
#include "test/lib/database.h"

enum { TICK_MS = 100 };

static void rest_ms(int64_t ms)
{
    (void)nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

/* ---- opening and closing ---- */

static int64_t clock_now(void *context)
{
    MAYBE(context);
    static _Atomic int64_t begun;
    int64_t now = clock_monotonic_ms(), none = 0;
    atomic_compare_exchange_strong(&begun, &none, now);
    return FIX_START_MS + now - atomic_load(&begun);
}

servers *servers_new(bool threads)
{
    servers *s = calloc(1, sizeof(*s)); /* freed by servers_free */
    CHECK(s != NULL);
    log_set_level(LOG_ERROR);
    s->threads = threads;
    for (size_t i = 0; i < SERVERS_SHARDS; i++)
        s->urls[i] = str_of(database_take());
    s->shop =
        fix_open((fix_options){.lanes = SERVERS_LANES, .pg = s->urls, .shards = SERVERS_SHARDS});
    peer_wire_init(&s->wire, !threads);
    for (int i = 0; i < SERVERS; i++)
        s->servers[i].all = s;
    return s;
}

static void *tick(void *context)
{
    const server *w = context;
    while (atomic_load(&w->all->ticking)) {
        app_tick(w->app);
        rest_ms(TICK_MS);
    }
    return NULL;
}

void servers_open(servers *s, int number)
{
    fix *f = s->shop;
    server *w = &s->servers[number];
    if (f->app != NULL && f->app != s->servers[0].app) {
        app_close(f->app);
        f->app = NULL;
    }
    app_options o = f->options;
    o.store.several = true;
    o.store.threads = s->threads;
    o.peers = &s->wire.ends[number].peers;
    if (s->threads)
        o.clock_ms = clock_now;
    buf why;
    buf_init(&why, 4096);
    result r = app_open(&o, &w->app, &why);
    if (r != R_DONE)
        (void)fwrite(why.p, 1, why.n, stderr);
    buf_free(&why);
    CHECK(r == R_DONE);
    if (number == 0)
        f->app = w->app;
    peer_wire_join(&s->wire, number, w->app);
    atomic_store(&s->ticking, true);
    if (s->threads)
        CHECK(pthread_create(&w->ticker, NULL, tick, w) == 0);
}

void servers_close(servers *s, int number)
{
    server *w = &s->servers[number];
    peer_wire_leave(&s->wire, number);
    app_close(w->app);
    w->app = NULL;
    if (number == 0)
        s->shop->app = NULL;
}

void servers_lose(servers *s, int number)
{
    peer_wire_lose(&s->wire, number);
}

static void stop_ticking(servers *s)
{
    if (!atomic_exchange(&s->ticking, false) || !s->threads)
        return;
    for (int i = 0; i < SERVERS; i++)
        if (s->servers[i].app != NULL)
            CHECK(pthread_join(s->servers[i].ticker, NULL) == 0);
}

void servers_free(servers *s)
{
    stop_ticking(s);
    for (int i = 0; i < SERVERS; i++) {
        if (s->servers[i].app != NULL)
            servers_close(s, i);
    }
    peer_wire_free(&s->wire); /* one that is closed may be called by the other */
    fix_close(s->shop);
    for (size_t i = 0; i < SERVERS_SHARDS; i++)
        database_give(s->urls[i].p);
    free(s);
}

void servers_verify(servers *s)
{
    fix_verify(s->shop);
}

/* ---- acts ---- */

str servers_user(servers *s, uint16_t lane, unsigned nth)
{
    fix *f = s->shop;
    store *rows = app_store(f->app != NULL ? f->app : s->servers[1].app);
    for (unsigned i = 0;; i++) {
        str name = arena_printf(f->memory, "u%u-%u", nth, i);
        if (store_lane_of_slot(rows, slot_of_user(f->merchant, name)) == lane)
            return name;
    }
}

typedef struct asked {
    act_call call; /* first */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool ended;
} asked;

static void on_done(act_call *call)
{
    asked *a = (asked *)call;
    (void)pthread_mutex_lock(&a->lock);
    a->ended = true;
    (void)pthread_cond_signal(&a->changed);
    (void)pthread_mutex_unlock(&a->lock);
}

/* call: id, in, out, memory and the key's body. */
static result run(servers *s, const server_ask *ask, act_call call, reserve_ask *reserve)
{
    asked a = {.call = call, .lock = PTHREAD_MUTEX_INITIALIZER};
    CHECK(pthread_cond_init(&a.changed, NULL) == 0);
    reserve->names.device = ask->device;
    a.call.app = s->servers[ask->number].app;
    if (ask->name.n > 0)
        a.call.slot = slot_of_user(s->shop->merchant, ask->name);
    a.call.key.merchant = s->shop->merchant;
    a.call.key.subject = ask->name;
    a.call.key.key = ask->key;
    a.call.done = on_done;
    result r = reserve_submit(&a.call, reserve);
    (void)pthread_mutex_lock(&a.lock);
    while (r == R_DONE && !a.ended) {
        if (s->threads) {
            (void)pthread_cond_wait(&a.changed, &a.lock);
            continue;
        }
        (void)pthread_mutex_unlock(&a.lock);
        if (app_settle(a.call.app) == 0)
            s->shop->clock_ms++; /* what is parked runs into its deadline */
        (void)pthread_mutex_lock(&a.lock);
    }
    (void)pthread_mutex_unlock(&a.lock);
    (void)pthread_mutex_destroy(&a.lock);
    (void)pthread_cond_destroy(&a.changed);
    return r == R_DONE ? a.call.code : r;
}

result servers_claim(servers *s, const server_ask *ask, uint64_t template_id, uint64_t *coupon_id)
{
    arena *memory = arena_new(0);
    issue_item item = {.template = template_id, .count = 1};
    issue_in in = {.merchant = s->shop->merchant,
                   .user = ask->name,
                   .source = COUPON_SOURCE_CLAIM,
                   .mode = ISSUE_MODE_ALL_OR_NONE,
                   .items = {&item, 1}};
    issue_out out = {0};
    reserve_ask reserve = {0};
    act_call call = {.id = ACT_ID_issue, .in = &in, .out = &out, .memory = memory};
    result r = run(s, ask, call, &reserve);
    if (r == R_DONE && coupon_id != NULL)
        *coupon_id = out.coupons.items[0].coupon;
    arena_free(memory);
    return r;
}

result servers_void(servers *s, int number, uint64_t coupon_id)
{
    arena *memory = arena_new(0);
    void_in in = {
        .merchant = s->shop->merchant, .coupon = coupon_id, .reason = VOID_REASON_ISSUED_IN_ERROR};
    void_out out = {0};
    reserve_ask reserve = {0};
    act_call call = {
        .id = ACT_ID_void, .slot = id_slot(coupon_id), .in = &in, .out = &out, .memory = memory};
    result r = run(s, &(server_ask){.number = number}, call, &reserve);
    arena_free(memory);
    return r;
}

result servers_transfer(servers *s, const server_ask *ask, str from, uint64_t template_id,
                        uint64_t *coupon_id)
{
    arena *memory = arena_new(0);
    transfer_try_in try = {
        .merchant = s->shop->merchant, .coupon = *coupon_id, .user = from, .to = ask->name};
    transfer_take_in in = {
        .merchant = s->shop->merchant, .user = ask->name, .template = template_id};
    transfer_take_out out = {0};
    reserve_ask reserve = {.transfer = &try};
    act_call call = {.id = ACT_ID_transfer_take, .in = &in, .out = &out, .memory = memory};
    result r = run(s, ask, call, &reserve);
    if (r == R_DONE)
        *coupon_id = out.coupon;
    arena_free(memory);
    return r;
}
