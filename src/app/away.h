/* What is under way outside the store and comes back into it: calls to other servers and errands.
 * An app is not closed before the last one is over.
 *
 * Whoever starts one within another, or within a request of the store, begins it before that is
 * over. So once none is under way and the store is empty, both at one moment, nothing can begin
 * any more but from outside. */
#ifndef QUAN_APP_AWAY_H
#define QUAN_APP_AWAY_H

#include "app/inner.h"

void away_begin(app *a);
void away_over(app *a);
/* Until none is under way: how many have begun by then, ever. */
uint64_t away_wait(app *a);

#endif
