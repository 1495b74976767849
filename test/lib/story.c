/* Runs stories: see story.h. One after another, each on a fresh server. */
#include "test/lib/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/issues.h"
#include "base/time.h"
#include "cli/http_client.h"
#include "test/lib/story_events.h"
#include "test/lib/story_file.h"
#include "test/lib/story_match.h"

#define STORY_START_MS INT64_C(1767225600000) /* 2026-01-01, unless the story says otherwise */
enum { STORY_WHY_MAX = 128 * 1024 };

typedef struct kept_answer {
    str name, body;
    int status;
} kept_answer;

typedef struct run {
    const story_file *file;
    const story_server *server;
    story_totals *totals;
    arena *memory;
    story_variables variables;
    http_client *clients[STORY_SERVERS_MAX];
    size_t client_count, asked, wrote; /* servers: asked last; and to write */
    uint64_t dice, known;              /* known: edits that who was asked knew before */
    http_answer answer;
    kept_answer kept[STORY_KEPT_MAX];
    size_t kept_count;
    str scope;
    int64_t now_ms;
    int fresh_keys;
    uint64_t repeat;
    bool skip, eventually, quiet; /* quiet: a failure is kept in `why`, and not told */
    const story_line *at;
    buf why;
} run;

static bool fail(run *r, const char *format, ...) PRINTF_LIKE(2, 3);

static void tell(run *r)
{
    printf("%.*s\n", STR_ARG(buf_view(&r->why)));
}

static bool fail(run *r, const char *format, ...)
{
    enum { SHOWN = 2000 };
    va_list args;
    va_start(args, format);
    buf_clear(&r->why);
    buf_printf(&r->why, "%s:%d: ", r->at->path, r->at->number);
    buf_vprintf(&r->why, format, args);
    buf_printf(&r->why, "\n    last answer: %d %.*s", r->answer.status,
               (int)(r->answer.body.n > SHOWN ? SHOWN : r->answer.body.n), r->answer.body.p);
    va_end(args);
    if (!r->quiet)
        tell(r);
    return false;
}

static void set_clock(run *r, int64_t now_ms)
{
    r->now_ms = now_ms;
    r->server->set_clock(r->server->context, now_ms);
}

/* ---- requests ---- */

typedef struct request_options {
    str key, again, if_match, type, pad;
} request_options;

/* Takes `name=value` options off the front of rest. */
static bool option(str *rest, str name, str *value)
{
    str tail = *rest, word;
    if (!str_starts(tail, name))
        return false;
    (void)str_cut(&tail, ' ', &word);
    *value = (str){word.p + name.n, word.n - name.n};
    *rest = str_trim(tail);
    return true;
}

static void take_options(str *rest, request_options *o)
{
    while (option(rest, S("key="), &o->key) || option(rest, S("again="), &o->again) ||
           option(rest, S("if="), &o->if_match) || option(rest, S("type="), &o->type) ||
           option(rest, S("pad="), &o->pad)) {
    }
}

static str request_head(run *r, str method, const request_options *o)
{
    buf head;
    buf_init(&head, HTTP_CLIENT_HEAD_MAX);
    str secret =
        str_starts(r->scope, S("qk_")) ? r->scope : r->server->key(r->server->context, r->scope);
    if (secret.n > 0)
        buf_printf(&head, "Authorization: Bearer %.*s\r\n", STR_ARG(secret));
    if (o->if_match.n > 0)
        buf_printf(&head, "If-Match: %.*s\r\n", STR_ARG(story_expand(&r->variables, o->if_match)));
    if (o->type.n > 0)
        buf_printf(&head, "Content-Type: %.*s\r\n", STR_ARG(o->type));
    if (o->key.n > 0 && !str_eq(o->key, S("none")))
        buf_printf(&head, "Idempotency-Key: %.*s\r\n",
                   STR_ARG(story_expand(&r->variables, o->key)));
    else if (o->key.n == 0 && !str_eq(method, S("GET")))
        buf_printf(&head, "Idempotency-Key: fresh-%d\r\n", r->fresh_keys++);
    if (o->again.n > 0)
        buf_printf(&head, "Idempotency-Key: %.*s\r\n", STR_ARG(o->again));
    str text = arena_str(r->memory, buf_view(&head));
    buf_free(&head);
    return text;
}

