/* Campaigns: create, list, get, change, state, budget. */
#include "api/convert.h"
#include "base/hash.h"
#include "domain/campaign/rules.h"
#include "domain/limit/pool.h"

static wire_campaign campaign_shown(api_call *c, const campaign *row)
{
    wire_campaign out = {
        .id = row->id,
        .version = row->version,
        .state = (campaign_state)row->state,
        .name = row->name,
        .currency = row->currency,
        .claim_window = window_of(row->claim_from_ms, row->claim_until_ms),
        .use_window = window_of(row->use_from_ms, row->use_until_ms),
        .limits = limits_of(c, row->limits.items, row->limits.n),
        .template_count = row->templates,
        .created_at = row->created_at_ms,
        .updated_at = row->updated_at_ms,
    };
    out.has_budget = row->budget_mode != BUDGET_MODE_NONE;
    if (out.has_budget)
        out.budget = (wire_budget){.mode = (budget_mode)row->budget_mode,
                                   .total = money_of(row->budget_minor, row->currency)};
    return out;
}

static void answer_with(api_call *c, int status)
{
    const row_out *out = c->act.out;
    campaign row = {0};
    if (!row_in_outcome(c, &campaign_table.record, out->row, &row))
        return;
    wire_campaign shown = campaign_shown(c, &row);
    call_etag(c, row.version);
    call_answer(c, status, &wire_campaign_type, &shown);
}

static void created(api_call *c)
{
    answer_with(c, 201);
}

static void changed(api_call *c)
{
    answer_with(c, 200);
}

/* The merchant's campaign in the snapshot of this call; NULL when there is none. */
static const campaign *campaign_known(api_call *c, uint64_t id)
{
    const config_campaign *found = config_find_campaign(call_config(c), id);
    return found == NULL || found->row->merchant != c->who.merchant ? NULL : found->row;
}

static void submit(api_call *c, act_id id, uint64_t of, const void *in)
{
    call_act(c, &(act_ask){.id = id,
                           .slot = id_slot(of),
                           .subject = id_subject(c, ID_CAMPAIGN, of),
                           .in = in,
                           .then = changed});
}

void api_campaign_create(api_call *c)
{
    const wire_campaign_create *b = c->body;
    const config_merchant *owner = config_find_merchant(call_config(c), c->who.merchant);
    if (owner == NULL) {
        call_refuse(c, R_NOT_FOUND, S("There is no such merchant."));
        return;
    }
    campaign_create_in *in = ARENA_NEW(c->memory, campaign_create_in);
    *in = (campaign_create_in){
        .slot = call_slot_of_key(c),
        .merchant = c->who.merchant,
        .name = b->name,
        .currency = b->has_currency ? b->currency : owner->row->currency,
        .claim_from_ms = b->claim_window.from,
        .claim_until_ms = b->claim_window.until,
        .use_from_ms = b->use_window.from,
        .use_until_ms = b->use_window.until,
        .budget_mode = BUDGET_MODE_NONE,
    };
    if (b->has_budget) {
        in->budget_mode = (uint8_t)b->budget.mode;
        in->budget_minor = b->budget.total.amount;
        check_currency(c, "budget.total", &b->budget.total, in->currency);
    }
    in->limits.items = limits_in(c, &b->limits);
    in->limits.n = b->limits.n;
    rules_campaign_create(in, c->problems);
    call_act(c, &(act_ask){.id = ACT_ID_campaign_create,
                           .slot = in->slot,
                           .subject = S(""),
                           .in = in,
                           .then = created});
}

