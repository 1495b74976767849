/* Percentages as text: "12.5" is 125,000 millionths. At most four digits before the point and four
 * behind it; no sign, no other notation. Written without zeros that say nothing. */
#ifndef QUAN_BASE_PERCENT_H
#define QUAN_BASE_PERCENT_H

#include <stdint.h>

#include "base/str.h"

enum { PERCENT_TEXT_MAX = 24 };

/* False, and *millionths is left alone: it is written otherwise. */
MUST_USE bool percent_read(str text, int64_t *millionths);
/* Into out; millionths >= 0. */
str percent_text(int64_t millionths, char out[PERCENT_TEXT_MAX]);

#endif
