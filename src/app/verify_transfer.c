/* Transfers, in the slots of the coupons, against what was received, in the receivers', and what is
 * on its way between them: each transfer that is accepted, or whose confirmation is on its way, has
 * brought one coupon to one user, with the budget that it took; and each id that a coupon had
 * forwards to its newest.
 *
 * Transfers are compared some slots at a time, so that memory does not grow with them. */
#include "app/verify_transfer.h"

#include "domain/coupon/transfer.h"

enum { TRANSFER_ROWS_MAX = 1000000 }; /* that one pass compares */
enum {
    PAIR_SENT,     /* transfers that are accepted, or will be */
    PAIR_TO,       /* what they name */
    PAIR_TAKEN,    /* budget that has left the old coupon … */
    PAIR_COMING,   /* … and a confirmation is on its way */
    PAIR_RECEIVED, /* rows of received */
    PAIR_COUPON,   /* what they name */
    PAIR_BROUGHT,  /* budget that has come to the new coupon */
    PAIR_VALUES
};
enum { FORWARD_HOPS, FORWARD_TO, FORWARD_ROW, FORWARD_ROW_TO, FORWARD_COMING, FORWARD_VALUES };

typedef struct transfer_pass {
    uint32_t from, until;         /* slots of transfers, and of the ids that forward */
    verify_map *pairs, *forwards; /* by transfer, by id */
    bool confirming;              /* a confirmation is on its way */
} transfer_pass;

/* ---- of a group ---- */

/* Offered and transferred ones are in the transfer that they name, and it is in theirs. */
void verify_coupon_transfer(verify *v, const verify_group *g, const verify_coupon *c)
{
    verify_what what = {.check = "coupon", .kind = ID_COUPON, .id = c->row.id}, *w = &what;
    bool offered = c->row.state == COUPON_STATE_OFFERED;
    verify_must(v, w, "what brought it is there", (c->row.transfer != 0) == (c->by != NULL));
    if (!offered && c->row.state != COUPON_STATE_TRANSFERRED)
        return;
    const transfer *t = verify_find_transfer(g, c->row.ref);
    verify_must(v, w, "its transfer is there, and its own",
                t != NULL && t->coupon == c->row.id && t->member == c->row.member);
    if (t != NULL)
        verify_text(v, w, "state of its transfer",
                    transfer_state_name(offered ? TRANSFER_STATE_OPEN : TRANSFER_STATE_ACCEPTED),
                    transfer_state_name(t->state));
}

/* Open ones have their coupon, and come to an end. */
static void check_open(verify *v, const verify_group *g, const transfer *t)
{
    verify_what w = {.check = "transfer", .kind = ID_TRANSFER, .id = t->id};
    bool open = t->state == TRANSFER_STATE_OPEN;
    const verify_coupon *c = verify_find_coupon(g, t->coupon);
    verify_must(v, &w, "state is known", transfer_state_name(t->state).n > 0);
    verify_must(v, &w, "its coupon is there", c != NULL);
    verify_must(v, &w, "an act on its way only while it is open, and one",
                t->reservations.n <= (size_t)open && (open == (t->ended_at_ms == 0)));
    if (c != NULL && open)
        verify_must(v, &w, "its coupon is offered by it",
                    c->row.state == COUPON_STATE_OFFERED && c->row.ref == t->id);
    bool taken = t->reservations.n > 0;
    int64_t due_ms = taken ? t->reservations.items[0].due_at_ms : t->deadline_ms;
    if (open)
        verify_must(v, &w, "a due entry at or before its deadline",
                    verify_has_due(v, taken ? DUE_KIND_TRANSFER : DUE_KIND_OFFER, t->id, due_ms));
}

void verify_open_transfers(verify *v, const verify_group *g)
{
    for (size_t i = 0; i < g->transfers.n; i++)
        check_open(v, g, (const transfer *)g->transfers.items + i);
}

/* ---- what crosses slots ---- */

static bool is_here(const verify *v, uint64_t id)
{
    return id_slot(id) >= v->transfers->from && id_slot(id) < v->transfers->until;
}

static int64_t *pair_at(const verify *v, uint64_t transfer_id)
{
    return verify_map_at(v->transfers->pairs,
                         (str){(const char *)&transfer_id, sizeof(transfer_id)});
}

static int64_t *forward_at(const verify *v, uint64_t coupon_id)
{
    return verify_map_at(v->transfers->forwards,
                         (str){(const char *)&coupon_id, sizeof(coupon_id)});
}

/* ---- what rows say ---- */

static void see_transfer(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const transfer *t = row;
    if (t->state != TRANSFER_STATE_ACCEPTED)
        return;
    pair_at(v, t->id)[PAIR_SENT]++;
    pair_at(v, t->id)[PAIR_TO] += (int64_t)t->received;
}

static void see_received(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const received *r = row;
    if (is_here(v, r->transfer)) {
        pair_at(v, r->transfer)[PAIR_RECEIVED]++;
        pair_at(v, r->transfer)[PAIR_COUPON] += (int64_t)r->coupon;
    }
    for (size_t i = 0; i < r->earlier.n; i++) {
        uint64_t id = r->earlier.items[i].coupon;
        if (!is_here(v, id))
            continue;
        int64_t *to = forward_at(v, id);
        if (to[FORWARD_HOPS] < (int64_t)r->earlier.n) {
            to[FORWARD_HOPS] = (int64_t)r->earlier.n;
            to[FORWARD_TO] = (int64_t)r->coupon;
        }
    }
}

