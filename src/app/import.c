/* See import.h.
 *
 * Lines go to their lanes as acts of CODE_PLACE_MAX; the last one to come back sends the end. Of a
 * text that is in the part more than once only the first line is placed; the others are its
 * duplicates, or have its fate where it was not accepted. */
#include "app/import.h"

#include "app/inner.h"
#include "base/hash.h"
#include "domain/code/slot_bits.h"

enum { LINES_BYTES_MAX = 64 * 1024 * 1024, NO_LINE = UINT32_MAX };

typedef struct part_line {
    uint8_t fate;  /* line_fate; 0: not known yet */
    uint32_t same; /* the line of the part that has its text first; NO_LINE: itself */
    uint64_t first;
} part_line;

typedef struct import {
    app *app;
    arena *memory;
    uint64_t merchant, batch, first;
    uint32_t n, placed, attempt;
    part_line *lines; /* [n] */
    code_line *codes; /* [placed]: what is placed, lane by lane */
    uint16_t lanes;
    uint32_t *lane_ends; /* [lanes] in codes */
    code_part_in begin;
    atomic_int left; /* acts on their way, and 1 while they go out */
    atomic_int code; /* R_DONE, or that of an act that was refused */
    void (*done)(void *context, const import_answer *answer);
    void *context;
} import;

/* ---- reading the lines ---- */

static void read_texts(import *m, const import_ask *ask, str *texts)
{
    char text[CODE_TEXT_MAX];
    shape *seen = ARENA_NEW(m->memory, shape);
    *seen = (shape){0};
    for (uint32_t i = 0; i < m->n; i++) {
        buf normal = {.p = text, .capacity = sizeof(text), .max = sizeof(text)};
        line_fate fate = upload_read(ask->lines[i], &normal);
        m->lines[i] = (part_line){.same = NO_LINE};
        if (fate != LINE_FATE_ACCEPTED) {
            m->lines[i].fate = (uint8_t)fate;
            continue;
        }
        texts[i] = arena_str(m->memory, buf_view(&normal));
        shape_add(seen, texts[i]);
    }
    m->begin.masks.items = ARENA_ARRAY(m->memory, code_mask, SHAPE_MASKS_MAX);
    m->begin.masks.n = shape_masks(seen, m->begin.masks.items);
}

/* Stored: what goes in, and in which order, never changes. The lengths stand between the lines, so
 * that no two parts can make the same bytes. */
static void hash_lines(import *m, const import_ask *ask)
{
    buf all;
    buf_init(&all, LINES_BYTES_MAX);
    for (uint32_t i = 0; i < m->n; i++) {
        buf_u64(&all, ask->lines[i].n);
        buf_char(&all, ' ');
        buf_str(&all, ask->lines[i]);
    }
    CHECK(!buf_overflowed(&all));
    hash128 h = hash128_of(buf_view(&all), 0);
    m->begin.hi = h.hi;
    m->begin.lo = h.lo;
    buf_free(&all);
}

/* Finds texts that come again. */
static void find_same(import *m, const str *texts)
{
    size_t capacity = 1;
    while (capacity < 2 * (size_t)m->n)
        capacity *= 2;
    uint32_t *map = ARENA_ARRAY(m->memory, uint32_t, capacity);
    memset(map, 0xff, capacity * sizeof(*map));
    for (uint32_t i = 0; i < m->n; i++) {
        if (m->lines[i].fate != 0)
            continue;
        size_t at = hash64(texts[i], m->merchant) & (capacity - 1);
        while (map[at] != NO_LINE && !str_eq(texts[map[at]], texts[i]))
            at = (at + 1) & (capacity - 1);
        m->lines[i].same = map[at];
        if (map[at] == NO_LINE)
            map[at] = i;
    }
}

static bool is_placed(const part_line *l)
{
    return l->fate == 0 && l->same == NO_LINE;
}

/* By lane, in the order of the lines. */
static void sort_codes(import *m, const str *texts)
{
    uint16_t *slots = ARENA_ARRAY(m->memory, uint16_t, m->n);
    char *bits = slot_bits_new(m->memory);
    m->lanes = store_lanes(m->app->store);
    m->lane_ends = ARENA_ARRAY(m->memory, uint32_t, m->lanes + 1);
    memset(m->lane_ends, 0, (m->lanes + 1U) * sizeof(*m->lane_ends));
    for (uint32_t i = 0; i < m->n; i++) {
        if (!is_placed(&m->lines[i]))
            continue;
        slots[i] = imported_code_slot(m->merchant, texts[i]);
        bits_add(bits, slots[i]);
        m->lane_ends[store_lane_of_slot(m->app->store, slots[i]) + 1U]++;
        m->placed++;
    }
    m->begin.slots = (str){bits, SLOT_BITS_BYTES};
    for (uint16_t lane = 0; lane < m->lanes; lane++)
        m->lane_ends[lane + 1U] += m->lane_ends[lane];
    m->codes = ARENA_ARRAY(m->memory, code_line, m->placed);
    for (uint32_t i = 0; i < m->n; i++)
        if (is_placed(&m->lines[i]))
            m->codes[m->lane_ends[store_lane_of_slot(m->app->store, slots[i])]++] =
                (code_line){.line = m->first + i, .slot = slots[i], .code = texts[i]};
}

/* ---- the end ---- */

static void answer(import *m, const import_answer *a)
{
    m->done(m->context, a);
    arena_free(m->memory);
}

static void refuse(import *m, result code, str detail)
{
    answer(m, &(import_answer){.code = code, .detail = detail});
}

