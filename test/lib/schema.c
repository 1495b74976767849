/* See schema.h. */
#include "test/lib/schema.h"

#include <inttypes.h>
#include <regex.h>
#include <stdio.h>

#include "base/time.h"

enum { PLACE_MAX = 512, PATTERN_MAX = 256, DEPTH_MAX = 32 };

/* Where in the value the check is. */
typedef struct spot {
    const json *root;
    buf *why;
    char place[PLACE_MAX];
    size_t n;
    int depth;
} spot;

static bool fail(spot *s, const char *format, ...) PRINTF_LIKE(2, 3);

static bool fail(spot *s, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_printf(s->why, "%.*s: %s", (int)s->n, s->place, text);
    return false;
}

static bool holds(spot *s, const json *schema, const json *value);

/* The member of the value, or the item, under its own place. */
static bool holds_in(spot *s, str name, const json *schema, const json *value)
{
    size_t before = s->n;
    CHECK(s->n + name.n + 1 < PLACE_MAX);
    s->place[s->n++] = '/';
    memcpy(s->place + s->n, name.p, name.n);
    s->n += name.n;
    bool good = holds(s, schema, value);
    s->n = before;
    return good;
}

/* ---- single keywords ---- */

static bool check_type(spot *s, const json *schema, const json *value)
{
    static const struct {
        const char *word;
        json_kind kind;
    } kinds[] = {{"object", JSON_KIND_OBJECT},
                 {"array", JSON_KIND_ARRAY},
                 {"string", JSON_KIND_STR},
                 {"integer", JSON_KIND_INT},
                 {"boolean", JSON_KIND_BOOL}};
    str word = json_str(schema);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_eq(word, str_of(kinds[i].word)))
            return json_kind_of(value) == kinds[i].kind || fail(s, "is no %.*s", STR_ARG(word));
    return fail(s, "the schema's type %.*s is not known", STR_ARG(word));
}

static bool is_text(const json *value, str text)
{
    return json_kind_of(value) == JSON_KIND_STR && str_eq(json_str(value), text);
}

static bool check_const(spot *s, const json *schema, const json *value)
{
    return is_text(value, json_str(schema)) || fail(s, "is not %.*s", STR_ARG(json_str(schema)));
}

static bool check_enum(spot *s, const json *schema, const json *value)
{
    for (size_t i = 0; i < json_count(schema); i++)
        if (is_text(value, json_str(json_at(schema, i))))
            return true;
    return fail(s, "is none of the words");
}

static bool check_pattern(spot *s, const json *schema, const json *value)
{
    char pattern[PATTERN_MAX], text[PATTERN_MAX];
    regex_t compiled;
    if (json_kind_of(value) != JSON_KIND_STR)
        return true;
    (void)snprintf(pattern, sizeof pattern, "%.*s", STR_ARG(json_str(schema)));
    (void)snprintf(text, sizeof text, "%.*s", STR_ARG(json_str(value)));
    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return fail(s, "the schema's pattern %s is none", pattern);
    bool good = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return good || fail(s, "%s does not match %s", text, pattern);
}

static bool check_format(spot *s, const json *schema, const json *value)
{
    int64_t ms;
    if (!str_eq(json_str(schema), S("date-time")))
        return fail(s, "the schema's format %.*s is not known", STR_ARG(json_str(schema)));
    return json_kind_of(value) != JSON_KIND_STR || time_parse(json_str(value), &ms) ||
           fail(s, "%.*s is no time", STR_ARG(json_str(value)));
}

static bool check_minimum(spot *s, const json *schema, const json *value)
{
    return json_kind_of(value) != JSON_KIND_INT || json_int(value) >= json_int(schema) ||
           fail(s, "%" PRId64 " is below %" PRId64, json_int(value), json_int(schema));
}

static bool check_min_length(spot *s, const json *schema, const json *value)
{
    return json_kind_of(value) != JSON_KIND_STR || (int64_t)json_str(value).n >= json_int(schema) ||
           fail(s, "is too short");
}

static bool check_max_length(spot *s, const json *schema, const json *value)
{
    return json_kind_of(value) != JSON_KIND_STR || (int64_t)json_str(value).n <= json_int(schema) ||
           fail(s, "is too long");
}

