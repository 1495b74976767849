/* `quan codes import`: a file of a merchant's own codes to a running server. */
#include <stdio.h>

#include "base/id.h"
#include "base/time.h"
#include "cli/upload.h"
#include "domain/code/upload.h"

enum {
    KEY_TO = 1,
    KEY_BATCH,
    KEY_NAME,
    KEY_TEMPLATE,
    KEY_EXPIRES,
    KEY_COLUMN,
    KEY_NO_HEADER,
    KEY_NO_FINISH,
    TEXT_MAX = 8192,
};

typedef struct import_wish {
    cli_server server;
    const char *to, *file, *column;
    str name, template, expires;
    uint64_t batch;
    bool headless, unfinished;
} import_wish;

static const struct argp_option options[] = {
    {.name = "to",
     .key = KEY_TO,
     .arg = "DIR",
     .doc = "Where accepted.csv, already.csv, duplicate.csv and invalid.csv are written"},
    {.name = "name", .key = KEY_NAME, .arg = "NAME", .doc = "Of a new batch"},
    {.name = "template", .key = KEY_TEMPLATE, .arg = "ID", .doc = "Of a new batch"},
    {.name = "expires-at", .key = KEY_EXPIRES, .arg = "TIME", .doc = "Of a new batch"},
    {.name = "batch",
     .key = KEY_BATCH,
     .arg = "ID",
     .doc = "Go on with this batch, with the same file"},
    {.name = "column",
     .key = KEY_COLUMN,
     .arg = "NAME",
     .doc = "Of the header line. Default: code"},
    {.name = "no-header",
     .key = KEY_NO_HEADER,
     .doc = "There is no header line; the first field of each line is the code"},
    {.name = "no-finish",
     .key = KEY_NO_FINISH,
     .doc = "Leave the codes unusable, to look at the lists first; --batch finishes"},
    {0}};

