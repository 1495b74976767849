/* Configuration from rows to the snapshot that acts decide on.
 *
 * Invariant: when a configuration act is answered, no batch that decided on an older snapshot can
 * still commit: after publishing, a barrier goes through every lane, and a lane takes the newest
 * snapshot at the start of each batch. With several servers on the store the lane that it passes
 * raises the epoch of its head by it, which another server's batch cannot overlook (feed.c); where
 * it does not pass, the act's answer says so. */
#include <stdlib.h>
#include <time.h>

#include "app/codes.h"
#include "app/errand.h"
#include "app/feed.h"
#include "app/inner.h"
#include "base/id.h"
#include "port/log.h"
#include "port/metric.h"

enum { PAUSE_NS = 100000000 }; /* before what cannot be read is read again */

typedef struct publication {
    act_call *call;
    app *app;
    atomic_int left; /* lanes that the barrier has not passed */
    bool missed[STORE_LANES_MAX];
    request barriers[STORE_LANES_MAX];
} publication;

/* config_lock is held for the exchange only. */
void publish_take(app *a, config *next)
{
    (void)pthread_mutex_lock(&a->config_lock);
    config *old = a->config;
    a->config = next;
    (void)pthread_mutex_unlock(&a->config_lock);
    config_free(old);
}

static bool publish_merchant(app *a, uow *rows, uint64_t id)
{
    if (!feed_will_know(a, rows, id_slot(id))) {
        return false;
    }
    const merchant *m = merchant_get(rows, id_slot(id), id);
    if (m == NULL) {
        return false;
    }
    publish_take(a, config_with_merchant(a->config, m, app_zone(a, m->zone)));
    return true;
}

/* What a row names is known before it: another server may have made both a moment ago, in
 * different lanes. */
static bool know_merchant(app *a, uow *rows, uint64_t id)
{
    return config_find_merchant(a->config, id) != NULL || publish_merchant(a, rows, id);
}

static bool publish_campaign(app *a, uow *rows, uint64_t id)
{
    if (!feed_will_know(a, rows, id_slot(id))) {
        return false;
    }
    const campaign *c = campaign_get(rows, id_slot(id), id);
    if (c == NULL || !know_merchant(a, rows, c->merchant)) {
        return false;
    }
    publish_take(a, config_with_campaign(a->config, c));
    return true;
}

static bool publish_template(app *a, uow *rows, uint64_t id)
{
    if (!feed_will_know(a, rows, id_slot(id))) {
        return false;
    }
    const template *t = template_get(rows, id_slot(id), id);
    if (t == NULL) {
        return false;
    }
    if (!publish_campaign(a, rows, t->campaign)) {
        return false;
    }
    const config_template *known = config_find_template(a->config, id);
    uint32_t from = known == NULL ? 1 : known->version_count + 1;
    bool news = from <= t->version;
    /* Every version is published in its turn; an edit of stock alone publishes the newest again. */
    for (uint32_t v = news ? from : t->version; v <= t->version; v++) {
        template as_of = *t;
        as_of.version = v;
        const template_version *version = template_version_get(rows, t->slot, id, v);
        if (version == NULL) {
            return false;
        }
        publish_take(a, config_with_template(a->config, &as_of, version));
    }
    known = config_find_template(a->config, id);
    if (news) {
        finder_put(a->finder, a->config, &known, 1);
    }
    return true;
}

static bool know_template(app *a, uow *rows, uint64_t id)
{
    return id == 0 || config_find_template(a->config, id) != NULL || publish_template(a, rows, id);
}

static bool publish_code_format(app *a, uow *rows, uint64_t merchant_id, uint64_t id)
{
    if (!feed_will_know(a, rows, id_slot(id))) {
        return false;
    }
    const code_format *f = code_format_get(rows, id_slot(id), merchant_id, id);
    if (f == NULL || !know_merchant(a, rows, merchant_id)) {
        return false;
    }
    publish_take(a, config_with_code_format(a->config, f));
    return true;
}

