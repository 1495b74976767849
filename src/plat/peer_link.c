/* One connection between two servers: the handshake, sealing, and a queue of frames that leave
 * together. See peer_frame.h for the bytes.
 *
 *     dials                                   listens
 *     greeting                          ->
 *                                       <-    greeting
 *     head of its stream, sealed hello  ->
 *                                       <-    verdict (1 byte); when welcome: head, sealed hello
 *
 * Each direction has a key of its own, of the secret and both nonces: who opens a record knows the
 * secret and is no replay. Nothing longer than a hello is read before that.
 *
 * While bytes are with the kernel frames collect, and leave as one record: a batch forms by itself,
 * as in a lane. Frames do not wait for each other's answers. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "plat/peer_part.h"
#include "port/metric.h"
#include "port/random.h"

enum {
    HELLO_RECORD_MAX = PEER_FRAME_HEAD + 3 * (1 + UINT8_MAX),
    IN_MAX = PEER_RECORD_HEAD + SECRET_STREAM_EXTRA + PEER_RECORD_MAX + PEER_READ_BYTES,
    OUT_MAX = 2 * (PEER_RECORD_HEAD + SECRET_STREAM_EXTRA + PEER_RECORD_MAX),
};

/* ---- writing ---- */

static void on_written(uv_write_t *request, int status);

/* What has collected goes to the kernel, as far as it takes it. */
static void write_more(peer_link *l)
{
    if (l->writing || l->more.n == 0 || l->stage == LINK_CLOSED)
        return;
    buf empty = l->out;
    l->out = l->more;
    l->more = empty;
    uv_buf_t part = uv_buf_init(l->out.p, (unsigned)l->out.n);
    metric_add(METRIC_PEER_BYTES_OUT, l->out.n);
    int n = uv_try_write((uv_stream_t *)&l->tcp, &part, 1);
    if (n < 0 && n != UV_EAGAIN) {
        peer_link_close(l, S("the connection broke"));
        return;
    }
    size_t written = n < 0 ? 0 : (size_t)n;
    if (written == l->out.n) {
        buf_clear(&l->out);
        if (l->last_word)
            peer_link_close(l, peer_verdict_text(l->verdict));
        return;
    }
    part = uv_buf_init(l->out.p + written, (unsigned)(l->out.n - written));
    l->write.data = l;
    l->writing = true;
    if (uv_write(&l->write, (uv_stream_t *)&l->tcp, &part, 1, on_written) != 0) {
        l->writing = false;
        peer_link_close(l, S("the connection broke"));
    }
}

static void on_written(uv_write_t *request, int status)
{
    peer_link *l = request->data;
    l->writing = false;
    if (l->stage == LINK_CLOSED)
        return;
    if (status != 0) {
        peer_link_close(l, S("the connection broke"));
        return;
    }
    if (l->last_word) {
        peer_link_close(l, peer_verdict_text(l->verdict));
        return;
    }
    buf_clear(&l->out);
    if (l->out.capacity > PEER_KEEP_BYTES)
        buf_free(&l->out);
    write_more(l);
    peer_link_flush(l);
}

/* The frames in l->plain as a record. */
static void seal_plain(peer_link *l)
{
    size_t sealed = l->plain.n + SECRET_STREAM_EXTRA;
    char *to = buf_take(&l->more, PEER_RECORD_HEAD + sealed);
    CHECK(to != NULL);
    peer_record_head(sealed, to);
    secret_stream_seal(&l->sealing, S(""), buf_view(&l->plain), false, to + PEER_RECORD_HEAD);
    buf_clear(&l->plain);
}

void peer_link_send(peer_link *l, peer_send *s)
{
    s->next = NULL;
    *(l->last == NULL ? &l->first : &l->last->next) = s;
    l->last = s;
    l->waiting_bytes += PEER_FRAME_HEAD + s->frame.bytes.n;
}

static peer_send *take_first(peer_link *l)
{
    peer_send *s = l->first;
    l->first = s->next;
    if (l->first == NULL)
        l->last = NULL;
    l->waiting_bytes -= PEER_FRAME_HEAD + s->frame.bytes.n;
    return s;
}

static void resume_reading(peer_link *l);

void peer_link_flush(peer_link *l)
{
    while (l->stage == LINK_READY && !l->writing && l->first != NULL) {
        size_t next = 0;
        do {
            peer_send *s = take_first(l);
            peer_frame_write(&l->plain, &s->frame);
            s->gone(l, s, true);
            next = l->first == NULL ? 0 : PEER_FRAME_HEAD + l->first->frame.bytes.n;
        } while (l->first != NULL && l->plain.n + next <= PEER_RECORD_FILL);
        seal_plain(l);
        write_more(l);
    }
    if (l->stage == LINK_READY && l->paused && l->waiting_bytes <= PEERING_BYTES_MAX / 2)
        resume_reading(l);
}

