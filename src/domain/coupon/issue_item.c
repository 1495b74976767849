/* Issuing one item: see acts.h for the refusals and their order. */
#include "base/id.h"
#include "domain/code/exchange.h"
#include "domain/coupon/acts.h"
#include "domain/coupon/issue_part.h"
#include "domain/coupon/state.h"
#include "domain/limit/level.h"
#include "domain/stats/ledger.h"
#include "domain/stats/tally.h"

/* ---- what needs no rows ---- */

static void refuse(issue_place *p, result why, str text)
{
    p->refused = why;
    p->why = text;
}

void issue_look(issue_desk *d, issue_place *p)
{
    if (!terms_find(uow_config(d->u), p->in->template, &p->of) ||
        p->of.template->row->merchant != d->in->merchant) {
        refuse(p, R_NOT_FOUND, S("There is no such template."));
        return;
    }
    p->coded = p->of.template->row->partner.n > 0;
    p->refused = claimable_look(&p->of, uow_now(d->u), &p->now, &p->why);
}

/* ---- what needs rows ---- */

static limit_case claims_of(const issue_desk *d, const issue_place *p)
{
    return (limit_case){.of = &p->of, .measure = LIMIT_MEASURE_CLAIMS, .store = d->in->store};
}

static issue_shelf *shelf_of(issue_desk *d, uint64_t template_id)
{
    for (size_t i = 0; i < d->shelf_count; i++)
        if (d->shelves[i].template == template_id)
            return &d->shelves[i];
    return NULL;
}

/* As many as all of the call together may take. */
static void load_codes(issue_desk *d, uint64_t template_id)
{
    if (shelf_of(d, template_id) != NULL)
        return;
    issue_shelf *shelf = &d->shelves[d->shelf_count++];
    shelf->template = template_id;
    const slice *of = slice_get(d->u, uow_lane(d->u), template_id, POOL_KIND_STOCK, 0, 0);
    partner_lane_load(d->u, of, ISSUE_COUPONS_MAX, &shelf->codes);
}

void issue_load(issue_desk *d, const issue_place *p)
{
    limit_case claims = claims_of(d, p);
    limit_book_load(d->book, &claims);
    if (p->coded)
        load_codes(d, p->of.template->row->id);
    if (p->now.stocked)
        slice_load(d->slices, pool_stock(p->of.template->row->id));
    if (p->now.reserve_minor > 0)
        slice_load(d->slices, pool_budget(p->of.campaign->row->id));
    tally_load(d->u, &p->of);
}

/* Lowers *n to what the pool has of `each` a coupon. */
static result cut(issue_desk *d, pool_name which, int64_t each, uint32_t *n)
{
    int64_t have = 0;
    result r = slice_want(d->slices, which, each * *n, &have);
    if (r == R_DONE)
        *n = (uint32_t)(have / each);
    return r;
}

result issue_count(issue_desk *d, issue_place *p, bool strict, uint32_t *n)
{
    limit_case claims = claims_of(d, p);
    limit_want want;
    uint32_t count = p->in->count;
    result r = limit_book_want(d->book, &claims, count, &want);
    if (r != R_DONE)
        return r;
    *n = (uint32_t)want.have;
    if (*n < count)
        refuse(p, want.refusal, want.why);
    if (strict && *n < count)
        return R_DONE;
    uint32_t before = *n;
    if (p->now.stocked)
        r = cut(d, pool_stock(p->of.template->row->id), 1, n);
    if (r != R_DONE)
        return r;
    if (*n < before)
        refuse(p, R_SOLD_OUT,
               p->coded ? S("No code of the partner is left.") : S("No stock is left."));
    if (strict && *n < count)
        return R_DONE;
    before = *n;
    if (p->now.reserve_minor > 0)
        r = cut(d, pool_budget(p->of.campaign->row->id), p->now.reserve_minor, n);
    if (r != R_DONE)
        return r;
    if (*n < before)
        refuse(p, R_BUDGET_EXHAUSTED, S("What is left of the budget does not cover it."));
    return R_DONE;
}

