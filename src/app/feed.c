/* Configuration that other servers have changed: read from the log that every lane keeps of it,
 * config_edit, and published here in the order of each lane.
 *
 * Two things make it read. Every half second it looks at all heads (app_follow). And a batch, or a
 * reading, that finds a head with a higher epoch than is covered here waits until it is
 * (feed_cover): a lane raises its head's epoch with its first batch on a newer configuration, so
 * nobody meets rows that were decided on a configuration that he does not know, and what is decided
 * on an older one has read an older head and cannot commit.
 *
 * Invariants: `seen` of a lane is the number of its last change that is published here, and changes
 * are numbered without a gap, so one that was trimmed before it was read is noticed: then all rows
 * are compared (publish_compare). `epochs` of a lane is covered: all that anybody had decided on
 * there before its head had it is published; a look finds that, or this server has raised it. Who
 * raises it writes into the head how far he knows the logs of all lanes (`known`): where the log of
 * another lane cannot be read, its shard is away, that tells whether there is anything in it that
 * one would have to know.
 *
 * A look may take seconds, where a shard hangs. Who needs it to go on waits FEED_PATIENCE_MS for
 * the feed's own errand at the most. publish_lock is not held while the heads are read: an own edit
 * is read from its own lane meanwhile. */
#include <stdlib.h>
#include <time.h>

#include "app/errand.h"
#include "app/feed.h"
#include "app/inner.h"
#include "base/time.h"
#include "port/clock.h"
#include "port/log.h"
#include "port/metric.h"

enum {
    CHANGES_KEPT = 10000, /* of each lane; who is further behind compares all rows */
    PAGE = 256,
    CHECK_MS = 5 * 60 * 1000,
};

/* Lanes that could not be told of an edit when it was answered. */
typedef struct debt {
    request request;
    app *app;
    _Atomic uint64_t owed, paid; /* counts; paid up to the number when the request was sent */
    uint64_t sent;
    atomic_bool under_way;
} debt;

/* The feed's own look, for those who wait for an epoch to be covered. */
typedef struct covering {
    errand errand; /* first */
    app *app;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t looked;
    uint64_t wanted, served; /* counts of those who have begun to wait */
    bool under_way;
    int64_t since_ms; /* monotonic: when the last look began */
} covering;

struct feed {
    uint64_t seen[STORE_LANES_MAX]; /* with publish_lock */
    /* With publish_lock: has changes of this server that it could not read itself; looks from this
     * number on read them. 0: none. */
    uint64_t unpublished[STORE_LANES_MAX];
    pthread_mutex_t look_lock;       /* one look at a time; before publish_lock. Of the next two */
    result reached[STORE_LANES_MAX]; /* by the last look */
    uint64_t looks;
    covering covering;
    _Atomic uint64_t asked; /* looks that were asked for; what began later serves all before it */
    _Atomic uint64_t epochs[STORE_LANES_MAX];
    _Atomic uint64_t known[STORE_LANES_MAX]; /* no change behind this number is published yet */
    debt debts[STORE_LANES_MAX];
    _Atomic int64_t checked_ms; /* monotonic: when all rows were compared last */
};

static void cover_now(errand *e, bool late);

static void covering_init(covering *c, app *a)
{
    pthread_condattr_t clock;
    CHECK(pthread_condattr_init(&clock) == 0);
    CHECK(pthread_condattr_setclock(&clock, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&c->looked, &clock) == 0);
    (void)pthread_condattr_destroy(&clock);
    CHECK(pthread_mutex_init(&c->lock, NULL) == 0);
    c->errand.run = cover_now;
    c->app = a;
}

feed *feed_new(app *a)
{
    feed *f = calloc(1, sizeof(*f)); /* feed_free frees it */
    CHECK(f != NULL);
    for (size_t i = 0; i < STORE_LANES_MAX; i++)
        f->debts[i].app = a;
    f->checked_ms = clock_monotonic_ms();
    CHECK(pthread_mutex_init(&f->look_lock, NULL) == 0);
    covering_init(&f->covering, a);
    return f;
}

