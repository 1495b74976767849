/* Rows and records field by field, in memory: equal, print, copy. The stored forms are in row.c. */
#include "domain/row_fields.h"

static bool list_equal(const record_type *element, list a, list b)
{
    if (a.n != b.n) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        if (!record_equal(element, list_item(&a, element, i), list_item(&b, element, i))) {
            return false;
        }
    }
    return true;
}

bool record_equal(const record_type *r, const void *a, const void *b)
{
    for (size_t i = 0; i < r->n; i++) {
        const column *c = &r->columns[i];
        bool equal;
        if (column_is_scalar(c)) {
            equal = column_load(c, a) == column_load(c, b);
        } else if (c->type == COLUMN_STR) {
            equal = str_eq(column_str(c, a), column_str(c, b));
        } else {
            equal = list_equal(c->element, column_list(c, a), column_list(c, b));
        }
        if (!equal) {
            return false;
        }
    }
    return true;
}

static void print_str(str s, buf *b)
{
    buf_char(b, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char ch = (unsigned char)s.p[i];
        if (ch == '"' || ch == '\\') {
            buf_char(b, '\\');
            buf_char(b, s.p[i]);
        } else if (ch < ' ' || ch == 0x7f) {
            buf_printf(b, "\\x%02x", ch);
        } else {
            buf_char(b, s.p[i]);
        }
    }
    buf_char(b, '"');
}

static void print_list(const record_type *element, list l, buf *b)
{
    buf_char(b, '[');
    for (size_t i = 0; i < l.n; i++) {
        buf_str(b, i == 0 ? S("{") : S(" {"));
        record_print(element, list_item(&l, element, i), b);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

void record_print(const record_type *r, const void *record, buf *b)
{
    for (size_t i = 0; i < r->n; i++) {
        const column *c = &r->columns[i];
        buf_printf(b, "%s%s=", i == 0 ? "" : " ", c->name);
        if (c->type == COLUMN_STR) {
            print_str(column_str(c, record), b);
        } else if (c->type == COLUMN_LIST) {
            print_list(c->element, column_list(c, record), b);
        } else if (c->type == COLUMN_BOOL) {
            buf_str(b, column_load(c, record) != 0 ? S("true") : S("false"));
        } else if (column_types[c->type].is_signed) {
            buf_i64(b, (int64_t)column_load(c, record));
        } else {
            buf_u64(b, column_load(c, record));
        }
    }
}

static list copy_list(const record_type *element, list l, arena *memory)
{
    list copy = {NULL, l.n};
    if (l.n > 0) {
        copy.items = arena_alloc(memory, l.n * element->size);
    }
    for (size_t i = 0; i < l.n; i++) {
        record_copy(element, list_item(&l, element, i), memory,
                    (char *)copy.items + i * element->size);
    }
    return copy;
}

void record_copy(const record_type *r, const void *from, arena *memory, void *to)
{
    memmove(to, from, r->size);
    for (size_t i = 0; i < r->n; i++) {
        const column *c = &r->columns[i];
        if (c->type == COLUMN_STR) {
            str s = column_str(c, from);
            str copy = {NULL, 0};
            if (s.n > 0) {
                copy = arena_str(memory, s);
            }
            column_put(c, to, &copy);
        } else if (c->type == COLUMN_LIST) {
            list copy = copy_list(c->element, column_list(c, from), memory);
            column_put(c, to, &copy);
        }
    }
}
