/* verify finds every kind of difference: a healthy shop, one row made wrong, and the check and
 * field that must be named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/verify.h"
#include "base/id.h"
#include "base/time.h"
#include "domain/limit/pool.h"
#include "store/kv.h"
#include "store/lane.h"
#include "test/lib/domain_fixture.h"

enum { LANES = 2, ANN_COUPONS = 3 };

typedef struct shop {
    fix *f;
    uint64_t campaign, template;
    uint64_t coupons[ANN_COUPONS]; /* of ann: redeemed and partly returned, held, available */
    uint64_t bob;                  /* voided */
    uint64_t hold, redemption, back;
    uint16_t slot, lane; /* of ann */
} shop;

static void set_stock(const shop *s, int64_t from, int64_t to)
{
    pool_change_in in = {.merchant = s->f->merchant,
                         .owner = s->template,
                         .kind = POOL_KIND_STOCK,
                         .current = from,
                         .target = to};
    row_out out = {0};
    assert_int_equal(fix_run(s->f, ACT_ID_pool_change, id_slot(s->template), &in, &out), R_DONE);
}

static shop shop_open(void)
{
    shop s = {.f = fix_open((fix_options){.lanes = LANES})};
    limit_rule of_campaign[] = {
        fix_limit(LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 5),
        fix_limit(LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_CAMPAIGN, LIMIT_PERIOD_EVER, 50),
        fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_CAMPAIGN, LIMIT_PERIOD_EVER, 50)};
    campaign_create_in c = fix_campaign_in(s.f);
    c.budget_mode = BUDGET_MODE_AT_ISSUE;
    c.budget_minor = 100000;
    c.limits.items = of_campaign;
    c.limits.n = ARRAY_LEN(of_campaign);
    s.campaign = fix_campaign(s.f, &c);
    limit_rule weekly = fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_WEEK, 10);
    template_put_in t = fix_template_in(s.f, s.campaign);
    t.stock = 100;
    t.limits.items = &weekly;
    t.limits.n = 1;
    s.template = fix_template(s.f, &t);
    set_stock(&s, 100, -1); /* what is issued meanwhile does not count */
    (void)fix_claim_one(s.f, S("cid"), s.template);
    set_stock(&s, -1, 100);
    assert_int_equal(fix_claim(s.f, S("ann"), s.template, ANN_COUPONS, s.coupons), R_DONE);
    s.bob = fix_claim_one(s.f, S("bob"), s.template);
    s.slot = id_slot(s.coupons[0]);
    s.lane = store_lane_of_slot(app_store(s.f->app), s.slot);
    assert_int_equal(fix_void(s.f, s.bob, VOID_REASON_REQUESTED), R_DONE);
    order_line lines[] = {{.sku = S("tea"), .quantity = 2, .unit_minor = 3000},
                          {.sku = S("cup"), .quantity = 1, .unit_minor = 2000}};
    fix_order o = {.user = S("ann"),
                   .number = S("o-1"),
                   .store = S("north"),
                   .channel = S("till"),
                   .coupons = &s.coupons[0],
                   .coupon_count = 1,
                   .lines = lines,
                   .line_count = ARRAY_LEN(lines)};
    assert_int_equal(fix_redeem(s.f, &o, &s.redemption), R_DONE);
    return_line one = {.line = 0, .quantity = 1};
    return_out back = {0};
    assert_int_equal(fix_return(s.f, s.redemption, &one, 1, &back), R_DONE);
    s.back = back.return_id;
    o.number = S("o-2");
    o.coupons = &s.coupons[1];
    assert_int_equal(fix_hold(s.f, &o, &s.hold), R_DONE);
    return s;
}

/* ---- making a row wrong ---- */

typedef bool spoil(uow *u, shop *s); /* false: pending */

typedef struct spoiler {
    request request; /* first */
    spoil *spoil;
    shop *shop;
    bool ended;
} spoiler;

static result spoil_run(uow *u, request *r)
{
    spoiler *s = (spoiler *)r;
    bool done = s->spoil(u, s->shop);
    return done && !uow_pending(u) ? R_DONE : R_AGAIN;
}

static void spoil_done(request *r)
{
    assert_int_equal(r->outcome, R_DONE);
    ((spoiler *)r)->ended = true;
}

