/* What was used of stock, budgets and limits on claims: see model.h. */
#include "base/hash.h"
#include "base/id.h"
#include "domain/campaign/config.h"
#include "domain/coupon/state.h"
#include "domain/limit/usage.h"
#include "domain/price/price.h"
#include "test/lib/model.h"

/* From what is read alone, counts of a limit are known within bounds: one that was removed and is
 * set again may go on with what it had counted (rolling, or shared by all), and what was voided in
 * error comes back to a period only while that runs. */
typedef struct span {
    int64_t least, most;
} span;

typedef struct counts {
    const model_side *side;
    app_view v;
    const coupon **coupons; /* by number */
    int64_t *uses, *money;  /* by number: held and redeemed, but for what came back */
    int64_t issued[MODEL_ALL], spent[MODEL_CAMPAIGNS];
    int64_t due[MODEL_CAMPAIGNS]; /* of what is spent: comes back before anybody is refused */
    int64_t ever[MODEL_PERSONS], of_device[MODEL_DEVICES + 1]; /* claims: see model.h */
} counts;

static uint32_t place(const uint64_t *ids, uint32_t n, uint64_t id)
{
    uint32_t i = 0;
    while (i < n && ids[i] != id)
        i++;
    CHECK(i < n);
    return i;
}

/* Was it voided in error, or what it has become? */
static bool was_in_error(const model_side *s, uint32_t number)
{
    bool error = s->in_error[number];
    for (uint32_t i = number + 1; i < s->coupon_count && !error; i++)
        if (s->moved.from[i] == number + 1)
            return was_in_error(s, i);
    return error;
}

/* … or what it has become when it went with all that he had? */
static bool error_of_him(const model_side *s, uint32_t number)
{
    bool error = s->in_error[number];
    for (uint32_t i = number + 1; i < s->coupon_count && !error && s->moved.gone[number]; i++)
        if (s->moved.from[i] == number + 1)
            return s->moved.carried[i] && error_of_him(s, i);
    return error;
}

/* ---- reading ---- */

static void add_spent(counts *c, uint64_t campaign_id, int64_t minor, bool is_due)
{
    uint32_t i = place(c->side->campaigns, MODEL_CAMPAIGNS, campaign_id);
    c->spent[i] += minor;
    c->due[i] += is_due ? minor : 0;
}

/* What a coupon has reserved at its issue counts from then on. */
static void count_coupons(counts *c)
{
    const model_side *s = c->side;
    for (uint32_t i = 0; i < s->coupon_count; i++) {
        const coupon *row = coupon_get(c->v.rows, id_slot(s->coupons[i]), s->coupons[i]);
        CHECK(row != NULL);
        c->coupons[i] = row;
        bool is_due = coupon_is_waiting(row->state) &&
                      config_expires_at_ms(c->v.config, row) <= app_now_ms(world_app(&s->world));
        add_spent(c, config_find_template(c->v.config, row->template)->row->campaign,
                  row->reserved_minor, is_due);
        uint32_t t = place(s->templates, MODEL_TEMPLATES, row->template);
        bool given = s->partnered && t == MODEL_PARTNERED; /* what was seen never comes back */
        bool back = s->in_error[i] && !given;
        c->issued[t] += row->stocked * ((s->moved.from[i] == 0) - back);
        c->ever[s->coupon_user[i]] += t == 0 && !s->in_error[i];
        c->of_device[s->coupon_device[i]] += t == 2 && !s->moved.carried[i] && !error_of_him(s, i);
    }
}

static const template_version *first_version(const counts *c, uint64_t template_id)
{
    return config_version(config_find_template(c->v.config, template_id), 1);
}

/* What a hold has reserved beyond what its coupon had; of one with more than one use it has taken
 * its part of that. */
