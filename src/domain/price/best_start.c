/* Before the search: what each coupon can take at most, on which lines, and the order in which they
 * are tried. */
#include "domain/price/best_search.h"

/* ---- coupons ---- */

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

static void know_group(search *s, size_t i)
{
    const stack_group *g = s->walk.entries[i].group;
    bool one =
        g != NULL && (g->mode == GROUP_MODE_BEST_ORDER || g->mode == GROUP_MODE_HIGHEST_RANK);
    bool most = g != NULL && g->mode == GROUP_MODE_AT_MOST && g->most < UINT8_MAX;
    s->group_of[i] = (uint8_t)i;
    s->room_of[i] = one ? 1 : most ? (uint8_t)g->most : UINT8_MAX;
    s->grouped |= one || most ? search_bit(i) : 0;
    for (size_t k = 0; k < s->ask->price.n && g != NULL; k++) {
        if (s->walk.entries[k].group == g) {
            s->group_of[i] = k < s->group_of[i] ? (uint8_t)k : s->group_of[i];
            s->mates[i] |= stack_is_joint(g) ? search_bit(k) : 0;
        }
    }
}

result search_most(search *s, size_t i, price_most *out)
{
    const stack_entry *e = &s->walk.entries[i];
    price_use use = stack_use(e);
    s->walk.run.closing = false;
    for (size_t k = 0; k < s->ask->price.n && !e->standing->always; k++) {
        s->walk.run.closing |= k != i && s->walk.entries[k].standing->stop == STOP_FURTHER_LINE;
    }
    return price_run_most(&s->walk.run, &use, out);
}

/* Called once for each. R_OVERFLOW: as price_run_most. */
static result look_up(search *s, size_t i)
{
    stack_entry *e = &s->walk.entries[i];
    uint64_t *covers = ARENA_ARRAY(s->memory, uint64_t, 2 * RUN_WORDS);
    price_run_covers(&s->walk.run, e->coupon->rule, covers);
    e->covers = covers;
    s->check.entries[i].covers = covers;
    result r = search_most(s, i, &s->most[i]);
    s->settle_minor[i] = settle_most(s, i);
    s->lines_of[i] = mask_of(s, s->most[i].lines);
    s->spends_of[i] = mask_of(s, s->most[i].spends);
    s->work += s->walk.run.n;
    s->candidates |= e->coupon->automatic ? 0 : search_bit(i);
    s->wanted |=
        e->coupon->automatic || e->duplicate || s->most[i].total_minor == 0 ? 0 : search_bit(i);
    s->exclusive |= e->standing->exclusive ? search_bit(i) : 0;
    s->alone |= e->standing->exclusive && !e->standing->always ? search_bit(i) : 0;
    know_group(s, i);
    return r;
}

/* ---- lines ---- */

/* Lines that are in the same masks are one class: each mask becomes one of classes. */
static void join_lines(search *s)
{
    size_t n = s->walk.run.n;
    uint16_t(*next)[2] = (uint16_t(*)[2])ARENA_ARRAY(s->memory, uint16_t, 2 * n);
    s->class_of = ARENA_ARRAY(s->memory, uint16_t, n);
    s->costs = ARENA_ARRAY(s->memory, int64_t, n);
    s->class_n = n > 0;
    for (size_t m = 0; m < s->mask_n && n > 0; m++) { /* each mask divides those that are there */
        memset(next, 0, s->class_n * sizeof(*next));
        s->class_n = 0;
        for (size_t i = 0; i < n; i++) {
            uint16_t *to = &next[s->class_of[i]][s->masks[m][i / 64] >> i % 64 & 1];
            *to = *to > 0 ? *to : (uint16_t)++s->class_n;
            s->class_of[i] = (uint16_t)(*to - 1);
        }
    }
    for (size_t m = 0; m < s->mask_n; m++) {
        uint64_t classes[RUN_WORDS] = {0};
        for (size_t i = 0; i < n; i++) {
            uint64_t is = s->masks[m][i / 64] >> i % 64 & 1;
            classes[s->class_of[i] / 64] |= is << s->class_of[i] % 64;
        }
        memcpy(s->masks[m], classes, sizeof(classes));
    }
}

/* ---- order ---- */

/* Numbers 0 … n - 1 in the order of keys, then of ids. */
static void sort_places(const search *s, const int64_t *keys, uint8_t *out)
{
    const price_coupon *coupons = s->ask->price.coupons;
    for (size_t i = 0; i < s->ask->price.n; i++) {
        size_t at = i;
        for (; at > 0; at--) {
            size_t k = out[at - 1];
            int64_t x = keys == NULL ? 0 : keys[i], y = keys == NULL ? 0 : keys[k];
            if (x > y || (x == y && coupons[i].coupon >= coupons[k].coupon)) {
                break;
            }
            out[at] = out[at - 1];
        }
        out[at] = (uint8_t)i;
    }
}

static bool are_alike(const price_coupon *a, const price_coupon *b)
{
    return a->rule == b->rule && a->used_minor == b->used_minor && a->most_minor == b->most_minor &&
           str_eq(a->currency, b->currency);
}

/* Of coupons alike that follow each other those that are better to use come first. */
static void sort_alike(search *s)
{
    stack_pass *p = &s->walk;
    uint8_t rank[PRICE_COUPONS_MAX];
    size_t n = s->ask->price.n;
    for (size_t k = 0; k < n; k++) {
        rank[s->by_expiry[k]] = (uint8_t)k;
    }
    for (size_t from = 0, until; from < n; from = until) {
        size_t first = p->order[from];
        until = from + 1;
        while (until < n && (s->wanted & search_bit(first)) != 0 &&
               (s->wanted & search_bit(p->order[until])) != 0 &&
               are_alike(p->entries[first].coupon, p->entries[p->order[until]].coupon)) {
            size_t at = until++;
            uint8_t one = p->order[at];
            for (; at > from && rank[p->order[at - 1]] > rank[one]; at--) {
                p->order[at] = p->order[at - 1];
            }
            p->order[at] = one;
        }
        uint64_t rest = 0;
        for (size_t k = until; k > from; k--) {
            s->after[p->order[k - 1]] = rest;
            rest |= search_bit(p->order[k - 1]);
        }
    }
}

/* ---- the start ---- */

result search_start(search *s)
{
    const price_ask *ask = &s->ask->price;
    price_verdict *verdicts = ARENA_ARRAY(s->memory, price_verdict, 2 * ask->n);
    result r = stack_open(&s->walk, ask, s->memory, verdicts);
    if (r == R_DONE) {
        r = stack_open(&s->check, ask, s->memory, verdicts + ask->n);
    }
    if (r != R_DONE) {
        return r;
    }
    s->walk.run.quiet = true;
    s->check.run.quiet = true;
    price_run_reset(&s->walk.run);
    s->masks = (uint64_t(*)[RUN_WORDS])ARENA_ARRAY(s->memory, uint64_t, MASKS_MAX * RUN_WORDS);
    for (size_t i = 0; r == R_DONE && i < ask->n; i++) {
        r = look_up(s, i);
    }
    join_lines(s);
    sort_places(s, s->ask->expires_at_ms, s->by_expiry);
    sort_places(s, NULL, s->by_id);
    sort_alike(s);
    return r;
}
