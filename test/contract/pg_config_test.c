/* Configuration of two servers on one database: what one has edited reaches the other (app/feed.c),
 * whatever happens on the way. What binds from its answer on is in pg_bind_test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <pthread.h>
#include <time.h>

#include "app/act_wait.h"
#include "app/verify.h"
#include "base/id.h"
#include "domain/find/find.h"
#include "port/clock.h"
#include "port/log.h"
#include "port/metric.h"
#include "test/lib/database.h"
#include "test/lib/pair.h"

enum { PATIENCE_MS = 20000 };

/* ---- what the others see ---- */

static bool knows_template(const config *c, uint64_t id)
{
    return config_find_template(c, id) != NULL;
}

/* A reading pins what its rows may name; and the index over templates follows. */
static void a_reading_knows_what_its_rows_name(void **state)
{
    pair *p = *state;
    fix *b = &p->at[PAIR_B];
    template_put_in in = fix_template_in(&p->at[PAIR_A], p->campaign);
    uint64_t id = pair_put(p, PAIR_A, ACT_ID_template_put, id_slot(p->campaign), &in);
    config *before = (config *)(uintptr_t)app_config(b->app);
    assert_false(knows_template(before, id));
    config_free(before);
    app_view v;
    assert_int_equal(app_view_open(b->app, b->memory, &v), R_DONE);
    assert_true(knows_template(v.config, id));
    assert_non_null(template_get(v.rows, id_slot(id), id));
    assert_int_equal(app_view_close(&v), R_DONE);
    find_figures figures;
    const find_index *x = app_find_index(b->app);
    find_measure(x, &figures);
    find_free((find_index *)(uintptr_t)x);
    assert_int_equal(figures.templates, 2);
}

/* Nothing is asked of B: what it does every half second is enough. */
static void the_feed_brings_what_nobody_asks_for(void **state)
{
    pair *p = *state;
    uint64_t applied = metric_value(METRIC_CONFIG_APPLIED);
    pair_set_state(p, PAIR_A, CAMPAIGN_STATE_PAUSED);
    assert_int_equal(pair_state(p, PAIR_B), CAMPAIGN_STATE_ACTIVE);
    app_follow(p->at[PAIR_B].app);
    assert_int_equal(pair_state(p, PAIR_B), CAMPAIGN_STATE_PAUSED);
    assert_true(metric_value(METRIC_CONFIG_APPLIED) > applied);
    applied = metric_value(METRIC_CONFIG_APPLIED);
    app_follow(p->at[PAIR_B].app); /* and not twice */
    assert_int_equal(metric_value(METRIC_CONFIG_APPLIED), applied);
}

static void assert_no_difference(pair *p)
{
    uint64_t found = metric_value(METRIC_CONFIG_DIFFERENCES);
    for (int i = 0; i < PAIR_SERVERS; i++) {
        app_follow(p->at[i].app);
        assert_int_equal(app_compare_config(p->at[i].app), R_DONE);
    }
    assert_int_equal(metric_value(METRIC_CONFIG_DIFFERENCES), found);
}

typedef struct renamer {
    pair *pair;
    int which;
    pthread_t thread;
} renamer;

static void *rename_often(void *argument)
{
    enum { TIMES = 40 };
    const renamer *r = argument;
    arena *memory = r->pair->at[r->which].memory;
    for (int i = 0; i < TIMES; i++) {
        campaign_edit_in in = {.merchant = r->pair->merchant,
                               .campaign = r->pair->campaign,
                               .fields = 1,
                               .name = arena_printf(memory, "%d of server %d", i, r->which)};
        row_out out = {0};
        assert_int_equal(pair_edit(r->pair, r->which,
                                   (act_call){.id = ACT_ID_campaign_edit,
                                              .slot = id_slot(in.campaign),
                                              .in = &in,
                                              .out = &out}),
                         R_DONE);
    }
    return NULL;
}

static void edits_that_race_end_the_same_everywhere(void **state)
{
    pair *p = *state;
    renamer all[PAIR_SERVERS] = {{p, PAIR_A, 0}, {p, PAIR_B, 0}};
    for (int i = 0; i < PAIR_SERVERS; i++)
        assert_int_equal(pthread_create(&all[i].thread, NULL, rename_often, &all[i]), 0);
    for (int i = 0; i < PAIR_SERVERS; i++)
        pthread_join(all[i].thread, NULL);
    assert_no_difference(p);
    verify_options options = {0};
    verify_summary summary = {0};
    assert_int_equal(verify_app(p->at[PAIR_B].app, &options, &summary), R_DONE);
    assert_int_equal(summary.differences, 0);
}

