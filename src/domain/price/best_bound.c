/* What coupons can take at most, before the search and at each of its states: see best.h why that
 * is never too little. */
#include "domain/price/best_search.h"

/* Of the run's grain, rounded up. */
static int64_t minor_up(const price_run *run, int64_t amount)
{
    return run->grain == 1 ? amount : amount / run->grain + (amount % run->grain != 0);
}

/* What the classes of lines cost, and which of them cost something else than before; gives the
 * sum. */
static int64_t add_lines(search *s, uint64_t *changed)
{
    const price_run *run = &s->walk.run;
    int64_t before[CART_LINES_MAX], sum = 0;
    memcpy(before, s->costs, s->class_n * sizeof(*before));
    memset(s->costs, 0, s->class_n * sizeof(*s->costs));
    for (size_t i = 0; i < run->n; i++) {
        s->costs[s->class_of[i]] += run->running[i];
    }
    for (size_t c = 0; c < s->class_n; c++) {
        changed[c / 64] |= (uint64_t)(s->costs[c] != before[c]) << c % 64;
        sum += s->costs[c];
    }
    return sum;
}

/* What the coupons have taken off the cart of which so much is left, settled at most. */
static int64_t taken_minor(const search *s, int64_t left)
{
    const stack_pass *p = &s->walk;
    int64_t settle = 0;
    for (size_t k = 0; k < p->at.used_n; k++) {
        settle += s->settle_minor[p->at.used[k]];
    }
    return minor_up(&p->run, p->run.subtotal_minor * p->run.grain - left) + settle;
}

/* Rounded up. */
static int64_t mask_minor(const search *s, const uint64_t *mask)
{
    int64_t sum = 0;
    for (size_t w = 0; w * 64 < s->class_n; w++) {
        for (uint64_t bits = mask[w]; bits != 0; bits &= bits - 1) {
            sum += s->costs[w * 64 + (size_t)__builtin_ctzll(bits)];
        }
    }
    return minor_up(&s->walk.run, sum);
}

static int64_t value_now(search *s, size_t i, const int64_t *sums)
{
    s->view.shared &= ~search_bit(i);
    const price_most *m = &s->most[i];
    const stack_entry *e = &s->walk.entries[i];
    const stack_state *at = &s->walk.at;
    bool closed = at->stopped || at->locked || (e->standing->exclusive && at->taken);
    if ((closed && !e->standing->always) || sums[s->spends_of[i]] < m->least_minor) {
        return 0;
    }
    int64_t left = sums[s->lines_of[i]], value = s->view.total_minor[i];
    value = left < value ? left : value;
    if (m->share < BENEFIT_PERCENT_ONE) {
        int64_t one = BENEFIT_PERCENT_ONE;
        int64_t share = left / one * m->share + left % one * m->share / one + m->slack_minor;
        s->view.shared |= share < value ? search_bit(i) : 0;
        value = share < value ? share : value;
    }
    return value > 0 ? value + s->settle_minor[i] : 0;
}

/* Those that can take something, nearly in the order in which they were. */
static void rank(outlook *v)
{
    size_t n = 0;
    for (size_t k = 0; k < v->ranked_n; k++) {
        uint8_t one = v->ranked[k];
        size_t at = n;
        for (; at > 0 && v->value[v->ranked[at - 1]] < v->value[one]; at--) {
            v->ranked[at] = v->ranked[at - 1];
        }
        v->ranked[at] = one;
        n += v->value[one] > 0;
    }
    v->ranked_n = n;
}

static bool meet(const uint64_t *a, const uint64_t *b)
{
    bool yes = false;
    for (size_t w = 0; w < RUN_WORDS; w++) {
        yes = yes || (a[w] & b[w]) != 0;
    }
    return yes;
}

/* What a kind that picks units can take depends on what each of them costs now. */
static void look_again(search *s, size_t i)
{
    price_most now;
    s->work += s->walk.run.n;
    if (search_most(s, i, &now) == R_DONE && now.total_minor < s->view.total_minor[i]) {
        s->view.total_minor[i] = now.total_minor;
    }
}

void search_reset(search *s)
{
    for (size_t i = 0; i < s->ask->price.n; i++) {
        s->view.total_minor[i] = s->most[i].total_minor;
        s->view.ranked[i] = (uint8_t)i;
    }
    s->view.ranked_n = s->ask->price.n;
}

/* Coupons that together could take more than their lines cost. What rounding at the end adds is
 * not of the lines. */
