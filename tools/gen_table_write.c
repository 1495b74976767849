/* gen_table table.def out.h out.c: makes the C of the tables, records and enums that table.def
 * declares.
 *
 * The writing half, and main. The whole definition is read and checked before anything is written,
 * so a malformed one leaves the outputs alone. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen_table.h"

static const gen_model *model;

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
            fprintf(f, "    %s %s;", gen_types[c->type].c_type, c->name);
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

/* The parameters are named key_X: a column may be called like a type, which a bare name would hide.
 */
static void put_key_function(FILE *f, const gen_record *r, const char *verb)
{
    fprintf(f, "static inline %s *%s_%s(uow *u", r->name, r->name, verb);
    for (unsigned i = 0; i < r->keys; i++) {
        fprintf(f, ", %s key_%s", gen_types[r->columns[i].type].c_type, r->columns[i].name);
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
    for (size_t i = 0; i < model->enums_n; i++) {
        put_enum_declaration(f, &model->enums[i]);
    }
    for (size_t i = 0; i < model->records_n; i++) {
        put_struct(f, &model->records[i]);
        put_list_asserts(f, &model->records[i]);
        if (model->records[i].number != 0) {
            put_access(f, &model->records[i]);
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
        fprintf(f, "    {\"%s\", %s, offsetof(%s, %s), %u, ", c->name, gen_types[c->type].constant,
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
            fprintf(f, "}},\n");
        }
        fputs("    },\n", f);
    }
    fputs("};\n", f);
}

static void put_table_list(FILE *f)
{
    size_t n = 0;
    fputs("\nconst table *const tables[] = {\n", f);
    for (size_t i = 0; i < model->records_n; i++) {
        if (model->records[i].number != 0) {
            fprintf(f, "    &%s_table,\n", model->records[i].name);
            n++;
        }
    }
    /* The NULL keeps the array legal in C when there are no tables. */
    fprintf(f, "    NULL,\n};\nconst size_t tables_count = %zu;\n", n);
    fputs("\nstatic const table *const by_number[UINT8_MAX + 1] = {\n    [0] = NULL,\n", f);
    for (size_t i = 0; i < model->records_n; i++) {
        const gen_record *r = &model->records[i];
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
    for (size_t i = 0; i < model->enums_n; i++) {
        put_enum_functions(f, &model->enums[i]);
    }
    for (size_t i = 0; i < model->records_n; i++) {
        const gen_record *r = &model->records[i];
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
    model = gen_parse(argv[1]);
    write_file(argv[2], put_header);
    write_file(argv[3], put_source);
    return 0;
}
