/* Addresses of databases in a text: see port/store.h. */
#include <string.h>

#include "port/store.h"

static bool is_address(str s)
{
    return str_starts(s, S("postgres://")) || str_starts(s, S("postgresql://"));
}

static bool is_between(char c)
{
    return c == ',' || c == ' ' || c == '\t';
}

size_t store_urls_read(str text, str urls[STORE_SHARDS_MAX])
{
    size_t n = 0;
    str rest = str_trim(text);
    while (is_address(rest) && n < STORE_SHARDS_MAX) {
        size_t end = 0, next = 0;
        /* The next address begins behind something that is between two. */
        while (next < rest.n && (end == next || !is_address((str){rest.p + next, rest.n - next}))) {
            end = next;
            while (end < rest.n && !is_between(rest.p[end]))
                end++;
            next = end;
            while (next < rest.n && is_between(rest.p[next]))
                next++;
        }
        /* A comma with nothing behind it; blanks with something else. */
        if ((next == rest.n && end < next) || memchr(rest.p, ' ', end) != NULL)
            return 0;
        urls[n++] = (str){rest.p, end};
        rest = (str){rest.p + next, rest.n - next};
    }
    return rest.n == 0 ? n : 0;
}
