/* A shop for tests of the domain's acts: the app on a stepped store in memory, with its relay and
 * leases, no API and no threads. The clock is the test's. One merchant in the zone "Test/East"
 * (UTC+8, no changes) and currency USD.
 *
 * Functions that return no result CHECK that what they do is done. */
#ifndef QUAN_TEST_DOMAIN_FIXTURE_H
#define QUAN_TEST_DOMAIN_FIXTURE_H

#include "app/act.h"
#include "app/order.h"
#include "app/query_sagas.h"
#include "app/reserve.h"

#define FIX_START_MS INT64_C(1760000000000) /* 2025-10-09T08:53:20Z */
#define FIX_END_MS   (FIX_START_MS + 400 * MS_DAY)

typedef struct fix_options {
    uint16_t lanes;      /* 0: 3 */
    uint64_t adversary;  /* seed; 0: off */
    const str *code_key; /* NULL: one of 32 bytes; else this, which may be empty */
    str rocks;           /* a directory for RocksDB, the caller's to remove; empty: in memory */
    const str *pg;       /* empty databases, the caller's to give back; NULL: none */
    uint16_t shards;     /* pg: how many; 0: one */
    bool several;        /* pg: others may have them open, too */
} fix_options;

typedef struct fix {
    app *app;
    int64_t clock_ms;
    arena *memory;
    uint64_t merchant;
    str detail; /* of the last act */
    /* What claims, holds and redemptions name, for limits by phone, e-mail, device … */
    subject_names names;
    app_options options; /* how app was opened */
} fix;

fix *fix_open(fix_options options);
/* On RocksDB: goes on with what is committed now, in a directory that is not there yet, as a
 * process does that finds what a killed one has left. Acts on their way still end, elsewhere. */
void fix_crash(fix *f, str directory);
void fix_close(fix *f);
/* Counts everything again (app/verify.h): CHECKs that it agrees, and prints what does not. */
void fix_verify(fix *f);
/* The only saga that is open; without a kind: none is. */
saga_open fix_saga(fix *f);
void fix_pass(fix *f, int64_t ms); /* time goes by */

/* One act to its end, without an idempotency key. */
result fix_run(fix *f, act_id id, uint16_t slot, const void *in, void *out);
/* An act that is submitted and not waited for: the test steps. In the memory of the shop. */
typedef struct fix_act {
    act_call call;
    bool ended;
} fix_act;
fix_act *fix_submit(fix *f, act_id id, uint16_t slot, const void *in, void *out);
/* Many acts at once: they share batches. codes[i] is the result of in[i]. */
typedef struct fix_many {
    act_id id;
    uint16_t (*slot)(const void *in);
    const void *const *in;
    void *const *out;
    result *codes;
    size_t n;
} fix_many;
void fix_run_many(fix *f, const fix_many *many);

/* ---- configuration ---- */

limit_rule fix_limit(limit_measure measure, limit_subject subject, limit_period period,
                     int64_t max);
merchant_put_in fix_merchant_in(const fix *f); /* as it is at first */
void fix_merchant(fix *f, const merchant_put_in *in);
campaign_create_in fix_campaign_in(const fix *f); /* claim and use windows open all the time */
uint64_t fix_campaign(fix *f, const campaign_create_in *in); /* active */
void fix_campaign_state(fix *f, uint64_t id, campaign_state to);
/* 1000 off everything, without a threshold, fixed window [FIX_START_MS, FIX_END_MS), no limits,
 * unlimited stock, refund rule keep. */
template_put_in fix_template_in(const fix *f, uint64_t campaign_id);
uint64_t fix_template(fix *f,
                      const template_put_in *in); /* creates; edits when `template` is set */

/* ---- coupons and orders ---- */

/* all_or_none; coupons (may be NULL) has places for count ids. */
result fix_claim(fix *f, str user_name, uint64_t template_id, uint32_t count, uint64_t *coupons);
uint64_t fix_claim_one(fix *f, str user_name, uint64_t template_id);

typedef struct fix_order {
    str user, number, store, channel;
    const uint64_t *coupons;
    size_t coupon_count;
    const order_line *lines; /* sku, category, quantity, unit_minor */
    size_t line_count;
    int64_t hold_ms;          /* hold: how long; 0: ten minutes */
    const uint64_t *left_out; /* automatic templates */
    size_t left_out_count;
    const order_cut *cuts;
    size_t cut_count;
    str currency; /* empty: USD */
    bool hidden;  /* coupons are typed by who may not know of one that is over */
} fix_order;
/* Prices the order as a caller would, and again without each automatic template that the act has no
 * room for, and with each coupon cut to what its budget has. What pricing refuses comes back as the
 * result. */
result fix_price(fix *f, const fix_order *o, order_in *in);
result fix_hold(fix *f, const fix_order *o, uint64_t *hold_id);
result fix_redeem(fix *f, const fix_order *o, uint64_t *redemption_id);
result fix_redeem_hold(fix *f, uint64_t hold_id, uint64_t *redemption_id);
result fix_release(fix *f, uint64_t hold_id);
/* All that is left when n is 0. out (may be NULL): what came back. */
result fix_return(fix *f, uint64_t redemption_id, const return_line *lines, size_t n,
                  return_out *out);
result fix_void(fix *f, uint64_t coupon_id, void_reason reason);
void fix_sweep(fix *f); /* every lane, until nothing is due */
/* One batch of one lane, the lanes in turn, so that all can be cut off between any two commits; the
 * other lanes are halted then. */
size_t fix_step_one_lane(fix *f, int step);
/* How many coupons are his; all in one page. */
size_t fix_owned(const fix *f, app_view *v, str who);

/* Committed rows, copied; CHECKs that they are there. */
coupon fix_coupon(fix *f, uint64_t id);
hold fix_hold_row(fix *f, uint64_t id);
redemption fix_redemption(fix *f, uint64_t id);
/* Today's, of the template (0: of the campaign), summed over the lanes. */
tally fix_tally(fix *f, uint64_t campaign_id, uint64_t template_id);
/* What is left of a pool anywhere: total less what is used; -1 when it has no row. */
int64_t fix_left(fix *f, pool_name which);

#endif
