/* Batches of exchange codes, and exporting them. */
#include "api/code_batch.h"
#include "api/convert.h"
#include "api/guess.h"
#include "api/slow.h"
#include "app/codes.h"
#include "app/query_codes.h"
#include "domain/coupon/erase.h"

enum {
    BATCHES_PAGE_MAX = 200,
    LOOK_MAX = 10000, /* batches of one answer that are looked at for those that are asked for */
    EXPORT_SLOW_MIN = 2000,
    EXPORT_AT_ONCE = UOW_SCAN_MAX,
};

/* ---- answers ---- */

static wire_code_import import_shown(const upload *from)
{
    return (wire_code_import){.state = (upload_state)from->state,
                              .lines = (int64_t)from->lines,
                              .accepted = (int64_t)from->accepted,
                              .already_ours = (int64_t)from->already_ours,
                              .duplicate = (int64_t)from->duplicate,
                              .invalid = (int64_t)from->invalid,
                              .removed = (int64_t)from->removed};
}

static wire_code_batch batch_shown(app_view *v, const code_batch *row)
{
    tally_code counts = query_codes_counts(v, row->id);
    const code_format *of = config_find_code_format(v->config, row->format);
    size_t key = of == NULL ? 0 : code_key_of(of, row->first);
    const upload *head = row->upload == 0 ? NULL : upload_get(v->rows, row->slot, row->id);
    wire_code_import none = {0};
    return (wire_code_batch){.id = row->id,
                             .version = row->version,
                             .name = row->name,
                             .has_format = row->upload == 0,
                             .format = row->format,
                             .template = row->template,
                             .has_prefix = row->upload == 0,
                             .prefix = of == NULL ? S("") : of->keys.items[key].prefix,
                             .count = (int64_t)row->count,
                             .personal = row->personal,
                             .has_users = row->personal,
                             .users = (int64_t)row->bound,
                             .has_channel = row->channel.n > 0,
                             .channel = row->channel,
                             .exchanged = counts.exchanged,
                             .redeemed = counts.redeemed,
                             .returned = counts.returned,
                             .voided = counts.voided,
                             .has_import = head != NULL,
                             .import = head == NULL ? none : import_shown(head),
                             .has_expires_at = row->expires_at_ms != 0,
                             .expires_at = row->expires_at_ms,
                             .disabled = row->disabled,
                             .has_accept_odds = row->reason.n > 0,
                             .accept_odds = row->reason,
                             .created_at = row->created_at_ms};
}

static void answer_batch(api_call *c, int status, const code_batch *row)
{
    app_view v;
    if (!call_view(c, &v))
        return;
    wire_code_batch shown = batch_shown(&v, row);
    if (!call_view_end(c, &v))
        return;
    call_etag(c, row->version);
    call_answer(c, status, &wire_code_batch_type, &shown);
}

void code_batch_answer_act(api_call *c, int status)
{
    const row_out *out = c->act.out;
    code_batch row = {0};
    if (row_in_outcome(c, &code_batch_table.record, out->row, &row))
        answer_batch(c, status, &row);
}

static void created(api_call *c)
{
    code_batch_answer_act(c, 201);
}

static void changed(api_call *c)
{
    code_batch_answer_act(c, 200);
}

/* The merchant's batch in the snapshot of this call; NULL: there is none. */
static const code_batch *batch_known(api_call *c, uint64_t id)
{
    const code_batch *found = config_find_code_batch(call_config(c), id);
    return found == NULL || found->merchant != c->who.merchant ? NULL : found;
}

/* ---- handlers ---- */

