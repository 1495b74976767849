/* Counters of campaigns and templates by day, against what coupons, orders, ledger and events tell.
 *
 * Rows tell the day of issues, holds, redemptions and of all money. Of releases, returns of
 * coupons, expiries and voids they tell the number only; their day is known from the events, which
 * count too where the feed reaches back to the first. */
#include <stdio.h>

#include "app/verify_money.h"
#include "app/verify_promotion.h"
#include "app/verify_transfer.h"
#include "domain/limit/usage.h"

typedef struct tally_key {
    uint64_t campaign, template;
    int64_t day; /* of totals: 0 */
} tally_key;

static str key_bytes(const tally_key *k)
{
    return (str){(const char *)k, sizeof(*k)};
}

int64_t *verify_tally_at(verify *v, const verify_terms *of, uint64_t template_id, int32_t day)
{
    tally_key k = {of->campaign->row->id, template_id, day};
    return verify_map_at(v->tally, key_bytes(&k)) + TALLY_EXPECTED;
}

int64_t *verify_total_at(verify *v, const verify_terms *of)
{
    tally_key k = {of->campaign->row->id, of->template->row->id, 0};
    return verify_map_at(v->totals, key_bytes(&k)) + TOTAL_EXPECTED;
}

/* ---- what rows tell ---- */

static void count(verify *v, const verify_terms *of, int64_t at_ms, int which, int64_t n)
{
    int32_t day;
    if (verify_day(of, at_ms, &day))
        verify_tally_at(v, of, of->template->row->id, day)[which] += n;
}

void verify_count_coupon(verify *v, const verify_coupon *c)
{
    if (c->row.transfer == 0)
        count(v, &c->of, c->row.issued_at_ms, TALLY_ISSUED, 1);
    if (c->row.state == COUPON_STATE_EXPIRED)
        verify_total_at(v, &c->of)[TALLY_EXPIRED]++;
    if (c->use != NULL)
        verify_total_at(v, &c->of)[TALLY_EXPIRED] += c->use->revivals;
    if (c->row.state != COUPON_STATE_VOIDED)
        return;
    verify_total_at(v, &c->of)[TALLY_VOIDED]++;
    verify_code_use(v, c->row.batch, CODE_USE_VOIDED, 1);
}

void verify_count_user(verify *v, const verify_terms *of, uint64_t template_id, int64_t at_ms)
{
    int32_t day;
    if (verify_day(of, at_ms, &day))
        verify_tally_at(v, of, template_id, day)[TALLY_USERS]++;
}

/* Did the first one come from another user, who was counted? */
static bool first_was_brought(const verify_group *g, const coupon *of, uint64_t campaign_id,
                              uint64_t owner)
{
    const usage *row = verify_find_usage(
        g, &(usage){.slot = of->slot, .member = of->member, .campaign = campaign_id});
    return usage_first_was_brought(row, owner);
}

/* The coupons of a user are together, by campaign, template and time. */
void verify_count_users(verify *v, const verify_group *g)
{
    for (size_t i = 0; i < g->coupons.n; i++) {
        const verify_coupon *c = g->by_member[i], *last = i == 0 ? NULL : g->by_member[i - 1];
        if (c->of.template == NULL)
            continue;
        bool same_user = last != NULL && last->of.template != NULL &&
                         last->row.slot == c->row.slot && last->row.member == c->row.member;
        uint64_t campaign_id = c->of.campaign->row->id;
        if ((!same_user || last->row.template != c->row.template) &&
            !first_was_brought(g, &c->row, campaign_id, c->row.template))
            verify_count_user(v, &c->of, c->row.template, verify_since_ms(c));
        if (same_user && last->of.campaign == c->of.campaign)
            continue;
        int64_t first_ms = verify_promotion_first(g, &c->row, campaign_id);
        for (size_t j = i; j < g->coupons.n && g->by_member[j]->of.campaign == c->of.campaign &&
                           g->by_member[j]->row.slot == c->row.slot &&
                           g->by_member[j]->row.member == c->row.member;
             j++)
            if (verify_since_ms(g->by_member[j]) < first_ms)
                first_ms = verify_since_ms(g->by_member[j]);
        if (!first_was_brought(g, &c->row, campaign_id, 0))
            verify_count_user(v, &c->of, 0, first_ms);
    }
}

