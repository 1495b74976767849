/* See order_choose.h. */
#include "app/order_choose.h"

#include "app/query_coupons.h"
#include "base/id.h"

enum { QUOTAS_MAX = 32 }; /* of more, sets are only asked about whole */

void coupon_list_drop(coupon_list *of, size_t at)
{
    CHECK(at < of->n);
    size_t behind = --of->n - at;
    memmove(&of->prices[at], &of->prices[at + 1], behind * sizeof(of->prices[0]));
    memmove(&of->verdicts[at], &of->verdicts[at + 1], behind * sizeof(of->verdicts[0]));
    memmove(&of->expires_at_ms[at], &of->expires_at_ms[at + 1],
            behind * sizeof(of->expires_at_ms[0]));
}

void order_lacks(order_verdict *to, const room_lack *lack)
{
    to->result = lack->code;
    to->reason = result_code(lack->code);
    to->detail = lack->text;
    to->until_ms = lack->until_ms;
}

void order_told(order_verdict *to, const price_verdict *from)
{
    to->result = from->result;
    to->reason = from->reason;
    to->missing_minor = from->missing_minor;
    to->why = from->why;
    to->missing_units = from->missing_units;
    to->adds_minor = from->adds_minor;
    to->gift = from->gift;
    to->gift_units = from->gift_units;
    to->discount_minor = from->discount_minor;
}

void order_told_guest(order_priced *out)
{
    for (size_t i = 0; i < out->verdict_count; i++) {
        rule_refusal *why = &out->verdicts[i].why;
        if (str_eq(why->reason, S("fact_unknown")) && str_starts(why->fact, S("user."))) {
            why->reason = NEEDS_USER;
        }
    }
}

/* ---- the wallet ---- */

static bool goes_before(const coupon_seen *a, const coupon_seen *b)
{
    if (a->row->template != b->row->template) {
        return a->row->template <b->row->template;
    }
    if (a->now.expires_at_ms != b->now.expires_at_ms) {
        return a->now.expires_at_ms < b->now.expires_at_ms;
    }
    return a->row->id < b->row->id;
}

static bool is_among(const uint64_t *ids, size_t n, uint64_t id)
{
    size_t i = 0;
    while (i < n && ids[i] != id) {
        i++;
    }
    return i < n;
}

/* Coupons of an open hold. */
static size_t held_by(app_view *v, uint64_t hold_id, uint64_t *out)
{
    const hold *row = hold_id == 0 ? NULL : hold_get(v->rows, id_slot(hold_id), hold_id);
    size_t used = 0;
    for (size_t i = 0; row != NULL && row->state == HOLD_STATE_OPEN && i < row->applied.n; i++) {
        if (row->applied.items[i].coupon != 0) {
            out[used++] = row->applied.items[i].coupon;
        }
    }
    return used;
}

const uint64_t *order_wallet(app_view *v, const order_ask *ask, uint64_t replaced, size_t *n,
                             bool *more)
{
    coupon_seen *seen = ARENA_ARRAY(v->memory, coupon_seen, WALLET_CANDIDATES_MAX);
    uint64_t *out =
        ARENA_ARRAY(v->memory, uint64_t, ORDER_COUPONS_MAX + (size_t)WALLET_CANDIDATES_MAX);
    wallet_place next;
    wallet_ask wish = {.merchant = ask->merchant,
                       .user = ask->user,
                       .state = COUPON_STATE_AVAILABLE,
                       .usable = true,
                       .at_ms = ask->at_ms,
                       .limit = WALLET_CANDIDATES_MAX};
    *n = query_wallet(v, &wish, seen, &next, more);
    for (size_t i = 1; i < *n; i++) {
        coupon_seen one = seen[i];
        size_t at = i;
        for (; at > 0 && goes_before(&one, &seen[at - 1]); at--) {
            seen[at] = seen[at - 1];
        }
        seen[at] = one;
    }
    uint8_t turn[WALLET_CANDIDATES_MAX] = {0};
    size_t held = held_by(v, replaced, out), used = held, left = *n;
    for (size_t i = 1; i < *n; i++) {
        bool same = seen[i].row->template == seen[i - 1].row->template;
        turn[i] = same ? (uint8_t)(turn[i - 1] + 1) : 0;
    }
    for (size_t now = 0; left > 0; now++) {
        for (size_t i = 0; i < *n; i++) {
            if (turn[i] == now) {
                left--;
                out[used] = seen[i].row->id;
                used += !is_among(out, held, seen[i].row->id);
            }
        }
    }
    *n = used;
    return out;
}

/* ---- room ---- */

/* Is there room for the coupons, without promotions that there is none for, and cut to what budgets
 * have left where that will do? uses is written to. */
static bool has_room(const coupon_choice *from, room_use *uses, size_t n, room_lack *lack)
{
    while (!room_has(from->room, uses, n, lack)) {
        room_use *use = &uses[lack->use];
        bool cut = lack->most_minor > 0 && lack->most_minor < use->discount_minor;
        if (use->coupon != 0 && !cut) {
            return false;
        }
        *from->doubtful = true;
        if (cut) {
            use->discount_minor = lack->most_minor;
            continue;
        }
        n--;
        memmove(&uses[lack->use], &uses[lack->use + 1], (n - lack->use) * sizeof(*uses));
    }
    return true;
}

static bool allows(void *context, const best_use *of, size_t n)
{
    const coupon_choice *from = context;
    room_use uses[PRICE_COUPONS_MAX];
    room_lack lack;
    for (size_t i = 0; i < n; i++) {
        const price_coupon *c = &from->all->prices[of[i].coupon];
        uses[i] = (room_use){.template = c->template,
                             .coupon = c->coupon,
                             .discount_minor = of[i].discount_minor,
                             .units = of[i].units};
    }
    return has_room(from, uses, n, &lack);
}

