/* A gate that many pass at once and one may close: see gate.h.
 *
 * Passing is one atomic addition. A thread counts how often it is in one gate; in a second gate at
 * the same time it waits like anybody. */
#include "store/rocks/gate.h"

#include "base/check.h"

static _Thread_local struct {
    const gate *of;
    unsigned depth;
} within;

void gate_init(gate *g)
{
    CHECK(pthread_mutex_init(&g->lock, NULL) == 0);
    CHECK(pthread_cond_init(&g->changed, NULL) == 0);
    atomic_init(&g->inside, 0);
    atomic_init(&g->closed, false);
}

void gate_free(gate *g)
{
    pthread_cond_destroy(&g->changed);
    pthread_mutex_destroy(&g->lock);
}

static void step_out(gate *g)
{
    if (atomic_fetch_sub(&g->inside, 1) != 1 || !atomic_load(&g->closed))
        return;
    pthread_mutex_lock(&g->lock);
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->lock);
}

void gate_enter(gate *g)
{
    bool again = within.of == g && within.depth > 0;
    atomic_fetch_add(&g->inside, 1);
    /* Counted before `closed` is read: who closes either sees it or turns it away. */
    while (atomic_load(&g->closed) && !again) {
        step_out(g);
        pthread_mutex_lock(&g->lock);
        while (atomic_load(&g->closed))
            pthread_cond_wait(&g->changed, &g->lock);
        pthread_mutex_unlock(&g->lock);
        atomic_fetch_add(&g->inside, 1);
    }
    if (within.depth == 0)
        within.of = g;
    if (within.of == g)
        within.depth++;
}

void gate_leave(gate *g)
{
    if (within.of == g)
        within.depth--;
    step_out(g);
}

void gate_close(gate *g)
{
    pthread_mutex_lock(&g->lock);
    while (atomic_load(&g->closed))
        pthread_cond_wait(&g->changed, &g->lock);
    atomic_store(&g->closed, true);
    while (atomic_load(&g->inside) > 0)
        pthread_cond_wait(&g->changed, &g->lock);
    pthread_mutex_unlock(&g->lock);
}

void gate_open(gate *g)
{
    pthread_mutex_lock(&g->lock);
    atomic_store(&g->closed, false);
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->lock);
}
