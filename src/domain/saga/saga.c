/* Checks of a saga, and what its messages say: see saga.h. */
#include "domain/saga/saga.h"

#include "base/id.h"
#include "domain/code/exchange.h"
#include "domain/coupon/erase.h"
#include "domain/coupon/move.h"
#include "domain/coupon/transfer.h"
#include "domain/limit/subject.h"
#include "domain/phone/bind.h"

static bool is_lost(const reservation *r, uint64_t lost)
{
    return id_order(r->id) <= lost;
}

bool saga_may_ask(const uow *u, const reservation *r, uint64_t lost)
{
    return r->due_at_ms <= uow_now(u) || is_lost(r, lost);
}

void saga_ask(uow *u, reservation *r, uint64_t lost, const saga_answer *cancel)
{
    int64_t since_ms = uow_now(u) - r->deadline_ms;
    int64_t next_ms = since_ms < SAGA_CHECK_MS ? SAGA_CHECK_MS : since_ms;
    saga_check_in in = {.deadline_ms = is_lost(r, lost) ? 0 : r->deadline_ms,
                        .answer_act = cancel->act,
                        .answer_slot = cancel->slot,
                        .answer = cancel->input};
    uow_send(u, SAGA_CHECK_ACT, r->slot, &saga_check_in_record, &in);
    r->due_at_ms = uow_now(u) + (next_ms < SAGA_CHECK_MAX_MS ? next_ms : SAGA_CHECK_MAX_MS);
}

result saga_check_decide(uow *u, const void *input, void *output)
{
    const saga_check_in *in = input;
    MAYBE(output);
    if (uow_now(u) >= in->deadline_ms)
        uow_send_again(u, in->answer_act, in->answer_slot, UINT16_MAX, in->answer);
    return R_DONE;
}

/* ---- what ends a try ---- */

static saga_end limit_end(const void *input)
{
    const limit_settle_in *in = input;
    return (saga_end){SAGA_OF_LIMIT, in->reservation, in->used.n > 0 || in->back.n > 0,
                      subject_pool(in->hi, in->lo)};
}

static saga_end code_end(const void *input)
{
    const code_settle_in *in = input;
    return (saga_end){SAGA_OF_CODE, in->reservation, in->coupon != 0,
                      code_pool(in->format, in->place)};
}

static saga_end transfer_ends(const void *input)
{
    const transfer_settle_in *in = input;
    return (saga_end){in->move != 0 ? SAGA_OF_MOVE : SAGA_OF_TRANSFER, in->reservation,
                      in->coupon != 0, transfer_pool(in->transfer)};
}

/* No saga, but waited for likewise. */
static saga_end move_steps(const void *input)
{
    const move_step_in *in = input;
    return (saga_end){.waits = phone_move_pool(in->move)};
}

static saga_end phone_put(const void *input)
{
    const user_phone_put_in *in = input;
    return (saga_end){.waits = phone_bound_pool(in->binding)};
}

/* The acts that settle, one for each kind of saga. */
static const struct {
    uint16_t act;
    const record_type *in;
    saga_end (*end)(const void *in);
} settling[] = {{SUBJECT_SETTLE_ACT, &limit_settle_in_record, limit_end},
                {CODE_SETTLE_ACT, &code_settle_in_record, code_end},
                {TRANSFER_SETTLE_ACT, &transfer_settle_in_record, transfer_ends},
                {MOVE_STEP_ACT, &move_step_in_record, move_steps},
                {USER_PHONE_PUT_ACT, &user_phone_put_in_record, phone_put}};

saga_end saga_settles(uint16_t act, const void *in)
{
    for (size_t i = 0; i < ARRAY_LEN(settling); i++)
        if (settling[i].act == act)
            return settling[i].end(in);
    return (saga_end){0};
}

saga_end saga_ends(uint16_t act, str input, arena *memory)
{
    for (size_t i = 0; i < ARRAY_LEN(settling); i++) {
        if (settling[i].act != act)
            continue;
        void *in = arena_alloc(memory, settling[i].in->size);
        if (record_decode(settling[i].in, input, memory, in) == R_DONE)
            return settling[i].end(in);
    }
    return (saga_end){0};
}

uint64_t saga_carries_on(uint16_t act, str input, arena *memory)
{
    static const struct {
        uint16_t act;
        const record_type *in;
        size_t at; /* of the id in it */
    } carrying[] = {
        {MOVE_ADMIT_ACT, &move_admit_in_record, offsetof(move_admit_in, move)},
        {MOVE_STEP_ACT, &move_step_in_record, offsetof(move_step_in, move)},
        {MOVE_TAKE_ACT, &move_take_in_record, offsetof(move_take_in, move)},
        {ERASE_NAME_ACT, &erase_name_in_record, offsetof(erase_name_in, of)},
        {ERASE_STEP_ACT, &erase_step_in_record, offsetof(erase_step_in, erasure)},
        {ERASE_PART_ACT, &erase_part_in_record, offsetof(erase_part_in, of)},
        {ERASE_TRANSFER_ACT, &erase_transfer_in_record, offsetof(erase_transfer_in, erasure)},
        {ERASE_BOUND_ACT, &erase_bound_in_record, offsetof(erase_bound_in, erasure)},
        {ERASE_GUESSES_ACT, &erase_guesses_in_record, offsetof(erase_guesses_in, erasure)},
        {ERASE_TOLD_ACT, &erase_told_in_record, offsetof(erase_told_in, erasure)},
        {PHONE_UNBIND_ACT, &phone_unbind_in_record, offsetof(phone_unbind_in, erasure)}};
    uint64_t id = 0;
    for (size_t i = 0; i < ARRAY_LEN(carrying); i++) {
        if (carrying[i].act != act)
            continue;
        char *in = arena_alloc(memory, carrying[i].in->size);
        if (record_decode(carrying[i].in, input, memory, in) == R_DONE)
            memcpy(&id, in + carrying[i].at, sizeof(id));
    }
    return id;
}

bool saga_is_waited(pool_name which, int64_t need)
{
    return which.kind == POOL_KIND_CODE || which.kind == POOL_KIND_TRANSFER ||
           which.kind == POOL_KIND_MOVE ||
           (which.kind == POOL_KIND_SUBJECT && need == SUBJECT_WAIT_ACTS);
}

/* ---- what is set aside ---- */

enum { ASIDE_PAGE = 64 };

static bool is_among(uow *u, void **rows, size_t n, uint64_t id)
{
    for (size_t i = 0; i < n; i++) {
        const quarantine *q = rows[i];
        if (q->aside && saga_ends(q->act, q->input, uow_memory(u)).reservation == id)
            return true;
    }
    return false;
}

bool saga_is_aside(uow *u, uint64_t reservation_id)
{
    void *rows[ASIDE_PAGE];
    quarantine from = {.lane = uow_lane(u), .kind = SUSPECT_KIND_MESSAGE};
    uow_range range = {&quarantine_table, -1, &from, 2, false};
    size_t n;
    do {
        n = uow_scan(u, &range, ASIDE_PAGE, rows);
        if (is_among(u, rows, n, reservation_id))
            return true;
        if (n > 0)
            from = *(const quarantine *)rows[n - 1];
        range.after = true;
    } while (n == ASIDE_PAGE);
    return false;
}
