/* The insides of the peering, shared by peering.c, peer_list.c, peer_link.c and peer_call.c.
 *
 * Threads: all belongs to the thread of the loop but what is atomic: the queue of orders to it, who
 * is alive, who has a lane, how much is on its way.
 *
 * Lives: a link is freed when its socket is closed and no call that came over it is still served; a
 * call when it is answered; a serving when its reply is on the way or has nowhere to go. */
#ifndef QUAN_PLAT_PEER_PART_H
#define QUAN_PLAT_PEER_PART_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "base/slot_map.h"
#include "plat/inbox.h"
#include "plat/peer_frame.h"
#include "port/secret.h"

enum {
    PEER_READ_BYTES = 64 * 1024, /* the one read buffer */
    PEER_TICK_MS = 50,
    PEER_BACKLOG = 64,
    PEER_KEEP_BYTES = 64 * 1024,             /* larger buffers are given back when they are empty */
    PEER_RELOG_MS = 10 * 60 * 1000,          /* the same refusal is logged again after this */
    PEER_ADDRESS_MAX = PEERING_HOST_MAX + 9, /* with brackets, a colon and a port */
};

typedef struct peer_server peer_server;
typedef struct peer_link peer_link;

/* To the loop from any thread. */
typedef struct peer_order {
    inbox_node node; /* first */
    void (*run)(peering *p, struct peer_order *o);
} peer_order;

/* A frame that waits for its record. */
typedef struct peer_send {
    struct peer_send *next;
    peer_frame frame;
    /* Its bytes are in a record, of which the other side may see any part; sent: else the link has
     * ended before. Who queued it has it back. */
    void (*gone)(peer_link *l, struct peer_send *s, bool sent);
} peer_send;

typedef enum peer_stage {
    LINK_CONNECT, /* dialled */
    LINK_GREETING,
    LINK_VERDICT, /* dialled: the hello is on its way */
    LINK_HEAD,    /* the other side's head of the stream is awaited */
    LINK_HELLO,
    LINK_READY,
    LINK_CLOSED
} peer_stage;

struct peer_link {
    uv_tcp_t tcp; /* first: handles are cast back */
    uv_connect_t connect;
    uv_write_t write;
    peering *net;
    peer_server *server;        /* dialled: whom; else NULL */
    peer_link *next, *previous; /* of the net */
    bool dialled, writing, paused, told_leaving;
    bool last_word;       /* closed once that is written */
    bool closed;          /* the socket is; freed when nothing of it is served */
    peer_verdict verdict; /* of a listener, or what one said */
    peer_stage stage;
    int64_t began_ms, heard_ms;
    uint8_t nonce[PEER_NONCE_BYTES], other[PEER_NONCE_BYTES];
    secret_stream sealing, opening;
    buf in, plain; /* what came; one opened record, or what is to be sealed */
    buf more, out; /* what is to be written; what is being written */
    peer_send *first, *last;
    size_t waiting_bytes; /* of those */
    size_t serving;       /* calls of it that are not replied to */
    char address[PEER_ADDRESS_MAX + 1];
};

typedef struct peer_call {
    peer_order order; /* first */
    peer_send send;
    peer_server *server;
    struct peer_call *next, *previous; /* by deadline */
    int64_t began_ns, deadline_ms;
    bool queued, sent;
    peers_answered *answered;
    void *of;
    char message[];
} peer_call;

/* A call that another server has made. */
typedef struct peer_serving {
    peer_order order; /* first */
    peer_send send;
    peer_link *link;
    char *answer; /* freed with it */
} peer_serving;

struct peer_server {
    peering *net;
    unsigned index;
    char name[PEERING_NAME_MAX + 1], host[PEERING_HOST_MAX + 1], address[PEER_ADDRESS_MAX + 1];
    uint16_t port;
    /* who was dialled */
    peer_link *link;
    uv_getaddrinfo_t resolving;
    bool is_resolving, leaving;
    bool known;               /* whether it is alive was found out at least once */
    int64_t dial_ms, ping_ms; /* the next dial, the next ping */
    unsigned pongs;           /* on this connection */
    peer_send ping;
    bool ping_queued;
    uint64_t pings;
    int64_t pinged_ns;
    atomic_int_fast64_t rtt_us;
    atomic_size_t call_bytes; /* of its calls under way */
    /* what was logged last */
    str logged; /* a literal */
    int64_t logged_ms;
};

struct peering {
    peers ops;
    peering_options options; /* texts are not kept in it */
    void *context;
    uint16_t lanes;
    char identity[PEERING_IDENTITY_MAX];
    size_t identity_bytes;
    uint8_t secret[SECRET_DIGEST_BYTES]; /* of the one that was given */
    char listen_host[PEERING_HOST_MAX + 1];
    uint16_t listen_port;
    peer_server *servers[PEERING_SERVERS_MAX];
    unsigned count, self;
    uv_loop_t uv;
    uv_tcp_t listener;
    uv_poll_t wake;
    uv_timer_t tick;
    uv_prepare_t prepare;
    pthread_t thread;
    bool started, closing;
    int64_t ticked_ms;
    peer_link *links;
    size_t accepted; /* links that were not dialled and are not closed */
    /* calls: their slots, and all of them, the oldest first */
    atomic_size_t calls;
    peer_call *slots[PEERS_CALLS_MAX];
    uint16_t free_slots[PEERS_CALLS_MAX];
    size_t free_count;
    uint64_t made;
    peer_call *oldest, *newest;
    int64_t refusal_logged_ms[PEER_VERDICTS];
    pthread_mutex_t lock;
    pthread_cond_t told;
    bool is_settled, is_cut; /* written under lock */
    _Atomic uint32_t alive;
    _Atomic uint8_t owners[SLOT_LANES_MAX];
    inbox orders;
    atomic_bool running, leaving, stopping;
    char read_buffer[PEER_READ_BYTES];
};

/* ---- peer_list.c: the options as text ---- */
/* Fills servers, count, self, listen_*; R_INVALID with a sentence. */
MUST_USE result peer_list_read(peering *p, const peering_options *options, buf *why);

/* ---- peering.c ---- */
int64_t peering_now_ms(void);
void peering_link_ready(peer_link *l);
void peering_link_closed(peer_link *l, str why);
void peering_frame(peer_link *l, const peer_frame *f);
peer_verdict peering_judge(const peer_link *l, const peer_hello *h); /* names and identity */
/* One that dialled us is refused. */
void peering_log_refusal(peering *p, const peer_link *l, peer_verdict why);

/* ---- peer_link.c ---- */
void peer_link_accept(peering *p);
void peer_link_dial(peer_server *s, const struct sockaddr *address);
void peer_link_send(peer_link *l, peer_send *s); /* queued; written before the loop waits */
void peer_link_flush(peer_link *l);
void peer_link_close(peer_link *l, str why); /* why: a literal, for the log */
void peer_link_served(peer_link *l);         /* one call less */

/* ---- peer_call.c ---- */
void peer_calls_init(peering *p);
void peer_call_make(void *context, uint16_t lane, str message, peers_answered *answered, void *of);
void peer_call_answered(peer_server *s, const peer_frame *f);
void peer_calls_expire(peering *p, int64_t now_ms);
void peer_calls_cut(peer_server *s); /* the link has ended */
void peer_serve(peer_link *l, const peer_frame *f);

#endif
