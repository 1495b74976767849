/* A file of lines to a server, part by part, and what became of them in four lists: CSV files
 * accepted, already, duplicate and invalid of a folder, with the line of the file that each begins
 * on, blank lines and the header line counted. Only the owner can read them. For every operation
 * that takes {first_line, lines} and answers with the `rest` that it did not accept: imports, users
 * of personal codes, codes of partners.
 *
 * An upload that was stopped anyhow is begun from the first line again: what the server has already
 * costs it no write. Parts are the same for the same file; where the server has one answer for each
 * (domain/code/upload.h) the lists are those of an upload that was not stopped, else what was
 * accepted before is listed as already there. Memory does not grow with the file, but for 16 bytes
 * wherever lines of it are not sent (blank ones, a field of several).
 *
 * A file is read twice: nothing is made for one that cannot be read to its end, has no lines or too
 * many. */
#ifndef QUAN_CLI_UPLOAD_H
#define QUAN_CLI_UPLOAD_H

#include "cli/shop.h"

typedef struct upload_wish {
    const char *file;   /* CSV, plain or gzip */
    const char *column; /* of the header line; NULL: there is none, and it is the first field */
    const char *what;   /* a line is: "code"; heads the lists */
    size_t part_lines;  /* that the operation takes, at most UPLOAD_PART_MAX */
    const char *to;     /* folder of the lists; made where it is not there */
    bool tells_more;    /* the answer says first_line of a duplicate, reason of what is invalid */
    bool exact;         /* spaces around a line are its own */
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
/* What came of it, for people or as JSON: of whom; more: JSON members, each with a comma behind. */
MUST_USE cli_exit upload_print(const cli_context *c, str of, str more, const upload_totals *t);

#endif
