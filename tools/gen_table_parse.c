/* The reading half of gen_table: lines to a gen_model, with every check. What a line may be is told
 * in gen_table.h. State is the program's: there is one definition in a run. */
#include "gen_table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1024 * 1024, LINE_WORDS_MAX = 16 };

/* The definition as read so far; the names point into text. */
static char text[TEXT_MAX + 1];
static const char *source_path;
static gen_model model;
static bool number_used[NUMBER_MAX + 1];

/* The line being read. */
static int line_number;
static char *words[LINE_WORDS_MAX];
static size_t words_n;
static const char *doc; /* NULL when the line has none */

_Noreturn static void fail(int line, const char *format, ...) PRINTF_LIKE(2, 3);

static void fail(int line, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "%s:%d: ", source_path, line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void read_text(void)
{
    FILE *f = fopen(source_path, "rb");
    if (f == NULL) {
        fail(0, "cannot open: %s", strerror(errno));
    }
    size_t n = fread(text, 1, sizeof(text), f);
    if (ferror(f)) {
        fail(0, "cannot read: %s", strerror(errno));
    }
    fclose(f);
    if (n > TEXT_MAX) {
        fail(0, "longer than %d bytes", TEXT_MAX);
    }
    if (memchr(text, 0, n) != NULL) {
        fail(0, "contains a NUL byte");
    }
    text[n] = 0;
}

/* Cuts the doc text off the end of the line; what is left has neither doc nor comment. */
static void cut_doc(char *line)
{
    doc = NULL;
    size_t plain = strcspn(line, "\"#");
    if (line[plain] != '"') {
        line[plain] = 0;
        return;
    }
    line[plain] = 0;
    char *begin = line + plain + 1;
    char *end = strchr(begin, '"');
    if (end == NULL) {
        fail(line_number, "the doc text has no closing quote");
    }
    *end = 0;
    const char *rest = end + 1 + strspn(end + 1, " \t\r");
    if (*rest != 0 && *rest != '#') {
        fail(line_number, "the doc text must be the last thing in its line");
    }
    if (strstr(begin, "*/") != NULL || strstr(begin, "/*") != NULL) {
        fail(line_number, "the doc text must not open or close a C comment");
    }
    for (const char *c = begin; *c != 0; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            fail(line_number, "the doc text contains a control character");
        }
    }
    doc = *begin == 0 ? NULL : begin;
}

static void split_line(char *line)
{
    cut_doc(line);
    words_n = 0;
    for (char *at = line + strspn(line, " \t\r"); *at != 0; at += strspn(at, " \t\r")) {
        if (words_n == LINE_WORDS_MAX) {
            fail(line_number, "more than %d words", LINE_WORDS_MAX);
        }
        words[words_n++] = at;
        at += strcspn(at, " \t\r");
        if (*at != 0) {
            *at++ = 0;
        }
    }
    if (words_n == 0 && doc != NULL) {
        fail(line_number, "a doc text stands behind what it explains, not alone");
    }
}

static unsigned parse_number(const char *word, unsigned min, unsigned max, const char *what)
{
    unsigned v = 0;
    for (const char *c = word; *c != 0; c++) {
        if (*c < '0' || *c > '9' || v > max) {
            fail(line_number, "%s must be a number from %u to %u, not '%s'", what, min, max, word);
        }
        v = v * 10 + (unsigned)(*c - '0');
    }
    if (v < min || v > max) {
        fail(line_number, "%s must be a number from %u to %u, not '%s'", what, min, max, word);
    }
    return v;
}

static const char *check_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (name[n] != 0 || n == 0 || name[0] < 'a' || name[0] > 'z') {
        fail(line_number, "'%s' is not a name: a-z, then a-z, 0-9 and _", name);
    }
    if (n > NAME_LENGTH_MAX) {
        fail(line_number, "name '%s' is longer than %d characters", name, NAME_LENGTH_MAX);
    }
    return name;
}

