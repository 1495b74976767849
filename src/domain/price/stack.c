/* The ordered pass of coupons over a cart: which come first, which keep others out, which of a
 * group are taken. What one of them gives is run.c's. Holds no state and changes nothing that it is
 * given. */
#include "domain/price/stack.h"
#include "domain/price/exact.h"
#include "domain/price/kept.h"

static bool is_decided(const stack_pass *p, const stack_entry *e)
{
    return (p->at.decided & stack_bit(p, e)) != 0;
}

static void decide(stack_pass *p, const stack_entry *e)
{
    p->at.decided |= stack_bit(p, e);
}

static void refuse(stack_pass *p, stack_entry *e, str reason)
{
    *e->verdict = (price_verdict){.result = R_NOT_STACKABLE, .reason = reason};
    decide(p, e);
}

/* ---- order ---- */

static int evaluation_rank(const stack_pass *p, const stack_entry *e)
{
    kind_group group = e->coupon->rule->kind->group;
    switch (p->ask->policy.evaluation) {
    case EVALUATION_PERCENT_FIRST:
        return group == KIND_PERCENT ? 0 : 1;
    case EVALUATION_FIXED_FIRST:
        return group == KIND_PERCENT ? 1 : 0;
    case EVALUATION_UNITS_FIRST:
        return group == KIND_UNITS ? 0 : 1;
    default:
        return 0;
    }
}

/* Does a come before b? Of equal ones the one that was named first does. */
static bool comes_before(const stack_pass *p, const stack_entry *a, const stack_entry *b)
{
    const price_standing *x = a->standing, *y = b->standing;
    bool last_x = x->exclusive && p->ask->policy.exclusive == EXCLUSIVE_YIELDS;
    bool last_y = y->exclusive && p->ask->policy.exclusive == EXCLUSIVE_YIELDS;
    if (last_x != last_y) {
        return last_y;
    }
    if (x->stage != y->stage) {
        return x->stage < y->stage;
    }
    if (x->priority != y->priority) {
        bool lowest = p->ask->policy.priority == PRIORITY_LOWEST;
        return lowest ? x->priority < y->priority : x->priority > y->priority;
    }
    if (a->value_minor != b->value_minor) {
        return a->value_minor > b->value_minor;
    }
    if (p->ask->policy.evaluation == EVALUATION_LANE && !str_eq(x->lane, y->lane)) {
        return str_cmp(x->lane, y->lane) < 0;
    }
    if (p->ask->policy.evaluation == EVALUATION_DEFINED &&
        a->coupon->template != b->coupon->template) {
        return a->coupon->template <b->coupon->template;
    }
    int rank = evaluation_rank(p, a) - evaluation_rank(p, b);
    return rank != 0 ? rank < 0 : a < b;
}

static void sort(stack_pass *p)
{
    for (size_t i = 0; i < p->ask->n; i++) {
        size_t at = i;
        while (at > 0 && comes_before(p, &p->entries[i], &p->entries[p->order[at - 1]])) {
            p->order[at] = p->order[at - 1];
            at--;
        }
        p->order[at] = (uint8_t)i;
    }
}

/* ---- one coupon ---- */

/* What it would give now, into run.parts and its verdict. */
static result probe(stack_pass *p, stack_entry *e)
{
    price_use use = stack_use(e);
    p->run.blocked = e->standing->always ? NULL : p->at.blocked;
    result r = e->kept != NULL ? kept_offer(&p->run, &use, e->verdict)
                               : price_run_offer(&p->run, &use, e->verdict);
    if (r == R_DONE && exact_is_on(&p->run)) {
        settle_keep(&p->run, e->verdict->adds_minor > 0, &e->exact);
    }
    return r;
}

static bool gives(const stack_entry *e)
{
    return e->verdict->result == R_DONE;
}

static void block(stack_pass *p, const stack_entry *e)
{
    for (size_t i = 0; i < p->run.n; i++) {
        if (e->parts[i] > 0) {
            p->at.blocked[i / 64] |= UINT64_C(1) << (i % 64);
        }
    }
}

