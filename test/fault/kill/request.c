/* See request.h. */
#include "test/fault/kill/request.h"

#include <inttypes.h>

#include "base/hash.h"

enum { BODY_MAX = 65536, PATH_MAX_BYTES = 256, BRIEF_S = 1, LONG_S = 86400 };

/* ---- out ---- */

static void head(const client *c, const char *method, str target, buf *out)
{
    buf_printf(out, "%s %.*s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %.*s\r\n", method,
               STR_ARG(target), STR_ARG(c->key));
}

static void finish(str body, buf *out)
{
    if (body.n > 0)
        buf_str(out, S("Content-Type: application/json\r\n"));
    buf_printf(out, "Content-Length: %zu\r\n\r\n", body.n);
    buf_str(out, body);
}

void request_get(const client *c, str target, buf *out)
{
    head(c, "GET", target, out);
    buf_str(out, S("\r\n"));
}

void request_post(const client *c, str target, str body, buf *out)
{
    head(c, "POST", target, out);
    buf_printf(out, "Idempotency-Key: %.*s-%llx\r\n", STR_ARG(c->run),
               (unsigned long long)(hash64(target, 1) ^ hash64(body, 2)));
    finish(body, out);
}

static void put_claim(const client *c, const op *o, buf *b)
{
    str first = c->h->templates[o->template].id;
    buf_printf(b, "{\"user\":\"u%u\",\"subjects\":{\"device\":\"d%u\"},", o->user,
               device_of(o->user));
    if (o->best_effort)
        buf_str(b, S("\"mode\":\"best_effort\","));
    if (o->second != NOTHING)
        buf_printf(b, "\"items\":[{\"template\":\"%.*s\",\"count\":%u},{\"template\":\"%.*s\"}]}",
                   STR_ARG(first), o->count, STR_ARG(c->h->templates[o->second].id));
    else if (o->best_effort)
        buf_printf(b, "\"items\":[{\"template\":\"%.*s\",\"count\":%u}]}", STR_ARG(first),
                   o->count);
    else if (o->count > 1)
        buf_printf(b, "\"template\":\"%.*s\",\"count\":%u}", STR_ARG(first), o->count);
    else
        buf_printf(b, "\"template\":\"%.*s\"}", STR_ARG(first));
}

static void put_exchange(const client *c, const op *o, buf *b)
{
    buf_printf(b, "{\"user\":\"u%u\",\"subjects\":{\"device\":\"d%u\"},\"code\":\"%.*s\"}", o->user,
               device_of(o->user), STR_ARG(c->h->codes[o->typed - 1].text));
}

static void put_batch(const client *c, const op *first, uint32_t n, buf *b)
{
    buf_str(b, S("{\"claims\":["));
    for (uint32_t i = 0; i < n; i++) {
        buf_str(b, i == 0 ? S("") : S(","));
        put_claim(c, &first[i], b);
    }
    buf_str(b, S("]}"));
}

static void put_grant(const client *c, const op *first, uint32_t n, buf *b)
{
    buf_printf(b, "{\"template\":\"%.*s\",\"count\":%u,\"users\":[",
               STR_ARG(c->h->templates[first->template].id), first->count);
    for (uint32_t i = 0; i < n; i++)
        buf_printf(b, "%s\"u%u\"", i == 0 ? "" : ",", first[i].user);
    buf_str(b, S("],\"subjects\":["));
    for (uint32_t i = 0; i < n; i++)
        buf_printf(b, "%s{\"device\":\"d%u\"}", i == 0 ? "" : ",", device_of(first[i].user));
    buf_str(b, S("]}"));
}

