/* The whole configuration: read when opening, and compared with its rows now and then where other
 * servers change it, too. What the feed has missed, whatever the reason, is found so: feed.c. */
#include "app/codes.h"
#include "app/feed.h"
#include "app/inner.h"
#include "base/id.h"
#include "port/log.h"
#include "port/metric.h"

/* Loading fills one snapshot in place, which nobody sees before it is whole. Comparing has none. */
typedef struct loading {
    app *app;
    config *into;
    uow *rows;   /* of the page at hand */
    bool locked; /* comparing: publish_lock is held already; else it is for each page */
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

static void lock(const loading *l)
{
    if (l->into == NULL && !l->locked)
        (void)pthread_mutex_lock(&l->app->publish_lock);
}

static void unlock(const loading *l)
{
    if (l->into == NULL && !l->locked)
        (void)pthread_mutex_unlock(&l->app->publish_lock);
}

/* The next rows behind `from`, or the first; how many. */
static result load_page(loading *l, uow_range *range, void *from, load_row *load, size_t *n)
{
    void *page[256];
    arena *memory = arena_new(0);
    lock(l);
    result r = store_read_bare(l->app->store, NULL, memory, 0, &l->rows);
    *n = 0;
    if (r == R_DONE) {
        *n = uow_scan(l->rows, range, ARRAY_LEN(page), page);
        for (size_t i = 0; i < *n; i++) {
            load(l, page[i]);
        }
        if (*n > 0) {
            /* configuration keys hold no text */
            memcpy(from, page[*n - 1], range->table->record.size);
            range->after = true;
        }
        r = store_read_end(l->rows); /* a page that cannot be read is no end of the table */
    }
    unlock(l);
    arena_free(memory);
    return r;
}

/* Walks a whole table in pages, each with memory of its own. */
static result load_table(loading *l, const table *t, load_row *load)
{
    size_t n = 0;
    result r;
    arena *kept = arena_new(0);
    void *from = arena_alloc(kept, t->record.size);
    uow_range range = {.table = t, .index = -1, .from = from};
    do {
        r = load_page(l, &range, from, load, &n);
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
    publish_take(a, l.into);
    finder_put_all(a->finder, a->config);
    return check_code_keys(a, why);
}

/* ---- comparing ---- */

/* What the lane's log does not explain is a defect somewhere, and is told. */
static void differs(const loading *l, config_name what)
{
    app *a = l->app;
    uint16_t lane = store_lane_of_slot(a->store, publish_slot(what));
    const lane_head *head = lane_head_get(l->rows, lane);
    if (head != NULL && feed_has_seen(a, lane, head->config_last)) {
        metric_add(METRIC_CONFIG_DIFFERENCES, 1);
        log_event(LOG_ERROR, "the configuration was not what its rows say",
                  log_str("kind", config_kind_name(what.kind)), log_u64("hi", what.hi),
                  log_u64("lo", what.lo));
    }
    if (publish_row(a, l->rows, what) == R_CORRUPT)
        log_event(LOG_ERROR, "a row of the configuration names what is not there",
                  log_str("kind", config_kind_name(what.kind)), log_u64("lo", what.lo));
}

static bool same(const table *t, const void *row, const void *known)
{
    return known != NULL && record_equal(&t->record, row, known);
}

static void compare_merchant(const loading *l, const void *row)
{
    const merchant *m = row;
    const config_merchant *known = config_find_merchant(l->app->config, m->id);
    if (known == NULL || !same(&merchant_table, row, known->row))
        differs(l, (config_name){CONFIG_KIND_MERCHANT, 0, m->id});
}

static void compare_campaign(const loading *l, const void *row)
{
    const campaign *c = row;
    const config_campaign *known = config_find_campaign(l->app->config, c->id);
    if (known == NULL || !same(&campaign_table, row, known->row))
        differs(l, (config_name){CONFIG_KIND_CAMPAIGN, 0, c->id});
}

/* Versions never change. */
static void compare_template(const loading *l, const void *row)
{
    const template *t = row;
    const config_template *known = config_find_template(l->app->config, t->id);
    if (known == NULL || known->version_count != t->version ||
        !same(&template_table, row, known->row))
        differs(l, (config_name){CONFIG_KIND_TEMPLATE, 0, t->id});
}

static void compare_code_format(const loading *l, const void *row)
{
    const code_format *f = row;
    if (!same(&code_format_table, row, config_find_code_format(l->app->config, f->id)))
        differs(l, (config_name){CONFIG_KIND_CODE_FORMAT, f->merchant, f->id});
}

static void compare_code_batch(const loading *l, const void *row)
{
    const code_batch *b = row;
    if (!same(&code_batch_table, row, config_find_code_batch(l->app->config, b->id)))
        differs(l, (config_name){CONFIG_KIND_CODE_BATCH, 0, b->id});
}

static void compare_code_word(const loading *l, const void *row)
{
    const code_word *w = row;
    if (!same(&code_word_table, row, config_find_code_word(l->app->config, w->id)))
        differs(l, (config_name){CONFIG_KIND_CODE_WORD, w->merchant, w->id});
}

static void compare_key(const loading *l, const void *row)
{
    const api_key *k = row;
    if (!keyring_has(l->app->keys, k))
        differs(l, (config_name){CONFIG_KIND_API_KEY, k->hi, k->lo});
}

result publish_compare(app *a, bool locked)
{
    static const struct {
        const table *table;
        load_row *compare;
    } steps[] = {{&merchant_table, compare_merchant},
                 {&campaign_table, compare_campaign},
                 {&template_table, compare_template},
                 {&code_format_table, compare_code_format},
                 {&code_batch_table, compare_code_batch},
                 {&code_word_table, compare_code_word},
                 {&api_key_table, compare_key}};
    loading l = {.app = a, .locked = locked};
    result r = R_DONE;
    metric_add(METRIC_CONFIG_CHECKS, 1);
    for (size_t i = 0; i < ARRAY_LEN(steps) && r == R_DONE; i++)
        r = load_table(&l, steps[i].table, steps[i].compare);
    return r;
}
