/* One connection to PostgreSQL, driven in pipelines: statements are sent together, answered
 * together, one round trip.
 *
 *     conn_send(c, &statement, tag); conn_send…; conn_run(c, &run)
 *
 * Statements are prepared by name when a connection first needs them, in the same pipeline.
 * Whatever goes wrong on the way to the server or back, or takes longer than it may, ends the
 * connection: conn_run says CONN_LOST, and what became of the statements is not known. Not
 * thread-safe. */
#ifndef QUAN_STORE_PG_CONN_H
#define QUAN_STORE_PG_CONN_H

#include "store/pg/binary.h"
#include "store/pg/sql.h"

enum {
    CONN_CONNECT_S = 2,     /* for one server to take a connection; libpq's least */
    CONN_ANSWER_MS = 10000, /* for the answer to a pipeline; a commit may wait for replicas */
    CONN_SENT_MAX = 4096,   /* statements of one pipeline */
    CONN_IDLE_MS = 30000,   /* after which the server ends a batch that went silent */
    CONN_ERROR_MAX = 1000,
};

typedef enum conn_fate {
    CONN_DONE,
    CONN_REFUSED, /* the server said no to one of them, and ran none behind it */
    CONN_LOST,
} conn_fate;

typedef struct conn_sent {
    int tag;
    uint16_t place; /* of a statement that is prepared here */
    uint8_t number; /* its table */
    bool prepares;
    bool ends; /* no statement: the end of a pipeline */
} conn_sent;

typedef struct conn {
    PGconn *pg;        /* NULL: not connected */
    int64_t answer_ms; /* what a pipeline may take: CONN_ANSWER_MS, or less */
    bool warned;   /* by the last pipeline: a commit that was not waited for says so in a warning */
    char state[6]; /* SQLSTATE of the last refusal */
    char error[CONN_ERROR_MAX]; /* its words, or why the connection was lost */
    binary_params params;       /* of the statement that is sent next */
    size_t sent_n, left_n;      /* left_n: of these were left */
    conn_sent sent[CONN_SENT_MAX];
    uint64_t prepared[UINT8_MAX + 1][(SQL_PLACES + 63) / 64];
} conn;

/* One of the servers that an address names; NULL: as the address says. */
typedef struct conn_host {
    const char *host, *hostaddr, *port;
} conn_host;

void conn_init(conn *c);
void conn_free(conn *c);
/* host: of the address's only this one; NULL: all of them, in turn. False: c->error says why. */
MUST_USE bool conn_open(conn *c, const char *url, const conn_host *host, const char *application);
/* Of no use any more, and why. */
void conn_give_up(conn *c, const char *why);
void conn_close(conn *c);
static inline bool conn_is_open(const conn *c)
{
    return c->pg != NULL;
}

/* Queues a statement with the parameters in c->params, which are cleared. */
void conn_send(conn *c, const sql_statement *s, int tag);
void conn_send_fixed(conn *c, sql_fixed s, int tag);
/* Statements that are sent once in a connection's life. */
void conn_send_text(conn *c, const char *text, int tag);

typedef void conn_result(void *context, int tag, const PGresult *r);
/* Runs what was queued; the visit gets the result of each statement that succeeded, in order. */
conn_fate conn_run(conn *c, conn_result *visit, void *context);
/* What is queued from here on is no part of the transaction of what is queued already, and is run
 * whatever becomes of that. */
void conn_part(conn *c);
/* Sends what was queued and waits for no answer: the next conn_run takes those, too, and tells of
 * none. For what may be refused without anybody knowing. */
void conn_leave(conn *c);
bool conn_state_is(const conn *c, const char *state);

#endif
