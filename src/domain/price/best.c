/* See best.h. A walk goes through the coupons in the order in which they apply and holds the price
 * after those that it has taken; where it turns back it puts that state back. A group that is
 * decided as one is chosen from where its first coupon stands, and has its turn where the first of
 * the chosen does. What looks like an improvement is priced whole before it counts. */
#include "domain/price/best_search.h"

#include "domain/price/exact.h"

enum {
    DIVE_PROBES_PER_COUPON = 2,
    GONE_FROM_START_MAX = 6, /* beyond, nothing is proven */
};

/* ---- which is better ---- */

static int compare_expiry(const search *s, uint64_t a, uint64_t b)
{
    const int64_t *expires = s->ask->expires_at_ms;
    size_t n = s->ask->price.n, k = 0;
    for (size_t i = 0; i < n; i++) {
        if ((a & search_bit(s->by_expiry[i])) == 0) {
            continue;
        }
        while (k < n && (b & search_bit(s->by_expiry[k])) == 0) {
            k++;
        }
        int64_t x = expires[s->by_expiry[i]], y = k < n ? expires[s->by_expiry[k]] : INT64_MAX;
        if (x != y) {
            return x < y ? -1 : 1;
        }
        k++;
    }
    return 0;
}

static int compare_ids(const search *s, uint64_t a, uint64_t b)
{
    for (size_t i = 0; i < s->ask->price.n; i++) { /* the lowest that only one has */
        uint64_t one = search_bit(s->by_id[i]);
        if (((a ^ b) & one) != 0) {
            return (a & one) != 0 ? -1 : 1;
        }
    }
    return 0;
}

static bool is_better(const search *s, const best_set *a, const best_set *b)
{
    if (a->discount_minor != b->discount_minor) {
        return a->discount_minor > b->discount_minor;
    }
    if (search_count(a->coupons) != search_count(b->coupons)) {
        return search_count(a->coupons) < search_count(b->coupons);
    }
    int sooner = compare_expiry(s, a->coupons, b->coupons);
    return sooner != 0 ? sooner < 0 : compare_ids(s, a->coupons, b->coupons) < 0;
}

/* ---- what was found ---- */

static bool would_be_kept(const search *s, const best_set *found)
{
    return s->n < s->ask->sets || is_better(s, found, &s->sets[s->n - 1]);
}

static void keep(search *s, best_set found)
{
    if (!would_be_kept(s, &found)) {
        return;
    }
    for (size_t i = 0; i < s->n; i++) {
        if (s->sets[i].coupons == found.coupons) {
            return;
        }
    }
    size_t at = s->n < s->ask->sets ? s->n++ : s->n - 1;
    while (at > 0 && is_better(s, &found, &s->sets[at - 1])) {
        s->sets[at] = s->sets[at - 1];
        at--;
    }
    s->sets[at] = found;
}

static bool takes(const stack_entry *e)
{
    return e->verdict->result == R_DONE && e->verdict->discount_minor > 0;
}

static bool all_take(const stack_pass *p, uint64_t set)
{
    for (size_t i = 0; i < p->ask->n; i++) {
        if ((set & search_bit(i)) != 0 && !takes(&p->entries[i])) {
            return false;
        }
    }
    return true;
}

/* Of the lines from which it takes. */
static int64_t units_of(const stack_pass *p, const stack_entry *e)
{
    int64_t units = 0;
    for (size_t i = 0; i < p->run.n; i++) {
        const order_line *line = &p->ask->cart->lines[i];
        units += e->parts[i] > 0 ? cart_line_units(line, line->quantity) : 0;
    }
    return units;
}

/* The set that has just been priced. */
static bool is_allowed(const search *s)
{
    const stack_pass *p = &s->check;
    best_use uses[PRICE_COUPONS_MAX];
    if (s->ask->allows == NULL) {
        return true;
    }
    for (size_t k = 0; k < p->at.used_n; k++) {
        const stack_entry *e = &p->entries[p->at.used[k]];
        uses[k] = (best_use){p->at.used[k], e->verdict->discount_minor, units_of(p, e)};
    }
    return s->ask->allows(s->ask->context, uses, p->at.used_n);
}

