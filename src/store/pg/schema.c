/* What a database must be and have before it is served: see pg.h. The table `meta` has a row for
 * each table (its version) and index that was made, and one for the format. */
#include "base/buf.h"
#include "port/clock.h"
#include "store/pg/pg.h"

enum { PG_FORMAT = 1, META_NAME_MAX = 96, TAG_OTHER = 0, TAG_ROW = 1 };

typedef struct meta {
    bool there;
    int64_t format;
    int64_t tables[UINT8_MAX + 1]; /* by number: the version that was made; 0: none */
    bool indexes[UINT8_MAX + 1];
    bool strange; /* something that no table has */
} meta;

typedef struct shown {
    char value[32];
} shown;

static void index_name(const table *t, size_t i, char out[META_NAME_MAX])
{
    buf b = {.p = out, .capacity = META_NAME_MAX, .max = META_NAME_MAX};
    buf_printf(&b, "%s_%s", t->record.name, t->index[i].name);
    buf_char(&b, '\0');
    CHECK(!buf_overflowed(&b));
}

static bool take_known(meta *m, str name, int64_t value)
{
    char text[META_NAME_MAX];
    for (size_t i = 0; i < tables_count; i++) {
        const table *t = tables[i];
        if (str_eq(name, str_of(t->record.name))) {
            m->tables[t->number] = value;
            return true;
        }
        for (size_t k = 0; k < t->indexes; k++) {
            index_name(t, k, text);
            if (str_eq(name, str_of(text))) {
                m->indexes[t->index[k].number] = true;
                return true;
            }
        }
    }
    return false;
}

static void on_meta(void *context, int tag, const PGresult *r)
{
    meta *m = context;
    for (int i = 0; tag == TAG_ROW && i < PQntuples(r); i++) {
        str name = {PQgetvalue(r, i, 0), (size_t)PQgetlength(r, i, 0)};
        int64_t value;
        if (!binary_read_i64((binary_cell){r, i, 1}, &value))
            value = 0;
        if (str_eq(name, S("format")))
            m->format = value;
        else if (!take_known(m, name, value))
            m->strange = true;
    }
}

static void on_shown(void *context, int tag, const PGresult *r)
{
    shown *s = context;
    size_t n = tag == TAG_ROW && PQntuples(r) == 1 ? (size_t)PQgetlength(r, 0, 0) : 0;
    n = n < sizeof(s->value) ? n : sizeof(s->value) - 1;
    if (n > 0)
        memcpy(s->value, PQgetvalue(r, 0, 0), n);
    s->value[n] = '\0';
}

static void on_count(void *context, int tag, const PGresult *r)
{
    if (tag == TAG_ROW)
        *(bool *)context = PQntuples(r) > 0;
}

static result failed(const conn *c, const char *what, buf *why)
{
    buf_printf(why, "%s: %s", what, c->error);
    return conn_is_open(c) ? R_CORRUPT : R_UNAVAILABLE;
}

/* ---- what the server promises ---- */

static bool is_shown(conn *c, sql_fixed what, const char *bad, bool *shows)
{
    shown s = {0};
    conn_send_fixed(c, what, TAG_ROW);
    if (conn_run(c, on_shown, &s) != CONN_DONE)
        return false;
    *shows = strcmp(s.value, bad) == 0;
    return true;
}

/* What is answered must be durable. synchronous_commit = local is not refused: there may be no
 * replica. */
static result check_durable(conn *c, buf *why)
{
    static const struct {
        sql_fixed what;
        const char *name;
    } settings[] = {{SQL_SHOW_FSYNC, "fsync"},
                    {SQL_SHOW_COMMIT, "synchronous_commit"},
                    {SQL_SHOW_PAGES, "full_page_writes"}};
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        bool off;
        if (!is_shown(c, settings[i].what, "off", &off))
            return failed(c, "the server does not show its settings", why);
        if (off) {
            buf_printf(why, "%s is off in this PostgreSQL: what is answered would not be durable",
                       settings[i].name);
            return R_INVALID;
        }
    }
    return R_DONE;
}

/* R_IN_USE: there are some of those. Connections that were just closed may still be shown. */
static result look_for(conn *c, sql_fixed whom, str than, buf *why)
{
    int64_t until = clock_monotonic_ms() + PG_PATIENCE_MS;
    bool others;
    do {
        others = false;
        if (than.n > 0)
            binary_text(&c->params, than);
        conn_send_fixed(c, whom, TAG_ROW);
        if (conn_run(c, on_count, &others) != CONN_DONE)
            return failed(c, "the database cannot be read", why);
        if (others)
            pg_rest_ms(PG_BACK_OFF_MS);
    } while (others && clock_monotonic_ms() < until);
    return others ? R_IN_USE : R_DONE;
}

/* One of several may be opened beside others of them, not beside a process that believes to be
 * alone, nor beside one of another version that has other rows and messages (decision 35): each has
 * its name before it looks, so of two that begin at once none misses the other. */
static result check_alone(conn *c, const pg_engine *p, bool several, buf *why)
{
    result r = look_for(c, several ? SQL_LONE : SQL_OTHERS, S(""), why);
    if (r == R_IN_USE)
        buf_printf(why, "another process has this database open");
    if (r != R_DONE || !several)
        return r;
    r = look_for(c, SQL_STRANGERS, str_of(p->application), why);
    if (r == R_IN_USE)
        buf_printf(why, "a server has this database open whose version has other tables or "
                        "messages: stop all of those first");
    return r;
}

/* ---- what it has ---- */

