/* See hosts.h. */
#include "store/pg/hosts.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { TEXT_MAX = 16 * 1024 };

static const char *value_of(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword != NULL; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val != NULL ? options->val : "";
    return "";
}

static size_t count(const char *items)
{
    size_t n = items[0] == '\0' ? 0 : 1;
    for (; *items != '\0'; items++)
        n += *items == ',';
    return n;
}

/* The ith of a list; of a list of one, that one. Behind the text. */
static const char *item(buf *text, const char *items, size_t i)
{
    str rest = str_of(items), found = S(""); /* of an empty list, nothing */
    size_t at = text->n;
    bool single = count(items) == 1;
    (void)str_cut(&rest, ',', &found);
    for (; i > 0 && !single; i--)
        (void)str_cut(&rest, ',', &found);
    buf_str(text, found);
    buf_char(text, '\0');
    return text->p + at;
}

/* As in the address: a port for each, or one for all. */
void hosts_read(hosts *h, const char *url)
{
    *h = (hosts){.n = 1};
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    if (options == NULL)
        return;
    const char *names = value_of(options, "host"), *addresses = value_of(options, "hostaddr"),
               *ports = value_of(options, "port");
    size_t n = count(names) > count(addresses) ? count(names) : count(addresses);
    bool fits = (count(ports) <= 1 || count(ports) == n) &&
                (count(names) == 0 || count(names) == n) &&
                (count(addresses) == 0 || count(addresses) == n);
    if (n > 1 && n <= HOSTS_MAX && fits) {
        h->text = malloc(TEXT_MAX); /* freed by hosts_free */
        CHECK(h->text != NULL);
        buf text = {.p = h->text, .capacity = TEXT_MAX, .max = TEXT_MAX};
        for (size_t i = 0; i < n; i++)
            h->at[i] = (conn_host){.host = item(&text, names, i),
                                   .hostaddr = item(&text, addresses, i),
                                   .port = item(&text, ports, i)};
        h->n = buf_overflowed(&text) ? 1 : n;
    }
    PQconninfoFree(options);
}

void hosts_free(hosts *h)
{
    free(h->text);
}

const conn_host *hosts_at(const hosts *h, size_t i)
{
    return h->n > 1 ? &h->at[i % h->n] : NULL;
}
