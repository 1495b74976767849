/* Hold and redeem, what they share: looking up, letting old holds go, checking, taking. The
 * refusals and their order are in acts.h. */
#include "base/id.h"
#include "domain/campaign/currency.h"
#include "domain/coupon/adds.h"
#include "domain/coupon/basis.h"
#include "domain/coupon/order_part.h"
#include "domain/coupon/transfer.h"
#include "domain/coupon/use.h"
#include "domain/price/policy.h"
#include "domain/rule/cart.h"
#include "domain/stats/ledger.h"

/* ---- looking up ---- */

static const char *coupon_text(char out[ID_TEXT_MAX], uint64_t id)
{
    (void)id_text(ID_COUPON, id, out);
    return out;
}

static bool is_automatic(const order_desk *d, size_t i)
{
    return d->facts.applied[i].coupon == 0;
}

/* Nobody asked for a promotion: without it the order is still good. */
static result leave_out(const order_desk *d, size_t i)
{
    char text[ID_TEXT_MAX];
    (void)id_text(ID_TEMPLATE, d->facts.applied[i].template, text);
    return uow_refuse(d->c.u, R_STALE, "%s", text);
}

/* There is less for it than it was priced at: at most so much will do. */
static result cut(const order_desk *d, size_t i, int64_t most_minor)
{
    const applied_coupon *a = &d->facts.applied[i];
    char text[ID_TEXT_MAX];
    (void)id_text(a->coupon == 0 ? ID_TEMPLATE : ID_COUPON,
                  a->coupon == 0 ? a->template : a->coupon, text);
    return uow_refuse(d->c.u, R_STALE, "%s %lld", text, (long long)most_minor);
}

static result refuse_coupon(const order_desk *d, size_t i, result why)
{
    char text[ID_TEXT_MAX];
    if (is_automatic(d, i))
        return leave_out(d, i);
    return uow_refuse(d->c.u, why, "%s", coupon_text(text, d->facts.applied[i].coupon));
}

static result identify_automatic(const order_desk *d, size_t i)
{
    const applied_coupon *a = &d->facts.applied[i];
    if (!terms_find(uow_config(d->c.u), a->template, &d->of[i]) ||
        d->of[i].merchant->row->id != d->in->merchant)
        return uow_refuse(d->c.u, R_NOT_FOUND, "There is no such template.");
    if (d->of[i].template->row->apply != APPLY_MODE_AUTOMATIC ||
        d->of[i].campaign->row->id != a->campaign)
        return uow_refuse(d->c.u, R_INVALID, "The order names no automatic template.");
    return R_DONE;
}

/* Is it there, this merchant's, and the user's? */
static result identify(const order_desk *d, size_t i)
{
    const applied_coupon *a = &d->facts.applied[i];
    const coupon *row = d->coupons[i].row;
    if (is_automatic(d, i))
        return identify_automatic(d, i);
    if (id_slot(a->coupon) != d->c.slot)
        return refuse_coupon(d, i, R_WRONG_USER); /* his are all in this slot */
    if (row == NULL || !terms_find(uow_config(d->c.u), row->template, &d->of[i]) ||
        d->of[i].merchant->row->id != d->in->merchant)
        return refuse_coupon(d, i, R_NOT_FOUND);
    if (!d->who.known || row->member != d->who.ordinal)
        return refuse_coupon(d, i, R_WRONG_USER);
    if (a->template != row->template || a->campaign != d->of[i].campaign->row->id)
        return uow_refuse(d->c.u, R_INVALID, "The order names another template than the coupon.");
    return R_DONE;
}

static void get_coupons(order_desk *d)
{
    for (size_t i = 0; i < d->facts.applied_count; i++) {
        uint64_t id = d->facts.applied[i].coupon;
        if (id != 0 && id_slot(id) == d->c.slot)
            d->coupons[i].row = coupon_get(d->c.u, d->c.slot, id);
    }
}

