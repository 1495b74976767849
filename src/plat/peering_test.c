/* Servers that call each other: who has which lane, answers that overtake each other, ends of every
 * kind, and who is kept out. What happens where a connection is cut: peering_cut_test.c. */
#include "plat/peer_test_server.h"
#include "port/clock.h"

static char list[256];
static uint16_t port_a, port_b;

/* Even lanes are a's, odd ones b's, while both are alive. */
static void new_two(peer_test_server **a, peer_test_server **b)
{
    port_a = free_port();
    port_b = free_port();
    (void)snprintf(list, sizeof list, "a=127.0.0.1:%u,b=127.0.0.1:%u", port_a, port_b);
    *a = test_server_new("a", list);
    *b = test_server_new("b", list);
}

static void open_two(peer_test_server **a, peer_test_server **b)
{
    new_two(a, b);
    test_server_open(*a);
    test_server_open(*b);
    wait_lanes(*a, 1, TEST_LANES / 2);
    wait_lanes(*b, 0, TEST_LANES / 2);
    peering_settle((*a)->net);
    peering_settle((*b)->net);
    for (int i = 0; i < 5000; i++) {
        test_call c, d;
        call_to(*a, 1, "echo", 0, &c);
        call_to(*b, 0, "echo", 0, &d);
        bool there = wait_answer(&c) == R_DONE;
        if (wait_answer(&d) == R_DONE && there)
            return;
        usleep(1000);
    }
    fail_msg("the servers do not find each other");
}

static void free_two(peer_test_server *a, peer_test_server *b)
{
    test_server_free(a);
    test_server_free(b);
}

static void each_calls_the_owner(void **state)
{
    (void)state;
    peer_test_server *a, *b;
    open_two(&a, &b);
    for (uint16_t lane = 0; lane < TEST_LANES; lane++) {
        bool mine = lane % 2 == 0;
        assert_int_equal(a->ops->mine(a->ops->context, lane), mine);
        assert_int_equal(b->ops->mine(b->ops->context, lane), !mine);
        test_call c;
        call_to(a, lane, "echo", 1u + lane, &c);
        assert_int_equal(wait_answer(&c), mine ? R_UNAVAILABLE : R_DONE);
        assert_string_equal(c.answer, mine ? "" : c.message);
        assert_int_equal(b->times[1 + lane], !mine);
        assert_int_equal(a->times[1 + lane], 0);
    }
    test_call c;
    call_to(a, 1, "no", 20, &c);
    assert_int_equal(wait_answer(&c), R_UNAVAILABLE);
    peering_server all[PEERING_SERVERS_MAX];
    assert_int_equal(peering_servers(a->net, all), 2);
    assert_str(all[1].name, S("b"));
    assert_true(all[0].self && !all[1].self && all[0].alive && all[1].alive);
    assert_true(all[1].rtt_us >= 0);
    free_two(a, b);
}

static void a_slow_call_holds_up_no_other(void **state)
{
    (void)state;
    peer_test_server *a, *b;
    open_two(&a, &b);
    test_call slow[3], quick;
    for (unsigned i = 0; i < 3; i++)
        call_to(a, 1, "slow", 1 + i, &slow[i]);
    for (unsigned i = 0; i < 100; i++) {
        call_to(a, 3, "echo", 10 + i, &quick);
        assert_int_equal(wait_answer(&quick), R_DONE);
    }
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(atomic_load(&slow[i].answers), 0);
    open_gate(b);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(wait_answer(&slow[i]), R_DONE);
    free_two(a, b);
}

enum { CALLERS = 4, CALLS_EACH = 5000 };
typedef struct caller {
    peer_test_server *from;
    unsigned base;
    pthread_t thread;
    test_call calls[CALLS_EACH];
} caller;

static void *call_many(void *argument)
{
    caller *c = argument;
    for (unsigned i = 0; i < CALLS_EACH; i++)
        call_to(c->from, 1, "echo", c->base + i, &c->calls[i]);
    for (unsigned i = 0; i < CALLS_EACH; i++)
        wait_answer(&c->calls[i]);
    return NULL;
}

