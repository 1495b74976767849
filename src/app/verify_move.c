/* Users whose things have gone to another (domain/coupon/move.h): each side against the other, and
 * what is on its way between them.
 *
 * Counts: what a move has brought here it has taken there, so over all users and messages there is
 * nothing. That each user's counts are what he did plus what was brought, verify_usage.c sees. */
#include "app/query_users.h"
#include "app/verify_part.h"
#include "domain/coupon/move.h"
#include "domain/limit/usage.h"

typedef struct brought_key {
    uint64_t campaign, owner;
    int64_t number;
    uint32_t since_version;
    uint8_t measure, period;
} brought_key;

static void add(verify *v, uint64_t campaign_id, const usage_cell *cell, int64_t n)
{
    brought_key k;
    memset(&k, 0, sizeof(k)); /* the padding is part of the key */
    k.campaign = campaign_id;
    k.owner = cell->owner;
    k.number = cell->number;
    k.since_version = cell->since_version;
    k.measure = cell->measure;
    k.period = cell->period;
    *verify_map_at(v->brought, (str){(const char *)&k, sizeof(k)}) += n;
}

void verify_brought(verify *v, const usage *row)
{
    for (size_t i = 0; i < row->brought.n; i++) {
        const brought_cell *b = &row->brought.items[i];
        usage_cell cell = {b->owner, b->measure, b->period, b->number, 0, b->since_version};
        add(v, row->campaign, &cell, b->n);
    }
}

/* ---- on their way ---- */

static int64_t *end_at(const verify *v, uint64_t move)
{
    return verify_map_at(v->ends, (str){(const char *)&move, sizeof(move)});
}

static void see_message(verify *v, uint16_t act, str input, bool aside)
{
    MAYBE(aside);
    arena *memory = arena_new(0);
    move_take_in take;
    usage_back_in back;
    move_end_in end;
    if (act == MOVE_END_ACT && record_decode(&move_end_in_record, input, memory, &end) == R_DONE)
        *end_at(v, end.move) += 1;
    if (act == MOVE_TAKE_ACT && record_decode(&move_take_in_record, input, memory, &take) == R_DONE)
        for (size_t i = 0; i < take.usages.n; i++)
            for (size_t k = 0; k < take.usages.items[i].cells.n; k++)
                add(v, take.usages.items[i].campaign, &take.usages.items[i].cells.items[k],
                    take.usages.items[i].cells.items[k].n);
    if (act == USAGE_BACK_ACT &&
        record_decode(&usage_back_in_record, input, memory, &back) == R_DONE) {
        usage_cell cell = {back.owner, back.measure,      back.period, back.number,
                           0,          back.since_version};
        add(v, back.campaign, &cell, -back.n);
    }
    arena_free(memory);
}

/* ---- moves and names ---- */

static const moved_user *entry_of(const user *who, uint64_t move)
{
    for (size_t i = 0; who != NULL && i < who->moved.n; i++)
        if (who->moved.items[i].move == move)
            return &who->moved.items[i];
    return NULL;
}

/* Whom it is for, or who he was before he was erased: does he know of it? */
static bool is_expected(verify *v, const verify_what *w, const user_move *m)
{
    user_seen to;
    str now = query_user_now(&v->view, m->merchant, m->to);
    const moved_user *entry =
        query_user(&v->view, m->merchant, now, &to) ? entry_of(to.row, m->id) : NULL;
    if (entry != NULL) {
        verify_must(v, w, "the one whom it is for hears of its end",
                    m->state != MOVE_STATE_DONE || entry->over || *end_at(v, m->id) > 0);
        return true;
    }
    const erasure *way = erasure_get(v->view.rows, slot_of_user(m->merchant, m->to), m->id);
    return way != NULL && way->state == ERASURE_STATE_WAY;
}

/* The one whose it was names it, but for a refused one, whose user may be erased since; and while
 * something may come, and after a merge, whoever it is for knows. */
static void check_move(verify *v, const void *row)
{
    const user_move *m = row;
    verify_what w = {.check = "move", .kind = ID_MOVE, .id = m->id};
    user_seen whose;
    bool open = m->state == MOVE_STATE_ASKING || m->state == MOVE_STATE_MOVING;
    bool done = m->state == MOVE_STATE_DONE, merged = done && m->reason == MOVE_REASON_MERGE;
    bool known = query_user(&v->view, m->merchant, m->user, &whose);
    verify_must(v, &w, "state and reason are known",
                move_state_name(m->state).n > 0 && move_reason_name(m->reason).n > 0);
    verify_must(v, &w, "its user is there", known || m->state == MOVE_STATE_REFUSED);
    verify_must(v, &w, "it has ended, or not", open == (m->ended_at_ms == 0));
    if (known)
        verify_must(v, &w, "its user names it", (whose.row->move == m->id) == (open || done));
    if (m->state == MOVE_STATE_MOVING || merged)
        verify_must(v, &w, "the one whom it is for knows of it", is_expected(v, &w, m));
}

result verify_moves(verify *v)
{
    v->ends = verify_map_new(1);
    result r = verify_messages(v, see_message);
    if (r == R_DONE)
        r = verify_copied(v, &user_move_table, check_move);
    verify_map_free(v->ends);
    v->ends = NULL;
    for (size_t i = 0; i < verify_map_count(v->brought); i++) {
        str key;
        int64_t n = *verify_map_item(v->brought, i, &key);
        brought_key k;
        memcpy(&k, key.p, sizeof(k));
        char text[96];
        size_t used = id_text(ID_CAMPAIGN, k.campaign, text);
        (void)id_text(ID_TEMPLATE, k.owner, text + used);
        verify_what w = {.check = "move", .subject = {text, used + strlen(text + used)}};
        verify_number(v, &w, "counts that moves have brought beyond those that they took", 0, n);
    }
    return r;
}
