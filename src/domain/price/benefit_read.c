/* JSON to the terms of a benefit, by the rows of kind.def. Every problem is told where it is; what
 * is wrong is left out and reading goes on. Believes nothing of its input but that it is JSON. */
#include <stdlib.h>

#include "base/money.h"
#include "base/percent.h"
#include "domain/price/benefit.h"

typedef struct reader {
    uint8_t kind;
    str currency; /* the campaign's */
    issues *found;
    benefit_term *terms;
    size_t n;
} reader;

/* Where a parameter is: its place, its object in the list (0: none), its path. */
typedef struct spot {
    const benefit_param *param;
    uint8_t place;
    uint16_t nth;
    str path;
    bool listed; /* an amount in a list of currencies: then a default is kept too */
    bool own;    /* in the campaign's currency, where that is not known */
} spot;

static str path_of(reader *r, str base, const char *name)
{
    return arena_printf(r->found->memory, "%.*s.%s", STR_ARG(base), name);
}

static void keep(reader *r, const spot *at, benefit_term term)
{
    if (r->n == BENEFIT_TERMS_MAX) {
        issues_add(r->found, S("benefit"), S("too_many"), "at most %d values", BENEFIT_TERMS_MAX);
        return;
    }
    const benefit_param *p = at->param;
    if (!p->needed && !at->listed && term.value == p->initial &&
        (p->min <= p->initial || p->type == BENEFIT_FLAG)) {
        return;
    }
    term.term = at->place;
    term.nth = at->nth;
    r->terms[r->n++] = term;
}

static void read_money(reader *r, const spot *at, const json *v)
{
    const json *amount = json_field(v, S("amount"));
    const json *code = json_field(v, S("currency"));
    issues *found = r->found;
    size_t before = found->n;
    if (json_kind_of(v) != JSON_KIND_OBJECT || json_count(v) != 2 || amount == NULL ||
        code == NULL) {
        issues_add(found, at->path, S("wrong_type"), "an object {amount, currency}, or a list");
        return;
    }
    if (json_kind_of(amount) != JSON_KIND_INT) {
        issues_add(found, path_of(r, at->path, "amount"), S("wrong_type"), "an integer");
    }
    str name = json_kind_of(code) == JSON_KIND_STR ? json_str(code) : S("");
    if (name.n == 0) {
        issues_add(found, path_of(r, at->path, "currency"), S("wrong_type"), "a string");
    } else if (!at->listed && r->currency.n > 0 && !str_eq(name, r->currency)) {
        issues_add(found, path_of(r, at->path, "currency"), S("not_allowed"),
                   "%.*s, the currency of the campaign", STR_ARG(r->currency));
    } else if (money_decimals(name) < 0) {
        issues_add(found, path_of(r, at->path, "currency"), S("not_allowed"),
                   "a code of ISO 4217 in capitals");
    }
    if (found->n == before) {
        bool own = r->currency.n > 0 ? str_eq(name, r->currency) : at->own;
        keep(r, at,
             (benefit_term){.value = json_int(amount),
                            .text = own ? S("") : arena_str(found->memory, name)});
    }
}

static void read_percent(reader *r, const spot *at, const json *v)
{
    int64_t millionths;
    if (json_kind_of(v) != JSON_KIND_STR) {
        issues_add(r->found, at->path, S("wrong_type"), "a string such as \"12.5\"");
    } else if (!percent_read(json_str(v), &millionths)) {
        issues_add(r->found, at->path, S("bad_format"),
                   "a decimal with at most 4 places, such as \"12.5\"");
    } else {
        keep(r, at, (benefit_term){.value = millionths});
    }
}

static void read_word(reader *r, const spot *at, const json *v)
{
    size_t n;
    const benefit_choice *all = benefit_choices(&n);
    uint8_t kind = at->place >= BENEFIT_COMMON_FIRST ? BENEFIT_KIND_COMMON : r->kind;
    str allowed = S("");
    for (size_t i = 0; i < n; i++) {
        if (all[i].kind != kind || all[i].place != at->place) {
            continue;
        }
        if (json_kind_of(v) == JSON_KIND_STR && str_eq(json_str(v), str_of(all[i].name))) {
            keep(r, at, (benefit_term){.value = all[i].number});
            return;
        }
        allowed = arena_printf(r->found->memory, "%.*s%s%s", STR_ARG(allowed),
                               allowed.n == 0 ? "" : ", ", all[i].name);
    }
    issues_add(r->found, at->path, S("not_allowed"), "one of: %.*s", STR_ARG(allowed));
}

static void read_text(reader *r, const spot *at, const json *v)
{
    str text = json_kind_of(v) == JSON_KIND_STR ? json_str(v) : S("");
    if (json_kind_of(v) != JSON_KIND_STR) {
        issues_add(r->found, at->path, S("wrong_type"), "a string");
    } else {
        keep(r, at, (benefit_term){.value = 1, .text = arena_str(r->found->memory, text)});
    }
}

static void read_list(reader *r, const spot *at, const json *v);

