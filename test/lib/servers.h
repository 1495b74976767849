/* Two servers of one store in this process: two apps on two databases of a throw-away PostgreSQL,
 * each with half of the lanes of either, joined by calls from one to the other that a test can
 * disturb. The shop's configuration is made before, by one that is alone: servers read it when they
 * are opened. */
#ifndef QUAN_TEST_SERVERS_H
#define QUAN_TEST_SERVERS_H

#include <pthread.h>
#include <stdatomic.h>

#include "test/lib/domain_fixture.h"
#include "test/lib/peer_wire.h"

enum { SERVERS = PEER_WIRE_ENDS, SERVERS_LANES = 4, SERVERS_SHARDS = 2 };

typedef struct servers servers;
typedef struct server {
    servers *all;
    app *app; /* NULL: not open */
    pthread_t ticker;
} server;

struct servers {
    fix *shop; /* its app: the first server, once they are opened */
    str urls[SERVERS_SHARDS];
    bool threads;
    atomic_bool ticking;
    peer_wire wire;
    server servers[SERVERS];
};

/* The shop, which fix_… may configure. threads: lanes run by themselves, time goes by, and both
 * tick; else the test steps, ticks and sets the time. */
servers *servers_new(bool threads);
void servers_open(servers *s, int number); /* the shop's app is closed before the first */
void servers_close(servers *s, int number);
/* Stops it for ever between two steps, as a kill does: nothing of it runs or is heard any more. */
void servers_lose(servers *s, int number);
void servers_verify(servers *s); /* CHECKs; both are open or the first is; nothing runs */
void servers_free(servers *s);   /* closes those that are open */

/* The first name like this whose home is in this lane; in the shop's memory. */
str servers_user(servers *s, uint16_t lane, unsigned nth);
typedef struct server_ask {
    int number;
    str name;   /* the user */
    str device; /* that the claim, or the receiver, is counted by; may be empty */
    str key;    /* idempotency; may be empty */
} server_ask;
/* One coupon; waits for the answer. coupon_id may be NULL. */
result servers_claim(servers *s, const server_ask *ask, uint64_t template_id, uint64_t *coupon_id);
/* Issued in error: the piece goes back. Asked of this server. */
result servers_void(servers *s, int number, uint64_t coupon_id);
/* Of a coupon of `from`, to the asker; *coupon_id: that one, and then his. */
result servers_transfer(servers *s, const server_ask *ask, str from, uint64_t template_id,
                        uint64_t *coupon_id);

#endif
