/* Tokens of pages that the version before wrote lead on to the next page: those of wallets had no
 * move. (Bytes and checksum are as src/api/token.c says.) */
#include "base/hash.h"
#include "test/lib/race.h"

enum { CHECK_BYTES = 4, PLACE_BYTES_BEFORE = 9, TOKEN_MAX = 64 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void token_of(const ground *g, const char *path, uint64_t after, char *out)
{
    uint8_t bytes[CHECK_BYTES + PLACE_BYTES_BEFORE] = {0}; /* the part of the open ones */
    memcpy(bytes + CHECK_BYTES + 1, &after, sizeof after);
    uint64_t owner = g->world.merchant;
    uint32_t sum =
        hash32_check(str_of(path), (str){(const char *)bytes + CHECK_BYTES, PLACE_BYTES_BEFORE}) ^
        (uint32_t)(owner ^ owner >> 32);
    memcpy(bytes, &sum, CHECK_BYTES);
    size_t n = 0, bits = 8 * sizeof bytes;
    for (size_t at = 0; at < bits; at += 6) {
        unsigned digit = 0;
        for (size_t i = at; i < at + 6; i++)
            digit = digit << 1 | (i < bits ? (unsigned)bytes[i / 8] >> (7 - i % 8) & 1U : 0);
        out[n++] = alphabet[digit];
    }
    out[n] = '\0';
}

static void a_wallet_goes_on_from_a_token_of_before(void **state)
{
    const ground *g = *state;
    static const char path[] = "/v1/users/u1/coupons";
    char body[BODY_MAX], target[BODY_MAX], token[TOKEN_MAX], first[ID_TEXT_MAX];
    uint64_t id;
    (void)snprintf(body, sizeof body, "{\"user\":\"u1\",\"template\":\"%s\",\"count\":2}",
                   g->template);
    assert_int_equal(once(g, "/v1/claims", body).status, 201);
    (void)snprintf(target, sizeof target, "%s?page_size=1", path);
    answer a = once(g, target, NULL);
    assert_int_equal(a.status, 200);
    find(&a, "id", first, sizeof first);
    assert_true(id_parse(ID_COUPON, str_of(first), &id));
    token_of(g, path, id, token);
    (void)snprintf(target, sizeof target, "%s?page_token=%s", path, token);
    a = once(g, target, NULL);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "\"id\":\"cpn_"));
    assert_null(strstr(a.body, first));
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        a_wallet_goes_on_from_a_token_of_before, set_up, tear_down)};
    if (!race_on(count, arguments))
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
