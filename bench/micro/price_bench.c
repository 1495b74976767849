/* What pricing costs: a quote of 10 lines with 5 coupons, and the best set of 30 coupons on a cart
 * of 30 lines, under the stacking rules that shops have. Pure domain, one thread.
 *
 *   price_bench [carts] [--export FILE]
 *
 * Random carts (goods of six categories, one charge for sending) and random coupons: amounts from a
 * minimum spend, percentages with caps, every full amount, category percentages and amounts, second
 * unit for less, cheapest of three free, sending. Prints microseconds of CPU a call (p50, p99, the
 * most) and the share of best sets that were proven within BEST_WORK_MAX; of the others the mean of
 * the gap, in thousandths of the discount. The plain quotes have 5 promotions that other systems
 * have, too, percentages and amounts off the order or a category, with the preset medusa; --export
 * writes those, with what each gives, for bench/peers/price, and does no more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/json.h"
#include "domain/price/benefit.h"
#include "domain/price/best.h"
#include "domain/price/preset.h"

enum {
    LINES = 30,
    COUPONS = 30,
    CATEGORIES = 6,
    CARTS = 1000,
    CARTS_MAX = 100000,
    QUOTE_LINES = 10,
    QUOTE_COUPONS = 5,
    GROUPS = 3,
};

typedef struct shop {
    const char *name;
    uint32_t coupons_max;
    bool groups;  /* one for the order, three for items, one for sending */
    bool special; /* some are exclusive, some stop, some have a priority */
    uint8_t round_when;
    uint8_t promotions; /* of the coupons so many are none, but in every set */
} shop;

static const shop shops[] = {
    {"one for the order, 3 for items, one for sending", 0, true, false, ROUND_WHEN_EACH_STEP, 0},
    {"5 an order", 5, false, false, ROUND_WHEN_EACH_STEP, 0},
    {"5 an order, exclusive ones, stops, priorities", 5, false, true, ROUND_WHEN_EACH_STEP, 0},
    {"10 an order", 10, false, false, ROUND_WHEN_EACH_STEP, 0},
    {"all together", 0, false, false, ROUND_WHEN_EACH_STEP, 0},
    {"5 an order, rounded at the end", 5, false, false, ROUND_WHEN_AT_END, 0},
    {"5 an order, rounded at the end and once", 5, false, false, ROUND_WHEN_EXACT, 0},
    {"the same beside 10 promotions, at the end", 5, false, false, ROUND_WHEN_AT_END, 10},
    {"the same beside 10 promotions, at the end and once", 5, false, false, ROUND_WHEN_EXACT, 10},
};

typedef struct bench {
    arena *memory;
    uint64_t random;
    order_line lines[LINES];
    price_coupon coupons[COUPONS];
    int64_t expires_at_ms[COUPONS];
    stack_group groups[GROUPS];
    cart cart;
    int64_t *nanos;
} bench;

static const char *const categories[CATEGORIES] = {"tea", "rice", "shoes", "toys", "books", "pens"};

static int64_t below(bench *b, int64_t n)
{
    b->random ^= b->random >> 12; /* xorshift64* */
    b->random ^= b->random << 25;
    b->random ^= b->random >> 27;
    return (int64_t)((b->random * UINT64_C(2685821657736338717) >> 11) % (uint64_t)n);
}

/* ---- carts and coupons ---- */

static void make_cart(bench *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool sending = i + 1 == n;
        str category = str_of(categories[below(b, CATEGORIES)]);
        b->lines[i] =
            (order_line){.sku = arena_printf(b->memory, "sku-%zu", i),
                         .category = sending ? S("") : category,
                         .quantity = sending ? 1 : 1 + below(b, 3),
                         .unit_minor = sending ? 800 + below(b, 1200) : 500 + below(b, 20000),
                         .marks = sending ? LINE_SHIPPING : 0};
    }
    b->cart = (cart){.currency = S("CNY"), .lines = b->lines, .n = n};
}

