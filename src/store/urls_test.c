/* Addresses of databases in a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "port/store.h"

static void assert_read(const char *text, const char *const *wanted)
{
    str urls[STORE_SHARDS_MAX];
    size_t n = 0;
    while (wanted[n] != NULL)
        n++;
    assert_int_equal(store_urls_read(str_of(text), urls), n);
    for (size_t i = 0; i < n; i++)
        assert_true(str_eq(urls[i], str_of(wanted[i])));
}

static void addresses_are_told_from_hosts(void **state)
{
    (void)state;
    assert_read("postgres://a/q", (const char *const[]){"postgres://a/q", NULL});
    assert_read(" postgres://a/q ", (const char *const[]){"postgres://a/q", NULL});
    assert_read("postgres://a/q,postgres://b/q",
                (const char *const[]){"postgres://a/q", "postgres://b/q", NULL});
    assert_read("postgres://a/q , postgresql://b/q",
                (const char *const[]){"postgres://a/q", "postgresql://b/q", NULL});
    assert_read("postgres://a/q\tpostgres://b/q",
                (const char *const[]){"postgres://a/q", "postgres://b/q", NULL});
    assert_read("postgres://u@a:1,b:2/q?x=y, postgres://c,d/q",
                (const char *const[]){"postgres://u@a:1,b:2/q?x=y", "postgres://c,d/q", NULL});
}

static void what_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const none = NULL;
    assert_read("", &none);
    assert_read("mysql://a/q", &none);
    assert_read("postgres:/a", &none);
    assert_read(", postgres://a/q", &none);
    assert_read("postgres://a/q,", &none);
    assert_read("postgres://a/q, b", &none);
    char many[(STORE_SHARDS_MAX + 1) * 16] = "";
    size_t n = 0;
    for (size_t i = 0; i <= STORE_SHARDS_MAX; i++)
        for (const char *p = "postgres://a/q "; *p != '\0'; p++)
            many[n++] = *p;
    many[n] = '\0';
    assert_read(many, &none);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_told_from_hosts),
        cmocka_unit_test(what_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
