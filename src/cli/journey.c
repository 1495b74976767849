/* Reads the retailer's files: see journey.h. Every reference between files is checked, because a
 * replay of half the data proves nothing. */
#include "cli/journey.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/time.h"
#include "cli/csv_gz.h"
#include "cli/journey_products.h"
#include "cli/names.h"

enum { JOURNEY_CAMPAIGNS_MAX = 1000, JOURNEY_REDEMPTIONS_MAX = 10 * 1000 * 1000 };

typedef struct reading {
    journey *j;
    names *listed; /* "coupon number/product": the data has some rows twice */
    names *campaign_names, *coupon_names, *targets; /* "18", "18/10000085207", "18/1029" */

    size_t redemption_capacity, coupon_capacity;
} reading;

/* Doubles an array of the arena when it is full. */
static void *grown(arena *memory, void *items, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity) {
        return items;
    }
    *capacity = *capacity == 0 ? 64 : *capacity * 2;
    void *more = arena_alloc_array(memory, *capacity, size);
    if (n > 0) {
        memcpy(more, items, n * size);
    }
    return more;
}

static bool campaign_row(void *context, const str *f, buf *why)
{
    reading *r = context;
    journey *j = r->j;
    uint64_t number;
    journey_campaign c = {.type = arena_str(j->memory, f[1])};
    if (!str_to_u64(f[0], &number) || number > UINT32_MAX || !time_parse_day(f[2], &c.from) ||
        !time_parse_day(f[3], &c.until) || c.until < c.from) {
        buf_printf(why, "a number and two dates are needed; ");
        return false;
    }
    if (j->campaign_count == JOURNEY_CAMPAIGNS_MAX) {
        buf_printf(why, "more than %d campaigns; ", JOURNEY_CAMPAIGNS_MAX);
        return false;
    }
    c.number = (uint32_t)number;
    c.until++; /* the data's end dates are inclusive */
    j->campaigns[j->campaign_count++] = c;
    return true;
}

static int campaign_order(const void *a, const void *b)
{
    const journey_campaign *x = a, *y = b;
    int order = (x->from > y->from) - (x->from < y->from);
    return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

static void sort_campaigns(reading *r)
{
    journey *j = r->j;
    qsort(j->campaigns, j->campaign_count, sizeof *j->campaigns, campaign_order);
    for (size_t i = 0; i < j->campaign_count; i++) {
        str name = arena_printf(j->memory, "%u", j->campaigns[i].number);
        (void)names_put(r->campaign_names, name); /* numbered in sorted order */
    }
}

static bool find_campaign(const reading *r, str number, uint32_t *out, buf *why)
{
    *out = names_find(r->campaign_names, number);
    if (*out == NAMES_NONE) {
        buf_printf(why, "campaign %.*s is not described; ", STR_ARG(number));
        return false;
    }
    return true;
}

static bool target_row(void *context, const str *f, buf *why)
{
    reading *r = context;
    journey *j = r->j;
    uint32_t at;
    if (!find_campaign(r, f[0], &at, why)) {
        return false;
    }
    str key = arena_printf(j->memory, "%u/%.*s", at, STR_ARG(f[1]));
    uint32_t known = names_count(r->targets);
    if (names_put(r->targets, key) != known) {
        buf_printf(why, "household %.*s is targeted twice; ", STR_ARG(f[1]));
        return false;
    }
    journey_campaign *c = &j->campaigns[at];
    c->households = grown(j->memory, c->households, c->household_count, &c->capacity, sizeof(str));
    c->households[c->household_count++] = arena_str(j->memory, f[1]);
    j->pairs++;
    return true;
}

static bool coupon_row(void *context, const str *f, buf *why)
{
    reading *r = context;
    journey *j = r->j;
    uint32_t at;
    if (!find_campaign(r, f[2], &at, why)) {
        return false;
    }
    str key = arena_printf(j->memory, "%u/%.*s", at, STR_ARG(f[0]));
    uint32_t number = names_put(r->coupon_names, key);
    if (number == j->coupon_count) {
        j->coupons =
            grown(j->memory, j->coupons, j->coupon_count, &r->coupon_capacity, sizeof *j->coupons);
        j->coupons[j->coupon_count++] =
            (journey_coupon){.campaign = at, .upc = arena_str(j->memory, f[0])};
    }
    j->product_rows++;
    uint32_t listed = names_count(r->listed);
    if (names_put(r->listed, arena_printf(j->memory, "%u/%.*s", number, STR_ARG(f[1]))) != listed) {
        return true;
    }
    journey_coupon *c = &j->coupons[number];
    c->products = grown(j->memory, c->products, c->n, &c->capacity, sizeof(str));
    c->products[c->n++] = arena_str(j->memory, f[1]);
    return true;
}

static bool redemption_row(void *context, const str *f, buf *why)
{
    reading *r = context;
    journey *j = r->j;
    uint32_t at;
    journey_redemption d = {.household = arena_str(j->memory, f[0]),
                            .row = (uint32_t)j->redemption_count};
    if (!find_campaign(r, f[2], &at, why)) {
        return false;
    }
    d.coupon = names_find(r->coupon_names, arena_printf(j->memory, "%u/%.*s", at, STR_ARG(f[1])));
    str target = arena_printf(j->memory, "%u/%.*s", at, STR_ARG(f[0]));
    if (d.coupon == NAMES_NONE || names_find(r->targets, target) == NAMES_NONE) {
        buf_printf(why, "a coupon or household that the campaign does not have; ");
        return false;
    }
    const journey_campaign *c = &j->campaigns[at];
    if (!time_parse_day(f[3], &d.day) || d.day < c->from || d.day >= c->until) {
        buf_printf(why, "a date outside the campaign; ");
        return false;
    }
    CHECK(j->redemption_count < JOURNEY_REDEMPTIONS_MAX);
    j->redemptions = grown(j->memory, j->redemptions, j->redemption_count, &r->redemption_capacity,
                           sizeof *j->redemptions);
    j->redemptions[j->redemption_count++] = d;
    j->campaigns[at].redemptions++;
    return true;
}

static bool product_row(void *context, const str *f, buf *why)
{
    MAYBE(why);
    journey_products_add(((reading *)context)->j->products, f[0], f[1]);
    return true;
}

/* "3.86" to 386; more digits than two are not in the data. */
static bool cents(str text, int64_t *out)
{
    str rest = text, whole;
    uint64_t units, hundredths = 0;
    (void)str_cut(&rest, '.', &whole);
    if (!str_to_u64(whole, &units) || units > 1000000000 || rest.n > 2 ||
        (rest.n > 0 && !str_to_u64(rest, &hundredths))) {
        return false;
    }
    *out = (int64_t)(units * 100 + (rest.n == 1 ? hundredths * 10 : hundredths));
    return true;
}

static bool sale_row(void *context, const str *f, buf *why)
{
    int64_t parts[4], sum = 0;
    uint64_t quantity;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (!cents(f[2 + i], &parts[i])) {
            buf_printf(why, "an amount is needed; ");
            return false;
        }
        sum += parts[i];
    }
    if (!str_to_u64(f[1], &quantity)) {
        buf_printf(why, "a quantity is needed; ");
        return false;
    }
    if (quantity > 0 && sum > 0) { /* lines of nothing, or for nothing, tell no price */
        journey_products_sale(((reading *)context)->j->products, f[0],
                              (sum + (int64_t)quantity / 2) / (int64_t)quantity);
    }
    return true;
}

