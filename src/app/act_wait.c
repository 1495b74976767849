/* See act_wait.h. */
#include "app/act_wait.h"

#include <pthread.h>

#include "app/inner.h"

typedef struct answer {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool there;
} answer;

static void answered(act_call *call)
{
    answer *a = call->context;
    (void)pthread_mutex_lock(&a->lock);
    a->there = true;
    (void)pthread_cond_signal(&a->changed);
    (void)pthread_mutex_unlock(&a->lock);
}

result act_wait(act_call *call)
{
    answer a = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    call->done = answered;
    call->context = &a;
    result r = act_submit(call);
    if (r != R_DONE)
        return r;
    if (!call->app->options.store.threads)
        while (!a.there)
            CHECK(app_settle(call->app) > 0); /* a parked act needs a clock that goes on */
    (void)pthread_mutex_lock(&a.lock);
    while (!a.there)
        (void)pthread_cond_wait(&a.changed, &a.lock);
    (void)pthread_mutex_unlock(&a.lock);
    (void)pthread_mutex_destroy(&a.lock);
    (void)pthread_cond_destroy(&a.changed);
    return call->code;
}
