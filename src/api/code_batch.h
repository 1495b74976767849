/* Batches of codes as they are shown: generated or imported. */
#ifndef QUAN_API_CODE_BATCH_H
#define QUAN_API_CODE_BATCH_H

#include "api/call.h"

/* Of an act whose outcome is a row_out with a code_batch: ends the call with the batch. */
void code_batch_answer_act(api_call *c, int status);

#endif
