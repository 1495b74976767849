/* See inbox.h. */
#include "plat/inbox.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int inbox_open(inbox *b)
{
    atomic_init(&b->newest, NULL);
    atomic_init(&b->senders, 0);
    b->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return b->fd < 0 ? errno : 0;
}

void inbox_close(inbox *b)
{
    close(b->fd);
}

void inbox_wake(inbox *b)
{
    const uint64_t one = 1;
    ssize_t n;
    do {
        n = write(b->fd, &one, sizeof one);
    } while (n < 0 && errno == EINTR);
    CHECK(n == sizeof one || errno == EAGAIN); /* EAGAIN: it is awake 2^64 times */
}

void inbox_put(inbox *b, inbox_node *n)
{
    /* The loop does not end while a sender is between its push and its wake. */
    atomic_fetch_add(&b->senders, 1);
    inbox_node *head = atomic_load_explicit(&b->newest, memory_order_relaxed);
    do {
        n->next = head;
    } while (!atomic_compare_exchange_weak_explicit(&b->newest, &head, n, memory_order_release,
                                                    memory_order_relaxed));
    if (head == NULL)
        inbox_wake(b);
    atomic_fetch_sub(&b->senders, 1);
}

inbox_node *inbox_take(inbox *b)
{
    uint64_t times;
    /* Before the queue is taken: whoever finds it empty afterwards wakes anew. */
    while (read(b->fd, &times, sizeof times) < 0 && errno == EINTR)
        continue;
    inbox_node *newest = atomic_exchange_explicit(&b->newest, NULL, memory_order_acquire);
    inbox_node *oldest = NULL;
    while (newest != NULL) {
        inbox_node *older = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = older;
    }
    return oldest;
}

void inbox_settle(inbox *b)
{
    while (atomic_load(&b->senders) > 0)
        sched_yield();
}