static void see_forward(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const forward *f = row;
    int64_t *to = forward_at(v, f->id);
    to[FORWARD_ROW] = f->hops;
    to[FORWARD_ROW_TO] = (int64_t)f->to;
}

static void see_ledger(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const ledger *l = row;
    if (!is_here(v, l->ref))
        return;
    if (l->debit == ACCOUNT_TRANSFERRED)
        pair_at(v, l->ref)[PAIR_TAKEN] += l->amount_minor;
    else if (l->credit == ACCOUNT_TRANSFERRED)
        pair_at(v, l->ref)[PAIR_BROUGHT] += l->amount_minor;
}

/* ---- what is on its way ---- */

static void see_message(verify *v, uint16_t act, str input, bool aside)
{
    MAYBE(aside);
    arena *memory = arena_new(0);
    transfer_settle_in done = {0};
    forward_in gone = {0};
    if (act == TRANSFER_SETTLE_ACT &&
        record_decode(&transfer_settle_in_record, input, memory, &done) == R_DONE &&
        done.coupon != 0 && is_here(v, done.transfer)) {
        pair_at(v, done.transfer)[PAIR_SENT]++;
        pair_at(v, done.transfer)[PAIR_TO] += (int64_t)done.coupon;
        pair_at(v, done.transfer)[PAIR_COMING]++;
    }
    if (act == FORWARD_ACT && record_decode(&forward_in_record, input, memory, &gone) == R_DONE &&
        is_here(v, gone.coupon))
        forward_at(v, gone.coupon)[FORWARD_COMING]++;
    arena_free(memory);
}

/* ---- comparing ---- */

static void compare_pairs(verify *v)
{
    for (size_t i = 0; i < verify_map_count(v->transfers->pairs); i++) {
        str key;
        const int64_t *pair = verify_map_item(v->transfers->pairs, i, &key);
        verify_what w = {.check = "transfer", .kind = ID_TRANSFER};
        memcpy(&w.id, key.p, sizeof(w.id));
        verify_number(v, &w, "accepted", pair[PAIR_RECEIVED], pair[PAIR_SENT]);
        verify_must(v, &w, "it has brought at most one coupon", pair[PAIR_RECEIVED] <= 1);
        verify_same_id(
            v, &w, "coupon",
            (verify_ids){ID_COUPON, (uint64_t)pair[PAIR_COUPON], (uint64_t)pair[PAIR_TO]});
        if (pair[PAIR_COMING] == 0)
            verify_number(v, &w, "budget that it took along", pair[PAIR_BROUGHT], pair[PAIR_TAKEN]);
    }
}

/* An id forwards to the newest, and does so at the latest when what is on its way has come. */
static void compare_forwards(verify *v)
{
    for (size_t i = 0; i < verify_map_count(v->transfers->forwards); i++) {
        str key;
        const int64_t *to = verify_map_item(v->transfers->forwards, i, &key);
        verify_what w = {.check = "transfer", .kind = ID_COUPON};
        memcpy(&w.id, key.p, sizeof(w.id));
        bool late = to[FORWARD_COMING] > 0 || v->transfers->confirming;
        verify_must(v, &w, "it forwards to no coupon that is not there",
                    to[FORWARD_ROW] <= to[FORWARD_HOPS]);
        if (!late || to[FORWARD_ROW] == to[FORWARD_HOPS])
            verify_same_id(
                v, &w, "forwards to",
                (verify_ids){ID_COUPON, (uint64_t)to[FORWARD_TO], (uint64_t)to[FORWARD_ROW_TO]});
    }
}

/* ---- the passes ---- */

static void see_confirming(verify *v, uint16_t act, str input, bool aside)
{
    MAYBE(input);
    MAYBE(aside);
    v->transfers->confirming = v->transfers->confirming || act == TRANSFER_SETTLE_ACT;
}

static result run_pass(verify *v)
{
    const struct {
        const table *table;
        verify_row *visit;
        bool here; /* only rows of the pass's slots matter */
    } steps[] = {
        {&transfer_table, see_transfer, true},
        {&forward_table, see_forward, true},
        {&received_table, see_received, false},
        {&ledger_table, see_ledger, false},
    };
    verify_group slots = {.from = (uint16_t)v->transfers->from, .until = v->transfers->until};
    result r = R_DONE;
    for (size_t i = 0; i < ARRAY_LEN(steps) && r == R_DONE; i++)
        r = verify_each(v, steps[i].here ? &slots : NULL, steps[i].table, steps[i].visit);
    if (r == R_DONE)
        r = verify_messages(v, see_message);
    if (r != R_DONE)
        return r;
    compare_pairs(v);
    compare_forwards(v);
    return R_DONE;
}

result verify_transfers(verify *v)
{
    transfer_pass pass = {0};
    v->transfers = &pass;
    v->again = true;
    uint32_t passes = (uint32_t)(v->transfer_rows / TRANSFER_ROWS_MAX) + 1;
    uint32_t slots = (SLOT_COUNT + passes - 1) / passes;
    result r = v->transfer_rows == 0 ? R_DONE : verify_messages(v, see_confirming);
    for (uint32_t from = 0; from < SLOT_COUNT && r == R_DONE && v->transfer_rows > 0;
         from += slots) {
        pass.from = from;
        pass.until = from + slots < SLOT_COUNT ? from + slots : SLOT_COUNT;
        pass.pairs = verify_map_new(PAIR_VALUES);
        pass.forwards = verify_map_new(FORWARD_VALUES);
        r = run_pass(v);
        verify_map_free(pass.pairs);
        verify_map_free(pass.forwards);
    }
    v->transfers = NULL;
    v->again = false;
    return r;
}
