/* Steps of the model that exchange codes and words, and that make, stop and move batches of them;
 * and the book by which their answers are judged. See model.h.
 *
 * The rule of the book: a text that is no code is CODE_INVALID; of what is disabled, of what has
 * ended and of what has its coupon the answer says so, in this order, and CODE_INVALID to who may
 * not know. Anything else is as good as a claim, and gives its coupon at most once. */
#include "app/codes.h"
#include "app/query_codes.h"
#include "base/hash.h"
#include "base/id.h"
#include "domain/campaign/config.h"
#include "domain/code/codes.h"
#include "test/lib/model.h"
#include "test/lib/read_code.h"

enum code_change { CHANGE_MAKE, CHANGE_DISABLE, CHANGE_ENABLE, CHANGE_END };

static uint16_t home(const model_side *s)
{
    return id_slot(s->merchant);
}

/* ---- formats ---- */

static const struct {
    str alphabet;
    uint8_t length, purpose;
    const char *prefixes; /* one character each; the last again is refused */
} forms[MODEL_FORMATS] = {
    {{"0123456789ABCDEFGHJKMNPQRSTVWXYZ", 32}, 9, CODE_PURPOSE_EXCHANGE, "ACDEFG"},
    {{"0123456789", 10}, 12, CODE_PURPOSE_EXCHANGE, "HJKM"},
    {{"0123456789ABCDEFGHJKMNPQRSTVWXYZ", 32}, 13, CODE_PURPOSE_COUPON, "NPQR"},
};

static code_format_put_in prefix_of(model_side *s, uint32_t form, uint32_t number)
{
    const char *all = forms[form].prefixes;
    size_t last = strlen(all) - 1;
    code_format_put_in in = {.merchant = s->merchant,
                             .format = s->book.formats[form],
                             .prefix = {&all[number < last ? number : last], 1},
                             .expected = 100,
                             .reason = S("a test")};
    result r = codes_key_make(world_app(&s->world), s->merchant, s->memory, &in.sealed);
    CHECK(r == R_DONE);
    return in;
}

void model_codes_open(model_side *s)
{
    for (uint32_t i = 0; i < MODEL_FORMATS; i++) {
        code_format_put_in in = prefix_of(s, i, 0);
        in.name = S("Codes");
        in.alphabet = forms[i].alphabet;
        in.length = forms[i].length;
        in.group = 4;
        in.check = true;
        in.purpose = forms[i].purpose;
        row_out out = {0};
        world_act one = {.id = ACT_ID_code_format_put,
                         .slot = home(s),
                         .in = &in,
                         .out = &out,
                         .memory = s->memory};
        result r = world_run(&s->world, &one);
        CHECK(r == R_DONE);
        s->book.formats[i] = out.id;
        s->book.prefixes[i] = 1;
    }
}

static void begin_prefix(model_side *s, const model_step *step, world_act *a)
{
    code_format_put_in in = prefix_of(s, step->code, s->book.prefixes[step->code]);
    model_set(s, a, ACT_ID_code_format_put, home(s), &in);
}

static void end_prefix(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    model_say(facts, a->code);
    s->book.prefixes[step->code] += a->code == R_DONE;
}

/* ---- batches and words ---- */

static uint32_t fields_of(const model_step *step)
{
    switch (step->word) {
    case CHANGE_MAKE:
        return step->ms > 0 ? CODE_BATCH_EXPIRES_AT : 0;
    case CHANGE_END:
        return CODE_BATCH_EXPIRES_AT;
    default:
        return CODE_BATCH_DISABLED;
    }
}

static void begin_batch(model_side *s, const model_step *step, world_act *a)
{
    code_batch_put_in in = {.merchant = s->merchant,
                            .fields = fields_of(step),
                            .expires_at_ms = step->ms,
                            .disabled = step->word == CHANGE_DISABLE};
    if (step->word == CHANGE_MAKE) {
        in.fields |= CODE_BATCH_NAME;
        in.name = S("Cinema");
        in.format = s->book.formats[step->code % 2];
        in.template = s->templates[step->template];
        in.count = step->counts[0];
        in.personal = step->personal;
    } else {
        in.batch = s->book.batches[step->code].id;
    }
    model_set(s, a, ACT_ID_code_batch_put, home(s), &in);
}

/* What both have. */
static void change(const model_step *step, model_coded *of)
{
    if (step->word == CHANGE_DISABLE || step->word == CHANGE_ENABLE)
        of->disabled = step->word == CHANGE_DISABLE;
    else
        of->end_ms = step->ms;
}

