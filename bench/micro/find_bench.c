/* What finding costs: carts of ten lines among many templates, changes beside it, and memory.
 *
 *   find_bench [templates] [carts] [--export DIR]
 *
 * The templates are those of one large shop: half are for a few articles each, the rest for a
 * seller, a brand, a category, a store or a tag of users, some with two of these or with an
 * exception; half have a minimum spend; one in ten thousand is for everybody. Articles, sellers,
 * brands and categories grow with the templates. Every cart is another one, so rules come from
 * memory and not from a cache. Prints microseconds; `all` is every template that fits, `page` the
 * first 20. A few carts are asked of every template, which must give the same.
 * --export writes templates.tsv and carts.tsv for bench/peers/find, and no more. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "domain/find/find.h"
#include "domain/price/benefit.h"
#include "domain/rule/rule.h"

enum { LINES = 10, TAGS = 10, PAGE = 20, BRUTE_CARTS = 20, TEXT_ROOM = 400, CHANGES = 2000 };

static uint64_t state = 0x5eedf17d;

static uint64_t below(uint64_t n)
{
    state ^= state >> 12; /* xorshift64* */
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(2685821657736338717) % n;
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 31)) * UINT64_C(0x9e3779b97f4a7c15);
    return x ^ (x >> 29);
}

static double us_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double now_us(void)
{
    return us_of(CLOCK_MONOTONIC);
}

/* Of one kind of work: as a clock on the wall shows it, and as this thread's does. */
typedef struct times {
    double *wall, *cpu;
    size_t n;
    double wall_from, cpu_from;
} times;

static times times_new(size_t most)
{
    times t = {.wall = calloc(most, sizeof(double)), .cpu = calloc(most, sizeof(double))};
    CHECK(t.wall != NULL && t.cpu != NULL); /* times_print frees */
    return t;
}

static void times_begin(times *t)
{
    t->cpu_from = us_of(CLOCK_THREAD_CPUTIME_ID);
    t->wall_from = now_us();
}

