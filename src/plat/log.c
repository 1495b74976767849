/* JSON lines through a ring of bytes to a writing thread.
 *
 * The writer never blocks for long: it asks poll before it writes, and writes no more at a time
 * than a pipe with room takes whole. Invariants: the ring holds whole lines from `tail` on, but for
 * the part of the first one that is written already; `used` bytes of it are taken. */
#include "port/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "port/clock.h"
#include "port/metric.h"

enum { TAIL_BYTES = 32, POLL_MS = 100, STOP_MS = 1000, KEY_CHARS_MIN = 8, STDERR = 2 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t some;
    pthread_t writer;
    bool running, stopping;
    int64_t give_up_ms;
    int fd;
    char *ring;
    size_t tail, used;
    uint64_t unreported; /* dropped, and not yet told in a line */
} sink = {.lock = PTHREAD_MUTEX_INITIALIZER, .some = PTHREAD_COND_INITIALIZER};

static _Atomic(log_level) lowest = LOG_INFO;
static _Atomic(uint64_t) dropped;

static const char *const level_names[LOG_LEVEL_COUNT] = {"debug", "info", "warn", "error"};

bool log_is_on(log_level level)
{
    return level >= atomic_load_explicit(&lowest, memory_order_relaxed);
}

void log_set_level(log_level level)
{
    atomic_store(&lowest, level);
}
uint64_t log_dropped(void)
{
    return atomic_load(&dropped);
}

bool log_level_parse(str name, log_level *out)
{
    for (int i = 0; i < LOG_LEVEL_COUNT; i++) {
        if (str_eq(name, str_of(level_names[i]))) {
            *out = (log_level)i;
            return true;
        }
    }
    return false;
}

/* ---- a line ---- */

static bool is_secret(str key)
{
    static const char *const ends[] = {"secret", "password",  "token",      "authorization",
                                       "cookie", "signature", "passphrase", "api_key"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        if (str_ends(key, str_of(ends[i])))
            return true;
    }
    return str_eq(key, S("key"));
}

static bool in_key(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
}

/* Copies text with every "qk_…" that is long enough to be (the beginning of) a key hidden. */
static void hide_keys(str text, buf *out)
{
    size_t i = 0;
    while (i < text.n) {
        str rest = {text.p + i, text.n - i};
        const char *found = memmem(rest.p, rest.n, "qk_", 3);
        size_t before = found == NULL ? rest.n : (size_t)(found - rest.p);
        buf_add(out, rest.p, before);
        i += before;
        if (found == NULL)
            return;
        size_t n = 3;
        while (i + n < text.n && in_key(text.p[i + n]))
            n++;
        if (n >= 3 + KEY_CHARS_MIN)
            buf_str(out, S("qk_[hidden]"));
        else
            buf_add(out, text.p + i, n);
        i += n;
    }
}

static void put_text(json_writer *w, str key, str text)
{
    if (is_secret(key)) {
        json_put_str(w, S("[hidden]"));
        return;
    }
    bool has_key = text.n > 0 && memmem(text.p, text.n, "qk_", 3) != NULL;
    buf clean;
    buf_init(&clean, SIZE_MAX / 2);
    if (has_key) {
        hide_keys(text, &clean);
        text = buf_view(&clean);
    }
    if (text.n > LOG_TEXT_MAX)
        text.n = LOG_TEXT_MAX;
    json_put_str(w, text);
    buf_free(&clean);
}

static void put_field(json_writer *w, const log_field *f)
{
    str key = str_of(f->key);
    json_key(w, key);
    switch (f->kind) {
    case LOG_KIND_TEXT:
        put_text(w, key, f->text);
        break;
    case LOG_KIND_I64:
        json_put_i64(w, (int64_t)f->number);
        break;
    case LOG_KIND_U64:
        json_put_u64(w, f->number);
        break;
    case LOG_KIND_BOOL:
        json_put_bool(w, f->number != 0);
        break;
    }
}

static void make_line(buf *line, log_level level, const log_field *fields, size_t n)
{
    buf_init(line, LOG_LINE_MAX - TAIL_BYTES);
    json_writer w = json_writer_on(line);
    json_begin_object(&w);
    json_key(&w, S("time"));
    json_put_time(&w, clock_wall_ms());
    json_key(&w, S("level"));
    json_put_str(&w, str_of(level_names[level]));
    bool cut = false;
    for (size_t i = 0; i < n && !cut; i++) {
        size_t before = line->n;
        json_writer w_before = w;
        put_field(&w, &fields[i]);
        cut = buf_overflowed(line);
        if (cut) {
            line->n = before;
            line->overflowed = false;
            w = w_before;
        }
    }
    line->max = LOG_LINE_MAX;
    if (cut) {
        json_key(&w, S("truncated"));
        json_put_bool(&w, true);
    }
    json_end_object(&w);
    buf_char(line, '\n');
}

/* ---- the ring ---- */

static void count_dropped(uint64_t n)
{
    atomic_fetch_add(&dropped, n);
    metric_add(METRIC_LOG_DROPPED, n);
}

