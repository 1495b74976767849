/* Commits of the PostgreSQL engine: one round trip in the transaction that the batch has read in,
 * and finding out what became of one whose answer was lost. See pg.h. */
#include <stdlib.h>

#include "domain/table.gen.h"
#include "port/clock.h"
#include "port/log.h"
#include "port/random.h"
#include "store/pg/replica.h"

enum {
    MARKS_MAX = 16,
    RESOLVE_MS = CONN_ANSWER_MS + PG_PATIENCE_MS, /* to find out what became of a commit */
};
enum { TAG_OTHER, TAG_COMMIT, TAG_MARK, TAG_REV, TAG_POSITION };

/* ---- what is written ---- */

static sql_kind kind_of(const change *c)
{
    if (c->before == NULL)
        return SQL_INSERT;
    return c->after == NULL ? SQL_DELETE : SQL_UPDATE;
}

/* Changes of one table and kind: one statement. */
typedef struct write_group {
    const table *table;
    sql_kind kind;
    const void **rows;
    int64_t *revs; /* that they had */
    size_t n;
} write_group;

/* The bytes of its parameters. */
static size_t send_group(conn *c, const write_group *g, int64_t rev)
{
    const table *t = g->table;
    size_t columns = g->kind == SQL_DELETE ? t->key_columns : t->record.n;
    for (size_t i = 0; i < columns; i++)
        binary_column(&c->params, &t->record.columns[i], g->rows, g->n);
    if (g->kind != SQL_INSERT)
        binary_i64s(&c->params, g->revs, g->n);
    if (g->kind != SQL_DELETE)
        binary_i64(&c->params, rev);
    if (g->kind != SQL_INSERT)
        binary_i64(&c->params, (int64_t)g->n);
    size_t bytes = c->params.bytes.n;
    conn_send(c, &(sql_statement){.table = t, .kind = g->kind}, TAG_OTHER);
    return bytes;
}

static size_t bucket_of(const change *c)
{
    return (size_t)c->table->number * SQL_SCAN + kind_of(c);
}

/* By table and kind: a place for each that has some. */
static write_group *group_changes(arena *memory, const change *changes, size_t n, size_t *groups_n)
{
    enum { BUCKETS = (UINT8_MAX + 1) * SQL_SCAN };
    size_t *counts = ARENA_ARRAY(memory, size_t, BUCKETS);
    size_t *places = ARENA_ARRAY(memory, size_t, BUCKETS);
    for (size_t i = 0; i < n; i++)
        counts[bucket_of(&changes[i])]++;
    write_group *groups = ARENA_ARRAY(memory, write_group, n);
    *groups_n = 0;
    for (size_t i = 0; i < n; i++) {
        const change *c = &changes[i];
        size_t b = bucket_of(c);
        if (places[b] == 0) {
            places[b] = ++*groups_n;
            groups[places[b] - 1] =
                (write_group){.table = c->table,
                              .kind = kind_of(c),
                              .rows = ARENA_ARRAY(memory, const void *, counts[b]),
                              .revs = ARENA_ARRAY(memory, int64_t, counts[b])};
        }
        write_group *g = &groups[places[b] - 1];
        g->rows[g->n] = c->after != NULL ? c->after : c->before;
        g->revs[g->n++] = c->before != NULL ? engine_row_rev(c->before) : 0;
    }
    return groups;
}

/* The first by itself: it is the lane's head, and who loses the race for it shall write nothing
 * else. */
static void send_changes(pg_engine *p, session *s, const change *changes, size_t n, int64_t rev)
{
    uint64_t puts = 0, bytes = 0;
    arena_reset(s->memory);
    for (size_t from = 0; from < n; from = from == 0 ? 1 : n) {
        size_t groups_n, count = from == 0 ? 1 : n - 1;
        const write_group *groups = group_changes(s->memory, changes + from, count, &groups_n);
        for (size_t i = 0; i < groups_n; i++) {
            bytes += send_group(&s->conn, &groups[i], rev);
            puts += groups[i].kind == SQL_DELETE ? 0 : groups[i].n;
        }
    }
    atomic_fetch_add_explicit(&p->engine.counters.bytes, bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&p->engine.counters.puts, puts, memory_order_relaxed);
    atomic_fetch_add_explicit(&p->engine.counters.deletes, n - puts, memory_order_relaxed);
}

