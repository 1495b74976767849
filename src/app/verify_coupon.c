/* Users and coupons of a group, each by itself and against what names it. */
#include <stdio.h>

#include "app/verify_transfer.h"
#include "domain/coupon/erase.h"
#include "domain/coupon/use.h"

/* ---- users ---- */

static void check_user(verify *v, const verify_group *g, const user *u)
{
    verify_what w = {.check = "user", .subject = u->name};
    const member *m = verify_find_member(g, u->slot, u->member);
    verify_must(v, &w, "the member is there", m != NULL);
    verify_number(v, &w, "slot", slot_of_user(u->merchant, u->name), u->slot);
    if (m == NULL)
        return;
    verify_same_id(v, &w, "member.merchant", (verify_ids){ID_MERCHANT, u->merchant, m->merchant});
    verify_text(v, &w, "member.name", u->name, m->name);
    verify_must(v, &w, "a pseudonym is that of an erasure",
                erase_is_pseudonym(m->name) == (m->erasure != 0));
}

/* Ordinals of a slot are 1 to `members`, and each belongs to one user: members are ascending. */
static void check_heads(verify *v, const verify_group *g)
{
    const member *members = g->members.items;
    const slot_head *heads = g->heads.items;
    for (size_t i = 0, next = 0; i < g->heads.n; i++) {
        uint32_t expected = 0;
        char text[32];
        int n = snprintf(text, sizeof(text), "slot %u", heads[i].slot);
        verify_what w = {.check = "user", .subject = {text, (size_t)n}};
        while (next < g->members.n && members[next].slot < heads[i].slot)
            next++;
        for (; next < g->members.n && members[next].slot == heads[i].slot; next++)
            verify_number(v, &w, "ordinal", ++expected, members[next].member);
        verify_number(v, &w, "members", expected, heads[i].members);
    }
    verify_what all = {.check = "user", .subject = S("all")};
    if (g->members.n != g->users.n)
        verify_number(v, &all, "users", (int64_t)g->members.n, (int64_t)g->users.n);
    for (size_t i = 0; i < g->members.n; i++) {
        slot_head key = {.slot = members[i].slot};
        bool has = false;
        for (size_t h = 0; h < g->heads.n && !has; h++)
            has = heads[h].slot == key.slot;
        if (!has)
            verify_must(v, &all, "the slot of a member has a head", false);
        while (i + 1 < g->members.n && members[i + 1].slot == key.slot)
            i++;
    }
}

void verify_users(verify *v, verify_group *g)
{
    const user *users = g->users.items;
    for (size_t i = 0; i < g->users.n; i++)
        check_user(v, g, &users[i]);
    check_heads(v, g);
}

/* ---- coupons ---- */

static void check_state(verify *v, const verify_what *w, const coupon *row)
{
    verify_must(v, w, "state is known", coupon_state_name(row->state).n > 0);
    verify_number(v, w, "closed", coupon_is_closed(row->state), row->closed);
    verify_must(v, w, "revision is above 0", row->revision > 0);
    verify_number(v, w, "slot", id_slot(row->id), row->slot);
    if (row->state == COUPON_STATE_VOIDED)
        verify_must(v, w, "void_reason", void_reason_name((int)row->ref).n > 0);
    else if (row->state != COUPON_STATE_HELD && row->state != COUPON_STATE_REDEEMED &&
             row->state != COUPON_STATE_OFFERED && row->state != COUPON_STATE_TRANSFERRED)
        verify_number(v, w, "ref", 0, (int64_t)row->ref);
}

static void check_owner(verify *v, const verify_group *g, const verify_what *w,
                        const verify_coupon *c)
{
    const member *m = verify_find_member(g, c->row.slot, c->row.member);
    verify_must(v, w, "the member is there", m != NULL);
    verify_must(v, w, "the template is there", c->of.template != NULL);
    if (c->of.template == NULL)
        return;
    verify_must(v, w, "the version is there",
                c->row.version > 0 && c->row.version <= c->of.template->row->version);
    verify_must(v, w, "the version of its end is there",
                c->row.end_version <= c->of.template->row->version);
    if (m != NULL)
        verify_same_id(v, w, "merchant of the member",
                       (verify_ids){ID_MERCHANT, c->of.merchant->row->id, m->merchant});
}

bool verify_is_many(const verify_coupon *c)
{
    return c->of.template != NULL && use_is_many(c->of.template);
}

static uint8_t state_by_uses(const use_left *left)
{
    if (use_has_room(left))
        return COUPON_STATE_AVAILABLE;
    return left->held > 0 ? COUPON_STATE_HELD : COUPON_STATE_REDEEMED;
}

