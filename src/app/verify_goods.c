/* What redemptions and returns count for: by template and campaign, and by sku, channel and store
 * of their goods. Written anew from the meaning of the counters (domain/stats/tally.h), so that the
 * two can disagree. */
#include "app/verify_money.h"
#include "domain/rule/cart.h"

typedef struct goods_key {
    uint64_t campaign, template;
    int64_t day, dimension;
    char value[96];
} goods_key;

enum { GOODS_KEY_FIXED = offsetof(goods_key, value) };

/* The expected counters of this group of goods; NULL when the text is empty or too long. */
static int64_t *goods_at(verify *v, const verify_terms *of, int32_t day, goods_dimension dimension,
                         str value)
{
    goods_key k = {of->campaign->row->id, of->template->row->id, day, (int64_t)dimension, ""};
    if (value.n == 0 || value.n > sizeof(k.value))
        return NULL;
    memcpy(k.value, value.p, value.n);
    return verify_map_at(v->goods, (str){(const char *)&k, GOODS_KEY_FIXED + value.n});
}

/* One coupon on one line. */
typedef struct goods_use {
    verify_terms of;
    str foreign; /* currency; empty: the campaign's */
    int32_t day;
    str values[3]; /* sku, channel, store */
} goods_use;

static const goods_dimension dimensions[] = {GOODS_DIMENSION_SKU, GOODS_DIMENSION_CHANNEL,
                                             GOODS_DIMENSION_STORE};

static void add(verify *v, const goods_use *use, size_t dimension, int which, int64_t n)
{
    bool money = which == GOODS_ORDER || which == GOODS_DISCOUNT || which == GOODS_RETURNED;
    if (money && use->foreign.n > 0) {
        verify_money_place place = {use->of.template->row->id, use->day,
                                    (uint8_t)dimensions[dimension], use->values[dimension]};
        int64_t *to = verify_money_at(v, &use->of, &place, use->foreign);
        if (to != NULL)
            to[which == GOODS_ORDER      ? MONEY_ORDER
               : which == GOODS_DISCOUNT ? MONEY_DISCOUNT
                                         : MONEY_ORDER_RETURNED] += n;
        return;
    }
    int64_t *at = goods_at(v, &use->of, use->day, dimensions[dimension], use->values[dimension]);
    if (at != NULL)
        at[GOODS_EXPECTED + which] += n;
}

/* Does an earlier share of the same template lie on the same line? Then its units count already. */
static bool is_first(const redemption *r, size_t share)
{
    const line_share *s = &r->shares.items[share];
    for (size_t i = 0; i < share; i++) {
        const line_share *other = &r->shares.items[i];
        if (other->line == s->line &&
            r->applied.items[other->applied].template == r->applied.items[s->applied].template)
            return false;
    }
    return true;
}

/* Does an earlier share of the same coupon lie on a line of the same sku? */
static bool is_first_of_sku(const redemption *r, size_t share)
{
    const line_share *s = &r->shares.items[share];
    for (size_t i = 0; i < share; i++) {
        const line_share *other = &r->shares.items[i];
        if (other->applied == s->applied &&
            str_eq(r->lines.items[other->line].sku, r->lines.items[s->line].sku))
            return false;
    }
    return true;
}

/* Is this the first coupon of its template (campaign) in the order? */
static bool is_first_coupon(const redemption *r, size_t applied, bool by_campaign)
{
    for (size_t i = 0; i < applied; i++)
        if (by_campaign ? r->applied.items[i].campaign == r->applied.items[applied].campaign
                        : r->applied.items[i].template == r->applied.items[applied].template)
            return false;
    return true;
}

typedef struct whole {
    uint64_t template;
    int32_t day;
    int which; /* TALLY_ORDER or TALLY_ORDER_RETURNED */
} whole;

