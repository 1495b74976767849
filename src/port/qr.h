/* Texts as QR codes (ISO/IEC 18004), drawn as pictures. Error correction is M: a symbol may lose 15
 * in a hundred of its code words. The symbol is the smallest that holds the text. The same text and
 * measures give the same bytes with the same libraries. Any thread; keeps nothing. */
#ifndef QUAN_PORT_QR_H
#define QUAN_PORT_QR_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum {
    QR_TEXT_MAX = 64,  /* bytes; codes are shorter */
    QR_SCALE = 8,      /* where nobody says */
    QR_SCALE_MAX = 16, /* the largest picture has 65 * 16 pixels a side, so a PNG is below 200 KB */
    QR_MARGIN = 4,     /* the quiet zone of the standard */
    QR_MARGIN_MAX = 16,
};

typedef enum qr_kind { QR_PNG, QR_SVG } qr_kind;

typedef struct qr_ask {
    str text; /* 1 to QR_TEXT_MAX bytes of ASCII without NUL */
    qr_kind kind;
    uint32_t scale;  /* pixels of a module; 1 to QR_SCALE_MAX */
    uint32_t margin; /* modules of white on each side; 0 to QR_MARGIN_MAX */
} qr_ask;

void qr_draw(const qr_ask *ask, buf *out); /* CHECKs the ask; appends */
str qr_type(qr_kind kind);                 /* "image/png" */

#endif
