/* Writes route.gen.h (prototypes of the handlers) and route.gen.c (operations, and the tree of path
 * segments that requests are matched against).
 *
 * A node of the tree has either texts or one parameter below it, so matching never goes back. */
#include "gen_api.h"

enum { TREE_NODES_MAX = 500, TREE_EDGES_MAX = 32, VERBS = 5 };

typedef struct tree_node {
    size_t n;
    struct {
        str text;
        size_t to;
    } edges[TREE_EDGES_MAX];
    size_t parameter; /* node below; 0: none */
    const gen_operation *operations[VERBS];
} tree_node;

static tree_node nodes[TREE_NODES_MAX];
static size_t nodes_n;

static const char *const verbs[VERBS] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

static size_t node_add(const gen_operation *o)
{
    if (nodes_n == TREE_NODES_MAX)
        gen_fail(o->source, "the paths need more than %d nodes", TREE_NODES_MAX);
    return nodes_n++;
}

static size_t node_below(size_t at, const gen_operation *o, str segment)
{
    tree_node *n = &nodes[at];
    bool parameter = segment.p[0] == '{';
    if (parameter ? n->n > 0 : n->parameter != 0)
        gen_fail(o->source, "the path '%.*s' has text and a parameter at one place",
                 STR_ARG(o->path));
    if (parameter) {
        if (n->parameter == 0)
            n->parameter = node_add(o);
        return n->parameter;
    }
    for (size_t i = 0; i < n->n; i++) {
        if (str_eq(n->edges[i].text, segment))
            return n->edges[i].to;
    }
    if (n->n == TREE_EDGES_MAX)
        gen_fail(o->source, "more than %d texts at one place of a path", TREE_EDGES_MAX);
    n->edges[n->n].text = segment;
    n->edges[n->n].to = node_add(o);
    return n->edges[n->n++].to;
}

static void grow_tree(void)
{
    nodes_n = 1;
    for (size_t i = 0; i < gen_operation_count; i++) {
        const gen_operation *o = &gen_operations[i];
        size_t at = 0;
        for (size_t s = 0; s < o->segment_count; s++)
            at = node_below(at, o, o->segments[s]);
        for (size_t v = 0; v < VERBS; v++) {
            if (!str_eq(o->method, str_of(verbs[v])))
                continue;
            if (nodes[at].operations[v] != NULL)
                gen_fail(o->source, "two operations have the same path but for its parameters");
            nodes[at].operations[v] = o;
        }
    }
}

void emit_route_header(buf *out)
{
    buf_str(out, S("/* Generated from api/ by tools/gen_api: what handles each operation. */\n"
                   "#ifndef QUAN_API_ROUTE_GEN_H\n#define QUAN_API_ROUTE_GEN_H\n\n"
                   "typedef struct api_call api_call;\n\n"));
    buf_printf(out, "enum { API_OPERATIONS = %zu };\n\n", gen_operation_count);
    for (size_t i = 0; i < gen_operation_count; i++) {
        const gen_operation *o = &gen_operations[i];
        buf_printf(out, "void api_%.*s(api_call *c); /* %.*s %.*s */\n", STR_ARG(o->id),
                   STR_ARG(o->method), STR_ARG(o->path));
    }
    buf_str(out, S("\n#endif\n"));
}

static void emit_operation(const gen_operation *o, buf *out)
{
    str scope = gen_upper(o->scope);
    buf_printf(
        out,
        "    {.id = {\"%.*s\", %zu},\n     .verb = VERB_%.*s,\n     .path = {\"%.*s\", "
        "%zu},\n     .scope = SCOPE_%.*s,\n     .needs_key = %s,\n     .needs_match = %s,\n     "
        ".takes_position = %s,\n",
        STR_ARG(o->id), o->id.n, STR_ARG(o->method), STR_ARG(o->path), o->path.n, STR_ARG(scope),
        o->needs_key ? "true" : "false", o->needs_match ? "true" : "false",
        o->takes_position ? "true" : "false");
    if (o->parameters != NULL)
        buf_printf(out, "     .parameters = &wire_%.*s_type,\n     .path_parameters = %zu,\n",
                   STR_ARG(o->parameters->name), o->path_parameters);
    if (o->body != NULL)
        buf_printf(out, "     .body = &wire_%.*s_type,\n     .body_required = %s,\n",
                   STR_ARG(o->body->name), o->body_required ? "true" : "false");
    buf_printf(out, "     .body_max = %lld,\n     .handle = api_%.*s},\n", (long long)o->body_max,
               STR_ARG(o->id));
}

static void emit_tree(buf *out)
{
    for (size_t i = 0; i < nodes_n; i++) {
        if (nodes[i].n == 0)
            continue;
        buf_printf(out, "static const route_edge edges_%zu[] = {\n", i);
        for (size_t e = 0; e < nodes[i].n; e++)
            buf_printf(out, "    {{\"%.*s\", %zu}, %zu},\n", STR_ARG(nodes[i].edges[e].text),
                       nodes[i].edges[e].text.n, nodes[i].edges[e].to);
        buf_str(out, S("};\n"));
    }
    buf_str(out, S("const route_node route_nodes[] = {\n"));
    for (size_t i = 0; i < nodes_n; i++) {
        const tree_node *n = &nodes[i];
        buf_printf(out, "    [%zu] = {.n = %zu, .parameter = %zu", i, n->n, n->parameter);
        if (n->n > 0)
            buf_printf(out, ", .edges = edges_%zu", i);
        for (size_t v = 0; v < VERBS; v++) {
            if (n->operations[v] != NULL)
                buf_printf(out, ",\n        .operations[VERB_%s] = &api_operations[%zu]", verbs[v],
                           (size_t)(n->operations[v] - gen_operations));
        }
        buf_str(out, S("},\n"));
    }
    buf_str(out, S("};\n"));
}

void emit_route_code(buf *out)
{
    grow_tree();
    buf_str(out, S("/* Generated from api/ by tools/gen_api: the operations and the tree of their "
                   "paths. */\n#include \"api/route.h\"\n#include \"api/wire.gen.h\"\n\n"
                   "const operation api_operations[API_OPERATIONS] = {\n"));
    for (size_t i = 0; i < gen_operation_count; i++)
        emit_operation(&gen_operations[i], out);
    buf_str(out, S("};\n\n"));
    emit_tree(out);
}
