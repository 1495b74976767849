/* One connection to PostgreSQL: see conn.h. */
#include "store/pg/conn.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "port/clock.h"

enum { FORMAT_BINARY = 1, NAME_MAX_ = 32 };

void conn_init(conn *c)
{
    *c = (conn){.answer_ms = CONN_ANSWER_MS};
    binary_init(&c->params);
}

void conn_free(conn *c)
{
    conn_close(c);
    binary_free(&c->params);
}

void conn_close(conn *c)
{
    if (c->pg != NULL)
        PQfinish(c->pg);
    c->pg = NULL;
    c->sent_n = c->left_n = 0;
    memset(c->prepared, 0, sizeof(c->prepared));
}

static void keep_error(conn *c, const char *text)
{
    size_t n = strcspn(text, "\n");
    n = n < sizeof(c->error) - 1 ? n : sizeof(c->error) - 1;
    memmove(c->error, text, n); /* it may be the same */
    c->error[n] = '\0';
}

static conn_fate lose(conn *c, const char *why)
{
    keep_error(c, why);
    conn_close(c);
    return CONN_LOST;
}

void conn_give_up(conn *c, const char *why)
{
    (void)lose(c, why);
}

bool conn_state_is(const conn *c, const char *state)
{
    return strncmp(c->state, state, strlen(state)) == 0;
}

/* ---- opening ---- */

/* Whatever the server has to say, and be it about a commit that it stopped waiting for. */
static void on_notice(void *context, const PGresult *r)
{
    conn *c = context;
    const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (severity == NULL || strcmp(severity, "WARNING") == 0)
        c->warned = true;
}

bool conn_open(conn *c, const char *url, const conn_host *host, const char *application)
{
    /* What the address itself says comes later and wins, but for the host. */
    const char *names[] = {"connect_timeout",
                           "tcp_user_timeout",
                           "keepalives_idle",
                           "application_name",
                           "options",
                           "target_session_attrs",
                           "dbname",
                           host != NULL ? "host" : NULL,
                           "hostaddr",
                           "port",
                           NULL};
    char timeout[NAME_MAX_], answer[NAME_MAX_], idle[NAME_MAX_ * 4];
    snprintf(timeout, sizeof(timeout), "%d", CONN_CONNECT_S);
    snprintf(answer, sizeof(answer), "%d", CONN_ANSWER_MS);
    snprintf(idle, sizeof(idle), "-c idle_in_transaction_session_timeout=%d", CONN_IDLE_MS);
    const conn_host at = host != NULL ? *host : (conn_host){0};
    const char *values[] = {timeout, answer,  "10",        application, idle, "any",
                            url,     at.host, at.hostaddr, at.port,     NULL};
    conn_close(c);
    PGconn *pg = PQconnectdbParams(names, values, 1);
    CHECK(pg != NULL);
    c->pg = pg;
    if (PQstatus(pg) != CONNECTION_OK) {
        lose(c, PQerrorMessage(pg));
        return false;
    }
    PQsetNoticeReceiver(pg, on_notice, c);
    PGresult *r = PQexec(pg, sql_fixed_text[SQL_SESSION]);
    bool good = PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    if (!good || PQsetnonblocking(pg, 1) != 0 || PQenterPipelineMode(pg) != 1) {
        lose(c, PQerrorMessage(pg));
        return false;
    }
    return true;
}

/* ---- sending ---- */

static void note(conn *c, int tag, const sql_statement *prepared)
{
    CHECK(c->sent_n < CONN_SENT_MAX);
    conn_sent *s = &c->sent[c->sent_n++];
    *s = (conn_sent){.tag = tag, .prepares = prepared != NULL};
    if (prepared != NULL) {
        s->number = prepared->table->number;
        s->place = (uint16_t)sql_place(prepared);
    }
}

static uint64_t *prepared_bits(conn *c, uint8_t number, unsigned place, uint64_t *bit)
{
    *bit = UINT64_C(1) << place % 64;
    return &c->prepared[number][place / 64];
}

static void name_of(const sql_statement *s, char out[NAME_MAX_])
{
    snprintf(out, NAME_MAX_, "q%u_%u", s->table->number, sql_place(s));
}

/* A failure to queue shows in PQstatus or at the end of the pipeline: conn_run finds it. */
static void prepare(conn *c, const sql_statement *s, const char *name)
{
    uint64_t bit, *bits = prepared_bits(c, s->table->number, sql_place(s), &bit);
    if ((*bits & bit) != 0)
        return;
    buf text;
    buf_init(&text, SQL_TEXT_MAX);
    sql_text(s, &text);
    buf_char(&text, '\0');
    CHECK(!buf_overflowed(&text));
    (void)PQsendPrepare(c->pg, name, text.p, 0, NULL);
    buf_free(&text);
    note(c, 0, s);
    *bits |= bit; /* conn_run takes it back where it was not */
}

typedef struct bound {
    const char *values[BINARY_PARAMS_MAX];
    int lengths[BINARY_PARAMS_MAX], formats[BINARY_PARAMS_MAX];
} bound;

static void bind(const binary_params *p, bound *b)
{
    size_t from = 0;
    for (int i = 0; i < p->n; i++) {
        b->values[i] = p->bytes.p + from;
        b->lengths[i] = (int)(p->ends[i] - from);
        b->formats[i] = FORMAT_BINARY;
        from = p->ends[i];
    }
}

