/* The acts on formats and batches: see codes.h. */
#include "domain/code/codes.h"

#include "base/id.h"
#include "domain/campaign/act_part.h"
#include "domain/campaign/rules_part.h"
#include "domain/code/batch_part.h"
#include "domain/code/import.h"
#include "domain/code/slot_bits.h"

/* ---- what rows say ---- */

code_form code_form_of(const code_format *f, size_t key)
{
    return (code_form){.alphabet = f->alphabet,
                       .prefix = f->keys.items[key].prefix,
                       .body = f->length,
                       .group = f->group,
                       .check = f->check};
}

bool code_format_meets(const code_format *f, const code_form *form)
{
    for (size_t k = 0; k < f->keys.n; k++) {
        code_form other = code_form_of(f, k);
        if (code_forms_meet(&other, form))
            return true;
    }
    return false;
}

uint64_t code_key_odds(const code_format *f, size_t key, uint32_t guesses_per_s)
{
    const code_key *k = &f->keys.items[key];
    code_form form = code_form_of(f, key);
    return code_hits_milli(&form, k->expected > k->issued ? k->expected : k->issued, guesses_per_s);
}

size_t code_key_of(const code_format *f, uint64_t place)
{
    size_t key = f->keys.n - 1;
    while (key > 0 && f->keys.items[key].first > place)
        key--;
    return key;
}

bool code_format_reads(const code_format *f, str normal)
{
    ff1_number ignored;
    for (size_t k = 0; k < f->keys.n; k++) {
        code_form form = code_form_of(f, k);
        if (code_read(&form, normal, &ignored))
            return true;
    }
    return false;
}

static uint64_t places_of(const code_format *f, size_t key)
{
    code_form form = code_form_of(f, key);
    uint64_t places = code_serials(&form) * SLOT_COUNT;
    uint64_t room = CODE_PLACES_MAX - f->keys.items[key].first;
    return places < room ? places : room;
}

/* ---- inputs ---- */

static void check_reason(str reason, issues *found)
{
    if (reason.n > CODE_REASON_BYTES_MAX)
        issues_add(found, S("accept_odds"), S("too_long"), "at most %d bytes",
                   CODE_REASON_BYTES_MAX);
}

/* form: without issues; NULL: it has some, so nothing is said of parameters. */
static void check_scheme(const code_format_put_in *in, const code_format *now,
                         const code_form *form, issues *found)
{
    uint8_t scheme = now == NULL ? in->scheme : now->scheme;
    uint8_t purpose = now == NULL ? in->purpose : now->purpose;
    if (scheme > CODE_SCHEME_LCG)
        issues_add(found, S("scheme"), S("not_allowed"), "permuted or lcg");
    else if (scheme == CODE_SCHEME_LCG && purpose == CODE_PURPOSE_COUPON)
        issues_add(found, S("scheme"), S("not_allowed"), "permuted, for the codes of coupons");
    else if (scheme == CODE_SCHEME_LCG && form != NULL)
        code_lcg_check(form, in->multiplier, in->increment, found);
    else if (scheme != CODE_SCHEME_LCG && (in->multiplier != 0 || in->increment != 0))
        issues_add(found, S("lcg"), S("not_allowed"), "with the scheme lcg only");
}

void code_format_check(const code_format_put_in *in, const code_format *now, issues *found)
{
    code_form form = {in->alphabet, in->prefix, in->length, in->group, in->check};
    if (now == NULL) {
        rules_name(in->name, found);
        code_alphabet_check(in->alphabet, found);
    } else {
        form = code_form_of(now, 0);
        form.prefix = in->prefix;
    }
    size_t before = found->n;
    uint8_t purpose = now == NULL ? in->purpose : now->purpose;
    code_form_check(&form, found);
    if (purpose == CODE_PURPOSE_COUPON && found->n == before &&
        code_numbers(&form) >> 64 == 0) /* ids are 64 bits */
        issues_add(found, S("length"), S("out_of_range"),
                   "more, for a coupon's code holds its id: 13 of 32 characters, 20 digits");
    check_scheme(in, now, found->n == before ? &form : NULL, found);
    if (purpose > CODE_PURPOSE_COUPON)
        issues_add(found, S("purpose"), S("not_allowed"), "exchange or coupon");
    check_reason(in->reason, found);
    if (in->expected < 1 || in->expected > CODE_PLACES_MAX)
        issues_add(found, S("expected_codes"), S("out_of_range"), "at least 1");
}

