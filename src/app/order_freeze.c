/* See order_freeze.h. */
#include "app/order_freeze.h"

static bool is_used(str group, const coupon_list *from, const price_result *price)
{
    for (size_t k = 0; k < price->order_count; k++)
        if (str_eq(price_rule_group(from->prices[price->order[k]].rule), group))
            return true;
    return false;
}

static void freeze_groups(const price_ask *how, const coupon_list *from, const price_result *price,
                          arena *memory, order_in *in)
{
    in->groups.items = ARENA_ARRAY(memory, stack_group, how->group_count);
    in->groups.n = 0;
    for (size_t i = 0; i < how->group_count; i++) {
        stack_group group = how->groups[i];
        if (is_used(group.name, from, price)) {
            group.name = arena_str(memory, group.name);
            in->groups.items[in->groups.n++] = group;
        }
    }
}

void order_freeze(const price_ask *how, const coupon_list *from, const price_result *price,
                  arena *memory, order_in *in)
{
    freeze_groups(how, from, price, memory, in);
    in->asked.items = ARENA_ARRAY(memory, asked_conditions, price->order_count);
    in->asked.n = 0;
    for (size_t k = 0; k < price->order_count; k++) {
        asked_conditions asked = {.applied = (uint16_t)k};
        if (price_rule_frozen(from->prices[price->order[k]].rule, how->cart, memory, &asked.met))
            in->asked.items[in->asked.n++] = asked;
    }
}
