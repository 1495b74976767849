/* See exchange.h.
 *
 * Invariant: the row of a code has either a coupon, or one reservation with a due entry. */
#include "domain/code/exchange.h"

#include "base/id.h"
#include "domain/code/bind.h"
#include "domain/saga/saga.h"
#include "domain/stats/tally.h"

/* ---- what is wrong with a code ---- */

typedef struct asked_code {
    uint64_t merchant, format, place;
    bool told, mine;
} asked_code;

static result refuse(uow *u, const asked_code *c, result why)
{
    return uow_refuse(u, c->told ? why : R_CODE_INVALID, "%s", "");
}

/* The batch, where it is good for an exchange now. */
static result look(uow *u, const asked_code *c, const code_batch **out)
{
    const code_batch *of = config_code_batch_at(uow_config(u), c->format, c->place);
    bool made = of != NULL && (of->upload == 0 || of->upload == UPLOAD_STATE_FINISHED);
    if (!made || of->merchant != c->merchant)
        return refuse(u, c, R_CODE_INVALID);
    *out = of;
    if (of->personal && !c->mine)
        return refuse(u, c, code_is_bound(of, c->place) ? R_CODE_FOREIGN : R_CODE_INVALID);
    if (of->disabled)
        return refuse(u, c, R_CODE_DISABLED);
    if (of->expires_at_ms != 0 && uow_now(u) >= of->expires_at_ms)
        return refuse(u, c, R_CODE_EXPIRED);
    return R_DONE;
}

/* ---- in the code's slot ---- */

static exchange_code *row_of(uow *u, uint64_t format, uint64_t place)
{
    return exchange_code_get(u, code_place_slot(place), format, place / SLOT_COUNT);
}

static uint64_t place_of(const exchange_code *row)
{
    return row->serial * SLOT_COUNT + row->slot;
}

result code_reserve_decide(uow *u, const void *input, void *output)
{
    const code_reserve_in *in = input;
    code_reserve_out *out = output;
    asked_code asked = {in->merchant, in->format, in->place, in->told, in->mine};
    const code_batch *batch = NULL;
    exchange_code *row = row_of(u, in->format, in->place);
    if (uow_pending(u))
        return R_AGAIN;
    result r = look(u, &asked, &batch);
    if (r != R_DONE)
        return r;
    if (row != NULL && row->coupon != 0)
        return refuse(u, &asked, R_CODE_USED);
    if (row != NULL) {
        uow_wait_for(u, code_pool(in->format, in->place), 0);
        return R_WAIT;
    }
    uint16_t slot = code_place_slot(in->place);
    int64_t deadline_ms = uow_now(u) + SAGA_TRY_MS;
    row = exchange_code_new(u, slot, in->format, in->place / SLOT_COUNT);
    row->batch = batch->id;
    row->reservations.items = ARENA_NEW(uow_memory(u), reservation);
    row->reservations.n = 1;
    row->reservations.items[0] = (reservation){.id = uow_next_id(u, slot),
                                               .slot = in->slot,
                                               .deadline_ms = deadline_ms,
                                               .due_at_ms = deadline_ms};
    uow_due(u, (due_name){DUE_KIND_CODE, in->format, in->place}, deadline_ms);
    *out = (code_reserve_out){row->reservations.items[0].id, deadline_ms};
    return R_DONE;
}

static void confirm(uow *u, const code_settle_in *in, exchange_code *row)
{
    if (row == NULL)
        row = exchange_code_new(u, code_place_slot(in->place), in->format, in->place / SLOT_COUNT);
    else
        exchange_code_edit(u, row);
    row->batch = in->batch;
    row->coupon = in->coupon;
    row->exchanged_at_ms = in->at_ms;
    row->reservations.n = 0;
    tally_of_code(u, in->batch)->exchanged++;
}

result code_settle_decide(uow *u, const void *input, void *output)
{
    const code_settle_in *in = input;
    MAYBE(output);
    bool cancels = in->coupon == 0;
    bool aside = cancels && saga_is_aside(u, in->reservation);
    if (uow_pending(u))
        return R_AGAIN;
    if (aside)
        return R_DONE;
    exchange_code *row = row_of(u, in->format, in->place);
    tally_load_code(u, in->batch);
    if (uow_pending(u))
        return R_AGAIN;
    if (!cancels)
        confirm(u, in, row);
    else if (row != NULL && row->reservations.n == 1 &&
             row->reservations.items[0].id == in->reservation)
        exchange_code_delete(u, row);
    return R_DONE;
}