/* ---- the end ---- */

static void link_free(peer_link *l)
{
    *(l->previous == NULL ? &l->net->links : &l->previous->next) = l->next;
    if (l->next != NULL)
        l->next->previous = l->previous;
    buf_free(&l->in);
    buf_free(&l->plain);
    buf_free(&l->more);
    buf_free(&l->out);
    secret_wipe(&l->sealing, sizeof(l->sealing));
    secret_wipe(&l->opening, sizeof(l->opening));
    free(l);
}

static void on_closed(uv_handle_t *handle)
{
    peer_link *l = (peer_link *)handle;
    l->closed = true;
    if (l->serving == 0)
        link_free(l);
}

void peer_link_served(peer_link *l)
{
    l->serving--;
    if (l->closed && l->serving == 0)
        link_free(l);
}

void peer_link_close(peer_link *l, str why)
{
    if (l->stage == LINK_CLOSED)
        return;
    l->stage = LINK_CLOSED;
    if (!l->dialled)
        l->net->accepted--;
    uv_close((uv_handle_t *)&l->tcp, on_closed);
    while (l->first != NULL) {
        peer_send *s = take_first(l);
        s->gone(l, s, false);
    }
    peering_link_closed(l, why);
}

/* ---- the handshake ---- */

static void derive(const peer_link *l, str role, char out[SECRET_DIGEST_BYTES])
{
    char text[8 + 2 * PEER_NONCE_BYTES];
    CHECK(role.n == 8);
    memcpy(text, role.p, 8);
    memcpy(text + 8, l->dialled ? l->nonce : l->other, PEER_NONCE_BYTES);
    memcpy(text + 8 + PEER_NONCE_BYTES, l->dialled ? l->other : l->nonce, PEER_NONCE_BYTES);
    secret_hmac_sha256((str){(const char *)l->net->secret, sizeof(l->net->secret)},
                       (str){text, sizeof(text)}, (uint8_t *)out);
}

static void write_greeting(peer_link *l)
{
    random_bytes(l->nonce, sizeof(l->nonce));
    char *to = buf_take(&l->more, PEER_GREETING_BYTES);
    CHECK(to != NULL);
    peer_greeting_write(l->nonce, to);
    write_more(l);
}

static void write_hello(peer_link *l, str to)
{
    char key[SECRET_DIGEST_BYTES];
    derive(l, l->dialled ? S("dialling") : S("listened"), key);
    char *head = buf_take(&l->more, SECRET_STREAM_HEAD);
    CHECK(head != NULL);
    secret_stream_begin(&l->sealing, key, head);
    secret_wipe(key, sizeof(key));
    char text[3 * (1 + UINT8_MAX)];
    buf hello;
    buf_init(&hello, sizeof(text));
    peer_hello_write(&hello, &(peer_hello){.from = str_of(l->net->servers[l->net->self]->name),
                                           .to = to,
                                           .identity = {l->net->identity, l->net->identity_bytes}});
    peer_frame_write(&l->plain, &(peer_frame){.kind = PEER_HELLO, .bytes = buf_view(&hello)});
    buf_free(&hello);
    seal_plain(l);
    write_more(l);
}

static void refuse(peer_link *l, peer_verdict why)
{
    l->verdict = why;
    peering_log_refusal(l->net, l, why);
    l->last_word = true;
    buf_char(&l->more, (char)why);
    write_more(l);
}

static void take_greeting(peer_link *l, str bytes)
{
    uint16_t protocol;
    if (!peer_greeting_read(bytes, &protocol, l->other)) {
        peer_link_close(l, S("not a server of this kind"));
        return;
    }
    if (!l->dialled)
        write_greeting(l);
    if (protocol != PEER_PROTOCOL) {
        l->verdict = PEER_REFUSED_PROTOCOL;
        if (l->dialled)
            peer_link_close(l, peer_verdict_text(PEER_REFUSED_PROTOCOL));
        else
            refuse(l, PEER_REFUSED_PROTOCOL);
        return;
    }
    l->stage = l->dialled ? LINK_VERDICT : LINK_HEAD;
    if (l->dialled)
        write_hello(l, str_of(l->server->name));
}

static void take_verdict(peer_link *l, str byte)
{
    uint8_t v = (uint8_t)byte.p[0];
    l->verdict = v < PEER_VERDICTS ? (peer_verdict)v : PEER_REFUSED_PROTOCOL;
    if (l->verdict == PEER_WELCOME)
        l->stage = LINK_HEAD;
    else
        peer_link_close(l, peer_verdict_text(l->verdict));
}

