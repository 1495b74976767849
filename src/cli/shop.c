/* See shop.h. */
#include "cli/shop.h"

#include <string.h>

#include "base/time.h"
#include "port/clock.h"
#include "port/disk.h"
#include "port/random.h"

enum { SHOP_BODY_MAX = 4 * 1024 * 1024, SHOP_KEY_FILE_MAX = 4096, SHOP_WHY_MAX = 8192 };

bool shop_port(const char *url, uint16_t *port)
{
    str rest = str_of(url);
    static const char *const starts[] = {"http://127.0.0.1:", "http://localhost:"};
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        str start = str_of(starts[i]);
        uint64_t n = 0;
        if (!str_starts(rest, start)) {
            continue;
        }
        str digits = {rest.p + start.n, rest.n - start.n};
        if (str_ends(digits, S("/"))) {
            digits.n--;
        }
        if (str_to_u64(digits, &n) && n > 0 && n <= UINT16_MAX) {
            *port = (uint16_t)n;
            return true;
        }
    }
    return false;
}

cli_exit shop_key(const cli_context *c, str given, str *key)
{
    *key = given;
    if (!str_starts(given, S("@")))
        return CLI_OK;
    str path = {given.p + 1, given.n - 1}, text = {NULL, 0};
    cli_exit code = CLI_OK;
    buf why;
    buf_init(&why, SHOP_WHY_MAX);
    if (disk_read(path, SHOP_KEY_FILE_MAX, c->memory, &text, &why) != R_DONE)
        code = cli_fail(c, CLI_ENVIRONMENT, "--key: %.*s", STR_ARG(buf_view(&why)));
    buf_free(&why);
    if (!str_cut(&text, '\n', key))
        *key = (str){NULL, 0};
    *key = str_trim(*key);
    if (code == CLI_OK && key->n == 0)
        code = cli_fail(c, CLI_USAGE, "--key: the first line of %.*s is empty", STR_ARG(path));
    return code;
}

cli_exit shop_open(const cli_context *c, shop *s, const char *url, str key)
{
    uint16_t port = 0;
    *s = (shop){.cli = c, .key = key, .currency = S("USD"), .memory = arena_new(0)};
    if (!shop_port(url, &port)) {
        return cli_fail(c, CLI_USAGE, "--server is a URL such as http://127.0.0.1:8080");
    }
    s->run = arena_printf(c->memory, "%llx", (unsigned long long)random_u64());
    s->client = http_client_new(port);
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

int shop_try(shop *s, const char *method, str target, str body)
{
    buf head;
    buf_init(&head, 4096);
    buf_printf(&head, "Authorization: Bearer %.*s\r\n", STR_ARG(s->key));
    if (strcmp(method, "GET") != 0) {
        buf_printf(&head, "Idempotency-Key: %.*s-%llu\r\n", STR_ARG(s->run),
                   (unsigned long long)s->sequence++);
    }
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

cli_exit shop_ask(shop *s, const char *method, str target, str body, int status)
{
    int got = shop_try(s, method, target, body);
    if (got == status) {
        return CLI_OK;
    }
    if (got == 0) {
        return cli_fail(s->cli, CLI_ENVIRONMENT, "the server does not answer");
    }
    return cli_fail(s->cli, CLI_FAILED, "%s %.*s was answered with %d: %.*s", method,
                    STR_ARG(target), got, STR_ARG(s->answer.body));
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
