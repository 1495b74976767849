/* gen_api: what its files share.
 *
 *   gen_api_yaml.c       text to nodes, references between files
 *   gen_api_schema.c     schemas to types
 *   gen_api_pattern.c    patterns to atoms
 *   gen_api_operation.c  paths to operations
 *   gen_api_wire.c       writes wire.gen.h and wire.gen.c
 *   gen_api_route.c      writes route.gen.h and route.gen.c
 *   gen_api_bundle.c     the whole spec as one JSON document
 *   gen_api_docs.c       the reference page
 *
 * The first mistake of a spec ends the run: `file:line: message` on stderr, exit status 1, and no
 * output is touched. Memory is never given back: a run is short. */
#ifndef QUAN_TOOLS_GEN_API_H
#define QUAN_TOOLS_GEN_API_H

#include <stdint.h>

#include "api/wire.h"
#include "base/arena.h"
#include "base/buf.h"

enum {
    GEN_FILES_MAX = 64,
    GEN_TYPES_MAX = 300,
    GEN_WORDS_MAX = 200,
    GEN_FIELDS_MAX = WIRE_FIELDS_MAX,
    GEN_OPERATIONS_MAX = 200,
    GEN_CODES_MAX = 40,
    GEN_SEGMENTS_MAX = 16,
    GEN_ATOMS_MAX = 32,
    GEN_OUTPUT_MAX = 16 * 1024 * 1024,
    GEN_BODY_MAX_DEFAULT = 65536
};

/* ---- nodes ---- */
typedef enum node_kind { NODE_NULL, NODE_BOOL, NODE_INT, NODE_STR, NODE_LIST, NODE_MAP } node_kind;
typedef struct node node;
typedef struct node_item {
    str key; /* empty in a list */
    const node *value;
} node_item;
struct node {
    node_kind kind;
    const char *file; /* for messages */
    int line;
    str text;       /* of a scalar, as written */
    int64_t number; /* of INT and BOOL */
    size_t n;
    node_item *items;
};

extern arena *gen_memory;

_Noreturn void gen_fail(const node *at, const char *format, ...) PRINTF_LIKE(2, 3);
const node *yaml_load(str directory, str file);         /* the same node for the same file */
const node *node_get(const node *map, const char *key); /* NULL when there is none */
/* These fail when the value is absent (at names the map) or of another kind. */
const node *node_need(const node *map, const char *key, node_kind kind);
str node_text(const node *map, const char *key); /* "" when absent */
void node_is(const node *n, node_kind kind, const char *what);
/* Fails unless every key of the map is one of the words in keys (separated by spaces). */
void node_keys(const node *map, const char *what, const char *keys);

/* The target of {$ref: …}, or n itself. name is filled with the last token of the reference, empty
 * where there is none; section with the one before ("schemas"). */
const node *ref_follow(const node *n, str *section, str *name);

/* ---- schemas ---- */
typedef struct gen_words {
    str name;  /* of the C type, without wire_ */
    str table; /* enum of table.def, or empty */
    bool all;  /* it must have all values of the table's */
    size_t n;
    str *names;
} gen_words;

typedef struct gen_type gen_type;
typedef struct gen_value gen_value;
struct gen_value {
    wire_kind kind;
    id_kind id;
    int64_t min, max;
    bool has_min, has_max;
    uint32_t max_bytes;
    bool any_text;
    bool nullable; /* a time */
    str pattern;
    size_t atom_count;
    wire_atom atoms[GEN_ATOMS_MAX];
    const gen_words *words;
    const gen_type *type;
    gen_value *element;
    str raw;             /* of RAW: who checks it */
    const node *initial; /* the default; NULL: none */
    str schema;          /* name of the schema that was referred to, or empty */
    str doc;
    const node *source;
};

typedef struct gen_field {
    str name, c_name;
    bool required;
    gen_value value;
} gen_field;

typedef struct gen_variant {
    str name; /* value of the discriminator, or the property that tells */
    const gen_type *type;
} gen_variant;

struct gen_type {
    str name;
    str doc;
    const node *source;
    size_t min_fields;
    size_t n;
    gen_field fields[GEN_FIELDS_MAX];
    str discriminator;     /* its own field is not among the fields */
    const gen_words *tags; /* of a union */
    size_t variant_count;
    gen_variant variants[GEN_FIELDS_MAX];
    int state; /* while types are made: for finding cycles */
};

extern gen_type *gen_types[GEN_TYPES_MAX]; /* what a type is made of comes before it */
extern size_t gen_type_count;
extern gen_words *gen_words_all[GEN_WORDS_MAX];
extern size_t gen_words_count;

/* The type of an object or union schema, made at the first request. */
gen_type *schema_type(const node *schema, str name);
/* Fills value from a schema or a reference; context names inline enums ("hold_state"). */
void schema_value(const node *schema, str context, gen_value *value);
/* Fails where anything that a request can carry has no bound. */
void schema_bounded(const gen_type *type);
void schema_field_bounded(const gen_field *field);
str gen_upper(str s);
str gen_c_name(str s); /* with '_' behind a word of C */

/* ---- patterns ---- */
void pattern_parse(const node *at, str text, gen_value *value);

/* ---- operations ---- */
typedef struct gen_operation {
    str id, method, path, tag, summary, doc, scope;
    const node *source;
    bool needs_key, needs_match, takes_position;
    gen_type *parameters; /* those of the path first, in its order; NULL: none */
    size_t path_parameters;
    gen_type *body; /* NULL: none */
    bool body_required;
    int64_t body_max;
    size_t code_count;
    str codes[GEN_CODES_MAX];
    const node *responses;
    size_t segment_count;
    str segments[GEN_SEGMENTS_MAX]; /* "v1", "{campaign}" */
} gen_operation;

extern gen_operation gen_operations[GEN_OPERATIONS_MAX]; /* in the order of the spec */
extern size_t gen_operation_count;

void operations_load(const node *root);

/* ---- outputs ---- */
void emit_wire_header(buf *out);
void emit_wire_code(buf *out);
void emit_route_header(buf *out);
void emit_route_code(buf *out);
void emit_bundle(const node *root, buf *out); /* JSON */
void emit_bundle_code(const node *root, str spec, buf *out);
void emit_schema_code(str schema, buf *out);
void emit_docs(const node *root, buf *out);

#endif
