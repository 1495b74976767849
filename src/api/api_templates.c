/* Templates: create, list, get, new versions, stock.
 *
 * An edit starts from the version that If-Match names. Versions are immutable, so the same request
 * makes the same act whenever it is repeated. */
#include "api/funding.h"
#include "api/slow.h"
#include "api/template.h"
#include "domain/campaign/rules.h"
#include "domain/limit/pool.h"
#include "domain/price/benefit.h"
#include "domain/price/fund.h"
#include "domain/rule/rule.h"

/* ---- rows to wire ---- */

/* How much its trees are to read and to show. */
static size_t values_of(const template_version *v)
{
    return v->scope.n + v->conditions.n;
}

static str scope_shown(api_call *c, const template_version *v)
{
    return rule_shown(c, v->scope.items, v->scope.n, RULE_PLACE_LINE);
}

static str conditions_shown(api_call *c, const template_version *v)
{
    return rule_shown(c, v->conditions.items, v->conditions.n, RULE_PLACE_CART);
}

str template_benefit_shown(api_call *c, const template_version *v, str currency)
{
    benefit b = {v->benefit, v->terms.items, v->terms.n};
    buf text;
    buf_init(&text, SIZE_MAX);
    json_writer w = json_writer_on(&text);
    benefit_write(&b, currency, &w);
    str copy = arena_str(c->memory, buf_view(&text));
    buf_free(&text);
    return copy;
}

wire_validity template_validity_shown(const template_version *v)
{
    wire_validity out = {.tag = (validity_kind)v->validity};
    if (v->validity == VALIDITY_KIND_FIXED)
        out.of.fixed = (wire_validity_fixed){.from = v->valid_from_ms, .until = v->valid_until_ms};
    else
        out.of.after_issue = (wire_validity_after_issue){.has_delay_days = true,
                                                         .delay_days = v->delay_days,
                                                         .duration_days = v->duration_days,
                                                         .has_whole_days = true,
                                                         .whole_days = v->whole_days};
    return out;
}

static bool has_standing(const template_version *v)
{
    return v->stage > PRICE_STAGE_ORDER || (v->stage != 0 && v->stage < PRICE_STAGE_ORDER) ||
           v->priority != 0 || v->exclusive || v->stop > STOP_FURTHER_NONE ||
           v->stack_group.n > 0 || v->rank != 0 || v->always_stackable;
}

static wire_stacking standing_shown(const template_version *v)
{
    return (wire_stacking){
        .has_stage = true,
        .stage = (price_stage)(v->stage == 0 ? PRICE_STAGE_ORDER : v->stage),
        .has_priority = v->priority != 0,
        .priority = v->priority,
        .has_exclusive = v->exclusive,
        .exclusive = v->exclusive,
        .has_stop_further = v->stop > STOP_FURTHER_NONE,
        .stop_further = (stop_further)v->stop,
        .has_group = v->stack_group.n > 0,
        .group = v->stack_group,
        .has_lane = v->lane.n > 0,
        .lane = v->lane,
        .has_rank = v->rank != 0,
        .rank = v->rank,
        .has_always_stackable = v->always_stackable,
        .always_stackable = v->always_stackable,
    };
}

static wire_transfer_rule transfer_rule_shown(const template_version *v)
{
    return (wire_transfer_rule){.at_most = v->transfers,
                                .has_until = v->transfer_until_ms != 0,
                                .until = v->transfer_until_ms,
                                .has_offer_seconds = true,
                                .offer_seconds = v->offer_ms / MS_SECOND};
}

static wire_template_version version_shown(api_call *c, const template_version *v, str currency)
{
    wire_funding_party_list funding = funding_shown(c, v, currency);
    wire_asset asset;
    bool has_asset = asset_shown(c, v, &asset);
    return (wire_template_version){
        .version = v->version,
        .reach = (edit_reach)v->reach,
        .name = v->name,
        .benefit = template_benefit_shown(c, v, currency),
        .has_stacking = has_standing(v),
        .stacking = standing_shown(v),
        .scope = scope_shown(c, v),
        .has_conditions = v->conditions.n > 0,
        .conditions = conditions_shown(c, v),
        .validity = template_validity_shown(v),
        .limits = limits_of(c, v->limits.items, v->limits.n),
        .has_asset = has_asset,
        .asset = asset,
        .has_funding = funding.n > 0,
        .funding = funding,
        .refund_rule = (refund_rule)v->refund,
        .grace_days = v->grace_days,
        .has_uses = price_uses(v) != PRICE_USES_ANY,
        .uses = price_uses(v),
        .has_use_interval_seconds = v->use_interval_ms > 0,
        .use_interval_seconds = v->use_interval_ms / MS_SECOND,
        .has_transfer = v->transfers > 0,
        .transfer = transfer_rule_shown(v),
        .created_at = v->created_at_ms,
    };
}

