/* See remote.h: from a row of remote.def to options, a request, and what is printed. */
#include "cli/remote.h"

#include <stdio.h>

#include "cli/shop.h"
#include "port/disk.h"

enum {
    KEY_ONCE = 1,
    KEY_MEMBERS,     /* of the first member of the body; the others follow */
    WORDS_MAX = 32,  /* behind the options */
    GIVEN_MAX = 256, /* values of members */
    JSON_MAX = 512 * 1024,
    WHY_MAX = 8192,
    LINE_MAX_BYTES = 1024,
    OUT_MAX = 256 * 1024 * 1024,
};

#define FORMAT_COLUMNS                                                                             \
    "id version name purpose scheme predictable characters length group check prefixes.prefix "    \
    "prefixes.codes "                                                                              \
    "prefixes.expected_codes prefixes.guessed_in_1000_years created_at"
#define TAKEN_COLUMNS "transfer state from_coupon coupon user accepted_at"
#define TRANSFER_COLUMNS                                                                           \
    "id state direct from_user to_user from_coupon coupon created_at deadline ended_at reason"
#define BATCH_COLUMNS                                                                              \
    "id version name channel format template prefix count users import.state import.lines "        \
    "import.accepted import.already_ours import.duplicate import.invalid import.removed "          \
    "exchanged redeemed returned voided disabled expires_at created_at"
#define WEBHOOK_COLUMNS                                                                            \
    "id url name state events secret old_secret_until delivery.taken delivery.failed_tries "       \
    "delivery.waiting delivery.dead delivery.breaker delivery.last_status delivery.last_fault "    \
    "delivery.failing_since"
#define WORD_COLUMNS                                                                               \
    "id version word channel template user exchanged redeemed returned voided disabled "           \
    "expires_at created_at"

