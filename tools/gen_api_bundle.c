/* The whole spec as one JSON document: references between files become references inside it, and
 * ids get the pattern that they have. */
#include "gen_api.h"

enum { PARTS_MAX = 500, LINE_BYTES = 90 };

static const char *const sections[] = {"schemas", "parameters", "headers", "responses"};

/* What was referred to, once each. */
static struct {
    str section, name;
    const node *target;
} parts[PARTS_MAX];
static size_t parts_n;

static void part_add(const node *at, str section, str name, const node *target)
{
    for (size_t i = 0; i < parts_n; i++) {
        if (!str_eq(parts[i].section, section) || !str_eq(parts[i].name, name))
            continue;
        if (parts[i].target != target)
            gen_fail(at, "two %.*s are called '%.*s'", STR_ARG(section), STR_ARG(name));
        return;
    }
    if (parts_n == PARTS_MAX)
        gen_fail(at, "more than %d parts are referred to", PARTS_MAX);
    parts[parts_n].section = section;
    parts[parts_n].name = name;
    parts[parts_n++].target = target;
}

static void write_node(const node *n, json_writer *w);

static void write_reference(const node *n, json_writer *w)
{
    str section, name;
    const node *target = ref_follow(n, &section, &name);
    bool known = false;
    for (size_t i = 0; i < ARRAY_LEN(sections); i++)
        known = known || str_eq(section, str_of(sections[i]));
    if (!known)
        gen_fail(n, "a reference must be into schemas, parameters, headers or responses");
    part_add(n, section, name, target);
    json_put_str(
        w, arena_printf(gen_memory, "#/components/%.*s/%.*s", STR_ARG(section), STR_ARG(name)));
}

static void write_id_pattern(const node *map, json_writer *w)
{
    gen_value v;
    schema_value(map, S("id"), &v);
    json_key(w, S("pattern"));
    json_put_str(w, arena_printf(gen_memory, "^%.*s_[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{13}$",
                                 STR_ARG(id_prefix(v.id))));
}

static void write_map(const node *n, json_writer *w)
{
    json_begin_object(w);
    for (size_t i = 0; i < n->n; i++) {
        json_key(w, n->items[i].key);
        if (str_eq(n->items[i].key, S("$ref")))
            write_reference(n, w);
        else
            write_node(n->items[i].value, w);
    }
    if (node_get(n, "x-quan-id") != NULL)
        write_id_pattern(n, w);
    json_end_object(w);
}

static void write_node(const node *n, json_writer *w)
{
    switch (n->kind) {
    case NODE_NULL:
        json_put_null(w);
        return;
    case NODE_BOOL:
        json_put_bool(w, n->number != 0);
        return;
    case NODE_INT:
        json_put_i64(w, n->number);
        return;
    case NODE_STR:
        json_put_str(w, str_trim(n->text));
        return;
    case NODE_LIST:
        json_begin_array(w);
        for (size_t i = 0; i < n->n; i++)
            write_node(n->items[i].value, w);
        json_end_array(w);
        return;
    case NODE_MAP:
        write_map(n, w);
        return;
    }
    UNREACHABLE();
}

static void write_paths(const node *paths, json_writer *w)
{
    json_begin_object(w);
    for (size_t i = 0; i < paths->n; i++) {
        str section, name;
        json_key(w, paths->items[i].key);
        write_node(ref_follow(paths->items[i].value, &section, &name), w);
    }
    json_end_object(w);
}

/* Writing a part may bring new ones: they are found by writing into a buffer that is thrown away
 * until no new ones come. */
static void find_all_parts(void)
{
    buf waste;
    buf_init(&waste, GEN_OUTPUT_MAX);
    for (size_t i = 0; i < parts_n; i++) {
        json_writer w = json_writer_on(&waste);
        buf_clear(&waste);
        write_node(parts[i].target, &w);
    }
    buf_free(&waste);
}

static void write_components(const node *root, json_writer *w)
{
    find_all_parts();
    json_begin_object(w);
    const node *own = node_get(root, "components");
    for (size_t i = 0; own != NULL && i < own->n; i++) {
        json_key(w, own->items[i].key);
        write_node(own->items[i].value, w);
    }
    for (size_t s = 0; s < ARRAY_LEN(sections); s++) {
        json_key(w, str_of(sections[s]));
        json_begin_object(w);
        for (size_t i = 0; i < parts_n; i++) {
            if (!str_eq(parts[i].section, str_of(sections[s])))
                continue;
            json_key(w, parts[i].name);
            write_node(parts[i].target, w);
        }
        json_end_object(w);
    }
    json_end_object(w);
}

void emit_bundle(const node *root, buf *out)
{
    json_writer w = json_writer_on(out);
    json_begin_object(&w);
    for (size_t i = 0; i < root->n; i++) {
        str key = root->items[i].key;
        if (str_eq(key, S("components")))
            continue;
        json_key(&w, key);
        if (str_eq(key, S("paths")))
            write_paths(root->items[i].value, &w);
        else
            write_node(root->items[i].value, &w);
    }
    json_key(&w, S("components"));
    write_components(root, &w);
    json_end_object(&w);
}

/* `const str NAME` with the text. */
static void emit_text(const char *name, str text, buf *out)
{
    buf_printf(out, "static const char %s_text[] =\n", name);
    for (size_t i = 0; i < text.n; i += LINE_BYTES) {
        buf_str(out, S("    \""));
        for (size_t j = i; j < i + LINE_BYTES && j < text.n; j++) {
            uint8_t c = (uint8_t)text.p[j];
            if (c == '"' || c == '\\')
                buf_printf(out, "\\%c", c);
            else if (c < 32 || c > 126 || c == '?') /* no trigraphs; octal ends after 3 digits */
                buf_printf(out, "\\%03o", c);
            else
                buf_char(out, (char)c);
        }
        buf_str(out, S("\"\n"));
    }
    buf_printf(out, "    ;\nconst str %s = {%s_text, %zu};\n", name, name, text.n);
}

void emit_bundle_code(const node *root, str spec, buf *out)
{
    buf_str(out, S("/* Generated from api/ by tools/gen_api: the spec as GET /openapi.json gives "
                   "it. */\n#include \"api/route.h\"\n\n"));
    emit_text("api_spec", spec, out);
    str version = node_text(node_need(root, "info", NODE_MAP), "version");
    buf_printf(out, "const str api_spec_version = {\"%.*s\", %zu};\n", STR_ARG(version), version.n);
}

void emit_schema_code(str schema, buf *out)
{
    buf_str(out, S("/* Generated from api/ by tools/gen_api: the schema of events. */\n"
                   "#include \"api/route.h\"\n\n"));
    emit_text("api_event_schema", schema, out);
}
