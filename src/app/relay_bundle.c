/* Bundles of messages: applying one on its lane, whoever has sent it, and the sender's forgetting.
 * See relay.c. */
#include <stdlib.h>

#include "app/calls.h"
#include "app/relay_part.h"
#include "app/serve.h"
#include "port/clock.h"

message *message_new(const store_message *m)
{
    message *copy = malloc(sizeof *copy + m->input.n); /* bundle_free or drop_queue frees it */
    CHECK(copy != NULL);
    *copy = (message){.sequence = m->sequence,
                      .since_ns = clock_monotonic_ns(),
                      .act = m->act,
                      .slot = m->slot,
                      .to_lane = m->to_lane,
                      .n = m->input.n};
    if (m->input.n > 0) {
        memcpy(copy->input, m->input.p, m->input.n);
    }
    return copy;
}

/* ---- applying ---- */

static suspect name_of(const bundle *b, size_t i)
{
    const message *m = b->messages[i];
    return (suspect){SUSPECT_KIND_MESSAGE, m->act, m->slot, b->from, m->sequence};
}

static bool is_readable(bundle *b, size_t i, const act *a)
{
    const message *m = b->messages[i];
    if (a == NULL || (a->flags & ACT_MESSAGE) == 0) {
        return false; /* of a later version, say */
    }
    if (b->inputs[i] != NULL) {
        return true;
    }
    void *input = arena_alloc(b->memory, a->in->size);
    if (record_decode(a->in, (str){m->input, m->n}, b->memory, input) != R_DONE) {
        return false;
    }
    b->inputs[i] = input;
    return true;
}

/* What its act says, or R_QUARANTINED: it is not for us to run. */
static result decide_one(uow *u, bundle *b, size_t i)
{
    const act *a = act_find(b->messages[i]->act);
    suspect name = name_of(b, i);
    app *of = b->relay->app;
    b->known[i] = quarantine_begin(of, b->to, &name);
    if (b->known[i] == SUSPICION_HELD) {
        return R_QUARANTINED;
    }
    result code = R_QUARANTINED;
    if (is_readable(b, i, a)) {
        void *output = arena_alloc(uow_memory(u), a->out->size);
        b->outputs[i] = output;
        code = a->decide(u, b->inputs[i], output);
        CHECK(code != R_WAIT); /* a message that waits would hold up all behind it */
    }
    quarantine_over(of, b->to);
    return code;
}

/* One pass over the messages. R_DONE, R_AGAIN, or R_STALE: one was refused, and the pass is made
 * again without it, because what it wrote was taken back with everything before it. Behind one that
 * misses rows the others only say what they miss first: a bundle may ask for rows LANE_AGAIN_MAX
 * times, which is not often enough for each message in turn. Where messages miss rows several times
 * each, those that have all theirs go alone after RELAY_LOADS_MAX times; of another server's bundle
 * not: the server whose it is runs it again. */
static result apply_all(uow *u, bundle *b, uint64_t last, bool *refused)
{
    bool misses = false;
    for (size_t i = 0; i < b->n; i++) {
        b->fates[i] = FATE_OLD;
        if (b->messages[i]->sequence <= last) {
            continue;
        }
        last = b->messages[i]->sequence; /* also against a message that is here twice */
        b->fates[i] = FATE_REFUSED;
        if (refused[i]) {
            continue;
        }
        result code = decide_one(u, b, i);
        if (!misses && (code == R_AGAIN || uow_pending(u))) {
            misses = true;
            b->missing = i;
        }
        if (misses) {
            continue;
        }
        b->fates[i] = code == R_QUARANTINED ? FATE_ASIDE : FATE_APPLIED;
        if (code != R_DONE && code != R_QUARANTINED) {
            refused[i] = true;
            store_rollback(u);
            return R_STALE;
        }
    }
    return misses ? R_AGAIN : R_DONE;
}

/* Suspects that have come to their end are not suspect any more; what was passed over is kept. */
static result settle_suspects(uow *u, bundle *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const message *m = b->messages[i];
        bool aside = b->fates[i] == FATE_ASIDE;
        if (b->fates[i] == FATE_OLD || (b->known[i] == SUSPICION_NONE && !aside)) {
            continue;
        }
        quarantine_message kept = {name_of(b, i), m->to_lane, {m->input, m->n}};
        quarantine *row;
        if (quarantine_row(u, &kept.name, &row) == R_AGAIN) {
            return R_AGAIN;
        }
        if (aside) {
            quarantine_aside(u, row, &kept);
        } else if (row != NULL) {
            quarantine_delete(u, row);
        }
    }
    return R_DONE;
}

static result bundle_run(uow *u, request *q)
{
    bundle *b = (bundle *)q;
    bool refused[RELAY_BUNDLE_MAX] = {
        false}; /* of this run: other rows may let it pass next time */
    inbox *in;
    result code;
    do { /* at most once for each message that is refused */
        in = inbox_get(u, b->to, b->from);
        if (uow_pending(u)) {
            return R_AGAIN;
        }
        code = apply_all(u, b, in == NULL ? 0 : in->last, refused);
    } while (code == R_STALE);
    if (code == R_AGAIN && b->taken > 0 && ++b->misses >= RELAY_LOADS_MAX && b->missing > 0) {
        b->n = b->missing;
    }
    if (code == R_DONE) {
        code = settle_suspects(u, b);
    }
    if (code != R_DONE) {
        return code;
    }
    if (in == NULL) {
        in = inbox_new(u, b->to, b->from);
    } else {
        inbox_edit(u, in);
    }
    if (in->last < b->messages[b->n - 1]->sequence) {
        in->last = b->messages[b->n - 1]->sequence;
    }
    return R_DONE;
}

