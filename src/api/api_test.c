/* The API over real sockets, on a whole server in memory: who may call what, answers that a repeat
 * gives again to the byte, batches, pages and cursors. What coupons do is told in test/story. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/api.h"
#include "base/json.h"
#include "base/time.h"
#include "cli/http_client.h"
#include "domain/code/slot_bits.h"
#include "domain/table.gen.h"
#include "port/secret.h"
#include "test/lib/world.h"

#define NOW_MS INT64_C(1767225600000) /* 2026-01-01 */

typedef struct fixture {
    world world;
    http_client *client;
    arena *memory;
    unsigned nth;
} fixture;

typedef struct call {
    const char *method;
    str path;
    str key; /* of world_key */
    str idempotency;
    str headers; /* further ones */
    str body;
} call;

static http_answer ask(fixture *f, const call *c)
{
    buf headers;
    buf_init(&headers, 8192);
    str secret = c->key.n == 0 ? (str){NULL, 0} : world_key(&f->world, c->key);
    if (secret.n > 0)
        buf_printf(&headers, "Authorization: Bearer %.*s\r\n", STR_ARG(secret));
    if (c->idempotency.n > 0)
        buf_printf(&headers, "Idempotency-Key: %.*s\r\n", STR_ARG(c->idempotency));
    buf_str(&headers, c->headers);
    http_ask a = {.method = c->method,
                  .target = c->path,
                  .headers = arena_str(f->memory, buf_view(&headers)),
                  .body = c->body};
    buf_free(&headers);
    return http_client_ask(f->client, &a, f->memory);
}

static http_answer get(fixture *f, str path)
{
    return ask(f, &(call){.method = "GET", .path = path, .key = S("all")});
}

/* With a key of its own. */
static http_answer post(fixture *f, str path, str body)
{
    str key = arena_printf(f->memory, "test-%u", f->nth++);
    return ask(
        f,
        &(call){.method = "POST", .path = path, .key = S("all"), .idempotency = key, .body = body});
}

static json *tree(const http_answer *a)
{
    json *root;
    assert_int_equal(json_parse(a->body, &root, NULL), R_DONE);
    return root;
}

static str text_field(fixture *f, const http_answer *a, str name)
{
    json *root = tree(a);
    const json *v = json_field(root, name);
    assert_int_equal(json_kind_of(v), JSON_KIND_STR);
    str text = arena_str(f->memory, json_str(v));
    json_free(root);
    return text;
}

static void check_problem(fixture *f, const http_answer *a, int status, const char *code)
{
    if (a->status != status)
        fail_msg("wanted %d %s, got %d %.*s", status, code, a->status, STR_ARG(a->body));
    assert_true(str_eq(text_field(f, a, S("code")), str_of(code)));
    assert_true(str_eq(http_answer_field(a, S("Content-Type")), S("application/problem+json")));
}

static int set_up(void **state)
{
    static fixture f;
    f = (fixture){.memory = arena_new(0)};
    world_engine engine;
    assert_true(world_engine_parse("mem", &engine));
    world_open(&f.world, &engine, NOW_MS);
    f.client = http_client_new(world_port(&f.world, 0));
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    http_client_free(f->client);
    world_close(&f->world);
    arena_free(f->memory);
    return 0;
}

#define WINDOW  "{\"from\":\"2026-01-01T00:00:00Z\",\"until\":\"2027-01-01T00:00:00Z\"}"
#define WINDOWS "\"claim_window\":" WINDOW ",\"use_window\":" WINDOW
#define USD(n)  "{\"amount\":" #n ",\"currency\":\"USD\"}"

/* An active campaign with a template of 5.00 off; the template's id. */
static str a_template(fixture *f)
{
    http_answer a = post(f, S("/v1/campaigns"), S("{\"name\":\"Spring\"," WINDOWS "}"));
    assert_int_equal(a.status, 201);
    str id = text_field(f, &a, S("id"));
    a = post(f, arena_printf(f->memory, "/v1/campaigns/%.*s/templates", STR_ARG(id)),
             S("{\"name\":\"5 off\",\"benefit\":{\"kind\":\"amount_off\",\"amount\":" USD(
                 500) "},\"validity\":{\"kind\":\"after_issue\",\"duration_days\":30}}"));
    assert_int_equal(a.status, 201);
    str made = text_field(f, &a, S("id"));
    a = post(f, arena_printf(f->memory, "/v1/campaigns/%.*s/state", STR_ARG(id)),
             S("{\"state\":\"active\"}"));
    assert_int_equal(a.status, 200);
    return made;
}