static str money(bench *b, const char *name, int64_t amount)
{
    return arena_printf(b->memory, "\"%s\":{\"amount\":%lld,\"currency\":\"CNY\"}", name,
                        (long long)amount);
}

static str percentage(bench *b, int64_t from, int64_t until)
{
    return arena_printf(b->memory, "\"percent\":\"%lld\"", (long long)(from + below(b, until)));
}

/* For the whole order. */
static str order_benefit(bench *b)
{
    int64_t amount = 100 * (5 + below(b, 60)), third = amount / 3;
    str off = money(b, "amount", amount), cap = money(b, "cap", amount);
    str least = money(b, "minimum_spend", amount * (4 + below(b, 30)));
    str percent = percentage(b, 3, 12), full = money(b, "full", amount * 10);
    switch (below(b, 4)) {
    case 0:
        return arena_printf(b->memory, "{\"kind\":\"percent_off\",%.*s,%.*s,%.*s}",
                            STR_ARG(percent), STR_ARG(cap), STR_ARG(least));
    case 1:
        off = money(b, "amount", third);
        return arena_printf(b->memory, "{\"kind\":\"per_full_cut\",%.*s,%.*s,\"times\":3}",
                            STR_ARG(full), STR_ARG(off));
    default:
        return arena_printf(b->memory, "{\"kind\":\"amount_off\",%.*s,%.*s}", STR_ARG(off),
                            STR_ARG(least));
    }
}

/* For a category. */
static str item_benefit(bench *b)
{
    int64_t amount = 100 * (3 + below(b, 30));
    str off = money(b, "amount", amount);
    str least = money(b, "minimum_spend", amount * (3 + below(b, 8)));
    str percent = percentage(b, 5, 40);
    switch (below(b, 4)) {
    case 0:
        return arena_printf(b->memory, "{\"kind\":\"nth_item\",\"nth\":2,%.*s}", STR_ARG(percent));
    case 1:
        return S("{\"kind\":\"cheapest_free\",\"of\":3,\"times\":1}");
    case 2:
        return arena_printf(b->memory, "{\"kind\":\"percent_off\",%.*s}", STR_ARG(percent));
    default:
        return arena_printf(b->memory, "{\"kind\":\"amount_off\",%.*s,%.*s}", STR_ARG(off),
                            STR_ARG(least));
    }
}

static str sending_benefit(bench *b)
{
    str off = money(b, "amount", 100 * (2 + below(b, 10)));
    return arena_printf(b->memory, "{\"kind\":\"shipping\",%.*s}", STR_ARG(off));
}

static price_coupon make_coupon(bench *b, const shop *of, size_t i)
{
    int64_t sort = below(b, 8);
    str text = sort < 4 ? order_benefit(b) : sort < 7 ? item_benefit(b) : sending_benefit(b);
    json *tree;
    benefit found;
    issues *wrong = issues_new(b->memory);
    CHECK(json_parse(text, &tree, NULL) == R_DONE);
    benefit_parse(tree, S("CNY"), &found, wrong);
    CHECK(wrong->n == 0);
    json_free(tree);
    template_version v = {.benefit = found.kind};
    v.terms.items = found.terms;
    v.terms.n = found.n;
    v.stage = sort < 4 ? PRICE_STAGE_ORDER : sort < 7 ? PRICE_STAGE_ITEM : PRICE_STAGE_SHIPPING;
    v.stack_group = !of->groups ? S("") : sort < 4 ? S("order") : sort < 7 ? S("item") : S("send");
    v.exclusive = of->special && below(b, 12) == 0;
    v.stop = of->special && below(b, 12) == 0 ? STOP_FURTHER_CART : 0;
    v.priority = of->special ? (int32_t)below(b, 3) : 0;
    if (sort >= 4 && sort < 7) {
        str category = str_of(categories[below(b, CATEGORIES)]);
        rule_tree scope = rule_list(S("line.categories"), &category, 1, b->memory);
        v.scope.items = scope.items;
        v.scope.n = scope.n;
    }
    return (price_coupon){.coupon = 1000 + i,
                          .template = 1000 + i,
                          .version = 1,
                          .rule = price_rule_new(&v),
                          .currency = S("CNY"),
                          .automatic = i < of->promotions};
}

