/* Any bytes as JSON: what parses is written again, and that parses to the same text. */
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void write_again(json_writer *w, const json *v);

static void write_members(json_writer *w, const json *v)
{
    void *at = NULL;
    str name;
    const json *value;
    json_begin_object(w);
    while (json_next(v, &at, &name, &value)) {
        json_key(w, name);
        write_again(w, value);
    }
    json_end_object(w);
}

static void write_again(json_writer *w, const json *v)
{
    switch (json_kind_of(v)) {
    case JSON_KIND_OBJECT:
        write_members(w, v);
        break;
    case JSON_KIND_ARRAY:
        json_begin_array(w);
        for (size_t i = 0; i < json_count(v); i++)
            write_again(w, json_at(v, i));
        json_end_array(w);
        break;
    case JSON_KIND_STR:
        json_put_str(w, json_str(v));
        break;
    case JSON_KIND_INT:
        json_put_i64(w, json_int(v));
        break;
    case JSON_KIND_BOOL:
        json_put_bool(w, json_bool(v));
        break;
    default: /* a real number is kept as a kind only */
        json_put_null(w);
    }
}

static void render(const json *v, buf *out)
{
    buf_init(out, 64 * 1024 * 1024);
    json_writer w = json_writer_on(out);
    write_again(&w, v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    json *first = NULL, *second = NULL;
    if (json_parse((str){(const char *)data, n}, &first, NULL) != R_DONE)
        return 0;
    buf once, twice;
    render(first, &once);
    CHECK(json_parse(buf_view(&once), &second, NULL) == R_DONE);
    render(second, &twice);
    CHECK(str_eq(buf_view(&once), buf_view(&twice)));
    buf_free(&once);
    buf_free(&twice);
    json_free(first);
    json_free(second);
    return 0;
}
