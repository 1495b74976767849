/* Whole numbers of 1/grain of a minor unit: how fine it must be, and benefits in it. */
#include "domain/price/exact.h"

static int64_t common(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

int64_t exact_both(int64_t a, int64_t b)
{
    __int128 both = (__int128)(a / common(a, b)) * b;
    return both > FINE_MAX ? FINE_MAX : (int64_t)both;
}

int64_t exact_need_of_part(const kind_line *line)
{
    int64_t price = line->units / common(line->units, line->price_minor);
    int64_t left = line->units / common(line->units, line->left_minor);
    return exact_both(price, left);
}

int64_t exact_need(const kind_base *base, kind_group group, const kind_offer *offer)
{
    int64_t den = offer->den / common(offer->den, offer->num), need = 1;
    for (size_t i = 0; i < base->n; i++) {
        const kind_line *line = &base->lines[i];
        bool part = offer->units[i] > 0 && (group == KIND_UNITS || offer->units[i] < line->units);
        if (part) {
            need = exact_both(need, exact_need_of_part(line));
        }
    }
    if (need > 1) {
        return need; /* the amounts are of rounded parts, and would ask for too much */
    }
    for (size_t i = 0; i < base->n && offer->how == KIND_EACH; i++) {
        need = exact_both(need, den / common(den, offer->amounts[i]));
    }
    return need;
}

int64_t exact_total(const kind_base *base, kind_offer *offer)
{
    int64_t sum = 0;
    for (size_t i = 0; i < base->n && offer->how == KIND_EACH; i++) {
        __int128 share = (__int128)offer->amounts[i] * offer->num;
        offer->amounts[i] = (int64_t)((share + offer->den - 1) / offer->den);
        sum += offer->amounts[i];
    }
    return offer->how == KIND_TOTAL ? offer->total_minor : sum;
}

/* ---- grain ---- */

void price_run_regrain(price_run *run, int64_t grain)
{
    for (size_t i = 0; i < run->n && run->grain != grain; i++) {
        run->list[i] = run->list[i] / run->grain * grain;
    }
    run->grain = grain;
}

void price_run_go_finer(price_run *run)
{
    for (size_t i = 0; i < run->n; i++) {
        run->running[i] *= run->finer;
    }
    price_run_regrain(run, run->grain * run->finer);
}

static void start_again(price_run *run, int64_t grain)
{
    price_run_regrain(run, grain);
    for (size_t i = 0; i < run->n; i++) {
        run->running[i] = run->list[i];
        run->gone[i] = 0;
    }
}

void price_run_refine(price_run *run)
{
    start_again(run, run->grain * run->finer);
}

void price_run_reset(price_run *run)
{
    start_again(run, 1);
}

/* ---- benefits ---- */

static bool is_money(uint8_t kind, uint8_t place)
{
    return benefit_param_at(kind, place)->type == BENEFIT_MONEY;
}

/* The place of a field of the objects in the kind's list. */
static uint8_t field_place(uint8_t kind, size_t k)
{
    return (uint8_t)(benefit_list_of(kind) + 1 + k);
}

static int64_t largest_amount(const price_rule *rule, const benefit_values *values)
{
    int64_t most = 0;
    for (uint8_t place = 1; place < BENEFIT_PLACES; place++) {
        bool counts =
            is_money(rule->number, place) && !benefit_param_at(rule->number, place)->field;
        most = counts && values->v[place] > most ? values->v[place] : most;
    }
    for (size_t i = 0; i < values->item_count; i++) {
        for (size_t k = 0; k < BENEFIT_FIELDS_MAX; k++) {
            bool counts = is_money(rule->number, field_place(rule->number, k));
            most = counts && values->items[i][k] > most ? values->items[i][k] : most;
        }
    }
    return most;
}

bool exact_fits(const price_run *run, const price_rule *rule, const benefit_values *values,
                int64_t factor)
{
    int64_t amount = largest_amount(rule, values);
    int64_t most = amount > run->subtotal_minor ? amount : run->subtotal_minor;
    __int128 grain = (__int128)run->grain * factor;
    return grain <= FINE_MAX && grain * most <= FINE_MAX;
}

struct exact_scratch {
    benefit_values values;
    int64_t v[BENEFIT_PLACES];
    int64_t items[BENEFIT_ITEMS_MAX][BENEFIT_FIELDS_MAX];
};

const benefit_values *exact_values(price_run *run, const price_rule *rule,
                                   const benefit_values *values)
{
    uint8_t kind = rule->number;
    if (run->grain == 1) {
        return values;
    }
    if (!exact_fits(run, rule, values, 1)) {
        return NULL;
    }
    if (run->scratch == NULL) {
        run->scratch = ARENA_NEW(run->memory, struct exact_scratch);
    }
    struct exact_scratch *fine = run->scratch;
    for (uint8_t place = 1; place < BENEFIT_PLACES; place++) {
        fine->v[place] = values->v[place] * (is_money(kind, place) ? run->grain : 1);
    }
    CHECK(values->item_count <= BENEFIT_ITEMS_MAX);
    for (size_t i = 0; i < values->item_count; i++) {
        for (size_t k = 0; k < BENEFIT_FIELDS_MAX; k++) {
            bool money = is_money(kind, field_place(kind, k));
            fine->items[i][k] = values->items[i][k] * (money ? run->grain : 1);
        }
    }
    fine->values = *values;
    fine->values.v = fine->v;
    fine->values.items = (const int64_t(*)[BENEFIT_FIELDS_MAX])fine->items;
    return &fine->values;
}

/* ---- splits ---- */

int64_t exact_take(const split *s, int64_t *parts)
{
    int64_t sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        parts[i] = s->weights[i] < s->most[i] ? s->weights[i] : s->most[i];
        sum += parts[i];
    }
    return sum;
}

typedef struct rest {
    const split *s;
    int64_t grain, left;
    bool clip; /* each part gets less than a minor unit of it */
} rest;

/* What whole units leave of the total goes where there is room: to those with a weight, or to the
 * others. */
static void place_rest(rest *r, bool weighted, int64_t *parts)
{
    const split *s = r->s;
    bool last = s->policy->odd_cents == ODD_CENTS_LAST;
    for (size_t k = 0; k < s->n && r->left > 0; k++) {
        size_t i = last ? s->n - 1 - k : k;
        int64_t room = (s->weights[i] > 0) == weighted ? s->most[i] - parts[i] : 0;
        room = r->clip ? room % r->grain : room;
        int64_t here = room < r->left ? room : r->left;
        parts[i] += here;
        r->left -= here;
    }
}

int64_t exact_place(const split *s, int64_t grain, int64_t total, int64_t *parts)
{
    int64_t rooms[CART_LINES_MAX], room = 0;
    for (size_t i = 0; i < s->n; i++) {
        rooms[i] = s->most[i] / grain;
        room += s->most[i];
    }
    total = total < room ? total : room;
    split whole = *s;
    whole.most = rooms;
    whole.den = 0;
    int64_t sum = allocate_within(&whole, total / grain, parts) * grain;
    for (size_t i = 0; i < s->n; i++) {
        parts[i] *= grain;
    }
    rest r = {.s = s,
              .grain = grain,
              .left = total - sum,
              .clip = s->policy->floor_excess == FLOOR_EXCESS_CLIP};
    if (r.clip && r.left >= grain) {
        r.left = total % grain;
    }
    int64_t left = r.left;
    place_rest(&r, true, parts);
    if (!r.clip) {
        place_rest(&r, false, parts);
    }
    return sum + left - r.left;
}
