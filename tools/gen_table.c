/* gen_table table.def out.h out.c: makes the C of the tables, records and enums that table.def
 * declares.
 *
 * The whole definition is read and checked before anything is written, so a malformed one leaves
 * the outputs alone. The first mistake ends the run: `file:line: message` on stderr and exit
 * status 1.
 *
 * A line is words, then optionally a "doc text" that becomes a C comment; # begins a comment.
 *   enum NAME                             then lines  NUMBER NAME
 *   record NAME                           then columns
 *   table NAME NUMBER slot|lane point|range
 *                                         then keys, columns and indexes
 *   key TYPE NAME                         before the other columns; the first is u16 slot or u16
 * lane [since N] TYPE NAME                   bool u8 u16 u32 u64 i32 i64 str [since N] list RECORD
 * NAME            of a record declared earlier, so there are no cycles index NUMBER NAME COLUMN...
 * [unless COLUMN] What the parts mean, and the limits on them, is in domain/row.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/row.h"

enum {
    TEXT_MAX = 1024 * 1024,
    LINE_WORDS_MAX = 16,
    NAME_LENGTH_MAX = 40,
    BLOCKS_MAX = 200, /* records and tables together, and enums */
    ENUM_VALUES_MAX = 256,
    INDEX_COLUMNS_MAX = ARRAY_LEN(((table_index *)0)->columns),
    NUMBER_MAX = UINT8_MAX
};

typedef struct gen_value {
    const char *name, *doc;
    unsigned number;
} gen_value;

typedef struct gen_enum {
    const char *name, *doc;
    int line;
    unsigned n, count; /* count: highest number + 1 */
    gen_value values[ENUM_VALUES_MAX];
} gen_enum;

typedef struct gen_column {
    const char *name, *doc, *element;
    column_type type;
    unsigned since;
} gen_column;

typedef struct gen_index {
    const char *name;
    unsigned number, n, columns[INDEX_COLUMNS_MAX];
    int unless;
} gen_index;

/* A record, or a table: then number is not 0. */
typedef struct gen_record {
    const char *name, *doc, *home, *access;
    int line;
    unsigned number, n, keys, indexes, version;
    gen_column columns[ROW_COLUMNS_MAX];
    gen_index index[ROW_INDEXES_MAX];
} gen_record;

static const struct {
    const char *word, *c_type, *constant;
    bool ordered; /* fixed width: may stand anywhere in a key */
} types[] = {
    [COLUMN_BOOL] = {"bool", "bool", "COLUMN_BOOL", true},
    [COLUMN_U8] = {"u8", "uint8_t", "COLUMN_U8", true},
    [COLUMN_U16] = {"u16", "uint16_t", "COLUMN_U16", true},
    [COLUMN_U32] = {"u32", "uint32_t", "COLUMN_U32", true},
    [COLUMN_U64] = {"u64", "uint64_t", "COLUMN_U64", true},
    [COLUMN_I32] = {"i32", "int32_t", "COLUMN_I32", true},
    [COLUMN_I64] = {"i64", "int64_t", "COLUMN_I64", true},
    [COLUMN_STR] = {"str", "str", "COLUMN_STR", false},
    [COLUMN_LIST] = {"list", "list", "COLUMN_LIST", false},
};

/* The definition as read so far; the names point into text. */
static char text[TEXT_MAX + 1];
static const char *path;
static gen_enum enums[BLOCKS_MAX];
static gen_record records[BLOCKS_MAX];
static size_t enums_n, records_n;
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
    fprintf(stderr, "%s:%d: ", path, line);
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

/* ---- reading ---- */

