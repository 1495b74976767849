/* `quan admin sagas`: what has been tried in another slot, or is on its way to one, and not ended.
 */
#include "app/query_sagas.h"
#include "cli/admin.h"

enum { LIST_BYTES_MAX = 64 << 20 };

typedef struct listing {
    cli_context *c;
    buf out;
    json_writer writer;
} listing;

static void put_number(json_writer *w, const char *key, uint64_t value)
{
    json_key(w, str_of(key));
    json_put_u64(w, value);
}

static void put_time(json_writer *w, const char *key, int64_t at_ms)
{
    json_key(w, str_of(key));
    json_put_time(w, at_ms);
}

static void show_json(json_writer *w, const saga_open *s)
{
    json_begin_object(w);
    json_key(w, S("kind"));
    json_put_str(w, s->kind);
    json_key(w, S("state"));
    json_put_str(w, saga_state_name(s->state));
    put_number(w, "id", s->id);
    put_number(w, "slot", s->slot);
    put_number(w, "home_slot", s->home);
    put_time(w, "deadline", s->deadline_ms);
    put_time(w, "asks_at", s->asks_at_ms);
    json_key(w, S("keeps"));
    json_put_str(w, s->keeps);
    json_end_object(w);
}

static void show_text(buf *out, const saga_open *s)
{
    buf_printf(out, "%-12.*s %.*s %llu of slot %u in slot %u, deadline ",
               STR_ARG(saga_state_name(s->state)), STR_ARG(s->kind), (unsigned long long)s->id,
               s->home, s->slot);
    time_write(out, s->deadline_ms);
    buf_printf(out, ": %.*s\n", STR_ARG(s->keeps));
}

static void list_one(void *context, const saga_open *s)
{
    listing *l = context;
    if (l->c->json)
        show_json(&l->writer, s);
    else
        show_text(&l->out, s);
}

static cli_exit list_all(cli_context *c, app *a, void *with)
{
    MAYBE(with);
    app_view view;
    result r = app_view_open(a, c->memory, &view);
    if (r != R_DONE)
        return cli_refuse(c, r, (str){NULL, 0});
    listing l = {.c = c};
    buf_init(&l.out, LIST_BYTES_MAX);
    l.writer = json_writer_on(&l.out);
    if (c->json)
        json_begin_array(&l.writer);
    r = query_sagas(&view, list_one, &l);
    result end = app_view_close(&view);
    r = r == R_DONE ? end : r;
    if (c->json) {
        json_end_array(&l.writer);
        buf_char(&l.out, '\n');
    }
    cli_exit code = r == R_DONE ? cli_print(c, &l.out) : cli_refuse(c, r, (str){NULL, 0});
    buf_free(&l.out);
    return code;
}

cli_exit cli_sagas(cli_context *c)
{
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = "", .settings = CLI_SETTINGS_STORE});
    return code == CLI_OK ? admin_run(c, false, list_all, NULL) : code;
}