void api_code_batch_create(api_call *c)
{
    const wire_code_batch_create *b = c->body;
    code_batch_put_in *in = ARENA_NEW(c->memory, code_batch_put_in);
    *in = (code_batch_put_in){.merchant = c->who.merchant,
                              .fields = CODE_BATCH_NAME | CODE_BATCH_CHANNEL |
                                        (b->has_expires_at ? (uint32_t)CODE_BATCH_EXPIRES_AT : 0),
                              .format = b->format,
                              .template = b->template,
                              .count = (uint64_t)b->count,
                              .personal = b->personal,
                              .name = b->name,
                              .channel = b->channel,
                              .expires_at_ms = b->expires_at,
                              .reason = b->accept_odds,
                              .guesses_per_s = guesses_per_s(c)};
    code_batch_check(in, c->problems);
    call_act(c, &(act_ask){.id = ACT_ID_code_batch_put,
                           .slot = id_slot(c->who.merchant),
                           .subject = id_subject(c, ID_CODE_FORMAT, b->format),
                           .in = in,
                           .then = created});
}

void api_code_batch_edit(api_call *c)
{
    const wire_code_batch_edit *b = c->body;
    const wire_code_batch_edit_parameters *p = c->parameters;
    code_batch_put_in *in = ARENA_NEW(c->memory, code_batch_put_in);
    *in = (code_batch_put_in){.merchant = c->who.merchant,
                              .batch = p->batch,
                              .if_version = c->if_version,
                              .fields = (uint32_t)((b->has_name ? CODE_BATCH_NAME : 0) |
                                                   (b->has_channel ? CODE_BATCH_CHANNEL : 0) |
                                                   (b->has_expires_at ? CODE_BATCH_EXPIRES_AT : 0) |
                                                   (b->has_disabled ? CODE_BATCH_DISABLED : 0)),
                              .name = b->name,
                              .channel = b->channel,
                              .expires_at_ms = code_end_asked(b->expires_at),
                              .disabled = b->disabled};
    code_batch_check(in, c->problems);
    call_act(c, &(act_ask){.id = ACT_ID_code_batch_put,
                           .slot = id_slot(p->batch),
                           .subject = id_subject(c, ID_CODE_BATCH, p->batch),
                           .in = in,
                           .then = changed});
}

void api_code_batch_get(api_call *c)
{
    const wire_code_batch_get_parameters *p = c->parameters;
    if (!call_config_now(c))
        return;
    const code_batch *found = batch_known(c, p->batch);
    if (found == NULL)
        call_refuse(c, R_NOT_FOUND, S(""));
    else
        answer_batch(c, 200, found);
}

static bool is_asked(const wire_code_batch_list_parameters *p, const wire_code_batch *b)
{
    return !p->has_import_state || (b->has_import && b->import.state == p->import_state);
}

/* Fills the page, in order of id. *after moves along; true when there may be more behind it. */
static bool fill_page(app_view *v, api_call *c, uint64_t *after, wire_code_batch_list *page)
{
    const wire_code_batch_list_parameters *p = c->parameters;
    const code_batch *found[BATCHES_PAGE_MAX];
    for (size_t looked = 0; looked < LOOK_MAX; looked += BATCHES_PAGE_MAX) {
        size_t n = config_code_batches(v->config, c->who.merchant, *after, BATCHES_PAGE_MAX, found);
        for (size_t i = 0; i < n; i++) {
            if (page->n == (size_t)p->page_size)
                return true;
            *after = found[i]->id;
            wire_code_batch shown = {0};
            if (!p->has_import_state || found[i]->upload != 0)
                shown = batch_shown(v, found[i]);
            if (is_asked(p, &shown))
                page->items[page->n++] = shown;
        }
        if (n < BATCHES_PAGE_MAX)
            return false;
    }
    return true;
}

void api_code_batch_list(api_call *c)
{
    const wire_code_batch_list_parameters *p = c->parameters;
    uint64_t after;
    app_view v;
    if (!call_token_id(c, p->page_token, &after) || !call_view(c, &v))
        return;
    wire_code_batch_page page = {0};
    page.batches.items = ARENA_ARRAY(c->memory, wire_code_batch, p->page_size);
    page.has_next_page_token = fill_page(&v, c, &after, &page.batches);
    if (!call_view_end(c, &v))
        return;
    if (page.has_next_page_token)
        page.next_page_token = call_token_of_id(c, after);
    call_answer(c, 200, &wire_code_batch_page_type, &page);
}

