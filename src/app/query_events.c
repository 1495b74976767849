/* See query_events.h. Each lane's blocks are read page by page; the lane whose next event is the
 * oldest goes first. */
#include "app/query_events.h"

#include "app/query_coupons.h"
#include "base/id.h"

enum { FEED_PAGE = 16, FEED_BYTES_MAX = 4096 };

/* One lane while the feed is read. */
typedef struct lane_reader {
    void *blocks[FEED_PAGE];
    size_t n, at;    /* blocks of the page, and the one that is read */
    uint64_t read;   /* events of blocks[at] */
    uint64_t behind; /* first of the block behind the last that was seen */
    bool ended;      /* there is no block behind the page */
} lane_reader;

static void load_page(app_view *v, uint16_t lane, lane_reader *r)
{
    event_block from = {.lane = lane, .first = r->behind};
    uow_range range = {
        .table = &event_block_table, .index = -1, .from = &from, .prefix_columns = 1};
    r->n = uow_scan(v->rows, &range, FEED_PAGE, r->blocks);
    r->at = 0;
    r->ended = r->n < FEED_PAGE;
}

/* The next event of the lane, NULL when there is none. */
static const event *peek(app_view *v, uint16_t lane, lane_reader *r)
{
    while (true) {
        if (r->at == r->n) {
            if (r->ended)
                return NULL;
            load_page(v, lane, r);
            continue;
        }
        const event_block *b = r->blocks[r->at];
        if (r->read < b->events.n)
            return &b->events.items[r->read];
        r->behind = b->first + b->events.n;
        r->read = 0;
        r->at++;
    }
}

static uint64_t block_of(const lane_reader *r)
{
    return r->at < r->n ? ((const event_block *)r->blocks[r->at])->first : r->behind;
}

static int oldest(app_view *v, lane_reader *readers, uint16_t lanes)
{
    int found = -1;
    int64_t found_ms = 0;
    for (uint16_t lane = 0; lane < lanes; lane++) {
        const event *e = peek(v, lane, &readers[lane]);
        if (e != NULL && (found < 0 || e->at_ms < found_ms)) {
            found = lane;
            found_ms = e->at_ms;
        }
    }
    return found;
}

/* Frozen with the redemption, so each reading tells the same: of this coupon, or promotion. */
static void add_payers(app_view *v, feed_event *out)
{
    const event *e = out->event;
    const config_template *t = config_find_template(v->config, e->template);
    if (t == NULL || t->versions[t->version_count - 1]->funding.n == 0)
        return; /* nobody but the merchant ever paid for it */
    const redemption *of = redemption_get(v->rows, id_slot(e->ref), e->ref);
    if (of == NULL)
        return; /* could not be read */
    party_share *parties = ARENA_ARRAY(v->memory, party_share, of->parties.n);
    out->applied = of->applied.items;
    out->parties = parties;
    for (size_t i = 0; i < of->parties.n; i++) {
        const applied_coupon *a = &of->applied.items[of->parties.items[i].applied];
        if (a->coupon == e->coupon && a->template == e->template)
            parties[out->party_count++] = of->parties.items[i];
    }
}

static void add_paid_back(app_view *v, const order_return *back, const redemption *of,
                          feed_event *out)
{
    party_share *parties = ARENA_ARRAY(v->memory, party_share, back->parties.n);
    out->applied = of->applied.items;
    out->parties = parties;
    for (size_t i = 0; i < back->parties.n; i++) {
        const party_back *p = &back->parties.items[i];
        parties[out->party_count++] = (party_share){
            .applied = p->applied, .party = p->party, .discount_minor = p->discount_minor};
    }
}

/* What an order is in where that need not be the campaign's currency: its row tells. */
static str currency_of_order(app_view *v, uint64_t ref)
{
    uint16_t slot = id_slot(ref);
    const order_return *back = order_return_get(v->rows, slot, ref);
    const redemption *used = redemption_get(v->rows, slot, back == NULL ? ref : back->redemption);
    const hold *held = used == NULL ? hold_get(v->rows, slot, ref) : NULL;
    return used != NULL ? used->currency : held != NULL ? held->currency : S("");
}

static bool has_currencies(app_view *v, uint64_t template_id)
{
    const config_template *t = config_find_template(v->config, template_id);
    for (uint32_t i = 0; t != NULL && i < t->version_count; i++)
        if (!price_rule_one_currency(t->rules[i]))
            return true;
    return false;
}