/* A hold or a direct redemption. */
static void put_order(const client *c, uint32_t number, buf *b)
{
    const op *o = &c->h->ops[number];
    cart k = cart_of(number);
    buf_printf(b,
               "{\"user\":\"u%u\",\"subjects\":{\"device\":\"d%u\"},\"order_number\":\"o%u\","
               "\"coupons\":[\"%.*s\"],",
               o->user, device_of(o->user), o->order, STR_ARG(c->h->coupons[o->coupon].id));
    if (o->kind == OP_HOLD)
        buf_printf(b, "\"hold_seconds\":%d,", o->brief ? BRIEF_S : LONG_S);
    buf_printf(b, "\"cart\":{\"store\":\"s%u\",\"channel\":\"till\",\"lines\":[", number % 7);
    for (uint32_t i = 0; i < k.n; i++)
        buf_printf(b,
                   "%s{\"sku\":\"a%u\",\"quantity\":%u,\"unit_price\":"
                   "{\"amount\":%lld,\"currency\":\"USD\"}}",
                   i == 0 ? "" : ",", k.lines[i].article, k.lines[i].quantity,
                   (long long)k.lines[i].price_minor);
    buf_str(b, S("]}}"));
}

static void put_return(const client *c, uint32_t number, buf *b)
{
    uint32_t line, quantity;
    if (!c->h->ops[number].part) {
        buf_str(b, S("{}"));
        return;
    }
    history_part(c->h, number, &line, &quantity);
    buf_printf(b, "{\"lines\":[{\"line\":%u,\"quantity\":%u}]}", line, quantity);
}

static void put_transfer(const client *c, const op *o, buf *b)
{
    buf_printf(b,
               "{\"user\":\"u%u\",\"to\":\"u%u\",\"coupon\":\"%.*s\","
               "\"subjects\":{\"device\":\"d%u\"}}",
               o->user, o->receiver, STR_ARG(c->h->coupons[o->coupon].id), device_of(o->receiver));
}

static void put_state(const op *o, buf *b)
{
    static const char *const words[] = {
        [KNOWN_ACTIVE] = "active", [KNOWN_PAUSED] = "paused", [KNOWN_ENDED] = "ended"};
    buf_printf(b, "{\"state\":\"%s\"}", words[o->to]);
}

static void put_amount(const op *o, int64_t amount, buf *b)
{
    if (o->kind == OP_STOCK)
        buf_printf(b, "%" PRId64, amount);
    else
        buf_printf(b, "{\"amount\":%" PRId64 ",\"currency\":\"USD\"}", amount);
}

static void put_change(const op *o, buf *b)
{
    buf_str(b, S("{\"current\":"));
    put_amount(o, o->current, b);
    buf_str(b, S(",\"target\":"));
    put_amount(o, o->target, b);
    buf_str(b, S("}"));
}

static void put_body(const client *c, uint32_t number, buf *b)
{
    const op *o = &c->h->ops[number];
    switch (o->kind) {
    case OP_CLAIM:
        if (o->typed != 0)
            put_exchange(c, o, b);
        else if (o->grant)
            put_grant(c, o, o->batch_n, b);
        else if (o->batch != NOTHING)
            put_batch(c, o, o->batch_n, b);
        else
            put_claim(c, o, b);
        break;
    case OP_REDEEM:
        if (o->of != NOTHING) {
            buf_printf(b, "{\"hold\":\"%.*s\"}", STR_ARG(c->h->ops[o->of].id));
            break;
        }
        /* fall through */
    case OP_HOLD:
        put_order(c, number, b);
        break;
    case OP_RETURN:
        put_return(c, number, b);
        break;
    case OP_VOID:
        buf_printf(b, "{\"reason\":\"%s\"}", o->in_error ? "issued_in_error" : "requested");
        break;
    case OP_TRANSFER:
        put_transfer(c, o, b);
        break;
    case OP_STATE:
        put_state(o, b);
        break;
    case OP_STOCK:
    case OP_BUDGET:
        put_change(o, b);
        break;
    default:
        break;
    }
}