bundle *bundle_new(relay *r, uint16_t from, uint16_t to)
{
    arena *memory = arena_new(0);
    bundle *b = ARENA_NEW(memory, bundle);
    *b = (bundle){
        .request = {.run = bundle_run, .lane = to, .to_lane = true, .class = CLASS_INTERNAL},
        .relay = r,
        .memory = memory,
        .from = from,
        .to = to};
    return b;
}

void bundle_free(bundle *b)
{
    for (size_t i = 0; i < b->n || i < b->taken; i++) {
        free(b->messages[i]);
    }
    arena_free(b->memory);
}

/* Another server has applied it, which does not know who waits here. */
static bool is_news(bundle *b, size_t i)
{
    uint16_t number = b->messages[i]->act;
    bool lease = number == ACT_ID_lease_grant || number == ACT_ID_lease_return;
    return b->relay->shared && b->fates[i] == FATE_OLD && lease &&
           is_readable(b, i, act_find(number));
}

/* What the last run found is durable. */
void bundle_tell(bundle *b)
{
    app *of = b->relay->app;
    for (size_t i = 0; i < b->n; i++) {
        suspect name = name_of(b, i);
        if (b->fates[i] == FATE_APPLIED || is_news(b, i)) {
            leases_applied(of->leases, b->to, b->messages[i]->act, b->inputs[i]);
        }
        if (b->fates[i] == FATE_APPLIED) {
            user_count(b->messages[i]->act, R_DONE, b->outputs[i]);
        }
        if (b->fates[i] == FATE_ASIDE) {
            quarantine_told(of, &name, b->known[i] == SUSPICION_HELD);
        } else if (b->fates[i] != FATE_OLD && b->known[i] == SUSPICION_CRASHED) {
            quarantine_forgiven(of, b->to, &name);
        }
    }
}

/* ---- forgetting ---- */

/* The sender may forget: its own request on its own lane. */
typedef struct forget {
    request request; /* first */
    arena *memory;
    uint16_t lane;
    size_t n;
    uint64_t sequences[RELAY_BUNDLE_MAX];
} forget;

static result forget_run(uow *u, request *q)
{
    forget *f = (forget *)q;
    outbox *rows[RELAY_BUNDLE_MAX];
    for (size_t i = 0; i < f->n; i++) {
        rows[i] = outbox_get(u, f->lane, f->sequences[i]);
    }
    if (uow_pending(u)) {
        return R_AGAIN;
    }
    for (size_t i = 0; i < f->n; i++) {
        if (rows[i] != NULL) {
            outbox_delete(u, rows[i]);
        }
    }
    return R_DONE;
}

static void forget_done(request *q)
{
    arena_free(((forget *)q)->memory);
}

void bundle_forget(const bundle *b)
{
    arena *memory = arena_new(0);
    forget *f = ARENA_NEW(memory, forget);
    *f = (forget){.request = {.run = forget_run,
                              .done = forget_done,
                              .lane = b->from,
                              .to_lane = true,
                              .class = CLASS_INTERNAL},
                  .memory = memory,
                  .lane = b->from,
                  .n = b->n};
    for (size_t i = 0; i < b->n; i++) {
        f->sequences[i] = b->messages[i]->sequence;
    }
    if (store_submit(b->relay->app->store, &f->request) != R_DONE) {
        arena_free(memory);
    }
}

/* ---- of other servers ---- */

static void served(request *q)
{
    bundle *b = (bundle *)q;
    relay *r = b->relay;
    peer_answer a = {.code = (uint32_t)q->outcome};
    if (q->outcome == R_DONE) {
        relay_applied(r, b->from, b->to, b->messages[b->n - 1]->sequence);
        bundle_tell(b);
        leases_delivered(r->app->leases, b->to);
    }
    serve_answer(&a, b->answer, b->of);
    bundle_free(b);
}

static bool is_bundle(const relay *r, const peer_bundle *in)
{
    const peer_letter *letters = in->letters.items;
    bool is = in->from < r->lanes && in->to < r->lanes && in->letters.n > 0 &&
              in->letters.n <= RELAY_BUNDLE_MAX;
    for (size_t i = 0; is && i < in->letters.n; i++) {
        is = letters[i].slot < SLOT_COUNT &&
             relay_lane_for(r, letters[i].slot, letters[i].to_lane) == in->to &&
             (i == 0 || letters[i].sequence > letters[i - 1].sequence);
    }
    return is;
}

bool relay_serve(relay *r, const peer_bundle *in, peers_answered *answer, void *of)
{
    if (!is_bundle(r, in)) {
        return false;
    }
    const peer_letter *letters = in->letters.items;
    bundle *b = bundle_new(r, in->from, in->to);
    for (size_t i = 0; i < in->letters.n; i++) {
        const peer_letter *l = &letters[i];
        b->messages[b->n++] = message_new(
            &(store_message){in->from, l->sequence, l->act, l->slot, l->to_lane, l->input});
    }
    b->request.done = served;
    b->answer = answer;
    b->of = of;
    if (store_submit(r->app->store, &b->request) == R_DONE) {
        return true;
    }
    bundle_free(b);
    return false;
}
