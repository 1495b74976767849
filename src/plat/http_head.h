/* A request head that the guard let pass, read by http-parser into spans of its bytes.
 *
 * Guard and parser each read method, version and length; where they disagree the head is refused,
 * because then one of them is wrong about where the next request begins. Pure. */
#ifndef QUAN_PLAT_HTTP_HEAD_H
#define QUAN_PLAT_HTTP_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "plat/http_guard.h"
#include "port/http.h"

typedef struct http_span {
    uint32_t at, n; /* from the first byte of the request line */
} http_span;

typedef struct http_head {
    http_verb verb;
    bool is_head, keep_alive;
    uint8_t minor;
    uint32_t bytes; /* of the head, from the request line through the empty line */
    uint32_t fields;
    uint64_t length;
    http_span path, query; /* an empty path stands for "/" */
    http_span names[HTTP_HEADERS_MAX], values[HTTP_HEADERS_MAX];
} http_head;

/* p: the bytes that g was fed; g said GUARD_DONE. False: refuse with HTTP_REFUSED_PARSER. */
MUST_USE bool http_head_read(const http_guard *g, const char *p, http_head *out);
/* The first field of this name, or -1; begins the search behind field `after` (-1: from the top).
 */
int http_head_find(const http_head *h, const char *base, str name, int after);

#endif
