/* Code formats: how a merchant's codes are written. */
#include "api/convert.h"
#include "api/guess.h"
#include "app/codes.h"

enum { FORMATS_PAGE_MAX = 200 };

/* ---- answers ---- */

static wire_code_key key_shown(api_call *c, const code_format *row, size_t at)
{
    const code_key *k = &row->keys.items[at];
    uint64_t odds = code_key_odds(row, at, guesses_per_s(c));
    return (wire_code_key){.prefix = k->prefix,
                           .created_at = k->created_at_ms,
                           .codes = (int64_t)k->issued,
                           .expected_codes = (int64_t)k->expected,
                           .guessed_in_1000_years = odds > INT64_MAX ? INT64_MAX : (int64_t)odds,
                           .has_accept_odds = k->reason.n > 0,
                           .accept_odds = k->reason};
}

static wire_code_format format_shown(api_call *c, const code_format *row)
{
    wire_code_format shown = {
        .id = row->id,
        .version = row->version,
        .name = row->name,
        .purpose = code_is_of_coupons(row) ? CODE_PURPOSE_COUPON : CODE_PURPOSE_EXCHANGE,
        .scheme = code_is_predictable(row) ? CODE_SCHEME_LCG : CODE_SCHEME_PERMUTED,
        .predictable = code_is_predictable(row),
        .characters = row->alphabet,
        .length = row->length,
        .group = row->group,
        .check = row->check,
        .created_at = row->created_at_ms};
    shown.prefixes.items = ARENA_ARRAY(c->memory, wire_code_key, row->keys.n);
    shown.prefixes.n = row->keys.n;
    for (size_t i = 0; i < row->keys.n; i++)
        shown.prefixes.items[i] = key_shown(c, row, i);
    return shown;
}

static void answer_format(api_call *c, int status)
{
    const row_out *out = c->act.out;
    code_format row = {0};
    if (!row_in_outcome(c, &code_format_table.record, out->row, &row))
        return;
    wire_code_format shown = format_shown(c, &row);
    call_etag(c, row.version);
    call_answer(c, status, &wire_code_format_type, &shown);
}

static void created(api_call *c)
{
    answer_format(c, 201);
}

static void rotated(api_call *c)
{
    answer_format(c, 200);
}

/* ---- handlers ---- */

/* What a look refuses with; the act keeps nothing of it. */
static void submit(api_call *c, code_format_put_in *in, void (*then)(api_call *c))
{
    in->guesses_per_s = guesses_per_s(c);
    result r = codes_key_make(c->app, c->who.merchant, c->memory, &in->sealed);
    call_act(c, &(act_ask){.id = ACT_ID_code_format_put,
                           .slot = id_slot(c->who.merchant),
                           .subject =
                               in->format == 0 ? S("") : id_subject(c, ID_CODE_FORMAT, in->format),
                           .in = in,
                           .then = then,
                           .refusal = r});
}

/* The act looks again, at the rows: this tells the field. */
static void check_meeting(api_call *c, const code_form *form)
{
    const code_format *all[CODE_FORMATS_MAX];
    size_t n = config_code_formats(call_config(c), c->who.merchant, 0, ARRAY_LEN(all), all);
    for (size_t i = 0; i < n; i++) {
        if (code_format_meets(all[i], form)) {
            issues_add(c->problems, S("prefix"), S("duplicate"),
                       "a text could be a code of this format and of %.*s; take another prefix or "
                       "length",
                       STR_ARG(id_subject(c, ID_CODE_FORMAT, all[i]->id)));
            return;
        }
    }
}

static str alphabet_in(api_call *c, const wire_code_format_create *b)
{
    bool custom = b->alphabet == WIRE_CODE_ALPHABET_CUSTOM;
    if (custom != b->has_characters)
        issues_add(c->problems, S("characters"), custom ? S("required") : S("not_allowed"),
                   "with the alphabet custom, and only there");
    if (custom)
        return b->characters;
    return b->alphabet == WIRE_CODE_ALPHABET_DIGITS ? code_alphabet_digits
                                                    : code_alphabet_crockford;
}

