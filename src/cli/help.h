/* The table of commands, and what is shown of it. */
#ifndef QUAN_CLI_HELP_H
#define QUAN_CLI_HELP_H

#include <stdio.h>

#include "cli/cli.h"

const command *command_at(size_t index); /* NULL behind the last */
const command *command_find(str name);   /* NULL when none */
/* Do names of commands begin with these words and go on? */
bool command_group_is(str words);
/* The first words of a command line as one text, at most as many as a name may have. */
str command_words(arena *memory, int count, char *const *words);

/* One line a command; group: only those whose names begin with it, empty for all. */
void command_overview(FILE *to, str group);

#endif
