/* See pg.h. */
#include "test/lib/pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "test/lib/child.h"

enum { PATIENCE_MS = 120000, ARGUMENTS_MAX = 32 };

static _Noreturn void become(const int in[2], const int out[2], char *const *arguments)
{
    /* It ends by itself when stdin is closed; this is for one that is stuck. */
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (dup2(in[0], STDIN_FILENO) >= 0 && dup2(out[1], STDOUT_FILENO) >= 0)
        (void)execv(child_in_build("quan"), arguments);
    _exit(127);
}

/* Up to the end of a line; without it. */
static void read_line(const pg *p, char *line)
{
    size_t n = 0;
    struct pollfd ready = {.fd = p->from, .events = POLLIN};
    while (n + 1 < PG_ANSWER_MAX && poll(&ready, 1, PATIENCE_MS) == 1 &&
           read(p->from, line + n, 1) == 1 && line[n] != '\n')
        n++;
    line[n] = '\0';
}

static void take_text(const json *node, const char *key, char *to, size_t room)
{
    const json *value = json_field(node, str_of(key));
    assert_int_equal(json_kind_of(value), JSON_KIND_STR);
    str text = json_str(value);
    assert_true(text.n < room);
    memcpy(to, text.p, text.n);
    to[text.n] = '\0';
}

static void take_node(pg *p, const json *node)
{
    char name[PG_NAME_MAX], role[PG_NAME_MAX];
    size_t i = 0;
    take_text(node, "name", name, sizeof(name));
    while (i < p->n && strcmp(p->nodes[i].name, name) != 0)
        i++;
    assert_true(i < PG_NODES_MAX);
    p->n = i == p->n ? p->n + 1 : p->n;
    pg_node *to = &p->nodes[i];
    memcpy(to->name, name, sizeof(name));
    take_text(node, "role", role, sizeof(role));
    take_text(node, "dsn", to->dsn, sizeof(to->dsn));
    take_text(node, "dsn_tcp", to->dsn_tcp, sizeof(to->dsn_tcp));
    to->replica = strcmp(role, "replica") == 0;
    to->running = json_bool(json_field(node, S("running")));
    to->process = (pid_t)json_int(json_field(node, S("process")));
    to->port = (uint16_t)json_int(json_field(node, S("port")));
}

/* What it has printed: all nodes, or one. */
static void take_answer(pg *p)
{
    static char line[PG_ANSWER_MAX];
    json *answer = NULL;
    read_line(p, line);
    if (json_parse(str_of(line), &answer, NULL) != R_DONE || json_field(answer, S("error")) != NULL)
        fail_msg("quan cluster postgres: %s", line[0] == '\0' ? "no answer" : line);
    const json *nodes = json_field(answer, S("nodes"));
    if (nodes == NULL)
        take_node(p, answer);
    for (const json *at = NULL; (at = json_item_next(nodes, at)) != NULL;)
        take_node(p, at);
    json_free(answer);
}

void pg_start(pg *p, const char *const *flags)
{
    const char *arguments[ARGUMENTS_MAX] = {"quan", "cluster", "postgres", "--json"};
    int in[2], out[2];
    for (size_t n = 0; flags[n] != NULL; n++) {
        assert_true(n + 5 < ARGUMENTS_MAX);
        arguments[n + 4] = flags[n];
    }
    *p = (pg){.to = -1, .from = -1};
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    p->pid = fork();
    assert_true(p->pid >= 0);
    if (p->pid == 0)
        become(in, out, (char *const *)(uintptr_t)arguments);
    (void)close(in[0]);
    (void)close(out[1]);
    p->to = in[1];
    p->from = out[0];
    take_answer(p);
}

void pg_stop(pg *p)
{
    int status = 0;
    if (p->to >= 0)
        (void)close(p->to);
    if (p->pid > 0)
        assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
    if (p->from >= 0)
        (void)close(p->from);
    *p = (pg){.to = -1, .from = -1};
    assert_int_equal(status, 0);
}

const pg_node *pg_named(const pg *p, const char *name)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->nodes[i].name, name) == 0)
            return &p->nodes[i];
    fail_msg("no node %s", name);
    return NULL;
}

void pg_tell(pg *p, const char *what, const char *name)
{
    assert_true(dprintf(p->to, "%s %s\n", what, name) > 0);
    take_answer(p);
}