static bool is_one_of(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (same(name, names[i])) {
            return true;
        }
    }
    return false;
}

/* A name that stands in C as it is. */
static const char *check_c_name(const char *name)
{
    static const char *const keywords[] = {
        "auto",  "bool",     "break",  "case",     "char",   "const",    "continue", "default",
        "do",    "double",   "else",   "enum",     "extern", "false",    "float",    "for",
        "goto",  "if",       "inline", "int",      "long",   "register", "restrict", "return",
        "short", "signed",   "sizeof", "static",   "struct", "switch",   "true",     "typedef",
        "union", "unsigned", "void",   "volatile", "while",
    };
    check_name(name);
    if (is_one_of(name, keywords, ARRAY_LEN(keywords))) {
        fail(line_number, "'%s' is a C keyword", name);
    }
    return name;
}

static const char *check_block_name(const char *name)
{
    static const char *const taken[] = {
        "arena",  "buf",  "column", "config",      "list",  "link",   "pipe", "read",
        "result", "stat", "str",    "record_type", "table", "tables", "uow",  "write",
    };
    check_c_name(name);
    if (is_one_of(name, taken, ARRAY_LEN(taken))) {
        fail(line_number, "'%s' is a name that domain/row.h or POSIX has taken", name);
    }
    for (size_t i = 0; i < model.enums_n; i++) {
        if (same(model.enums[i].name, name)) {
            fail(line_number, "'%s' is declared already, in line %d", name, model.enums[i].line);
        }
    }
    for (size_t i = 0; i < model.records_n; i++) {
        if (same(model.records[i].name, name)) {
            fail(line_number, "'%s' is declared already, in line %d", name, model.records[i].line);
        }
    }
    return name;
}

static unsigned take_number(const char *word)
{
    unsigned number = parse_number(word, 1, NUMBER_MAX, "a table's or index's number");
    if (number_used[number]) {
        fail(line_number, "number %u is used already by another table or index", number);
    }
    number_used[number] = true;
    return number;
}

static int find_column(const gen_record *r, const char *name)
{
    for (unsigned i = 0; i < r->n; i++) {
        if (same(r->columns[i].name, name)) {
            return (int)i;
        }
    }
    return -1;
}

static void parse_enum(void)
{
    if (words_n != 2) {
        fail(line_number, "expected: enum NAME");
    }
    if (model.enums_n == BLOCKS_MAX) {
        fail(line_number, "more than %d enums", BLOCKS_MAX);
    }
    const char *name = check_block_name(words[1]);
    model.enums[model.enums_n++] = (gen_enum){.name = name, .doc = doc, .line = line_number};
}

static void parse_value(gen_enum *e)
{
    if (words_n != 2) {
        fail(line_number, "expected in an enum: NUMBER NAME");
    }
    unsigned number = parse_number(words[0], 0, UINT8_MAX, "an enum's value");
    const char *name = check_name(words[1]);
    if (same(name, "count")) {
        fail(line_number, "'count' is the constant that the generator adds");
    }
    for (unsigned i = 0; i < e->n; i++) {
        if (e->values[i].number == number) {
            fail(line_number, "duplicate number %u in enum %s", number, e->name);
        }
        if (same(e->values[i].name, name)) {
            fail(line_number, "duplicate name '%s' in enum %s", name, e->name);
        }
    }
    /* Numbers are distinct and at most 255: there is room. */
    e->values[e->n++] = (gen_value){.name = name, .doc = doc, .number = number};
    e->count = number >= e->count ? number + 1 : e->count;
}