uint32_t code_ask(uow *u, exchange_code *row, uint64_t lost)
{
    uint64_t place = place_of(row);
    if (row->reservations.n == 0 || !saga_may_ask(u, &row->reservations.items[0], lost))
        return 0;
    reservation *r = &row->reservations.items[0];
    exchange_code_edit(u, row);
    code_settle_in cancel = {.format = row->format, .place = place, .reservation = r->id};
    saga_ask(u, r, lost,
             &(saga_answer){CODE_SETTLE_ACT, row->slot,
                            record_bytes(&code_settle_in_record, &cancel, uow_memory(u))});
    uow_due(u, (due_name){DUE_KIND_CODE, row->format, place}, r->due_at_ms);
    return 1;
}

/* ---- in the user's slot ---- */

static bool is_one_of(const issue_in *in, uint64_t template_id)
{
    return in->items.n == 1 && in->items.items[0].count == 1 &&
           in->items.items[0].template == template_id;
}

result code_word_refusal(const code_word *w, str who, int64_t now_ms)
{
    if (w->user.n > 0 && !str_eq(w->user, who))
        return R_CODE_FOREIGN;
    if (w->disabled)
        return R_CODE_DISABLED;
    return w->expires_at_ms != 0 && now_ms >= w->expires_at_ms ? R_CODE_EXPIRED : R_DONE;
}

/* A word: R_DONE, and its count is loaded. */
static result may_issue_by_word(uow *u, const issue_in *in)
{
    const code_use *use = &in->codes.items[0];
    const code_word *w = config_find_code_word(uow_config(u), use->word);
    asked_code asked = {.merchant = in->merchant, .told = use->told};
    bool ours = w != NULL && w->merchant == in->merchant;
    str who = use->as.n > 0 ? use->as : in->user;
    result r = ours ? code_word_refusal(w, who, uow_now(u)) : R_CODE_INVALID;
    if (r != R_DONE)
        return refuse(u, &asked, r);
    if (!is_one_of(in, w->template))
        return uow_refuse(u, R_INVALID, "items: one coupon of the word's template");
    tally_load_code(u, w->id);
    return R_DONE;
}

result code_may_issue(uow *u, const issue_in *in)
{
    bool coded = in->source == COUPON_SOURCE_EXCHANGE || in->source == COUPON_SOURCE_WORD;
    if (coded != (in->codes.n == 1) || in->codes.n > 1 ||
        (coded && (in->source == COUPON_SOURCE_WORD) != (in->codes.items[0].word != 0)))
        return uow_refuse(u, R_INVALID, "an exchange has one code");
    if (in->codes.n == 0)
        return R_DONE;
    if (in->codes.items[0].word != 0)
        return may_issue_by_word(u, in);
    const code_use *use = &in->codes.items[0];
    const code_batch *batch = NULL;
    asked_code asked = {in->merchant, use->format, use->place, use->told, use->mine};
    result r = look(u, &asked, &batch);
    if (r != R_DONE)
        return r;
    if (!is_one_of(in, batch->template))
        return uow_refuse(u, R_INVALID, "items: one coupon of the batch's template");
    if (use->reservation == 0 || uow_now(u) >= use->deadline_ms)
        return R_UNRESERVED;
    return R_DONE;
}

uint64_t code_batch_used(uow *u, const issue_in *in)
{
    if (in->codes.n == 0)
        return 0;
    const code_use *use = &in->codes.items[0];
    if (use->word != 0)
        return use->word;
    return config_code_batch_at(uow_config(u), use->format, use->place)->id;
}

void code_issued(uow *u, const issue_in *in, uint64_t coupon_id)
{
    if (in->codes.n == 0)
        return;
    const code_use *use = &in->codes.items[0];
    if (use->word != 0) {
        tally_of_code(u, use->word)->exchanged++;
        return;
    }
    code_settle_in done = {.format = use->format,
                           .place = use->place,
                           .reservation = use->reservation,
                           .batch = code_batch_used(u, in),
                           .coupon = coupon_id,
                           .at_ms = uow_now(u)};
    uow_send(u, CODE_SETTLE_ACT, code_place_slot(use->place), &code_settle_in_record, &done);
}
