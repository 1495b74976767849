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

#endif
