/* The server that a command asks, and the key that it shows: see cli_server in cli.h. */
#include "cli/cli.h"

/* "http://127.0.0.1:8080" or localhost. */
bool cli_server_port(str url, uint16_t *port)
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
    if (!cli_server_port(s->url, &s->port))
        return cli_fail(c, CLI_USAGE, "--server is a URL such as http://127.0.0.1:8080");
    if (!str_starts(s->key, S("@")))
        return CLI_OK;
    return cli_secret(c, "--key", (str){s->key.p + 1, s->key.n - 1}, &s->key);
}
