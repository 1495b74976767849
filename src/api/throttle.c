/* See throttle.h. */
#include "api/throttle.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"

enum { SHARDS = 16, PLACES_FIRST = 64 };
#define SECOND_NS INT64_C(1000000000)

typedef struct bucket {
    uint64_t key; /* 0: nobody's */
    int64_t full_at_ns;
} bucket;

typedef struct shard {
    pthread_mutex_t lock;
    bucket *places; /* open addressing */
    size_t n, capacity;
} shard;

struct throttle {
    int64_t burst, each_ns; /* one request comes back in each_ns */
    shard shards[SHARDS];
};

throttle *throttle_new(int64_t per_second, int64_t burst)
{
    if (per_second == 0)
        return NULL;
    throttle *t = calloc(1, sizeof *t); /* throttle_free */
    CHECK(t != NULL && per_second > 0 && burst >= 0);
    t->burst = burst == 0 ? per_second : burst;
    t->each_ns = SECOND_NS / per_second;
    for (size_t i = 0; i < SHARDS; i++)
        CHECK(pthread_mutex_init(&t->shards[i].lock, NULL) == 0);
    return t;
}

void throttle_free(throttle *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < SHARDS; i++) {
        (void)pthread_mutex_destroy(&t->shards[i].lock);
        free(t->shards[i].places);
    }
    free(t);
}

static uint64_t hash_of(uint64_t key)
{
    return hash64((str){(const char *)&key, sizeof key}, 0);
}

static bucket *place(const shard *s, uint64_t key)
{
    size_t i = (hash_of(key) / SHARDS) & (s->capacity - 1);
    while (s->places[i].key != 0 && s->places[i].key != key)
        i = (i + 1) & (s->capacity - 1);
    return &s->places[i];
}

/* Takes over the buckets that are not full, in room for twice as many. */
static void renew(shard *s, int64_t now_ns)
{
    shard old = *s;
    size_t used = 0;
    for (size_t i = 0; i < old.capacity; i++)
        used += old.places[i].key != 0 && old.places[i].full_at_ns > now_ns;
    s->capacity = PLACES_FIRST;
    while (s->capacity < used * 4)
        s->capacity *= 2;
    s->n = used;
    s->places = calloc(s->capacity, sizeof *s->places); /* throttle_free */
    CHECK(s->places != NULL);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.places[i].key != 0 && old.places[i].full_at_ns > now_ns)
            *place(s, old.places[i].key) = old.places[i];
    free(old.places);
}

static bucket *bucket_of(shard *s, uint64_t key, int64_t now_ns)
{
    if (s->n * 2 >= s->capacity)
        renew(s, now_ns);
    bucket *b = place(s, key);
    if (b->key == 0) {
        *b = (bucket){.key = key, .full_at_ns = now_ns};
        s->n++;
    }
    return b;
}

static int64_t seconds_up(int64_t ns)
{
    return (ns + SECOND_NS - 1) / SECOND_NS;
}

throttle_verdict throttle_take(throttle *t, uint64_t key, int64_t now_ns)
{
    CHECK(key != 0);
    int64_t whole_ns = t->burst * t->each_ns;
    throttle_verdict v = {.quota = t->burst, .window_s = seconds_up(whole_ns)};
    shard *s = &t->shards[hash_of(key) % SHARDS];
    (void)pthread_mutex_lock(&s->lock);
    bucket *b = bucket_of(s, key, now_ns);
    int64_t lacking_ns = b->full_at_ns > now_ns ? b->full_at_ns - now_ns : 0;
    v.allowed = lacking_ns + t->each_ns <= whole_ns;
    if (v.allowed)
        lacking_ns += t->each_ns;
    b->full_at_ns = now_ns + lacking_ns;
    (void)pthread_mutex_unlock(&s->lock);
    v.left = (whole_ns - lacking_ns) / t->each_ns;
    v.full_s = seconds_up(lacking_ns);
    v.retry_s = v.allowed ? 0 : seconds_up(lacking_ns + t->each_ns - whole_ns);
    return v;
}