static void end_batch(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    const row_out *out = a->out;
    model_book *b = &s->book;
    model_say(facts, a->code);
    if (a->code != R_DONE)
        return;
    buf_printf(facts, " v%u", out->version);
    if (step->word != CHANGE_MAKE)
        change(step, &b->batches[step->code].of);
    else if (b->batch_count < MODEL_BATCHES) /* nobody has codes of what is beyond */
        b->batches[b->batch_count++] = (model_batch){.id = out->id,
                                                     .of = {step->template, step->ms, false},
                                                     .count = step->counts[0],
                                                     .personal = step->personal};
}

/* The users from the step's on get codes; some come twice. */
static void begin_bind(model_side *s, const model_step *step, world_act *a)
{
    code_bind_in in = {.merchant = s->merchant, .batch = s->book.batches[step->code].id, .key = 1};
    in.lines.items = ARENA_ARRAY(s->memory, bound_line, step->counts[0]);
    in.lines.n = step->counts[0];
    for (uint32_t i = 0; i < step->counts[0]; i++)
        in.lines.items[i] =
            (bound_line){i, model_user((step->user + i / (1 + step->ordinal % 2)) % MODEL_USERS)};
    model_set(s, a, ACT_ID_code_bind, home(s), &in);
}

static bool has_code(const model_batch *b, uint32_t owner)
{
    bool found = false;
    for (uint32_t k = 0; k < b->count; k++)
        found = found || b->owners[k] == owner;
    return found;
}

/* Users whom the step names and who have no code yet. */
static uint32_t new_users(const model_batch *b, const model_step *step)
{
    uint32_t n = 0, last = 0;
    for (uint32_t i = 0; i < step->counts[0]; i++) {
        uint32_t owner = (step->user + i / (1 + step->ordinal % 2)) % MODEL_USERS + 1;
        n += owner != last && !has_code(b, owner);
        last = owner;
    }
    return n;
}

static result bind_rule(const model_batch *b, const model_step *step)
{
    uint32_t left = 0;
    for (uint32_t k = 0; k < b->count; k++)
        left += b->owners[k] == 0;
    if (!b->personal)
        return R_NOT_EDITABLE;
    return new_users(b, step) > left ? R_TOO_MANY : R_DONE;
}

static void end_bind(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    const code_bind_out *out = a->out;
    const code_bind_in *in = a->in;
    model_batch *b = &s->book.batches[step->code];
    model_say(facts, a->code);
    if (s->judged && a->code != bind_rule(b, step))
        s->wrong = "users get codes, or none, and the batch says otherwise";
    if (a->code != R_DONE)
        return;
    buf_printf(facts, " %u from %llu", out->accepted, (unsigned long long)out->first);
    for (size_t i = 0, k = 0, number = out->first; i < in->lines.n; i++) {
        if (k < out->rest.n && out->rest.items[k].line == in->lines.items[i].line) {
            k++;
            continue;
        }
        uint32_t owner = (step->user + (uint32_t)i / (1 + step->ordinal % 2)) % MODEL_USERS + 1;
        if (number >= b->count || b->owners[number] != 0 ||
            (has_code(b, owner) && !s->people.erases)) {
            s->wrong = "a code for two users, or two for one";
            return;
        }
        b->owners[number++] = owner;
    }
}

static void begin_word(model_side *s, const model_step *step, world_act *a)
{
    code_word_put_in in = {.merchant = s->merchant,
                           .fields = fields_of(step),
                           .expires_at_ms = step->ms,
                           .disabled = step->word == CHANGE_DISABLE};
    if (step->word == CHANGE_MAKE) {
        in.word = model_word_text(s, step->code);
        in.user = step->personal ? model_user(step->user) : S("");
        in.template = s->templates[step->template];
    } else {
        in.id = s->book.words[step->code].id;
    }
    model_set(s, a, ACT_ID_code_word_put, home(s), &in);
}

static void end_word(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    const row_out *out = a->out;
    model_book *b = &s->book;
    model_say(facts, a->code);
    bool there = step->code < b->word_count;
    if (step->word == CHANGE_MAKE && there != (a->code == R_INVALID) && s->judged &&
        step->template <MODEL_TEMPLATES)
        s->wrong = "a word is made twice, or not once";
    if (a->code != R_DONE)
        return;
    buf_printf(facts, " v%u", out->version);
    if (step->word != CHANGE_MAKE)
        change(step, &b->words[step->code].of);
    else
        b->words[b->word_count++] = (model_word){.id = out->id,
                                                 .of = {step->template, step->ms, false},
                                                 .user = step->personal ? step->user + 1 : 0};
}