static result read_meta(conn *c, meta *m, buf *why)
{
    *m = (meta){0};
    conn_send_fixed(c, SQL_HAS_META, TAG_ROW);
    if (conn_run(c, on_count, &m->there) != CONN_DONE)
        return failed(c, "the database cannot be read", why);
    if (!m->there)
        return R_DONE;
    conn_send_fixed(c, SQL_READ_META, TAG_ROW);
    if (conn_run(c, on_meta, m) != CONN_DONE)
        return failed(c, "its table meta cannot be read", why);
    return R_DONE;
}

static result check_meta(const meta *m, buf *why)
{
    bool newer = m->strange;
    for (size_t i = 0; i < tables_count; i++)
        newer = newer || m->tables[tables[i]->number] > tables[i]->record.version;
    if (m->there && m->format != PG_FORMAT) {
        buf_printf(why, "its tables have format %lld; this program has format %d",
                   (long long)m->format, PG_FORMAT);
        return R_CORRUPT;
    }
    if (newer) {
        buf_printf(why, "its tables are of a later version of this program");
        return R_CORRUPT;
    }
    return R_DONE;
}

/* ---- what it lacks ---- */

static void send_made(conn *c, buf *text)
{
    buf_char(text, '\0');
    CHECK(!buf_overflowed(text));
    conn_send_text(c, text->p, TAG_OTHER);
    buf_clear(text);
}

static void send_meta(conn *c, const char *name, int64_t value)
{
    binary_text(&c->params, str_of(name));
    binary_i64(&c->params, value);
    conn_send_fixed(c, SQL_PUT_META, TAG_OTHER);
}

static void send_table(conn *c, const table *t, const meta *m, buf *text)
{
    int64_t has = m->tables[t->number];
    if (has == 0) {
        sql_create_table(t, text);
        send_made(c, text);
    }
    for (size_t i = 0; i < t->record.n && has > 0; i++)
        if (t->record.columns[i].since > has) {
            sql_add_column(t, &t->record.columns[i], text);
            send_made(c, text);
        }
    if (has < t->record.version)
        send_meta(c, t->record.name, t->record.version);
    for (size_t i = 0; i < t->indexes; i++) {
        if (m->indexes[t->index[i].number])
            continue;
        char name[META_NAME_MAX];
        index_name(t, i, name);
        sql_create_index(t, i, text);
        send_made(c, text);
        send_meta(c, name, 1);
    }
}

static bool lacks_nothing(const meta *m)
{
    bool whole = m->there;
    for (size_t i = 0; i < tables_count; i++) {
        const table *t = tables[i];
        whole = whole && m->tables[t->number] == t->record.version;
        for (size_t k = 0; k < t->indexes; k++)
            whole = whole && m->indexes[t->index[k].number];
    }
    return whole;
}

/* In one transaction: all of it, or nothing. */
static conn_fate make(conn *c, const meta *m)
{
    buf text;
    buf_init(&text, SQL_TEXT_MAX);
    conn_send_fixed(c, SQL_BEGIN, TAG_OTHER);
    if (!m->there) {
        conn_send_fixed(c, SQL_CREATE_META, TAG_OTHER);
        send_meta(c, "format", PG_FORMAT);
    }
    for (size_t i = 0; i < tables_count; i++)
        send_table(c, tables[i], m, &text);
    conn_send_fixed(c, SQL_COMMIT, TAG_OTHER);
    buf_free(&text);
    return conn_run(c, NULL, NULL);
}

static result complete(conn *c, const store_options *options, buf *why)
{
    enum { TRIES = 5 }; /* another server may be making the same */
    for (int i = 0; i < TRIES; i++) {
        meta m;
        result r = read_meta(c, &m, why);
        if (r == R_DONE)
            r = check_meta(&m, why);
        if (r != R_DONE || lacks_nothing(&m))
            return r;
        if (options->read_only) {
            buf_printf(why, m.there ? "its tables are of an earlier version of this program"
                                    : "there is no store in this database");
            return R_CORRUPT;
        }
        conn_fate fate = make(c, &m);
        if (fate == CONN_LOST || (fate == CONN_REFUSED && i + 1 == TRIES))
            return failed(c, "its tables cannot be made", why);
        if (fate == CONN_REFUSED) {
            conn_send_fixed(c, SQL_ROLLBACK, TAG_OTHER);
            (void)conn_run(c, NULL, NULL);
        }
    }
    return R_UNAVAILABLE;
}

bool pg_may_go_on(session *s)
{
    conn *c = &s->conn;
    pg_engine *p = s->shard->engine;
    if (!p->looks_again || s->shard->replica)
        return true;
    bool intruders = false;
    binary_text(&c->params, str_of(p->application));
    conn_send_fixed(c, SQL_INTRUDERS, TAG_ROW);
    conn_fate fate = conn_run(c, on_count, &intruders);
    meta m;
    buf why;
    buf_init(&why, CONN_ERROR_MAX);
    result r = fate == CONN_DONE ? read_meta(c, &m, &why) : R_UNAVAILABLE;
    if (r == R_DONE)
        r = check_meta(&m, &why);
    buf_free(&why);
    if (intruders)
        conn_give_up(c, "a server whose version has other tables or messages, or that believes to "
                        "be alone, has come while this one had no connection");
    else if (r == R_CORRUPT && conn_is_open(c))
        conn_give_up(c, "its tables are of a later version of this program by now");
    else if (r != R_DONE)
        conn_close(c);
    return r == R_DONE && !intruders;
}

result pg_schema(session *s, const store_options *options, buf *why)
{
    conn *c = &s->conn;
    pg_survey(s);
    result r = pg_join(s) ? R_DONE : failed(c, "no connection", why);
    if (r == R_DONE && !options->unsynced)
        r = check_durable(c, why);
    if (r == R_DONE && !options->read_only)
        r = check_alone(c, s->shard->engine, options->several, why);
    if (r == R_DONE)
        r = complete(c, options, why);
    return r;
}
