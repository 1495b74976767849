/* See preview.h. */
#include "api/preview.h"

#include "api/template.h"
#include "base/time.h"
#include "domain/campaign/rules.h"

static void complain(api_call *c, str place, const char *field, const char *detail)
{
    issues_add(c->problems, arena_printf(c->memory, "%.*s%s", STR_ARG(place), field),
               S("not_allowed"), "%s", detail);
}

static const config_campaign *own_campaign(api_call *c, uint64_t id)
{
    const config_campaign *of = config_find_campaign(call_config(c), id);
    return of == NULL || of->row->merchant != c->who.merchant ? NULL : of;
}

/* Without windows and without budget, in the cart's currency. */
static const campaign *campaign_of_none(api_call *c)
{
    const wire_quote_create *b = c->body;
    campaign *own = ARENA_NEW(c->memory, campaign);
    *own = (campaign){.merchant = c->who.merchant,
                      .state = CAMPAIGN_STATE_DRAFT,
                      .currency = b->cart.lines.items[0].unit_price.currency,
                      .use_until_ms = TIME_MAX_MS,
                      .budget_mode = BUDGET_MODE_NONE};
    return own;
}

/* Checked as a save checks it. */
static price_rule *new_asked(api_call *c, const wire_draft_new *from, str place, order_draft *out)
{
    const config_campaign *named = from->has_campaign ? own_campaign(c, from->campaign) : NULL;
    if (from->has_campaign && named == NULL) {
        complain(c, place, ".campaign", "a campaign of yours");
        return NULL;
    }
    out->of = named == NULL ? campaign_of_none(c) : named->row;
    out->automatic = from->template.apply == APPLY_MODE_AUTOMATIC;
    issues *all = c->problems;
    c->problems = issues_new(c->memory);
    const template_put_in *in = template_asked(c, &from->template, out->of);
    issues *found = c->problems;
    c->problems = all;
    issues_add_part(all, arena_printf(c->memory, "%.*s.template", STR_ARG(place)), found);
    template_version *version = ARENA_NEW(c->memory, template_version);
    *version = rules_version_of(in);
    bool few = rules_funding_made(NULL, in, c->memory, version);
    CHECK(few); /* a new one has nobody of before */
    out->version = version;
    return found->n == 0 ? price_rule_new(version) : NULL;
}

static void saved_asked(api_call *c, const wire_draft_saved *from, str place, order_draft *out)
{
    const wire_quote_create *b = c->body;
    const config_template *t = config_find_template(call_config(c), from->saved);
    if (t == NULL || t->row->merchant != c->who.merchant) {
        complain(c, place, ".saved", "a template of yours");
        return;
    }
    uint32_t newest = t->row->version;
    uint32_t version = from->has_version ? (uint32_t)from->version
                       : b->has_at       ? config_version_at(t, b->at)
                                         : newest;
    out->version = version > newest ? NULL : config_version(t, version);
    if (out->version == NULL) {
        complain(c, place, from->has_version ? ".version" : ".saved",
                 from->has_version ? "a version that it has" : "a template that was there at `at`");
        return;
    }
    out->of = config_find_campaign(call_config(c), t->row->campaign)->row;
    out->rule = config_rule(t, version);
    out->template = from->saved;
    out->automatic = t->row->apply == APPLY_MODE_AUTOMATIC;
}

static void active_asked(api_call *c, order_ask *ask)
{
    const wire_quote_create *b = c->body;
    for (size_t i = 0; i < b->as_active.n; i++) {
        const config_campaign *of = own_campaign(c, b->as_active.items[i]);
        if (of == NULL || config_is_over(of->row))
            complain(c, arena_printf(c->memory, "as_active[%zu]", i), "",
                     "a campaign of yours that has not ended");
    }
    ask->active = b->as_active.items;
    ask->active_count = b->as_active.n;
}

static bool needs_admin(const wire_quote_create *b)
{
    bool saved = false;
    for (size_t i = 0; i < b->drafts.n; i++)
        saved = saved || b->drafts.items[i].tag == WIRE_TEMPLATE_DRAFT_TAG_SAVED;
    return saved || b->has_at || b->as_active.n > 0;
}

bool preview_asked(api_call *c, order_ask *ask, preview *out)
{
    const wire_quote_create *b = c->body;
    if (needs_admin(b) && (c->who.scopes & KEY_ADMIN) == 0) {
        call_refuse(c, R_FORBIDDEN,
                    S("What is not launched is shown to keys of scope admin: at, as_active, "
                      "drafts[].saved."));
        return false;
    }
    CHECK(b->drafts.n <= ORDER_COUPONS_MAX); /* as the schema says */
    order_draft *drafts = ARENA_ARRAY(c->memory, order_draft, b->drafts.n);
    for (size_t i = 0; i < b->drafts.n; i++) {
        const wire_template_draft *from = &b->drafts.items[i];
        str place = arena_printf(c->memory, "drafts[%zu]", i);
        if (from->tag == WIRE_TEMPLATE_DRAFT_TAG_SAVED) {
            saved_asked(c, &from->of.saved, place, &drafts[i]);
            continue;
        }
        out->rules[i] = new_asked(c, &from->of.template, place, &drafts[i]);
        drafts[i].rule = out->rules[i];
    }
    ask->drafts = drafts;
    ask->draft_count = b->drafts.n;
    ask->at_ms = b->has_at ? &b->at : NULL;
    if (b->has_at && (b->at < 0 || b->at > TIME_MAX_MS))
        issues_add(c->problems, S("at"), S("out_of_range"), "from 1970 to 9999");
    active_asked(c, ask);
    return true;
}

void preview_end(preview *p)
{
    for (size_t i = 0; i < ORDER_COUPONS_MAX; i++)
        price_rule_free(p->rules[i]);
}