typedef enum home { AT_ANN, AT_BOB, AT_CAMPAIGN, AT_LANE } home;

static void spoil_at(shop *s, home where, spoil *how)
{
    spoiler r = {.request = {.run = spoil_run,
                             .done = spoil_done,
                             .slot = where == AT_CAMPAIGN ? id_slot(s->campaign)
                                     : where == AT_BOB    ? id_slot(s->bob)
                                                          : s->slot,
                             .lane = s->lane,
                             .to_lane = where == AT_LANE,
                             .class = CLASS_OTHER},
                 .spoil = how,
                 .shop = s};
    assert_int_equal(store_submit(app_store(s->f->app), &r.request), R_DONE);
    (void)app_settle(s->f->app);
    assert_true(r.ended);
}

/* FLAW(name, table, get, edit): changes one row that get finds. */
#define FLAW(name, type, get, change)                                                              \
    static bool name(uow *u, shop *s)                                                              \
    {                                                                                              \
        type *row = get;                                                                           \
        MAYBE(s);                                                                                  \
        if (row == NULL)                                                                           \
            return false;                                                                          \
        type##_edit(u, row);                                                                       \
        change;                                                                                    \
        return true;                                                                               \
    }
#define GONE(name, type, get)                                                                      \
    static bool name(uow *u, shop *s)                                                              \
    {                                                                                              \
        type *row = get;                                                                           \
        MAYBE(s);                                                                                  \
        if (row == NULL)                                                                           \
            return false;                                                                          \
        type##_delete(u, row);                                                                     \
        return true;                                                                               \
    }

#define ANNS(i) coupon_get(u, s->slot, s->coupons[i])
FLAW(coupon_closed, coupon, ANNS(2), row->closed = true)
FLAW(coupon_member, coupon, ANNS(2), row->member = 99)
FLAW(coupon_reserved, coupon, ANNS(2), row->reserved_minor += 1)
FLAW(coupon_redeemed, coupon, ANNS(2), row->state = COUPON_STATE_REDEEMED)
FLAW(coupon_expired, coupon, ANNS(2), row->state = COUPON_STATE_EXPIRED)
FLAW(coupon_version, coupon, ANNS(2), row->version = 7)
FLAW(coupon_end_version, coupon, ANNS(2), row->end_version = 7)
FLAW(coupon_template, coupon, ANNS(2), row->template += 1)
FLAW(coupon_freed, coupon, ANNS(1), row->state = COUPON_STATE_AVAILABLE)
FLAW(coupon_other_hold, coupon, ANNS(1), row->ref += 1)
FLAW(coupon_stocked, coupon, ANNS(2), row->stocked = false)
FLAW(coupon_issued, coupon, ANNS(2), row->issued_at_ms -= 3 * MS_DAY)
FLAW(coupon_in_error, coupon, coupon_get(u, id_slot(s->bob), s->bob),
     row->ref = VOID_REASON_ISSUED_IN_ERROR)
GONE(coupon_gone, coupon, ANNS(2))

#define HOLD hold_get(u, s->slot, s->hold)
FLAW(hold_discount, hold, HOLD, row->discount_minor += 1)
FLAW(hold_subtotal, hold, HOLD, row->subtotal_minor += 1)
FLAW(hold_closed, hold, HOLD, row->state = HOLD_STATE_RELEASED)
FLAW(hold_number, hold, HOLD, row->order_number = S("o-9"))
FLAW(hold_redeemed, hold, HOLD, row->state = HOLD_STATE_REDEEMED)
FLAW(hold_day, hold, HOLD, row->created_at_ms -= 2 * MS_DAY)
FLAW(hold_takes, hold, HOLD, row->takes.n = 0)
GONE(hold_gone, hold, HOLD)

#define REDEMPTION redemption_get(u, s->slot, s->redemption)
FLAW(redemption_subtotal, redemption, REDEMPTION, row->subtotal_minor += 1)
FLAW(redemption_refunded, redemption, REDEMPTION, row->refunded_minor += 1)
FLAW(redemption_returned, redemption, REDEMPTION, row->lines.items[0].returned = 2)
FLAW(redemption_spent, redemption, REDEMPTION, row->applied.items[0].reserved_minor += 1)
FLAW(redemption_returns, redemption, REDEMPTION, row->returns = 2)
FLAW(redemption_store, redemption, REDEMPTION, row->store = S("south"))
FLAW(redemption_sku, redemption, REDEMPTION, row->lines.items[1].sku = S("pot"))
FLAW(redemption_hold, redemption, REDEMPTION, row->hold = s->hold)
FLAW(redemption_share, redemption, REDEMPTION, row->shares.items[0].discount_minor += 1)
GONE(redemption_gone, redemption, REDEMPTION)

