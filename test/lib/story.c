/* Reads story files and runs them: see story.h. One story after another; each on a fresh server. */
#include "test/lib/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "cli/http_client.h"
#include "test/lib/story_match.h"

typedef struct line {
    str text; /* without indentation */
    int number;
} line;

typedef struct block {
    str name;
    bool setup;
    size_t first, n; /* lines */
} block;

typedef struct file {
    const char *path;
    arena *memory;
    line *lines;
    size_t n;
    block *blocks;
    size_t block_count;
} file;

typedef struct run {
    const file *file;
    const story_server *server;
    arena *memory;
    story_variables variables;
    http_client *client;
    http_answer answer;
    str scope;
    int64_t now_ms;
    int fresh_keys;
    uint64_t repeat;
    bool skip;
    int at_line;
} run;

static bool fail(run *r, const char *format, ...) PRINTF_LIKE(2, 3);

static bool fail(run *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s:%d: ", r->file->path, r->at_line);
    (void)vprintf(format, args);
    printf("\n    last answer: %d %.*s\n", r->answer.status,
           (int)(r->answer.body.n > 2000 ? 2000 : r->answer.body.n), r->answer.body.p);
    va_end(args);
    return false;
}

/* Brackets that are still open at the end of the text, strings skipped. */
static int open_brackets(str text)
{
    int open = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (quoted && c == '\\') {
            i++;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted) {
            open += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
        }
    }
    return open;
}

static void add_line(file *f, str text, int number)
{
    line *last = f->n > 0 ? &f->lines[f->n - 1] : NULL;
    if (last != NULL && open_brackets(last->text) > 0) {
        last->text = arena_printf(f->memory, "%.*s %.*s", STR_ARG(last->text), STR_ARG(text));
        return;
    }
    CHECK(f->n < STORY_LINES_MAX);
    f->lines[f->n++] = (line){text, number};
}

static void add_block(file *f, str text, bool setup)
{
    if (f->block_count > 0) {
        f->blocks[f->block_count - 1].n = f->n - f->blocks[f->block_count - 1].first;
    }
    str name = text, word;
    (void)str_cut(&name, ' ', &word);
    f->blocks[f->block_count++] = (block){str_trim(name), setup, f->n, 0};
}

static bool read_file(file *f, const char *path)
{
    FILE *in = fopen(path, "r");
    if (in == NULL) {
        return false;
    }
    f->path = path;
    f->lines = ARENA_ARRAY(f->memory, line, STORY_LINES_MAX);
    f->blocks = ARENA_ARRAY(f->memory, block, STORY_LINES_MAX);
    char *raw = NULL;
    size_t size = 0;
    int number = 0;
    for (ssize_t n = getline(&raw, &size, in); n >= 0; n = getline(&raw, &size, in)) {
        str text = arena_str(f->memory, str_trim((str){raw, (size_t)n}));
        number++;
        if (text.n == 0 || text.p[0] == '#') {
            continue;
        }
        if (str_starts(text, S("story ")) || str_starts(text, S("setup "))) {
            add_block(f, text, str_starts(text, S("setup ")));
        } else {
            add_line(f, text, number);
        }
    }
    if (f->block_count > 0) {
        f->blocks[f->block_count - 1].n = f->n - f->blocks[f->block_count - 1].first;
    }
    free(raw);
    (void)fclose(in);
    return true;
}

/* "+2d3h" or "-1h". */
static bool parse_span(str text, int64_t *out_ms)
{
    int64_t sign = text.p[0] == '-' ? -1 : 1, total = 0, number = 0;
    bool digits = false;
    for (size_t i = 1; i < text.n; i++) {
        char c = text.p[i];
        if (c >= '0' && c <= '9') {
            number = number * 10 + (c - '0');
            digits = true;
            continue;
        }
        int64_t unit = c == 'd'   ? MS_DAY
                       : c == 'h' ? MS_HOUR
                       : c == 'm' ? MS_MINUTE
                       : c == 's' ? MS_SECOND
                                  : 0;
        if (!digits || unit == 0) {
            return false;
        }
        total += number * unit;
        number = 0;
        digits = false;
    }
    *out_ms = sign * total;
    return text.n > 1 && !digits;
}

