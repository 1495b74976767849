/* Bump memory for one request, one batch or one job: freed all at once.
 *
 * An arena has a ceiling on what it hands out. Beyond it, or without memory, arena_alloc aborts the
 * process through CHECK: ceilings are sized so that admitted input cannot reach them. Not
 * thread-safe; it may be handed from thread to thread. Runs no destructors. */
#ifndef QUAN_BASE_ARENA_H
#define QUAN_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/str.h"

typedef struct arena arena;

enum { ARENA_MAX_DEFAULT = 256 * 1024 * 1024 };

arena *arena_new(size_t max_bytes); /* max_bytes 0: ARENA_MAX_DEFAULT */
void arena_free(arena *a);          /* NULL is allowed */
void arena_reset(arena *a);         /* forgets everything, keeps the first block for reuse */
size_t arena_used(const arena *a);  /* bytes handed out, alignment included */

/* 16-byte aligned and zeroed; never NULL, also for n == 0. */
void *arena_alloc(arena *a, size_t n);
void *arena_alloc_array(arena *a, size_t item_size, size_t n); /* CHECKs the product */
void *arena_copy(arena *a, const void *items, size_t item_size, size_t n);
str arena_str(arena *a, str s); /* a copy; also NUL-terminated behind its end */
str arena_printf(arena *a, const char *format, ...) PRINTF_LIKE(2, 3);
str arena_vprintf(arena *a, const char *format, va_list args) PRINTF_LIKE(2, 0);
char *arena_z(arena *a, str s); /* a copy as a C string; a NUL inside s ends it for its reader */

#define ARENA_NEW(a, type)      ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc_array((a), sizeof(type), (size_t)(n)))
/* A copy of n items; items may be NULL where n is 0. */
#define ARENA_COPY(a, type, items, n) ((type *)arena_copy((a), (items), sizeof(type), (size_t)(n)))

#endif