#define RETURN order_return_get(u, s->slot, s->back)
FLAW(return_refund, order_return, RETURN, row->refund_minor += 1)
FLAW(return_redemption, order_return, RETURN, row->redemption += 1)
GONE(return_gone, order_return, RETURN)

#define REF order_ref_get(u, s->slot, s->f->merchant, 1, S("o-2"))
FLAW(ref_hold, order_ref, REF, row->hold = 0)
GONE(ref_gone, order_ref, REF)

#define USAGE usage_get(u, s->slot, 1, s->campaign)
FLAW(usage_first, usage, USAGE, row->cells.items[0].n += 1)
FLAW(usage_last, usage, USAGE, row->cells.items[row->cells.n - 1].n += 1)
FLAW(usage_less, usage, USAGE, row->cells.n -= 1)
GONE(usage_gone, usage, USAGE)

FLAW(user_member, user, user_get(u, s->slot, s->f->merchant, S("ann")), row->member = 2)
FLAW(member_name, member, member_get(u, s->slot, 1), row->name = S("eve"))
FLAW(head_members, slot_head, slot_head_get(u, s->slot), row->members = 2)
GONE(member_gone, member, member_get(u, s->slot, 1))

static void *first_of(uow *u, const table *t, const void *from)
{
    void *row = NULL;
    uow_range range = {.table = t, .index = -1, .from = from, .prefix_columns = 1};
    return uow_scan(u, &range, 1, &row) == 1 ? row : NULL;
}

/* The entry of this coupon or hold; its block is ready to be written. */
static due_entry *due_of(uow *u, const shop *s, uint64_t id)
{
    void *blocks[100];
    uow_range range = {&due_block_table, -1, &(due_block){.lane = s->lane}, 1, false};
    size_t n = uow_scan(u, &range, ARRAY_LEN(blocks), blocks);
    for (size_t i = 0; i < n; i++) {
        due_block *b = blocks[i];
        for (size_t k = 0; k < b->entries.n; k++) {
            if (b->entries.items[k].id != id)
                continue;
            due_block_edit(u, b);
            return &b->entries.items[k];
        }
    }
    return NULL;
}

#define DUE(name, what, change)                                                                    \
    static bool name(uow *u, shop *s)                                                              \
    {                                                                                              \
        due_entry *entry = due_of(u, s, what);                                                     \
        if (entry == NULL)                                                                         \
            return false;                                                                          \
        change;                                                                                    \
        return true;                                                                               \
    }
DUE(due_lost, s->coupons[2], entry->id = s->coupons[1])
DUE(due_late, s->hold, entry->after_ms += 1)
DUE(due_stray, s->coupons[2], entry->id += 1)
static bool due_add(uow *u, const shop *s, uint8_t kind, uint64_t number)
{
    due_block *b = due_block_new(u, s->lane, kind, FIX_END_MS, number);
    b->entries.items = ARENA_ARRAY(uow_memory(u), due_entry, 1);
    b->entries.n = 1;
    b->entries.items[0] = (due_entry){.id = s->coupons[2]};
    return true;
}
static bool due_unknown(uow *u, shop *s)
{
    return due_add(u, s, DUE_KIND_COUNT, 1);
}
static bool due_ahead(uow *u, shop *s)
{
    return due_add(u, s, DUE_KIND_COUPON, 99999);
}

#define LEDGER first_of(u, &ledger_table, &(ledger){.slot = s->slot})
FLAW(ledger_amount, ledger, LEDGER, row->amount_minor += 1)
FLAW(ledger_account, ledger, LEDGER, row->debit = ACCOUNT_CUSTOMERS)
FLAW(ledger_coupon, ledger, LEDGER, row->coupon += 1)
FLAW(ledger_template, ledger, LEDGER, row->template += 1)
GONE(ledger_gone, ledger, LEDGER)

