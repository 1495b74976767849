/* Calls to other servers, and what they call here.
 *
 * A call is an order to the loop, then a frame in the queue of its server's link, and in a slot
 * until it is answered: by the server, by the end of the link (what was not put into a record was
 * not delivered, all else is unknown), or by its deadline. Whatever comes first takes it out of its
 * slot, so it is answered once; an id has a count beside the slot, so a late answer finds nobody.
 */
#include <stddef.h>
#include <stdlib.h>

#include "plat/peer_part.h"
#include "port/clock.h"
#include "port/metric.h"

enum { SLOT_BITS = 16 };
_Static_assert(PEERS_CALLS_MAX <= 1 << SLOT_BITS, "a slot's number has its bits in an id");

#define CONTAINER(pointer, type, member)                                                           \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

void peer_calls_init(peering *p)
{
    for (size_t i = 0; i < PEERS_CALLS_MAX; i++)
        p->free_slots[i] = (uint16_t)(PEERS_CALLS_MAX - 1 - i);
    p->free_count = PEERS_CALLS_MAX;
}

static void count_answer(result r)
{
    metric_add(r == R_DONE          ? METRIC_PEER_CALLS_DONE
               : r == R_BUSY        ? METRIC_PEER_CALLS_BUSY
               : r == R_UNAVAILABLE ? METRIC_PEER_CALLS_UNAVAILABLE
                                    : METRIC_PEER_CALLS_UNKNOWN,
               1);
}

/* It has no slot any more. One that still waits for its record is freed by on_gone. */
static void end(peer_call *c, result r, str answer)
{
    peers_answered *answered = c->answered;
    void *of = c->of;
    peering *p = c->server->net;
    count_answer(r);
    metric_observe(METRIC_PEER_CALL_DURATION,
                   (uint64_t)(clock_monotonic_ns() - c->began_ns) / 1000);
    atomic_fetch_sub(&c->server->call_bytes, c->send.frame.bytes.n);
    if (c->queued)
        c->answered = NULL;
    else
        free(c);
    answered(of, r, answer);
    atomic_fetch_sub(&p->calls, 1); /* the last: the loop does not end before it */
}

static peer_call **slot_of(peering *p, uint64_t id)
{
    return &p->slots[id & ((UINT64_C(1) << SLOT_BITS) - 1)];
}

static void take_out(peering *p, peer_call *c)
{
    peer_call **slot = slot_of(p, c->send.frame.id);
    CHECK(*slot == c);
    *slot = NULL;
    p->free_slots[p->free_count++] = (uint16_t)(slot - p->slots);
    *(c->previous == NULL ? &p->oldest : &c->previous->next) = c->next;
    *(c->next == NULL ? &p->newest : &c->next->previous) = c->previous;
}

static void put_in(peering *p, peer_call *c)
{
    CHECK(p->free_count > 0);
    uint16_t slot = p->free_slots[--p->free_count];
    c->send.frame.id = ++p->made << SLOT_BITS | slot;
    p->slots[slot] = c;
    c->previous = p->newest;
    *(p->newest == NULL ? &p->oldest : &p->newest->next) = c;
    p->newest = c;
}

/* The frame is in a record, or the link has ended. A call whose deadline came while it waited in
 * the queue is not in a slot any more. */
static void on_gone(peer_link *l, peer_send *s, bool sent)
{
    peer_call *c = CONTAINER(s, peer_call, send);
    c->queued = false;
    c->sent = sent;
    if (c->answered == NULL)
        free(c);
    MAYBE(l);
}

static void run_call(peering *p, peer_order *o)
{
    peer_call *c = (peer_call *)o;
    peer_link *l = c->server->link;
    if (l == NULL || l->stage != LINK_READY || c->server->leaving) {
        end(c, R_UNAVAILABLE, S(""));
        return;
    }
    c->deadline_ms = peering_now_ms() + p->options.call_ms;
    put_in(p, c);
    c->queued = true;
    peer_link_send(l, &c->send);
}

static void refuse(peers_answered *answered, void *of, result r)
{
    count_answer(r);
    answered(of, r, S(""));
}

/* R_DONE: it counts among the calls. Counted before it is asked whether the loop runs, which does
 * not end while any counts. */
