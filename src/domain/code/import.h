/* Codes that a merchant brings himself: an import is a batch (codes.h) whose codes come as the
 * lines of an upload (upload.h).
 *
 * Each code has a row at hash(merchant, code), so one text is one code of a merchant for ever. It
 * is read as words are: in any case, with spaces and dashes, but without look-alikes, since a
 * partner's codes may have both 0 and O. Behind the row it is a code of the batch like any other:
 * format is the batch and place its line times SLOT_COUNT, plus the slot; exchange.h does the rest.
 *
 * A part takes three steps, each an act:
 *   PART      in the merchant's slot: the part begins. Its attempt is in the configuration, and so
 *             refuses what an earlier attempt still has on its way
 *   PLACE     in the lanes of the codes, any number at once: their rows. A line that has its row
 *             already is accepted again, so an attempt may end anywhere
 *   PART_END  in the merchant's slot: the part is in, with its answer
 * IMPORT_END finishes: only then is any of the codes good. Or it cancels: chains of messages
 * (UNPLACE) take the rows out, slot by slot, and tell (UNPLACED) how far they are. They look into
 * the slots only that the parts have noted, at all codes of the merchant there: an index by import
 * would make each code a third larger for good. Finishing without a part that nobody sends any more
 * takes out what that has placed, likewise; until it is out it is no code (code_batch.until_line).
 * A row that is to be taken out is nobody's: PLACE of
 * another import takes it over, once its lane knows of the end, and tells a cancelled one that it
 * is out. The end is published before it is answered, so who knows of it is never refused a text.
 *
 * No text is two things. Imported codes against each other: their row. Against formats: a line that
 * could be a code of a format is refused where the formats are known, in PLACE; a format that could
 * have one of the imported texts (shape.h: what they look like is noted before any has its row) is
 * refused. Against words: PLACE looks for the word; a word that fits what imported codes look like
 * needs a look for the row first, and that no part has begun since (code_word_put_in.parts).
 * Formats and words are published before they are answered, and a part begins behind them, so PLACE
 * knows every one that has not seen the part.
 *
 *   NOT_FOUND    no such batch of the merchant, or it is not imported
 *   NOT_EDITABLE finishing what is cancelled, cancelling what is finished
 *   BUSY         a part is coming in: finishing, for UPLOAD_OPEN_MS
 *   TOO_MANY     imports with codes that are not finished
 *   and what upload.h tells. Finishing and cancelling again is done. */
#ifndef QUAN_DOMAIN_CODE_IMPORT_H
#define QUAN_DOMAIN_CODE_IMPORT_H

#include "base/hash.h"
#include "domain/code/codes.h"
#include "domain/code/shape.h"
#include "domain/code/upload.h"

enum {
    CODE_PLACE_MAX = 500,       /* lines of one act: a lane is not held up */
    CODE_UNPLACE_MAX = 200,     /* rows looked at by one act */
    CODE_UNPLACE_CHAINS = 16,   /* each takes the slots in steps of so many */
    CODE_UNPLACE_TELLS = 10000, /* rows that a chain takes out before it tells */
    CODE_UNPLACE_ACT = 104,     /* numbers of app/act.def: what the domain sends */
    CODE_UNPLACED_ACT = 105,
};

/* Stored: never changes. */
static inline uint16_t imported_code_slot(uint64_t merchant_id, str normal)
{
    return slot_of_hash(hash64(normal, merchant_id));
}
static inline uint64_t imported_code_place(const imported_code *row)
{
    return row->line * SLOT_COUNT + row->slot;
}

result code_part_decide(uow *u, const void *in, void *out);
result code_place_decide(uow *u, const void *in, void *out);
result code_part_end_decide(uow *u, const void *in, void *out);
result code_import_end_decide(uow *u, const void *in, void *out);
result code_unplace_decide(uow *u, const void *in, void *out);
result code_unplaced_decide(uow *u, const void *in, void *out);

/* ---- for the acts on formats, batches and words: gets, so look whether rows are pending ---- */
/* What imported codes of the merchant look like, finished or not. How many; all of them. */
enum { CODE_SHAPES_MAX = CODE_IMPORTS_MAX + 1 };
size_t code_shapes(uow *u, uint64_t merchant_id, void **rows);
/* R_DONE: the word is no imported code, as looked for when so many parts had begun. STALE: look
 * again. */
MUST_USE result code_shapes_allow_word(uow *u, uint64_t merchant_id, str normal, uint64_t parts);

#endif
