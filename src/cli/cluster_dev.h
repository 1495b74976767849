/* The parts of `quan cluster dev`: shards with their replicas, servers that share them, and a load
 * on all of them. Private to cluster_dev*.c.
 *
 * Every part is a child of this process and ends with it. What a part says goes to a file of its
 * name in `directory`, which is removed in the end. */
#ifndef QUAN_CLI_CLUSTER_DEV_H
#define QUAN_CLI_CLUSTER_DEV_H

#include "cli/cluster.h"

enum {
    DEV_SERVERS_MAX = 4,
    DEV_ENVIRONMENT_MAX = 1024,
    DEV_PATIENCE_MS = 60000,
    DEV_VERIFY_MS = 3600000,
};

typedef struct dev_server {
    const char *name;
    uint16_t peer_port;
    int reserved; /* a socket that keeps that port; 0: none */
    str url;
    pid_t pid; /* 0: it does not run */
} dev_server;

typedef struct dev {
    cluster cluster;
    uint64_t rate;    /* of the load, a second; 0: none */
    uint64_t seconds; /* how long it takes; 0: until Ctrl-C */
    uint64_t server_count;
    dev_server servers[DEV_SERVERS_MAX];
    const char *directory; /* of our own files */
    const char **environment;
    size_t environment_n;
    pid_t load;        /* 0: it does not run */
    int64_t load_told; /* bytes of what it said that were shown */
} dev;

/* Where replica r of a shard is; 0: the primary. */
cluster_node *dev_node(dev *d, uint64_t shard, uint64_t r);

/* After cluster_open: until all servers answer and the load has begun. *key: an API key. */
MUST_USE cli_exit dev_make(dev *d, str *key);
/* What ended was this, and how. */
MUST_USE cli_exit dev_failed(const dev *d, const char *what, const char *log);
const char *dev_log(const dev *d, const dev_server *s);
/* Shows on stderr what the load has said since. */
void dev_tell_load(dev *d);
/* The load first, which then says what it has counted; the servers have time to answer. */
void dev_stop(dev *d);
/* `quan verify` on the store, when nobody has it open: its code, and what it says on stderr. */
MUST_USE cli_exit dev_verify(dev *d);
/* Ports and files. */
void dev_clean(dev *d);

#endif
