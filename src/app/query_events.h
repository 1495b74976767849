/* The event feed: what was committed after a place, of one merchant.
 *
 * A place names, for each lane, a block of events and how many of it were read. Events of a lane
 * come in its order; lanes are merged by time, so a reader sees nearly the order of time, each
 * event once. */
#ifndef QUAN_APP_QUERY_EVENTS_H
#define QUAN_APP_QUERY_EVENTS_H

#include "app/app.h"

typedef struct feed_place {
    uint16_t lanes; /* 0: the beginning */
    struct {
        uint64_t first; /* of the block */
        uint64_t read;  /* events of it */
    } at[STORE_LANES_MAX];
} feed_place;

typedef struct feed_event {
    const event *event;
    uint16_t lane;
    uint64_t sequence;   /* in the lane: with it unique for ever */
    str user;            /* empty: none */
    str currency;        /* of the amount; empty: none */
    uint64_t redemption; /* of a return; 0: none */
    str sealed;          /* the partner's code that came with an issued coupon; empty: none */
    str guesser;         /* who was locked out, or let in; empty: the merchant, or not kept */
    /* What parties pay of a redemption, or get back with a return; memory of the view. */
    const party_share *parties;
    size_t party_count;
    const applied_coupon *applied; /* of the order */
} feed_event;

enum { FEED_LOOK_MAX = 20000 }; /* events of all merchants looked at for one answer */

typedef struct feed_ask {
    uint64_t merchant;
    size_t limit;
} feed_ask;

/* Fills at most ask->limit, returns how many, and moves *place behind them (and behind events of
 * others that were looked at). *more: there are more events already. */
size_t query_events(app_view *v, const feed_ask *ask, feed_place *place, feed_event *out,
                    bool *more);

/* An event of a block, with what there is to tell of it. nth < b->events.n. */
feed_event query_event(app_view *v, const event_block *b, size_t nth);
/* An event as JSON, in memory: the API has it, and what is below is handed it. */
typedef str event_render(app_view *v, const feed_event *e, arena *memory);

/* A place as bytes for a caller to keep. False for bytes that are none. */
void feed_place_write(const feed_place *place, buf *out);
MUST_USE bool feed_place_read(str bytes, feed_place *out);

#endif
