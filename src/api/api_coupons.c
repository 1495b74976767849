/* Coupons: by id, the wallet of a user, void. */
#include "api/coupon.h"

#include "api/convert.h"
#include "api/guess.h"
#include "api/holder.h"
#include "app/codes.h"
#include "domain/campaign/rules.h"
#include "domain/coupon/state.h"

static wire_coupon_state_shown state_shown(const coupon_now *now)
{
    switch ((coupon_state)now->state) {
    case COUPON_STATE_AVAILABLE:
        return now->not_yet_valid ? WIRE_COUPON_STATE_SHOWN_NOT_YET_VALID
               : now->partly_used ? WIRE_COUPON_STATE_SHOWN_PARTLY_USED
                                  : WIRE_COUPON_STATE_SHOWN_AVAILABLE;
    case COUPON_STATE_HELD:
        return WIRE_COUPON_STATE_SHOWN_HELD;
    case COUPON_STATE_REDEEMED:
        return WIRE_COUPON_STATE_SHOWN_REDEEMED;
    case COUPON_STATE_VOIDED:
        return WIRE_COUPON_STATE_SHOWN_VOIDED;
    case COUPON_STATE_EXPIRED:
        return WIRE_COUPON_STATE_SHOWN_EXPIRED;
    case COUPON_STATE_OFFERED:
        return WIRE_COUPON_STATE_SHOWN_OFFERED;
    case COUPON_STATE_TRANSFERRED:
        return WIRE_COUPON_STATE_SHOWN_TRANSFERRED;
    case COUPON_STATE_COUNT:
        break;
    }
    UNREACHABLE(); /* a row has one of these */
}

/* What is left of a coupon with more than one use; of one that is over, nothing. */
static void put_left(const coupon_seen *seen, wire_coupon *out)
{
    bool over = coupon_is_closed(seen->now.state);
    out->has_uses_left = seen->left.uses != PRICE_USES_ANY;
    out->uses_left = over ? 0 : seen->left.uses;
    out->has_balance = seen->left.value_minor >= 0;
    out->balance = money_of(over ? 0 : seen->left.money_minor, seen->currency);
    out->has_next_use_at = !over && seen->left.again_at_ms > seen->now_ms;
    out->next_use_at = seen->left.again_at_ms;
}

wire_coupon coupon_shown(api_call *c, const coupon_seen *seen)
{
    const coupon *row = seen->row;
    bool held = !seen->many && seen->now.state == COUPON_STATE_HELD;
    bool redeemed = !seen->many && seen->now.state == COUPON_STATE_REDEEMED;
    bool passing = row->state == COUPON_STATE_OFFERED || row->state == COUPON_STATE_TRANSFERRED;
    bool exchanged = row->batch != 0 && row->source == COUPON_SOURCE_EXCHANGE;
    wire_coupon out = {.id = row->id,
                       .state = state_shown(&seen->now),
                       .campaign = seen->template->row->campaign,
                       .template = row->template,
                       .template_version = seen->version,
                       .source = (coupon_source)row->source,
                       .has_batch = exchanged,
                       .batch = row->batch,
                       .has_word = row->batch != 0 && !exchanged,
                       .word = row->batch,
                       .revision = row->revision,
                       .issued_at = row->issued_at_ms,
                       .valid_from = seen->now.begins_at_ms,
                       .expires_at = seen->now.expires_at_ms,
                       .has_transfer = passing,
                       .transfer = row->ref,
                       .has_received = row->transfer != 0,
                       .received = row->transfer,
                       .has_hold = held,
                       .hold = row->ref,
                       .has_redemption = redeemed,
                       .redemption = row->ref};
    HOLDER_SHOWN(&out, seen->user);
    out.has_partner_code = partner_code_shown(c, seen->template, seen->sealed, &out.partner_code);
    out.has_asset = asset_shown(c, config_version(seen->template, seen->version), &out.asset);
    if (seen->many)
        put_left(seen, &out);
    return out;
}

void coupons_put_codes(api_call *c, wire_coupon *coupons, size_t n)
{
    str *codes = ARENA_ARRAY(c->memory, str, n);
    uint64_t *ids = ARENA_ARRAY(c->memory, uint64_t, n);
    for (size_t i = 0; i < n; i++)
        ids[i] = coupons[i].id;
    codes_of_coupons(c->app, &(coupon_names){call_config(c), c->who.merchant, ids, n, c->memory},
                     codes);
    for (size_t i = 0; i < n; i++) {
        coupons[i].has_code = codes[i].n > 0;
        coupons[i].code = codes[i];
    }
}

/* ---- by code ---- */

price_policy policy_of_merchant(api_call *c)
{
    const config_merchant *shop = config_find_merchant(call_config(c), c->who.merchant);
    CHECK(shop != NULL); /* whose key asks */
    return policy_of(shop->row->policy.items, shop->row->policy.n);
}

