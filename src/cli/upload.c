/* See upload.h. */
#include "cli/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/csv_gz.h"
#include "cli/progress.h"
#include "domain/code/upload.h"
#include "port/disk.h"

/* What parts are made by must not change: a server that has begun a file knows them. */
enum {
    PART_BYTES = 2 * 1024 * 1024, /* of the body: it ends behind the line that reaches them */
    LINE_BYTES = 300,             /* of a line; what is longer is none, and cut */
    ROW_BYTES = 2 * LINE_BYTES + 100,
    WHY_MAX = 8192,
    TRIES_MAX = 120,
    PAUSE_NS = 500 * 1000 * 1000,
    LIST_MODE = 0600, /* codes are worth what they become */
    FOLDER_MODE = 0700,
};

enum { ACCEPTED, ALREADY, DUPLICATE, INVALID, LISTS };
static const struct {
    const char *file, *more; /* a field behind the line, where the operation tells it */
} lists[LISTS] = {{"accepted.csv", ""},
                  {"already.csv", ""},
                  {"duplicate.csv", ",first_line"},
                  {"invalid.csv", ",reason"}};

/* From the n-th line that is sent on, lines are `line` and those behind it of the file. */
typedef struct stretch {
    uint64_t n, line;
} stretch;

typedef struct uploading {
    shop *shop;
    const cli_context *context;
    const upload_wish *wish;
    str target;
    uint64_t lines; /* of the file that are sent, as far as they are counted */
    size_t at_line; /* of the file, that is read */
    buf stretches;  /* in order */
    FILE *out[LISTS];
    uint64_t counts[LISTS];
    progress bar;
    uint64_t first; /* line of the part, from 1 */
    size_t n;       /* lines of it */
    json_writer body;
    buf bytes, texts;
    size_t ends[UPLOAD_PART_MAX]; /* in texts */
    cli_exit code;                /* that ended it */
} uploading;

/* ---- the lists ---- */

static str list_path(const uploading *u, size_t i)
{
    return arena_printf(u->context->memory, "%s/%s", u->wish->to, lists[i].file);
}

/* NULL, with errno. One that is there keeps no reader either. */
static FILE *open_list(const char *path, bool again)
{
    int how = O_WRONLY | O_CREAT | O_CLOEXEC | (again ? O_TRUNC : O_EXCL);
    int fd = open(path, how, LIST_MODE);
    FILE *out = fd >= 0 && fchmod(fd, LIST_MODE) == 0 ? fdopen(fd, "w") : NULL;
    if (fd >= 0 && out == NULL) {
        int e = errno;
        (void)close(fd);
        errno = e;
    }
    return out;
}

static cli_exit make_folder(const uploading *u)
{
    const char *to = u->wish->to;
    bool fresh = !disk_is_there(str_of(to));
    buf why;
    buf_init(&why, WHY_MAX);
    cli_exit code = CLI_OK;
    if (disk_make_directory(str_of(to), &why) != R_DONE)
        code = cli_fail(u->context, CLI_ENVIRONMENT, "%.*s", STR_ARG(buf_view(&why)));
    else if (fresh && chmod(to, FOLDER_MODE) != 0)
        code = cli_fail(u->context, CLI_ENVIRONMENT, "%s cannot be kept to its owner: %s", to,
                        strerror(errno));
    buf_free(&why);
    return code;
}

static cli_exit open_lists(uploading *u)
{
    cli_exit code = make_folder(u);
    for (size_t i = 0; i < LISTS && code == CLI_OK; i++) {
        str path = list_path(u, i);
        u->out[i] = open_list(path.p, u->wish->again);
        if (u->out[i] == NULL)
            code = cli_fail(u->context, CLI_ENVIRONMENT, "%s cannot be made: %s", path.p,
                            strerror(errno));
        else
            (void)fprintf(u->out[i], "line,%s%s\n", u->wish->what,
                          u->wish->tells_more ? lists[i].more : "");
    }
    return code;
}

static cli_exit close_lists(uploading *u, cli_exit code)
{
    bool whole = true;
    for (size_t i = 0; i < LISTS; i++) {
        if (u->out[i] == NULL)
            continue;
        bool failed = ferror(u->out[i]) != 0;
        whole = fclose(u->out[i]) == 0 && !failed && whole;
    }
    if (code == CLI_OK && !whole)
        code = cli_fail(u->context, CLI_ENVIRONMENT, "the lists cannot be written");
    return code;
}

/* Those that this run has made: they have no line yet. Where nothing begins, none is in the way of
 * the next try. */
static void drop_lists(uploading *u)
{
    for (size_t i = 0; i < LISTS && !u->wish->again; i++) {
        if (u->out[i] != NULL) {
            (void)fclose(u->out[i]);
            (void)unlink(list_path(u, i).p);
            u->out[i] = NULL;
        }
    }
}

