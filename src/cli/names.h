/* Numbers for names: each different text gets 0, 1, 2 … in order of appearance. Lives in an arena;
 * texts are copied. */
#ifndef QUAN_CLI_NAMES_H
#define QUAN_CLI_NAMES_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

#define NAMES_NONE UINT32_MAX

typedef struct names names;

names *names_new(arena *memory);
uint32_t names_put(names *n, str text);        /* its number, new or old */
uint32_t names_find(const names *n, str text); /* NAMES_NONE when it has none */
uint32_t names_count(const names *n);
str names_text(const names *n, uint32_t number);

#endif
