/* Snapshots of configuration: a head over persistent maps of shared objects.
 *
 * Invariants: an object is in the map by id and in the map by owner, or in neither; objects and the
 * versions in them never change. Reading allocates nothing. What rows mean is told in table.def. */
#include "domain/campaign/config.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/id.h"
#include "domain/campaign/config_map.h"
#include "domain/campaign/config_row.h"
#include "domain/campaign/state.h"

typedef struct kept_merchant {
    config_object head;
    config_merchant view;
} kept_merchant;

typedef struct kept_campaign {
    config_object head;
    config_campaign view;
} kept_campaign;

/* Shared by the templates of all snapshots that have it. */
typedef struct kept_version {
    config_object head;
    const template_version *row;
    price_rule *rule;
} kept_version;

typedef struct kept_template {
    config_object head;
    config_template view;
    kept_version **versions; /* beside view.versions and view.rules, in one block with them */
} kept_template;

/* Few: a merchant's are made anew with each change. */
typedef struct kept_promotions {
    config_object head;
    config_promotions view; /* its ids behind, in one block */
} kept_promotions;

typedef struct kept_code_format {
    config_object head;
    const code_format *row;
} kept_code_format;

typedef struct kept_code_batch {
    config_object head;
    const code_batch *row;
} kept_code_batch;

typedef struct kept_code_word {
    config_object head;
    const code_word *row;
} kept_code_word;

struct config {
    atomic_uint references;
    uint64_t epoch;
    config_map merchants;                  /* 0, id */
    config_map campaigns, templates;       /* 0, id */
    config_map by_merchant;                /* merchant, campaign */
    config_map by_campaign;                /* campaign, template */
    config_map automatic;                  /* 0, merchant */
    config_map code_formats, code_batches; /* 0, id */
    config_map formats_of, batches_of;     /* merchant, id */
    config_map batch_ends;                 /* format, the place behind its last */
    config_map code_words;                 /* 0, id */
    config_map words_of, words;            /* merchant, id; merchant, hash of the word */
};

/* ---- snapshots ---- */

static config *config_alloc(void)
{
    config *c = calloc(1, sizeof(*c)); /* config_free frees */
    CHECK(c != NULL);
    atomic_init(&c->references, 1);
    return c;
}

config *config_empty(void)
{
    return config_alloc();
}

config *config_share(const config *c)
{
    config *counted = (config *)c; /* the count is no part of what a snapshot says */
    atomic_fetch_add_explicit(&counted->references, 1, memory_order_relaxed);
    return counted;
}

void config_free(config *c)
{
    if (c == NULL || atomic_fetch_sub_explicit(&c->references, 1, memory_order_acq_rel) != 1)
        return;
    config_map_free(&c->merchants);
    config_map_free(&c->campaigns);
    config_map_free(&c->templates);
    config_map_free(&c->by_merchant);
    config_map_free(&c->by_campaign);
    config_map_free(&c->automatic);
    config_map_free(&c->code_formats);
    config_map_free(&c->code_batches);
    config_map_free(&c->formats_of);
    config_map_free(&c->batches_of);
    config_map_free(&c->batch_ends);
    config_map_free(&c->code_words);
    config_map_free(&c->words_of);
    config_map_free(&c->words);
    free(c);
}

uint64_t config_epoch(const config *c)
{
    return c->epoch;
}

static config *config_copy(const config *c)
{
    config *copy = config_alloc();
    copy->epoch = c->epoch;
    copy->merchants = config_map_copy(&c->merchants);
    copy->campaigns = config_map_copy(&c->campaigns);
    copy->templates = config_map_copy(&c->templates);
    copy->by_merchant = config_map_copy(&c->by_merchant);
    copy->by_campaign = config_map_copy(&c->by_campaign);
    copy->automatic = config_map_copy(&c->automatic);
    copy->code_formats = config_map_copy(&c->code_formats);
    copy->code_batches = config_map_copy(&c->code_batches);
    copy->formats_of = config_map_copy(&c->formats_of);
    copy->batches_of = config_map_copy(&c->batches_of);
    copy->batch_ends = config_map_copy(&c->batch_ends);
    copy->code_words = config_map_copy(&c->code_words);
    copy->words_of = config_map_copy(&c->words_of);
    copy->words = config_map_copy(&c->words);
    return copy;
}