static void calls_of_many_threads_are_each_answered(void **state)
{
    (void)state;
    static caller callers[CALLERS];
    peer_test_server *a, *b;
    open_two(&a, &b);
    for (unsigned i = 0; i < CALLERS; i++) {
        callers[i].from = a;
        callers[i].base = 1 + i * CALLS_EACH;
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_many, &callers[i]), 0);
    }
    for (unsigned i = 0; i < CALLERS; i++) {
        assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
        for (unsigned k = 0; k < CALLS_EACH; k++) {
            const test_call *c = &callers[i].calls[k];
            assert_int_equal(c->code, R_DONE);
            assert_string_equal(c->answer, c->message);
            assert_int_equal(b->times[callers[i].base + k], 1);
        }
    }
    free_two(a, b);
}

static void the_largest_message_passes(void **state)
{
    (void)state;
    peer_test_server *a, *b;
    open_two(&a, &b);
    char *large = malloc(PEERS_MESSAGE_MAX);
    assert_non_null(large);
    memset(large, ' ', PEERS_MESSAGE_MAX);
    memcpy(large, "echo 1", 6);
    test_call c = {.answers = 0};
    a->ops->call(a->ops->context, 1, (str){large, PEERS_MESSAGE_MAX}, test_answered, &c);
    assert_int_equal(wait_answer(&c), R_DONE);
    assert_int_equal(c.bytes, PEERS_MESSAGE_MAX);
    free(large);
    free_two(a, b);
}

static void too_many_bytes_are_busy(void **state)
{
    (void)state;
    peer_test_server *a, *b;
    open_two(&a, &b);
    char *large = malloc(PEERS_MESSAGE_MAX);
    assert_non_null(large);
    memset(large, ' ', PEERS_MESSAGE_MAX);
    memcpy(large, "slow 1", 6);
    enum { FIT = PEERING_BYTES_MAX / PEERS_MESSAGE_MAX };
    test_call c[FIT + 1] = {0};
    for (unsigned i = 0; i <= FIT; i++)
        a->ops->call(a->ops->context, 1, (str){large, PEERS_MESSAGE_MAX}, test_answered, &c[i]);
    assert_int_equal(wait_answer(&c[FIT]), R_BUSY);
    while (atomic_load(&b->at_gate) < FIT)
        usleep(1000);
    open_gate(b);
    for (unsigned i = 0; i < FIT; i++)
        assert_int_equal(wait_answer(&c[i]), R_DONE);
    call_to(a, 1, "echo", 2, &c[0]);
    assert_int_equal(wait_answer(&c[0]), R_DONE);
    free(large);
    free_two(a, b);
}

static void an_answer_too_late_is_nobodys(void **state)
{
    (void)state;
    peer_test_server *a, *b;
    new_two(&a, &b);
    a->options.call_ms = 100;
    test_server_open(a);
    test_server_open(b);
    test_call c;
    do {
        call_to(a, 1, "echo", 0, &c);
    } while (wait_answer(&c) != R_DONE);
    call_to(a, 1, "slow", 1, &c);
    assert_int_equal(wait_answer(&c), R_UNKNOWN);
    assert_int_equal(b->times[1], 1);
    open_gate(b);
    test_call next;
    call_to(a, 1, "echo", 2, &next);
    assert_int_equal(wait_answer(&next), R_DONE);
    assert_int_equal(atomic_load(&c.answers), 1);
    free_two(a, b);
}

static void lanes_of_one_that_ends_come_back_with_it(void **state)
{
    (void)state;
    peer_test_server *a, *b;
    open_two(&a, &b);
    unsigned changes = atomic_load(&a->changes);
    test_server_close(b);
    wait_lanes(a, 0, TEST_LANES);
    assert_true(atomic_load(&a->changes) > changes);
    assert_true(a->ops->mine(a->ops->context, 1));
    test_call c;
    call_to(a, 1, "echo", 1, &c);
    assert_int_equal(wait_answer(&c), R_UNAVAILABLE);
    test_server_open(b);
    wait_lanes(a, 1, TEST_LANES / 2);
    call_to(a, 1, "echo", 2, &c);
    assert_int_equal(wait_answer(&c), R_DONE);
    free_two(a, b);
}

