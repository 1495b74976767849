/* Dispatch: from the words of the command line to a command. See cli.h.
 *
 * A command's name is one to three words; the longest name that the command line begins with is
 * meant. What is the beginning of names only ("admin", "admin key") is a group and shows its
 * commands. Does not parse options: each command does. */
#include "cli/cli.h"

#include <stdio.h>

#include "cli/help.h"

enum { CLI_WORDS_MAX = 3 };

static const command commands[] = {
#define COMMAND(name, run, help, examples) {name, help, examples, run},
#include "cli/command.def"
#undef COMMAND
};

const command *command_at(size_t index)
{
    return index < ARRAY_LEN(commands) ? &commands[index] : NULL;
}

const command *command_find(str name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (str_eq(str_of(commands[i].name), name))
            return &commands[i];
    return NULL;
}

bool command_group_is(str words)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (str_starts(str_of(commands[i].name), words) && commands[i].name[words.n] == ' ')
            return true;
    return false;
}

str command_words(arena *memory, int count, char *const *words)
{
    str all = {NULL, 0};
    for (int i = 0; i < count && i < CLI_WORDS_MAX; i++)
        all = i == 0 ? str_of(words[0]) : arena_printf(memory, "%.*s %s", STR_ARG(all), words[i]);
    return all;
}

static cli_exit unknown(arena *memory, int count, char *const *words)
{
    if (count == 0)
        return command_overview(stderr, (str){NULL, 0}), CLI_USAGE;
    for (int n = count < CLI_WORDS_MAX ? count : CLI_WORDS_MAX; n > 0; n--) {
        str group = command_words(memory, n, words);
        if (command_group_is(group)) {
            bool asked = n < count && strcmp(words[n], "--help") == 0;
            command_overview(asked ? stdout : stderr, group);
            return asked ? CLI_OK : CLI_USAGE;
        }
    }
    fprintf(stderr, "quan: there is no command \"%s\"; see `quan help`\n", words[0]);
    return CLI_USAGE;
}

static cli_exit run(cli_context *c, int used, int count, char **words)
{
    str name = arena_printf(c->memory, "quan %s", c->command->name);
    c->count = 1 + count - used;
    c->arguments = ARENA_ARRAY(c->memory, char *, c->count + 1);
    c->arguments[0] = arena_z(c->memory, name);
    for (int i = used; i < count; i++)
        c->arguments[1 + i - used] = words[i];
    argp_err_exit_status = CLI_USAGE;
    cli_exit code = c->command->run(c);
    if (fflush(stdout) != 0 && code == CLI_OK)
        code = cli_fail(c, CLI_ENVIRONMENT, "stdout cannot be written");
    return code;
}

int cli_main(int count, char **arguments, const char *const *environment, const cli_wiring *w)
{
    static char help[] = "help", version[] = "version";
    char *own[] = {NULL}, **words = arguments + 1;
    int n = count - 1;
    if (n > 0 && (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-?") == 0))
        own[0] = help;
    else if (n > 0 && (strcmp(words[0], "--version") == 0 || strcmp(words[0], "-V") == 0))
        own[0] = version;
    if (own[0] != NULL) {
        words = own;
        n = 1;
    }
    arena *memory = arena_new(0);
    cli_context c = {.environment = environment, .wiring = w, .memory = memory};
    int used = n < CLI_WORDS_MAX ? n : CLI_WORDS_MAX;
    for (; used > 0 && c.command == NULL; used--) {
        c.command = command_find(command_words(memory, used, words));
        if (c.command != NULL)
            break;
    }
    cli_exit code = c.command == NULL ? unknown(memory, n, words) : run(&c, used, n, words);
    arena_free(memory);
    return (int)code;
}
