/* The API keys in memory: found by the first half of the SHA-256 of the secret. The rows are the
 * truth; this is their copy for answering without the store. At most KEYRING_MAX keys. Thread-safe.
 */
#include <stdlib.h>

#include "app/inner.h"

enum { KEYRING_MAX = 100000 };

typedef struct held_key {
    uint64_t hi, lo, id, merchant;
    uint32_t scopes;
    int64_t expires_at_ms, revoked_at_ms;
} held_key;

struct keyring {
    pthread_rwlock_t lock;
    held_key *keys; /* ascending by (hi, lo) */
    size_t n, capacity;
};

keyring *keyring_new(void)
{
    keyring *k = calloc(1, sizeof *k); /* keyring_free frees it */
    CHECK(k != NULL);
    CHECK(pthread_rwlock_init(&k->lock, NULL) == 0);
    return k;
}

void keyring_free(keyring *k)
{
    if (k != NULL) {
        (void)pthread_rwlock_destroy(&k->lock);
        free(k->keys);
        free(k);
    }
}

/* Where (hi, lo) is, or belongs. */
static size_t place(const keyring *k, uint64_t hi, uint64_t lo)
{
    size_t from = 0, until = k->n;
    while (from < until) {
        size_t middle = from + (until - from) / 2;
        const held_key *at = &k->keys[middle];
        if (at->hi < hi || (at->hi == hi && at->lo < lo)) {
            from = middle + 1;
        } else {
            until = middle;
        }
    }
    return from;
}

static bool is_at(const keyring *k, size_t i, uint64_t hi, uint64_t lo)
{
    return i < k->n && k->keys[i].hi == hi && k->keys[i].lo == lo;
}

void keyring_put(keyring *k, const api_key *row)
{
    (void)pthread_rwlock_wrlock(&k->lock);
    size_t i = place(k, row->hi, row->lo);
    if (!is_at(k, i, row->hi, row->lo)) {
        CHECK(k->n < KEYRING_MAX);
        if (k->n == k->capacity) {
            k->capacity = k->capacity == 0 ? 64 : k->capacity * 2;
            k->keys = realloc(k->keys, k->capacity * sizeof *k->keys); /* keyring_free */
            CHECK(k->keys != NULL);
        }
        memmove(&k->keys[i + 1], &k->keys[i], (k->n - i) * sizeof *k->keys);
        k->n++;
    }
    k->keys[i] = (held_key){row->hi,           row->lo,     row->id,
                            row->merchant,     row->scopes, row->expires_at_ms,
                            row->revoked_at_ms};
    (void)pthread_rwlock_unlock(&k->lock);
}

bool keyring_has(keyring *k, const api_key *row)
{
    (void)pthread_rwlock_rdlock(&k->lock);
    size_t i = place(k, row->hi, row->lo);
    const held_key *at = &k->keys[i];
    bool has = is_at(k, i, row->hi, row->lo) && at->id == row->id &&
               at->merchant == row->merchant && at->scopes == row->scopes &&
               at->expires_at_ms == row->expires_at_ms && at->revoked_at_ms == row->revoked_at_ms;
    (void)pthread_rwlock_unlock(&k->lock);
    return has;
}

bool keyring_find(keyring *k, uint64_t hi, uint64_t lo, int64_t now_ms, app_principal *out)
{
    (void)pthread_rwlock_rdlock(&k->lock);
    size_t i = place(k, hi, lo);
    bool good = is_at(k, i, hi, lo) && k->keys[i].revoked_at_ms == 0 &&
                (k->keys[i].expires_at_ms == 0 || now_ms < k->keys[i].expires_at_ms);
    if (good) {
        *out = (app_principal){k->keys[i].id, k->keys[i].merchant, k->keys[i].scopes, {hi, lo}};
    }
    (void)pthread_rwlock_unlock(&k->lock);
    return good;
}
