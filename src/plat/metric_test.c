/* Sums over threads and shards, buckets at their bounds, and the text that Prometheus reads. */
#include "port/metric.h"

#include <pthread.h>

#include "base/test_help.h"

static void *count(void *unused)
{
    for (int i = 0; i < 10000; i++) {
        metric_add(METRIC_STORE_PUTS, 2);
        metric_change(METRIC_HTTP_IN_FLIGHT, 1);
        metric_observe(METRIC_HTTP_DURATION, 7);
        metric_change(METRIC_HTTP_IN_FLIGHT, -1);
    }
    return unused;
}

static void threads_lose_nothing(void **state)
{
    (void)state;
    uint64_t puts = metric_value(METRIC_STORE_PUTS), seen = metric_value(METRIC_HTTP_DURATION);
    pthread_t threads[20]; /* more than there are shards */
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(metric_value(METRIC_STORE_PUTS) == puts + 400000);
    assert_true(metric_value(METRIC_HTTP_DURATION) == seen + 200000);
    assert_true(metric_value(METRIC_HTTP_IN_FLIGHT) == 0);
}

static void assert_line(str text, const char *line)
{
    buf b;
    buf_init(&b, 1000);
    buf_printf(&b, "\n%s\n", line);
    if (memmem(text.p, text.n, b.p, b.n) == NULL)
        fail_msg("no line %s in\n%.*s", line, STR_ARG(text));
    buf_free(&b);
}

static void exposition(buf *b)
{
    buf_init(b, 1 << 20);
    metric_write(b);
    assert_false(buf_overflowed(b));
    /* Every line is a comment or "name[{labels}] number". */
    str rest = buf_view(b), line;
    while (str_cut(&rest, '\n', &line)) {
        if (line.p[0] == '#')
            continue;
        assert_true(str_starts(line, S("quan_")));
        const char *space = memrchr(line.p, ' ', line.n);
        assert_true(space != NULL && space + 1 < line.p + line.n);
    }
    assert_true(str_ends(buf_view(b), S("\n")));
}

static void buckets_hold_what_is_at_most_their_bound(void **state)
{
    (void)state;
    buf b;
    exposition(&b);
    buf_free(&b);
    metric_observe(METRIC_HTTP_DURATION, 10);       /* the first bucket */
    metric_observe(METRIC_HTTP_DURATION, 11);       /* the second */
    metric_observe(METRIC_HTTP_DURATION, 10000000); /* the last with a bound */
    metric_observe(METRIC_HTTP_DURATION, 10000001); /* beyond */
    exposition(&b);
    assert_line(buf_view(&b), "# TYPE quan_http_request_duration_seconds histogram");
    assert_line(buf_view(&b), "quan_http_request_duration_seconds_bucket{le=\"0.00001\"} 200001");
    assert_line(buf_view(&b), "quan_http_request_duration_seconds_bucket{le=\"0.00002\"} 200002");
    assert_line(buf_view(&b), "quan_http_request_duration_seconds_bucket{le=\"0.5\"} 200002");
    assert_line(buf_view(&b), "quan_http_request_duration_seconds_bucket{le=\"10\"} 200003");
    assert_line(buf_view(&b), "quan_http_request_duration_seconds_bucket{le=\"+Inf\"} 200004");
    assert_line(buf_view(&b), "quan_http_request_duration_seconds_count 200004");
    assert_line(buf_view(&b), "quan_http_request_duration_seconds_sum 21.400022");
    buf_free(&b);
}

static void gauges_may_be_negative_and_counters_set(void **state)
{
    (void)state;
    metric_set(METRIC_STORE_QUEUED, -3);
    metric_set(METRIC_STORE_SYNCS, 42);
    metric_set(METRIC_STORE_SYNCS, 43);
    metric_add(METRIC_HTTP_REFUSED_FOLDED, 1);
    buf b;
    exposition(&b);
    assert_line(buf_view(&b), "quan_store_queued -3");
    assert_line(buf_view(&b), "quan_store_syncs_total 43");
    assert_line(buf_view(&b), "quan_http_refused_total{reason=\"folded\"} 1");
    buf_free(&b);
}

static void one_name_has_one_head(void **state)
{
    (void)state;
    buf b;
    exposition(&b);
    str rest = buf_view(&b), line;
    while (str_cut(&rest, '\n', &line)) {
        if (!str_starts(line, S("# TYPE ")))
            continue;
        assert_null(rest.n == 0 ? NULL : memmem(rest.p, rest.n, line.p, line.n));
    }
    buf_free(&b);
}

static void collect(void *context)
{
    metric_set(METRIC_STORE_PARKED, *(int64_t *)context);
}

static void collectors_run_before_each_exposition(void **state)
{
    (void)state;
    static int64_t parked = 5;
    metric_on_collect(collect, &parked);
    buf b;
    exposition(&b);
    assert_line(buf_view(&b), "quan_store_parked 5");
    buf_free(&b);
    parked = 6;
    exposition(&b);
    assert_line(buf_view(&b), "quan_store_parked 6");
    buf_free(&b);
}

static void the_reference_has_a_row_for_every_name(void **state)
{
    (void)state;
    buf b;
    buf_init(&b, 1 << 20);
    metric_reference(&b);
    assert_line(buf_view(&b), "| `quan_http_responses_total` | counter | `class=\"2xx\"`, "
                              "`class=\"3xx\"`, `class=\"4xx\"`, `class=\"5xx\"` | Responses by "
                              "class of status. |");
    str rest = buf_view(&b), line;
    size_t rows = 0;
    while (str_cut(&rest, '\n', &line)) {
        size_t bars = 0;
        if (!str_starts(line, S("|")))
            continue;
        rows++;
        for (size_t i = 0; i < line.n; i++)
            bars += line.p[i] == '|';
        assert_int_equal(bars, 5);
        assert_false(str_ends(line, S("|  |"))); /* every one says what it means */
    }
    assert_true(rows > 20);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_lose_nothing),
        cmocka_unit_test(buckets_hold_what_is_at_most_their_bound),
        cmocka_unit_test(gauges_may_be_negative_and_counters_set),
        cmocka_unit_test(one_name_has_one_head),
        cmocka_unit_test(collectors_run_before_each_exposition),
        cmocka_unit_test(the_reference_has_a_row_for_every_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
