/* The other servers of a `quan serve`: settings, and the identity by which servers know that what
 * they send each other means the same. */
#ifndef QUAN_CLI_SERVE_PEERS_H
#define QUAN_CLI_SERVE_PEERS_H

#include "cli/cli.h"
#include "port/peering.h"

/* *out: NULL where the settings name no peers. */
MUST_USE cli_exit serve_peers_read(const cli_context *c, peering **out);
/* Listens for them, and waits until it is known who is there. */
MUST_USE cli_exit serve_peers_start(const cli_context *c, peering *p, app *a);

#endif