static str padded(run *r, str body, str pad)
{
    uint64_t n;
    if (!str_to_u64(pad, &n))
        return body;
    char *p = arena_alloc(r->memory, body.n + n);
    memset(p, ' ', body.n + n);
    memcpy(p, body.p, body.n);
    return (str){p, body.n + n};
}

/* Whom to ask. */
static http_client *one_for(run *r, str method)
{
    bool reads = str_eq(method, S("GET")) || str_eq(method, S("HEAD"));
    r->dice = r->dice * UINT64_C(6364136223846793005) + 1442695040888963407;
    if (!reads)
        r->wrote = (r->dice >> 33) % r->client_count;
    r->asked = reads ? (r->wrote + 1) % r->client_count : r->wrote;
    if (r->client_count > 1)
        r->known = r->server->known(r->server->context, r->asked);
    return r->clients[r->asked];
}

static bool step_request(run *r, str method, str rest)
{
    str target;
    request_options o = {0};
    (void)str_cut(&rest, ' ', &target);
    rest = rest.n == 0 ? S("") : str_trim(rest);
    take_options(&rest, &o);
    http_ask ask = {.method = arena_z(r->memory, method),
                    .target = story_expand(&r->variables, target),
                    .headers = request_head(r, method, &o),
                    .body = padded(r, story_expand(&r->variables, rest), o.pad)};
    r->answer = http_client_ask(one_for(r, method), &ask, r->memory);
    return r->answer.status != 0 ||
           fail(r, "no answer to %.*s %.*s", STR_ARG(method), STR_ARG(target));
}

/* ---- answers ---- */

/* Every code of a field is one that docs/reference/problems.md lists. */
static bool codes_are_known(run *r)
{
    json *body = NULL;
    bool good = true;
    if (json_parse(r->answer.body, &body, NULL) != R_DONE)
        return true; /* not a problem document */
    const json *errors = json_field(body, S("errors"));
    for (size_t i = 0; good && i < json_count(errors); i++) {
        const json *code = json_field(json_at(errors, i), S("code"));
        good = (json_kind_of(code) == JSON_KIND_STR && issue_is_known(json_str(code))) ||
               fail(r, "errors[%zu].code is no row of issue.def", i);
    }
    json_free(body);
    return good;
}

static bool step_answer(run *r, str status, str rest)
{
    uint64_t want;
    if (!str_to_u64(status, &want) || (int)want != r->answer.status)
        return fail(r, "expected status %.*s, got %d", STR_ARG(status), r->answer.status);
    if (want >= 400 && !codes_are_known(r))
        return false;
    if (rest.n == 0)
        return true;
    json *expected = NULL, *actual = NULL;
    buf why;
    buf_init(&why, 65536);
    bool good = json_parse(rest, &expected, &why) == R_DONE ||
                fail(r, "the story's JSON: %.*s", STR_ARG(buf_view(&why)));
    good = good && (json_parse(r->answer.body, &actual, &why) == R_DONE ||
                    fail(r, "the answer is not JSON"));
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
    if (str_eq(want, S("*")) ? have.n > 0
                             : str_eq(want, have) || (str_eq(want, S("none")) && have.p == NULL))
        return true;
    return fail(r, "%.*s is \"%.*s\", not \"%.*s\"", STR_ARG(name), STR_ARG(have), STR_ARG(want));
}

/* An unbound $name at the head of a word is bound to what its line has there. */
static void bind_line(run *r, str word, str line)
{
    str name = {word.p + 1, 0};
    while (name.n + 1 < word.n && name.p[name.n] != ',')
        name.n++;
    str behind = story_expand(&r->variables, (str){name.p + name.n, word.n - 1 - name.n});
    if (!str_starts(word, S("$")) || story_variable(&r->variables, name).p != NULL ||
        !str_ends(line, behind))
        return;
    story_set(&r->variables, name, (str){line.p, line.n - behind.n});
}