static result look_up(order_desk *d)
{
    uow *u = d->c.u;
    get_coupons(d);
    d->who = (member_place){.slot = d->c.slot, .merchant = d->in->merchant, .name = d->in->user};
    result r = member_find(u, &d->who);
    if (r != R_DONE)
        return r;
    if (uow_pending(u))
        return R_AGAIN;
    if (d->who.names != d->in->names)
        return R_STALE; /* orders of those names are his, too */
    if (d->who.known)
        d->ref = order_ref_get(u, d->c.slot, d->in->merchant, d->who.ordinal, d->in->order_number);
    if (uow_pending(u))
        return R_AGAIN;
    if (d->ref != NULL && d->ref->redemption != 0) {
        char text[ID_TEXT_MAX];
        (void)id_text(ID_REDEMPTION, d->ref->redemption, text);
        return uow_refuse(u, R_ORDER_CONFLICT, "The order was redeemed as %s.", text);
    }
    for (size_t i = 0; r == R_DONE && i < d->facts.applied_count; i++)
        r = identify(d, i);
    return r;
}

/* Of coupons with more than one use; how many holds may give way in all. */
static size_t look_at_uses(order_desk *d)
{
    size_t holds = 1;
    for (size_t i = 0; i < d->facts.applied_count; i++) {
        order_coupon *c = &d->coupons[i];
        uint64_t id = d->facts.applied[i].coupon;
        c->many = !is_automatic(d, i) && use_is_many(d->of[i].template);
        c->use = c->many ? coupon_use_get(d->c.u, d->c.slot, id) : NULL;
        holds += c->use == NULL ? 1 : c->use->held.n;
    }
    return holds;
}

/* Once each: the order's own open hold, and those past their deadline that hold its coupons. */
static void close_first(order_desk *d, hold *row)
{
    if (row == NULL || row->state != HOLD_STATE_OPEN)
        return;
    bool own = d->ref != NULL && row->id == d->ref->hold;
    if (!own && hold_state_at(row, uow_now(d->c.u)) != HOLD_STATE_EXPIRED)
        return;
    for (size_t i = 0; i < d->closing_count; i++)
        if (d->closing[i] == row)
            return;
    d->closing[d->closing_count++] = row;
}

/* As far as the rows are here that name them. */
static void look_at_holds(order_desk *d)
{
    uow *u = d->c.u;
    size_t most = look_at_uses(d), n = 0;
    d->closing = ARENA_ARRAY(uow_memory(u), hold *, most);
    hold **found = ARENA_ARRAY(uow_memory(u), hold *, most);
    for (size_t i = 0; i < d->facts.applied_count; i++) {
        order_coupon *c = &d->coupons[i];
        if (c->row != NULL && c->row->state == COUPON_STATE_OFFERED)
            c->offer = transfer_get(u, d->c.slot, c->row->ref);
        bool held = c->row != NULL && c->row->state == COUPON_STATE_HELD;
        for (size_t k = 0; c->use != NULL && k < c->use->held.n; k++)
            found[n++] = hold_get(u, d->c.slot, c->use->held.items[k].hold);
        if (held && !c->many)
            found[n++] = hold_get(u, d->c.slot, c->row->ref);
    }
    if (d->ref != NULL && d->ref->hold != 0)
        found[n++] = hold_get(u, d->c.slot, d->ref->hold);
    for (size_t i = 0; i < n; i++)
        close_first(d, found[i]);
}

static limit_case case_of(const order_desk *d, size_t i, uint8_t measure)
{
    return (limit_case){
        .of = &d->of[i], .measure = measure, .applied = (uint16_t)i, .store = d->facts.store};
}

party_use order_party_use(const order_desk *d, size_t i)
{
    return (party_use){.of = &d->of[i], .applied = &d->facts.applied[i], .place = i};
}

static void load_parties(const order_desk *d, size_t i, bool goods)
{
    party_use use = order_party_use(d, i);
    party_load_budgets(&d->c, &use);
    if (goods)
        party_load_counts(&d->c, &use);
}

