/* The act on words, codes that many may use: see codes.h. */
#include "base/id.h"
#include "domain/campaign/act_part.h"
#include "domain/campaign/rules_part.h"
#include "domain/code/import.h"
#include "domain/coupon/acts.h"

void code_word_check(const code_word_put_in *in, buf *normal, issues *found)
{
    if ((in->fields & CODE_BATCH_EXPIRES_AT) != 0)
        code_end_check(in->expires_at_ms, in->id != 0, found);
    if ((in->fields & CODE_BATCH_CHANNEL) != 0)
        code_channel_check(in->channel, found);
    if (in->id != 0)
        return;
    if (upload_read(in->word, normal) != LINE_FATE_ACCEPTED)
        issues_add(found, S("word"), S("out_of_range"), "%d to %d letters and digits of ASCII",
                   CODE_OWN_MIN, CODE_TEXT_MAX);
    if (in->user.n > USER_BYTES_MAX)
        issues_add(found, S("user"), S("too_long"), "at most %d bytes", USER_BYTES_MAX);
}

static result word_answer(uow *u, event_kind kind, const code_word *row, row_out *out)
{
    const config_template *of = config_find_template(uow_config(u), row->template);
    event e = {.kind = (uint8_t)kind,
               .at_ms = uow_now(u),
               .merchant = row->merchant,
               .campaign = of == NULL ? 0 : of->row->campaign,
               .template = row->template,
               .ref = row->id,
               .revision = row->version};
    uow_event(u, &e);
    *out = (row_out){.id = row->id,
                     .version = row->version,
                     .row = record_bytes(&code_word_table.record, row, uow_memory(u))};
    return R_DONE;
}

static void word_fill(uow *u, code_word *row, const code_word_put_in *in)
{
    row->version++;
    row->updated_at_ms = uow_now(u);
    if ((in->fields & CODE_BATCH_EXPIRES_AT) != 0)
        row->expires_at_ms = in->expires_at_ms;
    if ((in->fields & CODE_BATCH_DISABLED) != 0)
        row->disabled = in->disabled;
    if ((in->fields & CODE_BATCH_CHANNEL) != 0)
        row->channel = in->channel;
    if ((in->fields & CODE_WORD_USER) != 0)
        row->user = in->user;
}

/* Nothing else of the merchant is read as this word. */
static result check_alone(uow *u, uint64_t merchant_id, str normal)
{
    void **words = ARENA_ARRAY(uow_memory(u), void *, CODE_WORDS_MAX);
    void *formats[CODE_FORMATS_MAX];
    code_word word_key = {.slot = id_slot(merchant_id), .merchant = merchant_id};
    code_format format_key = {.slot = id_slot(merchant_id), .merchant = merchant_id};
    uow_range all_words = {&code_word_table, -1, &word_key, 2, false};
    uow_range all_formats = {&code_format_table, -1, &format_key, 2, false};
    size_t n = uow_scan(u, &all_words, CODE_WORDS_MAX, words);
    size_t f = uow_scan(u, &all_formats, CODE_FORMATS_MAX, formats);
    if (uow_pending(u))
        return R_AGAIN;
    if (n == CODE_WORDS_MAX)
        return uow_refuse(u, R_TOO_MANY, "A merchant has at most %d words.", CODE_WORDS_MAX);
    for (size_t i = 0; i < n; i++)
        if (str_eq(((const code_word *)words[i])->word, normal))
            return uow_refuse_field(u, S("word"), S("duplicate"), "%.*s is a word already",
                                    STR_ARG(normal));
    for (size_t i = 0; i < f; i++)
        if (code_format_reads(formats[i], normal))
            return uow_refuse_field(u, S("word"), S("not_allowed"),
                                    "it is a code of one of the formats");
    return R_DONE;
}

static result word_create(uow *u, const code_word_put_in *in, str normal, row_out *out)
{
    const config_template *of = config_find_template(uow_config(u), in->template);
    result r = act_check_merchant(u, in->merchant);
    if (r != R_DONE)
        return r;
    if (of == NULL || of->row->merchant != in->merchant)
        return uow_refuse(u, R_NOT_FOUND, "There is no such template.");
    if (of->row->apply == APPLY_MODE_AUTOMATIC)
        return uow_refuse(u, R_NOT_ISSUABLE, "The template applies by itself.");
    r = check_alone(u, in->merchant, normal);
    if (r == R_DONE)
        r = code_shapes_allow_word(u, in->merchant, normal, in->parts);
    if (r != R_DONE)
        return r;
    uint16_t slot = id_slot(in->merchant);
    code_word *row = code_word_new(u, slot, in->merchant, uow_next_id(u, slot));
    row->word = normal;
    row->user = in->user;
    row->template = in->template;
    row->created_at_ms = uow_now(u);
    word_fill(u, row, in);
    return word_answer(u, EVENT_KIND_CODE_WORD_CREATED, row, out);
}

static result word_change(uow *u, const code_word_put_in *in, row_out *out)
{
    code_word *row = code_word_get(u, id_slot(in->merchant), in->merchant, in->id);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL)
        return uow_refuse(u, R_NOT_FOUND, "There is no such word.");
    result r = act_check_version(u, in->if_version, row->version);
    if (r != R_DONE)
        return r;
    code_word_edit(u, row);
    word_fill(u, row, in);
    return word_answer(u, EVENT_KIND_CODE_WORD_CHANGED, row, out);
}

result code_word_put_decide(uow *u, const void *input, void *output)
{
    const code_word_put_in *in = input;
    char text[CODE_TEXT_MAX];
    buf normal = {.p = text, .capacity = sizeof(text), .max = sizeof(text)};
    issues *found = issues_new(uow_memory(u));
    code_word_check(in, &normal, found);
    result r = act_check(u, found);
    if (r != R_DONE)
        return r;
    if (in->id != 0)
        return word_change(u, in, output);
    return word_create(u, in, arena_str(uow_memory(u), buf_view(&normal)), output);
}
