/* What the halves of erasing a user share: see erase.h. Private to domain/coupon. */
#ifndef QUAN_DOMAIN_COUPON_ERASE_PART_H
#define QUAN_DOMAIN_COUPON_ERASE_PART_H

#include "domain/coupon/erase.h"

/* Of who became him by this move; base: the pseudonym of who was asked for. */
str erase_part_name(uow *u, str base, uint64_t merchant, uint64_t move);
/* Asks for the part; also again. */
void erase_ask_part(uow *u, const erasure *row, uint64_t move);
/* Sends the next step, and a due entry in case that is lost. The row is edited. */
void erase_go_on(uow *u, erasure *row);

#endif
