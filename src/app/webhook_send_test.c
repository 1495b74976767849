/* The sender, step by step, with a receiver of the test's: what arrives, in which order, how often,
 * and what becomes of what does not. On a store in memory and on RocksDB. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/event.h"
#include "app/query_webhooks.h"
#include "app/webhook_send.h"
#include "app/webhook_sign.h"
#include "base/time.h"
#include "test/lib/domain_shop.h"

enum { SEEN_MAX = 20000, GOES_MAX = 2000, TEXT_MAX = 64 };

/* ---- a receiver ---- */

typedef struct seen {
    char id[TEXT_MAX];
    char subject[TEXT_MAX];
    char type[TEXT_MAX];
    uint64_t revision;
    bool taken;
} seen;

typedef struct receiver {
    notifier ops; /* first */
    notify_answer waiting[NOTIFY_MAX];
    size_t n;
    /* What it answers: 0 is no answer. */
    uint16_t (*answer)(struct receiver *r, const seen *s);
    uint16_t status;
    int64_t retry_ms;
    uint64_t random;
    const char *victim; /* of some answers: subject */
    seen seen[SEEN_MAX];
    size_t count;
} receiver;

static receiver *here;
static webhook_sender *sender;
static uint64_t hook;

static uint64_t drawn(receiver *r, uint64_t below)
{
    r->random = r->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (r->random >> 33) % below;
}

static void text_of(str body, const char *key, char out[TEXT_MAX])
{
    char begin[TEXT_MAX];
    (void)snprintf(begin, sizeof(begin), "\"%s\":\"", key);
    const char *at = memmem(body.p, body.n, begin, strlen(begin));
    size_t n = 0;
    out[0] = '\0';
    if (at == NULL)
        return;
    for (at += strlen(begin); at[n] != '"' && n < TEXT_MAX - 1; n++)
        out[n] = at[n];
    out[n] = '\0';
}

static bool on_send(notifier *ops, const notify_message *m)
{
    receiver *r = (receiver *)ops;
    seen *s = &r->seen[r->count];
    assert_true(r->count < SEEN_MAX);
    if (r->n == NOTIFY_MAX)
        return false;
    assert_true(str_eq(m->fields[1].name, S("webhook-id")));
    (void)snprintf(s->id, TEXT_MAX, "%.*s", STR_ARG(m->fields[1].value));
    text_of(m->body, "subject", s->subject);
    text_of(m->body, "type", s->type);
    const char *revision = memmem(m->body.p, m->body.n, "\"revision\":", 11);
    s->revision = revision == NULL ? 0 : strtoull(revision + 11, NULL, 10);
    uint16_t status = r->answer(r, s);
    s->taken = status >= 200 && status < 300;
    r->count++;
    r->waiting[r->n++] = (notify_answer){.context = m->context,
                                         .fault = status == 0 ? NOTIFY_TIMEOUT : NOTIFY_ANSWERED,
                                         .status = status,
                                         .retry_ms = status == 429 ? r->retry_ms : 0};
    return true;
}

static size_t on_wait(notifier *ops, int64_t patience_ms, notify_answer *out, size_t max)
{
    receiver *r = (receiver *)ops;
    size_t n = r->n < max ? r->n : max;
    MAYBE(patience_ms);
    memcpy(out, r->waiting, n * sizeof(*out));
    r->n -= n;
    memmove(r->waiting, r->waiting + n, r->n * sizeof(*out));
    return n;
}

static void on_abandon(notifier *ops)
{
    MAYBE(ops);
}

static uint16_t takes(receiver *r, const seen *s)
{
    MAYBE(r);
    MAYBE(s);
    return 200;
}

static uint16_t says(receiver *r, const seen *s)
{
    MAYBE(s);
    return r->status;
}

static uint16_t fails_the_victim(receiver *r, const seen *s)
{
    return strcmp(s->subject, r->victim) == 0 ? 400 : 204;
}

static uint16_t fails_at_times(receiver *r, const seen *s)
{
    static const uint16_t answers[] = {200, 204, 200, 500, 0, 404, 200, 301};
    MAYBE(s);
    return answers[drawn(r, ARRAY_LEN(answers))];
}

/* ---- a webhook ---- */

