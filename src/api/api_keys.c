/* API keys of merchants: for the operator of the server. The caller makes the key; only its digest
 * comes here. */
#include "api/convert.h"
#include "app/query_keys.h"
#include "domain/campaign/rules.h"

static const struct {
    wire_key_scope scope;
    uint32_t bit;
} scope_bits[] = {{WIRE_KEY_SCOPE_ADMIN, KEY_ADMIN},
                  {WIRE_KEY_SCOPE_ISSUE, KEY_ISSUE},
                  {WIRE_KEY_SCOPE_REDEEM, KEY_REDEEM},
                  {WIRE_KEY_SCOPE_READ, KEY_READ}};

static wire_key key_shown(api_call *c, const api_key *row)
{
    wire_key shown = {.id = row->id,
                      .merchant = row->merchant,
                      .name = row->name,
                      .created_at = row->created_at_ms,
                      .has_expires_at = row->expires_at_ms != 0,
                      .expires_at = row->expires_at_ms,
                      .has_revoked_at = row->revoked_at_ms != 0,
                      .revoked_at = row->revoked_at_ms};
    wire_key_scope *granted = ARENA_ARRAY(c->memory, wire_key_scope, ARRAY_LEN(scope_bits));
    shown.scopes.items = granted;
    for (size_t i = 0; i < ARRAY_LEN(scope_bits); i++) {
        if ((row->scopes & scope_bits[i].bit) != 0)
            granted[shown.scopes.n++] = scope_bits[i].scope;
    }
    return shown;
}

static void answer_key(api_call *c, int status)
{
    const row_out *out = c->act.out;
    api_key row = {0};
    if (!row_in_outcome(c, &api_key_table.record, out->row, &row))
        return;
    wire_key shown = key_shown(c, &row);
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

enum { PLACE_BYTES = 18, KEYS_PAGE_MAX = 200 }; /* slot, then both halves of the hash */

static bool place_read(api_call *c, str token, keys_place *out)
{
    str bytes;
    *out = (keys_place){0};
    if (!call_token_read(c, token, &bytes))
        return false;
    if (bytes.n == PLACE_BYTES) {
        out->inside = true;
        memcpy(&out->slot, bytes.p, sizeof out->slot);
        memcpy(&out->hi, bytes.p + 2, sizeof out->hi);
        memcpy(&out->lo, bytes.p + 10, sizeof out->lo);
    } else if (bytes.n != 0) {
        call_refuse(c, R_BAD_PAGE_TOKEN, S(""));
        return false;
    }
    return true;
}

static str place_write(api_call *c, const keys_place *place)
{
    char bytes[PLACE_BYTES];
    memcpy(bytes, &place->slot, sizeof place->slot);
    memcpy(bytes + 2, &place->hi, sizeof place->hi);
    memcpy(bytes + 10, &place->lo, sizeof place->lo);
    return call_token_write(c, (str){bytes, sizeof bytes});
}

void api_key_list(api_call *c)
{
    const wire_key_list_parameters *p = c->parameters;
    if (!call_config_now(c))
        return;
    if (config_find_merchant(call_config(c), p->merchant) == NULL) {
        call_refuse(c, R_NOT_FOUND, S("There is no such merchant."));
        return;
    }
    keys_ask asked = {.merchant = p->merchant, .limit = (size_t)p->page_size};
    keys_place place;
    app_view v;
    if (!place_read(c, p->page_token, &place) || !call_view(c, &v))
        return;
    const api_key *found[KEYS_PAGE_MAX];
    wire_key_page page = {0};
    page.keys.n = query_keys(&v, &asked, &place, found, &page.has_next_page_token);
    page.keys.items = ARENA_ARRAY(c->memory, wire_key, page.keys.n);
    for (size_t i = 0; i < page.keys.n; i++)
        page.keys.items[i] = key_shown(c, found[i]);
    if (!call_view_end(c, &v))
        return;
    if (page.has_next_page_token)
        page.next_page_token = place_write(c, &place);
    call_answer(c, 200, &wire_key_page_type, &page);
}