static const remote rows[] = {
#define REMOTE(command, operation, word, options, fixed, columns)                                  \
    {command, #operation, word, options, fixed, columns},
#include "cli/remote.def"
#undef REMOTE
};

const remote *remote_at(size_t index)
{
    return index < ARRAY_LEN(rows) ? &rows[index] : NULL;
}

const operation *remote_operation(const remote *r)
{
    for (size_t i = 0; i < API_OPERATIONS; i++)
        if (str_eq(api_operations[i].id, str_of(r->operation)))
            return &api_operations[i];
    UNREACHABLE(); /* a test looks at every row */
}

const wire_type *remote_body(const remote *r)
{
    const wire_type *body = remote_operation(r)->body;
    for (size_t i = 0; body != NULL && i < body->variant_count; i++)
        if (wire_field_find(body->variants[i].type, str_of(r->word)) != NULL)
            return body->variants[i].type;
    CHECK(body == NULL || body->variant_count == 0);
    return body;
}

bool remote_takes(const remote *r, const wire_field *f, bool *needed)
{
    *needed = f->has == WIRE_ALWAYS;
    if (str_eq(f->name, str_of(r->word)))
        return false;
    if (r->options == NULL)
        return true;
    str rest = str_of(r->options);
    for (str name; str_cut(&rest, ' ', &name);) {
        *needed = !str_ends(name, S("?"));
        name.n -= !*needed;
        if (str_eq(name, f->name))
            return true;
    }
    return false;
}

/* ---- the command line ---- */

typedef struct given {
    const wire_field *member;
    str text; /* of one value; JSON where it is more than a word */
} given;

typedef struct asking {
    cli_context *context;
    const remote *row;
    const operation *operation;
    const wire_type *body;
    const wire_field *word; /* NULL: none */
    cli_server server;
    str once;
    str words[WORDS_MAX];
    size_t words_n, given_n;
    given given[GIVEN_MAX];
    shop shop;
} asking;

/* What one value of an array is, or the value itself. */
static const wire_value *one_of(const wire_value *v)
{
    return v->kind == WIRE_ARRAY ? v->element : v;
}

static bool is_document(const wire_value *v)
{
    return v->kind == WIRE_OBJECT || v->kind == WIRE_RAW;
}

/* "order_number" as an option, order-number, and as a word of a synopsis, ORDER_NUMBER. */
static const char *dashed(arena *memory, str name)
{
    char *text = arena_z(memory, name);
    for (char *at = text; *at != '\0'; at++)
        *at = *at == '_' ? '-' : *at;
    return text;
}

static str capitals(arena *memory, str name)
{
    char *text = arena_z(memory, name);
    for (char *at = text; *at != '\0'; at++)
        *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
    return str_of(text);
}

static const char *kind_word(const wire_value *v)
{
    static const char *const words[] = {
        [WIRE_BOOL] = "true|false", [WIRE_INT] = "N",   [WIRE_STR] = "TEXT",  [WIRE_TIME] = "TIME",
        [WIRE_DAY] = "DAY",         [WIRE_ID] = "ID",   [WIRE_ENUM] = "WORD", [WIRE_ARRAY] = "JSON",
        [WIRE_OBJECT] = "JSON",     [WIRE_RAW] = "JSON"};
    return words[one_of(v)->kind];
}

/* One more sentence of a help, which ends without a full stop. */
static str and_then(arena *memory, str doc, str more)
{
    return doc.n == 0 ? more : arena_printf(memory, "%.*s. %.*s", STR_ARG(doc), STR_ARG(more));
}

static str help_of(arena *memory, const wire_field *f, bool needed)
{
    const wire_value *v = one_of(&f->value);
    str doc = str_of(f->doc);
    doc.n -= str_ends(doc, S("."));
    if (v->kind == WIRE_ENUM) {
        str words = S("One of");
        for (size_t i = 0; i < v->words->n; i++)
            words = arena_printf(memory, "%.*s%s %.*s", STR_ARG(words), i == 0 ? "" : ",",
                                 STR_ARG(v->words->names[i]));
        doc = and_then(memory, doc, words);
    }
    if (v->kind == WIRE_ID)
        doc = and_then(memory, doc,
                       arena_printf(memory, "Such as %.*s_…", STR_ARG(id_prefix(v->id))));
    if (v->kind == WIRE_TIME)
        doc = and_then(memory, doc,
                       v->nullable ? S("Such as 2030-01-01T00:00:00Z, or never")
                                   : S("Such as 2030-01-01T00:00:00Z"));
    if (is_document(v))
        doc = and_then(memory, doc, S("JSON, or @FILE that holds it"));
    if (needed)
        doc = arena_printf(memory, "%.*s (needed)", STR_ARG(doc));
    return arena_str(memory, doc);
}

static struct argp_option *options_of(const asking *a)
{
    arena *m = a->context->memory;
    size_t most = a->body == NULL ? 0 : a->body->n, n = 0;
    struct argp_option *o = ARENA_ARRAY(m, struct argp_option, most + 2);
    for (size_t i = 0; i < most; i++) {
        const wire_field *f = &a->body->fields[i];
        bool needed;
        if (remote_takes(a->row, f, &needed))
            o[n++] = (struct argp_option){.name = dashed(m, f->name),
                                          .key = KEY_MEMBERS + (int)i,
                                          .arg = kind_word(&f->value),
                                          .doc = help_of(m, f, needed).p};
    }
    if (a->operation->needs_key)
        o[n++] = (struct argp_option){.name = "idempotency-key",
                                      .key = KEY_ONCE,
                                      .arg = "TEXT",
                                      .doc = "Repeated with the same text, it is done once"};
    return o; /* the last one is all zero */
}

static str synopsis_of(const asking *a)
{
    arena *m = a->context->memory;
    str all = S("");
    for (size_t i = 0; i < a->operation->path_parameters; i++)
        all = arena_printf(m, "%.*s%s%.*s", STR_ARG(all), all.n == 0 ? "" : " ",
                           STR_ARG(capitals(m, a->operation->parameters->fields[i].name)));
    if (a->word != NULL) {
        str name = capitals(m, a->word->name);
        bool many = a->word->value.kind == WIRE_ARRAY;
        name.n -= many; /* CODES: each is a CODE */
        all = arena_printf(m, "%.*s%s%.*s%s", STR_ARG(all), all.n == 0 ? "" : " ", STR_ARG(name),
                           many ? "..." : "");
    }
    return all;
}

/* The JSON of an argument: itself, or of a file. */
static str document_of(asking *a, struct argp_state *state, const char *option, str text)
{
    arena *m = a->context->memory;
    json *read = NULL;
    buf why;
    buf_init(&why, WHY_MAX);
    if (str_starts(text, S("@")) &&
        disk_read((str){text.p + 1, text.n - 1}, JSON_MAX, m, &text, &why) != R_DONE)
        argp_error(state, "--%s: %.*s", option, STR_ARG(buf_view(&why)));
    if (json_parse(text, &read, &why) != R_DONE)
        argp_error(state, "--%s is not JSON: %.*s", option, STR_ARG(buf_view(&why)));
    json_free(read);
    buf_free(&why);
    return text;
}

static void take(asking *a, struct argp_state *state, const wire_field *f, str text)
{
    const wire_value *v = one_of(&f->value);
    const char *name = dashed(a->context->memory, f->name);
    int64_t number;
    if (v->kind == WIRE_INT && !str_to_i64(text, &number))
        argp_error(state, "--%s: \"%.*s\" is not a number", name, STR_ARG(text));
    if (v->kind == WIRE_BOOL && !str_eq(text, S("true")) && !str_eq(text, S("false")))
        argp_error(state, "--%s is true or false", name);
    if (is_document(v))
        text = document_of(a, state, name, text);
    if (a->given_n == GIVEN_MAX - WORDS_MAX)
        argp_error(state, "too many options");
    a->given[a->given_n++] = (given){f, text};
}

static const given *given_of(const asking *a, const wire_field *f)
{
    for (size_t i = a->given_n; i > 0; i--)
        if (a->given[i - 1].member == f)
            return &a->given[i - 1];
    return NULL;
}

/* Is there a word for each parameter of the path, and for the member behind them? */
static bool words_fit(const asking *a)
{
    size_t n = a->operation->path_parameters, more = a->words_n - n;
    if (a->words_n < n)
        return false;
    if (a->word == NULL)
        return more == 0;
    return a->word->value.kind == WIRE_ARRAY ? more > 0 : more == 1;
}

/* A line of stdin: what nobody shall see in the list of processes. */
static str line_read(const asking *a, struct argp_state *state)
{
    char line[LINE_MAX_BYTES];
    if (fgets(line, sizeof line, stdin) == NULL)
        argp_error(state, "stdin has no line for -");
    size_t n = strcspn(line, "\r\n");
    if (line[n] == '\0' && !feof(stdin))
        argp_error(state, "the line on stdin is too long");
    return arena_str(a->context->memory, (str){line, n});
}

static void finish(asking *a, struct argp_state *state)
{
    str wanted = synopsis_of(a);
    if (!words_fit(a))
        argp_error(state, "behind the options stands %.*s",
                   STR_ARG(wanted.n == 0 ? S("nothing") : wanted));
    if (a->words_n > 0 && str_eq(a->words[a->words_n - 1], S("-")))
        a->words[a->words_n - 1] = line_read(a, state);
    for (size_t i = 0; a->body != NULL && i < a->body->n; i++) {
        const wire_field *f = &a->body->fields[i];
        bool needed;
        if (remote_takes(a->row, f, &needed) && needed && given_of(a, f) == NULL)
            argp_error(state, "--%s is needed", dashed(a->context->memory, f->name));
    }
}

static error_t option(int key, char *argument, struct argp_state *state)
{
    asking *a = state->input;
    if (key == KEY_ONCE)
        a->once = str_of(argument);
    else if (key == ARGP_KEY_ARG && a->words_n < WORDS_MAX)
        a->words[a->words_n++] = str_of(argument);
    else if (key == ARGP_KEY_END)
        finish(a, state);
    else if (a->body != NULL && key >= KEY_MEMBERS && key < KEY_MEMBERS + (int)a->body->n)
        take(a, state, &a->body->fields[key - KEY_MEMBERS], str_of(argument));
    else
        return ARGP_ERR_UNKNOWN;
    return 0;
}

/* ---- the request ---- */

static void put_value(json_writer *w, const wire_value *v, str text)
{
    if (v->nullable && str_eq(text, S("never")))
        json_put_null(w);
    else if (v->kind == WIRE_INT || v->kind == WIRE_BOOL || is_document(v))
        json_put_raw(w, text);
    else
        json_put_str(w, text);
}

static void put_member(const asking *a, json_writer *w, const wire_field *f)
{
    const given *last = given_of(a, f);
    if (last == NULL)
        return;
    json_key(w, f->name);
    if (f->value.kind != WIRE_ARRAY) {
        put_value(w, &f->value, last->text);
        return;
    }
    json_begin_array(w);
    for (size_t i = 0; i < a->given_n; i++)
        if (a->given[i].member == f)
            put_value(w, f->value.element, a->given[i].text);
    json_end_array(w);
}

static void put_fixed(const asking *a, json_writer *w)
{
    json *fixed = NULL;
    if (a->row->fixed[0] == '\0')
        return;
    CHECK(json_parse(str_of(a->row->fixed), &fixed, NULL) == R_DONE);
    void *at = NULL;
    str name;
    const json *value;
    while (json_next(fixed, &at, &name, &value)) {
        if (given_of(a, wire_field_find(a->body, name)) != NULL)
            continue;
        buf text;
        buf_init(&text, WHY_MAX);
        json_text(value, &text);
        json_key(w, name);
        json_put_raw(w, buf_view(&text));
        buf_free(&text);
    }
    json_free(fixed);
}

static str body_of(asking *a)
{
    if (a->body == NULL)
        return (str){NULL, 0};
    for (size_t i = a->operation->path_parameters; i < a->words_n; i++)
        a->given[a->given_n++] = (given){a->word, a->words[i]};
    buf out;
    buf_init(&out, OUT_MAX);
    json_writer w = json_writer_on(&out);
    json_begin_object(&w);
    for (size_t i = 0; i < a->body->n; i++)
        put_member(a, &w, &a->body->fields[i]);
    put_fixed(a, &w);
    json_end_object(&w);
    str body = arena_str(a->context->memory, buf_view(&out));
    buf_free(&out);
    return body;
}

static void put_segment(buf *out, str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c != '\0' && strchr("-._~", c) != NULL);
        if (plain)
            buf_char(out, c);
        else
            buf_printf(out, "%%%02X", (unsigned char)c);
    }
}

