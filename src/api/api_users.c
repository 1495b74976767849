/* Users: who one is, two of them becoming one, and forgetting one. */
#include "api/call.h"
#include "app/query_users.h"
#include "domain/code/codes.h"
#include "domain/coupon/erase.h"
#include "domain/coupon/move.h"
#include "domain/phone/holder.h"
#include "port/random.h"

/* ---- showing ---- */

/* Neither a number's nor that of who is erased. */
static bool is_shown(str name)
{
    return !phone_is_holder(name) && !erase_is_pseudonym(name);
}

void api_user_get(api_call *c)
{
    const wire_user_get_parameters *p = c->parameters;
    app_view v;
    user_seen seen;
    wire_user_shown shown = {0};
    if (!call_view_of_user(c, p->user, &v))
        return;
    str name = query_user_now(&v, c->who.merchant, p->user);
    bool found = query_user(&v, c->who.merchant, name, &seen);
    if (found) {
        shown = (wire_user_shown){.user = seen.row->name,
                                  .created_at = seen.row->created_at_ms,
                                  .has_move = seen.move != NULL,
                                  .move = seen.row->move};
        shown.was.items = ARENA_ARRAY(c->memory, str, seen.row->moved.n);
        for (size_t i = 0; i < seen.row->moved.n; i++)
            if (query_name_is_his(seen.row, &seen.row->moved.items[i]) &&
                is_shown(seen.row->moved.items[i].name))
                shown.was.items[shown.was.n++] = seen.row->moved.items[i].name;
    }
    call_view_answer(c, &v, found ? R_DONE : R_NOT_FOUND, &wire_user_shown_type, &shown);
}

void api_move_get(api_call *c)
{
    const wire_move_get_parameters *p = c->parameters;
    app_view v;
    wire_move shown = {0};
    if (!call_view_of(c, id_slot(p->move), &v))
        return;
    const user_move *row = query_move(&v, c->who.merchant, p->move);
    if (row != NULL)
        shown = (wire_move){.id = row->id,
                            .state = (move_state)row->state,
                            .reason = (move_reason)row->reason,
                            .has_user = is_shown(row->user),
                            .user = row->user,
                            .has_into = row->to.n > 0 && is_shown(row->to),
                            .into = row->to,
                            .moved = (int64_t)row->moved,
                            .waiting = row->waiting,
                            .created_at = row->created_at_ms,
                            .has_ended_at = row->ended_at_ms != 0,
                            .ended_at = row->ended_at_ms,
                            .has_refused_with = row->state == MOVE_STATE_REFUSED,
                            .refused_with = result_code((result)row->result)};
    call_view_answer(c, &v, row != NULL ? R_DONE : R_NOT_FOUND, &wire_move_type, &shown);
}

/* ---- merging ---- */

static void begun(api_call *c)
{
    const move_begin_out *out = c->act.out;
    const move_begin_in *in = c->act.in;
    wire_move_begun shown = {.id = out->move,
                             .state = (move_state)out->state,
                             .user = in->user,
                             .into = in->to,
                             .created_at = out->at_ms};
    call_answer(c, 202, &wire_move_begun_type, &shown);
}

/* Names mean exactly these users: who is another one already cannot become a third by his old name,
 * and nobody becomes him. */
void api_user_merge(api_call *c)
{
    const wire_user_merge_parameters *p = c->parameters;
    const wire_user_merge *b = c->body;
    move_begin_in *in = ARENA_NEW(c->memory, move_begin_in);
    *in = (move_begin_in){
        .merchant = c->who.merchant, .user = p->user, .to = b->into, .reason = MOVE_REASON_MERGE};
    call_act(c, &(act_ask){.id = ACT_ID_move_begin,
                           .slot = slot_of_user(in->merchant, in->user),
                           .subject = in->user,
                           .in = in,
                           .then = begun});
}

/* ---- forgetting ---- */

static void erased(api_call *c)
{
    const erase_out *out = c->act.out;
    wire_erasure_begun shown = {.id = out->erasure,
                                .state = ERASURE_STATE_OPEN,
                                .known = out->known,
                                .created_at = out->at_ms};
    call_answer(c, 202, &wire_erasure_begun_type, &shown);
}

typedef struct erase_plan {
    erase_in in;
    uint64_t words[CODE_WORDS_MAX]; /* that he alone may exchange, by any of his names */
    size_t n, done;
    char nobody[ERASED_NAME_BYTES]; /* whose they are then */
} erase_plan;

static bool is_one_of(const user_seen *of, str asked, str name)
{
    bool is = str_eq(asked, name);
    for (size_t i = 0; of->row != NULL && i < of->row->moved.n && !is; i++)
        is = str_eq(of->row->moved.items[i].name, name);
    return is;
}

static guesses_place tries_by(const config_merchant *of, str name)
{
    hash128 tries = guess_hash(of, GUESSER_USER, name);
    return (guesses_place){tries.hi, tries.lo};
}

