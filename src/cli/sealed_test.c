/* Sealed files: what was put in comes out, and nothing else ever opens. */
#include "cli/sealed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PASSPHRASE S("correct horse battery")
enum { TEXT_MAX = 4 * SEALED_CHUNK, WHY_MAX = 4096, ROOM = TEXT_MAX + 4096 };
static const secret_cost cheap = {.passes = 1, .memory_kib = 8};
static const size_t sealed_chunk = SEALED_CHUNK + SECRET_STREAM_EXTRA;

typedef struct file {
    char bytes[ROOM];
    size_t n;
} file;

static void fill(char *text, size_t n)
{
    uint32_t x = 1;
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525 + 1013904223;
        text[i] = (char)(x >> 24);
    }
}

/* In pieces of a size that chunks are no multiple of. */
static file *seal(str text, str passphrase)
{
    file *f = calloc(1, sizeof *f);
    arena *memory = arena_new(0);
    FILE *to = tmpfile();
    assert_non_null(f);
    assert_non_null(to);
    sealed_writer *w = sealed_begin(memory, to, passphrase, cheap);
    assert_non_null(w);
    for (size_t at = 0, piece = 10007; at < text.n; at += piece) {
        size_t n = text.n - at < piece ? text.n - at : piece;
        assert_true(sealed_put(w, (str){text.p + at, n}));
    }
    assert_true(sealed_end(w, true));
    rewind(to);
    f->n = fread(f->bytes, 1, ROOM, to);
    assert_true(f->n < ROOM);
    fclose(to);
    arena_free(memory);
    return f;
}

static bool take(void *context, str text, buf *why)
{
    (void)why;
    buf_str(context, text);
    return true;
}

/* What opening these bytes comes to; the text and the sentence go to got and why. */
static result opened(const file *f, str passphrase, buf *got, buf *why)
{
    buf_clear(got);
    buf_clear(why);
    FILE *from = f->n == 0 ? tmpfile() : fmemopen((void *)(uintptr_t)f->bytes, f->n, "rb");
    assert_non_null(from);
    result r = sealed_open(from, passphrase, take, got, why);
    fclose(from);
    return r;
}

static void refused(const file *f, str passphrase, result wanted, const char *sentence)
{
    buf got, why;
    buf_init(&got, ROOM);
    buf_init(&why, WHY_MAX);
    assert_int_equal(opened(f, passphrase, &got, &why), wanted);
    assert_true(str_eq(buf_view(&why), str_of(sentence)));
    buf_free(&got);
    buf_free(&why);
}

static void what_is_sealed_opens_at_every_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {
        0, 1, SEALED_CHUNK - 1, SEALED_CHUNK, SEALED_CHUNK + 1, 3 * SEALED_CHUNK, 200001};
    char *text = malloc(TEXT_MAX);
    assert_non_null(text);
    fill(text, TEXT_MAX);
    buf got, why;
    buf_init(&got, ROOM);
    buf_init(&why, WHY_MAX);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        file *f = seal((str){text, sizes[i]}, PASSPHRASE);
        size_t chunks = sizes[i] == 0 ? 1 : (sizes[i] + SEALED_CHUNK - 1) / SEALED_CHUNK;
        assert_int_equal(f->n, SEALED_HEAD + sizes[i] + chunks * SECRET_STREAM_EXTRA);
        assert_int_equal(opened(f, PASSPHRASE, &got, &why), R_DONE);
        assert_true(str_eq(buf_view(&got), (str){text, sizes[i]}));
        free(f);
    }
    buf_free(&got);
    buf_free(&why);
    free(text);
}

static void no_two_files_are_alike(void **state)
{
    (void)state;
    file *a = seal(S("code\n"), PASSPHRASE), *b = seal(S("code\n"), PASSPHRASE);
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->bytes, b->bytes, 24); /* up to the salt */
    assert_memory_not_equal(a->bytes + 24, b->bytes + 24, SECRET_SALT_BYTES);
    assert_memory_not_equal(a->bytes + SEALED_HEAD, b->bytes + SEALED_HEAD, 5);
    free(a);
    free(b);
}

static void another_passphrase_opens_nothing(void **state)
{
    (void)state;
    file *f = seal(S("code\nA\n"), PASSPHRASE);
    refused(f, S("correct horse batterz"), R_CORRUPT,
            "the passphrase is another one, or it was changed");
    refused(f, S(""), R_CORRUPT, "the passphrase is another one, or it was changed");
    free(f);
}

static void no_bit_can_be_changed(void **state)
{
    (void)state;
    char text[300];
    fill(text, sizeof text);
    file *f = seal((str){text, sizeof text}, PASSPHRASE);
    buf got, why;
    buf_init(&got, ROOM);
    buf_init(&why, WHY_MAX);
    for (size_t i = 0; i < f->n; i++) {
        if (i >= 12 && i < 20)
            continue; /* the cost: its own test, or each try takes a gigabyte */
        f->bytes[i] = (char)(f->bytes[i] ^ 1 << i % 8);
        assert_int_not_equal(opened(f, PASSPHRASE, &got, &why), R_DONE);
        assert_int_equal(got.n, 0);
        assert_true(why.n > 0);
        f->bytes[i] = (char)(f->bytes[i] ^ 1 << i % 8);
    }
    assert_int_equal(opened(f, PASSPHRASE, &got, &why), R_DONE);
    buf_free(&got);
    buf_free(&why);
    free(f);
}

