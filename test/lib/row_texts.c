/* See row_texts.h. */
#include "test/lib/row_texts.h"

#include "port/store_care.h"

enum { PATH_MAX_BYTES = 200 };

typedef struct search {
    const row_texts *what;
    const table *of;
    buf path;
    size_t found;
} search;

static size_t enter(buf *path, const char *name)
{
    size_t before = path->n;
    buf_printf(path, "%s%s", before == 0 ? "" : ".", name);
    return before;
}

static void tell(buf *path, row_text_see *see, void *context)
{
    char name[PATH_MAX_BYTES + 1] = {0};
    memcpy(name, path->p, path->n);
    see(context, name);
}

/* ---- columns ---- */

static void each_column(const record_type *r, buf *path, const row_texts *what)
{
    for (size_t i = 0; i < r->n; i++) {
        const column *c = &r->columns[i];
        size_t before = enter(path, c->name);
        if (c->type == COLUMN_STR)
            tell(path, what->see, what->context);
        else if (c->type == COLUMN_LIST)
            each_column(c->element, path, what);
        path->n = before;
    }
}

void row_texts_columns(row_text_see *see, void *context)
{
    row_texts what = {.see = see, .context = context};
    buf path;
    buf_init(&path, PATH_MAX_BYTES);
    for (size_t i = 0; i < tables_count; i++) {
        path.n = 0;
        (void)enter(&path, tables[i]->record.name);
        each_column(&tables[i]->record, &path, &what);
    }
    buf_free(&path);
}

/* ---- rows ---- */

static bool has_name(const row_texts *what, str text)
{
    for (size_t i = 0; i < what->n; i++)
        if (text.n > 0 && memmem(text.p, text.n, what->names[i].p, what->names[i].n) != NULL)
            return true;
    return false;
}

static void look(search *s, const record_type *r, const char *row)
{
    for (size_t i = 0; i < r->n; i++) {
        const column *c = &r->columns[i];
        size_t before = enter(&s->path, c->name);
        if (c->type == COLUMN_STR && has_name(s->what, *(const str *)(row + c->offset))) {
            s->found++;
            if (s->what->see != NULL)
                tell(&s->path, s->what->see, s->what->context);
        } else if (c->type == COLUMN_LIST) {
            const list *l = (const list *)(row + c->offset);
            for (size_t k = 0; k < l->n; k++)
                look(s, c->element, (const char *)l->items + k * c->element->size);
        }
        s->path.n = before;
    }
}

static bool see_row(void *context, str key, const void *row)
{
    search *s = context;
    MAYBE(key);
    CHECK(row != NULL);
    s->path.n = 0;
    (void)enter(&s->path, s->of->record.name);
    look(s, &s->of->record, row);
    return true;
}

size_t row_texts_find(fix *f, const row_texts *what)
{
    app_view v;
    search s = {.what = what};
    arena *memory = arena_new(0);
    buf_init(&s.path, PATH_MAX_BYTES);
    CHECK(app_view_open(f->app, memory, &v) == R_DONE);
    for (size_t i = 0; i < tables_count; i++) {
        store_span span = {.table = tables[i], .index = -1, .until = UINT16_MAX + 1U};
        s.of = tables[i];
        CHECK(store_each(v.rows, &span, see_row, &s) == R_DONE);
    }
    CHECK(app_view_close(&v) == R_DONE);
    buf_free(&s.path);
    arena_free(memory);
    return s.found;
}
