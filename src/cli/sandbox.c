/* See sandbox.h. */
#include "cli/sandbox.h"

#include "base/id.h"
#include "port/secret.h"
#include "port/zone.h"

enum { SANDBOX_WHY_MAX = 4096, SANDBOX_SCOPES_ALL = 15 };

static int64_t sandbox_clock(void *context)
{
    return atomic_load(&((sandbox *)context)->now_ms);
}

static result open_all(sandbox *s, buf *why)
{
    /* One lane: ids follow each other the same way every time. */
    app_options options = {.engine = S("mem"),
                           .store = {.lanes = 1, .threads = true},
                           .zone_find = zone_find,
                           .clock_ms = sandbox_clock,
                           .clock_context = s};
    result r = app_open(&options, &s->app, why);
    if (r != R_DONE)
        return r;
    s->api = s->cli->wiring->api_new(s->app, s->cli->settings);
    http_options http = http_options_default();
    http_service service = s->cli->wiring->api_service(s->api);
    r = http_server_start(&http, &service, &s->http, why);
    if (r == R_DONE)
        s->cli->wiring->api_set_ready(s->api, true);
    return r;
}

cli_exit sandbox_open(const cli_context *c, int64_t now_ms, arena *memory, sandbox *out)
{
    *out = (sandbox){.cli = c};
    atomic_init(&out->now_ms, now_ms);
    buf why;
    buf_init(&why, SANDBOX_WHY_MAX);
    cli_exit code = CLI_OK;
    if (open_all(out, &why) != R_DONE)
        code = cli_fail(c, CLI_ENVIRONMENT, "no server of its own can be started: %.*s",
                        STR_ARG(buf_view(&why)));
    buf_free(&why);
    if (code != CLI_OK)
        return code;
    out->client = http_client_new(http_server_port(out->http));
    out->operator_key = sandbox_key(out, 0, memory);
    return out->operator_key.n > 0 ? CLI_OK : cli_fail(c, CLI_FAILED, "no key could be made");
}

void sandbox_close(sandbox *s)
{
    http_client_free(s->client);
    if (s->api != NULL)
        s->cli->wiring->api_set_ready(s->api, false);
    if (s->app != NULL)
        app_drain(s->app);
    http_server_stop(s->http);
    s->cli->wiring->api_free(s->api);
    app_close(s->app);
}

str sandbox_key(sandbox *s, uint64_t merchant_id, arena *memory)
{
    char *secret = arena_alloc(memory, SECRET_KEY_LENGTH);
    secret_key_make(secret);
    str text = {secret, SECRET_KEY_LENGTH};
    hash128 h = secret_key_hash(text);
    key_put_in in = {.hi = h.hi,
                     .lo = h.lo,
                     .merchant = merchant_id,
                     .scopes = SANDBOX_SCOPES_ALL,
                     .name = S("sandbox")};
    row_out out = {0};
    act_call call = {.app = s->app,
                     .id = ACT_ID_key_put,
                     .slot = slot_of_hash(h.hi),
                     .in = &in,
                     .out = &out,
                     .memory = memory};
    return cli_act(&call) == R_DONE ? text : S("");
}

http_answer sandbox_request(sandbox *s, const sandbox_ask *ask, arena *memory)
{
    unsigned long long trace = ask->trace;
    str headers = arena_printf(memory,
                               "Authorization: Bearer %.*s\r\nIdempotency-Key: %llu\r\n"
                               "traceparent: 00-%032llx-%016llx-01\r\n",
                               STR_ARG(ask->key), (unsigned long long)++s->asked, trace, trace);
    if (ask->if_match.n > 0)
        headers = arena_printf(memory, "%.*sIf-Match: %.*s\r\n", STR_ARG(headers),
                               STR_ARG(ask->if_match));
    http_ask sent = {ask->method, ask->target, headers, ask->body};
    return http_client_ask(s->client, &sent, memory);
}