static void load_counters(order_desk *d, bool goods)
{
    for (size_t i = 0; i < d->closing_count; i++)
        hold_close_load(&d->c, d->closing[i]);
    for (size_t i = 0; i < d->facts.applied_count; i++) {
        for (uint8_t m = LIMIT_MEASURE_REDEMPTIONS; m <= LIMIT_MEASURE_UNITS; m++) {
            limit_case c = case_of(d, i, m);
            limit_book_load(d->c.book, &c);
        }
        if (d->of[i].campaign->row->budget_mode != BUDGET_MODE_NONE)
            slice_load(d->c.slices, pool_budget(d->of[i].campaign->row->id));
        tally_load(d->c.u, &d->of[i]);
        load_parties(d, i, goods);
        if (goods && d->coupons[i].row != NULL)
            tally_load_code(d->c.u, d->coupons[i].row->batch);
        if (goods && is_automatic(d, i))
            limit_book_load_redeemed(d->c.book, &d->of[i]);
    }
    if (goods)
        order_tally_load(d->c.u, &d->facts);
}

/* What this use must take from the budget beyond what the coupon has. */
static int64_t budget_need(const order_desk *d, size_t i)
{
    int64_t discount = d->facts.applied[i].discount_minor;
    int64_t has = is_automatic(d, i) ? 0 : d->coupons[i].row->reserved_minor;
    switch (d->of[i].campaign->row->budget_mode) {
    case BUDGET_MODE_AT_REDEEM:
        return discount;
    case BUDGET_MODE_AT_ISSUE:
        return discount > has ? discount - has : 0;
    default:
        return 0;
    }
}

/* Do the limits by user leave, as things stand, less than all the coupons together may need? Then
 * what is due may bring it back. */
static bool is_short_of_limits(const order_desk *d)
{
    int64_t need[LIMIT_MEASURE_COUNT] = {0};
    for (size_t i = 0; i < d->facts.applied_count; i++) {
        need[LIMIT_MEASURE_REDEMPTIONS]++;
        need[LIMIT_MEASURE_MONEY] += d->facts.applied[i].discount_minor;
        need[LIMIT_MEASURE_UNITS] += d->units[i];
    }
    for (size_t i = 0; i < d->facts.applied_count; i++) {
        for (uint8_t m = LIMIT_MEASURE_REDEMPTIONS; m <= LIMIT_MEASURE_UNITS; m++) {
            limit_case c = case_of(d, i, m);
            if (limit_book_lacks(d->c.book, &c, need[m]))
                return true;
        }
    }
    return false;
}

static result find_due(order_desk *d)
{
    if (!is_short_of_limits(d))
        return R_DONE;
    d->due = due_find(d->c);
    if (uow_pending(d->c.u))
        return R_AGAIN;
    due_load(d->due);
    return uow_pending(d->c.u) ? R_AGAIN : R_DONE;
}

static void lay_out(order_desk *d)
{
    uow *u = d->c.u;
    const order_in *in = d->in;
    d->of = ARENA_ARRAY(uow_memory(u), terms, in->applied.n);
    d->coupons = ARENA_ARRAY(uow_memory(u), order_coupon, in->applied.n);
    d->facts = (order_facts){.currency = in->currency,
                             .store = in->store,
                             .channel = in->channel,
                             .lines = in->lines.items,
                             .line_count = in->lines.n,
                             .applied = in->applied.items,
                             .applied_count = in->applied.n,
                             .shares = in->shares.items,
                             .share_count = in->shares.n,
                             .of = d->of};
}

void order_ahead(order_desk *d, bool goods)
{
    uow *u = d->c.u;
    const order_in *in = d->in;
    user who = {.slot = d->c.slot, .merchant = in->merchant, .name = in->user};
    order_ref ref = {.slot = d->c.slot, .merchant = in->merchant, .number = in->order_number};
    lay_out(d);
    for (size_t i = 0; i < d->facts.applied_count; i++)
        if (!terms_find(uow_config(u), d->facts.applied[i].template, &d->of[i]))
            return;
    get_coupons(d);
    d->ref = uow_ahead(u, ROW_LINK_ORDER_OF_USER, &ref, &who);
    look_at_holds(d);
    d->c.slices = slice_set_new(u);
    d->c.book = limit_book_ahead(u, &who, d->c.slices);
    load_counters(d, goods);
}