static str a_coupon(fixture *f, str template_id, const char *user_name)
{
    http_answer a = post(f, S("/v1/claims"),
                         arena_printf(f->memory, "{\"user\":\"%s\",\"template\":\"%.*s\"}",
                                      user_name, STR_ARG(template_id)));
    assert_int_equal(a.status, 201);
    json *root = tree(&a);
    const json *first = json_at(json_field(root, S("coupons")), 0);
    str id = arena_str(f->memory, json_str(json_field(first, S("id"))));
    json_free(root);
    return id;
}

/* ---- who may call what ---- */

static void keys_and_scopes_are_checked(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *method, *path, *key, *code;
        int status;
    } all[] = {
        {"GET", "/v1/campaigns", "none", "unauthenticated", 401},
        {"GET", "/v1/campaigns", "issue", "forbidden", 403},
        {"GET", "/v1/campaigns", "admin", "forbidden", 403},
        {"GET", "/v1/campaigns", "operator", "forbidden", 403},
        {"POST", "/v1/campaigns", "read", "forbidden", 403},
        {"POST", "/v1/claims", "redeem", "forbidden", 403},
        {"POST", "/v1/quotes", "issue", "forbidden", 403},
        {"GET", "/v1/merchants", "all", "forbidden", 403},
        {"GET", "/v1/nothing", "all", "not_found", 404},
        {"GET", "/v1/coupons/cpn_1", "read", "not_found", 404},
        {"GET", "/v1/coupons/tpl_0000000000001", "read", "not_found", 404},
        {"DELETE", "/v1/campaigns", "all", "method_not_allowed", 405},
        {"POST", "/v1/campaigns", "admin", "idempotency_key_required", 400},
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        call c = {.method = all[i].method, .path = str_of(all[i].path), .key = str_of(all[i].key)};
        http_answer a = ask(f, &c);
        check_problem(f, &a, all[i].status, all[i].code);
        if (all[i].status == 405)
            assert_true(str_eq(http_answer_field(&a, S("Allow")), S("GET, POST")));
        if (all[i].status == 401)
            assert_true(str_eq(http_answer_field(&a, S("WWW-Authenticate")), S("Bearer")));
    }
    call bad = {.method = "GET",
                .path = S("/v1/campaigns"),
                .headers = S("Authorization: Bearer "
                             "qk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n")};
    http_answer a = ask(f, &bad);
    check_problem(f, &a, 401, "unauthenticated");
}

static void bodies_are_checked(void **state)
{
    fixture *f = *state;
    http_answer a = post(f, S("/v1/claims"), S("{\"user\":"));
    check_problem(f, &a, 400, "malformed");
    a = post(f, S("/v1/claims"), S(""));
    check_problem(f, &a, 400, "malformed");
    a = ask(f, &(call){.method = "POST",
                       .path = S("/v1/claims"),
                       .key = S("all"),
                       .idempotency = S("k"),
                       .headers = S("Content-Type: text/plain\r\n"),
                       .body = S("{}")});
    check_problem(f, &a, 415, "unsupported_media_type");
    a = post(f, S("/v1/claims?x=1"), S("{}"));
    check_problem(f, &a, 422, "invalid");
    json *root = tree(&a);
    assert_int_equal(json_count(json_field(root, S("errors"))), 2);
    json_free(root);
    a = get(f, S("/v1/campaigns?page_size=0&page_size=1&state=%zz"));
    check_problem(f, &a, 422, "invalid");
}

