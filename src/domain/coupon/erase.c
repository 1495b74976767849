/* The moment of an erasure, in the slots of the user and of who had become him: see erase.h.
 *
 * Invariant: a member that names an erasure is called by its pseudonym, and so is its user; nobody
 * else is. An erasure that is open has a due entry at wake_ms, or before. */
#include "domain/coupon/erase.h"

#include "base/hash.h"
#include "domain/coupon/acts.h"
#include "domain/coupon/erase_part.h"
#include "domain/coupon/move.h"
#include "domain/phone/bind.h"

/* ---- pseudonyms ---- */

enum { PSEUDONYM_TRIES_MAX = 1000 * SLOT_COUNT }; /* one in SLOT_COUNT has the slot */

static void put(char *at, uint64_t v)
{
    for (size_t i = 0; i < sizeof(v); i++, v >>= 8)
        at[i] = (char)v;
}

/* Made of `base` and `nth`, in this slot. */
static str pseudonym(uow *u, str base, uint64_t nth, const user *of)
{
    char *name = arena_alloc(uow_memory(u), ERASED_NAME_BYTES);
    name[0] = (char)SLOT_NAME_MARK;
    name[ERASED_NAME_BYTES - 1] = 'e';
    uint64_t seed = hash128_of(base, nth).hi;
    for (uint64_t i = 0; i < PSEUDONYM_TRIES_MAX; i++) {
        hash128 h = hash128_of(base, seed + i);
        put(name + 1, h.hi);
        put(name + 1 + sizeof(h.hi), h.lo);
        if (slot_of_user(of->merchant, (str){name, ERASED_NAME_BYTES}) == of->slot)
            return (str){name, ERASED_NAME_BYTES};
    }
    UNREACHABLE(); /* one in e^1000 */
}

str erase_part_name(uow *u, str base, uint64_t merchant_id, uint64_t move)
{
    return pseudonym(u, base, move, &(user){.slot = id_slot(move), .merchant = merchant_id});
}

/* ---- one member ---- */

typedef struct erase_desk {
    uow *u;
    user *who;
    member *back;
    user_phone *phone; /* NULL: he never had one */
    user_move *move;   /* of a part: by which he went; else NULL */
    bool *ways;        /* [who->moved]: there is a row already */
} erase_desk;

/* Gets of what rename writes. */
static result load(erase_desk *d)
{
    uow *u = d->u;
    d->back = member_get(u, d->who->slot, d->who->member);
    d->phone = user_phone_get(u, d->who->slot, d->who->merchant, d->who->name);
    d->ways = ARENA_ARRAY(uow_memory(u), bool, d->who->moved.n);
    for (size_t i = 0; i < d->who->moved.n; i++)
        d->ways[i] = erasure_get(u, d->who->slot, d->who->moved.items[i].move) != NULL;
    return uow_pending(u) ? R_AGAIN : R_DONE;
}

void erase_leave_way(uow *u, const user *who, uint64_t move)
{
    erasure *way = erasure_new(u, who->slot, move);
    way->merchant = who->merchant;
    way->member = who->member;
    way->state = ERASURE_STATE_WAY;
}

/* Whoever names a move that came here means him. */
static void write_ways(const erase_desk *d)
{
    for (size_t i = 0; i < d->who->moved.n; i++)
        if (!d->ways[i])
            erase_leave_way(d->u, d->who, d->who->moved.items[i].move);
}

/* The user's rows go on under the pseudonym. */
static void rename_user(const erase_desk *d, erasure *row)
{
    uow *u = d->u;
    str base = row->of == 0 ? row->pseudonym : row->to;
    user was = *d->who;
    moved_user *names = ARENA_ARRAY(uow_memory(u), moved_user, was.moved.n);
    for (size_t i = 0; i < was.moved.n; i++) {
        names[i] = was.moved.items[i];
        names[i].name = erase_part_name(u, base, row->merchant, names[i].move);
    }
    write_ways(d);
    if (d->phone != NULL)
        row->untold += phone_forget(u, d->phone, was.member, row->id);
    user_delete(u, d->who);
    user *now = user_new(u, row->slot, row->merchant, row->pseudonym);
    now->member = was.member;
    now->created_at_ms = was.created_at_ms;
    now->move = was.move;
    now->moved.items = names;
    now->moved.n = was.moved.n;
    member_edit(u, d->back);
    d->back->name = row->pseudonym;
    d->back->erasure = row->id;
    if (d->move == NULL)
        return;
    user_move_edit(u, d->move);
    d->move->user = row->pseudonym;
    d->move->to = row->to;
}

