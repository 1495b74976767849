/* Several servers on one database: who is there, whose lane is whose, and the way between them.
 *
 * Each server has the same list of all, dials every other, and pings it: one that has not answered
 * for PEERING_DEAD_MS, or whose connection ended, is dead, and alive again with the second answer
 * on a new connection. Lanes belong to the living (base/lane_owner.h) as each server sees them by
 * itself. They may see it differently for a while: a store that refuses what another has overtaken
 * keeps that exact.
 *
 * A server calls only whom it dialled, and only the living. Both prove that they know the secret,
 * and all behind that is encrypted with keys of the connection (not against one who has written it
 * down and learns the secret). Servers with another version of the protocol or another `identity`
 * are no peers: they are told so, it is logged, and their lanes are worked on by everybody.
 *
 * One thread of its own does all of it. Every function from any thread. */
#ifndef QUAN_PORT_PEERING_H
#define QUAN_PORT_PEERING_H

#include "base/buf.h"
#include "base/lane_owner.h"
#include "port/peers.h"

enum {
    PEERING_SERVERS_MAX = LANE_OWNERS_MAX,
    PEERING_NAME_MAX = 63,
    PEERING_HOST_MAX = 253,
    PEERING_SECRET_MIN = 32,
    PEERING_IDENTITY_MAX = 255,
    PEERING_PING_MS = 500,
    PEERING_DEAD_MS = 2000,
    PEERING_GOOD_PONGS = 2,
    PEERING_HELLO_MS = 2000, /* from the connection's beginning until both are known */
    PEERING_DIAL_MS = 500,   /* between two tries */
    PEERING_IDLE_MS = 10000, /* a server that dialled us and does not ping */
    PEERING_LINKS_MAX = 64,  /* connections of others; beyond them unknown ones are closed */
    /* Bytes of calls to one server that are not answered; of answers to one that it has not read:
     * beyond the one calls are R_BUSY, beyond the other no call of it is read. */
    PEERING_BYTES_MAX = 64 * 1024 * 1024,
};

typedef struct peering peering;

typedef struct peering_options {
    str servers; /* "a=10.0.0.1:7701,b=[fd00::2]:7701,c=quan-c:7701": of all, alike on all */
    str self;    /* the name of this one in it */
    str listen;  /* "0.0.0.0:7701"; empty: the address in the list, which must be a number then */
    str secret;  /* PEERING_SECRET_MIN bytes and more */
    /* Runs a call of another server: answered is called exactly once for it, by any thread, also in
     * here. R_DONE with the answer; R_BUSY, R_UNAVAILABLE: it was not run and will not be. */
    void (*serve)(void *context, str message, peers_answered *answered, void *of);
    void (*changed)(void *context); /* lanes have moved; on the thread of the peering */
    /* 0: as above, and PEERS_PATIENCE_MS. For tests. */
    int64_t ping_ms, dead_ms, dial_ms, call_ms;
} peering_options;

/* What is known when the store is open. */
typedef struct peering_site {
    void *context; /* of serve and changed */
    uint16_t lanes;
    str identity; /* what must be alike for messages to mean the same: the store, the formats */
} peering_site;

/* Reads the options, which need not live on. R_INVALID, with a sentence in *why. Until it is
 * started all servers count as alive, and calls are R_UNAVAILABLE. */
MUST_USE result peering_new(const peering_options *options, peering **out, buf *why);
/* Listens and dials. R_IO: the address cannot be listened on. */
MUST_USE result peering_start(peering *p, const peering_site *site, buf *why);
/* Until it is known of each server whether it is alive; at most a little beyond PEERING_DEAD_MS. */
void peering_settle(peering *p);
/* The others stop calling this server and take its lanes; what they have called is answered. */
void peering_leave(peering *p);
/* Ends every connection and calls serve and changed no more. Calls that are not answered are
 * R_UNAVAILABLE or R_UNKNOWN, later ones R_UNAVAILABLE. What is still served may go on. */
void peering_stop(peering *p);
/* Waits until all that was served is answered. Stopped, or never started; NULL is allowed. */
void peering_free(peering *p);

const peers *peering_peers(peering *p); /* as long as the peering */

/* For people: the servers of the list, in its order. */
typedef struct peering_server {
    str name, address;
    bool self, alive;
    uint16_t lanes; /* that it works on, as this server sees it */
    int64_t rtt_us; /* of the last ping; -1: none yet */
} peering_server;
size_t peering_servers(const peering *p, peering_server out[PEERING_SERVERS_MAX]);

#endif
