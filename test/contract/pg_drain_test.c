/* An app is drained when nothing of it is under way any more: errands, calls to other servers and
 * requests of the store begin one another, and whoever looks at them one after the other must not
 * miss what goes from one to the next meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "app/calls.h"
#include "app/errand.h"
#include "test/lib/database.h"
#include "test/lib/domain_fixture.h"

enum { LANES = 1, ROUNDS = 100, HOPS = 40, RESTS_NS = 50000000 };

/* The other server: answers each call at once, from a thread of its own. */
typedef struct courier {
    pthread_mutex_t lock;
    pthread_cond_t come;
    pthread_t thread;
    peers_answered *answered; /* NULL: no call waits */
    void *of;
    bool ends;
} courier;

static courier other = {.lock = PTHREAD_MUTEX_INITIALIZER, .come = PTHREAD_COND_INITIALIZER};

static void *answer_calls(void *context)
{
    courier *c = context;
    (void)pthread_mutex_lock(&c->lock);
    for (;;) {
        while (c->answered == NULL && !c->ends)
            (void)pthread_cond_wait(&c->come, &c->lock);
        if (c->answered == NULL)
            break;
        peers_answered *answered = c->answered;
        void *of = c->of;
        c->answered = NULL;
        (void)pthread_mutex_unlock(&c->lock);
        answered(of, R_DONE, S(""));
        (void)pthread_mutex_lock(&c->lock);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return NULL;
}

static bool on_mine(void *context, uint16_t lane)
{
    (void)context;
    (void)lane;
    return true;
}

static void on_call(void *context, uint16_t lane, str message, peers_answered *answered, void *of)
{
    courier *c = context;
    (void)lane;
    (void)message;
    (void)pthread_mutex_lock(&c->lock);
    assert_null(c->answered);
    c->answered = answered;
    c->of = of;
    (void)pthread_cond_signal(&c->come);
    (void)pthread_mutex_unlock(&c->lock);
}

/* ---- a chain ---- */

typedef struct chain {
    errand errand;   /* first */
    request request; /* of the store */
    app *app;
    unsigned left; /* hops */
    atomic_bool over;
} chain;

static void hop(chain *c);

static void on_errand(errand *e, bool late)
{
    (void)late;
    hop((chain *)e);
}

static void on_answered(void *of, result code, str answer)
{
    (void)code;
    (void)answer;
    hop(of);
}

static result on_run(uow *u, request *r)
{
    (void)u;
    (void)r;
    return R_DONE;
}

static void on_done(request *r)
{
    hop((chain *)((char *)r - offsetof(chain, request)));
}

/* What goes through the store takes a thousand times as long: now and then. */
static void hop(chain *c)
{
    static const peer_ask nothing;
    if (c->left == 0) {
        atomic_store(&c->over, true);
        return;
    }
    c->left--;
    if (c->left % 16 == 0) {
        c->request =
            (request){.run = on_run, .done = on_done, .to_lane = true, .class = CLASS_INTERNAL};
        assert_int_equal(store_submit(app_store(c->app), &c->request), R_DONE);
    } else if (c->left % 2 == 0) {
        call_send(c->app, 0, &(call_message){CALL_ASK, &peer_ask_record, &nothing}, on_answered, c);
    } else {
        c->errand.run = on_errand;
        errand_send(c->app, c->left % 4 == 1 ? ERRAND_ANY : 0, &c->errand);
    }
}

/* ---- an app ---- */

static const char *url;
static fix *shop;
static peers to = {.context = &other, .mine = on_mine, .call = on_call};

static int open_shop(void **state)
{
    (void)state;
    url = database_take();
    str address = str_of(url);
    shop = fix_open((fix_options){.lanes = LANES, .pg = &address, .shards = 1, .several = true});
    app_close(shop->app);
    app_options options = shop->options;
    options.store.urls = &address;
    options.store.threads = true;
    options.peers = &to;
    assert_int_equal(app_open(&options, &shop->app, &(buf){0}), R_DONE);
    other.ends = false;
    assert_int_equal(pthread_create(&other.thread, NULL, answer_calls, &other), 0);
    return 0;
}

static int close_shop(void **state)
{
    (void)state;
    app_close(shop->app);
    (void)pthread_mutex_lock(&other.lock);
    other.ends = true;
    (void)pthread_cond_signal(&other.come);
    (void)pthread_mutex_unlock(&other.lock);
    assert_int_equal(pthread_join(other.thread, NULL), 0);
    shop->app = NULL;
    fix_close(shop);
    database_give(url);
    return 0;
}

static void a_drain_ends_with_the_last_of_a_chain(void **state)
{
    (void)state;
    unsigned missed = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        chain c = {.app = shop->app, .left = HOPS};
        hop(&c);
        app_drain(shop->app);
        missed += !atomic_load(&c.over);
        while (!atomic_load(&c.over))
            continue;
    }
    assert_int_equal(missed, 0);
}

static void *drain(void *context)
{
    app_drain(context);
    return NULL;
}

static void rest(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = RESTS_NS}, NULL);
}

/* A call comes back between the looks: the store was found empty while it was away, and it is not
 * away any more when that is looked at. */
static void what_a_call_leaves_in_the_store_is_waited_for(void **state)
{
    (void)state;
    app *a = shop->app;
    chain c = {.app = a};
    pthread_t drainer;
    (void)pthread_mutex_lock(&a->away_lock);
    a->away++;
    assert_int_equal(pthread_create(&drainer, NULL, drain, a), 0);
    rest();
    store_halt_lane(app_store(a), 0, true);
    c.request = (request){.run = on_run, .done = on_done, .to_lane = true, .class = CLASS_INTERNAL};
    assert_int_equal(store_submit(app_store(a), &c.request), R_DONE);
    a->away--;
    (void)pthread_cond_broadcast(&a->all_back);
    (void)pthread_mutex_unlock(&a->away_lock);
    assert_int_equal(pthread_join(drainer, NULL), 0);
    bool over = atomic_load(&c.over);
    store_halt_lane(app_store(a), 0, false);
    while (!atomic_load(&c.over))
        rest();
    assert_true(over);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_call_leaves_in_the_store_is_waited_for, open_shop,
                                        close_shop),
        cmocka_unit_test_setup_teardown(a_drain_ends_with_the_last_of_a_chain, open_shop,
                                        close_shop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
