/* Counters of money in other currencies than the campaign's (tally_money), against what orders and
 * ledger tell. What belongs where is decided where the counters beside them are:
 * verify_count.c, verify_goods.c. */
#include "app/verify_money.h"
#include "base/money.h"
#include "domain/stats/tally.h"

typedef struct money_key {
    uint64_t campaign, template;
    int64_t day;
    uint32_t dimension, currency;
    char value[96];
} money_key;

enum { MONEY_KEY_FIXED = offsetof(money_key, value) };

str verify_foreign(const verify_terms *of, str currency)
{
    return str_eq(of->campaign->row->currency, currency) ? S("") : currency;
}

int64_t *verify_money_at(verify *v, const verify_terms *of, const verify_money_place *at,
                         str currency)
{
    money_key k = {.campaign = of->campaign->row->id,
                   .template = at->template,
                   .day = at->day,
                   .dimension = at->dimension};
    if (currency.n != TALLY_CURRENCY_BYTES || at->value.n > sizeof(k.value) ||
        (at->dimension != 0 && at->value.n == 0))
        return NULL;
    k.currency = tally_currency(currency);
    if (at->value.n > 0)
        memcpy(k.value, at->value.p, at->value.n);
    return verify_map_at(v->money, (str){(const char *)&k, MONEY_KEY_FIXED + at->value.n}) +
           MONEY_EXPECTED;
}

static void see_money(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const tally_money *t = row;
    char code[TALLY_CURRENCY_BYTES];
    verify_what w = {.check = "money", .kind = ID_CAMPAIGN, .id = t->campaign};
    const config_campaign *c = config_find_campaign(v->view.config, t->campaign);
    tally_currency_code(t->currency, code);
    str currency = {code, sizeof(code)};
    verify_must(v, &w, "its campaign is there", c != NULL);
    verify_must(v, &w, "a currency, and not the campaign's",
                money_decimals(currency) >= 0 &&
                    (c == NULL || !str_eq(c->row->currency, currency)));
    verify_terms of = {.campaign = c};
    verify_money_place at = {t->template, t->day, t->dimension, t->value};
    int64_t *to = c == NULL ? NULL : verify_money_at(v, &of, &at, currency);
    if (to == NULL)
        return;
    const int64_t columns[MONEY_COLUMNS] = {
        [MONEY_DISCOUNT] = t->discount_minor,
        [MONEY_DISCOUNT_RETURNED] = t->discount_returned_minor,
        [MONEY_ORDER] = t->order_minor,
        [MONEY_ORDER_RETURNED] = t->order_returned_minor,
        [MONEY_ADDS] = t->adds_minor,
        [MONEY_ADDS_RETURNED] = t->adds_returned_minor,
    };
    for (size_t i = 0; i < MONEY_COLUMNS; i++)
        to[MONEY_ACTUAL - MONEY_EXPECTED + i] += columns[i];
}

static void compare(verify *v, str bytes, const int64_t *values)
{
    money_key k = {0};
    char text[256], code[TALLY_CURRENCY_BYTES];
    memcpy(&k, bytes.p, bytes.n);
    tally_currency_code(k.currency, code);
    buf b = {.p = text, .capacity = sizeof(text), .max = sizeof(text)};
    id_write(&b, ID_CAMPAIGN, k.campaign);
    buf_char(&b, ' ');
    if (k.template == 0)
        buf_str(&b, S("as a whole"));
    else
        id_write(&b, ID_TEMPLATE, k.template);
    buf_char(&b, ' ');
    time_write_day(&b, (int32_t)k.day);
    buf_printf(&b, " %.*s", (int)sizeof(code), code);
    if (k.dimension != 0)
        buf_printf(&b, " %.*s %.*s", STR_ARG(goods_dimension_name((int)k.dimension)),
                   (int)(bytes.n - MONEY_KEY_FIXED), k.value);
    verify_what w = {.check = "money", .subject = buf_view(&b)};
    for (size_t i = 0; i < MONEY_COLUMNS; i++)
        verify_number(v, &w,
                      tally_money_table.record.columns[tally_money_table.key_columns + i].name,
                      values[MONEY_EXPECTED + i], values[MONEY_ACTUAL + i]);
}

result verify_money(verify *v)
{
    result r = verify_each(v, NULL, &tally_money_table, see_money);
    for (size_t i = 0; i < verify_map_count(v->money) && r == R_DONE; i++) {
        str bytes;
        const int64_t *values = verify_map_item(v->money, i, &bytes);
        compare(v, bytes, values);
    }
    return r;
}
