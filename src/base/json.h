/* JSON in and out.
 *
 * Reading: strict (RFC 8259, UTF-8, no duplicate keys, depth <= JSON_DEPTH_MAX, integers exact in int64, a number with a
 * fraction or exponent stays a json_kind REAL that no field of ours accepts). The tree lives until json_free.
 * Writing: straight into a buf; the writer places commas, the caller balances begin and end. */
#ifndef QUAN_BASE_JSON_H
#define QUAN_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/result.h"
#include "base/str.h"

enum { JSON_DEPTH_MAX = 64 };

typedef struct json json; /* a value in a parsed tree */
typedef enum json_kind { JSON_NULL, JSON_BOOL, JSON_INT, JSON_REAL, JSON_STRING, JSON_ARRAY, JSON_OBJECT } json_kind;

/* R_OK, or R_MALFORMED with a sentence (line, column, why) written into *why when it is not NULL. */
MUST_USE result json_parse(str text, json **out, buf *why);
void json_free(json *root);               /* the root only; NULL is allowed */
json_kind json_kind_of(const json *v);    /* NULL pointer: JSON_NULL */
bool json_bool(const json *v);
int64_t json_int(const json *v);
str json_string(const json *v);           /* may contain no NUL */
size_t json_count(const json *v);         /* of an array or object */
const json *json_at(const json *v, size_t index);
const json *json_field(const json *v, str name);  /* NULL when absent */
/* Walks an object in order of appearance: start with *iterator = NULL; false at the end. */
bool json_next(const json *object, void **iterator, str *name, const json **value);

typedef struct json_writer {
    buf *out;
    bool need_comma;
} json_writer;

json_writer json_writer_on(buf *out);
void json_begin_object(json_writer *w);
void json_end_object(json_writer *w);
void json_begin_array(json_writer *w);
void json_end_array(json_writer *w);
void json_key(json_writer *w, str name);
void json_put_str(json_writer *w, str s);   /* escapes; invalid UTF-8 is replaced by U+FFFD */
void json_put_i64(json_writer *w, int64_t v);
void json_put_u64(json_writer *w, uint64_t v);
void json_put_bool(json_writer *w, bool v);
void json_put_null(json_writer *w);
void json_put_time(json_writer *w, int64_t at_ms);
void json_put_raw(json_writer *w, str json_text);

#endif
