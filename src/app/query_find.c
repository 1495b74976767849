/* See query_find.h. The index gives templates that fit; what issuing looks up besides is looked up
 * for those alone. */
#include "app/query_find.h"

#include "app/query_counts.h"
#include "app/query_due.h"
#include "app/reserve.h"
#include "app/room.h"
#include "base/id.h"
#include "domain/campaign/currency.h"
#include "domain/campaign/rules.h"
#include "domain/coupon/claimable.h"
#include "domain/limit/level.h"
#include "domain/limit/subject.h"

/* What is due and not swept gives back to a budget. */
typedef struct budget_back {
    uint64_t campaign;
    int64_t minor;
} budget_back;

/* What limits on uses leave for coupons of a template. */
typedef struct template_room {
    uint64_t template;
    room *room; /* NULL: there are none */
} template_room;

typedef struct search {
    app_view *v;
    const find_ask *ask;
    cart cart;
    price_policy policy;
    price_probe *probe;
    uint32_t member;                  /* of the user; 0: none is named, or he has no rows yet */
    const reserved_subject *subjects; /* that are named */
    size_t subject_n;
    arena *scratch; /* of one price */
    bool due, more; /* `back` is known; but more is due than was looked at */
    budget_back *back;
    size_t back_n, back_capacity;
    template_room *rooms;
    size_t room_n, room_capacity;
} search;

/* Its scratch is freed by who made it. */
static search search_new(app_view *v, const find_ask *ask)
{
    const order_ask *of = &ask->cart;
    const config_merchant *shop = config_find_merchant(v->config, of->merchant);
    CHECK(shop != NULL); /* whose key asks */
    search s = {.v = v,
                .ask = ask,
                .cart = order_cart(v, of),
                .policy = policy_of(shop->row->policy.items, shop->row->policy.n),
                .scratch = arena_new(0)};
    uint16_t slot = slot_of_user(of->merchant, of->user);
    const user *who = of->user.n == 0 ? NULL : user_get(v->rows, slot, of->merchant, of->user);
    s.member = who == NULL ? 0 : who->member;
    if (of->names != NULL) {
        s.subjects = subjects_hashed(shop->row, of->names, v->memory, &s.subject_n);
    }
    return s;
}

/* What one coupon by itself does; false: it does not apply. */
static bool applies(const search *s, const price_coupon *one, price_verdict *out)
{
    if (s->ask->way != FIND_CART) {
        return true;
    }
    arena_reset(s->scratch);
    bool yes = price_probe_ask(s->probe, one, s->scratch, out) == R_DONE && out->result == R_DONE;
    out->gift = out->reason = S(""); /* what may lie in the scratch is not shown */
    return yes;
}

/* ---- templates ---- */

static bool pool_has(const search *s, pool_name which, int64_t need)
{
    pool_left is = query_pool_left(s->v, which);
    return is.total < 0 || is.left + is.on_the_way >= need;
}

static void see_change(void *context, const due_change *change)
{
    search *s = context;
    uint64_t campaign_id = change->template->row->campaign;
    size_t at = 0;
    while (at < s->back_n && s->back[at].campaign != campaign_id) {
        at++;
    }
    if (at == s->back_n) {
        if (s->back_n == s->back_capacity) {
            s->back_capacity = s->back_capacity == 0 ? 8 : 2 * s->back_capacity;
            budget_back *grown = ARENA_ARRAY(s->v->memory, budget_back, s->back_capacity);
            if (s->back_n > 0) {
                memcpy(grown, s->back, s->back_n * sizeof(*grown));
            }
            s->back = grown;
        }
        s->back[s->back_n++] = (budget_back){campaign_id, 0};
    }
    s->back[at].minor += change->budget_minor;
}

/* With what is due: that is looked up where it is asked for first. */
static bool budget_has(search *s, uint64_t campaign_id, int64_t need)
{
    pool_name which = pool_budget(campaign_id);
    if (need == 0 || pool_has(s, which, need)) {
        return true;
    }
    if (!s->due) {
        due_watch watch = {.change = see_change, .context = s, .most = ROOM_DUE_MAX};
        s->due = true;
        s->more = !query_due(s->v, &watch);
    }
    for (size_t i = 0; i < s->back_n; i++) {
        need -= s->back[i].campaign == campaign_id ? s->back[i].minor : 0;
    }
    return s->more || pool_has(s, which, need);
}

static void allow(int64_t n, int64_t *allowed)
{
    n = n < 0 ? 0 : n;
    *allowed = *allowed < 0 || n < *allowed ? n : *allowed;
}

