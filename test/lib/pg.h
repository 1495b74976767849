/* Throw-away PostgreSQL clusters for a cmocka test: `quan cluster postgres` as a child, which ends
 * with all that it has started when this process does, however that ends. What cannot be done fails
 * the test, and what it says is the test's stderr. */
#ifndef QUAN_TEST_PG_H
#define QUAN_TEST_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PG_NODES_MAX = 16, PG_NAME_MAX = 32, PG_DSN_MAX = 512, PG_ANSWER_MAX = 65536 };

typedef struct pg_node {
    char name[PG_NAME_MAX]; /* "shard-0", "shard-0-replica" */
    bool replica, running;
    pid_t process; /* the postmaster */
    uint16_t port;
    char dsn[PG_DSN_MAX];     /* over the unix socket */
    char dsn_tcp[PG_DSN_MAX]; /* over 127.0.0.1 */
} pg_node;

typedef struct pg {
    pid_t pid;
    int to, from; /* its stdin and stdout */
    pg_node nodes[PG_NODES_MAX];
    size_t n;
} pg;

/* flags, NULL-ended: those of the command, such as "--shards=2", "--replicas". Takes about 2 s, so
 * a program starts them once, and makes a database for each of its tests. */
void pg_start(pg *p, const char *const *flags);
void pg_stop(pg *p); /* may be called when pg_start has failed */
const pg_node *pg_named(const pg *p, const char *name);
/* "stop", "kill" or "start" of a node, until it has happened. */
void pg_tell(pg *p, const char *what, const char *name);

#endif
