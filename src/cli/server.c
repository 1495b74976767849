/* The server that a command asks, and the key that it shows: see cli_server in cli.h. */
#include "cli/cli.h"
#include "port/disk.h"

enum { KEY_FILE_MAX = 4096, WHY_MAX = 8192 };

/* "http://127.0.0.1:8080" or localhost. */
static bool port_of(str url, uint16_t *port)
{
    static const char *const starts[] = {"http://127.0.0.1:", "http://localhost:"};
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        str start = str_of(starts[i]);
        uint64_t n = 0;
        if (!str_starts(url, start))
            continue;
        str digits = {url.p + start.n, url.n - start.n};
        if (str_ends(digits, S("/")))
            digits.n--;
        if (str_to_u64(digits, &n) && n > 0 && n <= UINT16_MAX) {
            *port = (uint16_t)n;
            return true;
        }
    }
    return false;
}

cli_exit cli_secret(const cli_context *c, const char *option, str path, str *out)
{
    str text = {NULL, 0}, line = {NULL, 0};
    cli_exit code = CLI_OK;
    buf why;
    buf_init(&why, WHY_MAX);
    if (disk_read(path, KEY_FILE_MAX, c->memory, &text, &why) != R_DONE)
        code = cli_fail(c, CLI_ENVIRONMENT, "%s: %.*s", option, STR_ARG(buf_view(&why)));
    buf_free(&why);
    (void)str_cut(&text, '\n', &line);
    *out = str_trim(line);
    if (code == CLI_OK && out->n == 0)
        code = cli_fail(c, CLI_USAGE, "%s: the first line of %.*s is empty", option, STR_ARG(path));
    return code;
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

cli_exit cli_server_find(const cli_context *c, cli_server *s)
{
    if (!s->optional && s->url.n == 0)
        s->url = cli_variable(c, S("QUAN_SERVER"));
    if (!s->optional && s->key.n == 0)
        s->key = cli_variable(c, S("QUAN_KEY"));
    if (s->optional && s->url.n == 0)
        return CLI_OK;
    if (s->url.n == 0 || s->key.n == 0)
        return cli_fail(c, CLI_USAGE, "--server and --key are needed");
    if (!port_of(s->url, &s->port))
        return cli_fail(c, CLI_USAGE, "--server is a URL such as http://127.0.0.1:8080");
    if (!str_starts(s->key, S("@")))
        return CLI_OK;
    return cli_secret(c, "--key", (str){s->key.p + 1, s->key.n - 1}, &s->key);
}