str code_by_policy(api_call *c, const price_policy *policy, str typed)
{
    if (policy->code_case == CODE_CASE_IGNORE || !code_has_small(typed))
        return typed;
    return arena_printf(c->memory, "?%.*s", STR_ARG(typed)); /* which no code has */
}

/* One code, on this view. R_CODE_INVALID: it names no coupon. */
static result find_coded(api_call *c, app_view *v, str typed, coupon_seen *out)
{
    code_typed code;
    code_asker by = {.config = v->config, .guess = c->guess, .merchant = c->who.merchant};
    result r = codes_read(c->app, &by, typed, &code);
    if (r != R_DONE)
        return r;
    bool found = code.coupon != 0 && query_coupon(v, c->who.merchant, code.coupon, out);
    return found ? R_DONE : R_CODE_INVALID;
}

static bool may_know(const api_call *c, const coupon_seen *seen)
{
    return (c->who.scopes & KEY_READ) != 0 || !coupon_is_closed(seen->now.state);
}

/* One code more. */
static void take_coded(api_call *c, const coupon_seen *seen, coupons_coded *out)
{
    bool told = may_know(c, seen);
    if (out->home.n == 0)
        out->home = seen->user;
    if (out->user.n == 0 && told)
        out->user = seen->user;
    if (told && ((c->who.scopes & KEY_READ) != 0 || str_eq(seen->user, out->user)))
        out->coupons[out->n] = seen->row->id;
}

bool coupons_by_code(api_call *c, const wire_str_list *codes, const price_policy *policy,
                     coupons_coded *out)
{
    app_view v;
    result r = R_DONE;
    if (!call_view(c, &v))
        return false;
    out->coupons = ARENA_ARRAY(c->memory, uint64_t, codes->n);
    while (out->n < codes->n) {
        coupon_seen seen;
        r = find_coded(c, &v, code_by_policy(c, policy, codes->items[out->n]), &seen);
        if (r == R_DONE)
            take_coded(c, &seen, out);
        else if (r != R_CODE_INVALID)
            break;
        c->failed_codes += out->coupons[out->n++] == 0;
    }
    out->refused = c->failed_codes > 0;
    if (!call_view_end(c, &v))
        return false;
    bool whole = out->n == codes->n;
    if (!whole)
        call_refuse(c, r, S("")); /* the body is gone with the call */
    return whole;
}

void api_code_lookup(api_call *c)
{
    const wire_code_lookup *b = c->body;
    app_view v;
    coupon_seen seen;
    wire_coupon shown = {0};
    result r = call_guess(c, &(guess_from){S(""), b->client_address, 1});
    if (r != R_DONE) {
        call_refuse(c, r, S(""));
        return;
    }
    if (c->guess == NULL) {
        call_invalid(c);
        return;
    }
    if (!call_view(c, &v))
        return;
    price_policy policy = policy_of_merchant(c);
    r = find_coded(c, &v, code_by_policy(c, &policy, b->code), &seen);
    if (r == R_DONE && !may_know(c, &seen))
        r = R_CODE_INVALID;
    if (r == R_DONE) {
        shown = coupon_shown(c, &seen);
        coupons_put_codes(c, &shown, 1);
    }
    call_view_answer(c, &v, r, &wire_coupon_type, &shown);
}

void api_coupon_get(api_call *c)
{
    const wire_coupon_get_parameters *p = c->parameters;
    app_view v;
    coupon_seen seen;
    if (!call_view_shown(c, id_slot(p->coupon), &v))
        return;
    bool found = query_coupon(&v, c->who.merchant, p->coupon, &seen);
    if (found && seen.now.state == COUPON_STATE_TRANSFERRED)
        found = query_coupon(&v, c->who.merchant, query_coupon_now(&v, p->coupon), &seen);
    wire_coupon shown = {0};
    if (found) {
        shown = coupon_shown(c, &seen); /* what it points to is in the call's memory */
        coupons_put_codes(c, &shown, 1);
    }
    call_view_answer(c, &v, found ? R_DONE : R_NOT_FOUND, &wire_coupon_type, &shown);
}

/* ---- wallet ---- */

static const struct {
    wire_coupon_state_shown shown;
    coupon_state state;
    bool not_yet_valid, partly_used;
} filters[] = {
    {WIRE_COUPON_STATE_SHOWN_AVAILABLE, COUPON_STATE_AVAILABLE, false, false},
    {WIRE_COUPON_STATE_SHOWN_NOT_YET_VALID, COUPON_STATE_AVAILABLE, true, false},
    {WIRE_COUPON_STATE_SHOWN_PARTLY_USED, COUPON_STATE_AVAILABLE, false, true},
    {WIRE_COUPON_STATE_SHOWN_HELD, COUPON_STATE_HELD, false, false},
    {WIRE_COUPON_STATE_SHOWN_REDEEMED, COUPON_STATE_REDEEMED, false, false},
    {WIRE_COUPON_STATE_SHOWN_VOIDED, COUPON_STATE_VOIDED, false, false},
    {WIRE_COUPON_STATE_SHOWN_EXPIRED, COUPON_STATE_EXPIRED, false, false},
    {WIRE_COUPON_STATE_SHOWN_OFFERED, COUPON_STATE_OFFERED, false, false},
    {WIRE_COUPON_STATE_SHOWN_TRANSFERRED, COUPON_STATE_TRANSFERRED, false, false},
};

