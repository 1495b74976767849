/* The engine in memory: the tests' oracle. Nothing outlives it.
 *
 * One mutex, one ordered map for each key space, and a commit number: a snapshot is the number of
 * the last commit it sees. It checks what other engines trust: that an inserted row is new and that
 * a changed one is there. */
#include <pthread.h>
#include <stdlib.h>

#include "store/kv.h"
#include "store/mem/ordered.h"

struct snapshot {
    snapshot *next;
    uint64_t at;
};

typedef struct mem {
    kv_engine kv; /* first */
    pthread_mutex_t lock;
    ordered *spaces[KV_SPACES];
    uint64_t last;
    snapshot *snapshots; /* newest first */
} mem;

static uint64_t visible(const mem *m, const snapshot *at)
{
    return at == NULL ? m->last : at->at;
}

static result mem_get(kv_engine *e, const kv_get *get)
{
    mem *m = (mem *)e;
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < get->n; i++) {
        const kv_key *k = &get->keys[i];
        str value;
        if (ordered_get(m->spaces[k->space], k->key, visible(m, get->at), &value))
            get->found(get->context, i, value);
    }
    pthread_mutex_unlock(&m->lock);
    return R_DONE;
}

static result mem_scan(kv_engine *e, const snapshot *at, const kv_range *range, kv_visit *visit,
                       void *context)
{
    mem *m = (mem *)e;
    pthread_mutex_lock(&m->lock);
    size_t left = range->limit;
    const ordered_node *n = ordered_seek(m->spaces[range->space], range->position);
    for (; n != NULL && left > 0 && str_starts(ordered_key(n), range->prefix);
         n = ordered_next(n)) {
        if (range->end.n > 0 && str_cmp(ordered_key(n), range->end) >= 0)
            break;
        str value;
        if (range->after && str_eq(ordered_key(n), range->position))
            continue;
        if (!ordered_value(n, visible(m, at), &value))
            continue;
        visit(context, ordered_key(n), value);
        left--;
    }
    pthread_mutex_unlock(&m->lock);
    return R_DONE;
}

static uint64_t oldest_snapshot(const mem *m)
{
    uint64_t oldest = m->last;
    for (const snapshot *s = m->snapshots; s != NULL; s = s->next)
        oldest = s->at < oldest ? s->at : oldest;
    return oldest;
}

static result mem_write(kv_engine *e, uint16_t lane, const kv_write *writes, size_t n)
{
    (void)lane;
    mem *m = (mem *)e;
    pthread_mutex_lock(&m->lock);
    uint64_t oldest = oldest_snapshot(m);
    m->last++;
    if (m->snapshots == NULL)
        oldest = m->last;
    for (size_t i = 0; i < n; i++)
        ordered_put(m->spaces[writes[i].space], writes[i].key,
                    writes[i].remove ? NULL : &writes[i].value, m->last, oldest);
    pthread_mutex_unlock(&m->lock);
    return R_DONE;
}

static result mem_commit(engine *e, uint16_t lane, const change *changes, size_t n)
{
    mem *m = (mem *)e;
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < n; i++) {
        str value;
        bool there =
            ordered_get(m->spaces[kv_space_of(changes[i].table)], changes[i].key, m->last, &value);
        CHECK(there == (changes[i].before != NULL)); /* uow_new without knowing that it is new */
    }
    pthread_mutex_unlock(&m->lock);
    return kv_commit(e, lane, changes, n);
}

static snapshot *mem_snapshot_new(engine *e, const store_home *home, bool fixed)
{
    MAYBE(fixed);
    MAYBE(home); /* one for all */
    mem *m = (mem *)e;
    snapshot *s = malloc(sizeof(*s)); /* freed by mem_snapshot_free */
    CHECK(s != NULL);
    pthread_mutex_lock(&m->lock);
    *s = (snapshot){.next = m->snapshots, .at = m->last};
    m->snapshots = s;
    pthread_mutex_unlock(&m->lock);
    return s;
}

static void mem_snapshot_free(engine *e, const snapshot *s)
{
    mem *m = (mem *)e;
    pthread_mutex_lock(&m->lock);
    snapshot **at = &m->snapshots;
    while (*at != s)
        at = &(*at)->next;
    snapshot *gone = *at;
    *at = gone->next;
    pthread_mutex_unlock(&m->lock);
    free(gone);
}

static result mem_checkpoint(engine *e, str directory, buf *why)
{
    (void)e;
    (void)directory;
    buf_printf(why, "a store in memory has no checkpoint");
    return R_IO;
}

static void mem_compact(engine *e)
{
    (void)e;
}

static void mem_close(engine *e)
{
    mem *m = (mem *)e;
    for (size_t i = 0; i < KV_SPACES; i++)
        ordered_free(m->spaces[i]);
    kv_free(&m->kv);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static const kv_ops mem_kv_ops = {mem_get, mem_scan, mem_write};

static const engine_ops mem_ops = {
    .name = "mem",
    .close = mem_close,
    .read = kv_read,
    .each = kv_each,
    .snapshot_new = mem_snapshot_new,
    .snapshot_free = mem_snapshot_free,
    .commit = mem_commit,
    .checkpoint = mem_checkpoint,
    .compact = mem_compact,
};

result store_open_mem(const store_options *options, const store_hooks *hooks, store **out, buf *why)
{
    mem *m = calloc(1, sizeof(*m)); /* freed by mem_close */
    CHECK(m != NULL);
    m->kv.engine.ops = &mem_ops;
    m->kv.engine.checked = true;
    m->kv.engine.adversary = options->adversary;
    m->kv.kv = &mem_kv_ops;
    kv_init(&m->kv);
    CHECK(pthread_mutex_init(&m->lock, NULL) == 0);
    for (size_t i = 0; i < KV_SPACES; i++)
        m->spaces[i] = ordered_new();
    return store_open_engine(&m->kv.engine, options, hooks, out, why);
}
