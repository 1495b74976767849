/* Automatic templates in a price: which take part, and which limits or budget leave no room for. */
#ifndef QUAN_APP_PROMOTION_H
#define QUAN_APP_PROMOTION_H

#include "app/order.h"
#include "domain/limit/terms.h"

typedef struct promotion {
    terms of;
    uint32_t version;
} promotion;

/* Those of the merchant that are in force, ascending by id, at most AUTOMATIC_MAX: a merchant has
 * more only where several were made at once. */
size_t promotions_find(app_view *v, const order_ask *ask, promotion out[AUTOMATIC_MAX]);

/* What a use would take. */
typedef struct promotion_use {
    terms of;
    str user, store;
    int64_t discount_minor, units;
} promotion_use;

/* What can be told on a snapshot; the act decides. R_DONE; R_LIMIT_REACHED: by a limit by user;
 * R_BUDGET_EXHAUSTED. Limits by others than the user are not looked at. */
MUST_USE result promotion_room(app_view *v, const promotion_use *use);

#endif