/* ---- exchanging ---- */

/* Whose alone the code or word is: user and 1; 0: anybody's. */
static uint32_t owner_of(const model_side *s, const model_step *step)
{
    const model_batch *b = &s->book.batches[step->code];
    if (step->typed == TYPED_WORD)
        return s->book.words[step->code].user;
    return b->personal ? b->owners[step->ordinal % b->count] : 0;
}

static uint32_t *coupon_of(model_side *s, const model_step *step)
{
    model_batch *b = &s->book.batches[step->code];
    return &b->coupons[step->ordinal % b->count];
}

/* What the book says of the text itself. */
static result ruled(model_side *s, const model_step *step)
{
    int64_t now_ms = app_now_ms(world_app(&s->world));
    if (step->typed == TYPED_WRONG)
        return R_CODE_INVALID;
    bool worded = step->typed == TYPED_WORD;
    const model_coded *of =
        worded ? &s->book.words[step->code].of : &s->book.batches[step->code].of;
    uint32_t owner = owner_of(s, step);
    model_import import = worded ? MODEL_IMPORT_NONE : s->book.batches[step->code].import;
    if (import == MODEL_IMPORT_OPEN || import == MODEL_IMPORT_GONE)
        return R_CODE_INVALID;
    if (!worded && s->book.batches[step->code].personal && owner == 0)
        return R_CODE_INVALID;
    if (owner != 0 && owner != step->user + 1)
        return R_CODE_FOREIGN;
    if (of->disabled)
        return R_CODE_DISABLED;
    if (of->end_ms != 0 && now_ms >= of->end_ms)
        return R_CODE_EXPIRED;
    return !worded && *coupon_of(s, step) != 0 ? R_CODE_USED : R_DONE;
}

static bool is_of_code(result r)
{
    return r == R_CODE_INVALID || r == R_CODE_DISABLED || r == R_CODE_EXPIRED || r == R_CODE_USED ||
           r == R_CODE_FOREIGN;
}

static void begin_exchange(model_side *s, const model_step *step, world_act *a)
{
    code_typed meant, read;
    config *c = (config *)(uintptr_t)app_config(world_app(&s->world));
    str typed = model_typed(s, c, step, &meant);
    code_asker by = {.config = c, .merchant = s->merchant, .user = model_user(step->user)};
    result r = read_code_by(world_app(&s->world), by, typed, &read);
    CHECK(r == R_DONE);
    if (read.format != meant.format || read.word != meant.word ||
        (meant.format != 0 && read.place != meant.place))
        s->wrong = "a text is read as another code";
    const code_batch *batch = config_code_batch_at(c, read.format, read.place);
    const code_word *word = config_find_code_word(c, read.word);
    issue_item *item = ARENA_NEW(s->memory, issue_item);
    code_use *use = ARENA_NEW(s->memory, code_use);
    *item = (issue_item){.template = word != NULL    ? word->template
                                     : batch != NULL ? batch->template
                                                     : 0,
                         .count = 1};
    config_free(c); /* the share that app_config gave */
    *use = (code_use){.format = read.format,
                      .place = read.place,
                      .word = read.word,
                      .mine = read.mine,
                      .told = step->told || read.mine,
                      .as = step->as.n > 0 ? model_user(step->user) : S("")};
    issue_in in = {.merchant = s->merchant,
                   .user = model_name(s, step),
                   .source = read.word != 0 ? COUPON_SOURCE_WORD : COUPON_SOURCE_EXCHANGE,
                   .mode = ISSUE_MODE_ALL_OR_NONE,
                   .store = model_store(step->store)};
    in.items.items = item;
    in.items.n = 1;
    in.codes.items = use;
    in.codes.n = 1;
    a->reserve = model_naming(s, step->device);
    model_set(s, a, ACT_ID_issue, slot_of_user(s->merchant, in.user), &in);
}