void code_channel_check(str channel, issues *found)
{
    if (channel.n > CODE_CHANNEL_BYTES_MAX)
        issues_add(found, S("channel"), S("too_long"), "at most %d bytes", CODE_CHANNEL_BYTES_MAX);
    else if (!str_is_printable(channel))
        issues_add(found, S("channel"), S("not_allowed"),
                   "printable UTF-8 text without control characters");
}

void code_end_check(int64_t expires_at_ms, bool edits, issues *found)
{
    if (!edits || expires_at_ms != 0)
        rules_range(S("expires_at"), expires_at_ms, 1, TIME_MAX_MS - 1, found);
}

static void check_batch_fields(const code_batch_put_in *in, issues *found)
{
    if ((in->fields & CODE_BATCH_NAME) != 0)
        rules_name(in->name, found);
    if ((in->fields & CODE_BATCH_EXPIRES_AT) != 0)
        code_end_check(in->expires_at_ms, in->batch != 0, found);
    if ((in->fields & CODE_BATCH_CHANNEL) != 0)
        code_channel_check(in->channel, found);
}

void code_batch_check(const code_batch_put_in *in, issues *found)
{
    check_batch_fields(in, found);
    if (in->batch != 0)
        return;
    check_reason(in->reason, found);
    if (in->format == 0) {
        if (in->count != 0)
            issues_add(found, S("count"), S("not_allowed"), "codes that are imported are counted");
        return;
    }
    uint64_t most = in->personal ? CODE_PERSONAL_MAX : CODE_BATCH_MAX;
    if (in->count < 1 || in->count > most)
        issues_add(found, S("count"), S("out_of_range"), "1 to %llu", (unsigned long long)most);
}

/* ---- formats ---- */

static void tell(uow *u, const event *about)
{
    event e = *about;
    e.at_ms = uow_now(u);
    uow_event(u, &e);
}

/* The merchant's formats; how many. */
static size_t formats_of(uow *u, uint64_t merchant_id, void **rows)
{
    code_format from = {.slot = id_slot(merchant_id), .merchant = merchant_id};
    uow_range range = {&code_format_table, -1, &from, 2, false};
    return uow_scan(u, &range, CODE_FORMATS_MAX, rows);
}

static result check_meeting(uow *u, uint64_t merchant_id, const code_form *form)
{
    void *rows[CODE_FORMATS_MAX];
    char text[ID_TEXT_MAX];
    uint64_t met = 0;
    size_t n = formats_of(u, merchant_id, rows);
    if (uow_pending(u))
        return R_AGAIN;
    for (size_t i = 0; i < n && met == 0; i++)
        met = code_format_meets(rows[i], form) ? ((const code_format *)rows[i])->id : 0;
    if (met == 0)
        return R_DONE;
    return uow_refuse_field(u, S("prefix"), S("not_allowed"),
                            "a text could be a code of this format and of %.*s; take another "
                            "prefix or length",
                            (int)id_text(ID_CODE_FORMAT, met, text), text);
}

/* The merchant's words; how many. */
static size_t words_of(uow *u, uint64_t merchant_id, void **rows)
{
    code_word from = {.slot = id_slot(merchant_id), .merchant = merchant_id};
    uow_range range = {&code_word_table, -1, &from, 2, false};
    return uow_scan(u, &range, CODE_WORDS_MAX, rows);
}

