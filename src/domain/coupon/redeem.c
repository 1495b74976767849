/* The act that uses coupons up: directly, or by confirming a hold. See acts.h. */
#include "base/id.h"
#include "domain/coupon/adds.h"
#include "domain/coupon/erase.h"
#include "domain/coupon/order_part.h"
#include "domain/coupon/use.h"
#include "domain/limit/level.h"
#include "domain/stats/ledger.h"

/* ---- writing a redemption ---- */

/* What the coupon keeps reserved: nothing, or what its other uses can still give. */
static int64_t worth_left(const order_desk *d, size_t i)
{
    const order_coupon *c = &d->coupons[i];
    if (!c->many)
        return 0;
    use_ask ask = {.of = d->of[i].template, .row = c->row, .use = c->use};
    int64_t most = use_left_of(&ask).worth_minor;
    return most < 0 || most > c->row->reserved_minor ? c->row->reserved_minor : most;
}

/* Settles the budget of one use: what was reserved for it becomes spent, the surplus free. */
static void spend(const order_desk *d, size_t i, applied_coupon *a, const ledger_book *b)
{
    coupon *row = d->coupons[i].row;
    uint8_t mode = d->of[i].campaign->row->budget_mode;
    int64_t keep = worth_left(d, i);
    int64_t reserved = (row == NULL ? 0 : row->reserved_minor - keep) + a->reserved_minor;
    if (row != NULL)
        row->reserved_minor = keep;
    a->reserved_minor = 0;
    if (mode == BUDGET_MODE_NONE)
        return;
    CHECK(reserved >= a->discount_minor);
    ledger_move(b, ACCOUNT_BUDGET_RESERVED, ACCOUNT_BUDGET_SPENT, a->discount_minor);
    ledger_move(b, ACCOUNT_BUDGET_RESERVED, ACCOUNT_BUDGET_FREE, reserved - a->discount_minor);
    slice_give(d->c.slices, pool_budget(a->campaign), reserved - a->discount_minor);
    a->reserved_minor = a->discount_minor;
}

/* Of an automatic template the first use is what the first coupon is of others. */
static void count_user(const order_desk *d, size_t i, tally *t)
{
    t->users += limit_book_first(d->c.book, &d->of[i], false);
    if (limit_book_first(d->c.book, &d->of[i], true))
        tally_of_campaign(d->c.u, &d->of[i])->users++;
    limit_book_redeemed(d->c.book, &d->of[i]);
}

static void use_coupon(const order_desk *d, redemption *row, size_t i)
{
    uow *u = d->c.u;
    applied_coupon *a = &row->applied.items[i];
    str foreign = tally_foreign(&d->of[i], row->currency);
    ledger_book b = {.u = u,
                     .of = &d->of[i],
                     .slot = d->c.slot,
                     .coupon = a->coupon,
                     .ref = row->id,
                     .currency = foreign};
    order_coupon *c = &d->coupons[i];
    if (c->many) {
        use_desk of = {u, d->of[i].template, c->row, c->use};
        use_redeem(&of, &(use_redeemed){d->confirms ? row->hold : 0, row->id, a->version,
                                        a->discount_minor});
        c->use = of.use;
    } else {
        order_use use = order_use_of(d, i, row->id);
        order_use_move(u, &use, EVENT_KIND_COUPON_REDEEMED);
    }
    spend(d, i, a, &b);
    ledger_move(&b, ACCOUNT_CUSTOMERS, ACCOUNT_DISCOUNT, a->discount_minor);
    party_book(&b, &d->parties, i);
    adds all = adds_of_redemption(row);
    int64_t added_minor = adds_in_all(&all, i);
    ledger_move(&b, ACCOUNT_SELLERS, ACCOUNT_BONUS, added_minor);
    tally *t = tally_of(u, &d->of[i]);
    if (a->coupon == 0)
        count_user(d, i, t);
    t->redeemed++;
    t->confirmed += d->confirms;
    tally_add(u, &d->of[i], (tally_place){false, foreign},
              &(tally_sums){.discount_minor = a->discount_minor, .adds_minor = added_minor});
}

/* The row of an order as it is now; its applied coupons carry what they have reserved. */
static redemption *redemption_write(const order_desk *d, uint64_t id)
{
    uow *u = d->c.u;
    redemption *row = redemption_new(u, d->c.slot, id);
    ORDER_FREEZE(d, row);
    row->hold = d->in->hold;
    row->redeemed_at_ms = uow_now(u);
    for (size_t i = 0; i < row->applied.n; i++)
        use_coupon(d, row, i);
    return row;
}

static result finish(order_desk *d, uint64_t id, order_out *out)
{
    const redemption *row = redemption_write(d, id);
    order_tally_redeemed(d->c.u, &d->facts, row->subtotal_minor);
    order_name(d, row->hold, id);
    *out = (order_out){.hold = row->hold,
                       .redemption = id,
                       .at_ms = row->redeemed_at_ms,
                       .subtotal_minor = row->subtotal_minor,
                       .discount_minor = row->discount_minor};
    slice_settle(d->c.slices);
    return limit_book_settle(d->c.book);
}

