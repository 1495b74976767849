/* What a claim costs in its lane: acts of the app on RocksDB, without HTTP and JSON, stepped by one
 * thread, so that batches are of one size and a run can be repeated.
 *
 *   claim_bench [claims] [batch] [users] [lanes]
 *
 * As bench/scenario: 20 templates with a stock and a limit by user, an idempotency key each. Prints
 * microseconds of CPU a claim: of the thread that runs the lanes, and of RocksDB's threads; rows
 * and bytes written; bytes that reached the device. Every commit is synced. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "app/act.h"
#include "base/time.h"
#include "test/lib/store_fixture.h"

enum { TEMPLATES = 20, BATCH_MAX = 4096, PATH_ROOM = 200, KEY_ROOM = 40, USER_ROOM = 24 };

typedef struct bench {
    app *app;
    arena *memory;
    uint64_t merchant, campaign, templates[TEMPLATES];
    uint64_t random, done, failed;
} bench;

static uint64_t next_random(bench *b)
{
    b->random ^= b->random >> 12; /* xorshift64* */
    b->random ^= b->random << 25;
    b->random ^= b->random >> 27;
    return b->random * UINT64_C(2685821657736338717);
}

static const zone zone_of_all = {.name = {"UTC", 3}};
static const zone *on_zone(str name)
{
    (void)name;
    return &zone_of_all;
}

static int64_t on_clock(void *context)
{
    (void)context;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * MS_SECOND + t.tv_nsec / 1000000;
}

/* ---- the shop ---- */

static void on_done(act_call *call)
{
    bench *b = call->context;
    b->done++;
    b->failed += call->code != R_DONE;
}

static row_out act_now(bench *b, act_id id, uint16_t slot, const void *in)
{
    row_out out = {0};
    act_call call = {.app = b->app,
                     .id = id,
                     .slot = slot,
                     .in = in,
                     .out = &out,
                     .memory = b->memory,
                     .done = on_done,
                     .context = b};
    result r = act_submit(&call);
    CHECK(r == R_DONE);
    while (app_settle(b->app) > 0)
        continue;
    CHECK(call.code == R_DONE);
    return out;
}

static void make_shop(bench *b)
{
    merchant_put_in shop = {.slot = slot_of_user(0, S("shop")),
                            .name = S("Shop"),
                            .zone = S("UTC"),
                            .currency = S("USD"),
                            .secret = S("a secret of thirty-two bytes, ok")};
    b->merchant = act_now(b, ACT_ID_merchant_put, shop.slot, &shop).id;
    campaign_create_in c = {.slot = slot_of_user(b->merchant, S("campaign")),
                            .merchant = b->merchant,
                            .name = S("Bench"),
                            .currency = S("USD"),
                            .budget_mode = BUDGET_MODE_NONE};
    c.claim_until_ms = c.use_until_ms = on_clock(NULL) + 10000 * MS_DAY;
    b->campaign = act_now(b, ACT_ID_campaign_create, c.slot, &c).id;
    limit_rule limit = {.measure = LIMIT_MEASURE_CLAIMS,
                        .subject = LIMIT_SUBJECT_USER,
                        .period = LIMIT_PERIOD_EVER,
                        .max = 1000000};
    template_put_in t = {.merchant = b->merchant,
                         .campaign = b->campaign,
                         .stock = 1000000000,
                         .name = S("Five off"),
                         .benefit = BENEFIT_KIND_AMOUNT_OFF,
                         .terms = {&(benefit_term){.term = 1, .value = 500}, 1},
                         .validity = VALIDITY_KIND_AFTER_ISSUE,
                         .duration_days = 30,
                         .limits = {&limit, 1},
                         .refund = REFUND_RULE_KEEP,
                         .reach = EDIT_REACH_NEW_ONLY};
    for (size_t i = 0; i < TEMPLATES; i++)
        b->templates[i] = act_now(b, ACT_ID_template_put, id_slot(b->campaign), &t).id;
    campaign_state_in go = {
        .merchant = b->merchant, .campaign = b->campaign, .state = CAMPAIGN_STATE_ACTIVE};
    (void)act_now(b, ACT_ID_campaign_state, id_slot(b->campaign), &go);
}

static void open_app(bench *b, const char *path, uint16_t lanes)
{
    app_options options = {.engine = S("rocks"),
                           .store = {.path = str_of(path), .lanes = lanes},
                           .zone_find = on_zone,
                           .clock_ms = on_clock};
    buf why;
    buf_init(&why, 4096);
    if (app_open(&options, &b->app, &why) != R_DONE) {
        fprintf(stderr, "%.*s\n", STR_ARG(buf_view(&why)));
        exit(1);
    }
    buf_free(&why);
}

/* ---- claims ---- */

typedef struct claim {
    act_call call;
    issue_in in;
    issue_item item;
    issue_out out;
    char user[USER_ROOM], key[KEY_ROOM];
} claim;

