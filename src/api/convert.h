/* Between rows and wire structs: what several resources have in common. Lists are made in the
 * call's memory. */
#ifndef QUAN_API_CONVERT_H
#define QUAN_API_CONVERT_H

#include "api/call.h"
#include "domain/rule/rule.h"

static inline wire_money money_of(int64_t amount, str currency)
{
    return (wire_money){.amount = amount, .currency = currency};
}
static inline wire_money_sum sum_of(int64_t amount, str currency)
{
    return (wire_money_sum){.amount = amount, .currency = currency};
}
static inline wire_window window_of(int64_t from_ms, int64_t until_ms)
{
    return (wire_window){.from = from_ms, .until = until_ms};
}

/* Reports an amount in another currency than the one that it must be in. field: "benefit.cap". */
void check_currency(api_call *c, const char *field, const wire_money *m, str currency);

/* Limits of a row and as sent; since_ms and since_version are the act's business. */
wire_limit_list limits_of(api_call *c, const limit_rule *rows, size_t n);
limit_rule *limits_in(api_call *c, const wire_limit_list *from);

/* Decodes a row of an outcome. It was encoded by this program, so a failure is a defect: false, and
 * the call has ended. */
MUST_USE bool row_in_outcome(api_call *c, const record_type *type, str bytes, void *row);

/* The arithmetic policy: JSON as the wire has it, and as rows have it. */
str policy_shown(api_call *c, const policy_choice *rows, size_t n);
void policy_in(api_call *c, str text, policy_choice **rows, size_t *n);

wire_job job_shown(const job *row);

/* The partner's code that came with a coupon of this template. sealed: empty where there is none;
 * then false. */
bool partner_code_shown(api_call *c, const config_template *of, str sealed, wire_partner_code *out);

/* What coupons of this version carry for another system. False: nothing. */
bool asset_shown(api_call *c, const template_version *v, wire_asset *out);

/* What a request names: a phone that begins with + in its form (base/phone.h), an e-mail address in
 * its own (base/email.h); reports those that are none. field: that of the subjects, "subjects" or
 * "subjects[3]". */
subject_names subjects_in(api_call *c, const wire_subjects *from, str field);

/* Reports subjects (bits of limit_subject) that limits count by and the request does not name. */
void subjects_missing(api_call *c, uint32_t subjects);

/* Trees of rules. The body's check has read them before, with the same zones, and found nothing
 * wrong; field begins the paths. */
str rule_shown(api_call *c, const rule_node *nodes, size_t n, rule_place place);
rule_tree rule_put(api_call *c, str text, rule_place place, const char *field);

#endif
