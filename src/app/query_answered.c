/* See query_answered.h. */
#include "app/query_answered.h"

bool query_answered(app_view *v, const act_call *call)
{
    if (call->key.key.n == 0)
        return false;
    hash128 h = act_key_hash(call);
    const idempotency *kept = idempotency_get(v->rows, call->slot, h.hi, h.lo);
    return kept != NULL && uow_now(v->rows) - kept->at_ms < ACT_KEY_KEEP_MS;
}
