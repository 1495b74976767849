/* Ids and slots: packing, text and back.
 *
 * Invariants: id_parse(id_write(x)) is x for every x that id_make gives but 0, and no two texts but
 * for case give the same id. Makes no sequence numbers and reads no clock. */
#include "base/id.h"

#include "base/hash.h"

enum { TIME_BITS = 40, SLOT_BITS = 14, SEQUENCE_BITS = 9, CODE_LENGTH = 13 };

_Static_assert(1 + TIME_BITS + SLOT_BITS + SEQUENCE_BITS == 64, "an id is 64 bits");
_Static_assert(SLOT_COUNT <= 1 << SLOT_BITS, "every slot fits its bits");
_Static_assert(ID_SEQUENCE_COUNT == 1 << SEQUENCE_BITS, "every sequence number fits its bits");

#define GRANTED_BIT (UINT64_C(1) << 63)

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

uint64_t id_make(int64_t time_ms, uint16_t slot, uint16_t sequence)
{
    CHECK(time_ms >= ID_EPOCH_MS && time_ms - ID_EPOCH_MS < INT64_C(1) << TIME_BITS);
    CHECK(slot < SLOT_COUNT);
    CHECK(sequence < ID_SEQUENCE_COUNT);
    uint64_t time = (uint64_t)(time_ms - ID_EPOCH_MS);
    return time << (SLOT_BITS + SEQUENCE_BITS) | (uint64_t)slot << SEQUENCE_BITS | sequence;
}

uint16_t id_slot(uint64_t id)
{
    return (uint16_t)(id >> SEQUENCE_BITS & ((UINT64_C(1) << SLOT_BITS) - 1));
}

int64_t id_time_ms(uint64_t id)
{
    uint64_t time = id >> (SLOT_BITS + SEQUENCE_BITS) & ((UINT64_C(1) << TIME_BITS) - 1);
    return ID_EPOCH_MS + (int64_t)time;
}

uint64_t id_order(uint64_t id)
{
    return id & ~(((UINT64_C(1) << SLOT_BITS) - 1) << SEQUENCE_BITS);
}

str id_prefix(id_kind kind)
{
    static const char prefixes[ID_KIND_COUNT][4] = {
        [ID_MERCHANT] = "mer",    [ID_CAMPAIGN] = "cmp",   [ID_TEMPLATE] = "tpl",
        [ID_COUPON] = "cpn",      [ID_HOLD] = "hld",       [ID_REDEMPTION] = "rdm",
        [ID_RETURN] = "ret",      [ID_JOB] = "job",        [ID_EVENT] = "evt",
        [ID_LEDGER] = "led",      [ID_KEY] = "key",        [ID_QUARANTINE] = "qrt",
        [ID_CODE_FORMAT] = "cfm", [ID_CODE_BATCH] = "cbt", [ID_CODE_WORD] = "cwd",
        [ID_TRANSFER] = "trf",    [ID_WEBHOOK] = "whk",    [ID_MOVE] = "mov",
        [ID_ERASURE] = "ers",
    };
    CHECK((unsigned)kind < ID_KIND_COUNT);
    return (str){prefixes[kind], 3};
}

size_t id_text(id_kind kind, uint64_t id, char out[ID_TEXT_MAX])
{
    str prefix = id_prefix(kind);
    _Static_assert(3 + 1 + CODE_LENGTH < ID_TEXT_MAX, "the text and its NUL fit");
    memcpy(out, prefix.p, prefix.n);
    out[prefix.n] = '_';
    char *code = out + prefix.n + 1;
    for (size_t i = CODE_LENGTH; i > 0; i--) {
        code[i - 1] = alphabet[id & 31];
        id >>= 5;
    }
    code[CODE_LENGTH] = '\0';
    return prefix.n + 1 + CODE_LENGTH;
}

void id_write(buf *b, id_kind kind, uint64_t id)
{
    char text[ID_TEXT_MAX];
    buf_add(b, text, id_text(kind, id, text));
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The value of a character, -1 when it is not of the alphabet. */
static int digit_of(char c)
{
    const char *at = c == '\0' ? NULL : strchr(alphabet, lower(c));
    return at == NULL ? -1 : (int)(at - alphabet);
}

bool id_parse(id_kind kind, str s, uint64_t *out)
{
    str prefix = id_prefix(kind);
    if (s.n != prefix.n + 1 + CODE_LENGTH || s.p[prefix.n] != '_')
        return false;
    for (size_t i = 0; i < prefix.n; i++) {
        if (lower(s.p[i]) != prefix.p[i])
            return false;
    }
    uint64_t id = 0;
    for (size_t i = prefix.n + 1; i < s.n; i++) {
        int digit = digit_of(s.p[i]);
        /* 13 characters hold 65 bits: one that would lose its top bit was not written by us. */
        if (digit < 0 || id >> 59 != 0)
            return false;
        id = id << 5 | (uint64_t)digit;
    }
    if (id == 0 || (id & GRANTED_BIT) != 0 || id_slot(id) >= SLOT_COUNT)
        return false;
    *out = id;
    return true;
}

uint16_t slot_of_hash(uint64_t hash)
{
    return (uint16_t)(hash % SLOT_COUNT);
}

uint16_t slot_of_user(uint64_t merchant, str user)
{
    if (user.n > SLOT_NAME_BYTES && (unsigned char)user.p[0] == SLOT_NAME_MARK)
        user.n = SLOT_NAME_BYTES;
    return slot_of_hash(hash64(user, merchant));
}