/* Prices the set whole, as price_cart. *fits: all of it apply, and it is allowed. */
static result price_whole(search *s, uint64_t set, best_set *out, bool *fits)
{
    stack_pass *p = &s->check;
    result r = stack_run(p, s->candidates & ~set);
    s->work += p->run.n * (p->ask->n - search_count(s->candidates & ~set));
    *fits = r == R_DONE && all_take(p, set) && is_allowed(s);
    *out = (best_set){.coupons = set};
    for (size_t k = 0; k < p->at.used_n; k++) {
        out->discount_minor += p->entries[p->at.used[k]].verdict->discount_minor;
    }
    return r;
}

static result consider(search *s, uint64_t set, int64_t discount_minor)
{
    best_set found = {set, discount_minor};
    if (!would_be_kept(s, &found)) {
        return R_DONE;
    }
    bool fits;
    result r = price_whole(s, set, &found, &fits);
    if (r == R_DONE && fits) {
        keep(s, found);
    }
    return r;
}

/* Can it hold a set that would be kept? */
static bool is_worth(search *s, const search_node *x)
{
    int64_t taken = s->view.taken_minor, most = taken + search_bound(s, x, SIZE_MAX);
    bool worth = s->n < s->ask->sets;
    if (!worth) {
        const best_set *last = &s->sets[s->n - 1];
        size_t in = search_count(x->in & ~x->pending), of_last = search_count(last->coupons);
        worth = most > last->discount_minor;
        if (most == last->discount_minor &&
            search_count(x->in) <= of_last) { /* with no more coupons */
            worth = taken + search_bound(s, x, of_last - in) == most;
        }
    }
    if (worth && s->work >= s->work_max) {
        s->open_minor = most > s->open_minor ? most : s->open_minor;
        return false;
    }
    return worth;
}

/* The same of its sets with a coupon that uses up one of those that an order may have. */
static bool is_worth_with(search *s, const search_node *x, size_t i)
{
    uint32_t of_order = s->ask->price.coupons_max;
    if (of_order <= s->walk.at.counted || s->n < s->ask->sets) {
        return true;
    }
    search_node others = *x;
    others.open &= ~search_bit(i);
    int64_t most = search_bound(s, &others, of_order - s->walk.at.counted - 1);
    most += s->view.taken_minor + s->view.value[i];
    return most >= s->sets[s->n - 1].discount_minor;
}

/* ---- the walk ---- */

static void push(search *s)
{
    size_t n = s->walk.run.n;
    CHECK(s->depth < FRAMES);
    if (s->frames[s->depth] == NULL) {
        frame *f = ARENA_NEW(s->memory, frame);
        f->running = ARENA_ARRAY(s->memory, int64_t, 2 * n + s->class_n);
        f->gone = f->running + n;
        f->costs = f->gone + n;
        s->frames[s->depth] = f;
    }
    frame *f = s->frames[s->depth++];
    f->at = s->walk.at;
    f->view = s->view;
    memcpy(f->running, s->walk.run.running, n * sizeof(int64_t));
    memcpy(f->gone, s->walk.run.gone, n * sizeof(int64_t));
    memcpy(f->costs, s->costs, s->class_n * sizeof(int64_t));
    f->grain = s->walk.run.grain;
}

/* Back to the last push. */
static void back(search *s)
{
    size_t n = s->walk.run.n;
    const frame *f = s->frames[s->depth - 1];
    s->walk.at = f->at;
    s->view = f->view;
    price_run_regrain(&s->walk.run, f->grain);
    memcpy(s->walk.run.running, f->running, n * sizeof(int64_t));
    memcpy(s->walk.run.gone, f->gone, n * sizeof(int64_t));
    memcpy(s->costs, f->costs, s->class_n * sizeof(int64_t));
}

static void pop(search *s)
{
    back(s);
    s->depth--;
}

