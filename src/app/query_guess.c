/* See query_guess.h. */
#include "app/query_guess.h"

#include "base/id.h"

enum { PAGE = 100 };

size_t query_locks(app_view *v, const locks_ask *ask, hash128 *behind, const code_guesses **out,
                   bool *more)
{
    size_t n = 0;
    for (size_t looked = 0; looked < LOCKS_LOOK_MAX; looked += PAGE) {
        bool first = behind->hi == 0 && behind->lo == 0;
        code_guesses from = {
            .slot = first ? 0 : slot_of_hash(behind->hi), .hi = behind->hi, .lo = behind->lo};
        uow_range range = {
            .table = &code_guesses_table, .index = -1, .from = &from, .after = !first};
        void *page[PAGE];
        size_t got = uow_scan(v->rows, &range, PAGE, page);
        for (size_t i = 0; i < got; i++) {
            const code_guesses *row = page[i];
            *more = n == ask->limit;
            if (*more)
                return n;
            *behind = (hash128){row->hi, row->lo};
            if (row->merchant == ask->merchant && row->locked_until_ms > uow_now(v->rows))
                out[n++] = row;
        }
        *more = got == PAGE;
        if (!*more)
            return n;
    }
    return n;
}
