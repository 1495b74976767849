/* Ids: 64 bits that name their slot, written as a prefix and 13 Crockford base32 characters
 * ("cpn_0f3k…").
 *
 *   0 | time 40 | slot 14 | sequence 9      a row; time is ms since ID_EPOCH_MS
 *   1 | grant 31 | member 32                a coupon granted by set (later)
 *
 * A slot is one of SLOT_COUNT logical shards, fixed for ever: hash(merchant, user) mod SLOT_COUNT.
 * 0 is no id: it stands for "none" in memory, and id_parse refuses it. */
#ifndef QUAN_BASE_ID_H
#define QUAN_BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum { SLOT_COUNT = 10000, ID_SEQUENCE_COUNT = 512, ID_TEXT_MAX = 24 };
/* 2016-01-01, before any data that a replay brings; good until 2050. */
#define ID_EPOCH_MS INT64_C(1451606400000)

typedef enum id_kind {
    ID_MERCHANT,
    ID_CAMPAIGN,
    ID_TEMPLATE,
    ID_COUPON,
    ID_HOLD,
    ID_REDEMPTION,
    ID_RETURN,
    ID_JOB,
    ID_EVENT,
    ID_LEDGER,
    ID_KEY,
    ID_QUARANTINE,
    ID_CODE_FORMAT,
    ID_CODE_BATCH,
    ID_CODE_WORD,
    ID_TRANSFER,
    ID_WEBHOOK,
    ID_MOVE,
    ID_ERASURE,
    ID_KIND_COUNT
} id_kind;

/* CHECKs time_ms in [ID_EPOCH_MS, ID_EPOCH_MS + 2^40), slot < SLOT_COUNT and sequence <
 * ID_SEQUENCE_COUNT. Ids of one slot and sequence ascend with time. */
uint64_t id_make(int64_t time_ms, uint16_t slot, uint16_t sequence);
uint16_t id_slot(uint64_t id); /* < SLOT_COUNT for every id that id_make or id_parse gave */
int64_t id_time_ms(uint64_t id);
/* The same of slot 0: what a lane draws ascends by it, whatever the slots (lane_head.id_last). */
uint64_t id_order(uint64_t id);
str id_prefix(id_kind kind);                      /* "cpn" */
void id_write(buf *b, id_kind kind, uint64_t id); /* cpn_0… */
/* The same into out, with a NUL behind it; returns the length without the NUL. */
size_t id_text(id_kind kind, uint64_t id, char out[ID_TEXT_MAX]);
/* What id_write wrote for this kind and no other spelling, but case-insensitive: none of
 * Crockford's aliases (o, i, l). False, and *out left alone, for 0, for a slot that does not exist
 * and for the granted form, which nothing writes yet. */
MUST_USE bool id_parse(id_kind kind, str s, uint64_t *out);
enum {
    SLOT_NAME_MARK = 0xff, /* a byte that is in no text */
    SLOT_NAME_BYTES = 17,  /* of a name that begins with it, what its slot goes by */
};
uint16_t slot_of_user(uint64_t merchant, str user);
uint16_t slot_of_hash(uint64_t hash); /* for rows whose home is not a user */

#endif
