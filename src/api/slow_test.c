/* Bodies and answers of megabytes: they come out right, and the neighbours on their loop are
 * answered meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "api/api.h"
#include "base/json.h"
#include "cli/http_client.h"
#include "port/clock.h"
#include "test/lib/world.h"

#define NOW_MS INT64_C(1767225600000) /* 2026-01-01 */
enum { SKUS = 50000, NUMBERS = 2000000, NEIGHBOURS = 4, BODY_MAX = 4194304, HEAD_MAX = 4096 };

typedef struct fixture {
    world world;
    http_client *client;
    arena *memory;
    str campaign;
} fixture;

static http_answer ask(fixture *f, const char *method, str path, str headers, str body)
{
    str key = world_key(&f->world, S("all"));
    buf head;
    buf_init(&head, HEAD_MAX);
    buf_printf(&head, "Authorization: Bearer %.*s\r\n%.*s", STR_ARG(key), STR_ARG(headers));
    http_ask a = {.method = method,
                  .target = path,
                  .headers = arena_str(f->memory, buf_view(&head)),
                  .body = body};
    buf_free(&head);
    return http_client_ask(f->client, &a, f->memory);
}

static str text_of(fixture *f, const http_answer *a, str name)
{
    json *root;
    assert_int_equal(json_parse(a->body, &root, NULL), R_DONE);
    const json *v = json_field(root, name);
    assert_int_equal(json_kind_of(v), JSON_KIND_STR);
    str text = arena_str(f->memory, json_str(v));
    json_free(root);
    return text;
}

static int open_fixture(void **state)
{
    static fixture f;
    f = (fixture){.memory = arena_new(0)};
    world_open(&f.world, &(world_engine){.name = S("mem")}, NOW_MS);
    f.client = http_client_new(world_port(&f.world, 0));
    http_answer made =
        ask(&f, "POST", S("/v1/campaigns"), S("Idempotency-Key: c\r\n"),
            S("{\"name\":\"Sale\",\"claim_window\":{\"from\":\"2026-01-01T00:00:00Z\","
              "\"until\":\"2026-12-31T00:00:00Z\"},\"use_window\":{\"from\":"
              "\"2026-01-01T00:00:00Z\",\"until\":\"2027-01-31T00:00:00Z\"}}"));
    assert_int_equal(made.status, 201);
    f.campaign = text_of(&f, &made, S("id"));
    *state = &f;
    return 0;
}

static int close_fixture(void **state)
{
    fixture *f = *state;
    http_client_free(f->client);
    world_close(&f->world);
    arena_free(f->memory);
    return 0;
}

static str templates(fixture *f)
{
    return arena_printf(f->memory, "/v1/campaigns/%.*s/templates", STR_ARG(f->campaign));
}

/* The longest list of articles that a template takes. */
static str body_of_many(fixture *f)
{
    buf b;
    buf_init(&b, BODY_MAX);
    buf_str(&b, S("{\"name\":\"Many\",\"benefit\":{\"kind\":\"amount_off\",\"amount\":"
                  "{\"amount\":500,\"currency\":\"USD\"}},\"validity\":{\"kind\":"
                  "\"after_issue\",\"duration_days\":30},\"scope\":{\"mode\":\"only\","
                  "\"skus\":["));
    for (int i = 0; i < SKUS; i++)
        buf_printf(&b, "%s\"%064d\"", i == 0 ? "" : ",", i);
    buf_str(&b, S("]}}"));
    assert_false(buf_overflowed(&b));
    str text = arena_str(f->memory, buf_view(&b));
    buf_free(&b);
    return text;
}

static size_t skus_in(const json *shown)
{
    const json *skus = json_field(json_field(shown, S("scope")), S("skus"));
    char last[65];
    (void)snprintf(last, sizeof(last), "%064d", SKUS - 1);
    assert_true(str_eq(json_str(json_at(skus, SKUS - 1)), str_of(last)));
    return json_count(skus);
}

