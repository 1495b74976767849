/* Two servers on one store, with their APIs: what is shown of the configuration alone, and needs no
 * row, is as new at the one as what the other has answered, and is shown to no key that was revoked
 * there. Nothing follows by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "app/inner.h"
#include "base/id.h"
#include "base/json.h"
#include "cli/http_client.h"
#include "port/secret.h"
#include "test/lib/world.h"

#define NOW_MS INT64_C(1767225600000) /* 2026-01-01 */
#define WINDOW "{\"from\":\"2026-01-01T00:00:00Z\",\"until\":\"2027-01-01T00:00:00Z\"}"

enum { EDITED, READ_AT, ALL = 15 };

static world two;
static arena *memory;
static http_client *at[WORLD_SERVERS];
static str campaign_id, template_id, format_id, word_id, merchant_id;

/* A write, where the body is not empty. */
static http_answer ask(int which, str secret, str path, str body)
{
    static unsigned nth;
    return http_client_ask(at[which],
                           &(http_ask){.method = body.n > 0 ? "POST" : "GET",
                                       .target = path,
                                       .headers = arena_printf(memory,
                                                               "Authorization: Bearer %.*s\r\n"
                                                               "Idempotency-Key: test-%u\r\n",
                                                               STR_ARG(secret), nth++),
                                       .body = body},
                           memory);
}

static str made(str path, str body)
{
    json *root;
    http_answer a = ask(EDITED, world_key(&two, S("all")), path, body);
    if (a.status != 201)
        fail_msg("%.*s: %.*s", STR_ARG(path), STR_ARG(a.body));
    assert_int_equal(json_parse(a.body, &root, NULL), R_DONE);
    str id = arena_str(memory, json_str(json_field(root, S("id"))));
    json_free(root);
    return id;
}

static int open_both(void **state)
{
    (void)state;
    world_engine engine;
    memory = arena_new(0);
    assert_true(world_engine_parse("pg2", &engine));
    world_open(&two, &engine, NOW_MS);
    for (int i = 0; i < WORLD_SERVERS; i++)
        at[i] = http_client_new(world_port(&two, (size_t)i));
    campaign_id = made(S("/v1/campaigns"), S("{\"name\":\"Spring\",\"claim_window\":" WINDOW
                                             ",\"use_window\":" WINDOW "}"));
    template_id = made(
        arena_printf(memory, "/v1/campaigns/%.*s/templates", STR_ARG(campaign_id)),
        S("{\"name\":\"5 off\",\"benefit\":{\"kind\":\"amount_off\",\"amount\":{\"amount\":500,"
          "\"currency\":\"USD\"}},\"validity\":{\"kind\":\"after_issue\","
          "\"duration_days\":30}}"));
    format_id = made(S("/v1/codes/formats"),
                     S("{\"name\":\"Partners\",\"length\":12,\"expected_codes\":1000000}"));
    word_id = made(S("/v1/codes/words"),
                   arena_printf(memory, "{\"word\":\"SUMMER10\",\"template\":\"%.*s\"}",
                                STR_ARG(template_id)));
    char text[ID_TEXT_MAX];
    merchant_id = arena_str(memory, (str){text, id_text(ID_MERCHANT, two.merchant, text)});
    world_follow(&two, READ_AT);
    return 0;
}

static int close_both(void **state)
{
    (void)state;
    for (int i = 0; i < WORLD_SERVERS; i++)
        http_client_free(at[i]);
    world_close(&two);
    arena_free(memory);
    return 0;
}

/* The other server runs no act of it. */
static bool is_of_edited(str secret)
{
    app *a = two.servers[EDITED].app;
    uint16_t slot = slot_of_hash(secret_key_hash(secret).hi);
    return app_is_mine(a, store_lane_of_slot(app_store(a), slot));
}

