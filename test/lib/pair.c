/* Two servers on one database: see pair.h. */
#include "test/lib/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/act_wait.h"
#include "app/verify.h"
#include "base/id.h"
#include "domain/find/find.h"
#include "domain/rule/word.h"
#include "port/clock.h"
#include "port/log.h"
#include "port/metric.h"
#include "test/lib/cutter.h"
#include "test/lib/database.h"
#include "test/lib/domain_fixture.h"

static const zone zone_east = {.name = {"Test/East", 9}, .first_offset_ms = 8 * 3600 * 1000};

static const zone *on_zone(str name)
{
    return str_eq(name, zone_east.name) ? &zone_east : NULL;
}

static int64_t on_clock(void *context)
{
    return FIX_START_MS + clock_monotonic_ms() - ((pair *)context)->from_ms;
}

void pair_open(pair *p, int which, const char *url)
{
    str address = str_of(url);
    app_options options = {
        .engine = S("pg"),
        .store = {.urls = &address, .lanes = PAIR_LANES, .threads = true, .several = true},
        .zone_find = on_zone,
        .clock_ms = on_clock,
        .clock_context = p};
    buf why;
    buf_init(&why, 1000);
    result r = app_open(&options, &p->at[which].app, &why);
    if (r != R_DONE)
        print_error("%.*s\n", STR_ARG(buf_view(&why)));
    assert_int_equal(r, R_DONE);
    buf_free(&why);
    p->at[which].memory = arena_new((size_t)1 << 30);
    p->at[which].clock_ms = FIX_START_MS;
}

void pair_close(pair *p, int which)
{
    app_close(p->at[which].app);
    arena_free(p->at[which].memory);
    p->at[which].app = NULL;
}

/* ---- one act ---- */

result pair_run(app *a, act_call call, hash128 by)
{
    arena *memory = call.memory;
    act_call *c = ARENA_NEW(memory, act_call);
    *c = call;
    c->app = a;
    c->asked_by = by;
    return act_wait(c);
}

/* An act of configuration, to its end. */
result pair_edit(pair *p, int which, act_call call)
{
    fix *f = &p->at[which];
    act_call *c = ARENA_NEW(f->memory, act_call);
    *c = call;
    c->app = f->app;
    c->memory = f->memory;
    result r = act_wait(c);
    assert_int_equal(c->unreached.n, 0);
    return r;
}

uint64_t pair_put(pair *p, int which, act_id id, uint16_t slot, const void *in)
{
    row_out out = {0};
    assert_int_equal(pair_edit(p, which, (act_call){.id = id, .slot = slot, .in = in, .out = &out}),
                     R_DONE);
    return out.id;
}

void pair_set_state(pair *p, int which, campaign_state to)
{
    campaign_state_in in = {.merchant = p->merchant, .campaign = p->campaign, .state = (uint8_t)to};
    pair_put(p, which, ACT_ID_campaign_state, id_slot(p->campaign), &in);
}

result pair_claim(pair *p, app *a, arena *memory, str name, uint64_t *id)
{
    issue_item item = {.template = p->template, .count = 1};
    issue_in in = {.merchant = p->merchant,
                   .user = name,
                   .source = COUPON_SOURCE_CLAIM,
                   .mode = ISSUE_MODE_ALL_OR_NONE,
                   .items = {&item, 1}};
    issue_out out = {0};
    result r = pair_run(a,
                        (act_call){.id = ACT_ID_issue,
                                   .slot = slot_of_user(p->merchant, name),
                                   .in = &in,
                                   .out = &out,
                                   .memory = memory},
                        (hash128){0});
    if (r == R_DONE && id != NULL)
        *id = out.coupons.items[0].coupon;
    return r;
}

str pair_user(pair *p, arena *memory)
{
    return arena_printf(memory, "user-%d", atomic_fetch_add(&p->next, 1));
}

/* ---- the shop ---- */

int pair_begin(void **state)
{
    pair *p = calloc(1, sizeof(*p)); /* freed by finish */
    CHECK(p != NULL);
    p->url = database_take();
    p->cutter = cutter_start(p->url);
    p->from_ms = clock_monotonic_ms();
    pair_open(p, PAIR_A, cutter_url(p->cutter));
    pair_open(p, PAIR_B, p->url);
    fix *a = &p->at[PAIR_A];
    merchant_put_in m = fix_merchant_in(a);
    p->merchant = pair_put(p, PAIR_A, ACT_ID_merchant_put, m.slot, &m);
    a->merchant = p->at[PAIR_B].merchant = p->merchant;
    campaign_create_in c = fix_campaign_in(a);
    p->campaign = pair_put(p, PAIR_A, ACT_ID_campaign_create, c.slot, &c);
    template_put_in t = fix_template_in(a, p->campaign);
    p->template = pair_put(p, PAIR_A, ACT_ID_template_put, id_slot(p->campaign), &t);
    pair_set_state(p, PAIR_A, CAMPAIGN_STATE_ACTIVE);
    app_follow(p->at[PAIR_B].app); /* for the last time, but where a test says so */
    *state = p;
    return 0;
}

int pair_finish(void **state)
{
    pair *p = *state;
    cutter_set(p->cutter, CUT_NOTHING);
    pair_close(p, PAIR_A);
    pair_close(p, PAIR_B);
    cutter_stop(p->cutter);
    database_give(p->url);
    free(p);
    return 0;
}

campaign_state pair_state(pair *p, int which)
{
    config *c = (config *)(uintptr_t)app_config(p->at[which].app);
    campaign_state is = (campaign_state)config_find_campaign(c, p->campaign)->row->state;
    config_free(c);
    return is;
}

str pair_user_of_lane(pair *p, arena *memory, uint16_t lane)
{
    str name;
    do {
        name = pair_user(p, memory);
    } while (store_lane_of_slot(app_store(p->at[PAIR_B].app), slot_of_user(p->merchant, name)) !=
             lane);
    return name;
}
