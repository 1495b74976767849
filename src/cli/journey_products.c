/* See journey_products.h. A median, not a mean: single mistyped lines of the sample then do not
 * matter. */
#include "cli/journey_products.h"

#include <stdlib.h>

enum { SALES_MAX = 10 * 1000 * 1000 };

typedef struct sale {
    uint32_t product, category; /* category NAMES_NONE: unknown product */
    int64_t unit_minor;
} sale;

typedef struct known {
    uint32_t category;
    int64_t unit_minor; /* -1: not in the sample */
} known;

struct journey_products {
    arena *memory;
    names *products, *categories;
    known *all; /* by product number */
    size_t capacity;
    sale *sales;
    size_t n, sales_capacity;
    int64_t *by_category; /* -1: none */
    int64_t overall;
};

journey_products *journey_products_new(arena *memory)
{
    journey_products *p = ARENA_NEW(memory, journey_products);
    p->memory = memory;
    p->products = names_new(memory);
    p->categories = names_new(memory);
    return p;
}

void journey_products_add(journey_products *p, str product, str category)
{
    uint32_t number = names_put(p->products, product);
    if (number >= p->capacity) {
        size_t more = p->capacity == 0 ? 4096 : p->capacity * 2;
        known *all = ARENA_ARRAY(p->memory, known, more);
        if (p->capacity > 0) {
            memcpy(all, p->all, p->capacity * sizeof *all);
        }
        p->all = all;
        p->capacity = more;
    }
    p->all[number] = (known){names_put(p->categories, category), -1};
}

void journey_products_sale(journey_products *p, str product, int64_t unit_minor)
{
    if (p->n == p->sales_capacity) {
        size_t more = p->sales_capacity == 0 ? 4096 : p->sales_capacity * 2;
        CHECK(more <= SALES_MAX);
        sale *sales = ARENA_ARRAY(p->memory, sale, more);
        if (p->n > 0) {
            memcpy(sales, p->sales, p->n * sizeof *sales);
        }
        p->sales = sales;
        p->sales_capacity = more;
    }
    uint32_t number = names_find(p->products, product);
    uint32_t category = number == NAMES_NONE ? NAMES_NONE : p->all[number].category;
    p->sales[p->n++] = (sale){number, category, unit_minor};
}

static int by_price(const void *a, const void *b)
{
    const sale *x = a, *y = b;
    return (x->unit_minor > y->unit_minor) - (x->unit_minor < y->unit_minor);
}

static int by_category(const void *a, const void *b)
{
    const sale *x = a, *y = b;
    int order = (x->category > y->category) - (x->category < y->category);
    return order != 0 ? order : by_price(a, b);
}

static int by_product(const void *a, const void *b)
{
    const sale *x = a, *y = b;
    int order = (x->product > y->product) - (x->product < y->product);
    return order != 0 ? order : by_price(a, b);
}

void journey_products_settle(journey_products *p)
{
    uint32_t categories = names_count(p->categories);
    p->by_category = ARENA_ARRAY(p->memory, int64_t, categories + 1);
    for (uint32_t i = 0; i < categories; i++) {
        p->by_category[i] = -1;
    }
    p->overall = 299; /* nothing was sold at all: only in a made set without a sample */
    if (p->n == 0) {
        return;
    }
    qsort(p->sales, p->n, sizeof *p->sales, by_price);
    p->overall = p->sales[p->n / 2].unit_minor;
    qsort(p->sales, p->n, sizeof *p->sales, by_category);
    for (size_t i = 0, j = 0; i < p->n; i = j) {
        while (j < p->n && p->sales[j].category == p->sales[i].category) {
            j++;
        }
        if (p->sales[i].category != NAMES_NONE) {
            p->by_category[p->sales[i].category] = p->sales[i + (j - i) / 2].unit_minor;
        }
    }
    qsort(p->sales, p->n, sizeof *p->sales, by_product);
    for (size_t i = 0, j = 0; i < p->n; i = j) {
        while (j < p->n && p->sales[j].product == p->sales[i].product) {
            j++;
        }
        if (p->sales[i].product != NAMES_NONE) {
            p->all[p->sales[i].product].unit_minor = p->sales[i + (j - i) / 2].unit_minor;
        }
    }
}

journey_product journey_price(const journey *j, str product)
{
    const journey_products *p = j->products;
    uint32_t number = names_find(p->products, product);
    if (number == NAMES_NONE) {
        return (journey_product){.unit_minor = p->overall};
    }
    const known *k = &p->all[number];
    journey_product out = {names_text(p->categories, k->category), k->unit_minor,
                           k->unit_minor >= 0};
    if (!out.seen) {
        int64_t of_category = p->by_category[k->category];
        out.unit_minor = of_category >= 0 ? of_category : p->overall;
    }
    return out;
}
