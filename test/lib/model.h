/* Random acts on several worlds at once, the same on each: what they answer must be the same,
 * however many lanes a world has, however its batches are split, and whichever engine keeps the
 * rows (ARCHITECTURE 12).
 *
 * A step names coupons, holds and redemptions by number: the n-th that was made. Each side keeps
 * the ids that its world gave them. A side renders what a step answered as text without ids. The
 * clock only goes forward: act time would depend on lanes otherwise. */
#ifndef QUAN_TEST_MODEL_H
#define QUAN_TEST_MODEL_H

#include "test/lib/world.h"

enum {
    MODEL_USERS = 9,
    MODEL_CAMPAIGNS = 2,
    MODEL_TEMPLATES = 4,
    MODEL_THINGS_MAX = 4096, /* coupons, holds, redemptions: each */
    MODEL_LINES = 3,
    MODEL_COUPONS = 3, /* of an order */
    MODEL_DEVICES = 4,
};
#define MODEL_START_MS INT64_C(1767225600000) /* 2026-01-01 */

typedef enum step_kind {
    STEP_ISSUE,
    STEP_HOLD,
    STEP_REDEEM_HOLD,
    STEP_REDEEM,
    STEP_RELEASE,
    STEP_RETURN,
    STEP_VOID,
    STEP_SWEEP,
    STEP_CLOCK,
    STEP_STATE,
    STEP_LIMITS,
    STEP_TEMPLATE,
    STEP_STOCK,
    STEP_BUDGET,
    STEP_KIND_COUNT
} step_kind;

typedef struct model_step {
    step_kind kind;
    uint32_t user, campaign, template, order, hold, redemption;
    uint32_t counts[2]; /* issue: of template and of the next one; 0: not */
    uint8_t word;       /* issue mode, void reason, campaign state, edit reach */
    uint8_t store;      /* 0: nowhere */
    uint8_t device;     /* that is named; 0: none */
    uint32_t coupons[MODEL_COUPONS], coupon_count;
    int64_t quantities[MODEL_LINES], prices[MODEL_LINES]; /* 0: the line is not there */
    int64_t ms, amount, current;
} model_step;

typedef struct model_side {
    world world;
    arena *memory; /* of the step at hand */
    uint64_t merchant, campaigns[MODEL_CAMPAIGNS], templates[MODEL_TEMPLATES];
    uint64_t coupons[MODEL_THINGS_MAX], holds[MODEL_THINGS_MAX], redemptions[MODEL_THINGS_MAX];
    uint32_t coupon_count, hold_count, redemption_count;
    uint8_t devices[MODEL_THINGS_MAX];   /* that issues of coupons have named */
    bool in_error[MODEL_THINGS_MAX];     /* coupons that were voided as issued in error */
    bool was_unlimited[MODEL_TEMPLATES]; /* its stock counts anew since */
} model_side;

/* What every side agrees on. */
typedef struct model {
    uint64_t random; /* never 0 */
    uint32_t coupon_user[MODEL_THINGS_MAX];
    uint32_t orders;
    int64_t now_ms;
} model;

void model_side_open(model_side *s, const world_engine *engine);
void model_side_close(model_side *s);
/* Does it, and appends what was answered. Ids of new things are kept. */
void model_side_step(model_side *s, const model_step *step, buf *facts);
/* Appends the stored state of every coupon and hold, by number. */
void model_side_states(model_side *s, buf *facts);
/* Stock, budget, a limit by user and one by device, counted from coupons, holds and redemptions
 * alone. False: *why says which was passed. */
MUST_USE bool model_side_bounded(model_side *s, buf *why);
str model_user(uint32_t number);

uint64_t model_next(model *m);
uint32_t model_below(model *m, uint32_t n); /* 0 … n - 1 */
/* The next step; s: a side, for the numbers of what there is and the configuration as it is. */
model_step model_make(model *m, model_side *s);
/* What the step has made belongs to its user. */
void model_learn(model *m, const model_step *step, const model_side *s, uint32_t coupons_before);
void model_step_write(const model_step *step, buf *out);

#endif
