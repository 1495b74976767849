/* Cells of every metric, in shards: a counter has one cell, a histogram one per bucket, one for the
 * sum. A thread takes a shard when it first counts, so up to METRIC_SHARDS threads never share a
 * cache line; more of them share and stay correct, the cells being atomic. A gauge lives in the
 * first shard only, because a sum of settings would mean nothing. */
#include "port/metric.h"

#include <stdatomic.h>
#include <stdio.h>

enum { METRIC_SHARDS = 16, BOUNDS_MAX = 20, CELLS = BOUNDS_MAX + 2 };

typedef struct description {
    metric_kind kind;
    metric_unit unit;
    str name, labels, help;
} description;

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }
static const description descriptions[METRIC_COUNT] = {
#define METRIC(id, kind, unit, name, labels, help)                                                 \
    [METRIC_##id] = {METRIC_##kind, METRIC_UNIT_##unit, TEXT(name), TEXT(labels), TEXT(help)},
#include "port/metric.def"
#undef METRIC
};

static const struct {
    size_t n;
    uint64_t at[BOUNDS_MAX];
} bounds[] = {
    [METRIC_UNIT_ONE] = {13, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096}},
    [METRIC_UNIT_BYTES] = {10,
                           {256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216,
                            67108864}},
    [METRIC_UNIT_SECONDS] = {19,
                             {10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000,
                              100000, 200000, 500000, 1000000, 2000000, 5000000, 10000000}},
};

/* Offsets into a shard: each metric takes one cell, a histogram CELLS (its last is the sum). */
enum {
#define METRIC(id, kind, unit, name, labels, help)                                                 \
    AT_##id, AT_LAST_##id = AT_##id + (METRIC_##kind == METRIC_HISTOGRAM ? CELLS : 1) - 1,
#include "port/metric.def"
#undef METRIC
    CELL_COUNT
};

static const uint16_t offsets[METRIC_COUNT] = {
#define METRIC(id, kind, unit, name, labels, help) [METRIC_##id] = AT_##id,
#include "port/metric.def"
#undef METRIC
};

static struct {
    _Alignas(128) _Atomic(uint64_t) cells[CELL_COUNT];
} shards[METRIC_SHARDS];

static atomic_uint next_shard;
static _Thread_local _Atomic(uint64_t) *own_cells;

static struct {
    void (*collect)(void *context);
    void *context;
} collectors[METRIC_COLLECTORS_MAX];
static size_t collector_count;

static _Atomic(uint64_t) *cells_of(metric m)
{
    if (own_cells == NULL)
        own_cells = shards[atomic_fetch_add(&next_shard, 1) % METRIC_SHARDS].cells;
    return own_cells + offsets[m];
}

static void add_to(_Atomic(uint64_t) *cell, uint64_t n)
{
    atomic_fetch_add_explicit(cell, n, memory_order_relaxed);
}

static uint64_t sum_of(metric m, size_t cell)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < METRIC_SHARDS; i++)
        sum += atomic_load_explicit(&shards[i].cells[offsets[m] + cell], memory_order_relaxed);
    return sum;
}

void metric_add(metric m, uint64_t n)
{
    add_to(cells_of(m), n);
}

void metric_change(metric m, int64_t by)
{
    CHECK(descriptions[m].kind == METRIC_GAUGE);
    add_to(&shards[0].cells[offsets[m]], (uint64_t)by);
}

void metric_set(metric m, int64_t v)
{
    CHECK(descriptions[m].kind != METRIC_HISTOGRAM);
    atomic_store_explicit(&shards[0].cells[offsets[m]], (uint64_t)v, memory_order_relaxed);
}