/* A step of the walk, in the grain that it needs: what it has begun in another is put back. */
static result step(search *s, stack_entry *e)
{
    if (!exact_is_on(&s->walk.run)) {
        return stack_step(&s->walk, e);
    }
    push(s);
    result r = stack_step(&s->walk, e);
    while (r == R_AGAIN) { /* each round at least doubles the grain */
        pop(s);
        price_run_go_finer(&s->walk.run);
        push(s);
        r = stack_step(&s->walk, e);
    }
    s->depth--; /* what it did stays */
    return r;
}

/* Lets the entry have its turn, and of its group those that were chosen. *fits: they take. */
static result have_turn(search *s, search_node *x, stack_entry *e, bool *fits)
{
    size_t i = (size_t)(e - s->walk.entries);
    uint64_t turn = x->pending & (s->mates[i] | search_bit(i));
    s->walk.at.decided &= ~turn;
    s->work += s->walk.run.n * (1 + search_count(s->mates[i]));
    result r = step(s, e);
    s->walk.at.decided |= turn;
    x->pending &= ~turn;
    *fits = r == R_DONE && all_take(&s->walk, turn);
    if (*fits) {
        search_look(s, search_coming(s, x));
    }
    return r;
}

static result walk(search *s, search_node x);

/* A promotion that may be undone: the sets beside which it stays; then it is gone. */
static result walk_beside(search *s, search_node x, stack_entry *e)
{
    bool fits;
    x.at++;
    push(s);
    result r = have_turn(s, &x, e, &fits);
    if (r == R_DONE) {
        r = walk(s, x);
    }
    pop(s);
    s->walk.at.decided |= stack_bit(&s->walk, e);
    return r;
}

static result take(search *s, search_node x, stack_entry *e)
{
    bool fits;
    uint64_t one = stack_bit(&s->walk, e);
    x.at++;
    x.in |= one;
    x.pending |= one;
    x.open &= ~one;
    push(s);
    result r = have_turn(s, &x, e, &fits);
    if (r == R_DONE && fits) {
        r = walk(s, x);
    }
    pop(s);
    return r;
}

static size_t first_of(const search *s, uint64_t set)
{
    size_t k = 0;
    while ((set & search_bit(s->walk.order[k])) == 0) {
        k++;
    }
    return s->walk.order[k];
}

/* Those of its group that cannot be chosen beside it. */
static uint64_t rivals(const search *s, size_t i)
{
    const stack_entry *e = &s->walk.entries[i];
    uint64_t out = 0;
    for (size_t k = 0; k < s->ask->price.n; k++) {
        const stack_entry *other = &s->walk.entries[k];
        bool beside = e->group->mode == GROUP_MODE_BEST_LINE ||
                      (e->group->mode == GROUP_MODE_BEST_LANE &&
                       str_eq(other->standing->lane, e->standing->lane));
        out |= (s->mates[i] & search_bit(k)) != 0 && !beside ? search_bit(k) : 0;
    }
    return out;
}

/* Which coupons of a group are taken, one after another; then the walk goes on. */
static result choose(search *s, search_node x, uint64_t group)
{
    if ((x.open & group) == 0) {
        x.settled |= group;
        push(s);
        result r = walk(s, x);
        pop(s);
        return r;
    }
    if (!is_worth(s, &x)) {
        return R_DONE;
    }
    x.open &= ~search_barred(s, x.in);
    if ((x.open & group) == 0) {
        return choose(s, x, group);
    }
    size_t i = first_of(s, x.open & group);
    search_node with = x;
    with.in |= search_bit(i);
    with.pending |= search_bit(i);
    with.open &= ~(search_bit(i) | rivals(s, i));
    result r = choose(s, with, group);
    if (r != R_DONE || (x.must & search_bit(i)) != 0) {
        return r;
    }
    x.open &= ~(search_bit(i) | s->after[i]);
    return choose(s, x, group);
}