static int64_t held(const counts *c, const applied_coupon *a)
{
    if (a->coupon == 0)
        return a->discount_minor;
    const coupon *row = coupon_get(c->v.rows, id_slot(a->coupon), a->coupon);
    CHECK(row != NULL);
    if (price_uses(first_version(c, a->template)) > 1)
        return a->discount_minor;
    return a->discount_minor > row->reserved_minor ? a->discount_minor - row->reserved_minor : 0;
}

static void add_use(counts *c, const applied_coupon *a)
{
    if (a->coupon == 0)
        return;
    uint32_t i = place(c->side->coupons, c->side->coupon_count, a->coupon);
    c->uses[i] += !a->returned;
    c->money[i] += a->discount_minor - a->returned_minor;
}

static void count_money(counts *c)
{
    const model_side *s = c->side;
    for (uint32_t i = 0; i < s->redemption_count; i++) {
        const redemption *row =
            redemption_get(c->v.rows, id_slot(s->redemptions[i]), s->redemptions[i]);
        CHECK(row != NULL);
        for (size_t k = 0; k < row->applied.n; k++) {
            const applied_coupon *a = &row->applied.items[k];
            add_spent(c, a->campaign, a->discount_minor - a->returned_minor, false);
            add_use(c, a);
        }
    }
    for (uint32_t i = 0; i < s->hold_count; i++) {
        const hold *row = hold_get(c->v.rows, id_slot(s->holds[i]), s->holds[i]);
        CHECK(row != NULL);
        for (size_t k = 0; k < row->applied.n && row->state == HOLD_STATE_OPEN; k++) {
            add_spent(c, row->applied.items[k].campaign, held(c, &row->applied.items[k]),
                      row->deadline_ms <= app_now_ms(world_app(&s->world)));
            add_use(c, &row->applied.items[k]);
        }
    }
}

static void count_all(model_side *s, counts *c)
{
    size_t n = s->coupon_count + (size_t)1;
    *c = (counts){.side = s,
                  .coupons = ARENA_ARRAY(s->memory, const coupon *, n),
                  .uses = ARENA_ARRAY(s->memory, int64_t, n),
                  .money = ARENA_ARRAY(s->memory, int64_t, n)};
    result r = app_view_open(world_app(&s->world), s->memory, &c->v);
    CHECK(r == R_DONE);
    count_coupons(c);
    count_money(c);
}

void model_side_states(model_side *s, buf *facts)
{
    app_view v;
    result r = app_view_open(world_app(&s->world), s->memory, &v);
    CHECK(r == R_DONE);
    for (uint32_t i = 0; i < s->coupon_count; i++)
        buf_printf(facts, " %u", coupon_get(v.rows, id_slot(s->coupons[i]), s->coupons[i])->state);
    for (uint32_t i = 0; i < s->hold_count; i++)
        buf_printf(facts, " h%u", hold_get(v.rows, id_slot(s->holds[i]), s->holds[i])->state);
    app_view_close(&v);
}

/* ---- what may never be passed ---- */

static bool within(const char *what, uint32_t number, int64_t used, int64_t most, buf *why)
{
    if (used > most)
        buf_printf(why, "\n      %s %u: %lld of %lld", what, number, (long long)used,
                   (long long)most);
    return used <= most;
}

/* No coupon gives more often, and no stored value more, than it was issued for. */
static bool uses_within(const counts *c, buf *why)
{
    bool good = true;
    for (uint32_t i = c->side->coupon_count; i-- > 0;) { /* what it was before comes behind it */
        const template_version *v = first_version(c, c->coupons[i]->template);
        uint32_t from = c->side->moved.from[i];
        if (from != 0) {
            c->uses[from - 1] += c->uses[i];
            c->money[from - 1] += c->money[i];
        }
        good = within("uses of coupon", i, c->uses[i], price_uses(v), why) && good;
        if (v->benefit == BENEFIT_KIND_STORED_VALUE)
            good = within("money of coupon", i, c->money[i], MODEL_VALUE, why) && good;
    }
    return good;
}

