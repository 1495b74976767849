/* Imports (domain/code/import.h): that the rows of their codes are what parts and heads count; that
 * each is in its slot, looks as is noted, and is neither a word nor a code of a format; and that a
 * code of an import which is exchanged has its row.
 *
 * Exchanged codes are compared some slots at a time, so that memory does not grow with them. */
#include "app/verify_part.h"
#include "domain/code/import.h"
#include "domain/code/slot_bits.h"

enum { IMPORT_ROWS_MAX = 2000000 }; /* codes that one pass compares */
enum {
    HEAD_LINES,
    HEAD_FATES, /* of these, LINE_FATE_ALREADY_OURS …, invalid ones together */
    HEAD_STATE = HEAD_FATES + LINE_FATE_EMPTY,
    HEAD_OPEN,
    HEAD_REMOVERS,
    HEAD_SLOTS, /* of import_pass.slots, from 1; 0: any slot */
    PART_LINES,
    PART_FATES,
    CODE_ROWS = PART_FATES + LINE_FATE_EMPTY,
    IMPORT_VALUES
};
enum { SHAPE_INDEX, SHAPE_VALUES };
enum { OWN_EXCHANGED, OWN_ROWS, OWN_VALUES };

typedef struct import_shape {
    code_mask masks[SHAPE_MASKS_MAX];
    size_t n;
} import_shape;

/* In which its codes may be. */
typedef struct import_slots {
    char bits[SLOT_BITS_BYTES];
} import_slots;

typedef struct import_pass {
    verify_map *imports; /* by batch */
    verify_map *shapes;  /* by merchant and batch, from 1 */
    verify_list all;     /* import_shape */
    verify_list slots;   /* import_slots */
    verify_group memory;
    verify_map *exchanged; /* by batch and place */
} import_pass;

typedef struct own_name {
    uint64_t owner, id;
} own_name;

static int64_t *import_at(const verify *v, uint64_t batch)
{
    return verify_map_at(v->imports->imports, (str){(const char *)&batch, sizeof(batch)});
}

/* ---- heads, parts and shapes ---- */

/* What HEAD_SLOTS is to be. */
static int64_t add_slots(verify *v, str slots)
{
    if (slots.n != SLOT_BITS_BYTES)
        return 0;
    import_slots *kept = verify_add(&v->imports->memory, &v->imports->slots);
    memcpy(kept->bits, slots.p, sizeof(kept->bits));
    return (int64_t)v->imports->slots.n;
}

static import_slots *slots_at(const verify *v, const int64_t *n)
{
    return (import_slots *)v->imports->slots.items + n[HEAD_SLOTS] - 1;
}

static void see_head(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const upload *h = row;
    verify_what w = {.check = "import", .kind = ID_CODE_BATCH, .id = h->id};
    const code_batch *of = config_find_code_batch(v->view.config, h->id);
    verify_must(v, &w, "its batch is there", of != NULL && of->upload != 0);
    if (of == NULL)
        return;
    bool removed = h->state == UPLOAD_STATE_REMOVED;
    verify_number(v, &w, "state", of->upload, removed ? UPLOAD_STATE_REMOVING : h->state);
    verify_number(v, &w, "count", (int64_t)h->accepted, (int64_t)of->count);
    verify_number(v, &w, "attempt", h->open ? h->attempt : 0, of->attempt);
    bool removing = h->state == UPLOAD_STATE_REMOVING, finished = h->state == UPLOAD_STATE_FINISHED;
    verify_must(v, &w, "chains while it is removed",
                removing == (h->removers > 0) || (finished && h->removers > 0));
    if (of->until_line != 0) /* before this was kept, no part was left out */
        verify_number(v, &w, "last line", finished ? (int64_t)h->lines + 1 : 0,
                      (int64_t)of->until_line);
    int64_t *n = import_at(v, h->id);
    n[HEAD_LINES] = (int64_t)h->lines;
    n[HEAD_FATES] = (int64_t)h->accepted;
    n[HEAD_FATES + 1] = (int64_t)h->already_ours;
    n[HEAD_FATES + 2] = (int64_t)h->duplicate;
    n[HEAD_FATES + 3] = (int64_t)h->invalid;
    n[HEAD_STATE] = h->state;
    n[HEAD_OPEN] = h->open;
    n[HEAD_REMOVERS] = h->removers;
    n[HEAD_SLOTS] = finished ? 0 : add_slots(v, h->slots);
}

