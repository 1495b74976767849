/* Linked to every test program of cmocka: CMOCKA_TEST_FILTER='*name*' runs the cases whose names
 * match, which the library itself only offers as a function. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

__attribute__((constructor)) static void filter(void)
{
    cmocka_set_test_filter(getenv("CMOCKA_TEST_FILTER"));
}