static void begin_sending(void)
{
    sender = webhook_sender_new(
        shop->app, &(webhook_sender_options){.notifier = &here->ops, .render = event_json});
}

static void go(void)
{
    int left = GOES_MAX;
    while (webhook_sender_go(sender, 0) && left > 0)
        left--;
    assert_true(left > 0); /* it goes in circles */
}

static uint64_t create(uint64_t kinds)
{
    webhook_put_in in = {.merchant = shop->merchant,
                         .fields = WEBHOOK_URL | WEBHOOK_KINDS | WEBHOOK_ENABLED | WEBHOOK_SECRET,
                         .url = S("https://shop.example/hook"),
                         .kinds = kinds,
                         .enabled = true};
    row_out out = {0};
    assert_int_equal(webhook_secret_make(shop->app, shop->merchant, shop->memory, &in.sealed),
                     R_DONE);
    in.marks.n = store_lanes(app_store(shop->app));
    in.marks.items = ARENA_ARRAY(shop->memory, feed_mark, in.marks.n);
    for (uint16_t i = 0; i < in.marks.n; i++)
        in.marks.items[i] = (feed_mark){.lane = i, .first = 1};
    assert_int_equal(fix_run(shop, ACT_ID_webhook_put, id_slot(shop->merchant), &in, &out), R_DONE);
    return out.id;
}

static void enable(bool on)
{
    webhook_put_in in = {
        .merchant = shop->merchant, .id = hook, .fields = WEBHOOK_ENABLED, .enabled = on};
    row_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_webhook_put, id_slot(shop->merchant), &in, &out), R_DONE);
}

static webhook_state state_now(webhook_health *health, uint64_t *waiting)
{
    arena *memory = arena_new(0);
    app_view v;
    assert_int_equal(app_view_open(shop->app, memory, &v), R_DONE);
    const webhook *row = query_webhook(&v, shop->merchant, hook);
    assert_non_null(row);
    webhook_standing is = query_webhook_standing(&v, row);
    webhook_state state = (webhook_state)row->state;
    if (health != NULL)
        *health = is.health;
    if (waiting != NULL)
        *waiting = is.waiting;
    assert_int_equal(app_view_close(&v), R_DONE);
    arena_free(memory);
    return state;
}

static uint64_t template_id;
static const char *const users[] = {"ann", "bob", "cid", "dot", "eve", "fay", "gus", "hal"};

static bool on_rocks;
static char root[TEXT_MAX];

static int open_all(void **state)
{
    (void)snprintf(root, sizeof(root), "/tmp/quan-webhooks-XXXXXX");
    if (on_rocks)
        how.rocks = str_of(mkdtemp(root));
    assert_int_equal(how.rocks.n > 0, on_rocks);
    (void)set_up(state);
    here = calloc(1, sizeof(*here));
    assert_non_null(here);
    here->ops = (notifier){.send = on_send, .wait = on_wait, .abandon = on_abandon};
    here->answer = takes;
    here->random = 1;
    template_id = template_in(campaign_with_budget(BUDGET_MODE_NONE, 0));
    hook = create(0);
    begin_sending();
    return 0;
}

static int close_all(void **state)
{
    char command[2 * TEXT_MAX];
    webhook_sender_free(sender);
    free(here);
    (void)tear_down(state);
    (void)snprintf(command, sizeof(command), "rm -rf %s", root);
    return on_rocks ? system(command) : 0;
}

static uint64_t claim(const char *user_name)
{
    return fix_claim_one(shop, str_of(user_name), template_id);
}

/* A coupon that is held and released so many times: 1 + 2 n events. */
static uint64_t busy_coupon(const char *user_name, int times)
{
    static unsigned orders;
    uint64_t id = claim(user_name), held;
    for (int i = 0; i < times; i++) {
        char number[TEXT_MAX];
        (void)snprintf(number, sizeof(number), "o%u", ++orders);
        fix_order o = order_of(number, &id, 1);
        o.user = str_of(user_name);
        assert_int_equal(fix_hold(shop, &o, &held), R_DONE);
        assert_int_equal(fix_release(shop, held), R_DONE);
    }
    return id;
}

