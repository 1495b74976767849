/* Configuration from rows to the snapshot that acts decide on. For files of src/app alone. */
#ifndef QUAN_APP_PUBLISH_H
#define QUAN_APP_PUBLISH_H

#include "app/inner.h"

/* publish.c: the rows that a configuration act has changed are committed: make and publish the next
 * snapshot, then, when no batch can decide on an older one any more, answer the call. */
void publish_after(act_call *call);
/* A row of the configuration: as in config_edit. */
typedef struct config_name {
    uint8_t kind; /* config_kind */
    uint64_t hi, lo;
} config_name;
config_name publish_name(const act_call *c); /* which one a configuration act has written */
uint16_t publish_slot(config_name what);     /* its home */
/* Publishes it, and before it what it names. With publish_lock. R_DONE, R_UNAVAILABLE (rows could
 * not be read), R_CORRUPT (they are not there). Doing it again does no harm. */
MUST_USE result publish_row(app *a, uow *rows, config_name what);
void publish_take(app *a, config *next); /* with publish_lock: takes over the one before */
/* publish_all.c: when opening; and comparing with all rows, where what differs is published. */
MUST_USE result publish_load(app *a, buf *why);
MUST_USE result publish_compare(app *a, bool locked); /* locked: publish_lock is held */

#endif
