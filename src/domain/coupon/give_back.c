/* The act that takes goods of a redeemed order back: see acts.h. */
#include "base/id.h"
#include "domain/coupon/adds.h"
#include "domain/coupon/erase.h"
#include "domain/coupon/move.h"
#include "domain/coupon/order_part.h"
#include "domain/coupon/return_split.h"
#include "domain/coupon/transfer.h"
#include "domain/coupon/use.h"
#include "domain/price/policy.h"
#include "domain/rule/cart.h"
#include "domain/stats/ledger.h"

typedef struct return_desk {
    order_counters c;
    redemption *row;
    order_facts facts;
    terms *of;         /* [applied] */
    coupon **coupons;  /* [applied]; NULL: an automatic template */
    coupon_use **uses; /* [applied] of coupons with more than one use; else NULL */
    hold **stale;      /* of these coupons, open but past their deadline */
    size_t stale_count;
    const member *who;
    return_line *now;
    size_t n;
    uint64_t id;
    int64_t refund_minor, worth_minor; /* of what comes back: paid back, and list price */
    int64_t *back;                     /* [applied] discount that comes back now */
    int64_t *adds;                     /* [applied] of what it added for sellers, likewise */
    int64_t *funded;                   /* [parties of the redemption] that comes back to them */
    int64_t *gifts;                    /* [applied] of what was sent along, what is to come back */
    int64_t *line_units;               /* [line] units that come back now */
    int64_t *units;                    /* [applied] those of its lines */
    coupon_ref *restored;
    size_t restored_count;
    bool revives;    /* a coupon can be used again, or for more: also for money without a use */
    bool keeps_uses; /* by the policy of the order */
} return_desk;

/* ---- looking up ---- */

static result find_lines(return_desk *d, const return_in *in)
{
    uow *u = d->c.u;
    const order_line *lines = d->row->lines.items;
    size_t most = in->lines.n > 0 ? in->lines.n : d->row->lines.n;
    if (most > CART_LINES_MAX)
        return uow_refuse_field(u, S("lines"), S("too_many"), "at most %d", CART_LINES_MAX);
    d->now = ARENA_ARRAY(uow_memory(u), return_line, most);
    for (size_t i = 0; i < in->lines.n; i++) {
        const return_line *line = &in->lines.items[i];
        if (line->line >= d->row->lines.n)
            return uow_refuse_field(u, arena_printf(uow_memory(u), "lines[%zu].line", i),
                                    S("out_of_range"), "the order has lines 0 to %zu",
                                    d->row->lines.n - 1);
        d->now[d->n++] = (return_line){.line = line->line, .quantity = line->quantity};
    }
    for (size_t i = 0; i < d->row->lines.n && in->lines.n == 0; i++)
        if (lines[i].quantity > lines[i].returned)
            d->now[d->n++] = (return_line){.line = (uint16_t)i,
                                           .quantity = lines[i].quantity - lines[i].returned};
    if (d->n == 0)
        return uow_refuse(u, R_NOT_RETURNABLE, "Everything has come back already.");
    return R_DONE;
}

static void load(return_desk *d)
{
    uow *u = d->c.u;
    redemption *row = d->row;
    size_t n = row->applied.n;
    d->of = ARENA_ARRAY(uow_memory(u), terms, n);
    d->coupons = ARENA_ARRAY(uow_memory(u), coupon *, n);
    d->uses = ARENA_ARRAY(uow_memory(u), coupon_use *, n);
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
    for (size_t i = 0; i < n; i++) {
        const applied_coupon *a = &row->applied.items[i];
        d->of[i] = terms_of(uow_config(u), a->template);
        if (a->coupon != 0)
            d->coupons[i] = coupon_get(u, d->c.slot, a->coupon);
        if (a->coupon != 0 && use_is_many(d->of[i].template))
            d->uses[i] = coupon_use_get(u, d->c.slot, a->coupon);
        if (a->reserved_minor > 0)
            slice_load(d->c.slices, pool_budget(a->campaign));
    }
    d->who = member_get(u, row->slot, row->member);
    for (size_t i = 0; i < row->takes.n; i++)
        limit_book_load_take(d->c.book, &row->takes.items[i]);
    party_return_load(&d->c, row);
    order_tally_load(u, &d->facts);
}

/* What needs the coupons first: what is due of those with more than one use, before anything comes
 * back to them (holds past their deadline, and their end), and counts of the codes they came from.
 * R_AGAIN; R_WAIT: one may just be going to another user. */