/* Words are the lines; of several fields with commas between them. */
static bool step_lines(run *r, str rest)
{
    str body = r->answer.body, word, line;
    size_t n = 0;
    while (rest.n > 0 && str_cut(&rest, ' ', &word)) {
        if (str_eq(word, S("...")))
            return true;
        n++;
        if (!str_cut(&body, '\n', &line))
            return fail(r, "there is no line %zu", n);
        bind_line(r, word, line);
        if (!str_eq(story_expand(&r->variables, word), line))
            return fail(r, "line %zu is \"%.*s\", not %.*s", n, STR_ARG(line), STR_ARG(word));
    }
    return body.n == 0 || fail(r, "there are more lines than %zu", n);
}

static bool step_keep(run *r, str name)
{
    CHECK(r->kept_count < STORY_KEPT_MAX);
    r->kept[r->kept_count++] = (kept_answer){name, r->answer.body, r->answer.status};
    return true;
}

static bool step_same(run *r, str name)
{
    for (size_t i = r->kept_count; i > 0; i--) {
        const kept_answer *k = &r->kept[i - 1];
        if (str_eq(k->name, name))
            return (k->status == r->answer.status && str_eq(k->body, r->answer.body)) ||
                   fail(r, "not the answer kept as %.*s: %d %.*s", STR_ARG(name), k->status,
                        STR_ARG(k->body));
    }
    return fail(r, "no answer is kept as %.*s", STR_ARG(name));
}

/* ---- steps ---- */

static bool step_let(run *r, str rest, bool again)
{
    str name;
    (void)str_cut(&rest, ' ', &name);
    rest = rest.n == 0 ? S("") : story_expand(&r->variables, str_trim(rest));
    if (again || story_variable(&r->variables, name).p == NULL)
        story_set(&r->variables, name, rest);
    return true;
}

static bool run_lines(run *r, const story_block *b);

static bool step_use(run *r, str name)
{
    const story_block *b = story_setup_find(r->file, name);
    return b != NULL ? run_lines(r, b) : fail(r, "there is no setup %.*s", STR_ARG(name));
}

static void hang_up(run *r)
{
    for (size_t i = 0; i < r->client_count; i++)
        http_client_free(r->clients[i]);
    r->client_count = 0;
}

static bool connect_to(run *r, story_ports ports)
{
    hang_up(r);
    for (size_t i = 0; i < ports.n; i++)
        r->clients[r->client_count++] = http_client_new(ports.of[i]);
    return ports.n > 0;
}

static bool step_restart(run *r)
{
    r->skip = !connect_to(r, r->server->restart(r->server->context));
    return true;
}

static bool step_setting(run *r, str rest)
{
    str name;
    (void)str_cut(&rest, ' ', &name);
    return connect_to(r, r->server->set(r->server->context, name, rest));
}

static bool step_jobs(run *r)
{
    r->server->jobs(r->server->context);
    return true;
}

static bool step_files(run *r)
{
    const char *folder = r->server->folder(r->server->context);
    r->skip = folder == NULL;
    if (!r->skip)
        story_set(&r->variables, S("folder"), str_of(folder));
    return true;
}

static bool step_restore(run *r, str rest)
{
    str backup = story_expand(&r->variables, rest);
    return connect_to(r, r->server->restore(r->server->context, backup)) ||
           fail(r, "it cannot be restored");
}

static bool is_method(str word)
{
    static const char *const methods[] = {"GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"};
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (str_eq(word, str_of(methods[i])))
            return true;
    return false;
}

