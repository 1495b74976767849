/* Which of several servers works on a lane: the same answer on each of them that sees the same ones
 * alive, without a word between them.
 *
 * Servers are the places 0 … servers - 1 of a list that all have alike. Each lane has an order of
 * preference over all of them, and belongs to the first that is alive. So when one dies its lanes
 * move and no other does, and they come back with it. The orders are the permutations, counted
 * through lane by lane: neighbouring lanes begin with different servers, those of one server go on
 * with different ones. Hence the lanes of two servers never differ by more than one while all are
 * alive, which hashes do not give for few lanes (of two lanes and two servers, one has both half of
 * the time). Pure. */
#ifndef QUAN_BASE_LANE_OWNER_H
#define QUAN_BASE_LANE_OWNER_H

#include <stdint.h>

enum { LANE_OWNERS_MAX = 16 };

/* alive: bit i for server i, at least one of them (CHECKed). servers: 1 … LANE_OWNERS_MAX. */
unsigned lane_owner(uint16_t lane, unsigned servers, uint32_t alive);

#endif
