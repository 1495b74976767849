/* The rows of some slots in memory, and how to find one. See verify_part.h.
 *
 * Rows are copied out of the walk; ids hold their slot, so an id alone finds its row. */
#include <stdlib.h>

#include "app/verify_money.h"
#include "app/verify_party.h"
#include "app/verify_promotion.h"
#include "app/verify_transfer.h"

/* ---- loading ---- */

static void load_coupon(verify *v, verify_group *g, const void *row)
{
    verify_coupon *c = verify_add(g, &g->coupons);
    c->row = *(const coupon *)row; /* holds no text */
    MAYBE(verify_terms_of(v, c->row.template, &c->of));
    v->sum.coupons++;
}

static void load_hold(verify *v, verify_group *g, const void *row)
{
    record_copy(&hold_table.record, row, g->memory, verify_add(g, &g->holds));
    v->sum.holds++;
}

static void load_redemption(verify *v, verify_group *g, const void *row)
{
    verify_redemption *r = verify_add(g, &g->redemptions);
    record_copy(&redemption_table.record, row, g->memory, &r->row);
    r->returned = ARENA_ARRAY(g->memory, int64_t, r->row.lines.n);
    r->refunded = ARENA_ARRAY(g->memory, int64_t, r->row.lines.n);
    r->paid_back = ARENA_ARRAY(g->memory, int64_t, r->row.parties.n);
    r->gifts = ARENA_ARRAY(g->memory, int64_t, r->row.applied.n);
    v->sum.redemptions++;
}

static void load_return(verify *v, verify_group *g, const void *row)
{
    record_copy(&order_return_table.record, row, g->memory, verify_add(g, &g->returns));
    v->sum.returns++;
}

static void load_received(verify *v, verify_group *g, const void *row)
{
    MAYBE(v);
    record_copy(&received_table.record, row, g->memory, verify_add(g, &g->received));
}

static void load_transfer(verify *v, verify_group *g, const void *row)
{
    v->transfer_rows++;
    record_copy(&transfer_table.record, row, g->memory, verify_add(g, &g->transfers));
}

static void load_ref(verify *v, verify_group *g, const void *row)
{
    MAYBE(v);
    record_copy(&order_ref_table.record, row, g->memory, verify_add(g, &g->refs));
}

static void load_usage(verify *v, verify_group *g, const void *row)
{
    MAYBE(v);
    record_copy(&usage_table.record, row, g->memory, verify_add(g, &g->usages));
}

static void load_user(verify *v, verify_group *g, const void *row)
{
    MAYBE(v);
    record_copy(&user_table.record, row, g->memory, verify_add(g, &g->users));
}

static void load_member(verify *v, verify_group *g, const void *row)
{
    MAYBE(v);
    record_copy(&member_table.record, row, g->memory, verify_add(g, &g->members));
}

static void load_head(verify *v, verify_group *g, const void *row)
{
    MAYBE(v);
    *(slot_head *)verify_add(g, &g->heads) = *(const slot_head *)row;
}

/* ---- what is compared while it is read ---- */

/* What a redemption has given is booked in its currency, which is told where it is not the
 * campaign's; budgets are in that alone. */
static void check_currency(verify *v, const verify_group *g, const verify_what *w, const ledger *l)
{
    verify_terms of;
    bool given = l->debit == ACCOUNT_DISCOUNT || l->debit == ACCOUNT_BONUS;
    bool back = l->credit == ACCOUNT_DISCOUNT || l->credit == ACCOUNT_BONUS;
    const verify_redemption *r = given ? verify_find_redemption(g, l->ref) : NULL;
    if (r != NULL && verify_terms_of(v, l->template, &of))
        verify_text(v, w, "currency", verify_foreign(&of, r->row.currency), l->currency);
    if (!given && !back)
        verify_text(v, w, "currency", S(""), l->currency);
}

static void see_ledger(verify *v, verify_group *g, const void *row)
{
    const ledger *l = row;
    verify_what w = {.check = "ledger", .kind = ID_LEDGER, .id = l->id};
    bool sound = l->debit > 0 && l->debit < ACCOUNT_COUNT && l->credit > 0 &&
                 l->credit < ACCOUNT_COUNT && l->debit != l->credit && l->amount_minor > 0;
    v->sum.ledger++;
    verify_must(v, &w, "accounts and amount", sound);
    check_currency(v, g, &w, l);
    if (l->coupon == 0 && sound)
        verify_promotion_ledger(v, g, l);
    if (l->coupon == 0)
        return;
    verify_coupon *c = verify_find_coupon(g, l->coupon);
    verify_must(v, &w, "the coupon is there", c != NULL);
    if (c == NULL || !sound)
        return;
    verify_same_id(v, &w, "template", (verify_ids){ID_TEMPLATE, c->row.template, l->template});
    if (c->of.campaign != NULL)
        verify_same_id(v, &w, "campaign",
                       (verify_ids){ID_CAMPAIGN, c->of.campaign->row->id, l->campaign});
    c->ledger[l->debit] += l->amount_minor;
    c->ledger[l->credit] -= l->amount_minor;
    verify_count_ledger(v, &c->of, l);
    verify_party_ledger(v, g, &c->of, l);
}

