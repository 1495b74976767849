/* See port/supervisor.h: one datagram a message. */
#include "port/supervisor.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static str socket_of(const char *const *environment)
{
    str wanted = S("NOTIFY_SOCKET="), name;
    for (; environment != NULL && *environment != NULL; environment++) {
        name = str_of(*environment);
        if (str_starts(name, wanted))
            return (str){name.p + wanted.n, name.n - wanted.n};
    }
    return (str){NULL, 0};
}

bool supervisor_tell(const char *const *environment, str lines)
{
    str path = socket_of(environment);
    if (path.n == 0)
        return true;
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if ((path.p[0] != '/' && path.p[0] != '@') || path.n >= sizeof(to.sun_path))
        return false;
    memcpy(to.sun_path, path.p, path.n);
    if (path.p[0] == '@') /* of the abstract name space, where a name is not a file */
        to.sun_path[0] = '\0';
    socklen_t n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.n);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    ssize_t sent = sendto(fd, lines.p, lines.n, MSG_NOSIGNAL, (const struct sockaddr *)&to, n);
    (void)close(fd);
    return sent == (ssize_t)lines.n;
}