/* ---- exporting ---- */

/* Whose the codes of the run are; empty: somebody's who is forgotten. Rows that change only so.
 * Copied. An export may take long: the key may have been revoked since it began. */
static result users_of(api_call *c, const code_batch *of, uint64_t number, size_t n, str *users)
{
    void *rows[EXPORT_AT_ONCE];
    app_view v;
    app_principal now;
    arena *memory = arena_new(0);
    result r = app_view_open_at(c->app, &(store_home){.slot = of->slot}, memory, &v);
    if (r == R_DONE) {
        bound_code from = {.slot = of->slot, .batch = of->id, .number = number};
        uow_range range = {&bound_code_table, -1, &from, 2, false};
        size_t found = uow_scan(v.rows, &range, n, rows);
        for (size_t i = 0; i < found; i++) {
            str name = ((const bound_code *)rows[i])->user;
            users[i] = erase_is_pseudonym(name) ? S("") : arena_str(c->memory, name);
        }
        r = app_view_close(&v);
        CHECK(r != R_DONE || found == n);
    }
    if (r == R_DONE && !app_authenticate(c->app, c->who.hash.hi, c->who.hash.lo, &now))
        r = R_UNAUTHENTICATED;
    arena_free(memory);
    return r;
}

static result write_personal(api_call *c, const code_batch *of, const code_run *all)
{
    str users[EXPORT_AT_ONCE];
    result r = R_DONE;
    for (uint64_t done = 0, n; r == R_DONE && done < all->n; done += n) {
        n = all->n - done < EXPORT_AT_ONCE ? all->n - done : EXPORT_AT_ONCE;
        code_run some = {.of = all->of, .first = all->first + done, .n = n, .users = users};
        r = users_of(c, of, some.first - of->first, n, users);
        if (r == R_DONE)
            r = codes_write(c->app, &some, http_out(c->x));
    }
    return r;
}

/* As many as the act has told of: a batch of users may have grown since. */
static void write_part(api_call *c)
{
    const wire_code_batch_export *b = c->body;
    const wire_code_batch_export_parameters *p = c->parameters;
    const code_export_out *told = c->act.out;
    const code_batch *of = batch_known(c, p->batch);
    CHECK(of != NULL); /* its act is done */
    code_run run = {.of = config_find_code_format(call_config(c), of->format),
                    .first = of->first + (uint64_t)b->from,
                    .n = told->codes};
    buf_str(http_out(c->x), of->personal ? S("code,user\n") : S("code\n"));
    result r = run.n == 0     ? R_DONE
               : of->personal ? write_personal(c, of, &run)
                              : codes_write(c->app, &run, http_out(c->x));
    if (r == R_DONE)
        call_answer_raw(c, 200, S("text/csv; charset=utf-8"));
    else
        call_refuse(c, r, S(""));
}

/* A repeat by another API key is its own export: the feed tells of it. */
static str exporter(api_call *c, uint64_t batch)
{
    str of = id_subject(c, ID_CODE_BATCH, batch), by = id_subject(c, ID_KEY, c->who.key);
    return arena_printf(c->memory, "%.*s %.*s", STR_ARG(of), STR_ARG(by));
}

static void exported(api_call *c)
{
    const wire_code_batch_export *b = c->body;
    slow_answer(b->count >= EXPORT_SLOW_MIN, c, write_part);
}

void api_code_batch_export(api_call *c)
{
    const wire_code_batch_export *b = c->body;
    const wire_code_batch_export_parameters *p = c->parameters;
    code_export_in *in = ARENA_NEW(c->memory, code_export_in);
    *in = (code_export_in){.merchant = c->who.merchant,
                           .batch = p->batch,
                           .from = (uint64_t)b->from,
                           .count = (uint64_t)b->count,
                           .key = c->who.key};
    call_act(c, &(act_ask){.id = ACT_ID_code_export,
                           .slot = id_slot(p->batch),
                           .subject = exporter(c, p->batch),
                           .in = in,
                           .then = exported});
}
