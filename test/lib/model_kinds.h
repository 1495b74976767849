/* What a step of the model does: see model.h. Acts come first. */
#ifndef QUAN_TEST_MODEL_KINDS_H
#define QUAN_TEST_MODEL_KINDS_H

typedef enum step_kind {
    STEP_ISSUE,
    STEP_HOLD,
    STEP_REDEEM_HOLD,
    STEP_REDEEM,
    STEP_RELEASE,
    STEP_RETURN,
    STEP_VOID,
    STEP_STATE,
    STEP_WINDOW,
    STEP_LIMITS,
    STEP_MERCHANT,
    STEP_TEMPLATE,
    STEP_STOCK,
    STEP_BUDGET,
    STEP_EXCHANGE,
    STEP_BATCH,
    STEP_BIND,
    STEP_SUPPLY,
    STEP_WORD,
    STEP_PREFIX,
    STEP_TRANSFER, /* directly; else an offer, with what takes it and what ends it */
    STEP_OFFER,
    STEP_TAKE,
    STEP_END,
    STEP_MERGE,
    STEP_PHONE,
    STEP_ERASE,
    STEP_REPEAT,
    STEP_SWEEP, /* from here on no acts: alone in a bunch */
    STEP_CLOCK,
    STEP_IMPORT,
    STEP_RESTART,
    STEP_WALLET,
    STEP_STATS,
    STEP_HISTORY,
    STEP_KIND_COUNT
} step_kind;

#endif
