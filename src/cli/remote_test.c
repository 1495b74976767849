/* Rows of remote.def name what the API has, each is a command; and what people are shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/help.h"
#include "cli/remote.h"

enum { OUT_MAX = 65536 };

static void commands_and_rows_are_the_same(void **state)
{
    (void)state;
    size_t rows = 0, commands = 0;
    for (; remote_at(rows) != NULL; rows++) {
        const command *c = command_find(str_of(remote_at(rows)->command));
        assert_non_null(c);
        assert_ptr_equal(c->run, cli_remote);
        for (size_t i = 0; i < rows; i++)
            assert_string_not_equal(remote_at(i)->command, remote_at(rows)->command);
    }
    for (size_t i = 0; command_at(i) != NULL; i++)
        commands += command_at(i)->run == cli_remote;
    assert_true(rows > 0);
    assert_int_equal(commands, rows);
}

static void check_options(const remote *r, const wire_type *body)
{
    str rest = r->options == NULL ? S("") : str_of(r->options);
    for (str name; str_cut(&rest, ' ', &name);) {
        name.n -= str_ends(name, S("?"));
        assert_non_null(body);
        const wire_field *f = wire_field_find(body, name);
        assert_non_null(f);
        bool needed;
        assert_true(remote_takes(r, f, &needed));
    }
}

/* What a schema needs comes from an option, the word or what is fixed. */
static void check_needs(const remote *r, const wire_type *body)
{
    json *fixed = NULL;
    if (r->fixed[0] != '\0')
        assert_int_equal(json_parse(str_of(r->fixed), &fixed, NULL), R_DONE);
    for (size_t i = 0; body != NULL && i < body->n; i++) {
        const wire_field *f = &body->fields[i];
        bool needed, taken = remote_takes(r, f, &needed);
        if (f->has == WIRE_ALWAYS)
            assert_true((taken && needed) || str_eq(f->name, str_of(r->word)) ||
                        json_field(fixed, f->name) != NULL);
    }
    void *at = NULL;
    str name;
    const json *value;
    while (json_next(fixed, &at, &name, &value))
        assert_non_null(wire_field_find(body, name));
    json_free(fixed);
}

static void rows_name_what_the_api_has(void **state)
{
    (void)state;
    const remote *r;
    for (size_t i = 0; (r = remote_at(i)) != NULL; i++) {
        const operation *o = remote_operation(r);
        const wire_type *body = remote_body(r);
        assert_true(o->path.n > 0);
        assert_true((o->body == NULL) == (body == NULL));
        if (r->word[0] != '\0')
            assert_non_null(wire_field_find(body, str_of(r->word)));
        check_options(r, body);
        check_needs(r, body);
        assert_true(r->columns[0] != '\0');
    }
}

static void an_option_is_needed_where_the_row_or_the_schema_says_so(void **state)
{
    (void)state;
    bool needed;
    const remote *edit = NULL, *redeem = NULL, *create = NULL;
    for (size_t i = 0; remote_at(i) != NULL; i++) {
        if (strcmp(remote_at(i)->command, "codes batch rename") == 0)
            edit = remote_at(i);
        if (strcmp(remote_at(i)->command, "codes redeem") == 0)
            redeem = remote_at(i);
        if (strcmp(remote_at(i)->command, "codes format create") == 0)
            create = remote_at(i);
    }
    assert_true(remote_takes(edit, wire_field_find(remote_body(edit), S("name")), &needed));
    assert_true(needed);
    assert_false(remote_takes(edit, wire_field_find(remote_body(edit), S("disabled")), &needed));
    assert_true(remote_takes(redeem, wire_field_find(remote_body(redeem), S("cart")), &needed));
    assert_false(needed);
    assert_false(remote_takes(redeem, wire_field_find(remote_body(redeem), S("expect")), &needed));
    assert_false(remote_takes(redeem, wire_field_find(remote_body(redeem), S("codes")), &needed));
    assert_true(remote_takes(create, wire_field_find(remote_body(create), S("length")), &needed));
    assert_true(needed);
    assert_true(remote_takes(create, wire_field_find(remote_body(create), S("group")), &needed));
    assert_false(needed);
}

static json *read(const char *text)
{
    json *out = NULL;
    assert_int_equal(json_parse(str_of(text), &out, NULL), R_DONE);
    return out;
}

static void one_answer_is_a_line_a_member(void **state)
{
    (void)state;
    json *v = read("{\"id\":\"x\",\"empty\":\"\",\"off\":false,\"n\":7,\"list\":[{\"p\":\"A\"},"
                   "{\"p\":\"\"}],\"money\":{\"amount\":-1205,\"currency\":\"CNY\"},\"yen\":{"
                   "\"amount\":5,\"currency\":\"JPY\"},\"in\":{\"side\":\"s\"},\"none\":[],"
                   "\"raw\":{\"a\":[1]}}");
    buf out;
    buf_init(&out, OUT_MAX);
    remote_show_one(v, S("id empty off n list.p money yen in.side missing in.missing none raw"),
                    &out);
    buf_char(&out, '\0');
    assert_string_equal(out.p, "id       x\n"
                               "empty    \"\"\n"
                               "off      false\n"
                               "n        7\n"
                               "p        A,\"\"\n"
                               "money    -12.05 CNY\n"
                               "yen      5 JPY\n"
                               "side     s\n"
                               "missing  -\n"
                               "missing  -\n"
                               "none     \n"
                               "raw      {\"a\":[1]}\n");
    buf_free(&out);
    json_free(v);
}

static void a_list_is_aligned_by_characters(void **state)
{
    (void)state;
    arena *memory = arena_new(0);
    json *a = read("{\"id\":\"1\",\"name\":\"\xc3\xa9t\xc3\xa9\",\"n\":1}");
    json *b = read("{\"id\":\"22\",\"name\":\"winter\"}");
    remote_table *t = remote_table_new(memory, S("id name n"));
    assert_true(remote_table_add(t, a));
    assert_true(remote_table_add(t, b));
    buf out;
    buf_init(&out, OUT_MAX);
    remote_table_write(t, &out);
    buf_char(&out, '\0');
    assert_string_equal(out.p, "id  name    n\n"
                               "1   \xc3\xa9t\xc3\xa9     1\n"
                               "22  winter  -\n");
    buf_free(&out);
    json_free(a);
    json_free(b);
    arena_free(memory);
}

static void a_list_has_an_end(void **state)
{
    (void)state;
    arena *memory = arena_new(0);
    json *row = read("{\"id\":\"1\"}");
    remote_table *t = remote_table_new(memory, S("id"));
    for (size_t i = 0; i < REMOTE_ROWS_MAX; i++)
        assert_true(remote_table_add(t, row));
    assert_false(remote_table_add(t, row));
    json_free(row);
    arena_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_and_rows_are_the_same),
        cmocka_unit_test(rows_name_what_the_api_has),
        cmocka_unit_test(an_option_is_needed_where_the_row_or_the_schema_says_so),
        cmocka_unit_test(one_answer_is_a_line_a_member),
        cmocka_unit_test(a_list_is_aligned_by_characters),
        cmocka_unit_test(a_list_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
