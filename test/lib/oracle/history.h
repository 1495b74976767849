/* What a client of the server knows: every request that was sent, in the order of sending, and what
 * was answered. The oracle (oracle.h) judges it; nothing here trusts the server.
 *
 * An op is one piece of work, sent once or more: one idempotency key, or one user's part of a batch
 * or a list, whose ops stand behind one another and go out together. Numbers of ops, coupons, users
 * and templates are indexes. All of it lives until history_free. Single-threaded. */
#ifndef QUAN_TEST_ORACLE_HISTORY_H
#define QUAN_TEST_ORACLE_HISTORY_H

#include "base/arena.h"
#include "base/result.h"

enum {
    NOTHING = UINT32_MAX, /* no op, coupon, template … */
    HISTORY_TEMPLATES_MAX = 512,
    HISTORY_CAMPAIGNS_MAX = 256,
    HISTORY_BATCHES_MAX = 256,
    ANSWER_COUPONS_MAX = 8,
    DEVICE_USERS = 100, /* that share one device */
    CART_LINES_MAX = 3,
};

typedef enum flaw {
#define FLAW(name, text) FLAW_##name,
#include "test/lib/oracle/flaw.def"
#undef FLAW
    FLAWS
} flaw;

typedef struct flaws {
    uint32_t of[FLAWS], n;
    bool quiet; /* counted, not printed */
} flaws;
void flaw_add(flaws *f, flaw kind, const char *format, ...) PRINTF_LIKE(3, 4);

typedef enum op_kind {
    OP_CLAIM,
    OP_HOLD,
    OP_REDEEM,
    OP_RELEASE,
    OP_RETURN,
    OP_VOID,
    OP_TRANSFER, /* a coupon to another user, at once */
    OP_STATE,    /* of a campaign */
    OP_STOCK,    /* of a template, by target */
    OP_BUDGET,   /* of a campaign, by target */
    OP_KINDS
} op_kind;
typedef enum op_state {
    OP_SENT,    /* no answer came: it may have happened */
    OP_PASSING, /* refused for now; nothing happened */
    OP_REFUSED, /* for ever */
    OP_DONE,
} op_state;

typedef enum known_state { KNOWN_ACTIVE, KNOWN_PAUSED, KNOWN_ENDED } known_state;

typedef struct op {
    op_kind kind;
    op_state state;
    uint32_t user;
    uint32_t template, count, second; /* a claim: count of template, one of second or NOTHING */
    uint32_t typed;          /* a claim: the exchange code that it is made with, and 1; 0: none */
    bool grant, best_effort; /* kinds of claims: to a list of users; what can be had */
    uint32_t batch, batch_n; /* a claim: the first op that goes out with it, and how many do */
    uint32_t coupon;         /* a hold, direct redemption, void or transfer: of which */
    uint32_t receiver;       /* a transfer: who gets it */
    uint32_t of; /* release: the hold; redemption: the hold, or NOTHING; return: the redemption */
    uint32_t order;                  /* hold, redemption: the op whose number the order has */
    bool part, brief, in_error;      /* return of some pieces; hold of a second; kind of void */
    uint32_t campaign;               /* state, budget: of which; stock: template tells */
    known_state to;                  /* state */
    int64_t current, target;         /* stock, budget: pieces or minor units */
    uint32_t flying, sent;           /* requests without an answer yet; in all */
    bool lost;                       /* an answer was, since all that flew had landed */
    uint32_t excused;                /* requests that flew when its final answer came */
    uint64_t invoked, answered;      /* moments of the history: first sent; last told */
    uint64_t sold_out;               /* when that was told first; 0: never */
    result code;                     /* why it was refused */
    str answer;                      /* what the same key must get again */
    str id;                          /* of the hold, redemption or return */
    uint32_t first_coupon, coupon_n; /* a claim's; a transfer's: what it became */
    result missed[2]; /* best effort: why not all of template, of second; R_DONE: all there */
    int64_t subtotal, discount, total;
    int64_t refund, list, pieces; /* a return: money back, price of the goods, how many */
    bool restored;
} op;

