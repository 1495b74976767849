/* Writes wire.gen.h (structs) and wire.gen.c (the tables that api/wire.h reads and writes by). */
#include "gen_api.h"

static str words_prefix(const gen_words *w)
{
    return w->table.n > 0 ? gen_upper(w->table)
                          : arena_printf(gen_memory, "WIRE_%.*s", STR_ARG(gen_upper(w->name)));
}

static str words_c_type(const gen_words *w)
{
    return w->table.n > 0 ? w->table : arena_printf(gen_memory, "wire_%.*s", STR_ARG(w->name));
}

static str constant(const gen_words *w, str word)
{
    return arena_printf(gen_memory, "%.*s_%.*s", STR_ARG(words_prefix(w)),
                        STR_ARG(gen_upper(word)));
}

/* The C type of a value; of an array its list type. */
static str c_type(const gen_value *v)
{
    switch (v->kind) {
    case WIRE_BOOL:
        return S("bool");
    case WIRE_INT:
    case WIRE_TIME:
        return S("int64_t");
    case WIRE_STR:
    case WIRE_RAW:
        return S("str");
    case WIRE_DAY:
        return S("int32_t");
    case WIRE_ID:
        return S("uint64_t");
    case WIRE_ENUM:
        return words_c_type(v->words);
    case WIRE_OBJECT:
        return arena_printf(gen_memory, "wire_%.*s", STR_ARG(v->type->name));
    case WIRE_ARRAY:
        break;
    }
    switch (v->element->kind) {
    case WIRE_STR:
    case WIRE_RAW:
        return S("wire_str_list");
    case WIRE_ID:
        return S("wire_id_list");
    case WIRE_INT:
    case WIRE_TIME:
        return S("wire_int_list");
    case WIRE_ENUM:
        return arena_printf(gen_memory, "wire_%.*s_list", STR_ARG(v->element->words->name));
    default:
        return arena_printf(gen_memory, "wire_%.*s_list", STR_ARG(v->element->type->name));
    }
}

/* ---- header ---- */

static void emit_comment(buf *out, str doc)
{
    if (doc.n == 0)
        return;
    buf_str(out, S("/* "));
    bool space = false;
    for (size_t i = 0; i < doc.n; i++) {
        bool white = doc.p[i] == '\n' || doc.p[i] == ' ';
        if (!white && space)
            buf_char(out, ' ');
        if (!white && !(doc.p[i] == '/' && i > 0 && doc.p[i - 1] == '*'))
            buf_char(out, doc.p[i]);
        space = white;
    }
    buf_str(out, S(" */\n"));
}

static void emit_words(const gen_words *w, buf *out)
{
    str type = words_c_type(w);
    if (w->table.n == 0) {
        buf_printf(out, "typedef enum %.*s {\n", STR_ARG(type));
        for (size_t i = 0; i < w->n; i++) {
            str name = constant(w, w->names[i]);
            buf_printf(out, "    %.*s = %zu,\n", STR_ARG(name), i + 1);
        }
        buf_printf(out, "} %.*s;\n", STR_ARG(type));
    }
    buf_printf(out,
               "typedef struct wire_%.*s_list {\n    %.*s *items;\n    size_t n;\n} "
               "wire_%.*s_list;\n",
               STR_ARG(w->name), STR_ARG(type), STR_ARG(w->name));
    buf_printf(out, "extern const wire_words wire_%.*s_words;\n\n", STR_ARG(w->name));
}

static void emit_members(const gen_type *t, buf *out)
{
    for (size_t i = 0; i < t->n; i++) {
        const gen_field *f = &t->fields[i];
        str type = c_type(&f->value);
        if (!f->required)
            buf_printf(out, "    bool has_%.*s;\n", STR_ARG(f->name));
        buf_printf(out, "    %.*s %.*s;\n", STR_ARG(type), STR_ARG(f->c_name));
    }
    if (t->n == 0)
        buf_str(out, S("    char nothing;\n"));
}

