/* The index while it changes: readers search snapshots while a publisher puts templates in and a
 * merger merges aside, each on a thread of its own. TSan runs it.
 *
 * Invariants that a reader sees, whatever it comes between: what was published before it took its
 * snapshot is in it, with a version not older than then; templates are there without a gap; and no
 * reader waits for a publisher who holds his lock. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/inner.h"
#include "domain/find/find.h"
#include "domain/price/benefit_test.h"
#include "domain/rule/rule.h"

enum { TEMPLATES = 3000, EDITS = 1000, READERS = 3, SHOP = 1, CAMPAIGN = 2 };

static const zone here = {.name = {"Here", 4}};

typedef struct world {
    struct app app;
    config *c;              /* the publisher's */
    _Atomic uint64_t there; /* templates 1 … there are published */
    _Atomic uint32_t edits; /* so many edits of template 1 are */
    atomic_bool over;
} world;

static void world_open(world *w)
{
    merchant shop = {.id = SHOP, .name = S("Shop"), .zone = S("Here"), .currency = S("CNY")};
    campaign of = {.id = CAMPAIGN, .merchant = SHOP, .currency = S("CNY")};
    memset(w, 0, sizeof *w);
    assert_int_equal(pthread_mutex_init(&w->app.publish_lock, NULL), 0);
    w->app.finder = finder_new();
    w->c = config_empty();
    config_put_merchant(w->c, &shop, &here);
    config_put_campaign(w->c, &of);
}

static void world_close(world *w)
{
    finder_free(w->app.finder);
    config_free(w->c);
    (void)pthread_mutex_destroy(&w->app.publish_lock);
}

/* A template for sku "tea", or its next version: as publish.c does it. */
static void publish(world *w, uint64_t id, uint32_t version)
{
    arena *memory = arena_new(0);
    str tea = S("tea");
    rule_tree scope = rule_list(S("line.sku"), &tea, 1, memory);
    template row = {.id = id, .merchant = SHOP, .campaign = CAMPAIGN, .version = version};
    template_version v = {.template = id,
                          .version = version,
                          .benefit = BENEFIT_KIND_AMOUNT_OFF,
                          .validity = VALIDITY_KIND_FIXED,
                          .scope = {scope.items, scope.n}};
    TEST_SET(v, TERM_AMOUNT_OFF_AMOUNT, 100);
    (void)pthread_mutex_lock(&w->app.publish_lock);
    config *next = config_with_template(w->c, &row, &v);
    config_free(w->c);
    w->c = next;
    const config_template *t = config_find_template(next, id);
    finder_put(w->app.finder, next, &t, 1);
    (void)pthread_mutex_unlock(&w->app.publish_lock);
    arena_free(memory);
}

static void *publish_all(void *context)
{
    world *w = context;
    for (uint64_t id = 1; id <= TEMPLATES; id++) {
        publish(w, id, 1);
        atomic_store(&w->there, id);
    }
    for (uint32_t n = 1; n <= EDITS; n++) {
        publish(w, 1, n + 1);
        atomic_store(&w->edits, n);
    }
    atomic_store(&w->over, true);
    return NULL;
}

static void *merge_all(void *context)
{
    world *w = context;
    while (!atomic_load(&w->over)) {
        app_merge_index(&w->app);
        (void)sched_yield();
    }
    return NULL;
}

typedef struct seen {
    uint64_t templates, last;
    uint32_t version; /* of template 1 */
    bool gapless;
} seen;

static seen look(world *w, arena *memory)
{
    order_line line = {.sku = S("tea"), .quantity = 1, .unit_minor = 1000};
    cart basket = {.currency = S("CNY"), .lines = &line, .n = 1, .shopper = cart_shopper_unknown};
    find_question q = {SHOP, FIND_CART, &basket, {0}};
    find_cursor *at = NULL;
    const config_template *t;
    size_t looks = SIZE_MAX;
    seen out = {.gapless = true};
    const find_index *x = app_find_index(&w->app);
    bool opened = find_open(x, &q, 0, memory, &at) == R_DONE;
    while (opened && (t = find_next(at, &looks)) != NULL) {
        out.gapless = out.gapless && t->row->id == out.last + 1;
        out.version = t->row->id == 1 ? t->row->version : out.version;
        out.last = t->row->id;
        out.templates++;
    }
    find_close(at);
    find_free((find_index *)(uintptr_t)x);
    return out;
}

/* False: a snapshot was not what was published before it was taken. */
static bool is_right(world *w, seen *before, arena *memory)
{
    uint64_t there = atomic_load(&w->there);
    uint32_t edits = atomic_load(&w->edits);
    seen now = look(w, memory);
    bool right = now.gapless && now.templates >= there && now.templates >= before->templates &&
                 now.version >= edits + (there > 0) && now.version >= before->version;
    *before = now;
    return right;
}

static void *read_all(void *context)
{
    world *w = context;
    arena *memory = arena_new(0);
    seen before = {0};
    bool right = true;
    while (right && !atomic_load(&w->over)) {
        arena_reset(memory);
        right = is_right(w, &before, memory);
    }
    arena_free(memory);
    return right ? NULL : w;
}

static void readers_see_whole_snapshots_while_it_changes(void **state)
{
    (void)state;
    static world w;
    pthread_t publisher, merger, readers[READERS];
    void *wrong[READERS];
    world_open(&w);
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, read_all, &w), 0);
    }
    assert_int_equal(pthread_create(&merger, NULL, merge_all, &w), 0);
    assert_int_equal(pthread_create(&publisher, NULL, publish_all, &w), 0);
    assert_int_equal(pthread_join(publisher, NULL), 0);
    assert_int_equal(pthread_join(merger, NULL), 0);
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(readers[i], &wrong[i]), 0);
        assert_null(wrong[i]);
    }
    arena *memory = arena_new(0);
    seen last = look(&w, memory);
    assert_true(last.gapless);
    assert_int_equal(last.templates, TEMPLATES);
    assert_int_equal(last.version, EDITS + 1);
    arena_free(memory);
    world_close(&w);
}

/* A publisher that is at work keeps nobody from reading. */
static void a_reader_does_not_wait_for_a_publisher(void **state)
{
    (void)state;
    static world w;
    arena *memory = arena_new(0);
    world_open(&w);
    publish(&w, 1, 1);
    (void)pthread_mutex_lock(&w.app.publish_lock);
    assert_int_equal(look(&w, memory).templates, 1);
    (void)pthread_mutex_unlock(&w.app.publish_lock);
    arena_free(memory);
    world_close(&w);
}

/* A snapshot that is read stays as it is, and is there, whatever is published and merged. */
static void a_snapshot_stays_as_it_is(void **state)
{
    (void)state;
    static world w;
    arena *memory = arena_new(0);
    find_figures before, after;
    world_open(&w);
    publish(&w, 1, 1);
    const find_index *x = app_find_index(&w.app);
    find_measure(x, &before);
    for (uint64_t id = 2; id < 200; id++) {
        publish(&w, id, 1);
        app_merge_index(&w.app);
    }
    find_measure(x, &after);
    assert_int_equal(after.templates, before.templates);
    assert_int_equal(after.terms, before.terms);
    find_free((find_index *)(uintptr_t)x);
    assert_int_equal(look(&w, memory).templates, 199);
    arena_free(memory);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_see_whole_snapshots_while_it_changes),
        cmocka_unit_test(a_reader_does_not_wait_for_a_publisher),
        cmocka_unit_test(a_snapshot_stays_as_it_is),
    };
    return cmocka_run_group_tests_name("finder", tests, NULL, NULL);
}