static int redemption_order(const void *a, const void *b)
{
    const journey_redemption *x = a, *y = b;
    int order = (x->day > y->day) - (x->day < y->day);
    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

/* Coupons by campaign; redemptions by day, and within a day as in the data. */
static void settle(journey *j)
{
    uint32_t *moved = ARENA_ARRAY(j->memory, uint32_t, j->coupon_count + 1);
    journey_coupon *sorted = ARENA_ARRAY(j->memory, journey_coupon, j->coupon_count + 1);
    uint32_t n = 0;
    for (uint32_t c = 0; c < j->campaign_count; c++) {
        j->campaigns[c].first_coupon = n;
        for (uint32_t i = 0; i < j->coupon_count; i++) {
            if (j->coupons[i].campaign == c) {
                moved[i] = n;
                sorted[n++] = j->coupons[i];
            }
        }
        j->campaigns[c].coupon_count = n - j->campaigns[c].first_coupon;
        j->grants += (size_t)j->campaigns[c].coupon_count * j->campaigns[c].household_count;
    }
    j->coupons = sorted;
    for (size_t i = 0; i < j->redemption_count; i++) {
        j->redemptions[i].coupon = moved[j->redemptions[i].coupon];
    }
    if (j->redemption_count > 0) {
        qsort(j->redemptions, j->redemption_count, sizeof *j->redemptions, redemption_order);
    }
}

static result read_all(reading *r, str directory, buf *why)
{
    static const struct {
        const char *file;
        const char *wanted[6];
        size_t n;
        csv_row *row;
    } files[] = {
        {"campaign_descriptions",
         {"campaign_id", "campaign_type", "start_date", "end_date"},
         4,
         campaign_row},
        {"campaigns", {"campaign_id", "household_id"}, 2, target_row},
        {"coupons", {"coupon_upc", "product_id", "campaign_id"}, 3, coupon_row},
        {"coupon_redemptions",
         {"household_id", "coupon_upc", "campaign_id", "redemption_date"},
         4,
         redemption_row},
        {"products", {"product_id", "product_category"}, 2, product_row},
        {"transactions_sample",
         {"product_id", "quantity", "sales_value", "retail_disc", "coupon_disc",
          "coupon_match_disc"},
         6,
         sale_row},
    };
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        str path = arena_printf(r->j->memory, "%.*s/%s.csv.gz", STR_ARG(directory), files[i].file);
        csv_request request = {.path = path.p,
                               .wanted = files[i].wanted,
                               .n = files[i].n,
                               .row = files[i].row,
                               .context = r};
        result done = csv_read(&request, why);
        if (done != R_DONE) {
            return done;
        }
        if (i == 0) {
            sort_campaigns(r);
        }
    }
    return R_DONE;
}

result journey_read(str directory, journey **out, buf *why)
{
    arena *memory = arena_new((size_t)1 << 30);
    journey *j = ARENA_NEW(memory, journey);
    j->memory = memory;
    j->campaigns = ARENA_ARRAY(memory, journey_campaign, JOURNEY_CAMPAIGNS_MAX);
    j->products = journey_products_new(memory);
    reading r = {.j = j,
                 .listed = names_new(memory),
                 .campaign_names = names_new(memory),
                 .coupon_names = names_new(memory),
                 .targets = names_new(memory)};
    result done = read_all(&r, directory, why);
    if (done != R_DONE) {
        journey_free(j);
        return done;
    }
    journey_products_settle(j->products);
    settle(j);
    *out = j;
    return R_DONE;
}

void journey_free(journey *j)
{
    if (j != NULL) {
        arena_free(j->memory);
    }
}

journey_benefit_value journey_benefit(const journey_coupon *c)
{
    uint64_t h = hash64(c->upc, 84);
    if (h % 3 == 0) {
        return (journey_benefit_value){0, (uint32_t)(1000 + h / 3 % 4 * 500), 300};
    }
    return (journey_benefit_value){(int64_t)(50 + h / 3 % 7 * 25), 0, 0};
}