/* The first time each event was taken, those of a coupon came in order. How many were taken. */
static size_t check_order(void)
{
    size_t taken = 0;
    for (size_t i = 0; i < here->count; i++) {
        const seen *s = &here->seen[i];
        bool before = false;
        uint64_t highest = 0;
        if (!s->taken)
            continue;
        for (size_t k = 0; k < i; k++) {
            const seen *o = &here->seen[k];
            before = before || (o->taken && strcmp(o->id, s->id) == 0);
            if (o->taken && strcmp(o->subject, s->subject) == 0 && o->revision > highest)
                highest = o->revision;
        }
        if (before)
            continue;
        taken++;
        if (s->revision != 0)
            assert_true(s->revision == highest + 1);
    }
    return taken;
}

/* Events of the merchant in the feed, but for those of the webhook itself. */
static size_t events_there(void)
{
    enum { LIMIT = 1000 };
    size_t all = 0, n;
    feed_place place = {0};
    bool more = true;
    while (more) {
        arena *memory = arena_new(0);
        feed_event *found = ARENA_ARRAY(memory, feed_event, LIMIT);
        app_view v;
        assert_int_equal(app_view_open(shop->app, memory, &v), R_DONE);
        n = query_events(&v, &(feed_ask){shop->merchant, LIMIT}, &place, found, &more);
        for (size_t i = 0; i < n; i++)
            all += found[i].event->ref != hook;
        assert_int_equal(app_view_close(&v), R_DONE);
        arena_free(memory);
    }
    return all;
}

static str subject(uint64_t coupon_id)
{
    char text[ID_TEXT_MAX];
    return arena_str(shop->memory, (str){text, id_text(ID_COUPON, coupon_id, text)});
}

/* ---- cases ---- */

static void each_event_arrives_once_and_in_order(void **state)
{
    MAYBE(state);
    for (size_t i = 0; i < ARRAY_LEN(users); i++)
        (void)busy_coupon(users[i], 3);
    go();
    assert_int_equal(check_order(), events_there());
    assert_int_equal(here->count, events_there());
    (void)claim("ann");
    go();
    assert_int_equal(here->count, events_there());
    webhook_health health;
    assert_int_equal(state_now(&health, NULL), WEBHOOK_STATE_ENABLED);
    assert_int_equal(health.taken, here->count);
    assert_int_equal(health.failed, 0);
}

static void only_the_kinds_that_it_takes(void **state)
{
    MAYBE(state);
    webhook_put_in in = {.merchant = shop->merchant,
                         .id = hook,
                         .fields = WEBHOOK_KINDS,
                         .kinds = UINT64_C(1) << EVENT_KIND_COUPON_HELD};
    row_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_webhook_put, id_slot(shop->merchant), &in, &out), R_DONE);
    (void)busy_coupon("ann", 2);
    go();
    assert_int_equal(here->count, 2);
    assert_string_equal(here->seen[0].type, "coupon_held");
}

/* One that fails keeps back those of its own coupon, and nothing else. */
static void a_failed_letter_holds_up_its_coupon_alone(void **state)
{
    MAYBE(state);
    go();
    size_t before = here->count;
    uint64_t victim = busy_coupon("ann", 1);
    (void)busy_coupon("bob", 1);
    here->victim = subject(victim).p;
    here->answer = fails_the_victim;
    go();
    assert_int_equal(here->count, before + 1 + 3);
    uint64_t waiting;
    (void)state_now(NULL, &waiting);
    assert_true(waiting >= 1);
    fix_pass(shop, 4 * MS_SECOND);
    go();
    assert_int_equal(here->count, before + 4);
    fix_pass(shop, 2 * MS_SECOND);
    here->answer = takes;
    go();
    assert_int_equal(here->count, before + 4 + 3);
    assert_int_equal(check_order(), events_there());
    (void)state_now(NULL, &waiting);
    assert_int_equal(waiting, 0);
}

