/* Orders before their act: a cart and coupons are priced on a snapshot, in the caller's thread; the
 * act only confirms (DESIGN 2).
 *
 * order_price looks at every coupon named: is it there, the user's, usable now, does it apply; and
 * at the merchant's automatic templates that are in force, which take part by themselves, where all
 * else is equal before coupons. Its verdicts are what a quote shows; an order_in whose named
 * coupons are all R_DONE can go into a hold or a redeem act. Between pricing and the act a version
 * may change, or what else the price rests on (domain/coupon/basis.h): the act then answers R_STALE
 * and the caller prices again, at most ORDER_REPRICE_MAX times; and without an automatic template
 * that the act has no room for, each once; and with a coupon cut to what its budget has left, where
 * the policy says so.
 *
 * Of a quote what limits and budgets have no room for is left out, one after another as a hold
 * would meet it, and the rest is priced again (room.h): a hold of what is left gets that price,
 * while nothing else happens. A choice is among sets that have room. For an act only promotions are
 * left out so, where they keep a coupon from applying: it refuses what it has no room for. */
#ifndef QUAN_APP_ORDER_H
#define QUAN_APP_ORDER_H

#include "app/app.h"
#include "app/reserve.h"
#include "domain/price/price.h"

enum {
    ORDER_REPRICE_MAX = 3,
    ORDER_CANDIDATES_MAX = PRICE_COUPONS_MAX - AUTOMATIC_MAX, /* to choose from, with drafts */
};

/* Coupons are not named but chosen: domain/price/best.h. */
typedef struct order_best {
    bool wallet; /* from what is available in the user's; else from those that are named */
    size_t sets; /* how many of the best to tell, 1 … BEST_SETS_MAX */
} order_best;

typedef struct order_choice {
    const size_t *verdicts; /* places */
    size_t n;
    int64_t discount_minor; /* with what automatic templates give */
} order_choice;

/* A template version that is stored nowhere, priced as a coupon that the user has of it. */
typedef struct order_draft {
    const template_version *version;
    const price_rule *rule;
    const campaign *of; /* whose window and currency rule it; its state is not looked at */
    bool automatic;
    uint64_t template; /* one that is saved, whose place it takes where that is automatic; 0: new */
} order_draft;

/* What a coupon may take at most, because its budget has no more: as the act has told. */
typedef struct order_cut {
    uint64_t of; /* a coupon, or an automatic template */
    int64_t most_minor;
} order_cut;
/* The next cut: to what is left, or where it was cut to that before and fractions were rounded up
 * beyond it, to a unit less; 0: nothing is left. before_minor 0: it was not cut. */
int64_t order_cut_to(int64_t before_minor, int64_t left_minor);

typedef struct order_ask {
    uint64_t merchant;
    str user; /* empty: a guest, quotes only; he has no coupons, and nobody's counts by user */
    str currency, store, channel;
    str region, payment;
    cart_attributes attributes;
    const cart_shopper *shopper; /* NULL: a known user of whom nothing else is told */
    const order_line *lines;     /* see rule/cart.h */
    size_t line_count;           /* <= CART_LINES_MAX */
    const uint64_t *coupons;     /* in the order in which they apply */
    size_t coupon_count;         /* <= ORDER_COUPONS_MAX; of best, with drafts, CANDIDATES_MAX */
    /* For who shows them: of each the index of the code that named it and 1; 0: its id did. NULL:
     * ids did all. A code that names none is coupon 0. */
    const size_t *typed;
    bool hides;                  /* who has typed them may not know of one that is over */
    const order_best *best;      /* quotes only; NULL: all that are named are wanted */
    const order_draft *drafts;   /* behind the coupons; quotes only */
    size_t draft_count;          /* <= ORDER_COUPONS_MAX */
    const policy_choice *policy; /* instead of the merchant's; NULL: that */
    size_t policy_count;
    /* Its open hold is replaced, so the coupons of that count as available. May be empty. */
    str order_number;
    uint32_t subjects;          /* that it names: bits of limit_subject */
    const subject_names *names; /* the same */
    /* Automatic templates that limits or budget had no room for (R_STALE with their id). */
    const uint64_t *left_out;
    size_t left_out_count; /* <= AUTOMATIC_MAX */
    const order_cut *cuts; /* (R_STALE with id and amount) */
    size_t cut_count;      /* <= ORDER_APPLIED_MAX */
    bool quote; /* room in limits and budgets is looked for on the snapshot: no act will (room.h) */
    /* A look at another moment, for quotes: with the versions and windows of then; states, rows and
     * what else has no versions are as they are, and room is not looked for. NULL: now. */
    const int64_t *at_ms;
    const uint64_t *active; /* campaigns that are taken to be active */
    size_t active_count;
} order_ask;

