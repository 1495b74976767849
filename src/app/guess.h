/* Tries of codes: whoever hands over a code that somebody has typed begins some here, and ends them
 * when he knows which of the codes were good. codes_read (codes.h) asks for the proof.
 *
 * What has failed is in rows (domain/code/guess.h): nothing of it is remembered here, so a restart
 * changes nothing. Here is only what is under way, of this process. A try is counted here until it
 * has ended, and a failed one until its row is durable: whoever comes meanwhile finds it here or
 * there, sometimes in both, so that he may be refused although one more would fit, but never let
 * in although none does.
 *
 * A failed try is told to its caller only after it was counted (guess_fail). When that cannot be,
 * he is told so, and nothing about the code.
 *
 * Any thread. */
#ifndef QUAN_APP_GUESS_H
#define QUAN_APP_GUESS_H

#include "app/app.h"
#include "base/hash.h"
#include "domain/code/guess.h"

enum {
    GUESS_UNDER_WAY_MAX = 65536, /* users, addresses and merchants with tries under way */
    GUESS_NAME_MAX = 64,         /* bytes of a user or an address */
};

/* Of each guesser (table.def); most 0: no bound. */
typedef struct guess_rules {
    guess_bounds of[GUESSER_COUNT];
} guess_rules;

typedef struct guess_ask {
    uint64_t merchant;
    str user, address;        /* empty: not known, so not counted */
    bool may_know;            /* why codes are refused: the merchant's bound is not for him */
    uint32_t tries;           /* codes */
    const guess_rules *rules; /* lives as long */
} guess_ask;

typedef struct guess guess;
typedef struct guess_wait {
    int64_t ms; /* until it may be asked again */
    guesser who;
} guess_wait;
/* R_DONE: *out is to be ended, once, and is in `memory`. R_CODE_THROTTLED: *wait says how long.
 * R_BUSY: GUESS_UNDER_WAY_MAX. R_IO, R_CORRUPT: a row could not be read. */
MUST_USE result guess_begin(app *a, const guess_ask *ask, arena *memory, guess **out,
                            guess_wait *wait);
/* All that have not failed were good, or have told nothing. */
void guess_end(guess *g);

/* Counts failed ones: `done` is called once, on any thread, with R_DONE when that is durable. key:
 * of the request; a repeat of the same one, of the same body, is not counted again. Then end. */
typedef struct guess_failure {
    uint32_t tries;
    str key;       /* empty: it has none */
    uint64_t body; /* hash */
    void (*done)(void *context, result r);
    void *context;
} guess_failure;
void guess_fail(guess *g, const guess_failure *f);

/* What names the row of a guesser of this merchant. name: empty for the merchant itself. */
hash128 guess_hash(const config_merchant *of, guesser who, str name);

#endif
