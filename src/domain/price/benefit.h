/* Benefits: the parameters of a kind as rows, as JSON and compiled. kind.def says what there is.
 *
 * The stored form is canonical: terms in the order of (nth, place, currency), none that equals its
 * default, the campaign's own currency as "". So equal benefits are equal rows. An amount may be
 * listed in several currencies; then every amount of the benefit is, in the same ones, the
 * campaign's among them. Not of a stored value: what is left of it is counted in one. A benefit
 * without amounts is good in the campaign's currency, or where it says so in any. */
#ifndef QUAN_DOMAIN_PRICE_BENEFIT_H
#define QUAN_DOMAIN_PRICE_BENEFIT_H

#include "base/issues.h"
#include "base/json.h"
#include "domain/table.gen.h"

enum {
    BENEFIT_PLACES = 24,         /* one above the highest place */
    BENEFIT_COMMON_FIRST = 16,   /* places from here are those of every kind */
    BENEFIT_ITEMS_MAX = 20,      /* objects in a list */
    BENEFIT_FIELDS_MAX = 4,      /* members of such an object */
    BENEFIT_CURRENCIES_MAX = 10, /* in which an amount is listed */
    BENEFIT_TERMS_MAX = 512,
    BENEFIT_TEXT_MAX = 64,         /* bytes of a sku */
    BENEFIT_PERCENT_ONE = 1000000, /* 100 %, in millionths */
};
enum { BENEFIT_KIND_COMMON = 0 };

typedef enum benefit_type {
    BENEFIT_NONE, /* there is no such parameter */
    BENEFIT_MONEY,
    BENEFIT_PERCENT,
    BENEFIT_COUNT,
    BENEFIT_WORD,
    BENEFIT_FLAG,
    BENEFIT_TEXT,
    BENEFIT_LIST,
} benefit_type;

typedef struct benefit_param {
    benefit_type type;
    bool field; /* of the objects in the kind's list */
    bool needed;
    int64_t initial, min, max;
    const char *name, *text;
} benefit_param;

typedef struct benefit_choice {
    uint8_t kind, place, number;
    const char *name, *text;
} benefit_choice;

/* TERM_<KIND>_<NAME>: the places. */
enum benefit_place {
#define KIND(number, NAME, name, text)
#define PARAM(KIND, place, NAME, name, TYPE, need, initial, min, max, text)                        \
    TERM_##KIND##_##NAME = (place),
#define FIELD(KIND, place, NAME, name, TYPE, need, initial, min, max, text)                        \
    TERM_##KIND##_##NAME = (place),
#define CHOICE(KIND, place, number, NAME, name, text)
#include "domain/price/kind.def"
#undef KIND
#undef PARAM
#undef FIELD
#undef CHOICE
};
/* WORD_<KIND>_<NAME>: the choices of the kind's WORD parameters; alike where names are. */
enum benefit_word {
#define KIND(number, NAME, name, text)
#define PARAM(KIND, place, NAME, name, TYPE, need, initial, min, max, text)
#define FIELD(KIND, place, NAME, name, TYPE, need, initial, min, max, text)
#define CHOICE(KIND, place, number, NAME, name, text) WORD_##KIND##_##NAME = (number),
#include "domain/price/kind.def"
#undef KIND
#undef PARAM
#undef FIELD
#undef CHOICE
};

/* The parameter of a kind at a place; type BENEFIT_NONE when there is none. Any numbers. */
const benefit_param *benefit_param_at(uint8_t kind, uint8_t place);
const char *benefit_kind_text(uint8_t kind); /* NULL: no such kind; COMMON is one */
const benefit_choice *benefit_choices(size_t *n);
/* The place of the kind's list; 0: it has none. */
uint8_t benefit_list_of(uint8_t kind);

typedef struct benefit {
    uint8_t kind;
    benefit_term *terms;
    size_t n;
} benefit;

/* What is wrong with a stored benefit; field names begin with "benefit". First the kind and each
 * value by itself; then, where these are right, whether they are complete, canonical and make sense
 * together. */
void benefit_check(const benefit *b, issues *found);
void benefit_check_values(const benefit *b, issues *found);
void benefit_check_whole(const benefit *b, issues *found);
/* Reads JSON, "benefit" being its place in the input; complete, canonical and right when found gets
 * nothing new. Memory of found. currency: the campaign's; empty: not known, an amount by itself and
 * the first of a list are taken to be in it. Codes: wrong_type, unknown_field,
 * required, not_allowed, out_of_range, bad_format, too_few, too_many, duplicate. */
void benefit_parse(const json *from, str currency, benefit *out, issues *found);
/* The canonical JSON of a right benefit. */
void benefit_write(const benefit *b, str currency, json_writer *w);

/* Compiled: what a kind reads. v[place]; the objects of the list by place - place of the list - 1;
 * text: of the kind's TEXT parameter and those of the objects. Absent: its default. */
typedef struct benefit_values {
    const int64_t *v;
    const int64_t (*items)[BENEFIT_FIELDS_MAX];
    const str *texts; /* [item_count] */
    size_t item_count;
    str text;
} benefit_values;

typedef struct benefit_form {
    uint32_t currency_count;
    const str *currencies;        /* [0] is "": the campaign's */
    const benefit_values *values; /* [currency_count] */
} benefit_form;

/* Bytes that benefit_build needs, for a right benefit. */
size_t benefit_size(const benefit *b);
/* memory is zeroed and aligned like max_align_t; keeps no pointer into b. */
void benefit_build(const benefit *b, void *memory, benefit_form *out);

#endif