typedef struct known_coupon {
    str id;
    uint32_t op; /* the claim that issued it */
    uint32_t user, template;
} known_coupon;

static inline uint32_t device_of(uint32_t user)
{
    return user / DEVICE_USERS;
}

typedef struct known_template {
    str id;
    uint32_t campaign, per_user;                 /* per_user 0: no limit */
    uint32_t per_device;                         /* claims; 0: no limit. Uses are limited, too, by
                                                    more than there are */
    int64_t stock;                               /* at first; -1: unlimited */
    int64_t amount_minor, percent_bp, cap_minor; /* amount_minor 0: percent */
} known_template;

typedef struct known_code {
    str text;
    uint32_t template, batch;
} known_code;

typedef enum known_budget { KNOWN_NO_BUDGET, KNOWN_AT_ISSUE, KNOWN_AT_REDEEM } known_budget;
typedef struct known_campaign {
    str id;
    known_budget budget;
    int64_t total_minor; /* at first */
} known_campaign;

typedef struct history {
    arena *memory;
    op *ops;
    uint32_t n, capacity;
    known_coupon *coupons;
    uint32_t coupon_n, coupon_capacity;
    uint32_t *by_id; /* open addressing: index of a coupon, or NOTHING */
    uint32_t by_id_n;
    known_template templates[HISTORY_TEMPLATES_MAX];
    uint32_t template_n;
    known_campaign campaigns[HISTORY_CAMPAIGNS_MAX];
    uint32_t campaign_n;
    known_code *codes;
    uint32_t code_n, code_capacity;
    str batches[HISTORY_BATCHES_MAX]; /* of codes */
    uint32_t batch_n;
    uint64_t moment;
} history;

/* An answer as the wire and the parser understand it. */
typedef struct answer {
    int status; /* 0: none came */
    result code;
    str content; /* all of it but for what names the request */
    struct {
        str id;
        uint32_t template;
    } coupons[ANSWER_COUPONS_MAX];
    uint32_t coupon_n; /* may be more than are kept */
    result missed[2];
    str id;
    int64_t subtotal, discount, total, refund, list, pieces;
    bool restored;
} answer;

history *history_new(void);
void history_free(history *h);
uint32_t history_campaign(history *h, const known_campaign *c);
uint32_t history_template(history *h, const known_template *t);
uint32_t history_codes(history *h, str id); /* a batch; its number */
uint32_t history_code(history *h, const known_code *c);
/* The op is copied; invoked is set. Its number. An op of a batch names the first one, which is the
 * number that the first of them gets. */
uint32_t history_add(history *h, const op *o);
/* The ops that go out together with this one: the first, and how many. */
uint32_t history_batch(const history *h, uint32_t number, uint32_t *n);
/* One request of the op is sent, and one answer to it came (or will not come any more). Text of the
 * answer is copied. */
void history_send(history *h, uint32_t number);
void history_answer(history *h, uint32_t number, const answer *a, flaws *f);
uint32_t history_coupon(const history *h, str id); /* NOTHING: never heard of */

/* The order of an op: lines by its number, prices in whole units, so that a percentage is exact. */
typedef struct cart_line {
    uint32_t article, quantity;
    int64_t price_minor;
} cart_line;
typedef struct cart {
    cart_line lines[CART_LINES_MAX];
    uint32_t n;
    int64_t subtotal, pieces;
} cart;
cart cart_of(uint32_t number);
int64_t discount_of(const known_template *t, int64_t subtotal);
/* The op whose cart a hold or redemption has. */
uint32_t history_cart(const history *h, uint32_t number);
/* A part return: of which line how many. Never more than were bought. */
void history_part(const history *h, uint32_t number, uint32_t *line, uint32_t *quantity);
/* The coupon of a hold or redemption, also through its hold. */
uint32_t history_used(const history *h, uint32_t number);

#endif