static void emit_union_members(const gen_type *t, buf *out)
{
    str tag = words_c_type(t->tags);
    buf_printf(out, "    %.*s tag;\n    union {\n", STR_ARG(tag));
    for (size_t i = 0; i < t->variant_count; i++) {
        str name = gen_c_name(t->variants[i].name);
        buf_printf(out, "        wire_%.*s %.*s;\n", STR_ARG(t->variants[i].type->name),
                   STR_ARG(name));
    }
    buf_str(out, S("    } of;\n"));
}

static void emit_struct(const gen_type *t, buf *out)
{
    emit_comment(out, t->doc);
    buf_printf(out, "typedef struct wire_%.*s {\n", STR_ARG(t->name));
    if (t->variant_count > 0)
        emit_union_members(t, out);
    else
        emit_members(t, out);
    buf_printf(out, "} wire_%.*s;\n", STR_ARG(t->name));
    buf_printf(out,
               "typedef struct wire_%.*s_list {\n    wire_%.*s *items;\n    size_t n;\n} "
               "wire_%.*s_list;\n",
               STR_ARG(t->name), STR_ARG(t->name), STR_ARG(t->name));
    buf_printf(out, "extern const wire_type wire_%.*s_type;\n\n", STR_ARG(t->name));
}

/* Who checks a raw value; to declare it twice is no harm. */
static void emit_raw(const gen_type *t, buf *out)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->fields[i].value.kind == WIRE_RAW)
            buf_printf(out, "void wire_raw_%.*s(const json *v, issues *problems);\n",
                       STR_ARG(t->fields[i].value.raw));
    }
}

void emit_wire_header(buf *out)
{
    buf_str(out, S("/* Generated from api/ by tools/gen_api: a struct and its table for every "
                   "schema of the spec. */\n"
                   "#ifndef QUAN_API_WIRE_GEN_H\n#define QUAN_API_WIRE_GEN_H\n\n"
                   "#include \"api/wire.h\"\n#include \"domain/table.gen.h\"\n\n"));
    for (size_t i = 0; i < gen_words_count; i++)
        emit_words(gen_words_all[i], out);
    for (size_t i = 0; i < gen_type_count; i++)
        emit_struct(gen_types[i], out);
    for (size_t i = 0; i < gen_type_count; i++)
        emit_raw(gen_types[i], out);
    buf_str(out, S("#endif\n"));
}

/* ---- code ---- */

static void emit_c_string(str s, buf *out)
{
    buf_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            buf_char(out, '\\');
        buf_char(out, s.p[i]);
    }
    buf_char(out, '"');
}

static void emit_words_table(const gen_words *w, buf *out)
{
    buf_printf(out, "static const str names_of_%.*s[] = {\n", STR_ARG(w->name));
    for (size_t i = 0; i < w->n; i++)
        buf_printf(out, "    {\"%.*s\", %zu},\n", STR_ARG(w->names[i]), w->names[i].n);
    buf_printf(out, "};\nstatic const int values_of_%.*s[] = {\n", STR_ARG(w->name));
    for (size_t i = 0; i < w->n; i++) {
        str name = constant(w, w->names[i]);
        buf_printf(out, "    %.*s,\n", STR_ARG(name));
    }
    str type = words_c_type(w);
    buf_printf(out, "};\n_Static_assert(sizeof(%.*s) == sizeof(int), \"an enum is an int\");\n",
               STR_ARG(type));
    str prefix = words_prefix(w);
    if (w->all)
        buf_printf(out, "_Static_assert(%.*s_COUNT == %zu, \"the spec has every value\");\n",
                   STR_ARG(prefix), w->n + 1);
    buf_printf(out, "const wire_words wire_%.*s_words = {%zu, names_of_%.*s, values_of_%.*s};\n\n",
               STR_ARG(w->name), w->n, STR_ARG(w->name), STR_ARG(w->name));
}

static void emit_pattern(str place, const gen_value *v, buf *out)
{
    buf_printf(out, "static const wire_atom atoms_of_%.*s[] = {\n", STR_ARG(place));
    for (size_t i = 0; i < v->atom_count; i++) {
        const wire_atom *a = &v->atoms[i];
        buf_printf(out, "    {{UINT64_C(0x%llx), UINT64_C(0x%llx)}, %u, %u},\n",
                   (unsigned long long)a->set[0], (unsigned long long)a->set[1], a->min, a->max);
    }
    buf_printf(out, "};\nstatic const wire_pattern pattern_of_%.*s = {{", STR_ARG(place));
    emit_c_string(v->pattern, out);
    buf_printf(out, ", %zu}, %zu, atoms_of_%.*s};\n", v->pattern.n, v->atom_count, STR_ARG(place));
}

