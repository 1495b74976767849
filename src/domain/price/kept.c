/* See kept.h. Holds no state. */
#include "domain/price/kept.h"

#include "domain/price/allocate.h"
#include "domain/price/exact.h"

static void offer_frozen(price_run *run, const kept_coupon *kept, price_verdict *verdict)
{
    bool fine = exact_is_on(run);
    int64_t sum = 0;
    if (fine) {
        run->by_share = false;
        run->cap_minor = 0;
        memcpy(run->rooms, run->running, run->n * sizeof(*run->rooms));
    }
    for (size_t i = 0; i < run->n; i++) {
        int64_t share = kept->frozen[i] * run->grain;
        run->parts[i] = share < run->running[i] ? share : run->running[i];
        run->touched[i] = 0;
        if (fine) {
            run->reduced[i] = run->parts[i] > 0 ? run->lines[i].quantity : 0;
        }
        sum += run->parts[i];
    }
    *verdict = (price_verdict){.result = R_NOT_APPLICABLE, .reason = S("nothing_left")};
    if (sum > 0 || kept->gift_units > 0) {
        *verdict = (price_verdict){
            .result = R_DONE, .discount_minor = sum, .gift_units = kept->gift_units};
    }
}

result kept_offer(price_run *run, const price_use *use, price_verdict *verdict)
{
    if (kept_is_frozen(use->kept)) {
        offer_frozen(run, use->kept, verdict);
        return R_DONE;
    }
    result r = price_run_offer(run, use, verdict);
    if (r == R_DONE && str_eq(verdict->reason, S("too_fine"))) {
        offer_frozen(run, use->kept, verdict);
    }
    return r;
}

bool kept_lower(price_run *run, const kept_coupon *kept, price_verdict *verdict)
{
    int64_t most = 0, sum = 0;
    if (kept->rule != REFUND_RULE_CLAW_BACK || verdict->adds_minor > 0) {
        return false;
    }
    for (size_t i = 0; i < run->n; i++) {
        most += kept->frozen[i] * run->grain;
        sum += run->parts[i];
    }
    if (sum <= most) {
        return false;
    }
    memcpy(run->offered, run->parts, run->n * sizeof(*run->parts));
    allocate(most, run->offered, run->n, run->parts);
    verdict->discount_minor = most;
    return true;
}
