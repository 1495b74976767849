/* Any bytes as JSON. What jansson reads we read alike, and what it refuses we refuse at the same
 * place in the same words. What parses is written again, and that parses to the same text.
 *
 * Two differences: depth is ours to bound, and jansson passes over a NUL behind a number or a word.
 */
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* ---- as jansson has it ---- */

static void check_same(const json *ours, json_t *theirs);

static void check_same_object(const json *ours, json_t *theirs)
{
    void *iterator = json_object_iter(theirs), *at = NULL;
    str name;
    const json *value;
    CHECK(json_count(ours) == json_object_size(theirs));
    for (; json_next(ours, &at, &name, &value);
         iterator = json_object_iter_next(theirs, iterator)) {
        str key = {json_object_iter_key(iterator), json_object_iter_key_len(iterator)};
        CHECK(str_eq(name, key) && json_field(ours, key) == value);
        check_same(value, json_object_iter_value(iterator));
    }
    CHECK(iterator == NULL);
}

static void check_same_array(const json *ours, json_t *theirs)
{
    const json *item = NULL;
    size_t n = 0;
    while ((item = json_item_next(ours, item)) != NULL)
        check_same(item, json_array_get(theirs, n++));
    CHECK(n == json_array_size(theirs) && n == json_count(ours));
}

static void check_same(const json *ours, json_t *theirs)
{
    switch (json_typeof(theirs)) {
    case JSON_OBJECT:
        CHECK(json_kind_of(ours) == JSON_KIND_OBJECT);
        check_same_object(ours, theirs);
        break;
    case JSON_ARRAY:
        CHECK(json_kind_of(ours) == JSON_KIND_ARRAY);
        check_same_array(ours, theirs);
        break;
    case JSON_STRING:
        CHECK(str_eq(json_str(ours), (str){json_string_value(theirs), json_string_length(theirs)}));
        break;
    case JSON_INTEGER:
        CHECK(json_int(ours) == json_integer_value(theirs));
        break;
    case JSON_REAL:
        CHECK(json_kind_of(ours) == JSON_KIND_REAL);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        CHECK(json_bool(ours) == json_is_true(theirs));
        break;
    case JSON_NULL:
        CHECK(json_kind_of(ours) == JSON_KIND_NULL);
        break;
    }
}

/* jansson quotes the input behind " near ". */
static void check_same_reason(str ours, const json_error_t *theirs)
{
    const char *quote = strstr(theirs->text, " near ");
    str reason = {theirs->text,
                  quote == NULL ? strlen(theirs->text) : (size_t)(quote - theirs->text)};
    buf wanted;
    buf_init(&wanted, 1000);
    buf_printf(&wanted, "line %d, column %d: %.*s", theirs->line, theirs->column, STR_ARG(reason));
    CHECK(str_eq(ours, buf_view(&wanted)));
    buf_free(&wanted);
}

static void compare(str text, const json *ours, str why)
{
    json_error_t error;
    bool has_nul = text.n > 0 && memchr(text.p, '\0', text.n) != NULL;
    json_t *theirs = json_loadb(text.n == 0 ? "" : text.p, text.n,
                                JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (ours != NULL) {
        CHECK(theirs != NULL);
        check_same(ours, theirs);
    } else if (!has_nul && !str_ends(why, S("nested deeper than 64 levels"))) {
        CHECK(theirs == NULL);
        check_same_reason(why, &error);
    }
    json_decref(theirs);
}

/* ---- there and back ---- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    json *first = NULL, *second = NULL;
    str text = {(const char *)data, n};
    buf why, once, twice;
    buf_init(&why, 1000);
    bool good = json_parse(text, &first, &why) == R_DONE;
    compare(text, first, buf_view(&why));
    buf_free(&why);
    if (!good)
        return 0;
    buf_init(&once, SIZE_MAX);
    buf_init(&twice, SIZE_MAX);
    json_text(first, &once);
    CHECK(json_parse(buf_view(&once), &second, NULL) == R_DONE);
    json_text(second, &twice);
    CHECK(str_eq(buf_view(&once), buf_view(&twice)));
    buf_free(&once);
    buf_free(&twice);
    json_free(first);
    json_free(second);
    return 0;
}
