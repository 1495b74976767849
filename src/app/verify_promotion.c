/* Money of automatic templates in a group: what their orders say against the ledger. They have no
 * row of their own; the rest of them is counted like that of coupons. */
#include "app/verify_promotion.h"

#include "app/verify_party.h"
#include "domain/limit/usage.h"

typedef struct promotion_key {
    uint64_t template, slot;
} promotion_key;

enum {
    PROMOTION_RESERVED, /* as orders say */
    PROMOTION_SPENT,
    PROMOTION_DISCOUNT,
    PROMOTION_ADDS,
    PROMOTION_LEDGER, /* by account: debits less credits */
    PROMOTION_VALUES = PROMOTION_LEDGER + ACCOUNT_COUNT,
};

/* A member's first redemption of a template, or (template 0) of any automatic one of a campaign. */
typedef struct first_key {
    uint64_t campaign, template;
    uint64_t slot, member;
} first_key;

enum {
    FIRST_TEMPLATE, /* one of the campaign; 0: there is none */
    FIRST_AT_MS,
    FIRST_COUNTED,
    FIRST_VALUES,
};

void verify_promotions_open(verify_group *g)
{
    g->promotions = verify_map_new(PROMOTION_VALUES);
    g->first_uses = verify_map_new(FIRST_VALUES);
}

void verify_promotions_close(verify_group *g)
{
    verify_map_free(g->promotions);
    verify_map_free(g->first_uses);
}

static int64_t *values_at(const verify_group *g, uint16_t slot, uint64_t template_id)
{
    promotion_key k = {template_id, slot};
    return verify_map_at(g->promotions, (str){(const char *)&k, sizeof(k)});
}

void verify_promotion_ledger(verify *v, verify_group *g, const ledger *row)
{
    verify_what w = {.check = "ledger", .kind = ID_LEDGER, .id = row->id};
    verify_terms of;
    bool known = verify_terms_of(v, row->template, &of);
    verify_must(v, &w, "the template is there", known);
    if (!known)
        return;
    verify_same_id(v, &w, "campaign",
                   (verify_ids){ID_CAMPAIGN, of.campaign->row->id, row->campaign});
    int64_t *values = values_at(g, row->slot, row->template) + PROMOTION_LEDGER;
    values[row->debit] += row->amount_minor;
    values[row->credit] -= row->amount_minor;
    verify_count_ledger(v, &of, row);
    verify_party_ledger(v, g, &of, row);
}

void verify_promotion_applied(verify *v, const verify_what *w, const applied_coupon *a)
{
    verify_terms of;
    bool known = verify_terms_of(v, a->template, &of);
    verify_must(v, w, "its template is there and automatic",
                known && of.template->row->apply == APPLY_MODE_AUTOMATIC);
    if (known)
        verify_same_id(v, w, "applied.campaign",
                       (verify_ids){ID_CAMPAIGN, of.campaign->row->id, a->campaign});
}

void verify_promotion_held(const verify_group *g, uint16_t slot, const applied_coupon *a)
{
    values_at(g, slot, a->template)[PROMOTION_RESERVED] += a->reserved_minor;
}

void verify_promotion_used(const verify_group *g, uint16_t slot, const applied_coupon *a,
                           int64_t adds_minor)
{
    int64_t *values = values_at(g, slot, a->template);
    values[PROMOTION_SPENT] += a->reserved_minor;
    values[PROMOTION_DISCOUNT] += a->discount_minor - a->returned_minor;
    values[PROMOTION_ADDS] += adds_minor;
}

static str first_bytes(const first_key *k)
{
    return (str){(const char *)k, sizeof(*k)};
}

void verify_promotion_user(const verify_group *g, const redemption *row, const applied_coupon *a)
{
    const uint64_t owners[] = {a->template, 0};
    for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
        limit_take use = {.campaign = a->campaign,
                          .owner = owners[i],
                          .measure = LIMIT_MEASURE_REDEMPTIONS,
                          .period = LIMIT_PERIOD_EVER};
        (*verify_take_at(g, row->slot, row->member, &use))++;
        first_key k = {a->campaign, owners[i], row->slot, row->member};
        int64_t *first = verify_map_at(g->first_uses, first_bytes(&k));
        if (first[FIRST_TEMPLATE] == 0 || row->redeemed_at_ms < first[FIRST_AT_MS]) {
            first[FIRST_TEMPLATE] = (int64_t)a->template;
            first[FIRST_AT_MS] = row->redeemed_at_ms;
        }
    }
}

int64_t verify_promotion_first(const verify_group *g, const coupon *of, uint64_t campaign_id)
{
    first_key k = {campaign_id, 0, of->slot, of->member};
    int64_t *first = verify_map_find(g->first_uses, first_bytes(&k));
    if (first == NULL)
        return INT64_MAX;
    first[FIRST_COUNTED] = 1;
    return first[FIRST_AT_MS];
}

void verify_promotion_users(verify *v, const verify_group *g)
{
    for (size_t i = 0; i < verify_map_count(g->first_uses); i++) {
        str bytes;
        const int64_t *first = verify_map_item(g->first_uses, i, &bytes);
        first_key k;
        verify_terms of;
        memcpy(&k, bytes.p, sizeof(k));
        usage key = {
            .slot = (uint16_t)k.slot, .member = (uint32_t)k.member, .campaign = k.campaign};
        if (first[FIRST_COUNTED] == 0 &&
            !usage_first_was_brought(verify_find_usage(g, &key), k.template) &&
            verify_terms_of(v, (uint64_t)first[FIRST_TEMPLATE], &of))
            verify_count_user(v, &of, k.template, first[FIRST_AT_MS]);
    }
}

void verify_promotions(verify *v, const verify_group *g)
{
    for (size_t i = 0; i < verify_map_count(g->promotions); i++) {
        str bytes;
        const int64_t *values = verify_map_item(g->promotions, i, &bytes);
        promotion_key k;
        CHECK(bytes.n == sizeof(k));
        memcpy(&k, bytes.p, sizeof(k));
        verify_what w = {.check = "promotion", .kind = ID_TEMPLATE, .id = k.template};
        const int64_t *booked = values + PROMOTION_LEDGER;
        verify_number(v, &w, "ledger budget_reserved", values[PROMOTION_RESERVED],
                      booked[ACCOUNT_BUDGET_RESERVED]);
        verify_number(v, &w, "ledger budget_spent", values[PROMOTION_SPENT],
                      booked[ACCOUNT_BUDGET_SPENT]);
        verify_terms of;
        if (verify_terms_of(v, k.template, &of))
            verify_pool_promotion(v, &of,
                                  booked[ACCOUNT_BUDGET_RESERVED] + booked[ACCOUNT_BUDGET_SPENT]);
        verify_number(v, &w, "ledger discount", values[PROMOTION_DISCOUNT],
                      booked[ACCOUNT_DISCOUNT]);
        verify_number(v, &w, "ledger bonus", values[PROMOTION_ADDS], booked[ACCOUNT_BONUS]);
    }
}