/* The currency is the campaign's, which never changes. */
static str currency_of(api_call *c, const template *row)
{
    const config_campaign *of = config_find_campaign(call_config(c), row->campaign);
    CHECK(of != NULL); /* published with or before its templates */
    return of->row->currency;
}

static wire_template template_shown(api_call *c, const template *row, const template_version *v)
{
    wire_template_version in = version_shown(c, v, currency_of(c, row));
    return (wire_template){
        .id = row->id,
        .campaign = row->campaign,
        .version = row->version,
        .name = in.name,
        .apply = (apply_mode)(row->apply == 0 ? APPLY_MODE_COUPON : row->apply),
        .benefit = in.benefit,
        .has_stacking = in.has_stacking,
        .stacking = in.stacking,
        .scope = in.scope,
        .has_conditions = in.has_conditions,
        .conditions = in.conditions,
        .validity = in.validity,
        .has_partner_codes = row->partner.n > 0,
        .partner_codes = {.partner = row->partner},
        .has_stock = row->stock >= 0,
        .stock = row->stock,
        .limits = in.limits,
        .has_asset = in.has_asset,
        .asset = in.asset,
        .has_funding = in.has_funding,
        .funding = in.funding,
        .refund_rule = in.refund_rule,
        .grace_days = in.grace_days,
        .has_uses = in.has_uses,
        .uses = in.uses,
        .has_use_interval_seconds = in.has_use_interval_seconds,
        .use_interval_seconds = in.use_interval_seconds,
        .has_transfer = in.has_transfer,
        .transfer = in.transfer,
        .created_at = row->created_at_ms,
        .updated_at = row->updated_at_ms,
    };
}

/* ---- wire to acts ---- */

static void put_benefit(api_call *c, str text, str currency, template_put_in *in)
{
    json *tree;
    benefit b;
    result r = json_parse(text, &tree, NULL);
    CHECK(r == R_DONE); /* it was a part of a body that is JSON */
    benefit_parse(tree, currency, &b, c->problems);
    json_free(tree);
    in->benefit = b.kind;
    in->terms.items = b.terms;
    in->terms.n = b.n;
}

static void put_standing(const wire_stacking *s, template_put_in *in)
{
    in->stage = (uint8_t)s->stage;
    in->priority = (int32_t)s->priority;
    in->exclusive = s->exclusive;
    in->stop = (uint8_t)s->stop_further;
    in->stack_group = s->group;
    in->lane = s->lane;
    in->rank = (int32_t)s->rank;
    in->always_stackable = s->always_stackable;
}

static void put_scope(api_call *c, str text, template_put_in *in)
{
    rule_tree tree = rule_put(c, text, RULE_PLACE_LINE, "scope");
    in->scope.items = tree.items;
    in->scope.n = tree.n;
}

static void put_conditions(api_call *c, str text, template_put_in *in)
{
    rule_tree tree = rule_put(c, text, RULE_PLACE_CART, "conditions");
    in->conditions.items = tree.items;
    in->conditions.n = tree.n;
}

static void put_validity(const wire_validity *v, template_put_in *in)
{
    in->validity = (uint8_t)v->tag;
    bool fixed = v->tag == VALIDITY_KIND_FIXED;
    in->valid_from_ms = fixed ? v->of.fixed.from : 0;
    in->valid_until_ms = fixed ? v->of.fixed.until : 0;
    in->delay_days = fixed ? 0 : (uint32_t)v->of.after_issue.delay_days;
    in->duration_days = fixed ? 0 : (uint32_t)v->of.after_issue.duration_days;
    in->whole_days = !fixed && v->of.after_issue.whole_days;
}

static void put_limits(api_call *c, const wire_limit_list *limits, template_put_in *in)
{
    in->limits.items = limits_in(c, limits);
    in->limits.n = limits->n;
}

static void put_funding(api_call *c, const wire_funding_party_list *funding, str currency,
                        template_put_in *in)
{
    in->funding.items = funding_in(c, funding, currency);
    in->funding.n = funding->n;
}

