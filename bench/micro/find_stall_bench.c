/* Whether changes stall who reads the index over templates: an app with its acts, its publishing
 * and its merging; one thread searches all the time, first alone, then while templates are edited
 * as fast as acts go.
 *
 *   find_stall_bench [templates] [seconds]
 *
 * Prints, for taking a snapshot of the index and for a page of 20 for a cart of ten lines, wall
 * clock in microseconds: what a reader waits for is not processor time. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "app/reserve.h"
#include "base/id.h"
#include "base/time.h"
#include "cli/cli.h"
#include "domain/find/find.h"
#include "domain/price/benefit.h"
#include "port/zone.h"

enum { LINES = 10, PAGE = 20, SAMPLES = 4000000, MERGE_MS = 100, SKUS = 50000 };

typedef struct bench {
    app *app;
    arena *memory;
    uint64_t merchant, campaign, templates;
    uint64_t *ids;
    atomic_bool over;
    atomic_uint edits;
} bench;

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int64_t clock_ms(void *context)
{
    (void)context;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * MS_SECOND + t.tv_nsec / 1000000;
}

static uint64_t draw(uint64_t *state, uint64_t n)
{
    *state ^= *state >> 12; /* xorshift64* */
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717) % n;
}

/* ---- the shop ---- */

static uint64_t make(bench *b, act_id id, uint16_t slot, const void *in)
{
    row_out out = {0};
    arena *memory = arena_new(0);
    act_call call = {
        .app = b->app, .id = id, .slot = slot, .in = in, .out = &out, .memory = memory};
    CHECK(cli_act(&call) == R_DONE && call.code == R_DONE);
    arena_free(memory);
    return out.id;
}

static void open_shop(bench *b)
{
    app_options options = {.engine = S("mem"),
                           .store = {.lanes = 2, .threads = true},
                           .zone_find = zone_find,
                           .clock_ms = clock_ms};
    buf why;
    buf_init(&why, 4096);
    CHECK(app_open(&options, &b->app, &why) == R_DONE);
    buf_free(&why);
    merchant_put_in m = {.slot = 5,
                         .name = S("Shop"),
                         .zone = S("UTC"),
                         .currency = S("USD"),
                         .secret = merchant_secret(b->memory)};
    b->merchant = make(b, ACT_ID_merchant_put, 5, &m);
    campaign_create_in c = {.slot = 7,
                            .merchant = b->merchant,
                            .name = S("c"),
                            .currency = S("USD"),
                            .claim_from_ms = 1,
                            .claim_until_ms = TIME_MAX_MS - 1,
                            .use_from_ms = 1,
                            .use_until_ms = TIME_MAX_MS - 1,
                            .budget_mode = BUDGET_MODE_NONE};
    b->campaign = make(b, ACT_ID_campaign_create, 7, &c);
}

/* template_id 0: a new one. For three articles. */
static uint64_t put_template(bench *b, uint64_t template_id, uint64_t *random)
{
    arena *memory = arena_new(0);
    str skus[3];
    for (size_t i = 0; i < 3; i++)
        skus[i] = arena_printf(memory, "s%llu", (unsigned long long)draw(random, SKUS));
    rule_tree scope = rule_list(S("line.sku"), skus, 3, memory);
    benefit_term off = {.term = TERM_AMOUNT_OFF_AMOUNT, .value = 100};
    template_put_in t = {.merchant = b->merchant,
                         .campaign = b->campaign,
                         .template = template_id,
                         .stock = -1,
                         .name = S("t"),
                         .benefit = BENEFIT_KIND_AMOUNT_OFF,
                         .terms = {&off, 1},
                         .scope = {scope.items, scope.n},
                         .validity = VALIDITY_KIND_AFTER_ISSUE,
                         .duration_days = 30,
                         .refund = REFUND_RULE_REPRICE,
                         .reach = EDIT_REACH_NEW_ONLY};
    uint64_t id = make(b, ACT_ID_template_put, id_slot(b->campaign), &t);
    arena_free(memory);
    return id;
}

/* ---- threads ---- */

static void *edit(void *context)
{
    bench *b = context;
    uint64_t random = 77;
    while (!atomic_load(&b->over)) {
        (void)put_template(b, b->ids[draw(&random, b->templates)], &random);
        atomic_fetch_add(&b->edits, 1);
    }
    return NULL;
}

