/* Matching a path against the tree of its segments: one step a segment, no way back. */
#include "api/route.h"

static const char *const verb_names[VERB_COUNT] = {
    [VERB_GET] = "GET",     [VERB_POST] = "POST",     [VERB_PUT] = "PUT",
    [VERB_PATCH] = "PATCH", [VERB_DELETE] = "DELETE", [VERB_OPTIONS] = "OPTIONS",
};

static uint16_t step(const route_node *at, str segment)
{
    for (size_t i = 0; i < at->n; i++) {
        if (str_eq(at->edges[i].text, segment))
            return at->edges[i].to;
    }
    return at->parameter;
}

static bool has_operation(const route_node *n)
{
    for (size_t v = 0; v < VERB_COUNT; v++) {
        if (n->operations[v] != NULL)
            return true;
    }
    return false;
}

bool route_find(str path, route_match *out)
{
    *out = (route_match){.node = &route_nodes[0]};
    str segment;
    while (http_segment_next(&path, &segment)) {
        uint16_t to = step(out->node, segment);
        if (to == 0 || segment.n == 0)
            return false;
        if (to == out->node->parameter) {
            if (out->n == ROUTE_PARAMETERS_MAX)
                return false;
            out->parameters[out->n++] = segment;
        }
        out->node = &route_nodes[to];
    }
    return has_operation(out->node);
}

void route_allow(const route_node *n, buf *out)
{
    for (size_t v = 0; v < VERB_COUNT; v++) {
        if (n->operations[v] != NULL)
            buf_printf(out, "%s%s", out->n == 0 ? "" : ", ", verb_names[v]);
    }
}