static void find_tight(search *s, uint64_t coming, const int64_t *costs)
{
    int64_t values[MASKS_MAX];
    memset(values, 0, s->mask_n * sizeof(*values));
    s->view.tight = 0;
    for (size_t i = 0; i < s->ask->price.n; i++) {
        values[s->lines_of[i]] += s->settle_minor[i] == 0 ? s->view.value[i] : 0;
    }
    for (size_t i = 0; i < s->ask->price.n; i++) {
        bool is = s->settle_minor[i] == 0 && values[s->lines_of[i]] > costs[s->lines_of[i]];
        s->view.tight |= is ? coming & search_bit(i) : 0;
    }
}

void search_look(search *s, uint64_t coming)
{
    outlook *v = &s->view;
    int64_t sums[MASKS_MAX]; /* what the lines of each mask cost */
    uint64_t changed[RUN_WORDS] = {0};
    size_t n = s->ask->price.n;
    s->work += s->walk.run.n;
    v->taken_minor = taken_minor(s, add_lines(s, changed));
    for (size_t i = 0; i < s->mask_n; i++) {
        sums[i] = mask_minor(s, s->masks[i]);
    }
    for (size_t i = 0; i < n; i++) {
        bool comes = (coming & search_bit(i)) != 0;
        bool picks = s->walk.entries[i].coupon->rule->kind->group == KIND_UNITS;
        if (comes && picks && s->walk.run.grain == 1 && meet(s->masks[s->lines_of[i]], changed)) {
            look_again(s, i);
        }
        v->value[i] = comes ? value_now(s, i, sums) : 0;
    }
    rank(v);
    find_tight(s, coming, sums);
}

/* What all that take a share of their lines take together, one of what the others leave. */
static int64_t shares_minor(const search *s, uint64_t coupons)
{
    int64_t left[CART_LINES_MAX], sum = 0, slack = 0;
    size_t n = s->class_n;
    memcpy(left, s->costs, n * sizeof(*left));
    for (uint64_t rest = coupons; rest != 0; rest &= rest - 1) {
        size_t i = (size_t)__builtin_ctzll(rest);
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
        sum += s->costs[i] - left[i];
    }
    return minor_up(&s->walk.run, sum) + slack;
}

/* Of `from` those that take most, as many as `left` and their groups allow; and what they take. */
static int64_t pick(const search *s, uint64_t from, size_t left, uint64_t *picked)
{
    uint8_t rooms[PRICE_COUPONS_MAX];
    int64_t sum = 0;
    memcpy(rooms, s->room_of, sizeof(rooms));
    for (size_t k = 0; k < s->walk.at.used_n; k++) {
        size_t i = s->walk.at.used[k];
        uint8_t *room = &rooms[s->group_of[i]];
        bool takes = (s->grouped & search_bit(i)) != 0 && s->mates[i] == 0 && *room > 0;
        *room = (uint8_t)(*room - takes);
    }
    *picked = 0;
    for (size_t k = 0; k < s->view.ranked_n; k++) {
        size_t i = s->view.ranked[k];
        uint8_t *room = &rooms[s->group_of[i]];
        bool counted = (s->candidates & ~s->exclusive & search_bit(i)) != 0;
        bool is = (from & search_bit(i)) != 0 && (!counted || (left > 0 && *room > 0));
        sum += is ? s->view.value[i] : 0;
        *picked |= is ? search_bit(i) : 0;
        *room = (uint8_t)(*room - (is && counted && *room < UINT8_MAX));
        left -= is && counted;
    }
    return sum;
}

uint64_t search_pick(const search *s, uint64_t from, size_t most)
{
    uint64_t picked;
    (void)pick(s, from, most, &picked);
    return picked;
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
    for (size_t k = 0; k < s->view.ranked_n; k++) {
        size_t i = s->view.ranked[k];
        uint64_t one = coming & search_bit(i);
        if (one != 0 && (search_barred(s, in) & one) == 0) {
            in |= one & s->candidates;
            sum += s->view.value[i];
        }
    }
    return sum;
}

/* Coupons by what they take: the first so many together, and all that are not counted. */
typedef struct sums {
    int64_t minor[PRICE_COUPONS_MAX + 1];
    size_t n;
} sums;

/* Coupons of the same lines take no more than these cost. */
static int64_t cut(const search *s, size_t i, int64_t value, int64_t *rooms)
{
    int64_t *room = &rooms[s->lines_of[i]];
    if ((s->view.tight & search_bit(i)) == 0) {
        return value;
    }
    *room = *room < 0 ? mask_minor(s, s->masks[s->lines_of[i]]) : *room;
    value = value < *room ? value : *room;
    *room -= value;
    return value;
}