static void see_open(import_slots *all, int64_t *n, str slots)
{
    if (slots.n != SLOT_BITS_BYTES)
        n[HEAD_SLOTS] = 0;
    for (size_t i = 0; i < slots.n; i++)
        all->bits[i] = (char)(all->bits[i] | slots.p[i]);
}

static void see_part(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const upload_part *p = row;
    int64_t *n = import_at(v, p->upload);
    if (!p->in && n[HEAD_SLOTS] != 0)
        see_open(slots_at(v, n), n, p->slots);
    if (!p->in)
        return;
    n[PART_LINES] += p->lines;
    n[PART_FATES] += p->accepted;
    for (size_t i = 0; i < p->rest.n; i++) {
        uint8_t fate = p->rest.items[i].fate;
        n[PART_FATES + (line_is_invalid(fate) ? LINE_FATE_EMPTY : fate) - 1]++;
    }
}

static void see_shape(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const code_shape *s = row;
    own_name name = {s->merchant, s->batch};
    import_shape *kept = verify_add(&v->imports->memory, &v->imports->all);
    kept->n = s->masks.n < SHAPE_MASKS_MAX ? s->masks.n : SHAPE_MASKS_MAX;
    if (kept->n > 0)
        memcpy(kept->masks, s->masks.items, kept->n * sizeof(*kept->masks));
    verify_map_at(v->imports->shapes, (str){(const char *)&name, sizeof(name)})[SHAPE_INDEX] =
        (int64_t)v->imports->all.n;
}

/* ---- the codes ---- */

static bool looks_so(const verify *v, own_name name, str code)
{
    const int64_t *at =
        verify_map_find(v->imports->shapes, (str){(const char *)&name, sizeof(name)});
    if (at == NULL)
        return false;
    const import_shape *s = (const import_shape *)v->imports->all.items + at[SHAPE_INDEX] - 1;
    return shape_fits(s->masks, s->n, code);
}

static bool is_generated(const verify *v, const imported_code *c)
{
    const code_format *formats[CODE_FORMATS_MAX];
    size_t n = config_code_formats(v->view.config, c->merchant, 0, CODE_FORMATS_MAX, formats);
    for (size_t i = 0; i < n; i++)
        if (code_format_reads(formats[i], c->code))
            return true;
    return false;
}

static void see_code(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const imported_code *c = row;
    verify_what w = {.check = "import", .subject = c->code};
    const code_batch *of = config_find_code_batch(v->view.config, c->batch);
    int64_t *n = import_at(v, c->batch);
    bool good = of != NULL && of->upload != 0 && of->merchant == c->merchant;
    verify_must(v, &w, "its import is there", good && n[HEAD_STATE] != 0);
    if (!good)
        return;
    bool over = n[HEAD_STATE] == UPLOAD_STATE_FINISHED;
    verify_must(v, &w, "its slot", c->slot == imported_code_slot(c->merchant, c->code));
    verify_must(v, &w, "it looks as noted",
                looks_so(v, (own_name){c->merchant, over ? 0 : c->batch}, c->code));
    verify_must(v, &w, "it is no word",
                config_code_word(v->view.config, c->merchant, c->code) == NULL);
    verify_must(v, &w, "it is no code of a format", !is_generated(v, c));
    if (n[HEAD_SLOTS] != 0)
        verify_must(v, &w, "its slot is noted",
                    bits_have((str){slots_at(v, n)->bits, SLOT_BITS_BYTES}, c->slot));
    if (c->line <= (uint64_t)n[HEAD_LINES])
        n[CODE_ROWS]++;
    else
        verify_must(v, &w, "its part is coming in", n[HEAD_OPEN] != 0 || n[HEAD_REMOVERS] != 0);
}

