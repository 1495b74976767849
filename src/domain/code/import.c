/* The acts on imports: see import.h. */
#include "domain/code/import.h"

#include "base/time.h"
#include "domain/code/batch_part.h"
#include "domain/code/slot_bits.h"

/* ---- the batch and its upload ---- */

static result import_find(uow *u, uint64_t merchant_id, uint64_t id, code_batch **out)
{
    result r = code_batch_find(u, merchant_id, id, out);
    if (r == R_DONE && (*out)->upload == 0)
        r = uow_refuse(u, R_NOT_FOUND, "The codes of this batch are not imported.");
    return r;
}

/* ---- shapes ---- */

size_t code_shapes(uow *u, uint64_t merchant_id, void **rows)
{
    code_shape from = {.slot = id_slot(merchant_id), .merchant = merchant_id};
    uow_range range = {&code_shape_table, -1, &from, 2, false};
    return uow_scan(u, &range, CODE_SHAPES_MAX, rows);
}

static const code_shape *shape_of_all(void *const *rows, size_t n)
{
    return n > 0 && ((const code_shape *)rows[0])->batch == 0 ? rows[0] : NULL;
}

/* NULL: it has none. */
static code_shape *shape_of(uint64_t batch_id, void *const *shapes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (((const code_shape *)shapes[i])->batch == batch_id)
            return shapes[i];
    return NULL;
}

result code_shapes_allow_word(uow *u, uint64_t merchant_id, str normal, uint64_t parts)
{
    void *rows[CODE_SHAPES_MAX];
    bool fits = false, open = false;
    size_t n = code_shapes(u, merchant_id, rows);
    for (size_t i = 0; i < n; i++) {
        const code_shape *s = rows[i];
        if (!shape_fits(s->masks.items, s->masks.n, normal))
            continue;
        const upload *head = upload_get(u, id_slot(s->batch), s->batch);
        fits = true;
        open = open || (head != NULL && head->open);
    }
    if (uow_pending(u))
        return R_AGAIN;
    if (open)
        return uow_refuse(u, R_BUSY,
                          "Codes are being imported of which this could be one: wait, or finish or "
                          "cancel that import.");
    const code_shape *all = shape_of_all(rows, n);
    return fits && all != NULL && all->parts != parts ? R_STALE : R_DONE;
}

/* Writes what `more` adds; row NULL: there is none yet. */
static code_shape *widen(uow *u, code_shape *row, const code_shape *name, const list *more)
{
    shape *s = ARENA_NEW(uow_memory(u), shape);
    code_mask *masks = ARENA_ARRAY(uow_memory(u), code_mask, SHAPE_MASKS_MAX);
    *s = (shape){0};
    if (row == NULL)
        row = code_shape_new(u, name->slot, name->merchant, name->batch);
    else
        code_shape_edit(u, row);
    shape_add_masks(s, row->masks.items, row->masks.n);
    shape_add_masks(s, more->items, more->n);
    row->masks.items = masks;
    row->masks.n = shape_masks(s, masks);
    return row;
}

static result check_masks(uow *u, const code_part_in *in)
{
    bool good = in->masks.n <= SHAPE_MASKS_MAX;
    for (size_t i = 0; good && i < in->masks.n; i++) {
        const code_mask *m = &in->masks.items[i];
        good = m->length <= CODE_TEXT_MAX && m->at < m->length;
    }
    return good ? R_DONE : uow_refuse(u, R_INVALID, "masks of codes");
}

/* ---- a part ---- */

static result answer_part(const upload_part *p, code_part_out *out)
{
    *out = (code_part_out){.accepted = p->accepted};
    out->rest.items = p->rest.items;
    out->rest.n = p->rest.n;
    return R_DONE;
}

/* Room for the shape of one more import. */
static result check_room(uow *u, const code_part_in *in, void *const *shapes, size_t n)
{
    size_t others = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t batch = ((const code_shape *)shapes[i])->batch;
        if (batch == in->batch)
            return R_DONE;
        others += batch != 0;
    }
    if (others < CODE_IMPORTS_MAX)
        return R_DONE;
    return uow_refuse(u, R_TOO_MANY, "%d imports are not finished: finish or cancel one.",
                      CODE_IMPORTS_MAX);
}