/* Was it let go: by a release, its deadline or a newer hold? One that was redeemed after its
 * deadline was let go and taken again. */
static bool was_released(const verify_group *g, const hold *row)
{
    if (row->state != HOLD_STATE_REDEEMED)
        return row->state != HOLD_STATE_OPEN;
    const verify_redemption *r = verify_find_redemption(g, row->redemption);
    return r != NULL && r->row.redeemed_at_ms >= row->deadline_ms;
}

void verify_count_hold(verify *v, const verify_group *g, const hold *row)
{
    bool released = was_released(g, row);
    const verify_redemption *r =
        released ? NULL : verify_find_redemption(g, row->redemption); /* NULL: still open, too */
    for (size_t i = 0; i < row->applied.n; i++) {
        verify_terms of;
        if (!verify_terms_of(v, row->applied.items[i].template, &of))
            continue;
        count(v, &of, row->created_at_ms, TALLY_HELD, 1);
        if (released)
            verify_total_at(v, &of)[TALLY_RELEASED]++;
        if (r != NULL)
            count(v, &of, r->row.redeemed_at_ms, TALLY_CONFIRMED, 1);
    }
}

/* In another currency than the campaign's, by MONEY_…. */
static void count_money(verify *v, const verify_terms *of, const ledger *row)
{
    verify_money_place at = {.template = of->template->row->id};
    if (!verify_day(of, row->at_ms, &at.day))
        return;
    int64_t *to = verify_money_at(v, of, &at, row->currency);
    if (to == NULL)
        return;
    to[MONEY_DISCOUNT] += row->debit == ACCOUNT_DISCOUNT ? row->amount_minor : 0;
    to[MONEY_DISCOUNT_RETURNED] += row->credit == ACCOUNT_DISCOUNT ? row->amount_minor : 0;
    to[MONEY_ADDS] += row->debit == ACCOUNT_BONUS ? row->amount_minor : 0;
    to[MONEY_ADDS_RETURNED] += row->credit == ACCOUNT_BONUS ? row->amount_minor : 0;
}

void verify_count_ledger(verify *v, const verify_terms *of, const ledger *row)
{
    if (of->template == NULL)
        return;
    if (row->currency.n > 0)
        count_money(v, of, row);
    else if (row->debit == ACCOUNT_DISCOUNT)
        count(v, of, row->at_ms, TALLY_DISCOUNT, row->amount_minor);
    else if (row->credit == ACCOUNT_DISCOUNT)
        count(v, of, row->at_ms, TALLY_DISCOUNT_RETURNED, row->amount_minor);
    else if (row->debit == ACCOUNT_BONUS)
        count(v, of, row->at_ms, TALLY_ADDS, row->amount_minor);
    else if (row->credit == ACCOUNT_BONUS)
        count(v, of, row->at_ms, TALLY_ADDS_RETURNED, row->amount_minor);
}

/* ---- the counters ---- */

static void see_tally(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const tally *t = row;
    tally_key k = {t->campaign, t->template, t->day};
    int64_t *to = verify_map_at(v->tally, key_bytes(&k)) + TALLY_ACTUAL;
    const int64_t columns[TALLY_COLUMNS] = {
        [TALLY_ISSUED] = t->issued,
        [TALLY_HELD] = t->held,
        [TALLY_RELEASED] = t->released,
        [TALLY_REDEEMED] = t->redeemed,
        [TALLY_RETURNED] = t->returned,
        [TALLY_EXPIRED] = t->expired,
        [TALLY_VOIDED] = t->voided,
        [TALLY_USERS] = t->users,
        [TALLY_DISCOUNT] = t->discount_minor,
        [TALLY_DISCOUNT_RETURNED] = t->discount_returned_minor,
        [TALLY_ORDER] = t->order_minor,
        [TALLY_ORDER_RETURNED] = t->order_returned_minor,
        [TALLY_CONFIRMED] = t->confirmed,
        [TALLY_ADDS] = t->adds_minor,
        [TALLY_ADDS_RETURNED] = t->adds_returned_minor,
    };
    for (size_t i = 0; i < TALLY_COLUMNS; i++)
        to[i] += columns[i];
}

