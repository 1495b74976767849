/* `quan codes export`: the codes of a batch as CSV, from a running server, part by part. Memory
 * does not grow with the batch.
 *
 * A number of a batch always gives the same code, so a file that was left behind (Ctrl-C, a crash)
 * tells by its whole lines where to go on: --resume cuts off what is behind the last of them, and
 * looks whether that one is of this batch. An encrypted file cannot be gone on with, and is not
 * left behind: what seals it goes with the process. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/id.h"
#include "cli/progress.h"
#include "cli/sealed.h"
#include "cli/shop.h"
#include "domain/code/format.h"
#include "domain/coupon/acts.h"

enum {
    KEY_TO = 1,
    KEY_FROM,
    KEY_RESUME,
    KEY_ENCRYPT,
    KEY_PASSPHRASE,
    PART = 100000,
    LINE_MAX_BYTES = CODE_SHOWN_MAX + 2 * USER_BYTES_MAX + 5, /* quoted, with end and NUL */
    FILE_MODE = 0600,                                         /* codes are worth what they become */
};

typedef struct export_wish {
    cli_server server;
    const char *to, *passphrase_file;
    uint64_t batch, from;
    bool resume, encrypt;
} export_wish;

static const struct argp_option options[] = {
    {.name = "to", .key = KEY_TO, .arg = "FILE", .doc = "A new file. Default: standard output"},
    {.name = "from",
     .key = KEY_FROM,
     .arg = "N",
     .doc = "Leave the first N codes of the batch out"},
    {.name = "resume",
     .key = KEY_RESUME,
     .doc = "Go on with --to where it stopped, with the --from that it began with; or begin it"},
    {.name = "encrypt", .key = KEY_ENCRYPT, .doc = "So that only the passphrase opens it"},
    {.name = "passphrase-file",
     .key = KEY_PASSPHRASE,
     .arg = "FILE",
     .doc = "For --encrypt. " CLI_PASSPHRASE_DOC},
    {0}};

static void check(const export_wish *w, struct argp_state *state)
{
    if (w->batch == 0)
        argp_error(state, "say which batch, by its id; `quan codes batch list` shows them");
    if (w->resume && w->to == NULL)
        argp_error(state, "--resume needs --to");
    if (w->resume && w->encrypt)
        argp_error(state, "an encrypted file cannot be gone on with; --from N writes what is "
                          "behind the first N codes to another");
    if (w->passphrase_file != NULL && !w->encrypt)
        argp_error(state, "--passphrase-file is for --encrypt");
}

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
    case KEY_RESUME:
        w->resume = true;
        return 0;
    case KEY_ENCRYPT:
        w->encrypt = true;
        return 0;
    case KEY_PASSPHRASE:
        w->passphrase_file = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0 || !id_parse(ID_CODE_BATCH, str_of(argument), &w->batch))
            argp_error(state, "\"%s\" is not the id of a batch", argument);
        return 0;
    case ARGP_KEY_END:
        check(w, state);
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
    sealed_writer *sealed; /* NULL: as it is */
    uint64_t at, count;    /* the next code; of the batch, that somebody may have */
    str heading;           /* of a personal one there are users behind the codes */
    bool headed;           /* it is written */
    str target, passphrase;
} exporting;

static cli_exit unwritable(const exporting *e)
{
    return cli_fail(e->context, CLI_ENVIRONMENT, "the codes cannot be written: %s",
                    strerror(errno));
}

/* ---- the server ---- */

