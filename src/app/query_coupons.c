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

/* The id that it was issued with, which the partner's code stays with. */
static uint64_t issued_as(app_view *v, const coupon *row)
{
    const received *by =
        row->transfer == 0 ? NULL : received_get(v->rows, row->slot, row->transfer);
    return by == NULL || by->earlier.n == 0 ? row->id : by->earlier.items[0].coupon;
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
                      .now_ms = now_ms,
                      .currency = config_find_campaign(v->config, t->row->campaign)->row->currency};
    if (t->row->partner.n > 0)
        out->sealed = query_partner_code(v, t, issued_as(v, row));
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

typedef struct wallet_page {
    app_view *v;
    const wallet_ask *ask;
    coupon_seen *out;
    size_t n, looked;
    int64_t now_ms;
} wallet_page;

/* What went with all that another name had is listed where it is now. */
static bool went_along(app_view *v, const coupon *row)
{
    if (row->state != COUPON_STATE_TRANSFERRED)
        return false;
    const transfer *by = transfer_get(v->rows, row->slot, row->ref);
    return by != NULL && by->move != 0;
}

/* Behind the place, the part that it is in, or both parts. False: the page is full. */
static bool fill_page(wallet_page *p, const user *owner, bool both, wallet_place *next)
{
    size_t got, want;
    do {
        void *page[UOW_SCAN_MAX];
        coupon from = {
            .slot = owner->slot, .member = owner->member, .closed = next->closed, .id = next->id};
        want = p->ask->limit - p->n < 100 ? 100 : UOW_SCAN_MAX;
        got = look_on(p->v, &from, both, page, want);
        for (size_t i = 0; i < got; i++) {
            if (p->n == p->ask->limit || p->looked == WALLET_LOOK_MAX)
                return false;
            const coupon *row = page[i];
            coupon_seen *seen = &p->out[p->n];
            p->looked++;
            next->closed = row->closed;
            next->id = row->id;
            if (look(p->v, p->ask->merchant, row, p->now_ms, seen) && matches(p->ask, seen) &&
                (next->move == 0 || !went_along(p->v, row))) {
                seen->user = owner->name;
                p->n++;
            }
        }
    } while (got == want);
    return true;
}

/* The name that comes behind this move's; by their moves, because entries change places. */
static const moved_user *name_behind(const user *owner, uint64_t move)
{
    const moved_user *found = NULL;
    for (size_t i = 0; i < owner->moved.n; i++) {
        const moved_user *name = &owner->moved.items[i];
        bool next = name->move > move && (found == NULL || name->move < found->move);
        if (next && query_name_is_his(owner, name))
            found = name;
    }
    return found;
}

/* What has stayed under the names that are his now. False: the page is full. */
static bool fill_names(wallet_page *p, const user *owner, wallet_place *next)
{
    uint64_t merchant_id = p->ask->merchant;
    for (size_t i = 0; i <= owner->moved.n; i++) {
        const moved_user *name = name_behind(owner, next->move == 0 ? 0 : next->move - 1);
        if (name == NULL)
            return true;
        if (name->move != next->move)
            *next = (wallet_place){.closed = true, .move = name->move};
        const user *was =
            user_get(p->v->rows, slot_of_user(merchant_id, name->name), merchant_id, name->name);
        if (was != NULL && !fill_page(p, was, false, next))
            return false;
        *next = (wallet_place){.closed = true, .move = name->move + 1};
    }
    return true;
}

size_t query_wallet(app_view *v, const wallet_ask *ask, coupon_seen *out, wallet_place *next,
                    bool *more)
{
    *next = ask->after;
    *more = false;
    const user *owner =
        user_get(v->rows, slot_of_user(ask->merchant, ask->user), ask->merchant, ask->user);
    if (ask->now && owner != NULL && owner->move != 0) {
        str name = query_user_now(v, ask->merchant, ask->user);
        owner = user_get(v->rows, slot_of_user(ask->merchant, name), ask->merchant, name);
    }
    bool open = part_matters(ask, false), closed = part_matters(ask, true);
    if (owner == NULL || (next->closed && !closed))
        return 0;
    if (!open && !next->closed)
        *next = (wallet_place){.closed = true};
    wallet_page p = {.v = v, .ask = ask, .out = out};
    p.now_ms = ask->at_ms != NULL ? *ask->at_ms : uow_now(v->rows);
    *more = next->move == 0 && !fill_page(&p, owner, open && closed, next);
    if (!*more && closed && ask->now)
        *more = !fill_names(&p, owner, next);
    return p.n;
}