/* With no act on its way nothing is reserved. */
static bool on_reserved(void *context, str key, const void *row)
{
    MAYBE(key);
    const subject_open *open = row;
    *(bool *)context = open == NULL || open->reservations.n > 0;
    return !*(bool *)context;
}

static bool rests(const app_view *v, buf *why)
{
    bool found = false;
    store_span all = {.table = &subject_open_table, .index = -1, .from = 0, .until = SLOT_COUNT};
    result r = store_each(v->rows, &all, on_reserved, &found);
    CHECK(r == R_DONE);
    if (found)
        buf_printf(why, "\n      something is still reserved, and no act is on its way");
    return !found;
}

bool model_side_bounded(model_side *s, buf *why)
{
    counts c;
    arena_reset(s->memory);
    if (s->people.used)
        model_people_look(s, true, why); /* told where something is wrong */
    count_all(s, &c);
    bool good = uses_within(&c, why);
    for (uint32_t t = 0; t < MODEL_TEMPLATES; t++) {
        int64_t stock = config_find_template(c.v.config, s->templates[t])->row->stock;
        if (stock >= 0)
            good = within("stock of template", t, c.issued[t], stock, why) && good;
    }
    for (uint32_t i = 0; i < MODEL_CAMPAIGNS; i++) {
        const campaign *of = config_find_campaign(c.v.config, s->campaigns[i])->row;
        if (of->budget_mode != BUDGET_MODE_NONE)
            good = within("budget of campaign", i, c.spent[i], of->budget_minor, why) && good;
    }
    for (uint32_t u = 0; u < MODEL_NOBODY; u++)
        if (!s->people.mixed[u])
            good = within("claims of user", u, c.ever[u], MODEL_CLAIMS_EVER, why) && good;
    good = within("claims without a device", 0, c.of_device[0], 0, why) && good;
    for (uint32_t d = 1; d <= MODEL_DEVICES; d++)
        good = within("claims of device", d, c.of_device[d], MODEL_DEVICE_CLAIMS, why) && good;
    good = rests(&c.v, why) && good;
    good = model_codes_sound(s, &c.v, why) && good;
    good = model_transfers_sound(s, &c.v, why) && good;
    app_view_close(&c.v);
    return good;
}

/* ---- limits on claims ---- */

/* One limit as one claim meets it. */
typedef struct met {
    const limit_rule *rule;
    const zone *days;
    uint64_t template, campaign; /* of the coupons that it counts; 0: any */
    const model_step *step;
    int64_t now_ms;
    int64_t more;  /* that a refused act had asked for, at most */
    bool received; /* of a coupon that comes from another user: shared limits do not count it */
} met;

/* What brought a coupon to its user; NULL: it was issued to him. */
static const received *brought(const counts *c, uint32_t number)
{
    const coupon *row = c->coupons[number];
    return row->transfer == 0 ? NULL : received_get(c->v.rows, row->slot, row->transfer);
}

static uint32_t version_seen(const met *m, const coupon *row, const received *by)
{
    if (m->template != 0)
        return by == NULL ? row->version : by->template_version;
    if (m->campaign != 0)
        return by == NULL ? row->campaign_version : by->campaign_version;
    return by == NULL ? row->merchant_version : by->merchant_version;
}

static bool in_period(const met *m, int64_t at_ms)
{
    const limit_rule *rule = m->rule;
    if (rule->period == LIMIT_PERIOD_ROLLING)
        return at_ms > m->now_ms - rule->window_ms;
    return usage_number(rule->period, zone_day(m->days, at_ms), at_ms) ==
           usage_number(rule->period, zone_day(m->days, m->now_ms), m->now_ms);
}

/* What somebody has claimed counts for whoever he has become. */
static bool is_his_claim(const model_side *s, uint32_t number, uint32_t person)
{
    return !s->moved.carried[number] && model_now(s, s->coupon_user[number]) == person;
}

