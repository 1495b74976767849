/* Why the scheme lcg is labelled predictable, and the default is not: what somebody computes who
 * has one exported batch of 12-digit codes and knows how codes are made, but no parameter and no
 * key. The same attack on both schemes; and the statistics that codes of the default pass. */
#include <stdlib.h>

#include "base/test_help.h"
#include "domain/code/codes.h"

enum {
    TRIALS = 10,
    BLOCK = CODE_LCG_BLOCK,
    AHEAD = 3 * BLOCK, /* how far the attacker goes in each direction */
    NEXT = 1000,       /* codes of the batch that is to be told */
    LENGTH = 12,
};
#define M12 UINT64_C(1000000000000)

/* ---- exported batches ---- */

typedef struct maker {
    arena *memory;
    code_key prefix;
    code_format format;
    aes *key;
    code_cipher *cipher;
} maker;

static uint64_t fits(uint64_t a, uint64_t c)
{
    uint64_t factor;
    return lcg_check((lcg){M12, a, c}, &factor) == LCG_FULL;
}

static maker *maker_open(code_scheme scheme, str alphabet, uint64_t seed)
{
    arena *memory = arena_new(0);
    maker *m = ARENA_NEW(memory, maker);
    char key[16];
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (char)next_random(&seed);
    m->memory = memory;
    while (scheme == CODE_SCHEME_LCG && !fits(m->prefix.multiplier, m->prefix.increment)) {
        m->prefix.multiplier = random_below(&seed, M12 / 20) * 20 + 1;
        m->prefix.increment = random_below(&seed, M12);
    }
    m->format = (code_format){.alphabet = alphabet,
                              .length = LENGTH,
                              .group = 4,
                              .check = true,
                              .scheme = (uint8_t)scheme};
    m->format.keys.items = &m->prefix;
    m->format.keys.n = 1;
    m->key = aes_new((str){key, sizeof(key)});
    m->cipher = code_cipher_new(memory, m->key, &m->format, 0);
    return m;
}

static void maker_close(maker *m)
{
    aes_free(m->key);
    arena_free(m->memory);
}

/* The lines of numbers from … from + n - 1, as an export has them. */
static void export_lines(maker *m, uint64_t from, size_t n, buf *lines)
{
    code_form form = code_form_of(&m->format, 0);
    for (size_t i = 0; i < n; i++) {
        ff1_number number = from + i;
        buf text;
        buf_init(&text, CODE_TEXT_MAX);
        code_cipher_write(m->cipher, &number, 1);
        code_write(&form, number, &text);
        code_show(&form, buf_view(&text), lines);
        buf_char(lines, '\n');
        buf_free(&text);
    }
}

/* What anybody reads out of n lines: the first LENGTH digits of each, without dashes. */
static void read_lines(str lines, uint64_t *codes, size_t n)
{
    str line;
    for (size_t i = 0; i < n; i++) {
        size_t digits = 0;
        assert_true(str_cut(&lines, '\n', &line));
        codes[i] = 0;
        for (size_t at = 0; at < line.n && digits < LENGTH; at++) {
            if (line.p[at] == '-')
                continue;
            codes[i] = codes[i] * 10 + (uint64_t)(line.p[at] - '0');
            digits++;
        }
    }
}

/* ---- the attack ---- */

/* a ** -1 modulo 10^12, for a without the factors 2 and 5: Euler's theorem. */
static uint64_t inverse(uint64_t a)
{
    uint64_t power = 1;
    for (uint64_t n = M12 / 5 * 2 - 1; n > 0; n /= 2) { /* phi(10^12) = 4 * 10^11 */
        if (n % 2 != 0)
            power = (uint64_t)((unsigned __int128)power * a % M12);
        a = (uint64_t)((unsigned __int128)a * a % M12);
    }
    return power;
}

/* Codes by their last three digits: of 1,000 consecutive values of a full LCG modulo 10^12 each
 * ending comes once, because it is one modulo 1,000, too. */
typedef struct block {
    uint64_t with[BLOCK]; /* a code with this ending */
    bool has[BLOCK];
    size_t endings;
} block;

static void sort_by_ending(const uint64_t *codes, block *out)
{
    *out = (block){0};
    for (size_t i = 0; i < BLOCK; i++) {
        size_t ending = codes[i] % BLOCK;
        out->endings += !out->has[ending];
        out->has[ending] = true;
        out->with[ending] = codes[i];
    }
}

/* The lines that look most like a block. */
static void find_block(const uint64_t *codes, size_t n, block *best)
{
    sort_by_ending(codes, best);
    for (size_t from = 1; from + BLOCK <= n && best->endings < BLOCK; from++) {
        block b;
        sort_by_ending(codes + from, &b);
        if (b.endings > best->endings)
            *best = b;
    }
}

static uint64_t minus(uint64_t a, uint64_t b)
{
    return a >= b ? a - b : a + (M12 - b);
}