static result admit(peering *p, peer_server *s, size_t bytes)
{
    size_t before = atomic_fetch_add(&p->calls, 1);
    result r = R_DONE;
    if (!atomic_load(&p->running) || s == p->servers[p->self])
        r = R_UNAVAILABLE;
    else if (before >= PEERS_CALLS_MAX)
        r = R_BUSY;
    else if (atomic_fetch_add(&s->call_bytes, bytes) + bytes > PEERING_BYTES_MAX) {
        atomic_fetch_sub(&s->call_bytes, bytes);
        r = R_BUSY;
    }
    if (r != R_DONE)
        atomic_fetch_sub(&p->calls, 1);
    return r;
}

void peer_call_make(void *context, uint16_t lane, str message, peers_answered *answered, void *of)
{
    peering *p = context;
    CHECK(message.n <= PEERS_MESSAGE_MAX && lane < SLOT_LANES_MAX);
    peer_server *s = p->servers[atomic_load(&p->owners[lane])];
    result r = admit(p, s, message.n);
    if (r != R_DONE) {
        refuse(answered, of, r);
        return;
    }
    peer_call *c = calloc(1, sizeof(*c) + message.n); /* freed by end, or by on_gone after it */
    CHECK(c != NULL);
    if (message.n > 0)
        memcpy(c->message, message.p, message.n);
    c->order.run = run_call;
    c->send.gone = on_gone;
    c->send.frame = (peer_frame){.kind = PEER_CALL, .bytes = {c->message, message.n}};
    c->server = s;
    c->began_ns = clock_monotonic_ns();
    c->answered = answered;
    c->of = of;
    inbox_put(&p->orders, &c->order.node);
}

void peer_call_answered(peer_server *s, const peer_frame *f)
{
    peer_call *c = *slot_of(s->net, f->id);
    if (c == NULL || c->send.frame.id != f->id || c->server != s)
        return; /* too late */
    take_out(s->net, c);
    end(c, (result)f->code, f->bytes);
}

void peer_calls_expire(peering *p, int64_t now_ms)
{
    while (p->oldest != NULL && p->oldest->deadline_ms <= now_ms) {
        peer_call *c = p->oldest;
        take_out(p, c);
        end(c, R_UNKNOWN, S(""));
    }
}

void peer_calls_cut(peer_server *s)
{
    peer_call *next;
    for (peer_call *c = s->net->oldest; c != NULL; c = next) {
        next = c->next;
        if (c->server != s)
            continue;
        take_out(s->net, c);
        end(c, c->sent ? R_UNKNOWN : R_UNAVAILABLE, S(""));
    }
}

/* ---- what others call ---- */

static void on_replied(peer_link *l, peer_send *s, bool sent)
{
    peer_serving *v = CONTAINER(s, peer_serving, send);
    MAYBE(sent);
    free(v->answer);
    free(v);
    peer_link_served(l);
}

static void run_reply(peering *p, peer_order *o)
{
    peer_serving *v = (peer_serving *)o;
    MAYBE(p);
    if (v->link->stage == LINK_READY)
        peer_link_send(v->link, &v->send);
    else
        on_replied(v->link, &v->send, false);
}

static void on_served(void *of, result code, str answer)
{
    peer_serving *v = of;
    CHECK(peer_answer_is_known((uint8_t)code) && answer.n <= PEERS_MESSAGE_MAX);
    if (answer.n > 0) {
        v->answer = malloc(answer.n); /* on_replied frees it */
        CHECK(v->answer != NULL);
        memcpy(v->answer, answer.p, answer.n);
    }
    v->send.frame.code = (uint8_t)code;
    v->send.frame.bytes = (str){v->answer, answer.n};
    inbox_put(&v->link->net->orders, &v->order.node);
}

void peer_serve(peer_link *l, const peer_frame *f)
{
    if (l->serving >= PEERS_CALLS_MAX) {
        peer_link_close(l, S("it calls more than it may"));
        return;
    }
    peer_serving *v = calloc(1, sizeof(*v)); /* on_replied frees it */
    CHECK(v != NULL);
    v->order.run = run_reply;
    v->send.gone = on_replied;
    v->send.frame = (peer_frame){.kind = PEER_ANSWER, .id = f->id};
    v->link = l;
    l->serving++;
    metric_add(METRIC_PEER_SERVED, 1);
    peering *p = l->net;
    p->options.serve(p->context, f->bytes, on_served, v);
}