static void put_asset(const wire_asset *asset, template_put_in *in)
{
    in->asset = asset->type;
    in->asset_payload = asset->payload;
}

static void put_transfer(const wire_transfer_rule *rule, template_put_in *in)
{
    bool allowed = rule->at_most > 0;
    in->transfers = (uint32_t)rule->at_most;
    in->transfer_until_ms = allowed && rule->has_until ? rule->until : 0;
    in->offer_ms = allowed ? rule->offer_seconds * MS_SECOND : 0;
}

/* What an edit leaves alone is as in this version. */
static template_put_in put_of_version(const template_version *v)
{
    template_put_in in = {.template = v->template,
                          .name = v->name,
                          .benefit = v->benefit,
                          .validity = v->validity,
                          .valid_from_ms = v->valid_from_ms,
                          .valid_until_ms = v->valid_until_ms,
                          .delay_days = v->delay_days,
                          .duration_days = v->duration_days,
                          .whole_days = v->whole_days,
                          .refund = v->refund,
                          .grace_days = v->grace_days,
                          .uses = v->uses,
                          .use_interval_ms = v->use_interval_ms,
                          .transfers = v->transfers,
                          .transfer_until_ms = v->transfer_until_ms,
                          .offer_ms = v->offer_ms,
                          .stage = v->stage,
                          .priority = v->priority,
                          .exclusive = v->exclusive,
                          .stop = v->stop,
                          .stack_group = v->stack_group,
                          .lane = v->lane,
                          .rank = v->rank,
                          .always_stackable = v->always_stackable,
                          .asset = v->asset,
                          .asset_payload = v->asset_payload};
    in.terms.items = v->terms.items;
    in.terms.n = v->terms.n;
    in.scope.items = v->scope.items;
    in.scope.n = v->scope.n;
    in.conditions.items = v->conditions.items;
    in.conditions.n = v->conditions.n;
    in.limits.items = v->limits.items;
    in.limits.n = v->limits.n;
    in.funding.items = v->funding.items;
    MAYBE(fund_parties(v, &in.funding.n));
    return in;
}

static void put_edit(api_call *c, const wire_template_edit *b, str currency, template_put_in *in)
{
    in->reach = (uint8_t)b->reach;
    if (b->has_name)
        in->name = b->name;
    if (b->has_benefit)
        put_benefit(c, b->benefit, currency, in);
    if (b->has_stacking)
        put_standing(&b->stacking, in);
    if (b->has_scope)
        put_scope(c, b->scope, in);
    if (b->has_conditions)
        put_conditions(c, b->conditions, in);
    if (b->has_validity)
        put_validity(&b->validity, in);
    if (b->has_limits)
        put_limits(c, &b->limits, in);
    if (b->has_asset)
        put_asset(&b->asset, in);
    if (b->has_funding)
        put_funding(c, &b->funding, currency, in);
    if (b->has_transfer)
        put_transfer(&b->transfer, in);
    if (b->has_refund_rule)
        in->refund = (uint8_t)b->refund_rule;
    if (b->has_grace_days)
        in->grace_days = (uint32_t)b->grace_days;
    if (b->has_uses)
        in->uses = (uint32_t)b->uses;
    if (b->has_use_interval_seconds)
        in->use_interval_ms = b->use_interval_seconds * MS_SECOND;
}

template_put_in *template_asked(api_call *c, const wire_template_create *b, const campaign *of)
{
    template_put_in *in = ARENA_NEW(c->memory, template_put_in);
    *in = (template_put_in){.merchant = c->who.merchant,
                            .campaign = of->id,
                            .stock = b->has_stock ? b->stock : -1,
                            .name = b->name,
                            .refund = (uint8_t)b->refund_rule,
                            .grace_days = (uint32_t)b->grace_days,
                            .uses = (uint32_t)b->uses,
                            .use_interval_ms = b->use_interval_seconds * MS_SECOND,
                            .reach = EDIT_REACH_NEW_ONLY,
                            .apply = (uint8_t)b->apply,
                            .partner = b->partner_codes.partner};
    put_benefit(c, b->benefit, of->currency, in);
    if (b->has_stacking)
        put_standing(&b->stacking, in);
    if (b->has_scope)
        put_scope(c, b->scope, in);
    if (b->has_conditions)
        put_conditions(c, b->conditions, in);
    put_validity(&b->validity, in);
    put_limits(c, &b->limits, in);
    put_asset(&b->asset, in);
    put_transfer(&b->transfer, in);
    put_funding(c, &b->funding, of->currency, in);
    rules_template_create(of, in, c->problems);
    return in;
}