static bool step_named(run *r, str word, str rest)
{
    int64_t ms;
    if (str_eq(word, S("at")) && time_parse(rest, &ms)) {
        set_clock(r, ms);
        return true;
    }
    if (str_eq(word, S("as"))) {
        r->scope = rest;
        return true;
    }
    if (str_eq(word, S("use")))
        return step_use(r, rest);
    if (str_eq(word, S("let")) || str_eq(word, S("default")))
        return step_let(r, rest, str_eq(word, S("let")));
    if (str_eq(word, S("header")))
        return step_header(r, rest);
    if (str_eq(word, S("lines")))
        return step_lines(r, rest);
    if (str_eq(word, S("keep")))
        return step_keep(r, rest);
    if (str_eq(word, S("same")))
        return step_same(r, rest);
    if (str_eq(word, S("sweep")))
        return r->server->sweep(r->server->context) || fail(r, "the sweep failed");
    if (str_eq(word, S("eventually"))) {
        r->eventually = true;
        return true;
    }
    if (str_eq(word, S("restart")))
        return step_restart(r);
    if (str_eq(word, S("setting")))
        return step_setting(r, rest);
    if (str_eq(word, S("jobs")))
        return step_jobs(r);
    if (str_eq(word, S("files")))
        return step_files(r);
    if (str_eq(word, S("restore")))
        return step_restore(r, rest);
    return (str_eq(word, S("repeat")) && str_to_u64(rest, &r->repeat)) ||
           fail(r, "no such step: %.*s %.*s", STR_ARG(word), STR_ARG(rest));
}

static bool run_step(run *r, str text)
{
    str rest = text, word;
    int64_t ms;
    (void)str_cut(&rest, ' ', &word);
    rest = rest.n == 0 ? S("") : str_trim(rest);
    if (is_method(word))
        return step_request(r, word, rest);
    if (word.p[0] >= '1' && word.p[0] <= '9')
        return step_answer(r, word, rest);
    if ((word.p[0] == '+' || word.p[0] == '-') && story_span(word, &ms)) {
        set_clock(r, r->now_ms + ms);
        return true;
    }
    return step_named(r, word, rest);
}

static bool asks_and_hears(const story_line *pair)
{
    str rest = pair[0].text, word;
    (void)str_cut(&rest, ' ', &word);
    return is_method(word) && pair[1].text.p[0] >= '1' && pair[1].text.p[0] <= '9';
}

/* Was there an edit of the configuration that whom we asked did not know? Now he does. What no
 * configuration explains is never put down to that. */
static bool was_late(run *r)
{
    if (r->answer.status == 0 || r->answer.status >= 500)
        return false;
    r->server->follow(r->server->context, r->asked);
    return r->server->known(r->server->context, r->asked) > r->known;
}

/* A step that another one follows. Of several servers, one that was only late is asked again. */
static bool run_first(run *r, const story_line *pair)
{
    if (r->client_count < 2 || !asks_and_hears(pair))
        return run_step(r, pair[0].text);
    size_t bound = r->variables.n;
    int keys = r->fresh_keys;
    uint64_t dice = r->dice;
    r->quiet = true;
    bool good = run_step(r, pair[0].text);
    r->at = pair + 1;
    good = good && run_step(r, pair[1].text);
    r->at = pair;
    r->quiet = false;
    r->variables.n = bound;
    if (good)
        return true;
    if (!was_late(r)) {
        tell(r);
        return false;
    }
    r->totals->again++;
    if (r->answer.status < 400) /* done, and not twice; a refusal may stand under its key */
        r->fresh_keys = keys;
    r->dice = dice;
    return run_step(r, pair[0].text);
}

/* The request and its answer, all times but the last. */
static bool run_repeated(run *r, const story_line *pair)
{
    uint64_t times = r->repeat;
    r->repeat = 0;
    for (uint64_t t = 1; t < times; t++) {
        story_set(&r->variables, S("i"), arena_printf(r->memory, "%llu", (unsigned long long)t));
        if (!run_first(r, pair) || !run_step(r, pair[1].text))
            return false;
    }
    story_set(&r->variables, S("i"), arena_printf(r->memory, "%llu", (unsigned long long)times));
    return true;
}

