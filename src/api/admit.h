/* Letting a request in: who sends it, may they, and is it what the spec says. */
#ifndef QUAN_API_ADMIT_H
#define QUAN_API_ADMIT_H

#include "api/call.h"

/* Looks at everything but the route, in this order: key (UNAUTHENTICATED), scope (FORBIDDEN),
 * rate (THROTTLED), Idempotency-Key and If-Match (…_REQUIRED), kind of body
 * (UNSUPPORTED_MEDIA_TYPE), ids in the path (NOT_FOUND), JSON (MALFORMED), and everything else at
 * once (INVALID, c->problems). *why may get a sentence. */
MUST_USE result admit(api_call *c, const route_match *match, str *why);

#endif
