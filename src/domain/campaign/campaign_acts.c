/* Acts on campaigns: create, edit, change of state. Budget and its pools are pool_change's. */
#include "base/id.h"
#include "domain/campaign/act_part.h"
#include "domain/campaign/campaign.h"
#include "domain/campaign/rules.h"
#include "domain/campaign/state.h"

static result campaign_answer(uow *u, const campaign *row, row_out *out)
{
    *out = (row_out){.id = row->id,
                     .version = row->version,
                     .row = record_bytes(&campaign_table.record, row, uow_memory(u))};
    return R_DONE;
}

static void campaign_event(uow *u, uint8_t kind, const campaign *row)
{
    event e = {.kind = kind,
               .at_ms = uow_now(u),
               .merchant = row->merchant,
               .campaign = row->id,
               .revision = row->version};
    uow_event(u, &e);
}

/* The merchant's campaign at the wanted version. */
static result campaign_load(uow *u, const campaign *wanted, campaign **out)
{
    campaign *row = campaign_get(u, id_slot(wanted->id), wanted->id);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL || row->merchant != wanted->merchant)
        return uow_refuse(u, R_NOT_FOUND, "There is no such campaign.");
    *out = row;
    return act_check_version(u, wanted->version, row->version);
}

/* Every change of a row that is there already ends here. */
static result campaign_changed(uow *u, campaign *row, row_out *out)
{
    row->version++;
    row->updated_at_ms = uow_now(u);
    campaign_event(u, EVENT_KIND_CAMPAIGN_CHANGED, row);
    return campaign_answer(u, row, out);
}

result campaign_create_decide(uow *u, const void *in, void *out)
{
    const campaign_create_in *create = in;
    result r = act_check_merchant(u, create->merchant);
    if (r != R_DONE)
        return r;
    issues *found = issues_new(uow_memory(u));
    rules_campaign_create(create, found);
    r = act_check(u, found);
    if (r != R_DONE)
        return r;
    campaign *row = campaign_new(u, create->slot, uow_next_id(u, create->slot));
    row->merchant = create->merchant;
    row->version = 1;
    row->state = CAMPAIGN_STATE_DRAFT;
    row->name = create->name;
    row->currency = create->currency;
    row->claim_from_ms = create->claim_from_ms;
    row->claim_until_ms = create->claim_until_ms;
    row->use_from_ms = create->use_from_ms;
    row->use_until_ms = create->use_until_ms;
    row->budget_mode = create->budget_mode;
    row->budget_minor = create->budget_minor;
    act_limit_edit limits = {
        .limits = create->limits.items, .n = create->limits.n, .version = row->version};
    row->limits.items = act_limits(u, &limits);
    row->limits.n = limits.n;
    row->created_at_ms = uow_now(u);
    row->updated_at_ms = uow_now(u);
    campaign_event(u, EVENT_KIND_CAMPAIGN_CREATED, row);
    return campaign_answer(u, row, out);
}

static void campaign_fill(uow *u, campaign *row, const campaign_edit_in *in)
{
    if ((in->fields & CAMPAIGN_NAME) != 0)
        row->name = in->name;
    if ((in->fields & CAMPAIGN_CLAIM_FROM) != 0)
        row->claim_from_ms = in->claim_from_ms;
    if ((in->fields & CAMPAIGN_CLAIM_UNTIL) != 0)
        row->claim_until_ms = in->claim_until_ms;
    if ((in->fields & CAMPAIGN_USE_FROM) != 0)
        row->use_from_ms = in->use_from_ms;
    if ((in->fields & CAMPAIGN_USE_UNTIL) != 0)
        row->use_until_ms = in->use_until_ms;
    if ((in->fields & CAMPAIGN_LIMITS) != 0) {
        act_limit_edit limits = {.old = row->limits.items,
                                 .limits = in->limits.items,
                                 .old_n = row->limits.n,
                                 .n = in->limits.n,
                                 .version = row->version + 1};
        row->limits.items = act_limits(u, &limits);
        row->limits.n = limits.n;
    }
}

result campaign_edit_decide(uow *u, const void *in, void *out)
{
    const campaign_edit_in *edit = in;
    campaign wanted = {
        .id = edit->campaign, .merchant = edit->merchant, .version = edit->if_version};
    campaign *row = NULL;
    result r = campaign_load(u, &wanted, &row);
    if (r != R_DONE)
        return r;
    issues *found = issues_new(uow_memory(u));
    rules_campaign_edit(uow_config(u), row, edit, found);
    r = act_check(u, found);
    if (r != R_DONE)
        return r;
    campaign_edit(u, row);
    campaign_fill(u, row, edit);
    return campaign_changed(u, row, out);
}

result campaign_state_decide(uow *u, const void *in, void *out)
{
    const campaign_state_in *go = in;
    campaign wanted = {.id = go->campaign, .merchant = go->merchant, .version = go->if_version};
    campaign *row = NULL;
    result r = campaign_load(u, &wanted, &row);
    if (r != R_DONE)
        return r;
    if (campaign_state_name(go->state).n == 0)
        return uow_refuse_field(u, S("state"), S("not_allowed"),
                                "draft, active, paused, ended or disabled");
    if (!campaign_may_go(row->state, row->disabled_from, go->state))
        return uow_refuse(u, R_STATE_CHANGE_NOT_ALLOWED, "It is %.*s and cannot become %.*s.",
                          STR_ARG(campaign_state_name(row->state)),
                          STR_ARG(campaign_state_name(go->state)));
    campaign_edit(u, row);
    row->disabled_from = go->state == CAMPAIGN_STATE_DISABLED ? row->state : 0;
    row->state = go->state;
    return campaign_changed(u, row, out);
}
