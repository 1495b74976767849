/* Reading a store (port/store.h, which includes this). */
#ifndef QUAN_PORT_STORE_VIEW_H
#define QUAN_PORT_STORE_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/result.h"
#include "domain/table.gen.h"
#include "domain/uow.h"

typedef struct store store;

/* What a view is for: rows of one home, and maybe some that these name. */
typedef struct store_home {
    uint16_t slot; /* the slot … */
    uint16_t lane; /* … or, when of_lane, the lane */
    bool of_lane;
    /* Rows of the slot, and no others, may come from a replica that has all that this process has
     * written there, and of what others have, all but that of STORE_REPLICA_LAG_MS. */
    bool replica;
    /* … and all that was committed by then, by whichever server; NULL: nothing is named. Places of
     * other systems ask for nothing but the primary; a later primary than this process has been to
     * is R_UNAVAILABLE at once, until store_reach has found it. */
    const store_position *after;
    /* Does not wait for a shard that is known to be away, nor long for one that hangs. Of a lane;
     * or of no home: rows of all shards that are reached so, and of no other one. */
    bool reached;
} store_home;

/* A unit of work on a consistent snapshot of all lanes of a shard. No queue; rows load at once;
 * pending is never true, unless a row could not be read: then read_end tells why (R_CORRUPT, R_IO,
 * R_UNAVAILABLE, or R_STALE where the replica has ended that it was read from: its rows are not had
 * of the same moment again, but a view that begins anew may have them of the primary; else R_DONE).
 * The configuration (uow_config) is pinned after the snapshots are
 * taken, so that it knows every template that a row names, whichever server wrote it; read_end lets
 * both go. Do not wait for a request while reading: a store that makes room on a full disk waits
 * for its readers.
 *
 * A view of one home takes the snapshot of that shard, and needs no other one. It takes another
 * when a row of that is asked for: behind the configuration, which therefore knows what a row names
 * that one of the home has led to. Any other view takes that of every shard at once; one of those
 * that are reached passes over a shard that is known to be away, and over one that does not
 * answer for two seconds, at its beginning or at any read: one that is only slow, too. */
MUST_USE result store_read_begin(store *s, arena *memory, int64_t now_ms, uow **out);
/* home NULL: any */
MUST_USE result store_read_begin_at(store *s, const store_home *home, arena *memory, int64_t now_ms,
                                    uow **out);
MUST_USE result store_read_end(uow *u);
/* Does the view have the rows of this lane? Of one that was not reached it has none: what is asked
 * for by its key, or in a home there, could not be read; other scans leave it out. */
bool store_read_has(const uow *u, uint16_t lane);
/* The same without a configuration, for who makes that. */
MUST_USE result store_read_bare(store *s, const store_home *home, arena *memory, int64_t now_ms,
                                uow **out);
/* The newest heads of all lanes, zeroed where there is none yet, or where it cannot be read;
 * outcomes as of load_item. Those of different shards are of different moments. Does not wait for a
 * shard that is known to be away. */
void store_heads(store *s, arena *memory, lane_head *rows, result *outcomes);
/* Tries to reach the shards that are away, and looks for the primaries that a view has named
 * (store_home.after) and that nobody here has been to, which may take seconds: now and then, by one
 * thread. */
void store_reach(store *s);

#endif
