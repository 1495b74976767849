/* The act that writes jobs: see job.h. */
#include "domain/job/job.h"

#include "base/id.h"
#include "domain/table.gen.h"

static bool may_step(uint8_t from, uint8_t to)
{
    switch (from) {
    case JOB_STATE_WAITING:
        return to == JOB_STATE_RUNNING || to == JOB_STATE_CANCELLED || to == JOB_STATE_FAILED;
    case JOB_STATE_RUNNING:
        return to != JOB_STATE_WAITING;
    default:
        return from == JOB_STATE_CANCELLED && to == from;
    }
}

static result answer(uow *u, const job *row, row_out *out)
{
    *out = (row_out){.id = row->id, .row = record_bytes(&job_table.record, row, uow_memory(u))};
    return R_DONE;
}

static result job_make(uow *u, const job_put_in *in, row_out *out)
{
    if (job_kind_name(in->kind).n == 0)
        return uow_refuse(u, R_INVALID, "kind is none of the known words");
    uint16_t slot = id_slot(in->merchant);
    job *row = job_new(u, slot, uow_next_id(u, slot));
    row->merchant = in->merchant;
    row->kind = in->kind;
    row->state = JOB_STATE_WAITING;
    row->created_at_ms = uow_now(u);
    row->updated_at_ms = uow_now(u);
    row->input = in->input;
    return answer(u, row, out);
}

result job_put_decide(uow *u, const void *input, void *output)
{
    const job_put_in *in = input;
    if (in->error.n > JOB_TEXT_MAX || in->input.n > JOB_TEXT_MAX || in->outcome.n > JOB_TEXT_MAX)
        return uow_refuse(u, R_INVALID, "error, input and outcome: at most %d bytes", JOB_TEXT_MAX);
    if (in->id == 0)
        return job_make(u, in, output);
    job *row = job_get(u, id_slot(in->id), in->id);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL || row->merchant != in->merchant)
        return uow_refuse(u, R_NOT_FOUND, "There is no such job.");
    if (job_state_name(in->state).n == 0)
        return uow_refuse(u, R_INVALID, "state is none of the known words");
    if (!may_step(row->state, in->state))
        return uow_refuse(u, R_STATE_CHANGE_NOT_ALLOWED, "The job is %.*s.",
                          STR_ARG(job_state_name(row->state)));
    if (row->state == JOB_STATE_CANCELLED)
        return answer(u, row, output);
    job_edit(u, row);
    row->state = in->state;
    row->updated_at_ms = uow_now(u);
    if (in->state == JOB_STATE_CANCELLED)
        return answer(u, row, output);
    row->done = in->done;
    row->total = in->total;
    row->failed = in->failed;
    row->error = in->error;
    row->outcome = in->outcome;
    return answer(u, row, output);
}