/* Of the last prefix, whose reason is good for as many codes as were expected when it was given.
 * asked: by the input. reason: of the batch that made them more; may be empty. */
static result check_odds(uow *u, const code_format *f, uint32_t asked, str reason)
{
    const code_key *key = &f->keys.items[f->keys.n - 1];
    uint32_t guesses_per_s = asked == 0 ? CODE_GUESSES_PER_SECOND : asked;
    uint64_t odds = code_key_odds(f, f->keys.n - 1, guesses_per_s);
    if (reason.n > 0 || (key->reason.n > 0 && key->issued <= key->expected))
        return R_DONE;
    if (code_is_predictable(f) && key->reason.n == 0)
        return uow_refuse(u, R_CODE_GUESSABLE,
                          "Who has one batch of the scheme lcg can compute all others.");
    if (odds <= CODE_HITS_MILLI_MAX)
        return R_DONE;
    return uow_refuse(u, R_CODE_GUESSABLE,
                      "Who tries %u codes a second hits one about %llu times in 1000 years; the "
                      "bound is %d.%s",
                      guesses_per_s, (unsigned long long)odds, CODE_HITS_MILLI_MAX,
                      key->reason.n > 0 ? " The format's reason is for its expected_codes." : "");
}

static result format_answer(uow *u, const code_format *row, row_out *out)
{
    *out = (row_out){.id = row->id,
                     .version = row->version,
                     .row = record_bytes(&code_format_table.record, row, uow_memory(u))};
    return R_DONE;
}

/* One more prefix, in memory of the unit of work: the row is not changed yet. */
static void add_key(uow *u, code_format *f, const code_format_put_in *in)
{
    size_t n = f->keys.n;
    code_key *keys = ARENA_ARRAY(uow_memory(u), code_key, n + 1);
    uint64_t first = 0;
    if (n > 0) {
        memcpy(keys, f->keys.items, n * sizeof(*keys));
        uint64_t end = keys[n - 1].first + keys[n - 1].issued;
        first = (end + SLOT_COUNT - 1) / SLOT_COUNT * SLOT_COUNT;
    }
    keys[n] = (code_key){.prefix = in->prefix,
                         .sealed = in->sealed,
                         .first = first,
                         .expected = in->expected,
                         .reason = in->reason,
                         .multiplier = in->multiplier,
                         .increment = in->increment,
                         .created_at_ms = uow_now(u)};
    f->keys.items = keys;
    f->keys.n = n + 1;
}

static result format_check(uow *u, const code_format_put_in *in, const code_format *now)
{
    issues *found = issues_new(uow_memory(u));
    code_format_check(in, now, found);
    if (in->sealed.n == 0)
        issues_add(found, S("key"), S("required"), "a sealed key");
    return act_check(u, found);
}

/* No word of the merchant is a code of the form. */
static result check_words(uow *u, uint64_t merchant_id, const code_form *form)
{
    void **rows = ARENA_ARRAY(uow_memory(u), void *, CODE_WORDS_MAX);
    size_t n = words_of(u, merchant_id, rows);
    ff1_number ignored;
    if (uow_pending(u))
        return R_AGAIN;
    for (size_t i = 0; i < n; i++) {
        const code_word *w = rows[i];
        if (code_read(form, w->word, &ignored))
            return uow_refuse_field(u, S("prefix"), S("not_allowed"),
                                    "%.*s would be a code of this format", STR_ARG(w->word));
    }
    return R_DONE;
}

/* No imported code of the merchant can be a code of the form. */
static result check_imported(uow *u, uint64_t merchant_id, const code_form *form)
{
    void *rows[CODE_SHAPES_MAX];
    bool meets = false;
    size_t n = code_shapes(u, merchant_id, rows);
    if (uow_pending(u))
        return R_AGAIN;
    for (size_t i = 0; i < n && !meets; i++) {
        const code_shape *s = rows[i];
        meets = shape_meets(s->masks.items, s->masks.n, form);
    }
    if (!meets)
        return R_DONE;
    return uow_refuse_field(u, S("prefix"), S("not_allowed"),
                            "imported codes look like codes of this format; take another prefix "
                            "or length");
}

