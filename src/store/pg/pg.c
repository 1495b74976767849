/* The engine on PostgreSQL: opening, closing and looking after. See pg.h. */
#include "store/pg/pg.h"

#include <stdlib.h>
#include <string.h>

static result pg_checkpoint(engine *e, str directory, buf *why)
{
    MAYBE(e);
    MAYBE(directory.n);
    buf_printf(why, "a store in PostgreSQL is copied by its own tools: pg_basebackup, pg_dump");
    return R_IO;
}

static void pg_compact(engine *e)
{
    pg_keep_all((pg_engine *)e); /* the room is autovacuum's */
}

static void pg_measure(engine *e, store_metrics *out)
{
    out->full = atomic_load(&((pg_engine *)e)->full);
}

static void pg_close(engine *e)
{
    pg_engine *p = (pg_engine *)e;
    for (size_t i = 0; i < STORE_LANES_MAX; i++)
        pg_snapshot_freed(p->lanes[i]);
    while (p->idle != NULL) {
        snapshot *s = p->idle;
        p->idle = s->next;
        pg_snapshot_freed(s);
    }
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    free(p->url);
    free(p);
}

static const engine_ops pg_ops = {
    .name = "pg",
    .close = pg_close,
    .batch = pg_batch,
    .clock_ms = pg_clock_ms,
    .read = pg_read,
    .each = pg_each,
    .snapshot_new = pg_reader_new,
    .snapshot_free = pg_reader_free,
    .commit = pg_commit,
    .checkpoint = pg_checkpoint,
    .compact = pg_compact,
    .measure = pg_measure,
};

result store_open_pg(const store_options *options, const store_hooks *hooks, store **out, buf *why)
{
    pg_engine *p = calloc(1, sizeof(*p)); /* freed by pg_close */
    CHECK(p != NULL);
    p->engine.ops = &pg_ops;
    p->engine.withholds = true;
    p->engine.shared = true;
    p->server_clock = options->server_clock;
    p->application = options->read_only ? "quan-reader" : "quan";
    p->engine.read_only = options->read_only;
    p->engine.adversary = options->adversary;
    p->url = strndup(options->url.p, options->url.n); /* freed by pg_close */
    CHECK(p->url != NULL);
    CHECK(pthread_mutex_init(&p->lock, NULL) == 0);
    CHECK(pthread_cond_init(&p->changed, NULL) == 0);
    result r = pg_schema(p, options, why);
    if (r != R_DONE) {
        pg_close(&p->engine);
        return r;
    }
    return store_open_engine(&p->engine, options, hooks, out, why);
}