static void read_value(reader *r, const spot *at, const json *v)
{
    json_kind kind = json_kind_of(v);
    switch (at->param->type) {
    case BENEFIT_MONEY:
        for (size_t i = 0; kind == JSON_KIND_ARRAY && i < json_count(v); i++) {
            spot one = *at;
            one.path = arena_printf(r->found->memory, "%.*s[%zu]", STR_ARG(at->path), i);
            one.listed = true;
            one.own = i == 0;
            read_money(r, &one, json_at(v, i));
        }
        if (kind != JSON_KIND_ARRAY) {
            read_money(r, at, v);
        }
        return;
    case BENEFIT_PERCENT:
        read_percent(r, at, v);
        return;
    case BENEFIT_COUNT:
        if (kind == JSON_KIND_INT) {
            keep(r, at, (benefit_term){.value = json_int(v)});
        } else {
            issues_add(r->found, at->path, S("wrong_type"), "an integer");
        }
        return;
    case BENEFIT_WORD:
        read_word(r, at, v);
        return;
    case BENEFIT_FLAG:
        if (kind == JSON_KIND_BOOL) {
            keep(r, at, (benefit_term){.value = json_bool(v)});
        } else {
            issues_add(r->found, at->path, S("wrong_type"), "true or false");
        }
        return;
    case BENEFIT_TEXT:
        read_text(r, at, v);
        return;
    case BENEFIT_LIST:
        read_list(r, at, v);
        return;
    case BENEFIT_NONE:
        break;
    }
    UNREACHABLE();
}

static uint8_t place_of(reader *r, str name, bool field)
{
    for (uint8_t place = 1; place < BENEFIT_PLACES; place++) {
        const benefit_param *p = benefit_param_at(r->kind, place);
        if (p->type != BENEFIT_NONE && p->field == field && str_eq(str_of(p->name), name)) {
            return place;
        }
    }
    return 0;
}

static void say_unknown(reader *r, str path, bool field)
{
    str known = field ? S("") : S("kind");
    for (uint8_t place = 1; place < BENEFIT_PLACES; place++) {
        const benefit_param *p = benefit_param_at(r->kind, place);
        if (p->type != BENEFIT_NONE && p->field == field) {
            known = arena_printf(r->found->memory, "%.*s%s%s", STR_ARG(known),
                                 known.n == 0 ? "" : ", ", p->name);
        }
    }
    issues_add(r->found, path, S("unknown_field"), "the fields here are: %.*s", STR_ARG(known));
}

/* The members of the benefit (nth 0) or of an object in its list. */
static void read_members(reader *r, str base, uint16_t nth, const json *v)
{
    bool field = nth > 0;
    void *iterator = NULL;
    str name;
    const json *value;
    while (json_next(v, &iterator, &name, &value)) {
        spot at = {.place = place_of(r, name, field), .nth = nth};
        at.path = arena_printf(r->found->memory, "%.*s.%.*s", STR_ARG(base), STR_ARG(name));
        at.param = benefit_param_at(r->kind, at.place);
        at.own = true;
        if (at.place != 0) {
            read_value(r, &at, value);
        } else if (field || !str_eq(name, S("kind"))) {
            say_unknown(r, at.path, field);
        }
    }
    for (uint8_t place = 1; place < BENEFIT_PLACES; place++) {
        const benefit_param *p = benefit_param_at(r->kind, place);
        if (p->type != BENEFIT_NONE && p->needed && p->field == field &&
            json_field(v, str_of(p->name)) == NULL) {
            issues_add(r->found, path_of(r, base, p->name), S("required"),
                       "this field must be present");
        }
    }
}

static void read_list(reader *r, const spot *at, const json *v)
{
    size_t n = json_count(v);
    if (json_kind_of(v) != JSON_KIND_ARRAY) {
        issues_add(r->found, at->path, S("wrong_type"), "an array");
        return;
    }
    if (n < (size_t)at->param->min || n > (size_t)at->param->max) {
        issues_add(r->found, at->path, n < (size_t)at->param->min ? S("too_few") : S("too_many"),
                   "%lld to %lld items", (long long)at->param->min, (long long)at->param->max);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        str path = arena_printf(r->found->memory, "%.*s[%zu]", STR_ARG(at->path), i);
        if (json_kind_of(json_at(v, i)) == JSON_KIND_OBJECT) {
            read_members(r, path, (uint16_t)(i + 1), json_at(v, i));
        } else {
            issues_add(r->found, path, S("wrong_type"), "an object");
        }
    }
}

static int term_cmp(const void *a, const void *b)
{
    const benefit_term *x = a, *y = b;
    if (x->nth != y->nth) {
        return x->nth < y->nth ? -1 : 1;
    }
    return x->term != y->term ? (x->term < y->term ? -1 : 1) : str_cmp(x->text, y->text);
}

static uint8_t kind_named(const json *name)
{
    for (uint8_t kind = 1; json_kind_of(name) == JSON_KIND_STR && kind < BENEFIT_KIND_COUNT;
         kind++) {
        if (str_eq(benefit_kind_name(kind), json_str(name))) {
            return kind;
        }
    }
    return 0;
}

void benefit_parse(const json *from, str currency, benefit *out, issues *found)
{
    *out = (benefit){0};
    size_t before = found->n + found->dropped;
    if (json_kind_of(from) != JSON_KIND_OBJECT) {
        issues_add(found, S("benefit"), S("wrong_type"), "an object");
        return;
    }
    const json *name = json_field(from, S("kind"));
    reader r = {.kind = kind_named(name), .currency = currency, .found = found};
    if (r.kind == 0) {
        issues_add(found, S("benefit.kind"), name == NULL ? S("required") : S("not_allowed"),
                   "a kind of benefit that is known");
        return;
    }
    r.terms = ARENA_ARRAY(found->memory, benefit_term, BENEFIT_TERMS_MAX);
    read_members(&r, S("benefit"), 0, from);
    if (r.n > 0) {
        qsort(r.terms, r.n, sizeof(*r.terms), term_cmp);
    }
    *out = (benefit){.kind = r.kind, .terms = r.terms, .n = r.n};
    benefit_check_values(out, found);
    if (found->n + found->dropped == before) {
        benefit_check_whole(out, found);
    }
}
