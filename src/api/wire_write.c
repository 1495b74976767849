/* Wire structs to JSON, by the tables that tools/gen_api makes. Optional fields are written when
 * their has_NAME is set. Checks nothing: what it writes is the program's own. */
#include "api/wire.h"

#include "base/time.h"

static void write_value(const wire_value *v, const void *in, json_writer *w);

static void write_word(const wire_words *words, const void *in, json_writer *w)
{
    int value;
    memcpy(&value, in, sizeof value);
    for (size_t i = 0; i < words->n; i++) {
        if (words->values[i] == value) {
            json_put_plain(w, words->names[i]);
            return;
        }
    }
    UNREACHABLE();
}

static void write_day(const void *in, json_writer *w)
{
    int32_t day;
    memcpy(&day, in, sizeof day);
    char bytes[32];
    buf text = {.p = bytes, .capacity = sizeof bytes, .max = sizeof bytes};
    time_write_day(&text, day);
    json_put_plain(w, buf_view(&text));
}

static void write_id(id_kind kind, const void *in, json_writer *w)
{
    uint64_t id;
    char text[ID_TEXT_MAX];
    memcpy(&id, in, sizeof id);
    json_put_plain(w, (str){text, id_text(kind, id, text)});
}

static void write_array(const wire_value *v, const void *in, json_writer *w)
{
    struct {
        const char *items;
        size_t n;
    } list;
    memcpy(&list, in, sizeof list);
    json_begin_array(w);
    for (size_t i = 0; i < list.n; i++)
        write_value(v->element, list.items + i * v->element->size, w);
    json_end_array(w);
}

static void write_value(const wire_value *v, const void *in, json_writer *w)
{
    int64_t number;
    bool truth;
    str text;
    switch (v->kind) {
    case WIRE_BOOL:
        memcpy(&truth, in, sizeof truth);
        json_put_bool(w, truth);
        return;
    case WIRE_INT:
        memcpy(&number, in, sizeof number);
        json_put_i64(w, number);
        return;
    case WIRE_STR:
        memcpy(&text, in, sizeof text);
        json_put_str(w, text);
        return;
    case WIRE_TIME:
        memcpy(&number, in, sizeof number);
        if (v->nullable && number == WIRE_TIME_NULL)
            json_put_null(w);
        else
            json_put_time(w, number);
        return;
    case WIRE_DAY:
        write_day(in, w);
        return;
    case WIRE_ID:
        write_id(v->id, in, w);
        return;
    case WIRE_ENUM:
        write_word(v->words, in, w);
        return;
    case WIRE_OBJECT:
        wire_write(v->type, in, w);
        return;
    case WIRE_ARRAY:
        write_array(v, in, w);
        return;
    case WIRE_RAW:
        memcpy(&text, in, sizeof text);
        json_put_raw(w, text);
        return;
    }
    UNREACHABLE();
}

static void write_fields(const wire_type *t, const void *in, json_writer *w)
{
    for (size_t i = 0; i < t->n; i++) {
        const wire_field *f = &t->fields[i];
        if (f->has != WIRE_ALWAYS && !*((const bool *)((const char *)in + f->has)))
            continue;
        json_key_raw(w, f->key);
        write_value(&f->value, (const char *)in + f->offset, w);
    }
}

void wire_write(const wire_type *t, const void *in, json_writer *w)
{
    json_begin_object(w);
    if (t->variant_count == 0) {
        write_fields(t, in, w);
    } else {
        int tag;
        memcpy(&tag, in, sizeof tag);
        const wire_variant *variant = NULL;
        for (size_t i = 0; i < t->variant_count; i++) {
            if (t->variants[i].value == tag)
                variant = &t->variants[i];
        }
        CHECK(variant != NULL);
        if (t->discriminator.n > 0) {
            json_key(w, t->discriminator);
            json_put_str(w, variant->name);
        }
        write_fields(variant->type, (const char *)in + t->variant_offset, w);
    }
    json_end_object(w);
}