static void make_coupons(bench *b, const shop *of, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        b->coupons[i] = make_coupon(b, of, i);
        b->expires_at_ms[i] = below(b, 30);
    }
}

static void forget_coupons(bench *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        price_rule_free((price_rule *)(uintptr_t)b->coupons[i].rule);
    }
    arena_reset(b->memory);
}

/* ---- measuring ---- */

static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void print_times(bench *b, const char *name, size_t n)
{
    qsort(b->nanos, n, sizeof(*b->nanos), by_value);
    printf("%-50s p50 %8.1f  p99 %8.1f  max %8.1f us", name, (double)b->nanos[n / 2] / 1000,
           (double)b->nanos[n * 99 / 100] / 1000, (double)b->nanos[n - 1] / 1000);
}

static void measure_quote(bench *b, size_t carts)
{
    for (size_t i = 0; i < carts; i++) {
        price_result p;
        make_cart(b, QUOTE_LINES);
        make_coupons(b, &shops[1], QUOTE_COUPONS);
        price_ask ask = {.cart = &b->cart, .coupons = b->coupons, .n = QUOTE_COUPONS};
        int64_t from = cpu_ns();
        CHECK(price_cart(&ask, b->memory, &p) == R_DONE);
        b->nanos[i] = cpu_ns() - from;
        forget_coupons(b, QUOTE_COUPONS);
    }
    print_times(b, "price: 10 lines, 5 coupons", carts);
    printf("\n");
}

/* ---- what other systems have, too ---- */

typedef struct plain {
    bool percent;
    long long value;      /* percent or minor units */
    const char *category; /* "": the whole order */
} plain;

/* By falling value, as Medusa applies them. */
static void make_plain(bench *b, plain *all)
{
    for (size_t i = 0; i < QUOTE_COUPONS; i++) {
        bool percent = below(b, 2) == 0;
        plain one = {percent, percent ? 3 + below(b, 20) : 100 * (3 + below(b, 30)),
                     below(b, 2) == 0 ? "" : categories[below(b, CATEGORIES)]};
        size_t at = i;
        for (; at > 0 && all[at - 1].value < one.value; at--) {
            all[at] = all[at - 1];
        }
        all[at] = one;
    }
}

static price_coupon plain_coupon(bench *b, const plain *of)
{
    template_version v = {.benefit =
                              of->percent ? BENEFIT_KIND_PERCENT_OFF : BENEFIT_KIND_AMOUNT_OFF,
                          .stage = PRICE_STAGE_ORDER};
    benefit_term term = {.term = of->percent ? TERM_PERCENT_OFF_PERCENT : TERM_AMOUNT_OFF_AMOUNT,
                         .value =
                             of->percent ? of->value * (BENEFIT_PERCENT_ONE / 100) : of->value};
    v.terms.items = &term;
    v.terms.n = 1;
    if (of->category[0] != 0) {
        str category = str_of(of->category);
        rule_tree scope = rule_list(S("line.categories"), &category, 1, b->memory);
        v.scope.items = scope.items;
        v.scope.n = scope.n;
    }
    return (price_coupon){.rule = price_rule_new(&v), .currency = S("CNY")};
}

static void export_plain(const bench *b, const plain *all, int64_t discount, FILE *out)
{
    fprintf(out, "{\"items\":[");
    for (size_t i = 0; i < QUOTE_LINES; i++) {
        const order_line *l = &b->lines[i];
        fprintf(out, "%s{\"category\":\"%.*s\",\"quantity\":%lld,\"subtotal\":%lld}",
                i > 0 ? "," : "", STR_ARG(l->category), (long long)l->quantity,
                (long long)(l->quantity * l->unit_minor));
    }
    fprintf(out, "],\"promotions\":[");
    for (size_t i = 0; i < QUOTE_COUPONS; i++) {
        fprintf(out, "%s{\"percent\":%s,\"value\":%lld,\"category\":\"%s\"}", i > 0 ? "," : "",
                all[i].percent ? "true" : "false", all[i].value, all[i].category);
    }
    fprintf(out, "],\"discount\":%lld}\n", (long long)discount);
}

