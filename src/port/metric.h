/* Counters, gauges and histograms, declared once in metric.def.
 *
 * Thread-safe without locks: counters and histograms are spread over shards that threads take in
 * turn, and summed when read. A reading is not a snapshot of one instant. Values are integers;
 * durations are recorded in microseconds and shown in seconds, as Prometheus wants them. */
#ifndef QUAN_PORT_METRIC_H
#define QUAN_PORT_METRIC_H

#include <stdint.h>

#include "base/buf.h"

typedef enum metric {
#define METRIC(id, kind, unit, name, labels, help) METRIC_##id,
#include "port/metric.def"
#undef METRIC
    METRIC_COUNT
} metric;

typedef enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM } metric_kind;
typedef enum metric_unit {
    METRIC_UNIT_ONE,     /* pieces; histogram bounds 1, 2, 4 … 4,096 */
    METRIC_UNIT_BYTES,   /* histogram bounds 256, 1,024 … 67,108,864 */
    METRIC_UNIT_SECONDS, /* recorded in µs; histogram bounds 10 µs, 20, 50, 100 … 10 s */
} metric_unit;

void metric_add(metric m, uint64_t n);     /* counter */
void metric_change(metric m, int64_t by);  /* gauge */
void metric_set(metric m, int64_t v);      /* gauge, or a counter that is counted elsewhere */
void metric_observe(metric m, uint64_t v); /* histogram */
uint64_t metric_value(metric m);           /* counter or gauge; histogram: how many observed */

/* Called before each exposition, to set what is counted elsewhere. At most METRIC_COLLECTORS_MAX,
 * registered before threads start. */
enum { METRIC_COLLECTORS_MAX = 16 };
void metric_on_collect(void (*collect)(void *context), void *context);

void metric_write(buf *out);     /* Prometheus text exposition format 0.0.4 */
void metric_reference(buf *out); /* the reference page, in Markdown */

#endif
