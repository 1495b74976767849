/* API keys by id, or those of a merchant. A key lives in the slot that its id names. */
#ifndef QUAN_APP_QUERY_KEYS_H
#define QUAN_APP_QUERY_KEYS_H

#include "app/app.h"

const api_key *query_key(app_view *v, uint64_t id); /* NULL when there is none */

/* Where a walk over all keys is. */
typedef struct keys_place {
    bool inside; /* false: at the start */
    uint16_t slot;
    uint64_t hi, lo;
} keys_place;
enum { KEYS_LOOK_MAX = 20000 }; /* keys of all merchants looked at for one page */

/* Fills at most limit keys behind *place, which moves along; returns how many. *more: there may be
 * more behind it, also when the page is not full. */
typedef struct keys_ask {
    uint64_t merchant;
    size_t limit;
} keys_ask;
size_t query_keys(app_view *v, const keys_ask *ask, keys_place *place, const api_key **out,
                  bool *more);

#endif