void api_campaign_edit(api_call *c)
{
    const wire_campaign_edit *b = c->body;
    const wire_campaign_edit_parameters *p = c->parameters;
    const campaign *now = campaign_known(c, p->campaign);
    if (now == NULL) {
        call_refuse(c, R_NOT_FOUND, S(""));
        return;
    }
    campaign_edit_in *in = ARENA_NEW(c->memory, campaign_edit_in);
    *in = (campaign_edit_in){
        .merchant = c->who.merchant,
        .campaign = p->campaign,
        .if_version = c->if_version,
        .fields =
            (uint32_t)((b->has_name ? CAMPAIGN_NAME : 0) |
                       (b->has_claim_window ? CAMPAIGN_CLAIM_FROM | CAMPAIGN_CLAIM_UNTIL : 0) |
                       (b->has_use_window ? CAMPAIGN_USE_FROM | CAMPAIGN_USE_UNTIL : 0) |
                       (b->has_limits ? CAMPAIGN_LIMITS : 0)),
        .name = b->name,
        .claim_from_ms = b->claim_window.from,
        .claim_until_ms = b->claim_window.until,
        .use_from_ms = b->use_window.from,
        .use_until_ms = b->use_window.until,
    };
    in->limits.items = limits_in(c, &b->limits);
    in->limits.n = b->limits.n;
    if (now->version == c->if_version) /* else the act says so, or answers a repeat */
        rules_campaign_edit(call_config(c), now, in, c->problems);
    submit(c, ACT_ID_campaign_edit, p->campaign, in);
}

void api_campaign_set_state(api_call *c)
{
    const wire_campaign_set_state *b = c->body;
    const wire_campaign_set_state_parameters *p = c->parameters;
    campaign_state_in *in = ARENA_NEW(c->memory, campaign_state_in);
    *in = (campaign_state_in){
        .merchant = c->who.merchant, .campaign = p->campaign, .state = (uint8_t)b->state};
    submit(c, ACT_ID_campaign_state, p->campaign, in);
}

void api_campaign_set_budget(api_call *c)
{
    const wire_budget_change *b = c->body;
    const wire_campaign_set_budget_parameters *p = c->parameters;
    const campaign *now = campaign_known(c, p->campaign);
    if (now == NULL) {
        call_refuse(c, R_NOT_FOUND, S(""));
        return;
    }
    check_currency(c, "current", &b->current, now->currency);
    check_currency(c, "target", &b->target, now->currency);
    pool_change_in *in = ARENA_NEW(c->memory, pool_change_in);
    *in = (pool_change_in){.merchant = c->who.merchant,
                           .owner = p->campaign,
                           .kind = POOL_KIND_BUDGET,
                           .current = b->current.amount,
                           .target = b->target.amount};
    submit(c, ACT_ID_pool_change, p->campaign, in);
}

void api_campaign_get(api_call *c)
{
    const wire_campaign_get_parameters *p = c->parameters;
    if (!call_config_now(c))
        return;
    const campaign *row = campaign_known(c, p->campaign);
    if (row == NULL) {
        call_refuse(c, R_NOT_FOUND, S(""));
        return;
    }
    wire_campaign shown = campaign_shown(c, row);
    call_etag(c, row->version);
    call_answer(c, 200, &wire_campaign_type, &shown);
}

enum { LOOK_PAGE = 200, LOOK_MAX = 10000 };

/* Fills the page from the snapshot, in order of id. *after moves along; true when there may be
 * more behind it. */
static bool fill_page(api_call *c, const wire_campaign_list_parameters *p, uint64_t *after,
                      wire_campaign_list *page)
{
    const config_campaign *found[LOOK_PAGE];
    for (size_t looked = 0; looked < LOOK_MAX; looked += LOOK_PAGE) {
        size_t n = config_campaigns(call_config(c), c->who.merchant, *after, LOOK_PAGE, found);
        for (size_t i = 0; i < n; i++) {
            if (page->n == (size_t)p->page_size)
                return true;
            *after = found[i]->row->id;
            if (!p->has_state || found[i]->row->state == (uint8_t)p->state)
                page->items[page->n++] = campaign_shown(c, found[i]->row);
        }
        if (n < LOOK_PAGE)
            return false;
    }
    return true;
}

void api_campaign_list(api_call *c)
{
    const wire_campaign_list_parameters *p = c->parameters;
    uint64_t after;
    if (!call_token_id(c, p->page_token, &after) || !call_config_now(c))
        return;
    wire_campaign_page page = {0};
    page.campaigns.items = ARENA_ARRAY(c->memory, wire_campaign, p->page_size);
    page.has_next_page_token = fill_page(c, p, &after, &page.campaigns);
    if (page.has_next_page_token)
        page.next_page_token = call_token_of_id(c, after);
    call_answer(c, 200, &wire_campaign_page_type, &page);
}