static void a_key_is_made_by_its_digest_used_and_revoked(void **state)
{
    fixture *f = *state;
    char secret[SECRET_KEY_LENGTH];
    uint8_t digest[SECRET_DIGEST_BYTES];
    char hex[2 * SECRET_DIGEST_BYTES + 1];
    secret_key_make(secret);
    secret_sha256((str){secret, sizeof secret}, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    char id[ID_TEXT_MAX];
    id_text(ID_MERCHANT, f->world.merchant, id);
    call make = {.method = "POST",
                 .path = arena_printf(f->memory, "/v1/merchants/%s/keys", id),
                 .key = S("operator"),
                 .idempotency = S("key-1"),
                 .body = arena_printf(f->memory,
                                      "{\"name\":\"till\",\"scopes\":[\"read\",\"issue\"],"
                                      "\"secret_sha256\":\"%s\"}",
                                      hex)};
    http_answer a = ask(f, &make);
    assert_int_equal(a.status, 201);
    str made = text_field(f, &a, S("id"));
    http_answer again = ask(f, &make);
    assert_true(str_eq(a.body, again.body));

    call use = {.method = "GET",
                .path = S("/v1/campaigns"),
                .headers = arena_printf(f->memory, "authorization: bearer %.*s\r\n",
                                        (int)sizeof secret, secret)};
    assert_int_equal(ask(f, &use).status, 200);
    call revoke = {.method = "POST",
                   .path = arena_printf(f->memory, "/v1/keys/%.*s/revoke", STR_ARG(made)),
                   .key = S("operator"),
                   .idempotency = S("key-2")};
    a = ask(f, &revoke);
    assert_int_equal(a.status, 200);
    assert_true(text_field(f, &a, S("revoked_at")).n > 0);
    a = ask(f, &use);
    check_problem(f, &a, 401, "unauthenticated");
    call all_keys = {.method = "GET", .path = make.path, .key = S("operator")};
    a = ask(f, &all_keys);
    assert_int_equal(a.status, 200);
    assert_non_null(memmem(a.body.p, a.body.n, made.p, made.n));
    revoke.path = S("/v1/keys/key_0000000000g01/revoke");
    revoke.idempotency = S("key-3");
    a = ask(f, &revoke);
    check_problem(f, &a, 404, "not_found");
}

/* ---- first answers ---- */

/* Sends it twice, with something in between; the answers must be the same to the byte. */
static http_answer twice(fixture *f, const call *c, void (*between)(fixture *f, str id))
{
    http_answer first = ask(f, c);
    assert_true(first.status == 201 || first.status == 200);
    between(f, text_field(f, &first, S("id")));
    http_answer second = ask(f, c);
    assert_int_equal(first.status, second.status);
    if (!str_eq(first.body, second.body))
        fail_msg("%.*s\nbecame\n%.*s", STR_ARG(first.body), STR_ARG(second.body));
    return first;
}

static void release(fixture *f, str hold_id)
{
    http_answer a =
        post(f, arena_printf(f->memory, "/v1/holds/%.*s/release", STR_ARG(hold_id)), S("{}"));
    assert_int_equal(a.status, 200);
}

static void return_all(fixture *f, str redemption_id)
{
    http_answer a = post(
        f, arena_printf(f->memory, "/v1/redemptions/%.*s/returns", STR_ARG(redemption_id)), S(""));
    assert_int_equal(a.status, 201);
}

static void pause_it(fixture *f, str campaign_id)
{
    str path = arena_printf(f->memory, "/v1/campaigns/%.*s/state", STR_ARG(campaign_id));
    assert_int_equal(post(f, path, S("{\"state\":\"active\"}")).status, 200);
    assert_int_equal(post(f, path, S("{\"state\":\"paused\"}")).status, 200);
}

static str order_body(fixture *f, str coupon_id, const char *number)
{
    return arena_printf(
        f->memory,
        "{\"user\":\"u\",\"order_number\":\"%s\",\"coupons\":[\"%.*s\"],\"cart\":{"
        "\"channel\":\"web\",\"lines\":[{\"sku\":\"a\",\"quantity\":2,"
        "\"unit_price\":" USD(1000) "},{\"sku\":\"b\",\"category\":\"c\","
                                    "\"quantity\":1,\"unit_price\":" USD(333) "}]}}",
        number, STR_ARG(coupon_id));
}

static void a_repeat_gives_the_first_answer_whatever_has_happened(void **state)
{
    fixture *f = *state;
    str template_id = a_template(f);
    str held = a_coupon(f, template_id, "u");
    str used = a_coupon(f, template_id, "u");
    call c = {.method = "POST", .key = S("all"), .path = S("/v1/holds"), .idempotency = S("hold")};
    c.body = order_body(f, held, "o-1");
    http_answer a = twice(f, &c, release);
    assert_true(str_eq(text_field(f, &a, S("state")), S("open")));
    c.path = S("/v1/redemptions");
    c.idempotency = S("redeem");
    c.body = order_body(f, used, "o-2");
    (void)twice(f, &c, return_all);
    c.path = S("/v1/campaigns");
    c.idempotency = S("campaign");
    c.body = S("{\"name\":\"Later\"," WINDOWS "}");
    a = twice(f, &c, pause_it);
    assert_true(str_eq(text_field(f, &a, S("state")), S("draft")));
    c.body = S("{\"name\":\"Other\"," WINDOWS "}");
    a = ask(f, &c);
    check_problem(f, &a, 422, "idempotency_mismatch");
}

static void a_key_is_good_for_one_operation(void **state)
{
    fixture *f = *state;
    str template_id = a_template(f);
    str coupon_id = a_coupon(f, template_id, "u");
    call c = {.method = "POST",
              .key = S("all"),
              .path = S("/v1/holds"),
              .idempotency = S("same"),
              .body = order_body(f, coupon_id, "o-9")};
    assert_int_equal(ask(f, &c).status, 201);
    c.path = S("/v1/redemptions");
    assert_int_equal(ask(f, &c).status, 201);
    c.idempotency = S("another");
    http_answer a = ask(f, &c);
    check_problem(f, &a, 409, "order_conflict");
}

/* ---- batches ---- */

static void a_batch_answers_each_in_its_place(void **state)
{
    fixture *f = *state;
    enum { CLAIMS = 1000 };
    str template_id = a_template(f);
    buf body;
    buf_init(&body, 1 << 20);
    buf_str(&body, S("{\"claims\":["));
    for (int i = 0; i < CLAIMS; i++)
        buf_printf(&body, "%s{\"user\":\"u%d\",\"template\":\"%.*s\"}", i == 0 ? "" : ",", i,
                   STR_ARG(i == 700 ? S("tpl_0000000000g01") : template_id));
    buf_str(&body, S("]}"));
    call c = {.method = "POST",
              .key = S("issue"),
              .path = S("/v1/claims/batch"),
              .idempotency = S("batch"),
              .body = buf_view(&body)};
    http_answer first = ask(f, &c);
    assert_int_equal(first.status, 200);
    json *root = tree(&first);
    assert_int_equal(json_int(json_field(root, S("issued"))), CLAIMS - 1);
    assert_int_equal(json_int(json_field(root, S("refused"))), 1);
    const json *results = json_field(root, S("results"));
    assert_int_equal(json_count(results), CLAIMS);
    const json *problem = json_field(json_at(results, 700), S("problem"));
    assert_true(str_eq(json_str(json_field(problem, S("code"))), S("not_found")));
    json_free(root);
    http_answer second = ask(f, &c);
    assert_true(str_eq(first.body, second.body));
    http_answer mine = get(f, S("/v1/users/u999/coupons"));
    root = tree(&mine);
    assert_int_equal(json_count(json_field(root, S("coupons"))), 1);
    json_free(root);
    buf_free(&body);
}

/* ---- pages and cursors ---- */

static void pages_meet_and_tokens_are_for_their_list(void **state)
{
    fixture *f = *state;
    str template_id = a_template(f);
    http_answer a = post(f, S("/v1/claims"),
                         arena_printf(f->memory,
                                      "{\"user\":\"a/b \\u5238\",\"template\":\"%.*s\","
                                      "\"count\":5}",
                                      STR_ARG(template_id)));
    assert_int_equal(a.status, 201);
    size_t seen = 0;
    str token = S("");
    do {
        a = get(f, arena_printf(f->memory,
                                "/v1/users/a%%2Fb%%20%%E5%%88%%B8/coupons?page_size=2%s%.*s",
                                token.n > 0 ? "&page_token=" : "", STR_ARG(token)));
        assert_int_equal(a.status, 200);
        json *root = tree(&a);
        seen += json_count(json_field(root, S("coupons")));
        const json *next = json_field(root, S("next_page_token"));
        if (next != NULL) {
            token = arena_str(f->memory, json_str(next));
            http_answer other = get(
                f, arena_printf(f->memory, "/v1/users/u/coupons?page_token=%.*s", STR_ARG(token)));
            check_problem(f, &other, 400, "bad_page_token");
        } else {
            token = S("");
        }
        json_free(root);
    } while (token.n > 0);
    assert_int_equal(seen, 5);
}

/* Reads the feed to its end in steps of `step`; how many events, and the ids run together. */
static size_t read_feed(fixture *f, int step, str key, buf *ids)
{
    size_t n = 0;
    str cursor = S("");
    bool more = true;
    while (more) {
        str path = arena_printf(f->memory, "/v1/events?limit=%d%s%.*s", step,
                                cursor.n > 0 ? "&after=" : "", STR_ARG(cursor));
        http_answer a = ask(f, &(call){.method = "GET", .path = path, .key = key});
        assert_int_equal(a.status, 200);
        json *root = tree(&a);
        const json *events = json_field(root, S("events"));
        for (size_t i = 0; i < json_count(events); i++, n++)
            buf_str(ids, json_str(json_field(json_at(events, i), S("id"))));
        cursor = arena_str(f->memory, json_str(json_field(root, S("cursor"))));
        more = json_bool(json_field(root, S("more")));
        json_free(root);
    }
    return n;
}

static void the_feed_has_every_event_once(void **state)
{
    fixture *f = *state;
    str template_id = a_template(f);
    for (int i = 0; i < 20; i++)
        (void)a_coupon(f, template_id, arena_printf(f->memory, "feed%d", i).p);
    buf at_once, in_steps;
    buf_init(&at_once, 1 << 20);
    buf_init(&in_steps, 1 << 20);
    size_t all = read_feed(f, 1000, S("all"), &at_once);
    assert_true(all >= 23);
    assert_int_equal(read_feed(f, 3, S("all"), &in_steps), all);
    assert_true(str_eq(buf_view(&at_once), buf_view(&in_steps)));
    assert_int_equal(read_feed(f, 3, S("other"), &in_steps), 0);
    buf_free(&at_once);
    buf_free(&in_steps);
    http_answer a = get(f, S("/v1/events?after=abc"));
    check_problem(f, &a, 400, "bad_page_token");
}

/* ---- positions ---- */

static http_answer read_at(fixture *f, const char *headers)
{
    return ask(f, &(call){.method = "GET",
                          .path = S("/v1/users/u/coupons"),
                          .key = S("all"),
                          .headers = str_of(headers)});
}

/* Here, too, where no replica is that it would matter to. */
static void a_position_is_one_or_refused(void **state)
{
    static const char *const bad[] = {
        "Quan-Position: \r\n",
        "Quan-Position: rMzrogEBAQDA54CzltbhgWsCwMmzMSb4sM\r\n", /* cut */
        "Quan-Position: rMzrogEBAQDA54CzltbhgWsCwMmzMSb4sMd\r\n",
        "Quan-Position: rMzrogEBAQDA54CzltbhgWsCwMmzMSb5sMc\r\n",
        "Quan-Position: rMzrogEBAQDA54CzltbhgWsCwMmzMSb4sM=\r\n",
        ("Quan-Position: rMzrogEBAQDA54CzltbhgWsCwMmzMSb4sMc\r\n"
         "Quan-Position: rMzrogEBAQDA54CzltbhgWsCwMmzMSb4sMc\r\n"),
    };
    fixture *f = *state;
    http_answer a = read_at(f, "Quan-Position: rMzrogEBAQDA54CzltbhgWsCwMmzMSb4sMc\r\n");
    assert_int_equal(a.status, 200);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        a = read_at(f, bad[i]);
        check_problem(f, &a, 400, "bad_position");
        assert_non_null(memmem(a.body.p, a.body.n, "\"Quan-Position\"", 15));
    }
    /* Where it is not needed it is not looked at. */
    a = ask(f, &(call){.method = "GET",
                       .path = S("/v1/events"),
                       .key = S("all"),
                       .headers = S("Quan-Position: none\r\n")});
    assert_int_equal(a.status, 200);
}

