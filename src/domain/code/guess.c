/* See guess.h. */
#include "domain/code/guess.h"

#include "base/id.h"

enum { UNDER_WAY_MS = MS_SECOND }; /* they end when they end: to be asked again then */

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Time in which what has failed is forgotten. */
static int64_t filled_ms(const code_guesses *row, int64_t now_ms)
{
    return row == NULL ? 0 : larger(row->clear_at_ms - now_ms, 0);
}

int64_t guess_wait_ms(const code_guesses *row, const guess_bounds *b, guess_tries t, int64_t now_ms)
{
    if (row != NULL && row->locked_until_ms > now_ms)
        return row->locked_until_ms - now_ms;
    int64_t room_ms = b->most * b->each_ms;
    int64_t wanted_ms = smaller(t.wanted, b->most) * b->each_ms;
    int64_t over_ms = filled_ms(row, now_ms) + wanted_ms - room_ms;
    if (over_ms > 0)
        return over_ms;
    /* Not multiplied: there may be many under way. */
    return t.under_way > -over_ms / b->each_ms ? UNDER_WAY_MS : 0;
}

/* 1, 2, 4 … times the first, up to the longest. */
static int64_t nth_lock_ms(const guess_bounds *b, uint32_t n)
{
    int64_t ms = b->lock_ms;
    for (uint32_t i = 1; i < n && ms < b->lock_max_ms; i++)
        ms *= 2;
    return smaller(ms, larger(b->lock_max_ms, b->lock_ms));
}

static void lock(code_guesses *row, const guess_bounds *b, int64_t now_ms)
{
    bool calm = row->locks == 0 || now_ms >= row->locked_until_ms + b->calm_ms;
    row->locks = calm ? 1 : row->locks + 1;
    row->locked_until_ms = now_ms + nth_lock_ms(b, row->locks);
}

bool guess_count(code_guesses *row, const guess_bounds *b, int64_t n, int64_t now_ms)
{
    int64_t room_ms = b->most * b->each_ms;
    int64_t full_ms = filled_ms(row, now_ms) + n * b->each_ms; /* over the brim, of a list */
    bool locks = full_ms + b->each_ms > room_ms && row->locked_until_ms <= now_ms;
    row->tries += n;
    row->clear_at_ms = now_ms + full_ms;
    if (locks)
        lock(row, b, now_ms);
    int64_t calm_at_ms = row->locks == 0 ? 0 : row->locked_until_ms + b->calm_ms;
    row->over_at_ms = larger(row->clear_at_ms, calm_at_ms);
    return locks;
}

/* ---- the acts ---- */

static void tell(uow *u, event_kind kind, const code_guesses *row)
{
    guesser_locked *who = ARENA_NEW(uow_memory(u), guesser_locked);
    *who = (guesser_locked){.guesser = row->guesser,
                            .tries = row->tries,
                            .until_ms = row->locked_until_ms,
                            .hi = row->hi,
                            .lo = row->lo,
                            .row = row->id};
    event e = {.kind = (uint8_t)kind, .at_ms = uow_now(u), .merchant = row->merchant};
    e.locked.items = who;
    e.locked.n = 1;
    uow_event(u, &e);
}

static void look_again(uow *u, code_guesses *row, int64_t at_ms)
{
    row->due_at_ms = at_ms;
    uow_due(u, (due_name){DUE_KIND_GUESSES, row->hi, row->lo}, at_ms);
}

result code_guesses_add_decide(uow *u, const void *input, void *output)
{
    const code_guesses_add_in *in = input;
    code_guesses_add_out *out = output;
    guess_bounds b = {in->most, in->each_ms, in->lock_ms, in->lock_max_ms, in->calm_ms};
    uint16_t slot = slot_of_hash(in->hi);
    code_guesses *row = code_guesses_get(u, slot, in->hi, in->lo);
    if (uow_pending(u))
        return R_AGAIN;
    if (b.most <= 0 || b.each_ms <= 0 || in->tries <= 0)
        return uow_refuse(u, R_INVALID, "tries and bounds are at least 1");
    bool fresh = row == NULL;
    if (fresh) {
        row = code_guesses_new(u, slot, in->hi, in->lo);
        row->merchant = in->merchant;
        row->guesser = in->guesser;
        row->name = in->name;
        row->id = uow_next_id(u, slot);
    } else {
        code_guesses_edit(u, row);
    }
    out->locked = guess_count(row, &b, in->tries, uow_now(u));
    if (fresh)
        look_again(u, row, row->over_at_ms);
    bool longer = row->locks == 1 || nth_lock_ms(&b, row->locks) > nth_lock_ms(&b, row->locks - 1);
    if (out->locked && longer)
        tell(u, EVENT_KIND_CODE_GUESSING_LOCKED, row);
    return R_DONE;
}

/* The row stays until the sweep comes: it says whom events of before are of. */
static void forget(uow *u, code_guesses *row)
{
    code_guesses_edit(u, row);
    row->tries = row->clear_at_ms = row->locked_until_ms = 0;
    row->locks = 0;
}

result code_guesses_lift_decide(uow *u, const void *input, void *output)
{
    const code_guesses_lift_in *in = input;
    code_guesses_lift_out *out = output;
    code_guesses *row = code_guesses_get(u, slot_of_hash(in->hi), in->hi, in->lo);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL || row->tries == 0 || row->over_at_ms <= uow_now(u))
        return uow_refuse(u, R_NOT_FOUND, "No failed tries are kept.");
    *out = (code_guesses_lift_out){row->tries, row->locks, row->locked_until_ms};
    if (row->locked_until_ms > uow_now(u))
        tell(u, EVENT_KIND_CODE_GUESSING_UNLOCKED, row);
    forget(u, row);
    return R_DONE;
}

void guess_sweep(uow *u, code_guesses *row)
{
    if (row->due_at_ms > uow_now(u))
        return;
    if (row->over_at_ms <= uow_now(u)) {
        code_guesses_delete(u, row);
        return;
    }
    code_guesses_edit(u, row);
    look_again(u, row, row->over_at_ms);
}
