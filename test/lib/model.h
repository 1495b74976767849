/* Random acts on several worlds at once, the same on each: what they answer must be the same,
 * however many lanes a world has, however its batches are split, and whichever engine keeps the
 * rows (ARCHITECTURE 12).
 *
 * A step names coupons, holds and redemptions by number: the n-th that was made. Each side keeps
 * the ids that its world gave them. A side renders what a step answered as text without ids. The
 * clock only goes forward: act time would depend on lanes otherwise.
 *
 * Users become one, numbers become users' and users are forgotten; a step may name anybody by a
 * name that he had (model_user.h).
 *
 * Steps may also be done all at once. Who gets the last piece then depends on lanes and batches, so
 * sides part; what is stored must still be sound. */
#ifndef QUAN_TEST_MODEL_H
#define QUAN_TEST_MODEL_H

#include "app/order.h"
#include "test/lib/model_code.h"
#include "test/lib/model_kinds.h"
#include "test/lib/model_transfer.h"
#include "test/lib/model_user.h"
#include "test/lib/world.h"

enum {
    MODEL_CAMPAIGNS = 3,  /* budget at issue, at redemption, none */
    MODEL_TEMPLATES = 6,  /* that have coupons: two of each campaign */
    MODEL_PARTNERED = 4,  /* of them, whose coupons take a partner's codes in some games */
    MODEL_PROMOTIONS = 2, /* automatic ones, behind them: of the last two campaigns */
    MODEL_ALL = MODEL_TEMPLATES + MODEL_PROMOTIONS,
    MODEL_LINES = 3,
    MODEL_COUPONS = 3, /* of an order */
    MODEL_DEVICES = 4,
    MODEL_LIMITS = 5,        /* of a merchant, campaign or template */
    MODEL_KEPT = 8,          /* acts under a key that may be sent again */
    MODEL_BUNCH = 12,        /* steps at once */
    MODEL_CLAIMS_EVER = 5,   /* of template 0, by a user: stands whatever else is drawn */
    MODEL_DEVICE_CLAIMS = 9, /* of template 2, by a device: so does this */
    MODEL_USES = 3,          /* of a coupon that has more than one */
    MODEL_VALUE = 3000,      /* on a stored value */
    MODEL_RENAMES = 20,      /* of a step */
    MODEL_POLICIES = 4, /* what a policy says of acts: repeated, window_end, returned_use, budget */
};
enum { SWEEP_ALL, SWEEP_AGAIN }; /* word of a sweep: another one comes before anything else */
#define MODEL_START_MS INT64_C(1767225600000) /* 2026-01-01 */

typedef struct model_step {
    step_kind kind;
    uint32_t user, campaign, template, order, hold, redemption, kept, other, transfer;
    uint32_t counts[2];      /* issue: of template and of the next one; 0: not */
    uint8_t word;            /* issue mode, void reason, state, edit reach, change of codes */
    uint8_t store, channel;  /* 0: nowhere; an issue without a channel is a grant */
    uint8_t device;          /* that is named; 0: none */
    bool keyed;              /* sent twice under one key */
    bool by_code;            /* an order names its coupons by their own codes */
    bool twice;              /* … and the first of them again, behind the others */
    bool told, personal;     /* an exchange: he may know why; a word, or an offer, of one user */
    uint8_t typed, spelling; /* typed_kind; dice */
    uint32_t code, ordinal;  /* batch, word or format; of the batch (dice) */
    uint8_t policy[MODEL_POLICIES];
    uint32_t coupons[MODEL_COUPONS], coupon_count;
    int64_t quantities[MODEL_LINES], prices[MODEL_LINES]; /* 0: the line is not there */
    int64_t ms, amount, current;
    uint64_t limits; /* dice; 0: as they are */
    str as;          /* who the user is now, as was answered; empty: as the step names him */
} model_step;

/* An act that was done under a key. */
typedef struct model_kept {
    world_act act;
    int64_t at_ms;
} model_kept;

typedef struct model_side {
    world world;
    arena *memory;     /* of the steps at hand */
    bool judged;       /* causes are looked for: of acts alone */
    const char *wrong; /* what a step should not have done; NULL */
    str detail;        /* what it said */
    uint64_t merchant, campaigns[MODEL_CAMPAIGNS], templates[MODEL_ALL];
    uint8_t benefits[MODEL_ALL]; /* rows of model_ground.c */
    bool partnered;              /* MODEL_PARTNERED takes codes of a partner */
    uint64_t coupons[MODEL_THINGS_MAX], holds[MODEL_THINGS_MAX], redemptions[MODEL_THINGS_MAX];
    uint32_t coupon_count, hold_count, redemption_count, keys;
    uint32_t coupon_user[MODEL_THINGS_MAX], hold_user[MODEL_THINGS_MAX];
    uint32_t hold_order[MODEL_THINGS_MAX];
    model_book book;
    uint8_t policy[MODEL_POLICIES]; /* the merchant's; and whether the order's keeps uses: */
    bool hold_keeps[MODEL_THINGS_MAX], redemption_keeps[MODEL_THINGS_MAX];
    uint8_t coupon_store[MODEL_THINGS_MAX], coupon_device[MODEL_THINGS_MAX];
    model_transfers moved;
    model_people people;
    bool in_error[MODEL_THINGS_MAX]; /* coupons that were voided as issued in error */
    uint64_t limits[MODEL_ALL];      /* dice; 0: those at first; and of the campaigns … */
    uint64_t campaign_limits[MODEL_CAMPAIGNS], merchant_limits;
    model_kept kept[MODEL_KEPT]; /* each in memory of its own */
    uint32_t kept_count;         /* ever */
} model_side;