result order_open(order_desk *d, bool goods)
{
    uow *u = d->c.u;
    const order_in *in = d->in;
    lay_out(d);
    d->partial = policy_of(in->policy.items, in->policy.n).budget == BUDGET_PARTIAL;
    result r = look_up(d);
    if (r != R_DONE)
        return r;
    look_at_holds(d);
    if (uow_pending(u))
        return R_AGAIN;
    d->c = order_counters_new(u, d->c.slot, d->who.known ? d->who.ordinal : 0);
    limit_book_reserved(d->c.book, &(grant_input){in->subjects.items, in->subjects.n,
                                                  in->grants.items, in->grants.n});
    load_counters(d, goods);
    d->units = ARENA_ARRAY(uow_memory(u), int64_t, in->applied.n);
    cart_add_units(in->lines.items, in->shares.items, in->shares.n, d->units);
    cart_add_units(in->lines.items, in->adds.items, in->adds.n, d->units);
    return uow_pending(u) ? R_AGAIN : find_due(d);
}

/* ---- checking ---- */

/* Of coupons and campaigns of other currencies than the order's: is it priced in that? */
static bool takes_currency(const order_desk *d, size_t i)
{
    const terms *of = &d->of[i];
    uint32_t version = d->facts.applied[i].version;
    currency_rule priced = {config_version(of->template, version),
                            config_rule(of->template, version)};
    return priced.rule != NULL &&
           currency_takes(of->campaign->row, terms_newest(of), priced, d->in->currency);
}

/* Does it give something, in the right currency? */
static result check_effect(const order_desk *d, size_t i)
{
    const applied_coupon *a = &d->facts.applied[i];
    price_policy policy = policy_of(d->in->policy.items, d->in->policy.n);
    adds all = {.items = d->in->adds.items, .n = d->in->adds.n};
    bool gives = a->discount_minor > 0 || a->gift_units > 0 || adds_in_all(&all, i) > 0 ||
                 d->of[i].template->versions[0]->benefit == BENEFIT_KIND_HAND_OVER ||
                 policy.zero_effect == ZERO_EFFECT_USE;
    if (!gives || !takes_currency(d, i))
        return refuse_coupon(d, i, R_NOT_APPLICABLE);
    return R_DONE;
}

static result check_campaign(const order_desk *d, size_t i)
{
    const campaign *c = d->of[i].campaign->row;
    config_days days = config_days_of(d->of[i].merchant);
    int64_t now = uow_now(d->c.u);
    if (c->state == CAMPAIGN_STATE_DISABLED)
        return refuse_coupon(d, i, R_CAMPAIGN_DISABLED);
    if (now < c->use_from_ms)
        return refuse_coupon(d, i, R_NOT_STARTED);
    if (now >= config_window_end_ms(&days, c->use_until_ms))
        return refuse_coupon(d, i, R_WINDOW_CLOSED);
    return check_effect(d, i);
}

/* Does it still apply by itself, and as it was priced? */
static result check_automatic(const order_desk *d, size_t i)
{
    const terms *of = &d->of[i];
    config_days days = config_days_of(of->merchant);
    if (!config_applies(of->campaign, of->template, &days, uow_now(d->c.u)) ||
        d->facts.applied[i].version != of->template->row->version)
        return uow_refuse(d->c.u, R_STALE, "A promotion is another one now.");
    return check_effect(d, i);
}

/* Is a use left for it now, and the money? */
static result check_use(const order_desk *d, size_t i, const use_left *left)
{
    char text[ID_TEXT_MAX], at[32];
    buf b = {.p = at, .capacity = sizeof(at), .max = sizeof(at)};
    if (uow_now(d->c.u) < left->again_at_ms) {
        time_write(&b, left->again_at_ms);
        return uow_refuse(d->c.u, R_USED_TOO_SOON, "%s can be used again from %.*s.",
                          coupon_text(text, d->coupons[i].row->id), STR_ARG(buf_view(&b)));
    }
    if (left->value_minor >= 0 && d->facts.applied[i].discount_minor > left->money_minor)
        return refuse_coupon(d, i, R_STALE);
    return R_DONE;
}

/* Was it typed by somebody to whom it is no code when it is over? */
static bool is_hidden(const order_desk *d, uint64_t id)
{
    for (size_t i = 0; i < d->in->hidden.n; i++)
        if (d->in->hidden.items[i].coupon == id)
            return true;
    return false;
}

