/* Configuration from rows to the snapshot that acts decide on.
 *
 * Invariant: when a configuration act is answered, no batch that decided on an older snapshot can
 * still commit: after publishing, a barrier goes through every lane, and a lane takes the newest
 * snapshot at the start of each batch. */
#include <time.h>

#include "app/codes.h"
#include "app/inner.h"

enum { PAUSE_NS = 100000000 }; /* before what cannot be read is read again */

typedef struct publication {
    act_call *call;
    app *app;
    atomic_int left; /* lanes that the barrier has not passed */
    request barriers[STORE_LANES_MAX];
} publication;

/* Called by the one publisher (publish_lock); config_lock is held for the exchange only. */
static void take(app *a, config *next)
{
    (void)pthread_mutex_lock(&a->config_lock);
    config *old = a->config;
    a->config = next;
    (void)pthread_mutex_unlock(&a->config_lock);
    config_free(old);
}

static bool publish_merchant(app *a, uow *rows, uint64_t id)
{
    const merchant *m = merchant_get(rows, id_slot(id), id);
    if (m == NULL) {
        return false;
    }
    take(a, config_with_merchant(a->config, m, app_zone(a, m->zone)));
    return true;
}

static bool publish_campaign(app *a, uow *rows, uint64_t id)
{
    const campaign *c = campaign_get(rows, id_slot(id), id);
    if (c == NULL) {
        return false;
    }
    take(a, config_with_campaign(a->config, c));
    return true;
}

static bool publish_template(app *a, uow *rows, uint64_t id)
{
    const template *t = template_get(rows, id_slot(id), id);
    if (t == NULL) {
        return false;
    }
    if (!publish_campaign(a, rows, t->campaign)) {
        return false;
    }
    const config_template *known = config_find_template(a->config, id);
    uint32_t from = known == NULL ? 1 : known->version_count + 1;
    /* Every version is published in its turn; an edit of stock alone publishes the newest again. */
    for (uint32_t v = from < t->version ? from : t->version; v <= t->version; v++) {
        template as_of = *t;
        as_of.version = v;
        const template_version *version = template_version_get(rows, t->slot, id, v);
        if (version == NULL) {
            return false;
        }
        take(a, config_with_template(a->config, &as_of, version));
    }
    return true;
}

static bool publish_code_format(app *a, uow *rows, uint64_t merchant_id, uint64_t id)
{
    const code_format *f = code_format_get(rows, id_slot(id), merchant_id, id);
    if (f == NULL) {
        return false;
    }
    take(a, config_with_code_format(a->config, f));
    return true;
}

static bool publish_code_batch(app *a, uow *rows, uint64_t id)
{
    const code_batch *b = code_batch_get(rows, id_slot(id), id);
    if (b == NULL) {
        return false;
    }
    /* One that is not imported has given numbers away. */
    if (b->upload == 0 && !publish_code_format(a, rows, b->merchant, b->format)) {
        return false;
    }
    take(a, config_with_code_batch(a->config, b));
    return true;
}

static bool publish_code_word(app *a, uow *rows, uint64_t merchant_id, uint64_t id)
{
    const code_word *w = code_word_get(rows, id_slot(id), merchant_id, id);
    if (w == NULL) {
        return false;
    }
    take(a, config_with_code_word(a->config, w));
    return true;
}

static bool publish_found(app *a, uint64_t template_id)
{
    const config_template *t = config_find_template(a->config, template_id);
    finder_put(a->finder, a->config, &t, 1);
    return true;
}

static bool publish_key(app *a, uow *rows, const key_put_in *in)
{
    const api_key *k = api_key_get(rows, slot_of_hash(in->hi), in->hi, in->lo);
    if (k != NULL) {
        keyring_put(a->keys, k);
    }
    return k != NULL;
}