static int64_t left_by_user(const search *s, const terms *of, const limit_level *level,
                            const limit_rule *rule)
{
    uint16_t slot = slot_of_user(s->ask->cart.merchant, s->ask->cart.user);
    const usage *row =
        s->member == 0 ? NULL : usage_get(s->v->rows, slot, s->member, level->campaign);
    return rule->max - limit_used(row, level, rule, of, uow_now(s->v->rows));
}

/* What the subjects that are named leave of limits on claims: as a claim would be granted. */
static void allow_by_subjects(const search *s, const terms *of, int64_t *allowed)
{
    uint32_t limited = limit_subjects_of(of, 1U << LIMIT_MEASURE_CLAIMS);
    limit_need need = {of->template->row->id, LIMIT_MEASURE_CLAIMS, LIMIT_COUNT_MAX};
    for (size_t i = 0; i < s->subject_n; i++) {
        const reserved_subject *by = &s->subjects[i];
        limit_reserve_in in = {.merchant = s->ask->cart.merchant,
                               .subject = by->subject,
                               .hi = by->hi,
                               .lo = by->lo,
                               .needs = {.items = &need, .n = 1}};
        limit_reserve_out out = {0};
        if ((limited >> by->subject & 1U) != 0) {
            limit_reserve_look(s->v->rows, &in, &out);
        }
        for (size_t k = 0; k < out.grants.n; k++) {
            allow(out.grants.items[k].n, allowed);
        }
    }
}

/* The limits on claims: those of the user and the subjects into *allowed; false: one has been
 * reached. */
static bool limits_allow(const search *s, const terms *of, int64_t *allowed)
{
    limit_level levels[LIMIT_LEVELS];
    str where = s->ask->cart.store;
    limit_levels_of(of, levels);
    *allowed = -1;
    allow_by_subjects(s, of, allowed);
    for (size_t l = 0; l < LIMIT_LEVELS; l++) {
        for (size_t i = 0; i < levels[l].n; i++) {
            const limit_rule *rule = &levels[l].rules[i];
            limit_way way = limit_way_of(rule->subject);
            bool nowhere = rule->subject == LIMIT_SUBJECT_STORE && where.n == 0;
            if (rule->measure != LIMIT_MEASURE_CLAIMS || nowhere) {
                continue;
            }
            if (way == LIMIT_BY_USER && s->ask->cart.user.n > 0) {
                allow(left_by_user(s, of, &levels[l], rule), allowed);
            }
            if (way == LIMIT_SHARED &&
                !pool_has(s, limit_pool_of(&levels[l], rule, of, where, uow_now(s->v->rows)), 1)) {
                return false;
            }
        }
    }
    return *allowed != 0;
}

static bool stock_allows(search *s, const terms *of, const claimable *now, int64_t *left)
{
    *left = -1;
    if (now->stocked) {
        pool_left is = query_pool_left(s->v, pool_stock(of->template->row->id));
        *left = is.left + is.on_the_way;
    }
    return *left != 0 && budget_has(s, of->campaign->row->id, now->reserve_minor);
}

/* As the view's configuration has it: the index may be a little older, or newer. */
static bool look(search *s, const config_template *found, size_t *rows, template_found *out)
{
    terms of;
    claimable now;
    str why;
    if (!terms_find(s->v->config, found->row->id, &of) ||
        claimable_look(&of, uow_now(s->v->rows), &now, &why) != R_DONE) {
        return false;
    }
    const price_rule *rule = config_rule(of.template, now.version->version);
    price_coupon one = {
        .template = found->row->id, .rule = rule, .currency = of.campaign->row->currency};
    *out = (template_found){.template = of.template,
                            .version = now.version,
                            .campaign = of.campaign,
                            .priced = s->ask->way == FIND_CART,
                            .missing_subject = limit_missing_subject(
                                &of, 1U << LIMIT_MEASURE_CLAIMS, s->ask->cart.subjects)};
    currency_rule priced = {now.version, rule};
    if (s->ask->way != FIND_ALL &&
        !currency_takes(of.campaign->row, terms_newest(&of), priced, s->cart.currency)) {
        return false;
    }
    if (of.template != found && !price_probe_fits(s->probe, rule)) {
        return false;
    }
    if (!applies(s, &one, &out->verdict)) {
        return false;
    }
    (*rows)++;
    return limits_allow(s, &of, &out->allowed) && stock_allows(s, &of, &now, &out->left);
}

