/* The command line: one binary, one table of commands, one way to parse, print and end.
 *
 * A command is a row of command.def and a function. It parses with cli_parse, prints its result to
 * stdout (a JSON document with --json), everything else to stderr, and returns an exit code of
 * exit.def. Commands work through app, api, base and port; what they need of other layers comes in
 * cli_wiring, which main fills. */
#ifndef QUAN_CLI_CLI_H
#define QUAN_CLI_CLI_H

#include <argp.h>
#include <stdbool.h>

#include "app/act.h"
#include "app/query_events.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/result.h"
#include "port/http.h"
#include "port/settings.h"

typedef enum cli_exit {
#define EXIT(number, name, text) CLI_##name = (number),
#include "cli/exit.def"
#undef EXIT
} cli_exit;

typedef struct cli_context cli_context;
typedef cli_exit command_run(cli_context *c);

typedef struct command {
    const char *name, *help, *examples;
    command_run *run;
} command;

/* The parts that only main knows. */
typedef struct cli_wiring {
    void *(*api_new)(app *a, const settings *s);
    void (*api_free)(void *api); /* NULL is allowed */
    void (*api_set_ready)(void *api, bool ready);
    http_service (*api_service)(void *api);
    /* The background jobs of a serving app: start, and stop before the app drains. */
    void *(*jobs_start)(app *a, const settings *s, event_render *render);
    void (*jobs_stop)(void *jobs);
} cli_wiring;

struct cli_context {
    const command *command;
    int count;        /* of arguments, the command's name first, as one word */
    char **arguments; /* as argp wants them */
    const char *const *environment;
    const cli_wiring *wiring;
    arena *memory; /* for the whole run */
    /* filled by cli_parse */
    bool json, progress;
    const settings *settings;
};

/* The whole program: what main returns. */
int cli_main(int count, char **arguments, const char *const *environment, const cli_wiring *w);

/* ---- options.c ---- */
#define CLI_SETTING(name) (UINT64_C(1) << SETTING_##name)
#define CLI_SETTINGS_STORE                                                                         \
    (CLI_SETTING(data) | CLI_SETTING(store) | CLI_SETTING(lanes) | CLI_SETTING(cache_mb))
#define CLI_SETTINGS_ALL UINT64_MAX
enum { CLI_KEY_SETTINGS = 0x1000 }; /* option keys from here on are not a command's own */

/* A server to ask, by --server and --key. Where they are left out and the command needs them, the
 * environment has them in QUAN_SERVER and QUAN_KEY. What stands on a command line everybody on the
 * machine can read: "@FILE" in place of the key is the file whose first line it is. */
typedef struct cli_server {
    const char *rights; /* what the key must allow, for the help: "the scope admin" */
    bool optional;
    str url;       /* empty: none is asked */
    uint16_t port; /* of the loopback address; 0: none is asked */
    str key;
} cli_server;

/* What a command accepts besides --json, --progress and --help. */
typedef struct cli_flags {
    const char *synopsis; /* of the words behind the options, e.g. "KEY"; "" for none */
    const struct argp_option *options; /* the command's own; may be NULL */
    argp_parser_t parse; /* gets each of them, with state->input = into; may be NULL */
    void *into;
    uint64_t settings;  /* those that are flags of this command; environment and file set all */
    cli_server *server; /* NULL: the command asks no server */
} cli_flags;
/* CLI_OK and the context filled, or CLI_USAGE after saying every problem. --help does not return.
 */
MUST_USE cli_exit cli_parse(cli_context *c, const cli_flags *flags);

/* ---- server.c ---- */
/* Fills port and key; what cli_parse does for flags.server. */
MUST_USE cli_exit cli_server_find(const cli_context *c, cli_server *s);
/* The port of a server's URL; false: it is not one of this machine. */
MUST_USE bool cli_server_port(str url, uint16_t *port);

/* ---- secrets.c ---- */
str cli_variable(const cli_context *c, str name); /* of the environment; empty: not set */
/* Is this one of the QUAN_… that commands read and that are no settings? */
bool cli_variable_is_known(str name);
/* The first line of a file, trimmed: a secret. CLI_USAGE when it is empty, CLI_ENVIRONMENT when it
 * cannot be read; option is named then. */
MUST_USE cli_exit cli_secret(const cli_context *c, const char *option, str path, str *out);
/* That of --passphrase-file, or QUAN_PASSPHRASE where file is NULL. fresh: it is for something new
 * and must not be a short one. */
MUST_USE cli_exit cli_passphrase(const cli_context *c, const char *file, bool fresh, str *out);
#define CLI_PASSPHRASE_DOC "Its first line is the passphrase. Default: QUAN_PASSPHRASE"

/* ---- output.c ---- */
/* Says why a command fails, on stderr, and with --json as {"error":{code,detail}} on stdout. Gives
 * `code` back. detail is a sentence without a full stop. */
cli_exit cli_fail(const cli_context *c, cli_exit code, const char *detail, ...) PRINTF_LIKE(3, 4);
void cli_tell(const cli_context *c, str code, str detail); /* alone */
/* The same for a result of the app; why may be empty. The exit code follows from r. */
cli_exit cli_refuse(const cli_context *c, result r, str why);
cli_exit cli_exit_of(result r);
/* Writes the document or text to stdout; CLI_ENVIRONMENT when it cannot be written. */
MUST_USE cli_exit cli_print(const cli_context *c, const buf *out);

/* ---- store.c ---- */
/* Opens the store of the settings, a data directory or a database, with this process as its only
 * user. `make`: a missing one is made, with as many lanes as the settings say; else it must be one
 * already. */
MUST_USE cli_exit cli_open(const cli_context *c, bool make, app **out);
/* The same with hooks of the caller: what options does not say (a directory, a clock) is filled.
 */
MUST_USE cli_exit cli_open_with(const cli_context *c, bool make, app_options *options, app **out);
bool cli_directory_empty(str path); /* or missing */

/* Submits an act and waits for its answer; act_call.done and context are taken. */
MUST_USE result cli_act(act_call *call);

/* ---- code_key.c ---- */
/* For app_options.code_key; empty where no file is set. Memory of the command. */
MUST_USE cli_exit cli_code_key(const cli_context *c, str *out);

/* ---- verify.c ---- */
/* What `quan verify` does once the store is open; most: differences to show. */
cli_exit cli_verify_open(cli_context *c, app *a, uint64_t most);

#define COMMAND(name, run, help, examples) command_run run;
#include "cli/command.def"
#undef COMMAND

#endif
