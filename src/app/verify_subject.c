/* What limits by phone, e-mail, device … have counted, in the subjects' slots, against what
 * coupons, holds and redemptions have taken, in the users', and what is on its way between them.
 *
 * A count is exact: rows remember what they took. Not compared: counts whose period or limit has
 * given way to a later one, and rolling instants that were merged or forgotten. Subjects are
 * compared some slots at a time, so that memory does not grow with them. */
#include <stdio.h>

#include "app/verify_part.h"
#include "domain/limit/level.h"
#include "domain/limit/subject.h"

enum { SUBJECT_ROWS_MAX = 1000000 }; /* rows of counts that one pass compares */

/* One count. */
typedef struct subject_key {
    uint64_t hi, lo, campaign, owner;
    int64_t number, since_version; /* 0 in the key of all counts of one limit */
    uint8_t measure, period;
    uint8_t zero[6];
} subject_key;

enum { COUNT_TAKEN, COUNT_COMING, COUNT_CELL, COUNT_HELD, COUNT_VALUES };
enum { NEWEST_SINCE, NEWEST_NUMBER, NEWEST_CELLS, NEWEST_VALUES };

typedef struct subject_pass {
    uint32_t from, until; /* slots */
    verify_map *counts, *newest;
} subject_pass;

static bool is_here(const verify *v, uint64_t hi)
{
    uint16_t slot = slot_of_hash(hi);
    return slot >= v->subjects->from && slot < v->subjects->until;
}

static int64_t *count_at(const verify *v, const subject_key *k)
{
    return verify_map_at(v->subjects->counts, (str){(const char *)k, sizeof(*k)});
}

static subject_key whole_of(subject_key k)
{
    k.number = 0;
    k.since_version = 0;
    return k;
}

/* ---- what rows of users took ---- */

static subject_key key_of_take(const limit_take *t)
{
    return (subject_key){.hi = t->hi,
                         .lo = t->lo,
                         .campaign = t->campaign,
                         .owner = t->owner,
                         .number = t->number,
                         .since_version = t->since_version,
                         .measure = t->measure,
                         .period = t->period};
}

static void add_takes(const verify *v, const limit_take *takes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        subject_key k = key_of_take(&takes[i]);
        if (limit_way_of(takes[i].subject) == LIMIT_BY_SUBJECT && is_here(v, k.hi))
            count_at(v, &k)[COUNT_TAKEN] += takes[i].n;
    }
}

static void see_coupon(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const coupon_take *t = row;
    add_takes(v, t->takes.items, t->takes.n);
}

static void see_hold(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const hold *h = row;
    if (h->state == HOLD_STATE_OPEN)
        add_takes(v, h->takes.items, h->takes.n);
}

static void see_redemption(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const redemption *r = row;
    add_takes(v, r->takes.items, r->takes.n);
}

static void add_settled(const verify *v, const limit_settle_in *in)
{
    for (size_t i = 0; i < in->back.n; i++) {
        subject_key k = key_of_take(&in->back.items[i]);
        count_at(v, &k)[COUNT_COMING] -= in->back.items[i].n;
    }
    for (size_t i = 0; i < in->used.n; i++) {
        const limit_grant *g = &in->used.items[i];
        subject_key k = {.hi = in->hi,
                         .lo = in->lo,
                         .campaign = g->campaign,
                         .owner = g->owner,
                         .number = g->number,
                         .since_version = g->since_version,
                         .measure = g->measure,
                         .period = g->period};
        count_at(v, &k)[COUNT_COMING] += g->n;
    }
}

static void add_message(verify *v, uint16_t act, str input, bool aside)
{
    MAYBE(aside);
    if (act != SUBJECT_SETTLE_ACT)
        return;
    arena *memory = arena_new(0);
    limit_settle_in in = {0};
    if (record_decode(&limit_settle_in_record, input, memory, &in) == R_DONE && is_here(v, in.hi))
        add_settled(v, &in);
    arena_free(memory);
}

/* ---- what the subjects' rows say ---- */

static void see_count(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const subject_usage *u = row;
    if (!is_here(v, u->hi))
        return;
    for (size_t i = 0; i < u->cells.n; i++) {
        const usage_cell *c = &u->cells.items[i];
        subject_key k = {.hi = u->hi,
                         .lo = u->lo,
                         .campaign = u->campaign,
                         .owner = c->owner,
                         .number = c->number,
                         .since_version = c->since_version,
                         .measure = c->measure,
                         .period = c->period};
        int64_t *count = count_at(v, &k);
        count[COUNT_HELD] = 1;
        count[COUNT_CELL] += c->n;
        subject_key whole = whole_of(k);
        int64_t *newest =
            verify_map_at(v->subjects->newest, (str){(const char *)&whole, sizeof(whole)});
        bool later =
            newest[NEWEST_CELLS] == 0 || c->since_version > newest[NEWEST_SINCE] ||
            (c->since_version == newest[NEWEST_SINCE] && c->number > newest[NEWEST_NUMBER]);
        newest[NEWEST_CELLS]++;
        if (later) {
            newest[NEWEST_SINCE] = c->since_version;
            newest[NEWEST_NUMBER] = c->number;
        }
    }
}

static str subject_text(uint64_t hi, uint64_t lo, char out[64])
{
    int n =
        snprintf(out, 64, "subject %016llx%016llx", (unsigned long long)hi, (unsigned long long)lo);
    return (str){out, (size_t)n};
}

