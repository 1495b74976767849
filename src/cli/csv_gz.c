/* See csv_gz.h. zlib reads plain files as they are, so a folder may hold either. */
#include "cli/csv_gz.h"

#include <csv.h>
#include <stdlib.h>
#include <zlib.h>

typedef struct reader {
    const csv_request *request;
    buf *why;
    buf text; /* the row's fields, one behind the other */
    size_t starts[CSV_COLUMNS_MAX + 1];
    size_t columns;            /* of this row so far */
    size_t header;             /* columns of the header line */
    size_t at[CSV_WANTED_MAX]; /* wanted -> column */
    size_t rows;               /* seen, the header included */
    size_t line, inner;        /* that the row begins on, from 1; line ends in its fields */
    int end;                   /* of the row before, with nothing behind it so far */
    result result;
} reader;

static void refuse(reader *r, const char *what, const char *name)
{
    if (r->result == R_DONE) {
        buf_printf(r->why, "%s: line %zu: %s%s", r->request->path, r->line, what, name);
        r->result = R_INVALID;
    }
}

static void on_field(void *field, size_t n, void *context)
{
    reader *r = context;
    if (r->columns >= CSV_COLUMNS_MAX || n > CSV_FIELD_MAX) {
        refuse(r, "too many or too long fields", "");
        return;
    }
    r->starts[r->columns++] = r->text.n;
    buf_add(&r->text, field, n);
    const char *text = field;
    for (size_t i = 0; i < n; i++)
        r->inner += text[i] == '\n';
}

static str field_at(const reader *r, size_t i)
{
    size_t end = i + 1 < r->columns ? r->starts[i + 1] : r->text.n;
    return (str){r->text.p + r->starts[i], end - r->starts[i]};
}

static void take_header(reader *r)
{
    r->header = r->columns;
    for (size_t w = 0; w < r->request->n; w++) {
        size_t i = 0;
        while (i < r->columns && !str_eq(field_at(r, i), str_of(r->request->wanted[w]))) {
            i++;
        }
        if (i == r->columns) {
            refuse(r, "the header line has no column ", r->request->wanted[w]);
        }
        r->at[w] = i;
    }
}

static void take_row(reader *r)
{
    bool headless = r->request->headless;
    r->rows++;
    if (r->request->line != NULL)
        *r->request->line = r->line;
    if (r->result == R_DONE && r->rows == 1 && !headless) {
        take_header(r);
    } else if (r->result == R_DONE && r->columns != r->header && !headless) {
        refuse(r, "the number of fields differs from the header line", "");
    } else if (r->result == R_DONE) {
        str fields[CSV_WANTED_MAX];
        for (size_t w = 0; w < r->request->n; w++) {
            fields[w] = field_at(r, r->at[w]);
        }
        if (!r->request->row(r->request->context, fields, r->why)) {
            refuse(r, "", "");
        }
    }
}

/* Also for an empty line, which has no field, and for the LF of a CRLF, which ends no line. */
static void on_row(int end, void *context)
{
    reader *r = context;
    bool rest = r->columns == 0 && end == '\n' && r->end == '\r';
    if (r->columns > 0)
        take_row(r);
    r->line += r->inner + !rest;
    r->end = rest ? '\n' : end;
    r->columns = r->inner = 0;
    buf_clear(&r->text);
}

/* Of the first bytes of a file: how many are a byte order mark. */
static size_t mark_in(const char *bytes, size_t n)
{
    return n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static result parse(reader *r, gzFile in)
{
    struct csv_parser parser;
    char chunk[65536];
    bool first = true;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) != 0) {
        return R_IO;
    }
    int n = 0;
    while (r->result == R_DONE && (n = gzread(in, chunk, sizeof chunk)) > 0) {
        size_t mark = first ? mark_in(chunk, (size_t)n) : 0, rest = (size_t)n - mark;
        first = false;
        if (csv_parse(&parser, chunk + mark, rest, on_field, on_row, r) != rest) {
            refuse(r, "broken quoting", "");
        }
    }
    if (n < 0 || !gzeof(in)) {
        if (r->result == R_DONE) {
            buf_printf(r->why, "%s: the file cannot be read to its end", r->request->path);
            r->result = R_IO;
        }
    } else if (r->result == R_DONE && csv_fini(&parser, on_field, on_row, r) != 0) {
        refuse(r, "the last field's quote is not closed", "");
    }
    csv_free(&parser);
    return r->result;
}

result csv_read(const csv_request *request, buf *why)
{
    CHECK(request->n > 0 && request->n <= CSV_WANTED_MAX);
    gzFile in = gzopen(request->path, "rb");
    if (in == NULL) {
        buf_printf(why, "%s: cannot be opened", request->path);
        return R_NOT_FOUND;
    }
    reader *r = calloc(1, sizeof *r); /* freed below */
    CHECK(r != NULL);
    r->request = request;
    r->why = why;
    r->line = 1;
    buf_init(&r->text, (size_t)CSV_COLUMNS_MAX * CSV_FIELD_MAX);
    result done = parse(r, in);
    if (done == R_DONE && r->rows == 0 && !request->headless) {
        buf_printf(why, "%s: there is no header line", request->path);
        done = R_INVALID;
    }
    buf_free(&r->text);
    free(r);
    (void)gzclose(in);
    return done;
}
