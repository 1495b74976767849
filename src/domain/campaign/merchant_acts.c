/* Acts on merchants and API keys. A key's secret is never here, only its hash. */
#include "base/id.h"
#include "domain/campaign/act_part.h"
#include "domain/campaign/campaign.h"
#include "domain/campaign/rules.h"

static void merchant_fill(uow *u, merchant *row, const merchant_put_in *in)
{
    row->version++;
    act_limit_edit limits = {.old = row->limits.items,
                             .limits = in->limits.items,
                             .old_n = row->limits.n,
                             .n = in->limits.n,
                             .version = row->version};
    row->name = in->name;
    row->zone = in->zone;
    row->currency = in->currency;
    row->limits.items = act_limits(u, &limits);
    row->limits.n = in->limits.n;
    row->groups.items = in->groups.items;
    row->groups.n = in->groups.n;
    row->coupons_max = in->coupons_max;
    row->policy.items = in->policy.items;
    row->policy.n = in->policy.n;
    row->blacklist.items = in->blacklist.items;
    row->blacklist.n = in->blacklist.n;
    row->phone_region = in->phone_region;
}

static result merchant_answer(uow *u, const merchant *row, row_out *out)
{
    *out = (row_out){.id = row->id,
                     .version = row->version,
                     .row = record_bytes(&merchant_table.record, row, uow_memory(u))};
    return R_DONE;
}

static result merchant_replace(uow *u, const merchant_put_in *in, row_out *out)
{
    merchant *row = merchant_get(u, id_slot(in->id), in->id);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL)
        return uow_refuse(u, R_NOT_FOUND, "There is no such merchant.");
    result r = act_check_version(u, in->if_version, row->version);
    if (r != R_DONE)
        return r;
    issues *found = issues_new(uow_memory(u));
    rules_merchant(row, in, found);
    r = act_check(u, found);
    if (r != R_DONE)
        return r;
    merchant_edit(u, row);
    merchant_fill(u, row, in);
    return merchant_answer(u, row, out);
}

result merchant_put_decide(uow *u, const void *in, void *out)
{
    const merchant_put_in *put = in;
    if (put->id != 0)
        return merchant_replace(u, put, out);
    issues *found = issues_new(uow_memory(u));
    rules_merchant(NULL, put, found);
    result r = act_check(u, found);
    if (r != R_DONE)
        return r;
    merchant *row = merchant_new(u, put->slot, uow_next_id(u, put->slot));
    row->created_at_ms = uow_now(u);
    row->secret = put->secret; /* for ever: hashes are keyed with it */
    merchant_fill(u, row, put);
    return merchant_answer(u, row, out);
}

static result key_answer(uow *u, const api_key *row, row_out *out)
{
    *out = (row_out){.id = row->id,
                     .version = row->revoked_at_ms == 0 ? 1 : 2,
                     .row = record_bytes(&api_key_table.record, row, uow_memory(u))};
    return R_DONE;
}

static result key_revoke(uow *u, const key_put_in *in, api_key *row, row_out *out)
{
    if (row == NULL || row->merchant != in->merchant)
        return uow_refuse(u, R_NOT_FOUND, "There is no such key.");
    if (row->revoked_at_ms == 0) {
        api_key_edit(u, row);
        row->revoked_at_ms = uow_now(u);
    }
    return key_answer(u, row, out);
}

result key_put_decide(uow *u, const void *in, void *out)
{
    const key_put_in *put = in;
    uint16_t slot = slot_of_hash(put->hi);
    api_key *row = api_key_get(u, slot, put->hi, put->lo);
    if (uow_pending(u))
        return R_AGAIN;
    if (put->revoke)
        return key_revoke(u, put, row, out);
    result r = put->merchant == 0 ? R_DONE : act_check_merchant(u, put->merchant);
    if (r != R_DONE)
        return r;
    issues *found = issues_new(uow_memory(u));
    rules_key(put, uow_now(u), found);
    r = act_check(u, found);
    if (r != R_DONE)
        return r;
    if (row != NULL)
        return uow_refuse(u, R_NOT_EDITABLE, "This key is there already; make another.");
    row = api_key_new(u, slot, put->hi, put->lo);
    row->id = uow_next_id(u, slot);
    row->merchant = put->merchant;
    row->scopes = put->scopes;
    row->name = put->name;
    row->created_at_ms = uow_now(u);
    row->expires_at_ms = put->expires_at_ms;
    return key_answer(u, row, out);
}
