/* Codes of partners: adding some to a template, and counting them. */
#include "api/convert.h"
#include "api/rest.h"
#include "app/codes.h"
#include "app/query_counts.h"
#include "domain/limit/partner.h"
#include "domain/limit/pool.h"
#include "port/secret.h"

static bool is_code(str line)
{
    str code = str_trim(line);
    return code.n > 0 && code.n <= PARTNER_CODE_MAX && str_is_printable(code);
}

static void put_hash(const merchant *of, str code, partner_line *out)
{
    uint8_t digest[SECRET_DIGEST_BYTES];
    secret_hmac_sha256(of->secret, code, digest);
    for (size_t i = 0; i < sizeof(uint64_t); i++) {
        out->hi = out->hi << 8 | digest[i];
        out->lo = out->lo << 8 | digest[i + sizeof(uint64_t)];
    }
}

static result put_lines(api_call *c, const wire_str_list *lines, partner_put_in *in)
{
    const config_merchant *of = config_find_merchant(call_config(c), c->who.merchant);
    CHECK(of != NULL); /* whose key it is */
    in->lines.items = ARENA_ARRAY(c->memory, partner_line, lines->n);
    for (size_t i = 0; i < lines->n; i++) {
        str code = str_trim(lines->items[i]);
        if (!is_code(lines->items[i]))
            continue;
        partner_line *line = &in->lines.items[in->lines.n++];
        line->line = (uint32_t)i;
        put_hash(of->row, code, line);
        result r = codes_seal(c->app, in->merchant, code, c->memory, &line->sealed);
        if (r != R_DONE)
            return r;
    }
    return R_DONE;
}

static void added(api_call *c)
{
    const wire_partner_codes_add *b = c->body;
    const partner_put_out *out = c->act.out;
    wire_partner_codes_added shown = {
        .first_line = b->first_line,
        .lines = (int64_t)b->lines.n,
        .accepted = out->accepted,
        .rest = rest_shown(
            c, &(rest_ask){b->first_line, &b->lines, is_code, out->rest.items, out->rest.n}),
        .codes = out->total};
    call_answer(c, 200, &wire_partner_codes_added_type, &shown);
}

void api_partner_codes_add(api_call *c)
{
    const wire_partner_codes_add *b = c->body;
    const wire_partner_codes_add_parameters *p = c->parameters;
    partner_put_in *in = ARENA_NEW(c->memory, partner_put_in);
    in->merchant = c->who.merchant;
    in->template = p->template;
    result r = put_lines(c, &b->lines, in);
    call_act(c, &(act_ask){.id = ACT_ID_partner_put,
                           .slot = id_slot(p->template),
                           .subject = id_subject(c, ID_TEMPLATE, p->template),
                           .in = in,
                           .then = added,
                           .refusal = r});
}

void api_partner_codes_get(api_call *c)
{
    const wire_partner_codes_get_parameters *p = c->parameters;
    app_view v;
    if (!call_view(c, &v))
        return;
    const config_template *of = config_find_template(v.config, p->template);
    bool found = of != NULL && of->row->merchant == c->who.merchant && of->row->partner.n > 0;
    wire_partner_codes_now shown = {0};
    if (found) {
        pool_left left = query_pool_left(&v, pool_stock(p->template));
        shown = (wire_partner_codes_now){.partner = arena_str(c->memory, of->row->partner),
                                         .codes = left.total,
                                         .left = left.left + left.on_the_way,
                                         .on_the_way = left.on_the_way,
                                         .handed_out = left.total - left.left - left.on_the_way};
    }
    call_view_answer(c, &v, found ? R_DONE : R_NOT_FOUND, &wire_partner_codes_now_type, &shown);
}