/* out: NULL, or where the carts are written. */
static void measure_plain(bench *b, size_t carts, FILE *out)
{
    price_policy policy;
    CHECK(preset_find(S("medusa"), &policy));
    for (size_t i = 0; i < carts; i++) {
        plain all[QUOTE_COUPONS];
        price_result p;
        make_cart(b, QUOTE_LINES + 1); /* the last one is sending */
        b->cart.n = QUOTE_LINES;
        make_plain(b, all);
        for (size_t k = 0; k < QUOTE_COUPONS; k++) {
            b->coupons[k] = plain_coupon(b, &all[k]);
        }
        price_ask ask = {
            .cart = &b->cart, .coupons = b->coupons, .n = QUOTE_COUPONS, .policy = policy};
        int64_t from = cpu_ns();
        CHECK(price_cart(&ask, b->memory, &p) == R_DONE);
        b->nanos[i] = cpu_ns() - from;
        if (out != NULL) {
            export_plain(b, all, p.discount_minor, out);
        }
        forget_coupons(b, QUOTE_COUPONS);
    }
    if (out == NULL) {
        print_times(b, "price: 10 lines, 5 plain promotions, as Medusa", carts);
        printf("\n");
    }
}

static void measure_best(bench *b, const shop *of, size_t carts)
{
    size_t proven = 0;
    uint64_t work = 0, gap = 0;
    for (size_t i = 0; i < carts; i++) {
        best_answer a;
        make_cart(b, LINES);
        make_coupons(b, of, COUPONS);
        best_ask ask = {.price = {.cart = &b->cart,
                                  .coupons = b->coupons,
                                  .n = COUPONS,
                                  .groups = b->groups,
                                  .group_count = of->groups ? GROUPS : 0,
                                  .policy = {.round_when = of->round_when},
                                  .coupons_max = of->coupons_max},
                        .expires_at_ms = b->expires_at_ms,
                        .sets = 1};
        int64_t from = cpu_ns();
        CHECK(price_best(&ask, b->memory, &a) == R_DONE);
        b->nanos[i] = cpu_ns() - from;
        proven += a.proven;
        work += a.work;
        gap += a.proven ? 0 : (uint64_t)(a.gap_minor * 1000 / (a.sets[0].discount_minor + 1));
        forget_coupons(b, COUPONS);
    }
    print_times(b, of->name, carts);
    printf("  proven %5.1f %%", 100.0 * (double)proven / (double)carts);
    printf("  work %llu", (unsigned long long)(work / carts));
    if (proven < carts) {
        printf("  gap %llu thousandths", (unsigned long long)(gap / (carts - proven)));
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    long carts = argc > 1 ? strtol(argv[1], NULL, 10) : CARTS;
    const char *to = argc > 3 && strcmp(argv[2], "--export") == 0 ? argv[3] : NULL;
    CHECK(carts >= 1 && carts <= CARTS_MAX);
    bench b = {.memory = arena_new(0),
               .random = 0x5eedb357,
               .groups = {{S("order"), GROUP_MODE_AT_MOST, 1},
                          {S("item"), GROUP_MODE_AT_MOST, 3},
                          {S("send"), GROUP_MODE_AT_MOST, 1}}};
    b.nanos = calloc((size_t)carts, sizeof(*b.nanos)); /* freed below */
    CHECK(b.nanos != NULL);
    FILE *out = to == NULL ? NULL : fopen(to, "w");
    CHECK(to == NULL || out != NULL);
    measure_plain(&b, (size_t)carts, out);
    if (out != NULL) {
        CHECK(fclose(out) == 0);
    } else {
        measure_quote(&b, (size_t)carts);
    }
    for (size_t i = 0; out == NULL && i < sizeof(shops) / sizeof(*shops); i++) {
        measure_best(&b, &shops[i], (size_t)carts);
    }
    free(b.nanos);
    arena_free(b.memory);
    return 0;
}