/* The path with the words in it. *resource: up to the last of them, what a version is of. */
static str target_of(const asking *a, str *resource)
{
    buf out;
    buf_init(&out, OUT_MAX);
    str rest = a->operation->path, segment;
    size_t words = 0, end = 0;
    (void)str_cut(&rest, '/', &segment);
    while (str_cut(&rest, '/', &segment)) {
        buf_char(&out, '/');
        bool named = segment.p[0] == '{';
        put_segment(&out, named ? a->words[words++] : segment);
        end = named ? out.n : end;
    }
    str target = arena_str(a->context->memory, buf_view(&out));
    buf_free(&out);
    *resource = (str){target.p, end};
    return target;
}

static cli_exit read_version(asking *a, str resource)
{
    cli_exit code = shop_ask(&a->shop, "GET", resource, (str){NULL, 0}, 200);
    const json *version = json_field(a->shop.document, S("version"));
    if (code == CLI_OK && json_kind_of(version) == JSON_KIND_INT)
        a->shop.if_version = json_int(version);
    return code;
}

static cli_exit ask(asking *a, str target, str body)
{
    static const char *const verbs[VERB_COUNT] = {[VERB_GET] = "GET",
                                                  [VERB_POST] = "POST",
                                                  [VERB_PUT] = "PUT",
                                                  [VERB_PATCH] = "PATCH",
                                                  [VERB_DELETE] = "DELETE"};
    const char *verb = verbs[a->operation->verb];
    int status = shop_try(&a->shop, verb, target, body);
    return status >= 200 && status < 300 ? CLI_OK : shop_refused(&a->shop, verb, target);
}