/* The parameters of an LCG: those of the body, or drawn; a form with issues gets none. */
static void take_parameters(api_call *c, code_format_put_in *in, const code_form *form,
                            const wire_lcg_parameters *given)
{
    issues *of_form = issues_new(c->memory);
    code_form_check(form, of_form);
    uint64_t modulus = of_form->n == 0 ? code_lcg_modulus(form) : 0;
    lcg g = {0};
    if (given != NULL)
        g = (lcg){modulus, (uint64_t)given->multiplier, (uint64_t)given->increment};
    else if (modulus != 0)
        g = codes_lcg_draw(modulus);
    in->multiplier = g.a;
    in->increment = g.c;
}

void api_code_format_create(api_call *c)
{
    const wire_code_format_create *b = c->body;
    code_format_put_in *in = ARENA_NEW(c->memory, code_format_put_in);
    *in = (code_format_put_in){.merchant = c->who.merchant,
                               .name = b->name,
                               .purpose = (uint8_t)b->purpose,
                               .scheme = (uint8_t)b->scheme,
                               .length = (uint8_t)b->length,
                               .group = (uint8_t)b->group,
                               .check = b->check,
                               .prefix = b->prefix,
                               .expected = (uint64_t)b->expected_codes,
                               .reason = b->accept_odds};
    in->alphabet = alphabet_in(c, b);
    code_form form = {in->alphabet, in->prefix, in->length, in->group, in->check};
    if (b->scheme == CODE_SCHEME_LCG || b->has_lcg)
        take_parameters(c, in, &form, b->has_lcg ? &b->lcg : NULL);
    if (c->problems->n == 0)
        code_format_check(in, NULL, c->problems);
    if (c->problems->n == 0)
        check_meeting(c, &form);
    submit(c, in, created);
}

void api_code_format_rotate(api_call *c)
{
    const wire_code_format_rotate *b = c->body;
    const wire_code_format_rotate_parameters *p = c->parameters;
    code_format_put_in *in = ARENA_NEW(c->memory, code_format_put_in);
    *in = (code_format_put_in){.merchant = c->who.merchant,
                               .format = p->format,
                               .if_version = c->if_version,
                               .prefix = b->prefix,
                               .expected = (uint64_t)b->expected_codes,
                               .reason = b->accept_odds};
    const code_format *now = config_find_code_format(call_config(c), p->format);
    if (now != NULL && now->merchant == c->who.merchant) { /* else the act says so */
        code_form form = code_form_of(now, 0);
        form.prefix = b->prefix;
        if (code_is_predictable(now) || b->has_lcg)
            take_parameters(c, in, &form, b->has_lcg ? &b->lcg : NULL);
        if (now->version == c->if_version) { /* else the act says so, or answers a repeat */
            code_format_check(in, now, c->problems);
            check_meeting(c, &form);
        }
    }
    submit(c, in, rotated);
}

void api_code_format_get(api_call *c)
{
    const wire_code_format_get_parameters *p = c->parameters;
    if (!call_config_now(c))
        return;
    const code_format *found = config_find_code_format(call_config(c), p->format);
    if (found == NULL || found->merchant != c->who.merchant) {
        call_refuse(c, R_NOT_FOUND, S(""));
        return;
    }
    wire_code_format shown = format_shown(c, found);
    call_etag(c, found->version);
    call_answer(c, 200, &wire_code_format_type, &shown);
}

void api_code_format_list(api_call *c)
{
    const wire_code_format_list_parameters *p = c->parameters;
    uint64_t after;
    if (!call_token_id(c, p->page_token, &after) || !call_config_now(c))
        return;
    const code_format *found[FORMATS_PAGE_MAX + 1];
    size_t want = (size_t)p->page_size;
    size_t n = config_code_formats(call_config(c), c->who.merchant, after, want + 1, found);
    wire_code_format_page page = {0};
    page.formats.items = ARENA_ARRAY(c->memory, wire_code_format, want);
    for (size_t i = 0; i < n && i < want; i++)
        page.formats.items[page.formats.n++] = format_shown(c, found[i]);
    page.has_next_page_token = n > want;
    if (page.has_next_page_token)
        page.next_page_token = call_token_of_id(c, found[want - 1]->id);
    call_answer(c, 200, &wire_code_format_page_type, &page);
}
