/* Rules for what the coupons of a template carry for another system: a type, by which that knows
 * what is its own, and a payload, which only that understands. */
#include "domain/campaign/rules_part.h"

static bool is_type(str type)
{
    bool good = type.n <= ASSET_TYPE_MAX;
    for (size_t i = 0; i < type.n && good; i++) {
        char c = type.p[i];
        good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    }
    return good;
}

void rules_asset_payload(const json *payload, str field, issues *found)
{
    buf text;
    if (json_kind_of(payload) != JSON_KIND_OBJECT) {
        issues_add(found, field, S("wrong_type"), "an object");
        return;
    }
    buf_init(&text, ASSET_PAYLOAD_MAX);
    json_text(payload, &text);
    if (buf_overflowed(&text))
        issues_add(found, field, S("too_long"), "at most %d bytes", ASSET_PAYLOAD_MAX);
    buf_free(&text);
}

static void check_payload(str text, issues *found)
{
    json *payload;
    if (text.n == 0)
        return;
    if (json_parse(text, &payload, NULL) != R_DONE)
        issues_add(found, S("asset.payload"), S("wrong_type"), "an object");
    else
        rules_asset_payload(payload, S("asset.payload"), found);
    json_free(payload);
}

void rules_asset(const template_version *v, const template_version *before, uint8_t apply,
                 issues *found)
{
    if (before != NULL && !str_eq(v->asset, before->asset))
        issues_add(found, S("asset.type"), S("not_editable"), "stays %.*s",
                   STR_ARG(before->asset.n > 0 ? before->asset : S("none")));
    if (apply == APPLY_MODE_AUTOMATIC && v->benefit == BENEFIT_KIND_HAND_OVER)
        issues_add(found, S("benefit.kind"), S("not_allowed"),
                   "one that gives something: nobody holds an automatic template");
    else if (v->benefit == BENEFIT_KIND_HAND_OVER && v->asset.n == 0)
        issues_add(found, S("asset"), S("required"), "what is handed over");
    if (apply == APPLY_MODE_AUTOMATIC && v->asset.n > 0)
        issues_add(found, S("asset"), S("not_allowed"),
                   "none: of an automatic template nobody holds a coupon");
    if (!is_type(v->asset))
        issues_add(found, S("asset.type"), S("bad_format"), "1 to %d of a-z, 0-9 and _",
                   ASSET_TYPE_MAX);
    if (v->asset.n == 0 && v->asset_payload.n > 0)
        issues_add(found, S("asset.type"), S("required"), "whose payload it is");
    check_payload(v->asset_payload, found);
}
