/* The unit of work from inside: what lanes do with it. Acts see domain/uow.h only.
 *
 * A unit lives for one attempt at one batch of one lane. It holds the identity map (every row that
 * the batch has seen, by table and key, each in one place), the committed image of what the batch
 * changed, and an undo list of the run in progress, so that one refused act rolls back alone. A
 * unit opened for reading has none of that: it loads each row from its snapshot.
 *
 * All its memory is the arena of the batch. Not thread-safe. */
#ifndef QUAN_STORE_UNIT_H
#define QUAN_STORE_UNIT_H

#include "base/id.h"
#include "domain/table.gen.h"
#include "domain/uow.h"
#include "port/store.h"
#include "store/engine.h"

enum { UNIT_TABLES = 256 };

/* UNREAD: in the map, but what is committed under the key is not known and nobody has asked.
 * WANTED: asked for, with the next load. KNOWN: row tells. BROKEN: it could not be read. */
typedef enum entry_state { ENTRY_UNREAD, ENTRY_WANTED, ENTRY_KNOWN, ENTRY_BROKEN } entry_state;

typedef struct unit_entry unit_entry;
struct unit_entry {
    const table *table;
    uint64_t hash;
    str key;
    void *row;          /* KNOWN: as the next act sees it, NULL when absent; WANTED: to be filled */
    const void *before; /* the committed row, once changed; NULL when there was none */
    void *shadow;       /* checked mode: the row as it must be unless it is edited */
    unit_entry *next;   /* in changed_of */
    uint64_t saved_run; /* the run that may write the row: its image is in the undo list */
    uint64_t seen_run;
    result failure; /* BROKEN: why */
    entry_state state;
    bool changed, listed;
};

typedef struct unit_undo {
    unit_entry *entry;
    void *row;
    const void *image; /* what *row held; NULL when it was not written in place */
    const void *before;
    entry_state state;
    bool changed;
} unit_undo;

/* A scan that waits for its load, or has been loaded. */
typedef struct unit_scan unit_scan;
struct unit_scan {
    unit_scan *next;
    uint64_t hash;
    scan_request request; /* its limit: what the engine is asked, at least `limit` */
    size_t limit;         /* what the act asked for */
    entry_state state;
    result failure;
    row_list found;
};

typedef struct unit_due {
    due_name what;
    int64_t at_ms;
} unit_due;

typedef struct unit_message {
    uint16_t act, slot, to_lane;
    str input;
} unit_message;

/* A row that comes with `from`, which is wanted, and names it. */
typedef struct unit_link {
    row_link_id which;
    const unit_entry *from;
    const void *key; /* key columns, but for the one that is named */
} unit_link;

/* A growing array in the unit's arena. */
typedef struct unit_list {
    void *items;
    size_t n, capacity;
} unit_list;

struct uow {
    engine *engine;
    arena *memory;
    const config *config;
    const snapshot *at; /* the snapshot; NULL: the newest rows */
    store *store;       /* reading: whose configuration is pinned */
    bool reading;
    bool immediate; /* misses are loaded at once, whatever the engine */
    uint16_t lane;
    const slot_map *slots;
    int64_t now_ms;
    int64_t server_ms; /* the clock of the engine's server; 0: none */
    int64_t time_last; /* of this lane in this process */
    uint64_t id_last;
    uint64_t due_last;
    uint64_t epoch;           /* of the head, as it was read */
    bool raises;              /* set by the lane: this batch raises it, … */
    config_mark *config_seen; /* … knowing so much of each lane's log; NULL: nothing is known */
    uint64_t *random;         /* adversarial withholding; NULL: off */

    unit_entry **map; /* open addressing, capacity a power of two */
    size_t map_capacity, map_n;
    unit_entry *changed_of[UNIT_TABLES]; /* newest first */
    unit_list changed;                   /* unit_entry *: first change first */
    unit_list wanted;                    /* unit_entry * */
    unit_list links;                     /* unit_link: of the next load */
    unit_scan *scans;
    unit_list events;   /* event */
    unit_list dues;     /* unit_due */
    unit_list messages; /* unit_message */
    unit_entry *head;   /* lane_head */

    /* of the run in progress */
    request *request;
    uint64_t run;
    unit_list undo; /* unit_undo */
    unit_list seen; /* unit_entry *, checked mode */
    size_t events_mark, dues_mark, messages_mark;
    uint64_t id_mark;
    bool pending, waits;
    result failure; /* a row of this run could not be read */
    str detail;
    issue wrong;
    pool_name waits_for;
    int64_t waits_need;
};

typedef struct unit_setup {
    engine *engine;
    arena *memory;
    const snapshot *at;
    const config *config;
    uint16_t lane;
    const slot_map *slots;
    int64_t clock_ms;  /* what the clock says, where the engine has none */
    int64_t time_last; /* of this lane in this process */
    uint64_t id_last;
    size_t rows_hint; /* how many the last batch had */
    uint64_t *random;
} unit_setup;

/* Until unit_open requests may only be probed: where the engine withholds, what they miss comes
 * with the lane's head, in one go. */
void unit_begin(uow *u, const unit_setup *setup);
/* The lane's head is here: fixes the act time. R_DONE, R_CORRUPT, R_IO, R_UNAVAILABLE,
 * R_MAP_CHANGED. */
MUST_USE result unit_open(uow *u);
void unit_begin_reading(uow *u, engine *e, arena *memory, const snapshot *at);

/* One run of a request: R_DONE keeps its writes, anything else has rolled them back. */
MUST_USE result unit_run(uow *u, request *r);
/* A run whose writes, ids and answer count for nothing: it only tells which rows are missing.
 * True when none are. */
bool unit_probe(uow *u, request *r);
bool unit_wants(const uow *u); /* is there something to load? */
void unit_load(uow *u);        /* what runs so far have missed, in one go */

typedef struct unit_changes {
    const change *items;
    size_t n;
    const store_message *messages;
    size_t messages_n;
} unit_changes;
/* What the batch is to commit, the lane's head, events and messages included; n is 0 when the acts
 * wrote nothing and the engine is not shared. Nothing may run in the unit after it. */
void unit_finish(uow *u, unit_changes *out);

/* Between uow.c, ahead.c, scan.c and unit.c */
/* A row for these entries, which are of one kind and in order. */
void unit_due_block(uow *u, const unit_due *dues, size_t n);
typedef struct unit_key {
    char bytes[ROW_KEY_MAX];
} unit_key;
str unit_key_of(unit_key *k, const table *t, const void *row); /* stored form, in k */
void *unit_list_add(uow *u, unit_list *l, size_t item_size);
void unit_undo_all(uow *u);
/* The entry of a key, made (UNREAD) when the map has none. */
unit_entry *unit_entry_at(uow *u, const table *t, str key);
unit_entry *unit_entry_of(const void *row);
void unit_entry_bind(unit_entry *e, void *row);
void unit_entry_known(uow *u, unit_entry *e, void *row);
void unit_entry_loaded(uow *u, unit_entry *e, const load_item *item);
void unit_seen(uow *u, unit_entry *e);
bool unit_withholds(uow *u);           /* must this miss wait for unit_load? */
uint64_t unit_random(uint64_t *state); /* 32 bits */
/* What the next load brings beside what is wanted; none is left then. */
link_item *unit_links_wanted(uow *u, size_t *n);
void unit_link_loaded(uow *u, const link_item *item);
void unit_scan_loaded(unit_scan *s, const scan_item *item);
void unit_check_run(uow *u, bool kept);

#endif
