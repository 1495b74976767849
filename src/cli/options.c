/* Parsing by glibc argp: the command's own options, the settings that it takes, and those that all
 * commands have. See cli.h.
 *
 * A setting given as a flag is passed on to settings_load as text, so that it is checked in one
 * place, with one message, whatever its source. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    KEY_JSON = CLI_KEY_SETTINGS + SETTING_COUNT + 1,
    KEY_PROGRESS,
    KEY_SERVER,
    KEY_KEY,
    FLAGS_MAX = 256, /* given on one command line */
    CHILDREN = 4,    /* its own options, the server's, settings, those of every command */
};

typedef struct parse_state {
    cli_context *context;
    const cli_flags *flags;
    const char *given[FLAGS_MAX];
    int given_n;
} parse_state;

static const char *const setting_help[] = {
#define SETTING(name, kind, initial, min, max, unit, text) [SETTING_##name] = text,
#include "port/settings.def"
#undef SETTING
};
static const char *const setting_unit[] = {
#define SETTING(name, kind, initial, min, max, unit, text) [SETTING_##name] = unit,
#include "port/settings.def"
#undef SETTING
};

static const char *const setting_word[] = {
#define SETTING(name, kind, initial, min, max, unit, text)                                         \
    [SETTING_##name] = SETTING_##kind == SETTING_INT ? "N" : "TEXT",
#include "port/settings.def"
#undef SETTING
};

/* "http-port" of SETTING_http_port. */
static char *flag_name(arena *memory, setting which)
{
    char *name = arena_z(memory, settings_name(which));
    for (char *at = name; *at != '\0'; at++)
        if (*at == '_')
            *at = '-';
    return name;
}

static void keep(struct argp_state *state, const char *name, const char *value)
{
    parse_state *p = state->input;
    if (p->given_n == FLAGS_MAX)
        argp_error(state, "too many options");
    else
        p->given[p->given_n++] =
            arena_z(p->context->memory, arena_printf(p->context->memory, "--%s=%s", name, value));
}

static error_t parse_shared(int key, char *argument, struct argp_state *state)
{
    parse_state *p = state->input;
    cli_context *c = p->context;
    if (key == KEY_JSON)
        c->json = true;
    else if (key == KEY_PROGRESS)
        c->progress = true;
    else if (key == KEY_SERVER)
        p->flags->server->url = str_of(argument);
    else if (key == KEY_KEY)
        p->flags->server->key = str_of(argument);
    else if (key == CLI_KEY_SETTINGS)
        keep(state, "settings", argument);
    else if (key > CLI_KEY_SETTINGS && key <= CLI_KEY_SETTINGS + SETTING_COUNT)
        keep(state, flag_name(c->memory, (setting)(key - CLI_KEY_SETTINGS - 1)), argument);
    else
        return ARGP_ERR_UNKNOWN;
    return 0;
}

/* The root has no options of its own; it hands each child what it works on. */
static error_t parse_root(int key, char *argument, struct argp_state *state)
{
    parse_state *p = state->input;
    MAYBE(argument);
    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = p->flags->into;
        for (int i = 1; i < CHILDREN; i++)
            state->child_inputs[i] = p;
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static error_t parse_nothing(int key, char *argument, struct argp_state *state)
{
    MAYBE(key);
    MAYBE(argument);
    MAYBE(state);
    return ARGP_ERR_UNKNOWN;
}

static const struct argp_option *setting_options(arena *memory, uint64_t which)
{
    struct argp_option *o = ARENA_ARRAY(memory, struct argp_option, SETTING_COUNT + 2);
    size_t n = 0;
    o[n++] = (struct argp_option){
        .name = "settings", .key = CLI_KEY_SETTINGS, .arg = "FILE", .doc = "File of settings"};
    for (int i = 0; i < SETTING_COUNT; i++)
        if ((which >> i & 1) != 0)
            o[n++] = (struct argp_option){.name = flag_name(memory, (setting)i),
                                          .key = CLI_KEY_SETTINGS + 1 + i,
                                          .arg = setting_unit[i][0] == '\0' ? setting_word[i]
                                                                            : setting_unit[i],
                                          .doc = setting_help[i]};
    return o; /* the last one is all zero */
}

static const struct argp_option *server_options(arena *memory, const cli_server *s)
{
    struct argp_option *o = ARENA_ARRAY(memory, struct argp_option, 3);
    str key = arena_printf(memory, "An API key with %s, or @FILE that holds it%s", s->rights,
                           s->optional ? "" : "; or QUAN_KEY says so");
    o[0] = (struct argp_option){.name = "server", .key = KEY_SERVER, .arg = "URL"};
    o[0].doc = s->optional ? "Ask this server, on this machine, such as http://127.0.0.1:8080"
                           : "Such as http://127.0.0.1:8080; or QUAN_SERVER says so";
    o[1] = (struct argp_option){.name = "key", .key = KEY_KEY, .arg = "SECRET", .doc = key.p};
    return o; /* the last one is all zero */
}

static const struct argp_option shared_options[] = {
    {.name = "json", .key = KEY_JSON, .doc = "Print the result as one JSON document"},
    {.name = "progress",
     .key = KEY_PROGRESS,
     .doc = "Show progress on stderr although it is not a terminal"},
    {0}};

static cli_exit load(cli_context *c, const parse_state *p)
{
    issues *problems = issues_new(c->memory);
    settings_sources from = {
        .count = p->given_n, .arguments = p->given, .environment = c->environment};
    if (settings_load(&from, problems, &c->settings) == R_DONE)
        return p->flags->server == NULL ? CLI_OK : cli_server_find(c, p->flags->server);
    for (size_t i = 0; i < problems->n; i++)
        (void)cli_fail(c, CLI_USAGE, "%.*s: %.*s", STR_ARG(problems->items[i].field),
                       STR_ARG(problems->items[i].detail));
    return CLI_USAGE;
}

cli_exit cli_parse(cli_context *c, const cli_flags *flags)
{
    arena *m = c->memory;
    parse_state *p = ARENA_NEW(m, parse_state);
    p->context = c;
    p->flags = flags;
    struct argp own = {.options = flags->options,
                       .parser = flags->parse == NULL ? parse_nothing : flags->parse};
    struct argp settings_of = {.options = setting_options(m, flags->settings),
                               .parser = parse_shared};
    struct argp shared = {.options = shared_options, .parser = parse_shared};
    struct argp server = {.parser = parse_shared};
    if (flags->server != NULL)
        server.options = server_options(m, flags->server);
    struct argp_child children[CHILDREN + 1] = {
        {.argp = &own},
        {.argp = &server},
        {.argp = &settings_of, .header = "Settings", .group = 1},
        {.argp = &shared, .header = "Every command", .group = 2},
        {0}};
    str doc = arena_printf(m, "%s.\vExamples:\n%s", c->command->help, c->command->examples);
    struct argp root = {.parser = parse_root,
                        .args_doc = flags->synopsis[0] == '\0' ? NULL : flags->synopsis,
                        .doc = doc.p,
                        .children = children};
    if (argp_parse(&root, c->count, c->arguments, 0, NULL, p) != 0)
        return CLI_USAGE;
    return load(c, p);
}