/* ---- without a hold, or after its deadline ---- */

static result redeem_fresh(order_desk *d, order_out *out)
{
    result r = order_open(d, true);
    if (r != R_DONE)
        return r;
    uint64_t id = uow_next_id(d->c.u, d->c.slot);
    r = order_confirm(d, id);
    return r == R_DONE ? finish(d, id, out) : r;
}

/* ---- from a hold ---- */

/* The frozen order as if it were given anew. */
static order_in order_of(const hold *row, str name)
{
    order_in in = {.merchant = row->merchant,
                   .user = name,
                   .order_number = row->order_number,
                   .hold = row->id,
                   .currency = row->currency,
                   .store = row->store,
                   .channel = row->channel,
                   .subtotal_minor = row->subtotal_minor,
                   .discount_minor = row->discount_minor,
                   .basis = row->basis};
    in.lines.items = row->lines.items;
    in.lines.n = row->lines.n;
    in.applied.items = row->applied.items;
    in.applied.n = row->applied.n;
    in.shares.items = row->shares.items;
    in.shares.n = row->shares.n;
    in.adds.items = row->adds.items;
    in.adds.n = row->adds.n;
    in.policy.items = row->policy.items;
    in.policy.n = row->policy.n;
    in.groups.items = row->groups.items;
    in.groups.n = row->groups.n;
    in.asked.items = row->asked.items;
    in.asked.n = row->asked.n;
    return in;
}

/* Those that the caller names; and others that the hold has taken from. */
static void name_subjects(uow *u, const order_in *in, const hold *row, order_in *frozen)
{
    reserved_subject *named =
        ARENA_ARRAY(uow_memory(u), reserved_subject, in->subjects.n + row->takes.n);
    size_t n = in->subjects.n;
    if (n > 0)
        memcpy(named, in->subjects.items, n * sizeof(*named));
    for (size_t i = 0; i < row->takes.n; i++) {
        const limit_take *t = &row->takes.items[i];
        size_t twin = 0;
        while (twin < n && named[twin].subject != t->subject)
            twin++;
        if (limit_way_of(t->subject) == LIMIT_BY_SUBJECT && twin == n)
            named[n++] = (reserved_subject){.subject = t->subject, .hi = t->hi, .lo = t->lo};
    }
    frozen->grants = in->grants;
    frozen->subjects.items = named;
    frozen->subjects.n = n;
}

/* Would a fresh hold be refused? Then the hold is what has expired. */
static bool is_answer(result r)
{
    result_kind kind = result_kind_of(r);
    return r != R_DONE && r != R_UNAVAILABLE && r != R_ORDER_CONFLICT &&
           (kind == RESULT_REFUSED || kind == RESULT_PASSING || r == R_STALE);
}

static result redeem_late(order_desk *d, hold *row, order_out *out)
{
    uow *u = d->c.u;
    result r = order_open(d, true);
    if (r == R_DONE && (d->ref == NULL || d->ref->hold != row->id))
        return uow_refuse(u, R_HOLD_EXPIRED, "A newer hold has taken its place.");
    uint64_t id = r == R_DONE ? uow_next_id(u, d->c.slot) : 0;
    if (r == R_DONE)
        r = order_confirm(d, id);
    if (is_answer(r))
        return uow_refuse(u, R_HOLD_EXPIRED, "A fresh hold would be refused: %.*s.",
                          STR_ARG(result_code(r)));
    if (r != R_DONE)
        return r;
    hold_move(u, row, HOLD_STATE_REDEEMED);
    row->redemption = id;
    return finish(d, id, out);
}

/* Gets. */
static void open_load(order_desk *d, const hold *row)
{
    uow *u = d->c.u;
    size_t n = row->applied.n;
    d->who = (member_place){.ordinal = row->member, .known = true};
    d->confirms = true;
    d->of = ARENA_ARRAY(uow_memory(u), terms, n);
    d->coupons = ARENA_ARRAY(uow_memory(u), order_coupon, n);
    d->facts = (order_facts){.currency = row->currency,
                             .store = row->store,
                             .channel = row->channel,
                             .lines = row->lines.items,
                             .line_count = row->lines.n,
                             .applied = row->applied.items,
                             .applied_count = n,
                             .shares = row->shares.items,
                             .share_count = row->shares.n,
                             .of = d->of};
    d->c = order_counters_new(u, d->c.slot, row->member);
    d->ref = order_ref_get(u, d->c.slot, row->merchant, row->member, row->order_number);
    for (size_t i = 0; i < n; i++) {
        const applied_coupon *a = &row->applied.items[i];
        d->of[i] = terms_of(uow_config(u), a->template);
        if (a->coupon != 0)
            d->coupons[i].row = coupon_get(u, d->c.slot, a->coupon);
        else
            limit_book_load_redeemed(d->c.book, &d->of[i]);
        d->coupons[i].many = a->coupon != 0 && use_is_many(d->of[i].template);
        if (d->coupons[i].many)
            d->coupons[i].use = coupon_use_get(u, d->c.slot, a->coupon);
        if (d->coupons[i].row != NULL)
            tally_load_code(u, d->coupons[i].row->batch);
        d->coupons[i].reserved_minor = a->reserved_minor;
        if (d->of[i].campaign->row->budget_mode != BUDGET_MODE_NONE)
            slice_load(d->c.slices, pool_budget(a->campaign));
        party_use use = order_party_use(d, i);
        party_load_counts(&d->c, &use);
    }
    order_tally_load(u, &d->facts);
}

