/* Signatures: the example that Standard Webhooks publishes, and one computed by openssl; two
 * secrets for a while, then one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/webhook_sign.h"
#include "base/time.h"
#include "test/lib/domain_shop.h"

static void signatures_are_those_of_others(void **state)
{
    MAYBE(state);
    arena *memory = arena_new(0);
    /* spec/standard-webhooks.md: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw */
    str published = {"\x31\xf2\x90\xf6\xbf\x06\x29\x8a\xab\x4f\x08\xd4\x3c\x3f\x08\x2c\xf6\x48\xa3"
                     "\x62\xda\x2d\xa4\xb0",
                     24};
    webhook_message m = {.id = S("msg_p5jXN8AQM9LWM0D4loKWxJek"),
                         .at_ms = INT64_C(1614265330999),
                         .body = S("{\"test\": 2432232314}")};
    assert_true(str_eq(webhook_sign(published, &m, memory),
                       S("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")));
    /* openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1f */
    char counted[WEBHOOK_SECRET_BYTES];
    for (size_t i = 0; i < sizeof(counted); i++)
        counted[i] = (char)i;
    m = (webhook_message){
        .id = S("evt_3_17"),
        .at_ms = INT64_C(1760000000000),
        .body = S(
            "{\"specversion\":\"1.0\",\"id\":\"evt_3_17\",\"data\":{\"user\":\"\xe5\xae\x89\"}}")};
    assert_true(str_eq(webhook_sign((str){counted, sizeof(counted)}, &m, memory),
                       S("v1,jPIrV68AGwYLvol/tWaEm+bcWlbu0sEw1M7ekSSeQhI=")));
    arena_free(memory);
}

static void both_secrets_sign_until_the_old_one_ends(void **state)
{
    MAYBE(state);
    webhook_secret secrets[2] = {{.until_ms = 0}, {.until_ms = 5000}};
    webhook of = {.merchant = shop->merchant};
    of.secrets.items = secrets;
    of.secrets.n = 2;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(
            webhook_secret_make(shop->app, shop->merchant, shop->memory, &secrets[i].sealed),
            R_DONE);
    webhook_message m = {.id = S("evt_0_1"), .at_ms = 4999, .body = S("{}")};
    str both = webhook_signatures(shop->app, &of, &m, shop->memory), first, second = both;
    assert_true(str_cut(&second, ' ', &first));
    assert_int_equal(first.n, S("v1,").n + 44);
    assert_int_equal(second.n, S("v1,").n + 44);
    assert_false(str_eq(first, second));
    m.at_ms = 5000;
    str one = webhook_signatures(shop->app, &of, &m, shop->memory);
    assert_int_equal(one.n, first.n);
    str shown = webhook_secret_shown(shop->app, shop->merchant, secrets[0].sealed, shop->memory);
    assert_true(str_starts(shown, S("whsec_")));
    assert_int_equal(shown.n, S("whsec_").n + 44);
    assert_int_equal(
        webhook_secret_shown(shop->app, shop->merchant + 1, secrets[0].sealed, shop->memory).n,
        0); /* another's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_those_of_others),
        cmocka_unit_test_setup_teardown(both_secrets_sign_until_the_old_one_ends, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