#define POOL(name) pool_get(u, id_slot(s->campaign), (name).owner, (name).kind, 0, 0)
FLAW(pool_free, pool, POOL(pool_stock(s->template)), row->free += 1)
FLAW(pool_larger, pool, POOL(pool_stock(s->template)), (row->free += 1, row->total += 1))
FLAW(pool_lent, pool, POOL(pool_stock(s->template)),
     (row->leases.items[0].out += 1, row->free -= 1))
GONE(pool_gone, pool, POOL(pool_budget(s->campaign)))

#define SLICE(name) slice_get(u, s->lane, (name).owner, (name).kind, 0, 0)
FLAW(slice_free, slice, SLICE(pool_stock(s->template)), row->free += 1)
FLAW(slice_used, slice, SLICE(pool_stock(s->template)), (row->consumed += 1, row->free -= 1))
FLAW(slice_budget, slice, SLICE(pool_budget(s->campaign)), (row->consumed += 1, row->free -= 1))
FLAW(slice_closed, slice, SLICE(pool_budget(s->campaign)), row->open = false)
static const limit_rule shared_uses = {.measure = LIMIT_MEASURE_REDEMPTIONS,
                                       .subject = LIMIT_SUBJECT_CAMPAIGN,
                                       .period = LIMIT_PERIOD_EVER};
static const limit_rule shared_claims = {.measure = LIMIT_MEASURE_CLAIMS,
                                         .subject = LIMIT_SUBJECT_CAMPAIGN,
                                         .period = LIMIT_PERIOD_EVER};
static slice *shared_slice(uow *u, const shop *s, const limit_rule *rule)
{
    pool_name p = pool_of_limit(s->campaign, rule, 0, 0);
    return slice_get(u, s->lane, p.owner, p.kind, p.period, p.subject);
}
FLAW(slice_uses, slice, shared_slice(u, s, &shared_uses), (row->consumed += 1, row->free -= 1))
FLAW(slice_claims, slice, shared_slice(u, s, &shared_claims), (row->consumed += 1, row->free -= 1))

static bool outbox_stray(uow *u, shop *s)
{
    outbox *row = outbox_new(u, s->lane, 99999);
    row->act = LEASE_GRANT_ACT;
    row->to_lane = s->lane;
    lease_in in = {.owner = s->template, .kind = POOL_KIND_STOCK, .lane = s->lane, .amount = 5};
    buf b;
    buf_init(&b, 4096);
    record_encode(&lease_in_record, &in, &b);
    row->input = arena_str(uow_memory(u), buf_view(&b));
    buf_free(&b);
    return true;
}

static bool inbox_ahead(uow *u, shop *s)
{
    uint16_t other = (uint16_t)(1 - s->lane);
    inbox *row = inbox_get(u, s->lane, other);
    if (uow_pending(u))
        return false;
    if (row == NULL)
        row = inbox_new(u, s->lane, other);
    else
        inbox_edit(u, row);
    row->last = 99999;
    return true;
}

FLAW(event_lost, event_block, first_of(u, &event_block_table, &(event_block){.lane = s->lane}),
     row->events.n -= 1)

FLAW(campaign_templates, campaign, campaign_get(u, id_slot(s->campaign), s->campaign),
     row->templates = 2)
FLAW(template_version_of, template, template_get(u, id_slot(s->template), s->template),
     row->version = 2)
GONE(version_gone, template_version, template_version_get(u, id_slot(s->template), s->template, 1))

