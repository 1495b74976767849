/* Reading a gzip (or plain) CSV file, row by row. RFC 4180 quoting by libcsv; lines end in LF or
 * CRLF, empty ones are passed over (but counted), and so is a byte order mark. Bounded: fields <=
 * CSV_FIELD_MAX bytes, CSV_COLUMNS_MAX columns. */
#ifndef QUAN_CLI_CSV_GZ_H
#define QUAN_CLI_CSV_GZ_H

#include <stddef.h>

#include "base/buf.h"
#include "base/result.h"
#include "base/str.h"

enum { CSV_FIELD_MAX = 65536, CSV_COLUMNS_MAX = 64, CSV_WANTED_MAX = 16 };

/* fields[i] belongs to wanted[i]; valid during the call. False stops reading with R_INVALID; say
 * why in *why. */
typedef bool csv_row(void *context, const str *fields, buf *why);

typedef struct csv_request {
    const char *path;
    const char *const *wanted; /* names of the header line, any order; n <= CSV_WANTED_MAX */
    size_t n;
    bool headless; /* there is no header line: n is 1, the first field of each row */
    size_t *line;  /* NULL, or where `row` finds the line of the file that its row begins on */
    csv_row *row;
    void *context;
} csv_request;

/* R_DONE; R_NOT_FOUND: no such file; R_INVALID: a wanted column is missing, a row has the wrong
 * number of fields, or `row` said so; R_IO. *why names file and line. */
MUST_USE result csv_read(const csv_request *request, buf *why);

#endif
