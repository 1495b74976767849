/* What the tests of imports begin with: a shop on a stepped store, with an import. */
#ifndef QUAN_APP_IMPORT_TEST_H
#define QUAN_APP_IMPORT_TEST_H

#include "app/codes.h"
#include "app/import.h"
#include "app/verify_flaw_test.h"
#include "domain/code/slot_bits.h"
#include "test/lib/read_code.h"

static fix *shop;
static uint64_t template_id, batch_id;

static inline uint64_t put(act_id id, const void *in)
{
    row_out out = {0};
    assert_int_equal(fix_run(shop, id, id_slot(shop->merchant), in, &out), R_DONE);
    return out.id;
}

static inline uint64_t make_import(void)
{
    code_batch_put_in in = {.merchant = shop->merchant,
                            .fields = CODE_BATCH_NAME,
                            .template = template_id,
                            .name = S("Partner")};
    return put(ACT_ID_code_batch_put, &in);
}

static inline int set_up(void **state)
{
    MAYBE(state);
    shop = fix_open((fix_options){0});
    campaign_create_in in = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &in));
    template_id = fix_template(shop, &t);
    batch_id = make_import();
    return 0;
}

static inline int tear_down(void **state)
{
    MAYBE(state);
    fix_close(shop);
    return 0;
}

/* ---- parts ---- */

typedef struct seen {
    bool there;
    result code;
    uint32_t accepted;
    upload_line rest[64];
    size_t n;
} seen;

static inline void note(void *context, const import_answer *a)
{
    seen *s = context;
    *s = (seen){.there = true, .code = a->code, .accepted = a->accepted, .n = a->rest_n};
    assert_in_range(a->rest_n, 0, ARRAY_LEN(s->rest));
    for (size_t i = 0; i < a->rest_n; i++)
        s->rest[i] = a->rest[i];
}

static inline void begin(uint64_t first, const str *lines, size_t n, seen *out)
{
    *out = (seen){0};
    import_part(
        shop->app,
        &(import_ask){
            .merchant = shop->merchant, .batch = batch_id, .first = first, .lines = lines, .n = n},
        note, out);
}

static inline seen import_lines(uint64_t first, const str *lines, size_t n)
{
    seen s;
    begin(first, lines, n, &s);
    (void)app_settle(shop->app);
    assert_true(s.there);
    return s;
}

static inline void step(int n)
{
    for (int i = 0; i < n; i++)
        (void)store_step(app_store(shop->app));
}

static inline result end_import(bool cancel)
{
    code_import_end_in in = {.merchant = shop->merchant, .batch = batch_id, .cancel = cancel};
    row_out out = {0};
    return fix_run(shop, ACT_ID_code_import_end, id_slot(batch_id), &in, &out);
}

static inline upload head_of(uint64_t id)
{
    app_view v;
    arena *memory = arena_new(0);
    assert_int_equal(app_view_open(shop->app, memory, &v), R_DONE);
    upload copy = *upload_get(v.rows, id_slot(id), id);
    assert_int_equal(app_view_close(&v), R_DONE);
    arena_free(memory);
    return copy;
}

static inline uint64_t found(str typed)
{
    code_typed t = {0};
    const config *c = app_config(shop->app);
    assert_int_equal(read_code(shop->app, c, shop->merchant, typed, &t), R_DONE);
    config_free((config *)(uintptr_t)c);
    return t.format;
}

static const str few[] = {{"AAAA", 4}, {"BBBB", 4}, {"CCCC", 4}, {"DDDD", 4}, {"EEEE", 4}};
enum { FEW = 5 };

#endif
