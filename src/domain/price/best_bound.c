/* What coupons can take at most, before the search and at each of its states: see best.h why that
 * is never too little. */
#include "domain/price/best_search.h"

/* Of the run's grain, rounded up. */
static int64_t minor_up(const price_run *run, int64_t amount)
{
    return run->grain == 1 ? amount : amount / run->grain + (amount % run->grain != 0);
}

/* What the coupons have taken off the cart, settled at most. */
static int64_t taken_minor(const search *s)
{
    const stack_pass *p = &s->walk;
    int64_t left = 0, settle = 0;
    for (size_t i = 0; i < p->run.n; i++) {
        left += p->run.running[i];
    }
    for (size_t k = 0; k < p->at.used_n; k++) {
        settle += s->settle_minor[p->at.used[k]];
    }
    return minor_up(&p->run, p->run.subtotal_minor * p->run.grain - left) + settle;
}

static int64_t mask_minor(const price_run *run, const uint64_t *mask)
{
    int64_t sum = 0;
    for (size_t w = 0; w * 64 < run->n; w++) {
        for (uint64_t bits = mask[w]; bits != 0; bits &= bits - 1) {
            sum += run->running[w * 64 + (size_t)__builtin_ctzll(bits)];
        }
    }
    return minor_up(run, sum);
}

static int64_t value_now(search *s, size_t i)
{
    s->view.shared &= ~search_bit(i);
    const price_most *m = &s->most[i];
    const stack_entry *e = &s->walk.entries[i];
    const stack_state *at = &s->walk.at;
    bool closed = at->stopped || at->locked || (e->standing->exclusive && at->taken);
    if ((closed && !e->standing->always) || s->view.sums[s->spends_of[i]] < m->least_minor) {
        return 0;
    }
    int64_t left = s->view.sums[s->lines_of[i]], value = m->total_minor;
    value = left < value ? left : value;
    if (m->share < BENEFIT_PERCENT_ONE) {
        int64_t one = BENEFIT_PERCENT_ONE;
        int64_t share = left / one * m->share + left % one * m->share / one + m->slack_minor;
        s->view.shared |= share < value ? search_bit(i) : 0;
        value = share < value ? share : value;
    }
    return value > 0 ? value + s->settle_minor[i] : 0;
}

/* The running price of the walk has changed. */
void search_look(search *s)
{
    outlook *v = &s->view;
    size_t n = s->ask->price.n;
    s->work += s->walk.run.n;
    v->taken_minor = taken_minor(s);
    for (size_t i = 0; i < s->mask_n; i++) {
        v->sums[i] = mask_minor(&s->walk.run, s->masks[i]);
    }
    for (size_t i = 0; i < n; i++) {
        v->value[i] = value_now(s, i);
    }
    for (size_t i = 1; i < n; i++) { /* nearly sorted as it was */
        uint8_t one = v->ranked[i];
        size_t at = i;
        for (; at > 0 && v->value[v->ranked[at - 1]] < v->value[one]; at--) {
            v->ranked[at] = v->ranked[at - 1];
        }
        v->ranked[at] = one;
    }
}

/* How many coupons more a group may have; by its first coupon. */
static void quotas_of(const search *s, uint8_t *quotas)
{
    for (size_t i = 0; i < s->ask->price.n; i++) {
        const stack_group *g = s->walk.entries[i].group;
        bool one =
            g != NULL && (g->mode == GROUP_MODE_BEST_ORDER || g->mode == GROUP_MODE_HIGHEST_RANK);
        bool most = g != NULL && g->mode == GROUP_MODE_AT_MOST;
        quotas[i] = one ? 1 : most && g->most < UINT8_MAX ? (uint8_t)g->most : UINT8_MAX;
    }
    for (size_t k = 0; k < s->walk.at.used_n; k++) {
        const stack_entry *e = &s->walk.entries[s->walk.at.used[k]];
        uint8_t *quota = &quotas[s->group_of[s->walk.at.used[k]]];
        bool most = e->group != NULL && e->group->mode == GROUP_MODE_AT_MOST;
        *quota = (uint8_t)(*quota - (most && *quota > 0));
    }
}

