/* What a supervisor hears, at a path and at an abstract name; and who is none. */
#include "port/supervisor.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/test_help.h"

enum { ROOM = 120 };

/* A socket that listens at `name`, where '@' stands for a first byte of zero. */
static int listen_at(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t n = strlen(name);
    assert_true(n < sizeof(at.sun_path));
    memcpy(at.sun_path, name, n);
    if (name[0] == '@')
        at.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, bytes), 0);
    return fd;
}

static bool told(const char *name)
{
    char variable[ROOM + 20];
    (void)snprintf(variable, sizeof(variable), "NOTIFY_SOCKET=%s", name);
    const char *const environment[] = {"HOME=/", variable, NULL};
    return supervisor_tell(environment, S("READY=1"));
}

static void hears(const char *name)
{
    char got[32];
    int fd = listen_at(name);
    assert_true(told(name));
    assert_int_equal(recv(fd, got, sizeof(got), 0), 7);
    assert_memory_equal(got, "READY=1", 7);
    assert_int_equal(recv(fd, got, sizeof(got), 0), -1); /* once */
    (void)close(fd);
}

static void who_listens_hears_it_once(void **state)
{
    (void)state;
    char folder[] = "/tmp/quan-notify-XXXXXX", name[ROOM];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(name, sizeof(name), "%s/socket", folder);
    hears(name);
    assert_false(told(name)); /* nobody listens any more */
    assert_int_equal(unlink(name), 0);
    assert_int_equal(rmdir(folder), 0);
    (void)snprintf(name, sizeof(name), "@quan-notify-%ld", (long)getpid());
    hears(name);
    assert_false(told(name));
}

static void without_a_supervisor_there_is_nothing_to_do(void **state)
{
    (void)state;
    const char *const environment[] = {"NOTIFY_SOCKETS=/none", NULL};
    assert_true(supervisor_tell(NULL, S("READY=1")));
    assert_true(supervisor_tell(environment, S("READY=1")));
    assert_true(told(""));
}

static void what_is_no_address_is_not_told(void **state)
{
    (void)state;
    char name[ROOM];
    memset(name, 'x', sizeof(name));
    name[0] = '/';
    name[sizeof(name) - 1] = '\0';
    assert_false(told(name)); /* too long */
    assert_false(told("relative"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_listens_hears_it_once),
        cmocka_unit_test(without_a_supervisor_there_is_nothing_to_do),
        cmocka_unit_test(what_is_no_address_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
