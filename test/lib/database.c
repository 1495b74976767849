/* Databases for tests: see database.h. */
#include "test/lib/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "base/buf.h"
#include "base/check.h"
#include "domain/row.h"
#include "test/lib/pg.h"

enum { SQL_MAX = 64 * 1024, NAME_MAX_ = 64 };

static struct {
    char url[DATABASE_URL_MAX];
    bool made, taken;
    PGconn *own; /* that empties it: kept, because connections are what costs most */
    char *empties;
} databases[DATABASES_MAX];

static pg own_server;

static void stop_server(void)
{
    pg_stop(&own_server);
}

static const char *value_of(const PQconninfoOption *options, const char *keyword)
{
    while (strcmp(options->keyword, keyword) != 0)
        options++;
    return options->val;
}

/* An address, as `quan --store` takes it, but over the socket: a password costs both sides more
 * than the rest of a connection. */
static void name_own(char url[DATABASE_URL_MAX], const char *dsn, const char *name)
{
    PQconninfoOption *options = PQconninfoParse(dsn, NULL);
    CHECK(options != NULL);
    buf out = {.p = url, .capacity = DATABASE_URL_MAX, .max = DATABASE_URL_MAX};
    buf_printf(&out, "postgresql://%s@/%s?port=%s&host=", value_of(options, "user"), name,
               value_of(options, "port"));
    for (const char *p = value_of(options, "host"); *p != '\0'; p++)
        buf_printf(&out, *p == '/' ? "%%2F" : "%c", *p);
    buf_char(&out, '\0');
    CHECK(!buf_overflowed(&out));
    PQconninfoFree(options);
}

static const char *server_url(void)
{
    static const char *const flags[] = {NULL};
    static char own[DATABASE_URL_MAX];
    const char *url = getenv("QUAN_PG_URL");
    if (url != NULL)
        return url;
    if (own_server.n == 0) {
        pg_start(&own_server, flags);
        CHECK(atexit(stop_server) == 0);
        name_own(own, own_server.nodes[0].dsn, "postgres");
    }
    return own;
}

void database_run(const char *url, const char *sql)
{
    PGconn *c = PQconnectdb(url);
    PGresult *r = PQexec(c, sql);
    ExecStatusType status = PQresultStatus(r);
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!good)
        fprintf(stderr, "%s: %s", sql, PQerrorMessage(c));
    CHECK(good);
    PQclear(r);
    PQfinish(c);
}

int64_t database_number(const char *url, const char *sql)
{
    PGconn *c = PQconnectdb(url);
    PGresult *r = PQexec(c, sql);
    CHECK(PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1);
    int64_t n = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
    PQclear(r);
    PQfinish(c);
    return n;
}

/* The same server, another database: of an address the last part, of a list of keywords the last
 * word of its kind counts. */
static void name_database(char url[DATABASE_URL_MAX], const char *name)
{
    const char *at = server_url();
    int n;
    if (own_server.n > 0) {
        name_own(url, own_server.nodes[0].dsn, name);
        return;
    }
    if (strncmp(at, "postgres", strlen("postgres")) == 0)
        n = snprintf(url, DATABASE_URL_MAX, "%.*s/%s", (int)(strrchr(at, '/') - at), at, name);
    else
        n = snprintf(url, DATABASE_URL_MAX, "%s dbname=%s", at, name);
    CHECK(n > 0 && n < DATABASE_URL_MAX);
}

/* Named after this process, so that programs may share a server. */
static void make(size_t i)
{
    char name[NAME_MAX_], sql[NAME_MAX_ * 2];
    snprintf(name, sizeof(name), "quan_%d_%zu", (int)getpid(), i);
    snprintf(sql, sizeof(sql), "CREATE DATABASE %s", name);
    name_database(databases[i].url, name);
    database_run(server_url(), sql);
    databases[i].made = true;
}

static bool runs(PGconn *c, const char *sql)
{
    PGresult *r = PQexec(c, sql);
    ExecStatusType status = PQresultStatus(r);
    PQclear(r);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* Statements that have been planned: a story is shorter than the planning of one for each table. */
static void prepare_emptying(size_t i)
{
    buf prepare, execute;
    buf_init(&prepare, SQL_MAX);
    buf_init(&execute, SQL_MAX);
    buf_printf(&prepare, "SET plan_cache_mode = force_generic_plan;");
    for (size_t t = 0; t < tables_count; t++) {
        buf_printf(&prepare, "PREPARE d%zu AS DELETE FROM \"%s\";", t, tables[t]->record.name);
        buf_printf(&execute, "EXECUTE d%zu;", t);
    }
    buf_char(&prepare, '\0');
    buf_char(&execute, '\0');
    CHECK(runs(databases[i].own, prepare.p));
    databases[i].empties = strdup(execute.p); /* with the program */
    CHECK(databases[i].empties != NULL);
    buf_free(&prepare);
    buf_free(&execute);
}

/* Where a store has made its tables. A test that ends connections may have ended ours. */
static void empty(size_t i)
{
    for (int tries = 0; tries < 2; tries++) {
        if (databases[i].own == NULL)
            databases[i].own = PQconnectdb(databases[i].url);
        if (databases[i].empties == NULL && !runs(databases[i].own, "SELECT 1 FROM meta"))
            return;
        if (databases[i].empties == NULL)
            prepare_emptying(i);
        if (runs(databases[i].own, databases[i].empties))
            return;
        PQfinish(databases[i].own);
        free(databases[i].empties);
        databases[i].own = NULL;
        databases[i].empties = NULL;
    }
    UNREACHABLE(); /* a database that cannot be emptied fails the test */
}

const char *database_take(void)
{
    size_t i = 0;
    while (i < DATABASES_MAX && databases[i].taken)
        i++;
    CHECK(i < DATABASES_MAX);
    if (!databases[i].made)
        make(i);
    databases[i].taken = true;
    empty(i);
    return databases[i].url;
}

void database_give(const char *url)
{
    for (size_t i = 0; i < DATABASES_MAX; i++)
        if (databases[i].url == url)
            databases[i].taken = false;
}
