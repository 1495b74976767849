/* URLs of receivers: strict, so that all readers of them see the same host. See webhook.h. */
#include "domain/webhook/webhook.h"

enum { PORT_MAX = 65535, HTTPS_PORT = 443, HTTP_PORT = 80 };

static bool is_host_character(char c, bool v6)
{
    bool digit = c >= '0' && c <= '9';
    if (v6)
        return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
    return digit || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
}

/* Cuts the host off; false: there is none. */
static bool take_host(str *rest, str *host)
{
    bool v6 = rest->n > 0 && rest->p[0] == '[';
    size_t from = v6, n = 0;
    while (from + n < rest->n && is_host_character(rest->p[from + n], v6))
        n++;
    size_t end = from + n + v6;
    if (n == 0 || end > rest->n || (v6 && rest->p[end - 1] != ']'))
        return false;
    *host = (str){rest->p + from, n};
    *rest = (str){rest->p + end, rest->n - end};
    return true;
}

static bool take_port(str *rest, uint16_t *port)
{
    uint64_t number;
    size_t n = 1;
    if (rest->n == 0 || rest->p[0] != ':')
        return true;
    while (n < rest->n && rest->p[n] >= '0' && rest->p[n] <= '9')
        n++;
    if (!str_to_u64((str){rest->p + 1, n - 1}, &number) || number == 0 || number > PORT_MAX)
        return false;
    *port = (uint16_t)number;
    *rest = (str){rest->p + n, rest->n - n};
    return true;
}

const char *webhook_url_read(str url, webhook_url *out)
{
    *out = (webhook_url){0};
    if (url.n > WEBHOOK_URL_BYTES_MAX)
        return "at most 2000 bytes";
    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= ' ' || url.p[i] > '~' || strchr("\"<>\\^`{|}#", url.p[i]) != NULL)
            return "only the characters of a URL, and no fragment";
    out->secure = str_starts(url, S("https://"));
    if (!out->secure && !str_starts(url, S("http://")))
        return "it begins with https://";
    size_t scheme = out->secure ? S("https://").n : S("http://").n;
    str rest = {url.p + scheme, url.n - scheme};
    out->port = out->secure ? HTTPS_PORT : HTTP_PORT;
    if (!take_host(&rest, &out->host))
        return "a host behind the scheme, without a user";
    if (!take_port(&rest, &out->port))
        return "a port from 1 to 65535";
    if (rest.n > 0 && rest.p[0] != '/' && rest.p[0] != '?')
        return "a path behind the host, without a user";
    return NULL;
}
