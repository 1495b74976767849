/* Coupons of the model that went to other users, and offers: see model.h. */
#ifndef QUAN_TEST_MODEL_TRANSFER_H
#define QUAN_TEST_MODEL_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"

enum { MODEL_THINGS_MAX = 4096 }; /* coupons, offers, holds, redemptions: each */

typedef struct model_transfers {
    uint32_t from[MODEL_THINGS_MAX]; /* number and 1 of what a coupon was before; 0: issued */
    bool gone[MODEL_THINGS_MAX];     /* coupons: it is another one now */
    bool carried[MODEL_THINGS_MAX];  /* … that came with all that its user had */
    bool closed[MODEL_THINGS_MAX];   /* … as it was looked at last */
    uint64_t ids[MODEL_THINGS_MAX];  /* offers; of which coupon, for whom (and 1; 0: any) */
    uint32_t count, coupon[MODEL_THINGS_MAX], to[MODEL_THINGS_MAX];
} model_transfers;

struct model;
struct model_side;
struct model_step;

void model_fill_transfer(struct model *m, const struct model_side *s, struct model_step *step);
MUST_USE bool model_transfers_sound(struct model_side *s, app_view *v, buf *why);

#endif
