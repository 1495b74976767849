/* FF1 by the letter of SP 800-38G, algorithms 7 and 8, with its names: A and B are the halves, of u
 * and v digits; P is the block that tells the parameters, Q tells tweak, round and B.
 *
 * The pseudorandom function is a CBC-MAC over P and Q. All of P and Q but the last block is the
 * same for every number and round, so its MAC is computed once; a round is one block of AES for a
 * number, and a batch of numbers goes through a round together. Round and B always fit the last
 * block, because B has at most 8 bytes; and so does what is taken from it: d <= 12. */
#include "domain/code/ff1.h"

enum { ROUNDS = 10, BATCH = 64, HALF_BYTES_MAX = 8 };

struct ff1 {
    aes *key;
    uint32_t u, v;             /* digits of the halves */
    uint64_t radix_u, radix_v; /* radix ** u, radix ** v */
    size_t b, d;               /* bytes of B, bytes taken from the MAC */
    uint8_t before[AES_BLOCK]; /* MAC of all blocks but the last, XOR the tweak in the last */
    uint8_t blocks[BATCH * AES_BLOCK];
};

/* radix ** digits, 0 when it is 2^63 or more. */
static uint64_t power(uint32_t radix, uint32_t digits)
{
    uint64_t p = 1;
    for (uint32_t i = 0; i < digits; i++) {
        if (p > (UINT64_MAX >> 1) / radix)
            return 0;
        p *= radix;
    }
    return p;
}

ff1_number ff1_numbers(uint32_t radix, uint32_t digits)
{
    if (radix < FF1_RADIX_MIN || radix > FF1_RADIX_MAX || digits < 2 || digits > FF1_DIGITS_MAX)
        return 0;
    uint64_t u = power(radix, digits / 2);
    uint64_t v = power(radix, digits - digits / 2);
    ff1_number all = (ff1_number)u * v;
    return v == 0 || all < FF1_NUMBERS_MIN ? 0 : all;
}

static void put_big_endian(uint8_t *to, uint64_t value, size_t bytes)
{
    for (size_t i = bytes; i > 0; i--) {
        to[i - 1] = (uint8_t)value;
        value >>= 8;
    }
}

static void parameter_block(const ff1 *f, uint32_t radix, size_t tweak, uint8_t p[AES_BLOCK])
{
    p[0] = 1;
    p[1] = 2;
    p[2] = 1;
    put_big_endian(p + 3, radix, 3);
    p[6] = ROUNDS;
    p[7] = (uint8_t)f->u;
    put_big_endian(p + 8, f->u + f->v, 4);
    put_big_endian(p + 12, tweak, 4);
}

/* The MAC over P and the blocks of Q that do not change; what the tweak puts into the last block is
 * in it too. */
static void absorb(ff1 *f, uint32_t radix, str tweak)
{
    uint8_t q[FF1_TWEAK_MAX + 2 * AES_BLOCK] = {0};
    size_t n = (tweak.n + 1 + f->b + AES_BLOCK - 1) / AES_BLOCK * AES_BLOCK;
    if (tweak.n > 0)
        memcpy(q, tweak.p, tweak.n);
    parameter_block(f, radix, tweak.n, f->before);
    for (size_t block = 0; block < n; block += AES_BLOCK) {
        aes_encrypt(f->key, f->before, f->before, 1);
        for (size_t i = 0; i < AES_BLOCK; i++)
            f->before[i] ^= q[block + i];
    }
}

ff1 *ff1_new(arena *memory, aes *key, str tweak, uint32_t radix, uint32_t digits)
{
    if (ff1_numbers(radix, digits) == 0 || tweak.n > FF1_TWEAK_MAX)
        return NULL;
    ff1 *f = ARENA_NEW(memory, ff1);
    f->key = key;
    f->u = digits / 2;
    f->v = digits - f->u;
    f->radix_u = power(radix, f->u);
    f->radix_v = power(radix, f->v);
    while (f->b < HALF_BYTES_MAX && (f->radix_v - 1) >> (8 * f->b) != 0)
        f->b++;
    f->d = 4 * ((f->b + 3) / 4) + 4;
    absorb(f, radix, tweak);
    return f;
}

