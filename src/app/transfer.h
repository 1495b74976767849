/* The token of an offer that is for whoever has it: the id of the transfer, and 128 bits that
 * nobody can know without the merchant's secret. So nothing is stored for it, a repeat of the
 * request that made the offer shows it again, and any token finds its slot without an index.
 *
 *   trf_0h8dmz3yh0g01_5f0c…   the id, then 32 digits in hexadecimal */
#ifndef QUAN_APP_TRANSFER_H
#define QUAN_APP_TRANSFER_H

#include "base/arena.h"
#include "domain/table.gen.h"

str transfer_token(const merchant *of, uint64_t transfer_id, arena *memory);
/* The transfer whose token this is; 0: it is none. Takes a time that tells nothing of how much of
 * it is right. */
uint64_t transfer_by_token(const merchant *of, str token, arena *memory);

#endif
