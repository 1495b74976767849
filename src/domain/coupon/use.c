/* Coupons with more than one use: see use.h. */
#include "domain/coupon/use.h"

/* ---- reading ---- */

bool use_is_many(const config_template *t)
{
    return price_uses(config_version(t, 1)) > 1;
}

static bool counts(const use_ask *ask, const held_use *h)
{
    return h->hold != ask->but && (ask->now_ms == 0 || ask->now_ms < h->deadline_ms);
}

static bool is_used(const coupon_use *use)
{
    return use->redeemed > 0 || use->redeemed_minor > 0 || use->lapsed > 0 ||
           use->lapsed_minor > 0 || use->gone > 0 || use->gone_minor > 0;
}

bool use_pins(const use_ask *ask)
{
    const coupon_use *use = ask->use;
    bool pins = use != NULL && use->version != 0 && is_used(use);
    for (size_t i = 0; use != NULL && i < use->held.n; i++)
        pins = pins || counts(ask, &use->held.items[i]);
    return pins;
}

uint32_t use_version(const use_ask *ask)
{
    return use_pins(ask) ? ask->use->version : config_effective(ask->of, ask->row->version);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void take_off(use_left *left, uint64_t uses, int64_t money_minor)
{
    if (left->uses != PRICE_USES_ANY)
        left->uses = uses < left->uses ? left->uses - (uint32_t)uses : 0;
    if (left->value_minor >= 0)
        left->money_minor = later(left->money_minor - money_minor, 0);
}

use_left use_left_of(const use_ask *ask)
{
    static const coupon_use nothing;
    const coupon_use *use = ask->use == NULL ? &nothing : ask->use;
    uint32_t version = use_version(ask);
    const template_version *v = config_version(ask->of, version);
    const price_rule *rule = config_rule(ask->of, version);
    use_left left = {.uses = price_uses(v), .value_minor = price_rule_value(rule)};
    left.money_minor = later(left.value_minor, 0);
    left.used =
        use->redeemed > 0 || use->redeemed_minor > 0 || use->gone > 0 || use->gone_minor > 0;
    take_off(&left, (uint64_t)use->redeemed + use->lapsed + use->gone,
             use->redeemed_minor + use->lapsed_minor + use->gone_minor);
    int64_t last_at_ms = use->last_at_ms;
    for (size_t i = 0; i < use->held.n; i++) {
        const held_use *h = &use->held.items[i];
        if (!counts(ask, h))
            continue;
        take_off(&left, 1, h->discount_minor);
        last_at_ms = later(last_at_ms, h->at_ms);
        left.held++;
    }
    left.worth_minor = price_rule_worth(rule, left.uses, left.money_minor);
    left.again_at_ms =
        v->use_interval_ms == 0 || last_at_ms == 0 ? 0 : last_at_ms + v->use_interval_ms;
    return left;
}

bool use_has_room(const use_left *left)
{
    return left->uses > 0 && (left->value_minor < 0 || left->money_minor > 0);
}

static use_room room_of(const use_left *left)
{
    return use_has_room(left) ? USE_LEFT : left->held > 0 ? USE_HELD : USE_NONE;
}

static const uint8_t states_of[] = {
    [USE_LEFT] = COUPON_STATE_AVAILABLE,
    [USE_HELD] = COUPON_STATE_HELD,
    [USE_NONE] = COUPON_STATE_REDEEMED,
};

coupon_now use_state_at(const config *c, const use_ask *ask, use_left *left)
{
    *left = use_left_of(ask);
    coupon now = *ask->row;
    if (now.state == COUPON_STATE_HELD)
        now.state = states_of[room_of(left)]; /* holds may be past their deadline */
    coupon_now at = coupon_state_at(c, &now, NULL, ask->now_ms);
    at.partly_used = at.state == COUPON_STATE_AVAILABLE && !at.not_yet_valid && left->used;
    return at;
}

/* ---- states ---- */

static bool is_open_or(uint8_t from, bool redeemed)
{
    return from == COUPON_STATE_AVAILABLE || from == COUPON_STATE_HELD ||
           (redeemed && from == COUPON_STATE_REDEEMED);
}

static bool is_over(uint8_t from)
{
    return from == COUPON_STATE_EXPIRED || from == COUPON_STATE_VOIDED ||
           from == COUPON_STATE_TRANSFERRED;
}

bool use_step(uint8_t from, event_kind happening, use_room room, uint8_t *to)
{
    bool back = happening == EVENT_KIND_COUPON_RETURNED || happening == EVENT_KIND_COUPON_CREDITED;
    bool ends = happening == EVENT_KIND_COUPON_RELEASED || happening == EVENT_KIND_COUPON_REDEEMED;
    *to = 0;
    if (happening == EVENT_KIND_COUPON_HELD && from != COUPON_STATE_AVAILABLE)
        return false;
    if (!back && !ends && happening != EVENT_KIND_COUPON_HELD)
        return coupon_step(from, happening, to);
    if (is_open_or(from, back))
        *to = states_of[room];
    else if (back && from == COUPON_STATE_OFFERED)
        *to = from;
    else if (is_over(from) && (back || ends))
        *to = from;
    return *to != 0;
}

/* ---- writing ---- */

static coupon_use *edited(use_desk *d, uint32_t version)
{
    if (d->use == NULL)
        d->use = coupon_use_new(d->u, d->row->slot, d->row->id);
    else
        coupon_use_edit(d->u, d->use);
    if (d->use->version == 0)
        d->use->version = version;
    return d->use;
}

/* Nothing of it is used any more: edits may reach it again. */
static void unpin(coupon_use *use)
{
    if (!is_used(use) && use->held.n == 0)
        use->version = 0;
}

static use_left left_now(const use_desk *d)
{
    return use_left_of(&(use_ask){.of = d->of, .row = d->row, .use = d->use});
}

static void move(use_desk *d, const coupon_event *what)
{
    use_left left = left_now(d);
    uint8_t to = 0;
    bool allowed = use_step(d->row->state, what->happening, room_of(&left), &to);
    CHECK(allowed);
    coupon_move_to(d->u, d->row, to, what);
}

static size_t place_of(const coupon_use *use, uint64_t hold_id)
{
    CHECK(use != NULL);
    size_t i = 0;
    while (i < use->held.n && use->held.items[i].hold != hold_id)
        i++;
    CHECK(i < use->held.n); /* it is there as long as the hold is open */
    return i;
}

/* Lists are replaced, not written in place. */
static held_use take_out(use_desk *d, uint64_t hold_id)
{
    coupon_use *use = d->use;
    size_t at = place_of(use, hold_id), n = 0;
    held_use gone = use->held.items[at];
    held_use *rest = ARENA_ARRAY(uow_memory(d->u), held_use, use->held.n);
    for (size_t i = 0; i < use->held.n; i++)
        if (i != at)
            rest[n++] = use->held.items[i];
    use->held.items = rest;
    use->held.n = n;
    return gone;
}

void use_hold(use_desk *d, const held_use *more, uint32_t version)
{
    coupon_use *use = edited(d, version);
    size_t n = use->held.n;
    CHECK(n < USE_HOLDS_MAX);
    held_use *all = ARENA_ARRAY(uow_memory(d->u), held_use, n + 1);
    if (n > 0)
        memcpy(all, use->held.items, n * sizeof(*all));
    all[n] = *more;
    use->held.items = all;
    use->held.n = n + 1;
    move(d,
         &(coupon_event){EVENT_KIND_COUPON_HELD, more->hold, more->discount_minor, use->version});
}

void use_redeem(use_desk *d, const use_redeemed *how)
{
    coupon_use *use = edited(d, how->version);
    int64_t at_ms = how->hold == 0 ? uow_now(d->u) : take_out(d, how->hold).at_ms;
    use->redeemed++;
    if (price_rule_value(config_rule(d->of, use->version)) >= 0)
        use->redeemed_minor += how->discount_minor;
    if (at_ms >= use->last_at_ms) {
        use->last_at_ms = at_ms;
        use->last = how->redemption;
    }
    move(d, &(coupon_event){EVENT_KIND_COUPON_REDEEMED, how->redemption, how->discount_minor,
                            use->version});
}

/* Of what has an end only. */
static void lapse(use_desk *d, uint32_t uses, int64_t money_minor)
{
    use_left left = left_now(d);
    if (left.uses != PRICE_USES_ANY)
        d->use->lapsed += uses;
    if (left.value_minor >= 0)
        d->use->lapsed_minor += money_minor;
}

int64_t use_release(use_desk *d, uint64_t hold_id)
{
    coupon_use *use = edited(d, 0);
    uint32_t version = use->version;
    held_use gone = take_out(d, hold_id);
    bool over = d->row->state == COUPON_STATE_EXPIRED || gone.at_ms < use->lapsed_at_ms;
    if (over)
        lapse(d, 1, gone.discount_minor);
    unpin(use);
    move(d, &(coupon_event){EVENT_KIND_COUPON_RELEASED, hold_id, 0, version});
    return over ? 0 : gone.reserved_minor;
}

void use_lapse(use_desk *d)
{
    if (d->use == NULL || d->use->version == 0)
        return; /* nothing of it is used or held, so nothing will come back to it */
    use_left left = left_now(d);
    coupon_use_edit(d->u, d->use);
    lapse(d, left.uses, left.money_minor);
    d->use->lapsed_at_ms = uow_now(d->u);
}

void use_return(use_desk *d, const use_returned *back)
{
    coupon_use *use = edited(d, 0);
    uint32_t version = use->version;
    bool stored = price_rule_value(config_rule(d->of, use->version)) >= 0;
    if (!back->complete && (!stored || back->back_minor == 0))
        return;
    if (stored)
        use->redeemed_minor -= back->back_minor;
    if (back->complete)
        use->redeemed--;
    if (back->complete && use->last == back->redemption) {
        use->last_at_ms = 0;
        use->last = 0;
    }
    unpin(use);
    coupon_event what = {back->complete ? EVENT_KIND_COUPON_RETURNED : EVENT_KIND_COUPON_CREDITED,
                         back->ref, back->back_minor, version};
    use_left left = left_now(d);
    if (d->row->state != COUPON_STATE_EXPIRED || !back->lives || !use_has_room(&left)) {
        move(d, &what);
        return;
    }
    use->revivals++;
    coupon_move_to(d->u, d->row, COUPON_STATE_AVAILABLE, &what);
}

void use_carry(const use_desk *d, carried_coupon *out)
{
    const coupon_use *use = d->use;
    if (use == NULL || use->version == 0)
        return;
    out->uses_gone = use->redeemed + use->lapsed + use->gone;
    out->gone_minor = use->redeemed_minor + use->lapsed_minor + use->gone_minor;
    out->use_version = use->version;
    out->last_at_ms = use->last_at_ms;
}

void use_receive(use_desk *d, const carried_coupon *in)
{
    if (in->use_version == 0)
        return;
    coupon_use *use = edited(d, in->use_version);
    use->gone = in->uses_gone;
    use->gone_minor = in->gone_minor;
    use->last_at_ms = in->last_at_ms;
}
