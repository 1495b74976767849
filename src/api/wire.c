/* JSON to wire structs, and text of parameters, by the tables that tools/gen_api makes.
 *
 * Every problem is reported where it is: a wrong part is left out and reading goes on beside it.
 * Believes nothing of its input but that it is a JSON tree. */
#include "api/wire.h"

#include <stdarg.h>

#include "base/time.h"

/* Where in the input we are: a chain up to the root. */
typedef struct place {
    const struct place *up;
    str name;
    size_t index; /* when name is empty */
} place;

typedef struct reader {
    issues *problems;
} reader;

static void place_write(const place *p, buf *out)
{
    if (p == NULL)
        return;
    place_write(p->up, out);
    if (p->name.n == 0) {
        buf_printf(out, "[%zu]", p->index);
        return;
    }
    if (out->n > 0)
        buf_char(out, '.');
    buf_str(out, p->name);
}

enum { PLACE_TEXT_MAX = 4096 };

static void complain(reader *r, const place *at, const char *code, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Beyond what the list keeps nothing is worked out any more: a hostile body must not cost memory
 * for each of its problems. */
static bool is_enough(reader *r)
{
    if (r->problems->n < ISSUES_MAX)
        return false;
    r->problems->dropped++;
    return true;
}

static void complain(reader *r, const place *at, const char *code, const char *format, ...)
{
    if (is_enough(r))
        return;
    buf path;
    buf_init(&path, PLACE_TEXT_MAX);
    place_write(at, &path);
    va_list args;
    va_start(args, format);
    str detail = arena_vprintf(r->problems->memory, format, args);
    va_end(args);
    issues_add(r->problems, buf_view(&path), str_of(code), "%.*s", STR_ARG(detail));
    buf_free(&path);
}

bool wire_pattern_matches(const wire_pattern *p, str s)
{
    size_t at = 0;
    for (size_t i = 0; i < p->n; i++) {
        const wire_atom *a = &p->atoms[i];
        uint32_t n = 0;
        while (at < s.n && n < a->max) {
            uint8_t c = (uint8_t)s.p[at];
            if (c > 127 || (a->set[c >> 6] >> (c & 63) & 1) == 0)
                break;
            at++;
            n++;
        }
        if (n < a->min)
            return false;
    }
    return at == s.n;
}

static size_t characters(str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((uint8_t)s.p[i] & 0xC0) != 0x80;
    return n;
}

/* Too short first, then too long in characters, then in bytes; one problem a text. */
static bool text_fits(reader *r, const place *at, const wire_value *v, str s)
{
    size_t n = characters(s);
    if (n < (uint64_t)v->min) {
        complain(r, at, "too_short", "at least %lld character%s", (long long)v->min,
                 v->min == 1 ? "" : "s");
    } else if (n > (uint64_t)v->max) {
        complain(r, at, "too_long", "at most %lld characters", (long long)v->max);
    } else if (v->max_bytes != 0 && s.n > v->max_bytes) {
        complain(r, at, "too_long", "at most %u bytes of UTF-8", v->max_bytes);
    } else if (!v->any_text && !str_is_printable(s)) {
        complain(r, at, "bad_format", "text without control characters");
    } else if (v->pattern != NULL && !wire_pattern_matches(v->pattern, s)) {
        complain(r, at, "bad_format", "text that matches %.*s", STR_ARG(v->pattern->text));
    } else {
        return true;
    }
    return false;
}

static void say_range(reader *r, const place *at, const wire_value *v)
{
    if (v->max == INT64_MAX)
        complain(r, at, "out_of_range", "an integer of at least %lld", (long long)v->min);
    else
        complain(r, at, "out_of_range", "an integer from %lld to %lld", (long long)v->min,
                 (long long)v->max);
}

static void put_int(reader *r, const place *at, const wire_value *v, int64_t n, void *out)
{
    if (n < v->min || n > v->max)
        say_range(r, at, v);
    else
        memcpy(out, &n, sizeof n);
}

static void say_words(reader *r, const place *at, const wire_words *words)
{
    if (is_enough(r))
        return;
    buf list;
    buf_init(&list, PLACE_TEXT_MAX);
    for (size_t i = 0; i < words->n; i++)
        buf_printf(&list, "%s%.*s", i == 0 ? "" : ", ", STR_ARG(words->names[i]));
    str all = buf_view(&list);
    complain(r, at, "not_allowed", "one of: %.*s", STR_ARG(all));
    buf_free(&list);
}

static void put_word(reader *r, const place *at, const wire_words *words, str s, void *out)
{
    for (size_t i = 0; i < words->n; i++) {
        if (str_eq(words->names[i], s)) {
            memcpy(out, &words->values[i], sizeof words->values[i]);
            return;
        }
    }
    say_words(r, at, words);
}

static void put_id(reader *r, const place *at, const wire_value *v, str s, void *out)
{
    uint64_t id;
    if (id_parse(v->id, s, &id))
        memcpy(out, &id, sizeof id);
    else
        complain(r, at, "bad_format", "an id that begins with %.*s_", STR_ARG(id_prefix(v->id)));
}

/* What JSON writes as a string, and parameters of a request are. */
static void put_text(reader *r, const place *at, const wire_value *v, str s, void *out)
{
    int64_t ms;
    int32_t day;
    switch (v->kind) {
    case WIRE_STR:
        if (text_fits(r, at, v, s)) {
            str copy = arena_str(r->problems->memory, s);
            memcpy(out, &copy, sizeof copy);
        }
        break;
    case WIRE_TIME:
        if (time_parse(s, &ms))
            memcpy(out, &ms, sizeof ms);
        else
            complain(r, at, "bad_format",
                     "an RFC 3339 time from 1970 to 9999, such as 2026-11-22T08:00:00Z");
        break;
    case WIRE_DAY:
        if (time_parse_day(s, &day))
            memcpy(out, &day, sizeof day);
        else
            complain(r, at, "bad_format", "a day such as 2026-11-22");
        break;
    case WIRE_ID:
        put_id(r, at, v, s, out);
        break;
    case WIRE_ENUM:
        put_word(r, at, v->words, s, out);
        break;
    default:
        UNREACHABLE();
    }
}

static void read_object(reader *r, const place *at, const wire_type *t, const json *v, void *out);
static void read_value(reader *r, const place *at, const wire_value *v, const json *j, void *out);

static const char *const wanted[] = {
    [WIRE_BOOL] = "true or false", [WIRE_INT] = "an integer",   [WIRE_STR] = "a string",
    [WIRE_TIME] = "a string",      [WIRE_DAY] = "a string",     [WIRE_ID] = "a string",
    [WIRE_ENUM] = "a string",      [WIRE_OBJECT] = "an object", [WIRE_ARRAY] = "an array",
    [WIRE_RAW] = "any value",
};

static bool count_fits(reader *r, const place *at, const wire_value *v, size_t n)
{
    if (n < (uint64_t)v->min)
        complain(r, at, "too_few", "at least %lld item%s", (long long)v->min,
                 v->min == 1 ? "" : "s");
    else if (n > (uint64_t)v->max)
        complain(r, at, "too_many", "at most %lld items", (long long)v->max);
    else
        return true;
    return false;
}

static void read_array(reader *r, const place *at, const wire_value *v, const json *j, void *out)
{
    size_t n = json_count(j);
    if (!count_fits(r, at, v, n))
        return;
    char *items = arena_alloc_array(r->problems->memory, v->element->size, n);
    const json *item = NULL;
    for (size_t i = 0; (item = json_item_next(j, item)) != NULL; i++) {
        place here = {.up = at, .index = i};
        read_value(r, &here, v->element, item, items + i * v->element->size);
    }
    struct {
        void *items;
        size_t n;
    } list = {items, n};
    memcpy(out, &list, sizeof list);
}

/* Who checks what is raw knows its name, but not where that is. */
static void read_raw(reader *r, const place *at, const wire_value *v, const json *j, void *out)
{
    issues *found = issues_new(r->problems->memory);
    v->raw(j, found);
    buf text;
    buf_init(&text, PLACE_TEXT_MAX);
    place_write(at->up, &text);
    issues_add_part(r->problems, buf_view(&text), found);
    buf_free(&text);
    buf_init(&text, SIZE_MAX);
    json_text(j, &text);
    str copy = arena_str(r->problems->memory, buf_view(&text));
    buf_free(&text);
    memcpy(out, &copy, sizeof copy);
}

static void read_value(reader *r, const place *at, const wire_value *v, const json *j, void *out)
{
    json_kind kind = json_kind_of(j);
    bool truth;
    if (v->kind == WIRE_RAW) {
        read_raw(r, at, v, j, out);
        return;
    }
    if (v->kind == WIRE_BOOL && kind == JSON_KIND_BOOL) {
        truth = json_bool(j);
        memcpy(out, &truth, sizeof truth);
    } else if (v->kind == WIRE_INT && kind == JSON_KIND_INT) {
        put_int(r, at, v, json_int(j), out);
    } else if (v->kind == WIRE_OBJECT && kind == JSON_KIND_OBJECT) {
        read_object(r, at, v->type, j, out);
    } else if (v->kind == WIRE_ARRAY && kind == JSON_KIND_ARRAY) {
        read_array(r, at, v, j, out);
    } else if (v->nullable && kind == JSON_KIND_NULL) {
        memcpy(out, &(int64_t){WIRE_TIME_NULL}, sizeof(int64_t));
    } else if (v->kind >= WIRE_STR && v->kind <= WIRE_ENUM && kind == JSON_KIND_STR) {
        put_text(r, at, v, json_str(j), out);
    } else {
        complain(r, at, "wrong_type", "%s", wanted[v->kind]);
    }
}

const wire_field *wire_field_find(const wire_type *t, str name)
{
    for (size_t i = 0; i < t->n; i++) {
        if (str_eq(t->fields[i].name, name))
            return &t->fields[i];
    }
    return NULL;
}

static void set_has(const wire_field *f, void *out)
{
    if (f->has != WIRE_ALWAYS)
        *((bool *)((char *)out + f->has)) = true;
}

void wire_defaults(const wire_type *t, void *out)
{
    for (size_t i = 0; i < t->n; i++) {
        const wire_field *f = &t->fields[i];
        void *at = (char *)out + f->offset;
        int word = (int)f->initial;
        bool truth = f->initial != 0;
        if (f->initial == 0)
            continue;
        if (f->value.kind == WIRE_INT)
            memcpy(at, &f->initial, sizeof f->initial);
        else if (f->value.kind == WIRE_ENUM)
            memcpy(at, &word, sizeof word);
        else
            memcpy(at, &truth, sizeof truth);
    }
}

/* The fields of an object; of a part of a union also the discriminator, which is read already. */
typedef struct shape {
    const wire_type *type;
    str discriminator;
} shape;

static void say_unknown(reader *r, const place *at, const shape *s)
{
    const wire_type *t = s->type;
    str discriminator = s->discriminator;
    if (is_enough(r))
        return;
    buf list;
    buf_init(&list, PLACE_TEXT_MAX);
    if (discriminator.n > 0)
        buf_str(&list, discriminator);
    for (size_t i = 0; i < t->n; i++)
        buf_printf(&list, "%s%.*s", list.n == 0 ? "" : ", ", STR_ARG(t->fields[i].name));
    str all = buf_view(&list);
    if (all.n == 0)
        complain(r, at, "unknown_field", "no fields are known here");
    else
        complain(r, at, "unknown_field", "the fields here are: %.*s", STR_ARG(all));
    buf_free(&list);
}

static void require_all(reader *r, const place *at, const wire_type *t, const json *v)
{
    for (size_t i = 0; i < t->n; i++) {
        const wire_field *f = &t->fields[i];
        if (f->has == WIRE_ALWAYS && json_field(v, f->name) == NULL) {
            place here = {.up = at, .name = f->name};
            complain(r, &here, "required", "this field must be present");
        }
    }
    if (json_count(v) < t->min_fields)
        complain(r, at, "too_few", "at least %u field%s", t->min_fields,
                 t->min_fields == 1 ? "" : "s");
}

static void say_variants(reader *r, const place *at, const wire_type *t, const json *v)
{
    if (is_enough(r))
        return;
    buf list;
    buf_init(&list, PLACE_TEXT_MAX);
    for (size_t i = 0; i < t->variant_count; i++)
        buf_printf(&list, "%s%.*s", i == 0 ? "" : ", ", STR_ARG(t->variants[i].name));
    str all = buf_view(&list);
    place here = {.up = at, .name = t->discriminator};
    if (t->discriminator.n == 0)
        complain(r, at, "required", "one of these fields: %.*s", STR_ARG(all));
    else
        complain(r, &here, json_field(v, t->discriminator) == NULL ? "required" : "not_allowed",
                 "one of: %.*s", STR_ARG(all));
    buf_free(&list);
}

static const wire_variant *variant_of(reader *r, const place *at, const wire_type *t, const json *v)
{
    if (t->discriminator.n == 0) {
        for (size_t i = 0; i < t->variant_count; i++) {
            if (json_field(v, t->variants[i].name) != NULL)
                return &t->variants[i];
        }
    } else {
        const json *tag = json_field(v, t->discriminator);
        for (size_t i = 0; json_kind_of(tag) == JSON_KIND_STR && i < t->variant_count; i++) {
            if (str_eq(t->variants[i].name, json_str(tag)))
                return &t->variants[i];
        }
    }
    say_variants(r, at, t, v);
    return NULL;
}

static void read_fields(reader *r, const place *at, const shape *s, const json *v, void *out)
{
    wire_defaults(s->type, out);
    void *iterator = NULL;
    str name;
    const json *value;
    while (json_next(v, &iterator, &name, &value)) {
        place here = {.up = at, .name = name};
        const wire_field *f = wire_field_find(s->type, name);
        if (f != NULL) {
            set_has(f, out);
            read_value(r, &here, &f->value, value, (char *)out + f->offset);
        } else if (!str_eq(name, s->discriminator) || name.n == 0) {
            say_unknown(r, &here, s);
        }
    }
    require_all(r, at, s->type, v);
}

static void read_object(reader *r, const place *at, const wire_type *t, const json *v, void *out)
{
    shape s = {t, S("")};
    if (t->variant_count == 0) {
        read_fields(r, at, &s, v, out);
        return;
    }
    const wire_variant *found = variant_of(r, at, t, v);
    if (found != NULL) {
        memcpy(out, &found->value, sizeof found->value);
        s = (shape){found->type, t->discriminator};
        read_fields(r, at, &s, v, (char *)out + t->variant_offset);
    }
}

void wire_read(const wire_type *t, const json *v, void *out, issues *problems)
{
    reader r = {.problems = problems};
    if (json_kind_of(v) != JSON_KIND_OBJECT)
        complain(&r, NULL, "wrong_type", "an object");
    else
        read_object(&r, NULL, t, v, out);
}

void wire_read_text(const wire_field *f, str text, void *out, issues *problems)
{
    reader r = {.problems = problems};
    place at = {.name = f->name};
    void *to = (char *)out + f->offset;
    int64_t n;
    bool truth = str_eq(text, S("true"));
    set_has(f, out);
    if (f->value.kind == WIRE_INT) {
        if (str_to_i64(text, &n))
            put_int(&r, &at, &f->value, n, to);
        else
            say_range(&r, &at, &f->value);
    } else if (f->value.kind == WIRE_BOOL) {
        if (truth || str_eq(text, S("false")))
            memcpy(to, &truth, sizeof truth);
        else
            complain(&r, &at, "wrong_type", "true or false");
    } else {
        put_text(&r, &at, &f->value, text, to);
    }
}
