/* Signals come through a signalfd and the store's failure through an eventfd, so that the main
 * thread waits for both with one poll and no handler runs while the server serves, but for signals
 * that end the process anyway. See stop.h. */
#include "cli/stop.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>

#include "app/quarantine.h"
#include "base/check.h"
#include "cli/cli.h"

static int signals_fd = -1, failed_fd = -1;
static _Atomic int failed_why; /* a result; R_DONE: not failed */
static int caught;

static sigset_t ending_signals(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    return set;
}

/* Async-signal-safe. The handler was reset before it ran: the signal ends the process now. */
static void on_crash(int number)
{
    quarantine_signal(number);
    (void)raise(number);
}

/* Where nobody else (a sanitizer) looks at them already. */
static void watch_crashes(void)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        struct sigaction now, action = {.sa_handler = on_crash};
        action.sa_flags = (int)SA_RESETHAND | SA_NODEFER;
        if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
            CHECK(sigaction(numbers[i], &action, NULL) == 0);
    }
}

void stop_install(void)
{
    watch_crashes();
    sigset_t set = ending_signals();
    CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    signals_fd = signalfd(-1, &set, SFD_CLOEXEC);
    failed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    CHECK(signals_fd >= 0 && failed_fd >= 0);
}

void stop_store_failed(void *context, result why)
{
    MAYBE(context);
    int none = R_DONE;
    (void)atomic_compare_exchange_strong(&failed_why, &none, (int)why);
    if (failed_fd >= 0) { /* a store may fail while it opens, before anybody waits */
        uint64_t one = 1;
        MAYBE(write(failed_fd, &one, sizeof(one)) > 0);
    }
}

stop_reason stop_now(void)
{
    return (stop_reason){.signal = caught, .failed = (result)atomic_load(&failed_why)};
}

stop_reason stop_wait(void)
{
    while (caught == 0 && atomic_load(&failed_why) == R_DONE) {
        struct pollfd fds[] = {{.fd = signals_fd, .events = POLLIN},
                               {.fd = failed_fd, .events = POLLIN}};
        MAYBE(poll(fds, ARRAY_LEN(fds), -1) < 0);
        struct signalfd_siginfo info;
        if ((fds[0].revents & POLLIN) != 0 &&
            read(signals_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
            caught = (int)info.ssi_signo;
    }
    return stop_now();
}

/* Async-signal-safe: an atomic load, a write and _exit. */
static void end_at_once(int number)
{
    static const char late[] = "quan: the deadline for stopping has passed\n";
    static const char again[] = "quan: stopped at once by a second signal\n";
    MAYBE(write(STDERR_FILENO, number == SIGALRM ? late : again,
                number == SIGALRM ? sizeof(late) - 1 : sizeof(again) - 1) < 0);
    _exit(atomic_load(&failed_why) == R_DONE ? CLI_FAILED : CLI_STORE_FAILED);
}

void stop_arm(int64_t deadline_ms)
{
    struct sigaction action = {.sa_handler = end_at_once};
    sigset_t set = ending_signals();
    (void)sigfillset(&action.sa_mask);
    CHECK(sigaction(SIGTERM, &action, NULL) == 0);
    CHECK(sigaction(SIGINT, &action, NULL) == 0);
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    struct itimerval in = {
        .it_value = {.tv_sec = deadline_ms / 1000, .tv_usec = deadline_ms % 1000 * 1000 + 1}};
    CHECK(setitimer(ITIMER_REAL, &in, NULL) == 0);
    CHECK(pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0);
}
