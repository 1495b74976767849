/* amount_off 满减: a fixed amount off when the eligible lines reach the threshold; what is left
 * of them is the most that it takes. */
#include "domain/price/kind.h"

typedef struct amount_off {
    int64_t amount_minor, threshold_minor;
} amount_off;

static void check(const template_version *version, issues *found)
{
    kind_check_amount(S("benefit.amount"), version->amount_minor, 1, found);
    kind_check_amount(S("minimum_spend"), version->threshold_minor, 0, found);
    if (version->percent_bp != 0 || version->cap_minor != 0) {
        issues_add(found, S("benefit"), S("not_allowed"), "amount_off has no percent and no cap");
    }
}

static int64_t largest(const template_version *version)
{
    return version->amount_minor;
}

static size_t terms_size(const template_version *version)
{
    (void)version;
    return sizeof(amount_off);
}

static void compile(const template_version *version, void *terms)
{
    *(amount_off *)terms = (amount_off){
        .amount_minor = version->amount_minor,
        .threshold_minor = version->threshold_minor,
    };
}

static result offer(const void *terms, const kind_base *base, kind_offer *out)
{
    const amount_off *t = terms;
    if (kind_reaches(base, t->threshold_minor, out)) {
        kind_offer_spread(base, t->amount_minor, out);
    }
    return R_DONE;
}

const price_kind kind_amount_off = {check, largest, terms_size, compile, offer};
