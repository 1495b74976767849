/* See errand.h. */
#include "app/errand.h"

#include <stdlib.h>

#include "port/clock.h"

/* Errands in their order, and how many run. */
typedef struct line {
    pthread_mutex_t lock;
    pthread_cond_t come, over; /* one has come, or there is an end; one is over */
    errand *first, **end;
    size_t waiting, running;
    bool stopped;
    size_t threads_n;
    pthread_t threads[ERRAND_THREADS];
} line;

struct errands {
    app *app;
    size_t shards;
    line lines[STORE_SHARDS_MAX + 1]; /* one for each, and that for several */
};

static errand *take(line *l)
{
    errand *e = l->first;
    l->first = e->next;
    if (l->first == NULL)
        l->end = &l->first;
    l->waiting--;
    l->running++;
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
        (void)pthread_mutex_lock(&l->lock);
        l->running--;
        (void)pthread_cond_broadcast(&l->over);
    }
    (void)pthread_mutex_unlock(&l->lock);
    return NULL;
}

static void line_open(line *l, size_t threads)
{
    CHECK(pthread_mutex_init(&l->lock, NULL) == 0);
    CHECK(pthread_cond_init(&l->come, NULL) == 0);
    CHECK(pthread_cond_init(&l->over, NULL) == 0);
    l->end = &l->first;
    for (; l->threads_n < threads; l->threads_n++)
        CHECK(pthread_create(&l->threads[l->threads_n], NULL, work, l) == 0);
}

errands *errands_new(app *a)
{
    errands *all = calloc(1, sizeof(*all)); /* errands_free frees it */
    CHECK(all != NULL);
    all->app = a;
    all->shards = store_slots(a->store)->shards;
    bool away = a->options.store.threads && str_eq(a->options.engine, S("pg"));
    for (size_t i = 0; i <= all->shards; i++)
        line_open(&all->lines[i], !away ? 0 : i < all->shards ? 1 : ERRAND_THREADS);
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

void errand_send(app *a, uint16_t lane, errand *e)
{
    errands *all = a->errands;
    size_t number =
        lane == ERRAND_ANY ? all->shards : slot_map_shard_of_lane(store_slots(a->store), lane);
    line *l = &all->lines[number];
    if (l->threads_n == 0)
        e->run(e, false);
    else if (!queue(l, e))
        e->run(e, true);
}

static bool line_wait(line *l)
{
    bool any = false;
    (void)pthread_mutex_lock(&l->lock);
    while (l->waiting + l->running > 0) {
        any = true;
        (void)pthread_cond_wait(&l->over, &l->lock);
    }
    (void)pthread_mutex_unlock(&l->lock);
    return any;
}

bool errands_wait(errands *all)
{
    bool any = false;
    for (size_t i = 0; i <= all->shards; i++)
        any = line_wait(&all->lines[i]) || any;
    return any;
}

void errands_stop(errands *all)
{
    for (size_t i = 0; i <= all->shards; i++) {
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
    for (size_t i = 0; all != NULL && i <= all->shards; i++) {
        (void)pthread_cond_destroy(&all->lines[i].come);
        (void)pthread_cond_destroy(&all->lines[i].over);
        (void)pthread_mutex_destroy(&all->lines[i].lock);
    }
    free(all);
}
