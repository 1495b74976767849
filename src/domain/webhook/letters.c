/* Letters: what reports make of them, sending again, and the dead ones. See webhook.h. */
#include "base/hash.h"
#include "base/id.h"
#include "domain/webhook/part.h"

/* ---- times ---- */

/* Up to a tenth more, by the numbers alone. */
static int64_t spread(int64_t ms, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t numbers[] = {a, b, c};
    uint64_t drawn = hash64((str){(const char *)numbers, sizeof(numbers)}, 0);
    return ms + (int64_t)(drawn % (uint64_t)(ms / 10 + 1));
}

int64_t webhook_wait_ms(uint64_t webhook_id, uint64_t sequence, uint32_t tries)
{
    static const int64_t waits_ms[] = {5 * MS_SECOND, 5 * MS_MINUTE, 30 * MS_MINUTE,
                                       2 * MS_HOUR,   5 * MS_HOUR,   10 * MS_HOUR,
                                       14 * MS_HOUR,  20 * MS_HOUR,  24 * MS_HOUR};
    _Static_assert(ARRAY_LEN(waits_ms) == WEBHOOK_TRIES_MAX - 1, "one between two tries");
    uint32_t last = ARRAY_LEN(waits_ms);
    CHECK(tries > 0);
    return spread(waits_ms[(tries < last ? tries : last) - 1], webhook_id, sequence, tries);
}

int64_t webhook_open_ms(uint64_t webhook_id, uint32_t n)
{
    int64_t ms = WEBHOOK_OPEN_FIRST_MS;
    for (uint32_t i = 1; i < n && ms < WEBHOOK_OPEN_MAX_MS; i++)
        ms *= 2;
    return spread(ms < WEBHOOK_OPEN_MAX_MS ? ms : WEBHOOK_OPEN_MAX_MS, webhook_id, n, 0);
}

/* ---- reports ---- */

typedef struct reporting {
    uow *u;
    const webhook_report_in *in;
    webhook_report_out *out;
    webhook *row;
    webhook_health *health;
    webhook_place *place;
    waiting_letter *waiting;
    size_t n;
    uint32_t taken, failed;
    int64_t retry_ms;   /* the longest that was asked for */
    webhook_state ends; /* ENABLED: it goes on */
} reporting;

static void die(reporting *r, const waiting_letter *l)
{
    dead_letter *d = dead_letter_new(r->u, r->row->slot, r->row->id, r->in->lane, l->sequence);
    d->nth = l->nth;
    d->line = l->line;
    d->tries = l->tries;
    d->status = l->status;
    d->fault = l->fault;
    d->died_at_ms = uow_now(r->u);
    r->health->dead++;
    r->out->died++;
}

static void fail(reporting *r, waiting_letter *l, const letter_result *is)
{
    int64_t retry_ms = is->retry_ms < WEBHOOK_RETRY_MAX_MS ? is->retry_ms : WEBHOOK_RETRY_MAX_MS;
    r->failed++;
    r->retry_ms = retry_ms > r->retry_ms ? retry_ms : r->retry_ms;
    r->health->status = is->status;
    r->health->fault = is->fault;
    l->tries++;
    l->status = is->status;
    l->fault = is->fault;
    int64_t wait_ms = webhook_wait_ms(r->row->id, l->sequence, l->tries);
    l->next_at_ms = uow_now(r->u) + (wait_ms > retry_ms ? wait_ms : retry_ms);
    if (is->status == WEBHOOK_STATUS_GONE) {
        r->ends = WEBHOOK_STATE_GONE;
    } else if (l->tries >= WEBHOOK_TRIES_MAX && r->health->dead < DEAD_LETTERS_MAX) {
        die(r, l);
        return;
    } else if (l->tries >= WEBHOOK_TRIES_MAX) {
        r->ends = WEBHOOK_STATE_FULL;
    }
    r->waiting[r->n++] = *l;
}

static void apply(reporting *r, waiting_letter l, const letter_result *is)
{
    if (is->outcome == WEBHOOK_OUTCOME_TAKEN)
        r->taken++;
    else if (is->outcome == WEBHOOK_OUTCOME_FAILED)
        fail(r, &l, is);
    else
        r->waiting[r->n++] = l;
}

