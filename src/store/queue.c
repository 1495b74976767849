/* What waits in front of one lane: see queue.h. */
#include "store/queue.h"

#include <time.h>

#include "base/time.h"

static void list_add(request_list *l, request *r)
{
    r->next = NULL;
    if (l->tail == NULL)
        l->head = r;
    else
        l->tail->next = r;
    l->tail = r;
    l->n++;
}

static request *list_take(request_list *l)
{
    request *r = l->head;
    l->head = r->next;
    if (l->head == NULL)
        l->tail = NULL;
    l->n--;
    r->next = NULL;
    return r;
}

void queue_init(queue *q)
{
    *q = (queue){.park_ends_ms = INT64_MAX};
    pthread_condattr_t attributes;
    CHECK(pthread_condattr_init(&attributes) == 0);
    CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_mutex_init(&q->lock, NULL) == 0);
    CHECK(pthread_cond_init(&q->changed, &attributes) == 0);
    pthread_condattr_destroy(&attributes);
}

void queue_free(queue *q)
{
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->lock);
}

static void stir(queue *q)
{
    if (q->sleeping)
        pthread_cond_signal(&q->changed);
}

result queue_add(queue *q, request *r)
{
    static const size_t most[CLASS_COUNT] = {
        [CLASS_INTERNAL] = SIZE_MAX,
        [CLASS_USE] = STORE_QUEUE_MAX,
        [CLASS_ISSUE] = QUEUE_ISSUE_MAX,
        [CLASS_OTHER] = QUEUE_OTHER_MAX,
    };
    CHECK((unsigned)r->class < CLASS_COUNT);
    pthread_mutex_lock(&q->lock);
    bool room = q->waiting < most[r->class];
    if (room) {
        list_add(&q->classes[r->class], r);
        q->waiting++;
        stir(q);
    }
    pthread_mutex_unlock(&q->lock);
    return room ? R_DONE : R_BUSY;
}

/* ---- parking ---- */

static void tell_dry(request *r, pool_name which)
{
    size_t i = 0;
    while (i < r->dry_count && !pool_name_eq(r->dry[i].pool, which))
        i++;
    if (i == STORE_DRY_MAX)
        return;
    if (i == r->dry_count)
        r->dry[r->dry_count++] = (struct request_dry){which, r->waits_need};
    else if (r->dry[i].need < r->waits_need)
        r->dry[i].need = r->waits_need;
}

void queue_wake(queue *q, pool_name which, store_word word, uint64_t up_to)
{
    pthread_mutex_lock(&q->lock);
    request_list still = {0};
    while (q->parked.n > 0) {
        request *r = list_take(&q->parked);
        if (r->ticket > up_to || !pool_name_eq(r->waits_for, which)) {
            list_add(&still, r);
            continue;
        }
        if (word == WORD_DRY || (word == WORD_COLLECTED && r->waits_need < 0))
            tell_dry(r, which);
        list_add(&q->first, r);
    }
    q->parked = still;
    stir(q);
    pthread_mutex_unlock(&q->lock);
}

bool queue_park(queue *q, request *r)
{
    pthread_mutex_lock(&q->lock);
    bool room = q->parked.n < STORE_PARKED_MAX;
    if (room) {
        list_add(&q->parked, r);
        if (r->park_until_ms < q->park_ends_ms)
            q->park_ends_ms = r->park_until_ms;
    }
    pthread_mutex_unlock(&q->lock);
    return room;
}

request *queue_expire(queue *q, int64_t now_ms)
{
    request_list still = {0}, over = {0};
    pthread_mutex_lock(&q->lock);
    if (q->parked.n > 0 && (q->give_up || now_ms >= q->park_ends_ms)) {
        q->park_ends_ms = INT64_MAX;
        while (q->parked.n > 0) {
            request *r = list_take(&q->parked);
            if (q->give_up || now_ms >= r->park_until_ms) {
                list_add(&over, r);
                continue;
            }
            list_add(&still, r);
            if (r->park_until_ms < q->park_ends_ms)
                q->park_ends_ms = r->park_until_ms;
        }
        q->parked = still;
    }
    pthread_mutex_unlock(&q->lock);
    return over.head;
}

/* ---- batches ---- */

static size_t take_from(request_list *l, size_t n, request **out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = list_take(l);
    return n;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t queue_take(queue *q, request **out, size_t max)
{
    pthread_mutex_lock(&q->lock);
    size_t n = 0;
    if (!q->halted) {
        n = take_from(&q->first, smaller(q->first.n, max), out);
        size_t share[CLASS_COUNT], room = max - n;
        for (size_t c = 0; c < CLASS_COUNT; c++) {
            share[c] = smaller(smaller(q->classes[c].n, QUEUE_FLOOR), room);
            room -= share[c];
        }
        for (size_t c = 0; c < CLASS_COUNT; c++) {
            size_t more = smaller(q->classes[c].n - share[c], room);
            room -= more;
            size_t taken = take_from(&q->classes[c], share[c] + more, out + n);
            n += taken;
            q->waiting -= taken;
        }
    }
    pthread_mutex_unlock(&q->lock);
    return n;
}

void queue_put_back(queue *q, request **items, size_t n)
{
    pthread_mutex_lock(&q->lock);
    request_list front = {0};
    for (size_t i = 0; i < n; i++)
        list_add(&front, items[i]);
    while (q->first.n > 0)
        list_add(&front, list_take(&q->first));
    q->first = front;
    pthread_mutex_unlock(&q->lock);
}

/* ---- the lane's sleep ---- */

void queue_halt(queue *q, bool halted)
{
    pthread_mutex_lock(&q->lock);
    q->halted = halted;
    stir(q);
    pthread_mutex_unlock(&q->lock);
}

void queue_stop(queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->stopping = true;
    stir(q);
    pthread_mutex_unlock(&q->lock);
}

void queue_give_up(queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->give_up = true;
    stir(q);
    pthread_mutex_unlock(&q->lock);
}

static bool has_work(const queue *q, int64_t now_ms)
{
    if (q->parked.n > 0 && (q->give_up || now_ms >= q->park_ends_ms))
        return true;
    return !q->halted && (q->waiting > 0 || q->first.n > 0);
}

static void sleep_until(queue *q, int64_t tick_ms)
{
    q->sleeping = true;
    if (tick_ms == INT64_MAX) {
        pthread_cond_wait(&q->changed, &q->lock);
    } else {
        struct timespec at = {.tv_sec = tick_ms / MS_SECOND,
                              .tv_nsec = tick_ms % MS_SECOND * 1000000};
        pthread_cond_timedwait(&q->changed, &q->lock, &at);
    }
    q->sleeping = false;
}

bool queue_wait(queue *q, int64_t (*tick_ms)(void *), void *context)
{
    pthread_mutex_lock(&q->lock);
    while (!q->stopping && !has_work(q, tick_ms(context)))
        sleep_until(q, q->parked.n > 0 ? q->park_ends_ms : INT64_MAX);
    bool go = !q->stopping;
    pthread_mutex_unlock(&q->lock);
    return go;
}

void queue_count(queue *q, uint64_t *waiting, uint64_t *parked)
{
    pthread_mutex_lock(&q->lock);
    *waiting += q->waiting + q->first.n;
    *parked += q->parked.n;
    pthread_mutex_unlock(&q->lock);
}