static void set_clock(run *r, int64_t now_ms)
{
    r->now_ms = now_ms;
    r->server->set_clock(r->server->context, now_ms);
}

static bool step_restart(run *r)
{
    uint16_t port = r->server->restart(r->server->context);
    if (port == 0) {
        r->skip = true;
        return true;
    }
    http_client_free(r->client);
    r->client = http_client_new(port);
    return true;
}

/* Takes `name=value` options off the front of rest. */
static bool option(str *rest, str name, str *value)
{
    str tail = *rest, word;
    if (!str_starts(tail, name)) {
        return false;
    }
    (void)str_cut(&tail, ' ', &word);
    *value = (str){word.p + name.n, word.n - name.n};
    *rest = str_trim(tail);
    return true;
}

static bool step_request(run *r, str method, str rest)
{
    str target, key = {NULL, 0}, if_match = {NULL, 0};
    (void)str_cut(&rest, ' ', &target);
    rest = str_trim(rest);
    while (option(&rest, S("key="), &key) || option(&rest, S("if="), &if_match)) {
    }
    buf head;
    buf_init(&head, HTTP_CLIENT_HEAD_MAX);
    str secret = r->server->key(r->server->context, r->scope);
    if (secret.n > 0) {
        buf_printf(&head, "Authorization: Bearer %.*s\r\n", STR_ARG(secret));
    }
    if (if_match.n > 0) {
        buf_printf(&head, "If-Match: %.*s\r\n", STR_ARG(story_expand(&r->variables, if_match)));
    }
    if (key.n > 0 && !str_eq(key, S("none"))) {
        buf_printf(&head, "Idempotency-Key: %.*s\r\n", STR_ARG(key));
    } else if (key.n == 0 && !str_eq(method, S("GET"))) {
        buf_printf(&head, "Idempotency-Key: fresh-%d\r\n", r->fresh_keys++);
    }
    http_ask ask = {.method = arena_z(r->memory, method),
                    .target = story_expand(&r->variables, target),
                    .headers = arena_str(r->memory, buf_view(&head)),
                    .body = story_expand(&r->variables, rest)};
    buf_free(&head);
    r->answer = http_client_ask(r->client, &ask, r->memory);
    return r->answer.status != 0 ||
           fail(r, "no answer to %.*s %.*s", STR_ARG(method), STR_ARG(target));
}

static bool step_answer(run *r, str status, str rest)
{
    uint64_t want;
    if (!str_to_u64(status, &want) || (int)want != r->answer.status) {
        return fail(r, "expected status %.*s, got %d", STR_ARG(status), r->answer.status);
    }
    if (rest.n == 0) {
        return true;
    }
    json *expected = NULL, *actual = NULL;
    buf why;
    buf_init(&why, 65536);
    bool good = json_parse(rest, &expected, &why) == R_OK ||
                fail(r, "the story's JSON: %.*s", STR_ARG(buf_view(&why)));
    good = good &&
           (json_parse(r->answer.body, &actual, &why) == R_OK || fail(r, "the answer is not JSON"));
    good = good && (story_match(&r->variables, expected, actual, &why) ||
                    fail(r, "%.*s", STR_ARG(buf_view(&why))));
    json_free(expected);
    json_free(actual);
    buf_free(&why);
    return good;
}

static bool step_header(run *r, str rest)
{
    str name;
    (void)str_cut(&rest, ' ', &name);
    str want = story_expand(&r->variables, str_trim(rest));
    str have = http_answer_field(&r->answer, name);
    return str_eq(want, have) ||
           fail(r, "%.*s is \"%.*s\", not \"%.*s\"", STR_ARG(name), STR_ARG(have), STR_ARG(want));
}

static bool run_lines(run *r, size_t first, size_t n);

