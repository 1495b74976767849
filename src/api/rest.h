/* Lists whose lines are dealt with one by one, as wire structs: what became of each that was not
 * accepted. */
#ifndef QUAN_API_REST_H
#define QUAN_API_REST_H

#include "api/call.h"
#include "domain/table.gen.h"

typedef struct rest_ask {
    int64_t first_line;
    const wire_str_list *lines;
    bool (*is_good)(str line); /* else it never came to the act */
    const rest_line *rest;     /* of the act, in their order */
    size_t n;
} rest_ask;
wire_line_rest_list rest_shown(api_call *c, const rest_ask *of);

#endif
