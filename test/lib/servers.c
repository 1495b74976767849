/* Two servers of one store in this process: see servers.h. */
#include "test/lib/servers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/serve.h"
#include "base/id.h"
#include "port/clock.h"
#include "port/log.h"
#include "test/lib/database.h"

enum { TICK_MS = 100, LATE_MS = 20 };

static void rest_ms(int64_t ms)
{
    (void)nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

/* ---- the wire ---- */

static bool on_mine(void *context, uint16_t lane)
{
    const server *w = context;
    return (atomic_load(&w->all->owned[w->number]) >> lane & 1) != 0;
}

static bool enter(server *w)
{
    (void)pthread_mutex_lock(&w->lock);
    bool open = w->open;
    w->inside += open;
    (void)pthread_mutex_unlock(&w->lock);
    return open;
}

static void leave(server *w)
{
    (void)pthread_mutex_lock(&w->lock);
    w->inside--;
    (void)pthread_cond_broadcast(&w->left);
    (void)pthread_mutex_unlock(&w->lock);
}

typedef struct letter {
    server *to;
    servers_wire fate;
    bool late;
    peers_answered *answered;
    void *of;
    size_t n;
    char bytes[];
} letter;

static void on_answer(void *of, result code, str answer)
{
    letter *l = of;
    if (l->fate == WIRE_LOSES && code == R_DONE)
        l->answered(l->of, R_UNKNOWN, (str){NULL, 0});
    else
        l->answered(l->of, code, answer);
    free(l);
}

static void hand_over(letter *l)
{
    server *to = l->to;
    if (l->fate == WIRE_CUT || !enter(to)) {
        l->answered(l->of, R_UNAVAILABLE, (str){NULL, 0});
        free(l);
        return;
    }
    app_serve(to->app, (str){l->bytes, l->n}, on_answer, l);
    leave(to);
}

static void *late_main(void *context)
{
    rest_ms(LATE_MS);
    hand_over(context);
    return NULL;
}

static void on_call(void *context, uint16_t lane, str message, peers_answered *answered, void *of)
{
    server *w = context;
    servers *s = w->all;
    (void)lane;                                 /* there is one other, whosever it is */
    letter *l = malloc(sizeof(*l) + message.n); /* freed when it is answered */
    CHECK(l != NULL);
    *l = (letter){.to = &s->servers[1 - w->number],
                  .fate = (servers_wire)atomic_load(&s->wire),
                  .answered = answered,
                  .of = of,
                  .n = message.n};
    memcpy(l->bytes, message.p, message.n);
    atomic_fetch_add(&s->calls, 1);
    if (l->fate >= WIRE_ROUGH) {
        uint64_t r = atomic_fetch_add(&s->random, UINT64_C(0x9e3779b97f4a7c15));
        l->fate = (servers_wire)((r >> 32) % (l->fate == WIRE_ROUGH ? WIRE_LOSES : WIRE_ROUGH));
        l->late = (r >> 48) % 8 == 0;
    }
    pthread_t thread;
    if (!l->late) {
        hand_over(l);
        return;
    }
    CHECK(pthread_create(&thread, NULL, late_main, l) == 0);
    CHECK(pthread_detach(thread) == 0);
}

static size_t on_step(void *context)
{
    const server *w = context;
    const server *other = &w->all->servers[1 - w->number];
    return other->app == NULL || other->lost ? 0 : store_step(app_store(other->app));
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
    s->url = str_of(database_take());
    s->shop = fix_open((fix_options){.lanes = SERVERS_LANES, .pg = &s->url});
    servers_own(s, 0x5555, 0xaaaa);
    for (int i = 0; i < SERVERS; i++) {
        server *w = &s->servers[i];
        w->all = s;
        w->number = i;
        w->peers = (peers){w, on_mine, on_call, threads ? NULL : on_step};
        CHECK(pthread_mutex_init(&w->lock, NULL) == 0);
        CHECK(pthread_cond_init(&w->left, NULL) == 0);
    }
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
    o.peers = &w->peers;
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
    (void)pthread_mutex_lock(&w->lock);
    w->open = true;
    (void)pthread_mutex_unlock(&w->lock);
    atomic_store(&s->ticking, true);
    if (s->threads)
        CHECK(pthread_create(&w->ticker, NULL, tick, w) == 0);
}

void servers_close(servers *s, int number)
{
    server *w = &s->servers[number];
    (void)pthread_mutex_lock(&w->lock);
    w->open = false;
    while (w->inside > 0)
        (void)pthread_cond_wait(&w->left, &w->lock);
    (void)pthread_mutex_unlock(&w->lock);
    app_close(w->app);
    w->app = NULL;
    if (number == 0)
        s->shop->app = NULL;
}

void servers_lose(servers *s, int number)
{
    server *w = &s->servers[number];
    (void)pthread_mutex_lock(&w->lock);
    w->open = false;
    (void)pthread_mutex_unlock(&w->lock);
    w->lost = true;
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
    for (int i = 0; i < SERVERS; i++) { /* one that is closed may be called by the other */
        (void)pthread_mutex_destroy(&s->servers[i].lock);
        (void)pthread_cond_destroy(&s->servers[i].left);
    }
    fix_close(s->shop);
    database_give(s->url.p);
    free(s);
}

void servers_verify(servers *s)
{
    fix_verify(s->shop);
}

void servers_own(servers *s, uint32_t first, uint32_t second)
{
    atomic_store(&s->owned[0], first);
    atomic_store(&s->owned[1], second);
    for (int i = 0; i < SERVERS; i++)
        if (s->servers[i].app != NULL)
            app_peers_changed(s->servers[i].app);
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
