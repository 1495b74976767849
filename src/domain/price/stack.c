/* The ordered pass of coupons over a cart: which come first, which keep others out, which of a
 * group are taken. What one of them gives is run.c's. Holds no state and changes nothing that it is
 * given. */
#include "domain/price/run.h"

enum { WORDS = (CART_LINES_MAX + 63) / 64 };

/* A coupon on its way. */
typedef struct entry {
    const price_coupon *coupon;
    const price_standing *standing;
    price_verdict *verdict;
    int64_t value_minor; /* alone, where the evaluation asks for it */
    int64_t *parts;      /* of the lines, when it applies; NULL */
    bool decided;
} entry;

typedef struct pass {
    price_run run;
    const price_ask *ask;
    arena *memory;
    entry entries[PRICE_COUPONS_MAX];
    uint8_t order[PRICE_COUPONS_MAX]; /* of the entries */
    uint8_t used[PRICE_COUPONS_MAX];  /* those that apply, as they did */
    size_t used_n, counted;           /* counted: coupons, for the most of an order */
    bool stopped, locked, taken;      /* taken: some that may be stacked with limits applies */
    uint64_t blocked[WORDS];          /* lines that are closed to further coupons */
} pass;

static void refuse(entry *e, str reason)
{
    *e->verdict = (price_verdict){.result = R_NOT_STACKABLE, .reason = reason};
    e->decided = true;
}

/* ---- order ---- */

static int evaluation_rank(const pass *p, const entry *e)
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
static bool comes_before(const pass *p, const entry *a, const entry *b)
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

static void sort(pass *p)
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
static result probe(pass *p, entry *e)
{
    price_use use = {e->coupon->rule, e->coupon->currency, e->coupon->used_minor};
    p->run.blocked = e->standing->always ? NULL : p->blocked;
    return price_run_offer(&p->run, &use, e->verdict);
}

static bool gives(const entry *e)
{
    return e->verdict->result == R_DONE;
}

static void block(pass *p, const entry *e)
{
    for (size_t i = 0; i < p->run.n; i++) {
        if (e->parts[i] > 0) {
            p->blocked[i / 64] |= UINT64_C(1) << (i % 64);
        }
    }
}

/* What is in run.parts happens. */
static void apply(pass *p, entry *e)
{
    e->decided = true;
    e->parts = ARENA_ARRAY(p->memory, int64_t, p->run.n);
    memcpy(e->parts, p->run.parts, p->run.n * sizeof(*e->parts));
    if (e->verdict->adds_minor == 0) {
        (void)price_run_take(&p->run);
    }
    p->used[p->used_n++] = (uint8_t)(e - p->entries);
    p->counted += !e->coupon->automatic;
    p->taken = p->taken || !e->standing->always;
    p->locked = p->locked || e->standing->exclusive;
    p->stopped = p->stopped || e->standing->stop == STOP_FURTHER_CART;
    if (e->standing->stop == STOP_FURTHER_LINE) {
        block(p, e);
    }
}

/* May it be tried at all? Else it is refused. */
static bool is_open(pass *p, entry *e)
{
    const price_standing *s = e->standing;
    uint32_t most = p->ask->coupons_max;
    if (most > 0 && p->counted >= most && !e->coupon->automatic) {
        refuse(e, S("too_many_coupons"));
    } else if (s->always) {
        return true;
    } else if (p->locked || (s->exclusive && p->taken)) {
        refuse(e, S("exclusive"));
    } else if (p->stopped) {
        refuse(e, S("stopped"));
    }
    return !e->decided;
}

static result try_one(pass *p, entry *e)
{
    if (!is_open(p, e)) {
        return R_DONE;
    }
    result r = probe(p, e);
    e->decided = true;
    if (r == R_DONE && gives(e)) {
        apply(p, e);
    }
    return r;
}

/* ---- groups ---- */

/* SHIPPING_DISCOUNTS_LOWEST: the group of those on sending that have none. */
static const stack_group lowest_charge = {{NULL, 0}, GROUP_MODE_BEST_ORDER, 1};

static const stack_group *group_of(const pass *p, const entry *e)
{
    for (size_t i = 0; e->standing->group.n > 0 && i < p->ask->group_count; i++) {
        if (str_eq(p->ask->groups[i].name, e->standing->group)) {
            return &p->ask->groups[i];
        }
    }
    bool lowest = p->ask->policy.shipping_discounts == SHIPPING_DISCOUNTS_LOWEST;
    return lowest && e->coupon->rule->kind->targets == KIND_SHIPPING ? &lowest_charge : NULL;
}

/* The undecided ones of the group that may be tried, in order. */
static size_t members_of(pass *p, const stack_group *g, entry **out)
{
    size_t n = 0;
    for (size_t i = 0; i < p->ask->n; i++) {
        entry *e = &p->entries[p->order[i]];
        if (!e->decided && group_of(p, e) == g && is_open(p, e)) {
            out[n++] = e;
        }
    }
    return n;
}