/* ---- answers ---- */

static void answer_with(api_call *c, int status)
{
    const row_out *out = c->act.out;
    template row = {0};
    template_version version = {0};
    if (!row_in_outcome(c, &template_table.record, out->row, &row) ||
        !row_in_outcome(c, &template_version_table.record, out->version_row, &version))
        return;
    wire_template shown = template_shown(c, &row, &version);
    call_etag(c, row.version);
    call_answer(c, status, &wire_template_type, &shown);
}

static void answer_created(api_call *c)
{
    answer_with(c, 201);
}

static void answer_changed(api_call *c)
{
    answer_with(c, 200);
}

static bool is_large(const api_call *c)
{
    return ((const row_out *)c->act.out)->version_row.n >= SLOW_BODY_MIN;
}

static void created(api_call *c)
{
    slow_answer(is_large(c), c, answer_created);
}

static void changed(api_call *c)
{
    slow_answer(is_large(c), c, answer_changed);
}

static const config_template *template_known(api_call *c, uint64_t id)
{
    const config_template *t = config_find_template(call_config(c), id);
    return t == NULL || t->row->merchant != c->who.merchant ? NULL : t;
}

/* NULL: the call has ended. */
static const config_campaign *campaign_named(api_call *c, uint64_t id)
{
    const config_campaign *of = config_find_campaign(call_config(c), id);
    if (of != NULL && of->row->merchant == c->who.merchant)
        return of;
    call_refuse(c, R_NOT_FOUND, S("There is no such campaign."));
    return NULL;
}

static const config_template *template_named(api_call *c, uint64_t id)
{
    const config_template *t = template_known(c, id);
    if (t == NULL)
        call_refuse(c, R_NOT_FOUND, S(""));
    return t;
}

static void submit(api_call *c, act_id id, uint64_t home, const void *in)
{
    call_act(
        c, &(act_ask){.id = id,
                      .slot = id_slot(home),
                      .subject = id_subject(c, ID_TEMPLATE, home),
                      .in = in,
                      .then = id == ACT_ID_template_put && c->if_version == 0 ? created : changed});
}

/* ---- handlers ---- */

void api_template_create(api_call *c)
{
    const wire_template_create_parameters *p = c->parameters;
    const config_campaign *of = campaign_named(c, p->campaign);
    if (of != NULL)
        submit(c, ACT_ID_template_put, p->campaign, template_asked(c, c->body, of->row));
}

static void check_edit(api_call *c, const config_template *t, const template_put_in *in)
{
    const config_campaign *of = config_find_campaign(call_config(c), t->row->campaign);
    uint32_t first = rules_reached(t->versions, t->version_count);
    template_change change = {.parent = of->row,
                              .now = t->versions[t->version_count - 1],
                              .reached = t->versions + first - 1,
                              .n = t->version_count - first + 1,
                              .apply = t->row->apply,
                              .coded = t->row->partner.n > 0};
    rules_template_edit(&change, in, c->problems);
}

static void edit(api_call *c)
{
    const wire_template_edit_parameters *p = c->parameters;
    const config_template *t = template_known(c, p->template);
    const template_version *base = config_version(t, c->if_version);
    template_put_in *in = ARENA_NEW(c->memory, template_put_in);
    *in = put_of_version(base);
    in->template = p->template;
    in->merchant = c->who.merchant;
    in->if_version = c->if_version;
    put_edit(c, c->body, currency_of(c, t->row), in);
    if (c->if_version == t->version_count) /* else the act says so, or answers a repeat */
        check_edit(c, t, in);
    submit(c, ACT_ID_template_put, p->template, in);
}

void api_template_edit(api_call *c)
{
    const wire_template_edit_parameters *p = c->parameters;
    const config_template *t = template_named(c, p->template);
    if (t == NULL)
        return;
    const template_version *base = config_version(t, c->if_version);
    if (base == NULL) {
        call_refuse(c, R_VERSION_MISMATCH, S("There is no such version."));
        return;
    }
    slow_if(values_of(base) >= SLOW_ITEMS_MIN, c, edit);
}

