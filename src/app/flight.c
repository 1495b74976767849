/* See flight.h. Calls that have come back wait in a list under a lock until the flyer takes them.
 */
#include "app/flight.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { BUSY_PAUSE_NS = 200 * 1000 };

typedef struct seat {
    act_call call; /* first */
    flight *flight;
    arena *memory;
    struct seat *next;
} seat;

struct flight {
    flight_options options;
    pthread_mutex_t lock;
    pthread_cond_t back;
    seat *seats;
    seat *landed; /* came back, not handed over yet; newest first */
    seat *blank;  /* the flyer's own */
    uint32_t away;
};

flight *flight_new(const flight_options *options)
{
    CHECK(options->window >= 1 && options->window <= FLIGHT_WINDOW_MAX);
    flight *f = calloc(1, sizeof *f); /* flight_free frees both */
    CHECK(f != NULL);
    f->options = *options;
    CHECK(pthread_mutex_init(&f->lock, NULL) == 0);
    CHECK(pthread_cond_init(&f->back, NULL) == 0);
    f->seats = calloc(options->window, sizeof *f->seats); /* flight_free */
    CHECK(f->seats != NULL);
    for (uint32_t i = 0; i < options->window; i++) {
        f->seats[i].flight = f;
        f->seats[i].memory = arena_new(0);
        f->seats[i].next = f->blank;
        f->blank = &f->seats[i];
    }
    return f;
}

static void come_back(act_call *call)
{
    seat *s = (seat *)call;
    flight *f = s->flight;
    (void)pthread_mutex_lock(&f->lock);
    s->next = f->landed;
    f->landed = s;
    (void)pthread_cond_signal(&f->back);
    (void)pthread_mutex_unlock(&f->lock);
}

/* Hands over what has come back; waits for one when told to. */
static void collect(flight *f, bool wait)
{
    if (f->options.stepped) {
        (void)app_settle(f->options.app);
    }
    (void)pthread_mutex_lock(&f->lock);
    while (wait && f->landed == NULL && f->away > 0) {
        (void)pthread_cond_wait(&f->back, &f->lock);
    }
    seat *s = f->landed;
    f->landed = NULL;
    (void)pthread_mutex_unlock(&f->lock);
    while (s != NULL) {
        seat *next = s->next;
        f->away--;
        f->options.landed(f->options.context, &s->call);
        arena_reset(s->memory);
        s->next = f->blank;
        f->blank = s;
        s = next;
    }
}

act_call *flight_call(flight *f, act_id id, uint16_t slot)
{
    while (f->blank == NULL) {
        collect(f, true);
    }
    seat *s = f->blank;
    f->blank = s->next;
    s->call = (act_call){
        .app = f->options.app, .id = id, .slot = slot, .memory = s->memory, .done = come_back};
    s->call.out = arena_alloc(s->memory, act_find((uint16_t)id)->out->size);
    return &s->call;
}

void flight_send(flight *f, act_call *call)
{
    f->away++;
    result r;
    while ((r = act_submit(call)) == R_BUSY) {
        collect(f, false);
        (void)nanosleep(&(struct timespec){0, BUSY_PAUSE_NS}, NULL);
    }
    if (r != R_DONE) {
        call->code = r;
        come_back(call);
    }
}

void flight_wait(flight *f)
{
    while (f->away > 0) {
        collect(f, true);
    }
}

void flight_free(flight *f)
{
    if (f == NULL) {
        return;
    }
    flight_wait(f);
    for (uint32_t i = 0; i < f->options.window; i++) {
        arena_free(f->seats[i].memory);
    }
    free(f->seats);
    (void)pthread_mutex_destroy(&f->lock);
    (void)pthread_cond_destroy(&f->back);
    free(f);
}
