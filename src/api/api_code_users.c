/* Giving codes of a personal batch to users. */
#include "api/rest.h"
#include "domain/code/bind.h"

/* A user is named exactly, everywhere: a name with spaces around is not that without them, but more
 * likely a bad copy of it than another user's, so it gets no code and is told. */
static bool is_user(str line)
{
    return code_user_is_good(line) && str_trim(line).n == line.n;
}

static void bound(api_call *c)
{
    const wire_code_batch_bind *b = c->body;
    const code_bind_out *out = c->act.out;
    wire_code_batch_bound shown = {.first_line = b->first_line,
                                   .lines = (int64_t)b->lines.n,
                                   .accepted = out->accepted,
                                   .rest =
                                       rest_shown(c, &(rest_ask){b->first_line, &b->lines, is_user,
                                                                 out->rest.items, out->rest.n}),
                                   .from = (int64_t)out->first,
                                   .users = (int64_t)out->total};
    call_answer(c, 200, &wire_code_batch_bound_type, &shown);
}

void api_code_batch_bind(api_call *c)
{
    const wire_code_batch_bind *b = c->body;
    const wire_code_batch_bind_parameters *p = c->parameters;
    code_bind_in *in = ARENA_NEW(c->memory, code_bind_in);
    *in = (code_bind_in){.merchant = c->who.merchant, .batch = p->batch, .key = c->who.key};
    in->lines.items = ARENA_ARRAY(c->memory, bound_line, b->lines.n);
    for (size_t i = 0; i < b->lines.n; i++)
        if (is_user(b->lines.items[i]))
            in->lines.items[in->lines.n++] =
                (bound_line){.line = (uint32_t)i, .user = b->lines.items[i]};
    call_act(c, &(act_ask){.id = ACT_ID_code_bind,
                           .slot = id_slot(p->batch),
                           .subject = id_subject(c, ID_CODE_BATCH, p->batch),
                           .in = in,
                           .then = bound});
}
