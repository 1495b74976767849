/* See room.h. What each limit and budget leaves is read once, and again with what is due where that
 * is not enough; to ask for room is arithmetic on these. */
#include "app/room.h"

#include "app/query_counts.h"
#include "app/query_due.h"
#include "app/reserve.h"
#include "base/id.h"
#include "domain/coupon/use.h"
#include "domain/limit/book.h"
#include "domain/limit/subject.h"
#include "domain/rule/cart.h"

enum { MEASURES = LIMIT_MEASURE_COUNT };
/* More than one order can need of any measure; sums of it over all coupons stay far from the end.
 */
#define NEED_MOST (MONEY_MAX)

/* A limit, or the budget of a campaign. */
typedef struct counter {
    limit_left of;   /* a limit */
    uint64_t budget; /* else its campaign */
    bool known;      /* `left` is */
    int64_t left, taken;
} counter;

/* All coupons of a template. */
typedef struct party {
    terms of;
    counter *limits[LIMIT_LEFTS_MAX]; /* by measure: from[m] … from[m + 1] - 1 */
    size_t from[MEASURES + 1];
    counter *budget;           /* NULL: none */
    int64_t budget_back_minor; /* of the campaign, told with its first party */
} party;

struct room {
    app_view *v;
    const order_ask *of;
    uint16_t slot;
    uint32_t member; /* 0: not known yet */
    uint64_t replaced;
    party *parties;
    size_t n;
    counter *counters;
    size_t counter_n, most;
    limit_book *book;  /* what `back` had given back */
    const hold **back; /* holds that are seen as over */
    size_t back_n, back_capacity;
    bool partial;
    bool due, more; /* what is due has been looked at; not all of it */
};

/* ---- what may be asked about ---- */

/* How many limits count its uses, and its budget. */
static size_t limits_of(const terms *of)
{
    limit_level levels[LIMIT_LEVELS];
    size_t n = of->campaign->row->budget_mode != BUDGET_MODE_NONE;
    limit_levels_of(of, levels);
    for (size_t l = 0; l < LIMIT_LEVELS; l++)
        for (size_t i = 0; i < levels[l].n; i++)
            n += levels[l].rules[i].measure != LIMIT_MEASURE_CLAIMS;
    return n;
}

static party *party_of(const room *r, uint64_t template_id)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->parties[i].of.template->row->id == template_id)
            return &r->parties[i];
    return NULL;
}

/* The first of the campaign; NULL: it has none. */
static party *of_campaign(const room *r, uint64_t campaign_id)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->parties[i].of.campaign->row->id == campaign_id)
            return &r->parties[i];
    return NULL;
}

static size_t find_parties(const room_ask *ask, const config *c, terms *out)
{
    size_t n = 0;
    for (size_t i = 0; i < ask->n; i++) {
        terms of;
        uint64_t template_id = ask->coupons[i].template;
        bool same = i > 0 && ask->coupons[i - 1].template == template_id;
        bool known = template_id == 0 || same || !terms_find(c, template_id, &of);
        for (size_t k = 0; k < n && !known; k++)
            known = out[k].template == of.template;
        if (!known && limits_of(&of) > 0)
            out[n++] = of;
    }
    return n;
}

/* ---- what is given back ---- */

static void give_back(room *r, const hold *row)
{
    if (r->back_n == r->back_capacity) {
        r->back_capacity = r->back_capacity == 0 ? 4 : 2 * r->back_capacity;
        const hold **grown = ARENA_ARRAY(r->v->memory, const hold *, r->back_capacity);
        if (r->back_n > 0)
            memcpy(grown, r->back, r->back_n * sizeof(const hold *));
        r->back = grown;
    }
    r->back[r->back_n++] = row;
}

static void see_hold(void *context, const hold *row)
{
    room *r = context;
    if (row->merchant == r->of->merchant)
        give_back(r, row);
}

static void see_change(void *context, const due_change *change)
{
    party *p = of_campaign(context, change->template->row->campaign);
    if (p != NULL)
        p->budget_back_minor += change->budget_minor;
}

static due_watch watch_of(room *r)
{
    return (due_watch){.change = see_change,
                       .hold = see_hold,
                       .context = r,
                       .first_lane = store_lane_of_slot(app_store(r->v->app), r->slot),
                       .most = ROOM_DUE_MAX};
}

static void see_replaced(room *r)
{
    const hold *row =
        r->replaced == 0 ? NULL : hold_get(r->v->rows, id_slot(r->replaced), r->replaced);
    bool open = row != NULL && hold_state_at(row, uow_now(r->v->rows)) == HOLD_STATE_OPEN;
    r->replaced = open ? row->id : 0; /* past its deadline it is one of those that are due */
    if (!open)
        return;
    due_watch watch = watch_of(r);
    give_back(r, row);
    query_hold_end(r->v, row, &watch);
}

