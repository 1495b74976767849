/* See bad.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/fault/kill_oracle/bad.h"

static void is_flagged(void **state)
{
    const bad_history *bad = *state;
    bed b = bed_new();
    bad->play(&b);
    assert_true(b.f.of[bad->expected] > 0);
    bed_free(&b);
}

size_t bad_tests(const bad_history *all, size_t n, struct CMUnitTest *tests)
{
    /* cmocka takes the state as void *; is_flagged only reads it */
    for (size_t i = 0; i < n; i++)
        tests[i] = (struct CMUnitTest){.name = all[i].name,
                                       .test_func = is_flagged,
                                       .initial_state = (void *)(uintptr_t)&all[i]};
    return n;
}