static result load_due(return_desk *d)
{
    uow *u = d->c.u;
    size_t n = d->row->applied.n, most = 0;
    for (size_t i = 0; i < n; i++)
        most += d->uses[i] == NULL ? 0 : d->uses[i]->held.n;
    d->stale = ARENA_ARRAY(uow_memory(u), hold *, most);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; d->uses[i] != NULL && k < d->uses[i]->held.n; k++)
            if (d->uses[i]->held.items[k].deadline_ms <= uow_now(u))
                d->stale[d->stale_count++] = hold_get(u, d->c.slot, d->uses[i]->held.items[k].hold);
        if (d->uses[i] != NULL)
            coupon_end_load(&d->c, &d->of[i], d->coupons[i]);
        if (d->coupons[i] != NULL)
            tally_load_code(u, d->coupons[i]->batch);
    }
    if (uow_pending(u))
        return R_AGAIN;
    for (size_t i = 0; i < d->stale_count; i++)
        hold_close_load(&d->c, d->stale[i]);
    if (uow_pending(u))
        return R_AGAIN;
    for (size_t i = 0; i < n; i++) {
        const coupon *row = d->uses[i] == NULL ? NULL : d->coupons[i];
        if (row == NULL || row->state != COUPON_STATE_OFFERED)
            continue;
        result r = transfer_wait(u, transfer_get(u, row->slot, row->ref));
        if (r != R_DONE)
            return r;
    }
    return R_DONE;
}

/* ---- working out ---- */

static result work_out(return_desk *d)
{
    uow *u = d->c.u;
    size_t n = d->row->applied.n;
    const price_rule **rules = ARENA_ARRAY(uow_memory(u), const price_rule *, n);
    uint8_t *refund_rules = ARENA_ARRAY(uow_memory(u), uint8_t, n);
    for (size_t i = 0; i < n; i++) {
        uint32_t version = d->row->applied.items[i].version;
        rules[i] = config_rule(d->of[i].template, version);
        refund_rules[i] = config_version(d->of[i].template, version)->refund;
    }
    d->gifts = ARENA_ARRAY(uow_memory(u), int64_t, n);
    return_plan plan = {d->row, rules, refund_rules, d->now, d->n, d->gifts};
    result r = price_return(&plan, uow_memory(u), &d->refund_minor);
    if (r == R_INVALID)
        return uow_refuse(u, r, "lines: a quantity is below 1.");
    if (r == R_NOT_RETURNABLE)
        return uow_refuse(u, r, "More of a line than is left of it.");
    if (r != R_DONE)
        return r;
    for (size_t i = 0; i < d->n; i++)
        d->worth_minor += d->now[i].worth_minor;
    d->back = ARENA_ARRAY(uow_memory(u), int64_t, n);
    d->adds = ARENA_ARRAY(uow_memory(u), int64_t, n);
    adds all = adds_of_redemption(d->row);
    for (size_t i = 0; i < n; i++) {
        const applied_coupon *a = &d->row->applied.items[i];
        int64_t out = a->gift_units - a->gift_back, stays = d->gifts[i];
        d->adds[i] = adds_returning(&all, i, d->now, d->n);
        d->gifts[i] = out > stays ? out - stays : 0;
    }
    d->funded = ARENA_ARRAY(uow_memory(u), int64_t, d->row->parties.n);
    return_parts parts = {.by_coupon = d->back, .by_party = d->funded};
    return return_split(&plan, d->worth_minor - d->refund_minor, uow_memory(u), &parts);
}

/* Puts what comes back into the lines, and counts the units of each coupon's lines. */
static void apply_lines(return_desk *d)
{
    uow *u = d->c.u;
    redemption *row = d->row;
    d->line_units = ARENA_ARRAY(uow_memory(u), int64_t, row->lines.n);
    redemption_edit(u, row);
    for (size_t i = 0; i < d->n; i++) {
        order_line *line = &row->lines.items[d->now[i].line];
        d->line_units[d->now[i].line] +=
            cart_line_units_back(line, line->returned, d->now[i].quantity);
        line->returned += d->now[i].quantity;
        line->refunded_minor += d->now[i].refund_minor;
    }
    row->refunded_minor += d->refund_minor;
    row->returns++;
    d->units = ARENA_ARRAY(uow_memory(u), int64_t, row->applied.n);
    for (size_t i = 0; i < row->shares.n; i++)
        d->units[row->shares.items[i].applied] += d->line_units[row->shares.items[i].line];
    for (size_t i = 0; i < row->adds.n; i++)
        d->units[row->adds.items[i].applied] += d->line_units[row->adds.items[i].line];
}

