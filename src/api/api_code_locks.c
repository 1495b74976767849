/* Who is locked out of codes for failed tries: a list, and lifting one. */
#include "api/guess.h"
#include "api/holder.h"
#include "app/query_guess.h"

enum { LOCKS_PAGE_MAX = 200, PLACE_BYTES = sizeof(hash128) };

static wire_code_lock lock_shown(guesser who, str name)
{
    wire_code_lock out = {
        .guesser = who, .has_client_address = who == GUESSER_ADDRESS, .client_address = name};
    if (who == GUESSER_USER)
        HOLDER_SHOWN(&out, name);
    return out;
}

/* ---- list ---- */

static bool place_read(api_call *c, str token, hash128 *out)
{
    str bytes;
    *out = (hash128){0};
    if (!call_token_read(c, token, &bytes))
        return false;
    if (bytes.n == PLACE_BYTES)
        memcpy(out, bytes.p, PLACE_BYTES);
    else if (bytes.n != 0)
        call_refuse(c, R_BAD_PAGE_TOKEN, S(""));
    return bytes.n == PLACE_BYTES || bytes.n == 0;
}

void api_code_lock_list(api_call *c)
{
    const wire_code_lock_list_parameters *p = c->parameters;
    const code_guesses *found[LOCKS_PAGE_MAX];
    locks_ask ask = {.merchant = c->who.merchant, .limit = (size_t)p->page_size};
    hash128 place;
    app_view v;
    if (!place_read(c, p->page_token, &place) || !call_view(c, &v))
        return;
    wire_code_lock_page page = {0};
    page.locks.n = query_locks(&v, &ask, &place, found, &page.has_next_page_token);
    page.locks.items = ARENA_ARRAY(c->memory, wire_code_lock, page.locks.n);
    for (size_t i = 0; i < page.locks.n; i++) {
        wire_code_lock *shown = &page.locks.items[i];
        *shown = lock_shown((guesser)found[i]->guesser, found[i]->name);
        shown->tries = found[i]->tries;
        shown->locks = found[i]->locks;
        shown->has_locked_until = true;
        shown->locked_until = found[i]->locked_until_ms;
    }
    if (!call_view_end(c, &v))
        return;
    if (page.has_next_page_token)
        page.next_page_token = call_token_write(c, (str){(const char *)&place, PLACE_BYTES});
    call_answer(c, 200, &wire_code_lock_page_type, &page);
}

/* ---- lift ---- */

/* The name of who is meant, as rows have it; empty: the merchant. */
static str name_of(api_call *c, const wire_code_lock_lift *b)
{
    bool of_user = b->guesser == GUESSER_USER, of_address = b->guesser == GUESSER_ADDRESS;
    holder who = {0};
    if (of_user)
        who = holder_asked(c, &(holder_ask){.user = b->user, .phone = b->phone});
    else if (b->has_user || b->has_phone)
        issues_add(c->problems, b->has_user ? S("user") : S("phone"), S("not_allowed"),
                   "with the guesser user only");
    if (b->has_client_address != of_address)
        issues_add(c->problems, S("client_address"), of_address ? S("required") : S("not_allowed"),
                   "with the guesser address, and only there");
    return of_user                               ? who.name
           : of_address && b->has_client_address ? call_address(c, b->client_address)
                                                 : S("");
}

static void lifted(api_call *c)
{
    const wire_code_lock_lift *b = c->body;
    const code_guesses_lift_out *out = c->act.out;
    wire_code_lock shown = lock_shown(b->guesser, name_of(c, b));
    shown.tries = out->tries;
    shown.locks = out->locks;
    shown.has_locked_until = out->locked_until_ms > c->act.at_ms;
    shown.locked_until = out->locked_until_ms;
    call_answer(c, 200, &wire_code_lock_type, &shown);
}

void api_code_lock_lift(api_call *c)
{
    const wire_code_lock_lift *b = c->body;
    const config_merchant *of = config_find_merchant(call_config(c), c->who.merchant);
    CHECK(of != NULL); /* whose key asks */
    str name = name_of(c, b);
    hash128 hash = guess_hash(of, b->guesser, name);
    code_guesses_lift_in *in = ARENA_NEW(c->memory, code_guesses_lift_in);
    *in = (code_guesses_lift_in){.merchant = c->who.merchant, .hi = hash.hi, .lo = hash.lo};
    call_act(c, &(act_ask){.id = ACT_ID_code_guesses_lift,
                           .slot = slot_of_hash(hash.hi),
                           .subject = name,
                           .in = in,
                           .then = lifted});
}
