/* Acts that come from other servers, and the way for all that comes: see serve.h. */
#include "app/serve.h"

#include "app/calls.h"
#include "app/feed.h"
#include "app/inner.h"
#include "port/metric.h"

/* An act that runs for a peer. */
typedef struct serving {
    peers_answered *answer;
    void *of;
} serving;

void serve_answer(const peer_answer *a, peers_answered *answer, void *of)
{
    buf b;
    buf_init(&b, PEERS_MESSAGE_MAX);
    record_encode(&peer_answer_record, a, &b);
    CHECK(!buf_overflowed(&b)); /* an outcome is at most RECORD_BYTES_MAX */
    answer(of, R_DONE, buf_view(&b));
    buf_free(&b);
}

static void served(act_call *c)
{
    const serving *s = c->context;
    peer_answer a = {.code = (uint32_t)c->code,
                     .detail = c->detail,
                     .field = c->wrong.field,
                     .wrong = c->wrong.code,
                     .wrong_detail = c->wrong.detail,
                     .at_ms = c->request.act_time_ms == 0 ? 0 : c->at_ms,
                     .replayed = c->replayed,
                     .unreached = c->unreached,
                     .lane = act_lane(c)};
    a.epoch = feed_epoch(c->app, a.lane);
    store_position here;
    store_position_here(c->app->store, c->memory, &here);
    a.position = record_bytes(&store_position_record, &here, c->memory);
    if (c->code == R_DONE)
        a.outcome = record_bytes(act_find((uint16_t)c->id)->out, c->out, c->memory);
    serve_answer(&a, s->answer, s->of);
    own_call_free((own_call *)c);
}

static bool is_act(const app *a, const peer_act *in)
{
    bool to_lane = in->lane != UINT16_MAX;
    return act_find(in->act) != NULL && in->slot < SLOT_COUNT && in->key.n <= ACT_KEY_MAX &&
           (!to_lane || in->lane < store_lanes(a->store));
}

/* False: it has not run, and will not. */
static bool serve_act(app *a, const peer_act *in, peers_answered *answer, void *of)
{
    if (!is_act(a, in))
        return false;
    const act *what = act_find(in->act);
    own_call *own = own_call_new(a, (act_id)in->act, in->slot);
    act_call *c = &own->call;
    void *input = arena_alloc(own->memory, what->in->size);
    if (record_decode(what->in, in->input, own->memory, input) != R_DONE) {
        own_call_free(own);
        return false;
    }
    c->in = input;
    c->key = (act_key){in->merchant, arena_str(own->memory, in->subject),
                       arena_str(own->memory, in->key), in->body, in->body_before};
    c->asked_by = (hash128){in->asked_hi, in->asked_lo};
    c->item = in->item;
    c->refusal = (result)in->refusal;
    c->refusal_detail = arena_str(own->memory, in->refusal_detail);
    c->refusal_wrong = (issue){arena_str(own->memory, in->refusal_field),
                               arena_str(own->memory, in->refusal_wrong),
                               arena_str(own->memory, in->refusal_wrong_detail)};
    c->request.to_lane = in->lane != UINT16_MAX;
    c->request.lane = c->request.to_lane ? in->lane : 0;
    c->done = served;
    serving *s = ARENA_NEW(own->memory, serving);
    *s = (serving){answer, of};
    c->context = s;
    result r = act_submit_here(c);
    if (r == R_DONE) {
        metric_add(METRIC_PEER_RECEIVED, 1);
        return true;
    }
    own_call_free(own);
    if (r != R_BUSY)
        return false;
    serve_answer(&(peer_answer){.code = R_BUSY}, answer, of);
    return true;
}

void app_serve(app *a, str message, peers_answered *answer, void *of)
{
    arena *memory = arena_new(0);
    str body = {message.p + 1, message.n == 0 ? 0 : message.n - 1};
    peer_act call;
    peer_bundle bundle;
    peer_ask ask;
    bool taken = false;
    switch (message.n == 0 ? 0 : message.p[0]) {
    case CALL_ACT:
        taken = record_decode(&peer_act_record, body, memory, &call) == R_DONE &&
                serve_act(a, &call, answer, of);
        break;
    case CALL_BUNDLE:
        taken = record_decode(&peer_bundle_record, body, memory, &bundle) == R_DONE &&
                relay_serve(a->relay, &bundle, answer, of);
        break;
    case CALL_ASK:
        taken = record_decode(&peer_ask_record, body, memory, &ask) == R_DONE &&
                leases_serve(a->leases, &ask, answer, of);
        break;
    default:
        break;
    }
    arena_free(memory);
    if (!taken)
        answer(of, R_UNAVAILABLE, (str){NULL, 0});
}
