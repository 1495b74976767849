/* What many threads put arrives once, each thread's in its order, and wakes whoever waits. */
#include "plat/inbox.h"

#include <poll.h>
#include <pthread.h>

#include "base/test_help.h"

enum { THREADS = 4, EACH = 20000 };

typedef struct item {
    inbox_node node;
    unsigned thread, number;
} item;

static inbox all;
static item items[THREADS][EACH];

static void *put_all(void *argument)
{
    item *own = argument;
    for (unsigned i = 0; i < EACH; i++)
        inbox_put(&all, &own[i].node);
    return NULL;
}

static bool is_readable(int ms)
{
    struct pollfd end = {.fd = all.fd, .events = POLLIN};
    return poll(&end, 1, ms) == 1;
}

static void all_arrive_once_and_in_order(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    unsigned seen[THREADS] = {0}, total = 0;
    assert_int_equal(inbox_open(&all), 0);
    assert_false(is_readable(0));
    for (unsigned t = 0; t < THREADS; t++) {
        for (unsigned i = 0; i < EACH; i++)
            items[t][i] = (item){.thread = t, .number = i};
        assert_int_equal(pthread_create(&threads[t], NULL, put_all, items[t]), 0);
    }
    while (total < THREADS * EACH) {
        assert_true(is_readable(10000));
        for (inbox_node *n = inbox_take(&all); n != NULL; n = n->next) {
            const item *one = (const item *)n;
            assert_int_equal(one->number, seen[one->thread]++);
            total++;
        }
    }
    for (unsigned t = 0; t < THREADS; t++)
        assert_int_equal(pthread_join(threads[t], NULL), 0);
    inbox_settle(&all);
    assert_null(inbox_take(&all));
    assert_false(is_readable(0));
    inbox_close(&all);
}

static void a_wake_alone_is_nothing_to_take(void **state)
{
    (void)state;
    assert_int_equal(inbox_open(&all), 0);
    inbox_wake(&all);
    assert_true(is_readable(0));
    assert_null(inbox_take(&all));
    assert_false(is_readable(0));
    inbox_close(&all);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_arrive_once_and_in_order),
        cmocka_unit_test(a_wake_alone_is_nothing_to_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
