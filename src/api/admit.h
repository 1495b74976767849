/* Letting a request in: who sends it, may they, and is it what the spec says. */
#ifndef QUAN_API_ADMIT_H
#define QUAN_API_ADMIT_H

#include "api/call.h"

/* Looks at everything but route and body, in this order: key (UNAUTHENTICATED), rate (THROTTLED),
 * scope (FORBIDDEN), Idempotency-Key and If-Match (…_REQUIRED), ids in the path (NOT_FOUND). *why
 * may get a sentence. */
MUST_USE result admit_head(api_call *c, const route_match *match, str *why);
/* Then the body: its kind (UNSUPPORTED_MEDIA_TYPE), JSON (MALFORMED), and everything else at once,
 * of the head, too (INVALID, c->problems). Any thread. */
MUST_USE result admit_body(api_call *c, str *why);

#endif