static void take_head(peer_link *l, str head)
{
    char key[SECRET_DIGEST_BYTES];
    derive(l, l->dialled ? S("listened") : S("dialling"), key);
    secret_stream_resume(&l->opening, key, head.p);
    secret_wipe(key, sizeof(key));
    l->stage = LINK_HELLO;
}

/* l->plain has the opened record. */
static void take_hello(peer_link *l)
{
    str rest = buf_view(&l->plain);
    peer_frame f;
    peer_hello h;
    bool good = peer_frame_next(&rest, &f) && rest.n == 0 && f.kind == PEER_HELLO &&
                peer_hello_read(f.bytes, &h);
    peer_verdict v = good ? peering_judge(l, &h) : PEER_REFUSED_PROTOCOL;
    if (v != PEER_WELCOME && l->dialled) {
        peer_link_close(l, peer_verdict_text(v));
        return;
    }
    if (v != PEER_WELCOME) {
        refuse(l, v);
        return;
    }
    if (!l->dialled) {
        char from[PEERING_NAME_MAX];
        CHECK(h.from.n <= sizeof(from)); /* as it is one of ours */
        memcpy(from, h.from.p, h.from.n);
        str to = {from, h.from.n};
        buf_clear(&l->plain);
        buf_char(&l->more, PEER_WELCOME);
        l->stage = LINK_READY;
        write_hello(l, to);
    }
    buf_clear(&l->plain);
    l->stage = l->stage == LINK_CLOSED ? LINK_CLOSED : LINK_READY;
    if (l->stage == LINK_READY)
        peering_link_ready(l);
}

/* ---- reading ---- */

static void take_frames(peer_link *l)
{
    str rest = buf_view(&l->plain);
    while (rest.n > 0 && l->stage == LINK_READY) {
        peer_frame f;
        if (!peer_frame_next(&rest, &f) || f.kind == PEER_HELLO) {
            peer_link_close(l, S("it sent what is no frame"));
            return;
        }
        peering_frame(l, &f);
    }
}

/* One sealed record. */
static void take_record(peer_link *l, str sealed)
{
    bool last;
    buf_clear(&l->plain);
    char *to = buf_take(&l->plain, sealed.n - SECRET_STREAM_EXTRA);
    CHECK(to != NULL);
    if (!secret_stream_open(&l->opening, S(""), sealed, &last, to)) {
        if (l->stage == LINK_HELLO && !l->dialled)
            refuse(l, PEER_REFUSED_SECRET);
        else
            peer_link_close(l, l->stage == LINK_HELLO ? peer_verdict_text(PEER_REFUSED_SECRET)
                                                      : S("a record was changed on its way"));
        return;
    }
    if (l->stage == LINK_HELLO)
        take_hello(l);
    else
        take_frames(l);
    buf_clear(&l->plain);
    if (l->plain.capacity > PEER_KEEP_BYTES)
        buf_free(&l->plain);
}

/* Bytes that the next step takes; 0: not all are here yet. */
static size_t step_length(peer_link *l, str bytes)
{
    size_t n = 0;
    switch (l->stage) {
    case LINK_GREETING:
        n = PEER_GREETING_BYTES;
        break;
    case LINK_VERDICT:
        n = 1;
        break;
    case LINK_HEAD:
        n = SECRET_STREAM_HEAD;
        break;
    default:
        if (!peer_record_length(bytes, SECRET_STREAM_EXTRA, &n) ||
            (l->stage == LINK_HELLO && n > HELLO_RECORD_MAX + SECRET_STREAM_EXTRA)) {
            peer_link_close(l, S("it sent what is no record"));
            return 0;
        }
        n += n == 0 ? 0 : PEER_RECORD_HEAD;
    }
    return n <= bytes.n ? n : 0;
}

static void take_step(peer_link *l, str bytes)
{
    switch (l->stage) {
    case LINK_GREETING:
        take_greeting(l, bytes);
        break;
    case LINK_VERDICT:
        take_verdict(l, bytes);
        break;
    case LINK_HEAD:
        take_head(l, bytes);
        break;
    default:
        take_record(l, (str){bytes.p + PEER_RECORD_HEAD, bytes.n - PEER_RECORD_HEAD});
    }
}

