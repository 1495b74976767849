/* See best.h: what becomes of the coupons that a set has not, each beside it. */
#include "domain/price/best.h"

#include "domain/price/stack.h"

result price_best_explain(const price_ask *ask, uint64_t chosen, arena *memory,
                          price_verdict *verdicts)
{
    stack_pass *p = ARENA_NEW(memory, stack_pass);
    price_verdict *now = ARENA_ARRAY(memory, price_verdict, ask->n);
    uint64_t candidates = 0;
    result r = stack_open(p, ask, memory, now);
    for (size_t i = 0; i < ask->n; i++) {
        candidates |= ask->coupons[i].automatic ? 0 : UINT64_C(1) << i;
    }
    uint64_t others = candidates & ~chosen;
    for (size_t i = 0; r == R_DONE && i < ask->n; i++) {
        uint64_t one = others & UINT64_C(1) << i;
        if (one == 0) {
            continue;
        }
        r = stack_run(p, candidates & ~one);
        if (r == R_DONE && now[i].result == R_DONE) {
            r = stack_run(p, others & ~one);
        }
        verdicts[i] = now[i].result == R_DONE
                          ? (price_verdict){.result = R_NOT_STACKABLE, .reason = S("not_better")}
                          : now[i];
    }
    if (r == R_DONE) {
        r = stack_run(p, others);
    }
    for (size_t i = 0; r == R_DONE && i < ask->n; i++) {
        verdicts[i] = (others >> i & 1) != 0 ? verdicts[i] : now[i];
    }
    return r;
}