static error_t text_option(import_wish *w, int key, const char *argument)
{
    switch (key) {
    case KEY_TO:
        w->to = argument;
        return 0;
    case KEY_NAME:
        w->name = str_of(argument);
        return 0;
    case KEY_TEMPLATE:
        w->template = str_of(argument);
        return 0;
    case KEY_EXPIRES:
        w->expires = str_of(argument);
        return 0;
    case KEY_COLUMN:
        w->column = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void check_wish(const import_wish *w, struct argp_state *state)
{
    bool makes = w->name.n > 0 && w->template.n > 0;
    bool says = w->name.n > 0 || w->template.n > 0 || w->expires.n > 0;
    if (w->file == NULL || w->to == NULL)
        argp_error(state, "a file and --to are needed");
    if (w->batch == 0 ? !makes : says)
        argp_error(state, "either --name and --template, or --batch");
    if (w->headless && w->column != NULL)
        argp_error(state, "--column is the name in a header line");
}

static error_t option(int key, char *argument, struct argp_state *state)
{
    import_wish *w = state->input;
    switch (key) {
    case KEY_BATCH:
        if (!id_parse(ID_CODE_BATCH, str_of(argument), &w->batch))
            argp_error(state, "\"%s\" is not the id of a batch", argument);
        return 0;
    case KEY_NO_HEADER:
        w->headless = true;
        return 0;
    case KEY_NO_FINISH:
        w->unfinished = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "one file at a time");
        w->file = argument;
        return 0;
    case ARGP_KEY_END:
        check_wish(w, state);
        return 0;
    default:
        return text_option(w, key, argument);
    }
}

/* ---- the batch ---- */

/* What upload_file begins. */
typedef struct beginning {
    const import_wish *wish;
    shop *shop;
    str batch; /* empty: not yet */
} beginning;

static cli_exit create(const import_wish *w, shop *s, str *batch)
{
    buf b;
    buf_init(&b, TEXT_MAX);
    json_writer j = json_writer_on(&b);
    json_begin_object(&j);
    json_key(&j, S("name"));
    json_put_str(&j, w->name);
    json_key(&j, S("template"));
    json_put_str(&j, w->template);
    if (w->expires.n > 0) {
        json_key(&j, S("expires_at"));
        json_put_str(&j, w->expires);
    }
    json_end_object(&j);
    cli_exit code = shop_ask(s, "POST", S("/v1/codes/imports"), buf_view(&b), 201);
    buf_free(&b);
    if (code != CLI_OK)
        return code;
    *batch = arena_str(s->cli->memory, shop_text(s, S("id")));
    fprintf(stderr,
            "The batch is %.*s; where this is stopped, --batch %.*s in place of --name and "
            "--template goes on.\n",
            STR_ARG(*batch), STR_ARG(*batch));
    return CLI_OK;
}

static cli_exit look_up(const import_wish *w, shop *s, str *batch)
{
    char id[ID_TEXT_MAX];
    *batch = arena_str(s->cli->memory, (str){id, id_text(ID_CODE_BATCH, w->batch, id)});
    str target = arena_printf(s->cli->memory, "/v1/codes/batches/%.*s", STR_ARG(*batch));
    cli_exit code = shop_ask(s, "GET", target, (str){NULL, 0}, 200);
    const json *import = json_field(s->document, S("import"));
    const json *lines = json_field(import, S("lines"));
    if (code == CLI_OK && json_kind_of(lines) != JSON_KIND_INT)
        return cli_fail(s->cli, CLI_FAILED, "the codes of %.*s are not imported", STR_ARG(*batch));
    if (code == CLI_OK)
        fprintf(stderr, "%lld lines are in; what became of them is listed again.\n",
                (long long)json_int(lines));
    return code;
}

static cli_exit begin(void *context, str *target)
{
    beginning *b = context;
    cli_exit code = b->batch.n > 0 ? CLI_OK : create(b->wish, b->shop, &b->batch);
    *target = arena_printf(b->shop->cli->memory, "/v1/codes/imports/%.*s/parts", STR_ARG(b->batch));
    return code;
}

/* ---- the whole ---- */

static cli_exit print(const cli_context *c, str batch, bool finished, const upload_totals *t)
{
    str of = arena_printf(c->memory, "%.*s is %sfinished", STR_ARG(batch), finished ? "" : "not ");
    str more = arena_printf(c->memory, "\"batch\":\"%.*s\",\"finished\":%s,", STR_ARG(batch),
                            finished ? "true" : "false");
    return upload_print(c, of, more, t);
}

/* A batch that is there is looked up before lists of an earlier time are written anew; another one
 * is made last. */
static cli_exit run(cli_context *c, const import_wish *w, shop *s)
{
    beginning made = {.wish = w, .shop = s};
    upload_totals totals = {0};
    cli_exit code = w->batch == 0 ? CLI_OK : look_up(w, s, &made.batch);
    if (code != CLI_OK)
        return code;
    upload_wish lines = {.file = w->file,
                         .column = w->headless         ? NULL
                                   : w->column == NULL ? "code"
                                                       : w->column,
                         .what = "code",
                         .part_lines = UPLOAD_PART_MAX,
                         .to = w->to,
                         .tells_more = true,
                         .again = w->batch != 0,
                         .begin = begin,
                         .context = &made};
    code = upload_file(s, c, &lines, &totals);
    str target = arena_printf(c->memory, "/v1/codes/imports/%.*s/finish", STR_ARG(made.batch));
    if (code == CLI_OK && !w->unfinished)
        code = shop_ask(s, "POST", target, S("{}"), 200);
    return code == CLI_OK ? print(c, made.batch, !w->unfinished, &totals) : code;
}

cli_exit cli_codes_import(cli_context *c)
{
    import_wish w = {.server = {.rights = "the scopes admin and read"}};
    shop s;
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = "FILE",
                                              .options = options,
                                              .parse = option,
                                              .into = &w,
                                              .server = &w.server});
    if (code != CLI_OK)
        return code;
    code = shop_open(c, &s, &w.server);
    if (code == CLI_OK)
        code = run(c, &w, &s);
    shop_close(&s);
    return code;
}