static int64_t new_rev(void)
{
    return (int64_t)random_u64();
}

/* ---- what has become of it ---- */

typedef struct answer {
    bool committed, marked, has_rev;
    int64_t rev, position;
} answer;

static void on_answer(void *context, int tag, const PGresult *r)
{
    answer *a = context;
    if (tag == TAG_COMMIT)
        a->committed = strcmp(PQcmdStatus((PGresult *)(uintptr_t)r), "COMMIT") == 0;
    if (tag == TAG_MARK)
        a->marked = strcmp(PQcmdTuples((PGresult *)(uintptr_t)r), "1") == 0;
    if (tag == TAG_POSITION && !server_take_position(r, &a->position))
        a->position = PG_POSITION_UNKNOWN;
    if (tag == TAG_REV)
        a->has_rev = binary_read_i64((binary_cell){r, 0, 0}, &a->rev);
}

/* Nothing of it is kept: the server has said no before its COMMIT. */
static result refusal(pg_engine *p, session *s)
{
    conn *c = &s->conn;
    bool race = conn_state_is(c, "22012") || conn_state_is(c, "23505") || conn_state_is(c, "40");
    if (race)
        return R_STALE;
    log_event(LOG_ERROR, "the database refuses a commit", log_u64("shard", s->shard->number),
              log_str("state", str_of(c->state)), log_str("why", str_of(c->error)));
    if (conn_state_is(c, "53100")) {
        atomic_store(&p->full, true);
        return R_STORAGE_FULL;
    }
    if (conn_state_is(c, "25006"))
        conn_close(c); /* it is not the primary any more */
    return R_STALE;    /* run again, and in halves, so that one that cannot be written ends alone */
}

/* Marks that the head may have, and what each would say of the lost commit. */
typedef struct head_marks {
    struct {
        int64_t rev;
        bool landed;
    } known[MARKS_MAX];
    size_t n;
} head_marks;

static void know(head_marks *m, int64_t rev, bool landed)
{
    m->known[m->n].rev = rev;
    m->known[m->n++].landed = landed;
}

/* What the head has now; NULL: what nobody here has written, or nothing that could be read. */
static const int64_t *find_mark(const head_marks *m, const answer *a, bool *landed)
{
    for (size_t i = 0; a->has_rev && i < m->n; i++)
        if (m->known[i].rev == a->rev) {
            *landed = m->known[i].landed;
            return &m->known[i].rev;
        }
    return NULL;
}

static conn_fate ask(session *s, answer *a)
{
    *a = (answer){0};
    conn_fate fate = pg_run(s, on_answer, a);
    pg_met(s, fate);
    s->begun = false;
    return fate;
}

static bool read_mark(session *s, uint16_t lane, answer *a)
{
    binary_i32(&s->conn.params, lane);
    conn_send_fixed(&s->conn, SQL_HEAD_REV, TAG_REV);
    return ask(s, a) == CONN_DONE;
}

/* With replicas a commit is known with its place in the log, or not at all. */
static bool is_placed(const pg_engine *p, const answer *a)
{
    return !p->has_replicas || (a->position > 0 && a->position != PG_POSITION_UNKNOWN);
}

/* True: the head has `to` instead of `from`, and so much is durable: up to *position. */
static bool mark(session *s, uint16_t lane, int64_t from, int64_t to, int64_t *position)
{
    const pg_engine *p = s->shard->engine;
    answer a;
    conn_send_fixed(&s->conn, SQL_BEGIN, TAG_OTHER);
    binary_i32(&s->conn.params, lane);
    binary_i64(&s->conn.params, from);
    binary_i64(&s->conn.params, to);
    conn_send_fixed(&s->conn, SQL_HEAD_MARK, TAG_MARK);
    conn_send_fixed(&s->conn, SQL_COMMIT, TAG_COMMIT);
    if (p->has_replicas)
        server_send_position(&s->conn, TAG_POSITION);
    bool durable =
        ask(s, &a) == CONN_DONE && a.committed && a.marked && !s->conn.warned && !pg_is_fenced(s);
    *position = a.position;
    return durable && is_placed(p, &a);
}