void feed_free(feed *f)
{
    if (f == NULL)
        return;
    (void)pthread_cond_destroy(&f->covering.looked);
    (void)pthread_mutex_destroy(&f->covering.lock);
    (void)pthread_mutex_destroy(&f->look_lock);
    free(f);
}

/* ---- the log ---- */

/* False: rows are not here yet. */
bool feed_ready(uow *u)
{
    const lane_head *head = lane_head_get(u, uow_lane(u));
    if (head != NULL && head->config_last >= CHANGES_KEPT)
        (void)config_edit_get(u, head->lane, head->config_last + 1 - CHANGES_KEPT);
    return !uow_pending(u);
}

void feed_note(uow *u, config_name what)
{
    uint16_t lane = uow_lane(u);
    lane_head *head = lane_head_get(u, lane);
    if (head == NULL)
        head = lane_head_new(u, lane);
    else
        lane_head_edit(u, head);
    config_edit *row = config_edit_new(u, lane, ++head->config_last);
    row->kind = what.kind;
    row->hi = what.hi;
    row->lo = what.lo;
    row->at_ms = uow_now(u);
    if (head->config_last <= CHANGES_KEPT)
        return;
    config_edit *old = config_edit_get(u, lane, head->config_last - CHANGES_KEPT);
    if (old != NULL)
        config_edit_delete(u, old);
}

/* ---- reading it ---- */

static void apply(app *a, uow *rows, const config_edit *c, result *r)
{
    config_name what = {c->kind, c->hi, c->lo};
    *r = publish_row(a, rows, what);
    if (*r == R_CORRUPT) {
        log_event(LOG_ERROR, "a change of the configuration names what is not there",
                  log_u64("lane", c->lane), log_u64("number", c->number), log_u64("kind", c->kind));
        *r = R_DONE; /* nothing comes of waiting for it */
    }
    if (*r != R_DONE)
        return;
    int64_t lag_ms = app_now_ms(a) - c->at_ms;
    metric_add(METRIC_CONFIG_APPLIED, 1);
    metric_observe(METRIC_CONFIG_LAG, lag_ms > 0 ? (uint64_t)lag_ms * 1000 : 0);
}

/* All of its changes up to now, which is `last`. R_STALE: some are there no more. */
static result read_lane(app *a, uow *rows, uint16_t lane, uint64_t *last)
{
    feed *f = a->feed;
    void *page[PAGE];
    size_t n;
    const lane_head *head = lane_head_get(rows, lane);
    *last = head == NULL ? 0 : head->config_last;
    do {
        config_edit from = {.lane = lane, .number = f->seen[lane]};
        uow_range range = {&config_edit_table, -1, &from, 1, true};
        n = uow_scan(rows, &range, PAGE, page);
        if (uow_pending(rows))
            return R_UNAVAILABLE;
        for (size_t i = 0; i < n; i++) {
            const config_edit *c = page[i];
            result r = R_STALE;
            if (c->number == f->seen[lane] + 1)
                apply(a, rows, c, &r);
            if (r != R_DONE)
                return r;
            f->seen[lane] = c->number;
        }
    } while (n == PAGE);
    return f->seen[lane] < *last ? R_STALE : R_DONE;
}

/* The rows themselves say more than a log that is not whole. */
static result skip(app *a, uint16_t lane, uint64_t last)
{
    log_event(LOG_WARN, "changes of the configuration were trimmed before they were read",
              log_u64("lane", lane), log_u64("seen", a->feed->seen[lane]), log_u64("last", last));
    result r = publish_compare(a, true);
    if (r == R_DONE)
        a->feed->seen[lane] = last;
    return r;
}

