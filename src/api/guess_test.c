/* Network addresses in one form; and over HTTP, that a stranger cannot tell in which way a code is
 * wrong by what it takes to find out: the same acts for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "api/guess.h"
#include "app/codes.h"
#include "base/id.h"
#include "cli/http_client.h"
#include "test/lib/world.h"

#define NOW_MS INT64_C(1767225600000) /* 2026-01-01 */

/* ---- addresses ---- */

static void addresses_have_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *sent, *form; /* empty: it is none */
    } cases[] = {
        {"203.0.113.7", "203.0.113.7"},
        {"0.0.0.0", "0.0.0.0"},
        {"::ffff:203.0.113.7", "203.0.113.7"},
        {"::FFFF:cb00:7107", "203.0.113.7"},
        {"2001:db8:1:2::7", "2001:db8:1:2::/64"},
        {"2001:0DB8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"},
        {"2001:db8:1:2:3:4:192.0.2.1", "2001:db8:1:2::/64"},
        {"::1", "::/64"},
        {"fe80::1", "fe80::/64"},
        {"::fffe:203.0.113.7", "::/64"},
        {"203.0.113.07", ""},
        {"203.0.113", ""},
        {"203.0.113.256", ""},
        {" 203.0.113.7", ""},
        {"203.0.113.7:80", ""},
        {"[::1]", ""},
        {"fe80::1%eth0", ""},
        {"1::2::3", ""},
        {"", ""},
        {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0", ""},
    };
    arena *memory = arena_new(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        str form = guess_address(str_of(cases[i].sent), memory);
        if (!str_eq(form, str_of(cases[i].form)))
            fail_msg("%s: %.*s", cases[i].sent, STR_ARG(form));
    }
    arena_free(memory);
}

/* ---- ways ---- */

typedef struct fixture {
    world world;
    http_client *client;
    arena *memory;
    unsigned nth;
} fixture;

static http_answer send(fixture *f, str key, const char *method, str path, str body)
{
    str secret = world_key(&f->world, key);
    http_ask ask = {.method = method,
                    .target = path,
                    .headers = arena_printf(f->memory,
                                            "Authorization: Bearer %.*s\r\n"
                                            "Idempotency-Key: t%u\r\nIf-Match: \"v1\"\r\n",
                                            STR_ARG(secret), f->nth++),
                    .body = body};
    return http_client_ask(f->client, &ask, f->memory);
}

/* What is made, by its id. */
static str made(fixture *f, str path, str body)
{
    http_answer a = send(f, S("all"), "POST", path, body);
    json *root;
    assert_int_equal(a.status, 201);
    assert_int_equal(json_parse(a.body, &root, NULL), R_DONE);
    str id = arena_str(f->memory, json_str(json_field(root, S("id"))));
    json_free(root);
    return id;
}

static str path_of(fixture *f, const char *before, str id, const char *behind)
{
    return arena_printf(f->memory, "%s%.*s%s", before, STR_ARG(id), behind);
}

static str make_template(fixture *f)
{
    str cmp = made(f, S("/v1/campaigns"),
                   S("{\"name\":\"C\",\"claim_window\":{\"from\":\"2026-01-01T00:00:00Z\","
                     "\"until\":\"2026-06-01T00:00:00Z\"},\"use_window\":{\"from\":"
                     "\"2026-01-01T00:00:00Z\",\"until\":\"2026-06-01T00:00:00Z\"}}"));
    str states = path_of(f, "/v1/campaigns/", cmp, "/state");
    assert_int_equal(send(f, S("all"), "POST", states, S("{\"state\":\"active\"}")).status, 200);
    return made(f, path_of(f, "/v1/campaigns/", cmp, "/templates"),
                S("{\"name\":\"T\",\"benefit\":{\"kind\":\"amount_off\",\"amount\":{\"amount\":"
                  "100,\"currency\":\"USD\"}},\"validity\":{\"kind\":\"after_issue\","
                  "\"duration_days\":30},\"refund_rule\":\"keep\"}"));
}

typedef struct made_batch {
    str id, code;
} made_batch;
static made_batch make_batch(fixture *f, str format, str template_id, const char *more)
{
    str body =
        arena_printf(f->memory, "{\"name\":\"B\",\"format\":\"%.*s\",\"template\":\"%.*s\",%s}",
                     STR_ARG(format), STR_ARG(template_id), more);
    made_batch b = {.id = made(f, S("/v1/codes/batches"), body)};
    http_answer a =
        send(f, S("all"), "POST", path_of(f, "/v1/codes/batches/", b.id, "/export"), S("{}"));
    str rest = a.body, head;
    assert_true(str_cut(&rest, '\n', &head));
    (void)str_cut(&rest, '\n', &b.code); /* a personal one has none yet */
    return b;
}

/* Two codes, of which the first is ann's. */
static made_batch make_personal(fixture *f, str format, str template_id)
{
    made_batch b = make_batch(f, format, template_id, "\"count\":2,\"personal\":true");
    str users = path_of(f, "/v1/codes/batches/", b.id, "/users");
    assert_int_equal(send(f, S("all"), "POST", users, S("{\"lines\":[\"ann\"]}")).status, 200);
    return b;
}