static erasure *erasure_begun(uow *u, const user *who)
{
    erasure *row = erasure_new(u, who->slot, uow_next_id(u, who->slot));
    row->merchant = who->merchant;
    row->member = who->member;
    row->user = who->name;
    row->state = ERASURE_STATE_OPEN;
    row->created_at_ms = uow_now(u);
    row->stage = ERASE_MOVES;
    row->round = 1;
    return row;
}

void erase_go_on(uow *u, erasure *row)
{
    erase_step_in in = {.erasure = row->id, .round = row->round};
    uow_send(u, ERASE_STEP_ACT, row->slot, &erase_step_in_record, &in);
    row->wake_ms = uow_now(u) + ERASE_ROUND_MS;
    uow_due(u, (due_name){DUE_KIND_ERASURE, row->id, 0}, row->wake_ms);
}

void erase_wake(uow *u, uint64_t id)
{
    erase_step_in in = {.erasure = id};
    uow_send(u, ERASE_STEP_ACT, id_slot(id), &erase_step_in_record, &in);
}

/* ---- who is asked for ---- */

static result check_texts(uow *u, const erase_in *in)
{
    if (in->user.n < 1 || in->user.n > USER_BYTES_MAX)
        return uow_refuse_field(u, S("user"), S("out_of_range"), "1 to %d bytes", USER_BYTES_MAX);
    if (in->reference.n > ERASE_REFERENCE_MAX)
        return uow_refuse_field(u, S("reference"), S("out_of_range"), "at most %d bytes",
                                ERASE_REFERENCE_MAX);
    return R_DONE;
}

/* He is himself, and nothing is on its way to him. */
static result check_moves(uow *u, const user *who)
{
    result r = move_check(u, who);
    if (r != R_DONE)
        return r;
    for (size_t i = 0; i < who->moved.n; i++)
        if (!who->moved.items[i].over)
            return uow_refuse(u, R_USER_MERGING,
                              "Another user, or a number, is becoming this one.");
    return R_DONE;
}

void erase_ask_part(uow *u, const erasure *row, uint64_t move)
{
    erase_name_in in = {.merchant = row->merchant,
                        .move = move,
                        .of = row->id,
                        .to = row->of == 0 ? row->pseudonym : row->to};
    uow_send(u, ERASE_NAME_ACT, id_slot(move), &erase_name_in_record, &in);
}

static void ask_parts(uow *u, erasure *row, const user *who)
{
    erased_part *parts = ARENA_ARRAY(uow_memory(u), erased_part, who->moved.n);
    for (size_t i = 0; i < who->moved.n; i++) {
        parts[i] = (erased_part){.move = who->moved.items[i].move};
        erase_ask_part(u, row, parts[i].move);
    }
    row->parts.items = parts;
    row->parts.n = who->moved.n;
}

static void forget_guesses(uow *u, guesses_place at, erasure *row)
{
    erase_guesses_in tries = {.hi = at.hi, .lo = at.lo, .erasure = row->id};
    uow_send(u, ERASE_GUESSES_ACT, slot_of_hash(tries.hi), &erase_guesses_in_record, &tries);
    row->untold++;
}

void erase_tell(uow *u, uint64_t erasure_id)
{
    erase_told_in in = {.erasure = erasure_id};
    if (in.erasure != 0)
        uow_send(u, ERASE_TOLD_ACT, id_slot(in.erasure), &erase_told_in_record, &in);
}

result erase_told_decide(uow *u, const void *input, void *output)
{
    const erase_told_in *in = input;
    erasure *row = erasure_get(u, id_slot(in->erasure), in->erasure);
    MAYBE(output);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL || row->untold == 0)
        return R_DONE;
    erasure_edit(u, row);
    row->untold--;
    if (row->untold == 0 && row->stage == ERASE_COUPONS)
        erase_go_on(u, row);
    return R_DONE;
}

result erase_guesses_decide(uow *u, const void *input, void *output)
{
    const erase_guesses_in *in = input;
    code_guesses *row = code_guesses_get(u, slot_of_hash(in->hi), in->hi, in->lo);
    MAYBE(output);
    if (uow_pending(u))
        return R_AGAIN;
    if (row != NULL)
        code_guesses_delete(u, row);
    erase_tell(u, in->erasure);
    return R_DONE;
}

