/* See load.h. */
#include "bench/peers/load/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum { EVENTS_MAX = 256, PAUSE_MS = 1000 };

void load_stop(const char *what, const char *why)
{
    (void)fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, why);
    exit(1);
}

int64_t load_now_us(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

uint64_t load_scramble(uint64_t n)
{
    n ^= n >> 31;
    n *= UINT64_C(0x9e3779b97f4a7c15);
    return n ^ (n >> 29);
}

uint64_t load_number(const char *name, const char *text, uint64_t most)
{
    char *end;
    uint64_t n = strtoull(text, &end, 10);
    if (*text == '\0' || *end != '\0' || n < 1 || n > most)
        load_stop(name, "not a number in its range");
    return n;
}

size_t load_script(const char *path, char text[LOAD_SCRIPT_MAX])
{
    FILE *f = fopen(path, "re");
    if (f == NULL)
        load_stop(path, "cannot be read");
    size_t n = fread(text, 1, LOAD_SCRIPT_MAX - 1, f);
    text[n] = '\0';
    (void)fclose(f);
    return n;
}

/* ---- the loop ---- */

static void send_next(load *l, void *line)
{
    l->busy++;
    l->send(l, line);
}

void load_begin(load *l)
{
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
}

void load_watch(load *l, int fd, void *line)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = line};
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        load_stop("epoll", strerror(errno));
    send_next(l, line);
}

void load_drive(load *l, uint64_t seconds)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t end = load_now_us(CLOCK_MONOTONIC) + (int64_t)seconds * 1000000;
    while (l->busy > 0) {
        int n = epoll_wait(l->epoll, events, EVENTS_MAX, PAUSE_MS);
        for (int i = 0; i < n; i++) {
            if (!l->take(l, events[i].data.ptr))
                continue;
            l->busy--;
            if (load_now_us(CLOCK_MONOTONIC) < end)
                send_next(l, events[i].data.ptr);
        }
    }
}

/* ---- what is measured ---- */

void load_took(load *l, int64_t us, uint64_t claims)
{
    int64_t step = us / LOAD_STEP_US;
    l->taken[step < LOAD_STEPS ? step : LOAD_STEPS - 1] += claims;
    l->done += claims;
}

uint64_t load_at(const load *l, uint64_t per_mille)
{
    uint64_t sum = 0, step = 0;
    while (step < LOAD_STEPS - 1 && (sum += l->taken[step]) * 1000 < l->done * per_mille)
        step++;
    return (step + 1) * LOAD_STEP_US;
}
