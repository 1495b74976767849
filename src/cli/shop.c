/* See shop.h. */
#include "cli/shop.h"

#include <string.h>

#include "base/time.h"
#include "port/clock.h"
#include "port/random.h"

enum { SHOP_BODY_MAX = 4 * 1024 * 1024, SHOP_HEAD_MAX = 8192 };

cli_exit shop_open(const cli_context *c, shop *s, const cli_server *at)
{
    *s = (shop){.cli = c, .key = at->key, .currency = S("USD"), .memory = arena_new(0)};
    s->run = arena_printf(c->memory, "%llx", (unsigned long long)random_u64());
    s->client = http_client_new(at->port);
    return shop_ask(s, "GET", S("/readyz"), (str){NULL, 0}, 200);
}

void shop_forget(shop *s)
{
    json_free(s->document);
    s->document = NULL;
    s->answer = (http_answer){0};
    arena_reset(s->memory);
}

void shop_close(shop *s)
{
    shop_forget(s);
    http_client_free(s->client);
    arena_free(s->memory);
}

/* Each write is a piece of work of its own, unless the caller has named it. */
static void put_key(shop *s, buf *head)
{
    if (s->once.n > 0)
        buf_printf(head, "Idempotency-Key: %.*s\r\n", STR_ARG(s->once));
    else
        buf_printf(head, "Idempotency-Key: %.*s-%llu\r\n", STR_ARG(s->run),
                   (unsigned long long)s->sequence++);
}

int shop_try(shop *s, const char *method, str target, str body)
{
    buf head;
    buf_init(&head, SHOP_HEAD_MAX);
    buf_printf(&head, "Authorization: Bearer %.*s\r\n", STR_ARG(s->key));
    if (strcmp(method, "GET") != 0)
        put_key(s, &head);
    if (s->if_version > 0)
        buf_printf(&head, "If-Match: \"v%lld\"\r\n", (long long)s->if_version);
    http_ask ask = {method, target, arena_str(s->memory, buf_view(&head)), body};
    buf_free(&head);
    s->answer = http_client_ask(s->client, &ask, s->memory);
    json_free(s->document);
    s->document = NULL;
    if (s->answer.body.n > 0 && s->answer.body.p[0] == '{' &&
        json_parse(s->answer.body, &s->document, NULL) != R_DONE) {
        s->document = NULL;
    }
    return s->answer.status;
}

static result result_of_code(str code)
{
    for (int n = 1; n <= RESULT_NUMBER_MAX; n++)
        if (result_is_known(n) && str_eq(result_code((result)n), code))
            return (result)n;
    return R_INTERNAL;
}

/* What is wrong with each field; or what the problem says of itself. */
static str sentence_of(const shop *s)
{
    const json *errors = json_field(s->document, S("errors")), *at = NULL;
    str all = {NULL, 0}, title = shop_text(s, S("title")), detail = shop_text(s, S("detail"));
    while ((at = json_item_next(errors, at)) != NULL) {
        const json *field = json_field(at, S("field")), *why = json_field(at, S("detail"));
        if (json_kind_of(field) == JSON_KIND_STR && json_kind_of(why) == JSON_KIND_STR)
            all = arena_printf(s->memory, "%.*s%s%.*s%s%.*s", STR_ARG(all), all.n == 0 ? "" : "; ",
                               STR_ARG(json_str(field)), json_str(field).n == 0 ? "" : ": ",
                               STR_ARG(json_str(why)));
    }
    if (all.n > 0)
        return all;
    return detail.n == 0 ? title
                         : arena_printf(s->memory, "%.*s %.*s", STR_ARG(title), STR_ARG(detail));
}

cli_exit shop_refused(const shop *s, const char *method, str target)
{
    int status = s->answer.status;
    if (status == 0)
        return cli_fail(s->cli, CLI_ENVIRONMENT, "the server does not answer");
    str code = shop_text(s, S("code"));
    if (code.n == 0)
        return cli_fail(s->cli, CLI_FAILED, "%s %.*s was answered with %d: %.*s", method,
                        STR_ARG(target), status, STR_ARG(s->answer.body));
    cli_tell(s->cli, code, sentence_of(s));
    return cli_exit_of(result_of_code(code));
}

cli_exit shop_ask(shop *s, const char *method, str target, str body, int status)
{
    return shop_try(s, method, target, body) == status ? CLI_OK : shop_refused(s, method, target);
}