static span count_claims(const counts *c, const met *m)
{
    span n = {0, 0};
    const model_side *s = c->side;
    const limit_rule *rule = m->rule;
    bool by_user = rule->subject == LIMIT_SUBJECT_USER,
         by_store = rule->subject == LIMIT_SUBJECT_STORE,
         by_device = rule->subject == LIMIT_SUBJECT_DEVICE;
    bool always = by_user && rule->period == LIMIT_PERIOD_EVER && (m->template | m->campaign) != 0;
    for (uint32_t i = 0; i < s->coupon_count; i++) {
        const coupon *row = c->coupons[i];
        const received *by = brought(c, i);
        if (by != NULL && !by_user && (!by_device || s->moved.carried[i]))
            continue; /* what all share, and his devices, have counted what it was */
        uint64_t campaign_id = config_find_template(c->v.config, row->template)->row->campaign;
        if ((m->template != 0 && row->template != m->template) ||
            (m->campaign != 0 && campaign_id != m->campaign) ||
            (by_user && !is_his_claim(s, i, m->step->user)) ||
            (by_store && s->coupon_store[i] != m->step->store) ||
            (by_device && s->coupon_device[i] != m->step->device) ||
            !in_period(m, by == NULL ? row->issued_at_ms : by->at_ms))
            continue;
        bool counted = always || rule->since_version <= version_seen(m, row, by);
        bool error = by_user || by_device ? error_of_him(s, i) : was_in_error(s, i);
        n.least += counted && (by_store || !error);
        n.most += counted || !by_user || rule->period == LIMIT_PERIOD_ROLLING;
    }
    if (by_user && s->people.mixed[m->step->user] && s->people.way_count > 0)
        n.most = INT64_MAX / 4; /* what goes to him may have come in part */
    return n;
}

/* ---- why an act did, or did not ---- */

typedef struct verdict {
    bool passed;                                        /* something is beyond what is allowed */
    bool limits_used_up, stock_used_up, budget_used_up; /* might refuse so much more */
    bool device_missing;                                /* a limit counts by it */
    bool claims_closed, useless;                        /* a coupon of now could never be used */
} verdict;

/* Is a limit of this list passed; might one refuse more? */
static void ask_limits(const counts *c, met *m, const limit_rule *rules, size_t n, verdict *v)
{
    for (size_t i = 0; i < n; i++) {
        bool shared =
            rules[i].subject != LIMIT_SUBJECT_USER && rules[i].subject != LIMIT_SUBJECT_DEVICE;
        if (rules[i].measure != LIMIT_MEASURE_CLAIMS || (m->received && shared))
            continue;
        m->rule = &rules[i];
        span used = count_claims(c, m);
        bool missing = rules[i].subject == LIMIT_SUBJECT_DEVICE && m->step->device == 0;
        v->device_missing |= missing;
        v->passed |= !missing && used.least > rules[i].max;
        v->limits_used_up |= used.most + m->more > rules[i].max;
    }
}

/* The first moment outside of a window that ends at until_ms, as the policy says. */
static int64_t first_outside(const counts *c, int64_t until_ms)
{
    switch (c->side->policy[1]) {
    case WINDOW_END_INCLUSIVE:
        return until_ms + 1;
    case WINDOW_END_SECOND:
        return until_ms - until_ms % MS_SECOND + MS_SECOND;
    default:
        return until_ms;
    }
}

/* The limits of one template. */
static void ask_all(const counts *c, const config_template *of, met *m, verdict *v)
{
    const config_campaign *parent = config_find_campaign(c->v.config, of->row->campaign);
    const config_merchant *owner = config_find_merchant(c->v.config, of->row->merchant);
    const template_version *newest = config_version(of, of->row->version);
    m->days = owner->zone;
    ask_limits(c, m, owner->row->limits.items, owner->row->limits.n, v);
    m->campaign = parent->row->id;
    ask_limits(c, m, parent->row->limits.items, parent->row->limits.n, v);
    m->template = of->row->id;
    ask_limits(c, m, newest->limits.items, newest->limits.n, v);
}

