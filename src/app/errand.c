/* See errand.h. */
#include "app/errand.h"

#include <stdlib.h>

#include "app/away.h"
#include "port/clock.h"

/* Errands in their order. */
typedef struct line {
    app *app;
    pthread_mutex_t lock;
    pthread_cond_t come; /* one has come, or there is an end */
    errand *first, **end;
    size_t waiting;
    bool stopped;
    size_t threads_n;
    pthread_t threads[ERRAND_THREADS];
} line;

struct errands {
    size_t n;
    line lines[STORE_SHARDS_MAX + 2]; /* one for each shard, that for several, the feed's */
};

static errand *take(line *l)
{
    errand *e = l->first;
    l->first = e->next;
    if (l->first == NULL)
        l->end = &l->first;
    l->waiting--;
    return e;
}

static void *work(void *context)
{
    line *l = context;
    (void)pthread_mutex_lock(&l->lock);
    while (!l->stopped || l->first != NULL) {
        if (l->first == NULL) {
            (void)pthread_cond_wait(&l->come, &l->lock);
            continue;
        }
        errand *e = take(l);
        bool late = l->stopped || clock_monotonic_ms() - e->since_ms >= ERRAND_LATE_MS;
        (void)pthread_mutex_unlock(&l->lock);
        e->run(e, late);
        away_over(l->app);
        (void)pthread_mutex_lock(&l->lock);
    }
    (void)pthread_mutex_unlock(&l->lock);
    return NULL;
}

static void line_open(line *l, app *a, size_t threads)
{
    l->app = a;
    CHECK(pthread_mutex_init(&l->lock, NULL) == 0);
    CHECK(pthread_cond_init(&l->come, NULL) == 0);
    l->end = &l->first;
    for (; l->threads_n < threads; l->threads_n++)
        CHECK(pthread_create(&l->threads[l->threads_n], NULL, work, l) == 0);
}

errands *errands_new(app *a)
{
    errands *all = calloc(1, sizeof(*all)); /* errands_free frees it */
    CHECK(all != NULL);
    size_t shards = store_slots(a->store)->shards;
    all->n = shards + 2;
    bool far = a->options.store.threads && str_eq(a->options.engine, S("pg"));
    for (size_t i = 0; i < all->n; i++)
        line_open(&all->lines[i], a, !far ? 0 : i == shards ? ERRAND_THREADS : 1);
    return all;
}

/* False: nobody will run it. */
static bool queue(line *l, errand *e)
{
    (void)pthread_mutex_lock(&l->lock);
    bool takes = !l->stopped && l->waiting < ERRANDS_MAX;
    if (takes) {
        e->next = NULL;
        e->since_ms = clock_monotonic_ms();
        *l->end = e;
        l->end = &e->next;
        l->waiting++;
        (void)pthread_cond_signal(&l->come);
    }
    (void)pthread_mutex_unlock(&l->lock);
    return takes;
}

static line *line_of(app *a, uint16_t lane)
{
    errands *all = a->errands;
    if (lane == ERRAND_FEED)
        return &all->lines[all->n - 1];
    if (lane == ERRAND_ANY)
        return &all->lines[all->n - 2];
    return &all->lines[slot_map_shard_of_lane(store_slots(a->store), lane)];
}

void errand_send(app *a, uint16_t lane, errand *e)
{
    line *l = line_of(a, lane);
    if (l->threads_n == 0) {
        e->run(e, false);
        return;
    }
    away_begin(a);
    if (!queue(l, e)) {
        e->run(e, true);
        away_over(a);
    }
}

void errands_stop(errands *all)
{
    for (size_t i = 0; i < all->n; i++) {
        line *l = &all->lines[i];
        (void)pthread_mutex_lock(&l->lock);
        l->stopped = true;
        (void)pthread_cond_broadcast(&l->come);
        (void)pthread_mutex_unlock(&l->lock);
        for (size_t k = 0; k < l->threads_n; k++)
            CHECK(pthread_join(l->threads[k], NULL) == 0);
    }
}

void errands_free(errands *all)
{
    for (size_t i = 0; all != NULL && i < all->n; i++) {
        (void)pthread_cond_destroy(&all->lines[i].come);
        (void)pthread_mutex_destroy(&all->lines[i].lock);
    }
    free(all);
}