/* Both lists ascend. False: a result of an event that is not before the mark, or that was decided
 * before. */
static bool merge(reporting *r)
{
    const webhook_place *old = r->place;
    uint64_t from = mark_sequence(old->first, old->read);
    uint64_t until = mark_sequence(r->in->first, r->in->read);
    size_t at = 0;
    for (size_t i = 0; i < r->in->results.n; i++) {
        const letter_result *is = &r->in->results.items[i];
        while (at < old->waiting.n && old->waiting.items[at].sequence < is->sequence)
            r->waiting[r->n++] = old->waiting.items[at++];
        bool waits = at < old->waiting.n && old->waiting.items[at].sequence == is->sequence;
        bool ascends = i == 0 || is->sequence > r->in->results.items[i - 1].sequence;
        if (!ascends || (!waits && (is->sequence < from || is->sequence >= until)))
            return false;
        waiting_letter fresh = {.sequence = is->sequence, .nth = is->nth, .line = is->line};
        apply(r, waits ? old->waiting.items[at++] : fresh, is);
    }
    while (at < old->waiting.n)
        r->waiting[r->n++] = old->waiting.items[at++];
    return until >= from;
}

/* The breaker, and the receiver that has been failing for too long. */
static void judge(reporting *r)
{
    webhook_health *h = r->health;
    int64_t now_ms = uow_now(r->u);
    h->taken += r->taken;
    h->failed += r->failed;
    if (r->failed > 0)
        h->failed_at_ms = now_ms;
    if (r->taken > 0) {
        r->out->recovers = h->opened > 0;
        h->taken_at_ms = now_ms;
        h->failures = 0;
        h->opened = 0;
        h->open_until_ms = 0;
        h->failing_since_ms = 0;
    } else if (r->failed > 0) {
        h->failures += r->failed;
        if (h->failing_since_ms == 0)
            h->failing_since_ms = now_ms;
        if (now_ms - h->failing_since_ms >= WEBHOOK_GIVE_UP_MS && r->ends == WEBHOOK_STATE_ENABLED)
            r->ends = WEBHOOK_STATE_FAILING;
        if (h->failures >= WEBHOOK_TRIP && now_ms >= h->open_until_ms) {
            r->out->trips = h->opened == 0;
            h->opened++;
            h->open_until_ms = now_ms + webhook_open_ms(r->row->id, h->opened);
        }
    }
    if (r->retry_ms > 0 && now_ms + r->retry_ms > h->open_until_ms)
        h->open_until_ms = now_ms + r->retry_ms;
}

static void close_report(reporting *r)
{
    webhook_place_edit(r->u, r->place);
    r->place->first = r->in->first;
    r->place->read = r->in->read;
    r->place->waiting.items = r->waiting;
    r->place->waiting.n = r->n;
    judge(r);
    if (r->ends != WEBHOOK_STATE_ENABLED && r->row->state == WEBHOOK_STATE_ENABLED) {
        webhook_edit(r->u, r->row);
        r->row->state = (uint8_t)r->ends;
        webhook_changed(r->u, r->row, EVENT_KIND_WEBHOOK_CHANGED);
    }
    r->out->state = r->row->state;
    r->out->waiting.items = r->waiting;
    r->out->waiting.n = r->n;
    r->out->failures = r->health->failures;
    r->out->opened = r->health->opened;
    r->out->open_until_ms = r->health->open_until_ms;
}

result webhook_report_decide(uow *u, const void *input, void *output)
{
    const webhook_report_in *in = input;
    webhook_rows of;
    result code = webhook_load(u, in->merchant, in->id, &of);
    if (code != R_DONE)
        return code;
    if (of.row->era != in->era)
        return R_STALE;
    if (in->lane >= of.lanes || in->results.n > WEBHOOK_WAITING_MAX)
        return uow_refuse(u, R_INVALID, "a lane, and at most as many results as may wait");
    reporting r = {.u = u,
                   .in = in,
                   .out = output,
                   .row = of.row,
                   .health = of.health,
                   .place = of.places[in->lane],
                   .ends = WEBHOOK_STATE_ENABLED};
    r.waiting = ARENA_ARRAY(uow_memory(u), waiting_letter, r.place->waiting.n + in->results.n);
    webhook_health_edit(u, r.health);
    if (!merge(&r) || r.n > WEBHOOK_WAITING_MAX)
        return uow_refuse(u, R_INVALID, "results that do not fit what waits");
    close_report(&r);
    return R_DONE;
}