static cli_exit look_up(exporting *e)
{
    char id[ID_TEXT_MAX];
    (void)id_text(ID_CODE_BATCH, e->wish->batch, id);
    arena *memory = e->context->memory;
    cli_exit code = shop_ask(&e->shop, "GET", arena_printf(memory, "/v1/codes/batches/%s", id),
                             (str){NULL, 0}, 200);
    if (code != CLI_OK)
        return code;
    const json *users = json_field(e->shop.document, S("users"));
    bool personal = json_kind_of(users) == JSON_KIND_INT;
    const json *count = personal ? users : json_field(e->shop.document, S("count"));
    e->heading = personal ? S("code,user\n") : S("code\n");
    e->count = json_kind_of(count) == JSON_KIND_INT ? (uint64_t)json_int(count) : 0;
    e->target = arena_printf(memory, "/v1/codes/batches/%s/export", id);
    e->at = e->wish->from;
    if (e->at < e->count)
        return CLI_OK;
    return cli_fail(e->context, CLI_FAILED, "the batch has %llu codes",
                    (unsigned long long)e->count);
}

/* n codes from `at` on, a line each; good until the next one. */
static cli_exit fetch(exporting *e, uint64_t at, uint64_t n, str *out)
{
    shop_forget(&e->shop);
    str body = arena_printf(e->shop.memory, "{\"from\":%llu,\"count\":%llu}",
                            (unsigned long long)at, (unsigned long long)n);
    cli_exit code = shop_ask(&e->shop, "POST", e->target, body, 200);
    uint64_t lines = 0;
    if (code != CLI_OK)
        return code;
    *out = e->shop.answer.body;
    if (str_starts(*out, e->heading))
        *out = (str){out->p + e->heading.n, out->n - e->heading.n};
    for (size_t i = 0; i < out->n; i++)
        lines += out->p[i] == '\n';
    if (lines == n && out->p[out->n - 1] == '\n')
        return CLI_OK;
    return cli_fail(e->context, CLI_FAILED, "the server gave %llu codes in place of %llu",
                    (unsigned long long)lines, (unsigned long long)n);
}

/* ---- the file ---- */

/* What is there of an export: whole lines. */
typedef struct remains {
    uint64_t codes;
    off_t end;                 /* of the last whole line */
    char last[LINE_MAX_BYTES]; /* that line */
    bool foreign;              /* something else than an export */
} remains;

static void read_remains(const exporting *e, remains *r)
{
    char line[LINE_MAX_BYTES];
    *r = (remains){0};
    while (!r->foreign && fgets(line, sizeof line, e->out) != NULL) {
        size_t n = strlen(line);
        bool whole = n > 0 && line[n - 1] == '\n', first = r->end == 0;
        r->foreign = first ? n > e->heading.n || memcmp(line, e->heading.p, n) != 0
                           : !whole && n + 1 == sizeof line;
        if (!whole)
            return; /* where it was cut off */
        r->codes += !first;
        r->end += (off_t)n;
        memcpy(r->last, line, n + 1);
    }
}

/* Goes on behind what is there. */
static cli_exit take_up(exporting *e)
{
    remains r;
    str last;
    const char *to = e->wish->to;
    read_remains(e, &r);
    if (ferror(e->out) != 0)
        return cli_fail(e->context, CLI_ENVIRONMENT, "%s cannot be read", to);
    if (r.foreign || r.codes > e->count - e->at)
        return cli_fail(e->context, CLI_FAILED, "%s is no export of this batch", to);
    e->at += r.codes;
    cli_exit code = r.codes == 0 ? CLI_OK : fetch(e, e->at - 1, 1, &last);
    if (code == CLI_OK && r.codes > 0 && !str_eq(last, str_of(r.last)))
        return cli_fail(e->context, CLI_FAILED,
                        "%s: its last code is not number %llu of this batch", to,
                        (unsigned long long)e->at);
    e->headed = r.end > 0;
    if (code == CLI_OK &&
        (ftruncate(fileno(e->out), r.end) != 0 || fseeko(e->out, r.end, SEEK_SET) != 0))
        return unwritable(e);
    return code;
}