static void note_shapes(uow *u, const code_part_in *in, void *const *shapes, size_t n)
{
    code_shape all = {.slot = id_slot(in->merchant), .merchant = in->merchant}, own = all;
    own.batch = in->batch;
    code_shape *found = shape_of(in->batch, shapes, n);
    code_shape *total = (code_shape *)(uintptr_t)shape_of_all(shapes, n);
    list masks = {in->masks.items, in->masks.n}, none = {NULL, 0};
    MAYBE(widen(u, found, &own, &masks) == NULL);
    widen(u, total, &all, &none)->parts++;
}

result code_part_decide(uow *u, const void *input, void *output)
{
    const code_part_in *in = input;
    code_part_out *out = output;
    void *shapes[CODE_SHAPES_MAX];
    code_batch *batch;
    upload_rows rows;
    upload_ask ask = {in->batch, in->first, in->lines, in->hi, in->lo, in->slots};
    result r = import_find(u, in->merchant, in->batch, &batch);
    if (r != R_DONE)
        return r;
    upload_load(u, in->batch, in->first, &rows);
    size_t n = code_shapes(u, in->merchant, shapes);
    if (uow_pending(u))
        return R_AGAIN;
    r = upload_may_begin(u, &rows, &ask);
    if (r == R_DONE && upload_is_in(&rows))
        return answer_part(rows.part, out);
    if (r == R_DONE)
        r = check_room(u, in, shapes, n);
    if (r == R_DONE)
        r = check_masks(u, in);
    if (r != R_DONE)
        return r;
    out->attempt = upload_begin(u, &rows, &ask);
    code_batch_edit(u, batch);
    batch->attempt = out->attempt;
    note_shapes(u, in, shapes, n);
    return R_DONE;
}

result code_part_end_decide(uow *u, const void *input, void *output)
{
    const code_part_end_in *in = input;
    code_batch *batch;
    upload_rows rows;
    result r = import_find(u, in->merchant, in->batch, &batch);
    if (r != R_DONE)
        return r;
    upload_load(u, in->batch, in->first, &rows);
    if (uow_pending(u))
        return R_AGAIN;
    r = upload_may_end(u, &rows, in->attempt);
    if (r != R_DONE)
        return r;
    if (!upload_is_in(&rows)) {
        code_batch_edit(u, batch);
        upload_end(u, &rows, in->rest.items, in->rest.n);
        batch->count = rows.head->accepted;
        batch->attempt = 0;
        batch->updated_at_ms = uow_now(u);
    }
    return answer_part(rows.part, output);
}

/* ---- the rows of codes, in their slots ---- */

static bool is_generated(const code_format *const *formats, size_t n, str code)
{
    for (size_t i = 0; i < n; i++)
        if (code_format_reads(formats[i], code))
            return true;
    return false;
}

/* Is the row no code of its import, for ever, and only not out yet? No act of that import writes it
 * any more: what this lane knows of its batch, its own PLACEs know. */
static bool is_left_over(uow *u, const imported_code *row)
{
    const code_batch *of =
        config_code_batch_at(uow_config(u), row->batch, imported_code_place(row));
    return of == NULL || of->upload == UPLOAD_STATE_REMOVING;
}

/* What a line is, whose code has this row; NULL: none, or it is left over. */
static placed_line fate_of(uow *u, const code_place_in *in, const code_line *l,
                           const imported_code *row)
{
    const code_format *formats[CODE_FORMATS_MAX];
    if (row != NULL && row->batch != in->batch)
        return (placed_line){.fate = LINE_FATE_ALREADY_OURS};
    if (row != NULL && row->line != l->line)
        return (placed_line){.fate = LINE_FATE_DUPLICATE, .first = row->line};
    if (row != NULL)
        return (placed_line){.fate = LINE_FATE_ACCEPTED};
    if (config_code_word(uow_config(u), in->merchant, l->code) != NULL)
        return (placed_line){.fate = LINE_FATE_ALREADY_OURS};
    size_t n = config_code_formats(uow_config(u), in->merchant, 0, CODE_FORMATS_MAX, formats);
    bool generated = is_generated(formats, n, l->code);
    return (placed_line){.fate = generated ? LINE_FATE_GENERATED : LINE_FATE_ACCEPTED};
}