static bool is_open_in_group(const pass *p, const stack_group *g)
{
    uint32_t used = 0;
    for (size_t i = 0; i < p->used_n; i++) {
        used += group_of(p, &p->entries[p->used[i]]) == g;
    }
    return used < g->most;
}

static void refuse_rest(entry **members, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!members[i]->decided && gives(members[i])) {
            refuse(members[i], S("better_in_group"));
        }
        members[i]->decided = true;
    }
}

/* The best by discount, or the first that gives something by rank. */
static result take_best(pass *p, const stack_group *g, entry **members, size_t n)
{
    entry *best = NULL;
    bool by_rank = g->mode == GROUP_MODE_HIGHEST_RANK;
    for (size_t i = 0; i < n; i++) {
        entry *e = members[i];
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
    refuse_rest(members, n);
    return R_DONE;
}

/* Each line gets the best discount of the group's; what a coupon gives no line is refused. */
static result take_best_by_line(pass *p, entry **members, size_t n)
{
    size_t lines = p->run.n;
    int64_t *parts = ARENA_ARRAY(p->memory, int64_t, lines * n);
    for (size_t i = 0; i < n; i++) {
        result r = probe(p, members[i]);
        if (r != R_DONE) {
            return r;
        }
        if (gives(members[i]) && members[i]->verdict->adds_minor == 0) {
            memcpy(parts + i * lines, p->run.parts, lines * sizeof(*parts));
        }
    }
    for (size_t k = 0; k < lines; k++) {
        size_t best = 0;
        for (size_t i = 1; i < n; i++) {
            best = parts[i * lines + k] > parts[best * lines + k] ? i : best;
        }
        for (size_t i = 0; i < n; i++) {
            parts[i * lines + k] = i == best ? parts[i * lines + k] : 0;
        }
    }
    for (size_t i = 0; i < n; i++) {
        int64_t sum = 0;
        for (size_t k = 0; k < lines; k++) {
            sum += parts[i * lines + k];
        }
        if (sum > 0) {
            memcpy(p->run.parts, parts + i * lines, lines * sizeof(*parts));
            members[i]->verdict->discount_minor = sum;
            apply(p, members[i]);
        }
    }
    refuse_rest(members, n);
    return R_DONE;
}

/* What the coupons of a lane give together, one after another; running is left as it was. */
static result value_of_lane(pass *p, str lane, entry **members, size_t n, int64_t *out)
{
    int64_t before[CART_LINES_MAX];
    memcpy(before, p->run.running, p->run.n * sizeof(*before));
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
    return r;
}

static result take_best_lane(pass *p, entry **members, size_t n)
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
    refuse_rest(members, n);
    return R_DONE;
}

static result try_group(pass *p, const stack_group *g, entry *first)
{
    entry *members[PRICE_COUPONS_MAX];
    if (g->mode == GROUP_MODE_AT_MOST || g->mode == GROUP_MODE_ALL) {
        if (g->mode == GROUP_MODE_AT_MOST && !is_open_in_group(p, g)) {
            refuse(first, S("group_full"));
        }
        return first->decided ? R_DONE : try_one(p, first);
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
static result let_exclusive_win(pass *p)
{
    for (size_t i = 0; i < p->ask->n; i++) {
        entry *e = &p->entries[p->order[i]];
        if (e->decided || !e->standing->exclusive) {
            continue;
        }
        result r = probe(p, e);
        if (r != R_DONE || !gives(e)) {
            e->decided = r == R_DONE;
            if (r != R_DONE) {
                return r;
            }
            continue;
        }
        for (size_t k = 0; k < p->ask->n; k++) {
            entry *other = &p->entries[k];
            if (other != e && !other->decided && !other->standing->always) {
                refuse(other, S("exclusive"));
            }
        }
        return R_DONE;
    }
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

static result value_alone(pass *p, entry *e)
{
    if (p->ask->policy.evaluation != EVALUATION_VALUE) {
        return R_DONE;
    }
    result r = probe(p, e);
    e->value_minor = gives(e) ? e->verdict->discount_minor : 0;
    return r;
}

static result enter_all(pass *p, uint64_t out_again, price_result *out)
{
    for (size_t i = 0; i < p->ask->n; i++) {
        entry *e = &p->entries[i];
        *e = (entry){.coupon = &p->ask->coupons[i],
                     .standing = &p->ask->coupons[i].rule->standing,
                     .verdict = &out->verdicts[i]};
        if (came_before(p->ask->coupons, i)) {
            refuse(e, S("duplicate"));
            continue;
        }
        if ((out_again >> i & 1) != 0) {
            e->decided = true; /* its verdict was given when it was taken out */
            continue;
        }
        result r = value_alone(p, e);
        if (r != R_DONE) {
            return r;
        }
    }
    sort(p);
    return p->ask->policy.exclusive == EXCLUSIVE_WINS ? let_exclusive_win(p) : R_DONE;
}

static void collect_line(const pass *p, size_t i, size_t line, price_result *out)
{
    const entry *e = &p->entries[i];
    line_share share = {
        .applied = (uint16_t)i, .line = (uint16_t)line, .discount_minor = e->parts[line]};
    if (share.discount_minor == 0) {
        return;
    }
    if (e->verdict->adds_minor > 0) {
        out->adds[out->add_count++] = share;
        out->adds_minor += share.discount_minor;
    } else {
        out->shares[out->share_count++] = share;
        out->line_discount_minor[line] += share.discount_minor;
        out->discount_minor += share.discount_minor;
    }
}

static void collect(const pass *p, price_result *out)
{
    out->shares = ARENA_ARRAY(p->memory, line_share, p->used_n * p->run.n);
    out->adds = ARENA_ARRAY(p->memory, line_share, p->used_n * p->run.n);
    out->order = ARENA_ARRAY(p->memory, uint16_t, p->used_n);
    out->order_count = p->used_n;
    for (size_t i = 0; i < p->used_n; i++) {
        out->order[i] = p->used[i];
    }
    for (size_t i = 0; i < p->used_n; i++) {
        for (size_t line = 0; line < p->run.n; line++) {
            collect_line(p, p->used[i], line, out);
        }
    }
}

static bool quantities_are_positive(const cart *c)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->lines[i].quantity < 1) {
            return false;
        }
    }
    return true;
}

