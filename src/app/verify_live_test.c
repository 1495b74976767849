/* verify beside a serving app: on one snapshot of all lanes everything agrees at any moment, with
 * stock and budget on their way between lanes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>

#include "app/act_wait.h"
#include "app/flight.h"
#include "app/verify.h"
#include "base/id.h"
#include "base/time.h"
#include "domain/price/benefit_test.h"

enum { LANES = 4, CLAIMS = 6000, STOCK = 4000, USERS = 1500, WINDOW = 64, VERIFIES_MIN = 3 };

typedef struct shop {
    char root[64];
    arena *memory;
    app *app;
    uint64_t merchant, campaign, template;
    size_t issued, refused;
    atomic_bool ended;
} shop;

static const zone *only_utc(str name)
{
    return str_eq(name, S("UTC")) ? &zone_utc : NULL;
}

static int64_t fixed_clock(void *context)
{
    MAYBE(context);
    return INT64_C(1767225600000);
}

static uint64_t made(shop *s, act_id id, uint16_t slot, const void *in)
{
    row_out out = {0};
    act_call call = {
        .app = s->app, .id = id, .slot = slot, .in = in, .out = &out, .memory = s->memory};
    assert_int_equal(act_wait(&call), R_DONE);
    return out.id;
}

static void furnish(shop *s)
{
    int64_t now = fixed_clock(NULL);
    merchant_put_in m = {.slot = 7,
                         .name = S("Shop"),
                         .zone = S("UTC"),
                         .currency = S("USD"),
                         .secret = S("0123456789abcdef0123456789abcdef")};
    s->merchant = made(s, ACT_ID_merchant_put, m.slot, &m);
    limit_rule all = {.measure = LIMIT_MEASURE_CLAIMS,
                      .subject = LIMIT_SUBJECT_CAMPAIGN,
                      .period = LIMIT_PERIOD_DAY,
                      .max = CLAIMS};
    campaign_create_in c = {.slot = 8,
                            .merchant = s->merchant,
                            .name = S("Sale"),
                            .currency = S("USD"),
                            .claim_from_ms = now,
                            .claim_until_ms = now + 10 * MS_DAY,
                            .use_from_ms = now,
                            .use_until_ms = now + 20 * MS_DAY,
                            .budget_mode = BUDGET_MODE_AT_ISSUE,
                            .budget_minor = STOCK * INT64_C(500)};
    c.limits.items = &all;
    c.limits.n = 1;
    s->campaign = made(s, ACT_ID_campaign_create, c.slot, &c);
    template_put_in t = {.merchant = s->merchant,
                         .campaign = s->campaign,
                         .stock = STOCK,
                         .name = S("Five off"),
                         .benefit = BENEFIT_KIND_AMOUNT_OFF,
                         .terms = TEST_TERM(TERM_AMOUNT_OFF_AMOUNT, 500),
                         .validity = VALIDITY_KIND_AFTER_ISSUE,
                         .duration_days = 5,
                         .refund = REFUND_RULE_KEEP,
                         .reach = EDIT_REACH_NEW_ONLY};
    s->template = made(s, ACT_ID_template_put, id_slot(s->campaign), &t);
    campaign_state_in active = {
        .merchant = s->merchant, .campaign = s->campaign, .state = CAMPAIGN_STATE_ACTIVE};
    (void)made(s, ACT_ID_campaign_state, id_slot(s->campaign), &active);
}

static void landed(void *context, act_call *call)
{
    shop *s = context;
    if (call->code == R_DONE)
        s->issued++;
    else
        s->refused++;
}

static void *claim_all(void *argument)
{
    shop *s = argument;
    flight *f = flight_new(
        &(flight_options){.app = s->app, .window = WINDOW, .landed = landed, .context = s});
    for (unsigned i = 0; i < CLAIMS; i++) {
        char name[16];
        int n = snprintf(name, sizeof(name), "u%u", i % USERS);
        str who = {name, (size_t)n};
        act_call *call = flight_call(f, ACT_ID_issue, slot_of_user(s->merchant, who));
        issue_in *in = ARENA_NEW(call->memory, issue_in);
        issue_item *item = ARENA_NEW(call->memory, issue_item);
        *item = (issue_item){s->template, 1};
        *in = (issue_in){.merchant = s->merchant,
                         .user = arena_str(call->memory, who),
                         .source = COUPON_SOURCE_CLAIM,
                         .mode = ISSUE_MODE_ALL_OR_NONE};
        in->items.items = item;
        in->items.n = 1;
        call->in = in;
        flight_send(f, call);
    }
    flight_free(f);
    atomic_store(&s->ended, true);
    return NULL;
}

static void tell(void *context, const verify_difference *d)
{
    MAYBE(context);
    fprintf(stderr, "%s  %.*s  %.*s: expected %.*s, is %.*s\n", d->check, STR_ARG(d->subject),
            STR_ARG(d->field), STR_ARG(d->expected), STR_ARG(d->actual));
}

static void agrees_at_any_moment(str engine)
{
    static shop s;
    s = (shop){.root = "/tmp/quan-live-XXXXXX", .memory = arena_new(0)};
    assert_non_null(mkdtemp(s.root));
    app_options o = {.engine = engine,
                     .store = {.path = arena_printf(s.memory, "%s/data", s.root),
                               .lanes = LANES,
                               .threads = true},
                     .zone_find = only_utc,
                     .clock_ms = fixed_clock};
    buf why;
    buf_init(&why, 4096);
    assert_int_equal(app_open(&o, &s.app, &why), R_DONE);
    furnish(&s);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, claim_all, &s), 0);
    verify_options options = {.found = tell};
    verify_summary sum = {0};
    size_t runs = 0;
    for (bool last = false; !last || runs < VERIFIES_MIN; runs++) {
        last = atomic_load(&s.ended);
        assert_int_equal(verify_app(s.app, &options, &sum), R_DONE);
        assert_int_equal(sum.differences, 0);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(s.issued, STOCK);
    assert_int_equal(s.refused, CLAIMS - STOCK);
    assert_int_equal(sum.coupons, STOCK);
    app_close(s.app);
    buf_free(&why);
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf %s", s.root);
    arena_free(s.memory);
    assert_int_equal(system(command), 0);
}

static void in_memory(void **state)
{
    (void)state;
    agrees_at_any_moment(S("mem"));
}

static void on_rocks(void **state)
{
    (void)state;
    agrees_at_any_moment(S("rocks"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_memory), cmocka_unit_test(on_rocks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