static result check_place(uow *u, const code_place_in *in)
{
    const code_batch *of = config_find_code_batch(uow_config(u), in->batch);
    if (of == NULL || of->merchant != in->merchant || in->lines.n > CODE_PLACE_MAX)
        return uow_refuse(u, R_INVALID, "lines of an import");
    if (of->upload != UPLOAD_STATE_IMPORTING || of->attempt != in->attempt)
        return uow_refuse(u, R_BUSY, "This part has come again, or its import is over.");
    return R_DONE;
}

/* How many rows this act has taken over from imports that are cancelled, which count them. */
typedef struct taken_over {
    code_unplaced_in of[CODE_IMPORTS_MAX];
    size_t n;
} taken_over;

static void take_over(uow *u, taken_over *taken, const imported_code *row)
{
    size_t i = 0;
    const code_batch *of = config_find_code_batch(uow_config(u), row->batch);
    if (of == NULL || of->upload != UPLOAD_STATE_REMOVING)
        return; /* of a part that never came in, and counts nowhere */
    while (i < taken->n && taken->of[i].batch != row->batch)
        i++;
    CHECK(i < ARRAY_LEN(taken->of)); /* cancelled ones that are not out yet have their shapes */
    if (i == taken->n)
        taken->of[taken->n++] = (code_unplaced_in){.merchant = row->merchant, .batch = row->batch};
    taken->of[i].removed++;
}

static void tell_taken_over(uow *u, const taken_over *taken)
{
    for (size_t i = 0; i < taken->n; i++)
        uow_send(u, CODE_UNPLACED_ACT, id_slot(taken->of[i].batch), &code_unplaced_in_record,
                 &taken->of[i]);
}

/* row: what is left over of another import; NULL: there is none. */
static void place_line(uow *u, const code_place_in *in, const code_line *l, imported_code *row)
{
    if (row == NULL)
        row = imported_code_new(u, l->slot, in->merchant, l->code);
    else
        imported_code_edit(u, row);
    row->batch = in->batch;
    row->line = l->line;
}

result code_place_decide(uow *u, const void *input, void *output)
{
    const code_place_in *in = input;
    code_place_out *out = output;
    taken_over taken = {.n = 0};
    result r = check_place(u, in);
    if (r != R_DONE)
        return r;
    imported_code **rows = ARENA_ARRAY(uow_memory(u), imported_code *, in->lines.n);
    for (size_t i = 0; i < in->lines.n; i++) {
        const code_line *l = &in->lines.items[i];
        rows[i] = imported_code_get(u, l->slot, in->merchant, l->code);
    }
    if (uow_pending(u))
        return R_AGAIN;
    out->lines.items = ARENA_ARRAY(uow_memory(u), placed_line, in->lines.n);
    out->lines.n = in->lines.n;
    for (size_t i = 0; i < in->lines.n; i++) {
        const code_line *l = &in->lines.items[i];
        bool left_over = rows[i] != NULL && is_left_over(u, rows[i]);
        out->lines.items[i] = fate_of(u, in, l, left_over ? NULL : rows[i]);
        if (out->lines.items[i].fate != LINE_FATE_ACCEPTED || (rows[i] != NULL && !left_over))
            continue;
        if (left_over)
            take_over(u, &taken, rows[i]);
        place_line(u, in, l, rows[i]);
    }
    tell_taken_over(u, &taken);
    return R_DONE;
}

/* ---- taking out ---- */

/* Of the slots of a chain, from this one on; SLOT_COUNT: none. */
static uint16_t next_slot(const code_unplace_in *at, uint16_t slot)
{
    while (slot < SLOT_COUNT && !bits_have(at->slots, slot / CODE_UNPLACE_CHAINS))
        slot = (uint16_t)(slot + CODE_UNPLACE_CHAINS);
    return slot < SLOT_COUNT ? slot : SLOT_COUNT;
}

