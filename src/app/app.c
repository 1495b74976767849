/* Opening, closing and reading: see app.h. The hooks that the store calls are here; each passes on
 * to the part it is for. */
#include <stdlib.h>

#include "app/away.h"
#include "app/errand.h"
#include "app/feed.h"
#include "app/inner.h"

enum { LOOK_TICKS = 4 };

static int64_t on_clock(void *context)
{
    return app_now_ms(context);
}

static int64_t clock_ms(app *a)
{
    return a->options.clock_ms(a->options.clock_context);
}

static void on_clock_seen(void *context, int64_t server_ms)
{
    app *a = context;
    atomic_store(&a->ahead_ms, server_ms - clock_ms(a));
}

static const config *on_pin(void *context)
{
    return app_config(context);
}

static void on_unpin(void *context, const config *c)
{
    MAYBE(context);
    config_free((config *)(uintptr_t)c); /* the share that on_pin took */
}

static result on_config_epoch(void *context, uint16_t lane, uint64_t epoch, bool waits)
{
    return feed_cover(context, lane, epoch, waits);
}

static void on_config_seen(void *context, config_mark *out, uint16_t lanes)
{
    feed_tell(context, out, lanes);
}

static void on_config_raised(void *context, uint16_t lane, uint64_t epoch)
{
    feed_covered(context, lane, epoch);
}

static void on_committed(void *context, uint16_t lane, const store_message *messages, size_t n)
{
    relay_committed(((app *)context)->relay, lane, messages, n);
    leases_committed(((app *)context)->leases, messages, n);
}

static void on_wanted(void *context, uint16_t lane, const request *r)
{
    leases_wanted(((app *)context)->leases, lane, r);
}

static void on_gone(void *context, uint16_t lane, const request *r)
{
    MAYBE(lane);
    leases_gone(((app *)context)->leases, r);
}

static void on_failed(void *context, result why)
{
    app *a = context;
    if (a->options.failed != NULL) {
        a->options.failed(a->options.failed_context, why);
    }
}

static int64_t not_before(app *a, int64_t now_ms)
{
    int64_t latest = atomic_load(&a->latest_ms);
    while (now_ms > latest && !atomic_compare_exchange_weak(&a->latest_ms, &latest, now_ms)) {
    }
    return now_ms > latest ? now_ms : latest;
}

int64_t app_now_ms(app *a)
{
    return not_before(a, clock_ms(a) + atomic_load(&a->ahead_ms));
}

store *app_store(app *a)
{
    return a->store;
}

const zone *app_zone(app *a, str name)
{
    return a->options.zone_find(name);
}

rule_zones app_zones(const app *a)
{
    return a->options.zone_find;
}

const config *app_config(app *a)
{
    (void)pthread_mutex_lock(&a->config_lock);
    const config *c = config_share(a->config);
    (void)pthread_mutex_unlock(&a->config_lock);
    return c;
}

bool app_authenticate(app *a, uint64_t hi, uint64_t lo, app_principal *out)
{
    return keyring_find(a->keys, hi, lo, app_now_ms(a), out);
}

static result open_store(app *a, buf *why)
{
    store_hooks hooks = {.context = a,
                         .clock_ms = on_clock,
                         .clock_seen = on_clock_seen,
                         .config_pin = on_pin,
                         .config_unpin = on_unpin,
                         .config_epoch = on_config_epoch,
                         .config_seen = on_config_seen,
                         .config_raised = on_config_raised,
                         .committed = on_committed,
                         .wanted = on_wanted,
                         .gone = on_gone,
                         .failed = on_failed};
    if (str_eq(a->options.engine, S("mem"))) {
        return store_open_mem(&a->options.store, &hooks, &a->store, why);
    }
    if (str_eq(a->options.engine, S("rocks"))) {
        return store_open_rocks(&a->options.store, &hooks, &a->store, why);
    }
    if (str_eq(a->options.engine, S("pg"))) {
        return store_open_pg(&a->options.store, &hooks, &a->store, why);
    }
    buf_printf(why, "there is no store engine \"%.*s\"; it is rocks, pg or mem",
               STR_ARG(a->options.engine));
    return R_INVALID;
}

/* An earlier process may have had a clock that was ahead. What it has made is told from what this
 * one makes by the heads as they are here: before anything is delivered or served. */
static result load_heads(app *a)
{
    arena *memory = arena_new(0);
    uow *u;
    result r = store_read_begin(a->store, memory, 0, &u);
    for (uint16_t lane = 0; r == R_DONE && lane < store_lanes(a->store); lane++) {
        const lane_head *head = lane_head_get(u, lane);
        if (head == NULL)
            continue;
        (void)not_before(a, head->time_ms);
        dues_earlier(a->dues, head);
    }
    if (r == R_DONE)
        r = store_read_end(u);
    arena_free(memory);
    return r;
}

