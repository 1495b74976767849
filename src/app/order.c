/* See order.h. The lines are copied with their discounts filled in, so the caller's cart never
 * changes. */
#include "app/order.h"

#include "app/order_choose.h"
#include "app/order_freeze.h"
#include "app/order_usable.h"
#include "app/promotion.h"
#include "app/room.h"
#include "base/id.h"
#include "domain/campaign/currency.h"
#include "domain/campaign/state.h"
#include "domain/coupon/basis.h"
#include "domain/coupon/move.h"
#include "domain/coupon/use.h"
#include "domain/limit/level.h"
#include "domain/price/price.h"

typedef struct order_desk {
    const order_ask *ask;
    usable_ask when;    /* with the open hold of this order: it is replaced */
    coupon_list all;    /* what may be priced: the rest has its verdict */
    coupon_list chosen; /* of all, where they are chosen */
    size_t candidates;  /* of all */
    promotion automatic[AUTOMATIC_MAX];
    size_t automatic_n;
    room *room;    /* of all, where it is looked for; NULL: nothing limits them */
    bool doubtful; /* of a choice: there is no room for a promotion beside some sets */
} order_desk;

/* What the order number stands for under the names that are this user's now, those of numbers among
 * them (coupon/move.h): nothing new is done for those, so what was there is there for ever, and an
 * open hold ends. */
static void look_at_names(app_view *v, const order_ask *ask, const user *who, order_priced *out)
{
    out->names = move_names_mark(who);
    for (size_t i = 0; i < who->moved.n && out->redemption == 0; i++) {
        const moved_user *of = &who->moved.items[i];
        uint16_t slot = slot_of_user(ask->merchant, of->name);
        const user *was = user_get(v->rows, slot, ask->merchant, of->name);
        const order_ref *ref = was == NULL ? NULL
                                           : order_ref_get(v->rows, slot, ask->merchant,
                                                           was->member, ask->order_number);
        const hold *by = ref == NULL ? NULL : hold_get(v->rows, slot, ref->hold);
        out->redemption = ref == NULL ? 0 : ref->redemption;
        out->elsewhere = out->elsewhere || (by != NULL && by->state == HOLD_STATE_OPEN);
    }
}

/* What the order number stands for so far. */
static void look_up(app_view *v, order_desk *d, order_priced *out)
{
    const order_ask *ask = d->ask;
    uint16_t slot = slot_of_user(ask->merchant, ask->user);
    const user *who =
        ask->order_number.n == 0 ? NULL : user_get(v->rows, slot, ask->merchant, ask->user);
    const order_ref *ref =
        who == NULL ? NULL
                    : order_ref_get(v->rows, slot, ask->merchant, who->member, ask->order_number);
    if (ref != NULL) {
        d->when.hold = ref->hold;
        out->hold = ref->hold;
        out->redemption = ref->redemption;
    }
    if (who != NULL)
        look_at_names(v, ask, who, out);
}

uint8_t order_missing_subject(const app_view *v, const order_ask *ask, uint64_t template_id)
{
    terms of = terms_of(v->config, template_id);
    return limit_missing_subject(&of, ~(1U << LIMIT_MEASURE_CLAIMS), ask->subjects);
}

static void refuse(order_verdict *verdict, result code)
{
    verdict->result = code;
    verdict->reason = result_code(code);
}

static void fill(const order_ask *ask, const cart *basket, arena *memory, const price_result *price,
                 order_in *in)
{
    order_line *lines = ARENA_ARRAY(memory, order_line, ask->line_count + 1);
    for (size_t i = 0; i < ask->line_count; i++) {
        lines[i] = basket->lines[i];
        lines[i].discount_minor = price->line_discount_minor[i];
        lines[i].returned = 0;
        lines[i].refunded_minor = 0;
    }
    in->merchant = ask->merchant;
    in->user = ask->user;
    in->order_number = ask->order_number;
    in->currency = ask->currency;
    in->store = ask->store;
    in->channel = ask->channel;
    in->subtotal_minor = price->subtotal_minor;
    in->discount_minor = price->discount_minor;
    in->lines.items = lines;
    in->lines.n = ask->line_count;
    in->shares.items = price->shares;
    in->shares.n = price->share_count;
    in->adds.items = price->adds;
    in->adds.n = price->add_count;
}