/* Those of `slots` that a chain has to look at. */
static str bits_of_chain(uow *u, str slots, uint16_t chain)
{
    enum { BYTES = (SLOT_COUNT / CODE_UNPLACE_CHAINS + 8) / 8 };
    if (slots.n == 0)
        return slots;
    char *bits = arena_alloc(uow_memory(u), BYTES);
    for (uint16_t slot = chain; slot < SLOT_COUNT; slot = (uint16_t)(slot + CODE_UNPLACE_CHAINS))
        if (bits_have(slots, slot))
            bits_add(bits, slot / CODE_UNPLACE_CHAINS);
    return (str){bits, BYTES};
}

/* Begins the chains that have a slot to look at; how many. */
static uint32_t take_out(uow *u, const code_batch *batch, str slots, uint64_t first)
{
    uint32_t begun = 0;
    for (uint16_t chain = 0; chain < CODE_UNPLACE_CHAINS; chain++) {
        code_unplace_in at = {.merchant = batch->merchant,
                              .batch = batch->id,
                              .slots = bits_of_chain(u, slots, chain),
                              .first = first};
        at.slot = next_slot(&at, chain);
        if (at.slot == SLOT_COUNT)
            continue;
        uow_send(u, CODE_UNPLACE_ACT, at.slot, &code_unplace_in_record, &at);
        begun++;
    }
    return begun;
}

/* ---- the end ---- */

static void removed(uow *u, upload *head, code_shape *own)
{
    head->state = UPLOAD_STATE_REMOVED;
    head->slots = (str){NULL, 0};
    if (own != NULL)
        code_shape_delete(u, own);
}

/* What is going to end, with its open part, if any. */
typedef struct ending {
    code_batch *batch;
    upload_rows rows;
    void *shapes[CODE_SHAPES_MAX];
    size_t n;
    code_shape *own; /* NULL: no part has begun */
} ending;

static str slots_of_open(const ending *e)
{
    return e->rows.part == NULL ? (str){NULL, 0} : e->rows.part->slots;
}

/* Without the part that is open: of that nothing is counted. */
static void finish(uow *u, const ending *e)
{
    code_batch *batch = e->batch;
    upload *head = e->rows.head;
    code_shape all = {.slot = id_slot(batch->merchant), .merchant = batch->merchant};
    if (e->own != NULL) {
        list masks = {e->own->masks.items, e->own->masks.n};
        code_shape *total = (code_shape *)(uintptr_t)shape_of_all(e->shapes, e->n);
        MAYBE(widen(u, total, &all, &masks) == NULL);
        code_shape_delete(u, e->own);
    }
    batch->upload = head->state = UPLOAD_STATE_FINISHED;
    batch->until_line = head->lines + 1;
    if (head->open)
        head->removers = take_out(u, batch, slots_of_open(e), batch->until_line);
    head->slots = (str){NULL, 0};
    code_batch_event(u, EVENT_KIND_CODES_IMPORTED, batch, batch->count);
}

static void cancel(uow *u, const ending *e)
{
    upload *head = e->rows.head;
    str slots = head->slots;
    if (head->open)
        slots = slot_bits_join(uow_memory(u), slots, slots_of_open(e));
    e->batch->upload = head->state = UPLOAD_STATE_REMOVING;
    head->removers = take_out(u, e->batch, slots, 0);
    if (head->removers == 0)
        removed(u, head, e->own);
    code_batch_event(u, EVENT_KIND_CODE_IMPORT_CANCELLED, e->batch, e->batch->count);
}

/* Gets. */
static result find_ending(uow *u, const code_import_end_in *in, ending *e)
{
    result r = import_find(u, in->merchant, in->batch, &e->batch);
    if (r != R_DONE)
        return r;
    e->rows.head = upload_get(u, e->batch->slot, in->batch);
    e->n = code_shapes(u, in->merchant, e->shapes);
    if (uow_pending(u))
        return R_AGAIN;
    e->own = shape_of(in->batch, e->shapes, e->n);
    if (e->rows.head->open)
        upload_load(u, in->batch, e->rows.head->lines + 1, &e->rows);
    return uow_pending(u) ? R_AGAIN : R_DONE;
}