/* draft: the format as it is going to be. */
static result check_key(uow *u, const code_format *draft, uint32_t guesses_per_s)
{
    size_t last = draft->keys.n - 1;
    code_form form = code_form_of(draft, last);
    result r = check_meeting(u, draft->merchant, &form);
    if (r == R_DONE)
        r = check_words(u, draft->merchant, &form);
    if (r == R_DONE)
        r = check_imported(u, draft->merchant, &form);
    return r == R_DONE ? check_odds(u, draft, guesses_per_s, S("")) : r;
}

static void format_event(uow *u, event_kind kind, const code_format *row)
{
    tell(u, &(event){.kind = (uint8_t)kind,
                     .merchant = row->merchant,
                     .ref = row->id,
                     .revision = row->version});
}

static result format_create(uow *u, const code_format_put_in *in, row_out *out)
{
    void *rows[CODE_FORMATS_MAX];
    result r = act_check_merchant(u, in->merchant);
    if (r == R_DONE)
        r = format_check(u, in, NULL);
    if (r != R_DONE)
        return r;
    uint16_t slot = id_slot(in->merchant);
    code_format draft = {.slot = slot,
                         .merchant = in->merchant,
                         .version = 1,
                         .name = in->name,
                         .alphabet = in->alphabet,
                         .length = in->length,
                         .group = in->group,
                         .check = in->check,
                         .purpose = in->purpose,
                         .scheme = in->scheme,
                         .created_at_ms = uow_now(u),
                         .updated_at_ms = uow_now(u)};
    add_key(u, &draft, in);
    size_t n = formats_of(u, in->merchant, rows);
    if (uow_pending(u))
        return R_AGAIN;
    if (n == CODE_FORMATS_MAX)
        return uow_refuse(u, R_TOO_MANY, "A merchant has at most %d formats.", CODE_FORMATS_MAX);
    for (size_t i = 0; i < n && code_is_of_coupons(&draft); i++)
        if (code_is_of_coupons(rows[i]))
            return uow_refuse(u, R_TOO_MANY, "A merchant has one format for coupons.");
    r = check_key(u, &draft, in->guesses_per_s);
    if (r != R_DONE)
        return r;
    code_format *row = code_format_new(u, slot, in->merchant, uow_next_id(u, slot));
    draft.id = row->id;
    *row = draft;
    format_event(u, EVENT_KIND_CODE_FORMAT_CREATED, row);
    return format_answer(u, row, out);
}

static result format_rotate(uow *u, const code_format_put_in *in, row_out *out)
{
    code_format *row = code_format_get(u, id_slot(in->merchant), in->merchant, in->format);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL)
        return uow_refuse(u, R_NOT_FOUND, "There is no such format.");
    result r = act_check_version(u, in->if_version, row->version);
    if (r == R_DONE)
        r = format_check(u, in, row);
    if (r != R_DONE)
        return r;
    if (row->keys.n == CODE_KEYS_MAX)
        return uow_refuse(u, R_TOO_MANY, "A format has at most %d prefixes.", CODE_KEYS_MAX);
    code_format draft = *row;
    add_key(u, &draft, in);
    r = check_key(u, &draft, in->guesses_per_s);
    if (r != R_DONE)
        return r;
    code_format_edit(u, row);
    row->keys.items = draft.keys.items;
    row->keys.n = draft.keys.n;
    row->version++;
    row->updated_at_ms = uow_now(u);
    format_event(u, EVENT_KIND_CODE_FORMAT_ROTATED, row);
    return format_answer(u, row, out);
}

