/* `quan serve` as a child process that is killed and started again on the same data. */
#ifndef QUAN_TEST_KILL_SERVER_H
#define QUAN_TEST_KILL_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

enum { SERVER_PATH_MAX = 512 };

typedef struct server {
    const char *program;
    char folder[SERVER_PATH_MAX]; /* of this store: data, server.log, url, oracle.log, code.key */
    const char *flag, *place; /* what it runs on: "--data" and data, or "--store" and databases */
    const char *peers, *name; /* NULL: it is alone; else all of them, and which one it is */
    char data[SERVER_PATH_MAX + 8], url[SERVER_PATH_MAX + 8], key[SERVER_PATH_MAX + 16],
        secret[SERVER_PATH_MAX + 16], log[SERVER_PATH_MAX + 16];
    pid_t pid;     /* 0: it does not run */
    uint32_t died; /* times that it had ended by itself before it was killed */
    uint16_t port;
} server;

/* Makes a temporary folder. databases: of PostgreSQL; NULL: the data is in the folder, too. */
void server_new(server *s, const char *program, const char *databases);
uint16_t server_free_port(void); /* of 127.0.0.1: nobody has it, and nobody is given it unasked */
void server_remove(const server *s); /* the folder */
/* Starts it; whether it gets ready is another matter. */
void server_start(server *s);
/* Milliseconds until it was ready, and the port is known; -1: it ended or was not ready in time. */
int64_t server_ready(server *s, int64_t patience_ms);
bool server_runs(server *s); /* counts when it has ended by itself */
void server_kill(server *s);
/* Asks it to stop; its exit status, or -1 when it had to be killed or died of a signal. */
int server_stop(server *s, int64_t patience_ms);
/* Runs `quan ARGUMENTS…` (NULL-ended) to its end; its exit status or -1, its stdout in out. */
int server_command(const server *s, const char *const *arguments, buf *out);

#endif
