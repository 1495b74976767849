/* Every problem of one input, each with its place and what is allowed there. Kept in an arena; at
 * most ISSUES_MAX are recorded, the rest are counted. An input is fine when n is 0. */
#ifndef QUAN_BASE_ISSUES_H
#define QUAN_BASE_ISSUES_H

#include "base/arena.h"
#include "base/str.h"

enum { ISSUES_MAX = 100 };

typedef struct issue {
    str field;  /* JSON path: "benefit.percent", "lines[3].quantity"; "" for the whole input */
    str code;   /* stable: a row of issue.def */
    str detail; /* for people: what is allowed */
} issue;

typedef struct issues {
    arena *memory;
    size_t n;       /* recorded */
    size_t dropped; /* beyond ISSUES_MAX */
    issue *items;   /* room for ISSUES_MAX once there is a first: most inputs are fine */
} issues;

typedef enum issue_where { ISSUE_REQUEST, ISSUE_SETTING } issue_where;
typedef struct issue_kind {
    issue_where where;
    str code, text;
} issue_kind;
const issue_kind *issue_kind_at(size_t index); /* in the order of issue.def; NULL behind the last */

issues *issues_new(arena *memory);
bool issue_is_known(str code); /* tests ask it of every code that they see */
/* field and code are copied; format makes the detail. */
void issues_add(issues *list, str field, str code, const char *format, ...) PRINTF_LIKE(4, 5);
/* Those of a part of the input, found by themselves: its place goes before their fields. */
void issues_add_part(issues *list, str place, const issues *part);

#endif
