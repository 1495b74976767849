/* Exchange codes, in their slots, against the coupons that were issued for them, in the users':
 * each exchanged code, or one whose confirmation is on its way, has exactly one coupon, and each
 * coupon of an exchange one code. Batches: their counts, and that each code is one of theirs.
 * Words: that their counts are the coupons, by template. Of both, what became of the coupons that
 * know where they came from: seen with the groups of slots, compared here.
 *
 * Coupons are compared some slots at a time, so that memory does not grow with them. */
#include <stdio.h>

#include "app/verify_part.h"
#include "domain/code/exchange.h"

enum { CODE_ROWS_MAX = 2000000 }; /* codes that one pass compares */
enum { PAIR_CODES, PAIR_COUPONS, PAIR_TEMPLATES, PAIR_BATCHES, PAIR_UNKNOWN, PAIR_VALUES };
enum { BATCH_CODES, BATCH_COUNTED, BATCH_VALUES };
enum { WORD_COUPONS, WORD_COUNTED, WORD_VALUES };
enum { DUE_ASKED, DUE_ENTRY, DUE_VALUES };

typedef struct code_pass {
    uint32_t from, until;              /* slots of coupons */
    verify_map *pairs, *batches, *due; /* by coupon, by batch, by code */
    verify_map *words;                 /* by template */
} code_pass;

typedef struct code_name {
    uint64_t format, place;
} code_name;

static int64_t *number_at(verify_map *m, const uint64_t *key)
{
    return verify_map_at(m, (str){(const char *)key, sizeof(*key)});
}

/* ---- what is exchanged ---- */

/* A coupon that a code names: in its row, or in a confirmation that has not arrived. */
static void see_pair(const verify *v, uint64_t coupon_id, uint64_t batch_id)
{
    uint16_t slot = id_slot(coupon_id);
    if (slot < v->codes->from || slot >= v->codes->until)
        return;
    const code_batch *of = config_find_code_batch(v->view.config, batch_id);
    int64_t *pair = number_at(v->codes->pairs, &coupon_id);
    pair[PAIR_CODES]++;
    pair[PAIR_TEMPLATES] += of == NULL ? 0 : (int64_t)of->template;
    pair[PAIR_BATCHES] += (int64_t)batch_id;
}

static void see_message(verify *v, uint16_t act, str input, bool aside)
{
    MAYBE(aside);
    arena *memory = arena_new(0);
    code_settle_in in = {0};
    if (act == CODE_SETTLE_ACT &&
        record_decode(&code_settle_in_record, input, memory, &in) == R_DONE && in.coupon != 0)
        see_pair(v, in.coupon, in.batch);
    arena_free(memory);
}

static void see_word(verify *v, const coupon *c)
{
    const code_word *of = config_find_code_word(v->view.config, c->batch);
    verify_what w = {.check = "code", .kind = ID_COUPON, .id = c->id};
    number_at(v->codes->words, &c->template)[WORD_COUPONS]++;
    if (c->batch != 0)
        verify_must(v, &w, "its word is there", of != NULL && of->template == c->template);
}

static void see_coupon(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const coupon *c = row;
    if (c->transfer != 0)
        return; /* it is another one that the code was exchanged for */
    if (c->source == COUPON_SOURCE_WORD)
        see_word(v, c);
    if (c->source != COUPON_SOURCE_EXCHANGE)
        return;
    int64_t *pair = number_at(v->codes->pairs, &c->id);
    pair[PAIR_COUPONS]++;
    pair[PAIR_TEMPLATES] -= (int64_t)c->template;
    pair[PAIR_BATCHES] -= (int64_t)c->batch;
    pair[PAIR_UNKNOWN] += c->batch == 0;
}

/* ---- each code, once ---- */

static uint64_t place_of(const exchange_code *row)
{
    return row->serial * SLOT_COUNT + row->slot;
}

static str code_text(const verify *v, const code_name *name, char out[64])
{
    char id[ID_TEXT_MAX];
    bool imported = config_find_code_batch(v->view.config, name->format) != NULL;
    (void)id_text(imported ? ID_CODE_BATCH : ID_CODE_FORMAT, name->format, id);
    int n = snprintf(out, 64, "%s place %llu", id, (unsigned long long)name->place);
    return (str){out, (size_t)n};
}