static const struct {
    const char *name;
    home where;
    spoil *how;
    const char *check, *field; /* one of the differences; field: its beginning */
} flaws[] = {
#define FLAW_ROW(where, how, check, field)                                                         \
    {                                                                                              \
#how, where, how, check, field                                                             \
    }
    FLAW_ROW(AT_ANN, coupon_closed, "coupon", "closed"),
    FLAW_ROW(AT_ANN, coupon_member, "coupon", "the member is there"),
    FLAW_ROW(AT_ANN, coupon_reserved, "coupon", "ledger budget_reserved"),
    FLAW_ROW(AT_ANN, coupon_redeemed, "coupon", "its redemption is there"),
    FLAW_ROW(AT_ANN, coupon_expired, "tally", "expired in all"),
    FLAW_ROW(AT_ANN, coupon_version, "coupon", "the version is there"),
    FLAW_ROW(AT_ANN, coupon_end_version, "coupon", "the version of its end is there"),
    FLAW_ROW(AT_ANN, coupon_template, "coupon", "the template is there"),
    FLAW_ROW(AT_ANN, coupon_freed, "hold", "state of its coupon"),
    FLAW_ROW(AT_ANN, coupon_other_hold, "hold", "hold of its coupon"),
    FLAW_ROW(AT_ANN, coupon_issued, "tally", "issued"),
    FLAW_ROW(AT_ANN, coupon_stocked, "pool", "used"),
    FLAW_ROW(AT_BOB, coupon_in_error, "usage", "claims ever"),
    FLAW_ROW(AT_BOB, coupon_in_error, "pool", "used"),
    FLAW_ROW(AT_ANN, coupon_gone, "ledger", "the coupon is there"),
    FLAW_ROW(AT_ANN, hold_discount, "hold", "discount_minor"),
    FLAW_ROW(AT_ANN, hold_subtotal, "hold", "subtotal_minor"),
    FLAW_ROW(AT_ANN, hold_closed, "coupon", "open holds and redemptions"),
    FLAW_ROW(AT_ANN, hold_closed, "tally", "released in all"),
    FLAW_ROW(AT_ANN, due_lost, "index", "a due entry at or before its end"),
    FLAW_ROW(AT_ANN, due_late, "index", "a due entry at or before its deadline"),
    FLAW_ROW(AT_ANN, due_stray, "index", "the row of the due entry is there"),
    FLAW_ROW(AT_ANN, due_unknown, "lane", "entries of a due block"),
    FLAW_ROW(AT_ANN, due_ahead, "lane", "a due block is not ahead of its lane"),
    FLAW_ROW(AT_ANN, hold_number, "order_ref", "its hold is there"),
    FLAW_ROW(AT_ANN, hold_redeemed, "hold", "its redemption is there"),
    FLAW_ROW(AT_ANN, hold_day, "tally", "held"),
    FLAW_ROW(AT_ANN, hold_takes, "usage", "redemptions day"),
    FLAW_ROW(AT_ANN, hold_takes, "pool", "used"),
    FLAW_ROW(AT_ANN, hold_gone, "coupon", "its hold is there"),
    FLAW_ROW(AT_ANN, redemption_subtotal, "redemption", "subtotal_minor"),
    FLAW_ROW(AT_ANN, redemption_refunded, "redemption", "refunded_minor"),
    FLAW_ROW(AT_ANN, redemption_returned, "redemption", "returned of a line"),
    FLAW_ROW(AT_ANN, redemption_spent, "coupon", "ledger budget_spent"),
    FLAW_ROW(AT_ANN, redemption_returns, "redemption", "returns"),
    FLAW_ROW(AT_ANN, redemption_store, "goods", "redemptions"),
    FLAW_ROW(AT_ANN, redemption_sku, "goods", "quantity"),
    FLAW_ROW(AT_ANN, redemption_hold, "redemption", "redemption of its hold"),
    FLAW_ROW(AT_ANN, redemption_share, "redemption", "shares of a coupon"),
    FLAW_ROW(AT_ANN, redemption_gone, "return", "its redemption is there"),
    FLAW_ROW(AT_ANN, redemption_gone, "tally", "redeemed"),
    FLAW_ROW(AT_ANN, return_refund, "return", "refund_minor"),
    FLAW_ROW(AT_ANN, return_redemption, "return", "its redemption is there"),
    FLAW_ROW(AT_ANN, return_gone, "tally", "order_returned_minor"),
    FLAW_ROW(AT_ANN, ref_hold, "hold", "hold of its order number"),
    FLAW_ROW(AT_ANN, ref_gone, "hold", "its order number is known"),
    FLAW_ROW(AT_ANN, usage_first, "usage", "claims"),
    FLAW_ROW(AT_ANN, usage_last, "usage", "redemptions day"),
    FLAW_ROW(AT_ANN, usage_less, "usage", "uses that are counted nowhere"),
    FLAW_ROW(AT_ANN, usage_gone, "usage", "its user's claims"),
    FLAW_ROW(AT_ANN, user_member, "user", "the member is there"),
    FLAW_ROW(AT_ANN, member_name, "user", "member.name"),
    FLAW_ROW(AT_ANN, head_members, "user", "members"),
    FLAW_ROW(AT_ANN, member_gone, "coupon", "the member is there"),
    FLAW_ROW(AT_ANN, ledger_amount, "coupon", "ledger budget_reserved"),
    FLAW_ROW(AT_ANN, ledger_account, "coupon", "ledger budget_reserved"),
    FLAW_ROW(AT_ANN, ledger_coupon, "ledger", "the coupon is there"),
    FLAW_ROW(AT_ANN, ledger_template, "ledger", "template"),
    FLAW_ROW(AT_ANN, ledger_gone, "coupon", "ledger"),
    FLAW_ROW(AT_CAMPAIGN, pool_free, "pool", "total"),
    FLAW_ROW(AT_CAMPAIGN, pool_larger, "pool", "total as configured"),
    FLAW_ROW(AT_CAMPAIGN, pool_lent, "pool", "out"),
    FLAW_ROW(AT_CAMPAIGN, pool_gone, "pool", "the pool is there"),
    FLAW_ROW(AT_LANE, slice_free, "pool", "out"),
    FLAW_ROW(AT_LANE, slice_used, "pool", "used"),
    FLAW_ROW(AT_LANE, slice_budget, "pool", "used"),
    FLAW_ROW(AT_LANE, slice_closed, "pool", "free of a closed slice"),
    FLAW_ROW(AT_LANE, slice_uses, "pool", "used"),
    FLAW_ROW(AT_LANE, slice_claims, "pool", "used"),
    FLAW_ROW(AT_LANE, outbox_stray, "lane", "a message is not ahead"),
    FLAW_ROW(AT_LANE, outbox_stray, "pool", "out"),
    FLAW_ROW(AT_LANE, inbox_ahead, "lane", "nothing was applied"),
    FLAW_ROW(AT_LANE, event_lost, "lane", "first event of a block"),
    FLAW_ROW(AT_LANE, event_lost, "events", "issued"),
    FLAW_ROW(AT_CAMPAIGN, campaign_templates, "config", "templates"),
    FLAW_ROW(AT_CAMPAIGN, template_version_of, "config", "version"),
    FLAW_ROW(AT_CAMPAIGN, version_gone, "config", "versions that are there"),
};

