/* The number of a code to what its body spells, and back: by the scheme of the format, under the
 * key of a prefix. Both schemes are one-to-one, so no two codes are alike, and both are computed,
 * so nothing is kept for a code.
 *
 *   permuted  FF1 (ff1.h): nobody without the key can tell one code from others
 *   lcg       a full-period generator (lcg.h) modulo all numbers that the form has, from where the
 *             key says. Its values are leased in blocks of CODE_LCG_BLOCK and each block is
 *             shuffled: numbers of a block are its values in an order that the key decides.
 *             Predictable all the same: lcg_attack_test.c computes the next batch from one. */
#ifndef QUAN_DOMAIN_CODE_CIPHER_H
#define QUAN_DOMAIN_CODE_CIPHER_H

#include "base/issues.h"
#include "domain/code/format.h"
#include "domain/code/lcg.h"
#include "domain/table.gen.h"

/* What is shuffled at a time. Divides SLOT_COUNT, so the numbers of a form are whole blocks. */
enum { CODE_LCG_BLOCK = 1000 };

static inline bool code_is_predictable(const code_format *f)
{
    return f->scheme == CODE_SCHEME_LCG;
}

/* The modulus of an LCG over codes of this form, which has no issues; 0: it is above LCG_M_MAX. */
uint64_t code_lcg_modulus(const code_form *f);
/* The least s with a - 1 a multiple of s in every full-period generator of this modulus. */
uint64_t code_lcg_step(uint64_t modulus);
/* Fields "length", "lcg.multiplier", "lcg.increment": which condition does not hold. */
void code_lcg_check(const code_form *f, uint64_t multiplier, uint64_t increment, issues *found);

/* One thread at a time. */
typedef struct code_cipher code_cipher;
/* Of a prefix, in memory; uses key for as long as it is used. The format was checked when it was
 * made. */
code_cipher *code_cipher_new(arena *memory, aes *key, const code_format *of, size_t at);
/* Each of n numbers, below code_serials * SLOT_COUNT, in place. Runs of numbers cost less each. */
void code_cipher_write(code_cipher *c, ff1_number *numbers, size_t n);
/* Any body of the form; the number may be one that code_cipher_write is never asked for. */
ff1_number code_cipher_read(code_cipher *c, ff1_number body);

#endif
