/* What a load run has counted, as text and JSON: see bench.h. */
#include <stdio.h>

#include "base/json.h"
#include "cli/bench.h"

static const char *const kinds[] = {"claim", "query", "redeem", "coupon"};

void bench_add(bench_count *into, const bench_count *from)
{
    for (size_t k = 0; k < BENCH_KINDS; k++) {
        latency_merge(&into->latencies[k], &from->latencies[k]);
    }
    for (size_t s = 0; s < ARRAY_LEN(into->refused); s++) {
        into->refused[s] += from->refused[s];
    }
    into->done += from->done;
    into->claims += from->claims;
    into->moved += from->moved;
    into->broken += from->broken;
    into->bytes_out += from->bytes_out;
    into->bytes_in += from->bytes_in;
}

static void put(json_writer *w, str name, uint64_t value)
{
    json_key(w, name);
    json_put_u64(w, value);
}

void bench_write_json(const bench_count *c, uint64_t took_us, buf *out)
{
    json_writer w = json_writer_on(out);
    json_begin_object(&w);
    put(&w, S("took_us"), took_us);
    put(&w, S("requests"), c->done);
    put(&w, S("requests_per_s"), c->done * 1000000 / took_us);
    put(&w, S("coupons"), c->claims);
    put(&w, S("coupons_per_s"), c->claims * 1000000 / took_us);
    put(&w, S("moved"), c->moved);
    put(&w, S("broken"), c->broken);
    for (size_t k = 0; k < BENCH_KINDS; k++) {
        const latency *l = &c->latencies[k];
        if (l->n > 0) {
            json_key(&w, str_of(kinds[k]));
            json_begin_object(&w);
            put(&w, S("done"), l->n);
            put(&w, S("mean_us"), l->sum_us / l->n);
            put(&w, S("p50_us"), latency_at(l, 500));
            put(&w, S("p99_us"), latency_at(l, 990));
            put(&w, S("p999_us"), latency_at(l, 999));
            put(&w, S("max_us"), l->max_us);
            json_end_object(&w);
        }
    }
    json_key(&w, S("refused"));
    json_begin_object(&w);
    for (size_t s = 0; s < ARRAY_LEN(c->refused); s++) {
        if (c->refused[s] > 0) {
            char name[8];
            int n = snprintf(name, sizeof name, "%zu", s);
            put(&w, (str){name, (size_t)n}, c->refused[s]);
        }
    }
    json_end_object(&w);
    json_end_object(&w);
    buf_char(out, '\n');
}

void bench_write_text(const bench_count *c, uint64_t took_us, buf *out)
{
    buf_printf(out, "%llu requests in %llu.%03llu s: %llu/s", (unsigned long long)c->done,
               (unsigned long long)(took_us / 1000000), (unsigned long long)(took_us / 1000 % 1000),
               (unsigned long long)(c->done * 1000000 / took_us));
    if (c->claims > 0) {
        buf_printf(out, "; %llu coupons: %llu/s", (unsigned long long)c->claims,
                   (unsigned long long)(c->claims * 1000000 / took_us));
    }
    buf_char(out, '\n');
    for (size_t k = 0; k < BENCH_KINDS; k++) {
        const latency *l = &c->latencies[k];
        if (l->n > 0) {
            buf_printf(
                out, "  %-7s %9llu  mean %6llu us  p50 %6llu  p99 %6llu  p99.9 %6llu  max %llu\n",
                kinds[k], (unsigned long long)l->n, (unsigned long long)(l->sum_us / l->n),
                (unsigned long long)latency_at(l, 500), (unsigned long long)latency_at(l, 990),
                (unsigned long long)latency_at(l, 999), (unsigned long long)l->max_us);
        }
    }
    for (size_t s = 0; s < ARRAY_LEN(c->refused); s++) {
        if (c->refused[s] > 0) {
            buf_printf(out, "  refused with %zu: %llu\n", s, (unsigned long long)c->refused[s]);
        }
    }
    if (c->moved > 0) {
        buf_printf(out, "  connections moved to another server: %llu\n",
                   (unsigned long long)c->moved);
    }
    if (c->broken > 0) {
        buf_printf(out, "  connections broken: %llu\n", (unsigned long long)c->broken);
    }
}

/* Refused: those with any status. */
static uint64_t refused_of(const bench_count *c)
{
    uint64_t n = 0;
    for (size_t s = 0; s < ARRAY_LEN(c->refused); s++) {
        n += c->refused[s];
    }
    return n;
}

static void put_ms(buf *out, const char *name, uint64_t us)
{
    buf_printf(out, ", %s %llu.%llu ms", name, (unsigned long long)(us / 1000),
               (unsigned long long)(us / 100 % 10));
}

static void put_more(buf *out, const char *name, uint64_t n)
{
    if (n > 0) {
        buf_printf(out, ", %llu %s", (unsigned long long)n, name);
    }
}

void bench_write_line(const bench_count *c, const bench_count *before, uint64_t took_us, buf *out)
{
    latency all = {0};
    for (size_t k = 0; k < BENCH_KINDS; k++) {
        latency one = c->latencies[k];
        latency_less(&one, &before->latencies[k]);
        latency_merge(&all, &one);
    }
    buf_printf(out, "%llu requests/s",
               (unsigned long long)((c->done - before->done) * 1000000 / took_us));
    if (all.n > 0) {
        put_ms(out, "p50", latency_at(&all, 500));
        put_ms(out, "p99", latency_at(&all, 990));
    }
    put_more(out, "refused", refused_of(c) - refused_of(before));
    put_more(out, "connections to another server", c->moved - before->moved);
    put_more(out, "connections broken", c->broken - before->broken);
    buf_char(out, '\n');
}
