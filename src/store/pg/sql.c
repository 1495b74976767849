/* The SQL of the PostgreSQL engine: see sql.h. Pure text: it knows no connection. */
#include "store/pg/sql.h"

const char *const sql_fixed_text[SQL_FIXED_COUNT] = {
    /* A plan made while a table is empty must serve when it is not: none depends on what it was
     * made for, and the key or an index is always the way. */
    [SQL_SESSION] = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; "
                    "SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off",
    [SQL_BEGIN_BATCH] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE",
    [SQL_BEGIN_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    [SQL_BEGIN] = "BEGIN",
    [SQL_SNAPSHOT] = "SELECT 1",
    [SQL_CLOCK] = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::int8",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_HEAD_REV] = "SELECT t.\"rev\" FROM \"lane_head\" AS t WHERE t.\"lane\" = $1::int4",
    [SQL_HEAD_MARK] = "UPDATE \"lane_head\" SET \"rev\" = $3::int8 "
                      "WHERE \"lane\" = $1::int4 AND \"rev\" = $2::int8",
    [SQL_KEEP] = "DELETE FROM \"idempotency\" WHERE \"slot\" = $1::int4 AND \"at_ms\" <= $2::int8",
    [SQL_OTHERS] = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                   "AND (application_name = 'quan' OR application_name LIKE 'quan-peer%') "
                   "AND pid <> pg_backend_pid()",
    [SQL_LONE] = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                 "AND application_name = 'quan' AND pid <> pg_backend_pid()",
    [SQL_STRANGERS] = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                      "AND application_name LIKE 'quan-peer%' AND application_name <> $1::text",
    [SQL_INTRUDERS] =
        "SELECT 1 FROM pg_stat_activity AS s WHERE s.datname = current_database() "
        "AND (s.application_name = 'quan' OR s.application_name LIKE 'quan-peer%') "
        "AND s.application_name <> $1::text AND NOT EXISTS (SELECT 1 FROM pg_stat_activity AS o "
        "WHERE o.datname = s.datname AND o.application_name = $1::text "
        "AND o.backend_start < s.backend_start)",
    [SQL_HAS_META] = "SELECT 1 FROM information_schema.tables "
                     "WHERE table_schema = current_schema AND table_name = 'meta'",
    [SQL_CREATE_META] = "CREATE TABLE \"meta\" (\"name\" text NOT NULL, \"value\" int8 NOT NULL, "
                        "PRIMARY KEY (\"name\"))",
    [SQL_READ_META] = "SELECT \"name\", \"value\" FROM \"meta\"",
    [SQL_PUT_META] = "INSERT INTO \"meta\" (\"name\", \"value\") VALUES ($1::text, $2::int8) "
                     "ON CONFLICT (\"name\") DO UPDATE SET \"value\" = $2::int8",
    [SQL_SHARD_HEADS] = "SELECT \"lane\", \"created_at_ms\", \"shards\" FROM \"shard_head\" "
                        "ORDER BY \"lane\"",
    [SQL_SHOW_FSYNC] = "SHOW fsync",
    [SQL_SHOW_COMMIT] = "SHOW synchronous_commit",
    [SQL_SHOW_PAGES] = "SHOW full_page_writes",
};

static const struct {
    const char *name, *zero;
} types[] = {
    [COLUMN_BOOL] = {"bool", "false"},
    [COLUMN_U8] = {"int2", "0"},
    [COLUMN_U16] = {"int4", "0"},
    [COLUMN_U32] = {"int8", "0"},
    /* 0 with its top bit flipped */
    [COLUMN_U64] = {"int8", "'-9223372036854775808'::int8"},
    [COLUMN_I32] = {"int4", "0"},
    [COLUMN_I64] = {"int8", "0"},
    [COLUMN_STR] = {"bytea", "''"},
    [COLUMN_LIST] = {"bytea", "''"},
};

/* ---- which ---- */

const column *sql_order_column(const table *t, int index, size_t i)
{
    return &t->record.columns[index < 0 ? i : t->index[index].columns[i]];
}

size_t sql_order_columns(const table *t, int index)
{
    return index < 0 ? t->key_columns : t->index[index].n;
}

unsigned sql_place(const sql_statement *s)
{
    if (s->kind == SQL_LINK)
        return SQL_LINKS + s->link;
    if (s->kind != SQL_SCAN)
        return s->kind;
    return SQL_SCAN + ((unsigned)(s->index + 1) * SQL_PREFIXES + s->prefix) * SQL_FROM_COUNT +
           s->from;
}

bool sql_at(const table *t, unsigned place, sql_statement *out)
{
    if (place < SQL_SCAN) {
        *out = (sql_statement){.table = t, .kind = (sql_kind)place};
        return true;
    }
    if (place >= SQL_LINKS) {
        unsigned link = place - SQL_LINKS;
        *out = (sql_statement){.table = t, .kind = SQL_LINK, .link = (row_link_id)link};
        return link < ROW_LINKS && row_links[link].of == t;
    }
    unsigned scan = place - SQL_SCAN;
    *out = (sql_statement){.table = t,
                           .kind = SQL_SCAN,
                           .index = (int)(scan / SQL_FROM_COUNT / SQL_PREFIXES) - 1,
                           .prefix = (uint8_t)(scan / SQL_FROM_COUNT % SQL_PREFIXES),
                           .from = (sql_from)(scan % SQL_FROM_COUNT)};
    if (out->index >= (int)t->indexes)
        return false;
    size_t columns = sql_order_columns(t, out->index);
    /* Where all columns are equal there is nothing to begin at. */
    return out->prefix < columns || (out->prefix == columns && out->from == SQL_FROM_START);
}

/* ---- statements ---- */

/* `before`c0`between`before`c1 … */
static void put_names(buf *out, const table *t, size_t from, size_t n, const char *before)
{
    for (size_t i = from; i < n; i++)
        buf_printf(out, "%s%s\"%s\"", i > from ? ", " : "", before, t->record.columns[i].name);
}

/* unnest($1::…[], …) AS k(c0, …, NAME) of the first n columns and, where it has a name, an array
 * more. */
static void put_unnest(buf *out, const table *t, size_t n, const char *type, const char *name)
{
    buf_printf(out, "unnest(");
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s$%zu::%s[]", i > 0 ? ", " : "", i + 1,
                   types[t->record.columns[i].type].name);
    if (name != NULL)
        buf_printf(out, ", $%zu::%s[]", n + 1, type);
    buf_printf(out, ") AS k(");
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%sc%zu", i > 0 ? ", " : "", i);
    if (name != NULL)
        buf_printf(out, ", %s", name);
    buf_printf(out, ")");
}