static bool ring_add(str line)
{
    if (line.n > LOG_QUEUE_BYTES - sink.used)
        return false;
    size_t at = (sink.tail + sink.used) % LOG_QUEUE_BYTES;
    size_t first = LOG_QUEUE_BYTES - at;
    first = first < line.n ? first : line.n;
    memcpy(sink.ring + at, line.p, first);
    memcpy(sink.ring, line.p + first, line.n - first);
    sink.used += line.n;
    return true;
}

/* With room again, the log says what it lost. Called with the lock. */
static void report_dropped(void)
{
    if (sink.unreported == 0 || sink.used > LOG_QUEUE_BYTES / 2)
        return;
    buf line;
    make_line(&line, LOG_WARN,
              (const log_field[]){log_str("event", S("log lines dropped")),
                                  log_u64("dropped", sink.unreported)},
              2);
    if (ring_add(buf_view(&line)))
        sink.unreported = 0;
    buf_free(&line);
}

static void write_all(int fd, str line)
{
    while (line.n > 0) {
        ssize_t n = write(fd, line.p, line.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            count_dropped(1);
            return;
        }
        line = (str){line.p + n, line.n - (size_t)n};
    }
}

void log_write(log_level level, const log_field *fields, size_t n)
{
    buf line;
    make_line(&line, level, fields, n);
    pthread_mutex_lock(&sink.lock);
    if (!sink.running) {
        write_all(STDERR, buf_view(&line));
    } else if (ring_add(buf_view(&line))) {
        pthread_cond_signal(&sink.some);
    } else {
        sink.unreported++;
        count_dropped(1);
    }
    pthread_mutex_unlock(&sink.lock);
    buf_free(&line);
}

/* ---- the writing thread ---- */

/* Writes some of the front of the ring, without the lock; how much, or -1 when the sink is gone. */
static ssize_t write_some(int fd, const char *p, size_t n)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    int polled = poll(&ready, 1, POLL_MS);
    if (polled <= 0)
        return 0;
    if ((ready.revents & POLLOUT) == 0)
        return -1;
    /* A pipe that is ready has room for PIPE_BUF bytes. */
    ssize_t written = write(fd, p, n < PIPE_BUF ? n : PIPE_BUF);
    if (written < 0)
        return errno == EINTR || errno == EAGAIN ? 0 : -1;
    return written;
}

static uint64_t lines_in_ring(void)
{
    uint64_t n = 0;
    for (size_t i = 0; i < sink.used; i++)
        n += sink.ring[(sink.tail + i) % LOG_QUEUE_BYTES] == '\n';
    return n;
}

static void drop_ring(void)
{
    uint64_t n = lines_in_ring();
    sink.unreported += n;
    count_dropped(n);
    sink.used = 0;
}

static void *writer_main(void *unused)
{
    (void)unused;
    pthread_setname_np(pthread_self(), "log");
    pthread_mutex_lock(&sink.lock);
    while (sink.used > 0 || !sink.stopping) {
        if (sink.used == 0) {
            pthread_cond_wait(&sink.some, &sink.lock);
            continue;
        }
        if (sink.stopping && clock_monotonic_ms() >= sink.give_up_ms) {
            drop_ring();
            break;
        }
        size_t n = LOG_QUEUE_BYTES - sink.tail;
        n = n < sink.used ? n : sink.used;
        const char *p = sink.ring + sink.tail;
        pthread_mutex_unlock(&sink.lock);
        ssize_t written = write_some(sink.fd, p, n);
        pthread_mutex_lock(&sink.lock);
        if (written < 0) {
            drop_ring();
            continue;
        }
        sink.tail = (sink.tail + (size_t)written) % LOG_QUEUE_BYTES;
        sink.used -= (size_t)written;
        report_dropped();
    }
    pthread_mutex_unlock(&sink.lock);
    return NULL;
}

void log_start(int fd)
{
    pthread_mutex_lock(&sink.lock);
    CHECK(!sink.running);
    sink.ring = malloc(LOG_QUEUE_BYTES); /* freed by log_stop */
    CHECK(sink.ring != NULL);
    sink.fd = fd;
    sink.tail = sink.used = 0;
    sink.unreported = 0;
    sink.stopping = false;
    /* Signals are for the main thread, and a pipe whose reader left is no reason to end. */
    sigset_t all, before;
    sigfillset(&all);
    CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    CHECK(pthread_create(&sink.writer, NULL, writer_main, NULL) == 0);
    CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    sink.running = true;
    pthread_mutex_unlock(&sink.lock);
}

void log_stop(void)
{
    pthread_mutex_lock(&sink.lock);
    bool running = sink.running;
    sink.stopping = true;
    sink.give_up_ms = clock_monotonic_ms() + STOP_MS;
    pthread_cond_signal(&sink.some);
    pthread_mutex_unlock(&sink.lock);
    if (!running)
        return;
    CHECK(pthread_join(sink.writer, NULL) == 0);
    pthread_mutex_lock(&sink.lock);
    sink.running = false;
    drop_ring(); /* what came after the writer's last look */
    free(sink.ring);
    sink.ring = NULL;
    pthread_mutex_unlock(&sink.lock);
}
