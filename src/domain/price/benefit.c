/* Stored benefits: checked, written as JSON, compiled. The rows of kind.def say what is allowed. */
#include "domain/price/benefit.h"

#include <stdalign.h>

#include "base/money.h"
#include "base/percent.h"
#include "domain/price/kind.h"

/* ---- checking ---- */

static str path_of(const benefit *b, const benefit_term *t, issues *found)
{
    const benefit_param *p = benefit_param_at(b->kind, t->term);
    if (t->nth == 0) {
        return arena_printf(found->memory, "benefit.%s", p->name);
    }
    const benefit_param *objects = benefit_param_at(b->kind, benefit_list_of(b->kind));
    return arena_printf(found->memory, "benefit.%s[%d].%s", objects->name, t->nth - 1, p->name);
}

static void check_text(str path, const benefit_term *t, issues *found)
{
    if (t->text.n == 0 || t->text.n > BENEFIT_TEXT_MAX || !str_is_printable(t->text)) {
        issues_add(found, path, t->text.n > BENEFIT_TEXT_MAX ? S("too_long") : S("out_of_range"),
                   "1 to %d bytes of printable text", BENEFIT_TEXT_MAX);
    }
}

/* What can only come from a defect or another program: API input never gets here. */
static bool belongs(const benefit *b, const benefit_term *t)
{
    const benefit_param *p = benefit_param_at(b->kind, t->term);
    uint8_t objects = benefit_list_of(b->kind);
    return p->type != BENEFIT_NONE && p->type != BENEFIT_LIST && (t->nth > 0) == p->field &&
           t->nth <= (objects == 0 ? 0 : BENEFIT_ITEMS_MAX) &&
           (t->text.n == 0 || p->type == BENEFIT_TEXT || p->type == BENEFIT_MONEY);
}

static void check_value(const benefit *b, const benefit_term *t, issues *found)
{
    const benefit_param *p = benefit_param_at(b->kind, t->term);
    if (!belongs(b, t)) {
        issues_add(found, S("benefit"), S("not_allowed"), "term %d is no part of this kind",
                   t->term);
        return;
    }
    str path = path_of(b, t, found);
    if (p->type == BENEFIT_TEXT) {
        check_text(path, t, found);
        return;
    }
    if (p->type == BENEFIT_MONEY && t->text.n > 0 && money_decimals(t->text) < 0) {
        issues_add(found, path, S("not_allowed"), "%.*s is no currency", STR_ARG(t->text));
    }
    if (t->value >= p->min && t->value <= p->max) {
        return;
    }
    if (p->type == BENEFIT_PERCENT) {
        issues_add(found, path, S("out_of_range"), "from 0.0001 to 100 percent");
    } else {
        issues_add(found, path, S("out_of_range"), "%s from %lld to %lld",
                   p->type == BENEFIT_MONEY ? "minor units" : "an integer", (long long)p->min,
                   (long long)p->max);
    }
}

void benefit_check_values(const benefit *b, issues *found)
{
    if (b->kind == BENEFIT_KIND_COMMON || benefit_kind_text(b->kind) == NULL) {
        issues_add(found, S("benefit.kind"), S("not_allowed"), "a kind of benefit that is known");
        return;
    }
    if (b->n > BENEFIT_TERMS_MAX) {
        issues_add(found, S("benefit"), S("too_many"), "at most %d values", BENEFIT_TERMS_MAX);
        return;
    }
    for (size_t i = 0; i < b->n; i++) {
        check_value(b, &b->terms[i], found);
    }
}

static int order_of(const benefit_term *a, const benefit_term *b)
{
    if (a->nth != b->nth) {
        return a->nth < b->nth ? -1 : 1;
    }
    if (a->term != b->term) {
        return a->term < b->term ? -1 : 1;
    }
    return str_cmp(a->text, b->text);
}