/* ---- the server itself ---- */

static void probes_and_pages_of_the_server_need_no_key(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *path, *type, *holds;
    } all[] = {
        {"/livez", "application/json", "alive"},
        {"/readyz", "application/json", "ready"},
        {"/version", "application/json", "quan"},
        {"/metrics", "text/plain; version=0.0.4; charset=utf-8", "quan_http_responses_total"},
        {"/openapi.json", "application/json", "\"openapi\":\"3.1.0\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        http_answer a = ask(f, &(call){.method = "GET", .path = str_of(all[i].path)});
        assert_int_equal(a.status, 200);
        assert_true(str_eq(http_answer_field(&a, S("Content-Type")), str_of(all[i].type)));
        assert_non_null(memmem(a.body.p, a.body.n, all[i].holds, strlen(all[i].holds)));
    }
    api_set_ready(f->world.servers[0].api, false);
    http_answer a = ask(f, &(call){.method = "GET", .path = S("/readyz")});
    check_problem(f, &a, 503, "unavailable");
    assert_true(str_eq(http_answer_field(&a, S("Retry-After")), S("1")));
    api_set_ready(f->world.servers[0].api, true);
}

/* A part has begun and does not come in: how long to wait is told alike in text and header. */
static void an_import_that_is_busy_tells_for_how_long(void **state)
{
    fixture *f = *state;
    str body = arena_printf(f->memory, "{\"name\":\"Partner\",\"template\":\"%.*s\"}",
                            STR_ARG(a_template(f)));
    http_answer a = post(f, S("/v1/codes/imports"), body);
    assert_int_equal(a.status, 201);
    str id = text_field(f, &a, S("id"));
    uint64_t batch;
    assert_true(id_parse(ID_CODE_BATCH, id, &batch));
    code_part_in in = {.merchant = f->world.merchant,
                       .batch = batch,
                       .first = 1,
                       .lines = 1,
                       .slots = {slot_bits_new(f->memory), SLOT_BITS_BYTES}};
    code_part_out out = {0};
    world_act part = {.id = ACT_ID_code_part,
                      .slot = id_slot(batch),
                      .in = &in,
                      .out = &out,
                      .memory = f->memory};
    assert_int_equal(world_run(&f->world, &part), R_DONE);
    atomic_store(&f->world.clock_ms, NOW_MS + 1500);
    str path = arena_printf(f->memory, "/v1/codes/imports/%.*s/finish", STR_ARG(id));
    a = post(f, path, S("{}"));
    check_problem(f, &a, 503, "busy");
    assert_true(str_eq(text_field(f, &a, S("detail")),
                       S("A part is coming in: send it again, or finish without it in 29 s.")));
    assert_true(str_eq(http_answer_field(&a, S("Retry-After")), S("29")));
    atomic_store(&f->world.clock_ms, NOW_MS + 30000);
    assert_int_equal(post(f, path, S("{}")).status, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_scopes_are_checked),
        cmocka_unit_test(bodies_are_checked),
        cmocka_unit_test(a_key_is_made_by_its_digest_used_and_revoked),
        cmocka_unit_test(a_repeat_gives_the_first_answer_whatever_has_happened),
        cmocka_unit_test(a_key_is_good_for_one_operation),
        cmocka_unit_test(a_batch_answers_each_in_its_place),
        cmocka_unit_test(pages_meet_and_tokens_are_for_their_list),
        cmocka_unit_test(the_feed_has_every_event_once),
        cmocka_unit_test(a_position_is_one_or_refused),
        cmocka_unit_test(probes_and_pages_of_the_server_need_no_key),
        cmocka_unit_test(an_import_that_is_busy_tells_for_how_long),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
