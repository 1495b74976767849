/* Bump memory: a list of blocks, the newest at the front, the first one made at the back.
 *
 * Invariants: bytes of a block at or beyond `used` are zero, so handing out is one addition; `used`
 * of the arena counts what was handed out and never passes `max`. Under the address sanitizer every
 * byte that is not handed out is poisoned, with a red zone between neighbours. Does not return
 * memory before arena_reset or arena_free. */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_SANITIZED 1
#endif

#ifdef ARENA_SANITIZED
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
enum { ARENA_RED_ZONE = 16 };
#else
#define POISON(p, n)   ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
enum { ARENA_RED_ZONE = 0 };
#endif

enum {
    ARENA_ALIGN = 16,
    ARENA_BLOCK_FIRST = 16 * 1024,
    ARENA_BLOCK_MAX = 1024 * 1024,
    /* A request this large gets a block of its own: the rest of the open one is not lost. */
    ARENA_OWN_BLOCK = ARENA_BLOCK_FIRST / 2,
};

typedef struct block {
    struct block *next;
    size_t used, size;
    _Alignas(ARENA_ALIGN) char data[];
} block;

struct arena {
    block *open;  /* where the next small request goes */
    block *first; /* the one that arena_reset keeps; the last of the list */
    size_t used, max, next_size;
};

static size_t rounded(size_t n)
{
    return (n + (ARENA_ALIGN - 1)) & ~(size_t)(ARENA_ALIGN - 1);
}

static block *block_new(size_t size)
{
    block *b = calloc(1, sizeof(block) + size);
    CHECK(b != NULL);
    b->size = size;
    POISON(b->data, size);
    return b;
}

static void block_free(block *b)
{
    UNPOISON(b->data, b->size);
    free(b);
}

arena *arena_new(size_t max_bytes)
{
    /* So that rounding up a size that passed the ceiling cannot wrap. */
    CHECK(max_bytes <= SIZE_MAX / 2);
    arena *a = malloc(sizeof *a);
    CHECK(a != NULL);
    block *b = block_new(ARENA_BLOCK_FIRST);
    *a = (arena){.open = b,
                 .first = b,
                 .max = max_bytes == 0 ? (size_t)ARENA_MAX_DEFAULT : max_bytes,
                 .next_size = (size_t)ARENA_BLOCK_FIRST * 2};
    return a;
}

static void free_all_but_first(arena *a)
{
    block *b = a->open;
    while (b != a->first) {
        block *next = b->next;
        block_free(b);
        b = next;
    }
    a->open = a->first;
}

void arena_free(arena *a)
{
    if (a == NULL)
        return;
    free_all_but_first(a);
    block_free(a->first);
    free(a);
}

void arena_reset(arena *a)
{
    free_all_but_first(a);
    UNPOISON(a->first->data, a->first->used);
    memset(a->first->data, 0, a->first->used);
    POISON(a->first->data, a->first->used);
    a->first->used = 0;
    a->used = 0;
    a->next_size = (size_t)ARENA_BLOCK_FIRST * 2;
}

size_t arena_used(const arena *a)
{
    return a->used;
}

/* The block that has room for `need` bytes. The open block stays open behind an own block: the own
 * one is linked below it, but never below `first`, which must stay the end of the list. */
static block *block_with_room(arena *a, size_t need)
{
    if (a->open->size - a->open->used >= need)
        return a->open;
    bool own = need >= ARENA_OWN_BLOCK;
    size_t size = own ? need : a->next_size;
    block *b = block_new(size);
    if (own && a->open != a->first) {
        b->next = a->open->next;
        a->open->next = b;
        return b;
    }
    b->next = a->open;
    a->open = b;
    if (!own && a->next_size < ARENA_BLOCK_MAX)
        a->next_size *= 2;
    return b;
}

void *arena_alloc(arena *a, size_t n)
{
    CHECK(n <= a->max);
    size_t taken = rounded(n == 0 ? 1 : n);
    CHECK(taken <= a->max - a->used);
    block *b = block_with_room(a, taken + ARENA_RED_ZONE);
    char *p = b->data + b->used;
    b->used += taken + ARENA_RED_ZONE;
    a->used += taken;
    UNPOISON(p, n == 0 ? 1 : n);
    return p;
}

void *arena_alloc_array(arena *a, size_t item_size, size_t n)
{
    size_t bytes;
    CHECK(!__builtin_mul_overflow(item_size, n, &bytes));
    return arena_alloc(a, bytes);
}

char *arena_z(arena *a, str s)
{
    CHECK(s.n < SIZE_MAX);
    char *p = arena_alloc(a, s.n + 1);
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    return p;
}

void *arena_copy(arena *a, const void *items, size_t item_size, size_t n)
{
    void *copy = arena_alloc_array(a, item_size, n);
    if (n > 0)
        memcpy(copy, items, item_size * n);
    return copy;
}

str arena_str(arena *a, str s)
{
    return (str){arena_z(a, s), s.n};
}

str arena_vprintf(arena *a, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    CHECK(n >= 0);
    char *p = arena_alloc(a, (size_t)n + 1);
    int written = vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    CHECK(written == n);
    return (str){p, (size_t)n};
}

str arena_printf(arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str s = arena_vprintf(a, format, args);
    va_end(args);
    return s;
}