static void apply(order_priced *out, const coupon_list *from, const price_result *price,
                  arena *memory)
{
    applied_coupon *applied = ARENA_ARRAY(memory, applied_coupon, from->n + 1);
    uint16_t *place = ARENA_ARRAY(memory, uint16_t, from->n + 1);
    price_policy policy = policy_of(out->in.policy.items, out->in.policy.n);
    bool sends = policy.gift_missing == GIFT_MISSING_ADD;
    size_t used = 0;
    for (size_t i = 0; i < from->n; i++) {
        order_told(&out->verdicts[from->verdicts[i]], &price->verdicts[i]);
    }
    for (size_t k = 0; k < price->order_count; k++) { /* as they applied: returns follow it */
        size_t i = price->order[k];
        place[i] = (uint16_t)used;
        out->verdicts[from->verdicts[i]].applied = used;
        applied[used++] = (applied_coupon){.coupon = from->prices[i].coupon,
                                           .campaign = from->prices[i].campaign,
                                           .template = from->prices[i].template,
                                           .version = from->prices[i].version,
                                           .discount_minor = price->verdicts[i].discount_minor};
        if (sends) { /* the rule that names it may be gone when the act runs */
            applied[used - 1].gift = arena_str(memory, price->verdicts[i].gift);
            applied[used - 1].gift_units = price->verdicts[i].gift_units;
        }
    }
    for (size_t i = 0; i < price->share_count; i++) { /* only coupons that apply have shares */
        price->shares[i].applied = place[price->shares[i].applied];
    }
    for (size_t i = 0; i < price->add_count; i++) {
        price->adds[i].applied = place[price->adds[i].applied];
    }
    out->in.applied.items = applied;
    out->in.applied.n = used;
}

static bool is_in_currency(bool takes, order_verdict *verdict)
{
    if (!takes) {
        verdict->result = R_NOT_APPLICABLE;
        verdict->reason = S("currency_mismatch");
    }
    return takes;
}

int64_t order_cut_to(int64_t before_minor, int64_t left_minor)
{
    return before_minor == 0 || left_minor < before_minor ? left_minor : before_minor - 1;
}

static int64_t most_of(const order_ask *ask, const price_coupon *one)
{
    uint64_t of = one->automatic ? one->template : one->coupon;
    for (size_t i = 0; i < ask->cut_count; i++) {
        if (ask->cuts[i].of == of) {
            return ask->cuts[i].most_minor;
        }
    }
    return 0;
}

static void take_up(order_desk *d, const price_coupon *one, int64_t expires_at_ms, size_t verdict)
{
    coupon_list *from = &d->all;
    from->verdicts[from->n] = verdict;
    from->expires_at_ms[from->n] = expires_at_ms;
    from->prices[from->n] = *one;
    from->prices[from->n++].most_minor = most_of(d->ask, one);
    d->candidates += !one->automatic;
}

/* Of a wallet not all may be priced. No order can use more of those alike, of which the best to use
 * come first. */
static bool has_room_for(const order_desk *d, const price_coupon *one, size_t *overlooked)
{
    size_t alike = 0;
    for (size_t i = 0; i < d->all.n; i++) {
        alike += !d->all.prices[i].automatic && d->all.prices[i].rule == one->rule &&
                 d->all.prices[i].used_minor == one->used_minor;
    }
    if (d->ask->best == NULL || !d->ask->best->wallet ||
        (alike < ORDER_COUPONS_MAX && d->candidates + d->ask->draft_count < ORDER_CANDIDATES_MAX)) {
        return true;
    }
    *overlooked += alike < ORDER_COUPONS_MAX;
    return false;
}

static bool is_hidden(const order_ask *ask, size_t i)
{
    return ask->hides && ask->typed != NULL && ask->typed[i] > 0;
}

/* They may be over by the time of the act. */
static void put_hidden(const order_ask *ask, arena *memory, order_in *in)
{
    in->hidden.items = ARENA_ARRAY(memory, coupon_ref, ask->coupon_count);
    for (size_t i = 0; i < ask->coupon_count; i++) {
        if (is_hidden(ask, i)) {
            in->hidden.items[in->hidden.n++].coupon = ask->coupons[i];
        }
    }
}