static cli_exit run_one(asking *a)
{
    str resource, target = target_of(a, &resource), body = body_of(a);
    cli_exit code = a->operation->needs_match ? read_version(a, resource) : CLI_OK;
    a->shop.once = a->once;
    if (code == CLI_OK)
        code = ask(a, target, body);
    if (code != CLI_OK)
        return code;
    buf out;
    buf_init(&out, OUT_MAX);
    if (a->context->json) {
        buf_str(&out, a->shop.answer.body);
        buf_char(&out, '\n');
    } else {
        remote_show_one(a->shop.document, str_of(a->row->columns), &out);
    }
    code = cli_print(a->context, &out);
    buf_free(&out);
    return code;
}

/* ---- lists ---- */

/* The entries of a page: its one member that is an array. */
static const json *entries_of(const json *page)
{
    void *at = NULL;
    str name;
    const json *value;
    while (json_next(page, &at, &name, &value))
        if (json_kind_of(value) == JSON_KIND_ARRAY)
            return value;
    return NULL;
}

static cli_exit add_page(asking *a, remote_table *shown, buf *out)
{
    const json *entries = entries_of(a->shop.document), *at = NULL;
    while ((at = json_item_next(entries, at)) != NULL) {
        if (a->context->json) {
            buf_str(out, out->n == 1 ? (str){NULL, 0} : S(","));
            json_text(at, out);
        } else if (!remote_table_add(shown, at)) {
            return cli_fail(a->context, CLI_FAILED, "there are more than %d; --json shows them",
                            REMOTE_ROWS_MAX);
        }
    }
    return buf_overflowed(out) ? cli_fail(a->context, CLI_FAILED, "the list is too long") : CLI_OK;
}