static void a_cost_is_part_of_what_is_sealed(void **state)
{
    (void)state;
    file *f = seal(S("code\n"), PASSPHRASE);
    f->bytes[15] = 2; /* passes */
    refused(f, PASSPHRASE, R_CORRUPT, "the passphrase is another one, or it was changed");
    f->bytes[15] = 0;
    refused(f, PASSPHRASE, R_CORRUPT, "its head was changed");
    f->bytes[15] = SECRET_PASSES_MAX + 1;
    refused(f, PASSPHRASE, R_CORRUPT, "its head was changed");
    f->bytes[15] = 1;
    f->bytes[16] = 1; /* 16 GiB */
    refused(f, PASSPHRASE, R_CORRUPT, "its head was changed");
    free(f);
}

static void a_file_that_was_cut_off_is_told(void **state)
{
    (void)state;
    char *text = malloc(3 * SEALED_CHUNK);
    assert_non_null(text);
    fill(text, 3 * SEALED_CHUNK);
    file *f = seal((str){text, 3 * SEALED_CHUNK}, PASSPHRASE);
    const size_t whole = f->n;
    f->n = SEALED_HEAD + 2 * sealed_chunk; /* at the end of a chunk */
    refused(f, PASSPHRASE, R_CORRUPT, "it was cut off");
    f->n = whole - 1;
    refused(f, PASSPHRASE, R_CORRUPT, "it was changed or cut off");
    f->n = SEALED_HEAD + sealed_chunk + 5;
    refused(f, PASSPHRASE, R_CORRUPT, "it was changed or cut off");
    f->n = SEALED_HEAD;
    refused(f, PASSPHRASE, R_CORRUPT, "it was cut off");
    f->n = SEALED_HEAD - 1;
    refused(f, PASSPHRASE, R_CORRUPT, "it was cut off");
    f->n = 0;
    refused(f, PASSPHRASE, R_INVALID, "it is no file that was sealed with a passphrase");
    f->n = whole + 1;
    refused(f, PASSPHRASE, R_CORRUPT, "something was put behind its end");
    free(f);
    free(text);
}

static void chunks_keep_their_order_and_file(void **state)
{
    (void)state;
    char *text = malloc(4 * SEALED_CHUNK), *swap = malloc(sealed_chunk);
    assert_non_null(text);
    assert_non_null(swap);
    fill(text, 4 * SEALED_CHUNK);
    file *f = seal((str){text, 4 * SEALED_CHUNK}, PASSPHRASE);
    file *g = seal((str){text, 4 * SEALED_CHUNK}, PASSPHRASE);
    char *second = f->bytes + SEALED_HEAD + sealed_chunk, *third = second + sealed_chunk;
    memcpy(swap, second, sealed_chunk);
    memcpy(second, third, sealed_chunk);
    memcpy(third, swap, sealed_chunk);
    refused(f, PASSPHRASE, R_CORRUPT, "it was changed or cut off");
    memcpy(second, swap, sealed_chunk); /* the second twice */
    refused(f, PASSPHRASE, R_CORRUPT, "it was changed or cut off");
    memcpy(third, g->bytes + SEALED_HEAD + 2 * sealed_chunk, sealed_chunk); /* of another file */
    refused(f, PASSPHRASE, R_CORRUPT, "it was changed or cut off");
    free(f);
    free(g);
    free(swap);
    free(text);
}

static void another_version_is_told(void **state)
{
    (void)state;
    file *f = seal(S("code\n"), PASSPHRASE);
    f->bytes[8] = 2;
    refused(f, PASSPHRASE, R_INVALID, "it is of a version that this program does not know");
    f->bytes[0] = 'q';
    refused(f, PASSPHRASE, R_INVALID, "it is no file that was sealed with a passphrase");
    free(f);
}

static bool take_none(void *context, str text, buf *why)
{
    (void)context;
    (void)text;
    buf_str(why, S("full"));
    return false;
}

static void who_cannot_take_more_ends_it(void **state)
{
    (void)state;
    file *f = seal(S("code\n"), PASSPHRASE);
    FILE *from = fmemopen(f->bytes, f->n, "rb");
    buf why;
    buf_init(&why, WHY_MAX);
    assert_non_null(from);
    assert_int_equal(sealed_open(from, PASSPHRASE, take_none, NULL, &why), R_IO);
    assert_true(str_eq(buf_view(&why), S("full")));
    fclose(from);
    buf_free(&why);
    free(f);
}

static void an_end_that_is_not_whole_opens_as_cut_off(void **state)
{
    (void)state;
    arena *memory = arena_new(0);
    file *f = calloc(1, sizeof *f);
    FILE *to = tmpfile();
    assert_non_null(f);
    assert_non_null(to);
    sealed_writer *w = sealed_begin(memory, to, PASSPHRASE, cheap);
    assert_non_null(w);
    assert_true(sealed_put(w, S("code\n")));
    assert_false(sealed_end(w, false));
    rewind(to);
    f->n = fread(f->bytes, 1, ROOM, to);
    assert_int_equal(f->n, SEALED_HEAD);
    refused(f, PASSPHRASE, R_CORRUPT, "it was cut off");
    fclose(to);
    free(f);
    arena_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_opens_at_every_size),
        cmocka_unit_test(no_two_files_are_alike),
        cmocka_unit_test(another_passphrase_opens_nothing),
        cmocka_unit_test(no_bit_can_be_changed),
        cmocka_unit_test(a_cost_is_part_of_what_is_sealed),
        cmocka_unit_test(a_file_that_was_cut_off_is_told),
        cmocka_unit_test(chunks_keep_their_order_and_file),
        cmocka_unit_test(another_version_is_told),
        cmocka_unit_test(who_cannot_take_more_ends_it),
        cmocka_unit_test(an_end_that_is_not_whole_opens_as_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