static void see_use(verify *v, verify_group *g, const void *row)
{
    const coupon_use *use = row;
    verify_what w = {.check = "coupon", .kind = ID_COUPON, .id = use->id};
    verify_coupon *c = verify_find_coupon(g, use->id);
    verify_must(v, &w, "the coupon of the uses is there", c != NULL);
    if (c == NULL)
        return;
    coupon_use *copy = ARENA_NEW(g->memory, coupon_use);
    record_copy(&coupon_use_table.record, row, g->memory, copy);
    c->use = copy;
}

static void see_wallet(verify *v, verify_group *g, const void *row)
{
    const coupon *entry = row;
    verify_what w = {.check = "index", .kind = ID_COUPON, .id = entry->id};
    verify_coupon *c = verify_find_coupon(g, entry->id);
    verify_must(v, &w, "the coupon of the wallet entry is there", c != NULL);
    if (c == NULL)
        return;
    c->wallet_entries++;
    verify_number(v, &w, "wallet.member", c->row.member, entry->member);
    verify_number(v, &w, "wallet.closed", c->row.closed, entry->closed);
}

/* ---- order and finding ---- */

static int by_number(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_coupon(const void *a, const void *b)
{
    return by_number(((const verify_coupon *)a)->row.id, ((const verify_coupon *)b)->row.id);
}

static int by_hold(const void *a, const void *b)
{
    return by_number(((const hold *)a)->id, ((const hold *)b)->id);
}

static int by_redemption(const void *a, const void *b)
{
    return by_number(((const verify_redemption *)a)->row.id,
                     ((const verify_redemption *)b)->row.id);
}

static int by_ref(const void *a, const void *b)
{
    const order_ref *x = a, *y = b;
    int order = by_number(x->slot, y->slot);
    if (order == 0)
        order = by_number(x->merchant, y->merchant);
    if (order == 0)
        order = by_number(x->member, y->member);
    return order == 0 ? str_cmp(x->number, y->number) : order;
}

static int by_ordinal(const void *a, const void *b)
{
    const member *x = a, *y = b;
    int order = by_number(x->slot, y->slot);
    return order == 0 ? by_number(x->member, y->member) : order;
}

static int by_usage(const void *a, const void *b)
{
    const usage *x = a, *y = b;
    int order = by_number(x->slot, y->slot);
    if (order == 0)
        order = by_number(x->member, y->member);
    return order == 0 ? by_number(x->campaign, y->campaign) : order;
}

static int by_owner(const void *a, const void *b)
{
    const verify_coupon *x = *(verify_coupon *const *)a, *y = *(verify_coupon *const *)b;
    int order = by_number(x->row.slot, y->row.slot);
    if (order == 0)
        order = by_number(x->row.member, y->row.member);
    if (order == 0 && x->of.campaign != NULL && y->of.campaign != NULL)
        order = by_number(x->of.campaign->row->id, y->of.campaign->row->id);
    else if (order == 0)
        order = by_number(x->of.campaign != NULL, y->of.campaign != NULL);
    if (order == 0)
        order = by_number(x->row.template, y->row.template);
    if (order == 0)
        order = by_number((uint64_t)verify_since_ms(x), (uint64_t)verify_since_ms(y));
    return order == 0 ? by_number(x->row.id, y->row.id) : order;
}

static int by_transfer(const void *a, const void *b)
{
    return by_number(((const transfer *)a)->id, ((const transfer *)b)->id);
}

typedef int comparison(const void *a, const void *b);

static void sort(verify_list *l, comparison *compare)
{
    if (l->n > 1)
        qsort(l->items, l->n, l->item_size, compare);
}

static void *find(const verify_list *l, const void *key, comparison *compare)
{
    return l->n == 0 ? NULL : bsearch(key, l->items, l->n, l->item_size, compare);
}

verify_coupon *verify_find_coupon(const verify_group *g, uint64_t id)
{
    return find(&g->coupons, &(verify_coupon){.row.id = id}, by_coupon);
}

hold *verify_find_hold(const verify_group *g, uint64_t id)
{
    return find(&g->holds, &(hold){.id = id}, by_hold);
}

verify_redemption *verify_find_redemption(const verify_group *g, uint64_t id)
{
    return find(&g->redemptions, &(verify_redemption){.row.id = id}, by_redemption);
}

const transfer *verify_find_transfer(const verify_group *g, uint64_t id)
{
    return find(&g->transfers, &(transfer){.id = id}, by_transfer);
}

const order_ref *verify_find_ref(const verify_group *g, const order_ref *key)
{
    return find(&g->refs, key, by_ref);
}

const member *verify_find_member(const verify_group *g, uint16_t slot, uint32_t ordinal)
{
    return find(&g->members, &(member){.slot = slot, .member = ordinal}, by_ordinal);
}

const usage *verify_find_usage(const verify_group *g, const usage *key)
{
    return find(&g->usages, key, by_usage);
}

/* ---- the group ---- */

/* What brought a coupon is with it. */
static void join_received(verify *v, const verify_group *g)
{
    for (size_t i = 0; i < g->received.n; i++) {
        const received *by = (const received *)g->received.items + i;
        verify_coupon *c = verify_find_coupon(g, by->coupon);
        verify_what w = {.check = "transfer", .kind = ID_TRANSFER, .id = by->transfer};
        verify_must(v, &w, "the coupon that it brought is there, and its user's",
                    c != NULL && c->row.transfer == by->transfer && c->row.member == by->member);
        if (c != NULL)
            c->by = by;
    }
}

static void order_all(verify *v, verify_group *g)
{
    sort(&g->coupons, by_coupon);
    sort(&g->transfers, by_transfer);
    join_received(v, g);
    sort(&g->holds, by_hold);
    sort(&g->redemptions, by_redemption);
    sort(&g->refs, by_ref);
    sort(&g->members, by_ordinal);
    sort(&g->usages, by_usage);
    g->by_member = ARENA_ARRAY(g->memory, verify_coupon *, g->coupons.n);
    for (size_t i = 0; i < g->coupons.n; i++)
        g->by_member[i] = (verify_coupon *)g->coupons.items + i;
    if (g->coupons.n > 1)
        qsort(g->by_member, g->coupons.n, sizeof(*g->by_member), by_owner);
}

static result load(verify *v, verify_group *g)
{
    const struct {
        const table *table;
        verify_row *visit;
        verify_list *into;
        size_t size;
    } steps[] = {
        {&coupon_table, load_coupon, &g->coupons, sizeof(verify_coupon)},
        {&hold_table, load_hold, &g->holds, sizeof(hold)},
        {&redemption_table, load_redemption, &g->redemptions, sizeof(verify_redemption)},
        {&order_return_table, load_return, &g->returns, sizeof(order_return)},
        {&order_ref_table, load_ref, &g->refs, sizeof(order_ref)},
        {&usage_table, load_usage, &g->usages, sizeof(usage)},
        {&user_table, load_user, &g->users, sizeof(user)},
        {&member_table, load_member, &g->members, sizeof(member)},
        {&slot_head_table, load_head, &g->heads, sizeof(slot_head)},
        {&received_table, load_received, &g->received, sizeof(received)},
        {&transfer_table, load_transfer, &g->transfers, sizeof(transfer)},
    };
    result r = R_DONE;
    for (size_t i = 0; i < ARRAY_LEN(steps) && r == R_DONE; i++) {
        steps[i].into->item_size = steps[i].size;
        r = verify_each(v, g, steps[i].table, steps[i].visit);
    }
    return r;
}

static result see(verify *v, verify_group *g)
{
    result r = verify_each(v, g, &ledger_table, see_ledger);
    if (r == R_DONE)
        r = verify_each(v, g, &coupon_use_table, see_use);
    if (r == R_DONE)
        r = verify_each_entry(v, g, &coupon_table, COUPON_BY_WALLET, see_wallet);
    return r == R_DONE ? verify_due_group(v, g) : r;
}

result verify_group_run(verify *v, verify_group *g)
{
    result r = load(v, g);
    if (r != R_DONE)
        return r;
    order_all(v, g);
    verify_promotions_open(g);
    g->parties = verify_parties_new();
    r = see(v, g);
    if (r != R_DONE) {
        verify_promotions_close(g);
        verify_map_free(g->parties);
        return r;
    }
    g->takes = verify_map_new(1);
    verify_users(v, g);
    verify_orders(v, g);
    verify_promotions(v, g);
    verify_parties(v, g);
    verify_map_free(g->parties);
    verify_coupons(v, g);
    verify_usages(v, g);
    verify_count_users(v, g);
    verify_promotion_users(v, g);
    verify_promotions_close(g);
    verify_map_free(g->takes);
    return R_DONE;
}
