/* The engine on PostgreSQL: opening, closing and looking after. See pg.h. */
#include "store/pg/replica.h"

#include <stdlib.h>

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
    pg_engine *p = (pg_engine *)e;
    out->full = atomic_load(&p->full);
    out->replica_views = atomic_load(&p->replica_views);
    out->primary_views = atomic_load(&p->primary_views);
    for (uint16_t i = 0; i < p->shards_n; i++)
        out->away[i] = atomic_load(&p->shards[i].away_since_ms) != 0;
}

static void pg_close(engine *e)
{
    pg_engine *p = (pg_engine *)e;
    for (size_t i = 0; i < STORE_LANES_MAX; i++)
        for (uint16_t shard = 0; shard < p->shards_n; shard++)
            pg_session_freed(p->lanes[i].in[shard]);
    for (uint16_t i = 0; i < p->shards_n; i++)
        pg_shard_free(&p->shards[i]);
    for (uint16_t i = 0; p->has_replicas && i < p->shards_n; i++)
        pg_shard_free(&p->replicas[i]);
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
    .has = pg_reader_has,
    .reach = pg_reach_all,
    .snapshot_free = pg_reader_free,
    .commit = pg_commit,
    .answers = pg_answers,
    .position_here = pg_position_here,
    .position_seen = pg_position_seen,
    .checkpoint = pg_checkpoint,
    .compact = pg_compact,
    .measure = pg_measure,
};

static void name_application(pg_engine *p, const store_options *options)
{
    const char *name = options->read_only ? "quan-reader" : options->several ? "quan-peer" : "quan";
    str formats = options->several && !options->read_only ? options->formats : S("");
    CHECK(formats.n <= STORE_FORMATS_MAX);
    (void)snprintf(p->application, sizeof(p->application), "%s%s%.*s", name,
                   formats.n > 0 ? " " : "", STR_ARG(formats));
}

result store_open_pg(const store_options *options, const store_hooks *hooks, store **out, buf *why)
{
    pg_engine *p = calloc(1, sizeof(*p)); /* freed by pg_close */
    CHECK(p != NULL);
    p->engine.ops = &pg_ops;
    p->engine.withholds = true;
    p->engine.far = true;
    p->engine.shared = true;
    p->server_clock = options->server_clock;
    name_application(p, options);
    p->engine.read_only = options->read_only;
    p->engine.adversary = options->adversary;
    p->shards_n = options->shards == 0 ? 1 : options->shards;
    CHECK(p->shards_n <= STORE_SHARDS_MAX);
    for (uint16_t i = 0; i < p->shards_n; i++)
        pg_shard_init(&p->shards[i], p, i, options->urls[i]);
    p->has_replicas = options->replicas != NULL;
    for (uint16_t i = 0; p->has_replicas && i < p->shards_n; i++)
        pg_shard_init(&p->replicas[i], p, i, options->replicas[i]);
    for (uint16_t i = 0; i < p->shards_n; i++)
        p->replicas[i].replica = true;
    result r = pg_prepare(p, options, why);
    if (r != R_DONE) {
        pg_close(&p->engine);
        return r;
    }
    p->looks_again = !options->read_only;
    return store_open_engine(&p->engine, options, hooks, out, why);
}