/* Nothing but what is there already is needed: no limit and no date is asked again. */
static result redeem_open(order_desk *d, hold *row, order_out *out)
{
    uow *u = d->c.u;
    size_t n = row->applied.n;
    open_load(d, row);
    if (uow_pending(u))
        return R_AGAIN;
    d->takes = (limit_takes){.items = row->takes.items, .n = row->takes.n};
    d->parties = (party_list){.items = row->parties.items, .n = row->parties.n};
    for (size_t i = 0; i < n; i++)
        if (row->applied.items[i].coupon != 0)
            CHECK(d->coupons[i].row != NULL &&
                  (d->coupons[i].many || d->coupons[i].row->ref == row->id));
    uint64_t id = uow_next_id(u, d->c.slot);
    hold_move(u, row, HOLD_STATE_REDEEMED);
    row->redemption = id;
    return finish(d, id, out);
}

/* What the caller says of the order must be what was held. Of a user who is erased nobody can say
 * the name. */
static result check_same(uow *u, const order_in *in, const hold *row, str name)
{
    if (in->user.n > 0 && !str_eq(in->user, name) && !erase_is_pseudonym(name))
        return uow_refuse(u, R_WRONG_USER, "The hold belongs to another user.");
    if ((in->order_number.n > 0 && !str_eq(in->order_number, row->order_number)) ||
        (in->subtotal_minor != 0 && in->subtotal_minor != row->subtotal_minor) ||
        (in->discount_minor != 0 && in->discount_minor != row->discount_minor))
        return uow_refuse(u, R_AMOUNT_MISMATCH, "Order %.*s was held for %lld less %lld.",
                          STR_ARG(row->order_number), (long long)row->subtotal_minor,
                          (long long)row->discount_minor);
    return R_DONE;
}

static result redeem_hold(uow *u, const order_in *in, order_out *out)
{
    uint16_t slot = id_slot(in->hold);
    hold *row = hold_get(u, slot, in->hold);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL || row->merchant != in->merchant)
        return uow_refuse(u, R_NOT_FOUND, "There is no such hold.");
    const member *who = member_get(u, slot, row->member);
    if (uow_pending(u))
        return R_AGAIN;
    CHECK(who != NULL); /* written with the user's first coupon */
    result r = check_same(u, in, row, who->name);
    if (r != R_DONE)
        return r;
    if (row->state == HOLD_STATE_REDEEMED) {
        char text[ID_TEXT_MAX];
        (void)id_text(ID_REDEMPTION, row->redemption, text);
        return uow_refuse(u, R_ORDER_CONFLICT, "The order was redeemed as %s.", text);
    }
    order_in frozen = order_of(row, who->name);
    name_subjects(u, in, row, &frozen);
    order_desk d = {.in = &frozen, .c = {.u = u, .slot = slot}};
    switch (hold_state_at(row, uow_now(u))) {
    case HOLD_STATE_OPEN:
        return redeem_open(&d, row, out);
    case HOLD_STATE_EXPIRED:
        return redeem_late(&d, row, out);
    default:
        return uow_refuse(u, R_HOLD_NOT_OPEN, "The hold is %.*s.",
                          STR_ARG(hold_state_name(row->state)));
    }
}

void redeem_ahead(uow *u, const void *input)
{
    const order_in *in = input;
    if (in->hold == 0) {
        order_desk d = {.in = in, .c = {.u = u, .slot = slot_of_user(in->merchant, in->user)}};
        order_ahead(&d, true);
        return;
    }
    order_desk d = {.c = {.u = u, .slot = id_slot(in->hold)}};
    const hold *row = hold_get(u, d.c.slot, in->hold);
    if (row != NULL && hold_state_at(row, uow_now(u)) == HOLD_STATE_OPEN)
        open_load(&d, row);
}

result redeem_decide(uow *u, const void *input, void *output)
{
    const order_in *in = input;
    if (in->hold != 0)
        return redeem_hold(u, in, output);
    result r = order_check(u, in);
    if (r != R_DONE)
        return r;
    order_desk d = {.in = in, .c = {.u = u, .slot = slot_of_user(in->merchant, in->user)}};
    return redeem_fresh(&d, output);
}
