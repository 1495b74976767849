/* Merchants: for the operator of the server. */
#include "api/convert.h"
#include "domain/campaign/rules.h"

static wire_stacking_group_list groups_shown(api_call *c, const merchant *row)
{
    wire_stacking_group_list out = {ARENA_ARRAY(c->memory, wire_stacking_group, row->groups.n),
                                    row->groups.n};
    for (size_t i = 0; i < row->groups.n; i++) {
        const stack_group *g = &row->groups.items[i];
        out.items[i] = (wire_stacking_group){
            .name = g->name, .mode = (group_mode)g->mode, .has_most = g->most > 0, .most = g->most};
    }
    return out;
}

static void groups_in(api_call *c, const wire_stacking_group_list *from, merchant_put_in *in)
{
    in->groups.items = ARENA_ARRAY(c->memory, stack_group, from->n);
    in->groups.n = from->n;
    for (size_t i = 0; i < from->n; i++)
        in->groups.items[i] = (stack_group){from->items[i].name, (uint8_t)from->items[i].mode,
                                            (uint32_t)from->items[i].most};
}

static wire_merchant merchant_shown(api_call *c, const merchant *row)
{
    return (wire_merchant){
        .id = row->id,
        .version = row->version,
        .name = row->name,
        .zone = row->zone,
        .currency = row->currency,
        .limits = limits_of(c, row->limits.items, row->limits.n),
        .has_stacking_groups = row->groups.n > 0,
        .stacking_groups = groups_shown(c, row),
        .has_max_coupons = row->coupons_max > 0,
        .max_coupons = row->coupons_max,
        .has_policy = row->policy.n > 0,
        .policy = policy_shown(c, row->policy.items, row->policy.n),
        .has_phone_region = row->phone_region.n > 0,
        .phone_region = row->phone_region,
        .has_blacklist = row->blacklist.n > 0,
        .blacklist = rule_shown(c, row->blacklist.items, row->blacklist.n, RULE_PLACE_LINE),
        .created_at = row->created_at_ms};
}

static void answer_merchant(api_call *c, int status)
{
    const row_out *out = c->act.out;
    merchant row = {0};
    if (!row_in_outcome(c, &merchant_table.record, out->row, &row))
        return;
    wire_merchant shown = merchant_shown(c, &row);
    call_etag(c, row.version);
    call_answer(c, status, &wire_merchant_type, &shown);
}

static void merchant_created(api_call *c)
{
    answer_merchant(c, 201);
}

static void merchant_changed(api_call *c)
{
    answer_merchant(c, 200);
}

static merchant_put_in *merchant_in(api_call *c)
{
    const wire_merchant_put *b = c->body;
    merchant_put_in *in = ARENA_NEW(c->memory, merchant_put_in);
    *in = (merchant_put_in){.name = b->name, .zone = b->zone, .currency = b->currency};
    in->limits.items = limits_in(c, &b->limits);
    in->limits.n = b->limits.n;
    groups_in(c, &b->stacking_groups, in);
    in->coupons_max = (uint32_t)b->max_coupons;
    in->phone_region = b->phone_region;
    if (b->has_policy)
        policy_in(c, b->policy, &in->policy.items, &in->policy.n);
    if (b->has_blacklist) {
        rule_tree lines = rule_put(c, b->blacklist, RULE_PLACE_LINE, "blacklist");
        in->blacklist.items = lines.items;
        in->blacklist.n = lines.n;
    }
    if (app_zone(c->app, b->zone) == NULL)
        issues_add(c->problems, S("zone"), S("not_allowed"),
                   "an IANA zone that this server knows, such as Asia/Shanghai");
    return in;
}

void api_merchant_create(api_call *c)
{
    merchant_put_in *in = merchant_in(c);
    in->slot = call_slot_of_key(c);
    in->secret = merchant_secret(c->memory);
    rules_merchant(NULL, in, c->problems);
    call_act(c, &(act_ask){.id = ACT_ID_merchant_put,
                           .slot = in->slot,
                           .subject = S(""),
                           .in = in,
                           .then = merchant_created});
}

void api_merchant_replace(api_call *c)
{
    const wire_merchant_replace_parameters *p = c->parameters;
    const config_merchant *now = config_find_merchant(call_config(c), p->merchant);
    if (now == NULL) {
        call_refuse(c, R_NOT_FOUND, S(""));
        return;
    }
    merchant_put_in *in = merchant_in(c);
    in->id = p->merchant;
    in->if_version = c->if_version;
    if (now->row->version == c->if_version) /* else the act says so, or answers a repeat */
        rules_merchant(now->row, in, c->problems);
    call_act(c, &(act_ask){.id = ACT_ID_merchant_put,
                           .slot = id_slot(p->merchant),
                           .subject = id_subject(c, ID_MERCHANT, p->merchant),
                           .in = in,
                           .then = merchant_changed});
}

void api_merchant_get(api_call *c)
{
    const wire_merchant_get_parameters *p = c->parameters;
    if (!call_config_now(c))
        return;
    const config_merchant *found = config_find_merchant(call_config(c), p->merchant);
    if (found == NULL) {
        call_refuse(c, R_NOT_FOUND, S(""));
        return;
    }
    wire_merchant shown = merchant_shown(c, found->row);
    call_etag(c, found->row->version);
    call_answer(c, 200, &wire_merchant_type, &shown);
}

enum { MERCHANTS_PAGE_MAX = 200 };

void api_merchant_list(api_call *c)
{
    const wire_merchant_list_parameters *p = c->parameters;
    uint64_t after;
    if (!call_token_id(c, p->page_token, &after) || !call_config_now(c))
        return;
    const config_merchant *found[MERCHANTS_PAGE_MAX + 1];
    size_t want = (size_t)p->page_size;
    size_t n = config_merchants(call_config(c), after, want + 1, found);
    wire_merchant_page page = {0};
    page.merchants.items = ARENA_ARRAY(c->memory, wire_merchant, want);
    for (size_t i = 0; i < n && i < want; i++)
        page.merchants.items[page.merchants.n++] = merchant_shown(c, found[i]->row);
    page.has_next_page_token = n > want;
    if (page.has_next_page_token)
        page.next_page_token = call_token_of_id(c, found[want - 1]->row->id);
    call_answer(c, 200, &wire_merchant_page_type, &page);
}
