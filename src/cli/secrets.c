/* Secrets that a command is given: in a file or in the environment, for what stands on a command
 * line everybody on the machine can read. See cli.h. */
#include "cli/cli.h"
#include "port/disk.h"

enum { FILE_MAX = 4096, WHY_MAX = 8192, PASSPHRASE_MIN = 12 };

static const str variables[] = {S("QUAN_SERVER"), S("QUAN_KEY"), S("QUAN_PASSPHRASE")};

bool cli_variable_is_known(str name)
{
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        if (str_eq(variables[i], name))
            return true;
    return false;
}

str cli_variable(const cli_context *c, str name)
{
    for (const char *const *at = c->environment; at != NULL && *at != NULL; at++) {
        str value = str_of(*at), key;
        if (memchr(value.p, '=', value.n) != NULL && str_cut(&value, '=', &key) &&
            str_eq(key, name))
            return value;
    }
    return (str){NULL, 0};
}

cli_exit cli_secret(const cli_context *c, const char *option, str path, str *out)
{
    str text = {NULL, 0}, line = {NULL, 0};
    cli_exit code = CLI_OK;
    buf why;
    buf_init(&why, WHY_MAX);
    if (disk_read(path, FILE_MAX, c->memory, &text, &why) != R_DONE)
        code = cli_fail(c, CLI_ENVIRONMENT, "%s: %.*s", option, STR_ARG(buf_view(&why)));
    buf_free(&why);
    (void)str_cut(&text, '\n', &line);
    *out = str_trim(line);
    if (code == CLI_OK && out->n == 0)
        code = cli_fail(c, CLI_USAGE, "%s: the first line of %.*s is empty", option, STR_ARG(path));
    return code;
}

cli_exit cli_passphrase(const cli_context *c, const char *file, bool fresh, str *out)
{
    cli_exit code = CLI_OK;
    if (file != NULL)
        code = cli_secret(c, "--passphrase-file", str_of(file), out);
    else
        *out = cli_variable(c, S("QUAN_PASSPHRASE"));
    if (code == CLI_OK && out->n == 0)
        code = cli_fail(c, CLI_USAGE, "--passphrase-file or QUAN_PASSPHRASE is needed");
    if (code == CLI_OK && fresh && out->n < PASSPHRASE_MIN)
        code = cli_fail(c, CLI_USAGE, "a passphrase has at least %d characters", PASSPHRASE_MIN);
    return code;
}