/* What every side agrees on. */
typedef struct model {
    uint64_t random; /* never 0 */
    uint32_t orders;
    int64_t now_ms;
    bool unruly;                       /* many at once, and the clock may go back */
    uint32_t list_template, list_left; /* a grant to a list goes on with so many users */
    uint32_t code_next;                /* a code of this batch and 1 comes next; 0: anything */
    model_step then;                   /* behind a sweep; what it is of has a kind */
    uint32_t settle;                   /* so many steps bring what is due, one after the other */
} model;

/* ---- model_ground.c: what there is at first ---- */
void model_side_open(model_side *s, const world_engine *engine, uint64_t dice);
void model_side_close(model_side *s);
str model_user(uint32_t number);
uint32_t model_campaign_of(uint32_t template_number);
/* The template that the i-th item of an issue names. */
uint32_t model_issued(const model_step *step, uint32_t i);
/* As at first, with these limits (0: those at first). `rules` is room for them. */
template_put_in model_template(const model_side *s, uint32_t number, uint64_t limits,
                               limit_rule rules[MODEL_LIMITS]);
/* Limits that may stand together; all: the subject of all users (0: a merchant's). How many. Dice
 * that differ in the lowest two bits give the same limits with other maxima. */
size_t model_limits(uint64_t dice, limit_subject all, limit_rule out[MODEL_LIMITS]);

/* ---- model_side.c ---- */
/* Does them all at once, and appends to facts[i] what the i-th answered. Ids of new things are
 * kept. */
void model_side_run(model_side *s, const model_step *steps, size_t n, buf *facts);

/* ---- model_act.c, model_edit.c: one step as an act ---- */
/* begin makes its input, in memory of the steps (none: a->code says why); end renders the answer
 * and keeps new ids. */
typedef struct model_act {
    void (*begin)(model_side *s, const model_step *step, world_act *a);
    void (*end)(model_side *s, const model_step *step, const world_act *a, buf *facts);
} model_act;
/* Else NULL. */
extern const model_act model_acts[STEP_REPEAT], model_edits[STEP_REPEAT];
extern const model_act model_code_acts[STEP_REPEAT], model_list_acts[STEP_REPEAT],
    model_transfer_acts[STEP_REPEAT], model_user_acts[STEP_REPEAT];
void model_set(model_side *s, world_act *a, act_id id, uint16_t slot, const void *in);
void model_say(buf *facts, result r);
/* Whom the step names is another one now, or his number a user's: detail tells who he is. */
bool model_is_renamed(const world_act *a);
reserve_ask *model_naming(model_side *s, uint8_t device);
str model_store(uint8_t number);
/* What an issue has answered: facts, and its coupons. */
void model_keep_issued(model_side *s, const model_step *step, const world_act *a, buf *facts);
/* The act that follows on one that was refused, as the API makes it: a hold that was confirmed past
 * its deadline takes anew what it named; an order that has no room for a promotion is priced
 * without it, and one for which a budget has not enough is cut to what it has. False: there is
 * nothing to do again. */
typedef struct model_redo {
    uint64_t left_out[MODEL_PROMOTIONS];
    order_cut cuts[MODEL_COUPONS + MODEL_PROMOTIONS + 1];
    size_t left_out_n, cut_n;
    unsigned tries, renamed;
    str as;               /* as of model_step */
    phone_bind_out bound; /* of a binding */
} model_redo;
MUST_USE bool model_act_again(model_side *s, const model_step *step, world_act *a,
                              model_redo *redo);

/* ---- model_read.c ---- */
void model_side_read(model_side *s, const model_step *step, buf *facts);

/* ---- model_bounds.c ---- */
/* Appends the stored state of every coupon and hold, by number. */
void model_side_states(model_side *s, buf *facts);
/* What stock, budgets and limits on claims have, counted from coupons, holds and redemptions alone;
 * knows nothing of pools, slices and usage rows. */
MUST_USE bool model_side_bounded(model_side *s, buf *why); /* false: *why says what was passed */
/* Of one act, alone: was what it did still allowed, and what it refused really used up? NULL; or
 * what is wrong. */
const char *model_side_cause(model_side *s, const model_step *step, const world_act *a);

/* ---- model_step.c ---- */
uint64_t model_next(model *m);
uint32_t model_below(model *m, uint32_t n); /* 0 … n - 1 */
bool model_chance(model *m, uint32_t percent);
/* The next step; s: a side, for the numbers of what there is and the configuration as it is. */
model_step model_make(model *m, model_side *s);
void model_step_write(const model_step *step, buf *out);

#endif