static void check_order(const benefit *b, issues *found)
{
    for (size_t i = 1; i < b->n; i++) {
        const benefit_term *last = &b->terms[i - 1], *t = &b->terms[i];
        bool money = benefit_param_at(b->kind, t->term)->type == BENEFIT_MONEY;
        if (order_of(last, t) >= 0 || (last->nth == t->nth && last->term == t->term && !money)) {
            issues_add(found, path_of(b, t, found), S("duplicate"), "once in each currency");
        }
    }
}

static size_t items_of(const benefit *b)
{
    return b->n == 0 ? 0 : b->terms[b->n - 1].nth;
}

static bool has_term(const benefit *b, uint8_t place, uint16_t nth)
{
    for (size_t i = 0; i < b->n; i++) {
        if (b->terms[i].term == place && b->terms[i].nth == nth) {
            return true;
        }
    }
    return false;
}

static void check_needed(const benefit *b, issues *found)
{
    uint8_t objects = benefit_list_of(b->kind);
    size_t items = items_of(b);
    if (objects != 0 && items < (size_t)benefit_param_at(b->kind, objects)->min) {
        issues_add(
            found,
            arena_printf(found->memory, "benefit.%s", benefit_param_at(b->kind, objects)->name),
            S("required"), "items must be present");
    }
    for (uint8_t place = 1; place < BENEFIT_PLACES; place++) {
        const benefit_param *p = benefit_param_at(b->kind, place);
        if (p->type == BENEFIT_NONE || p->type == BENEFIT_LIST || !p->needed) {
            continue;
        }
        for (size_t nth = p->field ? 1 : 0; nth <= (p->field ? items : 0); nth++) {
            benefit_term missing = {.term = place, .nth = (uint16_t)nth};
            if (!has_term(b, place, (uint16_t)nth)) {
                issues_add(found, path_of(b, &missing, found), S("required"),
                           "this field must be present");
            }
        }
    }
}

/* The currencies of the amounts, "" first, in the order of their first appearance. */
static size_t currencies_of(const benefit *b, str *out)
{
    size_t n = 1;
    out[0] = S("");
    for (size_t i = 0; i < b->n; i++) {
        const benefit_term *t = &b->terms[i];
        if (benefit_param_at(b->kind, t->term)->type != BENEFIT_MONEY || t->text.n == 0) {
            continue;
        }
        size_t k = 1;
        while (k < n && !str_eq(out[k], t->text)) {
            k++;
        }
        if (k == n && n <= BENEFIT_CURRENCIES_MAX) {
            out[n++] = t->text;
        }
    }
    return n;
}

/* Every amount in the same currencies. In the order of terms those of one amount stand together. */
static void check_currencies(const benefit *b, issues *found)
{
    str all[BENEFIT_CURRENCIES_MAX + 1];
    size_t n = currencies_of(b, all);
    if (n > BENEFIT_CURRENCIES_MAX) {
        issues_add(found, S("benefit"), S("too_many"), "at most %d currencies",
                   BENEFIT_CURRENCIES_MAX);
        return;
    }
    for (size_t i = 0; i < b->n;) {
        const benefit_term *t = &b->terms[i];
        size_t until = i + 1;
        while (until < b->n && b->terms[until].term == t->term && b->terms[until].nth == t->nth) {
            until++;
        }
        bool money = benefit_param_at(b->kind, t->term)->type == BENEFIT_MONEY;
        if (money && (until - i != n || t->text.n > 0)) {
            issues_add(found, path_of(b, t, found), S("required"),
                       "an amount in the campaign's currency, and in each in which another "
                       "amount of this benefit is listed");
        }
        i = until;
    }
}

/* What no amount ties to a currency may be good in any; and the money on a coupon is one amount. */
static void check_reach(const benefit *b, issues *found)
{
    bool any = has_term(b, TERM_COMMON_ANY_CURRENCY, 0), money = false, listed = false;
    for (size_t i = 0; i < b->n; i++) {
        bool amount = benefit_param_at(b->kind, b->terms[i].term)->type == BENEFIT_MONEY;
        money |= amount;
        listed |= amount && b->terms[i].text.n > 0;
    }
    if (any && money) {
        issues_add(found, S("benefit.any_currency"), S("not_allowed"),
                   "only where nothing of the benefit is an amount: list its amounts by currency");
    }
    if (listed && b->kind == BENEFIT_KIND_STORED_VALUE) {
        issues_add(found, S("benefit.value"), S("not_allowed"),
                   "one amount: what is left of a stored value is counted in one currency");
    }
}