static void *merge(void *context)
{
    bench *b = context;
    while (!atomic_load(&b->over)) {
        app_merge_index(b->app);
        nanosleep(&(struct timespec){.tv_nsec = MERGE_MS * 1000000L}, NULL);
    }
    return NULL;
}

typedef struct times {
    float *taken, *page;
    size_t n;
} times;

static cart cart_of(uint64_t *random, order_line *lines, arena *memory)
{
    for (size_t i = 0; i < LINES; i++)
        lines[i] = (order_line){
            .sku = arena_printf(memory, "s%llu", (unsigned long long)draw(random, SKUS)),
            .quantity = 1,
            .unit_minor = 1000};
    return (cart){
        .currency = S("USD"), .lines = lines, .n = LINES, .shopper = cart_shopper_unknown};
}

static void search(bench *b, times *t, uint64_t *random, arena *memory)
{
    order_line lines[LINES];
    cart c = cart_of(random, lines, memory);
    find_question q = {b->merchant, FIND_CART, &c, {0}};
    find_cursor *at;
    size_t looks = SIZE_MAX, found = 0;
    double from = now_us();
    const find_index *x = app_find_index(b->app);
    double has = now_us();
    CHECK(find_open(x, &q, 0, memory, &at) == R_DONE);
    while (found < PAGE && find_next(at, &looks) != NULL)
        found++;
    find_close(at);
    find_free((find_index *)(uintptr_t)x);
    t->taken[t->n] = (float)(has - from);
    t->page[t->n++] = (float)(now_us() - from);
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void print(const char *what, float *us, size_t n)
{
    qsort(us, n, sizeof *us, by_size);
    printf("  %-12s p50 %8.2f  p99 %8.2f  p99.9 %8.2f  max %9.1f us\n", what, (double)us[n / 2],
           (double)us[n * 99 / 100], (double)us[n * 999 / 1000], (double)us[n - 1]);
}

static void measure(bench *b, const char *name, double seconds)
{
    times t = {calloc(SAMPLES, sizeof(float)), calloc(SAMPLES, sizeof(float)), 0};
    CHECK(t.taken != NULL && t.page != NULL); /* freed below */
    arena *memory = arena_new(0);
    uint64_t random = 4711;
    unsigned before = atomic_load(&b->edits);
    double from = now_us();
    while (now_us() - from < seconds * 1e6 && t.n < SAMPLES) {
        arena_reset(memory);
        search(b, &t, &random, memory);
    }
    double took = (now_us() - from) / 1e6;
    printf("%s: %zu searches, %.0f changes/s\n", name, t.n,
           (double)(atomic_load(&b->edits) - before) / took);
    print("a snapshot", t.taken, t.n);
    print("a page", t.page, t.n);
    arena_free(memory);
    free(t.taken);
    free(t.page);
}

int main(int count, char **arguments)
{
    static bench b;
    pthread_t editor, merger;
    uint64_t random = 1;
    b.templates = count > 1 ? strtoull(arguments[1], NULL, 10) : 100000;
    double seconds = count > 2 ? strtod(arguments[2], NULL) : 10;
    CHECK(b.templates > 0 && seconds > 0);
    b.memory = arena_new(0);
    b.ids = calloc(b.templates, sizeof *b.ids); /* freed below */
    CHECK(b.ids != NULL);
    open_shop(&b);
    double from = now_us();
    for (uint64_t i = 0; i < b.templates; i++)
        b.ids[i] = put_template(&b, 0, &random);
    printf("%llu templates, made in %.1f s\n", (unsigned long long)b.templates,
           (now_us() - from) / 1e6);
    app_merge_index(b.app);
    measure(&b, "alone", seconds);
    CHECK(pthread_create(&merger, NULL, merge, &b) == 0);
    CHECK(pthread_create(&editor, NULL, edit, &b) == 0);
    measure(&b, "beside changes", seconds);
    atomic_store(&b.over, true);
    pthread_join(editor, NULL);
    pthread_join(merger, NULL);
    app_drain(b.app);
    app_close(b.app);
    free(b.ids);
    arena_free(b.memory);
    return 0;
}