/* False: a row could not be read. Doing it again does no harm. */
static bool publish_rows(act_call *c, uow *rows)
{
    app *a = c->app;
    const row_out *out = c->out;
    switch (c->id) {
    case ACT_ID_merchant_put:
        return publish_merchant(a, rows, out->id);
    case ACT_ID_key_put:
        return publish_key(a, rows, c->in);
    case ACT_ID_template_put:
        return publish_template(a, rows, out->id) && publish_found(a, out->id);
    case ACT_ID_pool_change:
        return ((const pool_change_in *)c->in)->kind == POOL_KIND_STOCK
                   ? publish_template(a, rows, out->id)
                   : publish_campaign(a, rows, out->id);
    case ACT_ID_partner_put:
        return publish_template(a, rows, ((const partner_put_in *)c->in)->template);
    case ACT_ID_code_format_put:
        return publish_code_format(a, rows, ((const code_format_put_in *)c->in)->merchant, out->id);
    case ACT_ID_code_word_put:
        return publish_code_word(a, rows, ((const code_word_put_in *)c->in)->merchant, out->id);
    case ACT_ID_code_batch_put:
    case ACT_ID_code_import_end:
        return publish_code_batch(a, rows, out->id);
    case ACT_ID_code_bind:
        return publish_code_batch(a, rows, ((const code_bind_in *)c->in)->batch);
    case ACT_ID_code_part:
        return publish_code_batch(a, rows, ((const code_part_in *)c->in)->batch);
    case ACT_ID_code_part_end:
        return publish_code_batch(a, rows, ((const code_part_end_in *)c->in)->batch);
    default:
        return publish_campaign(a, rows, out->id);
    }
}

static result barrier_run(uow *u, request *r)
{
    MAYBE(u);
    MAYBE(r);
    return R_DONE;
}

static void pass(publication *p)
{
    if (atomic_fetch_sub(&p->left, 1) == 1) {
        p->call->done(
            p->call); /* its memory, and this publication with it, is the caller's again */
    }
}

static void barrier_done(request *r)
{
    publication *p = (publication *)((char *)(r - r->lane) - offsetof(publication, barriers));
    pass(p);
}

static result publish_once(act_call *c)
{
    arena *memory = arena_new(0);
    uow *rows;
    store_home home = {.slot = c->slot};
    result r = store_read_begin_at(c->app->store, &home, memory, app_now_ms(c->app), &rows);
    if (r == R_DONE) {
        bool there = publish_rows(c, rows);
        r = store_read_end(rows);
        CHECK(there || r != R_DONE); /* it was committed just now */
    }
    arena_free(memory);
    return r;
}

/* A database may be away; it has what was committed when it is back. No lane that needs it gets on
 * until then. */
static void publish_now(act_call *c)
{
    static const struct timespec pause = {.tv_nsec = PAUSE_NS};
    app *a = c->app;
    (void)pthread_mutex_lock(&a->publish_lock);
    result r = publish_once(c);
    while (r == R_UNAVAILABLE) {
        (void)nanosleep(&pause, NULL);
        r = publish_once(c);
    }
    CHECK(r == R_DONE); /* a store that cannot read what it has just committed must not go on */
    (void)pthread_mutex_unlock(&a->publish_lock);
}

/* A repeat publishes, too: of the first nobody may have known that it was done. */
void publish_after(act_call *c)
{
    app *a = c->app;
    publish_now(c);
    publication *p = ARENA_NEW(c->memory, publication);
    uint16_t lanes = store_lanes(a->store);
    *p = (publication){.call = c, .app = a};
    atomic_init(&p->left, lanes + 1);
    for (uint16_t lane = 0; lane < lanes; lane++) {
        p->barriers[lane] = (request){.run = barrier_run,
                                      .done = barrier_done,
                                      .lane = lane,
                                      .to_lane = true,
                                      .class = CLASS_INTERNAL};
        if (store_submit(a->store, &p->barriers[lane]) != R_DONE) {
            pass(p); /* only a store that has failed refuses internal requests: nothing commits any
                        more */
        }
    }
    pass(p);
}