static void what_was_trimmed_is_found_in_the_rows(void **state)
{
    pair *p = *state;
    uint64_t checks = metric_value(METRIC_CONFIG_CHECKS);
    uint64_t found = metric_value(METRIC_CONFIG_DIFFERENCES);
    pair_set_state(p, PAIR_A, CAMPAIGN_STATE_PAUSED);
    database_run(p->url, "DELETE FROM config_edit");
    app_follow(p->at[PAIR_B].app);
    assert_int_equal(pair_state(p, PAIR_B), CAMPAIGN_STATE_PAUSED);
    assert_int_equal(metric_value(METRIC_CONFIG_CHECKS), checks + 1);
    assert_int_equal(metric_value(METRIC_CONFIG_DIFFERENCES), found); /* the gap explains it */
    pair_set_state(p, PAIR_A, CAMPAIGN_STATE_ACTIVE);
    app_follow(p->at[PAIR_B].app);
    assert_int_equal(metric_value(METRIC_CONFIG_CHECKS), checks + 1);
}

/* As many as a lane keeps are there, and one more comes. */
static void the_log_keeps_the_newest(void **state)
{
    pair *p = *state;
    pair_close(p, PAIR_A);
    pair_close(p, PAIR_B);
    database_run(p->url, "DELETE FROM config_edit");
    database_run(p->url, "UPDATE lane_head SET config_last = 10000::int8 # "
                         "'-9223372036854775808'::int8");
    database_run(p->url, "INSERT INTO config_edit SELECT lane, n # "
                         "'-9223372036854775808'::int8, 1, n, n, 0, 1 "
                         "FROM lane_head, generate_series(1::int8, 10000) AS n");
    pair_open(p, PAIR_A, p->url);
    pair_open(p, PAIR_B, p->url);
    pair_set_state(p, PAIR_A, CAMPAIGN_STATE_PAUSED);
    assert_int_equal(database_number(p->url, "SELECT count(*) FROM config_edit"),
                     PAIR_LANES * 10000);
    app_follow(p->at[PAIR_B].app);
    assert_int_equal(pair_state(p, PAIR_B), CAMPAIGN_STATE_PAUSED);
}

static void what_the_feed_has_missed_is_found_and_told(void **state)
{
    pair *p = *state;
    uint64_t found = metric_value(METRIC_CONFIG_DIFFERENCES);
    assert_no_difference(p);
    database_run(p->url, "UPDATE campaign SET state = 3"); /* not by an act: nothing tells */
    app_follow(p->at[PAIR_B].app);
    assert_int_equal(pair_state(p, PAIR_B), CAMPAIGN_STATE_ACTIVE);
    assert_int_equal(app_compare_config(p->at[PAIR_B].app), R_DONE);
    assert_int_equal(pair_state(p, PAIR_B), CAMPAIGN_STATE_PAUSED);
    assert_int_equal(metric_value(METRIC_CONFIG_DIFFERENCES), found + 1);
}

/* ---- what does not arrive ---- */

static void *pause_unheard(void *argument)
{
    pair *p = argument;
    campaign_state_in in = {
        .merchant = p->merchant, .campaign = p->campaign, .state = (uint8_t)CAMPAIGN_STATE_PAUSED};
    row_out out = {0};
    assert_int_equal(pair_edit(p, PAIR_A,
                               (act_call){.id = ACT_ID_campaign_state,
                                          .slot = id_slot(in.campaign),
                                          .in = &in,
                                          .out = &out}),
                     R_UNKNOWN);
    return NULL;
}