/* Ten tries over three days; then the coupon's next ones go, and it can be sent again. */
static void a_letter_that_is_never_taken_dies(void **state)
{
    MAYBE(state);
    go();
    uint64_t victim = claim("ann");
    here->victim = subject(victim).p;
    here->answer = fails_the_victim;
    int64_t began_ms = shop->clock_ms;
    webhook_health health = {0};
    for (int hours = 0; hours < 24 * 5 && health.dead == 0; hours++) {
        (void)claim("bob"); /* its receiver does well otherwise */
        go();
        fix_pass(shop, MS_HOUR);
        (void)state_now(&health, NULL);
    }
    assert_int_equal(health.dead, 1);
    assert_true(shop->clock_ms - began_ms > 3 * MS_DAY);
    size_t tries = 0;
    for (size_t i = 0; i < here->count; i++)
        tries += strcmp(here->seen[i].subject, here->victim) == 0;
    assert_int_equal(tries, WEBHOOK_TRIES_MAX);
    dead_letters_in again = {.merchant = shop->merchant, .id = hook};
    dead_letters_out out = {0};
    here->answer = takes;
    assert_int_equal(fix_run(shop, ACT_ID_dead_letters, id_slot(shop->merchant), &again, &out),
                     R_DONE);
    assert_int_equal(out.letters, 1);
    go();
    assert_int_equal(check_order(), events_there());
    (void)state_now(&health, NULL);
    assert_int_equal(health.dead, 0);
    again.drop = true;
    assert_int_equal(fix_run(shop, ACT_ID_dead_letters, id_slot(shop->merchant), &again, &out),
                     R_DONE);
    assert_int_equal(out.letters, 0);
}

/* Nothing goes to a receiver that fails but a probe now and then, and nothing is lost by that. */
static void the_breaker_opens_and_closes(void **state)
{
    MAYBE(state);
    here->answer = says;
    here->status = 500;
    for (size_t i = 0; i < ARRAY_LEN(users); i++)
        (void)busy_coupon(users[i], 2);
    go();
    size_t before = here->count;
    assert_in_range(before, WEBHOOK_TRIP, SENDER_CONCURRENT * 3);
    webhook_health health;
    (void)state_now(&health, NULL);
    assert_int_equal(health.opened, 1);
    assert_true(health.open_until_ms > shop->clock_ms);
    go();
    assert_int_equal(here->count, before);
    fix_pass(shop, 6 * MS_SECOND);
    go();
    assert_int_equal(here->count, before + 1); /* half open: one */
    (void)state_now(&health, NULL);
    assert_int_equal(health.opened, 2);
    here->answer = takes;
    fix_pass(shop, MS_MINUTE);
    go();
    (void)state_now(&health, NULL);
    assert_int_equal(health.opened, 0);
    fix_pass(shop, MS_HOUR);
    go();
    assert_int_equal(check_order(), events_there());
}

static void a_receiver_is_given_up_after_days(void **state)
{
    MAYBE(state);
    here->answer = says;
    here->status = 500;
    for (int hours = 0; hours < 24 * 6; hours++) {
        go();
        fix_pass(shop, MS_HOUR);
    }
    assert_int_equal(state_now(NULL, NULL), WEBHOOK_STATE_FAILING);
    size_t before = here->count;
    here->answer = takes;
    fix_pass(shop, MS_DAY);
    go();
    assert_int_equal(here->count, before);
    enable(true); /* what waits is due at once */
    go();
    webhook_health health;
    assert_int_equal(state_now(&health, NULL), WEBHOOK_STATE_ENABLED);
    dead_letters_in again = {.merchant = shop->merchant, .id = hook};
    dead_letters_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_dead_letters, id_slot(shop->merchant), &again, &out),
                     R_DONE);
    assert_int_equal(out.letters, health.dead);
    go();
    assert_int_equal(check_order(), events_there());
}

static void a_receiver_says_how_long_it_wants_to_rest(void **state)
{
    MAYBE(state);
    here->answer = says;
    here->status = 429;
    here->retry_ms = 40 * MS_MINUTE;
    go();
    size_t before = here->count;
    here->answer = takes;
    fix_pass(shop, 39 * MS_MINUTE);
    go();
    assert_int_equal(here->count, before);
    fix_pass(shop, 2 * MS_MINUTE);
    go();
    assert_int_equal(check_order(), events_there());
}

static void a_receiver_that_is_gone_is_disabled(void **state)
{
    MAYBE(state);
    here->answer = says;
    here->status = 410;
    go();
    size_t before = here->count;
    assert_int_equal(state_now(NULL, NULL), WEBHOOK_STATE_GONE);
    here->answer = takes;
    (void)claim("ann");
    fix_pass(shop, MS_DAY);
    go();
    assert_int_equal(here->count, before);
    enable(true);
    go();
    assert_int_equal(check_order(), events_there());
}

