/* Steps of the model that send lists: a partner's codes for a template whose coupons take one each,
 * and imports of a merchant's own codes. See model.h.
 *
 * The rule of the book: each code of the partner is added once and given once. A line of an import
 * is accepted unless it came before, in this import or in another that was not cancelled, or is a
 * word; its codes are good from the finish on, and after a cancellation they never were. */
#include "app/import.h"
#include "base/id.h"
#include "domain/campaign/config.h"
#include "domain/limit/partner.h"
#include "test/lib/model.h"

/* ---- codes of a partner ---- */

static void begin_supply(model_side *s, const model_step *step, world_act *a)
{
    partner_put_in in = {.merchant = s->merchant, .template = s->templates[MODEL_PARTNERED]};
    in.lines.items = ARENA_ARRAY(s->memory, partner_line, step->counts[0]);
    in.lines.n = step->counts[0];
    for (uint32_t i = 0; i < step->counts[0]; i++) {
        uint32_t number = model_supplied(step, i);
        in.lines.items[i] = (partner_line){
            .line = i, .hi = number, .lo = 7, .sealed = arena_printf(s->memory, "L%u", number)};
    }
    model_set(s, a, ACT_ID_partner_put, id_slot(in.template), &in);
}

uint32_t model_supplied(const model_step *step, uint32_t i)
{
    bool twice = i > 0 && i + 1 == step->counts[0] && step->ordinal % 3 == 0;
    return (step->code + (twice ? 0 : i)) % MODEL_SUPPLY;
}

static void end_supply(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    const partner_put_out *out = a->out;
    uint32_t fresh = 0;
    model_say(facts, a->code);
    if (s->judged && a->code != (s->partnered ? R_DONE : R_NOT_EDITABLE))
        s->wrong = "a partner's codes are refused, or taken where none are";
    if (a->code != R_DONE)
        return;
    for (size_t i = 0, k = 0; i < step->counts[0]; i++) {
        bool rest = k < out->rest.n && out->rest.items[k].line == i;
        bool *known = &s->book.supplied[model_supplied(step, (uint32_t)i)];
        k += rest;
        if (!rest && *known)
            s->wrong = "a partner's code is added twice";
        if (rest && !*known && s->judged)
            s->wrong = "a partner's code is not added";
        fresh += !rest;
        *known = true;
    }
    if (fresh != out->accepted)
        s->wrong = "as many codes are accepted as are not told of";
    buf_printf(facts, " %u of %lld", out->accepted, (long long)out->total);
}

void model_given(model_side *s, uint64_t template_id, str sealed)
{
    uint64_t number = 0;
    bool takes = s->partnered && template_id == s->templates[MODEL_PARTNERED];
    if (takes != (sealed.n > 0))
        s->wrong = "a coupon without its partner's code, or with one of none";
    if (!takes || sealed.n == 0)
        return;
    bool good = str_to_u64((str){sealed.p + 1, sealed.n - 1}, &number) && number < MODEL_SUPPLY;
    if (!good || s->book.given[number])
        s->wrong = "two coupons with one code of the partner";
    else
        s->book.given[number] = true;
}

/* ---- imports ---- */

enum { LINES_MAX = MODEL_BATCH_CODES + 3 };

str model_own_text(model_side *s, uint32_t number, uint32_t ordinal)
{
    return arena_printf(s->memory, "OWN%uX%u", number, ordinal);
}

typedef struct sent {
    bool there;
    result code;
    uint32_t accepted;
    upload_line rest[LINES_MAX];
    size_t n;
} sent;

static void note(void *context, const import_answer *a)
{
    sent *s = context;
    CHECK(a->rest_n <= LINES_MAX);
    *s = (sent){.there = true, .code = a->code, .accepted = a->accepted, .n = a->rest_n};
    if (a->rest_n > 0)
        memcpy(s->rest, a->rest, a->rest_n * sizeof(*a->rest));
}

/* Fresh codes, as many as the step says, and behind them what is none. */
static size_t own_lines(model_side *s, const model_step *step, str lines[LINES_MAX])
{
    size_t n = 0;
    uint32_t number = s->book.batch_count;
    for (uint32_t i = 0; i < step->counts[0]; i++)
        lines[n++] = model_own_text(s, number, i);
    lines[n++] = model_own_text(s, number, 0);
    for (uint32_t i = 0; i < s->book.batch_count && n < LINES_MAX - 1U; i++)
        if (s->book.batches[i].import == MODEL_IMPORT_FINISHED)
            lines[n++] = model_own_text(s, i, 0);
    if (s->book.word_count > 0)
        lines[n++] = model_word_text(s, 0);
    return n;
}

/* The part twice: the first time cut off after some steps of the store. */
static void send_lines(model_side *s, const model_step *step, uint64_t id, sent *out)
{
    str lines[LINES_MAX];
    sent first = {0};
    import_ask ask = {.merchant = s->merchant, .batch = id, .first = 1, .lines = lines};
    ask.n = own_lines(s, step, lines);
    import_part(world_app(&s->world), &ask, note, &first);
    for (uint8_t i = 0; i < step->spelling % 16; i++)
        (void)store_step(app_store(world_app(&s->world)));
    import_part(world_app(&s->world), &ask, note, out);
    (void)app_settle(world_app(&s->world));
    bool ended = first.there && (first.code == R_DONE || first.code == R_BUSY);
    if (!ended || !out->there || out->code != R_DONE)
        s->wrong = "a part that is sent again does not come in";
}

