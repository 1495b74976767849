/* What a subject's slot does: see subject.h.
 *
 * Invariant: a row of reservations is there while one is open, and each of them has a due entry at
 * its due_at_ms. */
#include "domain/limit/subject.h"

#include "base/id.h"
#include "domain/limit/grant.h"
#include "domain/limit/level.h"
#include "domain/saga/saga.h"

/* ---- counts as usage rows ---- */

/* usage.h works on rows of users; the cells are the same. It replaces lists, so they can be lent.
 */
static usage lent(const subject_usage *row)
{
    usage cells = {0};
    if (row != NULL) {
        cells.cells.items = row->cells.items;
        cells.cells.n = row->cells.n;
    }
    return cells;
}

static void put_back(subject_usage *row, const usage *cells)
{
    row->cells.items = cells->cells.items;
    row->cells.n = cells->cells.n;
}

/* ---- reserving ---- */

/* One limit that the act may take from. */
typedef struct asked {
    limit_grant grant;  /* n: what the act may take */
    int64_t need, free; /* what it asks; what is left beside the acts on their way */
} asked;

typedef struct reserve_desk {
    uow *u;
    const limit_reserve_in *in;
    uint16_t slot;
    subject_open *open;
    asked *counts;
    size_t n, capacity;
    int64_t deadline_ms;
} reserve_desk;

/* A limit that counts one of the needs. */
typedef struct reserve_case {
    const limit_need *need;
    terms of;
    const limit_level *level;
    const limit_rule *rule;
    usage_key key;
} reserve_case;

typedef void reserve_visit(reserve_desk *d, const reserve_case *c);

static void each_limit_of(reserve_desk *d, const limit_need *need, reserve_visit *visit)
{
    reserve_case c = {.need = need};
    limit_level levels[LIMIT_LEVELS];
    if (need->n <= 0 || !terms_find(uow_config(d->u), need->template, &c.of) ||
        c.of.merchant->row->id != d->in->merchant)
        return;
    limit_levels_of(&c.of, levels);
    for (size_t l = 0; l < LIMIT_LEVELS; l++) {
        for (size_t i = 0; i < levels[l].n; i++) {
            const limit_rule *rule = &levels[l].rules[i];
            if (rule->subject != d->in->subject || rule->measure != need->measure)
                continue;
            c.level = &levels[l];
            c.rule = rule;
            c.key = limit_key_of(c.level, rule);
            visit(d, &c);
        }
    }
}

static void each_limit(reserve_desk *d, reserve_visit *visit)
{
    for (size_t i = 0; i < d->in->needs.n; i++)
        each_limit_of(d, &d->in->needs.items[i], visit);
}

static subject_usage *row_of(const reserve_desk *d, uint64_t campaign_id)
{
    return subject_usage_get(d->u, d->slot, d->in->hi, d->in->lo, campaign_id);
}

static void load(reserve_desk *d, const reserve_case *c)
{
    (void)row_of(d, c->level->campaign);
}

static asked *find(const reserve_desk *d, const reserve_case *c)
{
    for (size_t i = 0; i < d->n; i++) {
        const limit_grant *g = &d->counts[i].grant;
        if (g->campaign == c->level->campaign && g->owner == c->key.owner &&
            g->measure == c->key.measure && g->period == c->key.period &&
            g->since_version == c->key.since_version && g->window_ms == c->rule->window_ms)
            return &d->counts[i];
    }
    return NULL;
}

static asked *made(reserve_desk *d, const reserve_case *c)
{
    if (d->n == d->capacity) {
        d->capacity = d->capacity == 0 ? 8 : d->capacity * 2;
        asked *grown = ARENA_ARRAY(uow_memory(d->u), asked, d->capacity);
        if (d->n > 0)
            memcpy(grown, d->counts, d->n * sizeof(*grown));
        d->counts = grown;
    }
    int64_t now = uow_now(d->u);
    d->counts[d->n] =
        (asked){.grant = {.subject = d->in->subject,
                          .measure = c->key.measure,
                          .period = c->key.period,
                          .campaign = c->level->campaign,
                          .owner = c->key.owner,
                          .number = usage_number(c->key.period, terms_day(&c->of, now), now),
                          .since_version = c->key.since_version,
                          .window_ms = c->rule->window_ms}};
    return &d->counts[d->n++];
}

static void add_up(reserve_desk *d, const reserve_case *c)
{
    asked *a = find(d, c);
    if (a == NULL)
        a = made(d, c);
    a->need += c->need->n;
    a->grant.n = a->need;
    a->free = a->need;
}