static void submit(bench *b, claim *c, uint64_t users)
{
    int n =
        snprintf(c->user, sizeof(c->user), "u-%llu", (unsigned long long)(next_random(b) % users));
    str who = {c->user, (size_t)n};
    n = snprintf(c->key, sizeof(c->key), "%016llx%016llx", (unsigned long long)next_random(b),
                 (unsigned long long)next_random(b));
    c->item = (issue_item){.template = b->templates[next_random(b) % TEMPLATES], .count = 1};
    c->in = (issue_in){.merchant = b->merchant,
                       .user = who,
                       .source = COUPON_SOURCE_CLAIM,
                       .mode = ISSUE_MODE_ALL_OR_NONE,
                       .items = {&c->item, 1}};
    c->call = (act_call){.app = b->app,
                         .id = ACT_ID_issue,
                         .slot = slot_of_user(b->merchant, who),
                         .in = &c->in,
                         .out = &c->out,
                         .memory = b->memory,
                         .key = {.merchant = b->merchant,
                                 .subject = who,
                                 .key = {c->key, (size_t)n},
                                 .body = next_random(b)},
                         .done = on_done,
                         .context = b};
    result r = act_submit(&c->call);
    CHECK(r == R_DONE);
}

static int64_t us_of(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

static int64_t cpu_us(int who)
{
    struct rusage use;
    getrusage(who, &use);
    return us_of(use.ru_utime) + us_of(use.ru_stime);
}

typedef struct reading {
    int64_t lane_us, all_us;
    uint64_t device;
    store_metrics store;
} reading;

static uint64_t device_bytes(void)
{
    char line[100];
    unsigned long long bytes = 0;
    FILE *f = fopen("/proc/self/io", "r");
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        str name = str_of(line), value;
        uint64_t n;
        if (str_cut(&name, ' ', &value) && str_eq(value, S("write_bytes:")) &&
            str_to_u64(str_trim(name), &n))
            bytes = n;
    }
    if (f != NULL)
        fclose(f);
    return bytes;
}

static reading take_reading(bench *b)
{
    reading r = {
        .lane_us = cpu_us(RUSAGE_THREAD), .all_us = cpu_us(RUSAGE_SELF), .device = device_bytes()};
    store_metrics_read(app_store(b->app), &r.store);
    return r;
}

static void measure(bench *b, uint64_t claims, uint64_t batch, uint64_t users)
{
    claim *all = calloc(batch, sizeof(*all)); /* freed below */
    CHECK(all != NULL);
    b->done = 0;
    reading from = take_reading(b);
    for (uint64_t n = 0; n < claims; n += batch) {
        arena_reset(b->memory);
        for (uint64_t i = 0; i < batch; i++)
            submit(b, &all[i], users);
        while (app_settle(b->app) > 0)
            continue;
    }
    reading to = take_reading(b);
    free(all);
    double n = (double)b->done;
    double lane = (double)(to.lane_us - from.lane_us) / n;
    double rest = (double)(to.all_us - from.all_us) / n - lane;
    printf("%9.0f %8.2f %8.2f %8.2f %6.2f %7.0f %7.0f\n", n, lane, rest, lane + rest,
           (double)(to.store.puts - from.store.puts) / n,
           (double)(to.store.bytes_written - from.store.bytes_written) / n,
           (double)(to.device - from.device) / n);
    fflush(stdout);
}

static uint64_t argument(int argc, char **argv, int i, uint64_t otherwise)
{
    uint64_t v = otherwise;
    if (argc > i && (!str_to_u64(str_of(argv[i]), &v) || v == 0)) {
        fprintf(stderr, "claim_bench [claims] [batch] [users] [lanes]\n");
        exit(2);
    }
    return v;
}

int main(int argc, char **argv)
{
    enum { ROUNDS = 4 };
    uint64_t claims = argument(argc, argv, 1, 50000), batch = argument(argc, argv, 2, 32);
    uint64_t users = argument(argc, argv, 3, 1000000), lanes = argument(argc, argv, 4, 2);
    CHECK(batch <= BATCH_MAX && lanes <= STORE_LANES_MAX);
    char path[PATH_ROOM];
    const char *base = getenv("TMPDIR");
    snprintf(path, sizeof(path), "%s/quan-claim-bench-XXXXXX", base != NULL ? base : "/tmp");
    CHECK(mkdtemp(path) != NULL);
    bench b = {.memory = arena_new(0), .random = UINT64_C(0x9e3779b97f4a7c15)};
    open_app(&b, path, (uint16_t)lanes);
    make_shop(&b);
    printf("   claims  lane us  rocks us   all us   rows   bytes  device\n");
    for (int i = 0; i < ROUNDS; i++)
        measure(&b, claims, batch, users);
    app_close(b.app);
    arena_free(b.memory);
    store_fixture_remove(path);
    return b.failed > 0;
}
