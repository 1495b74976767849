/* A part of an import (domain/code/import.h), from its lines to its answer: it begins, its codes
 * are placed in all lanes at once, and it is in. Whatever ends it in between, sending the same part
 * again goes on. Memory is that of the part. */
#ifndef QUAN_APP_IMPORT_H
#define QUAN_APP_IMPORT_H

#include "app/act.h"
#include "domain/code/import.h"

typedef struct import_ask {
    uint64_t merchant, batch, first;
    hash128 asked_by; /* as of act_call: of the act that begins it */
    const str *lines; /* as they were sent; live until `done` */
    size_t n;         /* 1 … UPLOAD_PART_MAX */
} import_ask;

typedef struct import_answer {
    result code;             /* R_DONE, or what the acts refuse; R_BUSY: send the part again */
    str detail;              /* lives during `done` only, as rest does */
    uint32_t accepted;       /* of the lines */
    const upload_line *rest; /* the others, in their order */
    size_t rest_n;
} import_answer;

/* Reads the lines on the caller's thread; `done` is called once, on a lane's, or here. */
void import_part(app *a, const import_ask *ask,
                 void (*done)(void *context, const import_answer *answer), void *context);

#endif
