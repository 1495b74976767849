/* Deep copies of rows that outlive arenas: one malloc'ed block each. Private to
 * domain/campaign/config*.c. */
#ifndef QUAN_DOMAIN_CAMPAIGN_CONFIG_ROW_H
#define QUAN_DOMAIN_CAMPAIGN_CONFIG_ROW_H

#include "domain/row.h"

/* A block of head_size bytes, zeroed, then (at *copy) the record, then its text and lists. The
 * caller frees the block. */
void *config_row_new(size_t head_size, const record_type *type, const void *record, void **copy);

#endif
