/* JSON in: text to a tree. See json.h; writing is in json_write.c.
 *
 * One pass over a copy of the text, which the tree keeps: a string is a slice of the copy, where
 * its escapes were replaced in place. The nodes stand in one array in order of appearance, so a
 * node's first member is the node behind it. What is refused, where and in which words is as
 * jansson 2.14 has it; json_fuzz compares. One difference: a NUL behind a number or a word is
 * refused, which jansson passes over. */
#include "base/json.h"

#include <stdlib.h>

#include "base/json_token.h"

enum {
    NAMES_LINEAR = 16, /* so many names of an object are compared one by one */
    NODES_FIRST = 8,
    BYTES_A_NODE = 16, /* a guess to begin with */
};

struct json {
    json_kind kind;
    uint32_t next;     /* so many nodes further is the next sibling; 0: there is none */
    uint32_t n;        /* members: they follow, the first one at once */
    uint32_t name_end; /* in the text, behind the name */
    str name;
    union {
        str text; /* of a string; of a real number as it was written */
        int64_t number;
        bool truth;
    } of;
};

/* ---- the tree ---- */

static size_t add_node(json_reader *r)
{
    if (r->n == r->capacity) {
        r->capacity *= 2;
        r->nodes = realloc(r->nodes, r->capacity * sizeof *r->nodes); /* json_free frees it */
        CHECK(r->nodes != NULL);
    }
    r->nodes[r->n] = (json){.kind = JSON_KIND_NULL};
    return r->n++;
}

/* A further member; *last is the one before it. */
static size_t add_member(json_reader *r, size_t of, size_t *last)
{
    size_t made = add_node(r);
    if (r->nodes[of].n++ > 0)
        r->nodes[*last].next = (uint32_t)(made - *last);
    *last = made;
    return made;
}

static bool has_nul(str s)
{
    return s.n > 0 && memchr(s.p, '\0', s.n) != NULL;
}

typedef struct named {
    str name;
    size_t end;
} named;

static int by_name(const void *a, const void *b)
{
    const named *x = a, *y = b;
    int order = str_cmp(x->name, y->name);
    return order != 0 ? order : x->end < y->end ? -1 : 1;
}

/* Of an object with many members: the first name that was there before has failed, also when
 * something behind it was found earlier. */
static bool names_differ(json_reader *r, size_t object)
{
    size_t n = r->nodes[object].n;
    named *all = malloc(n * sizeof *all); /* freed below */
    CHECK(all != NULL);
    const json *v = &r->nodes[object + 1];
    for (size_t i = 0; i < n; i++, v += v->next)
        all[i] = (named){v->name, v->name_end};
    qsort(all, n, sizeof *all, by_name);
    size_t first = SIZE_MAX;
    for (size_t i = 1; i < n; i++) {
        if (str_eq(all[i - 1].name, all[i].name) && all[i].end < first)
            first = all[i].end;
    }
    free(all);
    if (first == SIZE_MAX)
        return true;
    if (!r->failed || first <= r->failed_at) {
        r->failed = false;
        json_fail(r, "duplicate object key");
        r->failed_at = first;
    }
    return false;
}

static bool read_value(json_reader *r, size_t at);

static bool read_name(json_reader *r, size_t object, size_t *last)
{
    if (r->token != JSON_TOKEN_STR)
        return json_fail(r, "string or '}' expected");
    if (has_nul(r->text))
        return json_fail(r, "NUL byte in object key not supported");
    if (r->nodes[object].n < NAMES_LINEAR && json_field(&r->nodes[object], r->text) != NULL)
        return json_fail(r, "duplicate object key");
    size_t member = add_member(r, object, last);
    r->nodes[member].name = r->text;
    r->nodes[member].name_end = (uint32_t)(r->at - r->begin);
    json_advance(r);
    return r->token == ':' || json_fail(r, "':' expected");
}