/* Follows the endings of a guessed a and c, and solves four codes in a row for the real ones. */
static bool solve(const block *b, lcg small, lcg *found)
{
    uint64_t x[4], ending = 0;
    for (size_t i = 0; i < 4; i++) {
        if (!b->has[ending])
            return false;
        x[i] = b->with[ending];
        ending = lcg_next(small, ending);
    }
    uint64_t d1 = minus(x[1], x[0]);
    if (d1 % 2 == 0 || d1 % 5 == 0)
        return false;
    uint64_t a = (uint64_t)((unsigned __int128)minus(x[2], x[1]) * inverse(d1) % M12);
    uint64_t c = minus(x[1], (uint64_t)((unsigned __int128)a * x[0] % M12));
    *found = (lcg){M12, a, c};
    return lcg_next(*found, x[2]) == x[3];
}

/* How many of the block are followed by another of it: all but the last; of a generator that is
 * three steps of the right one at once, all but three. */
static size_t followed(const block *b, lcg g)
{
    size_t n = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        uint64_t next = lcg_next(g, b->with[i]);
        n += b->has[next % BLOCK] && b->with[next % BLOCK] == next;
    }
    return n;
}

static bool search_generator(const block *b, lcg *found)
{
    for (uint64_t a = 1; a < BLOCK; a += 20) {
        for (uint64_t c = 1; c < BLOCK; c += 2) {
            if (c % 5 != 0 && solve(b, (lcg){BLOCK, a, c}, found) &&
                followed(b, *found) == BLOCK - 1)
                return true;
        }
    }
    return false;
}