static bool check_required(spot *s, const json *schema, const json *value)
{
    for (size_t i = 0; i < json_count(schema); i++)
        if (json_field(value, json_str(json_at(schema, i))) == NULL)
            return fail(s, "%.*s is missing", STR_ARG(json_str(json_at(schema, i))));
    return true;
}

static bool check_properties(spot *s, const json *schema, const json *value)
{
    void *iterator = NULL;
    str name;
    const json *inner;
    while (json_next(schema, &iterator, &name, &inner)) {
        const json *member = json_field(value, name);
        if (member != NULL && !holds_in(s, name, inner, member))
            return false;
    }
    return true;
}

static bool check_items(spot *s, const json *schema, const json *value)
{
    for (size_t i = 0; i < json_count(value); i++)
        if (!holds_in(s, S("[]"), schema, json_at(value, i)))
            return false;
    return true;
}

static bool check_one_of(spot *s, const json *schema, const json *value)
{
    buf *why = s->why, reasons;
    size_t good = 0;
    buf_init(&reasons, 1 << 20);
    s->why = &reasons;
    for (size_t i = 0; i < json_count(schema); i++) {
        buf_str(&reasons, S("\n        "));
        good += holds(s, json_at(schema, i), value);
    }
    s->why = why;
    bool one = good == 1 || fail(s, "%zu of the oneOf hold", good);
    if (!one)
        buf_str(why, buf_view(&reasons));
    buf_free(&reasons);
    return one;
}

static bool check_ref(spot *s, const json *schema, const json *value)
{
    str name = json_str(schema), prefix = S("#/$defs/");
    if (!str_starts(name, prefix))
        return fail(s, "the schema's $ref %.*s is not supported", STR_ARG(name));
    name = (str){name.p + prefix.n, name.n - prefix.n};
    const json *target = json_field(json_field(s->root, S("$defs")), name);
    return target == NULL ? fail(s, "there is no $def %.*s", STR_ARG(name))
                          : holds(s, target, value);
}

/* ---- all of a schema ---- */

/* What is not said of the value, or looked at with another keyword. */
static bool is_quiet(str keyword)
{
    static const char *const words[] = {"$schema", "$id", "$defs", "title", "description"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eq(keyword, str_of(words[i])))
            return true;
    return false;
}

static bool check_known_members(spot *s, const json *schema, const json *value)
{
    void *iterator = NULL;
    str name;
    const json *member, *extra = json_field(schema, S("additionalProperties"));
    if (json_kind_of(extra) != JSON_KIND_BOOL || json_bool(extra))
        return fail(s, "the schema's additionalProperties is not false");
    while (json_next(value, &iterator, &name, &member))
        if (json_field(json_field(schema, S("properties")), name) == NULL)
            return fail(s, "%.*s does not belong here", STR_ARG(name));
    return true;
}

static bool check_keyword(spot *s, str keyword, const json *schema, const json *value)
{
    static const struct {
        const char *word;
        bool (*check)(spot *s, const json *schema, const json *value);
    } known[] = {{"type", check_type},
                 {"const", check_const},
                 {"enum", check_enum},
                 {"pattern", check_pattern},
                 {"format", check_format},
                 {"minimum", check_minimum},
                 {"minLength", check_min_length},
                 {"maxLength", check_max_length},
                 {"required", check_required},
                 {"properties", check_properties},
                 {"items", check_items},
                 {"oneOf", check_one_of},
                 {"$ref", check_ref}};
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_eq(keyword, str_of(known[i].word)))
            return known[i].check(s, schema, value);
    return is_quiet(keyword) || fail(s, "the keyword %.*s is not known", STR_ARG(keyword));
}

static bool holds(spot *s, const json *schema, const json *value)
{
    void *iterator = NULL;
    str keyword;
    const json *inner;
    bool good = true;
    CHECK(s->depth < DEPTH_MAX);
    s->depth++;
    while (good && json_next(schema, &iterator, &keyword, &inner))
        good = str_eq(keyword, S("additionalProperties")) ? check_known_members(s, schema, value)
                                                          : check_keyword(s, keyword, inner, value);
    s->depth--;
    return good;
}

bool schema_holds(const json *root, const json *value, buf *why)
{
    spot s = {.root = root, .why = why};
    return holds(&s, root, value);
}
