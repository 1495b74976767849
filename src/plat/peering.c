/* See port/peering.h: the loop, who is alive, and whose lane is whose.
 *
 * A server is dead from the end of its connection, from PEERING_DEAD_MS without a byte, or from its
 * word that it leaves; and alive from its second answer on a new connection. Before the first
 * of these it counts as alive, so that one that begins does not take the lanes of all others.
 *
 * When this process itself stood still, nobody else is blamed for it: the time that the clockwork
 * missed is given to all. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "plat/peer_part.h"
#include "port/clock.h"
#include "port/log.h"
#include "port/metric.h"

enum { SETTLE_SPARE_MS = 2000, ADDRESS_TEXT = INET6_ADDRSTRLEN };

int64_t peering_now_ms(void)
{
    return clock_monotonic_ms();
}

/* ---- whose lane is whose ---- */

static void share_lanes(peering *p)
{
    uint32_t alive = atomic_load(&p->alive);
    int64_t mine = 0, living = 0;
    for (uint16_t lane = 0; lane < SLOT_LANES_MAX; lane++) {
        unsigned owner = lane_owner(lane, p->count, alive);
        atomic_store_explicit(&p->owners[lane], (uint8_t)owner, memory_order_release);
        mine += owner == p->self && lane < p->lanes;
    }
    for (unsigned i = 0; i < p->count; i++)
        living += alive >> i & 1;
    metric_set(METRIC_PEERS_ALIVE, living);
    metric_set(METRIC_PEER_LANES, mine);
}

static bool is_mine(void *context, uint16_t lane)
{
    const peering *p = context;
    CHECK(lane < SLOT_LANES_MAX);
    return atomic_load_explicit(&p->owners[lane], memory_order_acquire) == p->self;
}

static void note_known(peering *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (i != p->self && !p->servers[i]->known)
            return;
    }
    pthread_mutex_lock(&p->lock);
    p->is_settled = true;
    pthread_cond_broadcast(&p->told);
    pthread_mutex_unlock(&p->lock);
}

static void set_alive(peer_server *s, bool alive)
{
    peering *p = s->net;
    uint32_t bit = UINT32_C(1) << s->index, before = atomic_load(&p->alive);
    uint32_t now = alive ? before | bit : before & ~bit;
    if (now != before) {
        atomic_store(&p->alive, now);
        share_lanes(p);
        p->options.changed(p->context);
    }
    if (!s->known) {
        s->known = true;
        note_known(p);
    }
}

/* ---- what is logged ---- */

/* Once for each reason, and again after a while. */
static void log_away(peer_server *s, str why)
{
    int64_t now = peering_now_ms();
    if (str_eq(why, s->logged) && now - s->logged_ms < PEER_RELOG_MS)
        return;
    s->logged = why;
    s->logged_ms = now;
    log_event(LOG_WARN, "a server is not there", log_str("server", str_of(s->name)),
              log_str("address", str_of(s->address)), log_str("why", why));
}

void peering_log_refusal(peering *p, const peer_link *l, peer_verdict why)
{
    int64_t now = peering_now_ms(), *last = &p->refusal_logged_ms[why];
    if (*last != 0 && now - *last < PEER_RELOG_MS)
        return;
    *last = now;
    log_event(LOG_WARN, "a connection of another server is refused",
              log_str("address", str_of(l->address)), log_str("why", peer_verdict_text(why)));
}

/* ---- links ---- */

peer_verdict peering_judge(const peer_link *l, const peer_hello *h)
{
    const peering *p = l->net;
    if (!str_eq(h->identity, (str){p->identity, p->identity_bytes}))
        return PEER_REFUSED_IDENTITY;
    if (!str_eq(h->to, str_of(p->servers[p->self]->name)))
        return PEER_REFUSED_NAME;
    if (l->dialled)
        return str_eq(h->from, str_of(l->server->name)) ? PEER_WELCOME : PEER_REFUSED_NAME;
    for (unsigned i = 0; i < p->count; i++) {
        if (i != p->self && str_eq(h->from, str_of(p->servers[i]->name)))
            return PEER_WELCOME;
    }
    return PEER_REFUSED_NAME;
}

