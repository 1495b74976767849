/* Wire structs: what requests and answers are made of, described by tables.
 *
 * tools/gen_api makes a C struct and a wire_type of every schema of api/ (wire.gen.h); this file
 * knows only these descriptions. Reading is strict and reports every problem of an input; what it
 * accepts keeps every constraint of the schema. Writing trusts its struct.
 *
 * Memory forms: bool; int64_t (integers, times in ms, days are int32_t); str; uint64_t (ids); a C
 * enum; a nested struct; {T *items; size_t n} for an array; a str of JSON for what is raw. An
 * optional field has a bool has_NAME
 * beside it; without it the field holds its default, or zero. */
#ifndef QUAN_API_WIRE_H
#define QUAN_API_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "base/issues.h"
#include "base/json.h"
#include "base/str.h"

enum { WIRE_ALWAYS = UINT16_MAX, WIRE_FIELDS_MAX = 64 };
#define WIRE_TIME_NULL INT64_MIN

typedef enum wire_kind {
    WIRE_BOOL,
    WIRE_INT,
    WIRE_STR,
    WIRE_TIME, /* RFC 3339 */
    WIRE_DAY,  /* YYYY-MM-DD */
    WIRE_ID,
    WIRE_ENUM,
    WIRE_OBJECT, /* also a union */
    WIRE_ARRAY,
    WIRE_RAW /* x-quan-raw: any JSON, kept as text; another part of Quan reads it */
} wire_kind;

typedef struct wire_type wire_type;
typedef struct wire_value wire_value;

typedef struct wire_words {
    size_t n;
    const str *names;
    const int *values; /* of the C enum */
} wire_words;

/* A pattern is a sequence of atoms, each a set of ASCII characters, so many times. The generator
 * refuses one where taking as many as possible could miss a match. */
typedef struct wire_atom {
    uint64_t set[2]; /* bit c & 63 of set[c >> 6] */
    uint32_t min, max;
} wire_atom;
typedef struct wire_pattern {
    str text; /* as in the schema */
    size_t n;
    const wire_atom *atoms;
} wire_pattern;

struct wire_value {
    wire_kind kind;
    id_kind id;
    uint32_t size;      /* of the memory form */
    uint32_t max_bytes; /* text only; 0: no bound */
    bool any_text;      /* with control characters, too: each is looked at behind the wire */
    bool nullable;      /* a time that may be null: WIRE_TIME_NULL */
    int64_t min, max;   /* of the number, of the characters of a text, of the items of an array */
    const wire_pattern *pattern;
    const wire_words *words;
    const wire_type *type;
    const wire_value *element;
    void (*raw)(const json *v, issues *problems); /* checks what is raw, as far as it can */
};

typedef struct wire_field {
    str name, key; /* key: "name": as JSON is written with it */
    uint16_t offset;
    uint16_t has;    /* offset of has_NAME; WIRE_ALWAYS: required */
    int64_t initial; /* default of a bool, integer or enum */
    const char *doc; /* of the schema, as one line; for the help of the command line */
    wire_value value;
} wire_field;

typedef struct wire_variant {
    str name;  /* value of the discriminator; without one, the property that tells */
    int value; /* of the tag */
    const wire_type *type;
} wire_variant;

/* An object, or a union: {enum tag; union {…}} whose variants are objects. */
struct wire_type {
    str name;
    uint16_t size;
    uint16_t min_fields; /* at least so many must be present */
    uint16_t n;
    const wire_field *fields;
    uint16_t variant_count; /* 0: an object */
    uint16_t variant_offset;
    str discriminator; /* empty: a property that only one variant has tells which it is */
    const wire_variant *variants;
};

typedef struct wire_str_list {
    str *items;
    size_t n;
} wire_str_list;
typedef struct wire_id_list {
    uint64_t *items;
    size_t n;
} wire_id_list;
typedef struct wire_int_list {
    int64_t *items;
    size_t n;
} wire_int_list;

/* Fills out (t->size bytes, zeroed by the caller) from v. It is complete when problems stays
 * empty. Text and arrays are put into the arena of problems; v may be freed afterwards. Codes:
 * required, unknown_field, wrong_type, out_of_range, too_short, too_long, too_few, too_many,
 * bad_format, not_allowed. */
void wire_read(const wire_type *t, const json *v, void *out, issues *problems);
/* One parameter of a path, query or header: t's field f, as text. */
void wire_read_text(const wire_field *f, str text, void *out, issues *problems);
/* Gives the optional fields of t their defaults; wire_read does so itself. */
void wire_defaults(const wire_type *t, void *out);
const wire_field *wire_field_find(const wire_type *t, str name); /* NULL when there is none */

void wire_write(const wire_type *t, const void *in, json_writer *w);

bool wire_pattern_matches(const wire_pattern *p, str s);

#endif
