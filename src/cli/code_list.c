/* `quan codes bind` and `quan codes supply`: a file of users who get codes of a personal batch, or
 * of a partner's codes, to a running server. */
#include "base/id.h"
#include "cli/upload.h"
#include "domain/code/bind.h"
#include "domain/limit/partner.h"

enum { KEY_TO = 1, KEY_COLUMN, KEY_NO_HEADER, KEY_AGAIN };

/* What differs. */
typedef struct list_kind {
    id_kind of;
    const char *of_what, *what; /* "batch", "user" */
    const char *path, *behind;  /* around the id */
    size_t part_lines;
    bool exact;
} list_kind;

typedef struct list_wish {
    cli_server server;
    const list_kind *kind;
    const char *to, *file, *column;
    uint64_t id;
    bool headless, again;
} list_wish;

static const struct argp_option options[] = {
    {.name = "to",
     .key = KEY_TO,
     .arg = "DIR",
     .doc = "Where accepted.csv, already.csv, duplicate.csv and invalid.csv are written"},
    {.name = "column",
     .key = KEY_COLUMN,
     .arg = "NAME",
     .doc = "Of the header line. Default: what a line is, user or code"},
    {.name = "no-header",
     .key = KEY_NO_HEADER,
     .doc = "There is no header line; the first field of each line is it"},
    {.name = "again", .key = KEY_AGAIN, .doc = "Write lists anew that are there"},
    {0}};

static void take_argument(list_wish *w, char *argument, struct argp_state *state)
{
    if (state->arg_num > 1)
        argp_error(state, "one file at a time");
    if (state->arg_num == 1)
        w->file = argument;
    else if (!id_parse(w->kind->of, str_of(argument), &w->id))
        argp_error(state, "\"%s\" is not the id of a %s", argument, w->kind->of_what);
}

static error_t option(int key, char *argument, struct argp_state *state)
{
    list_wish *w = state->input;
    switch (key) {
    case KEY_TO:
        w->to = argument;
        return 0;
    case KEY_COLUMN:
        w->column = argument;
        return 0;
    case KEY_NO_HEADER:
        w->headless = true;
        return 0;
    case KEY_AGAIN:
        w->again = true;
        return 0;
    case ARGP_KEY_ARG:
        take_argument(w, argument, state);
        return 0;
    case ARGP_KEY_END:
        if (w->file == NULL || w->to == NULL)
            argp_error(state, "a %s, a file and --to are needed", w->kind->of_what);
        if (w->headless && w->column != NULL)
            argp_error(state, "--column is the name in a header line");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static cli_exit begin(void *context, str *target)
{
    *target = *(const str *)context;
    return CLI_OK;
}

static cli_exit run(cli_context *c, const list_wish *w, shop *s)
{
    char id[ID_TEXT_MAX];
    str of = arena_str(c->memory, (str){id, id_text(w->kind->of, w->id, id)});
    str target = arena_printf(c->memory, "%s%.*s%s", w->kind->path, STR_ARG(of), w->kind->behind);
    str more = arena_printf(c->memory, "\"%s\":\"%.*s\",", w->kind->of_what, STR_ARG(of));
    upload_totals totals = {0};
    const char *named = w->column == NULL ? w->kind->what : w->column;
    upload_wish lines = {.file = w->file,
                         .column = w->headless ? NULL : named,
                         .what = w->kind->what,
                         .part_lines = w->kind->part_lines,
                         .to = w->to,
                         .exact = w->kind->exact,
                         .again = w->again,
                         .begin = begin,
                         .context = &target};
    cli_exit code = upload_file(s, c, &lines, &totals);
    return code == CLI_OK ? upload_print(c, of, more, &totals) : code;
}

static cli_exit send_list(cli_context *c, const list_kind *kind, const char *synopsis)
{
    list_wish w = {.server = {.rights = "the scope admin"}, .kind = kind};
    shop s;
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = synopsis,
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

cli_exit cli_codes_bind(cli_context *c)
{
    static const list_kind users = {ID_CODE_BATCH, "batch",       "user", "/v1/codes/batches/",
                                    "/users",      CODE_BIND_MAX, true};
    return send_list(c, &users, "BATCH FILE");
}

cli_exit cli_codes_supply(cli_context *c)
{
    static const list_kind codes = {ID_TEMPLATE,      "template",        "code", "/v1/templates/",
                                    "/partner_codes", PARTNER_LINES_MAX, false};
    return send_list(c, &codes, "TEMPLATE FILE");
}