static void emit_i64(int64_t n, buf *out)
{
    if (n == INT64_MIN)
        buf_str(out, S("INT64_MIN"));
    else if (n == INT64_MAX)
        buf_str(out, S("INT64_MAX"));
    else
        buf_printf(out, "INT64_C(%lld)", (long long)n);
}

static const char *const kind_names[] = {
    [WIRE_BOOL] = "WIRE_BOOL", [WIRE_INT] = "WIRE_INT",       [WIRE_STR] = "WIRE_STR",
    [WIRE_TIME] = "WIRE_TIME", [WIRE_DAY] = "WIRE_DAY",       [WIRE_ID] = "WIRE_ID",
    [WIRE_ENUM] = "WIRE_ENUM", [WIRE_OBJECT] = "WIRE_OBJECT", [WIRE_ARRAY] = "WIRE_ARRAY",
    [WIRE_RAW] = "WIRE_RAW",
};

/* An initializer. What it points to was written before under the name of the place. */
static void emit_value(str place, const gen_value *v, buf *out)
{
    str type = c_type(v);
    buf_printf(out, "{.kind = %s, .size = sizeof(%.*s), .min = ", kind_names[v->kind],
               STR_ARG(type));
    emit_i64(v->min, out);
    buf_str(out, S(", .max = "));
    emit_i64(v->max, out);
    if (v->kind == WIRE_ID)
        buf_printf(out, ", .id = (id_kind)%d", (int)v->id);
    if (v->max_bytes > 0)
        buf_printf(out, ", .max_bytes = %u", v->max_bytes);
    if (v->any_text)
        buf_str(out, S(", .any_text = true"));
    if (v->nullable)
        buf_str(out, S(", .nullable = true"));
    if (v->pattern.n > 0)
        buf_printf(out, ", .pattern = &pattern_of_%.*s", STR_ARG(place));
    if (v->words != NULL)
        buf_printf(out, ", .words = &wire_%.*s_words", STR_ARG(v->words->name));
    if (v->type != NULL)
        buf_printf(out, ", .type = &wire_%.*s_type", STR_ARG(v->type->name));
    if (v->element != NULL)
        buf_printf(out, ", .element = &element_of_%.*s", STR_ARG(place));
    if (v->kind == WIRE_RAW)
        buf_printf(out, ", .raw = wire_raw_%.*s", STR_ARG(v->raw));
    buf_str(out, S("}"));
}

/* Patterns and elements that the value points to. */
static void emit_parts(str place, const gen_value *v, buf *out)
{
    if (v->pattern.n > 0)
        emit_pattern(place, v, out);
    if (v->element == NULL)
        return;
    str inner = arena_printf(gen_memory, "%.*s_item", STR_ARG(place));
    emit_parts(inner, v->element, out);
    buf_printf(out, "static const wire_value element_of_%.*s =\n    ", STR_ARG(place));
    emit_value(inner, v->element, out);
    buf_str(out, S(";\n"));
}

static void emit_initial(const gen_value *v, buf *out)
{
    if (v->initial == NULL)
        return;
    buf_str(out, S(", .initial = "));
    if (v->kind == WIRE_ENUM) {
        str name = constant(v->words, v->initial->text);
        buf_str(out, name);
    } else {
        emit_i64(v->initial->number, out);
    }
}

static str place_of(const gen_type *t, const gen_field *f)
{
    return arena_printf(gen_memory, "%.*s__%.*s", STR_ARG(t->name), STR_ARG(f->name));
}

/* One line without the marks of Markdown, and the default behind it. */
static void emit_doc(const gen_value *v, buf *out)
{
    buf line;
    buf_init(&line, GEN_OUTPUT_MAX);
    for (size_t i = 0; i < v->doc.n; i++)
        if (v->doc.p[i] != '`')
            buf_char(&line, v->doc.p[i] == '\n' ? ' ' : v->doc.p[i]);
    if (v->initial != NULL)
        buf_printf(&line, "%sDefault: %.*s",
                   line.n == 0                         ? ""
                   : str_ends(buf_view(&line), S(".")) ? " "
                                                       : ". ",
                   STR_ARG(v->initial->text));
    buf_str(out, S(", .doc = "));
    emit_c_string(str_trim(buf_view(&line)), out);
    buf_free(&line);
}

