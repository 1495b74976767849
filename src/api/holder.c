/* See holder.h. */
#include "api/holder.h"

#include "app/query_phones.h"
#include "app/query_users.h"
#include "base/phone.h"

enum { BODY_KIND = 193 }; /* of subject_hash: behind that of app/transfer.c */

void holder_hides_body(api_call *c)
{
    if (c->body_hidden)
        return;
    const config_merchant *of = config_find_merchant(call_config(c), c->who.merchant);
    CHECK(of != NULL); /* whose key asks */
    c->body_hidden = true;
    c->body_before = c->body_hash;
    str bytes = {(const char *)&c->body_hash, sizeof c->body_hash};
    c->body_hash = subject_hash(of->row, BODY_KIND, bytes).hi;
}

holder holder_of_phone(api_call *c, str typed, str field)
{
    const config_merchant *of = config_find_merchant(call_config(c), c->who.merchant);
    holder out = {0};
    CHECK(of != NULL); /* whose key asks */
    holder_hides_body(c);
    const char *wrong = phone_form(typed, of->row->phone_region, c->memory, &out.phone);
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
    bool named = ask->user.n > 0, numbered = ask->phone.n > 0;
    if (named && numbered && c->bound_to.n > 0) {
        holder who = holder_of_phone(c, ask->phone, S("phone"));
        who.name = c->bound_to;
        return who;
    }
    if (named && numbered)
        issues_add(c->problems, arena_printf(c->memory, "%.*sphone", STR_ARG(ask->field)),
                   S("not_allowed"), "beside user");
    else if (!named && !numbered && !ask->optional)
        issues_add(c->problems, arena_printf(c->memory, "%.*suser", STR_ARG(ask->field)),
                   S("required"), "or phone");
    if (!numbered)
        return (holder){.name = ask->user};
    return holder_of_phone(c, ask->phone,
                           arena_printf(c->memory, "%.*sphone", STR_ARG(ask->field)));
}

static str name_now(api_call *c, app_view *v, str name, holder_use use)
{
    const phone *row = query_phone(v, c->who.merchant, name);
    bool bound = row != NULL && row->binding != 0;
    if (bound && use == HOLDER_READS)
        return query_user_now(v, c->who.merchant, row->user);
    return query_holder_now(v, c->who.merchant, name);
}

bool holders_now(api_call *c, str *const *names, size_t n, holder_use use)
{
    app_view v = {0};
    for (size_t i = 0; i < n; i++) {
        if (!phone_is_holder(*names[i]))
            continue;
        if (c->bound_to.n > 0) {
            *names[i] = c->bound_to;
            continue;
        }
        if (v.rows == NULL && !call_view(c, &v))
            return false;
        *names[i] = arena_str(c->memory, name_now(c, &v, *names[i], use));
    }
    return v.rows == NULL || call_view_end(c, &v);
}