static stretch stretch_at(const uploading *u, size_t i)
{
    stretch s;
    memcpy(&s, u->stretches.p + i * sizeof s, sizeof s);
    return s;
}

/* The line of the file that the n-th is which is sent. */
static unsigned long long line_of(const uploading *u, uint64_t n)
{
    size_t from = 0, to = u->stretches.n / sizeof(stretch);
    CHECK(to > 0); /* check_file has counted them */
    while (to - from > 1) {
        size_t middle = from + (to - from) / 2;
        if (stretch_at(u, middle).n <= n)
            from = middle;
        else
            to = middle;
    }
    stretch s = stretch_at(u, from);
    return s.line + (n - s.n);
}

static int64_t number_in(const json *object, str name)
{
    const json *v = json_field(object, name);
    return json_kind_of(v) == JSON_KIND_INT ? json_int(v) : 0;
}

static str text_in(const json *object, str name)
{
    const json *v = json_field(object, name);
    return json_kind_of(v) == JSON_KIND_STR ? json_str(v) : (str){NULL, 0};
}

/* rest: what the answer says of the line; NULL: it was accepted. */
static void list_line(uploading *u, size_t i, const json *rest)
{
    str outcome = text_in(rest, S("outcome"));
    int in = rest == NULL                      ? ACCEPTED
             : str_eq(outcome, S("duplicate")) ? DUPLICATE
             : str_eq(outcome, S("invalid"))   ? INVALID
                                               : ALREADY;
    size_t from = i == 0 ? 0 : u->ends[i - 1];
    uint64_t first = (uint64_t)number_in(rest, S("first_line"));
    buf row;
    u->counts[in]++;
    buf_init(&row, ROW_BYTES);
    buf_printf(&row, "%llu,", line_of(u, u->first + i));
    buf_csv(&row, (str){u->texts.p + from, u->ends[i] - from});
    if (in == DUPLICATE && u->wish->tells_more)
        buf_printf(&row, ",%llu", line_of(u, first));
    if (in == INVALID && u->wish->tells_more)
        buf_printf(&row, ",%.*s", STR_ARG(text_in(rest, S("reason"))));
    buf_char(&row, '\n');
    (void)fwrite(row.p, 1, row.n, u->out[in]);
    buf_free(&row);
}

/* ---- the parts ---- */

static void begin_part(uploading *u)
{
    buf_clear(&u->bytes);
    buf_clear(&u->texts);
    u->n = 0;
    u->body = json_writer_on(&u->bytes);
    json_begin_object(&u->body);
    json_key(&u->body, S("first_line"));
    json_put_u64(&u->body, u->first);
    json_key(&u->body, S("lines"));
    json_begin_array(&u->body);
}

/* A server that is busy, or starting again, is asked again, under the same key: what it has done
 * without saying so it says now. */
static cli_exit ask(uploading *u, str body)
{
    int status = 0;
    u->shop->once = arena_printf(u->context->memory, "%.*s-%llu", STR_ARG(u->shop->run),
                                 (unsigned long long)u->first);
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        shop_forget(u->shop);
        status = shop_try(u->shop, "POST", u->target, body);
        if (status != 0 && status != 429 && status != 503)
            break;
        (void)nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
    }
    u->shop->once = (str){NULL, 0};
    if (status == 200)
        return CLI_OK;
    if (status == 0)
        return cli_fail(u->context, CLI_ENVIRONMENT, "the server does not answer");
    return cli_fail(u->context, CLI_FAILED,
                    "line %llu and those behind it were answered with %d: %.*s",
                    line_of(u, u->first), status, STR_ARG(u->shop->answer.body));
}

static cli_exit send_part(uploading *u)
{
    if (u->n == 0)
        return CLI_OK;
    json_end_array(&u->body);
    json_end_object(&u->body);
    cli_exit code = ask(u, buf_view(&u->bytes));
    if (code != CLI_OK)
        return code;
    const json *all = json_field(u->shop->document, S("rest"));
    const json *rest = json_item_next(all, NULL);
    for (size_t i = 0; i < u->n; i++) {
        bool is = rest != NULL && number_in(rest, S("line")) == (int64_t)(u->first + i);
        list_line(u, i, is ? rest : NULL);
        if (is)
            rest = json_item_next(all, rest);
    }
    u->first += u->n;
    progress_at(&u->bar, u->first - 1);
    begin_part(u);
    return CLI_OK;
}

/* What JSON may not have is no part of a line either. */
static void put_line(uploading *u, str line)
{
    char clean[LINE_BYTES];
    if (!u->wish->exact)
        line = str_trim(line);
    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];
        clean[i] = c < ' ' || c > '~' ? '\1' : c;
    }
    json_put_str(&u->body, str_is_printable(line) ? line : (str){clean, line.n});
}