static void count_whole(verify *v, const verify_terms *of, const whole *to, str currency,
                        int64_t minor)
{
    str foreign = verify_foreign(of, currency);
    if (foreign.n == 0) {
        verify_tally_at(v, of, to->template, to->day)[to->which] += minor;
        return;
    }
    verify_money_place place = {.template = to->template, .day = to->day};
    int64_t *at = verify_money_at(v, of, &place, foreign);
    if (at != NULL)
        at[to->which == TALLY_ORDER ? MONEY_ORDER : MONEY_ORDER_RETURNED] += minor;
}

/* An amount of the whole order, once for each template and once for each campaign. */
static void count_order(verify *v, const redemption *r, int64_t at_ms, int which, int64_t minor)
{
    for (size_t i = 0; i < r->applied.n; i++) {
        verify_terms of;
        int32_t day;
        if (!verify_terms_of(v, r->applied.items[i].template, &of) || !verify_day(&of, at_ms, &day))
            continue;
        if (is_first_coupon(r, i, false))
            count_whole(v, &of, &(whole){of.template->row->id, day, which}, r->currency, minor);
        if (is_first_coupon(r, i, true))
            count_whole(v, &of, &(whole){0, day, which}, r->currency, minor);
    }
}

static bool use_of(verify *v, const redemption *r, size_t applied, int64_t at_ms, goods_use *out)
{
    *out = (goods_use){.values = {{NULL, 0}, r->channel, r->store}};
    if (!verify_terms_of(v, r->applied.items[applied].template, &out->of) ||
        !verify_day(&out->of, at_ms, &out->day))
        return false;
    out->foreign = verify_foreign(&out->of, r->currency);
    return true;
}

static void count_coupon(verify *v, const redemption *r, size_t i)
{
    goods_use use;
    if (!use_of(v, r, i, r->redeemed_at_ms, &use))
        return;
    verify_tally_at(v, &use.of, use.of.template->row->id, use.day)[TALLY_REDEEMED]++;
    verify_total_at(v, &use.of)[TALLY_RETURNED] += r->applied.items[i].returned;
    add(v, &use, 1, GOODS_REDEMPTIONS, 1);
    add(v, &use, 2, GOODS_REDEMPTIONS, 1);
}

/* Started kilograms of what is weighed, else pieces. */
static int64_t units_of(const order_line *line, int64_t quantity)
{
    if ((line->marks & LINE_WEIGHED) == 0)
        return quantity;
    return quantity / CART_QUANTITY_UNIT + (quantity % CART_QUANTITY_UNIT > 0);
}

static void count_share(verify *v, const redemption *r, size_t i)
{
    const line_share *s = &r->shares.items[i];
    const order_line *line = &r->lines.items[s->line];
    goods_use use;
    if (!use_of(v, r, s->applied, r->redeemed_at_ms, &use))
        return;
    use.values[0] = line->sku;
    for (size_t d = 0; d < ARRAY_LEN(dimensions); d++) {
        add(v, &use, d, GOODS_DISCOUNT, s->discount_minor);
        if (is_first(r, i)) {
            add(v, &use, d, GOODS_QUANTITY, units_of(line, line->quantity));
            add(v, &use, d, GOODS_ORDER, verify_line(line));
        }
    }
    if (is_first_of_sku(r, i))
        add(v, &use, 0, GOODS_REDEMPTIONS, 1);
}

void verify_goods_redeemed(verify *v, const redemption *r)
{
    count_order(v, r, r->redeemed_at_ms, TALLY_ORDER, r->subtotal_minor);
    for (size_t i = 0; i < r->applied.n; i++)
        count_coupon(v, r, i);
    for (size_t i = 0; i < r->shares.n; i++)
        count_share(v, r, i);
}

static int64_t quantity_back(const order_return *back, uint16_t line)
{
    int64_t n = 0;
    for (size_t i = 0; i < back->lines.n; i++)
        n += back->lines.items[i].line == line ? back->lines.items[i].quantity : 0;
    return n;
}

static int64_t worth_back(const order_return *back, uint16_t line)
{
    int64_t minor = 0;
    for (size_t i = 0; i < back->lines.n; i++)
        minor += back->lines.items[i].line == line ? back->lines.items[i].worth_minor : 0;
    return minor;
}