/* A key, or its end, as the first server answers it. */
static void put_key(str secret, uint64_t of, bool revoke)
{
    hash128 h = secret_key_hash(secret);
    key_put_in in = {
        .hi = h.hi, .lo = h.lo, .merchant = of, .scopes = ALL, .name = S("Key"), .revoke = revoke};
    row_out out = {0};
    world_act a = {.id = ACT_ID_key_put,
                   .slot = slot_of_hash(h.hi),
                   .in = &in,
                   .out = &out,
                   .memory = memory,
                   .at = two.servers[EDITED].app};
    assert_int_equal(world_run(&two, &a), R_DONE);
}

/* Known to both. */
static str new_key(uint64_t of)
{
    char *secret = arena_alloc(memory, SECRET_KEY_LENGTH);
    str key = {secret, SECRET_KEY_LENGTH};
    do
        secret_key_make(secret);
    while (!is_of_edited(key));
    put_key(key, of, false);
    world_follow(&two, READ_AT);
    return key;
}

static void a_key_is_shown_nothing_from_its_revocation_on(void **state)
{
    (void)state;
    const struct {
        const char *before;
        str id;
        const char *behind;
        bool of_all;
    } all[] = {
        {"/v1/campaigns", S(""), "", false},
        {"/v1/campaigns/", campaign_id, "", false},
        {"/v1/campaigns/", campaign_id, "/templates", false},
        {"/v1/templates/", template_id, "", false},
        {"/v1/templates/", template_id, "/versions", false},
        {"/v1/codes/formats", S(""), "", false},
        {"/v1/codes/formats/", format_id, "", false},
        {"/v1/codes/words/", word_id, "", false},
        {"/v1/merchants", S(""), "", true},
        {"/v1/merchants/", merchant_id, "", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        str key = new_key(all[i].of_all ? 0 : two.merchant);
        str path =
            arena_printf(memory, "%s%.*s%s", all[i].before, STR_ARG(all[i].id), all[i].behind);
        assert_int_equal(ask(READ_AT, key, path, S("")).status, 200);
        put_key(key, all[i].of_all ? 0 : two.merchant, true);
        int status = ask(READ_AT, key, path, S("")).status;
        if (status != 401)
            fail_msg("GET %.*s: %d", STR_ARG(path), status);
    }
}

/* What it sends is many acts, of which the first asks for all. */
static void a_key_imports_nothing_from_its_revocation_on(void **state)
{
    (void)state;
    str key = new_key(two.merchant);
    str batch = made(
        S("/v1/codes/imports"),
        arena_printf(memory, "{\"name\":\"Partner\",\"template\":\"%.*s\"}", STR_ARG(template_id)));
    str path = arena_printf(memory, "/v1/codes/imports/%.*s/parts", STR_ARG(batch));
    world_follow(&two, READ_AT);
    assert_int_equal(
        ask(READ_AT, key, path, S("{\"first_line\":1,\"lines\":[\"abc-001\"]}")).status, 200);
    put_key(key, two.merchant, true);
    assert_int_equal(
        ask(READ_AT, key, path, S("{\"first_line\":2,\"lines\":[\"abc-002\"]}")).status, 401);
}

static void what_is_shown_is_as_new_as_the_others_answers(void **state)
{
    (void)state;
    http_answer a = ask(EDITED, world_key(&two, S("all")),
                        arena_printf(memory, "/v1/campaigns/%.*s/state", STR_ARG(campaign_id)),
                        S("{\"state\":\"active\"}"));
    assert_int_equal(a.status, 200);
    a = ask(READ_AT, world_key(&two, S("all")),
            arena_printf(memory, "/v1/campaigns/%.*s", STR_ARG(campaign_id)), S(""));
    assert_int_equal(a.status, 200);
    json *root;
    assert_int_equal(json_parse(a.body, &root, NULL), R_DONE);
    assert_true(str_eq(json_str(json_field(root, S("state"))), S("active")));
    json_free(root);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_is_shown_nothing_from_its_revocation_on, open_both,
                                        close_both),
        cmocka_unit_test_setup_teardown(a_key_imports_nothing_from_its_revocation_on, open_both,
                                        close_both),
        cmocka_unit_test_setup_teardown(what_is_shown_is_as_new_as_the_others_answers, open_both,
                                        close_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