/* part, id, move; the version before wrote no move. */
enum { PLACE_BYTES = 17, PLACE_BYTES_BEFORE = 9 };

static bool place_read(api_call *c, str token, wallet_place *out)
{
    str bytes;
    if (!call_token_read(c, token, &bytes))
        return false;
    if (bytes.n == 0)
        return true;
    if (bytes.n != PLACE_BYTES && bytes.n != PLACE_BYTES_BEFORE) {
        call_refuse(c, R_BAD_PAGE_TOKEN, S(""));
        return false;
    }
    out->closed = bytes.p[0] != 0;
    memcpy(&out->id, bytes.p + 1, sizeof out->id);
    if (bytes.n == PLACE_BYTES)
        memcpy(&out->move, bytes.p + 1 + sizeof out->id, sizeof out->move);
    return true;
}

static str place_write(api_call *c, const wallet_place *place)
{
    char bytes[PLACE_BYTES];
    bytes[0] = place->closed;
    memcpy(bytes + 1, &place->id, sizeof place->id);
    memcpy(bytes + 1 + sizeof place->id, &place->move, sizeof place->move);
    return call_token_write(c, (str){bytes, sizeof bytes});
}

static void filter(wallet_ask *ask, wire_coupon_state_shown state)
{
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        if (filters[i].shown != state)
            continue;
        ask->state = (uint8_t)filters[i].state;
        ask->not_yet_valid = filters[i].not_yet_valid;
        ask->partly_used = filters[i].partly_used;
    }
}

static void answer_wallet(api_call *c, wallet_ask *ask, str token)
{
    app_view v;
    if (!place_read(c, token, &ask->after) ||
        !call_view_shown(c, slot_of_user(ask->merchant, ask->user), &v))
        return;
    ask->now = true;
    coupon_seen *seen = ARENA_ARRAY(c->memory, coupon_seen, ask->limit);
    wire_coupon_page page = {0};
    wallet_place next;
    page.coupons.n = query_wallet(&v, ask, seen, &next, &page.has_next_page_token);
    page.coupons.items = ARENA_ARRAY(c->memory, wire_coupon, page.coupons.n);
    for (size_t i = 0; i < page.coupons.n; i++)
        page.coupons.items[i] = coupon_shown(c, &seen[i]);
    coupons_put_codes(c, page.coupons.items, page.coupons.n);
    if (!call_view_end(c, &v))
        return;
    if (page.has_next_page_token)
        page.next_page_token = place_write(c, &next);
    call_answer(c, 200, &wire_coupon_page_type, &page);
}

void api_coupon_list(api_call *c)
{
    const wire_coupon_list_parameters *p = c->parameters;
    wallet_ask ask = {.merchant = c->who.merchant,
                      .user = p->user,
                      .asset = p->asset,
                      .limit = (size_t)p->page_size};
    if (p->has_state)
        filter(&ask, p->state);
    answer_wallet(c, &ask, p->page_token);
}

void api_phone_coupons(api_call *c)
{
    const wire_phone_coupons_parameters *p = c->parameters;
    const wire_phone_named *b = c->body;
    holder who = holder_of_phone(c, b->phone, S("phone"));
    wallet_ask ask = {.merchant = c->who.merchant,
                      .user = who.name,
                      .asset = p->asset,
                      .limit = (size_t)p->page_size};
    if (c->problems->n > 0) {
        call_invalid(c);
        return;
    }
    str *name = &ask.user;
    if (!holders_now(c, &name, 1, HOLDER_READS))
        return;
    if (p->has_state)
        filter(&ask, p->state);
    answer_wallet(c, &ask, p->page_token);
}

/* ---- void ---- */

static void voided(api_call *c)
{
    const void_out *out = c->act.out;
    wire_voided_coupon shown = {
        .coupon = out->coupon, .state = WIRE_COUPON_STATE_SHOWN_VOIDED, .voided_at = out->at_ms};
    call_answer(c, 200, &wire_voided_coupon_type, &shown);
}

void api_coupon_void(api_call *c)
{
    const wire_coupon_void *b = c->body;
    const wire_coupon_void_parameters *p = c->parameters;
    void_in *in = ARENA_NEW(c->memory, void_in);
    *in = (void_in){.merchant = c->who.merchant, .coupon = p->coupon, .reason = (uint8_t)b->reason};
    call_act(c, &(act_ask){.id = ACT_ID_void,
                           .slot = id_slot(p->coupon),
                           .subject = id_subject(c, ID_COUPON, p->coupon),
                           .in = in,
                           .then = voided});
}
