/* See story_match.h. */
#include "test/lib/story_match.h"

str story_variable(const story_variables *v, str name)
{
    for (size_t i = 0; i < v->n; i++) {
        if (str_eq(v->all[i].name, name)) {
            return v->all[i].value;
        }
    }
    return (str){NULL, 0};
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static str name_at(str text, size_t dollar)
{
    size_t end = dollar + 1;
    while (end < text.n && name_char(text.p[end])) {
        end++;
    }
    return (str){text.p + dollar + 1, end - dollar - 1};
}

void story_set(story_variables *v, str name, str value)
{
    size_t i = 0;
    while (i < v->n && !str_eq(v->all[i].name, name)) {
        i++;
    }
    CHECK(i < STORY_VARIABLES_MAX);
    v->all[i].name = arena_str(v->memory, name);
    v->all[i].value = value;
    v->n += i == v->n ? 1 : 0;
}

/* Of "small_code": that of "code", in small letters. */
static str value_of(story_variables *v, str name)
{
    str value = name.n > 0 ? story_variable(v, name) : (str){NULL, 0};
    if (value.p != NULL || !str_starts(name, S("small_")))
        return value;
    size_t front = sizeof("small_") - 1;
    str capitals = story_variable(v, (str){name.p + front, name.n - front});
    char *small = arena_alloc(v->memory, capitals.n + 1);
    for (size_t i = 0; i < capitals.n; i++) {
        bool capital = capitals.p[i] >= 'A' && capitals.p[i] <= 'Z';
        small[i] = capital ? (char)(capitals.p[i] - 'A' + 'a') : capitals.p[i];
    }
    return (str){capitals.p == NULL ? NULL : small, capitals.n};
}

str story_expand(story_variables *v, str text)
{
    buf b;
    buf_init(&b, 64 * 1024 * 1024);
    for (size_t i = 0; i < text.n; i++) {
        str name = text.p[i] == '$' ? name_at(text, i) : (str){NULL, 0};
        str value = value_of(v, name);
        if (value.p != NULL) {
            buf_str(&b, value);
            i += name.n;
        } else {
            buf_char(&b, text.p[i]);
        }
    }
    str done = arena_str(v->memory, buf_view(&b));
    buf_free(&b);
    return done;
}

static str as_text(story_variables *v, const json *value)
{
    switch (json_kind_of(value)) {
    case JSON_KIND_STR:
        return arena_str(v->memory, json_str(value));
    case JSON_KIND_INT:
        return arena_printf(v->memory, "%lld", (long long)json_int(value));
    case JSON_KIND_BOOL:
        return json_bool(value) ? S("true") : S("false");
    default:
        return S("null");
    }
}

static bool bind_or_compare(story_variables *v, str name, const json *actual, buf *why)
{
    str text = as_text(v, actual);
    str known = story_variable(v, name);
    if (actual == NULL) {
        buf_printf(why, "$%.*s is missing", STR_ARG(name));
        return false;
    }
    if (known.p == NULL) {
        story_set(v, name, text);
        return true;
    }
    if (!str_eq(known, text)) {
        buf_printf(why, "$%.*s is \"%.*s\" but the answer has \"%.*s\"", STR_ARG(name),
                   STR_ARG(known), STR_ARG(text));
        return false;
    }
    return true;
}

static bool match_object(story_variables *v, const json *expected, const json *actual, buf *why)
{
    void *at = NULL;
    str name;
    const json *want;
    while (json_next(expected, &at, &name, &want)) {
        const json *have = json_field(actual, name);
        if (have == NULL && json_kind_of(want) != JSON_KIND_NULL) {
            buf_printf(why, "%.*s is missing", STR_ARG(name));
            return false;
        }
        if (!story_match(v, want, have, why)) {
            buf_printf(why, " (in %.*s)", STR_ARG(name));
            return false;
        }
    }
    return true;
}

/* Each expected item takes the first actual one that it matches and that is free. Bindings of tries
 * that fail are undone. */
static bool match_any_order(story_variables *v, const json *expected, const json *actual, buf *why)
{
    size_t want = json_count(expected) - 1, have = json_count(actual);
    bool *taken = ARENA_ARRAY(v->memory, bool, have);
    if (have != want) {
        buf_printf(why, "an array has %zu items, not %zu", have, want);
        return false;
    }
    for (size_t i = 1; i <= want; i++) {
        size_t k = 0, bound = v->n;
        buf ignored;
        buf_init(&ignored, 65536);
        while (k < have &&
               (taken[k] || !story_match(v, json_at(expected, i), json_at(actual, k), &ignored))) {
            v->n = bound;
            k++;
        }
        buf_free(&ignored);
        if (k == have) {
            buf_printf(why, "nothing matches item %zu of those in any order", i);
            return false;
        }
        taken[k] = true;
    }
    return true;
}

static bool match_array(story_variables *v, const json *expected, const json *actual, buf *why)
{
    size_t want = json_count(expected), have = json_count(actual);
    const json *first = json_at(expected, 0);
    if (json_kind_of(first) == JSON_KIND_STR && str_eq(json_str(first), S("any order"))) {
        return match_any_order(v, expected, actual, why);
    }
    const json *last = want > 0 ? json_at(expected, want - 1) : NULL;
    bool open = json_kind_of(last) == JSON_KIND_STR && str_eq(json_str(last), S("..."));
    want -= open ? 1 : 0;
    if (have < want || (have > want && !open)) {
        buf_printf(why, "an array has %zu items, not %zu", have, want);
        return false;
    }
    for (size_t i = 0; i < want; i++) {
        if (!story_match(v, json_at(expected, i), json_at(actual, i), why)) {
            buf_printf(why, " (item %zu)", i);
            return false;
        }
    }
    return true;
}

bool story_match(story_variables *v, const json *expected, const json *actual, buf *why)
{
    json_kind kind = json_kind_of(expected);
    if (kind == JSON_KIND_STR) {
        str text = json_str(expected);
        if (str_eq(text, S("*"))) {
            return actual != NULL;
        }
        if (text.n > 1 && text.p[0] == '$') {
            return bind_or_compare(v, (str){text.p + 1, text.n - 1}, actual, why);
        }
    }
    if (kind != json_kind_of(actual)) {
        buf_printf(why, "a value has another type");
        return false;
    }
    if (kind == JSON_KIND_OBJECT) {
        return match_object(v, expected, actual, why);
    }
    if (kind == JSON_KIND_ARRAY) {
        return match_array(v, expected, actual, why);
    }
    str want = as_text(v, expected), have = as_text(v, actual);
    if (!str_eq(want, have)) {
        buf_printf(why, "expected %.*s, got %.*s", STR_ARG(want), STR_ARG(have));
        return false;
    }
    return true;
}
