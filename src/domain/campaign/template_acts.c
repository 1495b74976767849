/* The act on templates: a new one with its version 1, or the next version of one.
 *
 * A version row is written once and never changed. The rows are the truth; versions that the
 * configuration already has are read from there, because they are the same and may be large. */
#include "base/id.h"
#include "domain/campaign/act_part.h"
#include "domain/campaign/campaign.h"
#include "domain/campaign/rules.h"
#include "domain/price/fund.h"

/* What an edit works on. */
typedef struct template_edit_rows {
    template *row;
    campaign *parent;
    const template_version **versions; /* [row->version]; those below `first` are not read */
    uint32_t first;                    /* the lowest that an issued coupon can follow */
} template_edit_rows;

/* Who pays, numbered. now: the version before; NULL for the first. */
static result funding_make(uow *u, const template_version *now, const template_put_in *in,
                           template_version *made)
{
    if (rules_funding_made(now, in, uow_memory(u), made))
        return R_DONE;
    return uow_refuse(u, R_TOO_MANY, "A template knows at most %d parties, past ones with them.",
                      FUND_NUMBERS_MAX);
}

/* What was looked up for a version. */
typedef struct version_ground {
    const campaign *parent;
    const template_version *now;    /* the one before; NULL for the first */
    const template_version *funded; /* as funding_make has made it */
} version_ground;

static template_version *version_new(uow *u, const template *row, const template_put_in *in,
                                     const version_ground *on)
{
    const template_version *now = on->now;
    const config_merchant *shop = config_find_merchant(uow_config(u), row->merchant);
    CHECK(shop != NULL); /* whose campaign it is */
    config_days days = config_days_of(shop);
    template_version *v = template_version_new(u, row->slot, row->id, row->version);
    template_version made = rules_version_of(in);
    made.slot = v->slot;
    made.template = v->template;
    made.version = v->version;
    made.created_at_ms = uow_now(u);
    made.use_until_ms = config_window_end_ms(&days, on->parent->use_until_ms);
    made.window_end = days.window_end;
    act_limit_edit limits = {.old = now == NULL ? NULL : now->limits.items,
                             .limits = in->limits.items,
                             .old_n = now == NULL ? 0 : now->limits.n,
                             .n = in->limits.n,
                             .version = v->version};
    made.limits.items = act_limits(u, &limits);
    made.funding = on->funded->funding;
    *v = made;
    return v;
}

static result template_answer(uow *u, const template *row, const template_version *v, row_out *out)
{
    *out = (row_out){.id = row->id,
                     .version = row->version,
                     .row = record_bytes(&template_table.record, row, uow_memory(u)),
                     .version_row = record_bytes(&template_version_table.record, v, uow_memory(u))};
    return R_DONE;
}

static void template_event(uow *u, uint8_t kind, const template *row)
{
    event e = {.kind = kind,
               .at_ms = uow_now(u),
               .merchant = row->merchant,
               .campaign = row->campaign,
               .template = row->id,
               .revision = row->version};
    uow_event(u, &e);
}

static result template_create(uow *u, const template_put_in *in, row_out *out)
{
    campaign *parent = campaign_get(u, id_slot(in->campaign), in->campaign);
    if (uow_pending(u))
        return R_AGAIN;
    if (parent == NULL || parent->merchant != in->merchant)
        return uow_refuse(u, R_NOT_FOUND, "There is no such campaign.");
    issues *found = issues_new(uow_memory(u));
    rules_template_create(parent, in, found);
    result r = act_check(u, found);
    if (r != R_DONE)
        return r;
    if (parent->state == CAMPAIGN_STATE_ENDED || parent->disabled_from == CAMPAIGN_STATE_ENDED)
        return uow_refuse(u, R_CAMPAIGN_NOT_ACTIVE, "The campaign has ended.");
    if (parent->templates >= TEMPLATES_MAX)
        return uow_refuse(u, R_TOO_MANY, "A campaign has at most %d templates.", TEMPLATES_MAX);
    bool automatic = in->apply == APPLY_MODE_AUTOMATIC;
    if (automatic && config_automatic(uow_config(u), in->merchant).n >= AUTOMATIC_MAX)
        return uow_refuse(u, R_TOO_MANY,
                          "A merchant has at most %d automatic templates in campaigns that have "
                          "not ended.",
                          AUTOMATIC_MAX);
    template_version funded = {0};
    r = funding_make(u, NULL, in, &funded);
    if (r != R_DONE)
        return r;
    campaign_edit(u, parent);
    parent->templates++;
    template *row = template_new(u, parent->slot, uow_next_id(u, parent->slot));
    row->merchant = parent->merchant;
    row->campaign = parent->id;
    row->version = 1;
    row->partner = in->partner;
    row->stock = in->partner.n > 0 ? 0 : in->stock;
    row->apply = automatic ? APPLY_MODE_AUTOMATIC : APPLY_MODE_COUPON;
    row->created_at_ms = uow_now(u);
    row->updated_at_ms = uow_now(u);
    version_ground on = {parent, NULL, &funded};
    template_version *v = version_new(u, row, in, &on);
    template_event(u, EVENT_KIND_TEMPLATE_CREATED, row);
    return template_answer(u, row, v, out);
}

