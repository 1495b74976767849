/* Rules for how coupons stand among others: groups of a merchant, and the place of a template. */
#include "domain/campaign/rules_part.h"
#include "domain/price/price.h"

enum { STACK_NAME_MAX = 40, STACK_GROUPS_MAX = 50, STACK_RANK_MAX = 1000000 };

static void check_word(str field, str name, issues *found)
{
    if (name.n > STACK_NAME_MAX)
        issues_add(found, field, S("too_long"), "at most %d bytes", STACK_NAME_MAX);
    else if (!str_is_printable(name))
        issues_add(found, field, S("bad_format"), "text without control characters");
}

static void check_group(const merchant_put_in *in, size_t i, issues *found)
{
    const stack_group *g = &in->groups.items[i];
    bool counts = g->mode == GROUP_MODE_AT_MOST;
    if (g->name.n == 0)
        issues_add(found, rules_item_field(found, "stacking_groups", i, "name"), S("required"),
                   "a name");
    check_word(rules_item_field(found, "stacking_groups", i, "name"), g->name, found);
    if (group_mode_name(g->mode).n == 0)
        issues_add(found, rules_item_field(found, "stacking_groups", i, "mode"), S("not_allowed"),
                   "all, best_line, best_order, best_lane, highest_rank or at_most");
    if (counts != (g->most > 0) || g->most > ORDER_COUPONS_MAX)
        issues_add(found, rules_item_field(found, "stacking_groups", i, "most"),
                   counts ? S("out_of_range") : S("not_allowed"), "1 to %d, with at_most only",
                   ORDER_COUPONS_MAX);
    for (size_t k = 0; k < i; k++)
        if (str_eq(in->groups.items[k].name, g->name))
            issues_add(found, rules_item_field(found, "stacking_groups", i, "name"), S("duplicate"),
                       "is in the list already");
}

void rules_groups(const merchant_put_in *in, issues *found)
{
    if (in->groups.n > STACK_GROUPS_MAX) {
        issues_add(found, S("stacking_groups"), S("too_many"), "at most %d", STACK_GROUPS_MAX);
        return;
    }
    for (size_t i = 0; i < in->groups.n; i++)
        check_group(in, i, found);
}

void rules_standing(const template_version *v, issues *found)
{
    if (v->stage != 0 && price_stage_name(v->stage).n == 0)
        issues_add(found, S("stacking.stage"), S("not_allowed"),
                   "catalogue, item, order or shipping");
    if (v->stop != 0 && stop_further_name(v->stop).n == 0)
        issues_add(found, S("stacking.stop_further"), S("not_allowed"), "none, line or cart");
    rules_range(S("stacking.priority"), v->priority, -STACK_RANK_MAX, STACK_RANK_MAX, found);
    rules_range(S("stacking.rank"), v->rank, -STACK_RANK_MAX, STACK_RANK_MAX, found);
    check_word(S("stacking.group"), v->stack_group, found);
    check_word(S("stacking.lane"), v->lane, found);
    if (v->lane.n > 0 && v->stack_group.n == 0)
        issues_add(found, S("stacking.lane"), S("not_allowed"), "with a group only");
}