/* The generator that goes back. */
static lcg turned(lcg g)
{
    uint64_t a = inverse(g.a);
    return (lcg){M12, a, minus(0, (uint64_t)((unsigned __int128)a * g.c % M12))};
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* From the lines of n codes: how many of the NEXT codes that come after them are among the 2 *
 * AHEAD that the attacker names, before and behind what he has. */
static size_t told(str lines, size_t n, str next_lines)
{
    static uint64_t codes[4 * BLOCK], next[NEXT];
    block b;
    lcg g;
    size_t hits = 0;
    read_lines(lines, codes, n);
    read_lines(next_lines, next, NEXT);
    qsort(next, NEXT, sizeof(*next), by_value);
    find_block(codes, n, &b);
    if (!search_generator(&b, &g))
        return 0;
    for (int direction = 0; direction < 2; direction++) {
        uint64_t x = b.with[0];
        for (size_t i = 0; i < AHEAD; i++) {
            x = lcg_next(g, x);
            hits += bsearch(&x, next, NEXT, sizeof(*next), by_value) != NULL;
        }
        g = turned(g);
    }
    return hits;
}

/* The merchant exports numbers from … from + n - 1; the NEXT behind them are told, or not. */
static size_t attacked(code_scheme scheme, uint64_t seed, uint64_t from, size_t n)
{
    maker *m = maker_open(scheme, code_alphabet_digits, seed);
    buf lines, next;
    buf_init(&lines, 1 << 20);
    buf_init(&next, 1 << 20);
    export_lines(m, from, n, &lines);
    export_lines(m, from + n, NEXT, &next);
    size_t hits = told(buf_view(&lines), n, buf_view(&next));
    buf_free(&lines);
    buf_free(&next);
    maker_close(m);
    return hits;
}

static void a_batch_of_the_lcg_tells_the_whole_next_one(void **state)
{
    (void)state;
    for (uint64_t trial = 1; trial <= TRIALS; trial++)
        assert_int_equal(attacked(CODE_SCHEME_LCG, 2018 * trial, 0, BLOCK), NEXT);
}

/* Batches begin anywhere within a block: 2,000 codes have a whole one. */
static void so_does_one_that_begins_within_a_block(void **state)
{
    (void)state;
    for (uint64_t trial = 1; trial <= TRIALS; trial++)
        assert_int_equal(attacked(CODE_SCHEME_LCG, 2018 * trial, 97 * trial, 2 * BLOCK), NEXT);
}

static void a_batch_of_the_default_tells_no_code(void **state)
{
    (void)state;
    for (uint64_t trial = 1; trial <= TRIALS; trial++) {
        assert_int_equal(attacked(CODE_SCHEME_PERMUTED, 2018 * trial, 0, BLOCK), 0);
        assert_int_equal(attacked(CODE_SCHEME_PERMUTED, 2018 * trial, 97 * trial, 2 * BLOCK), 0);
    }
}

/* ---- statistics ---- */

enum { SAMPLE = 100000, RADIX_MAX = 36 };

/* Chi-square of one table of counts that should be even, and its degrees of freedom. */
typedef struct chi {
    int64_t value, freedom;
} chi;

typedef struct statistics {
    chi characters;     /* at each place of a code */
    chi neighbours;     /* pairs within a code */
    chi successors;     /* pairs at the same place of two codes in a row */
    int64_t serial_ppm; /* correlation of two codes in a row, as numbers */
} statistics;

typedef uint32_t table_of_pairs[RADIX_MAX * RADIX_MAX];

static void add_table(chi *into, table_of_pairs counts, size_t cells)
{
    int64_t squares = 0, n = 0;
    for (size_t i = 0; i < cells; i++) {
        squares += (int64_t)counts[i] * counts[i];
        n += counts[i];
    }
    into->value += (int64_t)cells * squares / n - n;
    into->freedom += (int64_t)cells - 1;
    memset(counts, 0, sizeof(table_of_pairs));
}

/* digits: SAMPLE rows of LENGTH. */
static void count_pairs(const uint8_t *digits, size_t radix, statistics *out)
{
    static table_of_pairs counts;
    for (size_t at = 0; at < LENGTH; at++) {
        for (size_t i = 0; i < SAMPLE; i++)
            counts[digits[i * LENGTH + at]]++;
        add_table(&out->characters, counts, radix);
        for (size_t i = 0; i + 1 < SAMPLE; i++)
            counts[digits[i * LENGTH + at] * radix + digits[(i + 1) * LENGTH + at]]++;
        add_table(&out->successors, counts, radix * radix);
        if (at + 1 == LENGTH)
            continue;
        for (size_t i = 0; i < SAMPLE; i++)
            counts[digits[i * LENGTH + at] * radix + digits[i * LENGTH + at + 1]]++;
        add_table(&out->neighbours, counts, radix * radix);
    }
}

/* By the first four digits, which are the number but for a ten-thousandth. */
static int64_t serial_ppm(const uint8_t *digits, int64_t radix)
{
    int64_t sum = 0, squares = 0, products = 0, first = 0, before = 0;
    for (size_t i = 0; i < SAMPLE; i++) {
        int64_t x = 0;
        for (size_t at = 0; at < 4; at++)
            x = x * radix + digits[i * LENGTH + at];
        sum += x;
        squares += x * x;
        products += x * before;
        first = i == 0 ? x : first;
        before = x;
    }
    products += first * before; /* the last is followed by the first */
    __int128 mean = (__int128)sum * sum;
    return (int64_t)(((__int128)SAMPLE * products - mean) * 1000000 /
                     ((__int128)SAMPLE * squares - mean));
}

static statistics statistics_of(code_scheme scheme, str alphabet)
{
    static uint8_t digits[SAMPLE * LENGTH];
    statistics out = {0};
    maker *m = maker_open(scheme, alphabet, 20180101);
    for (size_t i = 0; i < SAMPLE; i++) {
        ff1_number body = i;
        code_cipher_write(m->cipher, &body, 1);
        for (size_t at = LENGTH; at > 0; at--) {
            digits[i * LENGTH + at - 1] = (uint8_t)(body % alphabet.n);
            body /= alphabet.n;
        }
    }
    maker_close(m);
    count_pairs(digits, alphabet.n, &out);
    out.serial_ppm = serial_ppm(digits, (int64_t)alphabet.n);
    return out;
}

/* Within five standard deviations, which are the root of twice the degrees of freedom. */
static bool as_chance_has_it(chi c)
{
    int64_t off = c.value - c.freedom;
    return off * off <= 25 * 2 * c.freedom;
}

static void the_default_is_as_even_as_chance(void **state)
{
    (void)state;
    const str alphabets[] = {code_alphabet_digits, code_alphabet_crockford};
    for (size_t i = 0; i < ARRAY_LEN(alphabets); i++) {
        statistics s = statistics_of(CODE_SCHEME_PERMUTED, alphabets[i]);
        assert_true(as_chance_has_it(s.characters));
        assert_true(as_chance_has_it(s.neighbours));
        assert_true(as_chance_has_it(s.successors));
        assert_in_range(s.serial_ppm + 15811, 0, 2 * 15811); /* five times 1 / sqrt(SAMPLE) */
    }
}

/* The shuffle hides the order, not what a block is made of: its last digits are far too even. */
static void the_lcg_is_not(void **state)
{
    (void)state;
    statistics s = statistics_of(CODE_SCHEME_LCG, code_alphabet_digits);
    assert_false(as_chance_has_it(s.neighbours));
    assert_true(s.neighbours.value < s.neighbours.freedom);
    assert_true(as_chance_has_it(s.successors)); /* this is what shuffling is good for */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_of_the_lcg_tells_the_whole_next_one),
        cmocka_unit_test(so_does_one_that_begins_within_a_block),
        cmocka_unit_test(a_batch_of_the_default_tells_no_code),
        cmocka_unit_test(the_default_is_as_even_as_chance),
        cmocka_unit_test(the_lcg_is_not),
    };
    return cmocka_run_group_tests_name("domain/code/lcg_attack", tests, NULL, NULL);
}
