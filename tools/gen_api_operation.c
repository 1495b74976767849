/* Paths of the spec to operations. */
#include "gen_api.h"

#include "base/result.h"

gen_operation gen_operations[GEN_OPERATIONS_MAX];
size_t gen_operation_count;

static const char *const methods[] = {"get", "post", "put", "patch", "delete"};
static const char *const scopes[] = {"none", "operator", "admin", "issue", "redeem", "read"};

static void cut_path(gen_operation *o)
{
    str rest = o->path;
    str segment;
    if (!str_starts(rest, S("/")) || rest.n < 2)
        gen_fail(o->source, "a path begins with / and goes on");
    rest = (str){rest.p + 1, rest.n - 1};
    while (str_cut(&rest, '/', &segment)) {
        if (segment.n == 0 || o->segment_count == GEN_SEGMENTS_MAX)
            gen_fail(o->source, "the path '%.*s' has an empty part or too many", STR_ARG(o->path));
        bool open = segment.p[0] == '{';
        if (open != (segment.p[segment.n - 1] == '}') || segment.n < (open ? 3U : 1U))
            gen_fail(o->source, "'%.*s' in a path is neither text nor {parameter}",
                     STR_ARG(segment));
        o->segments[o->segment_count++] = segment;
    }
}

static bool is_parameter(str segment)
{
    return segment.p[0] == '{';
}

static str parameter_name(str segment)
{
    return (str){segment.p + 1, segment.n - 2};
}

static void header_parameter(gen_operation *o, const node *p, str name)
{
    const node *required = node_get(p, "required");
    bool needed = required != NULL && required->number != 0;
    if (str_eq(name, S("Quan-Position")) && !needed) {
        o->takes_position = true;
        return;
    }
    if (!needed)
        gen_fail(p, "a header must be required");
    if (str_eq(name, S("Idempotency-Key")))
        o->needs_key = true;
    else if (str_eq(name, S("If-Match")))
        o->needs_match = true;
    else
        gen_fail(p, "the header '%.*s' is not supported", STR_ARG(name));
}

static void add_parameter(gen_operation *o, const node *p, str name, bool required)
{
    gen_type *t = o->parameters;
    if (t->n == GEN_FIELDS_MAX)
        gen_fail(p, "more than %d parameters", GEN_FIELDS_MAX);
    gen_field *f = &t->fields[t->n++];
    *f = (gen_field){.name = name, .c_name = gen_c_name(name), .required = required};
    str context = arena_printf(gen_memory, "%.*s_%.*s", STR_ARG(o->id), STR_ARG(name));
    schema_value(node_need(p, "schema", NODE_MAP), context, &f->value);
    if (f->value.kind == WIRE_OBJECT || f->value.kind == WIRE_ARRAY)
        gen_fail(p, "a parameter is a single value");
    str doc = node_text(p, "description");
    if (doc.n > 0)
        f->value.doc = doc;
    schema_field_bounded(f);
}

static const node *parameter_at(const node *list, size_t i)
{
    str section, name;
    const node *p = ref_follow(list->items[i].value, &section, &name);
    node_keys(p, "a parameter", "name in required description schema");
    return p;
}

/* Those of the path first, in the order of the path. */
static void path_parameters(gen_operation *o, const node *list)
{
    for (size_t s = 0; s < o->segment_count; s++) {
        if (!is_parameter(o->segments[s]))
            continue;
        const node *found = NULL;
        for (size_t i = 0; list != NULL && i < list->n; i++) {
            const node *p = parameter_at(list, i);
            if (str_eq(node_text(p, "in"), S("path")) &&
                str_eq(node_text(p, "name"), parameter_name(o->segments[s])))
                found = p;
        }
        if (found == NULL)
            gen_fail(o->source, "the parameter of '%.*s' in the path is missing",
                     STR_ARG(o->segments[s]));
        add_parameter(o, found, parameter_name(o->segments[s]), true);
        o->path_parameters++;
    }
}

static void load_parameters(gen_operation *o)
{
    const node *list = node_get(o->source, "parameters");
    o->parameters = ARENA_NEW(gen_memory, gen_type);
    o->parameters->name = arena_printf(gen_memory, "%.*s_parameters", STR_ARG(o->id));
    o->parameters->source = o->source;
    o->parameters->doc = S("The parameters of the path and the query.");
    path_parameters(o, list);
    size_t in_path = 0;
    for (size_t i = 0; list != NULL && i < list->n; i++) {
        const node *p = parameter_at(list, i);
        str place = node_text(p, "in");
        str name = node_text(p, "name");
        if (str_eq(place, S("path")))
            in_path++;
        else if (str_eq(place, S("header")))
            header_parameter(o, p, name);
        else if (str_eq(place, S("query")) && node_get(p, "required") == NULL)
            add_parameter(o, p, name, false);
        else
            gen_fail(p, "a parameter is in path, header or (not required) in query");
    }
    if (in_path != o->path_parameters)
        gen_fail(o->source, "a parameter in path is not in the path '%.*s'", STR_ARG(o->path));
    if (o->parameters->n == 0)
        o->parameters = NULL;
    else
        gen_types[gen_type_count++] = o->parameters;
}

static const node *json_schema_of(const node *holder)
{
    const node *content = node_need(holder, "content", NODE_MAP);
    node_keys(content, "content",
              "application/json application/problem+json text/plain text/csv image/png "
              "image/svg+xml");
    const node *media = node_get(content, "application/json");
    return media == NULL ? NULL : node_need(media, "schema", NODE_MAP);
}