/* What is used of it is what holds and redemptions say, and never more than there was. */
static void check_uses(verify *v, const verify_what *w, const verify_coupon *c)
{
    static const coupon_use nothing;
    const coupon_use *use = c->use == NULL ? &nothing : c->use;
    use_ask ask = {.of = c->of.template, .row = &c->row, .use = c->use};
    use_left left = use_left_of(&ask);
    int64_t uses = (int64_t)use->redeemed + use->lapsed + use->gone + (int64_t)use->held.n;
    int64_t money = use->redeemed_minor + use->lapsed_minor + use->gone_minor;
    for (size_t i = 0; i < use->held.n; i++)
        money += left.value_minor >= 0 ? use->held.items[i].discount_minor : 0;
    uint32_t most = price_uses(config_version(c->of.template, use_version(&ask)));
    verify_number(v, w, "uses held", c->held, (int64_t)use->held.n);
    verify_number(v, w, "uses redeemed", c->redeemed, use->redeemed);
    verify_number(v, w, "money redeemed", left.value_minor < 0 ? 0 : c->redeemed_minor,
                  use->redeemed_minor);
    verify_must(v, w, "no more uses than there were", uses <= most);
    verify_must(v, w, "no more money than there was",
                money <= (left.value_minor < 0 ? 0 : left.value_minor));
    verify_must(v, w, "what has lapsed did so in its time",
                use->lapsed_at_ms == 0 ||
                    (use->lapsed_at_ms >= c->row.issued_at_ms && use->lapsed_at_ms <= v->now_ms));
    verify_must(v, w, "only of a received one something is gone before",
                c->by != NULL || (use->gone == 0 && use->gone_minor == 0));
    if (c->row.state != COUPON_STATE_AVAILABLE && c->row.state != COUPON_STATE_HELD &&
        c->row.state != COUPON_STATE_REDEEMED)
        return;
    verify_number(v, w, "ref", 0, (int64_t)c->row.ref);
    verify_text(v, w, "state", coupon_state_name(state_by_uses(&left)),
                coupon_state_name(c->row.state));
}

/* Held and redeemed coupons are named by exactly one open hold or redemption, others by none. */
static void check_use(verify *v, const verify_group *g, const verify_what *w,
                      const verify_coupon *c)
{
    bool held = c->row.state == COUPON_STATE_HELD, used = c->row.state == COUPON_STATE_REDEEMED;
    verify_must(v, w, "it has no row of uses", c->use == NULL);
    verify_number(v, w, "open holds and redemptions that name it", held || used ? 1 : 0,
                  (int64_t)c->held + c->redeemed);
    if (held)
        verify_must(v, w, "its hold is there", verify_find_hold(g, c->row.ref) != NULL);
    if (used)
        verify_must(v, w, "its redemption is there", verify_find_redemption(g, c->row.ref) != NULL);
}

static void check_money(verify *v, const verify_what *w, const verify_coupon *c)
{
    bool budgeted = c->of.campaign != NULL && c->of.campaign->row->budget_mode != BUDGET_MODE_NONE;
    verify_must(v, w, "reserved_minor is not below 0", c->row.reserved_minor >= 0);
    if (!budgeted)
        verify_number(v, w, "reserved_minor", 0, c->row.reserved_minor);
    verify_number(v, w, "ledger budget_reserved", c->row.reserved_minor + c->reserved_minor,
                  c->ledger[ACCOUNT_BUDGET_RESERVED]);
    verify_number(v, w, "ledger budget_spent", c->spent_minor, c->ledger[ACCOUNT_BUDGET_SPENT]);
    verify_number(v, w, "ledger discount", c->discount_minor, c->ledger[ACCOUNT_DISCOUNT]);
    verify_number(v, w, "ledger bonus", c->adds_minor, c->ledger[ACCOUNT_BONUS]);
}

/* Behind its end the sweep may have been there, and found that an edit gave it more time: then the
 * entry is at the end that it saw. */
static int64_t last_due(const verify *v, const coupon *row)
{
    return v->now_ms < row->expires_at_ms ? row->expires_at_ms : INT64_MAX;
}

static void check_coupon(verify *v, const verify_group *g, const verify_coupon *c)
{
    verify_what w = {.check = "coupon", .kind = ID_COUPON, .id = c->row.id};
    verify_what index = {.check = "index", .kind = ID_COUPON, .id = c->row.id};
    check_state(v, &w, &c->row);
    check_owner(v, g, &w, c);
    if (verify_is_many(c))
        check_uses(v, &w, c);
    else
        check_use(v, g, &w, c);
    verify_coupon_transfer(v, g, c);
    check_money(v, &w, c);
    verify_number(v, &index, "wallet entries", 1, c->wallet_entries);
    if (coupon_is_waiting(c->row.state))
        verify_must(v, &index, "a due entry at or before its end",
                    verify_has_due(v, DUE_KIND_COUPON, c->row.id, last_due(v, &c->row)));
}

void verify_coupons(verify *v, verify_group *g)
{
    const verify_coupon *all = g->coupons.items;
    verify_open_transfers(v, g);
    for (size_t i = 0; i < g->coupons.n; i++) {
        check_coupon(v, g, &all[i]);
        if (all[i].of.template != NULL) {
            verify_count_coupon(v, &all[i]);
            verify_pool_coupon(v, &all[i]);
        }
    }
}
