/* The threads of a serving app: the sweep comes by itself, a backup that was asked for is made, or
 * cancelled while it runs, and both end when they are told to.
 *
 * Files that a backup reads are read by read(), which this program has its own of: it waits while
 * the test says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/event.h"
#include "app/act_wait.h"
#include "app/backup.h"
#include "app/query_jobs.h"
#include "base/id.h"
#include "base/time.h"
#include "domain/price/benefit_test.h"
#include "job/job.h"
#include "port/clock.h"
#include "port/disk.h"

enum { LANES = 2, PATIENCE_MS = 20000, TOLD_MS = 1100 };

typedef struct place {
    char root[64];
    arena *memory;
    app *app;
    const settings *settings;
    _Atomic int64_t clock_ms;
    uint64_t template;
} place;

static const zone *only_utc(str name)
{
    return str_eq(name, S("UTC")) ? &zone_utc : NULL;
}

static int64_t on_clock(void *context)
{
    return ((place *)context)->clock_ms;
}

static result run(place *p, act_id id, uint16_t slot, const void *in, void *out)
{
    act_call call = {
        .app = p->app, .id = id, .slot = slot, .in = in, .out = out, .memory = p->memory};
    return act_wait(&call);
}

static uint64_t made(place *p, act_id id, uint16_t slot, const void *in)
{
    row_out out = {0};
    assert_int_equal(run(p, id, slot, in, &out), R_DONE);
    return out.id;
}

static void make_shop(place *p, uint64_t merchant_id)
{
    int64_t now = p->clock_ms;
    campaign_create_in c = {.slot = 8,
                            .merchant = merchant_id,
                            .name = S("Sale"),
                            .currency = S("USD"),
                            .claim_from_ms = now,
                            .claim_until_ms = now + 10 * MS_DAY,
                            .use_from_ms = now,
                            .use_until_ms = now + 20 * MS_DAY,
                            .budget_mode = BUDGET_MODE_NONE};
    uint64_t campaign_id = made(p, ACT_ID_campaign_create, c.slot, &c);
    template_put_in t = {.merchant = merchant_id,
                         .campaign = campaign_id,
                         .stock = -1,
                         .name = S("Five off"),
                         .benefit = BENEFIT_KIND_AMOUNT_OFF,
                         .terms = TEST_TERM(TERM_AMOUNT_OFF_AMOUNT, 500),
                         .validity = VALIDITY_KIND_AFTER_ISSUE,
                         .duration_days = 1,
                         .refund = REFUND_RULE_KEEP,
                         .reach = EDIT_REACH_NEW_ONLY};
    p->template = made(p, ACT_ID_template_put, id_slot(campaign_id), &t);
    campaign_state_in active = {
        .merchant = merchant_id, .campaign = campaign_id, .state = CAMPAIGN_STATE_ACTIVE};
    (void)made(p, ACT_ID_campaign_state, id_slot(campaign_id), &active);
}

static int place_make(void **state)
{
    static place p;
    p = (place){.root = "/tmp/quan-job-XXXXXX", .memory = arena_new(0)};
    p.clock_ms = INT64_C(1767225600000);
    assert_non_null(mkdtemp(p.root));
    const char *const flags[] = {"--sweep-interval-ms=10"};
    settings_sources from = {.count = ARRAY_LEN(flags), .arguments = flags};
    assert_int_equal(settings_load(&from, issues_new(p.memory), &p.settings), R_DONE);
    app_options o = {.engine = S("rocks"),
                     .store = {.path = arena_printf(p.memory, "%s/data", p.root),
                               .lanes = LANES,
                               .threads = true},
                     .zone_find = only_utc,
                     .clock_ms = on_clock,
                     .clock_context = &p};
    buf why;
    buf_init(&why, 4096);
    assert_int_equal(app_open(&o, &p.app, &why), R_DONE);
    buf_free(&why);
    merchant_put_in m = {.slot = 7,
                         .name = S("Shop"),
                         .zone = S("UTC"),
                         .currency = S("USD"),
                         .secret = S("0123456789abcdef0123456789abcdef")};
    make_shop(&p, made(&p, ACT_ID_merchant_put, m.slot, &m));
    *state = &p;
    return 0;
}

static int place_remove(void **state)
{
    place *p = *state;
    app_close(p->app);
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf %s", p->root);
    assert_int_equal(system(command), 0);
    arena_free(p->memory);
    return 0;
}

static void wait_a_bit(void)
{
    struct timespec pause = {.tv_nsec = 5000000};
    (void)nanosleep(&pause, NULL);
}

static atomic_bool reads_wait;

ssize_t read(int fd, void *p, size_t n)
{
    while (atomic_load(&reads_wait))
        wait_a_bit();
    return syscall(SYS_read, fd, p, n);
}

static void the_sweep_comes_by_itself(void **state)
{
    place *p = *state;
    issue_item item = {p->template, 1};
    const config *c = app_config(p->app);
    issue_in in = {.merchant = config_find_template(c, p->template)->row->merchant,
                   .user = S("ann"),
                   .source = COUPON_SOURCE_CLAIM,
                   .mode = ISSUE_MODE_ALL_OR_NONE};
    config_free((config *)(uintptr_t)c);
    in.items.items = &item;
    in.items.n = 1;
    issue_out out = {0};
    assert_int_equal(run(p, ACT_ID_issue, slot_of_user(in.merchant, in.user), &in, &out), R_DONE);
    uint64_t id = out.coupons.items[0].coupon;
    void *jobs = jobs_start(p->app, p->settings, event_json);
    atomic_fetch_add(&p->clock_ms, 2 * MS_DAY);
    uint8_t became = COUPON_STATE_AVAILABLE;
    for (int64_t began = clock_monotonic_ms();
         became != COUPON_STATE_EXPIRED && clock_monotonic_ms() - began < PATIENCE_MS;
         wait_a_bit()) {
        arena *memory = arena_new(0);
        app_view v;
        assert_int_equal(app_view_open(p->app, memory, &v), R_DONE);
        became = coupon_get(v.rows, id_slot(id), id)->state;
        app_view_close(&v);
        arena_free(memory);
    }
    jobs_stop(jobs);
    assert_int_equal(became, COUPON_STATE_EXPIRED);
}

static job job_at(place *p, uint64_t id)
{
    arena *memory = arena_new(0);
    app_view v;
    assert_int_equal(app_view_open(p->app, memory, &v), R_DONE);
    const job *row = query_job(&v, 0, id);
    assert_non_null(row);
    job copy = {0};
    record_copy(&job_table.record, row, p->memory, &copy);
    app_view_close(&v);
    arena_free(memory);
    return copy;
}

static bool is_over(const job *row)
{
    return row->state != JOB_STATE_WAITING && row->state != JOB_STATE_RUNNING;
}

static job ended(place *p, uint64_t id)
{
    job row = job_at(p, id);
    for (int64_t began = clock_monotonic_ms();
         !is_over(&row) && clock_monotonic_ms() - began < PATIENCE_MS; row = job_at(p, id))
        wait_a_bit();
    return row;
}

static void backups_that_were_asked_for_are_made(void **state)
{
    place *p = *state;
    str to = arena_printf(p->memory, "%s/backup", p->root);
    job_put_in in = {.kind = JOB_KIND_BACKUP, .input = to};
    uint64_t first = made(p, ACT_ID_job_put, 0, &in), again = made(p, ACT_ID_job_put, 0, &in);
    void *jobs = jobs_start(p->app, p->settings, event_json);
    job row = ended(p, first), other = ended(p, again);
    jobs_stop(jobs);
    assert_int_equal(row.state, JOB_STATE_DONE);
    assert_true(row.done > 0);
    assert_int_equal(other.state, JOB_STATE_FAILED); /* the directory is not empty any more */
    assert_true(other.error.n > 0);
    backup_report report;
    buf why;
    buf_init(&why, 4096);
    assert_int_equal(backup_check(to, NULL, &report, &why), R_DONE);
    assert_int_equal(report.bytes, row.done);
    buf_free(&why);
}