static void load_body(gen_operation *o)
{
    const node *body = node_get(o->source, "requestBody");
    const node *max = node_get(o->source, "x-quan-body-max");
    o->body_max = GEN_BODY_MAX_DEFAULT;
    if (max != NULL) {
        node_is(max, NODE_INT, "x-quan-body-max");
        o->body_max = max->number;
    }
    if (body == NULL)
        return;
    node_keys(body, "a request body", "required content description");
    const node *schema = json_schema_of(body);
    if (schema == NULL)
        gen_fail(body, "a request body is application/json");
    str section, name;
    const node *target = ref_follow(schema, &section, &name);
    if (name.n == 0)
        gen_fail(schema, "the schema of a request body must be a reference");
    o->body = schema_type(target, name);
    schema_bounded(o->body);
    const node *required = node_get(body, "required");
    o->body_required = required != NULL && required->number != 0;
}

/* `{type: object}`: a document that says itself what it is. */
static bool is_document(const node *schema)
{
    return schema->n == 1 && str_eq(node_text(schema, "type"), S("object"));
}

static void load_responses(gen_operation *o)
{
    o->responses = node_need(o->source, "responses", NODE_MAP);
    for (size_t i = 0; i < o->responses->n; i++) {
        str section, name;
        const node *r = ref_follow(o->responses->items[i].value, &section, &name);
        node_keys(r, "a response", "description headers content");
        (void)node_need(r, "description", NODE_STR);
        const node *schema = json_schema_of(r);
        if (schema == NULL || is_document(schema))
            continue;
        const node *target = ref_follow(schema, &section, &name);
        if (name.n == 0)
            gen_fail(schema, "the schema of a response must be a reference");
        (void)schema_type(target, name);
    }
}

static bool code_exists(str code)
{
    for (int n = 0; n < 1000; n++) {
        if (result_is_known(n) && str_eq(result_code((result)n), code))
            return true;
    }
    return false;
}

static void load_codes(gen_operation *o)
{
    const node *list = node_get(o->source, "x-quan-codes");
    if (list == NULL)
        return;
    node_is(list, NODE_LIST, "x-quan-codes");
    for (size_t i = 0; i < list->n; i++) {
        str code = list->items[i].value->text;
        if (!code_exists(code) || o->code_count == GEN_CODES_MAX)
            gen_fail(list->items[i].value, "'%.*s' is not in result.def", STR_ARG(code));
        o->codes[o->code_count++] = code;
    }
}

static void load_scope(gen_operation *o)
{
    o->scope = node_text(o->source, "x-quan-scope");
    for (size_t i = 0; i < ARRAY_LEN(scopes); i++) {
        if (str_eq(o->scope, str_of(scopes[i])))
            return;
    }
    gen_fail(o->source, "x-quan-scope must be none, operator, admin, issue, redeem or read");
}

static void load_operation(const char *method, str path, const node *n)
{
    node_keys(n, "an operation",
              "operationId tags summary description parameters requestBody responses x-quan-scope "
              "x-quan-codes x-quan-body-max");
    if (gen_operation_count == GEN_OPERATIONS_MAX)
        gen_fail(n, "more than %d operations", GEN_OPERATIONS_MAX);
    gen_operation *o = &gen_operations[gen_operation_count];
    *o = (gen_operation){.source = n, .method = gen_upper(str_of(method)), .path = path};
    o->id = node_need(n, "operationId", NODE_STR)->text;
    o->summary = node_need(n, "summary", NODE_STR)->text;
    o->doc = node_text(n, "description");
    const node *tags = node_need(n, "tags", NODE_LIST);
    if (tags->n != 1)
        gen_fail(tags, "an operation has one tag");
    o->tag = tags->items[0].value->text;
    for (size_t i = 0; i < gen_operation_count; i++) {
        if (str_eq(gen_operations[i].id, o->id))
            gen_fail(n, "two operations are called '%.*s'", STR_ARG(o->id));
    }
    cut_path(o);
    load_scope(o);
    load_parameters(o);
    load_body(o);
    load_responses(o);
    load_codes(o);
    if (o->needs_match && !o->needs_key)
        gen_fail(n, "If-Match belongs to writes, and those need an Idempotency-Key");
    gen_operation_count++;
}

static void check_tag(const gen_operation *o, const node *tags)
{
    for (size_t i = 0; i < tags->n; i++) {
        if (str_eq(node_text(tags->items[i].value, "name"), o->tag))
            return;
    }
    gen_fail(o->source, "the tag '%.*s' is not listed", STR_ARG(o->tag));
}

void operations_load(const node *root)
{
    node_keys(root, "the spec", "openapi info servers security tags paths components");
    if (!str_eq(node_text(root, "openapi"), S("3.1.0")))
        gen_fail(root, "openapi must be 3.1.0");
    const node *paths = node_need(root, "paths", NODE_MAP);
    for (size_t i = 0; i < paths->n; i++) {
        str section, name;
        const node *item = ref_follow(paths->items[i].value, &section, &name);
        if (name.n > 0 && !str_eq(name, paths->items[i].key))
            gen_fail(paths->items[i].value, "the path refers to another one");
        node_keys(item, "a path", "get post put patch delete");
        for (size_t m = 0; m < ARRAY_LEN(methods); m++) {
            const node *n = node_get(item, methods[m]);
            if (n != NULL)
                load_operation(methods[m], paths->items[i].key, n);
        }
    }
    const node *tags = node_need(root, "tags", NODE_LIST);
    for (size_t i = 0; i < gen_operation_count; i++)
        check_tag(&gen_operations[i], tags);
    if (gen_operation_count == 0)
        gen_fail(paths, "the spec has no operation");
}