static void one_that_leaves_answers_what_it_was_asked(void **state)
{
    (void)state;
    peer_test_server *a, *b;
    open_two(&a, &b);
    test_call slow, next;
    call_to(a, 1, "slow", 1, &slow);
    while (atomic_load(&b->at_gate) == 0)
        usleep(1000);
    peering_leave(b->net);
    wait_lanes(a, 0, TEST_LANES);
    call_to(a, 1, "echo", 2, &next);
    assert_int_equal(wait_answer(&next), R_UNAVAILABLE);
    open_gate(b);
    assert_int_equal(wait_answer(&slow), R_DONE);
    usleep(50000); /* it goes on answering pings, and is not alive by that */
    assert_int_equal(lanes_of(a, 0), TEST_LANES);
    free_two(a, b);
}

/* The other end is there, and silent. */
static void one_that_is_silent_is_dead_until_it_answers(void **state)
{
    (void)state;
    proxy between;
    peer_test_server *a, *b;
    new_two(&a, &b);
    proxy_start(&between, port_b);
    char through[256];
    (void)snprintf(through, sizeof through, "a=127.0.0.1:%u,b=127.0.0.1:%u", port_a, between.from);
    free_two(a, b);
    a = test_server_new("a", through);
    b = test_server_new("b", list);
    a->options.dead_ms = 300;
    test_server_open(a);
    test_server_open(b);
    test_call c;
    do {
        call_to(a, 1, "echo", 0, &c);
    } while (wait_answer(&c) != R_DONE);
    atomic_store(&between.holds, true);
    call_to(a, 1, "echo", 1, &c);
    assert_int_equal(wait_answer(&c), R_UNKNOWN);
    assert_int_equal(lanes_of(a, 0), TEST_LANES);
    atomic_store(&between.holds, false);
    wait_lanes(a, 1, TEST_LANES / 2);
    call_to(a, 1, "echo", 2, &c);
    assert_int_equal(wait_answer(&c), R_DONE);
    free_two(a, b);
    proxy_stop(&between);
}

static void expect_strangers(peer_test_server *a, peer_test_server *b)
{
    test_server_open(a);
    test_server_open(b);
    peering_settle(a->net);
    peering_settle(b->net);
    usleep(50000);
    assert_int_equal(lanes_of(a, 0), TEST_LANES);
    assert_int_equal(lanes_of(b, 1), TEST_LANES);
    test_call c;
    call_to(a, 1, "echo", 1, &c);
    assert_int_equal(wait_answer(&c), R_UNAVAILABLE);
    assert_int_equal(b->times[1], 0);
    free_two(a, b);
}

static void another_secret_is_no_peer(void **state)
{
    (void)state;
    peer_test_server *a, *b;
    new_two(&a, &b);
    b->options.secret = S("0123456789abcdef0123456789abcdeg");
    expect_strangers(a, b);
}

static void another_database_is_no_peer(void **state)
{
    (void)state;
    peer_test_server *a, *b;
    new_two(&a, &b);
    b->identity = S("tesT");
    expect_strangers(a, b);
}

static void another_name_is_no_peer(void **state)
{
    (void)state;
    peer_test_server *a, *b;
    new_two(&a, &b);
    (void)snprintf(b->list, sizeof b->list, "c=127.0.0.1:%u,b=127.0.0.1:%u", port_a, port_b);
    b->options.servers = str_of(b->list);
    expect_strangers(a, b);
}

static void one_that_is_away_is_waited_for_no_longer_than_it_takes(void **state)
{
    (void)state;
    peer_test_server *a, *b;
    new_two(&a, &b);
    test_server_open(a);
    peering_settle(a->net);
    assert_int_equal(lanes_of(a, 0), TEST_LANES);
    free_two(a, b);
}

