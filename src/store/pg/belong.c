/* Do these databases belong together? Each address must name another database, all must be shards
 * of one store, none may be missing, and they must be in their order. Rows of the wrong shard would
 * not be found, and made a second time. See pg.h.
 *
 * What their slot maps say in full is compared by store/shards.c. */
#include "store/pg/pg.h"

typedef struct facts {
    server_identity identity;
    size_t heads; /* rows of shard_head; what follows is the first one's */
    int32_t lane, shards;
    int64_t created_at_ms;
} facts;

static void on_heads(void *context, int tag, const PGresult *r)
{
    MAYBE(tag);
    facts *f = context;
    f->heads = (size_t)PQntuples(r);
    bool good = f->heads == 0 || (binary_read_i32((binary_cell){r, 0, 0}, &f->lane) &&
                                  binary_read_i64((binary_cell){r, 0, 1}, &f->created_at_ms) &&
                                  binary_read_i32((binary_cell){r, 0, 2}, &f->shards));
    if (!good)
        f->heads = SIZE_MAX;
}

static result learn(pg_shard *d, const store_options *options, facts *f, buf *why)
{
    session *s = pg_session_made(d, true); /* the first reader's, then */
    conn *c = &s->conn;
    result r = pg_schema(s, options, why);
    if (r == R_DONE) {
        conn_send_fixed(c, SQL_SHARD_HEADS, 0);
        if (conn_run(c, on_heads, f) != CONN_DONE || !server_identify(c, &f->identity)) {
            buf_printf(why, "the database cannot be read: %s", c->error);
            r = R_UNAVAILABLE;
        }
    }
    pg_session_idle(s);
    return r;
}

static result check_distinct(const facts *f, uint16_t n, buf *why)
{
    for (uint16_t i = 0; i < n; i++)
        for (uint16_t k = 0; k < i; k++)
            if (f[i].identity.known && f[k].identity.known &&
                f[i].identity.system == f[k].identity.system &&
                f[i].identity.database == f[k].identity.database) {
                buf_printf(why, "the addresses of shard %u and shard %u name the same database", k,
                           i);
                return R_CORRUPT;
            }
    return R_DONE;
}

/* first: one of them that has a map. */
static bool check_shard(const facts *f, uint16_t n, uint16_t i, const facts *first, buf *why)
{
    uint16_t place = 0;
    bool twice = false;
    for (uint16_t k = 0; k < n; k++) {
        if (f[k].lane < f[i].lane)
            place++;
        twice = twice || (k != i && f[k].heads > 0 && f[k].lane == f[i].lane);
    }
    if (f[i].heads == 0)
        buf_printf(why, "shard %u has no slot map: it is empty, or not this one of the shards", i);
    else if (f[i].heads > 1)
        buf_printf(why, "shard %u has more than one slot map", i);
    else if (f[i].created_at_ms != first->created_at_ms)
        buf_printf(why, "shard %u belongs to another store", i);
    else if (f[i].shards != n)
        buf_printf(why, "the store was created with %d shards and cannot be opened with %u",
                   f[i].shards, n);
    else if (twice)
        buf_printf(why, "shard %u is there twice: one of them is a copy", i);
    else if (n > 1 && place != i)
        buf_printf(why, "the address of shard %u is in the place of shard %u", place, i);
    else
        return true;
    return false;
}

result pg_prepare(pg_engine *p, const store_options *options, buf *why)
{
    facts f[STORE_SHARDS_MAX] = {0};
    const facts *first = NULL;
    for (uint16_t i = 0; i < p->shards_n; i++) {
        size_t before = why->n;
        if (p->shards_n > 1)
            buf_printf(why, "shard %u: ", i);
        result r = learn(&p->shards[i], options, &f[i], why);
        if (r != R_DONE)
            return r;
        why->n = before;
        if (first == NULL && f[i].heads > 0)
            first = &f[i];
    }
    result r = check_distinct(f, p->shards_n, why);
    for (uint16_t i = 0; r == R_DONE && first != NULL && i < p->shards_n; i++)
        r = check_shard(f, p->shards_n, i, first, why) ? R_DONE : R_CORRUPT;
    return r;
}