static void end_with_the_day(reserve_desk *d, const reserve_case *c)
{
    if (c->rule->period == LIMIT_PERIOD_EVER || c->rule->period == LIMIT_PERIOD_ROLLING)
        return;
    int64_t ends = zone_day_start_ms(c->of.merchant->zone, terms_day(&c->of, uow_now(d->u)) + 1);
    if (ends < d->deadline_ms)
        d->deadline_ms = ends;
}

/* What the act gives back of what this limit has counted. */
static int64_t credit_of(const reserve_desk *d, const reserve_case *c, const limit_grant *g)
{
    int64_t n = 0, after = limit_counts_after(c->rule, uow_now(d->u));
    bool rolling = c->rule->period == LIMIT_PERIOD_ROLLING;
    for (size_t i = 0; i < d->in->credits.n; i++) {
        const limit_take *t = &d->in->credits.items[i];
        bool counts = rolling ? t->number > after : t->number == g->number;
        if (counts && t->campaign == g->campaign && t->owner == g->owner &&
            t->measure == g->measure && t->period == g->period &&
            t->since_version == g->since_version)
            n += t->n;
    }
    return n;
}

static int64_t kept_of(const reserve_desk *d, const limit_grant *g)
{
    int64_t n = 0;
    for (size_t i = 0; d->open != NULL && i < d->open->counts.n; i++) {
        const reserved_count *k = &d->open->counts.items[i];
        if (k->campaign == g->campaign && k->owner == g->owner && k->measure == g->measure &&
            k->period == g->period && k->since_version == g->since_version &&
            (k->period == LIMIT_PERIOD_ROLLING || k->number == g->number))
            n += k->n;
    }
    return n;
}

static void bound(reserve_desk *d, const reserve_case *c)
{
    asked *a = find(d, c);
    usage cells = lent(row_of(d, c->level->campaign));
    int64_t credit = credit_of(d, c, &a->grant);
    int64_t left =
        c->rule->max - limit_used(&cells, c->level, c->rule, &c->of, uow_now(d->u)) + credit;
    int64_t free = left - kept_of(d, &a->grant);
    if (left < a->grant.n)
        a->grant.n = left < 0 ? 0 : left;
    if (free < a->free)
        a->free = free;
    if (credit > a->grant.credit)
        a->grant.credit = credit;
}

/* Limits that count in the same cells keep once: no more than the least that one of them grants
 * will be taken. It counts against each of them, so only what all of them get back comes off. */
static int64_t to_keep(const reserve_desk *d, const limit_grant *g)
{
    int64_t n = g->n, credit = g->credit;
    for (size_t i = 0; i < d->n; i++) {
        const limit_grant *other = &d->counts[i].grant;
        if (!limit_grant_same_cells(other, g))
            continue;
        n = other->n < n ? other->n : n;
        credit = other->credit < credit ? other->credit : credit;
    }
    return n > credit ? n - credit : 0;
}

static bool is_first_of_cells(const reserve_desk *d, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (limit_grant_same_cells(&d->counts[i].grant, &d->counts[at].grant))
            return false;
    return true;
}

static reserved_count count_kept(const reserve_desk *d, uint64_t id, const limit_grant *g)
{
    return (reserved_count){.reservation = id,
                            .measure = g->measure,
                            .period = g->period,
                            .campaign = g->campaign,
                            .owner = g->owner,
                            .number = g->number,
                            .since_version = g->since_version,
                            .n = to_keep(d, g)};
}

static void keep(reserve_desk *d, uint64_t id)
{
    uow *u = d->u;
    if (d->open == NULL)
        d->open = subject_open_new(u, d->slot, d->in->hi, d->in->lo);
    else
        subject_open_edit(u, d->open);
    size_t acts = d->open->reservations.n, kept = d->open->counts.n;
    reservation *all = ARENA_ARRAY(uow_memory(u), reservation, acts + 1);
    reserved_count *counts = ARENA_ARRAY(uow_memory(u), reserved_count, kept + d->n);
    if (acts > 0)
        memcpy(all, d->open->reservations.items, acts * sizeof(*all));
    if (kept > 0)
        memcpy(counts, d->open->counts.items, kept * sizeof(*counts));
    all[acts] = (reservation){
        .id = id, .slot = d->in->slot, .deadline_ms = d->deadline_ms, .due_at_ms = d->deadline_ms};
    for (size_t i = 0; i < d->n; i++)
        if (is_first_of_cells(d, i))
            counts[kept++] = count_kept(d, id, &d->counts[i].grant);
    d->open->reservations.items = all;
    d->open->reservations.n = acts + 1;
    d->open->counts.items = counts;
    d->open->counts.n = kept;
    uow_due(u, (due_name){DUE_KIND_SUBJECT, d->in->hi, d->in->lo}, d->deadline_ms);
}

