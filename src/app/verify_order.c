/* Orders of a group: holds, redemptions, returns and the order numbers that name them. */
#include "app/verify_party.h"
#include "app/verify_promotion.h"
#include "domain/coupon/adds.h"
#include "domain/coupon/state.h"
#include "domain/limit/level.h"

/* What holds and redemptions have in common. */
typedef struct order_view {
    uint64_t id, merchant;
    uint32_t member;
    uint16_t slot;
    str number;
    int64_t subtotal_minor, discount_minor;
    const order_line *lines;
    size_t line_count;
    const applied_coupon *applied;
    size_t applied_count;
    const line_share *shares;
    size_t share_count;
} order_view;

static order_view view_of_hold(const hold *h)
{
    return (order_view){.id = h->id,
                        .merchant = h->merchant,
                        .member = h->member,
                        .slot = h->slot,
                        .number = h->order_number,
                        .subtotal_minor = h->subtotal_minor,
                        .discount_minor = h->discount_minor,
                        .lines = h->lines.items,
                        .line_count = h->lines.n,
                        .applied = h->applied.items,
                        .applied_count = h->applied.n,
                        .shares = h->shares.items,
                        .share_count = h->shares.n};
}

static order_view view_of_redemption(const redemption *r)
{
    return (order_view){.id = r->id,
                        .merchant = r->merchant,
                        .member = r->member,
                        .slot = r->slot,
                        .number = r->order_number,
                        .subtotal_minor = r->subtotal_minor,
                        .discount_minor = r->discount_minor,
                        .lines = r->lines.items,
                        .line_count = r->lines.n,
                        .applied = r->applied.items,
                        .applied_count = r->applied.n,
                        .shares = r->shares.items,
                        .share_count = r->shares.n};
}

/* Shares must sum to the discounts of coupons and of lines; false: they name what is not there. */
static bool check_figures(verify *v, const verify_group *g, const verify_what *w,
                          const order_view *o)
{
    int64_t *by_coupon = ARENA_ARRAY(g->memory, int64_t, o->applied_count);
    int64_t *by_line = ARENA_ARRAY(g->memory, int64_t, o->line_count);
    int64_t subtotal = 0, discount = 0;
    for (size_t i = 0; i < o->share_count; i++) {
        const line_share *s = &o->shares[i];
        bool placed = s->applied < o->applied_count && s->line < o->line_count;
        verify_must(v, w, "shares name coupons and lines", placed);
        if (!placed)
            return false;
        by_coupon[s->applied] += s->discount_minor;
        by_line[s->line] += s->discount_minor;
    }
    for (size_t i = 0; i < o->applied_count; i++)
        verify_number(v, w, "shares of a coupon", o->applied[i].discount_minor, by_coupon[i]);
    for (size_t i = 0; i < o->line_count; i++) {
        verify_number(v, w, "shares of a line", o->lines[i].discount_minor, by_line[i]);
        subtotal += verify_line(&o->lines[i]);
        discount += o->lines[i].discount_minor;
    }
    verify_number(v, w, "subtotal_minor", subtotal, o->subtotal_minor);
    verify_number(v, w, "discount_minor", discount, o->discount_minor);
    return true;
}

/* False: what is added cannot be told. */
static bool check_adds(verify *v, const verify_what *w, const order_view *o,
                       const line_share *items, size_t n)
{
    bool placed = true;
    for (size_t i = 0; i < n && placed; i++)
        placed = items[i].applied < o->applied_count && items[i].line < o->line_count &&
                 items[i].discount_minor > 0;
    for (size_t i = 0; i < n && placed; i++) {
        const order_line *line = &o->lines[items[i].line];
        placed = line->quantity > 0 && line->returned >= 0 && line->returned <= line->quantity;
    }
    verify_must(v, w, "what is added names coupons and lines", placed);
    return placed;
}

static party_order parties_of(const order_view *o, const party_share *shares, size_t n)
{
    return (party_order){o->applied, o->applied_count, shares, n};
}

/* What is sent along is what the frozen version gives. */
static void check_gift(verify *v, const verify_what *w, const applied_coupon *a)
{
    verify_terms of;
    if (a->gift_units == 0 && a->gift.n == 0)
        return;
    const template_version *row =
        verify_terms_of(v, a->template, &of) ? config_version(of.template, a->version) : NULL;
    bool given = row != NULL && row->benefit == BENEFIT_KIND_GIFT && a->gift_units > 0,
         named = false;
    for (size_t i = 0; given && i < row->terms.n; i++)
        named = named || str_eq(row->terms.items[i].text, a->gift);
    verify_must(v, w, "its gifts are what their templates give", named);
}

