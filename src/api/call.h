/* One request on its way: what handlers (api_<operation> of route.gen.h) get, and how they end.
 *
 * A handler runs on a loop thread (after a large body on one of slow.h), with the request admitted:
 * key and scope are good, parameters and body keep their schemas. It must end the call exactly
 * once, at once or later: with an answer, a refusal, or an act whose answer `then` renders.
 * Everything lives in c->memory till the end.
 *
 * Checks before an act must not refuse what was answered before: rows may have changed since. They
 * are handed to call_act (c->problems, ask->refusal), which looks for the first answer. */
#ifndef QUAN_API_CALL_H
#define QUAN_API_CALL_H

#include <stdatomic.h>

#include "api/api.h"
#include "api/route.h"
#include "api/wire.gen.h"
#include "app/guess.h"
#include "app/reserve.h"
#include "base/json.h"
#include "domain/coupon/move.h"

typedef struct slow slow;
typedef struct throttle throttle;

struct api {
    app *app;
    const settings *settings;
    atomic_bool ready;
    slow *slow;
    throttle *throttle; /* NULL: no limit */
    guess_rules guess_rules;
};

/* All names that one user may have had, one after the other, behind a number. */
enum { CALL_RENAMES_MAX = MOVED_USERS_MAX + 1 };

struct api_call {
    api *api;
    app *app;
    http_exchange *x;
    arena *memory;
    const operation *operation;
    app_principal who;           /* zero where no key is needed */
    str key;                     /* Idempotency-Key */
    uint32_t if_version;         /* of If-Match */
    const store_position *after; /* Quan-Position; NULL: none was sent */
    uint64_t body_hash;          /* of path, If-Match and body */
    uint64_t body_before;        /* as of act_key */
    bool body_hidden;            /* holder.c's own: it is a hash by the merchant's secret */
    void *parameters;            /* wire_<operation>_parameters */
    void *body;                  /* wire struct of the body */
    issues *problems;
    bool primary_only; /* of call_view_shown: a replica has ended in the middle of one */
    str price;         /* JSON that goes with PRICE_CHANGED */
    unsigned tries;    /* of an act that is prepared on a snapshot */
    act_call act;
    void (*then)(api_call *c);
    bool anyway; /* of call_step */
    void (*stale)(api_call *c);
    void (*explain)(api_call *c);
    int64_t (*busy_ms)(api_call *c);
    guess *guess; /* tries of codes, under way till the end (api/guess.h); NULL: none */
    uint32_t
        failed_codes;     /* of them, as far as it is known; one where the call is refused for it */
    int64_t retry_ms;     /* Retry-After of CODE_THROTTLED and any 503; 0: the least */
    bool renames;         /* call_user was asked for its user */
    str bound_to;         /* whose number the request names; empty: not known to be a user's */
    str merged_into;      /* who the user that it names became, as the key's answers tell it */
    unsigned renamed;     /* how often; 0: merged_into is empty */
    result counted;       /* call.c's own */
    const config *config; /* call_config */
    void *state;          /* the handler's */
};

/* ---- reading ---- */
/* The newest configuration, the same one during the whole call. */
const config *call_config(api_call *c);
/* First in a handler that shows the configuration alone, or looks at it before its view is open, so
 * that it is as new as a view's and the key is good still: what other servers have edited and
 * answered is in it. False: the call has ended. */
MUST_USE bool call_config_now(api_call *c);
/* False: the call has ended with a refusal. */
MUST_USE bool call_view(api_call *c, app_view *out);
/* For what one slot has, and maybe what its rows name: needs no shard but that one. */
MUST_USE bool call_view_of(api_call *c, uint16_t slot, app_view *out);
/* … for what is shown as it was a moment ago at the most, but for what this server has answered,
 * and what had been answered where Quan-Position was named: a replica may have it. */
MUST_USE bool call_view_shown(api_call *c, uint16_t slot, app_view *out);
MUST_USE bool call_view_of_user(api_call *c, str of, app_view *out);
/* Closes it. False: something could not be read, and the call has ended, or its handler has begun
 * anew. */
