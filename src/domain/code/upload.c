/* See upload.h. */
#include "domain/code/upload.h"

#include "base/id.h"
#include "domain/code/format.h"
#include "domain/code/slot_bits.h"

line_fate upload_read(str line, buf *normal)
{
    if (!str_is_printable(str_trim(line)))
        return LINE_FATE_CHARACTER; /* two cells of a table are not one code */
    switch (code_text_of(line, normal)) {
    case CODE_TEXT_EMPTY:
        return LINE_FATE_EMPTY;
    case CODE_TEXT_LONG:
        return LINE_FATE_TOO_LONG;
    case CODE_TEXT_OTHER:
        return LINE_FATE_CHARACTER;
    default:
        return normal->n < CODE_OWN_MIN ? LINE_FATE_TOO_SHORT : LINE_FATE_ACCEPTED;
    }
}

void upload_load(uow *u, uint64_t id, uint64_t first, upload_rows *out)
{
    out->head = upload_get(u, id_slot(id), id);
    out->part = upload_part_get(u, id_slot(id), id, first);
}

static result may_come(uow *u, const upload *head, const upload_ask *ask)
{
    if (head->state != UPLOAD_STATE_IMPORTING)
        return uow_refuse(u, R_NOT_EDITABLE, "%s",
                          head->state == UPLOAD_STATE_FINISHED ? "It is finished."
                                                               : "It is cancelled.");
    if (ask->first != head->lines + 1)
        return uow_refuse(u, R_CURRENT_VALUE_MISMATCH, "The next line is %llu.",
                          (unsigned long long)head->lines + 1);
    if (ask->lines > UPLOAD_LINES_MAX - head->lines)
        return uow_refuse(u, R_TOO_MANY, "An upload has at most %d lines.", UPLOAD_LINES_MAX);
    return R_DONE;
}

result upload_may_begin(uow *u, const upload_rows *rows, const upload_ask *ask)
{
    const upload_part *p = rows->part;
    if (ask->lines < 1 || ask->lines > UPLOAD_PART_MAX || ask->slots.n != SLOT_BITS_BYTES)
        return uow_refuse(u, R_INVALID, "a part has 1 to %d lines, of some slots", UPLOAD_PART_MAX);
    if (p != NULL && (p->lines != ask->lines || p->hi != ask->hi || p->lo != ask->lo))
        return uow_refuse(u, R_NOT_EDITABLE, "Other lines came with this part before.");
    return upload_is_in(rows) ? R_DONE : may_come(u, rows->head, ask);
}

uint32_t upload_begin(uow *u, const upload_rows *rows, const upload_ask *ask)
{
    upload *head = rows->head;
    if (rows->part == NULL) {
        upload_part *p = upload_part_new(u, id_slot(ask->id), ask->id, ask->first);
        p->lines = ask->lines;
        p->hi = ask->hi;
        p->lo = ask->lo;
        p->slots = ask->slots;
    }
    upload_edit(u, head);
    head->open = true;
    head->opened_at_ms = uow_now(u);
    return ++head->attempt;
}

result upload_may_end(uow *u, const upload_rows *rows, uint32_t attempt)
{
    if (upload_is_in(rows))
        return R_DONE;
    if (rows->part == NULL || rows->head->state != UPLOAD_STATE_IMPORTING ||
        rows->head->attempt != attempt)
        return uow_refuse(u, R_BUSY, "This part has come again, or its upload is over.");
    return R_DONE;
}

void upload_end(uow *u, const upload_rows *rows, const upload_line *rest, size_t n)
{
    upload *head = rows->head;
    upload_part *part = rows->part;
    CHECK(n <= part->lines);
    upload_edit(u, head);
    upload_part_edit(u, part);
    part->in = true;
    part->accepted = part->lines - (uint32_t)n;
    part->rest.items = ARENA_ARRAY(uow_memory(u), upload_line, n);
    part->rest.n = n;
    if (n > 0)
        memcpy(part->rest.items, rest, n * sizeof(*rest));
    head->slots = slot_bits_join(uow_memory(u), head->slots, part->slots);
    part->slots = (str){NULL, 0};
    head->open = false;
    head->lines += part->lines;
    head->accepted += part->accepted;
    for (size_t i = 0; i < n; i++) {
        head->already_ours += rest[i].fate == LINE_FATE_ALREADY_OURS;
        head->duplicate += rest[i].fate == LINE_FATE_DUPLICATE;
        head->invalid += line_is_invalid(rest[i].fate);
    }
}

void upload_drop(uow *u, const upload_rows *rows)
{
    upload_edit(u, rows->head);
    rows->head->open = false;
    if (rows->part != NULL)
        upload_part_delete(u, rows->part);
}
