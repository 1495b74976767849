/* The queue in front of a lane, without a lane. */
#include "store/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { N = 300 };

static queue q;
static request requests[N];
static request *taken[STORE_BATCH_MAX];

static int begin(void **state)
{
    (void)state;
    memset(requests, 0, sizeof(requests));
    queue_init(&q);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    queue_free(&q);
    return 0;
}

static void add(size_t from, size_t n, request_class class)
{
    for (size_t i = from; i < from + n; i++) {
        requests[i].class = class;
        assert_int_equal(queue_add(&q, &requests[i]), R_DONE);
    }
}

static void assert_taken(size_t at, size_t from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_ptr_equal(taken[at + i], &requests[from + i]);
}

static void a_batch_is_taken_by_class_and_none_starves(void **state)
{
    (void)state;
    add(0, 100, CLASS_OTHER);
    add(100, 100, CLASS_USE);
    add(200, 1, CLASS_INTERNAL);
    assert_int_equal(queue_take(&q, taken, 100), 100);
    assert_taken(0, 200, 1);
    assert_taken(1, 100, 100 - 1 - QUEUE_FLOOR);
    assert_taken(100 - QUEUE_FLOOR, 0, QUEUE_FLOOR);
    uint64_t waiting = 0, parked = 0;
    queue_count(&q, &waiting, &parked);
    assert_int_equal(waiting, 101);
    assert_int_equal(queue_take(&q, taken, STORE_BATCH_MAX), 101);
    assert_int_equal(queue_take(&q, taken, STORE_BATCH_MAX), 0);
}

static void what_was_put_back_comes_first_in_its_order(void **state)
{
    (void)state;
    add(0, 10, CLASS_OTHER);
    assert_int_equal(queue_take(&q, taken, STORE_BATCH_MAX), 10);
    queue_put_back(&q, taken + 6, 4);
    queue_put_back(&q, taken + 3, 3);
    add(10, 1, CLASS_INTERNAL);
    assert_int_equal(queue_take(&q, taken, STORE_BATCH_MAX), 8);
    assert_taken(0, 3, 7);
    assert_taken(7, 10, 1);
}

static void park(size_t i, uint64_t owner, uint64_t ticket, int64_t until)
{
    requests[i].waits_for = (pool_name){.owner = owner};
    requests[i].ticket = ticket;
    requests[i].park_until_ms = until;
    assert_true(queue_park(&q, &requests[i]));
}

static void waking_is_by_pool_and_ticket(void **state)
{
    (void)state;
    park(0, 1, 1, INT64_MAX);
    park(1, 2, 2, INT64_MAX);
    park(2, 1, 3, INT64_MAX);
    park(3, 1, 4, INT64_MAX);
    queue_wake(&q, (pool_name){.owner = 1}, WORD_DRY, 3);
    assert_int_equal(queue_take(&q, taken, STORE_BATCH_MAX), 2);
    assert_ptr_equal(taken[0], &requests[0]);
    assert_ptr_equal(taken[1], &requests[2]);
    assert_int_equal(requests[0].dry_count, 1);
    park(0, 1, 5, INT64_MAX);
    queue_wake(&q, (pool_name){.owner = 1}, WORD_DRY, UINT64_MAX); /* told again: once is enough */
    assert_int_equal(queue_take(&q, taken, STORE_BATCH_MAX), 2);
    assert_ptr_equal(taken[0], &requests[3]);
    assert_int_equal(requests[0].dry_count, 1);
    queue_wake(&q, (pool_name){.owner = 2}, WORD_NONE, UINT64_MAX);
    assert_int_equal(queue_take(&q, taken, STORE_BATCH_MAX), 1);
    assert_int_equal(requests[1].dry_count, 0);
}

static void dry_is_for_the_most_that_was_needed(void **state)
{
    (void)state;
    static const int64_t needs[] = {3, 7, 5};
    static const int64_t told[] = {3, 7, 7};
    for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
        requests[0].waits_need = needs[i];
        park(0, 1, i + 1, INT64_MAX);
        queue_wake(&q, (pool_name){.owner = 1}, WORD_DRY, UINT64_MAX);
        assert_int_equal(queue_take(&q, taken, STORE_BATCH_MAX), 1);
        assert_int_equal(requests[0].dry_count, 1);
        assert_int_equal(requests[0].dry[0].need, told[i]);
    }
}

static void what_was_collected_is_dry_for_who_wanted_that(void **state)
{
    (void)state;
    requests[0].waits_need = 3;
    requests[1].waits_need = -1;
    park(0, 1, 1, INT64_MAX);
    park(1, 1, 2, INT64_MAX);
    queue_wake(&q, (pool_name){.owner = 1}, WORD_COLLECTED, UINT64_MAX);
    assert_int_equal(queue_take(&q, taken, STORE_BATCH_MAX), 2);
    assert_int_equal(requests[0].dry_count, 0);
    assert_int_equal(requests[1].dry_count, 1);
}

static void what_is_parked_expires_at_its_time(void **state)
{
    (void)state;
    park(0, 1, 1, 300);
    park(1, 1, 2, 100);
    park(2, 1, 3, 200);
    assert_null(queue_expire(&q, 99));
    request *r = queue_expire(&q, 200);
    assert_ptr_equal(r, &requests[1]);
    assert_ptr_equal(r->next, &requests[2]);
    assert_null(r->next->next);
    assert_null(queue_expire(&q, 299));
    queue_give_up(&q);
    assert_ptr_equal(queue_expire(&q, 299), &requests[0]);
    park(3, 1, 4, INT64_MAX);
    assert_ptr_equal(queue_expire(&q, 0), &requests[3]);
}

static int64_t no_time(void *context)
{
    (void)context;
    return 0;
}

static void a_halted_queue_gives_nothing(void **state)
{
    (void)state;
    add(0, 1, CLASS_USE);
    queue_halt(&q, true);
    assert_int_equal(queue_take(&q, taken, STORE_BATCH_MAX), 0);
    queue_halt(&q, false);
    assert_true(queue_wait(&q, no_time, NULL));
    assert_int_equal(queue_take(&q, taken, STORE_BATCH_MAX), 1);
    queue_stop(&q);
    assert_false(queue_wait(&q, no_time, NULL));
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, finish)
    static const struct CMUnitTest tests[] = {
        EACH(a_batch_is_taken_by_class_and_none_starves),
        EACH(what_was_put_back_comes_first_in_its_order),
        EACH(waking_is_by_pool_and_ticket),
        EACH(dry_is_for_the_most_that_was_needed),
        EACH(what_was_collected_is_dry_for_who_wanted_that),
        EACH(what_is_parked_expires_at_its_time),
        EACH(a_halted_queue_gives_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