static void answer(const reserve_desk *d, limit_reserve_out *out)
{
    limit_grant *grants = ARENA_ARRAY(uow_memory(d->u), limit_grant, d->n);
    for (size_t i = 0; i < d->n; i++)
        grants[i] = d->counts[i].grant;
    out->deadline_ms = d->deadline_ms;
    out->grants.items = grants;
    out->grants.n = d->n;
}

/* What the act lacks: because it is counted, or because others keep it. */
typedef struct reserve_lack {
    bool counted, kept, all; /* all: nothing can be taken */
    bool uses;               /* what is counted, and holds may give back */
} reserve_lack;

static reserve_lack lack_of(const reserve_desk *d)
{
    reserve_lack lack = {.all = true};
    for (size_t i = 0; i < d->n; i++) {
        const asked *a = &d->counts[i];
        bool counted = a->grant.n < a->need;
        lack.counted = lack.counted || counted;
        lack.uses = lack.uses || (counted && a->grant.measure != LIMIT_MEASURE_CLAIMS);
        lack.kept = lack.kept || (a->grant.n > 0 && a->free < a->grant.n);
        lack.all = lack.all && a->grant.n == 0;
    }
    return lack;
}

static result wait_for(const reserve_desk *d, int64_t what)
{
    uow_wait_for(d->u, subject_pool(d->in->hi, d->in->lo), what);
    return R_WAIT;
}

/* Gets. */
static reserve_desk open_desk(uow *u, const limit_reserve_in *in)
{
    reserve_desk d = {.u = u, .in = in, .slot = slot_of_hash(in->hi)};
    d.deadline_ms = uow_now(u) + SAGA_TRY_MS;
    d.open = subject_open_get(u, d.slot, in->hi, in->lo);
    each_limit(&d, load);
    return d;
}

static void reckon(reserve_desk *d)
{
    each_limit(d, add_up);
    each_limit(d, bound);
    each_limit(d, end_with_the_day);
}

void limit_reserve_look(uow *u, const limit_reserve_in *in, limit_reserve_out *out)
{
    reserve_desk d = open_desk(u, in);
    reckon(&d);
    for (size_t i = 0; i < d.n; i++) {
        asked *a = &d.counts[i];
        int64_t free = a->free < 0 ? 0 : a->free;
        a->grant.n = free < a->grant.n ? free : a->grant.n;
    }
    *out = (limit_reserve_out){0};
    answer(&d, out);
}

result limit_reserve_decide(uow *u, const void *input, void *output)
{
    limit_reserve_out *out = output;
    reserve_desk d = open_desk(u, input);
    if (uow_pending(u))
        return R_AGAIN;
    reckon(&d);
    *out = (limit_reserve_out){0};
    answer(&d, out);
    reserve_lack lack = lack_of(&d);
    int64_t what = lack.uses ? SUBJECT_WAIT_USES : SUBJECT_WAIT_MESSAGES;
    if (lack.counted && !uow_dry(u, subject_pool(d.in->hi, d.in->lo), what))
        return wait_for(&d, what);
    if (lack.all || (lack.counted && !d.in->partly))
        return R_DONE;
    if (lack.kept || (d.open != NULL && d.open->reservations.n >= SUBJECT_ACTS_MAX))
        return wait_for(&d, SUBJECT_WAIT_ACTS);
    out->reservation = uow_next_id(u, d.slot);
    keep(&d, out->reservation);
    return R_DONE;
}

/* ---- ending a reservation ---- */

static void forget(uow *u, subject_open *row, uint64_t id)
{
    size_t acts = 0, kept = 0;
    reservation *all = ARENA_ARRAY(uow_memory(u), reservation, row->reservations.n);
    reserved_count *counts = ARENA_ARRAY(uow_memory(u), reserved_count, row->counts.n);
    for (size_t i = 0; i < row->reservations.n; i++)
        if (row->reservations.items[i].id != id)
            all[acts++] = row->reservations.items[i];
    for (size_t i = 0; i < row->counts.n; i++)
        if (row->counts.items[i].reservation != id)
            counts[kept++] = row->counts.items[i];
    if (acts == row->reservations.n)
        return;
    if (acts == 0) {
        subject_open_delete(u, row);
        return;
    }
    subject_open_edit(u, row);
    row->reservations.items = all;
    row->reservations.n = acts;
    row->counts.items = counts;
    row->counts.n = kept;
}