/* The sets of the node, its state being that of the walk; whoever calls puts that back. */
static result walk(search *s, search_node x)
{
    stack_pass *p = &s->walk;
    result r = R_DONE;
    for (; r == R_DONE && x.at < s->ask->price.n; x.at++) {
        size_t i = p->order[x.at];
        uint64_t one = search_bit(i);
        bool promotion = (s->candidates & one) == 0 && (p->at.decided & one) == 0;
        bool fits = true;
        x.open &= ~search_barred(s, x.in) | x.must;
        if (!promotion && ((x.open | x.pending) & one) == 0) {
            continue;
        }
        if (!is_worth(s, &x)) {
            return R_DONE;
        }
        if (s->mates[i] != 0 && (x.settled & one) == 0) {
            return choose(s, x, s->mates[i]);
        }
        if (promotion && (s->may_go & one) != 0) {
            r = walk_beside(s, x, &p->entries[i]);
        } else if (promotion || (x.pending & one) != 0) {
            r = have_turn(s, &x, &p->entries[i], &fits);
        } else {
            r = is_worth_with(s, &x, i) ? take(s, x, &p->entries[i]) : R_DONE;
            fits = (x.must & one) == 0;
            x.open &= ~(one | s->after[i]);
        }
        if (!fits) {
            return r;
        }
    }
    return r == R_DONE ? consider(s, x.in, s->view.taken_minor) : r;
}

/* ---- the start ---- */

/* Of coupons alike those that go before it are in the set, too. */
static bool comes_next(const search *s, uint64_t in, size_t i)
{
    bool next = (s->wanted & ~in & search_bit(i)) != 0;
    for (size_t k = 0; k < s->ask->price.n; k++) {
        next = next && ((s->after[k] & search_bit(i)) == 0 || (in & search_bit(k)) != 0);
    }
    return next;
}

/* As many as may be of those that may take most, and of these what does take. */
static result dive_at_once(search *s, size_t most)
{
    uint64_t in = 0, before = 0, picked = search_pick(s, s->wanted & ~s->exclusive, most);
    result r = R_DONE;
    for (size_t k = 0; k < s->ask->price.n; k++) {
        uint64_t one = search_bit(s->walk.order[k]);
        bool may = (picked & ~search_barred(s, in) & one) != 0;
        in |= may && comes_next(s, in, s->walk.order[k]) ? one : 0;
    }
    while (r == R_DONE && in != before) {
        best_set found;
        bool fits;
        r = price_whole(s, in, &found, &fits);
        if (fits) {
            keep(s, found);
        }
        before = in;
        for (size_t i = 0; i < s->ask->price.n; i++) {
            in &= takes(&s->check.entries[i]) ? UINT64_MAX : ~search_bit(i);
        }
    }
    return r;
}

/* One coupon more at a time, those that may take most first. */
static result dive_one_by_one(search *s)
{
    best_set best = {0};
    size_t probes = 0, probes_most = DIVE_PROBES_PER_COUPON * s->ask->price.n;
    result r = R_DONE;
    for (size_t k = 0; r == R_DONE && k < s->view.ranked_n && probes < probes_most; k++) {
        size_t i = s->view.ranked[k];
        best_set found;
        bool fits;
        if (!comes_next(s, best.coupons, i)) {
            continue;
        }
        probes += search_count(best.coupons) + 1;
        r = price_whole(s, best.coupons | search_bit(i), &found, &fits);
        if (r == R_DONE && fits) {
            keep(s, found);
            best = found.discount_minor > best.discount_minor ? found : best;
        }
    }
    return r;
}

/* A first set, so that the walk can leave most branches. */
static result dive(search *s)
{
    size_t most = s->ask->price.coupons_max > 0 ? s->ask->price.coupons_max : s->ask->price.n;
    best_set none;
    bool fits;
    result r = price_whole(s, 0, &none, &fits);
    if (r == R_DONE) {
        keep(s, none);
        r = dive_at_once(s, most);
    }
    return r == R_DONE && s->sets[0].coupons == 0 ? dive_one_by_one(s) : r;
}

static result begin(search *s, uint64_t absent)
{
    stack_pass *p = &s->walk;
    price_run_reset(&p->run);
    search_reset(s);
    result r = stack_begin(p, absent);
    while (r == R_AGAIN) {
        price_run_refine(&p->run);
        r = stack_begin(p, absent);
    }
    return r;
}

