/* Giving codes to users: see bind.h. */
#include "domain/code/bind.h"

#include "base/id.h"
#include "domain/code/batch_part.h"
#include "domain/coupon/acts.h"

bool code_user_is_good(str name)
{
    return name.n > 0 && name.n <= USER_BYTES_MAX && str_is_printable(name);
}

static result check_lines(uow *u, const code_bind_in *in)
{
    bool good = in->lines.n <= CODE_BIND_MAX;
    for (size_t i = 0; good && i < in->lines.n; i++)
        good = code_user_is_good(in->lines.items[i].user);
    return good ? R_DONE : uow_refuse(u, R_INVALID, "lines: at most %d users", CODE_BIND_MAX);
}

static result load(uow *u, const code_bind_in *in, code_batch **out)
{
    result r = check_lines(u, in);
    if (r != R_DONE)
        return r;
    for (size_t i = 0; i < in->lines.n; i++)
        (void)bound_user_get(u, id_slot(in->batch), in->batch, in->lines.items[i].user);
    r = code_batch_find(u, in->merchant, in->batch, out);
    if (r == R_DONE && !(*out)->personal)
        r = uow_refuse(u, R_NOT_EDITABLE, "The codes of this batch are anybody's.");
    return r;
}

/* The next code, or the line is among the rest. */
static void bind(uow *u, code_batch *of, const bound_line *line, code_bind_out *out)
{
    const bound_user *known = bound_user_get(u, of->slot, of->id, line->user);
    if (known != NULL) {
        bool twice = known->number >= out->first;
        out->rest.items[out->rest.n++] = (rest_line){line->line, twice};
        return;
    }
    bound_user *row = bound_user_new(u, of->slot, of->id, line->user);
    row->number = of->bound;
    row->at_ms = uow_now(u);
    bound_code_new(u, of->slot, of->id, of->bound)->user = line->user;
    of->bound++;
    out->accepted++;
}

result code_bind_decide(uow *u, const void *input, void *output)
{
    const code_bind_in *in = input;
    code_bind_out *out = output;
    code_batch *of = NULL;
    result r = load(u, in, &of);
    if (r != R_DONE)
        return r;
    uint64_t left = of->count - of->bound;
    *out = (code_bind_out){.first = of->bound};
    out->rest.items = ARENA_ARRAY(uow_memory(u), rest_line, in->lines.n);
    code_batch_edit(u, of);
    for (size_t i = 0; i < in->lines.n && out->accepted <= left; i++)
        bind(u, of, &in->lines.items[i], out);
    if (out->accepted > left)
        return uow_refuse(u, R_TOO_MANY, "The batch has codes for %llu more users.",
                          (unsigned long long)left);
    out->total = of->bound;
    of->updated_at_ms = uow_now(u);
    if (out->accepted > 0)
        code_part_event(u, EVENT_KIND_CODES_BOUND, of,
                        &(code_told){in->key, out->first, out->accepted});
    return R_DONE;
}