static uint64_t big_endian(const uint8_t *p, size_t bytes)
{
    uint64_t v = 0;
    for (size_t i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

/* The first d bytes of a block, modulo m. */
static uint64_t reduce(const ff1 *f, const uint8_t *block, uint64_t m)
{
    if (f->d == 8)
        return big_endian(block, 8) % m;
    uint64_t high = big_endian(block, 4);
    uint64_t low = big_endian(block + 4, 8);
    if ((m & (m - 1)) == 0) /* a power of two */
        return low & (m - 1);
    return (uint64_t)(((ff1_number)high << 64 | low) % m);
}

/* Fills blocks with the function of one round for n right halves. */
static void mac(ff1 *f, unsigned round, const uint64_t *right, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        uint8_t *block = f->blocks + k * AES_BLOCK;
        memcpy(block, f->before, AES_BLOCK);
        block[AES_BLOCK - 1 - f->b] ^= (uint8_t)round;
        uint64_t rest = right[k];
        for (size_t i = 0; i < f->b; i++) {
            block[AES_BLOCK - 1 - i] ^= (uint8_t)rest;
            rest >>= 8;
        }
    }
    aes_encrypt(f->key, f->blocks, f->blocks, n);
}

static void swap(uint64_t **a, uint64_t **b)
{
    uint64_t *c = *a;
    *a = *b;
    *b = c;
}

static void split(const ff1 *f, const ff1_number *numbers, size_t n, uint64_t *a, uint64_t *b)
{
    for (size_t k = 0; k < n; k++) {
        CHECK(numbers[k] < (ff1_number)f->radix_u * f->radix_v);
        a[k] = (uint64_t)(numbers[k] / f->radix_v);
        b[k] = (uint64_t)(numbers[k] % f->radix_v);
    }
}

static void join(const ff1 *f, const uint64_t *a, const uint64_t *b, size_t n, ff1_number *numbers)
{
    for (size_t k = 0; k < n; k++)
        numbers[k] = (ff1_number)a[k] * f->radix_v + b[k];
}

void ff1_encrypt(ff1 *f, ff1_number *numbers, size_t n)
{
    uint64_t left[BATCH], right[BATCH];
    for (; n > 0;) {
        size_t batch = n < BATCH ? n : BATCH;
        uint64_t *a = left;
        uint64_t *b = right;
        split(f, numbers, batch, a, b);
        for (unsigned round = 0; round < ROUNDS; round++) {
            uint64_t m = round % 2 == 0 ? f->radix_u : f->radix_v;
            mac(f, round, b, batch);
            for (size_t k = 0; k < batch; k++) {
                uint64_t c = a[k] + reduce(f, f->blocks + k * AES_BLOCK, m); /* below 2^64 */
                a[k] = c >= m ? c - m : c;
            }
            swap(&a, &b);
        }
        join(f, a, b, batch, numbers);
        numbers += batch;
        n -= batch;
    }
}

void ff1_decrypt(ff1 *f, ff1_number *numbers, size_t n)
{
    uint64_t left[BATCH], right[BATCH];
    for (; n > 0;) {
        size_t batch = n < BATCH ? n : BATCH;
        uint64_t *a = left;
        uint64_t *b = right;
        split(f, numbers, batch, a, b);
        for (unsigned round = ROUNDS; round-- > 0;) {
            uint64_t m = round % 2 == 0 ? f->radix_u : f->radix_v;
            swap(&a, &b);
            mac(f, round, b, batch);
            for (size_t k = 0; k < batch; k++) {
                uint64_t y = reduce(f, f->blocks + k * AES_BLOCK, m);
                a[k] = a[k] >= y ? a[k] - y : a[k] + (m - y);
            }
        }
        join(f, a, b, batch, numbers);
        numbers += batch;
        n -= batch;
    }
}
