/* Which addresses letters go to: only those of the public internet, in whatever form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "port/notify.h"

static bool may(const notify_rules *rules, const char *text, uint16_t port)
{
    uint8_t address[16] = {0};
    if (inet_pton(AF_INET, text, address + 12) == 1)
        address[10] = address[11] = 0xff;
    else
        assert_int_equal(inet_pton(AF_INET6, text, address), 1);
    return notify_may(rules, address, port);
}

static void the_public_internet_is_open(void **state)
{
    static const char *const open[] = {
        "1.1.1.1",       "8.8.8.8",         "9.255.255.255",   "11.0.0.0",     "100.63.255.255",
        "100.128.0.0",   "126.255.255.255", "128.0.0.0",       "169.253.0.1",  "172.15.255.255",
        "172.32.0.0",    "192.0.1.0",       "192.167.255.255", "192.169.0.0",  "198.17.255.255",
        "198.20.0.0",    "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2001:4860::8888",
        "::ffff:8.8.8.8"};
    notify_rules rules = {.ports = {443}, .port_count = 1};
    MAYBE(state);
    for (size_t i = 0; i < ARRAY_LEN(open); i++) {
        assert_true(may(&rules, open[i], 443));
        assert_false(may(&rules, open[i], 444));
    }
}

static void nothing_else_is(void **state)
{
    static const char *const closed[] = {"0.0.0.0",
                                         "0.1.2.3",
                                         "10.0.0.1",
                                         "10.255.255.255",
                                         "100.64.0.1",
                                         "100.127.255.255",
                                         "127.0.0.1",
                                         "127.255.255.255",
                                         "169.254.169.254",
                                         "172.16.0.1",
                                         "172.31.255.255",
                                         "192.0.0.1",
                                         "192.0.2.1",
                                         "192.168.1.1",
                                         "198.18.0.1",
                                         "198.19.255.255",
                                         "198.51.100.7",
                                         "203.0.113.9",
                                         "224.0.0.1",
                                         "239.255.255.255",
                                         "240.0.0.1",
                                         "255.255.255.255",
                                         "::",
                                         "::1",
                                         "::ffff:10.0.0.1",
                                         "::ffff:127.0.0.1",
                                         "::ffff:169.254.169.254",
                                         "::127.0.0.1",
                                         "::8.8.8.8",
                                         "64:ff9b::8.8.8.8",
                                         "64:ff9b:1::1",
                                         "100::1",
                                         "2001::1",
                                         "2001:db8::1",
                                         "2002:7f00:1::1",
                                         "2002:808:808::1",
                                         "3fff::1",
                                         "5f00::1",
                                         "fc00::1",
                                         "fd12:3456::1",
                                         "fe80::1",
                                         "fec0::1",
                                         "ff02::1",
                                         "ff0e::1"};
    notify_rules rules = {0}; /* all ports */
    MAYBE(state);
    for (size_t i = 0; i < ARRAY_LEN(closed); i++)
        assert_false(may(&rules, closed[i], 443));
}

static void the_operators_networks_are_open(void **state)
{
    notify_rules rules = {0};
    MAYBE(state);
    assert_true(notify_rules_read(S("443, 8443"), S("10.1.0.0/16, fd00::/8,127.0.0.1"), &rules));
    assert_int_equal(rules.port_count, 2);
    assert_true(may(&rules, "10.1.255.255", 9));
    assert_true(may(&rules, "::ffff:10.1.2.3", 9));
    assert_false(may(&rules, "10.2.0.0", 443));
    assert_true(may(&rules, "fdff::1", 9));
    assert_false(may(&rules, "fe00::1", 443));
    assert_true(may(&rules, "127.0.0.1", 80));
    assert_false(may(&rules, "127.0.0.2", 443));
    assert_true(may(&rules, "8.8.8.8", 8443));
    assert_false(may(&rules, "8.8.8.8", 80));
    assert_true(notify_rules_read(S("any"), S("0.0.0.0/0"), &rules));
    assert_int_equal(rules.port_count, 0);
    assert_true(may(&rules, "192.168.0.1", 1));
    assert_false(may(&rules, "::1", 1));
}

static void texts_that_are_none_are_refused(void **state)
{
    static const struct {
        const char *ports, *networks;
    } bad[] = {{"0", ""},         {"65536", ""},           {"https", ""},
               {"443;80", ""},    {"443", "10.0.0"},       {"443", "10.0.0.0/33"},
               {"443", "::/129"}, {"443", "shop.example"}, {"443", "10.0.0.0/x"},
               {"443", "/8"}};
    notify_rules rules;
    MAYBE(state);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(notify_rules_read(str_of(bad[i].ports), str_of(bad[i].networks), &rules));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_public_internet_is_open),
        cmocka_unit_test(nothing_else_is),
        cmocka_unit_test(the_operators_networks_are_open),
        cmocka_unit_test(texts_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
