/* What other servers of the same store ask of this one: see port/peers.h.
 *
 * A message is a kind (one byte) and a record of table.def:
 *   act     peer_act, runs here as if it had been submitted here; peer_answer comes back. One that
 *           is unavailable at no time (0) was not decided, and who has sent it may run it
 *   bundle  peer_bundle, messages between lanes, applied here; peer_answer comes back
 *   ask     peer_ask, which is answered (peer_verdict) when the home knows: it may take as long as
 *           an act may wait
 * A message that cannot be read (of a later version, say) is refused: whoever sent it runs it. */
#ifndef QUAN_APP_SERVE_H
#define QUAN_APP_SERVE_H

#include "app/app.h"
#include "port/peers.h"

void app_serve(app *a, str message, peers_answered *answer, void *of);
void app_peers_changed(app *a);

#endif
