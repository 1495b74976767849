/* Words: codes that many may exchange. */
#include "api/code_batch.h"
#include "api/convert.h"
#include "app/codes.h"
#include "app/query_codes.h"
#include "domain/code/codes.h"
#include "domain/coupon/erase.h"

enum { WORDS_PAGE_MAX = 200, CREATE_TRIES_MAX = 5 };

static wire_code_word word_shown(app_view *v, const code_word *row)
{
    tally_code counts = query_codes_counts(v, row->id);
    bool erased = erase_is_pseudonym(row->user);
    return (wire_code_word){.id = row->id,
                            .version = row->version,
                            .word = row->word,
                            .template = row->template,
                            .has_user = row->user.n > 0 && !erased,
                            .user = row->user,
                            .has_erased = erased,
                            .erased = erased,
                            .has_channel = row->channel.n > 0,
                            .channel = row->channel,
                            .exchanged = counts.exchanged,
                            .redeemed = counts.redeemed,
                            .returned = counts.returned,
                            .voided = counts.voided,
                            .has_expires_at = row->expires_at_ms != 0,
                            .expires_at = row->expires_at_ms,
                            .disabled = row->disabled,
                            .created_at = row->created_at_ms};
}

static void answer_word(api_call *c, int status, const code_word *row)
{
    app_view v;
    if (!call_view(c, &v))
        return;
    wire_code_word shown = word_shown(&v, row);
    if (!call_view_end(c, &v))
        return;
    call_etag(c, row->version);
    call_answer(c, status, &wire_code_word_type, &shown);
}

static void answer_act(api_call *c, int status)
{
    const row_out *out = c->act.out;
    code_word row = {0};
    if (row_in_outcome(c, &code_word_table.record, out->row, &row))
        answer_word(c, status, &row);
}

static void created(api_call *c)
{
    answer_act(c, 201);
}

static void changed(api_call *c)
{
    answer_act(c, 200);
}

static void submit(api_call *c, const code_word_put_in *in, act_ask *ask)
{
    buf ignored;
    buf_init(&ignored, CODE_TEXT_MAX);
    code_word_check(in, &ignored, c->problems);
    buf_free(&ignored);
    ask->id = ACT_ID_code_word_put;
    ask->slot = id_slot(c->who.merchant);
    ask->subject = in->id == 0 ? S("") : id_subject(c, ID_CODE_WORD, in->id);
    ask->in = in;
    call_act(c, ask);
}

static void create_again(api_call *c)
{
    if (++c->tries < CREATE_TRIES_MAX)
        api_code_word_create(c);
    else
        call_refuse(c, R_BUSY, S("Codes are being imported."));
}

void api_code_word_create(api_call *c)
{
    const wire_code_word_create *b = c->body;
    code_word_put_in *in = ARENA_NEW(c->memory, code_word_put_in);
    *in = (code_word_put_in){.merchant = c->who.merchant,
                             .fields = CODE_BATCH_CHANNEL |
                                       (b->has_expires_at ? (uint32_t)CODE_BATCH_EXPIRES_AT : 0),
                             .word = b->word,
                             .channel = b->channel,
                             .user = b->user,
                             .template = b->template,
                             .expires_at_ms = b->expires_at};
    act_ask ask = {.then = created, .stale = create_again};
    app_view v;
    if (!call_view(c, &v))
        return;
    if (codes_word_is_imported(&v, c->who.merchant, b->word, &in->parts))
        issues_add(c->problems, S("word"), S("duplicate"), "it is an imported code");
    if (call_view_end(c, &v))
        submit(c, in, &ask);
}

void api_code_word_edit(api_call *c)
{
    const wire_code_word_edit *b = c->body;
    const wire_code_word_edit_parameters *p = c->parameters;
    code_word_put_in *in = ARENA_NEW(c->memory, code_word_put_in);
    *in = (code_word_put_in){.merchant = c->who.merchant,
                             .id = p->word,
                             .if_version = c->if_version,
                             .fields = (uint32_t)((b->has_channel ? CODE_BATCH_CHANNEL : 0) |
                                                  (b->has_expires_at ? CODE_BATCH_EXPIRES_AT : 0) |
                                                  (b->has_disabled ? CODE_BATCH_DISABLED : 0)),
                             .channel = b->channel,
                             .expires_at_ms = code_end_asked(b->expires_at),
                             .disabled = b->disabled};
    submit(c, in, &(act_ask){.then = changed});
}

void api_code_word_get(api_call *c)
{
    const wire_code_word_get_parameters *p = c->parameters;
    if (!call_config_now(c))
        return;
    const code_word *found = config_find_code_word(call_config(c), p->word);
    if (found == NULL || found->merchant != c->who.merchant)
        call_refuse(c, R_NOT_FOUND, S(""));
    else
        answer_word(c, 200, found);
}

void api_code_word_list(api_call *c)
{
    const wire_code_word_list_parameters *p = c->parameters;
    uint64_t after;
    app_view v;
    if (!call_token_id(c, p->page_token, &after) || !call_view(c, &v))
        return;
    const code_word *found[WORDS_PAGE_MAX + 1];
    size_t want = (size_t)p->page_size;
    size_t n = config_code_words(call_config(c), c->who.merchant, after, want + 1, found);
    wire_code_word_page page = {0};
    page.words.items = ARENA_ARRAY(c->memory, wire_code_word, want);
    for (size_t i = 0; i < n && i < want; i++)
        page.words.items[page.words.n++] = word_shown(&v, found[i]);
    if (!call_view_end(c, &v))
        return;
    page.has_next_page_token = n > want;
    if (page.has_next_page_token)
        page.next_page_token = call_token_of_id(c, found[want - 1]->id);
    call_answer(c, 200, &wire_code_word_page_type, &page);
}