/* of one template that an issue names */
static verdict judge(const counts *c, const model_step *step, uint32_t t, int64_t more)
{
    const config_template *of = config_find_template(c->v.config, c->side->templates[t]);
    const config_campaign *parent = config_find_campaign(c->v.config, of->row->campaign);
    const template_version *v = config_version(of, of->row->version);
    met m = {.step = step, .now_ms = app_now_ms(world_app(&c->side->world)), .more = more};
    verdict all = {0};
    ask_all(c, of, &m, &all);
    int64_t use_end = first_outside(c, parent->row->use_until_ms);
    bool fixed = v->validity == VALIDITY_KIND_FIXED;
    all.claims_closed = m.now_ms >= first_outside(c, parent->row->claim_until_ms);
    all.useless = m.now_ms + v->delay_days * MS_DAY >= use_end ||
                  (fixed && m.now_ms >= first_outside(c, v->valid_until_ms));
    all.passed |= all.claims_closed;
    int64_t stock = of->row->stock, spent = c->spent[model_campaign_of(t)],
            budget = parent->row->budget_minor;
    all.stock_used_up = stock >= 0 && c->issued[t] + more > stock;
    all.passed |= stock >= 0 && c->issued[t] > stock;
    if (parent->row->budget_mode == BUDGET_MODE_AT_ISSUE) {
        const price_rule *rule = config_rule(of, v->version);
        int64_t each = price_rule_worth(rule, price_uses(v), price_rule_value(rule));
        all.budget_used_up = spent - c->due[model_campaign_of(t)] + more * each > budget;
        all.passed |= spent > budget;
    }
    return all;
}

static bool has_cause(const verdict *v, result refused)
{
    switch ((int)refused) {
    case R_LIMIT_REACHED:
        return v->limits_used_up;
    case R_LIMIT_SUBJECT_MISSING:
        return v->device_missing;
    case R_SOLD_OUT:
        return v->stock_used_up;
    case R_BUDGET_EXHAUSTED:
        return v->budget_used_up;
    case R_WINDOW_CLOSED:
        return v->claims_closed || v->useless;
    default:
        return true;
    }
}

static const char *cause_of_issue(const counts *c, const model_step *asked, const world_act *a)
{
    const issue_out *out = a->out;
    int64_t more = a->code == R_DONE ? 1 : (int64_t)asked->counts[0] + asked->counts[1];
    model_step by = *asked, *step = &by;
    by.user = model_person(c->side, ((const issue_in *)a->in)->user);
    bool cause = a->code == R_DONE;
    for (uint32_t i = 0, item = 0; i < 2; i++) {
        if (step->counts[i] == 0)
            continue;
        uint32_t t = model_issued(step, i);
        verdict v = judge(c, step, t, more);
        size_t issued = 0;
        for (size_t k = 0; k < out->coupons.n && a->code == R_DONE; k++)
            issued += out->coupons.items[k].template == c->side->templates[t];
        if (issued > 0 && v.passed)
            return "issued beyond what is allowed";
        cause = cause || has_cause(&v, a->code);
        for (size_t k = 0; k < out->refusals.n && a->code == R_DONE; k++)
            if (out->refusals.items[k].item == item &&
                !has_cause(&v, (result)out->refusals.items[k].result))
                return "an item is refused for what is not used up";
        item++;
    }
    return cause ? NULL : "refused for what is not used up";
}

/* Whose coupon comes from another user. */
static const char *cause_of_take(const counts *c, const model_step *step, const world_act *a)
{
    const transfer_take_in *in = a->in;
    model_step by = *step;
    by.user = model_person(c->side, in->user);
    met m = {.step = &by,
             .now_ms = app_now_ms(world_app(&c->side->world)),
             .more = a->code == R_DONE ? 0 : 1,
             .received = true};
    verdict v = {0};
    ask_all(c, config_find_template(c->v.config, in->template), &m, &v);
    if (a->code == R_DONE && v.passed)
        return "received beyond what is allowed";
    return has_cause(&v, a->code) ? NULL : "a transfer is refused for what is not used up";
}