void api_template_set_stock(api_call *c)
{
    const wire_stock_change *b = c->body;
    const wire_template_set_stock_parameters *p = c->parameters;
    pool_change_in *in = ARENA_NEW(c->memory, pool_change_in);
    *in = (pool_change_in){.merchant = c->who.merchant,
                           .owner = p->template,
                           .kind = POOL_KIND_STOCK,
                           .current = b->current,
                           .target = b->target};
    submit(c, ACT_ID_pool_change, p->template, in);
}

static const template_version *newest(const config_template *t)
{
    return t->versions[t->version_count - 1];
}

static void show(api_call *c)
{
    const wire_template_get_parameters *p = c->parameters;
    const config_template *t = template_known(c, p->template);
    wire_template shown = template_shown(c, t->row, newest(t));
    call_etag(c, t->row->version);
    call_answer(c, 200, &wire_template_type, &shown);
}

void api_template_get(api_call *c)
{
    const wire_template_get_parameters *p = c->parameters;
    const config_template *t = call_config_now(c) ? template_named(c, p->template) : NULL;
    if (t != NULL)
        slow_if(values_of(newest(t)) >= SLOW_ITEMS_MIN, c, show);
}

/* A template may list 100,000 values: a page ends early when it has shown this many. */
enum { PAGE_ITEMS_MAX = 100000, TEMPLATES_PAGE_MAX = 200 };

/* Templates or versions of one, as many as fit the page. */
typedef struct listing {
    size_t n, items;
    bool more;
    union {
        const config_template *templates[TEMPLATES_PAGE_MAX + 1];
        uint64_t first; /* version, from 0 */
    } of;
} listing;

static void show_templates(api_call *c)
{
    const listing *l = c->state;
    wire_template_page page = {0};
    page.templates.items = ARENA_ARRAY(c->memory, wire_template, l->n);
    page.templates.n = l->n;
    for (size_t i = 0; i < l->n; i++)
        page.templates.items[i] =
            template_shown(c, l->of.templates[i]->row, newest(l->of.templates[i]));
    page.has_next_page_token = l->more;
    if (l->more)
        page.next_page_token = call_token_of_id(c, l->of.templates[l->n - 1]->row->id);
    call_answer(c, 200, &wire_template_page_type, &page);
}

void api_template_list(api_call *c)
{
    const wire_template_list_parameters *p = c->parameters;
    uint64_t after;
    if (!call_config_now(c) || campaign_named(c, p->campaign) == NULL ||
        !call_token_id(c, p->page_token, &after))
        return;
    listing *l = ARENA_NEW(c->memory, listing);
    size_t want = (size_t)p->page_size;
    size_t n = config_templates(call_config(c), p->campaign, after, want + 1, l->of.templates);
    while (l->n < n && l->n < want && l->items < PAGE_ITEMS_MAX)
        l->items += values_of(newest(l->of.templates[l->n++]));
    l->more = l->n < n;
    c->state = l;
    slow_if(l->items >= SLOW_ITEMS_MIN, c, show_templates);
}

static void show_versions(api_call *c)
{
    const wire_template_version_list_parameters *p = c->parameters;
    const config_template *t = template_known(c, p->template);
    const listing *l = c->state;
    str currency = currency_of(c, t->row);
    wire_template_version_page page = {0};
    page.versions.items = ARENA_ARRAY(c->memory, wire_template_version, l->n);
    page.versions.n = l->n;
    for (size_t i = 0; i < l->n; i++)
        page.versions.items[i] = version_shown(c, t->versions[l->of.first + i], currency);
    page.has_next_page_token = l->more;
    if (l->more)
        page.next_page_token = call_token_of_id(c, l->of.first + l->n);
    call_answer(c, 200, &wire_template_version_page_type, &page);
}

void api_template_version_list(api_call *c)
{
    const wire_template_version_list_parameters *p = c->parameters;
    uint64_t after;
    const config_template *t = call_config_now(c) ? template_named(c, p->template) : NULL;
    if (t == NULL || !call_token_id(c, p->page_token, &after))
        return;
    listing *l = ARENA_NEW(c->memory, listing);
    l->of.first = after;
    while (l->n < (size_t)p->page_size && after + l->n < t->version_count &&
           l->items < PAGE_ITEMS_MAX)
        l->items += values_of(t->versions[after + l->n++]);
    l->more = after + l->n < t->version_count;
    c->state = l;
    slow_if(l->items >= SLOW_ITEMS_MIN, c, show_versions);
}
