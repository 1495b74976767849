/* What the `quan admin` commands share. They work on a data directory that no server has open;
 * against a running server the API does the same. */
#ifndef QUAN_CLI_ADMIN_H
#define QUAN_CLI_ADMIN_H

#include "cli/cli.h"

/* Opens the store, calls `work`, closes it. */
cli_exit admin_run(cli_context *c, bool make, cli_exit (*work)(cli_context *c, app *a, void *with),
                   void *with);
/* A call with memory of the command; in and out are of the act. */
act_call *admin_call(cli_context *c, app *a, act_id id, uint16_t slot, const void *in);
/* The row that a configuration act answered with. */
MUST_USE cli_exit admin_row(cli_context *c, const act_call *call, const record_type *type,
                            void *row);

/* One row of a list at a time; a cli_exit other than CLI_OK ends the walk. */
typedef cli_exit admin_visit(cli_context *c, const void *row, void *with);
cli_exit admin_each(cli_context *c, app *a, const table *t, admin_visit *visit, void *with);

/* Prints all rows: `show` gets an admin_listing. */
typedef struct admin_listing {
    buf out;
    json_writer writer;
} admin_listing;
cli_exit admin_list(cli_context *c, app *a, const table *t, admin_visit *show);

#endif