static void put_path(const client *c, const op *o, buf *b)
{
    str of = o->of == NOTHING ? S("") : c->h->ops[o->of].id;
    switch (o->kind) {
    case OP_HOLD:
        buf_str(b, S("/v1/holds"));
        break;
    case OP_REDEEM:
        buf_str(b, S("/v1/redemptions"));
        break;
    case OP_RELEASE:
        buf_printf(b, "/v1/holds/%.*s/release", STR_ARG(of));
        break;
    case OP_RETURN:
        buf_printf(b, "/v1/redemptions/%.*s/returns", STR_ARG(of));
        break;
    case OP_VOID:
        buf_printf(b, "/v1/coupons/%.*s/void", STR_ARG(c->h->coupons[o->coupon].id));
        break;
    case OP_TRANSFER:
        buf_str(b, S("/v1/transfers"));
        break;
    case OP_STATE:
        buf_printf(b, "/v1/campaigns/%.*s/state", STR_ARG(c->h->campaigns[o->campaign].id));
        break;
    case OP_BUDGET:
        buf_printf(b, "/v1/campaigns/%.*s/budget", STR_ARG(c->h->campaigns[o->campaign].id));
        break;
    case OP_STOCK:
        buf_printf(b, "/v1/templates/%.*s/stock", STR_ARG(c->h->templates[o->template].id));
        break;
    default:
        buf_str(b, o->typed != 0         ? S("/v1/codes/exchange")
                   : o->grant            ? S("/v1/grants")
                   : o->batch != NOTHING ? S("/v1/claims/batch")
                                         : S("/v1/claims"));
        break;
    }
}

void request_write(const client *c, uint32_t number, buf *out)
{
    buf path, body;
    buf_init(&path, PATH_MAX_BYTES);
    buf_init(&body, BODY_MAX);
    put_path(c, &c->h->ops[number], &path);
    put_body(c, number, &body);
    head(c, "POST", buf_view(&path), out);
    buf_printf(out, "Idempotency-Key: %.*s-%u\r\n", STR_ARG(c->run), number);
    finish(buf_view(&body), out);
    buf_free(&path);
    buf_free(&body);
}

/* ---- in ---- */

str request_text(const json *object, const char *name)
{
    const json *v = json_field(object, str_of(name));
    return json_kind_of(v) == JSON_KIND_STR ? json_str(v) : (str){NULL, 0};
}

int64_t request_number(const json *object, const char *name)
{
    const json *v = json_field(object, str_of(name));
    return json_kind_of(v) == JSON_KIND_INT ? json_int(v) : -1;
}

int64_t request_amount(const json *object, const char *name)
{
    return request_number(json_field(object, str_of(name)), "amount");
}

uint32_t request_template(const history *h, str id)
{
    for (uint32_t i = h->template_n; i > 0; i--) {
        if (str_eq(h->templates[i - 1].id, id))
            return i - 1;
    }
    return NOTHING;
}

uint32_t request_user(str name)
{
    uint64_t n = 0;
    if (name.n < 2 || name.p[0] != 'u' || !str_to_u64((str){name.p + 1, name.n - 1}, &n))
        return NOTHING;
    return (uint32_t)n;
}

static result code_of(str name)
{
    for (int i = 0; i < 256; i++) {
        if (result_is_known(i) && str_eq(result_code((result)i), name))
            return (result)i;
    }
    return R_INTERNAL;
}

static void read_coupons(const client *c, const json *claim, answer *a)
{
    const json *all = json_field(claim, S("coupons")), *missed = json_field(claim, S("refusals"));
    a->coupon_n = (uint32_t)json_count(all);
    for (uint32_t i = 0; i < a->coupon_n && i < ANSWER_COUPONS_MAX; i++) {
        a->coupons[i].id = request_text(json_at(all, i), "id");
        a->coupons[i].template = request_template(c->h, request_text(json_at(all, i), "template"));
    }
    for (size_t i = 0; i < json_count(missed); i++) {
        int64_t item = request_number(json_at(missed, i), "item");
        if (item >= 0 && item < (int64_t)ARRAY_LEN(a->missed))
            a->missed[item] =
                code_of(request_text(json_field(json_at(missed, i), S("problem")), "code"));
    }
}

static void read_exchanged(const client *c, const json *document, answer *a)
{
    const json *one = json_field(document, S("coupon"));
    a->coupon_n = 1;
    a->coupons[0].id = request_text(one, "id");
    a->coupons[0].template = request_template(c->h, request_text(one, "template"));
}

