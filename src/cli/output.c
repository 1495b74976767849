/* What a command says: results to stdout, everything else to stderr. See cli.h. */
#include <stdio.h>

#include "cli/cli.h"

enum { CLI_TEXT_MAX = 64 * 1024 };

void cli_tell(const cli_context *c, str code, str detail)
{
    fprintf(stderr, "quan: %.*s\n", STR_ARG(detail));
    if (!c->json)
        return;
    buf out;
    buf_init(&out, CLI_TEXT_MAX);
    json_writer w = json_writer_on(&out);
    json_begin_object(&w);
    json_key(&w, S("error"));
    json_begin_object(&w);
    json_key(&w, S("code"));
    json_put_str(&w, code);
    json_key(&w, S("detail"));
    json_put_str(&w, detail);
    json_end_object(&w);
    json_end_object(&w);
    printf("%.*s\n", STR_ARG(buf_view(&out)));
    buf_free(&out);
}

cli_exit cli_fail(const cli_context *c, cli_exit code, const char *detail, ...)
{
    static const char *const names[] = {
#define EXIT(number, name, text) [number] = #name,
#include "cli/exit.def"
#undef EXIT
    };
    va_list args;
    va_start(args, detail);
    str text = arena_vprintf(c->memory, detail, args);
    va_end(args);
    char lower[32];
    size_t n = strlen(names[code]);
    CHECK(n < sizeof(lower));
    for (size_t i = 0; i < n; i++)
        lower[i] = names[code][i] == '_' ? '_' : (char)(names[code][i] - 'A' + 'a');
    cli_tell(c, (str){lower, n}, text);
    return code;
}

cli_exit cli_exit_of(result r)
{
    switch (r) {
    case R_DONE:
        return CLI_OK;
    case R_INVALID:
    case R_MALFORMED:
        return CLI_USAGE;
    case R_IN_USE:
    case R_STORAGE_FULL:
        return CLI_ENVIRONMENT;
    case R_IO:
    case R_CORRUPT:
        return CLI_STORE_FAILED;
    default:
        return CLI_FAILED;
    }
}

cli_exit cli_refuse(const cli_context *c, result r, str why)
{
    str text = result_text(r);
    cli_tell(c, result_code(r),
             why.n == 0 ? text : arena_printf(c->memory, "%.*s %.*s", STR_ARG(text), STR_ARG(why)));
    return cli_exit_of(r);
}

cli_exit cli_print(const cli_context *c, const buf *out)
{
    if (buf_overflowed(out))
        return cli_fail(c, CLI_FAILED, "the result is too large to print");
    if ((out->n > 0 && fwrite(out->p, 1, out->n, stdout) != out->n) || fflush(stdout) != 0)
        return cli_fail(c, CLI_ENVIRONMENT, "stdout cannot be written");
    return CLI_OK;
}