/* The log of a lane as it is now. With publish_lock. */
static result read_log(app *a, uint16_t lane)
{
    arena *memory = arena_new(0);
    uow *rows;
    store_home home = {.lane = lane, .of_lane = true};
    uint64_t last = 0;
    result r = store_read_bare(a->store, &home, memory, 0, &rows);
    if (r == R_DONE) {
        r = read_lane(a, rows, lane, &last);
        result ended = store_read_end(rows);
        r = ended == R_DONE ? r : ended;
    }
    arena_free(memory);
    return r == R_STALE ? skip(a, lane, last) : r;
}

/* As a look has found the heads that began when `serves` were asked for. */
static result read_changes(app *a, const lane_head *heads, uint64_t serves)
{
    feed *f = a->feed;
    result all = R_DONE;
    for (uint16_t lane = 0; lane < store_lanes(a->store); lane++) {
        if (f->reached[lane] == R_DONE && heads[lane].config_last > f->seen[lane])
            f->reached[lane] = read_log(a, lane);
        if (f->reached[lane] == R_DONE && f->unpublished[lane] <= serves)
            f->unpublished[lane] = 0;
        all = all == R_DONE ? f->reached[lane] : all;
    }
    return all;
}

static void raise_to(_Atomic uint64_t *at, uint64_t number)
{
    uint64_t before = atomic_load(at);
    while (before < number && !atomic_compare_exchange_weak(at, &before, number))
        continue;
}

void feed_covered(app *a, uint16_t lane, uint64_t epoch)
{
    raise_to(&a->feed->epochs[lane], epoch);
}

bool feed_will_know(app *a, uow *rows, uint16_t slot)
{
    if (!a->options.store.several)
        return true;
    uint16_t lane = store_lane_of_slot(a->store, slot);
    const lane_head *head = lane_head_get(rows, lane);
    if (head != NULL)
        raise_to(&a->feed->known[lane], head->config_last);
    return !uow_pending(rows);
}

void feed_tell(app *a, config_mark *out, uint16_t lanes)
{
    for (uint16_t lane = 0; lane < lanes; lane++)
        out[lane] = (config_mark){lane, atomic_load(&a->feed->known[lane])};
}

/* Heads of different shards are of different moments: one may have an epoch that was raised after
 * another one's head was read, on a change that this one does not have yet. So a log is read as far
 * as any of them knows it. */
static void join_heads(const app *a, lane_head *heads)
{
    uint16_t lanes = store_lanes(a->store);
    for (uint16_t lane = 0; lane < lanes; lane++) {
        const config_mark *seen = heads[lane].config_seen.items;
        for (size_t i = 0; i < heads[lane].config_seen.n; i++)
            if (seen[i].lane < lanes && heads[seen[i].lane].config_last < seen[i].number)
                heads[seen[i].lane].config_last = seen[i].number;
    }
}

/* Who raised it last covered all that was decided before, and has told what he knew: as much must
 * be known here, of a lane that can be read as of another one. */
static bool is_covered(const feed *f, const lane_head *head)
{
    const config_mark *seen = head->config_seen.items;
    bool covered = f->reached[head->lane] == R_DONE;
    for (size_t i = 0; i < head->config_seen.n && covered; i++)
        covered = seen[i].lane < STORE_LANES_MAX && f->seen[seen[i].lane] >= seen[i].number;
    return covered;
}

uint64_t feed_epoch(app *a, uint16_t lane)
{
    return atomic_load(&a->feed->epochs[lane]);
}

/* What was committed before the heads were read is published, and what their epochs were raised on,
 * or the result tells why not. With look_lock. */
static result look(app *a, uint64_t serves)
{
    feed *f = a->feed;
    arena *memory = arena_new(0);
    lane_head heads[STORE_LANES_MAX];
    store_heads(a->store, memory, heads, f->reached);
    join_heads(a, heads);
    (void)pthread_mutex_lock(&a->publish_lock);
    result r = read_changes(a, heads, serves);
    for (uint16_t lane = 0; lane < store_lanes(a->store); lane++)
        if (r == R_DONE || (heads[lane].config_seen.n > 0 && is_covered(f, &heads[lane])))
            feed_covered(a, lane, heads[lane].epoch);
    (void)pthread_mutex_unlock(&a->publish_lock);
    arena_free(memory);
    return r;
}