result query_templates(app_view *v, const find_ask *ask, template_found_page *out)
{
    search s = search_new(v, ask);
    find_question q = {ask->cart.merchant, ask->way, &s.cart, s.policy};
    const find_index *x = app_find_index(v->app);
    find_cursor *c;
    size_t looks = FIND_LOOK_MAX, rows = 0;
    const config_template *t = NULL;
    *out = (template_found_page){.items = ARENA_ARRAY(v->memory, template_found, ask->limit),
                                 .next = ask->after};
    result r = find_open(x, &q, ask->after, v->memory, &c);
    s.probe = r == R_DONE ? find_probe(c) : NULL;
    while (r == R_DONE && !out->more && (t = find_next(c, &looks)) != NULL) {
        if (out->n == ask->limit || rows == FIND_ROWS_MAX) {
            out->more = true;
            break;
        }
        out->n += look(&s, t, &rows, &out->items[out->n]) ? 1 : 0;
        out->next = find_position(c);
    }
    if (r == R_DONE && t == NULL) {
        out->more = looks == 0;
        out->next = find_position(c);
    }
    find_close(c);
    find_free((find_index *)(uintptr_t)x); /* the share that app_find_index took */
    arena_free(s.scratch);
    return r;
}

/* ---- coupons ---- */

static room *room_of(search *s, const price_coupon *one)
{
    for (size_t i = 0; i < s->room_n; i++) {
        if (s->rooms[i].template == one->template) {
            return s->rooms[i].room;
        }
    }
    room_ask ask = {
        .of = &s->ask->cart, .coupons = one, .n = 1, .partial = s->policy.budget == BUDGET_PARTIAL};
    if (s->room_n == s->room_capacity) {
        s->room_capacity = s->room_capacity == 0 ? 8 : 2 * s->room_capacity;
        template_room *grown = ARENA_ARRAY(s->v->memory, template_room, s->room_capacity);
        if (s->room_n > 0) {
            memcpy(grown, s->rooms, s->room_n * sizeof(*grown));
        }
        s->rooms = grown;
    }
    s->rooms[s->room_n] = (template_room){one->template, room_new(s->v, &ask)};
    return s->rooms[s->room_n++].room;
}

/* Do limits on uses, and a budget, leave room for it alone? Of a cart for what it takes there, else
 * for a use. */
static bool has_room(search *s, const price_coupon *one)
{
    room *of = room_of(s, one);
    room_use use = {.template = one->template, .coupon = one->coupon}, *uses = &use;
    size_t n = 1;
    room_lack lack;
    price_ask ask = {.cart = &s->cart, .coupons = one, .n = 1, .policy = s->policy};
    price_result price;
    if (of != NULL && s->ask->way == FIND_CART) {
        arena_reset(s->scratch);
        n = price_cart(&ask, s->scratch, &price) != R_DONE
                ? 0
                : room_uses(&ask, &price, s->scratch, &uses);
    }
    return of == NULL || room_has(of, uses, n, &lack) || lack.most_minor > 0;
}

static bool fits(search *s, coupon_found *found)
{
    uint64_t id = found->seen.row->id;
    if (order_eligible(s->v, &s->ask->cart, id, &found->one) != R_DONE ||
        (s->ask->way != FIND_ALL && !order_takes_currency(s->v, &s->ask->cart, &found->one))) {
        return false;
    }
    found->missing_subject = order_missing_subject(s->v, &s->ask->cart, found->one.template);
    return price_probe_fits(s->probe, found->one.rule) &&
           applies(s, &found->one, &found->verdict) && has_room(s, &found->one);
}

result query_usable(app_view *v, const find_ask *ask, coupon_found_page *out)
{
    search s = search_new(v, ask);
    price_probe_cart of = {&s.cart, s.policy, ask->way != FIND_CART};
    coupon_seen *page = ARENA_ARRAY(v->memory, coupon_seen, ask->limit);
    size_t looked = 0;
    *out = (coupon_found_page){.items = ARENA_ARRAY(v->memory, coupon_found, ask->limit),
                               .next = ask->wallet,
                               .more = true};
    result r = price_probe_new(&of, v->memory, &s.probe);
    while (r == R_DONE && out->more && out->n < ask->limit && looked < WALLET_LOOK_MAX) {
        wallet_ask wallet = {.merchant = ask->cart.merchant,
                             .user = ask->cart.user,
                             .state = COUPON_STATE_AVAILABLE,
                             .usable = true,
                             .after = out->next,
                             .limit = ask->limit - out->n};
        size_t got = query_wallet(v, &wallet, page, &out->next, &out->more);
        looked += got > 0 ? got : WALLET_LOOK_MAX; /* none in a whole look: enough for one page */
        for (size_t i = 0; i < got; i++) {
            coupon_found *to = &out->items[out->n];
            *to = (coupon_found){.seen = page[i], .priced = ask->way == FIND_CART};
            out->n += fits(&s, to) ? 1 : 0;
        }
    }
    arena_free(s.scratch);
    return r;
}
