/* Commands that are one operation of the API, asked of a server: rows of remote.def. What an option
 * is called, takes and means comes from the operation's schema in api/, so it is written once.
 *
 * A list is asked for page by page to its end. An operation that wants If-Match gets the version
 * that the resource has now: what stands on a command line is meant for what is there. */
#ifndef QUAN_CLI_REMOTE_H
#define QUAN_CLI_REMOTE_H

#include "api/route.h"
#include "cli/cli.h"

typedef struct remote {
    const char *command, *operation, *word, *options, *fixed, *columns; /* see remote.def */
} remote;

const remote *remote_at(size_t index); /* NULL behind the last */
/* CHECKed to be there, as are the next ones. */
const operation *remote_operation(const remote *r);
const wire_type *remote_body(const remote *r); /* NULL: none; of a union, what has the word */
/* Is this member of the body an option; is it needed? */
bool remote_takes(const remote *r, const wire_field *f, bool *needed);

/* ---- remote_show.c ---- */
/* One object for people: a line each column, `name  value`. */
void remote_show_one(const json *object, str columns, buf *out);
/* A list for people: a line of names, a line for each entry, aligned. */
typedef struct remote_table remote_table;
remote_table *remote_table_new(arena *memory, str columns);
/* False: it has REMOTE_ROWS_MAX rows. */
MUST_USE bool remote_table_add(remote_table *t, const json *object);
void remote_table_write(const remote_table *t, buf *out);
enum { REMOTE_ROWS_MAX = 100000, REMOTE_COLUMNS_MAX = 16 };

#endif
