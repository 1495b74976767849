/* A user's counts: the cells of one usage row (a user's for a campaign, or for the merchant).
 *
 * A cell counts one measure of one owner (a template, or 0 for the whole campaign or merchant) in
 * one period:
 *   ever               one cell
 *   day, week, month   one cell, of the newest number seen; a greater number begins it anew, a
 *                      smaller one (time or a zone went back) counts in it, so nothing re-opens
 *   rolling            one cell an instant; those that left every window are dropped when
 *                      the limit counts again, and beyond USAGE_INSTANTS_MAX the oldest two
 *                      become one with the later instant, so that they count longer, never shorter
 * Cells of a limit begin with it (since_version) and take the place of those of an older one.
 * Claims ever, and redemptions ever of automatic templates, are counted without a limit:
 * since_version 0.
 *
 * Pure functions over the row; who calls them has edited it. Lists are replaced, not written in
 * place. */
#ifndef QUAN_DOMAIN_LIMIT_USAGE_H
#define QUAN_DOMAIN_LIMIT_USAGE_H

#include "domain/table.gen.h"

enum { USAGE_INSTANTS_MAX = 1000 };

typedef struct usage_key {
    uint64_t owner;
    uint8_t measure, period;
    uint32_t since_version; /* 0 for rolling */
} usage_key;

/* The number of the period that `day` (in the merchant's zone) lies in; at_ms for rolling. */
int64_t usage_number(uint8_t period, int32_t day, int64_t at_ms);

/* row may be NULL. */
bool usage_has(const usage *row, const usage_key *key);
/* In the period `number`; not for rolling. */
int64_t usage_count(const usage *row, const usage_key *key, int64_t number);
/* Instants after after_ms. */
int64_t usage_count_after(const usage *row, const usage_key *key, int64_t after_ms);
/* The first of after_ms and the instants after it behind which no more than `most` are. */
int64_t usage_falls_behind(const usage *row, const usage_key *key, int64_t after_ms, int64_t most);

/* Returns the number that the cell counts now, which is what usage_remove takes. */
int64_t usage_add(arena *memory, usage *row, const usage_key *key, int64_t number, int64_t n);
/* Drops the cells of the key whose number is not greater. */
void usage_forget(arena *memory, usage *row, const usage_key *key, int64_t keep_after_ms);
/* Takes n back from the period `number`, as far as the cell still is of that period; the cell
 * stays, down to 0. */
void usage_remove(arena *memory, usage *row, const usage_key *key, int64_t number, int64_t n);

/* ---- counts that go to another user (coupon/move.h) ---- */

enum { USAGE_BACK_ACT = 156 }; /* number of app/act.def: gives back what has gone */

/* In exactly this period, or instant. */
int64_t usage_here(const usage *row, const usage_key *key, int64_t number);
/* Does it count anything? row may be NULL. */
bool usage_counts(const usage *row);
/* All that the row counts leaves it by this move, into `out`: the cells that were not 0, which stay
 * with 0. */
void usage_send(arena *memory, usage *row, const user_move *by, carried_usage *out);
/* Adds cells that come. What counts for a period, or a limit, that is over here already counts no
 * more; a later one begins the count anew. */
void usage_bring(arena *memory, usage *row, const usage_cell *cells, size_t n);
/* So much of what was brought to (n > 0), or has left (n < 0), this row is given back. What is yet
 * to come may be given back already: then a cell is less than its user did, even below 0, or begins
 * so, until it comes. */
void usage_unbring(arena *memory, usage *row, const usage_key *key, int64_t number, int64_t n);
/* So much of what was brought of the key in this period; below 0: has left. */
int64_t usage_brought(const usage *row, const usage_key *key, int64_t number);
/* Did the first coupon, or the first use of an automatic template (owner 0: of the campaign),
 * come from another user, before there was one here? */
bool usage_first_was_brought(const usage *row, uint64_t owner);

#endif
