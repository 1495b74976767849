/* What waits in front of one lane: requests by class, those that go first again, and those that are
 * parked for a pool.
 *
 * Invariants: a request is in exactly one of these lists, or in the lane's batch; within a class
 * the order is that of arrival. Requests that were put back or woken go first, in their order. All
 * functions from any thread, but take, put_back, park and expire from the lane's. */
#ifndef QUAN_STORE_QUEUE_H
#define QUAN_STORE_QUEUE_H

#include <pthread.h>

#include "port/store.h"

enum {
    /* Waiting requests of all classes beyond which a class is refused: use before issue before the
     * rest. Internal ones are never refused. */
    QUEUE_ISSUE_MAX = STORE_QUEUE_MAX / 8 * 7,
    QUEUE_OTHER_MAX = STORE_QUEUE_MAX / 4 * 3,
    QUEUE_FLOOR = 16, /* of each class in a batch, so that none starves */
};

typedef struct request_list {
    request *head, *tail;
    size_t n;
} request_list;

typedef struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    request_list classes[CLASS_COUNT];
    request_list first;
    request_list parked;
    size_t waiting;       /* in classes */
    int64_t park_ends_ms; /* not later than the first parked request's deadline; INT64_MAX: none */
    bool sleeping, halted, stopping, give_up;
} queue;

void queue_init(queue *q);
void queue_free(queue *q);
MUST_USE result queue_add(queue *q, request *r); /* R_DONE, R_BUSY */
/* Moves those parked for the pool with a ticket <= up_to to the front. */
void queue_wake(queue *q, pool_name which, store_word word, uint64_t up_to);
void queue_halt(queue *q, bool halted);
void queue_stop(queue *q);    /* queue_wait answers false from now on */
void queue_give_up(queue *q); /* what is parked expires now, and so does what parks later */
bool queue_wait(queue *q, int64_t (*tick_ms)(void *), void *context);

/* Up to max requests: one batch. */
size_t queue_take(queue *q, request **out, size_t max);
void queue_put_back(queue *q, request **items, size_t n);
bool queue_park(queue *q, request *r); /* until park_until_ms; false: too many are parked */
request *queue_expire(queue *q, int64_t now_ms); /* linked by next */
void queue_count(queue *q, uint64_t *waiting, uint64_t *parked);

#endif
