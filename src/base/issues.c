/* The list of problems of one input, in the order in which they were found.
 *
 * Everything in it lives in the arena that it was made on. Does not sort and does not merge. */
#include "base/issues.h"

#include <stdarg.h>

static const issue_kind kinds[] = {
#define ISSUE(where, code, text)                                                                   \
    {ISSUE_##where, {#code, sizeof(#code) - 1}, {text, sizeof(text) - 1}},
#include "base/issue.def"
#undef ISSUE
};

const issue_kind *issue_kind_at(size_t index)
{
    return index < ARRAY_LEN(kinds) ? &kinds[index] : NULL;
}

bool issue_is_known(str code)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_eq(kinds[i].code, code))
            return true;
    return false;
}

issues *issues_new(arena *memory)
{
    issues *list = ARENA_NEW(memory, issues);
    list->memory = memory;
    return list;
}

void issues_add(issues *list, str field, str code, const char *format, ...)
{
    if (list->n == ISSUES_MAX) {
        list->dropped++;
        return;
    }
    if (list->items == NULL)
        list->items = ARENA_ARRAY(list->memory, issue, ISSUES_MAX);
    va_list args;
    va_start(args, format);
    str detail = arena_vprintf(list->memory, format, args);
    va_end(args);
    list->items[list->n++] = (issue){.field = arena_str(list->memory, field),
                                     .code = arena_str(list->memory, code),
                                     .detail = detail};
}

void issues_add_part(issues *list, str place, const issues *part)
{
    for (size_t i = 0; i < part->n; i++) {
        const issue *from = &part->items[i];
        const char *point = place.n > 0 && from->field.n > 0 ? "." : "";
        str field =
            arena_printf(list->memory, "%.*s%s%.*s", STR_ARG(place), point, STR_ARG(from->field));
        issues_add(list, field, from->code, "%.*s", STR_ARG(from->detail));
    }
    list->dropped += part->dropped;
}
