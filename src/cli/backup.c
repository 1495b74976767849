/* `quan backup`: a copy of the store, of a data directory that no server has open, or by asking the
 * server that has it open. */
#include "app/backup.h"

#include <stdio.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/shop.h"

enum { KEY_TO = 1, WHY_MAX = 4096, ASK_EVERY_MS = 200 };

typedef struct backup_wish {
    cli_context *context;
    const char *to;
    cli_server server;
    progress bar;
} backup_wish;

static const struct argp_option options[] = {
    {.name = "to",
     .key = KEY_TO,
     .arg = "DIR",
     .doc = "Where to: empty, or not there yet; absolute with --server"},
    {0}};

static error_t option(int key, char *argument, struct argp_state *state)
{
    backup_wish *w = state->input;
    switch (key) {
    case KEY_TO:
        w->to = argument;
        return 0;
    case ARGP_KEY_END:
        if (w->to == NULL)
            argp_error(state, "--to is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool advance(void *context, uint64_t bytes, uint64_t total)
{
    backup_wish *w = context;
    w->bar.total = total;
    progress_at(&w->bar, bytes);
    return true;
}

static cli_exit show(cli_context *c, str directory, uint64_t bytes)
{
    buf out;
    buf_init(&out, 1 << 16);
    json_writer w = json_writer_on(&out);
    if (c->json) {
        json_begin_object(&w);
        json_key(&w, S("directory"));
        json_put_str(&w, directory);
        json_key(&w, S("bytes"));
        json_put_u64(&w, bytes);
        json_end_object(&w);
    } else {
        buf_printf(&out, "%llu bytes in %.*s", (unsigned long long)bytes, STR_ARG(directory));
    }
    buf_char(&out, '\n');
    cli_exit code = cli_print(c, &out);
    buf_free(&out);
    return code;
}

/* ---- a data directory ---- */

static cli_exit here(backup_wish *w)
{
    cli_context *c = w->context;
    app *a = NULL;
    cli_exit code = cli_open(c, false, &a);
    if (code != CLI_OK)
        return code;
    buf why;
    buf_init(&why, WHY_MAX);
    backup_report report;
    backup_watch watch = {.context = w, .progress = advance};
    progress_begin(&w->bar, c, "backup", 0);
    result r = backup_make(a, str_of(w->to), &watch, &report, &why);
    progress_end(&w->bar);
    app_close(a);
    code = r == R_DONE      ? show(c, str_of(w->to), report.bytes)
           : r == R_INVALID ? cli_fail(c, CLI_ENVIRONMENT, "%.*s", STR_ARG(buf_view(&why)))
                            : cli_refuse(c, r, buf_view(&why));
    buf_free(&why);
    return code;
}

/* ---- a server ---- */

/* Until the job has ended; its state. */
static cli_exit wait_for(shop *s, backup_wish *w, str id, str *state)
{
    arena *m = w->context->memory;
    str target = arena_printf(m, "/v1/backups/%.*s", STR_ARG(id));
    for (;;) {
        cli_exit code = shop_ask(s, "GET", target, (str){NULL, 0}, 200);
        if (code != CLI_OK)
            return code;
        *state = arena_str(m, shop_text(s, S("state")));
        if (!str_eq(*state, S("waiting")) && !str_eq(*state, S("running")))
            return CLI_OK;
        const json *done = json_field(s->document, S("done"));
        if (json_kind_of(done) == JSON_KIND_INT)
            progress_at(&w->bar, (uint64_t)json_int(done));
        shop_forget(s);
        struct timespec pause = {.tv_nsec = ASK_EVERY_MS * 1000000L};
        (void)nanosleep(&pause, NULL);
    }
}

static cli_exit ask(shop *s, backup_wish *w)
{
    cli_context *c = w->context;
    buf body;
    buf_init(&body, 1 << 16);
    json_writer writer = json_writer_on(&body);
    json_begin_object(&writer);
    json_key(&writer, S("directory"));
    json_put_str(&writer, str_of(w->to));
    json_end_object(&writer);
    cli_exit code = shop_ask(s, "POST", S("/v1/backups"), buf_view(&body), 202);
    buf_free(&body);
    if (code != CLI_OK)
        return code;
    str id = arena_str(c->memory, shop_text(s, S("id"))), state = {NULL, 0};
    progress_begin(&w->bar, c, "backup", 0);
    code = wait_for(s, w, id, &state);
    progress_end(&w->bar);
    if (code != CLI_OK)
        return code;
    if (!str_eq(state, S("done"))) {
        str error = shop_text(s, S("error"));
        return cli_fail(c, CLI_FAILED, "the backup is %.*s: %.*s", STR_ARG(state), STR_ARG(error));
    }
    const json *done = json_field(s->document, S("done"));
    return show(c, str_of(w->to),
                json_kind_of(done) == JSON_KIND_INT ? (uint64_t)json_int(done) : 0);
}

static cli_exit there(backup_wish *w)
{
    if (w->to[0] != '/')
        return cli_fail(w->context, CLI_USAGE, "--server needs an absolute --to");
    shop s;
    cli_exit code = shop_open(w->context, &s, &w->server);
    if (code == CLI_OK)
        code = ask(&s, w);
    shop_close(&s);
    return code;
}

cli_exit cli_backup(cli_context *c)
{
    backup_wish w = {.context = c,
                     .server = {.rights = "the rights of the operator", .optional = true}};
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = "",
                                              .options = options,
                                              .parse = option,
                                              .into = &w,
                                              .settings = CLI_SETTINGS_STORE,
                                              .server = &w.server});
    if (code != CLI_OK)
        return code;
    return w.server.port == 0 ? here(&w) : there(&w);
}
