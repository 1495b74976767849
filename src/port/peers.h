/* The other servers of the same store, as the app sees them.
 *
 * Each lane belongs to one of the servers that are alive. Whose it is decides nobody for all: it is
 * a function of the lane and of those that this server believes alive, so two servers may disagree
 * for a while. That is no danger: the store lets any server's batch on any lane be exact, and finds
 * out when two race. Ownership keeps them from racing, and what waits for a lane in one place.
 *
 * A message is bytes of the app (app/serve.h), of a server of the same version: whoever carries it
 * reads nothing of it. It goes at most one hop: who receives it runs it, also when he believes that
 * the lane is not his.
 *
 * Threads: mine and call from any thread, at once from many; mine is asked for every act, so it
 * takes no lock that is held for long. `answered` is called exactly once, on any thread, also
 * before call returns, and never with a lock held that call or mine takes: it may call them. It
 * does not take long, and reads nothing. */
#ifndef QUAN_PORT_PEERS_H
#define QUAN_PORT_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"
#include "base/str.h"

enum {
    PEERS_MESSAGE_MAX = 17 * 1024 * 1024, /* of a message, and of an answer */
    PEERS_CALLS_MAX = 65536,              /* under way at once, to all the others together */
    /* A call that is not answered by then is R_UNKNOWN. Longer than what an act waits for a slice
     * (2 s), so that his own deadline answers him. */
    PEERS_PATIENCE_MS = 5000,
};

/* R_DONE: answer is what the peer said, valid during the call only. R_UNAVAILABLE: it has certainly
 * not been delivered (no such peer, no connection, or this server itself is the owner now). R_BUSY:
 * nor that, PEERS_CALLS_MAX are under way. R_UNKNOWN: nobody knows whether it was delivered, or has
 * run (a connection that was cut, no answer in time). */
typedef void peers_answered(void *of, result code, str answer);

/* Valid until the app that was opened with them is closed; every call is answered before that: the
 * app waits for it. */
typedef struct peers {
    void *context;
    bool (*mine)(void *context, uint16_t lane);
    /* To the owner of the lane. Copies the message. */
    void (*call)(void *context, uint16_t lane, str message, peers_answered *answered, void *of);
    /* Stepped mode, in tests: lets the others take one step; how many requests ended. NULL: they
     * have threads. */
    size_t (*step)(void *context);
} peers;

/* The other way is the app's (app/serve.h):
 *
 *   void app_serve(app *a, str message, peers_answered *answer, void *of);
 * runs a message that came from a peer (and copies what it needs of it), and answers exactly once:
 * R_DONE with the bytes that are to go back, or R_UNAVAILABLE: it has not run and will not. From
 * any thread; the answer comes on any. Not called any more when the app is being closed (it may be
 * while it drains), and all that it has taken in is answered before app_close returns.
 *
 *   void app_peers_changed(app *a);
 * what `mine` answers has changed. Only noted; the app looks at it at its next tick. */

#endif