static void look_at_coupon(app_view *v, order_desk *d, size_t i, order_priced *out)
{
    order_verdict *verdict = &out->verdicts[i];
    uint64_t id = d->ask->coupons[i];
    usable_span span;
    price_coupon one = {0};
    if (id == 0) {
        refuse(verdict, R_CODE_INVALID);
        return;
    }
    if (d->ask->user.n == 0) { /* whoever's it is: that is not for him to know */
        *verdict = (order_verdict){.coupon = id, .result = R_WRONG_USER, .reason = NEEDS_USER};
        return;
    }
    result code = usable_coupon(v, &d->when, id, &one, &span);
    if (span.over && is_hidden(d->ask, i)) {
        refuse(verdict, R_CODE_INVALID);
        return;
    }
    verdict->coupon = id;
    verdict->from_ms = span.from_ms;
    verdict->template = code == R_NOT_FOUND || code == R_WRONG_USER ? 0 : one.template;
    verdict->subject = code == R_DONE ? order_missing_subject(v, d->ask, one.template) : 0;
    if (code != R_DONE || verdict->subject != 0) {
        refuse(verdict, code != R_DONE ? code : R_LIMIT_SUBJECT_MISSING);
    } else if (is_in_currency(order_takes_currency(v, d->ask, &one), verdict)) {
        if (has_room_for(d, &one, &out->overlooked)) {
            take_up(d, &one, span.expires_at_ms, i);
        } else {
            verdict->result = R_NOT_STACKABLE;
            verdict->reason = S("not_considered");
        }
    }
}

static void look_at_draft(app_view *v, order_desk *d, size_t i, order_verdict *verdict)
{
    const order_draft *draft = &d->ask->drafts[i];
    price_coupon one = {
        .rule = draft->rule, .currency = draft->of->currency, .automatic = draft->automatic};
    usable_span span;
    result code = usable_draft(v, &d->when, draft, &span);
    currency_rule priced = {draft->version, draft->rule};
    bool takes = currency_takes(draft->of, draft->version, priced, d->ask->currency);
    verdict->from_ms = span.from_ms;
    if (code != R_DONE) {
        refuse(verdict, code);
    } else if (is_in_currency(takes, verdict)) {
        take_up(d, &one, span.expires_at_ms, d->ask->coupon_count + i);
    }
}

static bool is_left_out(const order_ask *ask, uint64_t template_id)
{
    for (size_t i = 0; i < ask->left_out_count; i++) {
        if (ask->left_out[i] == template_id) {
            return true;
        }
    }
    return false;
}

static void look_at_automatic(app_view *v, order_desk *d, size_t i, order_priced *out)
{
    const terms *of = &d->automatic[i].of;
    uint32_t version = d->automatic[i].version;
    size_t place = d->ask->coupon_count + d->ask->draft_count + i;
    order_verdict *verdict = &out->verdicts[place];
    const template *t = of->template->row;
    price_coupon one = {.campaign = t->campaign,
                        .template = t->id,
                        .version = version,
                        .rule = config_rule(of->template, version),
                        .currency = of->campaign->row->currency,
                        .automatic = true};
    verdict->template = t->id;
    verdict->subject = order_missing_subject(v, d->ask, t->id);
    if (is_left_out(d->ask, t->id) || verdict->subject != 0) {
        refuse(verdict, verdict->subject != 0 ? R_LIMIT_SUBJECT_MISSING : R_LIMIT_REACHED);
    } else if (is_in_currency(order_takes_currency(v, d->ask, &one), verdict)) {
        take_up(d, &one, 0, place);
    }
}

/* What applies by itself comes first where stage, priority and policy leave it open: a shop shows
 * its prices with that. */
