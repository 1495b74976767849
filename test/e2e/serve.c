/* `quan serve` as its supervisor sees it: when it is ready, how it ends, and with which status.
 *
 * A store failure comes from test/fault/shim, preloaded into the child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "app/app.h"
#include "port/clock.h"
#include "port/disk.h"
#include "test/lib/child.h"

/* A request whose last byte is missing: the server waits for it. */
static int begin_request(const child *c)
{
    int fd = child_reach(c);
    assert_true(fd >= 0);
    child_send(fd, "POST /v1/claims HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                   "Content-Length: 2\r\n\r\n{");
    child_pause_ms(200);
    return fd;
}

/* ---- tests ---- */

static void ends_well_on(child *c, int number)
{
    char said[256], url[256];
    child_serve(c);
    assert_int_equal(child_status(c, "/readyz"), 200);
    assert_int_equal(child_status(c, "/livez"), 200);
    assert_true(child_read_text(c->said, said, sizeof(said)) > 0);
    assert_non_null(strstr(said, "quan is ready at http://127.0.0.1:"));
    assert_int_equal(kill(c->pid, number), 0);
    assert_int_equal(child_ended(c), 0);
    assert_int_equal(child_read_text(c->ready, url, sizeof(url)), 0);
}

static void sigterm_and_sigint_end_it_well(void **state)
{
    ends_well_on(*state, SIGTERM);
    ends_well_on(*state, SIGINT);
}

static void what_is_inside_is_answered_before_it_ends(void **state)
{
    child *c = *state;
    char answer[4096];
    child_serve(c);
    int idle = child_reach(c), fd = begin_request(c);
    assert_int_equal(kill(c->pid, SIGTERM), 0);
    child_pause_ms(300);
    assert_int_equal(child_reach(c), -1);          /* nobody new */
    assert_int_equal(recv(idle, answer, 1, 0), 0); /* who asked nothing is sent away */
    child_send(fd, "}");
    child_read_answer(fd, answer, sizeof(answer));
    assert_non_null(strstr(answer, "HTTP/1.1 401"));
    assert_non_null(strstr(answer, "onnection: close"));
    assert_int_equal(child_ended(c), 0);
    (void)close(idle);
    (void)close(fd);
}

static void who_does_not_finish_is_cut_off(void **state)
{
    child *c = *state;
    c->flags[c->flag_n++] = "--drain-timeout-ms=300";
    child_serve(c);
    int fd = begin_request(c);
    int64_t began = clock_monotonic_ms();
    assert_int_equal(kill(c->pid, SIGTERM), 0);
    assert_int_equal(child_ended(c), 0);
    assert_in_range(clock_monotonic_ms() - began, 250, 5000);
    (void)close(fd);
}

static void a_second_signal_ends_it_at_once(void **state)
{
    child *c = *state;
    c->flags[c->flag_n++] = "--drain-timeout-ms=60000";
    child_serve(c);
    int fd = begin_request(c);
    assert_int_equal(kill(c->pid, SIGTERM), 0);
    child_pause_ms(300);
    int64_t began = clock_monotonic_ms();
    assert_int_equal(kill(c->pid, SIGTERM), 0);
    assert_int_equal(child_ended(c), 1);
    assert_in_range(clock_monotonic_ms() - began, 0, 2000);
    (void)close(fd);
    c->flag_n = 0;
    child_serve(c); /* what it left opens again */
    assert_int_equal(kill(c->pid, SIGTERM), 0);
    assert_int_equal(child_ended(c), 0);
}

static void a_second_server_is_refused(void **state)
{
    child *c = *state, second = *c;
    char log[8192];
    child_serve(c);
    (void)snprintf(second.log, sizeof(second.log), "%s/second.log", c->root);
    (void)snprintf(second.ready, sizeof(second.ready), "%s/second.url", c->root);
    child_launch_server(&second);
    assert_int_equal(child_ended(&second), 3);
    assert_true(child_read_text(second.log, log, sizeof(log)) > 0);
    assert_non_null(strstr(log, "another process has the data directory"));
    char port[16];
    (void)snprintf(port, sizeof(port), "%u", c->port);
    (void)snprintf(second.data, sizeof(second.data), "%s/data2", c->root);
    const char *taken[] = {"quan", "serve", "--data", second.data, "--http-port", port, NULL};
    child_launch(&second, taken);
    assert_int_equal(child_ended(&second), 3);
    assert_int_equal(child_status(c, "/readyz"), 200); /* the first one goes on */
    assert_int_equal(kill(c->pid, SIGTERM), 0);
    assert_int_equal(child_ended(c), 0);
}

static void make_key(child *c, char *key, size_t room)
{
    const char *arguments[] = {"quan",   "admin", "key",        "create",
                               "--data", c->data, "--operator", NULL};
    child_launch(c, arguments);
    assert_int_equal(child_ended(c), 0);
    size_t n = child_read_text(c->said, key, room);
    assert_true(n > 3);
    key[n - 1] = '\0'; /* the line's end */
}

static void inject(child *c)
{
    char path[CHILD_PATH];
    (void)snprintf(path, sizeof(path), "%s/control", c->root);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, sizeof(fault_control)), 0);
    c->fault = mmap(NULL, sizeof(fault_control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(c->fault != MAP_FAILED);
    (void)close(fd);
    (void)snprintf(c->fault->under, sizeof(c->fault->under), "%s", c->data);
    c->fault->syncs_left = INT64_MAX / 2;
}

/* Makes a merchant, with a key of its own; what is answered. */
static void make_merchant(const child *c, const char *key, int nth, char *answer, size_t room)
{
    static const char body[] = "{\"name\":\"Shop\",\"zone\":\"UTC\",\"currency\":\"USD\"}";
    char asked[1024];
    (void)snprintf(asked, sizeof(asked),
                   "POST /v1/merchants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                   "Content-Type: application/json\r\nIdempotency-Key: k%d\r\n"
                   "Connection: close\r\nContent-Length: %zu\r\n\r\n%s",
                   key, nth, sizeof(body) - 1, body);
    int fd = child_reach(c);
    assert_true(fd >= 0);
    child_send(fd, asked);
    child_read_answer(fd, answer, room);
    (void)close(fd);
}

/* No answer but one that says that the outcome is not known, then status 5; what was acknowledged
 * is there afterwards. */
static void a_store_that_fails_ends_it_with_its_own_status(void **state)
{
    child *c = *state;
    char key[128], answer[4096];
    make_key(c, key, sizeof(key));
    inject(c);
    child_serve(c);
    make_merchant(c, key, 0, answer, sizeof(answer));
    assert_non_null(strstr(answer, "HTTP/1.1 201"));
    c->fault->sync_error = EIO;
    c->fault->syncs_left = 0;
    make_merchant(c, key, 1, answer, sizeof(answer));
    assert_non_null(strstr(answer, "HTTP/1.1 503"));
    assert_non_null(strstr(answer, "\"code\":\"unknown\""));
    assert_non_null(strstr(answer, "Retry-After: "));
    assert_int_equal(child_ended(c), 5);
    (void)munmap(c->fault, sizeof(*c->fault));
    c->fault = NULL;
    const char *listing[] = {"quan", "admin", "merchant", "list", "--data", c->data, NULL};
    child_launch(c, listing);
    assert_int_equal(child_ended(c), 0);
    assert_true(child_read_text(c->said, answer, sizeof(answer)) > 0);
    assert_non_null(strstr(answer, "Shop"));
}

/* Writes are refused with a code of their own; all else goes on, and they do once there is space.
 */
static void a_full_disk_refuses_writes_alone(void **state)
{
    child *c = *state;
    char key[128], answer[4096];
    make_key(c, key, sizeof(key));
    inject(c);
    child_serve(c);
    make_merchant(c, key, 0, answer, sizeof(answer));
    assert_non_null(strstr(answer, "HTTP/1.1 201"));
    c->fault->keeps_space = true; /* of what the start leaves to be removed, in its own time */
    c->fault->counts_space = true;
    for (int i = 1; i < 4; i++) {
        c->fault->space_left = 0; /* what the reserve gave back is used up again */
        make_merchant(c, key, i, answer, sizeof(answer));
        assert_non_null(strstr(answer, "HTTP/1.1 507"));
        assert_non_null(strstr(answer, "\"code\":\"storage_full\""));
        assert_int_equal(child_status(c, "/readyz"), 200);
        assert_int_equal(child_metric(c, "quan_store_full"), 1);
    }
    make_merchant(c, key, 0, answer, sizeof(answer));
    assert_non_null(strstr(answer, "HTTP/1.1 201")); /* its first answer */
    c->fault->space_left = INT64_C(200) << 20;
    make_merchant(c, key, 1, answer, sizeof(answer));
    assert_non_null(strstr(answer, "HTTP/1.1 201"));
    assert_int_equal(child_metric(c, "quan_store_full"), 0);
    assert_int_equal(kill(c->pid, SIGTERM), 0);
    assert_int_equal(child_ended(c), 0);
}

/* As a unit of Type=notify has it. */
static void a_supervisor_is_told(void **state)
{
    child *c = *state;
    char heard[64];
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int n = snprintf(at.sun_path, sizeof(at.sun_path), "%s/notify", c->root);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && n > 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", at.sun_path, 1), 0);
    child_serve(c);
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    assert_int_equal(recv(fd, heard, sizeof(heard), 0), 7);
    assert_memory_equal(heard, "READY=1", 7);
    assert_int_equal(kill(c->pid, SIGTERM), 0);
    assert_int_equal(recv(fd, heard, sizeof(heard), 0), 10);
    assert_memory_equal(heard, "STOPPING=1", 10);
    assert_int_equal(child_ended(c), 0);
    (void)close(fd);
}

static void a_ready_file_that_cannot_be_written_ends_it(void **state)
{
    child *c = *state;
    (void)snprintf(c->ready, sizeof(c->ready), "%s/none/url", c->root);
    child_launch_server(c);
    assert_int_equal(child_ended(c), 3);
}

int main(void)
{
#define WITH_CHILD(test) cmocka_unit_test_setup_teardown(test, child_make, child_remove)
    const struct CMUnitTest tests[] = {
        WITH_CHILD(sigterm_and_sigint_end_it_well),
        WITH_CHILD(what_is_inside_is_answered_before_it_ends),
        WITH_CHILD(who_does_not_finish_is_cut_off),
        WITH_CHILD(a_second_signal_ends_it_at_once),
        WITH_CHILD(a_second_server_is_refused),
        WITH_CHILD(a_store_that_fails_ends_it_with_its_own_status),
        WITH_CHILD(a_full_disk_refuses_writes_alone),
        WITH_CHILD(a_supervisor_is_told),
        WITH_CHILD(a_ready_file_that_cannot_be_written_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
