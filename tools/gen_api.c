/* gen_api: makes code and documentation of the OpenAPI files.
 *
 *   gen_api code SPEC_DIR OUT_DIR     wire.gen.h wire.gen.c route.gen.h route.gen.c openapi.gen.c
 *                                     openapi.json
 *   gen_api docs SPEC_DIR FILE        the reference page; FILE - is the standard output
 *   gen_api check-docs SPEC_DIR FILE  exit status 1 when the page is not what docs would write
 *   gen_api schema FILE OUT_FILE      code that holds a JSON Schema
 *
 * The whole spec is read and checked before anything is written. What may stand in it is said in
 * api/openapi.yaml and at the top of each gen_api_*.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "gen_api.h"

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void write_file(const char *path, const buf *content)
{
    if (buf_overflowed(content))
        gen_fail(NULL, "%s: more than %d bytes", path, GEN_OUTPUT_MAX);
    FILE *f = same(path, "-") ? stdout : fopen(path, "wb");
    if (f == NULL || fwrite(content->p, 1, content->n, f) != content->n || fclose(f) != 0)
        gen_fail(NULL, "%s: cannot write: %s", path, strerror(errno));
}

static void write_code(const node *root, const char *directory)
{
    static const struct {
        const char *name;
        void (*emit)(buf *out);
    } outputs[] = {
        {"wire.gen.h", emit_wire_header},
        {"wire.gen.c", emit_wire_code},
        {"route.gen.h", emit_route_header},
        {"route.gen.c", emit_route_code},
    };
    buf texts[ARRAY_LEN(outputs) + 2];
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        buf_init(&texts[i], GEN_OUTPUT_MAX);
    for (size_t i = 0; i < ARRAY_LEN(outputs); i++)
        outputs[i].emit(&texts[i]);
    buf *spec = &texts[ARRAY_LEN(outputs)];
    buf *code = &texts[ARRAY_LEN(outputs) + 1];
    emit_bundle(root, spec);
    emit_bundle_code(root, buf_view(spec), code);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const char *name = i < ARRAY_LEN(outputs)    ? outputs[i].name
                           : i == ARRAY_LEN(outputs) ? "openapi.json"
                                                     : "openapi.gen.c";
        write_file(arena_printf(gen_memory, "%s/%s", directory, name).p, &texts[i]);
        buf_free(&texts[i]);
    }
}

static str read_json(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = arena_alloc(gen_memory, GEN_OUTPUT_MAX);
    size_t n = f == NULL ? 0 : fread(text, 1, GEN_OUTPUT_MAX, f);
    json *document;
    buf why;
    buf_init(&why, 4096);
    if (f == NULL || fclose(f) != 0 || json_parse((str){text, n}, &document, &why) != R_DONE)
        gen_fail(NULL, "%s: no JSON: %.*s", path, STR_ARG(buf_view(&why)));
    json_free(document);
    buf_free(&why);
    return (str){text, n};
}

static void write_schema(const char *from, const char *to)
{
    buf code;
    buf_init(&code, GEN_OUTPUT_MAX);
    emit_schema_code(read_json(from), &code);
    write_file(to, &code);
    buf_free(&code);
}

static bool is_content(const char *path, const buf *content)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return false;
    char *text = arena_alloc(gen_memory, content->n + 1);
    size_t n = fread(text, 1, content->n + 1, f);
    fclose(f);
    return n == content->n && memcmp(text, content->p, n) == 0;
}

int main(int argc, char **argv)
{
    bool code = argc == 4 && same(argv[1], "code");
    bool docs = argc == 4 && same(argv[1], "docs");
    bool check = argc == 4 && same(argv[1], "check-docs");
    bool schema = argc == 4 && same(argv[1], "schema");
    if (!code && !docs && !check && !schema) {
        fprintf(stderr, "usage: gen_api code SPEC_DIR OUT_DIR\n"
                        "       gen_api docs|check-docs SPEC_DIR FILE\n"
                        "       gen_api schema FILE OUT_FILE\n");
        return 2;
    }
    gen_memory = arena_new(0);
    if (schema) {
        write_schema(argv[2], argv[3]);
        arena_free(gen_memory);
        return 0;
    }
    const node *root = yaml_load(str_of(argv[2]), S("openapi.yaml"));
    operations_load(root);
    int status = 0;
    if (code) {
        write_code(root, argv[3]);
    } else {
        buf page;
        buf_init(&page, GEN_OUTPUT_MAX);
        emit_docs(root, &page);
        if (docs)
            write_file(argv[3], &page);
        else if (!is_content(argv[3], &page)) {
            fprintf(stderr, "%s is not fresh: run gen_api docs %s %s\n", argv[3], argv[2], argv[3]);
            status = 1;
        }
        buf_free(&page);
    }
    arena_free(gen_memory);
    return status;
}