static void see_code(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const exchange_code *c = row;
    char text[64];
    uint64_t place = place_of(c);
    code_name name = {c->format, place};
    verify_what w = {.check = "code", .subject = code_text(v, &name, text)};
    const code_batch *of = config_code_batch_at(v->view.config, c->format, place);
    verify_must(v, &w, "its batch is there", of != NULL && of->id == c->batch);
    verify_must(v, &w, "a coupon, or an act on its way",
                (c->coupon != 0) == (c->reservations.n == 0) && c->reservations.n <= 1);
    if (c->coupon != 0)
        number_at(v->codes->batches, &c->batch)[BATCH_CODES]++;
    for (size_t i = 0; i < c->reservations.n; i++)
        verify_map_at(v->codes->due, (str){(const char *)&name, sizeof(name)})[DUE_ASKED] =
            c->reservations.items[i].due_at_ms;
}

void verify_code_use(verify *v, uint64_t batch, size_t which, int64_t n)
{
    if (batch != 0)
        number_at(v->code_uses, &batch)[which] += n;
}

static void see_uses(verify *v, const tally_code *t)
{
    verify_code_use(v, t->batch, CODE_USE_ACTUAL + CODE_USE_REDEEMED, t->redeemed);
    verify_code_use(v, t->batch, CODE_USE_ACTUAL + CODE_USE_RETURNED, t->returned);
    verify_code_use(v, t->batch, CODE_USE_ACTUAL + CODE_USE_VOIDED, t->voided);
}

static void see_tally(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const tally_code *t = row;
    see_uses(v, t);
    const code_word *word = config_find_code_word(v->view.config, t->batch);
    if (word != NULL)
        number_at(v->codes->words, &word->template)[WORD_COUNTED] += t->exchanged;
    else
        number_at(v->codes->batches, &t->batch)[BATCH_COUNTED] += t->exchanged;
}

static void see_due(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const due_block *b = row;
    for (size_t i = 0; b->kind == DUE_KIND_CODE && i < b->entries.n; i++) {
        code_name name = {b->entries.items[i].id, b->entries.items[i].lo};
        int64_t at_ms = b->at_ms + b->entries.items[i].after_ms;
        int64_t *due = verify_map_find(v->codes->due, (str){(const char *)&name, sizeof(name)});
        if (due != NULL && (due[DUE_ENTRY] == 0 || at_ms < due[DUE_ENTRY]))
            due[DUE_ENTRY] = at_ms;
    }
}

static void compare_codes(verify *v)
{
    char text[64];
    str key;
    for (size_t i = 0; i < verify_map_count(v->codes->due); i++) {
        const int64_t *due = verify_map_item(v->codes->due, i, &key);
        code_name name;
        memcpy(&name, key.p, sizeof(name));
        verify_what w = {.check = "code", .subject = code_text(v, &name, text)};
        verify_must(v, &w, "a due entry at or before its act's deadline",
                    due[DUE_ENTRY] != 0 && due[DUE_ENTRY] <= due[DUE_ASKED]);
    }
    for (size_t i = 0; i < verify_map_count(v->codes->batches); i++) {
        const int64_t *counts = verify_map_item(v->codes->batches, i, &key);
        verify_what w = {.check = "code", .kind = ID_CODE_BATCH};
        memcpy(&w.id, key.p, sizeof(w.id));
        verify_number(v, &w, "exchanged", counts[BATCH_CODES], counts[BATCH_COUNTED]);
    }
}

static void compare_uses(verify *v)
{
    static const char *const names[CODE_USE_COLUMNS] = {"redeemed", "returned", "voided"};
    for (size_t i = 0; i < verify_map_count(v->code_uses); i++) {
        str key;
        const int64_t *uses = verify_map_item(v->code_uses, i, &key);
        verify_what w = {.check = "code"};
        memcpy(&w.id, key.p, sizeof(w.id));
        bool word = config_find_code_word(v->view.config, w.id) != NULL;
        w.kind = word ? ID_CODE_WORD : ID_CODE_BATCH;
        for (size_t k = 0; k < CODE_USE_COLUMNS; k++)
            verify_number(v, &w, names[k], uses[CODE_USE_EXPECTED + k], uses[CODE_USE_ACTUAL + k]);
    }
}