static bool read_members(json_reader *r, size_t object)
{
    size_t last = 0;
    json_advance(r);
    if (r->token == '}')
        return true;
    while (read_name(r, object, &last)) {
        json_advance(r);
        if (!read_value(r, last))
            return false;
        json_advance(r);
        if (r->token != ',')
            return r->token == '}' || json_fail(r, "'}' expected");
        json_advance(r);
    }
    return false;
}

static bool read_object(json_reader *r, size_t object)
{
    r->nodes[object].kind = JSON_KIND_OBJECT;
    bool good = read_members(r, object);
    return (r->nodes[object].n <= NAMES_LINEAR || names_differ(r, object)) && good;
}

static bool read_array(json_reader *r, size_t array)
{
    size_t last = 0;
    r->nodes[array].kind = JSON_KIND_ARRAY;
    json_advance(r);
    if (r->token == ']')
        return true;
    while (r->token != JSON_TOKEN_END) {
        size_t item = add_member(r, array, &last);
        if (!read_value(r, item))
            return false;
        json_advance(r);
        if (r->token != ',')
            break;
        json_advance(r);
    }
    return r->token == ']' || json_fail(r, "']' expected");
}

/* The value that begins with the token, into the node. */
static bool read_value(json_reader *r, size_t at)
{
    json *v = &r->nodes[at];
    switch (r->token) {
    case '{':
    case '[':
        if (r->depth == JSON_DEPTH_MAX)
            return json_fail(r, "too deep");
        r->depth++;
        if (!(r->token == '{' ? read_object(r, at) : read_array(r, at)))
            return false;
        r->depth--;
        return true;
    case JSON_TOKEN_STR:
        v->kind = JSON_KIND_STR;
        v->of.text = r->text;
        return !has_nul(r->text) || json_fail(r, "\\u0000 is not allowed without JSON_ALLOW_NUL");
    case JSON_TOKEN_INT:
        v->kind = JSON_KIND_INT;
        v->of.number = r->number;
        return true;
    case JSON_TOKEN_REAL:
        v->kind = JSON_KIND_REAL;
        v->of.text = r->text;
        return true;
    case JSON_TOKEN_TRUE:
    case JSON_TOKEN_FALSE:
        v->kind = JSON_KIND_BOOL;
        v->of.truth = r->token == JSON_TOKEN_TRUE;
        return true;
    case JSON_TOKEN_NULL:
        return true;
    case JSON_TOKEN_INVALID:
        return json_fail(r, "invalid token");
    default:
        return json_fail(r, "unexpected token");
    }
}

/* ---- places ---- */

/* The first bracket that opens level JSON_DEPTH_MAX + 1, NULL when there is none. Brackets inside
 * strings do not count; it is asked about text that is refused, whatever is wrong with it. */
static const char *too_deep(str text)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > JSON_DEPTH_MAX)
                return text.p + i;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return NULL;
}

/* The place of the last of n bytes: line from 1, column from 1, in characters. */
static void say(buf *why, str text, size_t n, const char *what)
{
    int line = 1;
    int column = 0;
    if (why == NULL)
        return;
    for (size_t i = 0; i < n; i++) {
        if (text.p[i] == '\n') {
            line++;
            column = 0;
        } else if (((uint8_t)text.p[i] & 0xC0) != 0x80) {
            column++;
        }
    }
    buf_printf(why, "line %d, column %d: %s", line, column, what);
}

static void say_why(const json_reader *r, str text, buf *why)
{
    const char *deep = too_deep(text);
    if (deep != NULL)
        say(why, text, (size_t)(deep - text.p) + 1, "nested deeper than 64 levels");
    else
        say(why, text, r->failed_at, r->reason);
}
_Static_assert(JSON_DEPTH_MAX == 64, "the sentence above names the limit");

/* ---- the whole ---- */

static bool read_root(json_reader *r)
{
    size_t holder = add_node(r), root = add_node(r);
    r->nodes[holder].of.text = (str){r->begin, (size_t)(r->end - r->begin)};
    json_advance(r);
    if (!read_value(r, root))
        return false;
    json_advance(r);
    return r->token == JSON_TOKEN_END || json_fail(r, "end of file expected");
}

