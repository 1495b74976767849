/* Codes in the model: what is known of them from answers alone, and steps that make, stop, move and
 * exchange them. See model.h. */
#ifndef QUAN_TEST_MODEL_CODE_H
#define QUAN_TEST_MODEL_CODE_H

#include "app/codes.h"

enum {
    MODEL_FORMATS = 3, /* of codes: two of batches, one of coupons */
    MODEL_BATCHES = 24,
    MODEL_BATCH_CODES = 6,
    MODEL_WORDS = 12,
    MODEL_SUPPLY = 120, /* codes that a partner may give */
};
typedef struct model model;
typedef struct model_side model_side;
typedef struct model_step model_step;

typedef enum typed_kind { TYPED_CODE, TYPED_WORD, TYPED_WRONG } typed_kind;

typedef enum model_import {
    MODEL_IMPORT_NONE, /* codes are generated */
    MODEL_IMPORT_OPEN,
    MODEL_IMPORT_FINISHED,
    MODEL_IMPORT_GONE /* cancelled */
} model_import;

/* What is known of codes from answers alone. */
typedef struct model_coded {
    uint32_t template;
    int64_t end_ms; /* 0: none */
    bool disabled;
} model_coded;
typedef struct model_batch {
    uint64_t id;
    model_coded of;
    uint32_t count, coupons[MODEL_BATCH_CODES]; /* number of the coupon and 1; 0: none */
    uint32_t told_used;                         /* bits */
    model_import import;
    bool personal;
    uint32_t owners[MODEL_BATCH_CODES]; /* user and 1; 0: nobody yet. Of a personal one */
} model_batch;
typedef struct model_word {
    uint64_t id;
    model_coded of;
    uint32_t user, exchanged; /* user and 1; 0: anybody */
} model_word;
typedef struct model_book {
    uint64_t formats[MODEL_FORMATS];
    uint32_t prefixes[MODEL_FORMATS];
    model_batch batches[MODEL_BATCHES];
    model_word words[MODEL_WORDS];
    uint32_t batch_count, word_count;
    bool supplied[MODEL_SUPPLY], given[MODEL_SUPPLY]; /* codes of the partner */
} model_book;

/* ---- model_code.c ---- */
void model_codes_open(model_side *s);
void model_fill_code(model *m, const model_side *s, model_step *step);
void model_fill_exchange(model *m, const model_side *s, typed_kind kind, uint32_t number,
                         model_step *step);
/* Nothing is on its way, and what is stored is what was answered. */
MUST_USE bool model_codes_sound(model_side *s, app_view *v, buf *why);

/* ---- model_typed.c ---- */
str model_word_text(model_side *s, uint32_t number);
/* The text of an exchange, and what it is to be read as. */
str model_typed(model_side *s, const config *c, const model_step *step, code_typed *meant);
/* A coupon by its own code. */
uint64_t model_coupon_typed(model_side *s, const config *c, uint32_t number, uint8_t spelling);

/* ---- model_lists.c ---- */
/* The partner's code that the i-th line of a supply is. */
uint32_t model_supplied(const model_step *step, uint32_t i);
/* A coupon of this template was issued with this code; empty: none. */
void model_given(model_side *s, uint64_t template_id, str sealed);
str model_own_text(model_side *s, uint32_t number, uint32_t ordinal); /* of an import */
void model_import_step(model_side *s, const model_step *step, buf *facts);
void model_fill_list(model *m, const model_side *s, model_step *step);

#endif