str shop_text(const shop *s, str name)
{
    const json *value = json_field(s->document, name);
    return json_kind_of(value) == JSON_KIND_STR ? arena_str(s->memory, json_str(value))
                                                : (str){NULL, 0};
}

int64_t shop_amount(const shop *s, str name)
{
    const json *value = json_field(json_field(s->document, name), S("amount"));
    return json_kind_of(value) == JSON_KIND_INT ? json_int(value) : 0;
}

static void put_text(json_writer *w, str name, str value)
{
    json_key(w, name);
    json_put_str(w, value);
}

static void put_money(json_writer *w, const shop *s, str name, int64_t minor)
{
    json_key(w, name);
    json_begin_object(w);
    json_key(w, S("amount"));
    json_put_i64(w, minor);
    put_text(w, S("currency"), s->currency);
    json_end_object(w);
}

static void put_window(json_writer *w, str name)
{
    int64_t now = clock_wall_ms();
    json_key(w, name);
    json_begin_object(w);
    json_key(w, S("from"));
    json_put_time(w, now - MS_DAY);
    json_key(w, S("until"));
    json_put_time(w, now + 365 * MS_DAY);
    json_end_object(w);
}

/* Sends a finished document; the id of what was made is kept for the whole run. */
static cli_exit create(shop *s, str target, buf *document, str *id)
{
    cli_exit code = shop_ask(s, "POST", target, arena_str(s->memory, buf_view(document)), 201);
    buf_free(document);
    *id = arena_str(s->cli->memory, shop_text(s, S("id")));
    return code;
}

cli_exit shop_campaign(shop *s, str name, str *id)
{
    buf b;
    buf_init(&b, SHOP_BODY_MAX);
    json_writer w = json_writer_on(&b);
    json_begin_object(&w);
    put_text(&w, S("name"), name);
    put_text(&w, S("currency"), s->currency);
    put_window(&w, S("claim_window"));
    put_window(&w, S("use_window"));
    json_end_object(&w);
    return create(s, S("/v1/campaigns"), &b, id);
}

static void put_benefit(json_writer *w, const shop *s, const shop_template *t)
{
    json_key(w, S("benefit"));
    json_begin_object(w);
    put_text(w, S("kind"), t->amount_minor > 0 ? S("amount_off") : S("percent_off"));
    if (t->amount_minor > 0) {
        put_money(w, s, S("amount"), t->amount_minor);
    } else {
        json_key(w, S("percent"));
        json_put_str(w, t->percent);
        put_money(w, s, S("cap"), t->cap_minor);
    }
    put_money(w, s, S("minimum_spend"), t->minimum_minor);
    json_end_object(w);
}

static void put_limits(json_writer *w, const shop_template *t)
{
    if (t->per_user == 0) {
        return;
    }
    json_key(w, S("limits"));
    json_begin_array(w);
    json_begin_object(w);
    put_text(w, S("measure"), S("claims"));
    put_text(w, S("subject"), S("user"));
    put_text(w, S("period"), S("ever"));
    json_key(w, S("max"));
    json_put_i64(w, t->per_user);
    json_end_object(w);
    json_end_array(w);
}

cli_exit shop_template_create(shop *s, str campaign_id, const shop_template *t, str *id)
{
    buf b;
    buf_init(&b, SHOP_BODY_MAX);
    json_writer w = json_writer_on(&b);
    json_begin_object(&w);
    put_text(&w, S("name"), t->name);
    put_benefit(&w, s, t);
    json_key(&w, S("validity"));
    json_begin_object(&w);
    put_text(&w, S("kind"), S("after_issue"));
    json_key(&w, S("duration_days"));
    json_put_i64(&w, 30);
    json_end_object(&w);
    if (t->stock >= 0) {
        json_key(&w, S("stock"));
        json_put_i64(&w, t->stock);
    }
    put_limits(&w, t);
    json_end_object(&w);
    return create(s, arena_printf(s->memory, "/v1/campaigns/%.*s/templates", STR_ARG(campaign_id)),
                  &b, id);
}

cli_exit shop_start(shop *s, str campaign_id)
{
    str target = arena_printf(s->memory, "/v1/campaigns/%.*s/state", STR_ARG(campaign_id));
    return shop_ask(s, "POST", target, S("{\"state\":\"active\"}"), 200);
}
