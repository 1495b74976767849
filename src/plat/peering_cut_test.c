/* A connection that ends behind any of its bytes, in either direction: each call is answered once,
 * and truly. What is said to be done was run once; what is said not to be delivered never is. Then
 * the servers find each other again. */
#include "plat/peer_test_server.h"

/* Beyond the handshake, pings and some calls: the last byte of each kind of frame is among them. */
enum { BYTES_MAX = 300 };

static result one_call(peer_test_server *a, unsigned number)
{
    test_call c;
    call_to(a, 1, "echo", number, &c);
    result r = wait_answer(&c);
    if (r == R_DONE)
        assert_string_equal(c.answer, c.message);
    else
        assert_true(r == R_UNAVAILABLE || r == R_UNKNOWN);
    return r;
}

static void until_done(peer_test_server *a, unsigned *number)
{
    for (int i = 0; i < 20000; i++) {
        if (one_call(a, (*number)++ % NUMBERS) == R_DONE)
            return;
        usleep(200);
    }
    fail_msg("the servers do not find each other");
}

static void cut_everywhere(int way)
{
    uint16_t port_a = free_port(), port_b = free_port();
    proxy between;
    proxy_start(&between, port_b);
    char of_a[256], of_b[256];
    (void)snprintf(of_a, sizeof of_a, "a=127.0.0.1:%u,b=127.0.0.1:%u", port_a, between.from);
    (void)snprintf(of_b, sizeof of_b, "a=127.0.0.1:%u,b=127.0.0.1:%u", port_a, port_b);
    peer_test_server *a = test_server_new("a", of_a), *b = test_server_new("b", of_b);
    a->options.ping_ms = a->options.dial_ms = 2;
    test_server_open(a);
    test_server_open(b);
    unsigned number = 0;
    static uint8_t said[NUMBERS];
    memset(said, 0, sizeof said);
    size_t unknown = 0;
    for (size_t bytes = 0; bytes < BYTES_MAX; bytes++) {
        until_done(a, &number);
        atomic_store(&between.closed, true); /* a new connection, of which bytes are counted */
        while (one_call(a, number++) == R_DONE)
            continue;
        atomic_store(&between.cut_left, bytes);
        atomic_store(&between.cut_way, way);
        atomic_store(&between.closed, false);
        while (atomic_load(&between.cut_way) >= 0) {
            assert_true(number < NUMBERS - 1000);
            said[number] = (uint8_t)one_call(a, number);
            unknown += said[number] == R_UNKNOWN;
            number++;
            usleep(100);
        }
    }
    until_done(a, &number);
    assert_true(unknown > 0);
    for (unsigned i = 0; i < number; i++) {
        unsigned times = atomic_load(&b->times[i]);
        assert_true(times <= 1);
        assert_true(said[i] != R_UNAVAILABLE || times == 0);
        assert_int_equal(atomic_load(&a->times[i]), 0);
    }
    test_server_free(a);
    test_server_free(b);
    proxy_stop(&between);
}

static void calls_are_cut_off(void **state)
{
    (void)state;
    cut_everywhere(0);
}

static void answers_are_cut_off(void **state)
{
    (void)state;
    cut_everywhere(1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_cut_off),
        cmocka_unit_test(answers_are_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
