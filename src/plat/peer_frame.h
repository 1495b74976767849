/* What goes over a connection between two servers, as bytes. Pure: no socket, no secret.
 *
 * A connection begins with a greeting of each side, in the clear: PEER_MAGIC, the version of this
 * protocol (2 bytes), and a nonce of 32 bytes. Behind the handshake (peer_link.c) all are records:
 * 4 bytes of length, then so many sealed bytes, which are whole frames. A frame is 16 bytes (kind,
 * code, 2 that are 0, length of its bytes: 4, id: 8) and its bytes. Numbers are little-endian.
 *
 * The reader takes what strangers or other versions send: it refuses, and never reads beyond. */
#ifndef QUAN_PLAT_PEER_FRAME_H
#define QUAN_PLAT_PEER_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/result.h"
#include "base/str.h"
#include "port/peering.h"

enum {
    PEER_PROTOCOL = 1,
    PEER_MAGIC_BYTES = 8,
    PEER_NONCE_BYTES = 32,
    PEER_GREETING_BYTES = PEER_MAGIC_BYTES + 2 + PEER_NONCE_BYTES,
    PEER_FRAME_HEAD = 16,
    PEER_RECORD_HEAD = 4,
    /* Frames in one record; a record of one frame may be longer. */
    PEER_RECORD_FILL = 256 * 1024,
    PEER_RECORD_MAX = PEER_FRAME_HEAD + PEERS_MESSAGE_MAX,
};
#define PEER_MAGIC S("QUANPEER")

typedef enum peer_kind {
    PEER_HELLO = 1, /* the first of each side, and no other */
    PEER_PING,      /* answered by a PONG with its id */
    PEER_PONG,
    PEER_CALL,
    PEER_ANSWER,  /* of the CALL with its id; code: a result that peer_answer_is_known */
    PEER_LEAVING, /* from who was dialled: send no more calls */
} peer_kind;

/* What a listener says in one byte, in the clear, behind the hello. */
typedef enum peer_verdict {
    PEER_WELCOME,
    PEER_REFUSED_PROTOCOL,
    PEER_REFUSED_SECRET,
    PEER_REFUSED_IDENTITY,
    PEER_REFUSED_NAME,
    PEER_REFUSED_FULL,
    PEER_VERDICTS
} peer_verdict;

typedef struct peer_frame {
    peer_kind kind;
    uint8_t code;
    uint64_t id;
    str bytes;
} peer_frame;

/* Who dials whom, and what both must have alike: see peering_options.identity. */
typedef struct peer_hello {
    str from, to, identity;
} peer_hello;

void peer_greeting_write(const uint8_t nonce[PEER_NONCE_BYTES], char out[PEER_GREETING_BYTES]);
/* PEER_GREETING_BYTES. False: not one of a server, whatever its version. */
MUST_USE bool peer_greeting_read(str bytes, uint16_t *protocol, uint8_t nonce[PEER_NONCE_BYTES]);

/* Bytes of the sealed record that begins here; 0: more bytes are needed to tell. False: more than
 * one may have, or none. */
MUST_USE bool peer_record_length(str bytes, size_t extra, size_t *out);
void peer_record_head(size_t sealed, char out[PEER_RECORD_HEAD]);

void peer_frame_write(buf *out, const peer_frame *f);
/* Cuts the next frame off an opened record, of which *rest is not empty. False: it is none. */
MUST_USE bool peer_frame_next(str *rest, peer_frame *out);

void peer_hello_write(buf *out, const peer_hello *h);
MUST_USE bool peer_hello_read(str bytes, peer_hello *out); /* slices of bytes */

bool peer_answer_is_known(uint8_t code);
str peer_verdict_text(peer_verdict v);

#endif