/* What is in run.parts happens. */
static void apply(stack_pass *p, stack_entry *e)
{
    decide(p, e);
    if (e->kept != NULL && kept_lower(&p->run, e->kept, e->verdict)) {
        e->exact.by_share = false;
    }
    if (e->parts == NULL) {
        e->parts = ARENA_ARRAY(p->memory, int64_t, p->run.n);
    }
    memcpy(e->parts, p->run.parts, p->run.n * sizeof(*e->parts));
    if (e->verdict->adds_minor == 0) {
        (void)price_run_take(&p->run);
    }
    p->at.used[p->at.used_n++] = (uint8_t)(e - p->entries);
    p->at.counted += !e->coupon->automatic;
    p->at.taken = p->at.taken || !e->standing->always;
    p->at.locked = p->at.locked || e->standing->exclusive;
    p->at.stopped = p->at.stopped || e->standing->stop == STOP_FURTHER_CART;
    if (e->standing->stop == STOP_FURTHER_LINE) {
        block(p, e);
    }
}

/* May it be tried at all? Else it is refused. */
static bool is_open(stack_pass *p, stack_entry *e)
{
    const price_standing *s = e->standing;
    uint32_t most = p->ask->coupons_max;
    if (most > 0 && p->at.counted >= most && !e->coupon->automatic) {
        refuse(p, e, S("too_many_coupons"));
    } else if (s->always || kept_is_frozen(e->kept)) {
        return true;
    } else if (p->at.locked || (s->exclusive && p->at.taken)) {
        refuse(p, e, S("exclusive"));
    } else if (p->at.stopped) {
        refuse(p, e, S("stopped"));
    }
    return !is_decided(p, e);
}

static result try_one(stack_pass *p, stack_entry *e)
{
    if (!is_open(p, e)) {
        return R_DONE;
    }
    result r = probe(p, e);
    decide(p, e);
    if (r == R_DONE && gives(e)) {
        apply(p, e);
    }
    return r;
}

/* ---- groups ---- */

/* SHIPPING_DISCOUNTS_LOWEST: the group of those on sending that have none. */
static const stack_group lowest_charge = {{NULL, 0}, GROUP_MODE_BEST_ORDER, 1};

static const stack_group *group_of(const price_ask *ask, const price_rule *rule)
{
    str name = rule->standing.group;
    for (size_t i = 0; name.n > 0 && i < ask->group_count; i++) {
        if (str_eq(ask->groups[i].name, name)) {
            return &ask->groups[i];
        }
    }
    bool lowest = ask->policy.shipping_discounts == SHIPPING_DISCOUNTS_LOWEST;
    return lowest && rule->kind->targets == KIND_SHIPPING ? &lowest_charge : NULL;
}

/* The undecided ones of the group that may be tried, in order. */
static size_t members_of(stack_pass *p, const stack_group *g, stack_entry **out)
{
    size_t n = 0;
    for (size_t i = 0; i < p->ask->n; i++) {
        stack_entry *e = &p->entries[p->order[i]];
        if (!is_decided(p, e) && e->group == g && is_open(p, e)) {
            out[n++] = e;
        }
    }
    return n;
}

static bool is_open_in_group(const stack_pass *p, const stack_group *g)
{
    uint32_t used = 0;
    for (size_t i = 0; i < p->at.used_n; i++) {
        used += p->entries[p->at.used[i]].group == g;
    }
    return used < g->most;
}

static void refuse_rest(stack_pass *p, stack_entry **members, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_decided(p, members[i]) && gives(members[i])) {
            refuse(p, members[i], S("better_in_group"));
        }
        decide(p, members[i]);
    }
}

/* The best by discount, or the first that gives something by rank. */
static result take_best(stack_pass *p, const stack_group *g, stack_entry **members, size_t n)
{
    stack_entry *best = NULL;
    bool by_rank = g->mode == GROUP_MODE_HIGHEST_RANK;
    for (size_t i = 0; i < n; i++) {
        stack_entry *e = members[i];
        result r = probe(p, e);
        if (r != R_DONE) {
            return r;
        }
        if (!gives(e)) {
            continue;
        }
        bool better =
            best == NULL || (by_rank ? e->standing->rank > best->standing->rank
                                     : e->verdict->discount_minor > best->verdict->discount_minor);
        best = better ? e : best;
    }
    if (best != NULL) {
        result r = probe(p, best);
        if (r != R_DONE) {
            return r;
        }
        apply(p, best);
    }
    refuse_rest(p, members, n);
    return R_DONE;
}

/* What counts of a part of a line where the best is looked for: what is frozen stays. */
static int64_t rank_in_line(const stack_entry *e, int64_t part)
{
    return kept_is_frozen(e->kept) && part > 0 ? INT64_MAX : part;
}

