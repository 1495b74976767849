/* For the tests of the peering: what stands between two servers, passes bytes on, and ends or holds
 * a connection where the test says. One connection at a time; one thread. */
#ifndef QUAN_PLAT_PEER_TEST_PROXY_H
#define QUAN_PLAT_PEER_TEST_PROXY_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/test_help.h"

typedef struct proxy {
    uint16_t from, to;
    int listener;
    pthread_t thread;
    atomic_bool ending;
    atomic_bool holds;      /* nothing is passed on; connections stay */
    atomic_bool closed;     /* no connection is taken, none lives */
    atomic_int cut_way;     /* 0: what the dialling side sends; 1: the other; -1: no cut */
    atomic_size_t cut_left; /* so many bytes go that way before the connection ends */
} proxy;

static inline int proxy_socket(uint16_t port, bool listens)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    if (listens) {
        assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
        assert_int_equal(listen(fd, 16), 0);
        return fd;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    close(fd);
    return -1;
}

/* One that nobody listens on now. */
static inline uint16_t free_port(void)
{
    int fd = proxy_socket(0, true);
    struct sockaddr_in a;
    socklen_t n = sizeof a;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    close(fd);
    return ntohs(a.sin_port);
}

/* False: the connection is over. */
static inline bool proxy_pass(proxy *p, int from, int to, int way)
{
    char bytes[4096];
    ssize_t n = recv(from, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n <= 0)
        return n < 0 && errno == EAGAIN;
    size_t left = atomic_load(&p->cut_left);
    bool cut = atomic_load(&p->cut_way) == way && left <= (size_t)n;
    size_t pass = cut ? left : (size_t)n;
    if (atomic_load(&p->cut_way) == way)
        atomic_fetch_sub(&p->cut_left, pass);
    if (pass > 0 && send(to, bytes, pass, MSG_NOSIGNAL) != (ssize_t)pass)
        return false;
    if (cut)
        atomic_store(&p->cut_way, -1);
    return !cut;
}

static inline void proxy_connection(proxy *p, int dialling)
{
    int on = 1, other = proxy_socket(p->to, false);
    setsockopt(dialling, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bool goes_on = other >= 0;
    while (goes_on && !atomic_load(&p->ending) && !atomic_load(&p->closed)) {
        struct pollfd ends[2] = {{.fd = dialling, .events = POLLIN},
                                 {.fd = other, .events = POLLIN}};
        poll(ends, 2, 5);
        if (atomic_load(&p->holds)) {
            usleep(1000);
            continue;
        }
        goes_on = (ends[0].revents == 0 || proxy_pass(p, dialling, other, 0)) &&
                  (ends[1].revents == 0 || proxy_pass(p, other, dialling, 1));
    }
    if (other >= 0)
        close(other);
    close(dialling);
}

static inline void *proxy_main(void *argument)
{
    proxy *p = argument;
    while (!atomic_load(&p->ending)) {
        struct pollfd end = {.fd = p->listener, .events = POLLIN};
        if (poll(&end, 1, 5) != 1)
            continue;
        int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0 && atomic_load(&p->closed))
            close(fd);
        else if (fd >= 0)
            proxy_connection(p, fd);
    }
    return NULL;
}

static inline void proxy_start(proxy *p, uint16_t to)
{
    memset(p, 0, sizeof *p);
    atomic_store(&p->cut_way, -1);
    p->to = to;
    p->from = free_port();
    p->listener = proxy_socket(p->from, true);
    assert_int_equal(pthread_create(&p->thread, NULL, proxy_main, p), 0);
}

static inline void proxy_stop(proxy *p)
{
    atomic_store(&p->ending, true);
    assert_int_equal(pthread_join(p->thread, NULL), 0);
    close(p->listener);
}

#endif
