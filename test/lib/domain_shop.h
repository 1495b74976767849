/* What most tests of the domain's acts begin with: one open shop a test, whose books must be right
 * at its end. `how` says how the shop is opened. */
#ifndef QUAN_TEST_DOMAIN_SHOP_H
#define QUAN_TEST_DOMAIN_SHOP_H

#include "base/id.h"
#include "test/lib/domain_fixture.h"

static fix *shop;
static fix_options how;
static const order_line lines[] = {
    {.sku = {"tea", 3}, .category = {"food", 4}, .quantity = 2, .unit_minor = 3000},
    {.sku = {"cup", 3}, .category = {"ware", 4}, .quantity = 1, .unit_minor = 4000},
};

static inline int set_up(void **state)
{
    (void)state;
    shop = fix_open(how);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    fix_verify(shop);
    fix_close(shop);
    return 0;
}

static inline uint64_t campaign_with_budget(budget_mode mode, int64_t budget_minor)
{
    campaign_create_in in = fix_campaign_in(shop);
    in.budget_mode = (uint8_t)mode;
    in.budget_minor = budget_minor;
    return fix_campaign(shop, &in);
}

static inline uint64_t template_in(uint64_t campaign_id)
{
    template_put_in in = fix_template_in(shop, campaign_id);
    return fix_template(shop, &in);
}

/* Ann's order of the lines above. */
static inline fix_order order_of(const char *number, const uint64_t *coupons, size_t n)
{
    return (fix_order){.user = S("ann"),
                       .number = str_of(number),
                       .store = S("s1"),
                       .channel = S("web"),
                       .coupons = coupons,
                       .coupon_count = n,
                       .lines = lines,
                       .line_count = ARRAY_LEN(lines)};
}

#endif