MUST_USE bool call_view_end(api_call *c, app_view *v);
/* Closes it and ends the call: with 200 and the value, or with r where that is a refusal. */
void call_view_answer(api_call *c, app_view *v, result r, const wire_type *t, const void *value);

/* ---- acts ---- */
typedef struct act_ask {
    act_id id;
    uint16_t slot;
    str subject;    /* what the idempotency key is scoped to beside merchant and operation */
    const void *in; /* record of the act's input */
    void (*then)(api_call *c);  /* loop thread: c->act has the outcome, code is R_DONE */
    void (*stale)(api_call *c); /* loop thread: prepare again and ask again; NULL: never stale */
    /* loop thread: the refusal c->act.code is about to be told: adds the fields that it is for to
     * c->problems. NULL: the act alone tells. */
    void (*explain)(api_call *c);
    /* loop thread: BUSY is about to be told: when is it worth asking again? NULL: soon. */
    int64_t (*busy_ms)(api_call *c);
    result refusal; /* not R_DONE: what a look at the snapshot refuses this with */
    str detail;     /* of the refusal */
    /* What limits by subject need before the act (ISSUE, HOLD, REDEEM); NULL: nothing. */
    const reserve_ask *reserve;
} act_ask;
/* Submits; with problems it refuses at once, unless the key has a first answer. A refusal goes with
 * the act, which keeps it under the key where it is final. */
void call_act(api_call *c, const act_ask *ask);
/* One more act of the call, without a key: doing it again does no harm. anyway: `then` is called
 * also when it is refused. */
void call_step(api_call *c, const act_ask *ask, bool anyway);
/* Two operations may come to the same act: a key is good for one of them. */
str call_subject(api_call *c, str subject);
/* The one user of the request in whose slot the act's key is. Where he has become another
 * (coupon/move.h) the act is refused with R_USER_MERGED, which is kept under the key: then the
 * handler begins anew, and he is whom that answer names. So a repeat goes by the same names to
 * where its first answer is, whatever they have become since. */
str call_user(api_call *c, str name);
/* A user whose name has no part in where the key is: who he is now. False: the call has ended. */
MUST_USE bool call_user_now(api_call *c, str name, str *out);
str id_subject(api_call *c, id_kind kind, uint64_t id);
/* A home for what has none yet: derived from the idempotency key, so that a repeat finds it. */
uint16_t call_slot_of_key(const api_call *c);

/* ---- ending ---- */
void call_refuse(api_call *c, result r, str detail);
void call_invalid(api_call *c); /* with c->problems */
/* Status 202 instead, and the header Quan-Unreached-Shards, where an act of configuration could not
 * reach a shard: act_call.unreached. */
void call_answer(api_call *c, int status, const wire_type *t, const void *value);
/* For answers that are not wire structs: type, and the body in http_out. */
void call_answer_raw(api_call *c, int status, str type);
void call_etag(api_call *c, uint32_t version); /* before the answer */

/* ---- pages ---- */
/* A token holds bytes, and is good for this operation, path and key owner only. */
str call_token_write(api_call *c, str bytes);
/* Empty token: *bytes is empty. False: the call has ended with BAD_PAGE_TOKEN. */
MUST_USE bool call_token_read(api_call *c, str token, str *bytes);
/* What Quan-Position names: everything that was answered here until now; empty: nothing has to be
 * named, for there are no replicas. And back; false: it is none. */
str call_position(api_call *c);
MUST_USE bool call_position_read(arena *memory, str text, store_position *out);
/* Tokens that hold one number. 0 is the start. */
str call_token_of_id(api_call *c, uint64_t id);
MUST_USE bool call_token_id(api_call *c, str token, uint64_t *id);

/* ---- what an item of a batch is refused with ---- */
wire_item_problem call_item_problem(api_call *c, result r, str detail);

#endif
