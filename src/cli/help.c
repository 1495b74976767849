/* `quan help` and `quan version`. */
#include "cli/help.h"

#include "base/issues.h"
#include "port/metric.h"

static const struct {
    int number;
    const char *name, *text;
} exits[] = {
#define EXIT(number, name, text) {number, #name, text},
#include "cli/exit.def"
#undef EXIT
};

void command_overview(FILE *to, str group)
{
    fprintf(to, group.n == 0 ? "quan: a coupon platform in one program\n\nusage: quan COMMAND "
                               "[options]\n\ncommands\n"
                             : "commands\n");
    const command *at;
    for (size_t i = 0; (at = command_at(i)) != NULL; i++)
        if (str_starts(str_of(at->name), group))
            fprintf(to, "  %-24s %s\n", at->name, at->help);
    fprintf(to, "\n`quan help COMMAND` shows its options and examples, `quan help exit-codes` what "
                "an exit status\nmeans; settings, metrics, problems and commands are pages of the "
                "reference.\n");
}

static cli_exit show_exit_codes(const cli_context *c)
{
    buf out;
    buf_init(&out, 1 << 20);
    json_writer w = json_writer_on(&out);
    if (c->json)
        json_begin_array(&w);
    for (size_t i = 0; i < ARRAY_LEN(exits); i++) {
        if (!c->json) {
            buf_printf(&out, "  %d  %s\n", exits[i].number, exits[i].text);
            continue;
        }
        json_begin_object(&w);
        json_key(&w, S("status"));
        json_put_i64(&w, exits[i].number);
        json_key(&w, S("name"));
        json_put_str(&w, str_of(exits[i].name));
        json_key(&w, S("text"));
        json_put_str(&w, str_of(exits[i].text));
        json_end_object(&w);
    }
    if (c->json) {
        json_end_array(&w);
        buf_char(&out, '\n');
    }
    cli_exit code = cli_print(c, &out);
    buf_free(&out);
    return code;
}

/* What a client can meet as `code` of a problem or of a field, from the lists of both. */
static void problem_reference(buf *out)
{
    buf_str(
        out,
        S("# Problems\n\nEvery refusal is a problem document (RFC 9457) with one of these as its "
          "`code`. *passing*: the same\nrequest may succeed later, and nothing is kept under its "
          "Idempotency-Key; *final*: the answer is kept.\n\n"
          "| code | status | kind | meaning |\n|---|---|---|---|\n"));
    for (int number = 1; number <= RESULT_NUMBER_MAX; number++) {
        if (!result_is_known(number) || result_kind_of((result)number) == RESULT_INTERNAL)
            continue;
        result r = (result)number;
        buf_printf(out, "| `%.*s` | %d | %s | %.*s |\n", STR_ARG(result_code(r)),
                   result_http_status(r), result_kind_of(r) == RESULT_PASSING ? "passing" : "final",
                   STR_ARG(result_text(r)));
    }
    buf_str(
        out,
        S("\n## Fields\n\nWhere single fields are wrong (`invalid`, `not_editable`, and "
          "some others), `errors` names each of them in `field`,\nwith one of these as its "
          "`code`; `detail` says what is allowed. At most 100 are shown; `errors_left_out` counts "
          "the others.\n\n| code | meaning |\n|---|---|\n"));
    for (size_t i = 0; issue_kind_at(i) != NULL; i++) {
        const issue_kind *kind = issue_kind_at(i);
        if (kind->where == ISSUE_REQUEST)
            buf_printf(out, "| `%.*s` | %.*s |\n", STR_ARG(kind->code), STR_ARG(kind->text));
    }
}

static void command_reference(buf *out)
{
    buf_str(out, S("# Commands\n\n`quan help COMMAND` shows the options of each.\n"));
    for (size_t i = 0; command_at(i) != NULL; i++) {
        const command *c = command_at(i);
        buf_printf(out, "\n## quan %s\n\n%s.\n\n```\n%s```\n", c->name, c->help, c->examples);
    }
    buf_str(out, S("\n## Exit codes\n\n| status | meaning |\n|---|---|\n"));
    for (size_t i = 0; i < ARRAY_LEN(exits); i++)
        buf_printf(out, "| %d | %s |\n", exits[i].number, exits[i].text);
}

/* Pages of docs/reference that come from tables; `tools/fresh` keeps them up to date. */
static const struct {
    const char *topic;
    void (*write)(buf *out);
} pages[] = {{"settings", settings_reference},
             {"metrics", metric_reference},
             {"problems", problem_reference},
             {"commands", command_reference}};

static bool show_page(const cli_context *c, str topic, cli_exit *code)
{
    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        if (!str_eq(topic, str_of(pages[i].topic)))
            continue;
        buf out;
        buf_init(&out, 1 << 20);
        pages[i].write(&out);
        *code = cli_print(c, &out);
        buf_free(&out);
        return true;
    }
    return false;
}

typedef struct help_words {
    int count;
    char **words;
} help_words;

static error_t help_word(int key, char *argument, struct argp_state *state)
{
    help_words *to = state->input;
    if (key == ARGP_KEY_ARGS) {
        to->words = state->argv + state->next;
        to->count = state->argc - state->next;
        return 0;
    }
    MAYBE(argument);
    return ARGP_ERR_UNKNOWN;
}

cli_exit cli_help(cli_context *c)
{
    help_words of = {0};
    cli_exit parsed =
        cli_parse(c, &(cli_flags){.synopsis = "[COMMAND]", .parse = help_word, .into = &of});
    if (parsed != CLI_OK)
        return parsed;
    str name = command_words(c->memory, of.count, of.words);
    if (str_eq(name, S("exit-codes")))
        return show_exit_codes(c);
    cli_exit shown;
    if (show_page(c, name, &shown))
        return shown;
    const command *which = command_find(name);
    if (which == NULL) {
        if (name.n > 0 && !command_group_is(name))
            return cli_fail(c, CLI_USAGE, "there is no command \"%.*s\"", STR_ARG(name));
        command_overview(stdout, name);
        return CLI_OK;
    }
    /* A command's own --help is its help: its options are known to nobody else. */
    char *arguments[] = {arena_z(c->memory, arena_printf(c->memory, "quan %s", which->name)),
                         arena_z(c->memory, S("--help")), NULL};
    cli_context asked = *c;
    asked.command = which;
    asked.count = 2;
    asked.arguments = arguments;
    return which->run(&asked);
}

cli_exit cli_version(cli_context *c)
{
    cli_exit parsed = cli_parse(c, &(cli_flags){.synopsis = ""});
    if (parsed != CLI_OK)
        return parsed;
    buf out;
    buf_init(&out, 4096);
    if (c->json)
        buf_printf(&out, "{\"name\":\"quan\",\"version\":\"%s\"}\n", QUAN_VERSION);
    else
        buf_printf(&out, "quan %s\n", QUAN_VERSION);
    cli_exit code = cli_print(c, &out);
    buf_free(&out);
    return code;
}