void benefit_check_whole(const benefit *b, issues *found)
{
    size_t before = found->n + found->dropped;
    check_order(b, found);
    check_needed(b, found);
    if (found->n + found->dropped == before) {
        check_currencies(b, found);
        check_reach(b, found);
    }
    const price_kind *kind = kind_find(b->kind);
    if (found->n + found->dropped == before && kind->check != NULL) {
        benefit_form form;
        benefit_build(b, arena_alloc(found->memory, benefit_size(b)), &form);
        for (size_t i = 0; i < form.currency_count; i++) {
            kind->check(&form.values[i], found);
        }
    }
}

void benefit_check(const benefit *b, issues *found)
{
    size_t before = found->n + found->dropped;
    benefit_check_values(b, found);
    if (found->n + found->dropped == before) {
        benefit_check_whole(b, found);
    }
}

/* ---- writing ---- */

static void put_money(const benefit_term *t, str currency, json_writer *w)
{
    json_begin_object(w);
    json_key(w, S("amount"));
    json_put_i64(w, t->value);
    json_key(w, S("currency"));
    json_put_str(w, t->text.n == 0 ? currency : t->text);
    json_end_object(w);
}

static void put_percent(int64_t millionths, json_writer *w)
{
    char text[PERCENT_TEXT_MAX];
    json_put_str(w, percent_text(millionths, text));
}

static void put_word(uint8_t kind, const benefit_term *t, json_writer *w)
{
    size_t n;
    const benefit_choice *all = benefit_choices(&n);
    for (size_t i = 0; i < n; i++) {
        bool of = all[i].kind == kind ||
                  (all[i].kind == BENEFIT_KIND_COMMON && t->term >= BENEFIT_COMMON_FIRST);
        if (of && all[i].place == t->term && all[i].number == t->value) {
            json_put_str(w, str_of(all[i].name));
            return;
        }
    }
    UNREACHABLE();
}

/* The terms of one parameter; gives how many they are. */
static size_t put_param(const benefit *b, size_t at, str currency, json_writer *w)
{
    const benefit_term *t = &b->terms[at];
    const benefit_param *p = benefit_param_at(b->kind, t->term);
    size_t n = 1;
    while (at + n < b->n && t[n].term == t->term && t[n].nth == t->nth) {
        n++;
    }
    json_key(w, str_of(p->name));
    switch (p->type) {
    case BENEFIT_MONEY:
        if (n > 1) {
            json_begin_array(w);
        }
        for (size_t i = 0; i < n; i++) {
            put_money(&t[i], currency, w);
        }
        if (n > 1) {
            json_end_array(w);
        }
        return n;
    case BENEFIT_PERCENT:
        put_percent(t->value, w);
        return n;
    case BENEFIT_COUNT:
        json_put_i64(w, t->value);
        return n;
    case BENEFIT_WORD:
        put_word(b->kind, t, w);
        return n;
    case BENEFIT_FLAG:
        json_put_bool(w, t->value != 0);
        return n;
    case BENEFIT_TEXT:
        json_put_str(w, t->text);
        return n;
    case BENEFIT_LIST:
    case BENEFIT_NONE:
        break;
    }
    UNREACHABLE();
}