void conn_send(conn *c, const sql_statement *s, int tag)
{
    char name[NAME_MAX_];
    name_of(s, name);
    bound b;
    bind(&c->params, &b);
    if (c->pg != NULL) {
        prepare(c, s, name);
        (void)PQsendQueryPrepared(c->pg, name, c->params.n, b.values, b.lengths, b.formats,
                                  FORMAT_BINARY);
        note(c, tag, NULL);
    }
    binary_clear(&c->params);
}

void conn_send_text(conn *c, const char *text, int tag)
{
    bound b;
    bind(&c->params, &b);
    if (c->pg != NULL) {
        (void)PQsendQueryParams(c->pg, text, c->params.n, NULL, b.values, b.lengths, b.formats,
                                FORMAT_BINARY);
        note(c, tag, NULL);
    }
    binary_clear(&c->params);
}

void conn_send_fixed(conn *c, sql_fixed s, int tag)
{
    conn_send_text(c, sql_fixed_text[s], tag);
}

/* ---- answers ---- */

/* Until something can be read or, while there is something to send, written. A server may stop
 * reading before it has sent what it has to say, so both are waited for. */
static bool wait_socket(conn *c, bool sends, int64_t until_ms)
{
    int64_t left = until_ms - clock_monotonic_ms();
    struct pollfd p = {.fd = PQsocket(c->pg), .events = (short)(POLLIN | (sends ? POLLOUT : 0))};
    int n = left <= 0 ? 0 : poll(&p, 1, (int)left);
    if (n < 0)
        return true; /* a signal */
    if (n == 0) {
        keep_error(c, "the server did not answer in time");
        return false;
    }
    if ((p.revents & ~POLLOUT) != 0 && PQconsumeInput(c->pg) == 0) {
        keep_error(c, PQerrorMessage(c->pg));
        return false;
    }
    return true;
}

/* The next result; NULL at the end of a statement's. False: the connection is of no use. */
static bool next_result(conn *c, int64_t until_ms, PGresult **out)
{
    for (;;) {
        int flushed = PQflush(c->pg);
        if (flushed < 0) {
            /* What the server said last may tell why. */
            keep_error(c, PQerrorMessage(c->pg));
            return false;
        }
        if (PQisBusy(c->pg) == 0)
            break;
        if (!wait_socket(c, flushed == 1, until_ms))
            return false;
    }
    *out = PQgetResult(c->pg);
    return true;
}

static void refused(conn *c, const PGresult *r)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    snprintf(c->state, sizeof(c->state), "%s", state != NULL ? state : "");
    keep_error(c, PQresultErrorMessage(r));
}

static void forget_prepared(conn *c, const conn_sent *s)
{
    uint64_t bit, *bits = prepared_bits(c, s->number, s->place, &bit);
    *bits &= ~bit;
}

typedef struct run {
    conn_result *visit;
    void *context;
    int64_t until_ms;
    bool left; /* nobody asks any more */
    bool refused;
} run;

/* One statement's result and the NULL behind it. */
static bool take(conn *c, const conn_sent *s, run *how)
{
    PGresult *r, *end;
    if (!next_result(c, how->until_ms, &r) || r == NULL)
        return false;
    ExecStatusType status = PQresultStatus(r);
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    bool known = good || status == PGRES_PIPELINE_ABORTED || status == PGRES_FATAL_ERROR;
    if (status == PGRES_FATAL_ERROR && !how->refused && !how->left)
        refused(c, r);
    if (!good && s->prepares)
        forget_prepared(c, s);
    if (!good)
        how->refused = true;
    else if (!s->prepares && !how->left && how->visit != NULL)
        how->visit(how->context, s->tag, r);
    PQclear(r);
    if (!known || PQstatus(c->pg) != CONNECTION_OK)
        return false;
    if (!next_result(c, how->until_ms, &end))
        return false;
    if (end == NULL)
        return true;
    PQclear(end);
    return false;
}

static bool take_end(conn *c, run *how)
{
    PGresult *r;
    if (!next_result(c, how->until_ms, &r))
        return false;
    bool synced = PQresultStatus(r) == PGRES_PIPELINE_SYNC;
    PQclear(r);
    if (!synced)
        keep_error(c, "the pipeline did not come to its end");
    how->refused = how->refused && !how->left;
    return synced;
}

/* False: the connection is of no use. */
static bool send_end(conn *c)
{
    note(c, 0, NULL);
    c->sent[c->sent_n - 1].ends = true;
    return PQpipelineSync(c->pg) == 1;
}

void conn_part(conn *c)
{
    if (c->pg != NULL && !send_end(c))
        (void)lose(c, PQerrorMessage(c->pg));
}

void conn_leave(conn *c)
{
    conn_part(c);
    if (c->pg != NULL && PQflush(c->pg) < 0)
        (void)lose(c, PQerrorMessage(c->pg));
    c->left_n = c->sent_n;
}

conn_fate conn_run(conn *c, conn_result *visit, void *context)
{
    c->warned = false;
    c->state[0] = '\0';
    c->error[0] = '\0';
    if (c->pg == NULL)
        return CONN_LOST;
    run how = {visit, context, clock_monotonic_ms() + c->answer_ms, false, false};
    if (!send_end(c))
        return lose(c, PQerrorMessage(c->pg));
    for (size_t i = 0; i < c->sent_n; i++) {
        const conn_sent *s = &c->sent[i];
        how.left = i < c->left_n;
        if (!(s->ends ? take_end(c, &how) : take(c, s, &how)))
            return lose(c, c->error[0] != '\0' ? c->error : PQerrorMessage(c->pg));
    }
    c->sent_n = c->left_n = 0;
    return how.refused ? CONN_REFUSED : CONN_DONE;
}