static bool take_row(void *context, const str *fields, buf *why)
{
    uploading *u = context;
    MAYBE(why);
    str line = {fields[0].p, fields[0].n < LINE_BYTES ? fields[0].n : LINE_BYTES};
    buf_str(&u->texts, line);
    u->ends[u->n++] = u->texts.n;
    put_line(u, line);
    if (u->n == u->wish->part_lines || u->bytes.n >= PART_BYTES)
        u->code = send_part(u);
    return u->code == CLI_OK;
}

/* ---- the file ---- */

static cli_exit read_file(uploading *u, csv_row *row)
{
    const char *wanted[] = {u->wish->column};
    csv_request csv = {.path = u->wish->file,
                       .wanted = wanted,
                       .n = 1,
                       .headless = u->wish->column == NULL,
                       .line = &u->at_line,
                       .row = row,
                       .context = u};
    buf why;
    buf_init(&why, WHY_MAX);
    result r = csv_read(&csv, &why);
    if (u->code == CLI_OK && r != R_DONE)
        u->code = cli_fail(u->context, r == R_INVALID ? CLI_FAILED : CLI_ENVIRONMENT, "%.*s",
                           STR_ARG(buf_view(&why)));
    buf_free(&why);
    return u->code;
}

static bool count_row(void *context, const str *fields, buf *why)
{
    uploading *u = context;
    MAYBE(fields);
    MAYBE(why);
    if (u->lines == UPLOAD_LINES_MAX) {
        u->code = cli_fail(u->context, CLI_FAILED, "%s has more than %d lines", u->wish->file,
                           UPLOAD_LINES_MAX);
        return false;
    }
    u->lines++;
    if (u->lines == 1 || line_of(u, u->lines) != u->at_line) {
        stretch s = {u->lines, u->at_line};
        buf_add(&u->stretches, &s, sizeof s);
    }
    return true;
}

/* To its end: a quote that is not closed shows only there. */
static cli_exit check_file(uploading *u)
{
    const char *file = u->wish->file;
    struct stat is;
    if (stat(file, &is) == 0 && !S_ISREG(is.st_mode))
        return cli_fail(u->context, CLI_FAILED, "%s is no plain file, which can be read twice",
                        file);
    cli_exit code = read_file(u, count_row);
    if (code == CLI_OK && u->lines == 0)
        code = cli_fail(u->context, CLI_FAILED, "%s: there is no %s in it", file, u->wish->what);
    return code;
}

static cli_exit send_file(uploading *u)
{
    progress_begin(&u->bar, u->context, "lines", u->lines);
    begin_part(u);
    cli_exit code = read_file(u, take_row);
    if (code == CLI_OK)
        code = send_part(u);
    progress_end(&u->bar);
    return code;
}

cli_exit upload_file(shop *s, const cli_context *c, const upload_wish *w, upload_totals *out)
{
    uploading *u = ARENA_NEW(c->memory, uploading);
    u->shop = s;
    u->context = c;
    u->wish = w;
    u->first = 1;
    buf_init(&u->bytes, 2 * PART_BYTES);
    buf_init(&u->texts, (size_t)UPLOAD_PART_MAX * LINE_BYTES);
    buf_init(&u->stretches, (size_t)UPLOAD_LINES_MAX * sizeof(stretch));
    cli_exit code = check_file(u);
    if (code == CLI_OK)
        code = open_lists(u);
    if (code == CLI_OK)
        code = w->begin(w->context, &u->target);
    if (code == CLI_OK)
        code = send_file(u);
    else
        drop_lists(u);
    code = close_lists(u, code);
    buf_free(&u->bytes);
    buf_free(&u->texts);
    buf_free(&u->stretches);
    *out = (upload_totals){.lines = u->first - 1,
                           .accepted = u->counts[ACCEPTED],
                           .already = u->counts[ALREADY],
                           .duplicate = u->counts[DUPLICATE],
                           .invalid = u->counts[INVALID]};
    return code;
}

cli_exit upload_print(const cli_context *c, str of, str more, const upload_totals *t)
{
    buf out;
    buf_init(&out, WHY_MAX);
    unsigned long long n[] = {t->lines, t->accepted, t->already, t->duplicate, t->invalid};
    if (c->json)
        buf_printf(&out,
                   "{%.*s\"lines\":%llu,\"accepted\":%llu,\"already_ours\":%llu,"
                   "\"duplicate\":%llu,\"invalid\":%llu}\n",
                   STR_ARG(more), n[0], n[1], n[2], n[3], n[4]);
    else
        buf_printf(&out,
                   "%.*s: %llu lines: %llu accepted, %llu already ours, %llu duplicate, %llu "
                   "invalid\n",
                   STR_ARG(of), n[0], n[1], n[2], n[3], n[4]);
    cli_exit code = cli_print(c, &out);
    buf_free(&out);
    return code;
}
