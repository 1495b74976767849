/* Settings from flags, environment and file. Every source is read and checked whole before any
 * value is chosen, so that a mistake is found on the first start and not when another source goes
 * away. Invariant: after loading, each setting has a value that its row allows. */
#include "port/settings.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>

typedef struct description {
    setting_kind kind;
    str name, initial;
    int64_t min, max;
    str unit, text;
} description;

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }
static const description descriptions[SETTING_COUNT] = {
#define SETTING(name, kind, initial, min, max, unit, text)                                         \
    [SETTING_##name] = {SETTING_##kind, TEXT(#name), TEXT(initial), INT64_C(min),                  \
                        INT64_C(max),   TEXT(unit),  TEXT(text)},
#include "port/settings.def"
#undef SETTING
};

/* From the weakest to the strongest. */
typedef enum source { SOURCE_DEFAULT, SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_FLAG } source;

typedef struct value {
    source from;
    str name; /* of the source */
    str text;
    int64_t number;
} value;

struct settings {
    value values[SETTING_COUNT];
    str *ignored;
    size_t ignored_count;
};

typedef struct loading {
    settings *s;
    issues *problems;
    arena *memory;
    str file, file_source;
    bool given[SETTING_COUNT]; /* in the source that is being read */
    FILE *stream;
    int line;
} loading;

enum { LINE_MAX_BYTES = 197 }; /* inih takes 200 with CR LF and NUL */

static bool one_of(str word, str choices)
{
    str choice;
    while (str_cut(&choices, '|', &choice)) {
        if (str_eq(word, choice))
            return true;
    }
    return false;
}

static void refuse_value(loading *l, str from, const description *d, str text)
{
    if (d->kind == SETTING_INT)
        issues_add(l->problems, from, S("out_of_range"),
                   "\"%.*s\" is not allowed: a whole number from %lld to %lld%s%.*s", STR_ARG(text),
                   (long long)d->min, (long long)d->max, d->unit.n > 0 ? " " : "",
                   STR_ARG(d->unit));
    else if (d->kind == SETTING_CHOICE)
        issues_add(l->problems, from, S("out_of_range"), "\"%.*s\" is not allowed: one of %.*s",
                   STR_ARG(text), STR_ARG(d->unit));
    else
        issues_add(l->problems, from, S("out_of_range"),
                   "not allowed: %lld to %lld bytes of printable UTF-8", (long long)d->min,
                   (long long)d->max);
}

static bool check_value(const description *d, str text, int64_t *number)
{
    switch (d->kind) {
    case SETTING_INT:
        return str_to_i64(text, number) && *number >= d->min && *number <= d->max;
    case SETTING_CHOICE:
        return one_of(text, d->unit);
    case SETTING_TEXT:
        return text.n >= (size_t)d->min && text.n <= (size_t)d->max && str_is_printable(text);
    }
    UNREACHABLE();
}

static void give(loading *l, source from, str from_name, size_t which, str text)
{
    const description *d = &descriptions[which];
    if (l->given[which]) {
        issues_add(l->problems, from_name, S("given_twice"), "%.*s is given twice",
                   STR_ARG(d->name));
        return;
    }
    l->given[which] = true;
    int64_t number = 0;
    if (!check_value(d, text, &number)) {
        refuse_value(l, from_name, d, text);
        return;
    }
    value *v = &l->s->values[which];
    if (from >= v->from)
        *v = (value){from, arena_str(l->memory, from_name), arena_str(l->memory, text), number};
}

/* SETTING_COUNT when there is none. dash: how the words are separated. */
static size_t find(str name, char dash, bool capitals)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        str d = descriptions[i].name;
        bool same = d.n == name.n;
        for (size_t k = 0; same && k < d.n; k++) {
            char c = d.p[k];
            if (c == '_')
                c = dash;
            else if (capitals && c >= 'a' && c <= 'z')
                c = (char)(c - 'a' + 'A');
            same = c == name.p[k];
        }
        if (same)
            return i;
    }
    return SETTING_COUNT;
}

static void read_defaults(loading *l)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const description *d = &descriptions[i];
        value *v = &l->s->values[i];
        *v = (value){.from = SOURCE_DEFAULT, .name = S("default"), .text = d->initial};
        CHECK(check_value(d, d->initial, &v->number));
    }
}

static void read_flag(loading *l, str name, str text, str argument)
{
    if (str_eq(name, S("settings"))) {
        l->file = text;
        l->file_source = S("--settings");
        return;
    }
    size_t which = find(name, '-', false);
    if (which == SETTING_COUNT) {
        issues_add(l->problems, argument, S("unknown_setting"), "there is no setting of this name");
        return;
    }
    give(l, SOURCE_FLAG, arena_printf(l->memory, "--%.*s", STR_ARG(name)), which, text);
}

static void read_flags(loading *l, const settings_sources *from)
{
    memset(l->given, 0, sizeof l->given);
    for (int i = 0; i < from->count; i++) {
        str argument = str_of(from->arguments[i]);
        if (!str_starts(argument, S("--")) || argument.n == 2) {
            issues_add(l->problems, argument, S("unknown_argument"),
                       "settings are given as --name=value");
            continue;
        }
        str text = {argument.p + 2, argument.n - 2}, name;
        bool has_text = memchr(text.p, '=', text.n) != NULL;
        CHECK(str_cut(&text, '=', &name));
        if (!has_text && i + 1 == from->count) {
            issues_add(l->problems, argument, S("required"), "a value must follow");
            return;
        }
        read_flag(l, name, has_text ? text : str_of(from->arguments[++i]), argument);
    }
}