static void events_are_sent_again_from_a_time_on(void **state)
{
    MAYBE(state);
    go();
    size_t before = here->count;
    fix_pass(shop, MS_HOUR);
    int64_t from_ms = shop->clock_ms;
    for (size_t i = 0; i < ARRAY_LEN(users); i++)
        (void)busy_coupon(users[i], 1);
    go();
    size_t then = here->count;
    webhook_replay_in in = {.merchant = shop->merchant, .id = hook};
    row_out out = {0};
    app_view v;
    arena *memory = arena_new(0);
    assert_int_equal(app_view_open(shop->app, memory, &v), R_DONE);
    in.marks.n = store_lanes(app_store(shop->app));
    in.marks.items = ARENA_ARRAY(shop->memory, feed_mark, in.marks.n);
    query_feed_marks(&v, from_ms, in.marks.items);
    assert_int_equal(app_view_close(&v), R_DONE);
    arena_free(memory);
    assert_int_equal(fix_run(shop, ACT_ID_webhook_replay, id_slot(shop->merchant), &in, &out),
                     R_DONE);
    go();
    assert_int_equal(here->count, then + (then - before));
    for (size_t i = before; i < then; i++) {
        bool again = false;
        for (size_t k = then; k < here->count && !again; k++)
            again = strcmp(here->seen[i].id, here->seen[k].id) == 0;
        assert_true(again);
    }
}

/* Whatever the receiver answers, however often the sender dies without a report. */
static void nothing_is_lost(void **state)
{
    MAYBE(state);
    here->answer = fails_at_times;
    for (int i = 0; i < 300; i++) {
        (void)busy_coupon(users[drawn(here, ARRAY_LEN(users))], (int)drawn(here, 3));
        (void)webhook_sender_go(sender, 0);
        if (drawn(here, 10) == 0) { /* what has flown is forgotten */
            webhook_sender_free(sender);
            begin_sending();
        }
        if (drawn(here, 20) == 0)
            enable(drawn(here, 2) == 0);
        fix_pass(shop, (int64_t)drawn(here, 20000));
    }
    here->answer = takes;
    enable(true);
    for (int i = 0; i < 100; i++) {
        go();
        fix_pass(shop, MS_HOUR);
    }
    assert_int_equal(check_order(), events_there());
    uint64_t waiting;
    webhook_health health;
    (void)state_now(&health, &waiting);
    assert_int_equal(waiting, 0);
    assert_int_equal(health.dead, 0);
    assert_true(health.failed > 0);
}

static void a_deleted_one_is_forgotten(void **state)
{
    MAYBE(state);
    here->answer = says;
    here->status = 500;
    (void)busy_coupon("ann", 3);
    (void)webhook_sender_go(sender, 0);
    webhook_end_in in = {.merchant = shop->merchant, .id = hook};
    act_none out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_webhook_end, id_slot(shop->merchant), &in, &out), R_DONE);
    here->answer = takes;
    go();
    size_t before = here->count;
    (void)claim("ann");
    fix_pass(shop, MS_DAY);
    go();
    assert_int_equal(here->count, before);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(each_event_arrives_once_and_in_order),
        CASE(only_the_kinds_that_it_takes),
        CASE(a_failed_letter_holds_up_its_coupon_alone),
        CASE(a_letter_that_is_never_taken_dies),
        CASE(the_breaker_opens_and_closes),
        CASE(a_receiver_is_given_up_after_days),
        CASE(a_receiver_says_how_long_it_wants_to_rest),
        CASE(a_receiver_that_is_gone_is_disabled),
        CASE(events_are_sent_again_from_a_time_on),
        CASE(nothing_is_lost),
        CASE(a_deleted_one_is_forgotten),
    };
    int failed = cmocka_run_group_tests_name("mem", tests, NULL, NULL);
    how.adversary = 5;
    failed += cmocka_run_group_tests_name("mem, adversary", tests, NULL, NULL);
    how.adversary = 0;
    on_rocks = true;
    return failed + cmocka_run_group_tests_name("rocks", tests, NULL, NULL);
}
