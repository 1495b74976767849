/* See cipher.h. */
#include "domain/code/cipher.h"

#include "domain/code/codes.h"

struct code_cipher {
    ff1 *permute; /* NULL: an LCG, and what follows */
    aes *key;
    lcg generator;
    uint64_t start;
    uint32_t radix;
    arena *memory;
    uint64_t block, *values; /* of this block, shuffled; NULL: of none yet */
};

/* ---- parameters ---- */

uint64_t code_lcg_modulus(const code_form *f)
{
    ff1_number all = code_numbers(f);
    return all > LCG_M_MAX ? 0 : (uint64_t)all;
}

uint64_t code_lcg_step(uint64_t modulus)
{
    uint64_t factor, step = 1;
    while (step < modulus - 1 && lcg_check((lcg){modulus, step + 1, 1}, &factor) != LCG_FULL)
        step++;
    return step;
}

static uint64_t smallest_prime_of(uint64_t n)
{
    uint64_t p = 2;
    while (n % p != 0)
        p++;
    return p;
}

static void add_range(const lcg *g, issues *found)
{
    if (g->a < 1 || g->a >= g->m)
        issues_add(found, S("lcg.multiplier"), S("out_of_range"), "1 to %llu",
                   (unsigned long long)g->m - 1);
    if (g->c >= g->m)
        issues_add(found, S("lcg.increment"), S("out_of_range"), "0 to %llu",
                   (unsigned long long)g->m - 1);
}

void code_lcg_check(const code_form *f, uint64_t multiplier, uint64_t increment, issues *found)
{
    lcg g = {code_lcg_modulus(f), multiplier, increment};
    uint64_t factor;
    if (g.m == 0) {
        issues_add(found, S("length"), S("out_of_range"),
                   "less: with the scheme lcg, characters to the power of length is at most 2^63");
        return;
    }
    switch (lcg_check(g, &factor)) {
    case LCG_FULL:
        return;
    case LCG_RANGE:
        add_range(&g, found);
        return;
    case LCG_INCREMENT:
        issues_add(found, S("lcg.increment"), S("not_allowed"),
                   "increment and modulus %llu must have no common factor (Hull-Dobell 1); %llu "
                   "divides both",
                   (unsigned long long)g.m, (unsigned long long)smallest_prime_of(factor));
        return;
    case LCG_PRIMES:
        issues_add(found, S("lcg.multiplier"), S("not_allowed"),
                   "every prime factor of the modulus %llu must divide multiplier - 1 (Hull-Dobell "
                   "2); %llu does not",
                   (unsigned long long)g.m, (unsigned long long)smallest_prime_of(factor));
        return;
    case LCG_FOUR:
        issues_add(found, S("lcg.multiplier"), S("not_allowed"),
                   "4 divides the modulus %llu, so it must divide multiplier - 1 (Hull-Dobell 3)",
                   (unsigned long long)g.m);
        return;
    }
}

/* ---- the scheme lcg ---- */

enum { OF_START = 0, OF_BLOCK = 1 };

/* 16 bytes that the key makes of what they are for, as a number. */
static ff1_number derived(aes *key, uint8_t what, uint64_t of)
{
    uint8_t bytes[AES_BLOCK] = {what};
    ff1_number n = 0;
    for (size_t i = 0; i < sizeof(of); i++)
        bytes[AES_BLOCK - 1 - i] = (uint8_t)(of >> 8 * i);
    aes_encrypt(key, bytes, bytes, 1);
    for (size_t i = 0; i < AES_BLOCK; i++)
        n = n << 8 | bytes[i];
    return n;
}

static void shuffle(const code_cipher *c, uint64_t block, uint64_t values[CODE_LCG_BLOCK])
{
    lcg_shuffle(values, CODE_LCG_BLOCK, (uint64_t)derived(c->key, OF_BLOCK, block));
}

static void fill(code_cipher *c, uint64_t block)
{
    uint64_t x = lcg_skip(c->generator, c->start, block * CODE_LCG_BLOCK);
    if (c->values == NULL)
        c->values = ARENA_ARRAY(c->memory, uint64_t, CODE_LCG_BLOCK);
    for (size_t i = 0; i < CODE_LCG_BLOCK; i++) {
        c->values[i] = x;
        x = lcg_next(c->generator, x);
    }
    shuffle(c, block, c->values);
    c->block = block;
}

static ff1_number value_of(code_cipher *c, uint64_t number)
{
    uint64_t block = number / CODE_LCG_BLOCK;
    CHECK(number < c->generator.m);
    if (c->values == NULL || c->block != block)
        fill(c, block);
    return c->values[number % CODE_LCG_BLOCK];
}

static ff1_number number_of(const code_cipher *c, uint64_t value)
{
    uint64_t order[CODE_LCG_BLOCK];
    uint64_t index = lcg_index(c->generator, c->start, value, c->radix);
    uint64_t block = index / CODE_LCG_BLOCK;
    size_t at = 0;
    for (uint64_t i = 0; i < CODE_LCG_BLOCK; i++)
        order[i] = i;
    shuffle(c, block, order);
    while (order[at] != index % CODE_LCG_BLOCK)
        at++;
    return (ff1_number)block * CODE_LCG_BLOCK + at;
}

/* ---- both ---- */

code_cipher *code_cipher_new(arena *memory, aes *key, const code_format *of, size_t at)
{
    code_cipher *c = ARENA_NEW(memory, code_cipher);
    code_form form = code_form_of(of, at);
    c->radix = (uint32_t)form.alphabet.n;
    if (!code_is_predictable(of)) {
        c->permute = ff1_new(memory, key, S(""), c->radix, form.body);
        CHECK(c->permute != NULL);
        return c;
    }
    c->memory = memory;
    c->key = key;
    c->generator =
        (lcg){code_lcg_modulus(&form), of->keys.items[at].multiplier, of->keys.items[at].increment};
    uint64_t factor;
    CHECK(lcg_check(c->generator, &factor) == LCG_FULL);
    c->start = (uint64_t)(derived(key, OF_START, 0) % c->generator.m);
    return c;
}

void code_cipher_write(code_cipher *c, ff1_number *numbers, size_t n)
{
    if (c->permute != NULL) {
        ff1_encrypt(c->permute, numbers, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        numbers[i] = value_of(c, (uint64_t)numbers[i]);
}

ff1_number code_cipher_read(code_cipher *c, ff1_number body)
{
    if (c->permute == NULL)
        return number_of(c, (uint64_t)body);
    ff1_decrypt(c->permute, &body, 1);
    return body;
}