/* Each coupon of the order is there, and the user's. `live`: it is held or used by this order. */
static verify_coupon *check_applied(verify *v, const verify_group *g, const verify_what *w,
                                    const order_view *o, size_t i)
{
    const applied_coupon *a = &o->applied[i];
    check_gift(v, w, a);
    if (a->coupon == 0) {
        verify_promotion_applied(v, w, a);
        return NULL;
    }
    verify_coupon *c = verify_find_coupon(g, a->coupon);
    verify_must(v, w, "its coupons are there", c != NULL);
    if (c == NULL)
        return NULL;
    verify_same_id(v, w, "applied.template",
                   (verify_ids){ID_TEMPLATE, c->row.template, a->template});
    verify_number(v, w, "member of its coupon", o->member, c->row.member);
    if (c->of.campaign != NULL)
        verify_same_id(v, w, "applied.campaign",
                       (verify_ids){ID_CAMPAIGN, c->of.campaign->row->id, a->campaign});
    return c;
}

static const order_ref *ref_of(const verify_group *g, const order_view *o)
{
    return verify_find_ref(
        g, &(order_ref){
               .slot = o->slot, .merchant = o->merchant, .member = o->member, .number = o->number});
}

static void add_takes(verify *v, const verify_group *g, const order_view *o,
                      const limit_take *takes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const limit_take *t = &takes[i];
        verify_terms of;
        if (t->applied >= o->applied_count ||
            !verify_terms_of(v, o->applied[t->applied].template, &of))
            continue;
        limit_way way = limit_way_of(t->subject);
        if (way == LIMIT_BY_USER)
            *verify_take_at(g, o->slot, o->member, t) += t->n;
        else if (way == LIMIT_SHARED)
            verify_pool_take(v, &of, t);
    }
}

/* ---- holds ---- */

/* A coupon with more than one use knows which holds have one. */
static void check_held_use(verify *v, const verify_what *w, const hold *h, const applied_coupon *a,
                           const coupon_use *use)
{
    const held_use *found = NULL;
    for (size_t i = 0; use != NULL && i < use->held.n; i++)
        if (use->held.items[i].hold == h->id)
            found = &use->held.items[i];
    verify_must(v, w, "its coupon knows its use", found != NULL);
    if (found == NULL)
        return;
    verify_number(v, w, "deadline_ms of the use", h->deadline_ms, found->deadline_ms);
    verify_number(v, w, "at_ms of the use", h->created_at_ms, found->at_ms);
    verify_number(v, w, "discount_minor of the use", a->discount_minor, found->discount_minor);
    verify_must(v, w, "the use has no more reserved than its hold",
                found->reserved_minor >= 0 && found->reserved_minor <= a->reserved_minor);
}

static void check_open(verify *v, const verify_group *g, const verify_what *w, const hold *h)
{
    order_view o = view_of_hold(h);
    const order_ref *ref = ref_of(g, &o);
    verify_must(v, w, "its order number is known", ref != NULL);
    if (ref != NULL)
        verify_same_id(v, w, "hold of its order number", (verify_ids){ID_HOLD, h->id, ref->hold});
    for (size_t i = 0; i < o.applied_count; i++) {
        verify_coupon *c = verify_find_coupon(g, o.applied[i].coupon);
        if (o.applied[i].coupon == 0)
            verify_promotion_held(g, o.slot, &o.applied[i]);
        if (c == NULL)
            continue;
        c->held++;
        c->reserved_minor += o.applied[i].reserved_minor;
        if (verify_is_many(c)) {
            check_held_use(v, w, h, &o.applied[i], c->use);
            continue;
        }
        verify_text(v, w, "state of its coupon", coupon_state_name(COUPON_STATE_HELD),
                    coupon_state_name(c->row.state));
        verify_same_id(v, w, "hold of its coupon", (verify_ids){ID_HOLD, h->id, c->row.ref});
    }
    add_takes(v, g, &o, h->takes.items, h->takes.n);
}

