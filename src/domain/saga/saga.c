/* Checks of a saga: see saga.h. */
#include "domain/saga/saga.h"

void saga_ask(uow *u, uint16_t home, const saga_check_in *in)
{
    uow_send(u, SAGA_CHECK_ACT, home, &saga_check_in_record, in);
}

result saga_check_decide(uow *u, const void *input, void *output)
{
    const saga_check_in *in = input;
    MAYBE(output);
    if (uow_now(u) >= in->deadline_ms)
        uow_send_again(u, in->answer_act, in->answer_slot, UINT16_MAX, in->answer);
    return R_DONE;
}
