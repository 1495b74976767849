/* The one list of outcomes. Every function that can refuse returns one of these.
 *
 * The rows are in result.def: number, name, HTTP status, kind, text. Numbers are stable (they are
 * stored in idempotency records): a row is never renumbered or reused. The lower-case name is the
 * `code` that clients see. */
#ifndef QUAN_BASE_RESULT_H
#define QUAN_BASE_RESULT_H

#include <stdbool.h>

#include "base/str.h"

typedef enum result {
#define RESULT(number, name, status, kind, text) R_##name = (number),
#include "base/result.def"
#undef RESULT
} result;

enum { RESULT_NUMBER_MAX = 200 }; /* no row has a higher number; a test sees to it */

/* What a result means for the idempotency record and for the caller. */
typedef enum result_kind {
    RESULT_DONE,     /* the act happened */
    RESULT_REFUSED,  /* a final answer: stored under the idempotency key */
    RESULT_PASSING,  /* may succeed later (sold out, paused, throttled, busy): never stored */
    RESULT_INTERNAL, /* never leaves the process (AGAIN, WAIT) or means a defect */
} result_kind;

/* Each of these CHECKs that r is a row; a number from outside goes through result_is_known. */
str result_code(result r);        /* "limit_reached"; a constant, NUL behind its end */
str result_text(result r);        /* one sentence for people; a constant, NUL behind its end */
int result_http_status(result r); /* 200 … 507 */
result_kind result_kind_of(result r);
bool result_is_known(int number); /* is there a row with this number? */

#endif
