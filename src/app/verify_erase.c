/* Users who are forgotten (domain/coupon/erase.h): who is called by a pseudonym has an erasure that
 * has done what it says it has, and one that is open goes on.
 *
 * What is on its way is read first: a step that has not come yet may still have something to do. */
#include "app/verify_part.h"
#include "domain/coupon/erase.h"

enum { ON_STEP, ON_DUE, ON_VALUES }; /* of an erasure: messages, due entries */

static int64_t *on_way(const verify *v, uint64_t id)
{
    return verify_map_at(v->erasures, (str){(const char *)&id, sizeof(id)});
}

/* ---- on their way ---- */

static void see_message(verify *v, uint16_t act, str input, bool aside)
{
    MAYBE(aside);
    arena *memory = arena_new(0);
    erase_step_in step = {0};
    if (act == ERASE_STEP_ACT &&
        record_decode(&erase_step_in_record, input, memory, &step) == R_DONE)
        on_way(v, step.erasure)[ON_STEP]++;
    arena_free(memory);
}

static void see_due(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const due_block *b = row;
    for (size_t i = 0; b->kind == DUE_KIND_ERASURE && i < b->entries.n; i++)
        on_way(v, b->entries.items[i].id)[ON_DUE]++;
}

/* ---- what rows say ---- */

static bool has_open_coupon(const verify *v, const erasure *e)
{
    void *found[1];
    coupon from = {.slot = e->slot, .member = e->member, .closed = false};
    uow_range range = {&coupon_table, COUPON_BY_WALLET, &from, 3, false};
    return uow_scan(v->view.rows, &range, ARRAY_LEN(found), found) > 0;
}

/* Of who had become him: his move names neither. */
static bool part_is_over(const verify *v, const erasure *e, uint64_t move)
{
    const user_move *m = user_move_get(v->view.rows, id_slot(move), move);
    return m == NULL || m->merchant != e->merchant ||
           (erase_is_pseudonym(m->user) && erase_is_pseudonym(m->to));
}

static void check_parts(verify *v, const verify_what *w, const erasure *e)
{
    size_t over = 0;
    bool named = false;
    for (size_t i = 0; i < e->parts.n; i++) {
        over += e->parts.items[i].over;
        named = named || (e->parts.items[i].over && !part_is_over(v, e, e->parts.items[i].move));
    }
    verify_must(v, w, "it is over when its parts are",
                e->state != ERASURE_STATE_DONE || over == e->parts.n);
    verify_must(v, w, "no part that is over has a name", !named);
}

static void check_erasure(verify *v, const void *row)
{
    const erasure *e = row;
    verify_what w = {.check = "erasure", .kind = ID_ERASURE, .id = e->id};
    bool nobody = e->member == 0; /* no user had the name */
    const member *m = member_get(v->view.rows, e->slot, e->member);
    const int64_t *way = on_way(v, e->id);
    bool open = e->state == ERASURE_STATE_OPEN, done = e->state == ERASURE_STATE_DONE;
    verify_must(v, &w, "state is known", erasure_state_name(e->state).n > 0);
    if (e->state == ERASURE_STATE_WAY) {
        verify_must(v, &w, "a way leads to a member", m != NULL && m->merchant == e->merchant);
        return;
    }
    verify_must(v, &w, "its member is called by its pseudonym",
                nobody ||
                    (m != NULL && str_eq(m->name, e->pseudonym) && erase_is_pseudonym(m->name)));
    verify_must(v, &w, "its member names it", nobody || (m != NULL && m->erasure == e->id));
    verify_must(v, &w, "it has ended, or not", open == (e->ended_at_ms == 0));
    verify_must(v, &w, "the name is gone behind the first stages",
                (e->stage <= ERASE_CODES && open) == (e->user.n > 0));
    verify_must(v, &w, "it goes on", done || way[ON_STEP] + way[ON_DUE] > 0);
    verify_must(v, &w, "nothing of his can be used",
                !done || e->waiting > 0 || way[ON_STEP] > 0 || !has_open_coupon(v, e));
    verify_must(v, &w, "all it has sent is answered when it is over", open || e->untold == 0);
    check_parts(v, &w, e);
}

result verify_erasures(verify *v)
{
    v->erasures = verify_map_new(ON_VALUES);
    v->again = true;
    result r = verify_messages(v, see_message);
    if (r == R_DONE)
        r = verify_each(v, NULL, &due_block_table, see_due);
    v->again = false;
    if (r == R_DONE)
        r = verify_copied(v, &erasure_table, check_erasure);
    verify_map_free(v->erasures);
    v->erasures = NULL;
    return r;
}