static bool publish_code_batch(app *a, uow *rows, uint64_t id)
{
    if (!feed_will_know(a, rows, id_slot(id))) {
        return false;
    }
    const code_batch *b = code_batch_get(rows, id_slot(id), id);
    if (b == NULL || !know_merchant(a, rows, b->merchant) || !know_template(a, rows, b->template)) {
        return false;
    }
    /* One that is not imported has given numbers away. */
    if (b->upload == 0 && !publish_code_format(a, rows, b->merchant, b->format)) {
        return false;
    }
    publish_take(a, config_with_code_batch(a->config, b));
    return true;
}

static bool publish_code_word(app *a, uow *rows, uint64_t merchant_id, uint64_t id)
{
    if (!feed_will_know(a, rows, id_slot(id))) {
        return false;
    }
    const code_word *w = code_word_get(rows, id_slot(id), merchant_id, id);
    if (w == NULL || !know_merchant(a, rows, merchant_id) || !know_template(a, rows, w->template)) {
        return false;
    }
    publish_take(a, config_with_code_word(a->config, w));
    return true;
}

static bool publish_key(app *a, uow *rows, uint64_t hi, uint64_t lo)
{
    if (!feed_will_know(a, rows, slot_of_hash(hi))) {
        return false;
    }
    const api_key *k = api_key_get(rows, slot_of_hash(hi), hi, lo);
    if (k == NULL || (k->merchant != 0 && !know_merchant(a, rows, k->merchant))) {
        return false;
    }
    keyring_put(a->keys, k);
    publish_take(a, config_with_epoch(a->config));
    return true;
}

result publish_row(app *a, uow *rows, config_name what)
{
    bool there = false;
    switch (what.kind) {
    case CONFIG_KIND_MERCHANT:
        there = publish_merchant(a, rows, what.lo);
        break;
    case CONFIG_KIND_CAMPAIGN:
        there = publish_campaign(a, rows, what.lo);
        break;
    case CONFIG_KIND_TEMPLATE:
        there = publish_template(a, rows, what.lo);
        break;
    case CONFIG_KIND_CODE_FORMAT:
        there = publish_code_format(a, rows, what.hi, what.lo);
        break;
    case CONFIG_KIND_CODE_BATCH:
        there = publish_code_batch(a, rows, what.lo);
        break;
    case CONFIG_KIND_CODE_WORD:
        there = publish_code_word(a, rows, what.hi, what.lo);
        break;
    case CONFIG_KIND_API_KEY:
        there = publish_key(a, rows, what.hi, what.lo);
        break;
    default:
        break;
    }
    if (there)
        return R_DONE;
    return uow_pending(rows) ? R_UNAVAILABLE : R_CORRUPT;
}

uint16_t publish_slot(config_name what)
{
    return what.kind == CONFIG_KIND_API_KEY ? slot_of_hash(what.hi) : id_slot(what.lo);
}

config_name publish_name(const act_call *c)
{
    const row_out *out = c->out;
    const void *in = c->in;
    switch (c->id) {
    case ACT_ID_merchant_put:
        return (config_name){CONFIG_KIND_MERCHANT, 0, out->id};
    case ACT_ID_key_put:
        return (config_name){CONFIG_KIND_API_KEY, ((const key_put_in *)in)->hi,
                             ((const key_put_in *)in)->lo};
    case ACT_ID_template_put:
        return (config_name){CONFIG_KIND_TEMPLATE, 0, out->id};
    case ACT_ID_pool_change:
        return (config_name){((const pool_change_in *)in)->kind == POOL_KIND_STOCK
                                 ? CONFIG_KIND_TEMPLATE
                                 : CONFIG_KIND_CAMPAIGN,
                             0, out->id};
    case ACT_ID_partner_put:
        return (config_name){CONFIG_KIND_TEMPLATE, 0, ((const partner_put_in *)in)->template};
    case ACT_ID_code_format_put:
        return (config_name){CONFIG_KIND_CODE_FORMAT, ((const code_format_put_in *)in)->merchant,
                             out->id};
    case ACT_ID_code_word_put:
        return (config_name){CONFIG_KIND_CODE_WORD, ((const code_word_put_in *)in)->merchant,
                             out->id};
    case ACT_ID_code_batch_put:
    case ACT_ID_code_import_end:
        return (config_name){CONFIG_KIND_CODE_BATCH, 0, out->id};
    case ACT_ID_code_bind:
        return (config_name){CONFIG_KIND_CODE_BATCH, 0, ((const code_bind_in *)in)->batch};
    case ACT_ID_code_part:
        return (config_name){CONFIG_KIND_CODE_BATCH, 0, ((const code_part_in *)in)->batch};
    case ACT_ID_code_part_end:
        return (config_name){CONFIG_KIND_CODE_BATCH, 0, ((const code_part_end_in *)in)->batch};
    default:
        return (config_name){CONFIG_KIND_CAMPAIGN, 0, out->id};
    }
}

