/* See rest.h. */
#include "api/rest.h"

static wire_line_outcome outcome_of(const rest_line *told)
{
    if (told == NULL)
        return WIRE_LINE_OUTCOME_INVALID;
    return told->twice ? WIRE_LINE_OUTCOME_DUPLICATE : WIRE_LINE_OUTCOME_ALREADY_OURS;
}

wire_line_rest_list rest_shown(api_call *c, const rest_ask *of)
{
    size_t all = of->lines->n;
    wire_line_rest_list out = {.items = ARENA_ARRAY(c->memory, wire_line_rest, all)};
    for (size_t i = 0, k = 0; i < all; i++) {
        bool told = k < of->n && of->rest[k].line == i;
        const rest_line *line = told ? &of->rest[k++] : NULL;
        if (told || !of->is_good(of->lines->items[i]))
            out.items[out.n++] =
                (wire_line_rest){.line = of->first_line + (int64_t)i, .outcome = outcome_of(line)};
    }
    return out;
}