static void on_told(peer_link *l, peer_send *s, bool sent)
{
    MAYBE(l);
    MAYBE(sent);
    free(s);
}

static void tell(peer_link *l, peer_kind kind, uint64_t id)
{
    peer_send *s = calloc(1, sizeof(*s)); /* on_told frees it */
    CHECK(s != NULL);
    s->frame = (peer_frame){.kind = kind, .id = id};
    s->gone = on_told;
    peer_link_send(l, s);
}

static void tell_leaving(peer_link *l)
{
    if (l->dialled || l->stage != LINK_READY || l->told_leaving)
        return;
    l->told_leaving = true;
    tell(l, PEER_LEAVING, 0);
}

void peering_link_ready(peer_link *l)
{
    if (l->dialled) {
        l->server->ping_ms = peering_now_ms();
        l->server->pongs = 0;
        l->server->leaving = false;
    } else if (atomic_load(&l->net->leaving)) {
        tell_leaving(l);
    }
}

void peering_link_closed(peer_link *l, str why)
{
    peer_server *s = l->server;
    if (s == NULL)
        return;
    CHECK(s->link == l);
    s->link = NULL;
    s->dial_ms = peering_now_ms() + l->net->options.dial_ms;
    bool was = (atomic_load(&l->net->alive) >> s->index & 1) != 0;
    if (was && s->known)
        metric_add(METRIC_PEER_DIED, 1);
    if (!l->net->closing && !s->leaving)
        log_away(s, why);
    set_alive(s, false);
    peer_calls_cut(s);
}

static void on_pong(peer_server *s, uint64_t id)
{
    if (id != s->pings) /* of an earlier one, which counted when it came */
        return;
    int64_t rtt_ns = clock_monotonic_ns() - s->pinged_ns;
    metric_observe(METRIC_PEER_PING, (uint64_t)rtt_ns / 1000);
    atomic_store(&s->rtt_us, rtt_ns / 1000);
    if (++s->pongs < PEERING_GOOD_PONGS && !s->known)
        s->ping_ms = peering_now_ms(); /* somebody waits for the first word */
    if (s->pongs != PEERING_GOOD_PONGS || s->leaving)
        return;
    set_alive(s, true);
    s->logged = (str){NULL, 0};
    log_event(LOG_INFO, "a server is alive", log_str("server", str_of(s->name)),
              log_i64("rtt_us", rtt_ns / 1000),
              log_i64("my_lanes", (int64_t)metric_value(METRIC_PEER_LANES)));
}

static void on_leaving(peer_server *s)
{
    s->leaving = true;
    log_event(LOG_INFO, "a server leaves", log_str("server", str_of(s->name)));
    set_alive(s, false);
}

void peering_frame(peer_link *l, const peer_frame *f)
{
    bool fits = l->dialled == (f->kind != PEER_PING && f->kind != PEER_CALL);
    if (!fits)
        peer_link_close(l, S("it sent what is not its part"));
    else if (f->kind == PEER_PING)
        tell(l, PEER_PONG, f->id);
    else if (f->kind == PEER_CALL)
        peer_serve(l, f);
    else if (f->kind == PEER_PONG)
        on_pong(l->server, f->id);
    else if (f->kind == PEER_ANSWER)
        peer_call_answered(l->server, f);
    else
        on_leaving(l->server);
}

/* ---- dialling ---- */

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    peer_server *s = request->data;
    s->is_resolving = false;
    if (status == 0 && !s->net->closing) {
        peer_link_dial(s, found->ai_addr);
    } else if (!s->net->closing) {
        s->dial_ms = peering_now_ms() + s->net->options.dial_ms;
        log_away(s, S("its name leads to no address"));
        set_alive(s, false);
    }
    uv_freeaddrinfo(found);
}