/* ---- looking ---- */

typedef struct wanted {
    const char *check, *field;
    size_t n, all;
    bool tell;
} wanted;

static void look(void *context, const verify_difference *d)
{
    wanted *w = context;
    w->all++;
    w->n += strcmp(d->check, w->check) == 0 && str_starts(d->field, str_of(w->field));
    if (w->tell)
        fprintf(stderr, "%s  %.*s  %.*s: expected %.*s, is %.*s\n", d->check, STR_ARG(d->subject),
                STR_ARG(d->field), STR_ARG(d->expected), STR_ARG(d->actual));
}

static size_t differences(shop *s, const char *check, const char *field, bool tell)
{
    wanted w = {.check = check, .field = field, .tell = tell};
    verify_summary sum;
    verify_options options = {.context = &w, .found = look};
    assert_int_equal(verify_app(s->f->app, &options, &sum), R_DONE);
    assert_int_equal(sum.differences, w.all);
    return w.n;
}

static void silent_on_a_healthy_shop(void **state)
{
    (void)state;
    shop s = shop_open();
    assert_int_equal(differences(&s, "", "", true), 0);
    fix_close(s.f);
}

static void every_kind_of_flaw_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(flaws); i++) {
        shop s = shop_open();
        spoil_at(&s, flaws[i].where, flaws[i].how);
        if (differences(&s, flaws[i].check, flaws[i].field, false) == 0) {
            (void)differences(&s, "", "", true);
            fail_msg("%s: no difference %s, %s", flaws[i].name, flaws[i].check, flaws[i].field);
        }
        fix_close(s.f);
    }
}

/* ---- every counter ---- */

static int64_t *counter_of(const table *t, void *row, size_t which)
{
    return (int64_t *)(void *)((char *)row + t->record.columns[t->key_columns + which].offset);
}

static size_t spoiled_column;