/* Bytes that are no greeting, no record, or a part of one. */
static void strangers_do_not_disturb(void **state)
{
    (void)state;
    peer_test_server *a, *b;
    open_two(&a, &b);
    static const char *const texts[] = {"", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "QUANPEER\1\0"};
    int open[3 * PEERING_LINKS_MAX];
    for (size_t i = 0; i < ARRAY_LEN(open); i++) {
        char bytes[200];
        memset(bytes, (int)i, sizeof bytes);
        memcpy(bytes, texts[i % 3], strlen(texts[i % 3]));
        open[i] = proxy_socket(port_b, false);
        assert_true(open[i] >= 0);
        (void)!send(open[i], bytes, i, MSG_NOSIGNAL);
    }
    test_call c;
    call_to(a, 1, "echo", 1, &c);
    assert_int_equal(wait_answer(&c), R_DONE);
    /* One that comes anew finds a place among those who have not said who they are. */
    test_server_close(a);
    test_server_open(a);
    int64_t began = clock_monotonic_ms();
    do {
        call_to(a, 1, "echo", 2, &c);
    } while (wait_answer(&c) != R_DONE);
    assert_true(clock_monotonic_ms() - began < PEERING_HELLO_MS / 2);
    for (size_t i = 0; i < ARRAY_LEN(open); i++)
        close(open[i]);
    free_two(a, b);
}

static void expect_invalid(const char *servers, const char *self, const char *listens, str secret)
{
    peering *net;
    buf why;
    buf_init(&why, 4096);
    peering_options o = {.servers = str_of(servers),
                         .self = str_of(self),
                         .listen = str_of(listens),
                         .secret = secret};
    assert_int_equal(peering_new(&o, &net, &why), R_INVALID);
    assert_true(why.n > 0);
    buf_free(&why);
}

static void a_list_that_is_none_is_refused(void **state)
{
    (void)state;
    str secret = S(TEST_SECRET);
    expect_invalid("", "a", "", secret);
    expect_invalid("a=10.0.0.1", "a", "", secret);
    expect_invalid("a=10.0.0.1:70000", "a", "", secret);
    expect_invalid("a 10.0.0.1:7000", "a", "", secret);
    expect_invalid("=10.0.0.1:7000", "", "", secret);
    expect_invalid("a=:7000", "a", "", secret);
    expect_invalid("a=[::1]7000", "a", "", secret);
    expect_invalid("a=10.0.0.1:7000,a=10.0.0.2:7000", "a", "", secret);
    expect_invalid("a=10.0.0.1:7000", "b", "", secret);
    expect_invalid("a=quan-a:7000", "a", "", secret);
    expect_invalid("a=10.0.0.1:7000", "a", "here", secret);
    expect_invalid("a=10.0.0.1:7000", "a", "", S("0123456789abcdef0123456789abcde"));
    char many[PEERING_SERVERS_MAX * 16 + 20] = "a=[::1]:7000";
    for (unsigned i = 0; i < PEERING_SERVERS_MAX; i++)
        (void)snprintf(many + strlen(many), 16, ",b%u=h:1", i);
    expect_invalid(many, "a", "", secret);
}

static void a_taken_port_is_told(void **state)
{
    (void)state;
    peer_test_server *a, *b;
    new_two(&a, &b);
    test_server_open(a);
    peer_test_server *again = test_server_new("a", list);
    buf why;
    buf_init(&why, 4096);
    assert_int_equal(peering_new(&again->options, &again->net, &why), R_DONE);
    peering_site site = {again, TEST_LANES, again->identity};
    assert_int_equal(peering_start(again->net, &site, &why), R_IO);
    assert_true(why.n > 0);
    buf_free(&why);
    test_server_free(again);
    free_two(a, b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_calls_the_owner),
        cmocka_unit_test(a_slow_call_holds_up_no_other),
        cmocka_unit_test(calls_of_many_threads_are_each_answered),
        cmocka_unit_test(the_largest_message_passes),
        cmocka_unit_test(too_many_bytes_are_busy),
        cmocka_unit_test(an_answer_too_late_is_nobodys),
        cmocka_unit_test(lanes_of_one_that_ends_come_back_with_it),
        cmocka_unit_test(one_that_leaves_answers_what_it_was_asked),
        cmocka_unit_test(one_that_is_silent_is_dead_until_it_answers),
        cmocka_unit_test(another_secret_is_no_peer),
        cmocka_unit_test(another_database_is_no_peer),
        cmocka_unit_test(another_name_is_no_peer),
        cmocka_unit_test(one_that_is_away_is_waited_for_no_longer_than_it_takes),
        cmocka_unit_test(strangers_do_not_disturb),
        cmocka_unit_test(a_list_that_is_none_is_refused),
        cmocka_unit_test(a_taken_port_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
