/* What PostgreSQL itself says of a server, beyond the plain SQL of sql.h: which database of which
 * system it is, and how many promotions its history has. A server that speaks the protocol and does
 * not know it is served all the same. */
#ifndef QUAN_STORE_PG_SERVER_H
#define QUAN_STORE_PG_SERVER_H

#include "store/pg/conn.h"

typedef struct server_identity {
    bool known;
    int64_t system; /* of the cluster: its replicas and restored copies have the same */
    int64_t database;
    int64_t timeline; /* of what it writes; each promotion raises it. 0: it is a standby */
} server_identity;
/* False: the connection is lost. */
MUST_USE bool server_identify(conn *c, server_identity *out);

/* Positions in the log, as numbers: how far a primary has made it durable (queued, for
 * server_take_position), and how far a standby has applied it. A row that was committed before the
 * first was asked for is there once the second has reached it. */
void server_send_position(conn *c, int tag);
MUST_USE bool server_take_position(const PGresult *r, int64_t *out);
void server_send_applied(conn *c, int tag); /* of what is no standby: -1 */
/* A timeline that a standby has certainly applied a part of, to be taken as a position. */
void server_send_follows(conn *c, int tag);

#endif