result json_parse(str text, json **out, buf *why)
{
    *out = NULL;
    CHECK(text.n < UINT32_MAX);
    json_reader r = {.capacity = NODES_FIRST + text.n / BYTES_A_NODE};
    r.begin = malloc(text.n + 1);                   /* json_free frees both */
    r.nodes = malloc(r.capacity * sizeof *r.nodes); /* freed by json_free */
    CHECK(r.begin != NULL && r.nodes != NULL);
    if (text.n > 0)
        memcpy(r.begin, text.p, text.n);
    r.at = r.begin;
    r.end = r.begin + text.n;
    *r.end = '\0';
    bool good = read_root(&r);
    *out = r.nodes + 1;
    if (good)
        return R_DONE;
    say_why(&r, text, why);
    json_free(*out);
    *out = NULL;
    return R_MALFORMED;
}

void json_free(json *root)
{
    if (root == NULL)
        return;
    json *holder = root - 1;
    free((char *)(uintptr_t)holder->of.text.p);
    free(holder);
}

json_kind json_kind_of(const json *v)
{
    return v == NULL ? JSON_KIND_NULL : v->kind;
}

bool json_bool(const json *v)
{
    CHECK(json_kind_of(v) == JSON_KIND_BOOL);
    return v->of.truth;
}

int64_t json_int(const json *v)
{
    CHECK(json_kind_of(v) == JSON_KIND_INT);
    return v->of.number;
}

str json_str(const json *v)
{
    CHECK(json_kind_of(v) == JSON_KIND_STR);
    return v->of.text;
}

size_t json_count(const json *v)
{
    return v == NULL ? 0 : v->n;
}

const json *json_item_next(const json *array, const json *at)
{
    if (json_kind_of(array) != JSON_KIND_ARRAY)
        return NULL;
    if (at == NULL)
        return array->n == 0 ? NULL : array + 1;
    return at->next == 0 ? NULL : at + at->next;
}

const json *json_at(const json *v, size_t index)
{
    const json *at = json_item_next(v, NULL);
    while (at != NULL && index-- > 0)
        at = json_item_next(v, at);
    return at;
}

const json *json_field(const json *v, str name)
{
    if (json_kind_of(v) != JSON_KIND_OBJECT)
        return NULL;
    const json *at = v + 1;
    for (size_t i = 0; i < v->n; i++, at += at->next) {
        if (str_eq(at->name, name))
            return at;
    }
    return NULL;
}

static void write_value(json_writer *w, const json *v)
{
    const json *at = v + 1;
    switch (v->kind) {
    case JSON_KIND_NULL:
        json_put_null(w);
        return;
    case JSON_KIND_BOOL:
        json_put_bool(w, v->of.truth);
        return;
    case JSON_KIND_INT:
        json_put_i64(w, v->of.number);
        return;
    case JSON_KIND_REAL:
        json_put_raw(w, v->of.text);
        return;
    case JSON_KIND_STR:
        json_put_str(w, v->of.text);
        return;
    case JSON_KIND_ARRAY:
        json_begin_array(w);
        for (size_t i = 0; i < v->n; i++, at += at->next)
            write_value(w, at);
        json_end_array(w);
        return;
    case JSON_KIND_OBJECT:
        json_begin_object(w);
        for (size_t i = 0; i < v->n; i++, at += at->next) {
            json_key(w, at->name);
            write_value(w, at);
        }
        json_end_object(w);
        return;
    }
    UNREACHABLE();
}

void json_text(const json *v, buf *out)
{
    json_writer w = json_writer_on(out);
    write_value(&w, v);
}

bool json_next(const json *object, void **iterator, str *name, const json **value)
{
    if (json_kind_of(object) != JSON_KIND_OBJECT || object->n == 0)
        return false;
    const json *before = *iterator;
    if (before != NULL && before->next == 0)
        return false;
    const json *at = before == NULL ? object + 1 : before + before->next;
    *iterator = (void *)(uintptr_t)at;
    *name = at->name;
    *value = at;
    return true;
}