static void dial(peer_server *s)
{
    char port[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    (void)snprintf(port, sizeof(port), "%u", (unsigned)s->port);
    s->resolving.data = s;
    s->is_resolving = true;
    CHECK(uv_getaddrinfo(&s->net->uv, &s->resolving, on_resolved, s->host, port, &hints) == 0);
}

static void on_pinged(peer_link *l, peer_send *send, bool sent)
{
    MAYBE(send);
    l->server->ping_queued = false;
    if (sent)
        l->server->pinged_ns = clock_monotonic_ns();
}

static void ping(peer_server *s, int64_t now)
{
    if (s->ping_queued || now < s->ping_ms)
        return;
    s->ping_ms = now + s->net->options.ping_ms;
    s->ping_queued = true;
    s->ping = (peer_send){.frame = {.kind = PEER_PING, .id = ++s->pings}, .gone = on_pinged};
    peer_link_send(s->link, &s->ping);
}

/* ---- the clockwork ---- */

static void look_after(peer_server *s, int64_t now)
{
    peer_link *l = s->link;
    if (l == NULL) {
        if (!s->is_resolving && now >= s->dial_ms)
            dial(s);
    } else if (l->stage != LINK_READY) {
        if (now - l->began_ms > PEERING_HELLO_MS)
            peer_link_close(l, S("it does not answer"));
    } else if (now - l->heard_ms > s->net->options.dead_ms) {
        peer_link_close(l, S("it does not answer"));
    } else {
        ping(s, now);
    }
}

static void expire_accepted(peering *p, int64_t now)
{
    for (peer_link *l = p->links; l != NULL; l = l->next) {
        if (l->dialled || l->stage == LINK_CLOSED)
            continue;
        if (l->stage == LINK_READY ? now - l->heard_ms > PEERING_IDLE_MS
                                   : now - l->began_ms > PEERING_HELLO_MS)
            peer_link_close(l, S("it does not answer"));
    }
}

static void forgive(peering *p, int64_t ms)
{
    for (peer_link *l = p->links; l != NULL; l = l->next) {
        l->began_ms += ms;
        l->heard_ms += ms;
    }
}

/* Often enough for the times that tests set. */
static int64_t tick_ms(const peering *p)
{
    const peering_options *o = &p->options;
    int64_t ms = (o->ping_ms < o->dial_ms ? o->ping_ms : o->dial_ms) / 4;
    return ms < 1 ? 1 : ms > PEER_TICK_MS ? PEER_TICK_MS : ms;
}

static void on_tick(uv_timer_t *timer)
{
    peering *p = timer->data;
    int64_t now = peering_now_ms(), missed = now - p->ticked_ms - 2 * tick_ms(p);
    p->ticked_ms = now;
    if (missed > 0)
        forgive(p, missed);
    for (unsigned i = 0; i < p->count && !p->closing; i++) {
        if (i != p->self)
            look_after(p->servers[i], now);
    }
    expire_accepted(p, now);
    peer_calls_expire(p, now);
}

static void on_wake(uv_poll_t *wake, int status, int events)
{
    peering *p = wake->data;
    MAYBE(status);
    MAYBE(events);
    inbox_node *next;
    for (inbox_node *n = inbox_take(&p->orders); n != NULL; n = next) {
        next = n->next;
        peer_order *o = (peer_order *)n;
        o->run(p, o);
    }
}

static void begin_closing(peering *p)
{
    p->closing = true;
    atomic_store(&p->running, false);
    uv_close((uv_handle_t *)&p->listener, NULL);
    for (unsigned i = 0; i < p->count; i++) {
        if (p->servers[i]->is_resolving)
            (void)uv_cancel((uv_req_t *)&p->servers[i]->resolving);
    }
    peer_link *next;
    for (peer_link *l = p->links; l != NULL; l = next) {
        next = l->next;
        peer_link_close(l, S("this server ends"));
    }
}

static void note_cut(peering *p)
{
    pthread_mutex_lock(&p->lock);
    p->is_cut = true;
    pthread_cond_broadcast(&p->told);
    pthread_mutex_unlock(&p->lock);
}

/* Nothing is left that would come back to the loop: links are when what they called is served. */
static bool is_done(peering *p)
{
    if (p->links != NULL || atomic_load(&p->calls) > 0)
        return false;
    for (unsigned i = 0; i < p->count; i++) {
        if (p->servers[i]->is_resolving)
            return false;
    }
    return true;
}

/* Before the loop waits: what has collected leaves, and orders are obeyed. */
static void on_prepare(uv_prepare_t *prepare)
{
    peering *p = prepare->data;
    peer_link *next;
    for (peer_link *l = p->links; l != NULL; l = next) {
        next = l->next;
        if (atomic_load_explicit(&p->leaving, memory_order_relaxed))
            tell_leaving(l);
        peer_link_flush(l);
    }
    if (atomic_load(&p->stopping) && !p->closing)
        begin_closing(p);
    if (p->closing && !p->is_cut && atomic_load(&p->calls) == 0)
        note_cut(p);
    if (!p->closing || !is_done(p) || uv_is_closing((uv_handle_t *)&p->tick))
        return;
    inbox_settle(&p->orders);
    uv_close((uv_handle_t *)&p->wake, NULL);
    uv_close((uv_handle_t *)&p->tick, NULL);
    uv_close((uv_handle_t *)&p->prepare, NULL);
}

static void *loop_main(void *argument)
{
    peering *p = argument;
    pthread_setname_np(pthread_self(), "peering");
    CHECK(uv_run(&p->uv, UV_RUN_DEFAULT) == 0);
    return NULL;
}

/* ---- life ---- */

static result invalid(buf *why, const char *what)
{
    buf_printf(why, "%s", what);
    return R_INVALID;
}

static result read_options(peering *p, const peering_options *o, buf *why)
{
    if (o->secret.n < PEERING_SECRET_MIN)
        return invalid(why, "the secret of the servers has at least 32 characters");
    secret_sha256(o->secret, p->secret);
    p->options = (peering_options){.serve = o->serve,
                                   .changed = o->changed,
                                   .ping_ms = o->ping_ms == 0 ? PEERING_PING_MS : o->ping_ms,
                                   .dead_ms = o->dead_ms == 0 ? PEERING_DEAD_MS : o->dead_ms,
                                   .dial_ms = o->dial_ms == 0 ? PEERING_DIAL_MS : o->dial_ms,
                                   .call_ms = o->call_ms == 0 ? PEERS_PATIENCE_MS : o->call_ms};
    return peer_list_read(p, o, why);
}

result peering_new(const peering_options *options, peering **out, buf *why)
{
    peering *p = calloc(1, sizeof(*p)); /* peering_free */
    CHECK(p != NULL);
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->told, &monotonic);
    pthread_condattr_destroy(&monotonic);
    result r = read_options(p, options, why);
    if (r != R_DONE) {
        peering_free(p);
        return r;
    }
    p->ops = (peers){.context = p, .mine = is_mine, .call = peer_call_make};
    peer_calls_init(p);
    atomic_store(&p->alive, (UINT32_C(1) << p->count) - 1);
    share_lanes(p);
    *out = p;
    return R_DONE;
}