static void parse_record(bool is_table)
{
    if (words_n != (is_table ? 5 : 2)) {
        fail(line_number, "expected: %s",
             is_table ? "table NAME NUMBER slot|lane point|range" : "record NAME");
    }
    if (model.records_n == BLOCKS_MAX) {
        fail(line_number, "more than %d records and tables", BLOCKS_MAX);
    }
    gen_record *r = &model.records[model.records_n];
    *r = (gen_record){.doc = doc, .line = line_number, .version = 1};
    r->name = check_block_name(words[1]);
    if (is_table) {
        r->number = take_number(words[2]);
        r->home = words[3];
        r->access = words[4];
        if (!same(r->home, "slot") && !same(r->home, "lane")) {
            fail(line_number, "a table's home is slot or lane, not '%s'", r->home);
        }
        if (!same(r->access, "point") && !same(r->access, "range")) {
            fail(line_number, "a table's access is point or range, not '%s'", r->access);
        }
    }
    model.records_n++;
}

static const char *parse_element(const char *name)
{
    /* The block being read is the last one, and is not itself a candidate. */
    for (size_t i = 0; i + 1 < model.records_n; i++) {
        if (same(model.records[i].name, name) && model.records[i].number == 0) {
            return model.records[i].name;
        }
    }
    fail(line_number, "'%s' is not a record declared earlier", name);
}

/* TYPE NAME, or list RECORD NAME, beginning at word `at`; adds it to r. */
static gen_column *parse_column(gen_record *r, size_t at)
{
    if (at >= words_n) {
        fail(line_number, "expected a column: TYPE NAME");
    }
    size_t type = 0;
    while (type < ARRAY_LEN(gen_types) && !same(gen_types[type].word, words[at])) {
        type++;
    }
    if (type == ARRAY_LEN(gen_types)) {
        fail(line_number, "unknown type '%s'", words[at]);
    }
    bool is_list = type == COLUMN_LIST;
    if (words_n - at != (is_list ? 3 : 2)) {
        fail(line_number, "expected a column: %s", is_list ? "list RECORD NAME" : "TYPE NAME");
    }
    if (r->n == ROW_COLUMNS_MAX) {
        fail(line_number, "more than %d columns in %s", ROW_COLUMNS_MAX, r->name);
    }
    const char *name = check_c_name(words[words_n - 1]);
    if (find_column(r, name) >= 0) {
        fail(line_number, "duplicate column '%s' in %s", name, r->name);
    }
    gen_column *c = &r->columns[r->n++];
    *c = (gen_column){.name = name, .doc = doc, .type = (column_type)type, .since = 1};
    c->element = is_list ? parse_element(words[at + 1]) : NULL;
    return c;
}

static void parse_plain(gen_record *r)
{
    bool has_since = same(words[0], "since");
    if (has_since && words_n < 4) {
        fail(line_number, "expected: since VERSION TYPE NAME");
    }
    unsigned since = has_since ? parse_number(words[1], 1, UINT8_MAX, "a version") : 1;
    if (has_since && same(words[2], "key")) {
        fail(line_number, "a key column has no since: a stored key never changes");
    }
    if (r->number != 0 && r->keys == 0) {
        fail(line_number, "the key columns of table %s come first", r->name);
    }
    gen_column *c = parse_column(r, has_since ? 2 : 0);
    if (since < r->version) {
        fail(line_number, "since %u behind a column of version %u: new columns go last", since,
             r->version);
    }
    c->since = since;
    r->version = since;
}

static void parse_key(gen_record *r)
{
    if (r->number == 0) {
        fail(line_number, "a record has no key; only a table has");
    }
    if (r->n > r->keys) {
        fail(line_number, "a key column stands behind a column that is not in the key");
    }
    if (r->keys == INDEX_COLUMNS_MAX) {
        fail(line_number, "more than %d key columns in %s", INDEX_COLUMNS_MAX, r->name);
    }
    const gen_column *c = parse_column(r, 1);
    if (c->type == COLUMN_LIST) {
        fail(line_number, "a list cannot be in a key");
    }
    if (r->keys == 0 && (c->type != COLUMN_U16 || !same(c->name, r->home))) {
        fail(line_number, "the first key column of a table by %s must be: u16 %s", r->home,
             r->home);
    }
    if (r->keys > 0 && r->columns[r->keys - 1].type == COLUMN_STR) {
        fail(line_number, "a text key column must be the last of the key");
    }
    r->keys++;
}

