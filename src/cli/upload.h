/* A file of codes to a server, part by part, and what became of its lines in four lists: CSV files
 * accepted, already, duplicate and invalid of a folder, with the row of the file, the header line
 * being the first.
 *
 * Parts are the same for the same file, and the server has one answer for each (domain/code/
 * upload.h): so an upload that was stopped anyhow is begun from the first line again, what the
 * server has already costs it no write, and the lists are whole. Memory does not grow with the
 * file.
 *
 * A file is read twice: nothing is made for one that cannot be read to its end, has no codes or too
 * many. */
#ifndef QUAN_CLI_UPLOAD_H
#define QUAN_CLI_UPLOAD_H

#include "cli/shop.h"

typedef struct upload_wish {
    const char *file;   /* CSV, plain or gzip */
    const char *column; /* of the header line; NULL: there is none, and codes are the first field */
    const char *to;     /* folder of the lists; made where it is not there */
    bool again;         /* lists that are there are written anew; else they are a failure */
    /* Whom the parts go to, as "/v1/codes/imports/cbt_…/parts". Asked once, when the file is known
     * to be good and the lists are made; where it fails, those that were made are removed. */
    cli_exit (*begin)(void *context, str *target);
    void *context;
} upload_wish;

typedef struct upload_totals {
    uint64_t lines, accepted, already, duplicate, invalid;
} upload_totals;

MUST_USE cli_exit upload_file(shop *s, const cli_context *c, const upload_wish *w,
                              upload_totals *out);

#endif