/* Each line gets the best discount of the group's; what a coupon gives no line is refused. */
static result take_best_by_line(stack_pass *p, stack_entry **members, size_t n)
{
    size_t lines = p->run.n;
    if (p->by_line == NULL) {
        p->by_line = ARENA_ARRAY(p->memory, int64_t, 2 * lines * p->ask->n);
    }
    int64_t *parts = p->by_line, *touched = parts + lines * n;
    memset(parts, 0, 2 * lines * n * sizeof(*parts));
    for (size_t i = 0; i < n; i++) {
        result r = probe(p, members[i]);
        if (r != R_DONE) {
            return r;
        }
        if (gives(members[i]) && members[i]->verdict->adds_minor == 0) {
            memcpy(parts + i * lines, p->run.parts, lines * sizeof(*parts));
            memcpy(touched + i * lines, p->run.touched, lines * sizeof(*touched));
        }
    }
    for (size_t k = 0; k < lines; k++) {
        size_t best = 0;
        for (size_t i = 1; i < n; i++) {
            int64_t rank = rank_in_line(members[i], parts[i * lines + k]);
            best = rank > rank_in_line(members[best], parts[best * lines + k]) ? i : best;
        }
        for (size_t i = 0; i < n; i++) {
            if (i != best && parts[i * lines + k] > 0) { /* what it does not take it leaves */
                parts[i * lines + k] = 0;
                touched[i * lines + k] = 0;
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        int64_t sum = 0;
        for (size_t k = 0; k < lines; k++) {
            sum += parts[i * lines + k];
        }
        if (sum > 0 && is_open(p, members[i])) { /* those before it may have closed it */
            memcpy(p->run.parts, parts + i * lines, lines * sizeof(*parts));
            memcpy(p->run.touched, touched + i * lines, lines * sizeof(*touched));
            members[i]->verdict->discount_minor = sum;
            apply(p, members[i]);
        }
    }
    refuse_rest(p, members, n);
    return R_DONE;
}

/* What the coupons of a lane give together, one after another; the cart is left as it was. */
static result value_of_lane(stack_pass *p, str lane, stack_entry **members, size_t n, int64_t *out)
{
    int64_t before[CART_LINES_MAX], gone[CART_LINES_MAX];
    memcpy(before, p->run.running, p->run.n * sizeof(*before));
    memcpy(gone, p->run.gone, p->run.n * sizeof(*gone));
    *out = 0;
    result r = R_DONE;
    for (size_t i = 0; r == R_DONE && i < n; i++) {
        if (!str_eq(members[i]->standing->lane, lane)) {
            continue;
        }
        r = probe(p, members[i]);
        if (r == R_DONE && gives(members[i]) && members[i]->verdict->adds_minor == 0) {
            *out += price_run_take(&p->run);
        }
    }
    memcpy(p->run.running, before, p->run.n * sizeof(*before));
    memcpy(p->run.gone, gone, p->run.n * sizeof(*gone));
    return r;
}

static result take_best_lane(stack_pass *p, stack_entry **members, size_t n)
{
    int64_t best = -1;
    str lane = S("");
    for (size_t i = 0; i < n; i++) {
        int64_t value;
        result r = value_of_lane(p, members[i]->standing->lane, members, n, &value);
        if (r != R_DONE) {
            return r;
        }
        lane = value > best ? members[i]->standing->lane : lane;
        best = value > best ? value : best;
    }
    for (size_t i = 0; i < n; i++) {
        if (str_eq(members[i]->standing->lane, lane)) {
            result r = try_one(p, members[i]);
            if (r != R_DONE) {
                return r;
            }
        }
    }
    refuse_rest(p, members, n);
    return R_DONE;
}

static result try_group(stack_pass *p, const stack_group *g, stack_entry *first)
{
    stack_entry *members[PRICE_COUPONS_MAX];
    if (g->mode == GROUP_MODE_AT_MOST || g->mode == GROUP_MODE_ALL) {
        if (g->mode == GROUP_MODE_AT_MOST && !is_open_in_group(p, g)) {
            refuse(p, first, S("group_full"));
        }
        return is_decided(p, first) ? R_DONE : try_one(p, first);
    }
    size_t n = members_of(p, g, members);
    switch (g->mode) {
    case GROUP_MODE_BEST_LINE:
        return take_best_by_line(p, members, n);
    case GROUP_MODE_BEST_LANE:
        return take_best_lane(p, members, n);
    default:
        return take_best(p, g, members, n);
    }
}

/* ---- all of them ---- */

/* EXCLUSIVE_WINS: the first exclusive coupon that gives something keeps all others out. */
static result let_exclusive_win(stack_pass *p)
{
    stack_entry *winner = NULL;
    for (size_t i = 0; winner == NULL && i < p->ask->n; i++) {
        stack_entry *e = &p->entries[p->order[i]];
        if (is_decided(p, e) || !e->standing->exclusive) {
            continue;
        }
        result r = probe(p, e);
        if (r != R_DONE) {
            return r;
        }
        winner = gives(e) ? e : NULL;
        if (winner == NULL) {
            decide(p, e);
        }
    }
    for (size_t k = 0; winner != NULL && k < p->ask->n; k++) {
        stack_entry *other = &p->entries[k];
        if (other != winner && !is_decided(p, other) && !other->standing->always) {
            refuse(p, other, S("exclusive"));
        }
    }
    p->at.barred = winner != NULL;
    return R_DONE;
}

static bool came_before(const price_coupon *coupons, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (coupons[i].coupon != 0 && coupons[k].coupon == coupons[i].coupon) {
            return true;
        }
    }
    return false;
}

static result value_alone(stack_pass *p, stack_entry *e)
{
    if (p->ask->policy.evaluation != EVALUATION_VALUE) {
        return R_DONE;
    }
    result r = probe(p, e);
    e->value_minor = gives(e) ? e->verdict->discount_minor : 0;
    return r;
}

/* Sorts the coupons, by what they give alone in a grain that is fine enough for all. */
static result sort_all(stack_pass *p)
{
    for (size_t i = 0; i < p->ask->n;) {
        stack_entry *e = &p->entries[i++];
        result r = e->duplicate ? R_DONE : value_alone(p, e);
        if (r == R_AGAIN) {
            price_run_refine(&p->run);
            i = 0;
        } else if (r != R_DONE) {
            return r;
        }
    }
    sort(p);
    return R_DONE;
}

result stack_open(stack_pass *p, const price_ask *ask, arena *memory, price_verdict *verdicts)
{
    const cart *c = ask->cart;
    if (ask->n > PRICE_COUPONS_MAX) {
        return R_INVALID;
    }
    *p = (stack_pass){.ask = ask, .memory = memory};
    p->run = (price_run){
        .lines = c->lines, .n = c->n, .policy = ask->policy, .currency = c->currency, .cart = c};
    p->run.quiet = ask->kept != NULL;
    result r = price_run_start(ask->kept != NULL ? ask->kept->prices : NULL, memory, &p->run);
    for (size_t i = 0; r == R_DONE && i < ask->n; i++) {
        const price_rule *rule = ask->coupons[i].rule;
        p->entries[i] = (stack_entry){.coupon = &ask->coupons[i],
                                      .standing = &rule->standing,
                                      .group = group_of(ask, rule),
                                      .verdict = &verdicts[i],
                                      .kept = ask->kept != NULL ? &ask->kept->coupons[i] : NULL,
                                      .duplicate = came_before(ask->coupons, i)};
    }
    return r == R_DONE ? sort_all(p) : r;
}

/* COUPONS_BEYOND_REPLACE: of those that are there, the last that were named. */
static void refuse_replaced(stack_pass *p)
{
    uint32_t most = p->ask->coupons_max, named = 0;
    if (p->ask->policy.coupons_beyond != COUPONS_BEYOND_REPLACE || most == 0) {
        return;
    }
    for (size_t i = p->ask->n; i-- > 0;) {
        stack_entry *e = &p->entries[i];
        if (!is_decided(p, e) && !e->coupon->automatic && ++named > most) {
            refuse(p, e, S("replaced"));
        }
    }
}

result stack_begin(stack_pass *p, uint64_t absent)
{
    p->at = (stack_state){.decided = absent};
    memcpy(p->run.running, p->run.list, p->run.n * sizeof(*p->run.running));
    memset(p->run.gone, 0, p->run.n * sizeof(*p->run.gone));
    for (size_t i = 0; i < p->ask->n; i++) {
        stack_entry *e = &p->entries[i];
        if (e->duplicate && !is_decided(p, e)) {
            refuse(p, e, S("duplicate"));
        }
    }
    refuse_replaced(p);
    return p->ask->policy.exclusive == EXCLUSIVE_WINS ? let_exclusive_win(p) : R_DONE;
}

result stack_step(stack_pass *p, stack_entry *e)
{
    if (is_decided(p, e)) {
        return R_DONE;
    }
    return e->group == NULL ? try_one(p, e) : try_group(p, e->group, e);
}
