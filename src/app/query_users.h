/* Users: who one is now, and what he has become. */
#ifndef QUAN_APP_QUERY_USERS_H
#define QUAN_APP_QUERY_USERS_H

#include "app/app.h"

/* Who a name stands for: after a merge (domain/coupon/move.h) the user that he has become; else
 * himself, known or not. */
str query_user_now(app_view *v, uint64_t of_merchant, str name);

/* May something new be done for him (coupon/move.h)? R_DONE, R_USER_MERGING, R_USER_MERGED: *to is
 * who he is. */
result query_user_may(app_view *v, uint64_t of_merchant, str name, str *to);

typedef struct user_seen {
    const user *row;
    const user_move *move; /* that takes, or took, all that he has to another; NULL: none */
} user_seen;
/* By exactly this name. False when this merchant has no such user. */
MUST_USE bool query_user(app_view *v, uint64_t of_merchant, str name, user_seen *out);

/* Is a name of row->moved his by now: has it gone to him, and he with whom it came along, too? */
bool query_name_is_his(const user *row, const moved_user *name);

/* NULL when this merchant has no such move. */
const user_move *query_move(app_view *v, uint64_t of_merchant, uint64_t id);

/* One that was asked for: not of who had become him. NULL when this merchant has no such. */
const erasure *query_erasure(app_view *v, uint64_t of_merchant, uint64_t id);

#endif
