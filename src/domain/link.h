/* Rows that are named by other rows of their slot: link.def. */
#ifndef QUAN_DOMAIN_LINK_H
#define QUAN_DOMAIN_LINK_H

#include "domain/row.h"

typedef enum row_link_id {
#define LINK(name, table, column, from, says) ROW_LINK_##name,
#include "domain/link.def"
#undef LINK
    ROW_LINKS
} row_link_id;

typedef struct row_link {
    const table *of, *from;
    size_t named, says; /* where these columns are in their structs */
} row_link;
extern const row_link row_links[ROW_LINKS];

const column *row_link_named(const row_link *l); /* of its key, never the first */
const column *row_link_says(const row_link *l);

#endif
