/* Files that a passphrase opens, of any size: what `quan codes export --encrypt` writes.
 *
 *   bytes  version 1; numbers are big-endian
 *       8  "QUANSEAL"
 *       1  1, the version
 *       1  1: the key is made of the passphrase by Argon2id 1.3 with one lane (RFC 9106)
 *       2  0
 *       4  passes of Argon2id
 *       4  memory of Argon2id in KiB
 *       4  bytes of the text in a chunk
 *      16  salt of Argon2id
 *      24  header of the stream
 *   then the chunks, each 17 bytes longer than its text: crypto_secretstream_xchacha20poly1305 of
 *   libsodium, with the 64 bytes above as additional data of each. All but the last are full; the
 *   last, which may be empty, has the tag FINAL, and nothing is behind it.
 *
 * So a file that is cut off, put together in another order, changed in any bit or made with
 * another passphrase does not open. What reads it gets the text chunk by chunk, each as it was
 * written; that it is whole is known at the end only. */
#ifndef QUAN_CLI_SEALED_H
#define QUAN_CLI_SEALED_H

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/result.h"
#include "port/secret.h"

enum { SEALED_HEAD = 64, SEALED_CHUNK = 64 * 1024, SEALED_CHUNK_MAX = 1024 * 1024 };

/* What libsodium calls moderate: 256 MiB and about 0.7 s for each try. */
extern const secret_cost sealed_cost;

typedef struct sealed_writer sealed_writer;
/* NULL: no memory for the cost, or it cannot be written (errno). memory outlives it. */
sealed_writer *sealed_begin(arena *memory, FILE *to, str passphrase, secret_cost cost);
MUST_USE bool sealed_put(sealed_writer *w, str text);
/* The last chunk; in any case the writer is wiped and gone. */
MUST_USE bool sealed_end(sealed_writer *w, bool whole);

/* False: *why tells; reading stops. */
typedef bool sealed_take(void *context, str text, buf *why);
/* R_DONE: the whole text was taken. R_INVALID: no such file, another version; R_CORRUPT: another
 * passphrase, or the file was changed or cut off; R_IO; *why is a sentence. */
MUST_USE result sealed_open(FILE *from, str passphrase, sealed_take *take, void *context, buf *why);

#endif