static void read_text(void)
{
    FILE *f = fopen(path, "rb");
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
    static const char *const taken[] = {"arena", "buf",    "column", "config",
                                        "list",  "result", "str",    "record_type",
                                        "table", "tables", "uow"};
    check_c_name(name);
    if (is_one_of(name, taken, ARRAY_LEN(taken))) {
        fail(line_number, "'%s' is already a type of domain/row.h", name);
    }
    for (size_t i = 0; i < enums_n; i++) {
        if (same(enums[i].name, name)) {
            fail(line_number, "'%s' is declared already, in line %d", name, enums[i].line);
        }
    }
    for (size_t i = 0; i < records_n; i++) {
        if (same(records[i].name, name)) {
            fail(line_number, "'%s' is declared already, in line %d", name, records[i].line);
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
    if (enums_n == BLOCKS_MAX) {
        fail(line_number, "more than %d enums", BLOCKS_MAX);
    }
    const char *name = check_block_name(words[1]);
    enums[enums_n++] = (gen_enum){.name = name, .doc = doc, .line = line_number};
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
    if (records_n == BLOCKS_MAX) {
        fail(line_number, "more than %d records and tables", BLOCKS_MAX);
    }
    gen_record *r = &records[records_n];
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
    records_n++;
}

static const char *parse_element(const char *name)
{
    /* The block being read is the last one, and is not itself a candidate. */
    for (size_t i = 0; i + 1 < records_n; i++) {
        if (same(records[i].name, name) && records[i].number == 0) {
            return records[i].name;
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
    while (type < ARRAY_LEN(types) && !same(types[type].word, words[at])) {
        type++;
    }
    if (type == ARRAY_LEN(types)) {
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
    if (!types[r->columns[at].type].ordered) {
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
        fail(line_number, "expected: index NUMBER NAME COLUMN... [unless COLUMN]");
    }
    if (r->indexes == ROW_INDEXES_MAX) {
        fail(line_number, "more than %d indexes in %s", ROW_INDEXES_MAX, r->name);
    }
    gen_index *x = &r->index[r->indexes];
    *x = (gen_index){.unless = -1};
    x->number = take_number(words[1]);
    x->name = check_name(words[2]);
    for (unsigned i = 0; i < r->indexes; i++) {
        if (same(r->index[i].name, x->name)) {
            fail(line_number, "duplicate index '%s' in %s", x->name, r->name);
        }
    }
    size_t end = words_n;
    if (words_n > 4 && same(words[words_n - 2], "unless")) {
        end = words_n - 2;
        x->unless = parse_index_column(r, words[words_n - 1]);
    }
    for (size_t i = 3; i < end; i++) {
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
    for (size_t i = 0; i < enums_n; i++) {
        if (enums[i].n == 0) {
            fail(enums[i].line, "enum %s has no values", enums[i].name);
        }
    }
    for (size_t i = 0; i < records_n; i++) {
        if (records[i].n == 0) {
            fail(records[i].line, "%s has no columns", records[i].name);
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
            e = &enums[enums_n - 1];
            r = NULL;
        } else if (same(words[0], "record") || same(words[0], "table")) {
            parse_record(same(words[0], "table"));
            e = NULL;
            r = &records[records_n - 1];
        } else {
            parse_member(e, r);
        }
    }
    check_complete();
}

/* ---- writing ---- */

/* The name in capitals; good until the fourth call after it. */
static const char *upper(const char *name)
{
    static char kept[4][NAME_LENGTH_MAX + 1];
    static unsigned turn;
    char *out = kept[turn++ % 4];
    size_t i = 0;
    for (; name[i] != 0; i++) {
        out[i] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 'a' + 'A') : name[i];
    }
    out[i] = 0;
    return out;
}

static void put_doc(FILE *f, const char *before, const char *text_or_null, const char *after)
{
    if (text_or_null != NULL) {
        fprintf(f, "%s/* %s */", before, text_or_null);
    }
    fputs(after, f);
}

static void put_enum_declaration(FILE *f, const gen_enum *e)
{
    put_doc(f, "\n", e->doc, "\n");
    fprintf(f, "typedef enum %s {\n", e->name);
    for (unsigned i = 0; i < e->n; i++) {
        const gen_value *v = &e->values[i];
        fprintf(f, "    %s_%s = %u,", upper(e->name), upper(v->name), v->number);
        put_doc(f, " ", v->doc, "\n");
    }
    fprintf(f, "    %s_COUNT = %u\n} %s;\n", upper(e->name), e->count, e->name);
    fprintf(f, "str %s_name(int v); /* \"\" when v is none of them */\n", e->name);
    fprintf(f, "MUST_USE bool %s_parse(str name, uint8_t *out);\n", e->name);
}

static void put_struct(FILE *f, const gen_record *r)
{
    put_doc(f, "\n", r->doc, "\n");
    fprintf(f, "typedef struct %s {\n", r->name);
    for (unsigned i = 0; i < r->n; i++) {
        const gen_column *c = &r->columns[i];
        if (c->type == COLUMN_LIST) {
            fprintf(f, "    struct {\n        %s *items;\n        size_t n;\n    } %s;", c->element,
                    c->name);
        } else {
            fprintf(f, "    %s %s;", types[c->type].c_type, c->name);
        }
        put_doc(f, " ", c->doc, "\n");
    }
    fprintf(f, "} %s;\n", r->name);
    fprintf(f, "extern const %s %s_%s;\n", r->number == 0 ? "record_type" : "table", r->name,
            r->number == 0 ? "record" : "table");
}

/* A list column is read and written as a `list`: it must lie in memory like one. */
static void put_list_asserts(FILE *f, const gen_record *r)
{
    for (unsigned i = 0; i < r->n; i++) {
        if (r->columns[i].type != COLUMN_LIST) {
            continue;
        }
        const char *name = r->columns[i].name;
        fprintf(f,
                "_Static_assert(sizeof(((%s *)0)->%s) == sizeof(list) &&\n"
                "                   offsetof(%s, %s.n) - offsetof(%s, %s) == offsetof(list, n),\n"
                "               \"%s.%s lies like a list\");\n",
                r->name, name, r->name, name, r->name, name, r->name, name);
    }
}

/* The parameters are named key_…: a column may be called like a type, which a bare name would hide.
 */
static void put_key_function(FILE *f, const gen_record *r, const char *verb)
{
    fprintf(f, "static inline %s *%s_%s(uow *u", r->name, r->name, verb);
    for (unsigned i = 0; i < r->keys; i++) {
        fprintf(f, ", %s key_%s", types[r->columns[i].type].c_type, r->columns[i].name);
    }
    fprintf(f, ")\n{\n    %s wanted = {0};\n", r->name);
    for (unsigned i = 0; i < r->keys; i++) {
        fprintf(f, "    wanted.%s = key_%s;\n", r->columns[i].name, r->columns[i].name);
    }
    fprintf(f, "    return (%s *)uow_%s(u, &%s_table, &wanted);\n}\n", r->name, verb, r->name);
}

static void put_access(FILE *f, const gen_record *r)
{
    if (r->indexes > 0) {
        fputs("enum {", f);
        for (unsigned i = 0; i < r->indexes; i++) {
            fprintf(f, "%s%s_BY_%s = %u", i == 0 ? " " : ", ", upper(r->name),
                    upper(r->index[i].name), i);
        }
        fputs(" };\n", f);
    }
    put_key_function(f, r, "get");
    put_key_function(f, r, "new");
    fprintf(f, "static inline void %s_edit(uow *u, %s *row)\n{\n    uow_edit(u, row);\n}\n",
            r->name, r->name);
    fprintf(f, "static inline void %s_delete(uow *u, %s *row)\n{\n    uow_delete(u, row);\n}\n",
            r->name, r->name);
}

static void put_header(FILE *f)
{
    fputs("/* Generated from table.def by tools/gen_table: enums, records, tables and typed access"
          " to their rows. */\n"
          "#ifndef QUAN_DOMAIN_TABLE_GEN_H\n#define QUAN_DOMAIN_TABLE_GEN_H\n\n"
          "#include \"domain/row.h\"\n#include \"domain/uow.h\"\n",
          f);
    for (size_t i = 0; i < enums_n; i++) {
        put_enum_declaration(f, &enums[i]);
    }
    for (size_t i = 0; i < records_n; i++) {
        put_struct(f, &records[i]);
        put_list_asserts(f, &records[i]);
        if (records[i].number != 0) {
            put_access(f, &records[i]);
        }
    }
    fputs("\n#endif\n", f);
}

static void put_enum_functions(FILE *f, const gen_enum *e)
{
    fprintf(f, "\nstr %s_name(int v)\n{\n    switch (v) {\n", e->name);
    for (unsigned i = 0; i < e->n; i++) {
        fprintf(f, "    case %s_%s:\n        return S(\"%s\");\n", upper(e->name),
                upper(e->values[i].name), e->values[i].name);
    }
    fputs("    default:\n        return S(\"\");\n    }\n}\n", f);
    fprintf(f,
            "\nbool %s_parse(str name, uint8_t *out)\n{\n"
            "    for (int v = 0; v < %s_COUNT; v++) {\n"
            "        str known = %s_name(v);\n"
            "        if (known.n > 0 && str_eq(known, name)) {\n"
            "            *out = (uint8_t)v;\n            return true;\n        }\n    }\n"
            "    return false;\n}\n",
            e->name, upper(e->name), e->name);
}

static void put_columns(FILE *f, const gen_record *r)
{
    fprintf(f, "\nstatic const column %s_columns[] = {\n", r->name);
    for (unsigned i = 0; i < r->n; i++) {
        const gen_column *c = &r->columns[i];
        fprintf(f, "    {\"%s\", %s, offsetof(%s, %s), %u, ", c->name, types[c->type].constant,
                r->name, c->name, c->since);
        if (c->element == NULL) {
            fputs("NULL},\n", f);
        } else {
            fprintf(f, "&%s_record},\n", c->element);
        }
    }
    fputs("};\n", f);
}

static void put_record_type(FILE *f, const gen_record *r)
{
    fprintf(f, "{\"%s\", sizeof(%s), %u, %u, %s_columns}", r->name, r->name, r->version, r->n,
            r->name);
}

static void put_table(FILE *f, const gen_record *r)
{
    fprintf(f, "const table %s_table = {\n    .record = ", r->name);
    put_record_type(f, r);
    fprintf(f,
            ",\n    .number = %u,\n    .key_columns = %u,\n    .home = HOME_%s,\n"
            "    .access = ACCESS_%s,\n    .indexes = %u,\n",
            r->number, r->keys, upper(r->home), upper(r->access), r->indexes);
    if (r->indexes > 0) {
        fputs("    .index = {\n", f);
        for (unsigned i = 0; i < r->indexes; i++) {
            const gen_index *x = &r->index[i];
            fprintf(f, "        {\"%s\", %u, %u, {", x->name, x->number, x->n);
            for (unsigned k = 0; k < x->n; k++) {
                fprintf(f, "%s%u", k == 0 ? "" : ", ", x->columns[k]);
            }
            fprintf(f, "}, %d},\n", x->unless);
        }
        fputs("    },\n", f);
    }
    fputs("};\n", f);
}

static void put_table_list(FILE *f)
{
    size_t n = 0;
    fputs("\nconst table *const tables[] = {\n", f);
    for (size_t i = 0; i < records_n; i++) {
        if (records[i].number != 0) {
            fprintf(f, "    &%s_table,\n", records[i].name);
            n++;
        }
    }
    /* The NULL keeps the array legal in C when there are no tables. */
    fprintf(f, "    NULL,\n};\nconst size_t tables_count = %zu;\n", n);
    fputs("\nstatic const table *const by_number[UINT8_MAX + 1] = {\n    [0] = NULL,\n", f);
    for (size_t i = 0; i < records_n; i++) {
        const gen_record *r = &records[i];
        if (r->number != 0) {
            fprintf(f, "    [%u] = &%s_table,\n", r->number, r->name);
        }
        for (unsigned k = 0; k < r->indexes; k++) {
            fprintf(f, "    [%u] = &%s_table,\n", r->index[k].number, r->name);
        }
    }
    fputs("};\n\nconst table *table_by_number(uint8_t number)\n{\n"
          "    return by_number[number];\n}\n",
          f);
}

static void put_source(FILE *f)
{
    fputs("/* Generated from table.def by tools/gen_table: the descriptions that domain/row.h"
          " works on. */\n#include \"domain/table.gen.h\"\n",
          f);
    for (size_t i = 0; i < enums_n; i++) {
        put_enum_functions(f, &enums[i]);
    }
    for (size_t i = 0; i < records_n; i++) {
        const gen_record *r = &records[i];
        put_columns(f, r);
        if (r->number == 0) {
            fprintf(f, "const record_type %s_record = ", r->name);
            put_record_type(f, r);
            fputs(";\n", f);
        } else {
            put_table(f, r);
        }
    }
    put_table_list(f);
}

static void write_file(const char *to, void (*put)(FILE *))
{
    FILE *f = fopen(to, "wb");
    if (f == NULL) {
        fprintf(stderr, "gen_table: cannot open %s: %s\n", to, strerror(errno));
        exit(1);
    }
    put(f);
    bool written = !ferror(f);
    if (fclose(f) != 0 || !written) {
        fprintf(stderr, "gen_table: cannot write %s\n", to);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: gen_table table.def out.h out.c\n", stderr);
        return 1;
    }
    path = argv[1];
    read_text();
    parse_text();
    write_file(argv[2], put_header);
    write_file(argv[3], put_source);
    return 0;
}