static void read_environment(loading *l, const char *const *environment)
{
    memset(l->given, 0, sizeof l->given);
    size_t n = 0;
    for (const char *const *e = environment; *e != NULL; e++)
        n += str_starts(str_of(*e), S("QUAN_"));
    l->s->ignored = ARENA_ARRAY(l->memory, str, n);
    for (const char *const *e = environment; *e != NULL; e++) {
        str text = str_of(*e), name;
        if (!str_starts(text, S("QUAN_")) || memchr(text.p, '=', text.n) == NULL ||
            !str_cut(&text, '=', &name))
            continue;
        str word = {name.p + 5, name.n - 5};
        size_t which = find(word, '_', true);
        if (str_eq(word, S("SETTINGS"))) {
            if (l->file.n == 0) {
                l->file = text;
                l->file_source = S("QUAN_SETTINGS");
            }
        } else if (which == SETTING_COUNT) {
            l->s->ignored[l->s->ignored_count++] = arena_str(l->memory, name);
        } else {
            give(l, SOURCE_ENVIRONMENT, name, which, text);
        }
    }
}

static str place(const loading *l)
{
    return arena_printf(l->memory, "%.*s:%d", STR_ARG(l->file), l->line);
}

/* inih does not tell line numbers, but it asks for one line at a time. */
static char *next_line(char *to, int size, void *user)
{
    loading *l = user;
    char *got = fgets(to, size, l->stream);
    if (got == NULL)
        return NULL;
    l->line++;
    if (strlen(got) >= LINE_MAX_BYTES && strchr(got, '\n') == NULL) {
        issues_add(l->problems, place(l), S("too_long"), "a line has at most %d bytes",
                   LINE_MAX_BYTES);
        return NULL;
    }
    return got;
}

static int on_setting(void *user, const char *section, const char *name, const char *text)
{
    loading *l = user;
    size_t which = find(str_of(name), '_', false);
    if (section[0] != '\0')
        issues_add(l->problems, place(l), S("unknown_section"), "settings have no sections");
    else if (which == SETTING_COUNT)
        issues_add(l->problems, place(l), S("unknown_setting"), "there is no setting \"%s\"", name);
    else
        give(l, SOURCE_FILE, place(l), which, str_of(text));
    return 1;
}

static void read_settings_file(loading *l)
{
    if (l->file.n == 0)
        return;
    memset(l->given, 0, sizeof l->given);
    l->stream = fopen(arena_z(l->memory, l->file), "re");
    if (l->stream == NULL) {
        issues_add(l->problems, l->file_source, S("unreadable"), "%.*s: %s", STR_ARG(l->file),
                   strerror(errno));
        return;
    }
    int bad_line = ini_parse_stream(next_line, l, on_setting, l);
    if (bad_line != 0) {
        l->line = bad_line;
        issues_add(l->problems, place(l), S("malformed"), "a line is name = value or a comment");
    }
    fclose(l->stream);
}

result settings_load(const settings_sources *from, issues *problems, const settings **out)
{
    arena *memory = problems->memory;
    loading l = {.s = ARENA_NEW(memory, settings), .problems = problems, .memory = memory};
    size_t before = problems->n + problems->dropped;
    read_defaults(&l);
    read_flags(&l, from);
    if (from->environment != NULL)
        read_environment(&l, from->environment);
    read_settings_file(&l);
    if (problems->n + problems->dropped > before)
        return R_INVALID;
    *out = l.s;
    return R_DONE;
}

int64_t settings_int(const settings *s, setting which)
{
    CHECK(descriptions[which].kind == SETTING_INT);
    return s->values[which].number;
}

str settings_text(const settings *s, setting which)
{
    CHECK(descriptions[which].kind != SETTING_INT);
    return s->values[which].text;
}

str settings_source(const settings *s, setting which)
{
    return s->values[which].name;
}
str settings_name(setting which)
{
    return descriptions[which].name;
}

str settings_ignored(const settings *s, size_t index)
{
    return index < s->ignored_count ? s->ignored[index] : (str){NULL, 0};
}

static void write_words(buf *out, str name, char dash, bool capitals)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (c == '_')
            buf_char(out, dash);
        else
            buf_char(out, capitals ? (char)(c - 'a' + 'A') : c);
    }
}

void settings_reference(buf *out)
{
    buf_str(out,
            S("# Settings\n\n"
              "A value comes from the first of: flag, environment, file, default. The file is "
              "named by `--settings` or\n`QUAN_SETTINGS` and has lines `name = value`; `#` and "
              "`;` begin comments.\n\n"
              "| setting | flag | environment | default | allowed | meaning |\n"
              "|---|---|---|---|---|---|\n"));
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const description *d = &descriptions[i];
        buf_printf(out, "| `%.*s` | `--", STR_ARG(d->name));
        write_words(out, d->name, '-', false);
        buf_str(out, S("` | `QUAN_"));
        write_words(out, d->name, '_', true);
        buf_printf(out, "` | `%.*s` | ", STR_ARG(d->initial));
        if (d->kind == SETTING_CHOICE) {
            str choices = d->unit, choice;
            for (bool first = true; str_cut(&choices, '|', &choice); first = false)
                buf_printf(out, "%s`%.*s`", first ? "" : ", ", STR_ARG(choice));
        } else {
            buf_printf(out, "%lld to %lld %.*s", (long long)d->min, (long long)d->max,
                       STR_ARG(d->kind == SETTING_TEXT ? S("bytes") : d->unit));
            while (out->n > 0 && out->p[out->n - 1] == ' ')
                out->n--;
        }
        buf_printf(out, " | %.*s |\n", STR_ARG(d->text));
    }
}