/* ---- sending again ---- */

static void keep_before(uow *u, webhook_place *p, const feed_mark *mark)
{
    uint64_t until = mark_sequence(mark->first, mark->read);
    size_t n = 0;
    while (n < p->waiting.n && p->waiting.items[n].sequence < until)
        n++;
    webhook_place_edit(u, p);
    p->waiting.n = n; /* they ascend */
    p->first = mark->first;
    p->read = mark->read;
}

/* Those behind the mark are sent again with all others. */
static void drop_dead(uow *u, const webhook_rows *of, const dead_list *dead, const feed_mark *mark)
{
    for (size_t i = 0; i < dead->n; i++) {
        dead_letter *d = dead->items[i];
        if (d->lane != mark->lane || d->sequence < mark_sequence(mark->first, mark->read))
            continue;
        dead_letter_delete(u, d);
        of->health->dead--;
    }
}

result webhook_replay_decide(uow *u, const void *input, void *output)
{
    const webhook_replay_in *in = input;
    webhook_rows of;
    dead_list dead;
    result r = webhook_load(u, in->merchant, in->id, &of);
    if (r == R_DONE)
        r = webhook_dead(u, of.row, &dead);
    if (r != R_DONE)
        return r;
    if (in->marks.n != of.lanes)
        return uow_refuse(u, R_INVALID, "a place in each lane");
    webhook_edit(u, of.row);
    webhook_health_edit(u, of.health);
    of.row->era++;
    for (size_t i = 0; i < in->marks.n; i++) {
        const feed_mark *m = &in->marks.items[i];
        webhook_place *p = of.places[i];
        if (m->lane != i)
            return uow_refuse(u, R_INVALID, "a place in each lane");
        if (mark_sequence(m->first, m->read) >= mark_sequence(p->first, p->read))
            continue;
        keep_before(u, p, m);
        drop_dead(u, &of, &dead, m);
    }
    return webhook_answer(u, of.row, output);
}

/* ---- dead letters ---- */

static bool is_meant(const dead_letters_in *in, const dead_letter *d)
{
    bool meant = in->letters.n == 0;
    for (size_t i = 0; i < in->letters.n && !meant; i++)
        meant =
            in->letters.items[i].lane == d->lane && in->letters.items[i].sequence == d->sequence;
    return meant;
}

/* False: too many wait. */
static bool revive(uow *u, webhook_place *p, const dead_letter *d)
{
    size_t at = 0, n = p->waiting.n;
    if (n >= WEBHOOK_REVIVED_MAX)
        return false;
    waiting_letter *all = ARENA_ARRAY(uow_memory(u), waiting_letter, n + 1);
    while (at < n && p->waiting.items[at].sequence < d->sequence)
        at++;
    if (at > 0)
        memcpy(all, p->waiting.items, at * sizeof(*all));
    all[at] = (waiting_letter){.sequence = d->sequence, .nth = d->nth, .line = d->line};
    if (at < n)
        memcpy(all + at + 1, p->waiting.items + at, (n - at) * sizeof(*all));
    webhook_place_edit(u, p);
    p->waiting.items = all;
    p->waiting.n = n + 1;
    return true;
}

result dead_letters_decide(uow *u, const void *input, void *output)
{
    const dead_letters_in *in = input;
    dead_letters_out *out = output;
    webhook_rows of;
    dead_list dead;
    result r = webhook_load(u, in->merchant, in->id, &of);
    if (r == R_DONE)
        r = webhook_dead(u, of.row, &dead);
    if (r != R_DONE)
        return r;
    webhook_edit(u, of.row);
    webhook_health_edit(u, of.health);
    for (size_t i = 0; i < dead.n; i++) {
        dead_letter *d = dead.items[i];
        if (!is_meant(in, d) || (!in->drop && !revive(u, of.places[d->lane], d)))
            continue;
        dead_letter_delete(u, d);
        of.health->dead--;
        out->letters++;
    }
    if (!in->drop && out->letters > 0)
        of.row->era++;
    return R_DONE;
}