/* Committed, and nobody was told: not even who asked. */
static void an_edit_that_ended_unknown_is_published(void **state)
{
    pair *p = *state;
    fix *b = &p->at[PAIR_B];
    uint16_t lane = store_lane_of_slot(app_store(b->app), id_slot(p->campaign));
    pthread_t thread;
    cutter_set(p->cutter, CUT_ANSWER_AND_ALL);
    assert_int_equal(pthread_create(&thread, NULL, pause_unheard, p), 0);
    cutter_wait(p->cutter);
    assert_int_equal(pair_claim(p, b->app, b->memory, pair_user_of_lane(p, b->memory, lane), NULL),
                     R_DONE);
    cutter_set(p->cutter, CUT_NOTHING);
    pthread_join(thread, NULL);
    for (int i = 0; i < PAIR_SERVERS; i++) {
        assert_int_equal(pair_state(p, i), CAMPAIGN_STATE_ACTIVE);
        app_follow(p->at[i].app);
        assert_int_equal(pair_state(p, i), CAMPAIGN_STATE_PAUSED);
    }
    pair_set_state(p, PAIR_A, CAMPAIGN_STATE_ACTIVE); /* and it goes on from there */
}

/* A lane whose head cannot be written is as good as away. */
static void a_lane_that_is_away_is_named_and_told_later(void **state)
{
    pair *p = *state;
    fix *a = &p->at[PAIR_A], *b = &p->at[PAIR_B];
    uint16_t home = store_lane_of_slot(app_store(a->app), id_slot(p->campaign));
    uint16_t away = (uint16_t)((home + 1) % PAIR_LANES);
    char sql[200];
    snprintf(sql, sizeof(sql),
             "ALTER TABLE lane_head ADD CONSTRAINT away CHECK (lane <> %u) NOT VALID", away);
    database_run(p->url, sql);
    campaign_state_in in = {
        .merchant = p->merchant, .campaign = p->campaign, .state = (uint8_t)CAMPAIGN_STATE_PAUSED};
    row_out out = {0};
    act_call call = {.app = a->app,
                     .id = ACT_ID_campaign_state,
                     .slot = id_slot(p->campaign),
                     .in = &in,
                     .out = &out,
                     .memory = a->memory};
    assert_int_equal(act_wait(&call), R_DONE);
    assert_int_equal(call.unreached.n, 1);
    assert_int_equal(call.unreached.p[0], away);
    assert_int_equal(metric_value(METRIC_CONFIG_OWED), 1);
    str name = pair_user_of_lane(p, b->memory, away);
    assert_int_equal(pair_claim(p, b->app, b->memory, name, NULL), R_UNAVAILABLE);
    app_follow(a->app); /* tries, in vain */
    database_run(p->url, "ALTER TABLE lane_head DROP CONSTRAINT away");
    for (int64_t since = clock_monotonic_ms(); metric_value(METRIC_CONFIG_OWED) > 0;) {
        assert_true(clock_monotonic_ms() - since < PATIENCE_MS);
        app_follow(a->app);
    }
    assert_int_equal(pair_claim(p, b->app, b->memory, name, NULL), R_CAMPAIGN_NOT_ACTIVE);
}

static result open_a_view(fix *f)
{
    app_view v;
    result r = app_view_open(f->app, f->memory, &v);
    return r == R_DONE ? app_view_close(&v) : r;
}

/* A look at all lanes fails, as when a shard is away: who has raised the epochs needs none. */
static void who_has_edited_reads_without_the_log(void **state)
{
    pair *p = *state;
    pair_set_state(p, PAIR_A, CAMPAIGN_STATE_PAUSED);
    database_run(p->url, "UPDATE lane_head SET config_last = config_last + 1");
    database_run(p->url, "ALTER TABLE config_edit RENAME TO away");
    assert_int_equal(open_a_view(&p->at[PAIR_A]), R_DONE);
    assert_int_equal(open_a_view(&p->at[PAIR_B]), R_UNAVAILABLE);
    database_run(p->url, "ALTER TABLE away RENAME TO config_edit");
    database_run(p->url, "UPDATE lane_head SET config_last = config_last - 1");
    assert_int_equal(open_a_view(&p->at[PAIR_B]), R_DONE);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, pair_begin, pair_finish)
    static const struct CMUnitTest tests[] = {
        EACH(a_reading_knows_what_its_rows_name),
        EACH(the_feed_brings_what_nobody_asks_for),
        EACH(edits_that_race_end_the_same_everywhere),
        EACH(what_was_trimmed_is_found_in_the_rows),
        EACH(the_log_keeps_the_newest),
        EACH(what_the_feed_has_missed_is_found_and_told),
        EACH(an_edit_that_ended_unknown_is_published),
        EACH(a_lane_that_is_away_is_named_and_told_later),
        EACH(who_has_edited_reads_without_the_log),
    };
    log_set_level(LOG_LEVEL_COUNT); /* what is away is what is tested */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
