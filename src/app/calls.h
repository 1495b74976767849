/* Calls to the servers of other lanes (port/peers.h), and their answers. Nobody outside src/app
 * includes it. */
#ifndef QUAN_APP_CALLS_H
#define QUAN_APP_CALLS_H

#include "app/act.h"
#include "port/peers.h"

typedef enum call_kind { CALL_ACT = 1, CALL_BUNDLE, CALL_ASK } call_kind;
typedef struct call_message {
    call_kind kind;
    const record_type *type;
    const void *record;
} call_message;
/* As peers.call; too large a message is R_UNAVAILABLE. */
void call_send(app *a, uint16_t lane, const call_message *m, peers_answered *answered, void *of);
/* An act to the server of its lane; runs it here when that one cannot be reached. */
void act_send(act_call *c, uint16_t lane);
/* serve.c */
void serve_answer(const peer_answer *a, peers_answered *answer, void *of);
/* act.c: whosever the lane is. */
MUST_USE result act_submit_here(act_call *c);
uint16_t act_lane(const act_call *c);

#endif
