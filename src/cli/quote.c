/* `quan quote`: scenarios from a file, a line each, and what came of them, a line each. Nothing of
 * it is kept, and no server or data directory is needed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "cli/scenario.h"

enum { QUOTE_LINE_MAX = 4 * 1024 * 1024, QUOTE_OUT_MAX = 64 * 1024 * 1024 };

static error_t parse(int key, char *argument, struct argp_state *state)
{
    const char **file = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            return ARGP_ERR_UNKNOWN;
        *file = argument;
        return 0;
    case ARGP_KEY_END:
        if (*file == NULL)
            argp_error(state, "say which file; - is the standard input");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void put_too_long(buf *out, uint64_t line)
{
    buf_printf(out,
               "{\"line\":%llu,\"error\":{\"code\":\"too_large\",\"field\":\"\",\"detail\":"
               "\"a line of at most 4 MiB\"}}",
               (unsigned long long)line);
}

static str trimmed(char *text, ssize_t n)
{
    str line = {text, (size_t)n};
    while (line.n > 0 && strchr(" \t\r\n", line.p[line.n - 1]) != NULL)
        line.n--;
    return line;
}

static cli_exit run_line(const cli_context *c, str line, uint64_t number, bool *any_wrong)
{
    bool wrong = true;
    cli_exit code = CLI_OK;
    buf out;
    buf_init(&out, QUOTE_OUT_MAX);
    if (line.n > QUOTE_LINE_MAX)
        put_too_long(&out, number);
    else
        code = scenario_run(c, line, number, &out, &wrong);
    buf_char(&out, '\n');
    if (code == CLI_OK)
        code = cli_print(c, &out);
    buf_free(&out);
    *any_wrong = *any_wrong || wrong;
    return code;
}

cli_exit cli_quote(cli_context *c)
{
    const char *file = NULL;
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = "FILE", .parse = parse, .into = &file});
    if (code != CLI_OK)
        return code;
    FILE *from = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
    if (from == NULL)
        return cli_fail(c, CLI_ENVIRONMENT, "%s cannot be read: %s", file, strerror(errno));
    char *text = NULL; /* getline's; freed below */
    size_t capacity = 0;
    uint64_t number = 0;
    bool wrong = false;
    ssize_t n;
    while (code == CLI_OK && (n = getline(&text, &capacity, from)) >= 0) {
        str line = trimmed(text, n);
        number++;
        if (line.n > 0)
            code = run_line(c, line, number, &wrong);
    }
    bool broken = ferror(from) != 0;
    free(text);
    if (from != stdin)
        (void)fclose(from);
    if (code == CLI_OK && broken)
        code = cli_fail(c, CLI_ENVIRONMENT, "%s cannot be read to its end", file);
    return code == CLI_OK && wrong ? CLI_FAILED : code;
}