static void on_connection(uv_stream_t *listener, int status)
{
    if (status == 0)
        peer_link_accept(listener->data);
}

static int listen_now(peering *p)
{
    struct sockaddr_storage address = {0};
    int error = uv_ip4_addr(p->listen_host, p->listen_port, (struct sockaddr_in *)&address);
    if (error != 0)
        error = uv_ip6_addr(p->listen_host, p->listen_port, (struct sockaddr_in6 *)&address);
    if (error == 0)
        error = uv_tcp_bind(&p->listener, (const struct sockaddr *)&address, 0);
    if (error == 0)
        error = uv_listen((uv_stream_t *)&p->listener, PEER_BACKLOG, on_connection);
    return error;
}

static void close_handles(peering *p)
{
    uv_close((uv_handle_t *)&p->listener, NULL);
    uv_close((uv_handle_t *)&p->wake, NULL);
    uv_close((uv_handle_t *)&p->tick, NULL);
    uv_close((uv_handle_t *)&p->prepare, NULL);
    CHECK(uv_run(&p->uv, UV_RUN_DEFAULT) == 0);
    CHECK(uv_loop_close(&p->uv) == 0);
    inbox_close(&p->orders);
}

static void start_thread(peering *p)
{
    /* Signals are for the main thread; SIGPIPE would end the process for a server that left. */
    sigset_t all, before;
    sigfillset(&all);
    CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    CHECK(pthread_create(&p->thread, NULL, loop_main, p) == 0);
    CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
}

