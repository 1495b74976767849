/* AES, the block alone: what format-preserving encryption is built from. No mode, no padding, no
 * message is encrypted with it. libcrypto does the work. */
#ifndef QUAN_BASE_AES_H
#define QUAN_BASE_AES_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum { AES_BLOCK = 16, AES_BLOCKS_MAX = 4096 };

/* A key, expanded. Used by one thread at a time. */
typedef struct aes aes;

aes *aes_new(str key); /* 16, 24 or 32 bytes; NULL for another length. aes_free frees */
void aes_free(aes *a); /* wipes the key; NULL is allowed */
/* Encrypts blocks, each for itself; in and out are the same or do not overlap. n <= AES_BLOCKS_MAX.
 * Many at once cost a fraction of one at a time. */
void aes_encrypt(aes *a, const uint8_t *in, uint8_t *out, size_t n);

#endif
