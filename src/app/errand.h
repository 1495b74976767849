/* Errands: what reads the database for those who must not wait for it: a lane's thread, which would
 * keep its lane from everybody, and the thread of the connections to the other servers, who would
 * take this one for dead.
 *
 * Each shard has a line with a thread of its own, so one that hangs keeps nobody from the others.
 * What reads several shards goes by a line with ERRAND_THREADS, and the feed's look has one of its
 * own. A line holds ERRANDS_MAX. What finds it full, has waited in it for ERRAND_LATE_MS, or comes
 * when the app is closed is run late: then it reads nothing, and tells whoever waits that it could
 * not.
 *
 * Where the store is in this process, or is stepped, an errand is run by whoever sends it. */
#ifndef QUAN_APP_ERRAND_H
#define QUAN_APP_ERRAND_H

#include "app/inner.h"

enum { ERRANDS_MAX = 4096, ERRAND_THREADS = 4, ERRAND_LATE_MS = 2000 };
enum { ERRAND_ANY = UINT16_MAX, ERRAND_FEED = ERRAND_ANY - 1 };

typedef struct errand {
    void (*run)(struct errand *e, bool late); /* it is run's from then on */
    struct errand *next;
    int64_t since_ms; /* monotonic: when it was sent */
} errand;

errands *errands_new(app *a); /* the store is open */
/* lane: whose rows it reads; ERRAND_ANY: those of several shards; ERRAND_FEED: feed.c's own look at
 * all lanes, for which other errands may wait. Never with a lock held that its run takes. */
void errand_send(app *a, uint16_t lane, errand *e);
void errands_stop(errands *all); /* from now on all are late */
void errands_free(errands *all); /* after that; NULL is allowed */

#endif
