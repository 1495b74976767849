/* What the files of the sender share: see webhook_send.h. Private to webhook_*.c. */
#ifndef QUAN_APP_WEBHOOK_PART_H
#define QUAN_APP_WEBHOOK_PART_H

#include "app/inner.h"
#include "app/webhook_send.h"
#include "domain/webhook/webhook.h"

typedef enum letter_state {
    LETTER_IDLE,
    LETTER_FLYING,
    LETTER_ENDED, /* `is` says how */
    LETTER_TOLD,  /* and a report of that is on its way */
} letter_state;

typedef struct target target;
typedef struct letter {
    waiting_letter row;
    letter_state state;
    bool stored;    /* it waits in the row */
    bool orphan;    /* its target has forgotten it: freed when its answer is here */
    target *target; /* which is not freed before */
    letter_result is;
} letter;

/* A lane of a webhook. */
typedef struct target_lane {
    uint64_t first, read;                 /* what was looked at ends here */
    uint64_t stored;                      /* sequence where the row's place is */
    letter *letters[WEBHOOK_WAITING_MAX]; /* not taken, as far as we know; ascending */
    size_t n;
    bool reporting;
    int64_t report_after_ms; /* a report was refused */
} target_lane;

struct target {
    webhook row; /* in memory of its own */
    arena *memory;
    target_lane *lanes; /* NULL: not loaded, or to be loaded again */
    size_t flying;
    uint32_t opened;
    int64_t open_until_ms;
    bool seen;
    bool away; /* its rows cannot be reached: it is kept as it is */
};

/* A page of blocks, for all that are at the same place. */
typedef struct event_page {
    struct event_page *next;
    const event_block *blocks[16];
    size_t n;
} event_page;

/* One look at everything. */
typedef struct sender_turn {
    app_view view;
    arena *memory;
    int64_t now_ms;
    event_page *pages[STORE_LANES_MAX];
    uint64_t event_last[STORE_LANES_MAX];
} sender_turn;

typedef struct sender_report {
    own_call *own;
    struct webhook_sender *sender;
    struct sender_report *next;
    uint64_t webhook;
    uint32_t era;
    uint16_t lane;
    uint64_t until; /* sequence of its mark */
} sender_report;

struct webhook_sender {
    app *app;
    webhook_sender_options options;
    uint16_t lanes;
    target **targets;         /* ascending as their rows */
    size_t n, capacity, next; /* next: who is first this time */
    bool told_too_many;
    int64_t looked_ms;    /* when that was seen last */
    pthread_mutex_t lock; /* of the two that follow */
    pthread_cond_t changed;
    sender_report *done;
    size_t reports; /* on their way */
};

/* ---- webhook_lane.c ---- */
/* The block whose first event has this sequence; NULL: there is none (yet). */
const event_block *turn_block(sender_turn *t, uint16_t lane, uint64_t first);
/* Takes in letters of events behind the cursor, as far as there is room. True: it got on. */
bool lane_fill(sender_turn *t, target *of, uint16_t lane);
/* Could this one go out now, for all that is before it? */
bool lane_may_send(const target_lane *l, size_t at, int64_t now_ms);
bool lane_has_news(const target_lane *l);
/* Fills the report's results and tells which letters are in it. */
void lane_tell(target_lane *l, webhook_report_in *in, arena *memory);
/* The report was refused: its letters are to be told again. */
void lane_untell(target_lane *l);
/* The report is in. */
void lane_told(target_lane *l, const webhook_report_out *out, uint64_t until);
void lane_load(target_lane *l, const webhook_place *row, target *of);
void lane_forget(target_lane *l); /* its letters go, or become orphans */

/* ---- webhook_report.c ---- */
/* Submits a report of what there is to tell. */
void report_news(webhook_sender *s, target *of, uint16_t lane, int64_t now_ms);
/* Takes in those that have ended. True: there was one. */
bool report_take(webhook_sender *s, int64_t now_ms);
void report_wait(webhook_sender *s); /* until none is on its way */

/* ---- webhook_send.c ---- */
/* Its lanes are loaded again when nothing of them flies. */
void target_forget(webhook_sender *s, target *of);

#endif