/* old: the head's mark that the batch has read; mine: the one that it would have left. A mark that
 * is set here may get lost, too: then a later round may find it, and it says what the one that it
 * has replaced would have said. */
static result resolve(session *s, uint16_t lane, int64_t old, int64_t mine, int64_t *position)
{
    head_marks marks = {0};
    know(&marks, old, false);
    know(&marks, mine, true);
    int64_t deadline = clock_monotonic_ms() + RESOLVE_MS;
    while (marks.n < MARKS_MAX && clock_monotonic_ms() < deadline && pg_reach(s)) {
        answer a;
        bool landed;
        if (!read_mark(s, lane, &a))
            continue;
        const int64_t *from = find_mark(&marks, &a, &landed);
        if (from == NULL)
            break; /* another server has written since: it cannot be seen any more */
        int64_t to = new_rev();
        know(&marks, to, landed);
        if (mark(s, lane, *from, to, position))
            return landed ? R_DONE : R_STALE;
    }
    return R_UNKNOWN;
}

static result ended(session *s, uint16_t lane, const change *head, int64_t rev, int64_t *position)
{
    log_event(LOG_WARN, "a commit was not answered", log_u64("lane", lane),
              log_str("why", str_of(s->conn.error)));
    bool marked = head->table == &lane_head_table && head->before != NULL;
    result r = marked ? resolve(s, lane, engine_row_rev(head->before), rev, position) : R_UNKNOWN;
    log_event(LOG_WARN, "what has become of it", log_u64("lane", lane), log_result("result", r));
    return r;
}

result pg_commit(engine *e, uint16_t lane, const change *changes, size_t n)
{
    pg_engine *p = (pg_engine *)e;
    session *s = pg_lane_session(p, lane);
    if (s->failed || !pg_reach(s))
        return s->away || !s->failed ? R_UNAVAILABLE : R_STALE;
    if (pg_is_fenced(s))
        return R_STALE; /* nothing was sent: run again on the next */
    int64_t rev = new_rev();
    pg_queue_begin(s);
    send_changes(p, s, changes, n, rev);
    conn_send_fixed(&s->conn, SQL_COMMIT, TAG_COMMIT);
    if (p->has_replicas)
        server_send_position(&s->conn, TAG_POSITION);
    answer a = {.position = PG_POSITION_UNKNOWN};
    conn_fate fate = pg_run(s, on_answer, &a);
    s->begun = false;
    s->dirty = fate == CONN_REFUSED;
    if (fate == CONN_REFUSED && !a.committed)
        return refusal(p, s);
    bool known =
        fate != CONN_LOST && a.committed && !s->conn.warned && is_placed(p, &a) && !pg_is_fenced(s);
    result r = known ? R_DONE : ended(s, lane, &changes[0], rev, &a.position);
    s->committed_at = r == R_DONE ? a.position : PG_POSITION_UNKNOWN;
    if (p->has_replicas && (r == R_DONE || r == R_UNKNOWN))
        pg_replica_owes(p, changes, n, s->committed_at);
    if (r != R_DONE)
        return r;
    pg_position_set(s->shard, s->timeline, a.position);
    atomic_store(&p->full, false);
    atomic_fetch_add_explicit(&e->counters.syncs, 1, memory_order_relaxed);
    if (changes[0].table == &lane_head_table)
        pg_keep(p, lane, ((const lane_head *)changes[0].after)->time_ms);
    return R_DONE;
}

void pg_answers(engine *e, uint16_t lane, uint16_t slot)
{
    pg_engine *p = (pg_engine *)e;
    if (p->has_replicas && slot < SLOT_COUNT)
        pg_replica_owes_slot(p, slot, pg_lane_session(p, lane)->committed_at);
}