static size_t bucket_of(metric m, uint64_t v)
{
    const uint64_t *at = bounds[descriptions[m].unit].at;
    size_t low = 0, high = bounds[descriptions[m].unit].n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (v <= at[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void metric_observe(metric m, uint64_t v)
{
    CHECK(descriptions[m].kind == METRIC_HISTOGRAM);
    _Atomic(uint64_t) *cells = cells_of(m);
    add_to(cells + bucket_of(m, v), 1);
    add_to(cells + CELLS - 1, v);
}

uint64_t metric_value(metric m)
{
    if (descriptions[m].kind != METRIC_HISTOGRAM)
        return sum_of(m, 0);
    uint64_t n = 0;
    for (size_t i = 0; i < CELLS - 1; i++)
        n += sum_of(m, i);
    return n;
}

void metric_on_collect(void (*collect)(void *context), void *context)
{
    CHECK(collector_count < METRIC_COLLECTORS_MAX);
    collectors[collector_count].collect = collect;
    collectors[collector_count].context = context;
    collector_count++;
}

/* A histogram of seconds is counted in µs: the point goes six digits from the right, and zeros
 * behind it go. */
static void write_scaled(buf *out, metric_unit unit, uint64_t v)
{
    if (unit != METRIC_UNIT_SECONDS) {
        buf_u64(out, v);
        return;
    }
    buf_u64(out, v / 1000000);
    uint64_t rest = v % 1000000;
    if (rest == 0)
        return;
    char digits[7];
    snprintf(digits, sizeof digits, "%06u", (unsigned)rest);
    size_t n = 6;
    while (digits[n - 1] == '0')
        n--;
    buf_char(out, '.');
    buf_add(out, digits, n);
}

static void write_histogram(buf *out, metric m)
{
    const description *d = &descriptions[m];
    uint64_t n = 0;
    str comma = d->labels.n > 0 ? S(",") : S("");
    for (size_t i = 0; i <= bounds[d->unit].n; i++) {
        n += sum_of(m, i);
        buf_printf(out, "%.*s_bucket{%.*s%.*sle=\"", STR_ARG(d->name), STR_ARG(d->labels),
                   STR_ARG(comma));
        if (i < bounds[d->unit].n)
            write_scaled(out, d->unit, bounds[d->unit].at[i]);
        else
            buf_str(out, S("+Inf"));
        buf_printf(out, "\"} %llu\n", (unsigned long long)n);
    }
    str open = d->labels.n > 0 ? S("{") : S(""), close = d->labels.n > 0 ? S("}") : S("");
    buf_printf(out, "%.*s_sum%.*s%.*s%.*s ", STR_ARG(d->name), STR_ARG(open), STR_ARG(d->labels),
               STR_ARG(close));
    write_scaled(out, d->unit, sum_of(m, CELLS - 1));
    buf_printf(out, "\n%.*s_count%.*s%.*s%.*s %llu\n", STR_ARG(d->name), STR_ARG(open),
               STR_ARG(d->labels), STR_ARG(close), (unsigned long long)n);
}

static str kind_name(metric_kind kind)
{
    static const str names[] = {[METRIC_COUNTER] = TEXT("counter"),
                                [METRIC_GAUGE] = TEXT("gauge"),
                                [METRIC_HISTOGRAM] = TEXT("histogram")};
    return names[kind];
}

static bool first_of_name(int m)
{
    return m == 0 || !str_eq(descriptions[m].name, descriptions[m - 1].name);
}

void metric_write(buf *out)
{
    for (size_t i = 0; i < collector_count; i++)
        collectors[i].collect(collectors[i].context);
    for (int m = 0; m < METRIC_COUNT; m++) {
        const description *d = &descriptions[m];
        if (first_of_name(m))
            buf_printf(out, "# HELP %.*s %.*s\n# TYPE %.*s %.*s\n", STR_ARG(d->name),
                       STR_ARG(d->help), STR_ARG(d->name), STR_ARG(kind_name(d->kind)));
        if (d->kind == METRIC_HISTOGRAM) {
            write_histogram(out, (metric)m);
            continue;
        }
        buf_str(out, d->name);
        if (d->labels.n > 0)
            buf_printf(out, "{%.*s}", STR_ARG(d->labels));
        buf_char(out, ' ');
        if (d->kind == METRIC_GAUGE)
            buf_i64(out, (int64_t)sum_of((metric)m, 0));
        else
            buf_u64(out, sum_of((metric)m, 0));
        buf_char(out, '\n');
    }
}

void metric_reference(buf *out)
{
    buf_str(out, S("# Metrics\n\n`GET /metrics` gives them in the text format of Prometheus.\n\n"
                   "| metric | type | labels | meaning |\n|---|---|---|---|\n"));
    for (int m = 0; m < METRIC_COUNT; m++) {
        const description *d = &descriptions[m];
        if (first_of_name(m))
            buf_printf(out, "%s| `%.*s` | %.*s | ", m == 0 ? "" : "\n", STR_ARG(d->name),
                       STR_ARG(kind_name(d->kind)));
        if (d->labels.n > 0)
            buf_printf(out, "%s`%.*s`", first_of_name(m) ? "" : ", ", STR_ARG(d->labels));
        bool last = m + 1 == METRIC_COUNT || first_of_name(m + 1);
        if (!last)
            continue;
        int head = m;
        while (!first_of_name(head))
            head--;
        buf_printf(out, " | %.*s |", STR_ARG(descriptions[head].help));
    }
    buf_char(out, '\n');
}