/* The code of this number, which may be nobody's yet. */
static str code_at(fixture *f, str batch, uint64_t number)
{
    uint64_t id;
    char bytes[CODE_SHOWN_MAX + 1];
    buf text = {.p = bytes, .capacity = sizeof(bytes), .max = sizeof(bytes)};
    assert_true(id_parse(ID_CODE_BATCH, batch, &id));
    config *c = (config *)(uintptr_t)app_config(world_app(&f->world));
    const code_batch *of = config_find_code_batch(c, id);
    code_run run = {config_find_code_format(c, of->format), of->first + number, 1, NULL};
    assert_int_equal(codes_write(world_app(&f->world), &run, &text), R_DONE);
    config_free(c);
    return arena_str(f->memory, (str){text.p, text.n - 1});
}

static str make_word(fixture *f, str template_id, const char *word, const char *more)
{
    str body = arena_printf(f->memory, "{\"word\":\"%s\",\"template\":\"%.*s\"%s}", word,
                            STR_ARG(template_id), more);
    return made(f, S("/v1/codes/words"), body);
}

static void disable(fixture *f, str path)
{
    assert_int_equal(send(f, S("all"), "PATCH", path, S("{\"disabled\":true}")).status, 200);
}

static int exchange(fixture *f, str key, str code, const char *name)
{
    str body = arena_printf(f->memory,
                            "{\"code\":\"%.*s\",\"user\":\"%s\","
                            "\"client_address\":\"203.0.113.7\"}",
                            STR_ARG(code), name);
    return send(f, key, "POST", S("/v1/codes/exchange"), body).status;
}

typedef struct way {
    const char *what;
    str code;
} way;
enum { WAYS = 11 };

static void make_ways(fixture *f, way *ways)
{
    str t = make_template(f);
    str format =
        made(f, S("/v1/codes/formats"), S("{\"name\":\"F\",\"length\":12,\"expected_codes\":10}"));
    made_batch used = make_batch(f, format, t, "\"count\":1");
    made_batch late =
        make_batch(f, format, t, "\"count\":1,\"expires_at\":\"2026-01-02T00:00:00Z\"");
    made_batch off = make_batch(f, format, t, "\"count\":1");
    disable(f, path_of(f, "/v1/codes/batches/", off.id, ""));
    made_batch anns = make_personal(f, format, t);
    str word = make_word(f, t, "WINTER10", "");
    disable(f, path_of(f, "/v1/codes/words/", word, ""));
    (void)make_word(f, t, "ANNS1000", ",\"user\":\"ann\"");
    (void)make_word(f, t, "JANUARY1", ",\"expires_at\":\"2026-01-02T00:00:00Z\"");
    assert_int_equal(exchange(f, S("issue"), used.code, "u1"), 201);
    str wrong = arena_str(f->memory, used.code);
    char *last = (char *)(uintptr_t)(wrong.p + wrong.n - 1);
    *last = *last == 'X' ? 'Y' : 'X';
    atomic_store(&f->world.clock_ms, NOW_MS + 2 * MS_DAY);
    way all[WAYS] = {{"never made", S("0000-0000-0000-0")},
                     {"wrong check character", wrong},
                     {"no code at all", S("?")},
                     {"used", used.code},
                     {"expired", late.code},
                     {"disabled", off.code},
                     {"somebody else's", code_at(f, anns.id, 0)},
                     {"nobody's yet", code_at(f, anns.id, 1)},
                     {"a disabled word", S("WINTER10")},
                     {"somebody else's word", S("ANNS1000")},
                     {"a word that is over", S("JANUARY1")}};
    memcpy(ways, all, sizeof(all));
}

/* Acts until now, when nothing is on its way between lanes any more. */
static uint64_t acts_so_far(fixture *f)
{
    store_metrics last, now = {0};
    do {
        last = now;
        (void)nanosleep(&(struct timespec){0, 50 * 1000 * 1000}, NULL);
        store_metrics_read(app_store(world_app(&f->world)), &now);
    } while (now.requests != last.requests);
    return now.requests;
}

/* Acts that a failed try runs, of somebody who has not tried before. */
static uint64_t acts_of(fixture *f, str code)
{
    char name[16];
    (void)snprintf(name, sizeof(name), "u%u", f->nth);
    uint64_t before = acts_so_far(f);
    assert_int_equal(exchange(f, S("issue"), code, name), 409);
    return acts_so_far(f) - before;
}

static void every_wrong_code_takes_the_same_way(void **state)
{
    (void)state;
    fixture f = {.memory = arena_new(0)};
    way ways[WAYS];
    world_open(&f.world, &(world_engine){.name = S("mem")}, NOW_MS);
    f.client = http_client_new(world_port(&f.world, 0));
    make_ways(&f, ways);
    for (size_t i = 0; i < WAYS; i++) {
        uint64_t acts = acts_of(&f, ways[i].code);
        if (acts != 2 + 3) /* in the code's slot, the user's; counts of user, address, merchant */
            fail_msg("%s: %u acts", ways[i].what, (unsigned)acts);
    }
    http_client_free(f.client);
    world_close(&f.world);
    arena_free(f.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_have_one_form),
        cmocka_unit_test(every_wrong_code_takes_the_same_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
