/* Money of automatic templates in a group: what their orders say against the ledger. They have no
 * row of their own; the rest of them is counted like that of coupons. */
#include "app/verify_party.h"

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

verify_map *verify_promotions_new(void)
{
    return verify_map_new(PROMOTION_VALUES);
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
