/* What other servers have changed of the configuration, and telling them of own edits. */
#ifndef QUAN_APP_FEED_H
#define QUAN_APP_FEED_H

#include "app/publish.h"

feed *feed_new(app *a);
void feed_free(feed *f);
/* Before publish_load: what is committed from now on is in the log. */
MUST_USE result feed_open(app *a, buf *why);
MUST_USE result feed_loaded(app *a, buf *why); /* after it */
/* Inside an act that writes configuration: before it, and when it is done. False: R_AGAIN. */
MUST_USE bool feed_ready(uow *u);
void feed_note(uow *u, config_name what);
/* How long who must know of all edits waits for that. */
enum { FEED_PATIENCE_MS = 2000 };
/* Is the epoch of a lane's head covered? Makes it so, or else R_UNAVAILABLE, after FEED_PATIENCE_MS
 * at the most; not waiting: R_AGAIN. */
MUST_USE result feed_cover(app *a, uint16_t lane, uint64_t epoch, bool waits);
/* Before a row of this home, as it is in a view, is published: whoever meets what is decided on it
 * must know it, too. False: the view could not be read. */
MUST_USE bool feed_will_know(app *a, uow *rows, uint16_t slot);
/* How far that goes, for the head of a lane. */
void feed_tell(app *a, config_mark *out, uint16_t lanes);
/* It is: also one that this server has raised itself, from one that was covered. */
void feed_covered(app *a, uint16_t lane, uint64_t epoch);
/* Publishes what this server has just committed in a lane, and all that was before it there: reads
 * that lane alone. Else, or if it is late for that, R_UNAVAILABLE: no lane goes by it yet; it is
 * published, and told to all, as soon as it can be read. */
MUST_USE result feed_own(app *a, uint16_t lane, bool late);
uint64_t feed_epoch(app *a, uint16_t lane); /* that is covered */
/* What others have committed before now; what cannot be read now is read later. */
void feed_now(app *a);
/* A lane could not be told that the configuration is newer: it will be. */
void feed_owe(app *a, uint16_t lane);
bool feed_has_seen(app *a, uint16_t lane, uint64_t last); /* with publish_lock */

#endif