/* A coupon that applies beside the set, but that there is no room for, says so. */
static result tell_room(const coupon_choice *from, uint64_t set, size_t one, arena *memory,
                        order_verdict *to)
{
    price_ask ask = *from->how;
    price_coupon *with = ARENA_ARRAY(memory, price_coupon, from->all->n);
    price_result price;
    room_use *uses;
    room_lack lack;
    ask.coupons = with;
    ask.n = 0;
    for (size_t i = 0; i < from->all->n; i++) {
        const price_coupon *c = &from->all->prices[i];
        if (c->automatic || i == one || (set >> i & 1) != 0) {
            with[ask.n++] = *c;
        }
    }
    result r = price_cart(&ask, memory, &price);
    if (r != R_DONE) {
        return r;
    }
    size_t n = room_uses(&ask, &price, memory, &uses);
    if (!has_room(from, uses, n, &lack)) {
        order_lacks(to, &lack);
    }
    return R_DONE;
}

/* ---- the choice ---- */

static bool has(uint64_t set, size_t i)
{
    return (set >> i & 1) != 0;
}

static order_choice choice_of(const best_set *set, const coupon_list *all, arena *memory)
{
    size_t *verdicts = ARENA_ARRAY(memory, size_t, all->n);
    order_choice out = {.verdicts = verdicts, .discount_minor = set->discount_minor};
    for (size_t i = 0; i < all->n; i++) {
        if (has(set->coupons, i)) {
            verdicts[out.n++] = all->verdicts[i];
        }
    }
    return out;
}

static void tell(const best_answer *found, const coupon_list *all, arena *memory, order_priced *out)
{
    out->choices = ARENA_ARRAY(memory, order_choice, found->n);
    out->choice_count = found->n;
    out->proven = found->proven && out->overlooked == 0;
    out->gap_minor = found->gap_minor;
    for (size_t i = 0; i < found->n; i++) {
        out->choices[i] = choice_of(&found->sets[i], all, memory);
    }
}

static void move_up(coupon_list *of, size_t from, size_t to)
{
    price_coupon price = of->prices[from];
    int64_t expires_at_ms = of->expires_at_ms[from];
    size_t verdict = of->verdicts[from];
    for (size_t i = from; i > to; i--) {
        of->prices[i] = of->prices[i - 1];
        of->expires_at_ms[i] = of->expires_at_ms[i - 1];
        of->verdicts[i] = of->verdicts[i - 1];
    }
    of->prices[to] = price;
    of->expires_at_ms[to] = expires_at_ms;
    of->verdicts[to] = verdict;
}

/* Behind the automatic ones, which stay where they are; those of a template stay together. */
static result sort_by_value(const price_ask *how, arena *memory, coupon_list *all)
{
    int64_t values[PRICE_COUPONS_MAX];
    for (size_t i = 0; i < all->n; i++) {
        price_ask alone = *how;
        price_result price = {0};
        alone.coupons = &all->prices[i];
        alone.n = 1;
        result r = price_cart(&alone, memory, &price);
        if (r != R_DONE) {
            return r;
        }
        int64_t value = all->prices[i].automatic ? INT64_MAX : price.discount_minor;
        size_t to = i;
        for (; to > 0; to--) {
            if (values[to - 1] > value ||
                (values[to - 1] == value &&
                 all->prices[to - 1].template <= all->prices[i].template)) {
                break;
            }
            values[to] = values[to - 1];
        }
        values[to] = value;
        move_up(all, i, to);
    }
    return R_DONE;
}

result order_choose(const coupon_choice *from, arena *memory, order_priced *out)
{
    const price_ask *ask = from->how;
    const order_best *best = from->best;
    coupon_list *all = from->all, *chosen = from->chosen;
    best_ask wish = {.price = *ask, .expires_at_ms = all->expires_at_ms, .sets = best->sets};
    price_verdict verdicts[PRICE_COUPONS_MAX];
    best_answer found;
    best_quota quotas[QUOTAS_MAX];
    wish.price.coupons = all->prices;
    wish.price.n = all->n;
    if (ask->coupons_max == 0 || ask->coupons_max > ORDER_COUPONS_MAX) {
        wish.price.coupons_max = ORDER_COUPONS_MAX; /* a hold could name no more */
    }
    result r = R_DONE;
    if (best->wallet && ask->policy.evaluation == EVALUATION_REQUESTED) {
        r = sort_by_value(ask, memory, all);
    }
    if (r == R_DONE && from->room != NULL) {
        wish.allows = allows;
        wish.context = (coupon_choice *)(uintptr_t)from;
        wish.quotas = quotas;
        wish.quota_n = room_quotas(from->room, all->prices, all->n, quotas, QUOTAS_MAX);
    }
    if (r == R_DONE) {
        r = price_best(&wish, memory, &found);
    }
    if (r == R_DONE) {
        r = price_best_explain(&wish.price, found.sets[0].coupons, memory, verdicts);
    }
    if (r != R_DONE) {
        return r;
    }
    chosen->n = 0;
    for (size_t i = 0; r == R_DONE && i < all->n; i++) {
        order_verdict *to = &out->verdicts[all->verdicts[i]];
        if (has(found.sets[0].coupons, i) || all->prices[i].automatic) {
            chosen->prices[chosen->n] = all->prices[i];
            chosen->verdicts[chosen->n++] = all->verdicts[i];
            continue;
        }
        order_told(to, &verdicts[i]);
        if (from->room != NULL && str_eq(to->reason, S("not_better"))) {
            r = tell_room(from, found.sets[0].coupons, i, memory, to);
        }
    }
    tell(&found, all, memory, out);
    return r;
}
