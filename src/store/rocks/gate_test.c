/* The gate: nobody is inside while it is closed, and nobody waits for ever. */
#include "store/rocks/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"

enum { THREADS = 4, PASSES = 20000, CLOSINGS = 300 };

static gate g;
static unsigned guarded; /* changed by who has closed the gate, read inside: TSan looks at it */
static _Atomic bool going;

static void *pass(void *context)
{
    (void)context;
    for (int i = 0; i < PASSES && atomic_load(&going); i++) {
        gate_enter(&g);
        unsigned seen = guarded;
        gate_enter(&g); /* again, perhaps while somebody is closing */
        CHECK(guarded == seen);
        gate_leave(&g);
        CHECK(guarded == seen);
        gate_leave(&g);
    }
    return NULL;
}

static void *close_often(void *context)
{
    (void)context;
    for (int i = 0; i < CLOSINGS; i++) {
        gate_close(&g);
        guarded++;
        gate_open(&g);
    }
    return NULL;
}

static void nobody_is_inside_a_closed_gate(void **state)
{
    (void)state;
    gate_init(&g);
    atomic_store(&going, true);
    pthread_t passing[THREADS], closing[2];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&passing[i], NULL, pass, NULL), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&closing[i], NULL, close_often, NULL), 0);
    for (size_t i = 0; i < 2; i++)
        pthread_join(closing[i], NULL);
    atomic_store(&going, false);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(passing[i], NULL);
    assert_int_equal(guarded, 2 * CLOSINGS);
    gate_free(&g);
}

static void a_second_gate_is_a_gate_of_its_own(void **state)
{
    (void)state;
    gate other;
    gate_init(&g);
    gate_init(&other);
    gate_enter(&g);
    gate_enter(&other);
    gate_leave(&g);
    gate_leave(&other);
    gate_close(&g);
    gate_close(&other);
    gate_open(&other);
    gate_enter(&other);
    assert_int_equal(atomic_load(&other.inside), 1);
    assert_int_equal(atomic_load(&g.inside), 0);
    gate_leave(&other);
    gate_open(&g);
    gate_free(&other);
    gate_free(&g);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_inside_a_closed_gate),
        cmocka_unit_test(a_second_gate_is_a_gate_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
