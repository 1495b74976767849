/* Events as JSON lines: {"time":…,"level":…,"event":…, fields…}.
 *
 *     log_event(LOG_INFO, "server started", log_u64("port", port), log_str("trace_id", id));
 *
 * Thread-safe. A line is put into a bounded queue and written by a thread of its own, so a sink
 * that blocks never stalls a caller: lines beyond the queue are dropped, counted and reported by a
 * line of their own. Before log_start and after log_stop lines are written at once.
 *
 * Secrets: values of fields whose name says so (log.c lists them) and anything that looks like an
 * API key inside a text are hidden. */
#ifndef QUAN_PORT_LOG_H
#define QUAN_PORT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"
#include "base/str.h"

enum {
    LOG_LINE_MAX = 8 * 1024,   /* a longer line loses its last fields and gets "truncated":true */
    LOG_TEXT_MAX = 2 * 1024,   /* of one value; the rest is cut off */
    LOG_QUEUE_BYTES = 1 << 20, /* waiting for the sink */
};

typedef enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_LEVEL_COUNT } log_level;
typedef enum log_kind { LOG_KIND_TEXT, LOG_KIND_I64, LOG_KIND_U64, LOG_KIND_BOOL } log_kind;

typedef struct log_field {
    const char *key; /* snake_case constant */
    log_kind kind;
    str text;
    uint64_t number;
} log_field;

static inline log_field log_str(const char *key, str s)
{
    return (log_field){.key = key, .kind = LOG_KIND_TEXT, .text = s};
}

static inline log_field log_i64(const char *key, int64_t v)
{
    return (log_field){.key = key, .kind = LOG_KIND_I64, .number = (uint64_t)v};
}

static inline log_field log_u64(const char *key, uint64_t v)
{
    return (log_field){.key = key, .kind = LOG_KIND_U64, .number = v};
}

static inline log_field log_bool(const char *key, bool v)
{
    return (log_field){.key = key, .kind = LOG_KIND_BOOL, .number = v};
}

static inline log_field log_result(const char *key, result r)
{
    return log_str(key, result_code(r));
}

/* event: a string literal. The first item of the array is the event itself. */
#define LOG_FIELDS(event, ...) ((const log_field[]){log_str("event", S(event)), __VA_ARGS__})
#define log_event(level, ...)                                                                      \
    (log_is_on(level) ? log_write((level), LOG_FIELDS(__VA_ARGS__, ),                              \
                                  sizeof(LOG_FIELDS(__VA_ARGS__, )) / sizeof(log_field))           \
                      : (void)0)

bool log_is_on(log_level level);
void log_write(log_level level, const log_field *fields, size_t n); /* use log_event */

MUST_USE bool log_level_parse(str name, log_level *out); /* debug, info, warn, error */
void log_set_level(log_level lowest);                    /* LOG_INFO at first */
/* Starts the writing thread. fd stays the caller's; 2 is usual. */
void log_start(int fd);
void log_stop(void); /* writes what waits, for at most a second, and ends the thread */
uint64_t log_dropped(void);

#endif