static void answer_with(import *m, const code_part_out *out)
{
    answer(m, &(import_answer){.code = R_DONE,
                               .accepted = out->accepted,
                               .rest = out->rest.items,
                               .rest_n = out->rest.n});
}

static void over(act_call *call)
{
    import *m = call->context;
    if (call->code == R_DONE)
        answer_with(m, call->out);
    else
        refuse(m, call->code, call->detail);
    own_call_free((own_call *)call);
}

/* One that is refused at once has ended, too. */
static void send(own_call *own, import *m, const void *in, void (*done)(act_call *call))
{
    own->call.in = in;
    own->call.done = done;
    own->call.context = m;
    result r = act_submit(&own->call);
    if (r == R_DONE)
        return;
    own->call.code = r;
    own->call.detail = (str){NULL, 0};
    done(&own->call);
}

static upload_line rest_of(const import *m, uint32_t i)
{
    const part_line *l = &m->lines[i];
    if (l->same == NO_LINE)
        return (upload_line){.at = i, .fate = l->fate, .first = l->first};
    const part_line *first = &m->lines[l->same];
    if (first->fate == LINE_FATE_ACCEPTED)
        return (upload_line){.at = i, .fate = LINE_FATE_DUPLICATE, .first = m->first + l->same};
    return (upload_line){.at = i, .fate = first->fate, .first = first->first};
}

static void send_end(import *m)
{
    own_call *own = own_call_new(m->app, ACT_ID_code_part_end, id_slot(m->merchant));
    code_part_end_in *in = ARENA_NEW(own->memory, code_part_end_in);
    *in = (code_part_end_in){
        .merchant = m->merchant, .batch = m->batch, .first = m->first, .attempt = m->attempt};
    in->rest.items = ARENA_ARRAY(own->memory, upload_line, m->n);
    for (uint32_t i = 0; i < m->n; i++)
        if (m->lines[i].fate != LINE_FATE_ACCEPTED)
            in->rest.items[in->rest.n++] = rest_of(m, i);
    own->call.item = m->batch;
    send(own, m, in, over);
}

/* ---- placing ---- */

static void one_less(import *m)
{
    if (atomic_fetch_sub(&m->left, 1) != 1)
        return;
    result code = (result)atomic_load(&m->code);
    if (code == R_DONE)
        send_end(m);
    else
        refuse(m, code, S(""));
}

static void placed(act_call *call)
{
    import *m = call->context;
    const code_place_in *in = call->in;
    const code_place_out *out = call->out;
    for (size_t i = 0; call->code == R_DONE && i < out->lines.n; i++) {
        part_line *l = &m->lines[in->lines.items[i].line - m->first];
        l->fate = out->lines.items[i].fate;
        l->first = out->lines.items[i].first;
    }
    if (call->code != R_DONE)
        atomic_store(&m->code, (int)call->code);
    own_call_free((own_call *)call);
    one_less(m);
}

static void place(import *m, uint16_t lane, uint32_t from, uint32_t n)
{
    own_call *own = own_call_new(m->app, ACT_ID_code_place, lane);
    code_place_in *in = ARENA_NEW(own->memory, code_place_in);
    *in = (code_place_in){.merchant = m->merchant, .batch = m->batch, .attempt = m->attempt};
    in->lines.items = m->codes + from;
    in->lines.n = n;
    own->call.request.to_lane = true;
    own->call.request.lane = lane;
    own->call.item = m->codes[from].line;
    atomic_fetch_add(&m->left, 1);
    send(own, m, in, placed);
}

static void begun(act_call *call)
{
    import *m = call->context;
    const code_part_out *out = call->out;
    m->attempt = call->code == R_DONE ? out->attempt : 0;
    if (m->attempt == 0) {
        over(call);
        return;
    }
    own_call_free((own_call *)call);
    atomic_store(&m->left, 1);
    for (uint16_t lane = 0; lane < m->lanes; lane++) {
        uint32_t from = lane == 0 ? 0 : m->lane_ends[lane - 1];
        for (uint32_t n; from < m->lane_ends[lane]; from += n) {
            n = m->lane_ends[lane] - from;
            n = n < CODE_PLACE_MAX ? n : CODE_PLACE_MAX;
            place(m, lane, from, n);
        }
    }
    one_less(m);
}

void import_part(app *a, const import_ask *ask,
                 void (*done)(void *context, const import_answer *answer), void *context)
{
    CHECK(ask->n >= 1 && ask->n <= UPLOAD_PART_MAX);
    arena *memory = arena_new(0);
    import *m = ARENA_NEW(memory, import);
    *m = (import){.app = a,
                  .memory = memory,
                  .merchant = ask->merchant,
                  .batch = ask->batch,
                  .first = ask->first,
                  .n = (uint32_t)ask->n,
                  .done = done,
                  .context = context};
    atomic_init(&m->code, R_DONE);
    m->lines = ARENA_ARRAY(memory, part_line, ask->n);
    m->begin = (code_part_in){
        .merchant = ask->merchant, .batch = ask->batch, .first = ask->first, .lines = m->n};
    str *texts = ARENA_ARRAY(memory, str, ask->n);
    read_texts(m, ask, texts);
    hash_lines(m, ask);
    find_same(m, texts);
    sort_codes(m, texts);
    own_call *own = own_call_new(a, ACT_ID_code_part, id_slot(ask->merchant));
    own->call.item = ask->first;
    own->call.asked_by = ask->asked_by;
    send(own, m, &m->begin, begun);
}