static int64_t earliest_of(const subject_open *o)
{
    int64_t due_ms = 0;
    for (size_t i = 0; i < o->reservations.n; i++)
        if (due_ms == 0 || o->reservations.items[i].due_at_ms < due_ms)
            due_ms = o->reservations.items[i].due_at_ms;
    return due_ms;
}

/* What must be asked about first, and the first due entry: at a key that no count has. */
static subject_key due_key(uint64_t hi, uint64_t lo)
{
    return (subject_key){.hi = hi, .lo = lo};
}

static void see_open(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const subject_open *o = row;
    if (!is_here(v, o->hi))
        return;
    char text[64];
    verify_what w = {.check = "subject", .subject = subject_text(o->hi, o->lo, text)};
    verify_must(v, &w, "an act is on its way", o->reservations.n > 0);
    for (size_t i = 0; i < o->counts.n; i++) {
        size_t of = 0;
        while (of < o->reservations.n &&
               o->reservations.items[of].id != o->counts.items[i].reservation)
            of++;
        verify_must(v, &w, "what is kept is kept for an act", of < o->reservations.n);
    }
    subject_key due = due_key(o->hi, o->lo);
    count_at(v, &due)[COUNT_TAKEN] = earliest_of(o);
}

static void see_due(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const due_block *b = row;
    for (size_t i = 0; b->kind == DUE_KIND_SUBJECT && i < b->entries.n; i++) {
        const due_entry *e = &b->entries.items[i];
        subject_key due = due_key(e->id, e->lo);
        int64_t *count =
            verify_map_find(v->subjects->counts, (str){(const char *)&due, sizeof(due)});
        int64_t at_ms = b->at_ms + e->after_ms;
        if (count != NULL && (count[COUNT_CELL] == 0 || at_ms < count[COUNT_CELL]))
            count[COUNT_CELL] = at_ms;
    }
}

/* ---- comparing ---- */

/* Has a later period, or a limit that was set later, taken the place of this count? Or are rolling
 * instants told apart no more? */
static bool is_gone(const verify *v, const subject_key *k, const int64_t *count)
{
    subject_key whole = whole_of(*k);
    const int64_t *newest =
        verify_map_find(v->subjects->newest, (str){(const char *)&whole, sizeof(whole)});
    if (newest == NULL)
        return false;
    if (k->period == LIMIT_PERIOD_ROLLING)
        return !count[COUNT_HELD] || newest[NEWEST_CELLS] >= USAGE_INSTANTS_MAX;
    return newest[NEWEST_SINCE] > k->since_version ||
           (newest[NEWEST_SINCE] == k->since_version && newest[NEWEST_NUMBER] > k->number);
}

static void compare(verify *v, const subject_key *k, const int64_t *count)
{
    char text[64], field[64];
    verify_what w = {.check = "subject", .subject = subject_text(k->hi, k->lo, text)};
    if (k->measure == 0) {
        verify_must(v, &w, "a due entry at or before its acts' deadlines",
                    count[COUNT_CELL] != 0 && count[COUNT_CELL] <= count[COUNT_TAKEN]);
        return;
    }
    if (is_gone(v, k, count))
        return;
    (void)snprintf(field, sizeof(field), "%.*s %.*s %lld", STR_ARG(limit_measure_name(k->measure)),
                   STR_ARG(limit_period_name(k->period)), (long long)k->number);
    verify_number(v, &w, field, count[COUNT_TAKEN], count[COUNT_CELL] + count[COUNT_COMING]);
}

/* ---- the passes ---- */

static result run_pass(verify *v)
{
    const struct {
        const table *table;
        verify_row *visit;
    } steps[] = {{&coupon_take_table, see_coupon},    {&hold_table, see_hold},
                 {&redemption_table, see_redemption}, {&subject_usage_table, see_count},
                 {&subject_open_table, see_open},     {&due_block_table, see_due}};
    result r = R_DONE;
    for (size_t i = 0; i < ARRAY_LEN(steps) && r == R_DONE; i++)
        r = verify_each(v, NULL, steps[i].table, steps[i].visit);
    if (r == R_DONE)
        r = verify_messages(v, add_message);
    for (size_t i = 0; r == R_DONE && i < verify_map_count(v->subjects->counts); i++) {
        str bytes;
        const int64_t *count = verify_map_item(v->subjects->counts, i, &bytes);
        subject_key k;
        CHECK(bytes.n == sizeof(k));
        memcpy(&k, bytes.p, sizeof(k));
        compare(v, &k, count);
    }
    return r;
}

static void count_row(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    MAYBE(row);
    v->subject_rows++;
}

result verify_subjects(verify *v)
{
    result r = verify_each(v, NULL, &subject_usage_table, count_row);
    uint32_t passes = (uint32_t)(v->subject_rows / SUBJECT_ROWS_MAX) + 1;
    uint32_t slots = (SLOT_COUNT + passes - 1) / passes;
    for (uint32_t from = 0; from < SLOT_COUNT && r == R_DONE; from += slots) {
        subject_pass pass = {.from = from,
                             .until = from + slots,
                             .counts = verify_map_new(COUNT_VALUES),
                             .newest = verify_map_new(NEWEST_VALUES)};
        v->subjects = &pass;
        r = run_pass(v);
        v->subjects = NULL;
        verify_map_free(pass.counts);
        verify_map_free(pass.newest);
    }
    return r;
}