/* Who waits for a look that began after he had asked needs none of his own. */
static result follow(app *a)
{
    feed *f = a->feed;
    uint64_t mine = atomic_fetch_add(&f->asked, 1) + 1;
    result r = R_DONE;
    (void)pthread_mutex_lock(&f->look_lock);
    if (f->looks < mine) {
        uint64_t serves = atomic_load(&f->asked);
        r = look(a, serves);
        if (r == R_DONE)
            f->looks = serves;
    }
    (void)pthread_mutex_unlock(&f->look_lock);
    return r;
}

/* ---- covering ---- */

/* Looks as long as somebody waits who came after the last one had begun. */
static void cover_now(errand *e, bool late)
{
    covering *c = (covering *)e;
    (void)pthread_mutex_lock(&c->lock);
    while (c->served < c->wanted) {
        uint64_t serves = c->wanted;
        c->since_ms = clock_monotonic_ms();
        (void)pthread_mutex_unlock(&c->lock);
        if (!late)
            (void)follow(c->app);
        (void)pthread_mutex_lock(&c->lock);
        c->served = serves;
        (void)pthread_cond_broadcast(&c->looked);
    }
    c->under_way = false;
    (void)pthread_mutex_unlock(&c->lock);
}

static bool is_covered_now(const feed *f, uint16_t lane, uint64_t epoch)
{
    return epoch <= atomic_load(&f->epochs[lane]);
}

/* Until it is covered, a look that began later could not, or a look has taken too long: who comes
 * while it goes on waits no longer for it than those before him. */
static void wait_covered(feed *f, uint16_t lane, uint64_t epoch)
{
    covering *c = &f->covering;
    (void)pthread_mutex_lock(&c->lock);
    uint64_t mine = ++c->wanted;
    bool begins = !c->under_way;
    c->under_way = true;
    if (begins)
        c->since_ms = clock_monotonic_ms();
    int64_t until_ms = c->since_ms + FEED_PATIENCE_MS;
    struct timespec until = {until_ms / MS_SECOND, until_ms % MS_SECOND * 1000000};
    (void)pthread_mutex_unlock(&c->lock);
    if (begins)
        errand_send(c->app, ERRAND_FEED, &c->errand);
    int waited = 0;
    (void)pthread_mutex_lock(&c->lock);
    while (c->served < mine && !is_covered_now(f, lane, epoch) && waited == 0)
        waited = pthread_cond_timedwait(&c->looked, &c->lock, &until);
    (void)pthread_mutex_unlock(&c->lock);
}

result feed_cover(app *a, uint16_t lane, uint64_t epoch, bool waits)
{
    feed *f = a->feed;
    if (is_covered_now(f, lane, epoch))
        return R_DONE;
    if (!waits)
        return R_AGAIN;
    wait_covered(f, lane, epoch);
    return is_covered_now(f, lane, epoch) ? R_DONE : R_UNAVAILABLE;
}

static result read_all(app *a, lane_head *heads, buf *why)
{
    feed *f = a->feed;
    arena *memory = arena_new(0);
    result r = R_DONE;
    store_heads(a->store, memory, heads, f->reached);
    for (uint16_t lane = 0; lane < store_lanes(a->store) && r == R_DONE; lane++) {
        r = f->reached[lane];
        if (r != R_DONE)
            buf_printf(why, "reading the head of lane %u", lane);
    }
    arena_free(memory);
    return r;
}

result feed_open(app *a, buf *why)
{
    feed *f = a->feed;
    lane_head heads[STORE_LANES_MAX];
    result r = read_all(a, heads, why);
    for (uint16_t lane = 0; lane < store_lanes(a->store) && r == R_DONE; lane++) {
        f->seen[lane] = heads[lane].config_last;
        f->epochs[lane] = heads[lane].epoch;
    }
    return r;
}

