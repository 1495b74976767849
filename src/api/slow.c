/* See slow.h: some threads and a ring of calls. */
#include "api/slow.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct errand {
    api_call *call;
    void (*run)(api_call *c);
} errand;

struct slow {
    pthread_t threads[SLOW_THREADS];
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    bool ending;
    size_t first, n;
    errand ring[SLOW_QUEUE_MAX];
};

/* False when there is none and never will be. */
static bool next(slow *s, errand *out)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->n == 0 && !s->ending)
        (void)pthread_cond_wait(&s->changed, &s->lock);
    bool found = s->n > 0;
    if (found) {
        *out = s->ring[s->first];
        s->first = (s->first + 1) % SLOW_QUEUE_MAX;
        s->n--;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return found;
}

static void *work(void *argument)
{
    errand e;
    while (next(argument, &e))
        e.run(e.call);
    return NULL;
}

slow *slow_new(void)
{
    slow *s = calloc(1, sizeof *s); /* slow_free */
    CHECK(s != NULL);
    CHECK(pthread_mutex_init(&s->lock, NULL) == 0);
    CHECK(pthread_cond_init(&s->changed, NULL) == 0);
    for (size_t i = 0; i < SLOW_THREADS; i++) {
        CHECK(pthread_create(&s->threads[i], NULL, work, s) == 0);
        (void)pthread_setname_np(s->threads[i], "slow");
    }
    return s;
}

void slow_free(slow *s)
{
    if (s == NULL)
        return;
    (void)pthread_mutex_lock(&s->lock);
    s->ending = true;
    (void)pthread_cond_broadcast(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < SLOW_THREADS; i++)
        (void)pthread_join(s->threads[i], NULL);
    (void)pthread_cond_destroy(&s->changed);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

/* False when too many wait. */
static bool push(api_call *c, void (*run)(api_call *c))
{
    slow *s = c->api->slow;
    (void)pthread_mutex_lock(&s->lock);
    bool room = s->n < SLOW_QUEUE_MAX;
    if (room)
        s->ring[(s->first + s->n++) % SLOW_QUEUE_MAX] = (errand){c, run};
    (void)pthread_cond_signal(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
    return room;
}

void slow_run(api_call *c, void (*run)(api_call *c))
{
    if (!push(c, run))
        call_refuse(c, R_BUSY, S("Too many slow requests wait."));
}

void slow_if(bool heavy, api_call *c, void (*run)(api_call *c))
{
    if (heavy)
        slow_run(c, run);
    else
        run(c);
}

void slow_answer(bool heavy, api_call *c, void (*run)(api_call *c))
{
    if (!heavy || !push(c, run))
        run(c);
}