static void config_change(config *c)
{
    CHECK(atomic_load_explicit(&c->references, memory_order_acquire) == 1);
    c->epoch++;
}

config *config_with_epoch(const config *c)
{
    config *next = config_copy(c);
    config_change(next);
    return next;
}

/* Hands the object, with its maker's reference, to the map by id and to the one by owner. */
static void config_keep(config_map *by_id, config_map *by_owner, config_key key, config_object *o)
{
    config_map_put(by_id, (config_key){0, key.id}, o);
    if (by_owner != NULL)
        config_map_put(by_owner, key, o);
    config_object_drop(o);
}

/* Campaigns are one block each, beginning with the object; merchants keep a blacklist beside. */
static void block_drop(config_object *o)
{
    free(o);
}

/* ---- automatic templates ---- */

bool config_is_over(const campaign *c)
{
    return campaign_lasting_state(c->state, c->disabled_from) == CAMPAIGN_STATE_ENDED;
}

config_promotions config_automatic(const config *c, uint64_t merchant_id)
{
    const config_object *o = config_map_find(&c->automatic, (config_key){0, merchant_id});
    return o == NULL ? (config_promotions){NULL, 0} : ((const kept_promotions *)o)->view;
}

/* Those of before that are not of campaigns that are over, and one more (0: none). */
static void put_promotions(config *c, uint64_t merchant_id, uint64_t more)
{
    config_promotions before = config_automatic(c, merchant_id);
    size_t most = before.n + 1;
    kept_promotions *p = calloc(1, sizeof(*p) + most * sizeof(uint64_t)); /* block_drop frees */
    CHECK(p != NULL);
    uint64_t *ids = (uint64_t *)(p + 1);
    size_t n = 0;
    for (size_t i = 0; i < before.n; i++) {
        const config_template *t = config_find_template(c, before.ids[i]);
        if (before.ids[i] == more ||
            config_is_over(config_find_campaign(c, t->row->campaign)->row)) {
            continue;
        }
        if (more != 0 && more < before.ids[i]) {
            ids[n++] = more;
            more = 0;
        }
        ids[n++] = before.ids[i];
    }
    if (more != 0)
        ids[n++] = more;
    config_object_init(&p->head, block_drop);
    p->view = (config_promotions){ids, n};
    config_map_put(&c->automatic, (config_key){0, merchant_id}, &p->head);
    config_object_drop(&p->head);
}

/* ---- merchants and campaigns ---- */

static void merchant_drop(config_object *o)
{
    rule_free(((kept_merchant *)o)->view.blacklist);
    free(o);
}

static uint64_t pricing_of(const merchant *row, const price_policy *policy)
{
    /* A policy is bytes, without gaps. */
    uint64_t hash = hash64((str){(const char *)policy, sizeof *policy}, row->coupons_max);
    for (size_t i = 0; i < row->groups.n; i++) {
        const stack_group *g = &row->groups.items[i];
        hash =
            hash64(g->name, hash64((str){(const char *)&g->most, sizeof g->most}, hash + g->mode));
    }
    return hash;
}

void config_put_merchant(config *c, const merchant *row, const zone *days)
{
    config_change(c);
    void *copy;
    kept_merchant *m = config_row_new(sizeof(*m), &merchant_table.record, row, &copy);
    config_object_init(&m->head, merchant_drop);
    price_policy policy = policy_of(row->policy.items, row->policy.n);
    m->view = (config_merchant){.row = copy,
                                .zone = days,
                                .window_end = policy.window_end,
                                .pricing = pricing_of(row, &policy)};
    if (row->blacklist.n > 0)
        m->view.blacklist = rule_new(row->blacklist.items, row->blacklist.n, RULE_PLACE_LINE);
    config_keep(&c->merchants, NULL, (config_key){0, row->id}, &m->head);
}

