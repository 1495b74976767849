/* All counters of limits that one act touches: looked up first, asked and changed later.
 *
 * Limits stand at three levels: the merchant, the campaign, and the newest version of the template
 * (terms.h). By user they are counted in the user's usage rows, which are in the act's own slot:
 * for a campaign, and for the merchant where he has such limits. By phone, e-mail, device …
 * they are counted in the slot of that; what the act may take was reserved there before (grant.h).
 * By store, or by all users together (subject template or campaign), they are pools (pool.h): a
 * rolling one cannot be shared and is taken for one for ever.
 * What a measure counts: claims - coupons issued; redemptions - coupons held or redeemed; money -
 * their discounts; units - those of the order lines that a coupon discounts
 * (cart_line_units).
 * Claims ever are counted for every user, campaign and template, limit or not; so are redemptions
 * of automatic templates, which nobody claims.
 *
 * One book serves one user and one act. Kept in the memory of the unit of work. */
#ifndef QUAN_DOMAIN_LIMIT_BOOK_H
#define QUAN_DOMAIN_LIMIT_BOOK_H

#include "domain/campaign/rules.h"
#include "domain/limit/grant.h"
#include "domain/limit/level.h"
#include "domain/limit/pool.h"
#include "domain/limit/terms.h"

typedef struct limit_book limit_book;

/* One use of one coupon, seen by one measure. */
typedef struct limit_case {
    const terms *of;
    uint8_t measure; /* limit_measure */
    uint16_t applied;
    str store; /* where; empty: nowhere, which counts as one store */
    /* A claim of who receives a coupon from another user: what is shared by all has counted it. */
    bool received;
} limit_case;

/* What an act took, in the order in which it did. */
typedef struct limit_takes {
    limit_take *items;
    size_t n, capacity;
} limit_takes;

/* What the limits leave of what a case needs. */
typedef struct limit_want {
    int64_t have;
    result refusal; /* R_DONE: all that is needed; else R_LIMIT_REACHED, R_LIMIT_SUBJECT_MISSING */
    str why;        /* names the first limit that allows no more */
} limit_want;

/* ordinal: of the member; 0: a user who has no rows yet. The slices are the act's; who made them
 * settles them. */
limit_book *limit_book_new(uow *u, uint16_t slot, uint32_t ordinal, slice_set *slices);
/* Of another user, for the same act: over the same slices, and settled with this one. */
limit_book *limit_book_of(limit_book *b, uint16_t slot, uint32_t ordinal);
/* The ordinal of a new user, before the first take. */
void limit_book_join(limit_book *b, uint32_t ordinal);

/* To look ahead (act_ahead of app/act.h): only gets. who: the key of the user's row. */
limit_book *limit_book_ahead(uow *u, const user *who, slice_set *slices);
/* On a snapshot, to ask only: nothing is taken, written or settled. What is given back is counted:
 * the user's on copies; to subjects it must be among what was reserved. slices: those of
 * slice_set_seen. */
limit_book *limit_book_asking(uow *u, uint16_t slot, uint32_t ordinal, slice_set *slices);
/* What one limit leaves of a measure. */
typedef struct limit_left {
    limit_level level; /* where it stands */
    const limit_rule *rule;
    int64_t left; /* >= 0 */
} limit_left;
enum { LIMIT_LEFTS_MAX = LIMIT_LEVELS * LIMITS_MAX };
/* The limits that count the case, in the order in which limit_book_want looks at them; how many.
 * Of an asking book, after limit_book_load; one whose subject is not named is left out. */
size_t limit_book_lefts(limit_book *b, const limit_case *c, limit_left out[LIMIT_LEFTS_MAX]);

/* When a rolling limit by user has so much left, if nothing takes from it until then; 0: never. Of
 * an asking book and what its lefts told. */
int64_t limit_book_frees_at(limit_book *b, const limit_left *of, int64_t need);

/* What was reserved for the act; before anything is asked. */
void limit_book_reserved(limit_book *b, const grant_input *in);

/* Gets. */
void limit_book_load(limit_book *b, const limit_case *c);
void limit_book_load_take(limit_book *b, const limit_take *take);

/* How much of need (>= 0) the limits still allow. Looks at limits by user first, then at those by
 * phone, e-mail, device …, then at shared ones; each merchant, campaign, template. R_DONE;
 * else as slice_want; R_UNRESERVED as grant_want. */
MUST_USE result limit_book_want(limit_book *b, const limit_case *c, int64_t need, limit_want *out);
/* Do the limits by user allow less than need? */
bool limit_book_lacks(limit_book *b, const limit_case *c, int64_t need);
/* Has the user never had a coupon of the template, nor redeemed it as an automatic one? Or,
 * of_campaign, any of the campaign? */
bool limit_book_first(limit_book *b, const terms *of, bool of_campaign);
/* A redemption of an automatic template, for ever: what limit_book_first asks. */
void limit_book_load_redeemed(limit_book *b, const terms *of); /* gets */
void limit_book_redeemed(limit_book *b, const terms *of);      /* counts */
/* Counts n (> 0), which limit_book_want has allowed; into: what was taken, NULL when nobody asks.
 * */
void limit_book_take(limit_book *b, const limit_case *c, int64_t n, limit_takes *into);
/* Gives back min(n, take->n), to periods that are not over, and lowers take->n by it. */
void limit_book_give(limit_book *b, const terms *of, limit_take *take, int64_t n);
/* What the issue of a coupon took from limits on claims that are still there; by user, what its
 * receipt took where it came from another. From those by store
 * nothing, because a coupon does not remember where it was issued; what those by phone, device,
 * card and address have counted is in its coupon_take. */
typedef struct limit_claim {
    const coupon *row;
    const received *by; /* what brought it to its user; NULL: it was issued to him */
} limit_claim;
void limit_book_claims_of(limit_book *b, const terms *of, const limit_claim *c, limit_takes *into);
/* Has this limit, of the coupon's merchant, campaign or template, counted its issue? It has when
 * the row that the issue saw had it: times of lanes tell nothing. */
bool limit_counted_claim(const limit_rule *rule, uint32_t version_at_issue);

/* The act's end: sends what was taken and given back by subject. R_DONE; R_UNRESERVED as
 * grant_settle: never where nothing was taken. The slices are settled by who made them. */
MUST_USE result limit_book_settle(limit_book *b);

#endif