/* Sets with this exclusive coupon, where one that is there keeps others out; NULL: without any. */
static result walk_with(search *s, stack_entry *winner)
{
    stack_pass *p = &s->walk;
    uint64_t one = winner == NULL ? 0 : stack_bit(p, winner);
    search_node x = {.must = one};
    bool before = winner != NULL;
    for (size_t k = 0; k < s->ask->price.n; k++) {
        const stack_entry *e = &p->entries[p->order[k]];
        bool wins = e->standing->exclusive;
        before = before && e != winner;
        bool open = winner == NULL ? !wins : e->standing->always && !(wins && before);
        x.open |= open || e == winner ? stack_bit(p, e) : 0;
    }
    x.open &= s->wanted;
    result r = begin(s, (s->candidates & ~one) | s->gone);
    if (r != R_DONE || (p->at.decided & one) != 0) {
        return r; /* it gives nothing, or a promotion has won */
    }
    p->at.decided |= one;
    for (size_t i = 0; winner == NULL && p->at.barred && i < s->ask->price.n; i++) {
        x.open &= p->entries[i].standing->always ? UINT64_MAX : ~search_bit(i);
    }
    search_look(s, search_coming(s, &x));
    return walk(s, x);
}

static result walk_all(search *s)
{
    stack_pass *p = &s->walk;
    if (s->ask->price.policy.exclusive != EXCLUSIVE_WINS) {
        result r = begin(s, s->candidates | s->gone);
        search_node x = {.open = s->wanted};
        if (r == R_DONE) {
            search_look(s, search_coming(s, &x));
            r = walk(s, x);
        }
        return r;
    }
    result r = walk_with(s, NULL);
    for (size_t k = 0; r == R_DONE && k < s->ask->price.n; k++) {
        stack_entry *e = &p->entries[p->order[k]];
        if (e->standing->exclusive && (s->wanted & stack_bit(p, e)) != 0) {
            r = walk_with(s, e);
        }
    }
    return r;
}

/* Promotions that later discounts may undo, or of whose fractions rounding leaves nothing or that
 * are too fine beside others, are out of the price of some sets. Which is known only when a set is
 * whole: so it is walked with and without them, and price_whole says what is. Those that decide
 * about others before their own turn are there or gone from the start. */
static result walk_all_ways(search *s)
{
    const price_policy *policy = &s->ask->price.policy;
    uint64_t from_start = 0;
    for (size_t i = 0; i < s->ask->price.n; i++) {
        const stack_entry *e = &s->walk.entries[i];
        bool tested = policy->threshold_again == THRESHOLD_AGAIN_TEST && s->most[i].spend_asked;
        bool early = stack_is_joint(e->group) ||
                     (e->standing->exclusive && policy->exclusive == EXCLUSIVE_WINS);
        uint64_t one = tested || exact_is_on(&s->walk.run) ? search_bit(i) & ~s->candidates : 0;
        *(early ? &from_start : &s->may_go) |= one;
    }
    if (search_count(from_start) > GONE_FROM_START_MAX) {
        s->open_minor = s->walk.run.subtotal_minor;
        from_start = 0;
    }
    result r;
    do {
        r = walk_all(s);
        s->gone = (s->gone - from_start) & from_start; /* the next subset */
    } while (r == R_DONE && s->gone != 0);
    return r;
}

result price_best(const best_ask *ask, arena *memory, best_answer *out)
{
    CHECK(ask->sets >= 1 && ask->sets <= BEST_SETS_MAX);
    search *s = ARENA_NEW(memory, search);
    s->ask = ask;
    s->memory = memory;
    s->work_max = ask->work_max > 0 ? ask->work_max : BEST_WORK_MAX;
    s->open_minor = -1;
    s->sets = ARENA_ARRAY(memory, best_set, ask->sets);
    result r = search_start(s);
    if (r == R_DONE) {
        search_reset(s);
        search_look(s, s->wanted);
        r = dive(s);
    }
    if (r == R_DONE) {
        r = walk_all_ways(s);
    }
    if (r != R_DONE) {
        return r;
    }
    int64_t gap = s->open_minor - s->sets[0].discount_minor;
    *out = (best_answer){.sets = s->sets,
                         .n = s->n,
                         .proven = (s->open_minor < 0),
                         .gap_minor = (gap > 0) ? gap : 0,
                         .work = s->work};
    return R_DONE;
}