bool config_bars(const config_merchant *of, const order_line *line, str currency)
{
    return of != NULL && of->blacklist != NULL && rule_line(of->blacklist, line, currency, false);
}

config *config_with_merchant(const config *c, const merchant *row, const zone *days)
{
    config *next = config_copy(c);
    config_put_merchant(next, row, days);
    return next;
}

void config_put_campaign(config *c, const campaign *row)
{
    config_change(c);
    const config_campaign *old = config_find_campaign(c, row->id);
    CHECK(old == NULL || old->row->merchant == row->merchant);
    void *copy;
    kept_campaign *k = config_row_new(sizeof(*k), &campaign_table.record, row, &copy);
    config_object_init(&k->head, block_drop);
    k->view.row = copy;
    config_keep(&c->campaigns, &c->by_merchant, (config_key){row->merchant, row->id}, &k->head);
    if (config_is_over(row) && config_automatic(c, row->merchant).n > 0)
        put_promotions(c, row->merchant, 0);
}

config *config_with_campaign(const config *c, const campaign *row)
{
    config *next = config_copy(c);
    config_put_campaign(next, row);
    return next;
}

/* ---- templates ---- */

static void version_drop(config_object *o)
{
    kept_version *v = (kept_version *)o;
    price_rule_free(v->rule);
    free(v);
}

static kept_version *version_new(const template_version *row)
{
    void *copy;
    kept_version *v = config_row_new(sizeof(*v), &template_version_table.record, row, &copy);
    config_object_init(&v->head, version_drop);
    v->row = copy;
    v->rule = price_rule_new(row);
    return v;
}

static void template_drop(config_object *o)
{
    kept_template *t = (kept_template *)o;
    for (size_t i = 0; i < t->view.version_count; i++) {
        config_object_drop(&t->versions[i]->head);
    }
    free(t->versions);
    free(t);
}

/* The versions of old, NULL for none, and one more, NULL for none, whose reference is handed over.
 */
static void template_set_versions(kept_template *t, const kept_template *old, kept_version *more)
{
    size_t had = old == NULL ? 0 : old->view.version_count;
    size_t n = had + (more == NULL ? 0 : 1);
    kept_version **kept = calloc(n * 3, sizeof(void *)); /* template_drop frees */
    CHECK(kept != NULL);
    const template_version **versions = (const template_version **)(kept + n);
    const price_rule **rules = (const price_rule **)(kept + 2 * n);
    for (size_t i = 0; i < n; i++) {
        kept[i] = i < had ? old->versions[i] : more;
        if (i < had) {
            config_object_take(&kept[i]->head);
        }
        versions[i] = kept[i]->row;
        rules[i] = kept[i]->rule;
        if (kept[i]->row->reach == EDIT_REACH_ALL_UNUSED) {
            t->view.reaching = (uint32_t)(i + 1);
        }
    }
    t->versions = kept;
    t->view.versions = versions;
    t->view.rules = rules;
    t->view.version_count = (uint32_t)n;
}

void config_put_template(config *c, const template *row, const template_version *version)
{
    config_change(c);
    const kept_template *old =
        (const kept_template *)config_map_find(&c->templates, (config_key){0, row->id});
    uint32_t had = old == NULL ? 0 : old->view.version_count;
    CHECK(version->version >= 1 && version->version - 1 <= had);
    CHECK(version->template == row->id);
    CHECK(old == NULL || old->view.row->campaign == row->campaign);
    void *copy;
    kept_template *t = config_row_new(sizeof(*t), &template_table.record, row, &copy);
    config_object_init(&t->head, template_drop);
    t->view.row = copy;
    template_set_versions(t, old, version->version > had ? version_new(version) : NULL);
    config_keep(&c->templates, &c->by_campaign, (config_key){row->campaign, row->id}, &t->head);
    const config_campaign *of = config_find_campaign(c, row->campaign);
    if (row->apply == APPLY_MODE_AUTOMATIC && of != NULL && !config_is_over(of->row))
        put_promotions(c, row->merchant, row->id);
}

