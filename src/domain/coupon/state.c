/* State tables and the writer of coupon states: see state.h. */
#include "domain/coupon/state.h"

#include "domain/stats/tally.h"

/* steps[event][from] is the state after it, 0 where there is no such step. */
static const uint8_t steps[EVENT_KIND_COUNT][COUPON_STATE_COUNT] = {
    [EVENT_KIND_COUPON_ISSUED] = {[0] = COUPON_STATE_AVAILABLE},
    [EVENT_KIND_COUPON_HELD] = {[COUPON_STATE_AVAILABLE] = COUPON_STATE_HELD},
    [EVENT_KIND_COUPON_RELEASED] = {[COUPON_STATE_HELD] = COUPON_STATE_AVAILABLE},
    [EVENT_KIND_COUPON_REDEEMED] = {[COUPON_STATE_AVAILABLE] = COUPON_STATE_REDEEMED,
                                    [COUPON_STATE_HELD] = COUPON_STATE_REDEEMED},
    [EVENT_KIND_COUPON_RETURNED] = {[COUPON_STATE_REDEEMED] = COUPON_STATE_AVAILABLE},
    [EVENT_KIND_COUPON_EXPIRED] = {[COUPON_STATE_AVAILABLE] = COUPON_STATE_EXPIRED,
                                   [COUPON_STATE_OFFERED] = COUPON_STATE_EXPIRED},
    [EVENT_KIND_COUPON_VOIDED] = {[COUPON_STATE_AVAILABLE] = COUPON_STATE_VOIDED,
                                  [COUPON_STATE_OFFERED] = COUPON_STATE_VOIDED},
    [EVENT_KIND_COUPON_OFFERED] = {[COUPON_STATE_AVAILABLE] = COUPON_STATE_OFFERED},
    [EVENT_KIND_COUPON_TRANSFERRED] = {[COUPON_STATE_OFFERED] = COUPON_STATE_TRANSFERRED},
    [EVENT_KIND_COUPON_RECEIVED] = {[0] = COUPON_STATE_AVAILABLE},
    [EVENT_KIND_TRANSFER_DECLINED] = {[COUPON_STATE_OFFERED] = COUPON_STATE_AVAILABLE},
    [EVENT_KIND_TRANSFER_CANCELLED] = {[COUPON_STATE_OFFERED] = COUPON_STATE_AVAILABLE},
    [EVENT_KIND_TRANSFER_EXPIRED] = {[COUPON_STATE_OFFERED] = COUPON_STATE_AVAILABLE},
    [EVENT_KIND_TRANSFER_REFUSED] = {[COUPON_STATE_OFFERED] = COUPON_STATE_AVAILABLE},
};

static const bool hold_steps[HOLD_STATE_COUNT][HOLD_STATE_COUNT] = {
    [0] = {[HOLD_STATE_OPEN] = true},
    [HOLD_STATE_OPEN] = {[HOLD_STATE_REDEEMED] = true,
                         [HOLD_STATE_RELEASED] = true,
                         [HOLD_STATE_EXPIRED] = true,
                         [HOLD_STATE_REPLACED] = true},
    [HOLD_STATE_EXPIRED] = {[HOLD_STATE_REDEEMED] = true, [HOLD_STATE_RELEASED] = true},
};

bool coupon_step(uint8_t from, event_kind happening, uint8_t *to)
{
    if (from >= COUPON_STATE_COUNT || happening >= EVENT_KIND_COUNT || steps[happening][from] == 0)
        return false;
    *to = steps[happening][from];
    return true;
}

bool hold_step(uint8_t from, uint8_t to)
{
    return from < HOLD_STATE_COUNT && to < HOLD_STATE_COUNT && hold_steps[from][to];
}

bool coupon_is_closed(uint8_t state)
{
    return state == COUPON_STATE_REDEEMED || state == COUPON_STATE_VOIDED ||
           state == COUPON_STATE_EXPIRED || state == COUPON_STATE_TRANSFERRED;
}

bool coupon_is_waiting(uint8_t state)
{
    return state == COUPON_STATE_AVAILABLE || state == COUPON_STATE_OFFERED;
}

/* It has an entry at its end from when it was issued, as long as it waits; one that is released
 * behind its end needs another, as the sweep may have seen the first. A return may move the end,
 * also of one that other orders hold. */
