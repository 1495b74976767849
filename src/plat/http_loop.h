/* The insides of the HTTP server, shared by http_server.c, http_loop.c, http_connection.c and
 * http_exchange.c.
 *
 * Threads: a loop, its connections and the pools of both belong to the loop's thread. An exchange
 * belongs to whoever handles it. What crosses threads is atomic: the loop's queue of exchanges that
 * come back, the orders to it, and the server's sums.
 *
 * Lives: a connection is freed when its socket is closed and it has no exchange; an exchange when
 * it was responded to and its response is written or lost. */
#ifndef QUAN_PLAT_HTTP_LOOP_H
#define QUAN_PLAT_HTTP_LOOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "plat/http_guard.h"
#include "plat/http_head.h"
#include "plat/inbox.h"
#include "port/http.h"

enum {
    HTTP_READ_BYTES = 64 * 1024,         /* the one read buffer of a loop */
    HTTP_LINGER_MS = 2000,               /* after our end of a connection is closed … */
    HTTP_LINGER_BYTES = 4 * 1024 * 1024, /* … so much of the other end is read and thrown away */
    HTTP_KEEP_IN = 4 * 1024,             /* larger buffers of idle connections are given back */
    HTTP_KEEP_OUT = 64 * 1024,           /* the same for pooled exchanges */
    HTTP_POOL_MAX = 1024,                /* free connections and exchanges that a loop keeps */
    HTTP_FREE_BODY = 4 * 1024,           /* bodies up to this do not count as body memory */
    HTTP_BODY_STEP = 1024 * 1024,        /* each buys a new body timeout */
    HTTP_REFUSING_MAX = 256,             /* connections above the maximum that are told so */
    HTTP_BACKLOG = 1024,
    HTTP_DATE_BYTES = 29,
    HTTP_PEER_BYTES = 46,
};

/* Where a connection is; also the list it is on, each with its own time allowed. */
typedef enum http_phase {
    PHASE_FRESH,  /* accepted, no byte yet */
    PHASE_IDLE,   /* between requests */
    PHASE_HEAD,   /* reading a head */
    PHASE_BODY,   /* reading a body */
    PHASE_BUSY,   /* the exchange is with the handler */
    PHASE_WRITE,  /* the response is on its way */
    PHASE_LINGER, /* our end is closed */
    PHASE_COUNT
} http_phase;

typedef struct http_connection http_connection;
typedef struct http_loop http_loop;

struct http_exchange {
    inbox_node node; /* first: coming back to the loop */
    http_connection *connection;
    http_loop *loop;
    http_exchange *next; /* free */
    void (*deferred)(http_exchange *x, void *argument);
    void *argument, *user;
    http_head head;
    const char *base; /* first byte of the request; set before the handler is called */
    arena *memory;
    size_t body_reserved;
    int64_t received_ns;
    char trace_id[HTTP_TRACE_ID_LENGTH];
    int status;
    str type;
    buf fields, out, top; /* fields that were added; the body; what is written before it */
    bool keep_alive, no_body, handled;
};

struct http_connection {
    uv_tcp_t tcp; /* first: handles are cast back */
    uv_write_t write;
    uv_shutdown_t shutdown;
    http_loop *loop;
    http_connection *next, *previous; /* on the list of its phase, or free */
    http_exchange *x;                 /* from the end of the head to the end of the response */
    int64_t deadline_ms;
    http_phase phase, listed;
    bool rearm; /* the phase was entered anew: move to the end of its list */
    bool eof;   /* the client closed its end */
    bool closing, closed;
    bool processing; /* the state machine is on the stack */
    bool writing;    /* uv_write owns the response */
    bool reading;
    bool refusing; /* accepted beyond the maximum, only to be told so */
    uint8_t peer_bytes;
    char peer[HTTP_PEER_BYTES];
    buf in; /* the request, from `start`, and what follows it */
    size_t start;
    buf more; /* arrived while an exchange points into `in` */
    size_t body_steps, discarded, untaken;
    http_guard guard;
};

struct http_loop {
    uv_loop_t uv;
    uv_tcp_t listener;
    uv_poll_t wake; /* on the inbox */
    uv_timer_t tick;
    http_server *server;
    pthread_t thread;
    unsigned index;
    bool listening, ending, empty_told;
    struct {
        http_connection *first, *last;
    } lists[PHASE_COUNT];
    size_t connections, refusing, in_flight;
    http_connection *free_connections;
    http_exchange *free_exchanges;
    size_t free_connection_count, free_exchange_count;
    uint64_t trace_state;
    int64_t date_second;
    char date[HTTP_DATE_BYTES + 1];
    char read_buffer[HTTP_READ_BYTES];
    inbox queue; /* exchanges that come back */
};

struct http_server {
    http_options options;
    http_service service;
    uint16_t port;
    unsigned started; /* loops whose thread runs */
    http_loop *loops;
    atomic_size_t connections, body_memory;
    atomic_bool draining, killing, stopping;
    pthread_mutex_t lock;
    pthread_cond_t empty;
    unsigned empty_loops; /* under lock: loops without connection and exchange, while draining */
};

/* http_loop.c */
MUST_USE result http_loop_open(http_loop *l, http_server *server, unsigned index, buf *why);
MUST_USE result http_loop_listen(http_loop *l, buf *why);
void http_loop_run(http_loop *l);        /* until it was told to stop and is empty */
void http_loop_free_pools(http_loop *l); /* after run */
void http_loop_close(http_loop *l);      /* after run, or after every handle was closed */
void http_loop_send(http_exchange *x);   /* any thread: to the loop's queue */
bool http_loop_is_here(const http_loop *l);
http_exchange *http_loop_exchange(http_loop *l); /* a fresh one */
void http_loop_release(http_exchange *x);
str http_loop_date(http_loop *l);
void http_loop_list(http_loop *l, http_connection *c); /* onto the list of its phase */
void http_loop_unlist(http_loop *l, http_connection *c);

/* http_connection.c */
void http_connection_accept(http_loop *l);
void http_connection_expired(http_connection *c);
void http_connection_drain(http_connection *c); /* closes it when no request is under way */
void http_connection_close(http_connection *c); /* at once, whatever it does */
void http_connection_respond(http_exchange *x); /* loop thread: the response is complete */

/* http_exchange.c */
void http_exchange_start(http_exchange *x); /* trace id, time; the head is read */
void http_exchange_refuse(http_exchange *x, http_refusal why);
void http_exchange_finish(http_exchange *x); /* makes `top` */

#endif
