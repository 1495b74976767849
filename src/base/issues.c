/* The list of problems of one input, in the order in which they were found.
 *
 * Everything in it lives in the arena that it was made on. Does not sort and does not merge. */
#include "base/issues.h"

#include <stdarg.h>

#include "base/buf.h"

/* A detail is a sentence; what is beyond this is an error of its writer and is left out. */
enum { ISSUE_DETAIL_MAX = 4096 };

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
    buf detail;
    buf_init(&detail, ISSUE_DETAIL_MAX);
    va_list args;
    va_start(args, format);
    buf_vprintf(&detail, format, args);
    va_end(args);
    list->items[list->n++] = (issue){.field = arena_str(list->memory, field),
                                     .code = arena_str(list->memory, code),
                                     .detail = arena_str(list->memory, buf_view(&detail))};
    buf_free(&detail);
}
