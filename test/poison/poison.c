/* A `quan` some of whose acts crash: linked with --wrap, so that each of these stands in front of
 * the real function. Which act crashes, and how, is in the environment of the process:
 *
 *   POISON_HOW     abort, fault (SIGSEGV), kill (SIGKILL: nobody sees a signal)
 *   POISON_ISSUE   a user: issuing to it
 *   POISON_GRANT   a number: a grant of so many pieces
 *   POISON_SWEEP   a user: the sweep of what its slot has, with the merchant POISON_MERCHANT
 *   POISON_RESERVE a user of that merchant: reserving for its acts
 *   POISON_SETTLE  not empty: confirmations that count something by phone, e-mail, device … */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/act.h"

act_decide __real_issue_decide, __wrap_issue_decide;
act_decide __real_lease_grant_decide, __wrap_lease_grant_decide;
act_decide __real_sweep_decide, __wrap_sweep_decide;
act_decide __real_limit_reserve_decide, __wrap_limit_reserve_decide;
act_decide __real_limit_settle_decide, __wrap_limit_settle_decide;

static str poison(const char *name)
{
    const char *value = getenv(name);
    return value == NULL ? (str){NULL, 0} : str_of(value);
}

static void crash(void)
{
    str how = poison("POISON_HOW");
    volatile int *volatile nowhere = NULL;
    if (str_eq(how, S("kill")))
        (void)kill(getpid(), SIGKILL);
    if (str_eq(how, S("fault")))
        *nowhere = 1;
    abort();
}

result __wrap_issue_decide(uow *u, const void *in, void *out)
{
    str whom = poison("POISON_ISSUE");
    if (whom.n > 0 && str_eq(((const issue_in *)in)->user, whom))
        crash();
    return __real_issue_decide(u, in, out);
}

result __wrap_lease_grant_decide(uow *u, const void *in, void *out)
{
    uint64_t pieces;
    if (str_to_u64(poison("POISON_GRANT"), &pieces) &&
        ((const lease_in *)in)->amount == (int64_t)pieces)
        crash();
    return __real_lease_grant_decide(u, in, out);
}

result __wrap_sweep_decide(uow *u, const void *in, void *out)
{
    uint64_t merchant_id;
    const sweep_in *of = in;
    const due_block *block = due_block_get(u, of->lane, of->kind, of->at_ms, of->number);
    if (block != NULL && id_parse(ID_MERCHANT, poison("POISON_MERCHANT"), &merchant_id))
        for (size_t i = 0; i < block->entries.n; i++)
            if (id_slot(block->entries.items[i].id) ==
                slot_of_user(merchant_id, poison("POISON_SWEEP")))
                crash();
    return __real_sweep_decide(u, in, out);
}

result __wrap_limit_reserve_decide(uow *u, const void *in, void *out)
{
    uint64_t merchant_id;
    str whom = poison("POISON_RESERVE");
    if (whom.n > 0 && id_parse(ID_MERCHANT, poison("POISON_MERCHANT"), &merchant_id) &&
        ((const limit_reserve_in *)in)->slot == slot_of_user(merchant_id, whom))
        crash();
    return __real_limit_reserve_decide(u, in, out);
}

result __wrap_limit_settle_decide(uow *u, const void *in, void *out)
{
    if (poison("POISON_SETTLE").n > 0 && ((const limit_settle_in *)in)->used.n > 0)
        crash();
    return __real_limit_settle_decide(u, in, out);
}