/* Loading fills one snapshot in place, which nobody sees before it is whole. */
typedef struct loading {
    app *app;
    config *into;
    uow *rows; /* of the page at hand */
} loading;
typedef void load_row(const loading *l, const void *row);

static void load_merchant(const loading *l, const void *row)
{
    const merchant *m = row;
    config_put_merchant(l->into, m, app_zone(l->app, m->zone));
}

static void load_campaign(const loading *l, const void *row)
{
    config_put_campaign(l->into, row);
}

static void load_template(const loading *l, const void *row)
{
    template as_of = *(const template *)row;
    for (uint32_t v = 1, newest = as_of.version; v <= newest; v++) {
        const template_version *version = template_version_get(l->rows, as_of.slot, as_of.id, v);
        CHECK(version != NULL);
        as_of.version = v;
        config_put_template(l->into, &as_of, version);
    }
}

static void load_code_format(const loading *l, const void *row)
{
    config_put_code_format(l->into, row);
}

static void load_code_batch(const loading *l, const void *row)
{
    config_put_code_batch(l->into, row);
}

static void load_code_word(const loading *l, const void *row)
{
    config_put_code_word(l->into, row);
}

static void load_key(const loading *l, const void *row)
{
    keyring_put(l->app->keys, row);
}

/* Walks a whole table in pages, each with memory of its own. */
static result load_table(loading *l, const table *t, load_row *load)
{
    size_t n = 0;
    result r;
    arena *kept = arena_new(0);
    void *from = arena_alloc(kept, t->record.size);
    bool after = false;
    do {
        arena *memory = arena_new(0);
        r = store_read_begin(l->app->store, memory, 0, &l->rows);
        if (r != R_DONE) {
            arena_free(memory);
            break;
        }
        void *page[256];
        uow_range range = {
            .table = t, .index = -1, .from = from, .prefix_columns = 0, .after = after};
        n = uow_scan(l->rows, &range, ARRAY_LEN(page), page);
        for (size_t i = 0; i < n; i++) {
            load(l, page[i]);
        }
        if (n > 0) {
            memcpy(from, page[n - 1], t->record.size); /* configuration keys hold no text */
            after = true;
        }
        r = store_read_end(l->rows); /* a page that cannot be read is no end of the table */
        arena_free(memory);
    } while (r == R_DONE && n > 0);
    arena_free(kept);
    return r;
}

/* A master key that opens nothing must not seal anything beside it. */
static result check_code_keys(app *a, buf *why)
{
    const config_merchant *of;
    const code_format *first;
    if (a->options.code_key.n == 0)
        return R_DONE;
    for (uint64_t id = 0; config_merchants(a->config, id, 1, &of) == 1; id = of->row->id) {
        if (config_code_formats(a->config, of->row->id, 0, 1, &first) == 0)
            continue;
        if (codes_check(a, first) == R_DONE)
            return R_DONE;
        buf_str(why, S("code_key_file is not the one that sealed the keys of the codes here"));
        return R_INVALID;
    }
    return R_DONE;
}

result publish_load(app *a, buf *why)
{
    static const struct {
        const table *table;
        load_row *load;
    } steps[] = {{&merchant_table, load_merchant},
                 {&campaign_table, load_campaign},
                 {&template_table, load_template},
                 {&code_format_table, load_code_format},
                 {&code_batch_table, load_code_batch},
                 {&code_word_table, load_code_word},
                 {&api_key_table, load_key}};
    loading l = {.app = a, .into = config_empty()};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        result r = load_table(&l, steps[i].table, steps[i].load);
        if (r != R_DONE) {
            config_free(l.into);
            buf_printf(why, "reading the table %s: %.*s", steps[i].table->record.name,
                       STR_ARG(result_text(r)));
            return r;
        }
    }
    take(a, l.into);
    finder_put_all(a->finder, a->config);
    return check_code_keys(a, why);
}
