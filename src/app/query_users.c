/* See query_users.h. */
#include "app/query_users.h"

#include "base/id.h"
#include "domain/coupon/move.h"

bool query_user(app_view *v, uint64_t of_merchant, str name, user_seen *out)
{
    *out =
        (user_seen){.row = user_get(v->rows, slot_of_user(of_merchant, name), of_merchant, name)};
    if (out->row == NULL)
        return false;
    if (out->row->move != 0)
        out->move = user_move_get(v->rows, out->row->slot, out->row->move);
    return true;
}

/* One hop, and as many more as names are about to learn of a later merge. */
str query_user_now(app_view *v, uint64_t of_merchant, str name)
{
    user_seen seen;
    for (size_t hop = 0; hop < MOVED_USERS_MAX; hop++) {
        if (!query_user(v, of_merchant, name, &seen) || seen.move == NULL ||
            seen.move->state != MOVE_STATE_DONE)
            return name;
        name = seen.move->to;
    }
    return name;
}

bool query_name_is_his(const user *row, const moved_user *name)
{
    bool his = name->over;
    for (size_t i = 0; i < row->moved.n && his && name->by != 0; i++)
        his = row->moved.items[i].move != name->by || row->moved.items[i].over;
    return his;
}

const user_move *query_move(app_view *v, uint64_t of_merchant, uint64_t id)
{
    const user_move *row = user_move_get(v->rows, id_slot(id), id);
    return row == NULL || row->merchant != of_merchant ? NULL : row;
}

result query_user_may(app_view *v, uint64_t of_merchant, str name, str *to)
{
    user_seen seen;
    if (!query_user(v, of_merchant, name, &seen) || seen.move == NULL)
        return R_DONE;
    if (seen.move->state != MOVE_STATE_DONE)
        return R_USER_MERGING;
    *to = seen.move->to;
    return R_USER_MERGED;
}

const erasure *query_erasure(app_view *v, uint64_t of_merchant, uint64_t id)
{
    const erasure *row = erasure_get(v->rows, id_slot(id), id);
    bool asked = row != NULL && row->state != ERASURE_STATE_WAY && row->of == 0;
    return !asked || row->merchant != of_merchant ? NULL : row;
}