static void the_longest_list_is_stored_shown_and_edited(void **state)
{
    fixture *f = *state;
    str body = body_of_many(f);
    http_answer made = ask(f, "POST", templates(f), S("Idempotency-Key: t\r\n"), body);
    assert_int_equal(made.status, 201);
    http_answer again = ask(f, "POST", templates(f), S("Idempotency-Key: t\r\n"), body);
    assert_int_equal(again.status, 201);
    assert_true(str_eq(made.body, again.body));
    str path = arena_printf(f->memory, "/v1/templates/%.*s", STR_ARG(text_of(f, &made, S("id"))));
    http_answer edited = ask(f, "PATCH", path, S("Idempotency-Key: e\r\nIf-Match: \"v1\"\r\n"),
                             S("{\"name\":\"More\"}"));
    assert_int_equal(edited.status, 200);
    assert_true(str_eq(http_answer_field(&edited, S("ETag")), S("\"v2\"")));
    http_answer got = ask(f, "GET", path, S(""), S(""));
    assert_int_equal(got.status, 200);
    assert_true(str_eq(got.body, edited.body));
    assert_true(str_eq(text_of(f, &got, S("name")), S("More")));

    const struct {
        str path, list;
        size_t n;
    } lists[] = {{templates(f), S("templates"), 1},
                 {arena_printf(f->memory, "%.*s/versions", STR_ARG(path)), S("versions"), 2}};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        got = ask(f, "GET", lists[i].path, S(""), S(""));
        assert_int_equal(got.status, 200);
        json *root;
        assert_int_equal(json_parse(got.body, &root, NULL), R_DONE);
        const json *items = json_field(root, lists[i].list);
        assert_int_equal(json_count(items), lists[i].n);
        for (size_t j = 0; j < lists[i].n; j++)
            assert_int_equal(skus_in(json_at(items, j)), SKUS);
        json_free(root);
    }
}

static void a_large_body_is_refused_like_a_small_one(void **state)
{
    fixture *f = *state;
    str body = body_of_many(f);
    str cut = {body.p, body.n - 1};
    http_answer a = ask(f, "POST", templates(f), S(""), body);
    assert_int_equal(a.status, 400);
    assert_true(str_eq(text_of(f, &a, S("code")), S("idempotency_key_required")));
    a = ask(f, "POST", templates(f), S("Idempotency-Key: m\r\n"), cut);
    assert_int_equal(a.status, 400);
    assert_true(str_eq(text_of(f, &a, S("code")), S("malformed")));
    a = ask(f, "POST", templates(f), S("Idempotency-Key: m\r\nContent-Type: text/plain\r\n"), body);
    assert_int_equal(a.status, 415);
    a = ask(f, "POST", S("/v1/templates/tpl_0000000000001/stock"), S("Idempotency-Key: m\r\n"),
            body);
    assert_int_equal(a.status, 413);
}

/* ---- the neighbours ---- */

typedef struct neighbour {
    pthread_t thread;
    uint16_t port;
    const atomic_bool *over;
    int64_t longest_ns;
    unsigned answers;
} neighbour;

static void *look(void *argument)
{
    neighbour *n = argument;
    arena *memory = arena_new(0);
    http_client *client = http_client_new(n->port);
    while (!atomic_load(n->over)) {
        arena_reset(memory);
        int64_t began = clock_monotonic_ns();
        http_answer a =
            http_client_ask(client, &(http_ask){.method = "GET", .target = S("/livez")}, memory);
        int64_t took = clock_monotonic_ns() - began;
        CHECK(a.status == 200);
        n->longest_ns = took > n->longest_ns ? took : n->longest_ns;
        n->answers++;
    }
    http_client_free(client);
    arena_free(memory);
    return NULL;
}

/* Connections go to the loops in turn, so some of these share that of the large request. Where the
 * loop reads and checks it itself, they wait for all of its time. */
static void neighbours_are_answered_while_the_largest_body_is_checked(void **state)
{
    fixture *f = *state;
    buf b;
    buf_init(&b, BODY_MAX);
    buf_str(&b, S("{\"name\":["));
    for (int i = 0; i < NUMBERS; i++)
        buf_str(&b, S("1,"));
    buf_str(&b, S("1]}"));
    assert_false(buf_overflowed(&b));
    atomic_bool over = false;
    neighbour all[NEIGHBOURS];
    for (size_t i = 0; i < NEIGHBOURS; i++) {
        all[i] = (neighbour){.port = world_port(&f->world, 0), .over = &over};
        assert_int_equal(pthread_create(&all[i].thread, NULL, look, &all[i]), 0);
    }
    int64_t began = clock_monotonic_ns();
    http_answer a = ask(f, "POST", templates(f), S("Idempotency-Key: n\r\n"), buf_view(&b));
    int64_t took = clock_monotonic_ns() - began;
    atomic_store(&over, true);
    for (size_t i = 0; i < NEIGHBOURS; i++)
        (void)pthread_join(all[i].thread, NULL);
    buf_free(&b);
    assert_int_equal(a.status, 422);
    for (size_t i = 0; i < NEIGHBOURS; i++) {
        print_message("%u answers, the slowest in %lld of %lld ms\n", all[i].answers,
                      (long long)all[i].longest_ns / 1000000, (long long)took / 1000000);
        assert_true(all[i].longest_ns < took / 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_longest_list_is_stored_shown_and_edited, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(a_large_body_is_refused_like_a_small_one, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(neighbours_are_answered_while_the_largest_body_is_checked,
                                        open_fixture, close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