static const char *column_name(size_t i)
{
    return tally_table.record.columns[tally_table.key_columns + i].name;
}

/* Which columns the rows tell by day, and which the events. */
static bool told_by_rows(size_t which)
{
    return which != TALLY_RELEASED && which != TALLY_RETURNED && which != TALLY_EXPIRED &&
           which != TALLY_VOIDED;
}

static bool told_by_events(size_t which)
{
    return which < TALLY_USERS;
}

static str subject_of(const tally_key *k, bool with_day, char out[128])
{
    buf b = {.p = out, .capacity = 128, .max = 128};
    id_write(&b, ID_CAMPAIGN, k->campaign);
    buf_char(&b, ' ');
    if (k->template == 0)
        buf_str(&b, S("as a whole"));
    else
        id_write(&b, ID_TEMPLATE, k->template);
    if (with_day) {
        buf_char(&b, ' ');
        time_write_day(&b, (int32_t)k->day);
    }
    return buf_view(&b);
}

static void compare_day(verify *v, const tally_key *k, const int64_t *values)
{
    char text[128];
    verify_what w = {.check = "tally", .subject = subject_of(k, true, text)};
    verify_what events = {.check = "events", .subject = w.subject};
    for (size_t i = 0; i < TALLY_COLUMNS; i++) {
        if (told_by_rows(i))
            verify_number(v, &w, column_name(i), values[TALLY_EXPECTED + i],
                          values[TALLY_ACTUAL + i]);
        if (told_by_events(i) && v->events_complete)
            verify_number(v, &events, column_name(i), values[TALLY_ACTUAL + i],
                          values[TALLY_EVENTS + i]);
    }
}

static void add_up(verify *v, const tally_key *k, const int64_t *values)
{
    tally_key whole = {k->campaign, k->template, 0};
    int64_t *total = verify_map_at(v->totals, key_bytes(&whole));
    for (size_t i = 0; i < TALLY_COLUMNS; i++)
        if (!told_by_rows(i))
            total[TOTAL_ACTUAL + i] += values[TALLY_ACTUAL + i];
}

static void compare_totals(verify *v)
{
    for (size_t i = 0; i < verify_map_count(v->totals); i++) {
        str bytes;
        const int64_t *total = verify_map_item(v->totals, i, &bytes);
        tally_key k;
        memcpy(&k, bytes.p, sizeof(k));
        char text[128];
        verify_what w = {.check = "tally", .subject = subject_of(&k, false, text)};
        for (size_t c = 0; c < TALLY_COLUMNS; c++) {
            char field[64];
            (void)snprintf(field, sizeof(field), "%s in all", column_name(c));
            verify_number(v, &w, field, total[TOTAL_EXPECTED + c], total[TOTAL_ACTUAL + c]);
        }
    }
}

result verify_counters(verify *v)
{
    result r = verify_each(v, NULL, &tally_table, see_tally);
    if (r != R_DONE)
        return r;
    for (size_t i = 0; i < verify_map_count(v->tally); i++) {
        str bytes;
        const int64_t *values = verify_map_item(v->tally, i, &bytes);
        tally_key k;
        memcpy(&k, bytes.p, sizeof(k));
        compare_day(v, &k, values);
        add_up(v, &k, values);
    }
    compare_totals(v);
    return R_DONE;
}
