/* Operations and how a request finds its own: tables that tools/gen_api makes of api/. */
#ifndef QUAN_API_ROUTE_H
#define QUAN_API_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/route.gen.h"
#include "api/wire.h"
#include "port/http.h"

enum { ROUTE_PARAMETERS_MAX = 4 };

/* Who may call an operation. The last four are scopes of keys. */
typedef enum api_scope {
    SCOPE_NONE,     /* anybody */
    SCOPE_OPERATOR, /* keys that belong to no merchant */
    SCOPE_ADMIN,
    SCOPE_ISSUE,
    SCOPE_REDEEM,
    SCOPE_READ
} api_scope;

typedef struct operation {
    str id; /* "claim_create" */
    http_verb verb;
    str path; /* with {parameters} */
    api_scope scope;
    bool needs_key, needs_match, takes_position;
    const wire_type *parameters; /* those of the path first; NULL: none */
    size_t path_parameters;
    const wire_type *body; /* NULL: none */
    bool body_required;
    size_t body_max;
    void (*handle)(api_call *c);
} operation;

extern const operation api_operations[API_OPERATIONS];
extern const str api_spec;         /* OpenAPI, as JSON */
extern const str api_event_schema; /* JSON Schema: api/events.schema.json */
extern const str api_spec_version; /* its info.version */

typedef struct route_edge {
    str text;
    uint16_t to;
} route_edge;

typedef struct route_node {
    uint16_t n;
    uint16_t parameter; /* the node below; 0: none */
    const route_edge *edges;
    const operation *operations[VERB_COUNT];
} route_node;

extern const route_node route_nodes[]; /* [0] is the root */

typedef struct route_match {
    const route_node *node;               /* its operations tell the verbs that it has */
    str parameters[ROUTE_PARAMETERS_MAX]; /* as sent */
    size_t n;
} route_match;

/* False when no operation has this path. */
MUST_USE bool route_find(str path, route_match *out);
/* "GET, POST" for the Allow field of a 405. */
void route_allow(const route_node *node, buf *out);

#endif