static void name_tries(api_call *c, const user_seen *seen, erase_plan *plan)
{
    const config_merchant *of = config_find_merchant(call_config(c), c->who.merchant);
    size_t n = seen->row == NULL ? 0 : seen->row->moved.n;
    plan->in.earlier.items = ARENA_ARRAY(c->memory, guesses_place, n);
    plan->in.earlier.n = n;
    for (size_t i = 0; i < n; i++)
        plan->in.earlier.items[i] = tries_by(of, seen->row->moved.items[i].name);
}

/* What he has that is not by his member: no words, where the act is going to refuse; should it not
 * any more, that is stale. False: the call has ended. */
static bool find_his(api_call *c, erase_plan *plan)
{
    app_view v;
    user_seen seen;
    const code_word **all = ARENA_ARRAY(c->memory, const code_word *, CODE_WORDS_MAX);
    if (!call_view_of_user(c, plan->in.user, &v))
        return false;
    bool known = query_user(&v, c->who.merchant, plan->in.user, &seen), moves = known && seen.move;
    for (size_t i = 0; known && i < seen.row->moved.n; i++)
        moves = moves || !seen.row->moved.items[i].over;
    size_t n =
        moves ? 0 : config_code_words(call_config(c), c->who.merchant, 0, CODE_WORDS_MAX, all);
    for (size_t i = 0; i < n; i++)
        if (all[i]->user.n > 0 && is_one_of(&seen, plan->in.user, all[i]->user))
            plan->words[plan->n++] = all[i]->id;
    name_tries(c, &seen, plan);
    uint32_t mark = known ? move_names_mark(seen.row) : 0;
    plan->in.looked = true;
    plan->in.names = moves ? ~mark : mark;
    return call_view_end(c, &v);
}

static void erase_next(api_call *c);

/* Somebody has become him in between: what is his is another's words, too. */
static void erase_again(api_call *c)
{
    enum { TRIES = 8 };
    erase_plan *plan = c->state;
    plan->n = plan->done = 0;
    if (c->tries++ == TRIES)
        call_refuse(c, R_USER_MERGING, S(""));
    else if (find_his(c, plan))
        erase_next(c);
}

/* One word after the other, and then himself. Words are the configuration's, which a message cannot
 * change: a repeat of a request that was cut off between finds the others. */
static void erase_next(api_call *c)
{
    erase_plan *plan = c->state;
    if (plan->done == plan->n) {
        call_act(c, &(act_ask){.id = ACT_ID_erase,
                               .slot = slot_of_user(plan->in.merchant, plan->in.user),
                               .subject = plan->in.user,
                               .in = &plan->in,
                               .then = erased,
                               .stale = erase_again});
        return;
    }
    code_word_put_in *in = ARENA_NEW(c->memory, code_word_put_in);
    *in = (code_word_put_in){.merchant = c->who.merchant,
                             .id = plan->words[plan->done++],
                             .fields = CODE_WORD_USER,
                             .user = {plan->nobody, sizeof(plan->nobody)}};
    call_step(c,
              &(act_ask){.id = ACT_ID_code_word_put,
                         .slot = id_slot(in->merchant),
                         .in = in,
                         .then = erase_next},
              false);
}

/* Exactly this user: who is another one by now has to be named so. */
void api_user_erase(api_call *c)
{
    const wire_user_erase_parameters *p = c->parameters;
    const wire_user_erase *b = c->body;
    const config_merchant *of = config_find_merchant(call_config(c), c->who.merchant);
    guesses_place tries = tries_by(of, p->user);
    erase_plan *plan = ARENA_NEW(c->memory, erase_plan);
    plan->in = (erase_in){.merchant = c->who.merchant,
                          .user = p->user,
                          .reference = b->reference,
                          .hi = random_u64(),
                          .lo = random_u64(),
                          .guesses_hi = tries.hi,
                          .guesses_lo = tries.lo};
    random_bytes(plan->nobody, sizeof(plan->nobody));
    plan->nobody[0] = (char)SLOT_NAME_MARK;
    c->state = plan;
    if (find_his(c, plan))
        erase_next(c);
}

void api_erasure_get(api_call *c)
{
    const wire_erasure_get_parameters *p = c->parameters;
    app_view v;
    wire_erasure shown = {0};
    if (!call_view_of(c, id_slot(p->erasure), &v))
        return;
    const erasure *row = query_erasure(&v, c->who.merchant, p->erasure);
    if (row != NULL)
        shown = (wire_erasure){.id = row->id,
                               .state = (erasure_state)row->state,
                               .known = row->member != 0,
                               .has_reference = row->reference.n > 0,
                               .reference = row->reference,
                               .voided = (int64_t)row->voided,
                               .waiting = row->waiting,
                               .names = 1 + (int64_t)row->parts.n,
                               .created_at = row->created_at_ms,
                               .has_ended_at = row->ended_at_ms != 0,
                               .ended_at = row->ended_at_ms};
    call_view_answer(c, &v, row != NULL ? R_DONE : R_NOT_FOUND, &wire_erasure_type, &shown);
}