static result check_coupon(const order_desk *d, size_t i)
{
    const order_coupon *of = &d->coupons[i];
    const coupon *row = of->row;
    const config *c = uow_config(d->c.u);
    use_ask ask = {.of = d->of[i].template, .row = row, .use = of->use, .now_ms = uow_now(d->c.u)};
    use_left left = {0};
    coupon_now now =
        of->many ? use_state_at(c, &ask, &left) : coupon_state_at(c, row, NULL, ask.now_ms);
    if (coupon_is_closed(now.state) && is_hidden(d, row->id))
        return uow_refuse(d->c.u, R_CODE_INVALID, "%s", "");
    if (now.state == COUPON_STATE_EXPIRED)
        return refuse_coupon(d, i, R_COUPON_EXPIRED);
    if (now.state != COUPON_STATE_AVAILABLE) {
        char text[ID_TEXT_MAX];
        return uow_refuse(d->c.u, R_COUPON_NOT_AVAILABLE, "%s is %.*s.", coupon_text(text, row->id),
                          STR_ARG(coupon_state_name(now.state)));
    }
    if (now.not_yet_valid)
        return refuse_coupon(d, i, R_COUPON_NOT_YET_VALID);
    if (d->facts.applied[i].version !=
        (of->many ? use_version(&ask) : config_effective(ask.of, row->version)))
        return refuse_coupon(d, i, R_STALE);
    result r = of->many ? check_use(d, i, &left) : R_DONE;
    return r == R_DONE ? check_campaign(d, i) : r;
}

/* ---- taking ---- */

static result take_limit(order_desk *d, size_t i, uint8_t measure, int64_t n)
{
    if (n == 0)
        return R_DONE; /* money, where it takes nothing off */
    limit_case c = case_of(d, i, measure);
    limit_want want;
    result r = limit_book_want(d->c.book, &c, n, &want);
    if (r != R_DONE)
        return r;
    if (want.have < n && d->due != NULL && d->due->more)
        return uow_refuse(d->c.u, R_UNAVAILABLE, "Many holds are just past their deadline.");
    if (want.have < n && is_automatic(d, i))
        return leave_out(d, i);
    if (want.have < n)
        return uow_refuse(d->c.u, want.refusal, "%.*s", STR_ARG(want.why));
    limit_book_take(d->c.book, &c, n, &d->takes);
    return R_DONE;
}

/* Of more than one use, each takes what it needs of what the coupon has reserved for all. */
static void take_own(order_desk *d, size_t i)
{
    order_coupon *c = &d->coupons[i];
    int64_t discount = d->facts.applied[i].discount_minor;
    if (!c->many || c->row->reserved_minor == 0)
        return;
    c->own_minor = discount < c->row->reserved_minor ? discount : c->row->reserved_minor;
    c->reserved_minor += c->own_minor;
    coupon_edit(d->c.u, c->row);
    c->row->reserved_minor -= c->own_minor;
}

static result take_budget(order_desk *d, size_t i, uint64_t id)
{
    int64_t need = budget_need(d, i), have = 0;
    take_own(d, i);
    if (need == 0)
        return R_DONE;
    pool_name which = pool_budget(d->of[i].campaign->row->id);
    result r = slice_want(d->c.slices, which, need, &have);
    if (r != R_DONE)
        return r;
    int64_t most_minor = d->facts.applied[i].discount_minor - (need - have);
    if (have < need && d->partial && most_minor > 0)
        return cut(d, i, most_minor);
    if (have < need)
        return refuse_coupon(d, i, R_BUDGET_EXHAUSTED);
    slice_take(d->c.slices, which, need);
    d->coupons[i].reserved_minor += need;
    ledger_book b = {.u = d->c.u,
                     .of = &d->of[i],
                     .slot = d->c.slot,
                     .coupon = d->facts.applied[i].coupon,
                     .ref = id};
    ledger_move(&b, ACCOUNT_BUDGET_FREE, ACCOUNT_BUDGET_RESERVED, need);
    return R_DONE;
}