/* Fills versions from the newest down to the last that reached all unused coupons, which is no
 * shorter and no dearer than those before it; the newest alone when this edit is for new coupons.
 * False while rows are not here yet. */
static bool versions_load(uow *u, template_edit_rows *rows, bool all)
{
    uint32_t n = rows->row->version;
    const config_template *known = config_find_template(uow_config(u), rows->row->id);
    rows->versions = ARENA_ARRAY(uow_memory(u), const template_version *, n);
    for (uint32_t version = n; version >= 1; version--) {
        const template_version *v =
            known != NULL && version <= known->version_count
                ? config_version(known, version)
                : template_version_get(u, rows->row->slot, rows->row->id, version);
        if (v == NULL)
            return false;
        rows->versions[version - 1] = v;
        rows->first = version;
        if (!all || v->reach == EDIT_REACH_ALL_UNUSED)
            break;
    }
    return true;
}

static result edit_load(uow *u, const template_put_in *in, template_edit_rows *rows)
{
    template *row = template_get(u, id_slot(in->template), in->template);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL || row->merchant != in->merchant ||
        (in->campaign != 0 && in->campaign != row->campaign))
        return uow_refuse(u, R_NOT_FOUND, "There is no such template.");
    rows->row = row;
    rows->parent = campaign_get(u, row->slot, row->campaign);
    bool loaded = versions_load(u, rows, in->reach == EDIT_REACH_ALL_UNUSED);
    if (uow_pending(u))
        return R_AGAIN;
    CHECK(loaded && rows->parent != NULL); /* written in the commit that wrote the template */
    return act_check_version(u, in->if_version, row->version);
}

static result template_edit_put(uow *u, const template_put_in *in, row_out *out)
{
    template_edit_rows rows = {0};
    result r = edit_load(u, in, &rows);
    if (r != R_DONE)
        return r;
    template *row = rows.row;
    const template_version *now = rows.versions[row->version - 1];
    template_change change = {.parent = rows.parent,
                              .now = now,
                              .reached = rows.versions + rows.first - 1,
                              .n = row->version - rows.first + 1,
                              .apply = row->apply,
                              .coded = row->partner.n > 0};
    issues *found = issues_new(uow_memory(u));
    rules_template_edit(&change, in, found);
    r = act_check(u, found);
    if (r != R_DONE)
        return r;
    if (row->version >= VERSIONS_MAX)
        return uow_refuse(u, R_TOO_MANY, "A template has at most %d versions.", VERSIONS_MAX);
    template_version funded = {0};
    r = funding_make(u, now, in, &funded);
    if (r != R_DONE)
        return r;
    template_edit(u, row);
    row->version++;
    row->updated_at_ms = uow_now(u);
    version_ground on = {rows.parent, now, &funded};
    template_version *v = version_new(u, row, in, &on);
    template_event(u, EVENT_KIND_TEMPLATE_CHANGED, row);
    return template_answer(u, row, v, out);
}

result template_put_decide(uow *u, const void *in, void *out)
{
    const template_put_in *put = in;
    return put->template == 0 ? template_create(u, put, out) : template_edit_put(u, put, out);
}