static void note_due(uow *u, const coupon *row, uint8_t from, event_kind happening)
{
    bool back = happening == EVENT_KIND_COUPON_RETURNED || happening == EVENT_KIND_COUPON_CREDITED;
    bool past = row->expires_at_ms <= uow_now(u);
    bool waits = coupon_is_waiting(row->state) && !coupon_is_waiting(from);
    if (back ? !row->closed : waits && (past || happening != EVENT_KIND_COUPON_RELEASED))
        uow_due(u, (due_name){DUE_KIND_COUPON, row->id, 0}, row->expires_at_ms);
}

static void count_for_batch(uow *u, const coupon *row, event_kind happening)
{
    bool counts = happening == EVENT_KIND_COUPON_REDEEMED ||
                  happening == EVENT_KIND_COUPON_RETURNED || happening == EVENT_KIND_COUPON_VOIDED;
    if (row->batch == 0 || !counts)
        return;
    tally_code *t = tally_of_code(u, row->batch);
    t->redeemed += happening == EVENT_KIND_COUPON_REDEEMED;
    t->returned += happening == EVENT_KIND_COUPON_RETURNED;
    t->voided += happening == EVENT_KIND_COUPON_VOIDED;
}

void coupon_move(uow *u, coupon *row, const coupon_event *what)
{
    uint8_t to = 0;
    bool allowed = coupon_step(row->state, what->happening, &to);
    CHECK(allowed);
    coupon_edit(u, row);
    bool refers = to == COUPON_STATE_HELD || to == COUPON_STATE_REDEEMED ||
                  to == COUPON_STATE_OFFERED || to == COUPON_STATE_TRANSFERRED;
    row->ref = refers ? what->ref : 0;
    coupon_move_to(u, row, to, what);
}

void coupon_move_to(uow *u, coupon *row, uint8_t to, const coupon_event *what)
{
    terms of = terms_of(uow_config(u), row->template);
    uint8_t from = row->state;
    coupon_edit(u, row);
    row->state = to;
    row->revision++;
    row->closed = coupon_is_closed(to);
    note_due(u, row, from, what->happening);
    count_for_batch(u, row, what->happening);
    event e = {.kind = (uint8_t)what->happening,
               .at_ms = uow_now(u),
               .merchant = of.merchant->row->id,
               .campaign = of.campaign->row->id,
               .template = row->template,
               .coupon = row->id,
               .member = row->member,
               .revision = row->revision,
               .ref = what->ref,
               .amount_minor = what->amount_minor,
               .version = what->version};
    if (e.version == 0)
        e.version = config_effective(of.template, row->version);
    uow_event(u, &e);
}

void hold_move(uow *u, hold *row, uint8_t to)
{
    CHECK(hold_step(row->state, to));
    hold_edit(u, row);
    row->state = to;
    if (to == HOLD_STATE_OPEN)
        uow_due(u, (due_name){DUE_KIND_HOLD, row->id, 0}, row->deadline_ms);
}

int64_t coupon_begins_at_ms(const config *c, const coupon *row)
{
    terms of = terms_of(c, row->template);
    uint32_t effective = config_effective(of.template, row->version);
    if (effective == row->version)
        return row->valid_from_ms;
    int64_t window[2];
    config_days days = config_days_of(of.merchant);
    config_use_window(of.campaign, config_version(of.template, effective), &days, row->issued_at_ms,
                      window);
    return window[0] < row->valid_from_ms ? window[0] : row->valid_from_ms;
}

coupon_now coupon_state_at(const config *c, const coupon *row, const hold *by, int64_t now_ms)
{
    coupon_now now = {.state = row->state,
                      .begins_at_ms = coupon_begins_at_ms(c, row),
                      .expires_at_ms = config_expires_at_ms(c, row)};
    if (now.state == COUPON_STATE_HELD && by != NULL &&
        hold_state_at(by, now_ms) == HOLD_STATE_EXPIRED)
        now.state = COUPON_STATE_AVAILABLE;
    if (coupon_is_waiting(now.state) && now_ms >= now.expires_at_ms)
        now.state = COUPON_STATE_EXPIRED;
    now.not_yet_valid = now.state == COUPON_STATE_AVAILABLE && now_ms < now.begins_at_ms;
    return now;
}

uint8_t hold_state_at(const hold *row, int64_t now_ms)
{
    if (row->state == HOLD_STATE_OPEN && now_ms >= row->deadline_ms)
        return HOLD_STATE_EXPIRED;
    return row->state;
}