static result confirm_coupon(order_desk *d, size_t i, uint64_t id)
{
    result r = is_automatic(d, i) ? check_automatic(d, i) : check_coupon(d, i);
    if (r == R_DONE)
        r = take_limit(d, i, LIMIT_MEASURE_REDEMPTIONS, 1);
    if (r == R_DONE)
        r = take_limit(d, i, LIMIT_MEASURE_MONEY, d->facts.applied[i].discount_minor);
    if (r == R_DONE)
        r = take_limit(d, i, LIMIT_MEASURE_UNITS, d->units[i]);
    if (r == R_DONE)
        r = take_budget(d, i, id);
    party_use use = order_party_use(d, i);
    return r == R_DONE ? party_take(&d->c, &use, &d->parties) : r;
}

static void make_room_for_parties(order_desk *d)
{
    size_t n = 0;
    for (size_t i = 0; i < d->facts.applied_count; i++) {
        party_use use = order_party_use(d, i);
        n += party_count(&use);
    }
    d->parties = (party_list){.items = ARENA_ARRAY(uow_memory(d->c.u), party_share, n)};
}

/* Was the order priced on other grounds than those of now: another policy, other promotions, for
 * its lines another blacklist? */
static bool is_superseded(const order_desk *d)
{
    if (d->in->basis != order_basis(uow_config(d->c.u), d->in->merchant, uow_now(d->c.u)))
        return true;
    const config_merchant *of = config_find_merchant(uow_config(d->c.u), d->in->merchant);
    for (size_t i = 0; i < d->in->lines.n; i++) {
        const order_line *line = &d->in->lines.items[i];
        if (config_bars(of, line, d->in->currency) != ((line->marks & LINE_BARRED) != 0))
            return true;
    }
    return false;
}

result order_confirm(order_desk *d, uint64_t id)
{
    if (is_superseded(d))
        return uow_refuse(d->c.u, R_STALE, "What the order was priced on is not so any more.");
    if (d->due != NULL)
        (void)due_apply(d->due);
    for (size_t i = 0; i < d->closing_count; i++) {
        hold *row = d->closing[i];
        if (row->state != HOLD_STATE_OPEN)
            continue; /* it was due */
        bool in_time = hold_state_at(row, uow_now(d->c.u)) == HOLD_STATE_OPEN;
        hold_close(&d->c, row, in_time ? HOLD_STATE_REPLACED : HOLD_STATE_EXPIRED);
    }
    for (size_t i = 0; i < d->facts.applied_count; i++) {
        const order_coupon *c = &d->coupons[i];
        if (c->offer != NULL && transfer_is_over(c->offer, uow_now(d->c.u)))
            transfer_close(d->c.u, c->offer, c->row, TRANSFER_STATE_EXPIRED);
    }
    if (!d->who.known) {
        member_join(d->c.u, &d->who);
        limit_book_join(d->c.book, d->who.ordinal);
    }
    make_room_for_parties(d);
    for (size_t i = 0; i < d->facts.applied_count; i++) {
        result r = confirm_coupon(d, i, id);
        if (r != R_DONE)
            return r;
    }
    if (d->in->unexpected) /* last: what is stale may be priced as expected yet */
        return uow_refuse(d->c.u, R_PRICE_CHANGED, "It costs %lld less %lld now.",
                          (long long)d->in->subtotal_minor, (long long)d->in->discount_minor);
    return R_DONE;
}

void order_name(order_desk *d, uint64_t hold_id, uint64_t redemption_id)
{
    if (d->ref == NULL)
        d->ref =
            order_ref_new(d->c.u, d->c.slot, d->in->merchant, d->who.ordinal, d->in->order_number);
    else
        order_ref_edit(d->c.u, d->ref);
    if (hold_id != 0)
        d->ref->hold = hold_id;
    d->ref->redemption = redemption_id;
}

order_use order_use_of(const order_desk *d, size_t i, uint64_t ref)
{
    return (order_use){.of = &d->of[i],
                       .row = d->coupons[i].row,
                       .member = d->who.ordinal,
                       .ref = ref,
                       .amount_minor = d->facts.applied[i].discount_minor,
                       .version = d->facts.applied[i].version};
}