/* Is its campaign's use window over? Coupons that apply by themselves are not there then. */
static bool is_over(const counts *c, const applied_coupon *a)
{
    const campaign *of = config_find_campaign(c->v.config, a->campaign)->row;
    return app_now_ms(world_app(&c->side->world)) >= first_outside(c, of->use_until_ms);
}

static const char *cause_of_windows(const counts *c, const world_act *a)
{
    const order_in *in = a->in;
    bool closed = false;
    for (size_t k = 0; k < in->applied.n; k++)
        closed = closed || is_over(c, &in->applied.items[k]);
    if (a->code == R_DONE && in->hold == 0 && closed)
        return "used when the window was closed";
    return a->code == R_WINDOW_CLOSED && !closed ? "refused for a window that is open" : NULL;
}

static const char *cause_of_order(const counts *c, const world_act *a)
{
    const order_in *in = a->in;
    bool cause = a->code != R_BUDGET_EXHAUSTED, partial = c->side->policy[3] == BUDGET_PARTIAL;
    for (uint32_t i = 0; i < MODEL_CAMPAIGNS; i++) {
        const campaign *of = config_find_campaign(c->v.config, c->side->campaigns[i])->row;
        int64_t need = 0, least = 0;
        for (size_t k = 0; k < in->applied.n; k++) {
            int64_t each = in->applied.items[k].discount_minor;
            if (in->applied.items[k].campaign != of->id)
                continue;
            need += each;
            least = least == 0 || each < least ? each : least;
        }
        bool has_budget = of->budget_mode != BUDGET_MODE_NONE;
        if (a->code == R_DONE && has_budget && c->spent[i] > of->budget_minor)
            return "used beyond the budget";
        int64_t left = of->budget_minor - (c->spent[i] - c->due[i]);
        cause = cause || (has_budget && (partial ? left + least <= need : left < need));
    }
    return cause ? cause_of_windows(c, a) : "refused for a budget that is not used up";
}

static const char *cause_of_change(const counts *c, const model_step *step, const world_act *a)
{
    bool stock = step->kind == STEP_STOCK;
    int64_t used = stock ? c->issued[step->template] : c->spent[step->campaign];
    const campaign *of = config_find_campaign(c->v.config, c->side->campaigns[step->campaign])->row;
    if (!stock && of->budget_mode == BUDGET_MODE_NONE)
        return NULL;
    if (stock && c->side->partnered && step->template == MODEL_PARTNERED)
        return a->code == R_DONE ? "a stock of a partner's codes is set" : NULL;
    if (a->code == R_DONE && step->amount >= 0 && used > step->amount)
        return "the target is below what is used";
    int64_t back = stock ? 0 : c->due[step->campaign];
    return a->code == R_NOT_EDITABLE && used - back <= step->amount
               ? "the target is not below what is used"
               : NULL;
}

const char *model_side_cause(model_side *s, const model_step *step, const world_act *a)
{
    counts c;
    const char *wrong = NULL;
    if (a->code == R_UNAVAILABLE)
        return "unavailable, though nothing else is there";
    if (a->id != ACT_ID_issue && a->id != ACT_ID_hold && a->id != ACT_ID_redeem &&
        a->id != ACT_ID_pool_change && a->id != ACT_ID_transfer_take)
        return NULL;
    count_all(s, &c);
    if (step->kind == STEP_ISSUE || step->kind == STEP_EXCHANGE)
        wrong = cause_of_issue(&c, step, a);
    else if (step->kind == STEP_TRANSFER || step->kind == STEP_TAKE)
        wrong = cause_of_take(&c, step, a);
    else if (step->kind == STEP_STOCK || step->kind == STEP_BUDGET)
        wrong = cause_of_change(&c, step, a);
    else if (step->kind != STEP_REPEAT)
        wrong = cause_of_order(&c, a);
    app_view_close(&c.v);
    return wrong;
}