static result barrier_run(uow *u, request *r)
{
    MAYBE(u);
    MAYBE(r);
    return R_DONE;
}

/* Names the lanes that the act's answer tells of. */
static void tell_missed(publication *p)
{
    act_call *c = p->call;
    uint16_t lanes = store_lanes(p->app->store);
    char *missed = arena_alloc(c->memory, lanes);
    c->unreached.p = missed;
    for (uint16_t lane = 0; lane < lanes; lane++) {
        if (p->missed[lane]) {
            missed[c->unreached.n++] = (char)lane;
            feed_owe(p->app, lane);
        }
    }
}

static void pass(publication *p)
{
    if (atomic_fetch_sub(&p->left, 1) == 1) {
        if (p->app->options.store.several)
            tell_missed(p);
        p->call->done(
            p->call); /* its memory, and this publication with it, is the caller's again */
    }
}

static void barrier_done(request *r)
{
    publication *p = (publication *)((char *)(r - r->lane) - offsetof(publication, barriers));
    p->missed[r->lane] = r->outcome != R_DONE;
    pass(p);
}

static result publish_once(app *a, config_name what)
{
    arena *memory = arena_new(0);
    uow *rows;
    store_home home = {.slot = publish_slot(what)};
    result r = store_read_bare(a->store, &home, memory, app_now_ms(a), &rows);
    if (r == R_DONE) {
        result published = publish_row(a, rows, what);
        r = store_read_end(rows);
        CHECK(published == R_DONE || r != R_DONE); /* it was committed just now */
    }
    arena_free(memory);
    return r;
}

/* A database may be away; it has what was committed when it is back. No lane that needs it gets on
 * until then. */
static void publish_now(app *a, config_name what)
{
    static const struct timespec pause = {.tv_nsec = PAUSE_NS};
    (void)pthread_mutex_lock(&a->publish_lock);
    result r = publish_once(a, what);
    while (r == R_UNAVAILABLE) {
        (void)nanosleep(&pause, NULL);
        r = publish_once(a, what);
    }
    CHECK(r == R_DONE); /* a store that cannot read what it has just committed must not go on */
    (void)pthread_mutex_unlock(&a->publish_lock);
}

/* A barrier through each, then the call is answered. */
static void tell_lanes(act_call *c)
{
    app *a = c->app;
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
            p->missed[lane] = true;
            pass(p); /* only a store that has failed refuses internal requests: nothing commits any
                        more */
        }
    }
    pass(p);
}

typedef struct publishing {
    errand errand; /* first */
    act_call *call;
} publishing;

/* Could it not be read back, no lane goes by it, here or elsewhere: all are named and owed, and the
 * feed goes on trying. */
static void publish_shared(errand *e, bool late)
{
    act_call *c = ((publishing *)e)->call;
    uint16_t lanes = store_lanes(c->app->store);
    char all[STORE_LANES_MAX];
    free(e);
    if (feed_own(c->app, store_lane_of_slot(c->app->store, c->slot), late) == R_DONE) {
        tell_lanes(c);
        return;
    }
    for (uint16_t i = 0; i < lanes; i++)
        all[i] = (char)i;
    c->unreached = arena_str(c->memory, (str){all, lanes});
    c->done(c);
}

/* A repeat publishes, too: of the first nobody may have known that it was done. */
void publish_after(act_call *c)
{
    if (!c->app->options.store.several) {
        publish_now(c->app, publish_name(c));
        tell_lanes(c);
        return;
    }
    publishing *e = malloc(sizeof(*e)); /* publish_shared frees it */
    CHECK(e != NULL);
    *e = (publishing){{.run = publish_shared}, c};
    errand_send(c->app, store_lane_of_slot(c->app->store, c->slot), &e->errand);
}
