/* See query_keys.h. A slot has few keys: there are as many slots as a large server has keys. */
#include "app/query_keys.h"

#include "base/id.h"

const api_key *query_key(app_view *v, uint64_t id)
{
    api_key from = {.slot = id_slot(id)};
    uow_range range = {.table = &api_key_table, .index = -1, .from = &from, .prefix_columns = 1};
    void *page[UOW_SCAN_MAX];
    size_t n;
    do {
        n = uow_scan(v->rows, &range, ARRAY_LEN(page), page);
        for (size_t i = 0; i < n; i++) {
            if (((const api_key *)page[i])->id == id)
                return page[i];
        }
        if (n > 0)
            from = *(const api_key *)page[n - 1];
        range.after = true;
    } while (n == ARRAY_LEN(page));
    return NULL;
}

size_t query_keys(app_view *v, const keys_ask *ask, keys_place *place, const api_key **out,
                  bool *more)
{
    size_t n = 0;
    *more = true;
    for (size_t looked = 0; looked < KEYS_LOOK_MAX;) {
        api_key from = {.slot = place->slot, .hi = place->hi, .lo = place->lo};
        uow_range range = {
            .table = &api_key_table, .index = -1, .from = &from, .after = place->inside};
        void *page[UOW_SCAN_MAX];
        size_t got = uow_scan(v->rows, &range, ARRAY_LEN(page), page);
        for (size_t i = 0; i < got; i++) {
            const api_key *row = page[i];
            if (n == ask->limit)
                return n;
            *place = (keys_place){true, row->slot, row->hi, row->lo};
            if (row->merchant == ask->merchant)
                out[n++] = row;
        }
        looked += got;
        if (got < ARRAY_LEN(page)) {
            *more = false;
            return n;
        }
    }
    return n;
}