void benefit_write(const benefit *b, str currency, json_writer *w)
{
    size_t at = 0;
    uint8_t objects = benefit_list_of(b->kind);
    json_begin_object(w);
    json_key(w, S("kind"));
    json_put_str(w, benefit_kind_name(b->kind));
    while (at < b->n && b->terms[at].nth == 0) {
        at += put_param(b, at, currency, w);
    }
    if (objects != 0) {
        json_key(w, str_of(benefit_param_at(b->kind, objects)->name));
        json_begin_array(w);
        for (uint16_t nth = 1; at < b->n; nth++) {
            json_begin_object(w);
            while (at < b->n && b->terms[at].nth == nth) {
                at += put_param(b, at, currency, w);
            }
            json_end_object(w);
        }
        json_end_array(w);
    }
    json_end_object(w);
}

/* ---- compiling ---- */

static size_t texts_size(const benefit *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        n += b->terms[i].text.n;
    }
    return n;
}

/* For each currency: places and the fields of the items; then the texts and values, all of a size
 * that keeps the next aligned; then the bytes. */
size_t benefit_size(const benefit *b)
{
    str all[BENEFIT_CURRENCIES_MAX + 1];
    size_t currencies = currencies_of(b, all), items = items_of(b);
    size_t numbers = BENEFIT_PLACES + items * BENEFIT_FIELDS_MAX;
    return currencies * (numbers * sizeof(int64_t) + sizeof(benefit_values) + sizeof(str)) +
           items * sizeof(str) + texts_size(b);
}

typedef struct builder {
    const benefit *from;
    int64_t *v;
    int64_t (*items)[BENEFIT_FIELDS_MAX];
} builder;

static void fill(const builder *b, str currency)
{
    uint8_t kind = b->from->kind, objects = benefit_list_of(kind);
    size_t items = items_of(b->from);
    for (uint8_t place = 1; place < BENEFIT_PLACES; place++) {
        const benefit_param *p = benefit_param_at(kind, place);
        b->v[place] = p->initial;
        for (size_t i = 0; p->field && i < items; i++) {
            b->items[i][place - objects - 1] = p->initial;
        }
    }
    for (size_t i = 0; i < b->from->n; i++) {
        const benefit_term *t = &b->from->terms[i];
        const benefit_param *p = benefit_param_at(kind, t->term);
        if (p->type == BENEFIT_MONEY && !str_eq(t->text, currency)) {
            continue;
        }
        if (t->nth == 0) {
            b->v[t->term] = t->value;
        } else {
            b->items[t->nth - 1][t->term - objects - 1] = t->value;
        }
    }
}

static str copy_text(char **bytes, str s)
{
    str copy = {*bytes, s.n};
    if (s.n > 0) {
        memcpy(*bytes, s.p, s.n);
    }
    *bytes += s.n;
    return copy;
}

void benefit_build(const benefit *b, void *memory, benefit_form *out)
{
    str all[BENEFIT_CURRENCIES_MAX + 1];
    size_t n = currencies_of(b, all), items = items_of(b);
    int64_t *numbers = memory;
    size_t each = BENEFIT_PLACES + items * BENEFIT_FIELDS_MAX;
    benefit_values *values = (benefit_values *)(numbers + n * each);
    str *currencies = (str *)(values + n);
    str *texts = currencies + n;
    char *bytes = (char *)(texts + items);
    str own = S("");
    for (size_t i = 0; i < n; i++) {
        currencies[i] = copy_text(&bytes, all[i]);
    }
    for (size_t i = 0; i < b->n; i++) {
        const benefit_term *t = &b->terms[i];
        if (benefit_param_at(b->kind, t->term)->type == BENEFIT_TEXT) {
            *(t->nth == 0 ? &own : &texts[t->nth - 1]) = copy_text(&bytes, t->text);
        }
    }
    for (size_t i = 0; i < n; i++) {
        int64_t(*rows)[BENEFIT_FIELDS_MAX] = (void *)(numbers + i * each + BENEFIT_PLACES);
        fill(&(builder){b, numbers + i * each, rows}, all[i]);
        values[i] = (benefit_values){.v = numbers + i * each,
                                     .items = (const int64_t(*)[BENEFIT_FIELDS_MAX])rows,
                                     .texts = texts,
                                     .item_count = items,
                                     .text = own};
    }
    *out = (benefit_form){(uint32_t)n, currencies, values};
}
