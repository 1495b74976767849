/* The course of a run, reading, and reporting. See verify.h. */
#include "app/verify.h"

#include <inttypes.h>

#include "app/verify_money.h"
#include "app/verify_party.h"
#include "app/verify_transfer.h"

enum {
    GROUP_SLOTS_FIRST = 16,
    GROUP_ROWS = 100000, /* of a group: it takes more or fewer slots to come near */
    TEXT_MAX = 512,
    COPIED_SLOTS = 1000, /* whose rows verify_copied has in memory together */
};
#define GROUP_MEMORY_MAX ((size_t)16 << 30) /* a ceiling for a slot gone wild, not a plan */

/* ---- reporting ---- */

static void report(verify *v, const verify_what *w, const char *field, str expected, str actual)
{
    char id[ID_TEXT_MAX];
    str subject = w->subject;
    if (w->id != 0)
        subject = (str){id, id_text(w->kind, w->id, id)};
    v->sum.differences++;
    verify_difference d = {.check = w->check,
                           .subject = subject,
                           .field = str_of(field),
                           .expected = expected,
                           .actual = actual};
    v->options->found(v->options->context, &d);
}

static str decimal(char out[TEXT_MAX], int64_t v)
{
    buf b = {.p = out, .capacity = TEXT_MAX, .max = TEXT_MAX};
    buf_i64(&b, v);
    return buf_view(&b);
}

void verify_number(verify *v, const verify_what *w, const char *field, int64_t expected,
                   int64_t actual)
{
    char texts[2][TEXT_MAX];
    if (expected != actual)
        report(v, w, field, decimal(texts[0], expected), decimal(texts[1], actual));
}

void verify_between(verify *v, const verify_what *w, const char *field, const int64_t bounds[2],
                    int64_t actual)
{
    char texts[2][TEXT_MAX];
    if (actual >= bounds[0] && actual <= bounds[1])
        return;
    if (bounds[0] == bounds[1]) {
        verify_number(v, w, field, bounds[0], actual);
        return;
    }
    buf b = {.p = texts[0], .capacity = TEXT_MAX, .max = TEXT_MAX};
    buf_printf(&b, "%" PRId64 " to %" PRId64, bounds[0], bounds[1]);
    report(v, w, field, buf_view(&b), decimal(texts[1], actual));
}

void verify_text(verify *v, const verify_what *w, const char *field, str expected, str actual)
{
    if (!str_eq(expected, actual))
        report(v, w, field, expected, actual);
}

void verify_must(verify *v, const verify_what *w, const char *field, bool is)
{
    if (!is)
        report(v, w, field, S("true"), S("false"));
}

static str id_or_none(char out[ID_TEXT_MAX], id_kind kind, uint64_t id)
{
    return id == 0 ? S("none") : (str){out, id_text(kind, id, out)};
}

void verify_same_id(verify *v, const verify_what *w, const char *field, verify_ids ids)
{
    char texts[2][ID_TEXT_MAX];
    if (ids.expected != ids.actual)
        report(v, w, field, id_or_none(texts[0], ids.kind, ids.expected),
               id_or_none(texts[1], ids.kind, ids.actual));
}

/* ---- reading ---- */

typedef struct reading {
    verify *v;
    verify_group *g;
    const table *t;
    verify_row *visit;
} reading;

static void report_damaged(verify *v, const table *t, str key)
{
    char text[TEXT_MAX];
    buf b = {.p = text, .capacity = TEXT_MAX, .max = TEXT_MAX};
    buf_printf(&b, "%s ", t->record.name);
    for (size_t i = 0; i < key.n; i++)
        buf_printf(&b, "%02x", (unsigned)(uint8_t)key.p[i]);
    verify_what w = {.check = "rows", .subject = buf_view(&b)};
    report(v, &w, "record", S("readable"), S("damaged"));
}

static bool read_one(void *context, str key, const void *row)
{
    const reading *r = context;
    r->v->sum.rows++;
    if (r->g != NULL)
        r->g->rows++;
    if (row == NULL && r->v->again)
        return true;
    if (row == NULL)
        report_damaged(r->v, r->t, key);
    else
        r->visit(r->v, r->g, row);
    return true;
}

result verify_each_entry(verify *v, verify_group *g, const table *t, int index, verify_row *visit)
{
    reading r = {v, g, t, visit};
    store_span span = {.table = t,
                       .index = index,
                       .from = g == NULL ? 0 : g->from,
                       .until = g == NULL ? UINT16_MAX + 1U : g->until};
    return store_each(v->view.rows, &span, read_one, &r);
}

result verify_each(verify *v, verify_group *g, const table *t, verify_row *visit)
{
    return verify_each_entry(v, g, t, -1, visit);
}

static void copy_row(verify *v, verify_group *g, const void *row)
{
    MAYBE(v);
    record_copy(&g->of->record, row, g->memory, verify_add(g, &g->copies));
}

/* Page by page: a walk cannot look at other rows meanwhile. */
result verify_copied(verify *v, const table *t, verify_copy *check)
{
    result r = R_DONE;
    for (uint32_t from = 0; from < SLOT_COUNT && r == R_DONE; from += COPIED_SLOTS) {
        uint32_t until = from + COPIED_SLOTS < SLOT_COUNT ? from + COPIED_SLOTS : SLOT_COUNT;
        verify_group g = {.from = (uint16_t)from, .until = until, .memory = arena_new(0), .of = t};
        g.copies.item_size = t->record.size;
        r = verify_each(v, &g, t, copy_row);
        for (size_t i = 0; i < g.copies.n; i++)
            check(v, (const char *)g.copies.items + i * g.copies.item_size);
        arena_free(g.memory);
    }
    return r;
}