int64_t order_moment(const app_view *v, const order_ask *ask);
/* What windows are reckoned by: of the merchant, with the policy of the question. */
config_days order_days(const app_view *v, const order_ask *ask);
bool order_takes_as_active(const order_ask *ask, const campaign *c);

typedef struct order_verdict {
    uint64_t coupon, template; /* coupon 0: an automatic template, or, template 0, a draft */
    size_t applied;            /* where result is R_DONE: its place among those that apply */
    result result;    /* CODE_INVALID, NOT_FOUND, WRONG_USER, COUPON_NOT_AVAILABLE, COUPON_EXPIRED,
                      COUPON_NOT_YET_VALID, USED_TOO_SOON, CAMPAIGN_DISABLED, NOT_STARTED,
                      WINDOW_CLOSED, LIMIT_SUBJECT_MISSING; of a quote LIMIT_REACHED,
                      BUDGET_EXHAUSTED; or price.h's */
    str reason;       /* price.h's; else the code */
    str detail;       /* for people: the limit that is reached; else empty */
    int64_t until_ms; /* of that, the end of its period; 0: it has none */
    int64_t from_ms;  /* NOT_YET_VALID, TOO_SOON, NOT_STARTED: when that is over; else 0 */
    uint8_t subject;  /* limit_subject that is missing; 0: none */
    int64_t missing_minor, missing_units;
    int64_t discount_minor;
    rule_refusal why;   /* conditions_not_met only */
    int64_t adds_minor; /* to what sellers receive */
    str gift;           /* to be added: so many of a sku */
    int64_t gift_units;
} order_verdict;

typedef struct order_priced {
    order_in in; /* merchant, user, cart, totals, applied, shares; the caller adds hold and
                    deadline */
    order_verdict *verdicts; /* [verdict_count]: coupons, drafts, automatic templates */
    size_t verdict_count, coupon_count;
    order_choice *choices; /* of best: the one that is priced, then the next best */
    size_t choice_count;
    bool proven; /* not so where a promotion was left out for room that other sets may leave */
    int64_t gap_minor; /* no set gives more than that and this */
    size_t overlooked; /* so many coupons of the wallet, at least, there was no room for */
    const order_verdict *refused; /* the first named coupon that is not R_DONE; NULL */
    uint64_t redemption;          /* of this order already; 0: none */
    uint32_t names; /* move_names_mark of those under which the order was looked for, too */
    bool elsewhere; /* the order is held under one of them: wait for that */
    uint64_t hold;  /* the newest of this order; 0: none */
} order_priced;

/* What is priced: the facts of the question at the view's time, with those lines marked that the
 * merchant's blacklist bars. Memory of the view, with pointers of the question. */
cart order_cart(app_view *v, const order_ask *ask);
/* The coupon as it would be priced for this user now: all but what depends on the cart, and on the
 * order number. Refusals in the order of verdicts. */
MUST_USE result order_eligible(app_view *v, const order_ask *ask, uint64_t id, price_coupon *out);

/* The subject that a limit on uses of the template counts by and the order does not name; 0: none.
 */
uint8_t order_missing_subject(const app_view *v, const order_ask *ask, uint64_t template_id);

/* Is it good in the currency of the question? Of one that is stored. */
bool order_takes_currency(const app_view *v, const order_ask *ask, const price_coupon *one);

/* R_DONE also when coupons are refused; else what price_cart says. Memory of the view. */
MUST_USE result order_price(app_view *v, const order_ask *ask, order_priced *out);

#endif
