/* The reference page of the HTTP API, in Markdown. */
#include <stdlib.h>

#include "gen_api.h"

/* Text for a cell of a table or a paragraph: line breaks become spaces. */
static void put_line(str s, buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\n')
            buf_char(out, ' ');
        else if (s.p[i] == '|')
            buf_str(out, S("\\|"));
        else
            buf_char(out, s.p[i]);
    }
}

static void put_paragraph(str s, buf *out)
{
    if (s.n > 0)
        buf_printf(out, "%.*s\n\n", STR_ARG(s));
}

static void put_range(const gen_value *v, const char *unit, buf *out)
{
    if (v->has_min && v->has_max && v->min == v->max)
        buf_printf(out, ", %lld%s", (long long)v->min, unit);
    else if (v->has_min && v->has_max)
        buf_printf(out, ", %lld to %lld%s", (long long)v->min, (long long)v->max, unit);
    else if (v->has_min)
        buf_printf(out, ", at least %lld%s", (long long)v->min, unit);
    else if (v->has_max)
        buf_printf(out, ", at most %lld%s", (long long)v->max, unit);
}

static void put_value(const gen_value *v, buf *out)
{
    switch (v->kind) {
    case WIRE_BOOL:
        buf_str(out, S("true or false"));
        break;
    case WIRE_INT:
        buf_str(out, S("integer"));
        put_range(v, "", out);
        break;
    case WIRE_STR:
        buf_str(out, S("text"));
        put_range(v, " characters", out);
        if (v->pattern.n > 0) {
            buf_str(out, S(", `"));
            put_line(v->pattern, out);
            buf_char(out, '`');
        }
        break;
    case WIRE_TIME:
        buf_str(out, v->nullable ? S("time or null") : S("time"));
        break;
    case WIRE_DAY:
        buf_str(out, S("day, `2026-11-22`"));
        break;
    case WIRE_ID:
        buf_printf(out, "id, `%.*s_…`", STR_ARG(id_prefix(v->id)));
        break;
    case WIRE_ENUM:
        for (size_t i = 0; i < v->words->n; i++)
            buf_printf(out, "%s`%.*s`", i == 0 ? "" : ", ", STR_ARG(v->words->names[i]));
        break;
    case WIRE_OBJECT:
        buf_printf(out, "[%.*s](#%.*s)", STR_ARG(v->type->name), STR_ARG(v->type->name));
        break;
    case WIRE_RAW:
        if (str_eq(v->raw, S("benefit")) || str_eq(v->raw, S("policy")))
            buf_printf(out, "[%.*s](%.*s.md)", STR_ARG(v->schema), STR_ARG(v->raw));
        else if (str_eq(v->raw, S("scope")) || str_eq(v->raw, S("conditions")) ||
                 str_eq(v->raw, S("blacklist")))
            buf_printf(out, "[%.*s](rule.md)", STR_ARG(v->schema));
        else
            buf_str(out, S("object"));
        break;
    case WIRE_ARRAY:
        buf_str(out, S("array"));
        put_range(v, "", out);
        buf_str(out, S(", of "));
        put_value(v->element, out);
        break;
    }
    if (v->initial != NULL)
        buf_printf(out, ", default `%.*s`", STR_ARG(v->initial->text));
}

static void put_field(const gen_field *f, const char *where, buf *out)
{
    buf_printf(out, "| `%.*s` | %s | ", STR_ARG(f->name), where);
    put_value(&f->value, out);
    buf_str(out, S(" | "));
    put_line(f->value.doc, out);
    buf_str(out, S(" |\n"));
}

/* ---- operations ---- */

static void put_parameters(const gen_operation *o, buf *out)
{
    if (o->parameters == NULL)
        return;
    buf_str(out, S("| parameter | in | value | meaning |\n|---|---|---|---|\n"));
    for (size_t i = 0; i < o->parameters->n; i++)
        put_field(&o->parameters->fields[i], i < o->path_parameters ? "path" : "query", out);
    buf_char(out, '\n');
}

static void put_demands(const gen_operation *o, buf *out)
{
    if (str_eq(o->scope, S("none")))
        buf_str(out, S("No key."));
    else if (str_eq(o->scope, S("operator")))
        buf_str(out, S("A key of the operator."));
    else
        buf_printf(out, "Scope `%.*s`.", STR_ARG(o->scope));
    if (o->needs_key)
        buf_str(out, S(" Needs `Idempotency-Key`."));
    if (o->needs_match)
        buf_str(out, S(" Needs `If-Match`."));
    if (o->takes_position)
        buf_str(out, S(" Takes `Quan-Position`."));
    if (o->body != NULL) {
        buf_printf(out, " Body: [%.*s](#%.*s)%s, at most %lld bytes.", STR_ARG(o->body->name),
                   STR_ARG(o->body->name), o->body_required ? "" : " or nothing",
                   (long long)o->body_max);
    }
    buf_str(out, S("\n\n"));
}