static int parse_index_column(const gen_record *r, const char *name)
{
    int at = find_column(r, name);
    if (at < 0) {
        fail(line_number, "%s has no column '%s' above this line", r->name, name);
    }
    if (!gen_types[r->columns[at].type].ordered) {
        fail(line_number, "index column '%s' is not a fixed-width integer", name);
    }
    return at;
}

static bool index_has(const gen_index *x, unsigned position)
{
    for (unsigned i = 0; i < x->n; i++) {
        if (x->columns[i] == position) {
            return true;
        }
    }
    return false;
}

static void parse_index(gen_record *r)
{
    if (r->number == 0) {
        fail(line_number, "a record has no index; only a table has");
    }
    if (words_n < 4) {
        fail(line_number, "expected: index NUMBER NAME COLUMN...");
    }
    if (r->indexes == ROW_INDEXES_MAX) {
        fail(line_number, "more than %d indexes in %s", ROW_INDEXES_MAX, r->name);
    }
    gen_index *x = &r->index[r->indexes];
    *x = (gen_index){0};
    x->number = take_number(words[1]);
    x->name = check_name(words[2]);
    for (unsigned i = 0; i < r->indexes; i++) {
        if (same(r->index[i].name, x->name)) {
            fail(line_number, "duplicate index '%s' in %s", x->name, r->name);
        }
    }
    for (size_t i = 3; i < words_n; i++) {
        unsigned position = (unsigned)parse_index_column(r, words[i]);
        if (index_has(x, position)) {
            fail(line_number, "column '%s' is twice in index %s", words[i], x->name);
        }
        if (x->n == INDEX_COLUMNS_MAX) {
            fail(line_number, "more than %d columns in index %s", INDEX_COLUMNS_MAX, x->name);
        }
        x->columns[x->n++] = position;
    }
    for (unsigned i = 0; i < r->keys; i++) {
        if (!index_has(x, i)) {
            fail(line_number, "index %s lacks key column '%s'", x->name, r->columns[i].name);
        }
    }
    r->indexes++;
}

static void parse_member(gen_enum *e, gen_record *r)
{
    if (e != NULL) {
        parse_value(e);
    } else if (r == NULL) {
        fail(line_number, "expected enum, record or table, not '%s'", words[0]);
    } else if (same(words[0], "key")) {
        parse_key(r);
    } else if (same(words[0], "index")) {
        parse_index(r);
    } else {
        parse_plain(r);
    }
}

static void check_complete(void)
{
    for (size_t i = 0; i < model.enums_n; i++) {
        if (model.enums[i].n == 0) {
            fail(model.enums[i].line, "enum %s has no values", model.enums[i].name);
        }
    }
    for (size_t i = 0; i < model.records_n; i++) {
        if (model.records[i].n == 0) {
            fail(model.records[i].line, "%s has no columns", model.records[i].name);
        }
    }
}

static void parse_text(void)
{
    gen_enum *e = NULL;
    gen_record *r = NULL;
    for (char *line = text, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL) {
            *next++ = 0;
        }
        line_number++;
        split_line(line);
        if (words_n == 0) {
            continue;
        }
        if (same(words[0], "enum")) {
            parse_enum();
            e = &model.enums[model.enums_n - 1];
            r = NULL;
        } else if (same(words[0], "record") || same(words[0], "table")) {
            parse_record(same(words[0], "table"));
            e = NULL;
            r = &model.records[model.records_n - 1];
        } else {
            parse_member(e, r);
        }
    }
    check_complete();
}

const gen_model *gen_parse(const char *path)
{
    source_path = path;
    read_text();
    parse_text();
    return &model;
}