static void compare_pairs(verify *v)
{
    for (size_t i = 0; i < verify_map_count(v->codes->pairs); i++) {
        str key;
        const int64_t *pair = verify_map_item(v->codes->pairs, i, &key);
        verify_what w = {.check = "code", .kind = ID_COUPON};
        memcpy(&w.id, key.p, sizeof(w.id));
        verify_number(v, &w, "codes that name it", 1, pair[PAIR_CODES]);
        verify_number(v, &w, "coupons", 1, pair[PAIR_COUPONS]);
        if (pair[PAIR_CODES] == 1 && pair[PAIR_COUPONS] == 1)
            verify_must(v, &w, "the template of its batch", pair[PAIR_TEMPLATES] == 0);
        if (pair[PAIR_CODES] == 1 && pair[PAIR_COUPONS] == 1 && pair[PAIR_UNKNOWN] == 0)
            verify_must(v, &w, "the batch of its code", pair[PAIR_BATCHES] == 0);
    }
}

static void compare_words(verify *v)
{
    for (size_t i = 0; i < verify_map_count(v->codes->words); i++) {
        str key;
        const int64_t *counts = verify_map_item(v->codes->words, i, &key);
        verify_what w = {.check = "code", .kind = ID_TEMPLATE};
        memcpy(&w.id, key.p, sizeof(w.id));
        verify_number(v, &w, "coupons by words", counts[WORD_COUPONS], counts[WORD_COUNTED]);
    }
}

/* ---- the passes ---- */

static void see_code_pair(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const exchange_code *c = row;
    if (c->coupon != 0)
        see_pair(v, c->coupon, c->batch);
}

static result run_pass(verify *v)
{
    v->again = true;
    verify_group slots = {.from = (uint16_t)v->codes->from, .until = v->codes->until};
    result r = verify_each(v, &slots, &coupon_table, see_coupon);
    if (r == R_DONE)
        r = verify_each(v, NULL, &exchange_code_table, see_code_pair);
    if (r == R_DONE)
        r = verify_messages(v, see_message);
    if (r == R_DONE)
        compare_pairs(v);
    return r;
}

static result run_once(verify *v)
{
    result r = verify_each(v, NULL, &exchange_code_table, see_code);
    if (r == R_DONE)
        r = verify_each(v, NULL, &tally_code_table, see_tally);
    if (r == R_DONE)
        compare_uses(v);
    v->again = true;
    if (r == R_DONE)
        r = verify_each(v, NULL, &due_block_table, see_due);
    if (r == R_DONE)
        compare_codes(v);
    return r;
}

result verify_codes(verify *v)
{
    uint64_t before = v->sum.rows;
    code_pass pass = {.batches = verify_map_new(BATCH_VALUES),
                      .due = verify_map_new(DUE_VALUES),
                      .words = verify_map_new(WORD_VALUES)};
    v->codes = &pass;
    result r = run_once(v);
    uint32_t passes = (uint32_t)((v->sum.rows - before) / CODE_ROWS_MAX) + 1;
    uint32_t slots = (SLOT_COUNT + passes - 1) / passes;
    for (uint32_t from = 0; from < SLOT_COUNT && r == R_DONE; from += slots) {
        pass.from = from;
        pass.until = from + slots < SLOT_COUNT ? from + slots : SLOT_COUNT;
        pass.pairs = verify_map_new(PAIR_VALUES);
        r = run_pass(v);
        verify_map_free(pass.pairs);
    }
    if (r == R_DONE)
        compare_words(v);
    verify_map_free(pass.words);
    v->codes = NULL;
    v->again = false;
    verify_map_free(pass.batches);
    verify_map_free(pass.due);
    return r;
}