static void look_at_all(app_view *v, order_desk *d, order_priced *out)
{
    const order_ask *ask = d->ask;
    size_t named = ask->coupon_count + ask->draft_count;
    d->automatic_n = promotions_find(v, ask, d->automatic);
    out->coupon_count = ask->coupon_count;
    out->verdict_count = named + d->automatic_n;
    out->verdicts = ARENA_ARRAY(v->memory, order_verdict, out->verdict_count);
    for (size_t i = 0; i < d->automatic_n; i++) {
        look_at_automatic(v, d, i, out);
    }
    for (size_t i = 0; i < ask->draft_count; i++) {
        if (ask->drafts[i].automatic) {
            look_at_draft(v, d, i, &out->verdicts[ask->coupon_count + i]);
        }
    }
    for (size_t i = 0; i < ask->coupon_count; i++) {
        look_at_coupon(v, d, i, out);
    }
    for (size_t i = 0; i < ask->draft_count; i++) {
        if (!ask->drafts[i].automatic) {
            look_at_draft(v, d, i, &out->verdicts[ask->coupon_count + i]);
        }
    }
}

/* What is priced. */
static const coupon_list *list_of(const order_desk *d)
{
    return d->ask->best != NULL ? &d->chosen : &d->all;
}

/* Of a choice: promotions of which there is room for none, whatever is chosen. */
static void take_out_promotions(order_desk *d, order_priced *out)
{
    for (size_t i = d->all.n; i > 0; i--) {
        const price_coupon *c = &d->all.prices[i - 1];
        room_use one = {.template = c->template};
        room_lack lack;
        if (c->automatic && !room_has(d->room, &one, 1, &lack)) {
            order_lacks(&out->verdicts[d->all.verdicts[i - 1]], &lack);
            coupon_list_drop(&d->all, i - 1);
        }
    }
}

static size_t place_of_verdict(const coupon_list *from, size_t verdict)
{
    size_t at = 0;
    while (from->verdicts[at] != verdict) {
        at++;
    }
    return at;
}

/* An act finds out by itself what there is no room for, but not where a promotion that it will
 * leave out keeps a coupon from applying. */
static bool is_kept_out(const coupon_list *from, const price_result *price)
{
    bool promoted = false, refused = false;
    for (size_t i = 0; i < from->n; i++) {
        bool applies = price->verdicts[i].result == R_DONE;
        promoted = promoted || (applies && from->prices[i].automatic);
        refused = refused || (!applies && !from->prices[i].automatic);
    }
    return promoted && refused;
}

static room *room_of(app_view *v, const order_desk *d, const price_ask *how)
{
    room_ask ask = {.of = d->ask,
                    .replaced = d->when.hold,
                    .coupons = d->all.prices,
                    .n = d->all.n,
                    .partial = how->policy.budget == BUDGET_PARTIAL};
    return room_new(v, &ask);
}

/* Takes out the first, in the order in which they apply, that there is no room for, or cuts it to
 * what its budget has left (BUDGET_PARTIAL); for an act, only promotions. False: nothing more. */
static bool take_out_one(app_view *v, order_desk *d, const price_ask *how,
                         const price_result *price, order_priced *out)
{
    const coupon_list *from = list_of(d);
    price_ask ask = *how;
    room_use *uses;
    room_lack lack;
    if (!d->ask->quote && d->room == NULL && is_kept_out(from, price)) {
        d->room = room_of(v, d, how);
    }
    if (d->room == NULL) {
        return false;
    }
    ask.coupons = from->prices;
    ask.n = from->n;
    size_t n = room_uses(&ask, price, v->memory, &uses);
    if (room_has(d->room, uses, n, &lack) || (!d->ask->quote && uses[lack.use].coupon != 0)) {
        return false;
    }
    size_t verdict = from->verdicts[price->order[lack.use]];
    size_t at = place_of_verdict(&d->all, verdict);
    int64_t *most_minor = &d->all.prices[at].most_minor;
    *most_minor = lack.most_minor == 0 ? 0 : order_cut_to(*most_minor, lack.most_minor);
    d->doubtful = true;
    if (*most_minor == 0) {
        order_lacks(&out->verdicts[verdict], &lack);
        coupon_list_drop(&d->all, at);
    }
    return true;
}

/* The policy by which it is priced; the snapshot may be gone when the act runs. */
static void copy_policy(const order_ask *ask, const merchant *shop, arena *memory, order_in *in)
{
    bool own = ask->policy == NULL;
    const policy_choice *policy = own ? shop->policy.items : ask->policy;
    size_t n = own ? shop->policy.n : ask->policy_count;
    in->policy.items = ARENA_ARRAY(memory, policy_choice, n);
    in->policy.n = n;
    for (size_t i = 0; i < n; i++) {
        in->policy.items[i] = policy[i];
    }
}