static subject_usage *to_write(uow *u, const limit_settle_in *in, uint64_t campaign_id)
{
    uint16_t slot = slot_of_hash(in->hi);
    subject_usage *row = subject_usage_get(u, slot, in->hi, in->lo, campaign_id);
    if (row == NULL)
        row = subject_usage_new(u, slot, in->hi, in->lo, campaign_id);
    else
        subject_usage_edit(u, row);
    return row;
}

static void take_off(uow *u, const limit_settle_in *in, const limit_take *t)
{
    uint16_t slot = slot_of_hash(in->hi);
    subject_usage *row = subject_usage_get(u, slot, in->hi, in->lo, t->campaign);
    if (row == NULL)
        return;
    usage cells = lent(row);
    usage_key key = {t->owner, t->measure, t->period, t->since_version};
    subject_usage_edit(u, row);
    usage_remove(uow_memory(u), &cells, &key, t->number, t->n);
    put_back(row, &cells);
}

static bool is_over(const usage *cells, const usage_key *key, int64_t number)
{
    for (size_t i = 0; i < cells->cells.n; i++) {
        const usage_cell *c = &cells->cells.items[i];
        if (c->owner == key->owner && c->measure == key->measure && c->period == key->period &&
            c->since_version == key->since_version && c->number > number)
            return true;
    }
    return false;
}

static void count(uow *u, const limit_settle_in *in, const limit_grant *g)
{
    subject_usage *row = to_write(u, in, g->campaign);
    usage cells = lent(row);
    usage_key key = {g->owner, g->measure, g->period, g->since_version};
    bool rolling = g->period == LIMIT_PERIOD_ROLLING;
    if (rolling)
        usage_forget(uow_memory(u), &cells, &key, uow_now(u) - g->window_ms);
    if (rolling || !is_over(&cells, &key, g->number))
        (void)usage_add(uow_memory(u), &cells, &key, g->number, g->n);
    put_back(row, &cells);
}

result limit_settle_decide(uow *u, const void *input, void *output)
{
    const limit_settle_in *in = input;
    MAYBE(output);
    uint16_t slot = slot_of_hash(in->hi);
    bool cancels = in->reservation != 0 && in->used.n == 0 && in->back.n == 0;
    bool aside = cancels && saga_is_aside(u, in->reservation);
    if (uow_pending(u))
        return R_AGAIN;
    if (aside)
        return R_DONE;
    subject_open *open = in->reservation == 0 ? NULL : subject_open_get(u, slot, in->hi, in->lo);
    for (size_t i = 0; i < in->back.n; i++)
        (void)subject_usage_get(u, slot, in->hi, in->lo, in->back.items[i].campaign);
    for (size_t i = 0; i < in->used.n; i++)
        (void)subject_usage_get(u, slot, in->hi, in->lo, in->used.items[i].campaign);
    if (uow_pending(u))
        return R_AGAIN;
    if (open != NULL)
        forget(u, open, in->reservation);
    for (size_t i = 0; i < in->back.n; i++)
        take_off(u, in, &in->back.items[i]);
    for (size_t i = 0; i < in->used.n; i++)
        count(u, in, &in->used.items[i]);
    return R_DONE;
}

/* ---- deadlines ---- */

uint32_t subject_ask(uow *u, subject_open *row, uint64_t lost)
{
    uint32_t asked_n = 0;
    for (size_t i = 0; i < row->reservations.n; i++) {
        reservation *r = &row->reservations.items[i];
        if (!saga_may_ask(u, r, lost))
            continue;
        subject_open_edit(u, row);
        limit_settle_in cancel = {.hi = row->hi, .lo = row->lo, .reservation = r->id};
        saga_ask(u, r, lost,
                 &(saga_answer){SUBJECT_SETTLE_ACT, row->slot,
                                record_bytes(&limit_settle_in_record, &cancel, uow_memory(u))});
        uow_due(u, (due_name){DUE_KIND_SUBJECT, row->hi, row->lo}, r->due_at_ms);
        asked_n++;
    }
    return asked_n;
}