void verify_goods_returned(verify *v, const verify_redemption *from, const order_return *back)
{
    const redemption *r = &from->row;
    int64_t worth_minor = 0;
    for (size_t i = 0; i < back->lines.n; i++)
        worth_minor += back->lines.items[i].worth_minor;
    count_order(v, r, back->returned_at_ms, TALLY_ORDER_RETURNED, worth_minor);
    for (size_t i = 0; i < r->shares.n; i++) {
        const line_share *s = &r->shares.items[i];
        if (s->line >= r->lines.n || s->applied >= r->applied.n)
            return; /* told with the redemption */
        int64_t quantity = quantity_back(back, s->line);
        goods_use use;
        if (quantity == 0 || !is_first(r, i) ||
            !use_of(v, r, s->applied, back->returned_at_ms, &use))
            continue;
        const order_line *line = &r->lines.items[s->line];
        int64_t out = line->quantity - from->returned[s->line];
        int64_t units = units_of(line, out + quantity) - units_of(line, out);
        use.values[0] = line->sku;
        for (size_t d = 0; d < ARRAY_LEN(dimensions); d++) {
            add(v, &use, d, GOODS_RETURNED_QUANTITY, units);
            add(v, &use, d, GOODS_RETURNED, worth_back(back, s->line));
        }
    }
}

/* ---- the counters ---- */

static void see_goods(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const tally_goods *t = row;
    goods_key k = {t->campaign, t->template, t->day, t->dimension, ""};
    verify_what w = {.check = "goods", .kind = ID_TEMPLATE, .id = t->template};
    verify_must(v, &w, "value is neither empty nor too long",
                t->value.n > 0 && t->value.n <= sizeof(k.value));
    if (t->value.n == 0 || t->value.n > sizeof(k.value))
        return;
    memcpy(k.value, t->value.p, t->value.n);
    int64_t *to = verify_map_at(v->goods, (str){(const char *)&k, GOODS_KEY_FIXED + t->value.n});
    const int64_t columns[GOODS_COLUMNS] = {
        [GOODS_REDEMPTIONS] = t->redemptions,
        [GOODS_QUANTITY] = t->quantity,
        [GOODS_ORDER] = t->order_minor,
        [GOODS_DISCOUNT] = t->discount_minor,
        [GOODS_RETURNED_QUANTITY] = t->returned_quantity,
        [GOODS_RETURNED] = t->returned_minor,
    };
    for (size_t i = 0; i < GOODS_COLUMNS; i++)
        to[GOODS_ACTUAL + i] += columns[i];
}

static void compare(verify *v, str bytes, const int64_t *values)
{
    goods_key k = {0};
    char text[256];
    memcpy(&k, bytes.p, bytes.n);
    buf b = {.p = text, .capacity = sizeof(text), .max = sizeof(text)};
    id_write(&b, ID_CAMPAIGN, k.campaign);
    buf_char(&b, ' ');
    id_write(&b, ID_TEMPLATE, k.template);
    buf_char(&b, ' ');
    time_write_day(&b, (int32_t)k.day);
    buf_printf(&b, " %.*s %.*s", STR_ARG(goods_dimension_name((int)k.dimension)),
               (int)(bytes.n - GOODS_KEY_FIXED), k.value);
    verify_what w = {.check = "goods", .subject = buf_view(&b)};
    for (size_t i = 0; i < GOODS_COLUMNS; i++)
        verify_number(v, &w,
                      tally_goods_table.record.columns[tally_goods_table.key_columns + i].name,
                      values[GOODS_EXPECTED + i], values[GOODS_ACTUAL + i]);
}

result verify_goods(verify *v)
{
    result r = verify_each(v, NULL, &tally_goods_table, see_goods);
    for (size_t i = 0; i < verify_map_count(v->goods) && r == R_DONE; i++) {
        str bytes;
        const int64_t *values = verify_map_item(v->goods, i, &bytes);
        compare(v, bytes, values);
    }
    return r;
}
