/* Views on replicas, and how far the logs of the shards are that they must have applied: see pg.h,
 * replica.c and position.c. */
#ifndef QUAN_STORE_PG_REPLICA_H
#define QUAN_STORE_PG_REPLICA_H

#include "store/pg/pg.h"

/* replica.c: a view's session for the rows of one slot; NULL: none is as far. */
session *pg_replica_take(pg_engine *p, pg_shard *d, const store_home *home);
/* These rows, or those of this slot, are committed at that position of the log of their shard. */
void pg_replica_owes(pg_engine *p, const change *changes, size_t n, int64_t position);
void pg_replica_owes_slot(pg_engine *p, uint16_t slot, int64_t position);
/* … by another server. It never takes the place of PG_POSITION_UNKNOWN: only a commit here does. */
void pg_replica_owes_told(pg_engine *p, uint16_t slot, int64_t position);
#define PG_POSITION_UNKNOWN INT64_MAX       /* a commit here may be anywhere in the log */
#define PG_POSITION_UNTOLD  (INT64_MAX - 1) /* another server did not say where it was */

/* position.c: the log of this shard has come so far with a commit that was answered */
void pg_position_set(pg_shard *d, int64_t timeline, int64_t at);
void pg_position_here(engine *e, arena *memory, store_position *out);
void pg_position_seen(engine *e, uint16_t slot, const store_position *p);
/* What a replica that has applied a part of `timeline` must have reached of it; 0: nothing more. */
int64_t pg_position_wanted(const pg_shard *d, int64_t timeline, const store_position *after);
/* False: it names a primary of a later timeline than was seen here. It is looked for behind the
 * caller's back (pg_reach_all): who asks waits for no host, whatever timeline he has made up. */
MUST_USE bool pg_position_reached(pg_engine *p, const store_position *after);

#endif