result code_format_put_decide(uow *u, const void *in, void *out)
{
    const code_format_put_in *put = in;
    return put->format == 0 ? format_create(u, put, out) : format_rotate(u, put, out);
}

/* ---- batches ---- */

result code_batch_answer(uow *u, const code_batch *row, row_out *out)
{
    *out = (row_out){.id = row->id,
                     .version = row->version,
                     .row = record_bytes(&code_batch_table.record, row, uow_memory(u))};
    return R_DONE;
}

static event event_of(uow *u, event_kind kind, const code_batch *row, uint64_t codes)
{
    const config_template *of = config_find_template(uow_config(u), row->template);
    return (event){.kind = (uint8_t)kind,
                   .merchant = row->merchant,
                   .campaign = of == NULL ? 0 : of->row->campaign,
                   .template = row->template,
                   .ref = row->id,
                   .revision = row->version,
                   .amount_minor = (int64_t)codes};
}

void code_batch_event(uow *u, event_kind kind, const code_batch *row, uint64_t codes)
{
    event e = event_of(u, kind, row, codes);
    tell(u, &e);
}

void code_part_event(uow *u, event_kind kind, const code_batch *row, const code_told *what)
{
    event e = event_of(u, kind, row, what->codes);
    codes_part part = {.key = what->key, .from = what->from};
    e.exported.items = &part;
    e.exported.n = 1;
    tell(u, &e);
}

static void batch_fill(uow *u, code_batch *row, const code_batch_put_in *in)
{
    row->version++;
    row->updated_at_ms = uow_now(u);
    if ((in->fields & CODE_BATCH_NAME) != 0)
        row->name = in->name;
    if ((in->fields & CODE_BATCH_EXPIRES_AT) != 0)
        row->expires_at_ms = in->expires_at_ms;
    if ((in->fields & CODE_BATCH_DISABLED) != 0)
        row->disabled = in->disabled;
    if ((in->fields & CODE_BATCH_CHANNEL) != 0)
        row->channel = in->channel;
}

static result check_template(uow *u, const code_batch_put_in *in)
{
    const config_template *of = config_find_template(uow_config(u), in->template);
    if (of == NULL || of->row->merchant != in->merchant)
        return uow_refuse(u, R_NOT_FOUND, "There is no such template.");
    if (of->row->apply == APPLY_MODE_AUTOMATIC)
        return uow_refuse(u, R_NOT_ISSUABLE, "The template applies by itself.");
    return R_DONE;
}

/* Takes the numbers off the last prefix: the list is new, the row is not changed yet. */
static result take_numbers(uow *u, code_format *draft, const code_batch_put_in *in)
{
    size_t last = draft->keys.n - 1;
    code_key *keys = ARENA_ARRAY(uow_memory(u), code_key, draft->keys.n);
    memcpy(keys, draft->keys.items, draft->keys.n * sizeof(*keys));
    draft->keys.items = keys;
    uint64_t left = places_of(draft, last) - keys[last].issued;
    if (in->count > left)
        return uow_refuse(u, R_CODES_EXHAUSTED, "%llu numbers are left.", (unsigned long long)left);
    keys[last].issued += in->count;
    return check_odds(u, draft, in->guesses_per_s, in->reason);
}

/* The row of a new one, without what is of its kind. */
static code_batch *batch_row(uow *u, const code_batch_put_in *in)
{
    uint16_t slot = id_slot(in->merchant);
    code_batch *row = code_batch_new(u, slot, uow_next_id(u, slot));
    row->merchant = in->merchant;
    row->template = in->template;
    row->created_at_ms = uow_now(u);
    batch_fill(u, row, in);
    return row;
}

