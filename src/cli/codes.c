/* `quan codes export`: the codes of a batch as CSV, from a running server, part by part. Memory
 * does not grow with the batch. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/id.h"
#include "cli/progress.h"
#include "cli/shop.h"

enum { KEY_TO = 1, KEY_FROM, PART = 100000 };

typedef struct export_wish {
    cli_server server;
    const char *to;
    uint64_t batch, from;
} export_wish;

static const struct argp_option options[] = {
    {.name = "to", .key = KEY_TO, .arg = "FILE", .doc = "A new file. Default: standard output"},
    {.name = "from",
     .key = KEY_FROM,
     .arg = "N",
     .doc = "Leave the first N codes out: go on where an export has stopped"},
    {0}};

static error_t option(int key, char *argument, struct argp_state *state)
{
    export_wish *w = state->input;
    switch (key) {
    case KEY_TO:
        w->to = argument;
        return 0;
    case KEY_FROM:
        if (!str_to_u64(str_of(argument), &w->from))
            argp_error(state, "\"%s\" is not a number", argument);
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0 || !id_parse(ID_CODE_BATCH, str_of(argument), &w->batch))
            argp_error(state, "\"%s\" is not the id of a batch", argument);
        return 0;
    case ARGP_KEY_END:
        if (w->batch == 0)
            argp_error(state, "say which batch, by its id; `quan codes batch list` shows them");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

typedef struct exporting {
    cli_context *context;
    const export_wish *wish;
    shop shop;
    FILE *out;
    uint64_t count; /* of the batch */
    str target;
} exporting;

/* Header line and n code lines, of which the header is left out but for the first part. */
static cli_exit write_part(exporting *e, uint64_t at, uint64_t n)
{
    str body = e->shop.answer.body, header;
    uint64_t lines = 0;
    str rest = body;
    if (!str_cut(&rest, '\n', &header))
        rest.n = 0;
    for (size_t i = 0; i < rest.n; i++)
        lines += rest.p[i] == '\n';
    if (lines != n)
        return cli_fail(e->context, CLI_FAILED, "the server gave %llu codes in place of %llu",
                        (unsigned long long)lines, (unsigned long long)n);
    str part = at == e->wish->from ? body : rest;
    if (fwrite(part.p, 1, part.n, e->out) != part.n)
        return cli_fail(e->context, CLI_ENVIRONMENT, "the codes cannot be written: %s",
                        strerror(errno));
    return CLI_OK;
}

static cli_exit write_all(exporting *e)
{
    progress bar;
    cli_exit code = CLI_OK;
    progress_begin(&bar, e->context, "codes", e->count);
    for (uint64_t at = e->wish->from; at < e->count && code == CLI_OK;) {
        uint64_t n = e->count - at < PART ? e->count - at : PART;
        shop_forget(&e->shop);
        str body = arena_printf(e->shop.memory, "{\"from\":%llu,\"count\":%llu}",
                                (unsigned long long)at, (unsigned long long)n);
        code = shop_ask(&e->shop, "POST", e->target, body, 200);
        if (code == CLI_OK)
            code = write_part(e, at, n);
        at += n;
        progress_at(&bar, at);
    }
    progress_end(&bar);
    return code;
}

static cli_exit look_up(exporting *e)
{
    char id[ID_TEXT_MAX];
    (void)id_text(ID_CODE_BATCH, e->wish->batch, id);
    arena *memory = e->context->memory;
    cli_exit code = shop_ask(&e->shop, "GET", arena_printf(memory, "/v1/codes/batches/%s", id),
                             (str){NULL, 0}, 200);
    if (code != CLI_OK)
        return code;
    const json *count = json_field(e->shop.document, S("count"));
    e->count = json_kind_of(count) == JSON_KIND_INT ? (uint64_t)json_int(count) : 0;
    e->target = arena_printf(memory, "/v1/codes/batches/%s/export", id);
    if (e->wish->from < e->count)
        return CLI_OK;
    return cli_fail(e->context, CLI_FAILED, "the batch has %llu codes",
                    (unsigned long long)e->count);
}

static cli_exit run_export(exporting *e)
{
    const char *to = e->wish->to;
    cli_exit code = look_up(e);
    if (code != CLI_OK)
        return code;
    e->out = to == NULL ? stdout : fopen(to, "wxe");
    if (e->out == NULL)
        return cli_fail(e->context, CLI_ENVIRONMENT, "%s cannot be made: %s", to, strerror(errno));
    code = write_all(e);
    bool whole = to == NULL ? fflush(e->out) == 0 : fclose(e->out) == 0;
    if (code == CLI_OK && !whole)
        code = cli_fail(e->context, CLI_ENVIRONMENT, "the codes cannot be written: %s",
                        strerror(errno));
    return code;
}

cli_exit cli_codes_export(cli_context *c)
{
    export_wish w = {.server = {.rights = "the scopes admin and read"}};
    exporting e = {.context = c, .wish = &w};
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = "BATCH",
                                              .options = options,
                                              .parse = option,
                                              .into = &w,
                                              .server = &w.server});
    if (code != CLI_OK)
        return code;
    code = shop_open(c, &e.shop, &w.server);
    if (code == CLI_OK)
        code = run_export(&e);
    shop_close(&e.shop);
    return code;
}
