/* Lines that come in parts, of a file of any size: who sends them can go on after any crash, and
 * each line has one answer for ever.
 *
 * A part is a run of lines; the first begins with line 1, each other one behind the part before. It
 * begins (upload_begin), its lines are dealt with, each by whatever acts that takes, and it is in
 * (upload_end). A part that comes again with the same lines has the answer of the first time when
 * it is in. While it is not, it begins anew, under the next attempt: the acts of an attempt must be
 * refused once there is a later one, or the part is in. With other lines it is refused.
 *
 * A part that is open for UPLOAD_OPEN_MS has nobody any more who sends it: the upload may end
 * without it. That one is only slow harms nothing: from then on its acts are refused.
 *
 * Where what was dealt with is kept, in which slots, is noted with the part before it is done, and
 * with the head once the part is in (slot_bits.h).
 *
 *   NOT_EDITABLE            other lines came with this part; the upload is over
 *   CURRENT_VALUE_MISMATCH  another part is next
 *   TOO_MANY                lines
 *   BUSY                    there is a later attempt */
#ifndef QUAN_DOMAIN_CODE_UPLOAD_H
#define QUAN_DOMAIN_CODE_UPLOAD_H

#include "base/buf.h"
#include "base/result.h"
#include "domain/table.gen.h"

enum {
    UPLOAD_PART_MAX = 10000,     /* lines */
    UPLOAD_LINES_MAX = 10000000, /* of all parts */
    UPLOAD_OPEN_MS = 30000,      /* a part takes a fraction of a second */
};

/* A line as the code that it says, normalised (format.h): ACCEPTED, or why it cannot be one. normal
 * has room for CODE_TEXT_MAX. */
enum { CODE_OWN_MIN = 4 }; /* characters, normalised; at most CODE_TEXT_MAX */
line_fate upload_read(str line, buf *normal);
static inline bool line_is_invalid(uint8_t fate)
{
    return fate > LINE_FATE_DUPLICATE;
}

/* Until it may end without its open part; not above 0: it may. */
static inline int64_t upload_left_ms(const upload *head, int64_t now_ms)
{
    return head->open ? head->opened_at_ms + UPLOAD_OPEN_MS - now_ms : 0;
}

typedef struct upload_rows {
    upload *head;
    upload_part *part; /* NULL: it has not begun */
} upload_rows;
/* Gets: look whether rows are pending. */
void upload_load(uow *u, uint64_t id, uint64_t first, upload_rows *out);
static inline bool upload_is_in(const upload_rows *rows)
{
    return rows->part != NULL && rows->part->in;
}

typedef struct upload_ask {
    uint64_t id, first;
    uint32_t lines;
    uint64_t hi, lo; /* hash of the lines */
    str slots;
} upload_ask;
/* R_DONE also for one that is in. */
MUST_USE result upload_may_begin(uow *u, const upload_rows *rows, const upload_ask *ask);
uint32_t upload_begin(uow *u, const upload_rows *rows, const upload_ask *ask); /* the attempt */

/* R_DONE also for one that is in. rest: the lines that were not accepted. */
MUST_USE result upload_may_end(uow *u, const upload_rows *rows, uint32_t attempt);
void upload_end(uow *u, const upload_rows *rows, const upload_line *rest, size_t n);
/* The open part is over, and never was; it is the part of the rows. */
void upload_drop(uow *u, const upload_rows *rows);

#endif
