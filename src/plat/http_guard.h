/* The head guard: decides whether the bytes at the front of a connection are a request head that
 * every HTTP implementation reads alike. It is stricter than RFC 9112 asks and than the parser
 * behind it is, because what two programs read differently is how requests are smuggled.
 *
 * A pure function over bytes: the answer does not depend on how they were split into packets. It
 * keeps no bytes; the caller feeds the whole head so far, from its first byte, again and again,
 * and only lines that were not complete before are looked at.
 *
 * Refused: a line that does not end with CR LF; a request line that is not exactly method SP target
 * SP version; a method that is not a token or not known; a target with control or high bytes or a
 * fragment, or not of a form for its method; a version other than HTTP/1.0 and 1.1; an empty or
 * non-token field name, white space before the colon, folded fields, control bytes in values; no
 * Host (1.1), two, a malformed one, or another than the target names; Content-Length twice or not 1
 * to 18 digits; Transfer-Encoding; Expect other than 100-continue; too many bytes or fields. One
 * empty line in front of a request is passed over, as RFC 9112 2.2 asks. */
#ifndef QUAN_PLAT_HTTP_GUARD_H
#define QUAN_PLAT_HTTP_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "port/http.h"

typedef enum http_refusal {
    HTTP_NOT_REFUSED,
#define HTTP_REFUSAL(name, result, detail) HTTP_REFUSED_##name,
#include "plat/http_refusal.def"
#undef HTTP_REFUSAL
    HTTP_REFUSAL_COUNT
} http_refusal;

result http_refusal_result(http_refusal r);
str http_refusal_detail(http_refusal r);

typedef enum http_guard_state { GUARD_MORE, GUARD_DONE, GUARD_REFUSED } http_guard_state;

typedef struct http_guard {
    size_t bytes_max;
    uint32_t fields_max;
    /* the answer */
    http_refusal refusal;
    size_t start; /* of the request line: 2 when an empty line was passed over */
    size_t end;   /* behind the empty line that ends the head; set with GUARD_DONE */
    http_verb verb;
    bool is_head;
    uint8_t minor; /* HTTP/1.minor */
    bool expects_continue;
    uint32_t fields;
    uint64_t length; /* Content-Length, 0 without one */
    /* progress */
    size_t authority, authority_bytes; /* where the target names a host; 0: it does not */
    size_t line, scanned; /* the open line begins at `line`; there is no LF before `scanned` */
    bool in_fields, has_host, has_length, has_encoding, bad_expect;
} http_guard;

http_guard http_guard_new(size_t bytes_max, uint32_t fields_max);
/* p[0, n): all bytes of this request so far. After DONE or REFUSED it is not called again. */
http_guard_state http_guard_feed(http_guard *g, const char *p, size_t n);
/* uri-host [":" port] without user information, never empty. */
bool http_host_is_valid(str host);

#endif