static void see_sent(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const outbox *o = row;
    uint16_t to =
        o->to_lane != UINT16_MAX ? o->to_lane : store_lane_of_slot(app_store(v->view.app), o->slot);
    bool known = o->lane < v->lanes && to < v->lanes;
    if (known && o->sequence > v->inbox[to][o->lane]) /* else applied, and not yet forgotten */
        v->message(v, o->act, o->input, false);
}

static void see_aside(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const quarantine *q = row;
    if (q->aside)
        v->message(v, q->act, q->input, true);
}

result verify_messages(verify *v, verify_message *see)
{
    v->message = see;
    result r = verify_each(v, NULL, &outbox_table, see_sent);
    return r == R_DONE ? verify_each(v, NULL, &quarantine_table, see_aside) : r;
}

void *verify_add(verify_group *g, verify_list *l)
{
    if (l->n == l->capacity) {
        size_t more = l->capacity == 0 ? 64 : l->capacity * 2;
        void *grown = arena_alloc_array(g->memory, l->item_size, more);
        if (l->n > 0)
            memcpy(grown, l->items, l->n * l->item_size);
        l->items = grown;
        l->capacity = more;
    }
    return (char *)l->items + l->n++ * l->item_size;
}

bool verify_terms_of(verify *v, uint64_t template_id, verify_terms *out)
{
    if (v->last.template != NULL && v->last.template->row->id == template_id) {
        *out = v->last;
        return true;
    }
    *out = (verify_terms){.template = config_find_template(v->view.config, template_id)};
    if (out->template == NULL)
        return false;
    out->campaign = config_find_campaign(v->view.config, out->template->row->campaign);
    out->merchant = config_find_merchant(v->view.config, out->template->row->merchant);
    if (out->campaign == NULL || out->merchant == NULL || out->merchant->zone == NULL) {
        *out = (verify_terms){0};
        return false;
    }
    v->last = *out;
    return true;
}

bool verify_day(const verify_terms *of, int64_t at_ms, int32_t *day)
{
    if (at_ms < 0 || at_ms >= TIME_MAX_MS)
        return false;
    *day = zone_day(of->merchant->zone, at_ms);
    return true;
}

/* ---- the course ---- */

static result run_groups(verify *v)
{
    uint32_t slots = GROUP_SLOTS_FIRST;
    result r = R_DONE;
    for (uint32_t from = 0; from < SLOT_COUNT && r == R_DONE;) {
        uint32_t until = from + slots < SLOT_COUNT ? from + slots : SLOT_COUNT;
        verify_group g = {
            .from = (uint16_t)from, .until = until, .memory = arena_new(GROUP_MEMORY_MAX)};
        r = verify_group_run(v, &g);
        arena_free(g.memory);
        if (g.rows < GROUP_ROWS / 2)
            slots *= 2;
        else if (g.rows > GROUP_ROWS * 2 && slots > 1)
            slots /= 2;
        from = until;
        if (r == R_DONE && v->options->progress != NULL &&
            !v->options->progress(v->options->context, until))
            r = R_DRAINING;
    }
    return r;
}

static result run(verify *v)
{
    result r = verify_heads(v);
    if (r == R_DONE)
        r = verify_due_begin(v);
    if (r == R_DONE)
        r = run_groups(v);
    if (r == R_DONE)
        r = verify_lanes(v);
    if (r == R_DONE)
        r = verify_counters(v);
    if (r == R_DONE)
        r = verify_goods(v);
    if (r == R_DONE)
        r = verify_party_counters(v);
    if (r == R_DONE)
        r = verify_money(v);
    if (r == R_DONE)
        r = verify_pools(v);
    if (r == R_DONE)
        r = verify_partners(v);
    if (r == R_DONE)
        r = verify_subjects(v);
    if (r == R_DONE)
        r = verify_codes(v);
    if (r == R_DONE)
        r = verify_transfers(v);
    if (r == R_DONE)
        r = verify_moves(v);
    if (r == R_DONE)
        r = verify_imports(v);
    if (r == R_DONE)
        r = verify_bound(v);
    if (r == R_DONE)
        r = verify_phones(v);
    if (r == R_DONE)
        r = verify_erasures(v);
    if (r == R_DONE)
        r = verify_guesses(v);
    if (r == R_DONE)
        r = verify_webhooks(v);
    return r == R_DONE ? verify_config(v) : r;
}

result verify_app(app *a, const verify_options *options, verify_summary *out)
{
    arena *memory = arena_new(0);
    verify *v = ARENA_NEW(memory, verify);
    v->options = options;
    v->lanes = store_lanes(app_store(a));
    v->tally = verify_map_new(TALLY_VALUES);
    v->totals = verify_map_new(TOTAL_VALUES);
    v->goods = verify_map_new(GOODS_VALUES);
    v->parties = verify_map_new(PARTY_VALUES);
    v->money = verify_map_new(MONEY_VALUES);
    v->pools = verify_map_new(POOL_VALUES);
    v->leases = verify_map_new(LEASE_VALUES);
    v->code_uses = verify_map_new(CODE_USE_VALUES);
    v->brought = verify_map_new(1);
    v->config_counts = verify_map_new(CONFIG_VALUES);
    result r = app_view_open(a, memory, &v->view);
    if (r == R_DONE) {
        r = run(v);
        app_view_close(&v->view);
    }
    *out = v->sum;
    verify_due_end(v);
    verify_map_free(v->tally);
    verify_map_free(v->totals);
    verify_map_free(v->goods);
    verify_map_free(v->parties);
    verify_map_free(v->money);
    verify_map_free(v->pools);
    verify_map_free(v->leases);
    verify_map_free(v->code_uses);
    verify_map_free(v->brought);
    verify_map_free(v->config_counts);
    arena_free(memory);
    return r;
}