/* What all that take a share of their lines take together, one of what the others leave. */
static int64_t shares_minor(const search *s, uint64_t coupons)
{
    int64_t left[CART_LINES_MAX], sum = 0, slack = 0;
    size_t n = s->walk.run.n;
    memcpy(left, s->walk.run.running, n * sizeof(*left));
    for (size_t i = 0; i < s->ask->price.n; i++) {
        if ((coupons & search_bit(i)) == 0) {
            continue;
        }
        const uint64_t *mask = s->masks[s->lines_of[i]];
        int64_t stays = BENEFIT_PERCENT_ONE - s->most[i].share;
        slack += s->most[i].slack_minor + s->settle_minor[i];
        for (size_t w = 0; w * 64 < n; w++) {
            for (uint64_t bits = mask[w]; bits != 0; bits &= bits - 1) {
                int64_t *at = &left[w * 64 + (size_t)__builtin_ctzll(bits)];
                *at = *at / BENEFIT_PERCENT_ONE * stays +
                      *at % BENEFIT_PERCENT_ONE * stays / BENEFIT_PERCENT_ONE;
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        sum += s->walk.run.running[i] - left[i];
    }
    return minor_up(&s->walk.run, sum) + slack;
}

typedef struct potential {
    int64_t sum_minor; /* of those that are not exclusive */
    int64_t always_minor, exclusive_minor, settle_minor;
    size_t coupons;
    uint64_t lines[RUN_WORDS];
} potential;

static void add(const search *s, size_t i, potential *t)
{
    const price_standing *standing = s->walk.entries[i].standing;
    int64_t value = s->view.value[i];
    if (standing->exclusive && !standing->always) {
        t->exclusive_minor = value > t->exclusive_minor ? value : t->exclusive_minor;
    } else {
        t->sum_minor += value;
        t->always_minor += standing->always ? value : 0;
    }
}

/* Those of `from` that take most, as many as may be. */
static potential pick(const search *s, uint64_t from, size_t left)
{
    uint8_t quotas[PRICE_COUPONS_MAX];
    potential t = {0};
    quotas_of(s, quotas);
    for (size_t k = 0; k < s->ask->price.n; k++) {
        size_t i = s->view.ranked[k];
        uint8_t *quota = &quotas[s->group_of[i]];
        if (s->view.value[i] == 0) {
            break;
        }
        if ((from & search_bit(i)) == 0) {
            continue;
        }
        t.settle_minor += s->settle_minor[i];
        for (size_t w = 0; w * 64 < s->walk.run.n; w++) {
            t.lines[w] |= s->masks[s->lines_of[i]][w];
        }
        if ((s->candidates & search_bit(i)) == 0 || (s->exclusive & search_bit(i)) != 0) {
            add(s, i, &t);
        } else if (t.coupons<left && * quota> 0) {
            *quota = (uint8_t)(*quota - (*quota < UINT8_MAX));
            t.coupons++;
            add(s, i, &t);
        }
    }
    return t;
}

uint64_t search_barred(const search *s, uint64_t in)
{
    uint64_t barred = 0;
    for (size_t i = 0; i < s->ask->quota_n; i++) {
        const best_quota *q = &s->ask->quotas[i];
        barred |= search_count(q->of & in) >= q->most ? q->of : 0;
    }
    return barred;
}

/* What those of `coming` take that quotas leave room for beside what the walk has taken. */
static int64_t within_quotas(const search *s, const search_node *x, uint64_t coming)
{
    int64_t sum = 0;
    uint64_t in = x->in & ~x->pending;
    for (size_t k = 0; k < s->ask->price.n; k++) {
        size_t i = s->view.ranked[k];
        uint64_t one = coming & search_bit(i);
        if (s->view.value[i] == 0) {
            break;
        }
        if (one != 0 && (search_barred(s, in) & one) == 0) {
            in |= one & s->candidates;
            sum += s->view.value[i];
        }
    }
    return sum;
}

int64_t search_bound(search *s, const search_node *x, size_t most)
{
    uint64_t promotions = ~(s->candidates | s->walk.at.decided);
    uint64_t coming = x->open | x->pending | promotions;
    uint64_t shared = coming & s->view.shared & ~s->exclusive;
    uint32_t of_order = s->ask->price.coupons_max;
    size_t left = of_order > s->walk.at.counted ? of_order - s->walk.at.counted : 0;
    left = of_order == 0 || left > most ? most : left;
    potential all = pick(s, coming, left);
    int64_t sum = all.sum_minor;
    s->work++;
    if (search_count(shared) > 1) {
        potential rest = pick(s, coming & ~shared, left);
        int64_t together = rest.sum_minor + shares_minor(s, shared);
        sum = together < sum ? together : sum;
    }
    int64_t alone = all.exclusive_minor + (all.exclusive_minor > 0 ? all.always_minor : 0);
    int64_t lines = mask_minor(&s->walk.run, all.lines) + all.settle_minor;
    sum = alone > sum ? alone : sum;
    if (s->ask->quota_n > 0) {
        int64_t within = within_quotas(s, x, coming);
        sum = within < sum ? within : sum;
    }
    return sum < lines ? sum : lines;
}

/* ---- before the search ---- */

static uint8_t mask_of(search *s, const uint64_t *lines)
{
    size_t at = 0;
    while (at < s->mask_n && memcmp(s->masks[at], lines, sizeof(s->masks[at])) != 0) {
        at++;
    }
    if (at == s->mask_n) {
        memcpy(s->masks[s->mask_n++], lines, sizeof(s->masks[at]));
    }
    return (uint8_t)at;
}

/* By how much what a coupon gives may grow when its fractions are rounded at the end (settle.h): by
 * less than a minor unit for all that is rounded by itself. Where all coupons are rounded together
 * rounding up what each may give is enough. */
static int64_t settle_most(const search *s, size_t i)
{
    const price_run *run = &s->walk.run;
    int64_t units = 0, lines = 0;
    if (run->policy.round_when != ROUND_WHEN_AT_END) {
        return 0;
    }
    for (size_t k = 0; k < run->n; k++) {
        bool is = (s->most[i].lines[k / 64] >> k % 64 & 1) != 0;
        lines += is;
        units += !is ? 0 : (run->lines[k].marks & LINE_WEIGHED) != 0 ? 1 : run->lines[k].quantity;
    }
    return run->policy.round_level == ROUND_LEVEL_ORDER  ? 1
           : run->policy.round_level == ROUND_LEVEL_LINE ? lines
                                                         : units;
}

result search_know(search *s, size_t i)
{
    stack_entry *e = &s->walk.entries[i];
    uint64_t *covers = ARENA_ARRAY(s->memory, uint64_t, 2 * RUN_WORDS);
    price_run_covers(&s->walk.run, e->coupon->rule, covers);
    e->covers = covers;
    s->check.entries[i].covers = covers;
    price_use use = stack_use(e);
    s->walk.run.closing = false;
    for (size_t k = 0; k < s->ask->price.n && !e->standing->always; k++) {
        s->walk.run.closing |= k != i && s->walk.entries[k].standing->stop == STOP_FURTHER_LINE;
    }
    result r = price_run_most(&s->walk.run, &use, &s->most[i]);
    s->settle_minor[i] = settle_most(s, i);
    s->lines_of[i] = mask_of(s, s->most[i].lines);
    s->spends_of[i] = mask_of(s, s->most[i].spends);
    s->work += s->walk.run.n;
    s->candidates |= e->coupon->automatic ? 0 : search_bit(i);
    s->wanted |=
        e->coupon->automatic || e->duplicate || s->most[i].total_minor == 0 ? 0 : search_bit(i);
    s->exclusive |= e->standing->exclusive ? search_bit(i) : 0;
    s->group_of[i] = (uint8_t)i;
    for (size_t k = 0; k < s->ask->price.n && e->group != NULL; k++) {
        const stack_entry *other = &s->walk.entries[k];
        if (other->group == e->group) {
            s->group_of[i] = k < s->group_of[i] ? (uint8_t)k : s->group_of[i];
            s->mates[i] |= stack_is_joint(e->group) ? search_bit(k) : 0;
        }
    }
    return r;
}
