/* JSON in and out.
 *
 * Reading: strict (RFC 8259, UTF-8, no duplicate keys, depth <= JSON_DEPTH_MAX, no \u0000, integers
 * exact in int64 and malformed beyond it; a number with a fraction or exponent is JSON_KIND_REAL,
 * which no field of ours accepts). The tree is immutable and lives until json_free.
 * Writing: straight into a buf; the writer places commas, the caller balances begin and end.
 *
 * Names here stay clear of jansson's (JSON_STRING, json_string …), which tests link beside. */
#ifndef QUAN_BASE_JSON_H
#define QUAN_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/result.h"
#include "base/str.h"

enum { JSON_DEPTH_MAX = 64 };

typedef struct json json; /* a value in a parsed tree */
typedef enum json_kind {
    JSON_KIND_NULL,
    JSON_KIND_BOOL,
    JSON_KIND_INT,
    JSON_KIND_REAL,
    JSON_KIND_STR,
    JSON_KIND_ARRAY,
    JSON_KIND_OBJECT,
} json_kind;

/* R_DONE, or R_MALFORMED with a sentence (line, column, why) written into *why when it is not NULL.
 * *out is NULL when it is not R_DONE. */
MUST_USE result json_parse(str text, json **out, buf *why);
void json_free(json *root);            /* the root only; NULL is allowed */
json_kind json_kind_of(const json *v); /* NULL pointer: JSON_KIND_NULL */
/* These three CHECK the kind: ask json_kind_of first. */
bool json_bool(const json *v);
int64_t json_int(const json *v);
str json_str(const json *v); /* UTF-8 without NUL; as long as the tree */
/* These three take a value of any kind and NULL: what has no members has none. */
size_t json_count(const json *v);                 /* of an array or object */
const json *json_at(const json *v, size_t index); /* of an array; NULL beyond its end; walks */
/* The item behind `at`, the first one for NULL; NULL at the end and for what is no array. */
const json *json_item_next(const json *array, const json *at);
const json *json_field(const json *v, str name); /* of an object; NULL when absent */
/* Walks an object in order of appearance: start with *iterator = NULL; false at the end (at once
 * for a value that is not an object). Do not go on after false. */
bool json_next(const json *object, void **iterator, str *name, const json **value);
/* Appends the value as compact JSON that json_parse reads as the same value. */
void json_text(const json *v, buf *out);

typedef struct json_writer {
    buf *out;
    bool need_comma;
} json_writer;

json_writer json_writer_on(buf *out);
void json_begin_object(json_writer *w);
void json_end_object(json_writer *w);
void json_begin_array(json_writer *w);
void json_end_array(json_writer *w);
void json_key(json_writer *w, str name);    /* escaped like json_put_str */
void json_key_raw(json_writer *w, str key); /* taken as it is: "\"name\":" */
void json_put_str(json_writer *w, str s);   /* escapes; invalid UTF-8 is replaced by U+FFFD */
void json_put_plain(json_writer *w, str s); /* in quotes; has nothing to escape, like an id */
void json_put_i64(json_writer *w, int64_t v);
void json_put_u64(json_writer *w, uint64_t v);
void json_put_bool(json_writer *w, bool v);
void json_put_null(json_writer *w);
void json_put_time(json_writer *w, int64_t at_ms); /* as time_write, in quotes */
void json_put_raw(json_writer *w, str json_text);  /* one value, taken as it is */

#endif
