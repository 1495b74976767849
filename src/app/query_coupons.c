/* See query_coupons.h. */
#include "app/query_coupons.h"

#include "app/query_transfers.h"
#include "app/query_users.h"
#include "base/id.h"
#include "domain/campaign/rules.h"
#include "domain/coupon/transfer.h"

str query_user_name(app_view *v, uint16_t slot, uint32_t number)
{
    const member *row = member_get(v->rows, slot, number);
    return row == NULL ? (str){NULL, 0} : row->name;
}

/* What the transfer that has it has made of it; NULL: nothing yet. */
static const received *received_of(app_view *v, const coupon *row)
{
    bool offered = row->state == COUPON_STATE_OFFERED;
    return offered ? query_received(v, transfer_get(v->rows, row->slot, row->ref)) : NULL;
}

uint64_t query_coupon_now(app_view *v, uint64_t id)
{
    for (size_t hop = 0; hop < COUPON_IDS_MAX; hop++) {
        const forward *to = forward_get(v->rows, id_slot(id), id);
        const coupon *row = to != NULL ? NULL : coupon_get(v->rows, id_slot(id), id);
        const received *by = row == NULL ? NULL : received_of(v, row);
        if (to == NULL && by == NULL)
            return id;
        id = to != NULL ? to->to : by->coupon;
    }
    return id;
}

const coupon *query_coupon_at(app_view *v, const coupon *row, int64_t now_ms)
{
    if (row->state != COUPON_STATE_OFFERED)
        return row;
    const transfer *t = transfer_get(v->rows, row->slot, row->ref);
    bool gone = received_of(v, row) != NULL;
    if (!gone && (t == NULL || !transfer_is_over(t, now_ms)))
        return row;
    coupon *now = ARENA_NEW(v->memory, coupon);
    *now = *row;
    now->state = gone ? COUPON_STATE_TRANSFERRED : COUPON_STATE_AVAILABLE;
    now->closed = gone;
    now->ref = gone ? row->ref : 0;
    return now;
}

static void look_at_uses(app_view *v, coupon_seen *out)
{
    const coupon *row = out->row;
    const coupon_use *use = coupon_use_get(v->rows, row->slot, row->id);
    use_ask ask = {.of = out->template, .row = row, .use = use, .now_ms = out->now_ms};
    out->now = use_state_at(v->config, &ask, &out->left);
    out->version = use_version(&ask);
}

static void look_at_hold(app_view *v, coupon_seen *out)
{
    const coupon *row = out->row;
    const hold *by =
        row->state == COUPON_STATE_HELD ? hold_get(v->rows, row->slot, row->ref) : NULL;
    out->now = coupon_state_at(v->config, row, by, out->now_ms);
    out->version = config_effective(out->template, row->version);
}

str query_partner_code(app_view *v, const config_template *of, uint64_t coupon_id)
{
    if (of == NULL || of->row->partner.n == 0)
        return (str){NULL, 0};
    const given_code *row = given_code_get(v->rows, id_slot(coupon_id), coupon_id);
    return row == NULL ? (str){NULL, 0} : row->sealed;
}

static bool look(app_view *v, uint64_t of_merchant, const coupon *row, int64_t now_ms,
                 coupon_seen *out)
{
    const config_template *t = config_find_template(v->config, row->template);
    if (t == NULL || t->row->merchant != of_merchant)
        return false;
    row = query_coupon_at(v, row, now_ms);
    *out =
        (coupon_seen){.row = row,
                      .template = t,
                      .many = use_is_many(t),
                      .sealed = query_partner_code(v, t, row->id),
                      .now_ms = now_ms,
                      .currency = config_find_campaign(v->config, t->row->campaign)->row->currency};
    if (out->many)
        look_at_uses(v, out);
    else
        look_at_hold(v, out);
    return true;
}

bool query_coupon(app_view *v, uint64_t of_merchant, uint64_t id, coupon_seen *out)
{
    const coupon *row = coupon_get(v->rows, id_slot(id), id);
    if (row == NULL || !look(v, of_merchant, row, uow_now(v->rows), out))
        return false;
    out->user = query_user_name(v, row->slot, row->member);
    return true;
}

/* Can a coupon of this part be what is asked for? What has expired, lost its hold or been
 * transferred may still be among the open ones, but what is closed stays what it is. */
static bool part_matters(const wallet_ask *ask, bool closed)
{
    bool closing = coupon_is_closed(ask->state);
    bool late = ask->state == COUPON_STATE_EXPIRED || ask->state == COUPON_STATE_TRANSFERRED;
    return ask->state == 0 || (closed ? closing : !closing || late);
}

static bool matches(const wallet_ask *ask, const coupon_seen *seen)
{
    if (ask->asset.n > 0 &&
        !str_eq(config_version(seen->template, seen->version)->asset, ask->asset))
        return false;
    return ask->state == 0 ||
           (seen->now.state == ask->state && seen->now.not_yet_valid == ask->not_yet_valid &&
            (ask->usable || seen->now.partly_used == ask->partly_used));
}

/* Rows behind the place; how many. Entries of open coupons stand in front of those of closed ones,
 * so one look goes through both parts where both matter. */
static size_t look_on(app_view *v, const coupon *from, bool both, void **page, size_t limit)
{
    uow_range range = {.table = &coupon_table,
                       .index = COUPON_BY_WALLET,
                       .from = from,
                       .prefix_columns = both ? 2 : 3,
                       .after = from->id != 0};
    return uow_scan(v->rows, &range, limit, page);
}

size_t query_wallet(app_view *v, const wallet_ask *ask, coupon_seen *out, wallet_place *next,
                    bool *more)
{
    *next = ask->after;
    *more = false;
    str name = ask->user;
    uint16_t slot = slot_of_user(ask->merchant, name);
    const user *owner = user_get(v->rows, slot, ask->merchant, name);
    if (ask->now && owner != NULL && owner->move != 0) {
        name = query_user_now(v, ask->merchant, name);
        slot = slot_of_user(ask->merchant, name);
        owner = user_get(v->rows, slot, ask->merchant, name);
    }
    bool open = part_matters(ask, false), closed = part_matters(ask, true);
    if (owner == NULL || (next->closed && !closed))
        return 0;
    if (!open && !next->closed)
        *next = (wallet_place){.closed = true};
    int64_t now_ms = ask->at_ms != NULL ? *ask->at_ms : uow_now(v->rows);
    size_t n = 0, looked = 0, got, want;
    do {
        void *page[UOW_SCAN_MAX];
        coupon from = {
            .slot = slot, .member = owner->member, .closed = next->closed, .id = next->id};
        want = ask->limit - n < 100 ? 100 : UOW_SCAN_MAX;
        got = look_on(v, &from, open && closed, page, want);
        for (size_t i = 0; i < got; i++) {
            if (n == ask->limit || looked == WALLET_LOOK_MAX) {
                *more = true;
                return n;
            }
            const coupon *row = page[i];
            looked++;
            *next = (wallet_place){.closed = row->closed, .id = row->id};
            if (look(v, ask->merchant, row, now_ms, &out[n]) && matches(ask, &out[n])) {
                out[n].user = name;
                n++;
            }
        }
    } while (got == want);
    return n;
}
