/* Files and directories as backups need them: listed, digested, copied, written whole. Not for the
 * store's own files. Everything blocks; thread-safe.
 *
 * Results: R_DONE; R_NOT_FOUND; R_STORAGE_FULL; R_IO; with a sentence in *why naming the path. */
#ifndef QUAN_PORT_DISK_H
#define QUAN_PORT_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/result.h"
#include "base/str.h"

enum { DISK_PATH_MAX = 4096, DISK_DIGEST_TEXT = 64 };

typedef struct disk_digest {
    uint64_t bytes;
    char sha256[DISK_DIGEST_TEXT]; /* hexadecimal, lower case; as sha256sum prints it */
} disk_digest;

typedef struct disk_names {
    str *items; /* in byte order */
    size_t n;
} disk_names;

bool disk_is_there(str path);
bool disk_is_empty(str directory);                       /* or missing */
MUST_USE result disk_make_directory(str path, buf *why); /* and those above it; may be there */
/* What is in the directory, without . and ..; directories too. */
MUST_USE result disk_list(str directory, arena *memory, disk_names *out, buf *why);
/* Reads all of it, and syncs it to the disk first. */
MUST_USE result disk_digest_of(str path, disk_digest *out, buf *why);
/* To a new file, which is synced; the digest is that of the bytes that were read. */
MUST_USE result disk_copy(str from, str to, disk_digest *out, buf *why);
/* Whole or not at all, and synced. */
MUST_USE result disk_write(str path, str text, buf *why);
MUST_USE result disk_read(str path, size_t max, arena *memory, str *out, buf *why);
/* The directory takes the name, also of an empty directory, durably. */
MUST_USE result disk_rename(str from, str to, buf *why);
/* A file of `bytes`, which is made, full of zeros, where there is none of that size, as memory:
 * what is stored there outlives this process however it ends, but not the machine. Until
 * disk_unmap; R_IN_USE: somebody has it already. */
MUST_USE result disk_map(str path, size_t bytes, void **out, buf *why);
void disk_unmap(void *memory, size_t bytes);
void disk_remove_flat(str directory); /* with the files in it, as far as they let themselves */

#endif
