/* YAML to nodes (libyaml events), and references between files.
 *
 * Plain scalars are null, true, false, integers or text; quoted ones are text. Anchors, aliases,
 * tags, duplicate keys and keys that are not text are refused. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "gen_api.h"

enum { NODE_ITEMS_MAX = 4096, FILE_NAME_MAX = 4096 };

arena *gen_memory;

static struct {
    str name;
    const node *root;
} files[GEN_FILES_MAX];
static size_t files_n;
static str spec_directory;

void gen_fail(const node *at, const char *format, ...)
{
    va_list args;
    if (at != NULL)
        fprintf(stderr, "%s:%d: ", at->file, at->line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

/* ---- text to nodes ---- */

typedef struct source {
    yaml_parser_t parser;
    const char *file;
    yaml_event_t event;
} source;

static node *node_new(const source *s, node_kind kind)
{
    node *n = ARENA_NEW(gen_memory, node);
    n->kind = kind;
    n->file = s->file;
    n->line = (int)s->event.start_mark.line + 1;
    return n;
}

static void next_event(source *s)
{
    yaml_event_delete(&s->event);
    if (!yaml_parser_parse(&s->parser, &s->event)) {
        node at = {.file = s->file, .line = (int)s->parser.problem_mark.line + 1};
        gen_fail(&at, "not YAML: %s", s->parser.problem == NULL ? "?" : s->parser.problem);
    }
}

