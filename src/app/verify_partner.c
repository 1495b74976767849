/* Codes of partners (domain/limit/partner.h): each that a template has had is in one place, at
 * home, in a lane, in a message or with a coupon, and in no two; each coupon of such a template has
 * one, with the id that it was issued with; and home and lanes have as many as their pool and slice
 * say.
 *
 * Places are counted and summed by hashes of the numbers: as many as the stock, and the sum of the
 * numbers below it, is each of them once. Coupons and what they were given have the same slot, and
 * are compared some slots at a time. So memory grows with templates and lanes alone. */
#include <stdio.h>

#include "app/verify_part.h"
#include "base/hash.h"
#include "domain/limit/partner.h"
#include "domain/limit/pool.h"

enum { COUPONS_MAX = 2000000 }; /* that one pass compares */
enum { SUM_CODES, SUM_HI, SUM_LO, SUM_VALUES };
enum { PLACE_CODES, PLACE_FREE, PLACE_VALUES };
enum { PAIR_COUPONS, PAIR_CODES, PAIR_VALUES };

typedef struct partner_pass {
    verify_map *numbers; /* by template */
    verify_map *places;  /* by template and lane; home: HOME */
    verify_map *pairs;   /* by coupon of such a template, of some slots */
} partner_pass;

enum { HOME = 65535 };

typedef struct place_key {
    uint64_t template, at;
} place_key;

static int64_t *place_at(const verify *v, uint64_t template_id, uint64_t at)
{
    place_key k = {template_id, at};
    return verify_map_at(v->partners->places, (str){(const char *)&k, sizeof(k)});
}

/* Sums run over. */
static void add(int64_t sum[SUM_VALUES], uint64_t number)
{
    hash128 h = hash128_of((str){(const char *)&number, sizeof(number)}, 0);
    sum[SUM_CODES]++;
    sum[SUM_HI] = (int64_t)((uint64_t)sum[SUM_HI] + h.hi);
    sum[SUM_LO] = (int64_t)((uint64_t)sum[SUM_LO] + h.lo);
}

static int64_t *numbers_of(const verify *v, uint64_t template_id)
{
    return verify_map_at(v->partners->numbers,
                         (str){(const char *)&template_id, sizeof(template_id)});
}

static void see_number(const verify *v, uint64_t template_id, uint64_t number)
{
    add(numbers_of(v, template_id), number);
}

/* ---- where they are ---- */

static void see_home(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const partner_code *c = row;
    see_number(v, c->template, c->number);
    place_at(v, c->template, HOME)[PLACE_CODES]++;
}

static void see_lane(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const lane_code *c = row;
    see_number(v, c->template, c->number);
    place_at(v, c->template, c->lane)[PLACE_CODES]++;
}

static void see_pool(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const pool *p = row;
    if (!partner_has(v->view.config, (pool_name){.owner = p->owner, .kind = p->kind}))
        return;
    place_at(v, p->owner, HOME)[PLACE_FREE] = p->free;
    (void)numbers_of(v, p->owner); /* though no code of it should be found */
}

static void see_slice(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const slice *s = row;
    if (partner_has(v->view.config, (pool_name){.owner = s->owner, .kind = s->kind}))
        place_at(v, s->owner, s->lane)[PLACE_FREE] = s->free;
}

static void see_carried(verify *v, uint16_t act, str input, bool aside)
{
    MAYBE(aside);
    if (act != LEASE_GRANT_ACT && act != LEASE_RETURN_ACT)
        return;
    arena *memory = arena_new(0);
    lease_in in = {0};
    if (record_decode(&lease_in_record, input, memory, &in) == R_DONE)
        for (size_t i = 0; i < in.codes.n; i++)
            see_number(v, in.owner, in.codes.items[i].number);
    arena_free(memory);
}

/* ---- with coupons ---- */

static int64_t *pair_of(const verify *v, uint64_t coupon_id)
{
    return verify_map_at(v->partners->pairs, (str){(const char *)&coupon_id, sizeof(coupon_id)});
}

static void see_coupon(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const coupon *c = row;
    verify_terms of;
    bool issued = c->transfer == 0; /* else it is the same coupon, with another id */
    if (issued && verify_terms_of(v, c->template, &of) && of.template->row->partner.n > 0)
        pair_of(v, c->id)[PAIR_COUPONS] = (int64_t)c->template;
}

