/* A server with nothing behind it, to measure what HTTP alone costs.
 *
 *     http_bench [loops [seconds [own|other]]]
 *     wrk -c64 -d5 -t1 http://127.0.0.1:<port>/
 *
 * `own` (the default) answers on the loop's thread; `other` hands each exchange to one worker
 * thread that answers it, as lanes do. Prints the port at the start, and at the end how many
 * requests were answered and the processor time for each. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "port/clock.h"
#include "port/http.h"
#include "port/metric.h"

enum { WAITING_MAX = 4096 };

typedef struct worker {
    pthread_mutex_t lock;
    pthread_cond_t some;
    http_exchange *waiting[WAITING_MAX];
    size_t n;
    bool ending;
} worker;

static worker other = {.lock = PTHREAD_MUTEX_INITIALIZER, .some = PTHREAD_COND_INITIALIZER};

static void answer(http_exchange *x)
{
    buf_str(http_out(x), S("{\"id\":\"cpn_0f3kq9v2m8x1t\",\"state\":\"available\",\"template\":"
                           "\"tpl_0f3kq9v2m8x1t\",\"expires_at\":\"2026-12-31T16:00:00.000Z\"}"));
    http_respond(x);
}

static void answer_here(void *context, http_exchange *x)
{
    (void)context;
    answer(x);
}

static void hand_over(void *context, http_exchange *x)
{
    worker *w = context;
    pthread_mutex_lock(&w->lock);
    bool full = w->n == WAITING_MAX;
    if (!full)
        w->waiting[w->n++] = x;
    if (w->n == 1)
        pthread_cond_signal(&w->some);
    pthread_mutex_unlock(&w->lock);
    if (full) {
        http_problem(x, R_BUSY, S(""), NULL);
        http_respond(x);
    }
}

static void *work(void *argument)
{
    worker *w = argument;
    static http_exchange *batch[WAITING_MAX];
    pthread_mutex_lock(&w->lock);
    while (w->n > 0 || !w->ending) {
        if (w->n == 0)
            pthread_cond_wait(&w->some, &w->lock);
        size_t n = w->n;
        for (size_t i = 0; i < n; i++)
            batch[i] = w->waiting[i];
        w->n = 0;
        pthread_mutex_unlock(&w->lock);
        for (size_t i = 0; i < n; i++)
            answer(batch[i]);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static int64_t cpu_us(void)
{
    struct rusage u;
    if (getrusage(RUSAGE_SELF, &u) != 0)
        return 0;
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * INT64_C(1000000) + u.ru_utime.tv_usec +
           u.ru_stime.tv_usec;
}

int main(int argc, char **argv)
{
    uint64_t loops = 1, seconds = 10;
    bool bad = (argc > 1 && !str_to_u64(str_of(argv[1]), &loops)) ||
               (argc > 2 && !str_to_u64(str_of(argv[2]), &seconds));
    bool far = argc > 3 && str_eq(str_of(argv[3]), S("other"));
    if (bad || loops < 1 || loops > HTTP_LOOPS_MAX || argc > 4) {
        fprintf(stderr, "usage: http_bench [loops [seconds [own|other]]]\n");
        return 2;
    }
    http_options options = http_options_default();
    options.loops = (unsigned)loops;
    http_service service = {.context = &other, .handle = far ? hand_over : answer_here};
    buf why;
    buf_init(&why, 1024);
    http_server *server;
    pthread_t thread;
    if (http_server_start(&options, &service, &server, &why) != R_DONE) {
        fprintf(stderr, "%.*s\n", STR_ARG(buf_view(&why)));
        return 1;
    }
    CHECK(pthread_create(&thread, NULL, work, &other) == 0);
    printf("%u\n", (unsigned)http_server_port(server));
    fflush(stdout);
    nanosleep(&(struct timespec){.tv_sec = (time_t)seconds}, NULL);
    http_server_stop(server);
    pthread_mutex_lock(&other.lock);
    other.ending = true;
    pthread_cond_signal(&other.some);
    pthread_mutex_unlock(&other.lock);
    CHECK(pthread_join(thread, NULL) == 0);
    uint64_t n = metric_value(METRIC_HTTP_RESPONSES_2XX);
    printf("answered %llu, %.2f us CPU each\n", (unsigned long long)n,
           n == 0 ? 0.0 : (double)cpu_us() / (double)n);
    buf_free(&why);
    return 0;
}
