/* Tries of codes by requests (app/guess.h): begun by the handler that gets codes, which notes how
 * many have failed; counted and ended with the call (call.c). */
#ifndef QUAN_API_GUESS_H
#define QUAN_API_GUESS_H

#include "api/call.h"
#include "app/guess.h"

/* By the settings. */
guess_rules guess_rules_of(const settings *s);

/* What all callers of a merchant together may guess, in the long run. */
uint32_t guesses_per_s(const api_call *c);

typedef struct guess_from {
    str user;    /* empty: not known */
    str address; /* as sent; empty: not sent */
    size_t codes;
} guess_from;
/* R_DONE: c->guess is there, but for a call with problems, which may read no code and ends with
 * them. Else the call is to be refused with this, without a look at any code. */
MUST_USE result call_guess(api_call *c, const guess_from *from);

/* As guess_address; what is none becomes a problem of client_address. */
str call_address(api_call *c, str text);

/* A network address in its one form: IPv4 as 203.0.113.7, also one inside of IPv6 (::ffff:0:0/96);
 * else the first 64 bits, which is what one customer has, as 2001:db8:1:2::/64. Empty: it is none.
 */
str guess_address(str text, arena *memory);

#endif
