/* A made year with the shape of the real one, for machines without the data: the same numbers of
 * campaigns, about the same households, coupons, white lists and redemptions, skewed as they are
 * there (one campaign in ten takes most redemptions, few white lists are long). The same seed and
 * scale always make the same year. */
#include <stdlib.h>

#include "base/hash.h"
#include "base/time.h"
#include "cli/journey_products.h"

enum {
    MADE_CAMPAIGNS = 27,
    MADE_HOUSEHOLDS = 1600,
    MADE_PRODUCTS = 20000,
    MADE_CATEGORIES = 300,
    MADE_LONGEST_LIST = 14000,
};

typedef struct maker {
    journey *j;
    uint64_t seed, counter;
    uint32_t scale;
} maker;

/* A number below n; the stream is the hashes of seed and counter. */
static uint32_t draw(maker *m, uint32_t n)
{
    uint64_t at[2] = {m->seed, m->counter++};
    return (uint32_t)(hash64((str){(const char *)at, sizeof at}, 0) % n);
}

static uint32_t scaled(const maker *m, uint32_t n)
{
    uint32_t part = (uint32_t)((uint64_t)n * m->scale / 100);
    return part == 0 ? 1 : part;
}

static void make_products(maker *m)
{
    journey *j = m->j;
    uint32_t n = scaled(m, MADE_PRODUCTS);
    for (uint32_t i = 0; i < n; i++) {
        str product = arena_printf(j->memory, "%u", 100000 + i);
        str category = arena_printf(j->memory, "CATEGORY %u", i % MADE_CATEGORIES);
        journey_products_add(j->products, product, category);
        if (draw(m, 4) != 0) {
            journey_products_sale(j->products, product, 50 + draw(m, 1200));
        }
    }
    journey_products_settle(j->products);
}

static void make_households(maker *m, journey_campaign *c)
{
    uint32_t all = scaled(m, MADE_HOUSEHOLDS);
    uint32_t share = c->type.p[0] == 'A' ? 70 : 10 + draw(m, 15); /* percent of all */
    c->households = ARENA_ARRAY(m->j->memory, str, all);
    for (uint32_t h = 0; h < all; h++) {
        if (draw(m, 100) < share || (c->household_count == 0 && h + 1 == all)) {
            c->households[c->household_count++] = arena_printf(m->j->memory, "%u", h + 1);
        }
    }
    m->j->pairs += c->household_count;
}

static void make_coupon(maker *m, uint32_t campaign_index)
{
    journey *j = m->j;
    uint32_t products = scaled(m, MADE_PRODUCTS);
    uint32_t longest = scaled(m, MADE_LONGEST_LIST);
    uint32_t n = draw(m, 50) == 0 ? longest / 4 + draw(m, longest) : 1 + draw(m, 60);
    n = n > products ? products : n;
    journey_coupon *c = &j->coupons[j->coupon_count];
    *c = (journey_coupon){.campaign = campaign_index, .n = n};
    c->upc = arena_printf(j->memory, "%llu", 10000000000ULL + j->coupon_count);
    c->products = ARENA_ARRAY(j->memory, str, n);
    uint32_t first = draw(m, products);
    for (uint32_t i = 0; i < n; i++) { /* a run of neighbours, so that none is there twice */
        c->products[i] = arena_printf(j->memory, "%u", 100000 + (first + i) % products);
    }
    j->coupon_count++;
    j->product_rows += n;
}

static void make_campaign(maker *m, uint32_t i)
{
    journey *j = m->j;
    int32_t first_day = day_from_civil(2017, 1, 1);
    journey_campaign *c = &j->campaigns[j->campaign_count];
    *c = (journey_campaign){.number = i + 1, .first_coupon = (uint32_t)j->coupon_count};
    c->type = i % 9 == 4 ? S("A") : i % 3 == 0 ? S("C") : S("B");
    c->from = first_day + (int32_t)(i * 12 + draw(m, 10));
    c->until = c->from + 28 + (int32_t)draw(m, 30);
    c->coupon_count = c->type.p[0] == 'A' ? scaled(m, 180) : scaled(m, 10 + draw(m, 30));
    make_households(m, c);
    for (uint32_t k = 0; k < c->coupon_count; k++) {
        make_coupon(m, i);
    }
    j->grants += c->household_count * (size_t)c->coupon_count;
    j->campaign_count++;
}

static int by_day(const void *a, const void *b)
{
    const journey_redemption *x = a, *y = b;
    int order = (x->day > y->day) - (x->day < y->day);
    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

static void make_redemptions(maker *m)
{
    journey *j = m->j;
    uint32_t room = 3000;
    j->redemptions = ARENA_ARRAY(j->memory, journey_redemption, room);
    for (uint32_t i = 0; i < j->campaign_count; i++) {
        journey_campaign *c = &j->campaigns[i];
        uint32_t n = c->type.p[0] == 'A' ? scaled(m, 550) : scaled(m, 3 + draw(m, 40));
        for (uint32_t k = 0; k < n && j->redemption_count < room; k++) {
            journey_redemption *d = &j->redemptions[j->redemption_count];
            d->row = (uint32_t)j->redemption_count++;
            d->day = c->from + (int32_t)draw(m, (uint32_t)(c->until - c->from));
            d->coupon = c->first_coupon + draw(m, c->coupon_count);
            d->household = c->households[draw(m, (uint32_t)c->household_count)];
            c->redemptions++;
        }
    }
    qsort(j->redemptions, j->redemption_count, sizeof *j->redemptions, by_day);
}

journey *journey_make(uint64_t seed, uint32_t scale)
{
    CHECK(scale >= 1 && scale <= 100);
    arena *memory = arena_new((size_t)1 << 30);
    journey *j = ARENA_NEW(memory, journey);
    *j = (journey){.memory = memory, .products = journey_products_new(memory)};
    j->campaigns = ARENA_ARRAY(memory, journey_campaign, MADE_CAMPAIGNS);
    j->coupons = ARENA_ARRAY(memory, journey_coupon, MADE_CAMPAIGNS * 200);
    maker m = {.j = j, .seed = seed, .scale = scale};
    make_products(&m);
    for (uint32_t i = 0; i < MADE_CAMPAIGNS; i++) {
        make_campaign(&m, i);
    }
    make_redemptions(&m);
    return j;
}
