/* A request that is with the server but for its last byte, so that several can begin in one moment:
 * on 127.0.0.1, one request a connection (it says so: Connection: close). */
#ifndef QUAN_TEST_LAST_BYTE_H
#define QUAN_TEST_LAST_BYTE_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/str.h"

static inline void last_byte_send(int fd, str bytes)
{
    while (bytes.n > 0) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        CHECK(n > 0);
        bytes = (str){bytes.p + n, bytes.n - (size_t)n};
    }
}

/* The connection. */
static inline int last_byte_begin(uint16_t port, str request_text)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof at) == 0);
    CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0);
    last_byte_send(fd, (str){request_text.p, request_text.n - 1});
    return fd;
}

/* Sends it, and reads the answer with its head into text, with a NUL behind it. Closes. */
static inline void last_byte_end(int fd, str request_text, char *text, size_t room)
{
    size_t used = 0;
    ssize_t n;
    last_byte_send(fd, (str){request_text.p + request_text.n - 1, 1});
    while ((n = recv(fd, text + used, room - 1 - used, 0)) > 0)
        used += (size_t)n;
    text[used] = '\0';
    (void)close(fd);
}

#endif
