/* See away.h. */
#include "app/away.h"

void away_begin(app *a)
{
    (void)pthread_mutex_lock(&a->away_lock);
    a->away++;
    a->away_begun++;
    (void)pthread_mutex_unlock(&a->away_lock);
}

void away_over(app *a)
{
    (void)pthread_mutex_lock(&a->away_lock);
    if (--a->away == 0)
        (void)pthread_cond_broadcast(&a->all_back);
    (void)pthread_mutex_unlock(&a->away_lock);
}

uint64_t away_wait(app *a)
{
    (void)pthread_mutex_lock(&a->away_lock);
    while (a->away > 0) {
        if (a->options.store.threads) {
            (void)pthread_cond_wait(&a->all_back, &a->away_lock);
        } else {
            (void)pthread_mutex_unlock(&a->away_lock);
            CHECK(app_settle(a) > 0); /* else nobody will ever answer */
            (void)pthread_mutex_lock(&a->away_lock);
        }
    }
    uint64_t begun = a->away_begun;
    (void)pthread_mutex_unlock(&a->away_lock);
    return begun;
}