/* THRESHOLD_AGAIN_TEST: the last coupon whose minimum spend is not reached by what all others have
 * left. Its verdict says so. NULL: there is none. */
static entry *undone(pass *p)
{
    if (p->ask->policy.threshold_again != THRESHOLD_AGAIN_TEST) {
        return NULL;
    }
    for (size_t k = p->used_n; k-- > 0;) {
        entry *e = &p->entries[p->used[k]];
        bool adds = e->verdict->adds_minor > 0;
        price_use use = {e->coupon->rule, e->coupon->currency, e->coupon->used_minor};
        for (size_t i = 0; i < p->run.n; i++) {
            p->run.running[i] += adds ? 0 : e->parts[i];
        }
        p->run.blocked = NULL;
        int64_t missing = price_run_missing(&p->run, &use);
        for (size_t i = 0; i < p->run.n; i++) {
            p->run.running[i] -= adds ? 0 : e->parts[i];
        }
        if (missing > 0) {
            *e->verdict = (price_verdict){.result = R_NOT_APPLICABLE,
                                          .reason = S("below_threshold"),
                                          .missing_minor = missing};
            return e;
        }
    }
    return NULL;
}

static result run_pass(pass *p, const price_ask *ask, uint64_t out_again, price_result *priced)
{
    const cart *c = ask->cart;
    arena *memory = p->memory;
    *p = (pass){.ask = ask, .memory = memory};
    p->run = (price_run){
        .lines = c->lines, .n = c->n, .policy = ask->policy, .currency = c->currency, .cart = c};
    result r = price_run_start(NULL, memory, &p->run);
    if (r == R_DONE) {
        r = enter_all(p, out_again, priced);
    }
    for (size_t i = 0; r == R_DONE && i < ask->n; i++) {
        entry *e = &p->entries[p->order[i]];
        const stack_group *g = group_of(p, e);
        if (!e->decided) {
            r = g == NULL ? try_one(p, e) : try_group(p, g, e);
        }
    }
    return r;
}

result price_cart(const price_ask *ask, arena *memory, price_result *out)
{
    const cart *c = ask->cart;
    if (c->n > CART_LINES_MAX || ask->n > PRICE_COUPONS_MAX || !quantities_are_positive(c)) {
        return R_INVALID;
    }
    pass *p = ARENA_NEW(memory, pass);
    p->memory = memory;
    price_result priced = {
        .line_discount_minor = ARENA_ARRAY(memory, int64_t, c->n),
        .verdicts = ARENA_ARRAY(memory, price_verdict, ask->n),
    };
    uint64_t out_again = 0; /* a bit a coupon; each round takes one out */
    result r = run_pass(p, ask, out_again, &priced);
    for (entry *e = NULL; r == R_DONE && (e = undone(p)) != NULL;) {
        out_again |= UINT64_C(1) << (e - p->entries);
        r = run_pass(p, ask, out_again, &priced);
    }
    if (r == R_DONE) {
        priced.subtotal_minor = p->run.subtotal_minor;
        collect(p, &priced);
        *out = priced;
    }
    return r;
}
