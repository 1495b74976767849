/* Calls between two servers in this process: see peer_wire.h. */
#include "test/lib/peer_wire.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/serve.h"

enum { LATE_MS = 20 };

static bool on_mine(void *context, uint16_t lane)
{
    const peer_wire_end *e = context;
    return (atomic_load(&e->wire->owned[e->number]) >> lane & 1) != 0;
}

static bool enter(peer_wire_end *e)
{
    (void)pthread_mutex_lock(&e->lock);
    bool open = e->open;
    e->inside += open;
    (void)pthread_mutex_unlock(&e->lock);
    return open;
}

static void leave(peer_wire_end *e)
{
    (void)pthread_mutex_lock(&e->lock);
    e->inside--;
    (void)pthread_cond_broadcast(&e->left);
    (void)pthread_mutex_unlock(&e->lock);
}

typedef struct letter {
    peer_wire_end *to;
    peer_wire_fate fate;
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
    peer_wire_end *to = l->to;
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
    (void)nanosleep(&(struct timespec){0, LATE_MS * 1000000L}, NULL);
    hand_over(context);
    return NULL;
}

static void on_call(void *context, uint16_t lane, str message, peers_answered *answered, void *of)
{
    peer_wire_end *e = context;
    peer_wire *w = e->wire;
    (void)lane;                                 /* there is one other, whosever it is */
    letter *l = malloc(sizeof(*l) + message.n); /* freed when it is answered */
    CHECK(l != NULL);
    *l = (letter){.to = &w->ends[1 - e->number],
                  .fate = (peer_wire_fate)atomic_load(&w->fate),
                  .answered = answered,
                  .of = of,
                  .n = message.n};
    memcpy(l->bytes, message.p, message.n);
    atomic_fetch_add(&w->calls, 1);
    if (l->fate >= WIRE_ROUGH) {
        uint64_t r = atomic_fetch_add(&w->random, UINT64_C(0x9e3779b97f4a7c15));
        l->fate = (peer_wire_fate)((r >> 32) % (l->fate == WIRE_ROUGH ? WIRE_LOSES : WIRE_ROUGH));
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
    const peer_wire_end *e = context;
    const peer_wire_end *other = &e->wire->ends[1 - e->number];
    return other->app == NULL || other->lost ? 0 : store_step(app_store(other->app));
}

void peer_wire_init(peer_wire *w, bool stepped)
{
    *w = (peer_wire){.fate = WIRE_WHOLE};
    peer_wire_own(w, 0x5555, 0xaaaa);
    for (int i = 0; i < PEER_WIRE_ENDS; i++) {
        peer_wire_end *e = &w->ends[i];
        e->wire = w;
        e->number = i;
        e->peers = (peers){e, on_mine, on_call, stepped ? on_step : NULL};
        CHECK(pthread_mutex_init(&e->lock, NULL) == 0);
        CHECK(pthread_cond_init(&e->left, NULL) == 0);
    }
}

void peer_wire_free(peer_wire *w)
{
    for (int i = 0; i < PEER_WIRE_ENDS; i++) {
        (void)pthread_mutex_destroy(&w->ends[i].lock);
        (void)pthread_cond_destroy(&w->ends[i].left);
    }
}

void peer_wire_own(peer_wire *w, uint32_t first, uint32_t second)
{
    atomic_store(&w->owned[0], first);
    atomic_store(&w->owned[1], second);
    for (int i = 0; i < PEER_WIRE_ENDS; i++)
        if (w->ends[i].app != NULL)
            app_peers_changed(w->ends[i].app);
}

void peer_wire_join(peer_wire *w, int number, app *a)
{
    peer_wire_end *e = &w->ends[number];
    (void)pthread_mutex_lock(&e->lock);
    e->app = a;
    e->open = true;
    (void)pthread_mutex_unlock(&e->lock);
}

void peer_wire_leave(peer_wire *w, int number)
{
    peer_wire_end *e = &w->ends[number];
    (void)pthread_mutex_lock(&e->lock);
    e->open = false;
    while (e->inside > 0)
        (void)pthread_cond_wait(&e->left, &e->lock);
    e->app = NULL;
    (void)pthread_mutex_unlock(&e->lock);
}

void peer_wire_lose(peer_wire *w, int number)
{
    peer_wire_end *e = &w->ends[number];
    (void)pthread_mutex_lock(&e->lock);
    e->open = false;
    (void)pthread_mutex_unlock(&e->lock);
    e->lost = true;
}
