/* What the acts on batches share. Private to domain/code. */
#ifndef QUAN_DOMAIN_CODE_BATCH_PART_H
#define QUAN_DOMAIN_CODE_BATCH_PART_H

#include "domain/code/codes.h"

/* The merchant's batch: R_DONE, NOT_FOUND, or R_AGAIN while it is not loaded. */
MUST_USE result code_batch_find(uow *u, uint64_t merchant_id, uint64_t id, code_batch **out);
void code_batch_event(uow *u, event_kind kind, const code_batch *row, uint64_t codes);
/* Of a run of its codes, on behalf of an API key. */
typedef struct code_told {
    uint64_t key, from, codes;
} code_told;
void code_part_event(uow *u, event_kind kind, const code_batch *row, const code_told *what);
result code_batch_answer(uow *u, const code_batch *row, row_out *out);

#endif
