/* URLs of receivers: one reading for all, and nothing that two readers might take differently. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/webhook/webhook.h"

static void good_ones_are_read(void **state)
{
    static const struct {
        const char *url, *host;
        uint16_t port;
        bool secure;
    } good[] = {
        {"https://shop.example/hooks/quan?a=1&b=%20", "shop.example", 443, true},
        {"https://shop.example", "shop.example", 443, true},
        {"https://shop.example?x", "shop.example", 443, true},
        {"http://10.1.2.3:8080/", "10.1.2.3", 8080, false},
        {"https://[2001:db8::1]:8443/x", "2001:db8::1", 8443, true},
        {"https://SHOP.Example:65535/", "SHOP.Example", 65535, true},
    };
    MAYBE(state);
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        webhook_url read;
        assert_null(webhook_url_read(str_of(good[i].url), &read));
        assert_true(str_eq(read.host, str_of(good[i].host)));
        assert_int_equal(read.port, good[i].port);
        assert_int_equal(read.secure, good[i].secure);
    }
}

static void bad_ones_are_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "shop.example/hook",
                                      "HTTPS://shop.example/",
                                      "ftp://shop.example/",
                                      "file:///etc/passwd",
                                      "https://",
                                      "https:///x",
                                      "https://user@shop.example/",
                                      "https://user:secret@shop.example/",
                                      "https://shop.example@10.0.0.1/",
                                      "https://shop.example#@10.0.0.1/",
                                      "https://shop.example\\@10.0.0.1/",
                                      "https://shop example/",
                                      "https://shop.example/a b",
                                      "https://shop.example/\t",
                                      "https://shop.example:0/",
                                      "https://shop.example:65536/",
                                      "https://shop.example:/",
                                      "https://shop.example:x/",
                                      "https://[::1/",
                                      "https://[]/",
                                      "https://[shop]/",
                                      "https://sh\xc3\xb6p.example/"};
    MAYBE(state);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        webhook_url read;
        assert_non_null(webhook_url_read(str_of(bad[i]), &read));
    }
    char text[WEBHOOK_URL_BYTES_MAX + 1];
    memset(text, 'a', sizeof(text));
    memcpy(text, "https://a/", 10);
    webhook_url read;
    assert_null(webhook_url_read((str){text, WEBHOOK_URL_BYTES_MAX}, &read));
    assert_non_null(webhook_url_read((str){text, sizeof(text)}, &read));
}

/* The times between tries: more each time, up to a tenth apart, always the same for the same. */
static void waits_grow_and_are_spread(void **state)
{
    static const int64_t least_ms[] = {5 * MS_SECOND, 5 * MS_MINUTE, 30 * MS_MINUTE, 2 * MS_HOUR,
                                       5 * MS_HOUR,   10 * MS_HOUR,  14 * MS_HOUR,   20 * MS_HOUR,
                                       24 * MS_HOUR,  24 * MS_HOUR};
    MAYBE(state);
    for (uint32_t tries = 1; tries <= ARRAY_LEN(least_ms); tries++) {
        int64_t first = webhook_wait_ms(7, 1, tries);
        bool differ = false;
        for (uint64_t sequence = 1; sequence < 100; sequence++) {
            int64_t ms = webhook_wait_ms(7, sequence, tries);
            assert_in_range(ms, least_ms[tries - 1], least_ms[tries - 1] * 11 / 10);
            assert_true(ms == webhook_wait_ms(7, sequence, tries));
            differ = differ || ms != first;
        }
        assert_true(differ);
    }
    int64_t most = WEBHOOK_OPEN_MAX_MS;
    assert_in_range(webhook_open_ms(7, 1), WEBHOOK_OPEN_FIRST_MS, WEBHOOK_OPEN_FIRST_MS * 11 / 10);
    assert_in_range(webhook_open_ms(7, UINT32_MAX), most, most * 11 / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones_are_read),
        cmocka_unit_test(bad_ones_are_refused),
        cmocka_unit_test(waits_grow_and_are_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