/* The request and its answer again and again, until it is as told; the last try tells why not. */
static void run_eventually(run *r, const story_line *pair)
{
    enum { TRIES = 300, PAUSE_US = 10000 };
    size_t bound = r->variables.n;
    r->eventually = false;
    r->quiet = true;
    for (int t = 0; t < TRIES; t++) {
        if (run_step(r, pair[0].text) && run_step(r, pair[1].text))
            break;
        r->variables.n = bound;
        (void)usleep(PAUSE_US);
    }
    r->variables.n = bound;
    r->quiet = false;
}

static bool run_lines(run *r, const story_block *b)
{
    for (size_t i = b->first; i < b->first + b->n && !r->skip; i++) {
        r->at = &r->file->lines[i];
        if (r->repeat > 0 && i + 1 < b->first + b->n && !run_repeated(r, r->at))
            return false;
        if (r->eventually && i + 1 < b->first + b->n)
            run_eventually(r, r->at);
        bool last = i + 1 == b->first + b->n;
        if (!(last ? run_step(r, r->at->text) : run_first(r, r->at)))
            return false;
    }
    return true;
}

static bool is_sound(run *r)
{
    if (r->server->sound == NULL || r->skip)
        return true;
    buf why;
    buf_init(&why, 65536);
    bool good = r->server->sound(r->server->context, &why) ||
                fail(r, "what is stored does not agree: %.*s", STR_ARG(buf_view(&why)));
    buf_free(&why);
    return good;
}

/* Of the merchants that the server has from the beginning. */
static bool events_fit(run *r, story_totals *totals)
{
    static const char *const owners[] = {"all", "other"};
    buf why;
    bool good = true;
    buf_init(&why, 65536);
    for (size_t i = 0; i < ARRAY_LEN(owners) && good && !r->skip; i++) {
        str key = r->server->key(r->server->context, str_of(owners[i]));
        good = story_events_fit(r->clients[0], key, totals, &why) ||
               fail(r, "an event is not as its schema says: %.*s", STR_ARG(buf_view(&why)));
    }
    buf_free(&why);
    return good;
}

static void run_story(const story_file *f, const story_block *b, const story_server *server,
                      story_totals *totals)
{
    run *r = calloc(1, sizeof *r);
    CHECK(r != NULL);
    r->file = f;
    r->server = server;
    r->totals = totals;
    r->memory = arena_new(0);
    buf_init(&r->why, STORY_WHY_MAX);
    r->variables.memory = r->memory;
    r->scope = S("all");
    r->at = &f->lines[b->first];
    server->set_clock(server->context, STORY_START_MS);
    r->dice = hash64(b->name, 0);
    connect_to(r, server->open(server->context));
    set_clock(r, STORY_START_MS);
    bool good = run_lines(r, b) && is_sound(r) && events_fit(r, totals);
    hang_up(r);
    server->close(server->context);
    totals->skipped += r->skip ? 1 : 0;
    totals->passed += !r->skip && good ? 1 : 0;
    totals->failed += !r->skip && !good ? 1 : 0;
    if (!good)
        printf("FAILED  %.*s\n", STR_ARG(b->name));
    buf_free(&r->why);
    arena_free(r->memory);
    free(r);
}

static bool contains(str text, str part)
{
    return part.n == 0 || memmem(text.p, text.n, part.p, part.n) != NULL;
}

static bool is_in(const story_suite *suite, str name)
{
    return contains(name, suite->only) &&
           (suite->parts == 0 || hash64(name, 1) % suite->parts == suite->part - 1);
}

void story_run_file(const story_suite *suite, const story_server *server, story_totals *totals)
{
    story_file f = story_file_new(arena_new(0));
    bool read = suite->shared == NULL || story_file_add(&f, suite->shared);
    if (!read || !story_file_add(&f, suite->path)) {
        printf("FAILED  cannot read %s\n", read ? suite->path : suite->shared);
        totals->failed++;
    }
    for (size_t i = 0; i < f.block_count; i++)
        if (!f.blocks[i].setup && is_in(suite, f.blocks[i].name))
            run_story(&f, &f.blocks[i], server, totals);
    arena_free(f.memory);
}
