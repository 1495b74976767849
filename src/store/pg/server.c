/* See server.h. */
#include "store/pg/server.h"

static const char identity_sql[] =
    "SELECT s.system_identifier::int8, d.oid::int8, CASE WHEN pg_is_in_recovery() THEN 0 ELSE "
    "('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int8 END "
    "FROM pg_control_system() AS s, pg_database AS d WHERE d.datname = current_database()";

/* Behind a commit that was waited for, what is written out has the commit. */
static const char position_sql[] = "SELECT (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::int8";
static const char applied_sql[] =
    "SELECT CASE WHEN pg_is_in_recovery() THEN (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::int8 "
    "ELSE -1 END";

/* Of a standby: that of its last restart point, or of the last page that it has written out. Either
 * is there some time behind what it has applied. */
static const char follows_sql[] =
    "SELECT greatest(c.timeline_id, r.min_recovery_end_timeline)::int8 FROM "
    "pg_control_checkpoint() AS c, pg_control_recovery() AS r";

void server_send_position(conn *c, int tag)
{
    conn_send_text(c, position_sql, tag);
}

void server_send_applied(conn *c, int tag)
{
    conn_send_text(c, applied_sql, tag);
}

void server_send_follows(conn *c, int tag)
{
    conn_send_text(c, follows_sql, tag);
}

bool server_take_position(const PGresult *r, int64_t *out)
{
    return binary_read_i64((binary_cell){r, 0, 0}, out);
}

static void on_identity(void *context, int tag, const PGresult *r)
{
    MAYBE(tag);
    server_identity *i = context;
    i->known = binary_read_i64((binary_cell){r, 0, 0}, &i->system) &&
               binary_read_i64((binary_cell){r, 0, 1}, &i->database) &&
               binary_read_i64((binary_cell){r, 0, 2}, &i->timeline);
}

bool server_identify(conn *c, server_identity *out)
{
    *out = (server_identity){0};
    conn_send_text(c, identity_sql, 0);
    return conn_run(c, on_identity, out) != CONN_LOST;
}