result app_open(const app_options *options, app **out, buf *why)
{
    app *a = calloc(1, sizeof *a); /* app_close frees it */
    CHECK(a != NULL);
    a->options = *options;
    CHECK(pthread_mutex_init(&a->publish_lock, NULL) == 0);
    CHECK(pthread_mutex_init(&a->config_lock, NULL) == 0);
    CHECK(pthread_mutex_init(&a->away_lock, NULL) == 0);
    CHECK(pthread_cond_init(&a->all_back, NULL) == 0);
    a->config = config_empty();
    a->keys = keyring_new();
    a->quarantines = quarantines_new();
    a->finder = finder_new();
    a->guesses = guesses_new();
    a->feed = feed_new(a);
    a->relay = relay_new(a);
    a->leases = leases_new(a);
    a->dues = dues_new(a);
    result r = open_store(a, why);
    if (r == R_DONE)
        a->errands = errands_new(a);
    if (r == R_DONE && a->options.store.several) {
        r = feed_open(a, why);
    }
    if (r == R_DONE) {
        r = publish_load(a, why);
    }
    if (r == R_DONE && a->options.store.several) {
        r = feed_loaded(a, why);
    }
    if (r == R_DONE) {
        r = load_heads(a);
    }
    if (r == R_DONE) {
        r = quarantines_load(a, why);
    }
    if (r == R_DONE) {
        r = relay_load(a->relay);
    }
    if (r != R_DONE) {
        app_close(a);
        return r;
    }
    if (!a->options.store.several) /* else they may be other servers', which go on (saga.h) */
        dues_ask_lost(a->dues);
    *out = a;
    return R_DONE;
}

/* What comes back from a peer, or an errand, may go on in the store, and what ends there may call a
 * peer, or send an errand. When the store was found empty and nothing has begun since nothing was
 * away, both was so at one moment. */
void app_drain(app *a)
{
    uint64_t begun;
    atomic_store(&a->draining, true);
    store_drain(a->store);
    do {
        begun = away_wait(a);
        store_drain(a->store);
    } while (away_wait(a) != begun);
}

/* What others have left is looked for when it may have become this server's to deliver, and now and
 * then: a database that is away is asked the next time. */
static void look(app *a)
{
    bool now = atomic_exchange(&a->peers_changed, false) || a->ticks++ % LOOK_TICKS == 0;
    if (now && relay_look(a->relay) != R_DONE)
        atomic_store(&a->peers_changed, true);
}

void app_tick(app *a)
{
    if (a->options.store.several)
        look(a);
    relay_kick(a->relay);
    leases_tick(a->leases);
}

void app_close(app *a)
{
    if (a == NULL) {
        return;
    }
    if (a->store != NULL)
        app_drain(a);
    if (a->errands != NULL)
        errands_stop(a->errands);
    store_close(a->store);
    errands_free(a->errands);
    relay_free(a->relay);
    leases_free(a->leases);
    dues_free(a->dues);
    keyring_free(a->keys);
    quarantines_free(a->quarantines);
    finder_free(a->finder);
    guesses_free(a->guesses);
    feed_free(a->feed);
    config_free(a->config);
    (void)pthread_cond_destroy(&a->all_back);
    (void)pthread_mutex_destroy(&a->away_lock);
    (void)pthread_mutex_destroy(&a->config_lock);
    (void)pthread_mutex_destroy(&a->publish_lock);
    free(a);
}

static size_t step(app *a)
{
    const peers *p = a->options.peers;
    size_t n = store_step(a->store);
    return p == NULL || p->step == NULL ? n : n + p->step(p->context);
}

size_t app_settle(app *a)
{
    size_t total = 0;
    for (size_t n = step(a); n > 0; n = step(a)) {
        total += n;
    }
    return total;
}

result app_view_open(app *a, arena *memory, app_view *out)
{
    return app_view_open_at(a, NULL, memory, out);
}

result app_view_open_at(app *a, const store_home *home, arena *memory, app_view *out)
{
    uow *rows;
    result r = store_read_begin_at(a->store, home, memory, app_now_ms(a), &rows);
    if (r == R_DONE) {
        *out = (app_view){a, uow_config(rows), rows, memory};
    }
    return r;
}

/* Who answers an edit has raised the epoch of every lane's head: any view finds it. */
result app_catch_up(app *a)
{
    if (!a->options.store.several)
        return R_DONE;
    app_view v;
    arena *memory = arena_new(0);
    result r = app_view_open_at(a, &(store_home){.reached = true}, memory, &v);
    if (r == R_DONE)
        r = app_view_close(&v);
    arena_free(memory);
    return r;
}

result app_view_close(app_view *v)
{
    return store_read_end(v->rows);
}