static void check_lines(model_side *s, const model_step *step, const sent *got)
{
    uint32_t fresh = step->counts[0];
    if (got->accepted != fresh)
        s->wrong = "an import does not accept what is new, and nothing else";
    for (size_t i = 0; i < got->n; i++) {
        const upload_line *l = &got->rest[i];
        uint8_t fate = i == 0 ? LINE_FATE_DUPLICATE : LINE_FATE_ALREADY_OURS;
        if (l->at != fresh + i || l->fate != fate || (i == 0 && l->first != 1))
            s->wrong = "a line of an import has another fate";
    }
}

static void make_import(model_side *s, const model_step *step, buf *facts)
{
    code_batch_put_in in = {.merchant = s->merchant,
                            .fields = CODE_BATCH_NAME,
                            .template = s->templates[step->template],
                            .name = S("Own")};
    row_out out = {0};
    sent got = {0};
    world_act one = {.id = ACT_ID_code_batch_put,
                     .slot = id_slot(s->merchant),
                     .in = &in,
                     .out = &out,
                     .memory = s->memory};
    result r = world_run(&s->world, &one);
    model_say(facts, r);
    if (r != R_DONE)
        return;
    send_lines(s, step, out.id, &got);
    check_lines(s, step, &got);
    buf_printf(facts, " %u %zu", got.accepted, got.n);
    s->book.batches[s->book.batch_count++] = (model_batch){.id = out.id,
                                                           .of = {step->template, 0, false},
                                                           .count = step->counts[0],
                                                           .import = MODEL_IMPORT_OPEN};
}

static void end_import(model_side *s, const model_step *step, bool cancel, buf *facts)
{
    model_batch *b = &s->book.batches[step->code];
    code_import_end_in in = {.merchant = s->merchant, .batch = b->id, .cancel = cancel};
    row_out out = {0};
    world_act one = {.id = ACT_ID_code_import_end,
                     .slot = id_slot(b->id),
                     .in = &in,
                     .out = &out,
                     .memory = s->memory};
    model_import after = cancel ? MODEL_IMPORT_GONE : MODEL_IMPORT_FINISHED;
    result rule = b->import == MODEL_IMPORT_NONE                         ? R_NOT_FOUND
                  : b->import == MODEL_IMPORT_OPEN || b->import == after ? R_DONE
                                                                         : R_NOT_EDITABLE;
    result r = world_run(&s->world, &one);
    (void)app_settle(world_app(&s->world)); /* what is cancelled is taken out */
    model_say(facts, r);
    if (r != rule)
        s->wrong = "the end of an import is answered otherwise than it has come so far";
    if (r == R_DONE)
        b->import = after;
}

void model_import_step(model_side *s, const model_step *step, buf *facts)
{
    if (step->word == MODEL_IMPORT_OPEN)
        make_import(s, step, facts);
    else
        end_import(s, step, step->word == MODEL_IMPORT_GONE, facts);
}

/* ---- making steps ---- */

static void fill_import(model *m, const model_side *s, model_step *step)
{
    const model_book *b = &s->book;
    uint32_t open = 0;
    for (uint32_t i = 0; i < b->batch_count; i++)
        open += b->batches[i].import == MODEL_IMPORT_OPEN;
    bool make = b->batch_count < MODEL_BATCHES && model_chance(m, open == 0 ? 95 : 20);
    make = make || b->batch_count == 0;
    step->word = make                  ? MODEL_IMPORT_OPEN
                 : model_chance(m, 85) ? MODEL_IMPORT_FINISHED
                                       : MODEL_IMPORT_GONE;
    step->counts[0] = 1 + model_below(m, MODEL_BATCH_CODES);
    step->spelling = (uint8_t)model_below(m, 256);
    step->code = make ? 0 : model_below(m, b->batch_count);
    for (uint32_t i = b->batch_count; !make && i > 0 && model_chance(m, 90); i--)
        if (b->batches[i - 1].import == MODEL_IMPORT_OPEN) {
            step->code = i - 1;
            break;
        }
}

void model_fill_list(model *m, const model_side *s, model_step *step)
{
    if (step->kind == STEP_IMPORT) {
        fill_import(m, s, step);
        return;
    }
    step->counts[0] = 1 + model_below(m, 6);
    step->ordinal = model_below(m, 6);
    step->code = 0;
    while (step->code < MODEL_SUPPLY - 1 && s->book.supplied[step->code])
        step->code++;
    if (model_chance(m, 20))
        step->code = model_below(m, MODEL_SUPPLY);
}

const model_act model_list_acts[STEP_REPEAT] = {
    [STEP_SUPPLY] = {begin_supply, end_supply},
};
