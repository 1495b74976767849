/* What a commit costs: claims without the domain. Each act reads an idempotency key and a user's
 * counts, writes both and a coupon with its index entry, a due entry and one event.
 *
 *   store_bench [seconds] [lanes] [coupons there before] [batch]
 *
 * For batches of 1, 8, 64, 256 and 512 per lane, or of the one given, it prints acts a second,
 * microseconds of CPU an act (all threads, RocksDB's included), bytes of rows and bytes that
 * reached the device an act, and acts a commit. Every commit is synced; only loading is not. It
 * says nothing about HTTP, JSON or rules. With QUAN_STORE=postgres://… it is the database of that
 * name, an empty one, or several with commas between, a shard each; then CPU and bytes are those of
 * this process alone. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/id.h"
#include "base/time.h"
#include "test/lib/store_fixture.h"

enum {
    LANES_DEFAULT = 2,
    SECONDS_DEFAULT = 3,
    CAMPAIGN = 1,
    MEMBERS_PER_SLOT = 500,
    PATH_MAX_ = 200
};

typedef struct bench bench;
typedef struct claim {
    request request; /* first */
    bench *bench;
    uint64_t random, hi, lo;
    uint32_t member;
} claim;

struct bench {
    store *store;
    uint16_t lanes;
    _Atomic uint64_t done, wanted; /* acts ended; acts after which nothing is submitted any more */
    _Atomic uint64_t out, failed;
};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12; /* xorshift64* */
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static result claim_run(uow *u, request *r)
{
    claim *c = (claim *)r;
    idempotency *kept = idempotency_get(u, r->slot, c->hi, c->lo);
    usage *counts = usage_get(u, r->slot, c->member, CAMPAIGN);
    if (uow_pending(u))
        return R_AGAIN;
    if (kept != NULL)
        return R_DONE;
    if (counts == NULL) {
        counts = usage_new(u, r->slot, c->member, CAMPAIGN);
        counts->cells.items = ARENA_ARRAY(uow_memory(u), usage_cell, 1);
        counts->cells.n = 1;
        counts->cells.items[0].owner = CAMPAIGN;
    } else {
        usage_edit(u, counts);
    }
    counts->cells.items[0].n++;
    uint64_t id = uow_next_id(u, r->slot);
    coupon *row = coupon_new(u, r->slot, id);
    row->member = c->member;
    row->template = CAMPAIGN;
    row->version = 1;
    row->revision = 1;
    row->state = COUPON_STATE_AVAILABLE;
    row->source = COUPON_SOURCE_CLAIM;
    row->issued_at_ms = uow_now(u);
    row->valid_from_ms = uow_now(u);
    row->expires_at_ms = uow_now(u) + 30 * MS_DAY;
    uow_due(u, (due_name){DUE_KIND_COUPON, id, 0}, row->expires_at_ms);
    kept = idempotency_new(u, r->slot, c->hi, c->lo);
    kept->body = c->lo;
    kept->at_ms = uow_now(u);
    issued_coupon outcome = {.coupon = id,
                             .template = CAMPAIGN,
                             .version = 1,
                             .issued_at_ms = uow_now(u),
                             .valid_from_ms = uow_now(u),
                             .expires_at_ms = row->expires_at_ms};
    buf b;
    char bytes[100];
    b = (buf){.p = bytes, .capacity = sizeof(bytes), .max = sizeof(bytes)};
    record_encode(&issued_coupon_record, &outcome, &b);
    kept->outcome = arena_str(uow_memory(u), buf_view(&b));
    uow_event(u, &(event){.kind = EVENT_KIND_COUPON_ISSUED,
                          .at_ms = uow_now(u),
                          .template = CAMPAIGN,
                          .coupon = id,
                          .member = c->member,
                          .revision = 1});
    return R_DONE;
}

static void claim_submit(claim *c)
{
    bench *b = c->bench;
    uint64_t lane = c->request.lane;
    uint64_t slots = (uint64_t)SLOT_COUNT / b->lanes;
    c->request.slot = (uint16_t)(next_random(&c->random) % slots * b->lanes + lane);
    c->member = (uint32_t)(next_random(&c->random) % MEMBERS_PER_SLOT) + 1;
    c->hi = next_random(&c->random);
    c->lo = next_random(&c->random);
    if (store_submit(b->store, &c->request) != R_DONE)
        atomic_fetch_sub(&b->out, 1);
}

static void claim_done(request *r)
{
    claim *c = (claim *)r;
    bench *b = c->bench;
    if (r->outcome != R_DONE)
        atomic_fetch_add(&b->failed, 1);
    if (atomic_fetch_add(&b->done, 1) + 1 >= atomic_load(&b->wanted))
        atomic_fetch_sub(&b->out, 1);
    else
        claim_submit(c);
}

/* ---- measuring ---- */

typedef struct reading {
    int64_t at_us, cpu_us;
    uint64_t written, done;
    store_metrics store;
} reading;

static uint64_t device_bytes(void)
{
    char line[100];
    uint64_t bytes = 0;
    FILE *f = fopen("/proc/self/io", "r");
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        str name = str_of(line), value;
        if (str_cut(&name, ' ', &value) && str_eq(value, S("write_bytes:")))
            if (!str_to_u64(str_trim(name), &bytes))
                bytes = 0;
    }
    if (f != NULL)
        fclose(f);
    return bytes;
}

