/* What codes cost: how many a second one core makes, reads and writes as CSV.
 *
 *   code_bench [codes] [file]
 *
 * Seconds are of the processor, of the one thread that works: what others do on it does not count.
 * For 12 digits and for 12 characters of Crockford base32 by the default scheme, and for 12 digits
 * by an LCG, all with a check character, it prints codes a second of one core: permuted alone (FF1,
 * or the LCG's values), exported (permuted, written and grouped, as the API does it, in memory),
 * and read back one by one, as exchanges do. Given a file, it writes the first batch there before
 * and prints the time and the bytes. It says nothing about HTTP, acts or a disk that is slower than
 * this one. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "app/codes.h"
#include "test/lib/domain_fixture.h"

enum { CODES_DEFAULT = 10000000, PART = 100000, BATCH = 64, READ_MAX = 1000000 };
#define LCG_MODULUS UINT64_C(1000000000000) /* 12 digits */

typedef struct bench {
    fix *shop;
    uint64_t template, codes;
    const config *config;
    const code_format *format;
    const code_batch *batch;
} bench;

static void must(result r)
{
    if (r != R_DONE) {
        fprintf(stderr, "%.*s\n", STR_ARG(result_text(r)));
        exit(1);
    }
}

static int64_t now_ns(clockid_t which)
{
    struct timespec t;
    (void)clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t begin(void)
{
    return now_ns(CLOCK_THREAD_CPUTIME_ID);
}

static double since(int64_t began_ns)
{
    return (double)(begin() - began_ns) / 1e9;
}

static uint64_t put(const bench *b, act_id id, const void *in)
{
    row_out out = {0};
    must(fix_run(b->shop, id, id_slot(b->shop->merchant), in, &out));
    return out.id;
}

typedef struct kind {
    const char *name;
    str alphabet, prefix;
    code_scheme scheme;
} kind;

static void make_batch(bench *b, const kind *of)
{
    lcg g = {0};
    if (of->scheme == CODE_SCHEME_LCG)
        g = codes_lcg_draw(LCG_MODULUS);
    code_format_put_in format = {.scheme = (uint8_t)of->scheme,
                                 .multiplier = g.a,
                                 .increment = g.c,
                                 .merchant = b->shop->merchant,
                                 .name = S("bench"),
                                 .alphabet = of->alphabet,
                                 .length = 12,
                                 .group = 4,
                                 .check = true,
                                 .prefix = of->prefix,
                                 .expected = b->codes,
                                 .reason = S("a bench")};
    must(codes_key_make(b->shop->app, b->shop->merchant, b->shop->memory, &format.sealed));
    code_batch_put_in batch = {.merchant = b->shop->merchant,
                               .fields = CODE_BATCH_NAME,
                               .format = put(b, ACT_ID_code_format_put, &format),
                               .template = b->template,
                               .count = b->codes,
                               .name = S("bench")};
    uint64_t id = put(b, ACT_ID_code_batch_put, &batch);
    b->config = app_config(b->shop->app);
    b->format = config_find_code_format(b->config, batch.format);
    b->batch = config_find_code_batch(b->config, id);
}

/* FF1 alone, over as many numbers. */
static void permute(const bench *b, const char *name)
{
    ff1_number numbers[BATCH], sum = 0;
    arena *memory = arena_new(0);
    aes *key = aes_new(S("sixteen bytes ..")); /* freed below */
    code_cipher *c = code_cipher_new(memory, key, b->format, 0);
    int64_t began = begin();
    for (uint64_t at = 0; at < b->codes; at += BATCH) {
        for (size_t i = 0; i < BATCH; i++)
            numbers[i] = at + i;
        code_cipher_write(c, numbers, BATCH);
        sum += numbers[0];
    }
    printf("%-10s permuted   %6.2f million/s   (%u)\n", name, (double)b->codes / since(began) / 1e6,
           (unsigned)(sum & 7));
    aes_free(key);
    arena_free(memory);
}

static void export_all(const bench *b, const char *name, FILE *to)
{
    buf part;
    uint64_t bytes = 0;
    buf_init(&part, 8 << 20);
    int64_t from_ns = now_ns(CLOCK_MONOTONIC);
    int64_t began = begin();
    for (uint64_t at = 0; at < b->codes; at += PART) {
        uint64_t left = b->codes - at;
        code_run run = {b->format, b->batch->first + at, left < PART ? left : PART, NULL};
        buf_clear(&part);
        must(codes_write(b->shop->app, &run, &part));
        bytes += part.n;
        if (to != NULL && fwrite(part.p, 1, part.n, to) != part.n)
            must(R_IO);
    }
    if (to != NULL && fflush(to) != 0)
        must(R_IO);
    double took = since(began);
    double clock_s = (double)(now_ns(CLOCK_MONOTONIC) - from_ns) / 1e9;
    printf("%-10s %s   %6.2f million/s   %.1f s, by the clock %.1f s; %.0f MB\n", name,
           to == NULL ? "exported" : "to a file", (double)b->codes / took / 1e6, took, clock_s,
           (double)bytes / 1e6);
    buf_free(&part);
}

static void read_back(const bench *b, const char *name)
{
    buf text;
    uint64_t n = b->codes < READ_MAX ? b->codes : READ_MAX, wrong = 0;
    code_run run = {b->format, b->batch->first, n, NULL};
    buf_init(&text, (size_t)64 << 20);
    must(codes_write(b->shop->app, &run, &text));
    str rest = buf_view(&text), line;
    static const guess_rules none;
    code_asker by = {.config = b->config, .merchant = b->shop->merchant};
    guess_ask ask = {.merchant = by.merchant, .tries = 1, .rules = &none};
    guess *tries;
    guess_wait wait;
    must(guess_begin(b->shop->app, &ask, b->shop->memory, &tries, &wait));
    by.guess = tries;
    int64_t began = begin();
    for (uint64_t i = 0; i < n && str_cut(&rest, '\n', &line); i++) {
        code_typed typed;
        must(codes_read(b->shop->app, &by, line, &typed));
        wrong += typed.place != b->batch->first + i;
    }
    guess_end(tries);
    printf("%-10s read back  %6.2f million/s   %llu wrong\n", name, (double)n / since(began) / 1e6,
           (unsigned long long)wrong);
    buf_free(&text);
}

int main(int argc, char **argv)
{
    bench b = {.shop = fix_open((fix_options){.lanes = 1}), .codes = CODES_DEFAULT};
    uint64_t asked = 0;
    if (argc > 1 && str_to_u64(str_of(argv[1]), &asked) && asked > 0 && asked <= CODE_BATCH_MAX)
        b.codes = asked;
    campaign_create_in c = fix_campaign_in(b.shop);
    template_put_in t = fix_template_in(b.shop, fix_campaign(b.shop, &c));
    b.template = fix_template(b.shop, &t);
    const kind kinds[] = {{"digits", code_alphabet_digits, S("D"), CODE_SCHEME_PERMUTED},
                          {"base32", code_alphabet_crockford, S("B"), CODE_SCHEME_PERMUTED},
                          {"lcg", code_alphabet_digits, S("L"), CODE_SCHEME_LCG}};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        make_batch(&b, &kinds[i]);
        FILE *to = argc > 2 && i == 0 ? fopen(argv[2], "we") : NULL;
        if (to != NULL)
            export_all(&b, kinds[i].name, to);
        permute(&b, kinds[i].name);
        export_all(&b, kinds[i].name, NULL);
        read_back(&b, kinds[i].name);
        if (to != NULL)
            (void)fclose(to);
        config_free((config *)(uintptr_t)b.config);
    }
    fix_close(b.shop);
    return 0;
}