static void take_bytes(peer_link *l)
{
    size_t at = 0, n;
    while (l->stage != LINK_CLOSED && !l->last_word && at < l->in.n &&
           (n = step_length(l, (str){l->in.p + at, l->in.n - at})) > 0) {
        take_step(l, (str){l->in.p + at, n});
        at += n;
    }
    if (at > 0)
        memmove(l->in.p, l->in.p + at, l->in.n - at);
    l->in.n -= at;
    if (l->in.n == 0 && l->in.capacity > PEER_KEEP_BYTES)
        buf_free(&l->in);
    if (l->stage == LINK_READY && l->waiting_bytes > PEERING_BYTES_MAX && !l->paused) {
        l->paused = true;
        uv_read_stop((uv_stream_t *)&l->tcp);
    }
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    MAYBE(wanted);
    *out = uv_buf_init(((peer_link *)handle)->net->read_buffer, PEER_READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *data)
{
    peer_link *l = (peer_link *)stream;
    if (l->stage == LINK_CLOSED || n == 0)
        return;
    if (n < 0) {
        peer_link_close(l, n == UV_EOF ? S("it ended the connection") : S("the connection broke"));
        return;
    }
    metric_add(METRIC_PEER_BYTES_IN, (uint64_t)n);
    l->heard_ms = peering_now_ms();
    buf_add(&l->in, data->base, (size_t)n);
    take_bytes(l);
}

static void resume_reading(peer_link *l)
{
    l->paused = false;
    if (uv_read_start((uv_stream_t *)&l->tcp, on_room, on_read) != 0)
        peer_link_close(l, S("the connection broke"));
}

/* ---- the beginning ---- */

static peer_link *link_new(peering *p, peer_stage stage)
{
    peer_link *l = calloc(1, sizeof(*l)); /* link_free */
    CHECK(l != NULL);
    l->net = p;
    l->stage = stage;
    l->began_ms = l->heard_ms = peering_now_ms();
    buf_init(&l->in, IN_MAX);
    buf_init(&l->plain, PEER_RECORD_FILL + PEER_RECORD_MAX);
    buf_init(&l->more, OUT_MAX);
    buf_init(&l->out, OUT_MAX);
    CHECK(uv_tcp_init(&p->uv, &l->tcp) == 0);
    l->next = p->links;
    if (l->next != NULL)
        l->next->previous = l;
    p->links = l;
    return l;
}

static void remember_address(peer_link *l)
{
    struct sockaddr_storage a;
    int n = sizeof(a);
    char ip[INET6_ADDRSTRLEN] = "";
    if (uv_tcp_getpeername(&l->tcp, (struct sockaddr *)&a, &n) != 0)
        return;
    bool six = a.ss_family == AF_INET6;
    if (uv_ip_name((const struct sockaddr *)&a, ip, sizeof(ip)) == 0)
        (void)snprintf(l->address, sizeof(l->address), six ? "[%s]" : "%s", ip);
}

/* At the maximum: the one goes that has been longest without saying who it is, else strangers would
 * keep servers out. */
static void make_room(peering *p)
{
    peer_link *oldest = NULL;
    for (peer_link *l = p->links; l != NULL; l = l->next) {
        if (!l->dialled && l->stage != LINK_READY && l->stage != LINK_CLOSED)
            oldest = l; /* new ones come in front */
    }
    if (oldest == NULL)
        return;
    peering_log_refusal(p, oldest, PEER_REFUSED_FULL);
    peer_link_close(oldest, peer_verdict_text(PEER_REFUSED_FULL));
}

void peer_link_accept(peering *p)
{
    if (p->accepted >= PEERING_LINKS_MAX)
        make_room(p);
    peer_link *l = link_new(p, LINK_GREETING);
    p->accepted++;
    if (uv_accept((uv_stream_t *)&p->listener, (uv_stream_t *)&l->tcp) != 0) {
        peer_link_close(l, S("it had gone"));
        return;
    }
    uv_tcp_nodelay(&l->tcp, 1);
    remember_address(l);
    if (uv_read_start((uv_stream_t *)&l->tcp, on_room, on_read) != 0)
        peer_link_close(l, S("the connection broke"));
}

static void on_connected(uv_connect_t *request, int status)
{
    peer_link *l = request->data;
    if (l->stage == LINK_CLOSED)
        return;
    if (status != 0) {
        peer_link_close(l, S("it cannot be reached"));
        return;
    }
    uv_tcp_nodelay(&l->tcp, 1);
    l->stage = LINK_GREETING;
    if (uv_read_start((uv_stream_t *)&l->tcp, on_room, on_read) != 0)
        peer_link_close(l, S("the connection broke"));
    else
        write_greeting(l);
}

void peer_link_dial(peer_server *s, const struct sockaddr *address)
{
    peer_link *l = link_new(s->net, LINK_CONNECT);
    l->dialled = true;
    l->server = s;
    s->link = l;
    l->connect.data = l;
    if (uv_tcp_connect(&l->connect, &l->tcp, address, on_connected) != 0)
        peer_link_close(l, S("it cannot be reached"));
}
