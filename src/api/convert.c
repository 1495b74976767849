/* See convert.h. */
#include "api/convert.h"

#include "api/holder.h"
#include "app/codes.h"

#include "base/email.h"
#include "base/phone.h"
#include "base/time.h"
#include "port/zone.h"

#include "domain/price/policy.h"

void check_currency(api_call *c, const char *field, const wire_money *m, str currency)
{
    if (!str_eq(m->currency, currency))
        issues_add(c->problems, arena_printf(c->memory, "%s.currency", field), S("not_allowed"),
                   "must be %.*s here", STR_ARG(currency));
}

wire_limit_list limits_of(api_call *c, const limit_rule *rows, size_t n)
{
    wire_limit_list out = {.items = ARENA_ARRAY(c->memory, wire_limit, n), .n = n};
    for (size_t i = 0; i < n; i++)
        out.items[i] = (wire_limit){.measure = (limit_measure)rows[i].measure,
                                    .subject = (limit_subject)rows[i].subject,
                                    .period = (limit_period)rows[i].period,
                                    .max = rows[i].max,
                                    .has_window_seconds = rows[i].window_ms != 0,
                                    .window_seconds = rows[i].window_ms / MS_SECOND};
    return out;
}

limit_rule *limits_in(api_call *c, const wire_limit_list *from)
{
    limit_rule *out = ARENA_ARRAY(c->memory, limit_rule, from->n);
    for (size_t i = 0; i < from->n; i++)
        out[i] = (limit_rule){.measure = (uint8_t)from->items[i].measure,
                              .subject = (uint8_t)from->items[i].subject,
                              .period = (uint8_t)from->items[i].period,
                              .max = from->items[i].max,
                              .window_ms = from->items[i].window_seconds * MS_SECOND};
    return out;
}

/* Empty: not named, or reported. */
static str email_in(api_call *c, const wire_subjects *from, str field)
{
    str form = S("");
    const char *wrong = from->email.n > 0 ? email_form(from->email, c->memory, &form) : NULL;
    if (wrong != NULL)
        issues_add(c->problems, arena_printf(c->memory, "%.*s.email", STR_ARG(field)),
                   S("bad_format"), "%s", wrong);
    return form;
}

/* One that begins with + is a phone number in its form; any other is the caller's own text. */
static str phone_in(api_call *c, const wire_subjects *from, str field)
{
    str form = S("");
    if (from->phone.n == 0 || from->phone.p[0] != '+')
        return from->phone;
    const char *wrong = phone_form(from->phone, S(""), c->memory, &form);
    if (wrong != NULL)
        issues_add(c->problems, arena_printf(c->memory, "%.*s.phone", STR_ARG(field)),
                   S("bad_format"), "%s", wrong);
    return form;
}

subject_names subjects_in(api_call *c, const wire_subjects *from, str field)
{
    if (from->phone.n + from->email.n + from->device.n + from->card.n + from->address.n > 0)
        holder_hides_body(c);
    return (subject_names){.phone = phone_in(c, from, field),
                           .device = from->device,
                           .card = from->card,
                           .address = from->address,
                           .email = email_in(c, from, field)};
}

void subjects_missing(api_call *c, uint32_t subjects)
{
    for (uint8_t i = 0; i < LIMIT_SUBJECT_COUNT; i++)
        if ((subjects >> i & 1U) != 0)
            issues_add(c->problems,
                       arena_printf(c->memory, "subjects.%.*s", STR_ARG(limit_subject_name(i))),
                       S("required"), "a limit counts by it");
}

bool row_in_outcome(api_call *c, const record_type *type, str bytes, void *row)
{
    if (record_decode(type, bytes, c->memory, row) == R_DONE)
        return true;
    call_refuse(c, R_CORRUPT, S("An outcome holds a row that cannot be read."));
    return false;
}

bool partner_code_shown(api_call *c, const config_template *of, str sealed, wire_partner_code *out)
{
    if (of == NULL || sealed.n == 0)
        return false;
    str code = codes_open(c->app, c->who.merchant, sealed, c->memory);
    *out = (wire_partner_code){
        .partner = arena_str(c->memory, of->row->partner), .has_code = code.n > 0, .code = code};
    return true;
}

bool asset_shown(api_call *c, const template_version *v, wire_asset *out)
{
    *out = (wire_asset){.type = arena_str(c->memory, v->asset), /* outlives a view */
                        .has_payload = v->asset_payload.n > 0,
                        .payload = arena_str(c->memory, v->asset_payload)};
    return v->asset.n > 0;
}

wire_job job_shown(const job *row)
{
    return (wire_job){.id = row->id,
                      .kind = (job_kind)row->kind,
                      .state = (job_state)row->state,
                      .done = row->done,
                      .total = row->total,
                      .failed = row->failed,
                      .has_error = row->error.n > 0,
                      .error = row->error,
                      .created_at = row->created_at_ms,
                      .updated_at = row->updated_at_ms};
}

str policy_shown(api_call *c, const policy_choice *rows, size_t n)
{
    buf text;
    buf_init(&text, SIZE_MAX);
    json_writer w = json_writer_on(&text);
    policy_write(rows, n, &w);
    str copy = arena_str(c->memory, buf_view(&text));
    buf_free(&text);
    return copy;
}

void policy_in(api_call *c, str text, policy_choice **rows, size_t *n)
{
    json *tree;
    result r = json_parse(text, &tree, NULL);
    CHECK(r == R_DONE); /* it was a part of a body that is JSON */
    policy_parse(tree, c->problems, rows, n);
    json_free(tree);
}

str rule_shown(api_call *c, const rule_node *nodes, size_t n, rule_place place)
{
    buf text;
    buf_init(&text, SIZE_MAX);
    json_writer w = json_writer_on(&text);
    rule_write(nodes, n, place, &w);
    str copy = arena_str(c->memory, buf_view(&text));
    buf_free(&text);
    return copy;
}

rule_tree rule_put(api_call *c, str text, rule_place place, const char *field)
{
    json *tree;
    rule_tree out;
    rule_source as = {place, zone_find, str_of(field)};
    result r = json_parse(text, &tree, NULL);
    CHECK(r == R_DONE); /* it was a part of a body that is JSON */
    rule_read(tree, &as, c->problems, &out);
    json_free(tree);
    return out;
}