/* ---- reading what is left ---- */

static int64_t left_in_pool(void *context, pool_name which)
{
    pool_left is = query_pool_left(context, which);
    return is.total < 0 ? SLICE_ANY : is.left + is.on_the_way;
}

static limit_case case_of(const room *r, const party *p, uint8_t measure)
{
    return (limit_case){.of = &p->of, .measure = measure, .store = r->of->store};
}

static void take_back(const room *r, limit_book *book, const hold *row)
{
    for (size_t i = 0; i < row->takes.n; i++) {
        limit_take take = row->takes.items[i];
        const applied_coupon *a = &row->applied.items[take.applied];
        terms of = terms_of(r->v->config, a->template);
        limit_way way = limit_way_of(take.subject);
        bool own = row->slot == r->slot && row->member == r->member;
        if (way == LIMIT_BY_USER ? own
                                 : way == LIMIT_SHARED && of_campaign(r, a->campaign) != NULL) {
            limit_book_load_take(book, &take);
            limit_book_give(book, &of, &take, take.n);
        }
    }
}

static size_t credits_of(const room *r, const reserved_subject *s, limit_take **out)
{
    size_t n = 0, most = 0;
    for (size_t i = 0; i < r->back_n; i++)
        most += r->back[i]->takes.n;
    *out = ARENA_ARRAY(r->v->memory, limit_take, most);
    for (size_t i = 0; i < r->back_n; i++) {
        for (size_t k = 0; k < r->back[i]->takes.n; k++) {
            const limit_take *t = &r->back[i]->takes.items[k];
            if (limit_way_of(t->subject) == LIMIT_BY_SUBJECT && t->hi == s->hi && t->lo == s->lo)
                (*out)[n++] = *t;
        }
    }
    return n;
}

/* What a subject that the order names has left. */
static limit_reserve_out look_at_subject(const room *r, const reserved_subject *s)
{
    limit_reserve_in in = {
        .merchant = r->of->merchant, .subject = s->subject, .hi = s->hi, .lo = s->lo};
    limit_reserve_out out;
    in.needs.items = ARENA_ARRAY(r->v->memory, limit_need, r->n * MEASURES);
    for (size_t i = 0; i < r->n; i++)
        for (uint8_t m = LIMIT_MEASURE_REDEMPTIONS; m <= LIMIT_MEASURE_UNITS; m++)
            in.needs.items[in.needs.n++] =
                (limit_need){r->parties[i].of.template->row->id, m, NEED_MOST};
    in.credits.n = credits_of(r, s, &in.credits.items);
    limit_reserve_look(r->v->rows, &in, &out);
    return out;
}

static void look_at_subjects(const room *r, limit_book *book)
{
    limit_reserve_out all[LIMIT_SUBJECT_COUNT];
    grant_input in = {0};
    if (r->of->names == NULL)
        return;
    in.subjects = subjects_hashed(r->parties[0].of.merchant->row, r->of->names, r->v->memory,
                                  &in.subject_count);
    for (size_t i = 0; i < in.subject_count; i++) {
        all[i] = look_at_subject(r, &in.subjects[i]);
        in.grant_count += all[i].grants.n;
    }
    limit_grant *grants = ARENA_ARRAY(r->v->memory, limit_grant, in.grant_count);
    for (size_t i = 0, n = 0; i < in.subject_count; i++)
        for (size_t k = 0; k < all[i].grants.n; k++)
            grants[n++] = all[i].grants.items[k];
    in.grants = grants;
    limit_book_reserved(book, &in);
}

/* A limit of a campaign is one counter for all its templates. */
static counter *counter_of(room *r, const limit_left *of)
{
    for (size_t i = 0; i < r->counter_n; i++)
        if (r->counters[i].of.rule == of->rule && of->rule != NULL)
            return &r->counters[i];
    counter *c = &r->counters[r->counter_n++];
    *c = (counter){.of = *of, .known = true, .left = of->left};
    return c;
}

static counter *budget_of(room *r, const party *p)
{
    const campaign *of = p->of.campaign->row;
    if (of->budget_mode == BUDGET_MODE_NONE)
        return NULL;
    for (size_t i = 0; i < r->counter_n; i++)
        if (r->counters[i].budget == of->id)
            return &r->counters[i];
    counter *c = &r->counters[r->counter_n++];
    *c = (counter){.budget = of->id};
    return c;
}

