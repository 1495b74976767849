/* What may never be passed, counted from the rows of coupons, holds and redemptions alone: stock,
 * budget, a limit by user, one by device. Knows nothing of pools, slices and usage rows. See
 * model.h. */
#include "base/id.h"
#include "domain/campaign/config.h"
#include "test/lib/model.h"

/* Claims ever of a user of template 0, of a device of template 2: model_side.c. */
enum { CLAIMS_EVER_MAX = 5, DEVICE_CLAIMS_MAX = 9 };

typedef struct bounds {
    int64_t issued[MODEL_TEMPLATES], of_user[MODEL_USERS], of_device[MODEL_DEVICES + 1],
        spent[MODEL_CAMPAIGNS];
} bounds;

static uint32_t place(const uint64_t *ids, uint32_t n, uint64_t id)
{
    uint32_t i = 0;
    while (i < n && ids[i] != id)
        i++;
    CHECK(i < n);
    return i;
}

static void count_coupons(const model_side *s, const app_view *v, bounds *b)
{
    for (uint32_t i = 0; i < s->coupon_count; i++) {
        const coupon *row = coupon_get(v->rows, id_slot(s->coupons[i]), s->coupons[i]);
        CHECK(row != NULL);
        if (s->in_error[i])
            continue;
        uint32_t t = place(s->templates, MODEL_TEMPLATES, row->template);
        b->issued[t]++;
        b->of_device[s->devices[i]] += t == 2;
        const member *who = member_get(v->rows, row->slot, row->member);
        for (uint32_t u = 0; u < MODEL_USERS && t == 0; u++)
            b->of_user[u] += str_eq(model_user(u), who->name);
    }
}

static void add_spent(const model_side *s, const applied_coupon *a, int64_t minor, bounds *b)
{
    b->spent[place(s->campaigns, MODEL_CAMPAIGNS, a->campaign)] += minor;
}

static void count_money(const model_side *s, const app_view *v, bounds *b)
{
    for (uint32_t i = 0; i < s->redemption_count; i++) {
        const redemption *row =
            redemption_get(v->rows, id_slot(s->redemptions[i]), s->redemptions[i]);
        CHECK(row != NULL);
        for (size_t k = 0; k < row->applied.n; k++)
            add_spent(s, &row->applied.items[k],
                      row->applied.items[k].discount_minor - row->applied.items[k].returned_minor,
                      b);
    }
    for (uint32_t i = 0; i < s->hold_count; i++) {
        const hold *row = hold_get(v->rows, id_slot(s->holds[i]), s->holds[i]);
        CHECK(row != NULL);
        for (size_t k = 0; k < row->applied.n && row->state == HOLD_STATE_OPEN; k++)
            add_spent(s, &row->applied.items[k], row->applied.items[k].discount_minor, b);
    }
}

static bool within(const char *what, uint32_t number, int64_t used, int64_t most, buf *why)
{
    if (used > most)
        buf_printf(why, "\n      %s %u: %lld of %lld", what, number, (long long)used,
                   (long long)most);
    return used <= most;
}

void model_side_states(model_side *s, buf *facts)
{
    app_view v;
    result r = app_view_open(s->world.app, s->memory, &v);
    CHECK(r == R_DONE);
    for (uint32_t i = 0; i < s->coupon_count; i++)
        buf_printf(facts, " %u", coupon_get(v.rows, id_slot(s->coupons[i]), s->coupons[i])->state);
    for (uint32_t i = 0; i < s->hold_count; i++)
        buf_printf(facts, " h%u", hold_get(v.rows, id_slot(s->holds[i]), s->holds[i])->state);
    app_view_close(&v);
}

bool model_side_bounded(model_side *s, buf *why)
{
    bounds b = {0};
    app_view v;
    arena_reset(s->memory);
    result r = app_view_open(s->world.app, s->memory, &v);
    CHECK(r == R_DONE);
    count_coupons(s, &v, &b);
    count_money(s, &v, &b);
    bool good = true;
    for (uint32_t t = 0; t < MODEL_TEMPLATES; t++) {
        int64_t stock = config_find_template(v.config, s->templates[t])->row->stock;
        if (stock >= 0 && !s->was_unlimited[t])
            good = within("stock of template", t, b.issued[t], stock, why) && good;
    }
    for (uint32_t i = 0; i < MODEL_CAMPAIGNS; i++) {
        const campaign *of = config_find_campaign(v.config, s->campaigns[i])->row;
        good = within("budget of campaign", i, b.spent[i], of->budget_minor, why) && good;
    }
    for (uint32_t u = 0; u < MODEL_USERS; u++)
        good = within("claims of user", u, b.of_user[u], CLAIMS_EVER_MAX, why) && good;
    good = within("claims without a device", 0, b.of_device[0], 0, why) && good;
    for (uint32_t d = 1; d <= MODEL_DEVICES; d++)
        good = within("claims of device", d, b.of_device[d], DEVICE_CLAIMS_MAX, why) && good;
    app_view_close(&v);
    return good;
}
