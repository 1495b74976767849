/* What stands between a store and its server: see cutter.h. */
#include "test/lib/cutter.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "base/check.h"
#include "base/str.h"

enum { PAIRS_MAX = 32, CHUNK = 65536, URL_MAX = 600, TURN_MS = 20 };

typedef struct pair {
    int client, server; /* -1: none */
    bool deaf;          /* the client hears nothing more, and is cut off at the next word */
} pair;

struct cutter {
    char url[URL_MAX];
    struct sockaddr_un target;
    int listener;
    pthread_t thread;
    pthread_mutex_t lock; /* of the next three */
    pthread_cond_t changed;
    cut what;
    bool stopping;
    pair pairs[PAIRS_MAX];
    char chunk[CHUNK];
};

static void hang_up(pair *p)
{
    if (p->client >= 0)
        close(p->client);
    if (p->server >= 0)
        close(p->server);
    *p = (pair){.client = -1, .server = -1};
}

static void set(cutter *c, cut what)
{
    pthread_mutex_lock(&c->lock);
    c->what = what;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static cut wanted(cutter *c, bool *stopping)
{
    pthread_mutex_lock(&c->lock);
    cut what = c->what;
    *stopping = c->stopping;
    pthread_mutex_unlock(&c->lock);
    return what;
}

static void take_client(cutter *c, bool refuses)
{
    int client = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0)
        return;
    size_t i = 0;
    while (i < PAIRS_MAX && c->pairs[i].client >= 0)
        i++;
    CHECK(i < PAIRS_MAX);
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    c->pairs[i] = (pair){.client = client, .server = server};
    if (refuses || connect(server, (struct sockaddr *)&c->target, sizeof(c->target)) != 0)
        hang_up(&c->pairs[i]);
}

static bool send_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

/* From the client. */
static void pass_request(cutter *c, pair *p, cut what)
{
    ssize_t n = recv(p->client, c->chunk, sizeof(c->chunk), 0);
    bool commits = n > 0 && memmem(c->chunk, (size_t)n, "COMMIT", sizeof("COMMIT")) != NULL;
    if (commits && what == CUT_REQUEST) {
        hang_up(p);
        set(c, CUT_NOTHING);
        return;
    }
    p->deaf = p->deaf || (commits && (what == CUT_ANSWER || what == CUT_ANSWER_AND_ALL));
    if (n <= 0 || !send_all(p->server, c->chunk, (size_t)n))
        hang_up(p);
}

/* From the server: what a deaf client would hear says that the server has done it. */
static void pass_answer(cutter *c, pair *p, cut what)
{
    ssize_t n = recv(p->server, c->chunk, sizeof(c->chunk), 0);
    if (n > 0 && p->deaf) {
        if (memmem(c->chunk, (size_t)n, "COMMIT", sizeof("COMMIT")) == NULL)
            return;
        hang_up(p);
        set(c, what == CUT_ANSWER_AND_ALL ? CUT_ALL : CUT_NOTHING);
        return;
    }
    if (n <= 0 || !send_all(p->client, c->chunk, (size_t)n))
        hang_up(p);
}

static void turn(cutter *c, cut what)
{
    struct pollfd fds[1 + 2 * PAIRS_MAX];
    if (what == CUT_HANG) {
        (void)poll(NULL, 0, TURN_MS);
        return;
    }
    fds[0] = (struct pollfd){.fd = c->listener, .events = POLLIN};
    for (size_t i = 0; i < PAIRS_MAX; i++) {
        if (what == CUT_ALL)
            hang_up(&c->pairs[i]);
        fds[1 + 2 * i] = (struct pollfd){.fd = c->pairs[i].client, .events = POLLIN};
        fds[2 + 2 * i] = (struct pollfd){.fd = c->pairs[i].server, .events = POLLIN};
    }
    if (poll(fds, 1 + 2 * PAIRS_MAX, TURN_MS) <= 0)
        return;
    for (size_t i = 0; i < PAIRS_MAX; i++) {
        if (fds[1 + 2 * i].revents != 0)
            pass_request(c, &c->pairs[i], what);
        if (fds[2 + 2 * i].revents != 0 && c->pairs[i].server >= 0)
            pass_answer(c, &c->pairs[i], what);
    }
    if (fds[0].revents != 0)
        take_client(c, what == CUT_ALL);
}

static void *work(void *context)
{
    cutter *c = context;
    bool stopping = false;
    while (!stopping)
        turn(c, wanted(c, &stopping));
    return NULL;
}

cutter *cutter_start(const char *url)
{
    cutter *c = calloc(1, sizeof(*c)); /* freed by cutter_stop */
    CHECK(c != NULL);
    const char *directory = "", *port = "";
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    CHECK(options != NULL);
    c->target.sun_family = AF_UNIX;
    for (const PQconninfoOption *o = options; o->keyword != NULL; o++) {
        if (strcmp(o->keyword, "host") == 0)
            directory = o->val;
        if (strcmp(o->keyword, "port") == 0)
            port = o->val;
    }
    snprintf(c->target.sun_path, sizeof(c->target.sun_path), "%s/.s.PGSQL.%s", directory, port);
    PQconninfoFree(options);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(own);
    c->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(c->listener, (struct sockaddr *)&own, n) == 0 && listen(c->listener, 8) == 0);
    CHECK(getsockname(c->listener, (struct sockaddr *)&own, &n) == 0);
    /* What comes later in an address wins. */
    snprintf(c->url, sizeof(c->url), "%s%chost=127.0.0.1&port=%u", url,
             strchr(url, '?') != NULL ? '&' : '?', ntohs(own.sin_port));
    for (size_t i = 0; i < PAIRS_MAX; i++)
        c->pairs[i] = (pair){.client = -1, .server = -1};
    CHECK(pthread_mutex_init(&c->lock, NULL) == 0 && pthread_cond_init(&c->changed, NULL) == 0);
    CHECK(pthread_create(&c->thread, NULL, work, c) == 0);
    return c;
}

const char *cutter_url(const cutter *c)
{
    return c->url;
}

void cutter_set(cutter *c, cut what)
{
    set(c, what);
}

void cutter_wait(cutter *c)
{
    pthread_mutex_lock(&c->lock);
    while (c->what != CUT_NOTHING && c->what != CUT_ALL)
        pthread_cond_wait(&c->changed, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

void cutter_stop(cutter *c)
{
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_mutex_unlock(&c->lock);
    CHECK(pthread_join(c->thread, NULL) == 0);
    for (size_t i = 0; i < PAIRS_MAX; i++)
        hang_up(&c->pairs[i]);
    close(c->listener);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
