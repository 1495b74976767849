/* Imports: batches of codes that a merchant brings himself (app/import.h). */
#include "api/code_batch.h"
#include "api/slow.h"
#include "app/import.h"

/* ---- a batch, and its end ---- */

static void created(api_call *c)
{
    code_batch_answer_act(c, 201);
}

static void changed(api_call *c)
{
    code_batch_answer_act(c, 200);
}

void api_code_import_create(api_call *c)
{
    const wire_code_import_create *b = c->body;
    code_batch_put_in *in = ARENA_NEW(c->memory, code_batch_put_in);
    *in = (code_batch_put_in){.merchant = c->who.merchant,
                              .fields = CODE_BATCH_NAME | CODE_BATCH_CHANNEL |
                                        (b->has_expires_at ? (uint32_t)CODE_BATCH_EXPIRES_AT : 0),
                              .template = b->template,
                              .name = b->name,
                              .channel = b->channel,
                              .expires_at_ms = b->expires_at};
    code_batch_check(in, c->problems);
    call_act(c, &(act_ask){.id = ACT_ID_code_batch_put,
                           .slot = id_slot(c->who.merchant),
                           .subject = id_subject(c, ID_TEMPLATE, b->template),
                           .in = in,
                           .then = created});
}

/* Till the part that comes in is late; by the time of the act, as its detail tells it. */
static int64_t part_ms(api_call *c)
{
    const code_import_end_in *in = c->act.in;
    app_view v;
    store_home home = {.slot = id_slot(in->batch)};
    if (app_view_open_at(c->app, &home, c->memory, &v) != R_DONE)
        return 0;
    const upload *head = upload_get(v.rows, id_slot(in->batch), in->batch);
    int64_t left_ms = head == NULL ? 0 : upload_left_ms(head, c->act.at_ms);
    return app_view_close(&v) == R_DONE ? left_ms : 0;
}

static void end_import(api_call *c, uint64_t batch, bool cancel)
{
    code_import_end_in *in = ARENA_NEW(c->memory, code_import_end_in);
    *in = (code_import_end_in){.merchant = c->who.merchant, .batch = batch, .cancel = cancel};
    call_act(c, &(act_ask){.id = ACT_ID_code_import_end,
                           .slot = id_slot(batch),
                           .subject = id_subject(c, ID_CODE_BATCH, batch),
                           .in = in,
                           .then = changed,
                           .busy_ms = cancel ? NULL : part_ms});
}

void api_code_import_finish(api_call *c)
{
    end_import(c, ((const wire_code_import_finish_parameters *)c->parameters)->batch, false);
}

void api_code_import_cancel(api_call *c)
{
    end_import(c, ((const wire_code_import_cancel_parameters *)c->parameters)->batch, true);
}

/* ---- a part ---- */

/* What has come back, on its way to the loop. */
typedef struct part {
    result code;
    str detail;
    uint32_t accepted;
    const upload_line *rest;
    size_t rest_n;
} part;

static wire_code_import_line line_shown(const wire_code_import_part *b, const upload_line *from)
{
    wire_code_import_line shown = {.line = b->first_line + from->at,
                                   .code = b->lines.items[from->at],
                                   .outcome = WIRE_CODE_IMPORT_OUTCOME_ALREADY_OURS};
    if (from->fate == LINE_FATE_DUPLICATE) {
        shown.outcome = WIRE_CODE_IMPORT_OUTCOME_DUPLICATE;
        shown.has_first_line = true;
        shown.first_line = (int64_t)from->first;
    }
    if (line_is_invalid(from->fate)) {
        shown.outcome = WIRE_CODE_IMPORT_OUTCOME_INVALID;
        shown.has_reason = true;
        shown.reason = (line_fate)from->fate;
    }
    return shown;
}

static void show_part(api_call *c)
{
    const part *p = c->state;
    const wire_code_import_part *b = c->body;
    wire_code_import_part_in shown = {
        .first_line = b->first_line, .lines = (int64_t)b->lines.n, .accepted = p->accepted};
    shown.rest.items = ARENA_ARRAY(c->memory, wire_code_import_line, p->rest_n);
    shown.rest.n = p->rest_n;
    for (size_t i = 0; i < p->rest_n; i++)
        shown.rest.items[i] = line_shown(b, &p->rest[i]);
    call_answer(c, 200, &wire_code_import_part_in_type, &shown);
}

static void on_loop(http_exchange *x, void *argument)
{
    MAYBE(x);
    api_call *c = argument;
    const part *p = c->state;
    if (p->code == R_DONE)
        slow_answer(p->rest_n >= SLOW_ITEMS_MIN, c, show_part);
    else
        call_refuse(c, p->code, p->detail);
}

/* On a lane's thread. */
static void answered(void *context, const import_answer *a)
{
    api_call *c = context;
    part *p = ARENA_NEW(c->memory, part);
    *p = (part){.code = a->code,
                .detail = arena_str(c->memory, a->detail),
                .accepted = a->accepted,
                .rest = ARENA_COPY(c->memory, upload_line, a->rest, a->rest_n),
                .rest_n = a->rest_n};
    c->state = p;
    http_defer(c->x, on_loop, c);
}

void api_code_import_part(api_call *c)
{
    const wire_code_import_part *b = c->body;
    const wire_code_import_part_parameters *params = c->parameters;
    const code_batch *of = config_find_code_batch(call_config(c), params->batch);
    if (of == NULL || of->merchant != c->who.merchant) {
        call_refuse(c, R_NOT_FOUND, S(""));
        return;
    }
    import_part(c->app,
                &(import_ask){.merchant = c->who.merchant,
                              .asked_by = c->who.hash,
                              .batch = params->batch,
                              .first = (uint64_t)b->first_line,
                              .lines = b->lines.items,
                              .n = b->lines.n},
                answered, c);
}