static void read_left(room *r)
{
    slice_set *slices = slice_set_seen(r->v->rows, left_in_pool, r->v);
    limit_book *book = r->book = limit_book_asking(r->v->rows, r->slot, r->member, slices);
    look_at_subjects(r, book);
    for (size_t i = 0; i < r->back_n; i++)
        take_back(r, book, r->back[i]);
    r->counter_n = 0;
    r->counters = ARENA_ARRAY(r->v->memory, counter, r->most);
    for (size_t i = 0; i < r->n; i++) {
        party *p = &r->parties[i];
        for (uint8_t m = LIMIT_MEASURE_REDEMPTIONS; m <= LIMIT_MEASURE_UNITS; m++) {
            limit_left lefts[LIMIT_LEFTS_MAX];
            limit_case c = case_of(r, p, m);
            limit_book_load(book, &c);
            size_t n = limit_book_lefts(book, &c, lefts);
            p->from[m + 1] = p->from[m];
            for (size_t k = 0; k < n; k++)
                p->limits[p->from[m + 1]++] = counter_of(r, &lefts[k]);
        }
        p->budget = budget_of(r, p);
    }
}

static int64_t left_of(const room *r, counter *c)
{
    if (!c->known) {
        c->left = left_in_pool(r->v, pool_budget(c->budget));
        c->left += of_campaign(r, c->budget)->budget_back_minor;
        c->known = true;
    }
    return c->left - c->taken;
}

/* True: there may be more room than was seen. */
static bool see_due(room *r)
{
    if (r->due)
        return false;
    due_watch watch = watch_of(r);
    r->due = true;
    r->more = !query_due(r->v, &watch);
    read_left(r);
    return true;
}

room *room_new(app_view *v, const room_ask *ask)
{
    terms all[PRICE_COUPONS_MAX];
    CHECK(ask->n <= PRICE_COUPONS_MAX);
    size_t n = find_parties(ask, v->config, all);
    if (n == 0)
        return NULL;
    room *r = ARENA_NEW(v->memory, room);
    r->v = v;
    r->of = ask->of;
    r->slot = slot_of_user(ask->of->merchant, ask->of->user);
    const user *who = user_get(v->rows, r->slot, ask->of->merchant, ask->of->user);
    r->member = who == NULL ? 0 : who->member;
    r->replaced = ask->replaced;
    r->partial = ask->partial;
    r->parties = ARENA_ARRAY(v->memory, party, n);
    r->n = n;
    for (size_t i = 0; i < n; i++) {
        r->parties[i].of = all[i];
        r->most += limits_of(&all[i]);
    }
    see_replaced(r);
    read_left(r);
    return r;
}

/* ---- asking ---- */

int64_t room_reserved_minor(app_view *v, uint64_t coupon_id, uint64_t replaced)
{
    const coupon *row = coupon_get(v->rows, id_slot(coupon_id), coupon_id);
    if (row == NULL)
        return 0;
    bool many = use_is_many(config_find_template(v->config, row->template));
    const coupon_use *use = many ? coupon_use_get(v->rows, row->slot, row->id) : NULL;
    int64_t minor = row->reserved_minor;
    for (size_t i = 0; use != NULL && i < use->held.n; i++) {
        const held_use *h = &use->held.items[i];
        if (h->hold == replaced || h->deadline_ms <= uow_now(v->rows))
            minor += h->reserved_minor;
    }
    return minor;
}

static int64_t budget_need(const room *r, const party *p, const room_use *use)
{
    if (p->budget == NULL)
        return 0;
    if (p->of.campaign->row->budget_mode == BUDGET_MODE_AT_REDEEM)
        return use->discount_minor;
    int64_t has = room_reserved_minor(r->v, use->coupon, r->replaced);
    return use->discount_minor > has ? use->discount_minor - has : 0;
}

/* NULL: there is room, and it is taken. Else the counter that a hold would name. */
static const counter *take(const room *r, party *p, const room_use *use)
{
    const int64_t needs[MEASURES] = {
        [LIMIT_MEASURE_REDEMPTIONS] = 1,
        [LIMIT_MEASURE_MONEY] = use->discount_minor,
        [LIMIT_MEASURE_UNITS] = use->units,
    };
    for (uint8_t m = LIMIT_MEASURE_REDEMPTIONS; m <= LIMIT_MEASURE_UNITS; m++) {
        int64_t have = needs[m];
        const counter *last = NULL;
        for (size_t k = p->from[m]; k < p->from[m + 1]; k++) {
            int64_t left = left_of(r, p->limits[k]);
            left = left < 0 ? 0 : left;
            last = left < have ? p->limits[k] : last;
            have = left < have ? left : have;
        }
        if (last != NULL)
            return last;
        for (size_t k = p->from[m]; k < p->from[m + 1]; k++)
            p->limits[k]->taken += needs[m];
    }
    int64_t need = budget_need(r, p, use);
    if (need == 0)
        return NULL;
    if (left_of(r, p->budget) < need)
        return p->budget;
    p->budget->taken += need;
    return NULL;
}

