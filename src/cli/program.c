/* See program.h. Children of children come to us when their parent has ended (we are their reaper),
 * so that "no child is left" means all of them. */
#include "cli/program.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "port/clock.h"

enum { KILL_EVERY_MS = 100, CHILDREN_MAX = 1024 };

static sigset_t signals_wanted(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
    sigset_t set;
    (void)sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        (void)sigaddset(&set, numbers[i]);
    return set;
}

void programs_begin(programs *all, bool input)
{
    sigset_t set = signals_wanted();
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    *all = (programs){.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
                      .input = input ? STDIN_FILENO : -1};
    CHECK(all->signals >= 0);
}

/* ---- starting ---- */

static _Noreturn void refuse(const char *what, const char *path)
{
    (void)dprintf(STDERR_FILENO, "quan: %s%s%s: %s\n", what, path[0] == '\0' ? "" : " ", path,
                  strerror(errno));
    _exit(PROGRAM_NOT_RUN);
}

static bool become_user(program_user u)
{
    return !u.changes || (setgroups(0, NULL) == 0 && setgid(u.gid) == 0 && setuid(u.uid) == 0);
}

bool program_reaches(program_user user, const char *path)
{
    int status = 1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(become_user(user) && access(path, X_OK) == 0 ? 0 : 1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static _Noreturn void become(const program *p, pid_t parent)
{
    sigset_t none;
    (void)sigemptyset(&none);
    if (setsid() < 0 || signal(SIGPIPE, SIG_DFL) == SIG_ERR)
        refuse("no session of its own", "");
    if (!become_user(p->user))
        refuse("the user cannot be changed", "");
    /* After the user, for a change of that takes it back; and perhaps it is too late already. */
    if (prctl(PR_SET_PDEATHSIG, p->last) != 0 || getppid() != parent)
        _exit(PROGRAM_NOT_RUN);
    (void)umask(S_IRWXG | S_IRWXO);
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int out = open(p->output, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (in < 0 || out < 0)
        refuse("cannot write", p->output);
    if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
        refuse("no output", "");
    if (close_range(STDERR_FILENO + 1, ~0U, 0) != 0 || chdir(p->directory) != 0)
        refuse("cannot work in", p->directory);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    char *const *arguments = (char *const *)(uintptr_t)p->arguments;
    if (p->environment == NULL)
        (void)execv(p->arguments[0], arguments);
    else
        (void)execve(p->arguments[0], arguments, (char *const *)(uintptr_t)p->environment);
    refuse("cannot run", p->arguments[0]);
}

pid_t program_start(const program *p)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become(p, parent);
    return pid;
}

/* ---- waiting ---- */

/* Signals that have come: does one of them end us? */
static bool read_signals(const programs *all)
{
    struct signalfd_siginfo info;
    bool stop = false;
    while (read(all->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
        stop = stop || info.ssi_signo != SIGCHLD;
    return stop;
}

program_event programs_next(programs *all, int64_t ms, pid_t *pid, int *status)
{
    int64_t until = clock_monotonic_ms() + ms;
    for (;;) {
        *pid = waitpid(-1, status, WNOHANG);
        if (*pid > 0)
            return PROGRAM_ENDED;
        int64_t left = until - clock_monotonic_ms();
        struct pollfd fds[] = {{.fd = all->signals, .events = POLLIN},
                               {.fd = all->input, .events = all->reads ? POLLIN : 0}};
        if (poll(fds, ARRAY_LEN(fds), left < 0 ? 0 : (int)left) < 0)
            CHECK(errno == EINTR);
        bool left_alone = (fds[1].revents & ~POLLIN) != 0 && (fds[1].revents & POLLIN) == 0;
        if (left_alone)
            all->input = -1;
        if (read_signals(all) || left_alone) {
            all->stopped = true;
            return PROGRAM_STOP;
        }
        if (fds[1].revents != 0)
            return PROGRAM_INPUT;
        if (left <= 0 && fds[0].revents == 0)
            return PROGRAM_TIME;
    }
}

/* To each child that has not been waited for; returns how many there are. 0 sends nothing. */
static size_t signal_children(int number)
{
    char path[64], text[CHILDREN_MAX * 8];
    (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof(text));
    str rest = {text, got < 0 ? 0 : (size_t)got}, word;
    size_t n = 0;
    for (uint64_t child; str_cut(&rest, ' ', &word);)
        n += str_to_u64(word, &child) && kill((pid_t)child, number) == 0;
    if (fd >= 0)
        (void)close(fd);
    return n;
}

size_t programs_count(void)
{
    return signal_children(0);
}

bool programs_end(programs *all, int64_t ms)
{
    int64_t began = clock_monotonic_ms();
    all->reads = false;
    all->input = -1;
    for (bool hard = false;;) {
        pid_t pid;
        int status;
        if (waitpid(-1, &status, WNOHANG) < 0 && errno == ECHILD)
            return true;
        int64_t passed = clock_monotonic_ms() - began;
        if (passed >= ms)
            return false;
        /* Who asks a second time does not want to wait. */
        if (programs_next(all, KILL_EVERY_MS, &pid, &status) == PROGRAM_STOP || passed >= ms / 2)
            hard = true;
        if (hard)
            (void)signal_children(SIGKILL);
    }
}
