/* For the tests of the rules: good inputs, small changes to them written as text, and the issues
 * that came out as text.
 *
 * A change is "column=value column=value": numbers into scalar columns ("d5": day 5 of the tests),
 * the rest of the word into text; "t16=5" sets the term of a benefit at place 16. The issues
 * are "field code; field code". */
#ifndef QUAN_DOMAIN_CAMPAIGN_RULES_TEST_H
#define QUAN_DOMAIN_CAMPAIGN_RULES_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/campaign/rules.h"
#include "domain/price/benefit_test.h"

#define RULES_DAY(n) (INT64_C(1700000000000) + (n)*MS_DAY)

typedef struct rules_row {
    const char *change, *issues;
} rules_row;

static inline const column *rules_column(const record_type *type, str name)
{
    for (size_t i = 0; i < type->n; i++)
        if (str_eq(str_of(type->columns[i].name), name))
            return &type->columns[i];
    fail_msg("no column %.*s", STR_ARG(name));
    return NULL;
}

static inline void rules_set_term(const record_type *type, void *record, uint8_t place, str value)
{
    list *terms = (list *)(void *)((char *)record + rules_column(type, S("terms"))->offset);
    int64_t number;
    if (!str_to_i64(value, &number))
        fail_msg("no number: %.*s", STR_ARG(value));
    terms->items = test_term(terms->items, &terms->n, place, number);
}

static inline void rules_set(const record_type *type, void *record, str name, str value)
{
    int64_t place;
    if (name.p[0] == 't' && str_to_i64((str){name.p + 1, name.n - 1}, &place)) {
        rules_set_term(type, record, (uint8_t)place, value);
        return;
    }
    const column *c = rules_column(type, name);
    char *at = (char *)record + c->offset;
    if (c->type == COLUMN_STR) {
        memcpy(at, &value, sizeof(value));
        return;
    }
    int64_t number;
    bool day = str_starts(value, S("d"));
    if (!str_to_i64(day ? (str){value.p + 1, value.n - 1} : value, &number))
        fail_msg("no number: %.*s", STR_ARG(value));
    number = day ? RULES_DAY(number) : number;
    /* little-endian: the low bytes come first */
    static const size_t sizes[] = {
        [COLUMN_BOOL] = 1, [COLUMN_U8] = 1,  [COLUMN_U16] = 2, [COLUMN_U32] = 4,
        [COLUMN_U64] = 8,  [COLUMN_I32] = 4, [COLUMN_I64] = 8};
    memcpy(at, &number, sizes[c->type]);
}

static inline void rules_change(const record_type *type, void *record, const char *change)
{
    str rest = str_of(change), word;
    while (str_cut(&rest, ' ', &word)) {
        str name;
        if (!str_cut(&word, '=', &name))
            fail_msg("no change: %s", change);
        rules_set(type, record, name, word);
    }
}

static inline void rules_expect(const issues *found, const char *expected, const char *what)
{
    buf text;
    buf_init(&text, 65536);
    for (size_t i = 0; i < found->n; i++) {
        assert_true(found->items[i].detail.n > 0);
        assert_true(issue_is_known(found->items[i].code));
        buf_printf(&text, "%s%.*s %.*s", i == 0 ? "" : "; ", STR_ARG(found->items[i].field),
                   STR_ARG(found->items[i].code));
    }
    if (!str_eq(buf_view(&text), str_of(expected)))
        fail_msg("%s\n  gives    %.*s\n  expected %s", what, STR_ARG(buf_view(&text)), expected);
    buf_free(&text);
}

static inline merchant_put_in rules_good_merchant(void)
{
    return (merchant_put_in){.name = S("Corner Shop"),
                             .zone = S("Asia/Shanghai"),
                             .currency = S("CNY"),
                             .secret = S("0123456789abcdef0123456789abcdef")};
}

static inline campaign_create_in rules_good_campaign(void)
{
    return (campaign_create_in){.merchant = 1,
                                .name = S("Spring"),
                                .currency = S("CNY"),
                                .claim_from_ms = RULES_DAY(0),
                                .claim_until_ms = RULES_DAY(10),
                                .use_from_ms = RULES_DAY(0),
                                .use_until_ms = RULES_DAY(20),
                                .budget_mode = BUDGET_MODE_NONE};
}

/* The row of rules_good_campaign. */
static inline campaign rules_good_row(uint8_t state)
{
    return (campaign){.id = 7,
                      .merchant = 1,
                      .version = 1,
                      .state = state,
                      .name = S("Spring"),
                      .currency = S("CNY"),
                      .claim_from_ms = RULES_DAY(0),
                      .claim_until_ms = RULES_DAY(10),
                      .use_from_ms = RULES_DAY(0),
                      .use_until_ms = RULES_DAY(20),
                      .budget_mode = BUDGET_MODE_NONE};
}

static inline benefit_term *rules_ten_off(void)
{
    size_t n = 0;
    benefit_term *off = test_term(NULL, &n, TERM_AMOUNT_OFF_AMOUNT, 1000);
    return test_term(off, &n, TERM_COMMON_MINIMUM_SPEND, 5000);
}

/* 10.00 off 50.00, on everything, in the campaign's days 5 to 15. */
static inline template_put_in rules_good_template(void)
{
    return (template_put_in){.merchant = 1,
                             .campaign = 7,
                             .stock = 100,
                             .name = S("Ten off"),
                             .benefit = BENEFIT_KIND_AMOUNT_OFF,
                             .terms = {rules_ten_off(), 2},
                             .validity = VALIDITY_KIND_FIXED,
                             .valid_from_ms = RULES_DAY(5),
                             .valid_until_ms = RULES_DAY(15),
                             .refund = REFUND_RULE_KEEP};
}

#endif
