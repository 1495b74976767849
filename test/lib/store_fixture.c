/* A store under test: see store_fixture.h. */
#include "test/lib/store_fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "test/lib/database.h"

static int64_t on_clock(void *context)
{
    store_fixture *f = context;
    return atomic_load(&f->clock_ms);
}

static void on_clock_seen(void *context, int64_t server_ms)
{
    atomic_store(&((store_fixture *)context)->server_ms, server_ms);
}

static void on_committed(void *context, uint16_t lane, const store_message *messages, size_t n)
{
    (void)lane;
    store_fixture *f = context;
    pthread_mutex_lock(&f->lock);
    f->commits++;
    for (size_t i = 0; i < n && f->messages_n < FIXTURE_TOLD_MAX; i++) {
        f->messages[f->messages_n] = messages[i];
        f->messages[f->messages_n++].input = (str){NULL, 0};
    }
    pthread_mutex_unlock(&f->lock);
}

static void on_wanted(void *context, uint16_t lane, const request *r)
{
    store_fixture *f = context;
    pthread_mutex_lock(&f->lock);
    if (f->wants_n < FIXTURE_TOLD_MAX)
        f->wants[f->wants_n++] = (told_want){lane, r->waits_for, r->waits_need, r->ticket};
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static void on_failed(void *context, result why)
{
    store_fixture *f = context;
    pthread_mutex_lock(&f->lock);
    f->failures++;
    f->failure = why;
    pthread_mutex_unlock(&f->lock);
}

static result on_config_epoch(void *context, uint16_t lane, uint64_t epoch, bool waits)
{
    (void)lane;
    (void)epoch;
    (void)waits;
    atomic_fetch_add(&((store_fixture *)context)->epochs, 1);
    return R_DONE;
}

result store_fixture_try_open(store_fixture *f, uint16_t lanes, store **out, buf *why)
{
    store_hooks hooks = {.context = f,
                         .clock_ms = on_clock,
                         .clock_seen = on_clock_seen,
                         .config_epoch = f->follows ? on_config_epoch : NULL,
                         .committed = on_committed,
                         .wanted = on_wanted,
                         .failed = on_failed};
    store_options options = {.path = str_of(f->path),
                             .urls = f->urls,
                             .replicas = f->replicas,
                             .lanes = lanes,
                             .shards = f->kind.shards,
                             .fill = SLOT_FILL_VIVO,
                             .threads = f->kind.threads,
                             .adversary = f->kind.adversary,
                             .several = f->several || f->kind.engine == FIXTURE_PG_SEVERAL,
                             .server_clock = f->server_clock};
    switch (f->kind.engine) {
    case FIXTURE_MEM:
        return store_open_mem(&options, &hooks, out, why);
    case FIXTURE_ROCKS:
        return store_open_rocks(&options, &hooks, out, why);
    default:
        return store_open_pg(&options, &hooks, out, why);
    }
}

static void open_again(store_fixture *f, uint16_t lanes)
{
    buf why;
    buf_init(&why, 1000);
    result r = store_fixture_try_open(f, lanes, &f->store, &why);
    if (r != R_DONE)
        fprintf(stderr, "open: %.*s\n", STR_ARG(buf_view(&why)));
    CHECK(r == R_DONE);
    buf_free(&why);
}

static void make_directory(store_fixture *f)
{
    const char *base = getenv("TMPDIR");
    snprintf(f->path, sizeof(f->path), "%s/quan-store-XXXXXX", base != NULL ? base : "/tmp");
    CHECK(mkdtemp(f->path) != NULL);
}

static store_fixture *make_fixture(const fixture_kind *kind, uint16_t lanes,
                                   const char *const *urls)
{
    store_fixture *f = calloc(1, sizeof(*f)); /* freed by store_fixture_close */
    CHECK(f != NULL);
    f->kind = *kind;
    f->lanes = lanes;
    f->clock_ms = FIXTURE_START_MS;
    f->several = urls != NULL;
    for (size_t i = 0; i < (kind->shards == 0 ? 1 : kind->shards) && kind->engine >= FIXTURE_PG;
         i++)
        f->urls[i] = str_of(urls == NULL ? database_take() : urls[i]);
    f->url = f->urls[0].p;
    if (kind->engine == FIXTURE_ROCKS)
        make_directory(f);
    CHECK(pthread_mutex_init(&f->lock, NULL) == 0 && pthread_cond_init(&f->changed, NULL) == 0);
    open_again(f, lanes);
    return f;
}

store_fixture *store_fixture_open(const fixture_kind *kind, uint16_t lanes)
{
    return make_fixture(kind, lanes, NULL);
}

store_fixture *store_fixture_open_at(const fixture_kind *kind, uint16_t lanes,
                                     const char *const *urls)
{
    return make_fixture(kind, lanes, urls);
}

void store_fixture_reopen(store_fixture *f)
{
    store_close(f->store);
    open_again(f, 0);
}

static int remove_entry(const char *path, const struct stat *s, int flag, struct FTW *at)
{
    (void)s;
    (void)flag;
    (void)at;
    return remove(path);
}

void store_fixture_remove(const char *path)
{
    enum { OPEN_MAX_ = 16 };
    nftw(path, remove_entry, OPEN_MAX_, FTW_DEPTH | FTW_PHYS);
}

void store_fixture_close(store_fixture *f)
{
    store_close(f->store);
    for (size_t i = 0; i < FIXTURE_SHARDS_MAX && !f->several; i++)
        database_give(f->urls[i].p);
    if (f->path[0] != '\0')
        store_fixture_remove(f->path);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

/* ---- acts ---- */

static result on_run(uow *u, request *r)
{
    job_act *a = (job_act *)r;
    return a->decide(u, a);
}

static void on_done(request *r)
{
    job_act *a = (job_act *)r;
    store_fixture *f = a->fixture;
    size_t n = r->detail.n < sizeof(a->detail) - 1 ? r->detail.n : sizeof(a->detail) - 1;
    if (n > 0)
        memcpy(a->detail, r->detail.p, n);
    a->detail[n] = 0;
    pthread_mutex_lock(&f->lock);
    a->order = ++f->ended;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

job_act store_fixture_act(store_fixture *f, uint16_t slot, result (*decide)(uow *, job_act *))
{
    return (job_act){
        .request = {.run = on_run, .done = on_done, .slot = slot, .class = CLASS_ISSUE},
        .fixture = f,
        .decide = decide};
}

void store_fixture_submit(store_fixture *f, job_act *a)
{
    result r = store_submit(f->store, &a->request);
    CHECK(r == R_DONE);
}

void store_fixture_settle(store_fixture *f, const job_act *a)
{
    if (!f->kind.threads) {
        while (a->order == 0)
            CHECK(store_step(f->store) > 0);
        return;
    }
    pthread_mutex_lock(&f->lock);
    while (a->order == 0)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

result store_fixture_run(store_fixture *f, job_act *a)
{
    store_fixture_submit(f, a);
    store_fixture_settle(f, a);
    return a->request.outcome;
}

uow *store_fixture_read(store_fixture *f, arena *memory)
{
    uow *u;
    result r = store_read_begin(f->store, memory, FIXTURE_START_MS, &u);
    CHECK(r == R_DONE);
    return u;
}