/* need: of this limit, with what the uses before have taken. */
static int64_t until_of(const room *r, const limit_left *limit, int64_t need)
{
    const limit_rule *rule = limit->rule;
    const terms *of = &r->parties[0].of; /* all are in the merchant's zone */
    if (rule->period == LIMIT_PERIOD_ROLLING && rule->subject == LIMIT_SUBJECT_USER)
        return limit_book_frees_at(r->book, limit, need);
    if (rule->period == LIMIT_PERIOD_EVER || rule->period == LIMIT_PERIOD_ROLLING)
        return 0;
    int32_t day = terms_day(of, uow_now(r->v->rows)), next = day + 1;
    while (usage_number(rule->period, next, 0) == usage_number(rule->period, day, 0))
        next++;
    return zone_day_start_ms(of->merchant->zone, next);
}

static room_lack lack_of(const room *r, const counter *c, const room_use *uses, size_t use)
{
    if (c->of.rule == NULL) {
        const party *p = party_of(r, uses[use].template);
        int64_t left = c->left - c->taken;
        int64_t lacks = budget_need(r, p, &uses[use]) - (left < 0 ? 0 : left);
        int64_t most_minor = r->partial ? uses[use].discount_minor - lacks : 0;
        return (room_lack){.use = use, .code = R_BUDGET_EXHAUSTED, .most_minor = most_minor};
    }
    bool by_units = c->of.rule->measure == LIMIT_MEASURE_UNITS; /* else rolling counts uses */
    int64_t need = c->taken + (by_units ? uses[use].units : 1);
    return (room_lack){.use = use,
                       .code = R_LIMIT_REACHED,
                       .text = limit_describe(r->v->memory, &c->of.level, c->of.rule),
                       .until_ms = until_of(r, &c->of, need)};
}

static bool is_certain(const room *r, const counter *c)
{
    return !r->more || (c->of.rule != NULL && limit_way_of(c->of.rule->subject) == LIMIT_BY_USER);
}

bool room_has(room *r, const room_use *uses, size_t n, room_lack *lack)
{
    for (size_t i = 0; i < r->counter_n; i++)
        r->counters[i].taken = 0;
    for (size_t i = 0; i < n; i++) {
        party *p = party_of(r, uses[i].template);
        const counter *c = p == NULL ? NULL : take(r, p, &uses[i]);
        if (c == NULL)
            continue;
        if (see_due(r))
            return room_has(r, uses, n, lack);
        if (!is_certain(r, c))
            continue;
        *lack = lack_of(r, c, uses, i);
        return false;
    }
    return true;
}

size_t room_uses(const price_ask *ask, const price_result *price, arena *memory, room_use **out)
{
    int64_t units[PRICE_COUPONS_MAX] = {0};
    room_use *uses = ARENA_ARRAY(memory, room_use, price->order_count);
    cart_add_units(ask->cart->lines, price->shares, price->share_count, units);
    cart_add_units(ask->cart->lines, price->adds, price->add_count, units);
    for (size_t k = 0; k < price->order_count; k++) {
        size_t i = price->order[k];
        uses[k] = (room_use){.template = ask->coupons[i].template,
                             .coupon = ask->coupons[i].coupon,
                             .discount_minor = price->verdicts[i].discount_minor,
                             .units = units[i]};
    }
    *out = uses;
    return price->order_count;
}

/* Of which coupons the counter counts redemptions. */
static uint64_t counted_by(const room *r, const counter *c, const price_coupon *coupons, size_t n)
{
    uint64_t of = 0;
    for (size_t i = 0; i < n; i++) {
        const party *p = coupons[i].automatic ? NULL : party_of(r, coupons[i].template);
        for (size_t k = 0; p != NULL && k < p->from[LIMIT_MEASURE_REDEMPTIONS + 1]; k++)
            if (p->limits[k] == c)
                of |= UINT64_C(1) << i;
    }
    return of;
}

size_t room_quotas(room *r, const price_coupon *coupons, size_t n, best_quota *out, size_t max)
{
    size_t found = 0;
    for (size_t i = 0; i < r->counter_n && found < max; i++) {
        const counter *c = &r->counters[i];
        uint64_t of = counted_by(r, c, coupons, n);
        if (c->left >= __builtin_popcountll(of) || (r->due && !is_certain(r, c)))
            continue;
        if (see_due(r))
            return room_quotas(r, coupons, n, out, max);
        out[found++] = (best_quota){of, (size_t)c->left};
    }
    return found;
}
