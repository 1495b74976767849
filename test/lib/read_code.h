/* What a text is read as (app/codes.h), by somebody who may know all and is not bound. */
#ifndef QUAN_TEST_READ_CODE_H
#define QUAN_TEST_READ_CODE_H

#include "app/codes.h"

/* By this user; of `by`, guess is filled here. */
static inline result read_code_by(app *a, code_asker by, str typed, code_typed *out)
{
    static const guess_rules none;
    guess_ask ask = {.merchant = by.merchant, .may_know = true, .tries = 1, .rules = &none};
    arena *memory = arena_new(0);
    guess *tries;
    guess_wait wait;
    result r = guess_begin(a, &ask, memory, &tries, &wait);
    if (r == R_DONE) {
        by.guess = tries;
        by.may_know = true;
        r = codes_read_any(a, &by, typed, out);
        guess_end(tries);
    }
    arena_free(memory);
    return r;
}

static inline result read_code(app *a, const config *c, uint64_t merchant_id, str typed,
                               code_typed *out)
{
    code_asker by = {.config = c, .merchant = merchant_id, .user = S("anybody")};
    return read_code_by(a, by, typed, out);
}

#endif