/* alias: of the table, whose key is in the first columns of k. */
static void put_same_key(buf *out, const table *t, const char *alias)
{
    for (size_t i = 0; i < t->key_columns; i++)
        buf_printf(out, "%s%s.\"%s\" = k.c%zu", i > 0 ? " AND " : "", alias,
                   t->record.columns[i].name, i);
}

static void put_load(buf *out, const table *t)
{
    buf_printf(out, "SELECT k.i, ");
    put_names(out, t, t->key_columns, t->record.n, "t.");
    buf_printf(out, "%st.\"rev\" FROM ", t->record.n > t->key_columns ? ", " : "");
    put_unnest(out, t, t->key_columns, "int4", "i");
    buf_printf(out, " JOIN \"%s\" AS t ON ", t->record.name);
    put_same_key(out, t, "t");
}

static void put_link(buf *out, const row_link *l)
{
    const table *t = l->of, *from = l->from;
    const column *named = row_link_named(l);
    size_t n = from->key_columns;
    buf_printf(out, "SELECT k.i, o.\"%s\", ", row_link_says(l)->name);
    put_names(out, t, t->key_columns, t->record.n, "t.");
    buf_printf(out, "%st.\"rev\" FROM unnest(", t->record.n > t->key_columns ? ", " : "");
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "$%zu::%s[], ", i + 1, types[from->record.columns[i].type].name);
    for (size_t i = 1; i < t->key_columns; i++)
        if (&t->record.columns[i] != named)
            buf_printf(out, "$%zu::%s[], ", ++n, types[t->record.columns[i].type].name);
    buf_printf(out, "$%zu::int4[]) AS k(", n + 1);
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "c%zu, ", i);
    buf_printf(out, "i) JOIN \"%s\" AS o ON ", from->record.name);
    put_same_key(out, from, "o");
    buf_printf(out, " LEFT JOIN \"%s\" AS t ON t.\"slot\" = o.\"slot\" AND t.\"%s\" = o.\"%s\"",
               t->record.name, named->name, row_link_says(l)->name);
    n = from->key_columns;
    for (size_t i = 1; i < t->key_columns; i++)
        if (&t->record.columns[i] != named)
            buf_printf(out, " AND t.\"%s\" = k.c%zu", t->record.columns[i].name, n++);
}

static void put_insert(buf *out, const table *t)
{
    size_t n = t->record.n;
    buf_printf(out, "INSERT INTO \"%s\" (", t->record.name);
    put_names(out, t, 0, n, "");
    buf_printf(out, ", \"rev\") SELECT ");
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "k.c%zu, ", i);
    buf_printf(out, "$%zu::int8 FROM ", n + 1);
    put_unnest(out, t, n, "", NULL);
}

