/* The hash of a body that is kept with its answer: of one that names a number, or what else limits
 * count by, it is made with the merchant's secret, so that nobody who has the rows alone can try
 * all numbers against it. Two merchants are asked the same: only of a body that names nobody the
 * hashes are the same. */
#include <sched.h>
#include <stdatomic.h>

#include "app/act.h"
#include "base/hash.h"
#include "test/lib/race.h"

enum { ROWS_MAX = 16 };

typedef struct kept {
    uint64_t bodies[ROWS_MAX];
    size_t n;
} kept;

static bool see(void *context, str key, const void *stored)
{
    MAYBE(key);
    kept *k = context;
    CHECK(k->n < ROWS_MAX);
    if (stored != NULL)
        k->bodies[k->n++] = ((const idempotency *)stored)->body;
    return stored != NULL;
}

static size_t rows_with(const kept *before, const kept *now)
{
    uint64_t mine[2] = {0};
    size_t n = 0;
    for (size_t i = 0; i < now->n; i++) {
        bool known = false;
        for (size_t k = 0; k < before->n; k++)
            known = known || before->bodies[k] == now->bodies[i];
        if (!known && n < 2)
            mine[n++] = now->bodies[i];
    }
    return n == 2 && mine[0] == mine[1] ? 1 : n;
}

static kept look(const ground *g)
{
    kept k = {0};
    app_view v;
    arena *memory = arena_new(0);
    assert_int_equal(app_view_open(world_app(&g->world), memory, &v), R_DONE);
    store_span all = {&idempotency_table, -1, 0, SLOT_COUNT};
    assert_int_equal(store_each(v.rows, &all, see, &k), R_DONE);
    assert_int_equal(app_view_close(&v), R_DONE);
    arena_free(memory);
    return k;
}

static int order_as(const ground *g, str who, str body)
{
    arena *memory = arena_new(0);
    http_client *c = http_client_new(world_port(&g->world, 0));
    http_ask one = {.method = "POST",
                    .target = S("/v1/holds"),
                    .headers =
                        arena_printf(memory, "Authorization: Bearer %.*s\r\nIdempotency-Key: k\r\n",
                                     STR_ARG(world_key(&g->world, who))),
                    .body = body};
    int status = http_client_ask(c, &one, memory).status;
    http_client_free(c);
    arena_free(memory);
    return status;
}

/* How many hashes two merchants have of it. */
static size_t hashes_of(const char *body)
{
    ground g = {0};
    world_engine engine = {.name = S("mem")};
    world_open(&g.world, &engine, RACE_NOW_MS);
    kept before = look(&g);
    assert_int_equal(order_as(&g, S("all"), str_of(body)), 409);
    assert_int_equal(order_as(&g, S("other"), str_of(body)), 409);
    kept now = look(&g);
    assert_int_equal(now.n, before.n + 2);
    size_t n = rows_with(&before, &now);
    world_close(&g.world);
    return n;
}

/* Which nothing applies to. */
#define ORDER                                                                                      \
    "\"order_number\":\"o1\",\"cart\":{\"lines\":[{\"sku\":\"tea\",\"quantity\":1,"                \
    "\"unit_price\":{\"amount\":500,\"currency\":\"USD\"}}]}"

static void who_is_named_is_hashed_with_the_secret(void **state)
{
    (void)state;
    assert_int_equal(hashes_of("{\"user\":\"u1\"," ORDER "}"), 1);
    assert_int_equal(hashes_of("{\"phone\":\"+8613800138000\"," ORDER "}"), 2);
    static const char *const subjects[] = {"\"phone\":\"+8613800138000\"", "\"phone\":\"none\"",
                                           "\"email\":\"a@example.com\"", "\"device\":\"d1\""};
    for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
        char body[BODY_MAX];
        (void)snprintf(body, sizeof body, "{\"user\":\"u1\"," ORDER ",\"subjects\":{%s}}",
                       subjects[i]);
        assert_int_equal(hashes_of(body), 2);
    }
}

static void over(act_call *call)
{
    atomic_store((atomic_bool *)call->context, true);
}

/* An answer to this order as the version before kept it: with a hash that anybody can make. */
static void answer_as_before(const ground *g, str body)
{
    arena *memory = arena_new(0);
    atomic_bool done = false;
    order_in in = {0};
    order_out out = {0};
    act_call c = {.app = world_app(&g->world),
                  .id = ACT_ID_hold,
                  .slot = slot_of_user(g->world.merchant, S("u1")),
                  .in = &in,
                  .out = &out,
                  .memory = memory,
                  .key = {.merchant = g->world.merchant,
                          .subject = S("hold_create u1"),
                          .key = S("k"),
                          .body = hash64(body, hash64(S("/v1/holds"), 0))},
                  .refusal = R_COUPON_EXPIRED,
                  .done = over,
                  .context = &done};
    assert_int_equal(act_submit(&c), R_DONE);
    while (!atomic_load(&done))
        (void)sched_yield();
    assert_int_equal(c.code, R_COUPON_EXPIRED);
    arena_free(memory);
}

static void an_answer_of_before_is_given_again(void **state)
{
    ground g = {0};
    world_engine engine = {.name = S("mem")};
    str body = S("{\"user\":\"u1\"," ORDER ",\"subjects\":{\"device\":\"d1\"}}");
    str other = S("{\"user\":\"u1\"," ORDER ",\"subjects\":{\"device\":\"d2\"}}");
    (void)state;
    world_open(&g.world, &engine, RACE_NOW_MS);
    answer_as_before(&g, body);
    assert_int_equal(order_as(&g, S("all"), body), result_http_status(R_COUPON_EXPIRED));
    assert_int_equal(order_as(&g, S("all"), other), result_http_status(R_IDEMPOTENCY_MISMATCH));
    world_close(&g.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_is_named_is_hashed_with_the_secret),
                                       cmocka_unit_test(an_answer_of_before_is_given_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
