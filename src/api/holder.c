/* See holder.h. */
#include "api/holder.h"

#include "base/phone.h"

enum { BODY_KIND = 193 }; /* of subject_hash: behind that of app/transfer.c */

/* A hash of the body is kept with the answer (act.h). One without the secret would tell, to whoever
 * knows the rest of the body, which number it is. */
static void hide_body(api_call *c, const merchant *of)
{
    if (c->body_hidden)
        return;
    c->body_hidden = true;
    str bytes = {(const char *)&c->body_hash, sizeof c->body_hash};
    c->body_hash = subject_hash(of, BODY_KIND, bytes).hi;
}

holder holder_of_phone(api_call *c, str phone, str field)
{
    const config_merchant *of = config_find_merchant(call_config(c), c->who.merchant);
    holder out = {0};
    CHECK(of != NULL); /* whose key asks */
    hide_body(c, of->row);
    const char *wrong = phone_form(phone, of->row->phone_region, c->memory, &out.phone);
    if (wrong != NULL)
        issues_add(c->problems, field, S("bad_format"), "%s", wrong);
    else
        out.name = phone_holder(
            &(phone_number){.hash = subject_hash(of->row, LIMIT_SUBJECT_PHONE, out.phone)},
            c->memory);
    return out;
}

holder holder_asked(api_call *c, const holder_ask *ask)
{
    bool named = ask->user.n > 0, phone = ask->phone.n > 0;
    if (named && phone)
        issues_add(c->problems, arena_printf(c->memory, "%.*sphone", STR_ARG(ask->field)),
                   S("not_allowed"), "beside user");
    else if (!named && !phone && !ask->optional)
        issues_add(c->problems, arena_printf(c->memory, "%.*suser", STR_ARG(ask->field)),
                   S("required"), "or phone");
    if (!phone)
        return (holder){.name = ask->user};
    return holder_of_phone(c, ask->phone,
                           arena_printf(c->memory, "%.*sphone", STR_ARG(ask->field)));
}