/* ---- writing ---- */

static void join(issue_desk *d)
{
    if (d->who.known)
        return;
    member_join(d->u, &d->who);
    limit_book_join(d->book, d->who.ordinal);
}

static const coupon *write_coupon(issue_desk *d, const issue_place *p)
{
    uow *u = d->u;
    coupon *row = coupon_new(u, d->slot, uow_next_id(u, d->slot));
    row->member = d->who.ordinal;
    row->template = p->in->template;
    row->version = p->now.version->version;
    row->source = d->in->source;
    row->issued_at_ms = uow_now(u);
    row->valid_from_ms = p->now.use_window[0];
    row->expires_at_ms = p->now.use_window[1];
    row->reserved_minor = p->now.reserve_minor;
    row->stocked = p->now.stocked;
    row->merchant_version = p->of.merchant->row->version;
    row->campaign_version = p->of.campaign->row->version;
    row->batch = code_batch_used(u, d->in);
    coupon_move(u, row, &(coupon_event){.happening = EVENT_KIND_COUPON_ISSUED, .ref = row->batch});
    ledger_book b = {.u = u, .of = &p->of, .slot = d->slot, .coupon = row->id};
    ledger_move(&b, ACCOUNT_BUDGET_FREE, ACCOUNT_BUDGET_RESERVED, p->now.reserve_minor);
    return row;
}

/* The next code of this lane: slice_want has said that there is one. */
static str take_code(issue_desk *d, const issue_place *p, uint64_t coupon_id)
{
    if (!p->coded)
        return (str){NULL, 0};
    issue_shelf *shelf = shelf_of(d, p->of.template->row->id);
    CHECK(shelf != NULL && shelf->taken < shelf->codes.n);
    return partner_lane_give(d->u, shelf->codes.rows[shelf->taken++], coupon_id);
}

void issue_write_takes(uow *u, const coupon *row, const limit_takes *takes)
{
    limit_take *own = ARENA_ARRAY(uow_memory(u), limit_take, takes->n);
    size_t n = 0;
    for (size_t i = 0; i < takes->n; i++) {
        if (limit_way_of(takes->items[i].subject) != LIMIT_BY_SUBJECT)
            continue;
        own[n] = takes->items[i];
        own[n++].n = 1;
    }
    if (n == 0)
        return;
    coupon_take *to = coupon_take_new(u, row->slot, row->id);
    to->takes.items = own;
    to->takes.n = n;
}

static void count(issue_desk *d, const issue_place *p, uint32_t n, limit_takes *takes)
{
    limit_case claims = claims_of(d, p);
    tally *of = tally_of(d->u, &p->of);
    of->issued += n;
    if (limit_book_first(d->book, &p->of, false))
        of->users++;
    if (limit_book_first(d->book, &p->of, true))
        tally_of_campaign(d->u, &p->of)->users++;
    limit_book_take(d->book, &claims, n, d->in->grants.n > 0 ? takes : NULL);
}

void issue_write(issue_desk *d, const issue_place *p, uint32_t n)
{
    limit_takes takes = {0};
    join(d);
    count(d, p, n, &takes);
    if (p->now.stocked)
        slice_take(d->slices, pool_stock(p->of.template->row->id), n);
    if (p->now.reserve_minor > 0)
        slice_take(d->slices, pool_budget(p->of.campaign->row->id), p->now.reserve_minor * n);
    for (uint32_t i = 0; i < n; i++) {
        const coupon *row = write_coupon(d, p);
        issue_write_takes(d->u, row, &takes);
        d->out->coupons.items[d->out->coupons.n++] =
            (issued_coupon){.coupon = row->id,
                            .template = row->template,
                            .version = row->version,
                            .issued_at_ms = row->issued_at_ms,
                            .valid_from_ms = row->valid_from_ms,
                            .expires_at_ms = row->expires_at_ms,
                            .sealed = take_code(d, p, row->id)};
    }
}
