/* Code formats, batches of exchange codes, and the acts on them (app/act.def lists them). All run
 * in the slot of their merchant, so that two of them cannot miss each other.
 *
 * A format numbers its codes: places 0, 1, 2 … over all its prefixes. A batch is a run of places,
 * so making one costs the same for ten codes and for a hundred million, and a code that nobody has
 * exchanged is nowhere. Of each prefix (code_key) the number of a code is its place less
 * key->first; what the scheme of the format makes of it (cipher.h) is the body that people see
 * (format.h). first is a multiple of SLOT_COUNT, so the slot of a code is place % SLOT_COUNT
 * whatever its prefix.
 *
 * A format for coupons has no places: the number behind a code is the id of the coupon, so every
 * coupon of the merchant has a code, without a row and without being asked for one. Such codes are
 * as long as an id needs. A merchant has one such format at most; its newest prefix is shown, and
 * codes of earlier ones stay good.
 *
 * FORMAT_PUT creates a format, or gives one its next prefix. BATCH_PUT creates a batch, of a format
 * or of codes that are going to be imported (import.h), or renames, disables, enables, extends or
 * shortens one, or says its channel: where its codes are given away. Codes of a personal one are
 * for one user each (bind.h). EXPORT only tells that codes leave the server. WORD_PUT creates a
 * code that many may use, or disables, enables, extends or shortens one, or says its channel. A
 * word is normalised (format.h), so it is read as codes are, but without look-alikes; it is not the
 * code of any format of the merchant.
 *   NOT_FOUND          no such merchant, format, batch or template of the merchant
 *   VERSION_MISMATCH
 *   INVALID            of the form (format.h) or the scheme (cipher.h); texts that two formats of
 *                      the merchant could have, or that imported codes could be; name, channel,
 *                      reason, expires_at_ms, count; a batch of a format for coupons; an export
 *                      from behind the end, or of an import
 *   BUSY, STALE        a word that imported codes could be: import.h
 *   TOO_MANY           words, formats of the merchant, or such for coupons; prefixes of a format
 *   CODE_GUESSABLE     the odds are above the bound, or the scheme is predictable, and no reason
 *                      says that this is accepted. The reason of a prefix is good for its batches
 *                      up to as many codes as it expects; one that makes them more, and the odds
 *                      above the bound, has a reason of its own
 *   CODES_EXHAUSTED    the prefix has not so many numbers left
 *   NOT_ISSUABLE       a batch of a template that applies by itself */
#ifndef QUAN_DOMAIN_CODE_CODES_H
#define QUAN_DOMAIN_CODE_CODES_H

#include "base/id.h"
#include "base/result.h"
#include "domain/campaign/config.h"
#include "domain/code/cipher.h"
#include "domain/uow.h"

enum {
    CODE_FORMATS_MAX = 50,        /* of a merchant */
    CODE_KEYS_MAX = 100,          /* prefixes of a format */
    CODE_BATCH_MAX = 1000000000,  /* codes */
    CODE_PERSONAL_MAX = 10000000, /* of a personal batch */
    CODE_EXPORT_MAX = 100000,     /* codes at once */
    CODE_IMPORTS_MAX = 20,        /* of a merchant, with codes and not finished: a scan */
    CODE_WORDS_MAX = 1000,        /* of a merchant: a scan */
    CODE_REASON_BYTES_MAX = 800,
    CODE_CHANNEL_BYTES_MAX = 64,
    CODE_GUESSES_PER_SECOND = 10, /* what the odds are for where an input does not say */
    CODE_HITS_MILLI_MAX = 1000,   /* a year: one hit */
};
#define CODE_PLACES_MAX (UINT64_C(1) << 62)

/* code_batch_put_in.fields */
enum code_batch_field {
    CODE_BATCH_NAME = 1,
    CODE_BATCH_EXPIRES_AT = 2,
    CODE_BATCH_DISABLED = 4,
    CODE_BATCH_CHANNEL = 8,
    CODE_WORD_USER = 16, /* of a word: its user is erased (coupon/erase.h) */
};

/* How codes of this prefix are written; shares the texts. key < f->keys.n. */
code_form code_form_of(const code_format *f, size_t key);
/* Could a text be a code of one of its prefixes and of this form? */
bool code_format_meets(const code_format *f, const code_form *form);
static inline bool code_is_of_coupons(const code_format *f)
{
    return f->purpose == CODE_PURPOSE_COUPON;
}
/* Hits a year in thousandths, with as many good codes as are meant or made, of who guesses blindly,
 * so often: where the format is predictable (cipher.h), nobody needs to. */
uint64_t code_key_odds(const code_format *f, size_t key, uint32_t guesses_per_s);
/* The prefix whose number this place is. f has one. */
size_t code_key_of(const code_format *f, uint64_t place);
static inline uint16_t code_place_slot(uint64_t place)
{
    return (uint16_t)(place % SLOT_COUNT);
}

/* Codes of a batch that somebody may have: of a personal one, those that have their user. */
static inline uint64_t code_batch_made(const code_batch *of)
{
    return of->personal ? of->bound : of->count;
}

/* Every problem of an input by itself. now: the format that gets its next prefix; NULL: a new one.
 */
void code_format_check(const code_format_put_in *in, const code_format *now, issues *found);
/* normal: has room for CODE_TEXT_MAX; the word, normalised, where there is no problem. */
void code_word_check(const code_word_put_in *in, buf *normal, issues *found);
/* Is this normalised text a code of the format? */
bool code_format_reads(const code_format *f, str normal);
void code_batch_check(const code_batch_put_in *in, issues *found);
/* expires_at of batches and words. 0: an edit takes the end away. */
void code_end_check(int64_t expires_at_ms, bool edits, issues *found);
/* Of batches and words; empty is none. */
void code_channel_check(str channel, issues *found);

result code_format_put_decide(uow *u, const void *in, void *out);
result code_batch_put_decide(uow *u, const void *in, void *out);
result code_word_put_decide(uow *u, const void *in, void *out);
result code_export_decide(uow *u, const void *in, void *out);

#endif