static void check_hold(verify *v, const verify_group *g, const hold *h)
{
    verify_what w = {.check = "hold", .kind = ID_HOLD, .id = h->id};
    verify_what index = {.check = "index", .kind = ID_HOLD, .id = h->id};
    order_view o = view_of_hold(h);
    bool open = h->state == HOLD_STATE_OPEN;
    verify_must(v, &w, "state is known", hold_state_name(h->state).n > 0);
    verify_number(v, &w, "slot", id_slot(h->id), h->slot);
    if (open)
        verify_must(v, &index, "a due entry at or before its deadline",
                    verify_has_due(v, DUE_KIND_HOLD, h->id, h->deadline_ms));
    MAYBE(check_figures(v, g, &w, &o));
    MAYBE(check_adds(v, &w, &o, h->adds.items, h->adds.n));
    party_order parties = parties_of(&o, h->parties.items, h->parties.n);
    if (verify_party_order(v, &w, &parties) && open)
        verify_party_taken(v, &parties);
    for (size_t i = 0; i < o.applied_count; i++)
        MAYBE(check_applied(v, g, &w, &o, i) != NULL);
    const verify_redemption *r = verify_find_redemption(g, h->redemption);
    if (h->state == HOLD_STATE_REDEEMED) {
        verify_must(v, &w, "its redemption is there", r != NULL);
        if (r != NULL)
            verify_same_id(v, &w, "hold of its redemption",
                           (verify_ids){ID_HOLD, h->id, r->row.hold});
    } else {
        verify_same_id(v, &w, "redemption", (verify_ids){ID_REDEMPTION, 0, h->redemption});
    }
    if (open)
        check_open(v, g, &w, h);
    verify_count_hold(v, g, h);
}

/* ---- redemptions ---- */

/* What its returns say has been collected before. */
static void check_returned(verify *v, const verify_what *w, const verify_redemption *of)
{
    const redemption *r = &of->row;
    int64_t refund_minor = 0;
    bool kept = false;
    for (size_t i = 0; i < r->lines.n; i++) {
        const order_line *line = &r->lines.items[i];
        kept = kept || line->returned < line->quantity;
        verify_number(v, w, "returned of a line", of->returned[i], line->returned);
        verify_number(v, w, "refunded_minor of a line", of->refunded[i], line->refunded_minor);
        verify_must(v, w, "no line came back beyond what was bought",
                    line->returned >= 0 && line->returned <= line->quantity);
        refund_minor += line->refunded_minor;
    }
    verify_number(v, w, "returns", of->returns, r->returns);
    verify_number(v, w, "refunded_minor", of->refund_minor, r->refunded_minor);
    verify_number(v, w, "refunded_minor by line", refund_minor, r->refunded_minor);
    for (size_t i = 0; i < r->applied.n; i++) {
        const applied_coupon *a = &r->applied.items[i];
        verify_number(v, w, "gifts asked back", of->gifts[i], a->gift_back);
        verify_must(v, w, "no more gifts are asked back than were sent, with all goods all of them",
                    a->gift_back <= a->gift_units && (kept || a->gift_back == a->gift_units));
    }
}

static void check_used(verify *v, const verify_what *w, const redemption *r, size_t i,
                       verify_coupon *c)
{
    const applied_coupon *a = &r->applied.items[i];
    c->spent_minor += a->reserved_minor;
    c->discount_minor += a->discount_minor - a->returned_minor;
    c->redeemed_minor += a->discount_minor - a->returned_minor;
    verify_code_use(v, c->row.batch, CODE_USE_REDEEMED, 1);
    if (a->returned) {
        verify_code_use(v, c->row.batch, CODE_USE_RETURNED, 1);
        return;
    }
    c->redeemed++;
    if (verify_is_many(c))
        return;
    verify_text(v, w, "state of its coupon", coupon_state_name(COUPON_STATE_REDEEMED),
                coupon_state_name(c->row.state));
    verify_same_id(v, w, "redemption of its coupon",
                   (verify_ids){ID_REDEMPTION, r->id, c->row.ref});
}

