/* Automatic templates in a price: which take part. */
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

#endif