/* ---- coupons ---- */

/* Has it touched a line, and how many of these are still out? */
typedef struct touched {
    bool any;
    size_t out;
} touched;

static bool is_out(const order_line *line)
{
    return line->returned < line->quantity;
}

static void count_touched(const redemption *row, const line_share *shares, size_t n, size_t applied,
                          touched *t)
{
    for (size_t i = 0; i < n; i++)
        if (shares[i].applied == applied) {
            t->any = true;
            t->out += is_out(&row->lines.items[shares[i].line]);
        }
}

/* One that touched no line, or sent something along, is back with the whole order. */
static bool is_back(const redemption *row, size_t applied)
{
    touched t = {0};
    if (row->applied.items[applied].gift_units == 0) {
        count_touched(row, row->shares.items, row->shares.n, applied, &t);
        count_touched(row, row->adds.items, row->adds.n, applied, &t);
    }
    for (size_t i = 0; i < row->lines.n && !t.any; i++)
        t.out += is_out(&row->lines.items[i]);
    return t.out == 0;
}

static void end_coupon(return_desk *d, size_t i)
{
    coupon_end(&d->c, &d->of[i], d->coupons[i], EVENT_KIND_COUPON_EXPIRED);
    tally_of(d->c.u, &d->of[i])->expired++;
}

static void apply_due(return_desk *d)
{
    uow *u = d->c.u;
    for (size_t i = 0; i < d->stale_count; i++)
        if (d->stale[i]->state == HOLD_STATE_OPEN) /* one hold may have several coupons */
            hold_close(&d->c, d->stale[i], HOLD_STATE_EXPIRED);
    for (size_t i = 0; i < d->row->applied.n; i++)
        if (d->uses[i] != NULL && coupon_is_waiting(d->coupons[i]->state) &&
            config_expires_at_ms(uow_config(u), d->coupons[i]) <= uow_now(u))
            end_coupon(d, i);
}

/* Its old end, or grace_days from now where that is later: within the campaign's use window, behind
 * which nobody could use it. */
static int64_t end_of(const return_desk *d, size_t i)
{
    const terms *of = &d->of[i];
    config_days days = config_days_of(of->merchant);
    int64_t ends = config_expires_at_ms(uow_config(d->c.u), d->coupons[i]);
    int64_t latest = config_window_end_ms(&days, of->campaign->row->use_until_ms);
    int64_t grace =
        config_version(of->template, d->row->applied.items[i].version)->grace_days * MS_DAY;
    int64_t until = uow_now(d->c.u) + grace;
    if (until > latest)
        until = latest;
    return grace > 0 && until > ends ? until : ends;
}

/* The end is told anew: edits that came after an end that has passed are not in it, and do not come
 * in because it has moved. */
static void set_end(return_desk *d, size_t i, int64_t until_ms)
{
    coupon *row = d->coupons[i];
    row->expires_at_ms = until_ms;
    row->end_version = config_effective(d->of[i].template, row->version);
}

/* The coupon is the user's again; true when he can still use it. Of an automatic template it is
 * only told. */
static bool restore(return_desk *d, size_t i)
{
    uow *u = d->c.u;
    coupon *row = d->coupons[i];
    tally *t = tally_of(u, &d->of[i]);
    t->returned++;
    order_use use = {.of = &d->of[i],
                     .row = row,
                     .member = d->row->member,
                     .ref = d->id,
                     .amount_minor = d->back[i],
                     .version = d->row->applied.items[i].version};
    if (d->row->applied.items[i].coupon == 0) {
        order_use_move(u, &use, EVENT_KIND_COUPON_RETURNED);
        return false;
    }
    CHECK(row != NULL && row->ref == d->row->id); /* only its own redemption gives it back */
    coupon_edit(u, row);
    set_end(d, i, end_of(d, i));
    order_use_move(u, &use, EVENT_KIND_COUPON_RETURNED);
    if (uow_now(u) >= row->expires_at_ms) {
        coupon_move(u, row, &(coupon_event){.happening = EVENT_KIND_COUPON_EXPIRED, .ref = d->id});
        t->expired++;
        return false;
    }
    d->restored[d->restored_count++] = (coupon_ref){.coupon = row->id};
    return true;
}

/* The end of a coupon with more than one use, before anything comes back to it. Grace is for what
 * comes back: nothing else on it, left or held, gets more time, so its end stays while there is
 * any; and what nobody could use when its end passed has lapsed. */