static result import_create(uow *u, const code_batch_put_in *in, row_out *out)
{
    result r = check_template(u, in);
    if (r != R_DONE)
        return r;
    code_batch *row = batch_row(u, in);
    upload *head = upload_new(u, row->slot, row->id);
    row->upload = head->state = UPLOAD_STATE_IMPORTING;
    head->slots = (str){slot_bits_new(uow_memory(u)), SLOT_BITS_BYTES};
    code_batch_event(u, EVENT_KIND_CODE_BATCH_CREATED, row, 0);
    return code_batch_answer(u, row, out);
}

static result batch_create(uow *u, const code_batch_put_in *in, row_out *out)
{
    uint16_t slot = id_slot(in->merchant);
    code_format *of = code_format_get(u, slot, in->merchant, in->format);
    if (uow_pending(u))
        return R_AGAIN;
    if (of == NULL)
        return uow_refuse(u, R_NOT_FOUND, "There is no such format.");
    if (code_is_of_coupons(of))
        return uow_refuse_field(u, S("format"), S("not_allowed"), "it is for the codes of coupons");
    result r = check_template(u, in);
    if (r != R_DONE)
        return r;
    code_format draft = *of;
    r = take_numbers(u, &draft, in);
    if (r != R_DONE)
        return r;
    const code_key *key = &draft.keys.items[draft.keys.n - 1];
    code_format_edit(u, of);
    of->keys.items = draft.keys.items;
    of->updated_at_ms = uow_now(u);
    code_batch *row = batch_row(u, in);
    row->format = in->format;
    row->first = key->first + key->issued - in->count;
    row->count = in->count;
    row->reason = in->reason;
    row->personal = in->personal;
    code_batch_event(u, EVENT_KIND_CODE_BATCH_CREATED, row, row->count);
    return code_batch_answer(u, row, out);
}

result code_batch_find(uow *u, uint64_t merchant_id, uint64_t id, code_batch **out)
{
    *out = code_batch_get(u, id_slot(id), id);
    if (uow_pending(u))
        return R_AGAIN;
    if (*out == NULL || (*out)->merchant != merchant_id)
        return uow_refuse(u, R_NOT_FOUND, "There is no such batch.");
    return R_DONE;
}

static result batch_change(uow *u, const code_batch_put_in *in, row_out *out)
{
    code_batch *row;
    result r = code_batch_find(u, in->merchant, in->batch, &row);
    if (r == R_DONE)
        r = act_check_version(u, in->if_version, row->version);
    if (r != R_DONE)
        return r;
    code_batch_edit(u, row);
    batch_fill(u, row, in);
    code_batch_event(u, EVENT_KIND_CODE_BATCH_CHANGED, row, 0);
    return code_batch_answer(u, row, out);
}

result code_batch_put_decide(uow *u, const void *in, void *out)
{
    const code_batch_put_in *put = in;
    issues *found = issues_new(uow_memory(u));
    code_batch_check(put, found);
    result r = act_check(u, found);
    if (r != R_DONE)
        return r;
    if (put->batch != 0)
        return batch_change(u, put, out);
    return put->format == 0 ? import_create(u, put, out) : batch_create(u, put, out);
}

result code_export_decide(uow *u, const void *input, void *output)
{
    const code_export_in *in = input;
    code_export_out *out = output;
    code_batch *row;
    result r = code_batch_find(u, in->merchant, in->batch, &row);
    if (r != R_DONE)
        return r;
    if (row->upload != 0)
        return uow_refuse_field(u, S("batch"), S("not_allowed"),
                                "its codes were imported; they are yours already");
    uint64_t all = code_batch_made(row);
    if (in->count < 1 || in->count > CODE_EXPORT_MAX || in->from > all)
        return uow_refuse_field(u, S("from"), S("out_of_range"), "at most %llu",
                                (unsigned long long)all);
    uint64_t left = all - in->from;
    out->codes = in->count < left ? in->count : left;
    code_part_event(u, EVENT_KIND_CODES_EXPORTED, row, &(code_told){in->key, in->from, out->codes});
    return R_DONE;
}