/* It has copied the store and reads it. What it made is gone, and the next one is made; into the
 * same directory, even. */
static void a_backup_that_runs_is_cancelled(void **state)
{
    place *p = *state;
    str to = arena_printf(p->memory, "%s/backup", p->root);
    job_put_in in = {.kind = JOB_KIND_BACKUP, .input = to};
    uint64_t first = made(p, ACT_ID_job_put, 0, &in);
    atomic_store(&reads_wait, true);
    void *jobs = jobs_start(p->app, p->settings, event_json);
    int64_t began = clock_monotonic_ms();
    while ((job_at(p, first).state != JOB_STATE_RUNNING || disk_is_empty(to)) &&
           clock_monotonic_ms() - began < PATIENCE_MS)
        wait_a_bit();
    job_put_in cancel = {.id = first, .state = JOB_STATE_CANCELLED};
    (void)made(p, ACT_ID_job_put, id_slot(first), &cancel);
    for (began = clock_monotonic_ms(); clock_monotonic_ms() - began < TOLD_MS;)
        wait_a_bit();
    atomic_store(&reads_wait, false);
    uint64_t again = made(p, ACT_ID_job_put, 0, &in);
    job second = ended(p, again);
    jobs_stop(jobs);
    assert_int_equal(second.state, JOB_STATE_DONE);
    assert_int_equal(job_at(p, first).state, JOB_STATE_CANCELLED);
    backup_report report;
    buf why;
    buf_init(&why, 4096);
    assert_int_equal(backup_check(to, NULL, &report, &why), R_DONE);
    assert_int_equal(report.bytes, second.done);
    buf_free(&why);
}

static void what_ran_when_a_process_ended_has_failed(void **state)
{
    place *p = *state;
    job_put_in in = {.kind = JOB_KIND_BACKUP,
                     .input = arena_printf(p->memory, "%s/backup", p->root)};
    in.id = made(p, ACT_ID_job_put, 0, &in);
    in.state = JOB_STATE_RUNNING;
    (void)made(p, ACT_ID_job_put, 0, &in);
    void *jobs = jobs_start(p->app, p->settings, event_json);
    job row = ended(p, in.id);
    jobs_stop(jobs);
    assert_int_equal(row.state, JOB_STATE_FAILED);
    assert_true(disk_is_empty(in.input));
}

static void jobs_end_at_once(void **state)
{
    place *p = *state;
    int64_t began = clock_monotonic_ms();
    for (int i = 0; i < 5; i++)
        jobs_stop(jobs_start(p->app, p->settings, event_json));
    jobs_stop(NULL);
    assert_true(clock_monotonic_ms() - began < PATIENCE_MS / 2);
}

int main(void)
{
#define ON_A_STORE(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)
    const struct CMUnitTest tests[] = {
        ON_A_STORE(the_sweep_comes_by_itself),
        ON_A_STORE(backups_that_were_asked_for_are_made),
        ON_A_STORE(a_backup_that_runs_is_cancelled),
        ON_A_STORE(what_ran_when_a_process_ended_has_failed),
        ON_A_STORE(jobs_end_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
