/* percent_off 折扣: basis points (1 … 10,000) off the eligible lines when they reach the
 * threshold, rounded half-up once for all lines together, at most the cap where there is one. */
#include "domain/price/kind.h"

enum { BASIS_POINTS = 10000 };

typedef struct percent_off {
    int64_t percent_bp, cap_minor, threshold_minor;
} percent_off;

static void check(const template_version *version, issues *found)
{
    if (version->percent_bp < 1 || version->percent_bp > BASIS_POINTS) {
        issues_add(found, S("benefit.percent_bp"), S("out_of_range"),
                   "basis points from 1 to %d: 1000 is 10 %% off", BASIS_POINTS);
    }
    kind_check_amount(S("benefit.cap"), version->cap_minor, 0, found);
    kind_check_amount(S("minimum_spend"), version->threshold_minor, 0, found);
    if (version->amount_minor != 0) {
        issues_add(found, S("benefit.amount"), S("not_allowed"), "percent_off has no amount");
    }
}

static int64_t largest(const template_version *version)
{
    return version->cap_minor > 0 ? version->cap_minor : -1;
}

static size_t terms_size(const template_version *version)
{
    (void)version;
    return sizeof(percent_off);
}

static void compile(const template_version *version, void *terms)
{
    *(percent_off *)terms = (percent_off){
        .percent_bp = version->percent_bp,
        .cap_minor = version->cap_minor,
        .threshold_minor = version->threshold_minor,
    };
}

static result offer(const void *terms, const kind_base *base, kind_offer *out)
{
    const percent_off *t = terms;
    if (!kind_reaches(base, t->threshold_minor, out)) {
        return R_DONE;
    }
    int64_t discount;
    if (!money_ratio(base->running_minor, t->percent_bp, BASIS_POINTS, ROUND_HALF_UP, &discount)) {
        return R_OVERFLOW;
    }
    if (t->cap_minor > 0 && discount > t->cap_minor) {
        discount = t->cap_minor;
    }
    kind_offer_spread(base, discount, out);
    return R_DONE;
}

const price_kind kind_percent_off = {check, largest, terms_size, compile, offer};
