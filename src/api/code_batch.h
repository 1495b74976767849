/* Batches of codes as they are shown: generated or imported. */
#ifndef QUAN_API_CODE_BATCH_H
#define QUAN_API_CODE_BATCH_H

#include "api/call.h"

/* Of an act whose outcome is a row_out with a code_batch: ends the call with the batch. */
void code_batch_answer_act(api_call *c, int status);

/* `expires_at` of an edit, as batches and words have it: 0 is never. The first moment of 1970 is
 * none of theirs: refused as what is before it. */
static inline int64_t code_end_asked(int64_t expires_at)
{
    return expires_at == WIRE_TIME_NULL ? 0 : expires_at == 0 ? -1 : expires_at;
}

#endif