static void check_redemption(verify *v, const verify_group *g, const verify_redemption *of)
{
    const redemption *r = &of->row;
    verify_what w = {.check = "redemption", .kind = ID_REDEMPTION, .id = r->id};
    order_view o = view_of_redemption(r);
    verify_number(v, &w, "slot", id_slot(r->id), r->slot);
    const order_ref *ref = ref_of(g, &o);
    verify_must(v, &w, "its order number is known", ref != NULL);
    if (ref != NULL)
        verify_same_id(v, &w, "redemption of its order number",
                       (verify_ids){ID_REDEMPTION, r->id, ref->redemption});
    if (r->hold != 0) {
        const hold *h = verify_find_hold(g, r->hold);
        verify_must(v, &w, "its hold is there", h != NULL);
        if (h != NULL)
            verify_same_id(v, &w, "redemption of its hold",
                           (verify_ids){ID_REDEMPTION, r->id, h->redemption});
    }
    bool sound = check_figures(v, g, &w, &o);
    bool placed = check_adds(v, &w, &o, r->adds.items, r->adds.n);
    check_returned(v, &w, of);
    party_order parties = parties_of(&o, r->parties.items, r->parties.n);
    if (verify_party_order(v, &w, &parties)) {
        verify_party_taken(v, &parties);
        verify_party_used(v, g, &w, of);
    }
    for (size_t i = 0; i < o.applied_count; i++) {
        const applied_coupon *a = &o.applied[i];
        verify_coupon *c = check_applied(v, g, &w, &o, i);
        verify_must(v, &w, "no more discount came back than was given",
                    a->returned_minor >= 0 && a->returned_minor <= a->discount_minor);
        adds all = adds_of_redemption(r);
        int64_t adds_minor = placed ? adds_in_all(&all, i) - adds_returned(&all, i) : 0;
        if (a->coupon == 0)
            verify_promotion_used(g, o.slot, a, adds_minor);
        if (a->coupon == 0)
            verify_promotion_user(g, r, a);
        if (c != NULL) {
            c->adds_minor += adds_minor;
            check_used(v, &w, r, i, c);
        }
    }
    add_takes(v, g, &o, r->takes.items, r->takes.n);
    if (sound)
        verify_goods_redeemed(v, r);
}

/* ---- returns ---- */

static void check_return(verify *v, const verify_group *g, const order_return *back)
{
    verify_what w = {.check = "return", .kind = ID_RETURN, .id = back->id};
    verify_redemption *r = verify_find_redemption(g, back->redemption);
    verify_must(v, &w, "its redemption is there", r != NULL);
    if (r == NULL)
        return;
    int64_t refund_minor = 0;
    for (size_t i = 0; i < back->lines.n; i++) {
        const return_line *line = &back->lines.items[i];
        verify_must(v, &w, "its lines are there", line->line < r->row.lines.n);
        if (line->line >= r->row.lines.n)
            return;
        r->returned[line->line] += line->quantity;
        r->refunded[line->line] += line->refund_minor;
        refund_minor += line->refund_minor;
    }
    verify_number(v, &w, "refund_minor", refund_minor, back->refund_minor);
    r->returns++;
    r->refund_minor += back->refund_minor;
    for (size_t i = 0; i < back->gifts.n; i++) {
        const return_gift *gift = &back->gifts.items[i];
        verify_must(v, &w, "its gifts are there",
                    gift->applied < r->row.applied.n && gift->units > 0);
        if (gift->applied < r->row.applied.n)
            r->gifts[gift->applied] += gift->units;
    }
    for (size_t i = 0; i < back->restored.n; i++) {
        bool used = false;
        for (size_t a = 0; a < r->row.applied.n; a++)
            used = used || (r->row.applied.items[a].coupon == back->restored.items[i].coupon &&
                            r->row.applied.items[a].returned);
        verify_must(v, &w, "what it restored was used and is given back", used);
    }
    verify_party_returned(v, &w, r, back);
    verify_goods_returned(v, r, back);
}

/* ---- order numbers ---- */

static void check_ref(verify *v, const verify_group *g, const order_ref *ref)
{
    verify_what w = {.check = "order_ref", .subject = ref->number};
    const hold *h = verify_find_hold(g, ref->hold);
    const verify_redemption *r = verify_find_redemption(g, ref->redemption);
    verify_must(v, &w, "it names something", ref->hold != 0 || ref->redemption != 0);
    if (ref->hold != 0)
        verify_must(v, &w, "its hold is there and has its number",
                    h != NULL && h->merchant == ref->merchant && h->member == ref->member &&
                        str_eq(h->order_number, ref->number));
    if (ref->redemption != 0)
        verify_must(v, &w, "its redemption is there and has its number",
                    r != NULL && r->row.merchant == ref->merchant && r->row.member == ref->member &&
                        str_eq(r->row.order_number, ref->number));
}

void verify_orders(verify *v, verify_group *g)
{
    const order_return *returns = g->returns.items;
    const verify_redemption *redemptions = g->redemptions.items;
    const hold *holds = g->holds.items;
    const order_ref *refs = g->refs.items;
    for (size_t i = 0; i < g->returns.n; i++)
        check_return(v, g, &returns[i]);
    for (size_t i = 0; i < g->redemptions.n; i++)
        check_redemption(v, g, &redemptions[i]);
    for (size_t i = 0; i < g->holds.n; i++)
        check_hold(v, g, &holds[i]);
    for (size_t i = 0; i < g->refs.n; i++)
        check_ref(v, g, &refs[i]);
}
