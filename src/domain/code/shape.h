/* What imported codes look like, so that no format comes to share a text with them: of each length,
 * the characters that stand at each place. A summary: what does not fit it is none of the codes,
 * what fits may be one. It only grows, and is a few kilobytes at most, however many codes there
 * are. Texts are normalised (format.h). Pure. */
#ifndef QUAN_DOMAIN_CODE_SHAPE_H
#define QUAN_DOMAIN_CODE_SHAPE_H

#include "domain/code/format.h"
#include "domain/table.gen.h"

/* One mask for each place of each length that there is. */
enum { SHAPE_MASKS_MAX = CODE_TEXT_MAX * (CODE_TEXT_MAX + 1) / 2 };

/* For gathering many texts. */
typedef struct shape {
    uint64_t characters[CODE_TEXT_MAX + 1][CODE_TEXT_MAX]; /* [length][place] */
} shape;
void shape_add(shape *s, str text);
void shape_add_masks(shape *s, const code_mask *masks, size_t n);
/* As rows keep it; masks has room for SHAPE_MASKS_MAX. How many there are. */
size_t shape_masks(const shape *s, code_mask *masks);

/* May the text, or a text of the form, be one of the codes? Masks as shape_masks gives them. */
bool shape_fits(const code_mask *masks, size_t n, str text);
bool shape_meets(const code_mask *masks, size_t n, const code_form *form);

#endif
