/* What test/lib/pg.h promises: clusters that a test starts, tells to stop and start, and that are
 * gone when the test is, even when it was killed. */
#include "test/lib/pg.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/lib/child.h"

enum { GONE_PATIENCE_MS = 20000 };

static bool is_alive(pid_t pid)
{
    return kill(pid, 0) == 0;
}

static bool goes(bool (*is_there)(const void *), const void *what)
{
    for (int waited = 0; waited < GONE_PATIENCE_MS && is_there(what); waited += 20)
        child_pause_ms(20);
    return !is_there(what);
}

static bool node_is_alive(const void *node)
{
    return is_alive(((const pg_node *)node)->process);
}

/* The directory of the unix socket, which the connection string begins with. */
static bool directory_is_there(const void *node)
{
    char path[PG_DSN_MAX];
    const char *dsn = ((const pg_node *)node)->dsn;
    assert_int_equal(strncmp(dsn, "host='", 6), 0);
    (void)snprintf(path, sizeof(path), "%s", dsn + 6);
    *strchr(path, '\'') = '\0';
    return access(path, F_OK) == 0;
}

static void nodes_are_told_and_obey(void **state)
{
    (void)state;
    pg p;
    pg_start(&p, (const char *const[]){"--shards=2", "--replicas", "--unsynced", NULL});
    assert_int_equal(p.n, 4);
    const pg_node *first = pg_named(&p, "shard-0"), *replica = pg_named(&p, "shard-1-replica");
    pg_node old = *replica;
    assert_true(!first->replica && replica->replica && first->running && replica->running);
    assert_true(first->port != replica->port && is_alive(first->process));
    assert_non_null(strstr(first->dsn_tcp, "@127.0.0.1:"));
    assert_true(directory_is_there(first));
    pg_tell(&p, "kill", "shard-1-replica");
    assert_true(!replica->running && goes(node_is_alive, &old) && is_alive(first->process));
    pg_tell(&p, "start", "shard-1-replica");
    assert_true(replica->running && replica->process != old.process && is_alive(replica->process));
    assert_int_equal(replica->port, old.port);
    pg_tell(&p, "stop", "shard-1-replica");
    assert_false(replica->running);
    old = *first;
    pg_stop(&p);
    assert_false(is_alive(old.process) || directory_is_there(&old));
}

/* A process of its own starts one, and is killed. */
static void a_test_that_is_killed_leaves_nothing(void **state)
{
    (void)state;
    pg_node *node =
        mmap(NULL, sizeof(*node), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(node, MAP_FAILED);
    pid_t test = fork();
    if (test == 0) {
        static pg p;
        pg_start(&p, (const char *const[]){"--unsynced", NULL});
        *node = p.nodes[0];
        (void)kill(getpid(), SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(test, &status, 0), test);
    assert_true(WIFSIGNALED(status) && node->process > 0);
    assert_true(goes(node_is_alive, node));
    assert_true(goes(directory_is_there, node));
    (void)munmap(node, sizeof(*node));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_are_told_and_obey),
        cmocka_unit_test(a_test_that_is_killed_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