static void add_up(const search *s, uint64_t from, sums *out)
{
    int64_t rooms[MASKS_MAX];
    uint64_t counted = from & s->candidates & ~s->exclusive;
    size_t n = s->view.ranked_n;
    memset(rooms, -1, s->mask_n * sizeof(*rooms));
    out->minor[0] = 0;
    out->n = 0;
    for (size_t k = 0; k < n; k++) { /* first, since these are there in any case */
        size_t i = s->view.ranked[k];
        if ((from & ~counted & search_bit(i)) != 0) {
            out->minor[0] += cut(s, i, s->view.value[i], rooms);
        }
    }
    for (size_t k = 0; k < n; k++) {
        size_t i = s->view.ranked[k], at = out->n + 1;
        if ((counted & search_bit(i)) == 0) {
            continue;
        }
        int64_t value = cut(s, i, s->view.value[i], rooms);
        for (; at > 1 && out->minor[at - 1] < value; at--) {
            out->minor[at] = out->minor[at - 1];
        }
        out->minor[at] = value;
        out->n++;
    }
    for (size_t k = 1; k <= out->n; k++) {
        out->minor[k] += out->minor[k - 1];
    }
}

static int64_t of_so_many(const sums *of, size_t n)
{
    return of->minor[n < of->n ? n : of->n];
}

/* What those of `coming` take at most, as far as their lines go: those that take a share of them
 * bounded together, of each number of them, with as many others as may be beside. */
static int64_t within_lines(const search *s, uint64_t coming, size_t left)
{
    sums shares, others;
    uint64_t shared = coming & s->view.shared & ~s->exclusive;
    shared = search_count(shared) > 1 ? shared : 0;
    add_up(s, coming & ~shared, &others);
    if (shared == 0) {
        return of_so_many(&others, left);
    }
    int64_t together = shares_minor(s, shared), most = 0;
    add_up(s, shared, &shares);
    for (size_t k = 0; k <= shares.n && k <= left; k++) {
        int64_t sum = shares.minor[k] < together ? shares.minor[k] : together;
        sum += of_so_many(&others, left - k);
        most = sum > most ? sum : most;
    }
    return most;
}

/* The most that an exclusive one takes, with those that are always beside others. */
static int64_t of_one_alone(const search *s, uint64_t coming)
{
    int64_t most = 0, always = 0;
    for (size_t k = 0; k < s->view.ranked_n; k++) {
        size_t i = s->view.ranked[k];
        int64_t value = (coming & search_bit(i)) != 0 ? s->view.value[i] : 0;
        bool alone = (s->alone & search_bit(i)) != 0;
        most = alone && value > most ? value : most;
        always += s->walk.entries[i].standing->always ? value : 0;
    }
    return most + (most > 0 ? always : 0);
}

/* What all lines cost together of which any of them takes. */
static int64_t lines_minor(const search *s, uint64_t coming)
{
    uint64_t lines[RUN_WORDS] = {0};
    int64_t settle = 0;
    for (size_t k = 0; k < s->view.ranked_n; k++) {
        size_t i = s->view.ranked[k];
        const uint64_t *mask = s->masks[s->lines_of[i]];
        bool comes = (coming & search_bit(i)) != 0;
        settle += comes ? s->settle_minor[i] : 0;
        for (size_t w = 0; comes && w * 64 < s->class_n; w++) {
            lines[w] |= mask[w];
        }
    }
    return mask_minor(s, lines) + settle;
}

static int64_t lower(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t search_bound(search *s, const search_node *x, size_t most)
{
    uint64_t coming = search_coming(s, x), picked;
    uint32_t of_order = s->ask->price.coupons_max;
    size_t left = of_order > s->walk.at.counted ? of_order - s->walk.at.counted : 0;
    left = of_order == 0 || left > most ? most : left;
    s->work++;
    int64_t sum = within_lines(s, coming & ~s->alone, left);
    if ((coming & s->grouped) != 0) {
        sum = lower(sum, pick(s, coming & ~s->alone, left, &picked));
    }
    if ((coming & s->alone) != 0) {
        int64_t alone = of_one_alone(s, coming);
        sum = alone > sum ? alone : sum;
    }
    if (s->ask->quota_n > 0) {
        sum = lower(sum, within_quotas(s, x, coming));
    }
    return lower(sum, lines_minor(s, coming));
}
