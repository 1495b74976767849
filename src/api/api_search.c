/* Searches: templates that can be claimed, and coupons that can be used. */
#include "api/order.h"
#include "api/template.h"
#include "app/query_find.h"
#include "app/query_users.h"

/* What both requests say. cart and subjects NULL: none. */
typedef struct search_wish {
    str user;
    const wire_subjects *subjects;
    const wire_cart *cart;
    bool of_products;
    int64_t page_size;
    str page_token;
} search_wish;

/* Whom limits count: the subjects; without a user, who is known by these alone is a guest, as in a
 * quote. */
static void name_subjects(api_call *c, const search_wish *wish, order_ask *ask)
{
    subject_names *names = ARENA_NEW(c->memory, subject_names);
    if (wish->subjects == NULL)
        return;
    *names = subjects_in(c, wish->subjects, S("subjects"));
    ask->names = names;
    ask->subjects = subjects_named(names);
    if (wish->user.n == 0)
        ask->shopper = order_guest(c, ask->shopper);
}

/* Opens the view, and *after from the token. False: the call has ended. */
static bool search_asked(api_call *c, const search_wish *wish, find_ask *out, uint64_t *after,
                         app_view *v)
{
    static const wire_id_list no_coupons;
    static const wire_str_list no_codes;
    static const wire_subjects no_subjects;
    order_job asked = {.ask = {.merchant = c->who.merchant, .user = wish->user}};
    if (wish->cart != NULL) {
        order_wish order = {.user = wish->user,
                            .cart = wish->cart,
                            .coupons = &no_coupons,
                            .codes = &no_codes,
                            .subjects = &no_subjects,
                            .quote = true};
        if (!order_asked(c, &order, &asked))
            return false;
    }
    name_subjects(c, wish, &asked.ask);
    *out = (find_ask){.way = wish->cart == NULL  ? FIND_ALL
                             : wish->of_products ? FIND_PAGE
                                                 : FIND_CART,
                      .cart = asked.ask,
                      .limit = (size_t)wish->page_size};
    if (c->problems->n > 0) {
        call_invalid(c);
        return false;
    }
    if (!call_token_id(c, wish->page_token, after) || !call_view(c, v))
        return false;
    if (out->cart.user.n > 0)
        out->cart.user = query_user_now(v, c->who.merchant, out->cart.user);
    return true;
}

/* ---- templates ---- */

/* currency: of the cart. */
static wire_found_template template_shown(api_call *c, const template_found *from, str currency)
{
    const template_version *v = from->version;
    const price_verdict *verdict = &from->verdict;
    str own = arena_str(c->memory, from->campaign->row->currency); /* outlives the view */
    wire_asset asset;
    bool has_asset = asset_shown(c, v, &asset);
    return (wire_found_template){.has_asset = has_asset,
                                 .asset = asset,
                                 .template = from->template->row->id,
                                 .campaign = from->campaign->row->id,
                                 .version = v->version,
                                 .name = arena_str(c->memory, v->name),
                                 .benefit = template_benefit_shown(c, v, own),
                                 .validity = template_validity_shown(v),
                                 .has_left = from->left >= 0,
                                 .left = from->left,
                                 .has_allowed = from->allowed >= 0,
                                 .allowed = from->allowed,
                                 .has_missing_subject = from->missing_subject != 0,
                                 .missing_subject = (limit_subject)from->missing_subject,
                                 .has_discount = from->priced,
                                 .discount = money_of(verdict->discount_minor, currency),
                                 .has_adds = verdict->adds_minor > 0,
                                 .adds = money_of(verdict->adds_minor, currency)};
}

void api_template_search(api_call *c)
{
    const wire_template_search *b = c->body;
    const wire_template_search_parameters *p = c->parameters;
    search_wish wish = {b->user,
                        b->has_subjects ? &b->subjects : NULL,
                        b->has_cart ? &b->cart : NULL,
                        b->scenario == WIRE_SCENARIO_PRODUCTS,
                        p->page_size,
                        p->page_token};
    find_ask ask;
    app_view v;
    if (!search_asked(c, &wish, &ask, &ask.after, &v))
        return;
    template_found_page found;
    result r = query_templates(&v, &ask, &found);
    wire_found_template *shown = ARENA_ARRAY(c->memory, wire_found_template, found.n);
    for (size_t i = 0; r == R_DONE && i < found.n; i++)
        shown[i] = template_shown(c, &found.items[i], ask.cart.currency);
    wire_found_template_page page = {.templates = {shown, found.n},
                                     .has_next_page_token = found.more,
                                     .next_page_token = call_token_of_id(c, found.next)};
    call_view_answer(c, &v, r, &wire_found_template_page_type, &page);
}

/* ---- coupons ---- */

static wire_found_coupon coupon_shown(api_call *c, const coupon_found *from, str currency)
{
    wire_asset asset;
    bool has_asset = asset_shown(c, config_version(from->seen.template, from->one.version), &asset);
    return (wire_found_coupon){.has_asset = has_asset,
                               .asset = asset,
                               .coupon = from->seen.row->id,
                               .campaign = from->one.campaign,
                               .template = from->one.template,
                               .template_version = from->one.version,
                               .valid_from = from->seen.now.begins_at_ms,
                               .expires_at = from->seen.now.expires_at_ms,
                               .has_missing_subject = from->missing_subject != 0,
                               .missing_subject = (limit_subject)from->missing_subject,
                               .has_discount = from->priced,
                               .discount = money_of(from->verdict.discount_minor, currency),
                               .has_adds = from->verdict.adds_minor > 0,
                               .adds = money_of(from->verdict.adds_minor, currency)};
}

void api_coupon_search(api_call *c)
{
    const wire_coupon_search *b = c->body;
    const wire_coupon_search_parameters *p = c->parameters;
    search_wish wish = {b->user,
                        b->has_subjects ? &b->subjects : NULL,
                        b->has_cart ? &b->cart : NULL,
                        b->scenario == WIRE_SCENARIO_PRODUCTS,
                        p->page_size,
                        p->page_token};
    find_ask ask;
    app_view v;
    if (!search_asked(c, &wish, &ask, &ask.wallet.id, &v))
        return;
    coupon_found_page found;
    result r = query_usable(&v, &ask, &found);
    wire_found_coupon *shown = ARENA_ARRAY(c->memory, wire_found_coupon, found.n);
    for (size_t i = 0; r == R_DONE && i < found.n; i++)
        shown[i] = coupon_shown(c, &found.items[i], ask.cart.currency);
    wire_found_coupon_page page = {.coupons = {shown, found.n},
                                   .has_next_page_token = found.more,
                                   .next_page_token = call_token_of_id(c, found.next.id)};
    call_view_answer(c, &v, r, &wire_found_coupon_page_type, &page);
}
