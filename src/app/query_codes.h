/* What became of codes: of a batch or word, and by channel. Sums over the lanes, on the view's
 * snapshot. */
#ifndef QUAN_APP_QUERY_CODES_H
#define QUAN_APP_QUERY_CODES_H

#include "app/app.h"

/* lane is not used. */
tally_code query_codes_counts(app_view *v, uint64_t batch);

typedef struct code_channel {
    str name;                      /* empty: of those that have none */
    int64_t batches, words, codes; /* codes: of the batches */
    tally_code counts;             /* lane and batch are not used */
} code_channel;
typedef struct code_channels {
    code_channel *rows; /* ascending by name, each once */
    size_t n;
} code_channels;
/* Reads a row of each batch and word of the merchant, a lane. */
void query_codes_channels(app_view *v, uint64_t merchant_id, code_channels *out);

#endif