static void emit_field(const gen_type *t, const gen_field *f, buf *out)
{
    buf_printf(out,
               "    {.name = {\"%.*s\", %zu},\n     .key = {\"\\\"%.*s\\\":\", %zu},\n"
               "     .offset = offsetof(wire_%.*s, %.*s),\n",
               STR_ARG(f->name), f->name.n, STR_ARG(f->name), f->name.n + 3, STR_ARG(t->name),
               STR_ARG(f->c_name));
    if (f->required)
        buf_str(out, S("     .has = WIRE_ALWAYS"));
    else
        buf_printf(out, "     .has = offsetof(wire_%.*s, has_%.*s)", STR_ARG(t->name),
                   STR_ARG(f->name));
    emit_initial(&f->value, out);
    emit_doc(&f->value, out);
    buf_str(out, S(",\n     .value = "));
    emit_value(place_of(t, f), &f->value, out);
    buf_str(out, S("},\n"));
}

static void emit_object_table(const gen_type *t, buf *out)
{
    for (size_t i = 0; i < t->n; i++)
        emit_parts(place_of(t, &t->fields[i]), &t->fields[i].value, out);
    if (t->n > 0) {
        buf_printf(out, "static const wire_field fields_of_%.*s[] = {\n", STR_ARG(t->name));
        for (size_t i = 0; i < t->n; i++)
            emit_field(t, &t->fields[i], out);
        buf_str(out, S("};\n"));
    }
    buf_printf(out,
               "const wire_type wire_%.*s_type = {.name = {\"%.*s\", %zu}, .size = "
               "sizeof(wire_%.*s), .min_fields = %zu, .n = %zu",
               STR_ARG(t->name), STR_ARG(t->name), t->name.n, STR_ARG(t->name), t->min_fields,
               t->n);
    if (t->n > 0)
        buf_printf(out, ", .fields = fields_of_%.*s", STR_ARG(t->name));
    buf_str(out, S("};\n\n"));
}

static void emit_union_table(const gen_type *t, buf *out)
{
    buf_printf(out, "static const wire_variant variants_of_%.*s[] = {\n", STR_ARG(t->name));
    for (size_t i = 0; i < t->variant_count; i++) {
        const gen_variant *v = &t->variants[i];
        str tag = constant(t->tags, v->name);
        buf_printf(out, "    {{\"%.*s\", %zu}, %.*s, &wire_%.*s_type},\n", STR_ARG(v->name),
                   v->name.n, STR_ARG(tag), STR_ARG(v->type->name));
    }
    buf_printf(out,
               "};\nconst wire_type wire_%.*s_type = {.name = {\"%.*s\", %zu}, .size = "
               "sizeof(wire_%.*s), .variant_count = %zu, .variant_offset = offsetof(wire_%.*s, of),"
               " .variants = variants_of_%.*s",
               STR_ARG(t->name), STR_ARG(t->name), t->name.n, STR_ARG(t->name), t->variant_count,
               STR_ARG(t->name), STR_ARG(t->name));
    if (t->discriminator.n > 0)
        buf_printf(out, ", .discriminator = {\"%.*s\", %zu}", STR_ARG(t->discriminator),
                   t->discriminator.n);
    buf_str(out, S("};\n\n"));
}

void emit_wire_code(buf *out)
{
    buf_str(out, S("/* Generated from api/ by tools/gen_api: the tables of wire.gen.h. */\n"
                   "#include \"api/wire.gen.h\"\n\n"));
    for (size_t i = 0; i < gen_words_count; i++)
        emit_words_table(gen_words_all[i], out);
    for (size_t i = 0; i < gen_type_count; i++) {
        if (gen_types[i]->variant_count > 0)
            emit_union_table(gen_types[i], out);
        else
            emit_object_table(gen_types[i], out);
    }
}
