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
