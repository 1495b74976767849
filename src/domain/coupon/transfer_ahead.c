/* What the acts of a transfer will ask for (app/act.h), in the coupon's slot: see transfer.h. */
#include "base/id.h"
#include "domain/coupon/transfer.h"

/* Behind the coupon. */
static void coupon_ahead(uow *u, uint64_t id)
{
    coupon of = {.slot = id_slot(id), .id = id};
    (void)uow_ahead(u, ROW_LINK_OWNER_OF_COUPON, &(member){.slot = of.slot}, &of);
    (void)uow_ahead(u, ROW_LINK_RECEIPT_OF_COUPON, &(received){.slot = of.slot}, &of);
}

/* Behind the transfer. */
static void offer_ahead(uow *u, uint64_t id)
{
    transfer of = {.slot = id_slot(id), .id = id};
    (void)uow_ahead(u, ROW_LINK_OWNER_OF_TRANSFER, &(member){.slot = of.slot}, &of);
    const coupon *row = uow_ahead(u, ROW_LINK_COUPON_OF_TRANSFER, &(coupon){.slot = of.slot}, &of);
    if (row != NULL)
        coupon_ahead(u, row->id);
}

void transfer_offer_ahead(uow *u, const void *input)
{
    const transfer_offer_in *in = input;
    (void)user_get(u, id_slot(in->coupon), in->merchant, in->user);
    coupon_ahead(u, in->coupon);
}

void transfer_try_ahead(uow *u, const void *input)
{
    const transfer_try_in *in = input;
    if (in->transfer != 0) {
        offer_ahead(u, in->transfer);
        return;
    }
    (void)user_get(u, id_slot(in->coupon), in->merchant, in->user);
    coupon_ahead(u, in->coupon);
}

void transfer_end_ahead(uow *u, const void *input)
{
    offer_ahead(u, ((const transfer_end_in *)input)->transfer);
}
