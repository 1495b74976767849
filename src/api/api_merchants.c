/* Merchants and their API keys: for the operator of the server. */
#include "api/convert.h"
#include "app/query_keys.h"
#include "domain/campaign/rules.h"

/* ---- merchants ---- */

static wire_merchant merchant_shown(api_call *c, const merchant *row)
{
    return (wire_merchant){.id = row->id,
                           .version = row->version,
                           .name = row->name,
                           .zone = row->zone,
                           .currency = row->currency,
                           .limits = limits_of(c, row->limits.items, row->limits.n),
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
    if (app_zone(c->app, b->zone) == NULL)
        issues_add(c->problems, S("zone"), S("not_allowed"),
                   "an IANA zone that this server knows, such as Asia/Shanghai");
    return in;
}

static str id_subject(api_call *c, id_kind kind, uint64_t id)
{
    char text[ID_TEXT_MAX];
    return arena_str(c->memory, (str){text, id_text(kind, id, text)});
}

void api_merchant_create(api_call *c)
{
    merchant_put_in *in = merchant_in(c);
    in->slot = call_slot_of_key(c);
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
    if (!call_token_id(c, p->page_token, &after))
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

/* ---- keys ---- */

static const struct {
    wire_key_scope scope;
    uint32_t bit;
} scope_bits[] = {{WIRE_KEY_SCOPE_ADMIN, KEY_ADMIN},
                  {WIRE_KEY_SCOPE_ISSUE, KEY_ISSUE},
                  {WIRE_KEY_SCOPE_REDEEM, KEY_REDEEM},
                  {WIRE_KEY_SCOPE_READ, KEY_READ}};

static void answer_key(api_call *c, int status)
{
    const row_out *out = c->act.out;
    api_key row = {0};
    if (!row_in_outcome(c, &api_key_table.record, out->row, &row))
        return;
    wire_key shown = {.id = row.id,
                      .merchant = row.merchant,
                      .name = row.name,
                      .created_at = row.created_at_ms,
                      .has_expires_at = row.expires_at_ms != 0,
                      .expires_at = row.expires_at_ms,
                      .has_revoked_at = row.revoked_at_ms != 0,
                      .revoked_at = row.revoked_at_ms};
    wire_key_scope granted[ARRAY_LEN(scope_bits)];
    shown.scopes.items = granted;
    for (size_t i = 0; i < ARRAY_LEN(scope_bits); i++) {
        if ((row.scopes & scope_bits[i].bit) != 0)
            granted[shown.scopes.n++] = scope_bits[i].scope;
    }
    call_answer(c, status, &wire_key_type, &shown);
}

static void key_created(api_call *c)
{
    answer_key(c, 201);
}

static void key_revoked(api_call *c)
{
    answer_key(c, 200);
}

/* 16 of its hexadecimal digits; the schema has seen to it that they are. */
static uint64_t digest_part(str digest, size_t from)
{
    uint64_t v = 0;
    for (size_t i = from; i < from + 16; i++) {
        char d = digest.p[i];
        v = v << 4 | (uint64_t)(d <= '9' ? d - '0' : d - 'a' + 10);
    }
    return v;
}

void api_key_create(api_call *c)
{
    const wire_key_create *b = c->body;
    const wire_key_create_parameters *p = c->parameters;
    if (config_find_merchant(call_config(c), p->merchant) == NULL) {
        call_refuse(c, R_NOT_FOUND, S("There is no such merchant."));
        return;
    }
    key_put_in *in = ARENA_NEW(c->memory, key_put_in);
    *in = (key_put_in){.hi = digest_part(b->secret_sha256, 0),
                       .lo = digest_part(b->secret_sha256, 16),
                       .merchant = p->merchant,
                       .name = b->name,
                       .expires_at_ms = b->has_expires_at ? b->expires_at : 0};
    for (size_t i = 0; i < b->scopes.n; i++) {
        for (size_t k = 0; k < ARRAY_LEN(scope_bits); k++)
            in->scopes |= scope_bits[k].scope == b->scopes.items[i] ? scope_bits[k].bit : 0;
    }
    rules_key(in, app_now_ms(c->app), c->problems);
    call_act(c, &(act_ask){.id = ACT_ID_key_put,
                           .slot = slot_of_hash(in->hi),
                           .subject = id_subject(c, ID_MERCHANT, p->merchant),
                           .in = in,
                           .then = key_created});
}

void api_key_revoke(api_call *c)
{
    const wire_key_revoke_parameters *p = c->parameters;
    app_view v;
    if (!call_view(c, &v))
        return;
    key_put_in *in = ARENA_NEW(c->memory, key_put_in);
    const api_key *row = query_key(&v, p->key);
    if (row != NULL)
        *in = (key_put_in){.hi = row->hi, .lo = row->lo, .merchant = row->merchant, .revoke = true};
    if (!call_view_end(c, &v))
        return;
    if (row == NULL) {
        call_refuse(c, R_NOT_FOUND, S(""));
        return;
    }
    call_act(c, &(act_ask){.id = ACT_ID_key_put,
                           .slot = id_slot(p->key),
                           .subject = id_subject(c, ID_KEY, p->key),
                           .in = in,
                           .then = key_revoked});
}
