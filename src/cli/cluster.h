/* Throw-away PostgreSQL clusters: shards, each a primary and perhaps streaming replicas, in a
 * directory of their own that is removed in the end. For trying things out and for tests; nothing
 * here is for data that anybody wants to keep.
 *
 * Clients come over a unix socket, which only the user who runs PostgreSQL and root can reach, or
 * over 127.0.0.1 with a password that is drawn for each cluster. Database and superuser are both
 * `quan`. PostgreSQL refuses to be run by root: then it is run by another user. */
#ifndef QUAN_CLI_CLUSTER_H
#define QUAN_CLI_CLUSTER_H

#include "cli/cli.h"
#include "cli/program.h"

enum {
    CLUSTER_SHARDS_MAX = 8,
    CLUSTER_REPLICAS_MAX = 2, /* of a shard */
    CLUSTER_SET_MAX = 32,
    CLUSTER_NAME_MAX = 24
};

typedef struct cluster_options {
    uint64_t shards;
    uint64_t replicas; /* of each shard */
    bool synchronous;  /* a commit is answered when one of them has it, too */
    bool unsynced;     /* fsync = off: quicker, and what was committed may be gone after a crash of
                              the machine; a process may crash as it likes */
    const char *bin;   /* where PostgreSQL's programs are; NULL: cluster_programs looks */
    const char *directory;            /* to make ours in; NULL: TMPDIR, or /tmp */
    const char *user;                 /* where root runs us; NULL: nobody */
    const char *set[CLUSTER_SET_MAX]; /* "name=value" of postgresql.conf */
    size_t set_n;
} cluster_options;

typedef struct cluster_node cluster_node;
struct cluster_node {
    char name[CLUSTER_NAME_MAX];
    cluster_node *primary; /* NULL: it is one */
    const char *data, *log;
    uint16_t port;
    int reserved; /* a socket that keeps the port ours while nobody listens there */
    pid_t pid;    /* of the postmaster; 0: it does not run */
    pid_t task;   /* of the program that makes something of it; 0: none */
};

typedef struct cluster {
    const cli_context *cli;
    cluster_options options;
    programs programs;
    program_user user;
    const char *bin, *directory;
    const char *password;
    cluster_node nodes[(1 + CLUSTER_REPLICAS_MAX) * CLUSTER_SHARDS_MAX];
    size_t n;
} cluster;

/* Options of a command that say where clusters are made and by whom they are run. */
enum { CLUSTER_KEY_BIN = 0x100, CLUSTER_KEY_DIRECTORY, CLUSTER_KEY_USER };
#define CLUSTER_PLACE_OPTIONS                                                                      \
    {.name = "bin",                                                                                \
     .key = CLUSTER_KEY_BIN,                                                                       \
     .arg = "DIR",                                                                                 \
     .doc = "Where initdb, postgres, pg_basebackup, createdb and psql are. Default: as pg_config " \
            "says, /usr/lib/postgresql/*/bin, PATH"},                                              \
        {.name = "directory",                                                                      \
         .key = CLUSTER_KEY_DIRECTORY,                                                             \
         .arg = "DIR",                                                                             \
         .doc = "Where to make the directory of the clusters. Default: TMPDIR, or /tmp"},          \
        {.name = "user",                                                                           \
         .key = CLUSTER_KEY_USER,                                                                  \
         .arg = "NAME",                                                                            \
         .doc = "Who runs PostgreSQL where root runs this command. Default: nobody"},
error_t cluster_place_parse(int key, const char *argument, cluster_options *into);

/* The directory that has all programs that we run: `bin`, or what pg_config says, the newest in
 * /usr/lib/postgresql, where initdb on PATH is. NULL, after saying why. */
const char *cluster_programs(const cli_context *c, const char *bin);

/* Until all nodes take connections; progress goes to stderr. CLI_ENVIRONMENT after saying why;
 * CLI_FAILED when it was told to stop. cluster_close in any case. input: it is told so by the end
 * of stdin, too. */
MUST_USE cli_exit cluster_open(cluster *k, bool input);
/* Stops all that runs and removes the directory. */
MUST_USE cli_exit cluster_close(cluster *k);

/* One that has ended, with what it had; until it takes connections. CLI_FAILED after saying why. */
MUST_USE cli_exit cluster_start(cluster *k, cluster_node *node);
/* With SIGINT in an orderly way, with SIGKILL at once; until it has ended. */
MUST_USE cli_exit cluster_stop(cluster *k, cluster_node *node, int signal);
/* A port of 127.0.0.1 that is free, and a socket that keeps it so for whoever listens there with
 * SO_REUSEADDR; -1: errno says why. */
int cluster_reserve(uint16_t *port);
cluster_node *cluster_find(cluster *k, str name); /* NULL: there is none */
void cluster_ended(cluster *k, pid_t pid);        /* a child is gone; others' pids are allowed */

/* What libpq connects with: over the socket, and over 127.0.0.1. */
str cluster_dsn(const cluster *k, const cluster_node *node);
str cluster_dsn_tcp(const cluster *k, const cluster_node *node);

#endif