static void judge(model_side *s, const model_step *step, result got)
{
    result rule = ruled(s, step);
    bool own = step->typed != TYPED_WRONG && owner_of(s, step) == step->user + 1;
    result told = rule == R_DONE || step->told || own ? rule : R_CODE_INVALID;
    if (got == R_USER_MERGING)
        return;
    uint32_t owner = step->typed == TYPED_WRONG ? 0 : owner_of(s, step);
    if (owner != 0 && owner != step->user + 1 && model_blurred(s, owner - 1, step->user))
        return; /* it may be his, by an earlier name */
    if (rule != R_DONE && got != told)
        s->wrong = "a code is not answered as its batch and its use say";
    if (rule == R_DONE && is_of_code(got))
        s->wrong = "a good code is refused as one that is not";
}

static void end_exchange(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    if (s->judged)
        judge(s, step, a->code);
    uint32_t first = s->coupon_count;
    model_keep_issued(s, step, a, facts);
    if (step->typed == TYPED_WORD) {
        s->book.words[step->code].exchanged += a->code == R_DONE;
        return;
    }
    if (step->typed == TYPED_WRONG && a->code == R_DONE)
        s->wrong = "a coupon for what is no code";
    if (step->typed == TYPED_WRONG)
        return;
    model_batch *b = &s->book.batches[step->code];
    uint32_t *given = coupon_of(s, step);
    if (a->code == R_DONE && *given != 0)
        s->wrong = "two coupons for one code";
    uint32_t owner = owner_of(s, step);
    if (a->code == R_DONE && b->personal && owner != step->user + 1 &&
        (owner == 0 || !model_blurred(s, owner - 1, step->user)))
        s->wrong = "a coupon for somebody else's code";
    if (a->code == R_DONE)
        *given = first + 1;
    if (a->code == R_CODE_USED)
        b->told_used |= 1U << step->ordinal % b->count;
}

/* ---- what is stored ---- */

typedef struct code_count {
    uint32_t rows, kept;
} code_count;

static bool on_code(void *context, str key, const void *row)
{
    MAYBE(key);
    const exchange_code *code = row;
    code_count *n = context;
    n->rows += code != NULL && code->coupon != 0;
    n->kept += code == NULL || code->coupon == 0 || code->reservations.n > 0;
    return true;
}

static bool agrees(const char *what, uint32_t number, int64_t stored, int64_t known, buf *why)
{
    if (stored != known)
        buf_printf(why, "\n      %s %u: %lld are stored, %lld were told", what, number,
                   (long long)stored, (long long)known);
    return stored == known;
}

static bool batch_sound(const model_side *s, app_view *v, uint32_t i, uint32_t *all, buf *why)
{
    const model_batch *b = &s->book.batches[i];
    bool good = true;
    uint32_t used = 0;
    for (uint32_t k = 0; k < b->count; k++) {
        used += b->coupons[k] != 0;
        if (b->coupons[k] == 0 && (b->told_used >> k & 1) != 0) {
            buf_printf(why, "\n      code %u of batch %u is told to be used, and has no coupon", k,
                       i);
            good = false;
        }
    }
    *all += used;
    return agrees("codes of batch", i, query_codes_counts(v, b->id).exchanged, used, why) && good;
}

bool model_codes_sound(model_side *s, app_view *v, buf *why)
{
    code_count n = {0};
    uint32_t used = 0;
    bool good = true;
    store_span all = {.table = &exchange_code_table, .index = -1, .from = 0, .until = SLOT_COUNT};
    result r = store_each(v->rows, &all, on_code, &n);
    CHECK(r == R_DONE);
    for (uint32_t i = 0; i < s->book.batch_count; i++)
        good = batch_sound(s, v, i, &used, why) && good;
    for (uint32_t i = 0; i < s->book.word_count; i++) {
        const model_word *w = &s->book.words[i];
        good = agrees("word", i, query_codes_counts(v, w->id).exchanged, w->exchanged, why) && good;
    }
    good = agrees("codes on their way", 0, n.kept, 0, why) && good;
    return agrees("codes that have their coupon", 0, n.rows, used, why) && good;
}

/* ---- making steps ---- */

static int64_t some_end(model *m)
{
    return model_chance(m, 60) ? 0 : m->now_ms + 1 + (int64_t)model_below(m, 4 * (uint32_t)MS_DAY);
}

static void fill_change(model *m, model_step *step, uint32_t there, uint32_t most)
{
    bool make = there == 0 || (there < most && model_chance(m, 50));
    step->word = make                  ? CHANGE_MAKE
                 : model_chance(m, 25) ? CHANGE_DISABLE
                 : model_chance(m, 60) ? CHANGE_ENABLE
                                       : CHANGE_END;
    step->code = make ? 0 : model_below(m, there);
    step->ms = some_end(m);
    step->personal = model_chance(m, 30);
    step->counts[0] = 1 + model_below(m, MODEL_BATCH_CODES);
    if (step->word == CHANGE_END && step->ms == 0)
        step->ms = m->now_ms + MS_HOUR;
}