static void read_return(const client *c, const op *o, const json *document, answer *a)
{
    cart k = cart_of(history_cart(c->h, o->of));
    const json *lines = json_field(document, S("lines"));
    a->refund = request_amount(document, "refund");
    a->restored = json_count(json_field(document, S("restored"))) > 0;
    for (size_t i = 0; i < json_count(lines); i++) {
        int64_t line = request_number(json_at(lines, i), "line");
        int64_t quantity = request_number(json_at(lines, i), "quantity");
        a->pieces += quantity;
        if (line >= 0 && line < (int64_t)k.n)
            a->list += quantity * k.lines[line].price_minor;
    }
}

/* What a refusal says, without the trace id. */
static void read_problem(const json *document, answer *a)
{
    str code = request_text(document, "code"), detail = request_text(document, "detail");
    a->code = code_of(code);
    a->content = detail.n > 0 ? detail : code;
}

answer request_answer(const client *c, uint32_t number, int status, str body, json **document)
{
    answer a = {.status = status, .code = R_INTERNAL, .content = body};
    const op *o = &c->h->ops[number];
    *document = NULL;
    if (status == 0)
        return a;
    if (json_parse(body, document, NULL) != R_DONE) {
        a.status = 500;
        return a;
    }
    if (status < 200 || status >= 300) {
        read_problem(*document, &a);
        return a;
    }
    a.code = R_DONE;
    a.id = request_text(*document, o->kind == OP_TRANSFER ? "coupon" : "id");
    a.subtotal = request_amount(*document, "subtotal");
    a.discount = request_amount(*document, "discount");
    a.total = request_amount(*document, "total");
    if (o->kind == OP_CLAIM && o->typed != 0)
        read_exchanged(c, *document, &a);
    else if (o->kind == OP_CLAIM)
        read_coupons(c, *document, &a);
    else if (o->kind == OP_RETURN)
        read_return(c, o, *document, &a);
    return a;
}

/* All that an item says, in the order of a claim's members. */
static str content_of(const json *claim, arena *memory)
{
    buf b;
    buf_init(&b, BODY_MAX);
    const json *all = json_field(claim, S("coupons")), *missed = json_field(claim, S("refusals"));
    for (size_t i = 0; i < json_count(all); i++) {
        static const char *const members[] = {"id", "template", "issued_at", "valid_from",
                                              "expires_at"};
        for (size_t k = 0; k < ARRAY_LEN(members); k++)
            buf_printf(&b, "%.*s ", STR_ARG(request_text(json_at(all, i), members[k])));
        buf_printf(&b, "%" PRId64 ";", request_number(json_at(all, i), "template_version"));
    }
    for (size_t i = 0; i < json_count(missed); i++) {
        const json *problem = json_field(json_at(missed, i), S("problem"));
        buf_printf(&b, "%" PRId64 " %.*s %.*s;", request_number(json_at(missed, i), "item"),
                   STR_ARG(request_text(problem, "code")),
                   STR_ARG(request_text(problem, "detail")));
    }
    str text = arena_str(memory, buf_view(&b));
    buf_free(&b);
    return text;
}

answer request_item(const client *c, uint32_t number, const answer *whole, const json *document)
{
    const op *o = &c->h->ops[number];
    const json *results = json_field(document, S("results"));
    const json *item = json_at(results, number - o->batch);
    const json *problem = json_field(item, S("problem"));
    const json *claim = o->grant ? item : json_field(item, S("claim"));
    answer a = *whole;
    if (a.status != 200)
        return a;
    if (json_count(results) != o->batch_n)
        return (answer){
            .status = 500, .code = R_INTERNAL, .content = S("another number of results")};
    if (json_kind_of(problem) == JSON_KIND_OBJECT) {
        a.status = (int)request_number(problem, "status");
        read_problem(problem, &a);
        return a;
    }
    read_coupons(c, claim, &a);
    a.content = content_of(claim, c->h->memory);
    return a;
}