static void compare_imports(verify *v)
{
    static const char *const fates[] = {"accepted", "already_ours", "duplicate", "invalid"};
    for (size_t i = 0; i < verify_map_count(v->imports->imports); i++) {
        str key;
        const int64_t *n = verify_map_item(v->imports->imports, i, &key);
        verify_what w = {.check = "import", .kind = ID_CODE_BATCH};
        memcpy(&w.id, key.p, sizeof(w.id));
        verify_number(v, &w, "lines", n[PART_LINES], n[HEAD_LINES]);
        for (size_t f = 0; f < ARRAY_LEN(fates); f++)
            verify_number(v, &w, fates[f], n[PART_FATES + f], n[HEAD_FATES + f]);
        if (n[HEAD_STATE] != UPLOAD_STATE_REMOVING)
            verify_number(v, &w, "codes", n[HEAD_STATE] == UPLOAD_STATE_REMOVED ? 0 : n[HEAD_FATES],
                          n[CODE_ROWS]);
    }
}

/* ---- those that are exchanged ---- */

static str own_key(own_name *name, uint64_t batch, uint64_t place)
{
    *name = (own_name){batch, place};
    return (str){(const char *)name, sizeof(*name)};
}

static void see_exchanged(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const exchange_code *c = row;
    own_name name;
    const code_batch *of = config_find_code_batch(v->view.config, c->format);
    str key = own_key(&name, c->format, c->serial * SLOT_COUNT + c->slot);
    if (of != NULL && of->upload != 0)
        verify_map_at(v->imports->exchanged, key)[OWN_EXCHANGED]++;
}

static void see_own(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const imported_code *c = row;
    own_name name;
    int64_t *n =
        verify_map_find(v->imports->exchanged, own_key(&name, c->batch, imported_code_place(c)));
    if (n != NULL)
        n[OWN_ROWS]++;
}

static result compare_exchanged(verify *v, verify_group *slots)
{
    v->imports->exchanged = verify_map_new(OWN_VALUES);
    result r = verify_each(v, slots, &exchange_code_table, see_exchanged);
    if (r == R_DONE)
        r = verify_each(v, slots, &imported_code_table, see_own);
    for (size_t i = 0; r == R_DONE && i < verify_map_count(v->imports->exchanged); i++) {
        str key;
        own_name name;
        const int64_t *n = verify_map_item(v->imports->exchanged, i, &key);
        memcpy(&name, key.p, sizeof(name));
        verify_what w = {.check = "import", .kind = ID_CODE_BATCH, .id = name.owner};
        verify_number(v, &w, "rows of an exchanged code", 1, n[OWN_ROWS]);
    }
    verify_map_free(v->imports->exchanged);
    return r;
}

/* ---- the passes ---- */

static result run_once(verify *v)
{
    result r = verify_each(v, NULL, &upload_table, see_head);
    if (r == R_DONE)
        r = verify_each(v, NULL, &upload_part_table, see_part);
    if (r == R_DONE)
        r = verify_each(v, NULL, &code_shape_table, see_shape);
    if (r == R_DONE)
        r = verify_each(v, NULL, &imported_code_table, see_code);
    if (r == R_DONE)
        compare_imports(v);
    return r;
}

result verify_imports(verify *v)
{
    uint64_t before = v->sum.rows;
    import_pass pass = {.imports = verify_map_new(IMPORT_VALUES),
                        .shapes = verify_map_new(SHAPE_VALUES),
                        .all = {.item_size = sizeof(import_shape)},
                        .slots = {.item_size = sizeof(import_slots)},
                        .memory = {.memory = arena_new(SIZE_MAX / 2)}};
    v->imports = &pass;
    result r = run_once(v);
    uint32_t passes = (uint32_t)((v->sum.rows - before) / IMPORT_ROWS_MAX) + 1;
    uint32_t slots = (SLOT_COUNT + passes - 1) / passes;
    v->again = true;
    for (uint32_t from = 0; from < SLOT_COUNT && r == R_DONE; from += slots) {
        verify_group some = {.from = (uint16_t)from,
                             .until = from + slots < SLOT_COUNT ? from + slots : SLOT_COUNT};
        r = compare_exchanged(v, &some);
    }
    v->again = false;
    v->imports = NULL;
    verify_map_free(pass.imports);
    verify_map_free(pass.shapes);
    arena_free(pass.memory.memory);
    return r;
}