static void see_given(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const given_code *c = row;
    int64_t *pair = pair_of(v, c->id);
    pair[PAIR_CODES]++;
    if (pair[PAIR_COUPONS] != 0)
        see_number(v, (uint64_t)pair[PAIR_COUPONS], c->number);
}

/* ---- comparing ---- */

static void compare_pairs(verify *v)
{
    for (size_t i = 0; i < verify_map_count(v->partners->pairs); i++) {
        str key;
        const int64_t *pair = verify_map_item(v->partners->pairs, i, &key);
        verify_what w = {.check = "partner", .kind = ID_COUPON};
        memcpy(&w.id, key.p, sizeof(w.id));
        verify_must(v, &w, "its coupon takes a code", pair[PAIR_COUPONS] != 0);
        verify_number(v, &w, "codes", 1, pair[PAIR_CODES]);
    }
}

static void compare_places(verify *v)
{
    for (size_t i = 0; i < verify_map_count(v->partners->places); i++) {
        str key;
        const int64_t *place = verify_map_item(v->partners->places, i, &key);
        place_key k;
        memcpy(&k, key.p, sizeof(k));
        verify_what w = {.check = "partner", .kind = ID_TEMPLATE, .id = k.template};
        verify_number(v, &w, k.at == HOME ? "codes at home" : "codes of a lane", place[PLACE_FREE],
                      place[PLACE_CODES]);
    }
}

/* Numbers from 0 to the stock, each once. */
static void compare_numbers(verify *v)
{
    for (size_t i = 0; i < verify_map_count(v->partners->numbers); i++) {
        str key;
        const int64_t *sum = verify_map_item(v->partners->numbers, i, &key);
        int64_t all[SUM_VALUES] = {0};
        verify_what w = {.check = "partner", .kind = ID_TEMPLATE};
        memcpy(&w.id, key.p, sizeof(w.id));
        const config_template *of = config_find_template(v->view.config, w.id);
        for (int64_t number = 0; of != NULL && number < of->row->stock; number++)
            add(all, (uint64_t)number);
        verify_number(v, &w, "codes anywhere", all[SUM_CODES], sum[SUM_CODES]);
        if (sum[SUM_CODES] == all[SUM_CODES])
            verify_must(v, &w, "each code is in one place",
                        sum[SUM_HI] == all[SUM_HI] && sum[SUM_LO] == all[SUM_LO]);
    }
}

/* ---- the passes ---- */

static result run_places(verify *v)
{
    static const struct {
        const table *of;
        verify_row *see;
        bool again; /* others have read it */
    } passes[] = {{&partner_code_table, see_home, false},
                  {&lane_code_table, see_lane, false},
                  {&pool_table, see_pool, true},
                  {&slice_table, see_slice, true}};
    result r = R_DONE;
    for (size_t i = 0; i < ARRAY_LEN(passes) && r == R_DONE; i++) {
        v->again = passes[i].again;
        r = verify_each(v, NULL, passes[i].of, passes[i].see);
    }
    return r == R_DONE ? verify_messages(v, see_carried) : r;
}

static result run_coupons(verify *v, verify_group *slots)
{
    v->partners->pairs = verify_map_new(PAIR_VALUES);
    v->again = true;
    result r = verify_each(v, slots, &coupon_table, see_coupon);
    v->again = false;
    if (r == R_DONE)
        r = verify_each(v, slots, &given_code_table, see_given);
    if (r == R_DONE)
        compare_pairs(v);
    verify_map_free(v->partners->pairs);
    return r;
}

result verify_partners(verify *v)
{
    partner_pass pass = {.numbers = verify_map_new(SUM_VALUES),
                         .places = verify_map_new(PLACE_VALUES)};
    v->partners = &pass;
    result r = run_places(v);
    uint32_t passes = (uint32_t)(v->sum.coupons / COUPONS_MAX) + 1;
    uint32_t slots = (SLOT_COUNT + passes - 1) / passes;
    for (uint32_t from = 0; from < SLOT_COUNT && r == R_DONE; from += slots) {
        verify_group some = {.from = (uint16_t)from,
                             .until = from + slots < SLOT_COUNT ? from + slots : SLOT_COUNT};
        r = run_coupons(v, &some);
    }
    v->again = false;
    if (r == R_DONE) {
        compare_places(v);
        compare_numbers(v);
    }
    v->partners = NULL;
    verify_map_free(pass.numbers);
    verify_map_free(pass.places);
    return r;
}