static void put_update(buf *out, const table *t)
{
    size_t n = t->record.n;
    buf_printf(out, "WITH w AS (UPDATE \"%s\" AS t SET ", t->record.name);
    for (size_t i = t->key_columns; i < n; i++)
        buf_printf(out, "\"%s\" = k.c%zu, ", t->record.columns[i].name, i);
    buf_printf(out, "\"rev\" = $%zu::int8 FROM ", n + 2);
    put_unnest(out, t, n, "int8", "r");
    buf_printf(out, " WHERE ");
    put_same_key(out, t, "t");
    buf_printf(out,
               " AND t.\"rev\" = k.r RETURNING 1) SELECT 1 / (count(*) = $%zu::int8)::int4 "
               "FROM w",
               n + 3);
}

static void put_delete(buf *out, const table *t)
{
    size_t n = t->key_columns;
    buf_printf(out, "WITH w AS (DELETE FROM \"%s\" AS t USING ", t->record.name);
    put_unnest(out, t, n, "int8", "r");
    buf_printf(out, " WHERE ");
    put_same_key(out, t, "t");
    buf_printf(out,
               " AND t.\"rev\" = k.r RETURNING 1) SELECT 1 / (count(*) = $%zu::int8)::int4 "
               "FROM w",
               n + 2);
}

static void put_position(buf *out, const sql_statement *s, size_t columns)
{
    const char *sign = s->from == SQL_FROM_AT ? ">=" : ">";
    buf_printf(out, "(");
    for (size_t i = s->prefix; i < columns; i++)
        buf_printf(out, "%st.\"%s\"", i > s->prefix ? ", " : "",
                   sql_order_column(s->table, s->index, i)->name);
    buf_printf(out, ") %s (", sign);
    for (size_t i = s->prefix; i < columns; i++)
        buf_printf(out, "%s$%zu::%s", i > s->prefix ? ", " : "", i + 1,
                   types[sql_order_column(s->table, s->index, i)->type].name);
    buf_printf(out, ")");
}

static void put_scan(buf *out, const sql_statement *s)
{
    const table *t = s->table;
    size_t columns = sql_order_columns(t, s->index);
    bool positioned = s->from != SQL_FROM_START;
    buf_printf(out, "SELECT ");
    put_names(out, t, 0, t->record.n, "t.");
    buf_printf(out, ", t.\"rev\" FROM \"%s\" AS t", t->record.name);
    for (size_t i = 0; i < s->prefix; i++) {
        const column *c = sql_order_column(t, s->index, i);
        buf_printf(out, "%st.\"%s\" = $%zu::%s", i > 0 ? " AND " : " WHERE ", c->name, i + 1,
                   types[c->type].name);
    }
    if (positioned) {
        buf_printf(out, s->prefix > 0 ? " AND " : " WHERE ");
        put_position(out, s, columns);
    }
    buf_printf(out, " ORDER BY ");
    for (size_t i = 0; i < columns; i++)
        buf_printf(out, "%st.\"%s\"", i > 0 ? ", " : "", sql_order_column(t, s->index, i)->name);
    buf_printf(out, " LIMIT $%zu::int8", (positioned ? columns : s->prefix) + 1);
}

void sql_text(const sql_statement *s, buf *out)
{
    switch (s->kind) {
    case SQL_LOAD:
        put_load(out, s->table);
        break;
    case SQL_INSERT:
        put_insert(out, s->table);
        break;
    case SQL_UPDATE:
        put_update(out, s->table);
        break;
    case SQL_DELETE:
        put_delete(out, s->table);
        break;
    case SQL_SCAN:
        put_scan(out, s);
        break;
    case SQL_LINK:
        put_link(out, &row_links[s->link]);
        break;
    }
}

/* ---- tables ---- */

void sql_create_table(const table *t, buf *out)
{
    buf_printf(out, "CREATE TABLE \"%s\" (", t->record.name);
    for (size_t i = 0; i < t->record.n; i++)
        buf_printf(out, "\"%s\" %s NOT NULL, ", t->record.columns[i].name,
                   types[t->record.columns[i].type].name);
    buf_printf(out, "\"rev\" int8 NOT NULL, PRIMARY KEY (");
    put_names(out, t, 0, t->key_columns, "");
    buf_printf(out, "))");
}

void sql_create_index(const table *t, size_t index, buf *out)
{
    const table_index *x = &t->index[index];
    buf_printf(out, "CREATE INDEX \"%s_%s\" ON \"%s\" (", t->record.name, x->name, t->record.name);
    for (size_t i = 0; i < x->n; i++)
        buf_printf(out, "%s\"%s\"", i > 0 ? ", " : "", t->record.columns[x->columns[i]].name);
    buf_printf(out, ")");
}

void sql_add_column(const table *t, const column *c, buf *out)
{
    buf_printf(out, "ALTER TABLE \"%s\" ADD COLUMN \"%s\" %s NOT NULL DEFAULT %s", t->record.name,
               c->name, types[c->type].name, types[c->type].zero);
}
