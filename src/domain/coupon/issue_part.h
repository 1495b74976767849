/* What the two halves of issuing share: one item of a call. Private to domain/coupon. */
#ifndef QUAN_DOMAIN_COUPON_ISSUE_PART_H
#define QUAN_DOMAIN_COUPON_ISSUE_PART_H

#include "domain/coupon/claimable.h"
#include "domain/coupon/member.h"
#include "domain/limit/book.h"
#include "domain/limit/partner.h"

/* Codes of a partner that this lane has for the coupons of a template; `taken` of them are. */
typedef struct issue_shelf {
    uint64_t template;
    partner_shelf codes;
    size_t taken;
} issue_shelf;

/* One call: the rows of the user, and the counters of all items. */
typedef struct issue_desk {
    uow *u;
    const issue_in *in;
    issue_out *out;
    uint16_t slot;
    member_place who;
    slice_set *slices;
    limit_book *book;
    issue_shelf *shelves; /* [items] at most: of templates whose coupons take codes */
    size_t shelf_count;
} issue_desk;

typedef struct issue_place {
    const issue_item *in;
    terms of;
    claimable now;
    bool coded;     /* each coupon takes a code of a partner */
    result refused; /* R_DONE: nothing refuses it so far */
    str why;
} issue_place;

/* What was reserved for the call. */
static inline grant_input issue_reserved(const issue_in *in)
{
    return (grant_input){in->subjects.items, in->subjects.n, in->grants.items, in->grants.n};
}

/* Resolves the item and checks all that needs no rows; refused and why tell. */
void issue_look(issue_desk *d, issue_place *p);
/* Gets. */
void issue_load(issue_desk *d, const issue_place *p);
/* How many coupons of the item can be issued: *n. When less than its count, refused and why tell;
 * strict: the first reason ends the search. R_DONE, R_WAIT, R_UNAVAILABLE. */
MUST_USE result issue_count(issue_desk *d, issue_place *p, bool strict, uint32_t *n);
/* Writes n coupons and all that belongs to them. */
void issue_write(issue_desk *d, const issue_place *p, uint32_t n);
/* Writes what one coupon, of those that took these, has taken from limits by phone, e-mail … */
void issue_write_takes(uow *u, const coupon *row, const limit_takes *takes);

#endif