static void times_end(times *t)
{
    t->wall[t->n] = now_us() - t->wall_from;
    t->cpu[t->n++] = us_of(CLOCK_THREAD_CPUTIME_ID) - t->cpu_from;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void times_print(times *t, const char *what)
{
    size_t n = t->n;
    qsort(t->wall, n, sizeof(double), by_size);
    qsort(t->cpu, n, sizeof(double), by_size);
    printf("%-28s p50 %7.1f  p99 %7.1f us; of processor p50 %7.1f  p99 %7.1f\n", what,
           t->wall[n / 2], t->wall[n * 99 / 100], t->cpu[n / 2], t->cpu[n * 99 / 100]);
    free(t->wall);
    free(t->cpu);
}

/* ---- the shop ---- */

typedef struct shop {
    uint64_t skus, sellers, brands, categories, stores, tags;
} shop;

typedef struct article {
    uint64_t sku, seller, brand, category;
} article;

static shop shop_for(uint64_t templates)
{
    return (shop){templates / 2 + 10,   templates / 20 + 10,  templates / 50 + 10,
                  templates / 200 + 10, templates / 100 + 10, templates / 500 + 10};
}

/* A tenth of the brands has a third of the articles. */
static article article_of(const shop *s, uint64_t sku)
{
    uint64_t h = mix(sku + 1), of_brand = mix(h) % 1000;
    article a = {.sku = sku, .seller = h % s->sellers};
    a.brand = of_brand * of_brand * s->brands / 1000000 + mix(h + 2) % (s->brands / 1000 + 1);
    a.category = mix(a.seller * 3 + mix(h + 3) % 3) % s->categories;
    return a;
}

/* What a template needs, in words that each peer can say. */
typedef struct spec {
    char scope[TEXT_ROOM], cart[TEXT_ROOM];                   /* rules as JSON; cart may be empty */
    char any[TEXT_ROOM], with[TEXT_ROOM], without[TEXT_ROOM]; /* the same as words; may be empty */
    uint64_t spend;
} spec;

static void put_skus(const shop *s, spec *out)
{
    size_t n = 1 + below(10);
    int at = snprintf(out->scope, TEXT_ROOM, "{\"fact\":\"line.sku\",\"in\":[");
    int word = 0;
    uint64_t first = below(s->skus);
    for (size_t i = 0; i < n; i++) {
        uint64_t sku = (first + i * 7919) % s->skus;
        at += snprintf(out->scope + at, TEXT_ROOM - (size_t)at, "%s\"s%" PRIu64 "\"",
                       i > 0 ? "," : "", sku);
        word += snprintf(out->any + word, TEXT_ROOM - (size_t)word, "%ss%" PRIu64, i > 0 ? "," : "",
                         sku);
    }
    (void)snprintf(out->scope + at, TEXT_ROOM - (size_t)at, "]}");
}

static void put_pair(spec *out, const char *fact, uint64_t value, uint64_t category)
{
    (void)snprintf(out->scope, TEXT_ROOM,
                   "{\"all\":[{\"fact\":\"line.%s\",\"is\":\"%c%" PRIu64
                   "\"},{\"fact\":\"line.categories\",\"has_any\":[\"c%" PRIu64 "\"]}]}",
                   fact, fact[0] == 's' ? 'v' : 'b', value, category);
    (void)snprintf(out->any, TEXT_ROOM, "%c%" PRIu64 "c%" PRIu64, fact[0] == 's' ? 'v' : 'b', value,
                   category);
}

static void put_seller_but(spec *out, const article *a)
{
    (void)snprintf(out->scope, TEXT_ROOM,
                   "{\"all\":[{\"fact\":\"line.seller\",\"is\":\"v%" PRIu64
                   "\"},{\"not\":{\"fact\":\"line.categories\",\"has_any\":[\"c%" PRIu64 "\"]}}]}",
                   a->seller, a->category);
    (void)snprintf(out->any, TEXT_ROOM, "v%" PRIu64, a->seller);
    (void)snprintf(out->without, TEXT_ROOM, "v%" PRIu64 "c%" PRIu64, a->seller, a->category);
}

static void put_one(spec *out, const char *fact, const char *op, char letter, uint64_t value)
{
    const char *open = op[0] == 'h' ? "[" : "", *close = op[0] == 'h' ? "]" : "";
    (void)snprintf(out->scope, TEXT_ROOM, "{\"fact\":\"line.%s\",\"%s\":%s\"%c%" PRIu64 "\"%s}",
                   fact, op, open, letter, value, close);
    (void)snprintf(out->any, TEXT_ROOM, "%c%" PRIu64, letter, value);
}

static void put_cart(spec *out, const char *fact, const char *op, char letter, uint64_t value)
{
    (void)snprintf(out->cart, TEXT_ROOM, "{\"fact\":\"%s\",\"%s\":[\"%c%" PRIu64 "\"]}", fact, op,
                   letter, value);
    (void)snprintf(out->with, TEXT_ROOM, "%c%" PRIu64, letter, value);
}

static spec spec_new(const shop *s)
{
    spec out = {.scope = "", .spend = below(2) == 0 ? 0 : 1 + below(20000)};
    article a = article_of(s, below(s->skus));
    uint64_t pick = below(100);
    if (pick < 50) {
        put_skus(s, &out);
    } else if (pick < 70) {
        put_one(&out, "seller", "is", 'v', a.seller);
    } else if (pick < 80) {
        put_pair(&out, "seller", a.seller, a.category);
    } else if (pick < 88) {
        put_one(&out, "brand", "is", 'b', a.brand);
    } else if (pick < 92) {
        put_pair(&out, "brand", a.brand, a.category);
    } else if (pick < 93) {
        put_one(&out, "categories", "has_any", 'c', a.category);
    } else if (pick < 98) {
        put_cart(&out, "cart.store", "in", 'o', below(s->stores));
    } else if (pick < 99) {
        put_one(&out, "categories", "has_any", 'c', a.category);
        put_cart(&out, "user.tags", "has_any", 't', below(s->tags));
    } else if (below(100) > 0) {
        put_seller_but(&out, &a);
    }
    return out;
}

/* ---- templates ---- */

static rule_tree tree_of(const char *text, rule_place place, arena *memory)
{
    json *v;
    rule_tree tree = {0};
    rule_source as = {place, NULL, S("rule")};
    issues *found = issues_new(memory);
    if (text[0] != '\0') {
        CHECK(json_parse(str_of(text), &v, NULL) == R_DONE);
        rule_read(v, &as, found, &tree);
        json_free(v);
    }
    CHECK(found->n == 0);
    return tree;
}

static const zone somewhere = {.name = {"UTC", 3}};

static void shop_put(config *c)
{
    merchant m = {.id = 1, .name = S("Shop"), .zone = S("UTC"), .currency = S("CNY")};
    campaign k = {.id = 2,
                  .merchant = 1,
                  .name = S("Everything"),
                  .currency = S("CNY"),
                  .state = CAMPAIGN_STATE_ACTIVE};
    config_put_merchant(c, &m, &somewhere);
    config_put_campaign(c, &k);
}

static void version_of(const spec *s, uint64_t id, uint32_t version, arena *memory,
                       template_version *out)
{
    rule_tree scope = tree_of(s->scope, RULE_PLACE_LINE, memory);
    rule_tree conditions = tree_of(s->cart, RULE_PLACE_CART, memory);
    benefit_term *terms = ARENA_ARRAY(memory, benefit_term, 2);
    terms[0] = (benefit_term){.term = TERM_AMOUNT_OFF_AMOUNT, .value = 100};
    terms[1] = (benefit_term){.term = TERM_COMMON_MINIMUM_SPEND, .value = (int64_t)s->spend};
    *out = (template_version){.template = id,
                              .version = version,
                              .name = S("Some off"),
                              .benefit = BENEFIT_KIND_AMOUNT_OFF,
                              .terms = {terms, s->spend > 0 ? 2 : 1},
                              .scope = {scope.items, scope.n},
                              .conditions = {conditions.items, conditions.n},
                              .validity = VALIDITY_KIND_AFTER_ISSUE,
                              .duration_days = 30,
                              .refund = REFUND_RULE_REPRICE,
                              .reach = EDIT_REACH_NEW_ONLY};
}

static void template_make(config *c, const shop *s, uint64_t id, arena *memory)
{
    spec of = spec_new(s);
    template row = {.id = id, .merchant = 1, .campaign = 2, .version = 1, .stock = -1};
    template_version v;
    version_of(&of, id, 1, memory, &v);
    config_put_template(c, &row, &v);
}

/* ---- carts ---- */

static str text_of(arena *memory, char letter, uint64_t n)
{
    return arena_printf(memory, "%c%" PRIu64, letter, n);
}

static void line_new(const shop *s, order_line *out, arena *memory)
{
    article a = article_of(s, below(s->skus));
    *out = (order_line){.sku = text_of(memory, 's', a.sku),
                        .product = text_of(memory, 'p', a.sku / 4),
                        .category = text_of(memory, 'c', a.category),
                        .categories = arena_printf(memory, "c%" PRIu64 "\x1fg%" PRIu64 "\x1f",
                                                   a.category, a.category / 10),
                        .brand = text_of(memory, 'b', a.brand),
                        .model = text_of(memory, 'm', a.sku / 2),
                        .seller = text_of(memory, 'v', a.seller),
                        .tags = arena_printf(memory, "new\x1fred\x1fk%" PRIu64 "\x1f", a.sku % 9),
                        .quantity = (int64_t)(1 + below(3)),
                        .unit_minor = (int64_t)(100 + below(4000))};
}

static cart cart_new(const shop *s, arena *memory)
{
    order_line *lines = ARENA_ARRAY(memory, order_line, LINES);
    str *tags = ARENA_ARRAY(memory, str, TAGS);
    for (size_t i = 0; i < LINES; i++) {
        line_new(s, &lines[i], memory);
        for (size_t k = 0; k < i; k++) {
            if (str_eq(lines[k].seller, lines[i].seller)) { /* of another: see put_seller_but */
                line_new(s, &lines[i], memory);
                k = (size_t)-1;
            }
        }
    }
    uint64_t tag = below(s->tags);
    for (size_t i = 0; i < TAGS; i++) {
        tags[i] = text_of(memory, 't', (tag + i * 31) % s->tags);
    }
    cart c = {.currency = S("CNY"),
              .store = text_of(memory, 'o', below(s->stores)),
              .region = S("CN-31"),
              .channel = S("app"),
              .payment = S("card"),
              .at_ms = INT64_C(1793620800000),
              .lines = lines,
              .n = LINES,
              .shopper = cart_shopper_unknown};
    c.shopper.tags = tags;
    c.shopper.tag_count = TAGS;
    return c;
}

/* ---- asking ---- */

typedef struct answer {
    size_t found, looks;
    uint64_t hash;
} answer;

static answer ask_index(const find_index *x, const cart *c, size_t most, arena *memory)
{
    find_question q = {1, FIND_CART, c, {0}};
    find_cursor *at;
    answer out = {0};
    size_t looks = SIZE_MAX;
    arena_reset(memory);
    CHECK(find_open(x, &q, 0, memory, &at) == R_DONE);
    while (out.found < most && find_next(at, &looks) != NULL) {
        out.hash = mix(out.hash + find_position(at));
        out.found++;
    }
    out.looks = SIZE_MAX - looks;
    find_close(at);
    return out;
}

static answer ask_every(const config *c, uint64_t n, const cart *basket, arena *memory)
{
    price_probe_cart of = {.cart = basket};
    price_probe *p;
    answer out = {0};
    arena_reset(memory);
    CHECK(price_probe_new(&of, memory, &p) == R_DONE);
    for (uint64_t id = 1; id <= n; id++) {
        const price_rule *rule = config_rule(config_find_template(c, id), 1);
        if (price_rule_minimum_spend(rule) <= price_probe_total(p) && price_probe_fits(p, rule)) {
            out.hash = mix(out.hash + id);
            out.found++;
        }
    }
    return out;
}

static double resident_mb(void)
{
    char line[100], *at = line;
    FILE *f = fopen("/proc/self/statm", "r");
    CHECK(f != NULL && fgets(line, sizeof(line), f) != NULL);
    fclose(f);
    (void)strtoull(line, &at, 10); /* all of it; then what is resident */
    return (double)strtoull(at, NULL, 10) * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static void measure_asking(const find_index *x, const cart *carts, size_t n, const char *beside)
{
    arena *memory = arena_new(0);
    times all = times_new(n), page = times_new(n);
    uint64_t found = 0, looks = 0;
    for (size_t i = 0; i < n; i++) {
        times_begin(&all);
        answer a = ask_index(x, &carts[i], SIZE_MAX, memory);
        times_end(&all);
        found += a.found;
        looks += a.looks;
    }
    for (size_t i = n; i-- > 0;) {
        times_begin(&page);
        (void)ask_index(x, &carts[i], PAGE, memory);
        times_end(&page);
    }
    char name[64];
    (void)snprintf(name, sizeof(name), "all%s", beside);
    times_print(&all, name);
    (void)snprintf(name, sizeof(name), "page%s", beside);
    times_print(&page, name);
    printf("%-28s %.1f of %.1f that were looked at\n", "fit, mean", (double)found / (double)n,
           (double)looks / (double)n);
    arena_free(memory);
}

/* ---- changes ---- */

/* One template after another gets a new version; then what is worth merging is merged. */
static void measure_changes(config **c, const shop *s, find_index **x, uint64_t n)
{
    arena *memory = arena_new(0);
    times all = times_new(CHANGES);
    for (size_t i = 0; i < CHANGES; i++) {
        uint64_t id = 1 + below(n);
        spec of = spec_new(s);
        template_version v;
        template row = *config_find_template(*c, id)->row;
        arena_reset(memory);
        row.version++;
        version_of(&of, id, row.version, memory, &v);
        config *next = config_with_template(*c, &row, &v);
        config_free(*c);
        *c = next;
        const config_template *t = config_find_template(next, id);
        times_begin(&all);
        find_index *changed = find_with(*x, next, &t, 1, 0);
        times_end(&all);
        find_free(*x);
        *x = changed;
    }
    times_print(&all, "a change");
    arena_free(memory);
    double from = now_us();
    find_merger *m = find_merge(*x);
    if (m == NULL) {
        return;
    }
    find_merge_build(m);
    double built = now_us();
    find_index *next = find_merged(*x, m);
    printf("%-28s %.0f ms aside, %.0f us to take it in\n", "the next merge", (built - from) / 1e3,
           now_us() - built);
    find_free(*x);
    *x = next;
}

/* ---- runs ---- */

static void export(const shop *s, uint64_t n, size_t carts, const char *folder)
{
    char path[TEXT_ROOM];
    arena *memory = arena_new(0);
    (void)snprintf(path, sizeof(path), "%s/templates.tsv", folder);
    FILE *out = fopen(path, "w");
    CHECK(out != NULL);
    for (uint64_t id = 1; id <= n; id++) {
        spec of = spec_new(s);
        fprintf(out, "%" PRIu64 "\t{%s}\t{%s}\t{%s}\t%" PRIu64 "\n", id, of.any, of.with,
                of.without, of.spend);
    }
    fclose(out);
    (void)snprintf(path, sizeof(path), "%s/carts.tsv", folder);
    out = fopen(path, "w");
    CHECK(out != NULL);
    for (size_t i = 0; i < carts; i++) {
        cart c = cart_new(s, memory);
        int64_t total = 0;
        fprintf(out, "{");
        for (size_t k = 0; k < c.n; k++) {
            const order_line *l = &c.lines[k];
            total += l->quantity * l->unit_minor;
            fprintf(out, "%s%.*s,%.*s,%.*s,%.*s,%.*s%.*s,%.*s%.*s", k > 0 ? "," : "",
                    STR_ARG(l->sku), STR_ARG(l->seller), STR_ARG(l->brand), STR_ARG(l->category),
                    STR_ARG(l->seller), STR_ARG(l->category), STR_ARG(l->brand),
                    STR_ARG(l->category));
        }
        fprintf(out, "}\t{%.*s", STR_ARG(c.store));
        for (size_t k = 0; k < TAGS; k++) {
            fprintf(out, ",%.*s", STR_ARG(c.shopper.tags[k]));
        }
        fprintf(out, "}\t%" PRId64 "\n", total);
        arena_reset(memory);
    }
    fclose(out);
    arena_free(memory);
}

static void check_some(const config *c, const find_index *x, const cart *carts, uint64_t n)
{
    arena *memory = arena_new(0);
    double from = now_us();
    for (size_t i = 0; i < BRUTE_CARTS; i++) {
        answer every = ask_every(c, n, &carts[i], memory);
        answer index = ask_index(x, &carts[i], SIZE_MAX, memory);
        CHECK(every.found == index.found && every.hash == index.hash);
    }
    printf("%-28s the same as asking every template, %.0f us a cart\n", "found",
           (now_us() - from) / BRUTE_CARTS);
    arena_free(memory);
}

static void run(const shop *s, uint64_t n, size_t carts)
{
    arena *memory = arena_new((size_t)4 << 30), *scratch = arena_new(0);
    double before_mb = resident_mb(), from = now_us();
    config *c = config_empty();
    shop_put(c);
    for (uint64_t id = 1; id <= n; id++) {
        arena_reset(scratch);
        template_make(c, s, id, scratch);
    }
    double config_s = (now_us() - from) / 1e6, config_mb = resident_mb() - before_mb;
    const config_template **all = calloc(n, sizeof(*all));
    CHECK(all != NULL && config_templates(c, 2, 0, n, all) == n);
    before_mb = resident_mb();
    from = now_us();
    find_index *empty = find_empty(), *x = find_with(empty, c, all, n, 0);
    double index_s = (now_us() - from) / 1e6;
    find_figures figures;
    find_measure(x, &figures);
    printf("%" PRIu64 " templates: configuration %.2f s, %.0f MB; index %.2f s, %.0f MB (%.0f MB "
           "resident), %" PRIu64 " terms, %" PRIu64 " postings\n",
           n, config_s, config_mb, index_s, (double)figures.bytes / 1e6, resident_mb() - before_mb,
           figures.terms, figures.postings);
    free(all);
    cart *asked = ARENA_ARRAY(memory, cart, carts);
    for (size_t i = 0; i < carts; i++) {
        asked[i] = cart_new(s, memory);
    }
    check_some(c, x, asked, n);
    measure_asking(x, asked, carts, "");
    measure_changes(&c, s, &x, n);
    measure_asking(x, asked, carts, ", changed since");
    find_free(x);
    find_free(empty);
    config_free(c);
    arena_free(scratch);
    arena_free(memory);
}

int main(int count, char **arguments)
{
    uint64_t n = count > 1 ? strtoull(arguments[1], NULL, 10) : 1000000;
    size_t carts = count > 2 ? strtoull(arguments[2], NULL, 10) : 5000;
    if (n < 1 || carts < BRUTE_CARTS) {
        fprintf(stderr, "find_bench [templates] [carts, at least %d] [--export DIR]\n",
                BRUTE_CARTS);
        return 2;
    }
    shop s = shop_for(n);
    if (count > 4 && str_eq(str_of(arguments[3]), S("--export"))) {
        export(&s, n, carts, arguments[4]);
    } else {
        run(&s, n, carts);
    }
    return 0;
}