static bool step_use(run *r, str name)
{
    for (size_t i = 0; i < r->file->block_count; i++) {
        const block *b = &r->file->blocks[i];
        if (b->setup && str_eq(b->name, name)) {
            return run_lines(r, b->first, b->n);
        }
    }
    return fail(r, "there is no setup %.*s", STR_ARG(name));
}

static bool is_method(str word)
{
    return str_eq(word, S("GET")) || str_eq(word, S("POST")) || str_eq(word, S("PATCH")) ||
           str_eq(word, S("PUT")) || str_eq(word, S("DELETE")) || str_eq(word, S("HEAD"));
}

static bool run_step(run *r, str text)
{
    str rest = text, word;
    int64_t ms;
    (void)str_cut(&rest, ' ', &word);
    rest = rest.p == NULL ? (str){"", 0} : str_trim(rest);
    if (is_method(word)) {
        return step_request(r, word, rest);
    }
    if (word.p[0] >= '1' && word.p[0] <= '9') {
        return step_answer(r, word, rest);
    }
    if ((word.p[0] == '+' || word.p[0] == '-') && parse_span(word, &ms)) {
        set_clock(r, r->now_ms + ms);
        return true;
    }
    if (str_eq(word, S("at")) && time_parse(rest, &ms)) {
        set_clock(r, ms);
        return true;
    }
    if (str_eq(word, S("as"))) {
        r->scope = rest;
        return true;
    }
    if (str_eq(word, S("use"))) {
        return step_use(r, rest);
    }
    if (str_eq(word, S("header"))) {
        return step_header(r, rest);
    }
    if (str_eq(word, S("sweep"))) {
        r->server->sweep(r->server->context);
        return true;
    }
    if (str_eq(word, S("restart"))) {
        return step_restart(r);
    }
    if (str_eq(word, S("repeat")) && str_to_u64(rest, &r->repeat)) {
        return true;
    }
    return fail(r, "no such step: %.*s", STR_ARG(text));
}

static bool run_lines(run *r, size_t first, size_t n)
{
    for (size_t i = first; i < first + n && !r->skip; i++) {
        r->at_line = r->file->lines[i].number;
        uint64_t times = r->repeat;
        if (times > 1 && i + 1 < first + n) { /* the request and its answer, again and again */
            r->repeat = 0;
            for (uint64_t t = 1; t < times; t++) {
                if (!run_step(r, r->file->lines[i].text) ||
                    !run_step(r, r->file->lines[i + 1].text)) {
                    return false;
                }
            }
        }
        if (!run_step(r, r->file->lines[i].text)) {
            return false;
        }
    }
    return true;
}

static void run_story(const file *f, const block *b, const story_server *server,
                      story_totals *totals)
{
    run *r = calloc(1, sizeof *r);
    CHECK(r != NULL);
    r->file = f;
    r->server = server;
    r->memory = arena_new(0);
    r->variables.memory = r->memory;
    r->scope = S("admin");
    r->client = http_client_new(server->open(server->context));
    set_clock(r, INT64_C(1767225600000)); /* 2026-01-01, unless the story says otherwise */
    bool good = run_lines(r, b->first, b->n);
    server->close(server->context);
    http_client_free(r->client);
    if (r->skip) {
        totals->skipped++;
    } else if (good) {
        totals->passed++;
    } else {
        totals->failed++;
        printf("FAILED  %.*s\n", STR_ARG(b->name));
    }
    arena_free(r->memory);
    free(r);
}

static bool contains(str text, str part)
{
    return part.n == 0 || memmem(text.p, text.n, part.p, part.n) != NULL;
}

void story_run_file(const char *path, str only, const story_server *server, story_totals *totals)
{
    file f = {.memory = arena_new(0)};
    if (!read_file(&f, path)) {
        printf("FAILED  cannot read %s\n", path);
        totals->failed++;
    }
    for (size_t i = 0; i < f.block_count; i++) {
        if (!f.blocks[i].setup && contains(f.blocks[i].name, only)) {
            run_story(&f, &f.blocks[i], server, totals);
        }
    }
    arena_free(f.memory);
}
