/* Counters of the running lane: see tally.h. */
#include "domain/stats/tally.h"

static tally *row_of(uow *u, const terms *of, uint64_t template_id)
{
    return tally_get(u, uow_lane(u), of->campaign->row->id, template_id, terms_day(of, uow_now(u)));
}

void tally_load(uow *u, const terms *of)
{
    (void)row_of(u, of, of->template->row->id);
    (void)row_of(u, of, 0);
}

static tally *row_to_write(uow *u, const terms *of, uint64_t template_id)
{
    tally *row = row_of(u, of, template_id);
    if (row == NULL)
        return tally_new(u, uow_lane(u), of->campaign->row->id, template_id,
                         terms_day(of, uow_now(u)));
    tally_edit(u, row);
    return row;
}

tally *tally_of(uow *u, const terms *of)
{
    return row_to_write(u, of, of->template->row->id);
}

tally *tally_of_campaign(uow *u, const terms *of)
{
    return row_to_write(u, of, 0);
}

void tally_load_code(uow *u, uint64_t batch)
{
    if (batch != 0)
        (void)tally_code_get(u, uow_lane(u), batch);
}

tally_code *tally_of_code(uow *u, uint64_t batch)
{
    tally_code *row = tally_code_get(u, uow_lane(u), batch);
    if (row == NULL)
        return tally_code_new(u, uow_lane(u), batch);
    tally_code_edit(u, row);
    return row;
}

static tally_goods *goods_of(uow *u, const terms *of, tally_group group)
{
    CHECK(group.value.n <= TALLY_VALUE_MAX);
    tally_goods key = {.lane = uow_lane(u),
                       .campaign = of->campaign->row->id,
                       .template = of->template->row->id,
                       .dimension = (uint8_t)group.dimension,
                       .day = terms_day(of, uow_now(u)),
                       .value = group.value};
    return uow_get(u, &tally_goods_table, &key);
}

/* NULL for an empty text. */
static tally_goods *goods_to_write(uow *u, const terms *of, tally_group group)
{
    if (group.value.n == 0)
        return NULL;
    tally_goods *row = goods_of(u, of, group);
    if (row == NULL)
        return tally_goods_new(u, uow_lane(u), of->campaign->row->id, of->template->row->id,
                               (uint8_t)group.dimension, terms_day(of, uow_now(u)), group.value);
    tally_goods_edit(u, row);
    return row;
}

static tally_party *party_row(uow *u, const terms *of, uint16_t party)
{
    return tally_party_get(u, uow_lane(u), of->campaign->row->id, of->template->row->id, party,
                           terms_day(of, uow_now(u)));
}

void tally_load_party(uow *u, const terms *of, uint16_t party)
{
    (void)party_row(u, of, party);
}

tally_party *tally_party_of(uow *u, const terms *of, uint16_t party)
{
    tally_party *row = party_row(u, of, party);
    if (row == NULL)
        return tally_party_new(u, uow_lane(u), of->campaign->row->id, of->template->row->id, party,
                               terms_day(of, uow_now(u)));
    tally_party_edit(u, row);
    return row;
}

/* ---- money ---- */

str tally_foreign(const terms *of, str currency)
{
    return str_eq(of->campaign->row->currency, currency) ? S("") : currency;
}

uint32_t tally_currency(str code)
{
    CHECK(code.n == TALLY_CURRENCY_BYTES);
    return (uint32_t)(uint8_t)code.p[0] << 16 | (uint32_t)(uint8_t)code.p[1] << 8 |
           (uint8_t)code.p[2];
}

void tally_currency_code(uint32_t number, char out[TALLY_CURRENCY_BYTES])
{
    out[0] = (char)(number >> 16);
    out[1] = (char)(number >> 8);
    out[2] = (char)number;
}

static tally_money money_key(uow *u, const terms *of, uint64_t template_id, str foreign)
{
    return (tally_money){.lane = uow_lane(u),
                         .campaign = of->campaign->row->id,
                         .template = template_id,
                         .day = terms_day(of, uow_now(u)),
                         .currency = tally_currency(foreign)};
}

static tally_money *money_to_write(uow *u, const tally_money *key)
{
    tally_money *row = uow_get(u, &tally_money_table, key);
    if (row == NULL)
        return tally_money_new(u, key->lane, key->campaign, key->template, key->dimension, key->day,
                               key->currency, key->value);
    tally_money_edit(u, row);
    return row;
}

void tally_load_money(uow *u, const terms *of, str foreign)
{
    if (foreign.n == 0)
        return;
    tally_money whole = money_key(u, of, 0, foreign);
    tally_money part = money_key(u, of, of->template->row->id, foreign);
    (void)uow_get(u, &tally_money_table, &whole);
    (void)uow_get(u, &tally_money_table, &part);
}

void tally_add(uow *u, const terms *of, tally_place to, const tally_sums *more)
{
    tally *row = to.campaign ? tally_of_campaign(u, of) : tally_of(u, of);
    if (to.foreign.n == 0) {
        row->discount_minor += more->discount_minor;
        row->discount_returned_minor += more->discount_returned_minor;
        row->order_minor += more->order_minor;
        row->order_returned_minor += more->order_returned_minor;
        row->adds_minor += more->adds_minor;
        row->adds_returned_minor += more->adds_returned_minor;
        return;
    }
    tally_money key = money_key(u, of, to.campaign ? 0 : of->template->row->id, to.foreign);
    tally_money *money = money_to_write(u, &key);
    money->discount_minor += more->discount_minor;
    money->discount_returned_minor += more->discount_returned_minor;
    money->order_minor += more->order_minor;
    money->order_returned_minor += more->order_returned_minor;
    money->adds_minor += more->adds_minor;
    money->adds_returned_minor += more->adds_returned_minor;
}

static tally_money goods_money_key(uow *u, const terms *of, const tally_goods_place *to)
{
    tally_money key = money_key(u, of, of->template->row->id, to->foreign);
    key.dimension = (uint8_t)to->group.dimension;
    key.value = to->group.value;
    return key;
}

void tally_load_goods(uow *u, const terms *of, const tally_goods_place *to)
{
    if (to->group.value.n == 0)
        return;
    (void)goods_of(u, of, to->group);
    if (to->foreign.n == 0)
        return;
    tally_money key = goods_money_key(u, of, to);
    (void)uow_get(u, &tally_money_table, &key);
}

void tally_add_goods(uow *u, const terms *of, const tally_goods_place *to, const tally_goods *more)
{
    tally_goods *row = goods_to_write(u, of, to->group);
    if (row == NULL)
        return;
    row->redemptions += more->redemptions;
    row->quantity += more->quantity;
    row->returned_quantity += more->returned_quantity;
    if (to->foreign.n == 0) {
        row->order_minor += more->order_minor;
        row->discount_minor += more->discount_minor;
        row->returned_minor += more->returned_minor;
        return;
    }
    tally_money key = goods_money_key(u, of, to);
    tally_money *money = money_to_write(u, &key);
    money->order_minor += more->order_minor;
    money->discount_minor += more->discount_minor;
    money->order_returned_minor += more->returned_minor;
}