result code_import_end_decide(uow *u, const void *input, void *output)
{
    const code_import_end_in *in = input;
    ending e = {0};
    result r = find_ending(u, in, &e);
    if (r != R_DONE)
        return r;
    upload *head = e.rows.head;
    bool over = head->state != UPLOAD_STATE_IMPORTING;
    if (over && in->cancel == (head->state == UPLOAD_STATE_FINISHED))
        return uow_refuse(u, R_NOT_EDITABLE, "It is %s.", in->cancel ? "finished" : "cancelled");
    if (over)
        return code_batch_answer(u, e.batch, output);
    int64_t left_ms = upload_left_ms(head, uow_now(u));
    if (!in->cancel && left_ms > 0)
        return uow_refuse(u, R_BUSY,
                          "A part is coming in: send it again, or finish without it in %lld s.",
                          (long long)((left_ms + MS_SECOND - 1) / MS_SECOND));
    code_batch_edit(u, e.batch);
    upload_edit(u, head);
    e.batch->version++;
    e.batch->updated_at_ms = uow_now(u);
    e.batch->attempt = 0;
    if (in->cancel)
        cancel(u, &e);
    else
        finish(u, &e);
    if (head->open)
        upload_drop(u, &e.rows);
    return code_batch_answer(u, e.batch, output);
}

/* ---- a step of a chain ---- */

/* The next step of the chain, or the word that it has ended. */
static void go_on(uow *u, code_unplace_in *at, bool slot_ended)
{
    uint16_t next = next_slot(at, (uint16_t)(at->slot + CODE_UNPLACE_CHAINS));
    bool last = slot_ended && next == SLOT_COUNT;
    if (last || at->removed >= CODE_UNPLACE_TELLS) {
        code_unplaced_in told = {at->merchant, at->batch, at->removed, last};
        uow_send(u, CODE_UNPLACED_ACT, id_slot(at->batch), &code_unplaced_in_record, &told);
        at->removed = 0;
    }
    if (last)
        return;
    if (slot_ended) {
        at->slot = next;
        at->after = (str){NULL, 0};
    }
    uow_send(u, CODE_UNPLACE_ACT, at->slot, &code_unplace_in_record, at);
}

result code_unplace_decide(uow *u, const void *input, void *output)
{
    const code_unplace_in *in = input;
    void *rows[CODE_UNPLACE_MAX];
    MAYBE(output);
    code_unplace_in at = *in;
    const code_batch *of = config_find_code_batch(uow_config(u), in->batch);
    if (of == NULL)
        return uow_refuse(u, R_NOT_FOUND, "There is no such import.");
    if (of->upload == UPLOAD_STATE_IMPORTING) {
        go_on(u, &at, false); /* not published here yet: PLACE may still come */
        return R_DONE;
    }
    imported_code from = {.slot = in->slot, .merchant = in->merchant, .code = in->after};
    uow_range range = {&imported_code_table, -1, &from, 2, in->after.n > 0};
    size_t n = uow_scan(u, &range, CODE_UNPLACE_MAX, rows);
    if (uow_pending(u))
        return R_AGAIN;
    if (n > 0)
        at.after = arena_str(uow_memory(u), ((const imported_code *)rows[n - 1])->code);
    for (size_t i = 0; i < n; i++) {
        const imported_code *row = rows[i];
        if (row->batch != in->batch || row->line < in->first)
            continue;
        imported_code_delete(u, rows[i]);
        at.removed++;
    }
    go_on(u, &at, n < CODE_UNPLACE_MAX);
    return R_DONE;
}

result code_unplaced_decide(uow *u, const void *input, void *output)
{
    const code_unplaced_in *in = input;
    MAYBE(output);
    upload *head = upload_get(u, id_slot(in->batch), in->batch);
    code_shape *own = code_shape_get(u, id_slot(in->merchant), in->merchant, in->batch);
    if (uow_pending(u))
        return R_AGAIN;
    if (head == NULL)
        return uow_refuse(u, R_NOT_FOUND, "There is no such import.");
    upload_edit(u, head);
    head->removers -= in->last ? 1 : 0;
    if (head->state == UPLOAD_STATE_FINISHED)
        return R_DONE; /* of a part that never came in, and counts nowhere */
    head->removed += in->removed;
    if (head->removers == 0 && head->state == UPLOAD_STATE_REMOVING)
        removed(u, head, own);
    return R_DONE;
}
