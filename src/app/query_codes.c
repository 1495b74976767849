/* See query_codes.h. */
#include "app/query_codes.h"

#include <stdlib.h>

enum { CODES_PAGE = 1000 };

static void add(tally_code *sum, const tally_code *row)
{
    sum->exchanged += row->exchanged;
    sum->redeemed += row->redeemed;
    sum->returned += row->returned;
    sum->voided += row->voided;
}

tally_code query_codes_counts(app_view *v, uint64_t batch)
{
    tally_code sum = {.batch = batch};
    for (uint16_t lane = 0; lane < uow_lane_count(v->rows); lane++) {
        const tally_code *t = tally_code_get(v->rows, lane, batch);
        if (t != NULL)
            add(&sum, t);
    }
    return sum;
}

/* ---- by channel ---- */

typedef struct collected {
    app_view *v;
    code_channel *rows;
    size_t n, capacity;
} collected;

static void collect(collected *c, const code_channel *row)
{
    if (c->n == c->capacity) {
        size_t capacity = c->capacity == 0 ? CODES_PAGE : c->capacity * 2;
        code_channel *rows = ARENA_ARRAY(c->v->memory, code_channel, capacity);
        if (c->n > 0)
            memcpy(rows, c->rows, c->n * sizeof(*rows));
        c->rows = rows;
        c->capacity = capacity;
    }
    c->rows[c->n++] = *row;
}

static void collect_batches(collected *c, uint64_t merchant_id)
{
    const code_batch *page[CODES_PAGE];
    uint64_t after = 0;
    size_t n;
    do {
        n = config_code_batches(c->v->config, merchant_id, after, CODES_PAGE, page);
        for (size_t i = 0; i < n; i++) {
            after = page[i]->id;
            collect(c, &(code_channel){.name = page[i]->channel,
                                       .batches = 1,
                                       .codes = (int64_t)page[i]->count,
                                       .counts = query_codes_counts(c->v, after)});
        }
    } while (n == CODES_PAGE);
}

static void collect_words(collected *c, uint64_t merchant_id)
{
    const code_word *page[CODES_PAGE];
    uint64_t after = 0;
    size_t n;
    do {
        n = config_code_words(c->v->config, merchant_id, after, CODES_PAGE, page);
        for (size_t i = 0; i < n; i++) {
            after = page[i]->id;
            collect(c, &(code_channel){.name = page[i]->channel,
                                       .words = 1,
                                       .counts = query_codes_counts(c->v, after)});
        }
    } while (n == CODES_PAGE);
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const code_channel *)a)->name, ((const code_channel *)b)->name);
}

void query_codes_channels(app_view *v, uint64_t merchant_id, code_channels *out)
{
    collected c = {.v = v};
    collect_batches(&c, merchant_id);
    collect_words(&c, merchant_id);
    if (c.n > 0)
        qsort(c.rows, c.n, sizeof(*c.rows), by_name);
    *out = (code_channels){.rows = c.rows};
    for (size_t i = 0; i < c.n; i++) {
        const code_channel *row = &c.rows[i];
        if (out->n == 0 || !str_eq(out->rows[out->n - 1].name, row->name)) {
            out->rows[out->n++] = *row;
            continue;
        }
        code_channel *sum = &out->rows[out->n - 1];
        sum->batches += row->batches;
        sum->words += row->words;
        sum->codes += row->codes;
        add(&sum->counts, &row->counts);
    }
}