static node *scalar_node(source *s)
{
    node *n = node_new(s, NODE_STR);
    n->text = arena_str(
        gen_memory, (str){(const char *)s->event.data.scalar.value, s->event.data.scalar.length});
    if (s->event.data.scalar.anchor != NULL || s->event.data.scalar.tag != NULL)
        gen_fail(n, "anchors and tags are not supported");
    if (s->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return n;
    if (str_to_i64(n->text, &n->number)) {
        n->kind = NODE_INT;
    } else if (str_eq(n->text, S("true")) || str_eq(n->text, S("false"))) {
        n->kind = NODE_BOOL;
        n->number = n->text.p[0] == 't';
    } else if (n->text.n == 0 || str_eq(n->text, S("null")) || str_eq(n->text, S("~"))) {
        n->kind = NODE_NULL;
    }
    return n;
}

static node *value_node(source *s);

/* The room doubles whenever the count is a power of two. */
static void add_item(node *parent, str key, const node *value)
{
    if (parent->n == NODE_ITEMS_MAX)
        gen_fail(value, "more than %d entries", NODE_ITEMS_MAX);
    if ((parent->n & (parent->n - 1)) == 0) {
        node_item *items = ARENA_ARRAY(gen_memory, node_item, parent->n == 0 ? 1 : parent->n * 2);
        if (parent->n > 0)
            memcpy(items, parent->items, parent->n * sizeof *items);
        parent->items = items;
    }
    parent->items[parent->n++] = (node_item){key, value};
}

static node *collection_node(source *s, node_kind kind, yaml_event_type_t end)
{
    node *n = node_new(s, kind);
    for (next_event(s); s->event.type != end; next_event(s)) {
        str key = S("");
        if (kind == NODE_MAP) {
            if (s->event.type != YAML_SCALAR_EVENT)
                gen_fail(n, "a key must be text");
            node *key_node = scalar_node(s);
            key = key_node->text;
            for (size_t i = 0; i < n->n; i++) {
                if (str_eq(n->items[i].key, key))
                    gen_fail(key_node, "the key '%.*s' is there twice", STR_ARG(key));
            }
            next_event(s);
        }
        add_item(n, key, value_node(s));
    }
    return n;
}

static node *value_node(source *s)
{
    switch (s->event.type) {
    case YAML_SCALAR_EVENT:
        return scalar_node(s);
    case YAML_SEQUENCE_START_EVENT:
        return collection_node(s, NODE_LIST, YAML_SEQUENCE_END_EVENT);
    case YAML_MAPPING_START_EVENT:
        return collection_node(s, NODE_MAP, YAML_MAPPING_END_EVENT);
    default:
        gen_fail(node_new(s, NODE_NULL), "aliases are not supported");
    }
}

static const node *parse_file(FILE *f, const char *name)
{
    source s = {.file = name};
    CHECK(yaml_parser_initialize(&s.parser));
    yaml_parser_set_input_file(&s.parser, f);
    next_event(&s); /* stream start */
    next_event(&s); /* document start */
    if (s.event.type != YAML_DOCUMENT_START_EVENT) {
        node at = {.file = name, .line = 1};
        gen_fail(&at, "the file is empty");
    }
    next_event(&s);
    node *root = value_node(&s);
    next_event(&s); /* document end */
    next_event(&s);
    if (s.event.type != YAML_STREAM_END_EVENT)
        gen_fail(root, "more than one document in the file");
    yaml_event_delete(&s.event);
    yaml_parser_delete(&s.parser);
    node_is(root, NODE_MAP, "the file");
    return root;
}

const node *yaml_load(str directory, str file)
{
    if (directory.n > 0)
        spec_directory = directory;
    for (size_t i = 0; i < files_n; i++) {
        if (str_eq(files[i].name, file))
            return files[i].root;
    }
    if (files_n == GEN_FILES_MAX)
        gen_fail(NULL, "more than %d files", GEN_FILES_MAX);
    str path = arena_printf(gen_memory, "%.*s/%.*s", STR_ARG(spec_directory), STR_ARG(file));
    FILE *f = fopen(path.p, "rb");
    if (f == NULL)
        gen_fail(NULL, "%s: cannot open: %s", path.p, strerror(errno));
    files[files_n].name = arena_str(gen_memory, file);
    files[files_n].root = parse_file(f, files[files_n].name.p);
    fclose(f);
    return files[files_n++].root;
}

/* ---- access ---- */

static const char *const kind_names[] = {
    [NODE_NULL] = "null", [NODE_BOOL] = "true or false", [NODE_INT] = "an integer",
    [NODE_STR] = "text",  [NODE_LIST] = "a list",        [NODE_MAP] = "a map",
};

void node_is(const node *n, node_kind kind, const char *what)
{
    if (n->kind != kind)
        gen_fail(n, "%s must be %s", what, kind_names[kind]);
}

const node *node_get(const node *map, const char *key)
{
    for (size_t i = 0; map->kind == NODE_MAP && i < map->n; i++) {
        if (str_eq(map->items[i].key, str_of(key)))
            return map->items[i].value;
    }
    return NULL;
}

const node *node_need(const node *map, const char *key, node_kind kind)
{
    const node *n = node_get(map, key);
    if (n == NULL)
        gen_fail(map, "'%s' is missing", key);
    node_is(n, kind, key);
    return n;
}

str node_text(const node *map, const char *key)
{
    const node *n = node_get(map, key);
    if (n == NULL)
        return S("");
    node_is(n, NODE_STR, key);
    return str_trim(n->text);
}

void node_keys(const node *map, const char *what, const char *keys)
{
    node_is(map, NODE_MAP, what);
    for (size_t i = 0; i < map->n; i++) {
        str rest = str_of(keys);
        str word;
        bool known = false;
        while (!known && str_cut(&rest, ' ', &word))
            known = str_eq(word, map->items[i].key);
        if (!known)
            gen_fail(map->items[i].value, "'%.*s' is not supported in %s",
                     STR_ARG(map->items[i].key), what);
    }
}

/* ---- references ---- */

/* "~1" is '/' and "~0" is '~' (RFC 6901). */
static str unescape(str token)
{
    char *out = arena_alloc(gen_memory, token.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < token.n; i++) {
        if (token.p[i] == '~' && i + 1 < token.n)
            out[n++] = token.p[++i] == '1' ? '/' : '~';
        else
            out[n++] = token.p[i];
    }
    return (str){out, n};
}

const node *ref_follow(const node *n, str *section, str *name)
{
    *section = S("");
    *name = S("");
    const node *ref = node_get(n, "$ref");
    if (ref == NULL)
        return n;
    node_is(ref, NODE_STR, "$ref");
    str rest = ref->text;
    str file, token;
    if (!str_cut(&rest, '#', &file) || !str_starts(rest, S("/")))
        gen_fail(ref, "a reference is file#/path or #/path");
    const node *at = yaml_load(S(""), file.n == 0 ? str_of(ref->file) : file);
    rest = (str){rest.p + 1, rest.n - 1};
    while (str_cut(&rest, '/', &token)) {
        *section = *name;
        *name = unescape(token);
        at = node_get(at, arena_z(gen_memory, *name));
        if (at == NULL)
            gen_fail(ref, "nothing is at '%.*s'", STR_ARG(ref->text));
    }
    if (node_get(at, "$ref") != NULL)
        gen_fail(ref, "a reference to a reference");
    return at;
}
