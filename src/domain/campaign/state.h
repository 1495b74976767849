/* The states of a campaign and what each of them lets happen.
 *
 *   draft -> active <-> paused -> ended            active -> ended as well
 *   disabled from any; back from disabled: to the state before it, or to where that could go
 *
 * paused and ended stop issuing only; disabled also stops new holds and redemptions. A release, a
 * return and the confirmation of a hold already taken are never stopped by a state. An ended
 * campaign never issues again, also not by way of disabled: that is why the row remembers in
 * disabled_from where it was. Nothing goes to the state that it has, and nothing but a draft that
 * was disabled goes back to draft.
 *
 * States are campaign_state of table.def; a number that is none of them allows nothing. */
#ifndef QUAN_DOMAIN_CAMPAIGN_STATE_H
#define QUAN_DOMAIN_CAMPAIGN_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* disabled_from counts only when `from` is disabled. */
bool campaign_may_go(uint8_t from, uint8_t disabled_from, uint8_t to);
/* The state that tells what is still editable: the one before, for a disabled campaign. */
uint8_t campaign_lasting_state(uint8_t state, uint8_t disabled_from);

bool campaign_may_issue(uint8_t state);
bool campaign_may_hold(uint8_t state); /* new holds and direct redemptions */

#endif