result feed_loaded(app *a, buf *why)
{
    lane_head heads[STORE_LANES_MAX];
    result r = read_all(a, heads, why);
    for (uint16_t lane = 0; lane < store_lanes(a->store) && r == R_DONE; lane++)
        raise_to(&a->feed->known[lane], heads[lane].config_last);
    return r;
}

bool feed_has_seen(app *a, uint16_t lane, uint64_t last)
{
    return a->feed->seen[lane] == last;
}

/* ---- own edits ---- */

result feed_own(app *a, uint16_t lane, bool late)
{
    feed *f = a->feed;
    (void)pthread_mutex_lock(&a->publish_lock);
    result r = late ? R_UNAVAILABLE : read_log(a, lane);
    if (r != R_DONE)
        f->unpublished[lane] = atomic_fetch_add(&f->asked, 1) + 1;
    (void)pthread_mutex_unlock(&a->publish_lock);
    for (uint16_t i = 0; r != R_DONE && i < store_lanes(a->store); i++)
        feed_owe(a, i);
    return r;
}

void feed_now(app *a)
{
    (void)follow(a);
}

static void count_debts(app *a)
{
    int64_t n = 0;
    for (uint16_t i = 0; i < store_lanes(a->store); i++)
        n += a->feed->debts[i].paid < a->feed->debts[i].owed;
    metric_set(METRIC_CONFIG_OWED, n);
}

void feed_owe(app *a, uint16_t lane)
{
    atomic_fetch_add(&a->feed->debts[lane].owed, 1);
    count_debts(a);
}

static result nothing(uow *u, request *r)
{
    MAYBE(u);
    MAYBE(r);
    return R_DONE;
}

static void sent(request *r)
{
    debt *d = (debt *)r;
    if (r->outcome == R_DONE)
        atomic_store(&d->paid, d->sent);
    count_debts(d->app);
    atomic_store(&d->under_way, false);
}

static void pay(app *a, uint16_t lane)
{
    debt *d = &a->feed->debts[lane];
    if (atomic_load(&d->paid) == atomic_load(&d->owed) || atomic_exchange(&d->under_way, true))
        return;
    d->sent = atomic_load(&d->owed);
    d->request = (request){
        .run = nothing, .done = sent, .lane = lane, .to_lane = true, .class = CLASS_INTERNAL};
    if (store_submit(a->store, &d->request) != R_DONE)
        atomic_store(&d->under_way, false);
}

static void pay_all(app *a)
{
    bool hidden = false; /* an edit that no batch here would know of yet */
    (void)pthread_mutex_lock(&a->publish_lock);
    for (uint16_t i = 0; i < store_lanes(a->store); i++)
        hidden = hidden || a->feed->unpublished[i] != 0;
    (void)pthread_mutex_unlock(&a->publish_lock);
    for (uint16_t i = 0; i < store_lanes(a->store) && !hidden; i++)
        pay(a, i);
}

/* ---- now and then ---- */

void app_follow(app *a)
{
    store_reach(a->store);
    if (!a->options.store.several)
        return;
    result r = follow(a);
    pay_all(a);
    bool due = clock_monotonic_ms() - atomic_load(&a->feed->checked_ms) >= CHECK_MS;
    if (r == R_DONE && due && app_compare_config(a) != R_DONE)
        log_event(LOG_WARN, "the configuration could not be compared with its rows");
}

uint64_t app_config_edits(app *a)
{
    uint64_t n = 0;
    (void)pthread_mutex_lock(&a->publish_lock);
    for (uint16_t lane = 0; lane < store_lanes(a->store); lane++)
        n += a->feed->seen[lane];
    (void)pthread_mutex_unlock(&a->publish_lock);
    return n;
}

result app_compare_config(app *a)
{
    result r = publish_compare(a, false);
    if (r == R_DONE)
        atomic_store(&a->feed->checked_ms, clock_monotonic_ms());
    return r;
}