/* Mostly who has the code exchanges it; else whoever it was going to be. */
static uint32_t owned_by(const model_batch *b, const model_step *step)
{
    uint32_t owner = b->owners[step->ordinal % b->count];
    return owner == 0 || owner > MODEL_USERS ? step->user : owner - 1;
}

void model_fill_exchange(model *m, const model_side *s, typed_kind kind, uint32_t number,
                         model_step *step)
{
    const model_book *b = &s->book;
    step->typed = (uint8_t)kind;
    step->code = number;
    step->ordinal = model_below(m, 5040);
    for (uint32_t i = 0; kind == TYPED_CODE && b->batches[number].personal &&
                         owned_by(&b->batches[number], step) == step->user && i < 5;
         i++)
        step->ordinal = model_below(m, 5040); /* mostly one that is somebody's */
    if (kind == TYPED_CODE && b->batches[number].personal && model_chance(m, 75))
        step->user = owned_by(&b->batches[number], step);
    step->spelling = (uint8_t)model_below(m, 256);
    step->told = model_chance(m, 70);
    step->counts[0] = 1;
    step->counts[1] = 0;
    step->template =
        kind == TYPED_WORD ? b->words[number].of.template : b->batches[number].of.template;
}

/* Mostly of a personal batch, and the newest. */
static void fill_bind(model *m, const model_side *s, model_step *step)
{
    const model_book *b = &s->book;
    step->code = model_below(m, b->batch_count);
    for (uint32_t i = b->batch_count; i > 0 && model_chance(m, 90); i--)
        if (b->batches[i - 1].personal) {
            step->code = i - 1;
            break;
        }
    step->counts[0] = 1 + model_below(m, 4);
    step->ordinal = model_below(m, 2);
}

static void fill_exchange(model *m, const model_side *s, model_step *step)
{
    const model_book *b = &s->book;
    bool worded = b->word_count > 0 && (b->batch_count == 0 || model_chance(m, 30));
    typed_kind kind = worded ? TYPED_WORD : model_chance(m, 85) ? TYPED_CODE : TYPED_WRONG;
    uint32_t n = worded ? b->word_count : b->batch_count, recent = n < 4 ? n : 4;
    uint32_t number = 0;
    for (int tries = 0; tries < 3; tries++) { /* mostly one whose codes are good */
        number = model_chance(m, 80) ? n - 1 - model_below(m, recent) : model_below(m, n);
        model_import import = worded ? MODEL_IMPORT_NONE : b->batches[number].import;
        if (import == MODEL_IMPORT_NONE || import == MODEL_IMPORT_FINISHED)
            break;
    }
    model_fill_exchange(m, s, kind, number, step);
}

void model_fill_code(model *m, const model_side *s, model_step *step)
{
    const model_book *b = &s->book;
    if (step->kind == STEP_EXCHANGE && b->batch_count + b->word_count == 0)
        step->kind = STEP_BATCH;
    if (step->kind == STEP_BIND && b->batch_count == 0)
        step->kind = STEP_BATCH;
    if (step->kind == STEP_BIND)
        fill_bind(m, s, step);
    if (step->kind == STEP_EXCHANGE)
        fill_exchange(m, s, step);
    else if (step->kind == STEP_BATCH)
        fill_change(m, step, b->batch_count, MODEL_BATCHES);
    else if (step->kind == STEP_WORD)
        fill_change(m, step, b->word_count, MODEL_WORDS);
    else if (step->kind == STEP_PREFIX)
        step->code = model_below(m, MODEL_FORMATS);
    if (step->kind == STEP_WORD && step->word == CHANGE_MAKE)
        step->code = model_chance(m, 90) ? b->word_count : model_below(m, b->word_count + 1);
    if (step->kind == STEP_BATCH && step->word == CHANGE_MAKE)
        step->code = model_below(m, 2);
}

const model_act model_code_acts[STEP_REPEAT] = {
    [STEP_EXCHANGE] = {begin_exchange, end_exchange},
    [STEP_BATCH] = {begin_batch, end_batch},
    [STEP_BIND] = {begin_bind, end_bind},
    [STEP_WORD] = {begin_word, end_word},
    [STEP_PREFIX] = {begin_prefix, end_prefix},
};