static bool tally_counter(uow *u, shop *s)
{
    tally *row = first_of(u, &tally_table, &(tally){.lane = s->lane});
    if (row == NULL)
        return false;
    tally_edit(u, row);
    ++*counter_of(&tally_table, row, spoiled_column);
    return true;
}

static bool goods_counter(uow *u, shop *s)
{
    tally_goods *row = first_of(u, &tally_goods_table, &(tally_goods){.lane = s->lane});
    if (row == NULL)
        return false;
    tally_goods_edit(u, row);
    ++*counter_of(&tally_goods_table, row, spoiled_column);
    return true;
}

static void every_counter_is_compared(void **state)
{
    (void)state;
    const struct {
        const table *table;
        spoil *how;
        const char *check;
    } counters[] = {{&tally_table, tally_counter, "tally"},
                    {&tally_goods_table, goods_counter, "goods"}};
    for (size_t k = 0; k < ARRAY_LEN(counters); k++) {
        const record_type *r = &counters[k].table->record;
        size_t n = r->n - (size_t)counters[k].table->key_columns;
        for (spoiled_column = 0; spoiled_column < n; spoiled_column++) {
            shop s = shop_open();
            const char *name = r->columns[counters[k].table->key_columns + spoiled_column].name;
            spoil_at(&s, AT_LANE, counters[k].how);
            if (differences(&s, counters[k].check, name, false) == 0)
                fail_msg("nobody misses 1 in %s of %s", name, counters[k].check);
            fix_close(s.f);
        }
    }
}

/* ---- below the rows: indexes, and bytes ---- */

static void write_raw(shop *s, kv_space space, str key, const str *value)
{
    kv_engine *kv = (kv_engine *)app_store(s->f->app)->engine;
    kv_write w = {.space = space, .remove = value == NULL, .key = key};
    if (value != NULL)
        w.value = *value;
    assert_int_equal(kv->kv->write(kv, s->lane, &w, 1), R_DONE);
}

static void index_key(const coupon *row, size_t which, buf *out)
{
    buf_clear(out);
    row_encode_index(&coupon_table, which, row, out);
}

static void lost_and_stray_index_entries_are_found(void **state)
{
    (void)state;
    shop s = shop_open();
    coupon row = fix_coupon(s.f, s.coupons[2]);
    buf key;
    buf_init(&key, ROW_KEY_MAX);
    static const str empty = {"", 0};
    index_key(&row, COUPON_BY_WALLET, &key);
    write_raw(&s, KV_RANGE, buf_view(&key), NULL);
    assert_int_equal(differences(&s, "index", "wallet entries", false), 1);
    write_raw(&s, KV_RANGE, buf_view(&key), &empty);
    assert_int_equal(differences(&s, "", "", true), 0);
    coupon moved = row;
    moved.member = 2;
    index_key(&moved, COUPON_BY_WALLET, &key);
    write_raw(&s, KV_RANGE, buf_view(&key), &empty);
    assert_int_equal(differences(&s, "index", "wallet.member", false), 1);
    write_raw(&s, KV_RANGE, buf_view(&key), NULL);
    coupon stray = row;
    stray.id += 1;
    index_key(&stray, COUPON_BY_WALLET, &key);
    write_raw(&s, KV_RANGE, buf_view(&key), &empty);
    assert_int_equal(differences(&s, "index", "the coupon of the wallet entry", false), 1);
    buf_free(&key);
    fix_close(s.f);
}

static void damaged_records_are_found_and_the_rest_is_read(void **state)
{
    (void)state;
    shop s = shop_open();
    coupon row = fix_coupon(s.f, s.coupons[2]);
    buf key;
    buf_init(&key, ROW_KEY_MAX);
    row_encode_key(&coupon_table, &row, &key);
    write_raw(&s, KV_POINT, buf_view(&key), &S("not a coupon"));
    assert_int_equal(differences(&s, "rows", "record", false), 1);
    assert_true(differences(&s, "ledger", "the coupon is there", false) > 0);
    buf_free(&key);
    fix_close(s.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silent_on_a_healthy_shop),
        cmocka_unit_test(every_kind_of_flaw_is_named),
        cmocka_unit_test(every_counter_is_compared),
        cmocka_unit_test(lost_and_stray_index_entries_are_found),
        cmocka_unit_test(damaged_records_are_found_and_the_rest_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
