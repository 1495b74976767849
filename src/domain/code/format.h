/* The written form of codes: prefix, body, check character; and what people make of it.
 *
 *   number  0 … code_numbers - 1: serial * SLOT_COUNT + slot, so it names its slot without an index
 *   body    the number, permuted (ff1.h), in digits of the alphabet
 *   code    prefix, body, check character over the body
 *   shown   the code in groups: "AB-7K2M-9QXF"
 *
 * A code is one spelling. What people type is first normalised, by rules that do not depend on the
 * format (case, spaces of any kind, tabs, dashes, full-width characters), then read: characters
 * that look alike are taken for the one that the alphabet has. Pure; knows neither keys nor which
 * codes were issued. */
#ifndef QUAN_DOMAIN_CODE_FORMAT_H
#define QUAN_DOMAIN_CODE_FORMAT_H

#include "base/buf.h"
#include "base/issues.h"
#include "domain/code/ff1.h"

enum {
    CODE_ALPHABET_MIN = 8,
    CODE_ALPHABET_MAX = 36,
    CODE_BODY_MIN = 6,
    CODE_BODY_MAX = 24,
    CODE_PREFIX_MAX = 8,
    CODE_TEXT_MAX = CODE_PREFIX_MAX + CODE_BODY_MAX + 1,
    CODE_SHOWN_MAX = 2 * CODE_TEXT_MAX,
    CODE_TYPED_MAX = 256, /* bytes that people may type for one code */
};

extern const str code_alphabet_digits;    /* 0 … 9 */
extern const str code_alphabet_crockford; /* digits and letters without I, L, O, U */

typedef struct code_form {
    str alphabet;  /* 0-9 and A-Z, each once; the first stands for 0 */
    str prefix;    /* 0-9 and A-Z; may be empty */
    uint8_t body;  /* characters */
    uint8_t group; /* shown in groups of so many, counted from the end of the prefix; 0: in one */
    bool check;
} code_form;

/* Fields "characters", "prefix", "length", "group", "check". A format without issues is usable. */
void code_form_check(const code_form *f, issues *found);
/* Of a new format: no 0 with O, no two of 1, I and L. Field "characters", one issue at most.
 * Formats of before this was asked go on, so code_form_check does not ask. */
void code_alphabet_check(str alphabet, issues *found);
/* How many numbers there are; of each slot code_serials (at least 1). */
ff1_number code_numbers(const code_form *f);
uint64_t code_serials(const code_form *f); /* at most UINT64_MAX / SLOT_COUNT */
ff1_number code_number(uint16_t slot, uint64_t serial);
uint16_t code_slot(ff1_number number);
uint64_t code_serial(ff1_number number);

size_t code_length(const code_form *f); /* of a code: characters */
/* May this character stand at this place of a code, as it is or as a look-alike? */
bool code_may_stand(const code_form *f, size_t at, char c);
/* Can a text be a code of both? Then they are not disjoint and a merchant may not have both. */
bool code_forms_meet(const code_form *a, const code_form *b);

/* The body number, permuted or not, as a code: never more than CODE_TEXT_MAX characters. */
void code_write(const code_form *f, ff1_number body, buf *out);
void code_show(const code_form *f, str code, buf *out); /* in groups */

/* What was typed, in capitals of ASCII without what people put in between; or why it cannot be any
 * code: another character, nothing, or more than CODE_TEXT_MAX characters are left. */
typedef enum code_text_state {
    CODE_TEXT_GOOD,
    CODE_TEXT_EMPTY,
    CODE_TEXT_LONG,
    CODE_TEXT_OTHER
} code_text_state;
MUST_USE code_text_state code_text_of(str typed, buf *out);
/* Are there small letters in what was typed? (CODE_CASE of the policy) */
MUST_USE bool code_has_small(str typed);
/* A normalised text as a code of this format; false when it is none. */
MUST_USE bool code_read(const code_form *f, str normalised, ff1_number *body);

/* Hits a year, in thousandths, of somebody who knows the format and may try so many texts a second,
 * when live codes of it are usable; UINT64_MAX when there are more. */
uint64_t code_hits_milli(const code_form *f, uint64_t live, uint64_t guesses_per_second);

#endif