/* Has a coupon or draft that was named its verdict before any is priced? */
static bool is_spoiled(const order_desk *d, const order_priced *out)
{
    for (size_t i = 0; i < d->ask->coupon_count + d->ask->draft_count; i++) {
        size_t draft = i - d->ask->coupon_count;
        bool named = i < d->ask->coupon_count || !d->ask->drafts[draft].automatic;
        if (named && out->verdicts[i].result != R_DONE) {
            return true;
        }
    }
    return false;
}

static result price_all(app_view *v, order_desk *d, const price_ask *how, price_result *price,
                        order_priced *out)
{
    price_ask ask = *how;
    if (d->ask->best != NULL) {
        coupon_choice from = {how, d->ask->best, &d->all, &d->chosen, d->room, &d->doubtful};
        result r = order_choose(&from, v->memory, out);
        if (r != R_DONE) {
            return r;
        }
    }
    ask.coupons = list_of(d)->prices;
    ask.n = list_of(d)->n;
    ask.spoiled = d->ask->best == NULL && is_spoiled(d, out);
    return price_cart(&ask, v->memory, price);
}

static order_ask with_wallet(app_view *v, const order_desk *d, order_priced *out)
{
    order_ask with = *d->ask;
    bool more = false;
    if (with.best != NULL && with.best->wallet) {
        with.coupons = order_wallet(v, d->ask, d->when.hold, &with.coupon_count, &more);
        with.typed = NULL;
    }
    out->overlooked = more ? 1 : 0;
    return with;
}

result order_price(app_view *v, const order_ask *asked, order_priced *out)
{
    *out = (order_priced){0};
    arena *memory = v->memory;
    order_desk *d = ARENA_NEW(memory, order_desk);
    d->ask = asked;
    look_up(v, d, out);
    order_ask with = with_wallet(v, d, out);
    const order_ask *ask = d->ask = &with;
    CHECK(ask->best != NULL || ask->coupon_count <= ORDER_COUPONS_MAX);
    CHECK(ask->draft_count <= ORDER_COUPONS_MAX);
    d->when.of = ask;
    d->when.days = order_days(v, ask);
    look_at_all(v, d, out);
    cart basket = order_cart(v, ask);
    price_result price;
    const config_merchant *shop = config_find_merchant(v->config, ask->merchant);
    CHECK(shop != NULL); /* whose key asks */
    copy_policy(ask, shop->row, memory, &out->in);
    price_ask how = {.cart = &basket,
                     .policy = policy_of(out->in.policy.items, out->in.policy.n),
                     .groups = shop->row->groups.items,
                     .group_count = shop->row->groups.n,
                     .coupons_max = shop->row->coupons_max};
    if (ask->quote && ask->at_ms == NULL) {
        d->room = room_of(v, d, &how);
    }
    if (d->room != NULL && ask->best != NULL) {
        take_out_promotions(d, out);
    }
    result code;
    do {
        code = price_all(v, d, &how, &price, out);
    } while (code == R_DONE && take_out_one(v, d, &how, &price, out));
    if (code != R_DONE) {
        return code;
    }
    fill(ask, &basket, memory, &price, &out->in);
    if (!ask->quote) {
        out->in.basis = order_basis(v->config, ask->merchant, basket.at_ms);
        put_hidden(ask, memory, &out->in);
    }
    apply(out, list_of(d), &price, memory);
    order_freeze(&how, list_of(d), &price, memory, &out->in);
    out->proven = out->proven && !d->doubtful;
    if (out->overlooked > 0 || d->doubtful) {
        out->gap_minor = price.subtotal_minor - price.discount_minor;
    }
    if (ask->user.n == 0) {
        order_told_guest(out);
    }
    for (size_t i = 0; i < ask->coupon_count && out->refused == NULL; i++) {
        out->refused = out->verdicts[i].result == R_DONE ? NULL : &out->verdicts[i];
    }
    return R_DONE;
}