config *config_with_template(const config *c, const template *row, const template_version *version)
{
    config *next = config_copy(c);
    config_put_template(next, row, version);
    return next;
}

/* ---- codes ---- */

void config_put_code_format(config *c, const code_format *row)
{
    config_change(c);
    void *copy;
    kept_code_format *f = config_row_new(sizeof(*f), &code_format_table.record, row, &copy);
    config_object_init(&f->head, block_drop);
    f->row = copy;
    config_keep(&c->code_formats, &c->formats_of, (config_key){row->merchant, row->id}, &f->head);
}

config *config_with_code_format(const config *c, const code_format *row)
{
    config *next = config_copy(c);
    config_put_code_format(next, row);
    return next;
}

void config_put_code_batch(config *c, const code_batch *row)
{
    config_change(c);
    void *copy;
    kept_code_batch *b = config_row_new(sizeof(*b), &code_batch_table.record, row, &copy);
    config_object_init(&b->head, block_drop);
    b->row = copy;
    if (row->upload == 0)
        config_map_put(&c->batch_ends, (config_key){row->format, row->first + row->count},
                       &b->head);
    config_keep(&c->code_batches, &c->batches_of, (config_key){row->merchant, row->id}, &b->head);
}

config *config_with_code_batch(const config *c, const code_batch *row)
{
    config *next = config_copy(c);
    config_put_code_batch(next, row);
    return next;
}

void config_put_code_word(config *c, const code_word *row)
{
    config_change(c);
    void *copy;
    kept_code_word *w = config_row_new(sizeof(*w), &code_word_table.record, row, &copy);
    config_object_init(&w->head, block_drop);
    w->row = copy;
    config_map_put(&c->words, (config_key){row->merchant, hash64(row->word, 0)}, &w->head);
    config_keep(&c->code_words, &c->words_of, (config_key){row->merchant, row->id}, &w->head);
}

config *config_with_code_word(const config *c, const code_word *row)
{
    config *next = config_copy(c);
    config_put_code_word(next, row);
    return next;
}

/* ---- finding ---- */

const code_word *config_find_code_word(const config *c, uint64_t id)
{
    const config_object *o = config_map_find(&c->code_words, (config_key){0, id});
    return o == NULL ? NULL : ((const kept_code_word *)o)->row;
}

const code_word *config_code_word(const config *c, uint64_t merchant_id, str word)
{
    config_key key = {merchant_id, hash64(word, 0)};
    const config_object *o = config_map_find(&c->words, key);
    const code_word *found = o == NULL ? NULL : ((const kept_code_word *)o)->row;
    return found != NULL && str_eq(found->word, word) ? found : NULL;
}

const code_format *config_find_code_format(const config *c, uint64_t id)
{
    const config_object *o = config_map_find(&c->code_formats, (config_key){0, id});
    return o == NULL ? NULL : ((const kept_code_format *)o)->row;
}

const code_batch *config_find_code_batch(const config *c, uint64_t id)
{
    const config_object *o = config_map_find(&c->code_batches, (config_key){0, id});
    return o == NULL ? NULL : ((const kept_code_batch *)o)->row;
}

const config_merchant *config_find_merchant(const config *c, uint64_t id)
{
    const config_object *o = config_map_find(&c->merchants, (config_key){0, id});
    return o == NULL ? NULL : &((const kept_merchant *)o)->view;
}

const config_campaign *config_find_campaign(const config *c, uint64_t id)
{
    const config_object *o = config_map_find(&c->campaigns, (config_key){0, id});
    return o == NULL ? NULL : &((const kept_campaign *)o)->view;
}

const config_template *config_find_template(const config *c, uint64_t id)
{
    const config_object *o = config_map_find(&c->templates, (config_key){0, id});
    return o == NULL ? NULL : &((const kept_template *)o)->view;
}

const template_version *config_version(const config_template *t, uint32_t version)
{
    return version >= 1 && version <= t->version_count ? t->versions[version - 1] : NULL;
}

const price_rule *config_rule(const config_template *t, uint32_t version)
{
    return version >= 1 && version <= t->version_count ? t->rules[version - 1] : NULL;
}