static void give_grace(return_desk *d, size_t i)
{
    uow *u = d->c.u;
    coupon *row = d->coupons[i];
    if (row->state == COUPON_STATE_VOIDED || row->state == COUPON_STATE_TRANSFERRED)
        return;
    int64_t ends = config_expires_at_ms(uow_config(u), row);
    bool ended = ends <= uow_now(u);
    if (ended && row->state != COUPON_STATE_EXPIRED)
        use_lapse(&(use_desk){u, d->of[i].template, row, d->uses[i]});
    use_left left = use_left_of(&(use_ask){.of = d->of[i].template, .row = row, .use = d->uses[i]});
    int64_t more = left.value_minor < 0 ? left.uses : left.money_minor;
    set_end(d, i, !ended && (left.held > 0 || more > 0) ? ends : end_of(d, i));
}

/* A use comes back, or money of a stored value; true when the coupon can be used again for it. */
static bool restore_use(return_desk *d, size_t i, bool complete)
{
    uow *u = d->c.u;
    coupon *row = d->coupons[i];
    bool stored = d->of[i].template->versions[0]->benefit == BENEFIT_KIND_STORED_VALUE;
    if (!complete && (!stored || d->back[i] == 0))
        return false;
    CHECK(row != NULL && d->uses[i] != NULL);
    coupon_edit(u, row);
    give_grace(d, i);
    use_desk of = {u, d->of[i].template, row, d->uses[i]};
    use_return(&of, &(use_returned){.redemption = d->row->id,
                                    .ref = d->id,
                                    .back_minor = d->back[i],
                                    .complete = complete,
                                    .lives = uow_now(u) < row->expires_at_ms});
    tally_of(u, &d->of[i])->returned += complete;
    if (coupon_is_waiting(row->state) && uow_now(u) >= row->expires_at_ms)
        end_coupon(d, i);
    if (coupon_is_closed(row->state))
        return false;
    if (complete)
        d->restored[d->restored_count++] = (coupon_ref){.coupon = row->id};
    return true;
}

static void give_back_budget(return_desk *d, size_t i, bool restored)
{
    applied_coupon *a = &d->row->applied.items[i];
    int64_t n = d->back[i] < a->reserved_minor ? d->back[i] : a->reserved_minor;
    ledger_book b = {.u = d->c.u,
                     .of = &d->of[i],
                     .slot = d->c.slot,
                     .coupon = a->coupon,
                     .ref = d->id,
                     .currency = tally_foreign(&d->of[i], d->row->currency)};
    ledger_move(&b, ACCOUNT_DISCOUNT, ACCOUNT_CUSTOMERS, d->back[i]);
    ledger_move(&b, ACCOUNT_BONUS, ACCOUNT_SELLERS, d->adds[i]);
    if (n == 0)
        return;
    a->reserved_minor -= n;
    if (restored && d->of[i].campaign->row->budget_mode == BUDGET_MODE_AT_ISSUE) {
        ledger_move(&b, ACCOUNT_BUDGET_SPENT, ACCOUNT_BUDGET_RESERVED, n);
        coupon_edit(d->c.u, d->coupons[i]);
        d->coupons[i]->reserved_minor += n;
        return;
    }
    ledger_move(&b, ACCOUNT_BUDGET_SPENT, ACCOUNT_BUDGET_FREE, n);
    slice_give(d->c.slices, pool_budget(a->campaign), n);
}

static void give_back_parties(return_desk *d, size_t i)
{
    ledger_book b = {.u = d->c.u,
                     .of = &d->of[i],
                     .slot = d->c.slot,
                     .coupon = d->row->applied.items[i].coupon,
                     .ref = d->id};
    for (size_t k = 0; k < d->row->parties.n; k++)
        if (d->row->parties.items[k].applied == i)
            party_return(&d->c, &b, &d->row->parties.items[k], d->funded[k]);
}

static void give_back_limits(return_desk *d, size_t i, bool complete)
{
    for (size_t k = 0; k < d->row->takes.n; k++) {
        limit_take *take = &d->row->takes.items[k];
        if (take->applied != i)
            continue;
        int64_t n = take->measure == LIMIT_MEASURE_MONEY   ? d->back[i]
                    : take->measure == LIMIT_MEASURE_UNITS ? d->units[i]
                    : complete                             ? take->n
                                                           : 0;
        limit_book_give(d->c.book, &d->of[i], take, n);
    }
}

