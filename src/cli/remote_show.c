/* Answers of the API as people read them: see remote.h. A at is a path into the answer; through
 * an array it means each of its items. Widths are counted in characters, not in bytes. */
#include "cli/remote.h"

#include "base/money.h"

enum { CELL_MAX = 64 * 1024 };

struct remote_table {
    arena *memory;
    size_t columns, rows, capacity;
    str names[REMOTE_COLUMNS_MAX]; /* paths */
    size_t widths[REMOTE_COLUMNS_MAX];
    str *cells; /* rows x columns */
};

static str last_part(str path)
{
    str part = path;
    for (str rest = path; str_cut(&rest, '.', &part);)
        ;
    return part;
}

static size_t width_of(str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    return n;
}

/* "12.50 CNY"; false where it is no amount of money. */
static bool put_money(const json *v, buf *out)
{
    const json *amount = json_field(v, S("amount")), *currency = json_field(v, S("currency"));
    if (json_kind_of(amount) != JSON_KIND_INT || json_kind_of(currency) != JSON_KIND_STR)
        return false;
    char text[MONEY_TEXT_MAX];
    money_text(json_int(amount), money_decimals(json_str(currency)), text);
    buf_printf(out, "%s %.*s", text, STR_ARG(json_str(currency)));
    return true;
}

static void put_cell(const json *v, str path, buf *out)
{
    str name;
    json_kind kind = json_kind_of(v);
    if (kind == JSON_KIND_ARRAY) {
        for (const json *at = NULL, *first = json_item_next(v, NULL);
             (at = json_item_next(v, at)) != NULL;) {
            buf_str(out, at == first ? (str){NULL, 0} : S(","));
            put_cell(at, path, out);
        }
    } else if (str_cut(&path, '.', &name)) {
        put_cell(json_field(v, name), path, out);
    } else if (kind == JSON_KIND_STR) {
        buf_str(out, json_str(v).n == 0 ? S("\"\"") : json_str(v));
    } else if (kind == JSON_KIND_NULL) {
        buf_char(out, '-');
    } else if (!put_money(v, out)) {
        json_text(v, out);
    }
}

void remote_show_one(const json *object, str columns, buf *out)
{
    size_t widest = 0;
    str rest = columns;
    for (str path; str_cut(&rest, ' ', &path);)
        widest = last_part(path).n > widest ? last_part(path).n : widest;
    for (str path; str_cut(&columns, ' ', &path);) {
        str name = last_part(path);
        buf_printf(out, "%.*s%*s  ", STR_ARG(name), (int)(widest - name.n), "");
        put_cell(object, path, out);
        buf_char(out, '\n');
    }
}

static void add_cell(remote_table *t, size_t at, str text)
{
    t->cells[t->rows * t->columns + at] = text;
    size_t width = width_of(text);
    t->widths[at] = width > t->widths[at] ? width : t->widths[at];
}

static void make_room(remote_table *t)
{
    if (t->rows < t->capacity)
        return;
    str *old = t->cells;
    t->capacity = t->capacity == 0 ? 256 : 2 * t->capacity;
    t->cells = ARENA_ARRAY(t->memory, str, t->capacity * t->columns);
    if (t->rows > 0)
        memcpy(t->cells, old, t->rows * t->columns * sizeof *old);
}

remote_table *remote_table_new(arena *memory, str columns)
{
    remote_table *t = ARENA_NEW(memory, remote_table);
    t->memory = memory;
    for (str path; str_cut(&columns, ' ', &path);) {
        CHECK(t->columns < REMOTE_COLUMNS_MAX);
        t->names[t->columns++] = path;
    }
    make_room(t);
    for (size_t i = 0; i < t->columns; i++)
        add_cell(t, i, last_part(t->names[i]));
    t->rows = 1;
    return t;
}

bool remote_table_add(remote_table *t, const json *object)
{
    if (t->rows > REMOTE_ROWS_MAX)
        return false;
    make_room(t);
    buf cell;
    buf_init(&cell, CELL_MAX);
    for (size_t i = 0; i < t->columns; i++) {
        buf_clear(&cell);
        put_cell(object, t->names[i], &cell);
        add_cell(t, i, arena_str(t->memory, buf_view(&cell)));
    }
    buf_free(&cell);
    t->rows++;
    return true;
}

void remote_table_write(const remote_table *t, buf *out)
{
    for (size_t row = 0; row < t->rows; row++) {
        for (size_t i = 0; i < t->columns; i++) {
            str cell = t->cells[row * t->columns + i];
            buf_str(out, cell);
            if (i + 1 < t->columns)
                buf_printf(out, "%*s", (int)(t->widths[i] - width_of(cell) + 2), "");
        }
        buf_char(out, '\n');
    }
}
