/* See server.h. */
#include "store/pg/server.h"

static const char identity_sql[] =
    "SELECT s.system_identifier::int8, d.oid::int8, CASE WHEN pg_is_in_recovery() THEN 0 ELSE "
    "('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int8 END "
    "FROM pg_control_system() AS s, pg_database AS d WHERE d.datname = current_database()";

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