static cli_exit open_file(exporting *e)
{
    const char *to = e->wish->to;
    bool again = e->wish->resume;
    e->out = stdout;
    if (to == NULL)
        return CLI_OK;
    int fd = open(to, O_CREAT | O_CLOEXEC | (again ? O_RDWR : O_WRONLY | O_EXCL), FILE_MODE);
    e->out = fd < 0 ? NULL : fdopen(fd, again ? "r+" : "w");
    if (e->out == NULL)
        return cli_fail(e->context, CLI_ENVIRONMENT, "%s cannot be made: %s", to, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return cli_fail(e->context, CLI_ENVIRONMENT, "another process writes %s", to);
    return again ? take_up(e) : CLI_OK;
}

static bool put(exporting *e, str text)
{
    return e->sealed != NULL ? sealed_put(e->sealed, text)
                             : fwrite(text.p, 1, text.n, e->out) == text.n && fflush(e->out) == 0;
}

static cli_exit close_file(exporting *e, cli_exit code)
{
    bool file = e->out != stdout && e->out != NULL;
    bool good = e->sealed == NULL || sealed_end(e->sealed, code == CLI_OK);
    if (e->out != NULL)
        good = (fflush(e->out) == 0 && (!file || fsync(fileno(e->out)) == 0)) && good;
    if (code == CLI_OK && !good)
        code = unwritable(e);
    if (file && fclose(e->out) != 0 && code == CLI_OK)
        code = unwritable(e);
    if (file && code != CLI_OK && e->wish->encrypt)
        MAYBE(unlink(e->wish->to) != 0);
    return code;
}

/* ---- all of it ---- */

static volatile sig_atomic_t stopped;

static void on_stop(int number)
{
    stopped = number;
}

/* A part on its way is written first; a second signal ends the process at once. */
static void stop_between_parts(void)
{
    struct sigaction action = {.sa_handler = on_stop};
    action.sa_flags = (int)SA_RESETHAND;
    CHECK(sigaction(SIGINT, &action, NULL) == 0 && sigaction(SIGTERM, &action, NULL) == 0);
}

static cli_exit tell_stopped(const exporting *e)
{
    const char *how = e->wish->encrypt      ? "nothing is left of it"
                      : e->wish->to != NULL ? "--resume goes on"
                                            : "--from that many goes on";
    return cli_fail(e->context, CLI_FAILED, "stopped behind %llu of %llu codes; %s",
                    (unsigned long long)e->at, (unsigned long long)e->count, how);
}

static cli_exit write_all(exporting *e)
{
    progress bar;
    uint64_t begun = e->at;
    cli_exit code = e->headed || put(e, e->heading) ? CLI_OK : unwritable(e);
    stop_between_parts();
    progress_begin(&bar, e->context, "codes", e->count - begun);
    while (e->at < e->count && code == CLI_OK && stopped == 0) {
        uint64_t n = e->count - e->at < PART ? e->count - e->at : PART;
        str lines;
        code = fetch(e, e->at, n, &lines);
        if (code == CLI_OK && !put(e, lines))
            code = unwritable(e);
        e->at += code == CLI_OK ? n : 0;
        progress_at(&bar, e->at - begun);
    }
    progress_end(&bar);
    return code == CLI_OK && e->at < e->count ? tell_stopped(e) : code;
}

static cli_exit run_export(exporting *e)
{
    cli_exit code = look_up(e);
    if (code != CLI_OK)
        return code;
    code = open_file(e);
    if (code == CLI_OK && e->wish->encrypt) {
        e->sealed = sealed_begin(e->context->memory, e->out, e->passphrase, sealed_cost);
        code = e->sealed == NULL ? unwritable(e) : CLI_OK;
    }
    if (code == CLI_OK)
        code = write_all(e);
    return close_file(e, code);
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
    if (code == CLI_OK && w.encrypt)
        code = cli_passphrase(c, w.passphrase_file, true, &e.passphrase);
    if (code != CLI_OK)
        return code;
    code = shop_open(c, &e.shop, &w.server);
    if (code == CLI_OK)
        code = run_export(&e);
    shop_close(&e.shop);
    return code;
}
