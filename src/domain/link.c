/* See link.h. */
#include "domain/link.h"

#include <stddef.h>

#include "base/check.h"
#include "domain/table.gen.h"

const row_link row_links[ROW_LINKS] = {
#define LINK(name, table, column, from, says)                                                      \
    {&table##_table, &from##_table, offsetof(table, column), offsetof(from, says)},
#include "domain/link.def"
#undef LINK
};

static const column *column_of(const record_type *r, size_t offset)
{
    size_t i = 0;
    while (i < r->n && r->columns[i].offset != offset)
        i++;
    CHECK(i < r->n);
    return &r->columns[i];
}

const column *row_link_named(const row_link *l)
{
    return column_of(&l->of->record, l->named);
}

const column *row_link_says(const row_link *l)
{
    return column_of(&l->from->record, l->says);
}
