/* Codes as QR codes. What is drawn is the code as it is normalised, whatever it was typed or shown
 * as: one code is one picture. */
#include "api/convert.h"
#include "api/coupon.h"
#include "domain/code/format.h"
#include "port/qr.h"

/* A code stays good for as long as its coupon, and the same code is the same picture. */
#define CACHE S("private, max-age=3600")

/* False: it can be no code. */
static bool draw(api_call *c, str typed, qr_ask ask)
{
    buf text;
    buf_init(&text, CODE_TEXT_MAX);
    bool code = code_text_of(typed, &text) == CODE_TEXT_GOOD;
    ask.text = buf_view(&text);
    if (code) {
        qr_draw(&ask, http_out(c->x));
        http_add_header(c->x, S("Cache-Control"), CACHE);
        call_answer_raw(c, 200, qr_type(ask.kind));
    }
    buf_free(&text);
    return code;
}

static qr_kind kind_of(wire_qr_kind as)
{
    return as == WIRE_QR_KIND_SVG ? QR_SVG : QR_PNG;
}

void api_code_qr(api_call *c)
{
    const wire_code_qr *b = c->body;
    qr_ask ask = {
        .kind = kind_of(b->as), .scale = (uint32_t)b->scale, .margin = (uint32_t)b->margin};
    if (draw(c, b->code, ask))
        return;
    issues_add(c->problems, S("code"), S("bad_format"),
               "it can be no code: 1 to %d letters and digits, with spaces and dashes between them",
               CODE_TEXT_MAX);
    call_invalid(c);
}

void api_coupon_qr(api_call *c)
{
    const wire_coupon_qr_parameters *p = c->parameters;
    qr_ask ask = {
        .kind = kind_of(p->as), .scale = (uint32_t)p->scale, .margin = (uint32_t)p->margin};
    app_view v;
    coupon_seen seen;
    if (!call_view_of(c, id_slot(p->coupon), &v))
        return;
    bool found = query_coupon(&v, c->who.merchant, p->coupon, &seen);
    wire_coupon shown = {.id = p->coupon};
    if (!call_view_end(c, &v))
        return;
    if (found)
        coupons_put_codes(c, &shown, 1);
    if (!found || !shown.has_code)
        call_refuse(c, R_NOT_FOUND, found ? S("The coupon has no code.") : S(""));
    else
        CHECK(draw(c, shown.code, ask));
}