static void apply_coupon(return_desk *d, size_t i)
{
    applied_coupon *a = &d->row->applied.items[i];
    bool complete = !a->returned && !d->keeps_uses && is_back(d->row, i);
    bool restored = d->uses[i] != NULL ? restore_use(d, i, complete) : complete && restore(d, i);
    d->revives = d->revives || restored;
    give_back_budget(d, i, restored);
    give_back_parties(d, i);
    give_back_limits(d, i, complete);
    a->returned = a->returned || complete;
    a->returned_minor += d->back[i];
    a->gift_back += d->gifts[i];
    tally_add(
        d->c.u, &d->of[i], (tally_place){false, tally_foreign(&d->of[i], d->row->currency)},
        &(tally_sums){.discount_returned_minor = d->back[i], .adds_returned_minor = d->adds[i]});
}

/* ---- the act ---- */

static void write_parties(const return_desk *d, order_return *row)
{
    const redemption *of = d->row;
    row->parties.items = ARENA_ARRAY(uow_memory(d->c.u), party_back, of->parties.n);
    for (size_t k = 0; k < of->parties.n; k++)
        if (d->funded[k] > 0)
            row->parties.items[row->parties.n++] =
                (party_back){.applied = of->parties.items[k].applied,
                             .party = of->parties.items[k].party,
                             .discount_minor = d->funded[k]};
}

static void write_gifts(const return_desk *d, order_return *row)
{
    return_gift *gifts = ARENA_ARRAY(uow_memory(d->c.u), return_gift, d->row->applied.n);
    row->gifts.items = gifts;
    for (size_t i = 0; i < d->row->applied.n; i++)
        if (d->gifts[i] > 0)
            gifts[row->gifts.n++] = (return_gift){.applied = (uint16_t)i, .units = d->gifts[i]};
}

static void write_return(return_desk *d, return_out *out)
{
    uow *u = d->c.u;
    order_return *row = order_return_new(u, d->c.slot, d->id);
    row->merchant = d->row->merchant;
    row->redemption = d->row->id;
    row->returned_at_ms = uow_now(u);
    row->refund_minor = d->refund_minor;
    row->lines.items = d->now;
    row->lines.n = d->n;
    row->restored.items = d->restored;
    row->restored.n = d->restored_count;
    for (size_t i = 0; i < d->row->applied.n; i++)
        row->adds_minor += d->adds[i];
    write_parties(d, row);
    write_gifts(d, row);
    event e = {.kind = EVENT_KIND_ORDER_RETURNED,
               .at_ms = uow_now(u),
               .merchant = row->merchant,
               .member = d->row->member,
               .ref = d->id,
               .amount_minor = d->refund_minor};
    uow_event(u, &e);
    *out = (return_out){.return_id = d->id, .at_ms = e.at_ms, .refund_minor = d->refund_minor};
    out->lines.items = d->now;
    out->lines.n = d->n;
    out->restored.items = d->restored;
    out->restored.n = d->restored_count;
}

result return_decide(uow *u, const void *input, void *output)
{
    const return_in *in = input;
    return_desk d = {.c = {.u = u, .slot = id_slot(in->redemption)}};
    d.row = redemption_get(u, d.c.slot, in->redemption);
    if (uow_pending(u))
        return R_AGAIN;
    if (d.row == NULL || d.row->merchant != in->merchant)
        return uow_refuse(u, R_NOT_FOUND, "There is no such redemption.");
    result r = find_lines(&d, in);
    if (r != R_DONE)
        return r;
    d.c = order_counters_new(u, d.c.slot, d.row->member);
    price_policy policy = policy_of(d.row->policy.items, d.row->policy.n);
    d.keeps_uses = policy.returned_use == RETURNED_USE_KEEP;
    load(&d);
    if (uow_pending(u))
        return R_AGAIN;
    r = load_due(&d);
    if (r == R_DONE)
        r = work_out(&d);
    if (r != R_DONE)
        return r;
    d.id = uow_next_id(u, d.c.slot);
    d.restored = ARENA_ARRAY(uow_memory(u), coupon_ref, d.row->applied.n);
    apply_due(&d);
    apply_lines(&d);
    for (size_t i = 0; i < d.row->applied.n; i++)
        apply_coupon(&d, i);
    order_back back = {d.now, d.n, d.worth_minor, d.line_units};
    order_tally_returned(u, &d.facts, &back);
    write_return(&d, output);
    if (d.revives && d.who->erasure != 0)
        erase_wake(u, d.who->erasure);
    else if (d.revives && d.who->move != 0)
        move_late(u, d.who->move);
    slice_settle(d.c.slices);
    return limit_book_settle(d.c.book);
}
