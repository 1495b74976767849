/* Codes of partners (domain/limit/partner.h): each that a template has had is in one place, at
 * home, in a lane, in a message or with a coupon, and in no two; each coupon of such a template has
 * one; and home and lanes have as many as their pool and slice say.
 *
 * Memory grows with codes by a bit each, and with the coupons of such templates. */
#include <stdio.h>

#include "app/verify_part.h"
#include "domain/limit/partner.h"
#include "domain/limit/pool.h"

enum { BITS = 64 };
enum { WORD_SEEN, WORD_TWICE, WORD_VALUES };
enum { PLACE_CODES, PLACE_FREE, PLACE_VALUES };
enum { PAIR_COUPONS, PAIR_CODES, PAIR_VALUES };

typedef struct partner_pass {
    verify_map *numbers; /* by template and number / 64 */
    verify_map *places;  /* by template and lane; home: HOME */
    verify_map *pairs;   /* by coupon of such a template */
} partner_pass;

enum { HOME = 65535 };

typedef struct place_key {
    uint64_t template, at;
} place_key;

static int64_t *entry(verify_map *m, uint64_t template_id, uint64_t at)
{
    place_key k = {template_id, at};
    return verify_map_at(m, (str){(const char *)&k, sizeof(k)});
}

static void see_number(const verify *v, uint64_t template_id, uint64_t number)
{
    int64_t *word = entry(v->partners->numbers, template_id, number / BITS);
    int64_t bit = (int64_t)(UINT64_C(1) << number % BITS);
    word[WORD_TWICE] |= word[WORD_SEEN] & bit;
    word[WORD_SEEN] |= bit;
}

/* ---- where they are ---- */

static void see_home(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const partner_code *c = row;
    see_number(v, c->template, c->number);
    entry(v->partners->places, c->template, HOME)[PLACE_CODES]++;
}

static void see_lane(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const lane_code *c = row;
    see_number(v, c->template, c->number);
    entry(v->partners->places, c->template, c->lane)[PLACE_CODES]++;
}

static void see_pool(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const pool *p = row;
    if (partner_has(v->view.config, (pool_name){.owner = p->owner, .kind = p->kind}))
        entry(v->partners->places, p->owner, HOME)[PLACE_FREE] = p->free;
}

static void see_slice(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const slice *s = row;
    if (partner_has(v->view.config, (pool_name){.owner = s->owner, .kind = s->kind}))
        entry(v->partners->places, s->owner, s->lane)[PLACE_FREE] = s->free;
}

static void see_carried(const verify *v, uint16_t act, str input)
{
    if (act != LEASE_GRANT_ACT && act != LEASE_RETURN_ACT)
        return;
    arena *memory = arena_new(0);
    lease_in in = {0};
    if (record_decode(&lease_in_record, input, memory, &in) == R_DONE)
        for (size_t i = 0; i < in.codes.n; i++)
            see_number(v, in.owner, in.codes.items[i].number);
    arena_free(memory);
}

static void see_message(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const outbox *o = row;
    uint16_t to =
        o->to_lane != UINT16_MAX ? o->to_lane : store_lane_of_slot(app_store(v->view.app), o->slot);
    if (o->lane < v->lanes && to < v->lanes && o->sequence > v->inbox[to][o->lane])
        see_carried(v, o->act, o->input);
}

static void see_aside(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const quarantine *q = row;
    if (q->aside)
        see_carried(v, q->act, q->input);
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
    if (verify_terms_of(v, c->template, &of) && of.template->row->partner.n > 0)
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

/* Numbers 0 to the stock, each once. */
static void compare_numbers(verify *v)
{
    for (size_t i = 0; i < verify_map_count(v->partners->numbers); i++) {
        str key;
        const int64_t *word = verify_map_item(v->partners->numbers, i, &key);
        place_key k;
        memcpy(&k, key.p, sizeof(k));
        const config_template *of = config_find_template(v->view.config, k.template);
        verify_what w = {.check = "partner", .kind = ID_TEMPLATE, .id = k.template};
        int64_t codes = of == NULL ? 0 : of->row->stock - (int64_t)(k.at * BITS);
        uint64_t all = codes >= BITS ? UINT64_MAX : codes > 0 ? (UINT64_C(1) << codes) - 1 : 0;
        verify_must(v, &w, "no code is in two places", word[WORD_TWICE] == 0);
        verify_must(v, &w, "each code is somewhere", (uint64_t)word[WORD_SEEN] == all);
    }
}

result verify_partners(verify *v)
{
    static const struct {
        const table *of;
        verify_row *see;
        bool again; /* others have read it */
    } passes[] = {{&partner_code_table, see_home, false}, {&lane_code_table, see_lane, false},
                  {&pool_table, see_pool, true},          {&slice_table, see_slice, true},
                  {&outbox_table, see_message, true},     {&quarantine_table, see_aside, true},
                  {&coupon_table, see_coupon, true},      {&given_code_table, see_given, false}};
    partner_pass pass = {.numbers = verify_map_new(WORD_VALUES),
                         .places = verify_map_new(PLACE_VALUES),
                         .pairs = verify_map_new(PAIR_VALUES)};
    result r = R_DONE;
    v->partners = &pass;
    for (size_t i = 0; i < ARRAY_LEN(passes) && r == R_DONE; i++) {
        v->again = passes[i].again;
        r = verify_each(v, NULL, passes[i].of, passes[i].see);
    }
    v->again = false;
    if (r == R_DONE) {
        compare_pairs(v);
        compare_places(v);
        compare_numbers(v);
    }
    v->partners = NULL;
    verify_map_free(pass.numbers);
    verify_map_free(pass.places);
    verify_map_free(pass.pairs);
    return r;
}
