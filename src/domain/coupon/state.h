/* The states of coupons and holds, and the only writer of a coupon's state.
 *
 * Coupon, by event:
 *   issued     (new)               -> available
 *   held       available           -> held
 *   released   held                -> available
 *   redeemed   available, held     -> redeemed
 *   returned   redeemed            -> available
 *   expired    available, offered  -> expired
 *   voided     available, offered  -> voided
 *   offered    available           -> offered
 *   transferred        offered     -> transferred       of its receiver, under a new id:
 *   received   (new)               -> available
 *   declined, cancelled, transfer_expired, refused   offered -> available
 * With more than one use: coupon/use.h.
 * Hold:
 *   (new) -> open;  open -> redeemed, released, expired, replaced
 *   expired -> redeemed (late, where a fresh hold would succeed), released (cancelled too late)
 * What a row says may be behind: coupon_state_at and hold_state_at tell what it is now, whether or
 * not the sweep has come by. Reads and acts use them, so both answer the same. */
#ifndef QUAN_DOMAIN_COUPON_STATE_H
#define QUAN_DOMAIN_COUPON_STATE_H

#include "domain/campaign/config.h"
#include "domain/table.gen.h"

/* False when the table has no such step. `from` 0: a new coupon. */
MUST_USE bool coupon_step(uint8_t from, event_kind happening, uint8_t *to);
MUST_USE bool hold_step(uint8_t from, uint8_t to);
/* Redeemed, voided, expired or transferred. */
bool coupon_is_closed(uint8_t state);
/* Available or offered: it expires at its end. */
bool coupon_is_waiting(uint8_t state);

/* What happens to a coupon. version: of the template, that rules it where a hold, a redemption or
 * its uses have pinned one; 0: config_effective. */
typedef struct coupon_event {
    event_kind happening;
    uint64_t ref;
    int64_t amount_minor;
    uint32_t version;
} coupon_event;
/* Changes the state, raises the revision, sets closed and ref, and emits the event. The step is
 * CHECKed: whoever calls has looked. ref: of the event; the row keeps it while it is held or
 * offered, and for ever once it is redeemed or transferred. expires_at_ms must be right before: a
 * coupon that begins to wait gets a due entry. Of one that came from a code it counts what happens
 * for its batch: tally_load_code was before. */
void coupon_move(uow *u, coupon *row, const coupon_event *what);
/* The step of a coupon with more than one use, which use.h decides: `to` is right. Sets no ref. */
void coupon_move_to(uow *u, coupon *row, uint8_t to, const coupon_event *what);
/* The same for a hold; an open one has a due entry. Emits nothing: its coupons do. */
void hold_move(uow *u, hold *row, uint8_t to);

/* When it may first be used: its own date, or earlier where an edit that reached it says so. */
int64_t coupon_begins_at_ms(const config *c, const coupon *row);

typedef struct coupon_now {
    uint8_t state;      /* coupon_state */
    bool not_yet_valid; /* available only */
    bool partly_used;   /* available only: of one with more than one use (use.h) */
    int64_t begins_at_ms, expires_at_ms;
} coupon_now;
/* An available or offered coupon past its end is expired; one whose hold is past its deadline is
 * available (or expired). by: the hold that row->ref names while it is held; NULL where it is not
 * known, then held is held. */
coupon_now coupon_state_at(const config *c, const coupon *row, const hold *by, int64_t now_ms);
uint8_t hold_state_at(const hold *row, int64_t now_ms);

#endif