static void put_responses(const gen_operation *o, buf *out)
{
    for (size_t i = 0; i < o->responses->n; i++) {
        str section, name;
        str status = o->responses->items[i].key;
        const node *r = ref_follow(o->responses->items[i].value, &section, &name);
        if (str_eq(status, S("default")))
            continue;
        buf_printf(out, "%.*s: ", STR_ARG(status));
        put_line(node_text(r, "description"), out);
        const node *media = node_get(node_need(r, "content", NODE_MAP), "application/json");
        if (media != NULL)
            (void)ref_follow(node_need(media, "schema", NODE_MAP), &section, &name);
        if (name.n > 0)
            buf_printf(out, " [%.*s](#%.*s)", STR_ARG(name), STR_ARG(name));
        buf_str(out, S("\n\n"));
    }
    for (size_t i = 0; i < o->code_count; i++)
        buf_printf(out, "%s`%.*s`", i == 0 ? "Refusals of its own: " : ", ", STR_ARG(o->codes[i]));
    if (o->code_count > 0)
        buf_str(out, S(".\n\n"));
}

static void put_tag(const node *tag, buf *out)
{
    str name = node_text(tag, "name");
    buf_printf(out, "## %.*s\n\n", STR_ARG(name));
    put_paragraph(node_text(tag, "description"), out);
    for (size_t i = 0; i < gen_operation_count; i++) {
        const gen_operation *o = &gen_operations[i];
        if (!str_eq(o->tag, name))
            continue;
        buf_printf(out, "### %.*s %.*s\n\n%.*s. ", STR_ARG(o->method), STR_ARG(o->path),
                   STR_ARG(o->summary));
        put_paragraph(o->doc, out);
        if (o->doc.n == 0)
            buf_str(out, S("\n\n"));
        put_demands(o, out);
        put_parameters(o, out);
        put_responses(o, out);
    }
}

/* ---- schemas and codes ---- */

static bool is_parameters(const gen_type *t)
{
    for (size_t i = 0; i < gen_operation_count; i++) {
        if (gen_operations[i].parameters == t)
            return true;
    }
    return false;
}

static void put_type(const gen_type *t, buf *out)
{
    buf_printf(out, "### %.*s\n\n", STR_ARG(t->name));
    put_paragraph(t->doc, out);
    for (size_t i = 0; i < t->variant_count; i++) {
        const gen_variant *v = &t->variants[i];
        buf_printf(out, t->discriminator.n > 0 ? "- `%.*s` `%.*s`: " : "- with `%.*s%.*s`: ",
                   STR_ARG(t->discriminator), STR_ARG(v->name));
        buf_printf(out, "[%.*s](#%.*s)\n", STR_ARG(v->type->name), STR_ARG(v->type->name));
    }
    if (t->n > 0)
        buf_str(out, S("| field | | value | meaning |\n|---|---|---|---|\n"));
    for (size_t i = 0; i < t->n; i++)
        put_field(&t->fields[i], t->fields[i].required ? "required" : "", out);
    buf_char(out, '\n');
}

static int by_name(const void *a, const void *b)
{
    return str_cmp((*(gen_type *const *)a)->name, (*(gen_type *const *)b)->name);
}

static void put_types(buf *out)
{
    gen_type **sorted = ARENA_ARRAY(gen_memory, gen_type *, gen_type_count);
    memcpy(sorted, gen_types, gen_type_count * sizeof *sorted);
    qsort(sorted, gen_type_count, sizeof *sorted, by_name);
    buf_str(out, S("## Schemas\n\n"));
    for (size_t i = 0; i < gen_type_count; i++) {
        if (!is_parameters(sorted[i]))
            put_type(sorted[i], out);
    }
}

void emit_docs(const node *root, buf *out)
{
    const node *info = node_need(root, "info", NODE_MAP);
    buf_str(out, S("<!-- Generated from api/ by tools/gen_api; do not edit. -->\n# HTTP API\n\n"));
    put_paragraph(node_text(info, "description"), out);
    const node *tags = node_need(root, "tags", NODE_LIST);
    for (size_t i = 0; i < tags->n; i++)
        put_tag(tags->items[i].value, out);
    put_types(out);
    buf_str(out, S("## Codes\n\n[Problems](problems.md) lists every `code` of a problem and of an "
                   "entry of its `errors`.\n"));
}
