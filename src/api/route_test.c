/* The route table that the spec became: every operation is found by its path, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/route.h"

/* The operation's path with something in place of its parameters. */
static str a_path(const operation *o, arena *memory)
{
    buf out;
    buf_init(&out, 1024);
    bool inside = false;
    for (size_t i = 0; i < o->path.n; i++) {
        char c = o->path.p[i];
        inside = inside ? c != '}' : c == '{';
        if (c == '{')
            buf_str(&out, S("a%20b"));
        else if (!inside && c != '}')
            buf_char(&out, c);
    }
    str path = arena_str(memory, buf_view(&out));
    buf_free(&out);
    return path;
}

static void every_operation_is_found(void **state)
{
    MAYBE(state);
    arena *memory = arena_new(0);
    for (size_t i = 0; i < API_OPERATIONS; i++) {
        const operation *o = &api_operations[i];
        route_match m;
        assert_true(route_find(a_path(o, memory), &m));
        assert_ptr_equal(m.node->operations[o->verb], o);
        assert_int_equal(m.n, o->path_parameters);
        for (size_t p = 0; p < m.n; p++)
            assert_true(str_eq(m.parameters[p], S("a%20b")));
    }
    arena_free(memory);
}

static void other_paths_are_not(void **state)
{
    MAYBE(state);
    static const char *const paths[] = {
        "/",
        "/v1",
        "/v1/",
        "/v1/campaign",
        "/v2/campaigns",
        "/campaigns",
        "/v1/campaigns/",
        "//v1/campaigns",
        "/v1/campaigns/x/y",
        "/v1/campaigns//state",
        "/v1/users/u/",
        "/V1/campaigns",
        "*",
        "/v1/claims/batch/x",
    };
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        route_match m;
        if (route_find(str_of(paths[i]), &m))
            fail_msg("%s is found", paths[i]);
    }
}

static void allow_names_the_methods(void **state)
{
    MAYBE(state);
    route_match m;
    buf out;
    buf_init(&out, 256);
    assert_true(route_find(S("/v1/merchants/mer_x"), &m));
    route_allow(m.node, &out);
    assert_true(str_eq(buf_view(&out), S("GET, PUT")));
    buf_free(&out);
}

/* What the brief words of the conventions mean for the table. */
static void every_write_needs_a_key_and_a_scope(void **state)
{
    MAYBE(state);
    for (size_t i = 0; i < API_OPERATIONS; i++) {
        const operation *o = &api_operations[i];
        bool reads = str_ends(o->id, S("_search")) || str_eq(o->id, S("code_qr")) ||
                     str_eq(o->id, S("transfer_lookup")) || str_eq(o->id, S("phone_coupons"));
        bool asks = reads || str_eq(o->id, S("quote_create")) ||
                    str_eq(o->id, S("code_lookup"));     /* changes nothing */
        bool own = str_eq(o->id, S("code_import_part")); /* its lines are its key */
        assert_int_equal(o->needs_key, o->verb != VERB_GET && !asks && !own);
        assert_true(!o->needs_match || o->verb == VERB_PATCH || o->verb == VERB_PUT);
        assert_int_equal(o->scope == SCOPE_NONE, !str_starts(o->path, S("/v1/")));
        assert_true(o->body_max > 0 && o->handle != NULL);
        if (reads)
            assert_true(o->body != NULL && o->scope == SCOPE_READ);
        else if (o->verb == VERB_GET)
            assert_true(o->body == NULL && (o->scope == SCOPE_READ || o->scope == SCOPE_NONE ||
                                            o->scope == SCOPE_OPERATOR));
        else
            assert_true(o->scope != SCOPE_READ);
    }
}

static void the_spec_is_one_document(void **state)
{
    MAYBE(state);
    json *root;
    assert_int_equal(json_parse(api_spec, &root, NULL), R_DONE);
    assert_true(str_eq(json_str(json_field(root, S("openapi"))), S("3.1.0")));
    const json *info = json_field(root, S("info"));
    assert_true(str_eq(json_str(json_field(info, S("version"))), api_spec_version));
    const json *paths = json_field(root, S("paths"));
    for (size_t i = 0; i < API_OPERATIONS; i++)
        assert_non_null(json_field(paths, api_operations[i].path));
    json_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_is_found),
        cmocka_unit_test(other_paths_are_not),
        cmocka_unit_test(allow_names_the_methods),
        cmocka_unit_test(every_write_needs_a_key_and_a_scope),
        cmocka_unit_test(the_spec_is_one_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