result erase_decide(uow *u, const void *input, void *output)
{
    const erase_in *in = input;
    erase_desk d = {.u = u};
    result r = check_texts(u, in);
    if (r != R_DONE)
        return r;
    d.who = user_get(u, slot_of_user(in->merchant, in->user), in->merchant, in->user);
    if (uow_pending(u))
        return R_AGAIN;
    bool known = d.who != NULL;
    uint32_t names = known ? move_names_mark(d.who) : 0;
    if (known) {
        r = check_moves(u, d.who);
        if (r == R_DONE && in->looked && in->names != names)
            return R_STALE;
        if (r == R_DONE)
            r = load(&d);
        if (r != R_DONE)
            return r;
    }
    user was = known ? *d.who
                     : (user){.slot = slot_of_user(in->merchant, in->user),
                              .merchant = in->merchant,
                              .name = in->user};
    char seed[sizeof(in->hi) + sizeof(in->lo)];
    put(seed, in->hi);
    put(seed + sizeof(in->hi), in->lo);
    erasure *row = erasure_begun(u, &was);
    row->reference = in->reference;
    row->pseudonym = pseudonym(u, (str){seed, sizeof(seed)}, 0, &was);
    ask_parts(u, row, &was);
    if (known)
        rename_user(&d, row);
    if (in->guesses_hi != 0 || in->guesses_lo != 0)
        forget_guesses(u, (guesses_place){in->guesses_hi, in->guesses_lo}, row);
    for (size_t i = 0; i < in->earlier.n; i++)
        forget_guesses(u, in->earlier.items[i], row);
    erase_go_on(u, row);
    *(erase_out *)output = (erase_out){row->id, uow_now(u), known};
    return R_DONE;
}

/* ---- who had become him ---- */

static void tell_over(uow *u, uint64_t of, uint64_t move)
{
    erase_part_in in = {.of = of, .move = move};
    uow_send(u, ERASE_PART_ACT, id_slot(of), &erase_part_in_record, &in);
}

/* Asked again, or by two: who has begun it waits, and any other need not. */
static void tell_state(uow *u, const erasure *row, const erase_name_in *in)
{
    if (row->of != in->of || row->state == ERASURE_STATE_DONE)
        tell_over(u, in->of, in->move);
}

result erase_name_decide(uow *u, const void *input, void *output)
{
    const erase_name_in *in = input;
    uint16_t slot = id_slot(in->move);
    erase_desk d = {.u = u, .move = user_move_get(u, slot, in->move)};
    MAYBE(output);
    if (uow_pending(u))
        return R_AGAIN;
    if (d.move == NULL || d.move->merchant != in->merchant) {
        tell_over(u, in->of, in->move);
        return R_DONE;
    }
    d.who = user_get(u, slot, in->merchant, d.move->user);
    if (uow_pending(u))
        return R_AGAIN;
    CHECK(d.who != NULL && d.who->move == in->move); /* he stays who went by it */
    result r = load(&d);
    if (r != R_DONE)
        return r;
    const erasure *before = d.back->erasure == 0 ? NULL : erasure_get(u, slot, d.back->erasure);
    if (uow_pending(u))
        return R_AGAIN;
    if (before != NULL) {
        tell_state(u, before, in);
        return R_DONE;
    }
    erasure *row = erasure_begun(u, d.who);
    row->of = in->of;
    row->move = in->move;
    row->to = in->to;
    row->pseudonym = erase_part_name(u, in->to, in->merchant, in->move);
    rename_user(&d, row);
    erase_go_on(u, row);
    return R_DONE;
}

result erase_part_decide(uow *u, const void *input, void *output)
{
    const erase_part_in *in = input;
    erasure *row = erasure_get(u, id_slot(in->of), in->of);
    MAYBE(output);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL || row->state != ERASURE_STATE_OPEN)
        return R_DONE;
    erased_part *parts = ARENA_ARRAY(uow_memory(u), erased_part, row->parts.n);
    for (size_t i = 0; i < row->parts.n; i++) {
        parts[i] = row->parts.items[i];
        parts[i].over = parts[i].over || parts[i].move == in->move;
    }
    erasure_edit(u, row);
    row->parts.items = parts;
    erase_go_on(u, row);
    return R_DONE;
}

/* ---- what comes to him ---- */

user *erase_receiver(uow *u, uint64_t merchant_id, str name, uint64_t move)
{
    uint16_t slot = slot_of_user(merchant_id, name);
    user *who = user_get(u, slot, merchant_id, name);
    for (size_t i = 0; who != NULL && i < who->moved.n; i++)
        if (who->moved.items[i].move == move)
            return who;
    if (move == 0 || uow_pending(u))
        return who;
    const erasure *way = erasure_get(u, slot, move);
    const member *his = way == NULL ? NULL : member_get(u, slot, way->member);
    return his == NULL ? NULL : user_get(u, slot, merchant_id, his->name);
}
