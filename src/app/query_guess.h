/* Who is locked out of codes (domain/code/guess.h), for an operator. */
#ifndef QUAN_APP_QUERY_GUESS_H
#define QUAN_APP_QUERY_GUESS_H

#include "app/app.h"
#include "base/hash.h"

enum { LOCKS_LOOK_MAX = 20000 }; /* rows of all merchants looked at for one page */

typedef struct locks_ask {
    uint64_t merchant;
    size_t limit;
} locks_ask;
/* Fills at most limit locks of now, behind the row of this hash (zero: from the first), which moves
 * along; returns how many. *more: there may be more, also when the page is not full. */
size_t query_locks(app_view *v, const locks_ask *ask, hash128 *behind, const code_guesses **out,
                   bool *more);

#endif