static config_object *kept_of(const config_template *t)
{
    const char *at = (const char *)t - offsetof(kept_template, view);
    return &((kept_template *)(uintptr_t)at)->head; /* the count is no part of what it says */
}

void config_template_share(const config_template *t)
{
    config_object_take(kept_of(t));
}

void config_template_free(const config_template *t)
{
    config_object_drop(kept_of(t));
}

uint32_t config_effective(const config_template *t, uint32_t pinned)
{
    return t->reaching > pinned ? t->reaching : pinned;
}

uint32_t config_version_at(const config_template *t, int64_t at_ms)
{
    uint32_t n = t->version_count;
    while (n > 0 && t->versions[n - 1]->created_at_ms > at_ms) {
        n--;
    }
    return n;
}

uint32_t config_effective_at(const config_template *t, uint32_t pinned, int64_t at_ms)
{
    for (uint32_t n = config_version_at(t, at_ms); n > pinned; n--) {
        if (t->versions[n - 1]->reach == EDIT_REACH_ALL_UNUSED) {
            return n;
        }
    }
    return pinned;
}

static void list_merchant(void *out, size_t i, const config_object *o)
{
    ((const config_merchant **)out)[i] = &((const kept_merchant *)o)->view;
}

size_t config_merchants(const config *c, uint64_t after, size_t limit, const config_merchant **out)
{
    return config_map_scan(&c->merchants, (config_key){0, after}, limit, list_merchant, out);
}

static void list_campaign(void *out, size_t i, const config_object *o)
{
    ((const config_campaign **)out)[i] = &((const kept_campaign *)o)->view;
}

size_t config_campaigns(const config *c, uint64_t merchant_id, uint64_t after, size_t limit,
                        const config_campaign **out)
{
    config_key from = {merchant_id, after};
    return config_map_scan(&c->by_merchant, from, limit, list_campaign, out);
}

static void list_template(void *out, size_t i, const config_object *o)
{
    ((const config_template **)out)[i] = &((const kept_template *)o)->view;
}

size_t config_templates(const config *c, uint64_t campaign_id, uint64_t after, size_t limit,
                        const config_template **out)
{
    config_key from = {campaign_id, after};
    return config_map_scan(&c->by_campaign, from, limit, list_template, out);
}

static void list_code_format(void *out, size_t i, const config_object *o)
{
    ((const code_format **)out)[i] = ((const kept_code_format *)o)->row;
}

size_t config_code_formats(const config *c, uint64_t merchant_id, uint64_t after, size_t limit,
                           const code_format **out)
{
    config_key from = {merchant_id, after};
    return config_map_scan(&c->formats_of, from, limit, list_code_format, out);
}

static void list_code_batch(void *out, size_t i, const config_object *o)
{
    ((const code_batch **)out)[i] = ((const kept_code_batch *)o)->row;
}

size_t config_code_batches(const config *c, uint64_t merchant_id, uint64_t after, size_t limit,
                           const code_batch **out)
{
    config_key from = {merchant_id, after};
    return config_map_scan(&c->batches_of, from, limit, list_code_batch, out);
}

const code_batch *config_code_batch_at(const config *c, uint64_t format, uint64_t place)
{
    const code_batch *found = NULL;
    config_key from = {format, place};
    size_t n = config_map_scan(&c->batch_ends, from, 1, list_code_batch, &found);
    if (n == 1)
        return found->first <= place ? found : NULL;
    found = config_find_code_batch(c, format);
    bool imported = found != NULL && found->upload != 0 &&
                    (found->until_line == 0 || place / SLOT_COUNT < found->until_line);
    return imported ? found : NULL;
}

static void list_code_word(void *out, size_t i, const config_object *o)
{
    ((const code_word **)out)[i] = ((const kept_code_word *)o)->row;
}

size_t config_code_words(const config *c, uint64_t merchant_id, uint64_t after, size_t limit,
                         const code_word **out)
{
    config_key from = {merchant_id, after};
    return config_map_scan(&c->words_of, from, limit, list_code_word, out);
}
