/* Reads story files: see story_file.h. Knows brackets and the shorthands for money and spans of
 * time, not the steps. */
#include "test/lib/story_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"

enum { STORY_LINE_MAX = 1 << 20 };

story_file story_file_new(arena *memory)
{
    return (story_file){.memory = memory,
                        .lines = ARENA_ARRAY(memory, story_line, STORY_LINES_MAX),
                        .blocks = ARENA_ARRAY(memory, story_block, STORY_LINES_MAX)};
}

const story_block *story_setup_find(const story_file *f, str name)
{
    for (size_t i = 0; i < f->block_count; i++)
        if (f->blocks[i].setup && str_eq(f->blocks[i].name, name))
            return &f->blocks[i];
    return NULL;
}

/* Brackets that are still open at the end of the text, strings skipped. */
static int open_brackets(str text)
{
    int open = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted)
            open += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
    }
    return open;
}

static size_t count_in(str text, size_t from, char lowest, char highest)
{
    size_t n = 0;
    while (from + n < text.n && text.p[from + n] >= lowest && text.p[from + n] <= highest)
        n++;
    return n;
}

/* "@1250" becomes {"amount": 1250, "currency": "USD"}, "@1250CNY" the same in CNY; not in strings.
 */
static str spell_money(arena *memory, str text)
{
    buf b;
    buf_init(&b, STORY_LINE_MAX);
    bool quoted = false;
    for (size_t i = 0; i < text.n; i++) {
        size_t digits = quoted || text.p[i] != '@' ? 0 : count_in(text, i + 1, '0', '9');
        if (text.p[i] == '"')
            quoted = !quoted;
        if (digits == 0) {
            buf_char(&b, text.p[i]);
            continue;
        }
        str amount = {text.p + i + 1, digits};
        str currency = {text.p + i + 1 + digits, count_in(text, i + 1 + digits, 'A', 'Z')};
        i += digits + currency.n;
        if (currency.n == 0)
            currency = S("USD");
        buf_printf(&b, "{\"amount\": %.*s, \"currency\": \"%.*s\"}", STR_ARG(amount),
                   STR_ARG(currency));
    }
    CHECK(!buf_overflowed(&b));
    str spelt = arena_str(memory, buf_view(&b));
    buf_free(&b);
    return spelt;
}

static void add_line(story_file *f, const story_line *next)
{
    story_block *of = &f->blocks[f->block_count - 1];
    story_line *last = of->n > 0 ? &f->lines[f->n - 1] : NULL;
    if (last != NULL && open_brackets(last->text) > 0) {
        last->text = arena_printf(f->memory, "%.*s %.*s", STR_ARG(last->text), STR_ARG(next->text));
        return;
    }
    CHECK(f->n < STORY_LINES_MAX);
    f->lines[f->n++] = *next;
    of->n++;
}

static void add_block(story_file *f, str text, bool setup)
{
    str name = text, word;
    (void)str_cut(&name, ' ', &word);
    f->blocks[f->block_count++] = (story_block){str_trim(name), setup, f->n, 0};
}

bool story_file_add(story_file *f, const char *path)
{
    FILE *in = fopen(path, "re");
    if (in == NULL)
        return false;
    char *raw = NULL;
    size_t size = 0;
    int number = 0;
    const char *kept = arena_z(f->memory, str_of(path));
    for (ssize_t n = getline(&raw, &size, in); n >= 0; n = getline(&raw, &size, in)) {
        str text = arena_str(f->memory, str_trim((str){raw, (size_t)n}));
        number++;
        if (text.n == 0 || text.p[0] == '#')
            continue;
        bool setup = str_starts(text, S("setup "));
        story_line next = {spell_money(f->memory, text), kept, number};
        if (setup || str_starts(text, S("story ")))
            add_block(f, text, setup);
        else if (f->block_count > 0)
            add_line(f, &next);
    }
    free(raw);
    (void)fclose(in);
    return true;
}

/* ---- spans of time ---- */

static int64_t unit_ms(str *rest)
{
    static const struct {
        str name;
        int64_t ms;
    } units[] = {{{"ms", 2}, 1},        {{"d", 1}, MS_DAY},    {{"h", 1}, MS_HOUR},
                 {{"m", 1}, MS_MINUTE}, {{"s", 1}, MS_SECOND}, {{NULL, 0}, 0}};
    size_t i = 0;
    while (units[i].name.n > 0 && !str_starts(*rest, units[i].name))
        i++;
    *rest = (str){rest->p + units[i].name.n, rest->n - units[i].name.n};
    return units[i].ms;
}

/* "+2d3h" or "-1h". */
bool story_span(str text, int64_t *out_ms)
{
    int64_t sign = text.p[0] == '-' ? -1 : 1, total = 0;
    str rest = {text.p + 1, text.n - 1};
    while (rest.n > 0) {
        int64_t number = 0;
        size_t digits = 0;
        for (; digits < rest.n && rest.p[digits] >= '0' && rest.p[digits] <= '9'; digits++)
            number = number * 10 + (rest.p[digits] - '0');
        rest = (str){rest.p + digits, rest.n - digits};
        int64_t unit = unit_ms(&rest);
        if (digits == 0 || unit == 0)
            return false;
        total += number * unit;
    }
    *out_ms = sign * total;
    return text.n > 1;
}
