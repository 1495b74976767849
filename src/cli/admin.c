/* See admin.h. */
#include "cli/admin.h"

#include <stdio.h>

enum { PAGE = 200, LIST_BYTES_MAX = 256 << 20 };

cli_exit admin_run(cli_context *c, bool make, cli_exit (*work)(cli_context *c, app *a, void *with),
                   void *with)
{
    app *a = NULL;
    cli_exit code = cli_open(c, make, &a);
    if (code != CLI_OK)
        return code;
    code = work(c, a, with);
    app_close(a);
    return code;
}

act_call *admin_call(cli_context *c, app *a, act_id id, uint16_t slot, const void *in)
{
    act_call *call = ARENA_NEW(c->memory, act_call);
    call->app = a;
    call->id = id;
    call->slot = slot;
    call->in = in;
    call->memory = c->memory;
    call->out = arena_alloc(c->memory, act_find((uint16_t)id)->out->size);
    return call;
}

cli_exit admin_row(cli_context *c, const act_call *call, const record_type *type, void *row)
{
    result r = record_decode(type, ((const row_out *)call->out)->row, c->memory, row);
    return r == R_DONE ? CLI_OK : cli_refuse(c, r, S("The answer cannot be read."));
}

cli_exit admin_each(cli_context *c, app *a, const table *t, admin_visit *visit, void *with)
{
    arena *memory = arena_new(0);
    app_view view;
    result r = app_view_open(a, memory, &view);
    if (r != R_DONE) {
        arena_free(memory);
        return cli_refuse(c, r, (str){NULL, 0});
    }
    void *page[PAGE];
    const void *from = arena_alloc(memory, t->record.size);
    bool after = false;
    size_t n;
    cli_exit code = CLI_OK;
    do {
        uow_range range = {.table = t, .index = -1, .from = from, .after = after};
        n = uow_scan(view.rows, &range, PAGE, page);
        for (size_t i = 0; i < n && code == CLI_OK; i++)
            code = visit(c, page[i], with);
        if (n > 0)
            from = page[n - 1];
        after = true;
    } while (n > 0 && code == CLI_OK);
    r = app_view_close(&view);
    if (r != R_DONE && code == CLI_OK)
        code = cli_refuse(c, r, (str){NULL, 0});
    arena_free(memory);
    return code;
}

cli_exit admin_list(cli_context *c, app *a, const table *t, admin_visit *show)
{
    admin_listing l;
    buf_init(&l.out, LIST_BYTES_MAX);
    l.writer = json_writer_on(&l.out);
    if (c->json)
        json_begin_array(&l.writer);
    cli_exit code = admin_each(c, a, t, show, &l);
    if (c->json) {
        json_end_array(&l.writer);
        buf_char(&l.out, '\n');
    }
    if (code == CLI_OK)
        code = cli_print(c, &l.out);
    buf_free(&l.out);
    return code;
}