static cli_exit all_pages(asking *a, str target, str body, remote_table *shown, buf *out)
{
    const wire_field *size = wire_field_find(a->operation->parameters, S("page_size"));
    str next = {NULL, 0};
    cli_exit code;
    do {
        str page = arena_printf(a->shop.memory, "%.*s?page_size=%lld%s%.*s", STR_ARG(target),
                                (long long)size->value.max,
                                next.n == 0 ? "" : "&page_token=", STR_ARG(next));
        code = ask(a, page, body);
        if (code == CLI_OK)
            code = add_page(a, shown, out);
        if (code == CLI_OK)
            next = arena_str(a->context->memory, shop_text(&a->shop, S("next_page_token")));
        shop_forget(&a->shop);
    } while (code == CLI_OK && next.n > 0);
    return code;
}

static cli_exit run_list(asking *a)
{
    str resource, target = target_of(a, &resource), body = body_of(a);
    remote_table *shown = remote_table_new(a->context->memory, str_of(a->row->columns));
    buf out;
    buf_init(&out, OUT_MAX);
    if (a->context->json)
        buf_char(&out, '[');
    cli_exit code = all_pages(a, target, body, shown, &out);
    if (a->context->json)
        buf_str(&out, S("]\n"));
    else
        remote_table_write(shown, &out);
    if (code == CLI_OK)
        code = cli_print(a->context, &out);
    buf_free(&out);
    return code;
}

/* What needs a version reads it first. */
static const char *rights_of(const operation *o)
{
    static const char *const names[] = {
        [SCOPE_NONE] = "any scope",          [SCOPE_OPERATOR] = "the rights of the operator",
        [SCOPE_ADMIN] = "the scope admin",   [SCOPE_ISSUE] = "the scope issue",
        [SCOPE_REDEEM] = "the scope redeem", [SCOPE_READ] = "the scope read"};
    return o->needs_match ? "the scopes admin and read" : names[o->scope];
}

cli_exit cli_remote(cli_context *c)
{
    asking *a = ARENA_NEW(c->memory, asking);
    a->context = c;
    for (size_t i = 0; a->row == NULL; i++) {
        CHECK(remote_at(i) != NULL);
        a->row =
            str_eq(str_of(remote_at(i)->command), str_of(c->command->name)) ? remote_at(i) : NULL;
    }
    a->operation = remote_operation(a->row);
    a->body = remote_body(a->row);
    a->word = a->body == NULL ? NULL : wire_field_find(a->body, str_of(a->row->word));
    a->server.rights = rights_of(a->operation);
    str synopsis = synopsis_of(a);
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = arena_z(c->memory, synopsis),
                                              .options = options_of(a),
                                              .parse = option,
                                              .into = a,
                                              .server = &a->server});
    if (code != CLI_OK)
        return code;
    code = shop_open(c, &a->shop, &a->server);
    bool paged = a->operation->parameters != NULL &&
                 wire_field_find(a->operation->parameters, S("page_token")) != NULL;
    if (code == CLI_OK)
        code = paged ? run_list(a) : run_one(a);
    shop_close(&a->shop);
    return code;
}