static reading take_reading(bench *b)
{
    struct timespec t;
    struct rusage use;
    clock_gettime(CLOCK_MONOTONIC, &t);
    getrusage(RUSAGE_SELF, &use);
    reading r = {.at_us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000,
                 .written = device_bytes(),
                 .done = atomic_load(&b->done)};
    r.cpu_us = (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * INT64_C(1000000) +
               use.ru_utime.tv_usec + use.ru_stime.tv_usec;
    store_metrics_read(b->store, &r.store);
    return r;
}

static void sleep_ms(int64_t ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* Keeps `batch` claims in each lane until `acts` have ended or the time is over. */
static claim *begin(bench *b, size_t batch, uint64_t acts)
{
    size_t n = batch * b->lanes;
    claim *claims = calloc(n, sizeof(*claims)); /* freed by finish */
    CHECK(claims != NULL);
    atomic_store(&b->wanted, acts);
    atomic_fetch_add(&b->out, n);
    for (size_t i = 0; i < n; i++) {
        claims[i].bench = b;
        claims[i].random = (i + 1) * UINT64_C(0x9e3779b97f4a7c15) + atomic_load(&b->done);
        claims[i].request = (request){.run = claim_run,
                                      .done = claim_done,
                                      .lane = (uint16_t)(i % b->lanes),
                                      .class = CLASS_ISSUE};
        claim_submit(&claims[i]);
    }
    return claims;
}

static void finish(bench *b, claim *claims)
{
    while (atomic_load(&b->out) > 0)
        sleep_ms(1);
    free(claims);
}

static void measure(bench *b, size_t batch, int64_t seconds)
{
    claim *claims = begin(b, batch, UINT64_MAX);
    sleep_ms(200);
    reading from = take_reading(b);
    sleep_ms(seconds * 1000);
    reading to = take_reading(b);
    atomic_store(&b->wanted, 0);
    finish(b, claims);
    uint64_t acts = to.done - from.done;
    uint64_t us = (uint64_t)(to.at_us - from.at_us);
    printf("%5zu %9llu %8llu.%02llu %10llu %10llu %9llu\n", batch,
           (unsigned long long)(acts * 1000000 / us),
           (unsigned long long)(to.cpu_us - from.cpu_us) / acts,
           (unsigned long long)(to.cpu_us - from.cpu_us) * 100 / acts % 100,
           (unsigned long long)((to.store.bytes_written - from.store.bytes_written) / acts),
           (unsigned long long)((to.written - from.written) / acts),
           (unsigned long long)(acts / (to.store.syncs - from.store.syncs + 1)));
    fflush(stdout);
}

static store *open_store(const char *path, uint16_t lanes, bool unsynced)
{
    store_options options = {
        .path = str_of(path), .lanes = lanes, .threads = true, .unsynced = unsynced};
    store *s = NULL;
    buf why;
    buf_init(&why, 1000);
    const char *url = getenv("QUAN_STORE");
    str urls[STORE_SHARDS_MAX];
    options.urls = urls;
    options.shards = url != NULL ? (uint16_t)store_urls_read(str_of(url), urls) : 0;
    options.fill = SLOT_FILL_VIVO; /* the lane of a slot is slot mod lanes, whatever the shards */
    result r = url != NULL ? store_open_pg(&options, NULL, &s, &why)
                           : store_open_rocks(&options, NULL, &s, &why);
    if (r != R_DONE) {
        fprintf(stderr, "%.*s\n", STR_ARG(buf_view(&why)));
        exit(1);
    }
    buf_free(&why);
    return s;
}

static uint64_t argument(int argc, char **argv, int i, uint64_t otherwise)
{
    uint64_t v = otherwise;
    if (argc > i && !str_to_u64(str_of(argv[i]), &v)) {
        fprintf(stderr, "store_bench [seconds] [lanes] [coupons there before] [batch]\n");
        exit(2);
    }
    return v;
}

int main(int argc, char **argv)
{
    uint64_t seconds = argument(argc, argv, 1, SECONDS_DEFAULT);
    bench b = {.lanes = (uint16_t)argument(argc, argv, 2, LANES_DEFAULT)};
    uint64_t before = argument(argc, argv, 3, 0);
    char path[PATH_MAX_];
    const char *base = getenv("TMPDIR");
    snprintf(path, sizeof(path), "%s/quan-store-bench-XXXXXX", base != NULL ? base : "/tmp");
    CHECK(mkdtemp(path) != NULL);
    if (before > 0) {
        b.store = open_store(path, b.lanes, true);
        finish(&b, begin(&b, STORE_BATCH_MAX, before));
        store_close(b.store);
    }
    b.store = open_store(path, b.lanes, false);
    printf("batch    acts/s  us CPU/act  bytes/act   disk/act  acts/sync\n");
    static const size_t batches[] = {1, 8, 64, 256, 512};
    uint64_t only = argument(argc, argv, 4, 0);
    for (size_t i = 0; i < ARRAY_LEN(batches); i++)
        if (only == 0 || only == batches[i])
            measure(&b, batches[i], (int64_t)seconds);
    store_close(b.store);
    store_fixture_remove(path);
    return atomic_load(&b.failed) > 0;
}