static void take_site(peering *p, const peering_site *site)
{
    CHECK(site->lanes >= 1 && site->lanes <= SLOT_LANES_MAX);
    CHECK(site->identity.n >= 1 && site->identity.n <= PEERING_IDENTITY_MAX);
    p->context = site->context;
    p->lanes = site->lanes;
    memcpy(p->identity, site->identity.p, site->identity.n);
    p->identity_bytes = site->identity.n;
    share_lanes(p);
}

result peering_start(peering *p, const peering_site *site, buf *why)
{
    take_site(p, site);
    CHECK(!p->started && inbox_open(&p->orders) == 0 && uv_loop_init(&p->uv) == 0);
    CHECK(uv_tcp_init(&p->uv, &p->listener) == 0);
    CHECK(uv_poll_init(&p->uv, &p->wake, p->orders.fd) == 0);
    CHECK(uv_timer_init(&p->uv, &p->tick) == 0);
    CHECK(uv_prepare_init(&p->uv, &p->prepare) == 0);
    p->listener.data = p->wake.data = p->tick.data = p->prepare.data = p;
    int error = listen_now(p);
    if (error != 0) {
        buf_printf(why, "cannot listen on %s port %u: %s", p->listen_host, (unsigned)p->listen_port,
                   uv_strerror(error));
        close_handles(p);
        return R_IO;
    }
    CHECK(uv_poll_start(&p->wake, UV_READABLE, on_wake) == 0);
    CHECK(uv_timer_start(&p->tick, on_tick, 0, (uint64_t)tick_ms(p)) == 0);
    CHECK(uv_prepare_start(&p->prepare, on_prepare) == 0);
    p->ticked_ms = peering_now_ms();
    note_known(p);
    atomic_store(&p->running, true);
    start_thread(p);
    p->started = true;
    return R_DONE;
}

void peering_settle(peering *p)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (PEERING_HELLO_MS + SETTLE_SPARE_MS) / 1000;
    int error = 0;
    pthread_mutex_lock(&p->lock);
    while (!p->is_settled && error == 0)
        error = pthread_cond_timedwait(&p->told, &p->lock, &until);
    pthread_mutex_unlock(&p->lock);
}

void peering_leave(peering *p)
{
    if (!p->started)
        return;
    atomic_store(&p->leaving, true);
    inbox_wake(&p->orders);
}

void peering_stop(peering *p)
{
    if (!p->started)
        return;
    atomic_store(&p->stopping, true);
    inbox_wake(&p->orders);
    pthread_mutex_lock(&p->lock);
    while (!p->is_cut)
        pthread_cond_wait(&p->told, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

void peering_free(peering *p)
{
    if (p == NULL)
        return;
    if (p->started) {
        CHECK(atomic_load(&p->stopping) && pthread_join(p->thread, NULL) == 0);
        CHECK(uv_loop_close(&p->uv) == 0);
        inbox_close(&p->orders);
    }
    for (unsigned i = 0; i < p->count; i++)
        free(p->servers[i]);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->told);
    secret_wipe(p->secret, sizeof(p->secret));
    free(p);
}

const peers *peering_peers(peering *p)
{
    return &p->ops;
}

size_t peering_servers(const peering *p, peering_server out[PEERING_SERVERS_MAX])
{
    uint32_t alive = atomic_load(&p->alive);
    for (unsigned i = 0; i < p->count; i++) {
        const peer_server *s = p->servers[i];
        out[i] = (peering_server){.name = str_of(s->name),
                                  .address = str_of(s->address),
                                  .self = i == p->self,
                                  .alive = (alive >> i & 1) != 0,
                                  .rtt_us = atomic_load(&s->rtt_us)};
    }
    for (uint16_t lane = 0; lane < p->lanes; lane++)
        out[atomic_load(&p->owners[lane])].lanes++;
    return p->count;
}