/* A return tells neither its campaign nor its currency: its redemption does. */
static void add_order(app_view *v, feed_event *out)
{
    uint16_t slot = id_slot(out->event->ref);
    const order_return *back = order_return_get(v->rows, slot, out->event->ref);
    const redemption *of = back == NULL ? NULL : redemption_get(v->rows, slot, back->redemption);
    if (of == NULL)
        return; /* could not be read */
    out->redemption = of->id;
    out->currency = of->currency;
    add_paid_back(v, back, of, out);
}

/* Another row of the same name is not of what was then. */
static void add_guesser(app_view *v, feed_event *out)
{
    const guesser_locked *who = &out->event->locked.items[0];
    const code_guesses *row = code_guesses_get(v->rows, slot_of_hash(who->hi), who->hi, who->lo);
    if (row != NULL && row->id == who->row)
        out->guesser = row->name;
}

feed_event query_event(app_view *v, const event_block *b, size_t nth)
{
    const event *e = &b->events.items[nth];
    feed_event out = {.event = e, .lane = b->lane, .sequence = b->first + nth};
    uint64_t home = e->coupon != 0 ? e->coupon : e->ref;
    if (e->member != 0 && home != 0)
        out.user = query_user_name(v, id_slot(home), e->member);
    const config_campaign *of = config_find_campaign(v->config, e->campaign);
    if (of != NULL && e->amount_minor != 0 && e->ref != 0 && has_currencies(v, e->template))
        out.currency = currency_of_order(v, e->ref);
    else if (of != NULL)
        out.currency = of->row->currency;
    if (e->kind == EVENT_KIND_ORDER_RETURNED)
        add_order(v, &out);
    if (e->locked.n > 0)
        add_guesser(v, &out);
    if (e->kind == EVENT_KIND_COUPON_ISSUED)
        out.sealed = query_partner_code(v, config_find_template(v->config, e->template), e->coupon);
    if (e->kind == EVENT_KIND_COUPON_REDEEMED || e->kind == EVENT_KIND_PROMOTION_REDEEMED)
        add_payers(v, &out);
    return out;
}

size_t query_events(app_view *v, const feed_ask *ask, feed_place *place, feed_event *out,
                    bool *more)
{
    uint16_t lanes = store_lanes(app_store(v->app));
    lane_reader *readers = ARENA_ARRAY(v->memory, lane_reader, lanes);
    for (uint16_t lane = 0; lane < lanes && place->lanes != 0; lane++) {
        readers[lane].behind = place->at[lane].first;
        readers[lane].read = place->at[lane].read;
    }
    size_t n = 0;
    size_t looked = 0;
    int lane;
    *more = false;
    while ((lane = oldest(v, readers, lanes)) >= 0) {
        *more = n == ask->limit || looked == FEED_LOOK_MAX;
        if (*more)
            break;
        lane_reader *r = &readers[lane];
        const event *e = peek(v, (uint16_t)lane, r);
        looked++;
        if (e->merchant == ask->merchant)
            out[n++] = query_event(v, r->blocks[r->at], r->read);
        r->read++;
    }
    place->lanes = lanes;
    for (uint16_t i = 0; i < lanes; i++) {
        place->at[i].first = block_of(&readers[i]);
        place->at[i].read = readers[i].read;
    }
    return n;
}

/* ---- as bytes: the lanes, then each number as LEB128 ---- */

static void put_number(buf *out, uint64_t v)
{
    for (; v > 127; v >>= 7)
        buf_char(out, (char)(v | 128));
    buf_char(out, (char)v);
}

static bool take_number(str *rest, uint64_t *out)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64 && rest->n > 0; shift += 7) {
        uint8_t byte = (uint8_t)rest->p[0];
        rest->p++;
        rest->n--;
        v |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) {
            *out = v;
            return true;
        }
    }
    return false;
}

void feed_place_write(const feed_place *place, buf *out)
{
    put_number(out, place->lanes);
    for (uint16_t i = 0; i < place->lanes; i++) {
        put_number(out, place->at[i].first);
        put_number(out, place->at[i].read);
    }
}

bool feed_place_read(str bytes, feed_place *out)
{
    uint64_t lanes;
    *out = (feed_place){0};
    if (bytes.n > FEED_BYTES_MAX || !take_number(&bytes, &lanes) || lanes == 0 ||
        lanes > STORE_LANES_MAX)
        return false;
    out->lanes = (uint16_t)lanes;
    for (uint16_t i = 0; i < out->lanes; i++) {
        if (!take_number(&bytes, &out->at[i].first) || !take_number(&bytes, &out->at[i].read))
            return false;
    }
    return bytes.n == 0;
}
