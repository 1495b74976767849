/* Percent-decoding of paths and queries (RFC 3986 2.1, and '+' for queries as in
 * application/x-www-form-urlencoded). Strict: what two readers could take for different text is
 * refused, and so is text that is not UTF-8. */
#include "port/http.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool decode(arena *memory, str s, bool plus_is_space, str *out)
{
    if (s.n == 0) {
        *out = S("");
        return true;
    }
    bool plain = memchr(s.p, '%', s.n) == NULL;
    plain = plain && !(plus_is_space && memchr(s.p, '+', s.n) != NULL);
    if (plain) {
        *out = s;
        return str_is_utf8(s);
    }
    char *to = arena_alloc(memory, s.n);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            int high = i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
            int low = high >= 0 ? hex_value(s.p[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        to[n++] = c;
    }
    *out = (str){to, n};
    return str_is_utf8(*out);
}

bool http_decode(arena *memory, str encoded, str *out)
{
    return decode(memory, encoded, false, out);
}

bool http_segment_next(str *rest, str *segment)
{
    if (rest->n == 0)
        return false;
    if (rest->p[0] == '/')
        *rest = (str){rest->p + 1, rest->n - 1};
    const char *end = rest->n == 0 ? NULL : memchr(rest->p, '/', rest->n);
    size_t n = end == NULL ? rest->n : (size_t)(end - rest->p);
    *segment = (str){rest->p, n};
    *rest = (str){rest->p + n, rest->n - n};
    return true;
}

http_next http_parameter_next(arena *memory, str *rest, str *name, str *value)
{
    str piece;
    do {
        if (!str_cut(rest, '&', &piece))
            return HTTP_PARAMETERS_END;
    } while (piece.n == 0);
    str raw_name, raw_value = piece;
    if (!str_cut(&raw_value, '=', &raw_name))
        return HTTP_PARAMETER_BAD;
    if (!decode(memory, raw_name, true, name) || !decode(memory, raw_value, true, value))
        return HTTP_PARAMETER_BAD;
    return HTTP_PARAMETER;
}
