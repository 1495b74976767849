/* Codes as people see them, to numbers and back. The keys that permute them are sealed in rows by
 * the server's master key, and are opened here for each use and wiped after it.
 *
 * Without a master key (app_options.code_key) everything here is R_CODE_KEY_MISSING. Any thread. */
#ifndef QUAN_APP_CODES_H
#define QUAN_APP_CODES_H

#include "app/guess.h"
#include "domain/code/codes.h"

/* A new key of this merchant, sealed: for code_format_put_in. */
MUST_USE result codes_key_make(app *a, uint64_t merchant_id, arena *memory, str *sealed);

/* A full-period generator of this modulus (code_lcg_modulus), drawn; not x + c. */
lcg codes_lcg_draw(uint64_t modulus);

/* A text of this merchant's, sealed, and opened again: empty where the server has not the key. */
MUST_USE result codes_seal(app *a, uint64_t merchant_id, str plain, arena *memory, str *sealed);
str codes_open(app *a, uint64_t merchant_id, str sealed, arena *memory);

/* Who has typed something. */
typedef struct code_asker {
    const config *config;
    const guess *guess; /* the proof that his tries are counted */
    uint64_t merchant;
    str user; /* who wants to exchange it; empty: it is not for that, and no word */
    bool may_know;
    int64_t now_ms;
} code_asker;
/* What was typed, as a code of one of the merchant's formats. A word that this user cannot exchange
 * now is none to somebody who may not know, so that it takes the way of any wrong code.
 * format 0: it is none, and never was made; place is of any slot then, so that who tries such codes
 * does not meet one lane only. coupon: the id that a coupon's own code names, which may be of none;
 * else 0. word: likewise, of a word; needs no key. mine: it is for this user alone, who may know
 * why it is refused. */
typedef struct code_typed {
    uint64_t format, place, coupon, word;
    bool mine;
} code_typed;
MUST_USE result codes_read(app *a, const code_asker *by, str typed, code_typed *out);
/* The same for an exchange, where it may be an imported code, too: format is its batch then. That
 * needs no key. Looks at the store for every text that is no word, and there for a personal code of
 * the user, too. */
MUST_USE result codes_read_any(app *a, const code_asker *by, str typed, code_typed *out);
/* Is this word an imported code? parts: for code_word_put_in, which needs the look. */
bool codes_word_is_imported(app_view *v, uint64_t merchant_id, str typed, uint64_t *parts);

/* The codes of n places from `first` on, all of one prefix, in groups, each followed by a line
 * end. */
typedef struct code_run {
    const code_format *of;
    uint64_t first, n;
    const str *users; /* [n] stand behind their codes, as CSV; NULL: nothing does */
} code_run;
MUST_USE result codes_write(app *a, const code_run *run, buf *out);

/* The codes of coupons of this merchant, in groups; empty texts where it has no format for coupons,
 * or the server no key. */
typedef struct coupon_names {
    const config *config;
    uint64_t merchant;
    const uint64_t *ids;
    size_t n;
    arena *memory; /* of the texts */
} coupon_names;
void codes_of_coupons(app *a, const coupon_names *of, str *out);

/* When opening: does the master key open the keys of this format? */
MUST_USE result codes_check(app *a, const code_format *of);

#endif
